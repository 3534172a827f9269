use super::backend::Running;
use super::connection::Connection;
use super::options::BeginMode;
use crate::error::{Error, Result};
use crate::types::Dialect;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// The transaction of a connection, as far as we know of it.
#[derive(Debug, Default)]
pub(super) struct Scope {
    open: bool,
    /// What handles that were dropped left to do, before the next statement.
    pending: Vec<String>,
    /// PostgreSQL refuses every statement after one that failed, and rolls back at COMMIT without a word.
    aborted: Option<String>,
    /// The database rolled the transaction back by itself; later statements would each commit on their own.
    gone: Option<String>,
    savepoints: u32,
    /// The name under which it can be prepared.
    pub(super) name: Option<String>,
    /// It prepared a transaction that is not ended, and MariaDB keeps the two together until it is closed.
    pub(super) owns_prepared: bool,
}

impl Scope {
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn gone(&self) -> Option<&str> {
        self.gone.as_deref()
    }

    /// Why the transaction can't be committed any more, if it can't; the question is asked once.
    pub(super) fn spoiled(&mut self) -> Option<String> {
        self.gone.take().or_else(|| self.aborted.take())
    }

    /// The name of a transaction that MySQL and MariaDB end by its name.
    pub(super) fn xa(&self, dialect: Dialect) -> Option<&str> {
        self.name.as_deref().filter(|_| dialect != Dialect::Postgres)
    }

    pub(super) fn failed(&mut self, dialect: Dialect, message: &str, ended: bool) {
        if !self.open {
            return;
        }
        if ended {
            self.gone = Some(message.to_owned());
        } else if dialect == Dialect::Postgres {
            self.aborted.get_or_insert_with(|| message.to_owned());
        }
    }
}

/// Transactions by hand, for whoever keeps a connection and decides later. [`Engine::begin`](super::Engine::begin) and
/// [`Connection::begin`] give handles that cannot be forgotten.
impl Connection {
    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.scope.open
    }

    /// Whether the connection is lost, or its transaction was ended by the database: nothing but a new one helps.
    pub(crate) fn is_lost(&self) -> bool {
        self.lease.is_none() || self.scope.gone.is_some()
    }

    /// Whether the database takes no statement until the transaction, or a savepoint, is rolled back.
    pub(crate) fn is_aborted(&self) -> bool {
        self.scope.aborted.is_some()
    }

    /// Begins a transaction; `mode` is SQLite's, by default the engine's.
    ///
    /// # Errors
    /// [`Error::Statement`] when one is open already, else the database's.
    pub fn begin_raw(&mut self, mode: Option<BeginMode>) -> Running<'_, ()> {
        let sql = match (self.dialect(), mode.unwrap_or(self.engine.settings().begin_mode)) {
            (Dialect::Sqlite, BeginMode::Deferred) => "BEGIN DEFERRED",
            (Dialect::Sqlite, BeginMode::Immediate) => "BEGIN IMMEDIATE",
            (Dialect::Sqlite, BeginMode::Exclusive) => "BEGIN EXCLUSIVE",
            _ => "BEGIN",
        };
        Box::pin(self.begin_with(sql))
    }

    pub(super) async fn begin_with(&mut self, sql: &str) -> Result<()> {
        self.settle().await?;
        if self.scope.open {
            return Err(Error::Statement("a transaction is open already; use a savepoint inside it".into()));
        }
        self.command(sql).await?;
        self.scope = Scope { open: true, ..Scope::default() };
        Ok(())
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// [`Error::RolledBack`] when a statement failed before and the database therefore cannot commit; the transaction is
    /// then rolled back. Otherwise the database's; the transaction is then still open, as far as the database has it.
    pub fn commit_raw(&mut self) -> Running<'_, ()> {
        Box::pin(async move {
            self.settle().await?;
            self.inside("commit")?;
            if let Some(cause) = self.scope.spoiled() {
                self.rollback_raw().await?;
                return Err(Error::RolledBack { cause });
            }
            match self.scope.xa(self.dialect()).map(str::to_owned) {
                Some(name) => {
                    self.command(&format!("XA END '{name}'")).await?;
                    self.command(&format!("XA COMMIT '{name}' ONE PHASE")).await?;
                }
                None => self.command("COMMIT").await?,
            }
            self.scope = Scope::default();
            Ok(())
        })
    }

    /// Rolls the transaction back.
    ///
    /// # Errors
    /// The database's.
    pub fn rollback_raw(&mut self) -> Running<'_, ()> {
        Box::pin(async move {
            self.inside("rollback")?;
            self.scope.pending.clear();
            if let Some(name) = self.scope.xa(self.dialect()).map(str::to_owned) {
                if let Err(error) = self.command(&format!("XA END '{name}'")).await {
                    // It was ended before, or the server has given it up.
                    tracing::debug!(target: "orm_core::sql", %error, "end of a transaction that is rolled back");
                }
                self.command(&format!("XA ROLLBACK '{name}'")).await?;
            } else if self.scope.gone.is_none() || self.dialect() != Dialect::Sqlite {
                self.command("ROLLBACK").await?;
            } else if let Err(error) = self.command("ROLLBACK").await {
                // SQLite has done it already.
                tracing::debug!(target: "orm_core::sql", %error, "rollback of a transaction that was gone");
            }
            self.scope = Scope::default();
            Ok(())
        })
    }

    /// Sets a savepoint.
    ///
    /// # Errors
    /// [`Error::Statement`] outside a transaction, else the database's.
    pub fn savepoint<'a>(&'a mut self, name: &'a str) -> Running<'a, ()> {
        Box::pin(async move {
            self.settle().await?;
            self.inside("savepoint")?;
            self.alive()?;
            self.command(&format!("SAVEPOINT {}", quoted(self.dialect(), name))).await
        })
    }

    /// Forgets a savepoint and keeps what was done since.
    ///
    /// # Errors
    /// [`Error::Statement`] outside a transaction, else the database's.
    pub fn release<'a>(&'a mut self, name: &'a str) -> Running<'a, ()> {
        Box::pin(async move {
            self.settle().await?;
            self.inside("release")?;
            self.alive()?;
            self.command(&format!("RELEASE SAVEPOINT {}", quoted(self.dialect(), name))).await
        })
    }

    /// Undoes everything since the savepoint, which stays.
    ///
    /// # Errors
    /// [`Error::Statement`] outside a transaction, else the database's.
    pub fn rollback_to<'a>(&'a mut self, name: &'a str) -> Running<'a, ()> {
        Box::pin(async move {
            self.settle().await?;
            self.inside("rollback to a savepoint")?;
            self.alive()?;
            self.command(&format!("ROLLBACK TO SAVEPOINT {}", quoted(self.dialect(), name))).await?;
            self.scope.aborted = None;
            Ok(())
        })
    }

    /// Does what dropped handles left to do.
    pub(super) async fn settle(&mut self) -> Result<()> {
        if self.scope.gone.is_some() {
            // The savepoints went with the transaction.
            self.scope.pending.retain(|sql| sql == "ROLLBACK");
        }
        while let Some(sql) = self.scope.pending.first().cloned() {
            self.command(&sql).await?;
            if sql == "ROLLBACK" {
                self.scope = Scope::default();
            } else {
                self.scope.pending.remove(0);
                self.scope.aborted = None;
            }
        }
        Ok(())
    }

    fn inside(&self, what: &str) -> Result<()> {
        if self.lease.is_none() {
            return Err(self.closed_error());
        }
        if self.scope.open {
            return Ok(());
        }
        Err(Error::Statement(format!("{what} without a transaction; begin one first")))
    }

    fn alive(&self) -> Result<()> {
        match self.scope.gone() {
            Some(cause) => Err(Error::RolledBack { cause: cause.to_owned() }),
            None => Ok(()),
        }
    }

    /// Begins a transaction, or sets a savepoint inside the one that is open; gives its name.
    async fn descend(&mut self) -> Result<Option<String>> {
        self.settle().await?;
        if !self.scope.open {
            self.begin_raw(None).await?;
            return Ok(None);
        }
        self.scope.savepoints += 1;
        let name = format!("orm_{}", self.scope.savepoints);
        self.savepoint(&name).await?;
        Ok(Some(name))
    }

    async fn keep(&mut self, savepoint: Option<&str>) -> Result<()> {
        match savepoint {
            Some(name) => self.release(name).await,
            None => self.commit_raw().await,
        }
    }

    async fn undo(&mut self, savepoint: Option<&str>) -> Result<()> {
        match savepoint {
            Some(name) => {
                self.rollback_to(name).await?;
                self.release(name).await
            }
            None => self.rollback_raw().await,
        }
    }

    /// Leaves it to the next statement to undo what was done since a savepoint, or the whole transaction.
    pub(crate) fn undo_later(&mut self, savepoint: Option<&str>) {
        match savepoint {
            Some(name) => {
                let name = quoted(self.dialect(), name);
                self.scope.pending.push(format!("ROLLBACK TO SAVEPOINT {name}"));
                self.scope.pending.push(format!("RELEASE SAVEPOINT {name}"));
            }
            None => self.scope.pending = vec!["ROLLBACK".into()],
        }
    }

    /// Begins a transaction on this connection, or a savepoint when one is open already.
    ///
    /// # Errors
    /// The database's.
    pub fn begin(&mut self) -> Running<'_, Nested<'_>> {
        Box::pin(async move {
            let savepoint = self.descend().await?;
            Ok(Nested { connection: self, savepoint, open: true })
        })
    }

    /// Runs a closure in a transaction, or in a savepoint when one is open already; commits, or rolls back on an error.
    ///
    /// # Errors
    /// The closure's, or the database's. When the call is cancelled half-way the connection is given up.
    pub async fn transaction<T, F>(&mut self, f: F) -> Result<T>
    where
        F: AsyncFnOnce(&mut Transaction) -> Result<T>,
    {
        self.try_transaction(f).await
    }

    /// The same with the closure's own error type.
    ///
    /// # Errors
    /// The closure's, or the database's.
    pub async fn try_transaction<T, E, F>(&mut self, f: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFnOnce(&mut Transaction) -> Result<T, E>,
    {
        let savepoint = self.descend().await?;
        let mut transaction = Transaction { connection: self.take(), savepoint };
        let result = f(&mut transaction).await;
        let Transaction { mut connection, savepoint } = transaction;
        let ended = match &result {
            Ok(_) => connection.keep(savepoint.as_deref()).await,
            Err(_) => connection.undo(savepoint.as_deref()).await,
        };
        if ended.is_err() && connection.scope.open {
            connection.undo_later(savepoint.as_deref());
        }
        *self = connection;
        // The closure's error says more than a rollback that failed after it.
        let value = result?;
        ended?;
        Ok(value)
    }
}

/// A transaction, from [`Engine::begin`](super::Engine::begin). It is a [`Connection`]; dropped without `commit` it is
/// rolled back.
pub struct Transaction {
    connection: Connection,
    savepoint: Option<String>,
}

impl Transaction {
    pub(super) async fn begin(mut connection: Connection) -> Result<Self> {
        connection.begin_raw(None).await?;
        Ok(Transaction { connection, savepoint: None })
    }

    /// Commits.
    ///
    /// # Errors
    /// The database's, such as a constraint that is checked late; nothing is committed then.
    pub async fn commit(mut self) -> Result<()> {
        self.connection.keep(self.savepoint.as_deref()).await
    }

    /// Rolls back.
    ///
    /// # Errors
    /// The database's.
    pub async fn rollback(mut self) -> Result<()> {
        self.connection.undo(self.savepoint.as_deref()).await
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Transaction").field(&self.connection).finish()
    }
}

/// A transaction or a savepoint on a borrowed connection, from [`Connection::begin`]. It is a [`Connection`]; dropped
/// without `commit` it is rolled back before the connection's next statement.
pub struct Nested<'c> {
    connection: &'c mut Connection,
    savepoint: Option<String>,
    open: bool,
}

impl Nested<'_> {
    /// Commits, or gives the savepoint's work to the transaction around it.
    ///
    /// # Errors
    /// The database's.
    pub async fn commit(mut self) -> Result<()> {
        self.connection.keep(self.savepoint.as_deref()).await?;
        self.open = false;
        Ok(())
    }

    /// Rolls back.
    ///
    /// # Errors
    /// The database's.
    pub async fn rollback(mut self) -> Result<()> {
        self.connection.undo(self.savepoint.as_deref()).await?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Nested<'_> {
    fn drop(&mut self) {
        if self.open && self.connection.scope.open {
            self.connection.undo_later(self.savepoint.as_deref());
        }
    }
}

impl Deref for Nested<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl DerefMut for Nested<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection
    }
}

impl fmt::Debug for Nested<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Nested").field(&self.connection).finish()
    }
}

/// A savepoint's name as an identifier.
fn quoted(dialect: Dialect, name: &str) -> String {
    let quote = match dialect {
        Dialect::Sqlite | Dialect::Postgres => '"',
        Dialect::MySql | Dialect::MariaDb => '`',
    };
    let mut quoted = String::from(quote);
    for c in name.chars() {
        if c == quote {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted.push(quote);
    quoted
}
