//! Two-phase commit: transactions of several databases that are committed together or not at all.
//!
//! A transaction that is *prepared* can no longer fail: it survives a lost connection and a restart of the server, holds its
//! locks, and waits to be committed or rolled back by its name, from any connection.

use super::backend::Running;
use super::connection::Connection;
use super::transaction::Scope;
use super::{Engine, Statement};
use crate::error::{Error, Result};
use crate::types::Dialect;

/// # Errors
/// For a name that not every database takes as it is.
fn check(name: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
    if (1..=64).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    Err(Error::Statement(format!(
        "a transaction can't be named {name:?}: 1 to 64 letters, digits and `_.:-` are allowed"
    )))
}

fn unsupported(dialect: Dialect) -> Error {
    Error::Unsupported { feature: "two-phase commit".to_owned(), dialect }
}

/// Two-phase commit by hand; [`commit_together`](crate::session::commit_together) does it for sessions.
impl Connection {
    /// Begins a transaction that can be prepared under this name, which must be unlike every other one on the server.
    ///
    /// SQL: `BEGIN` on PostgreSQL, `XA START '…'` on MySQL and MariaDB.
    ///
    /// # Errors
    /// [`Error::Unsupported`] on SQLite; [`Error::Statement`] for a name that can't be one, and when a transaction is open
    /// already; the database's.
    pub fn begin_two_phase<'a>(&'a mut self, name: &'a str) -> Running<'a, ()> {
        Box::pin(async move {
            check(name)?;
            match self.dialect() {
                dialect @ Dialect::Sqlite => return Err(unsupported(dialect)),
                Dialect::Postgres => self.begin_raw(None).await?,
                Dialect::MySql | Dialect::MariaDb => self.begin_with(&format!("XA START '{name}'")).await?,
            }
            self.scope.name = Some(name.to_owned());
            Ok(())
        })
    }

    /// Prepares the transaction: what could fail, such as a constraint that is checked late, fails now. The connection is
    /// then outside a transaction; on MariaDB it takes nothing but [`commit_prepared`](Self::commit_prepared) and
    /// [`rollback_prepared`](Self::rollback_prepared), and is closed when it is dropped before.
    ///
    /// SQL: `PREPARE TRANSACTION '…'`; `XA END '…'`, `XA PREPARE '…'`.
    ///
    /// # Errors
    /// [`Error::Statement`] outside a transaction of [`begin_two_phase`](Self::begin_two_phase); the database's (PostgreSQL
    /// prepares none while its `max_prepared_transactions` is 0): the transaction is then rolled back.
    pub fn prepare_two_phase(&mut self) -> Running<'_, ()> {
        Box::pin(async move {
            let Some(name) = self.scope.name.clone() else {
                return Err(Error::Statement("only a transaction of `begin_two_phase` can be prepared".to_owned()));
            };
            self.settle().await?;
            if let Some(cause) = self.scope.spoiled() {
                self.rollback_raw().await?;
                return Err(Error::RolledBack { cause });
            }
            let prepared = match self.dialect() {
                Dialect::Postgres => self.command(&format!("PREPARE TRANSACTION '{name}'")).await,
                _ => match self.command(&format!("XA END '{name}'")).await {
                    Ok(()) => self.command(&format!("XA PREPARE '{name}'")).await,
                    failed => failed,
                },
            };
            match prepared {
                Ok(()) => {
                    self.scope = Scope::default();
                    self.scope.owns_prepared = self.dialect() == Dialect::MariaDb;
                    Ok(())
                }
                Err(error) => {
                    if let Err(failed) = self.rollback_raw().await {
                        tracing::debug!(target: "orm_core::sql", %failed, "rollback of what could not be prepared");
                    }
                    Err(error)
                }
            }
        })
    }

    /// Commits a prepared transaction.
    ///
    /// SQL: `COMMIT PREPARED '…'`; `XA COMMIT '…'`.
    ///
    /// # Errors
    /// The database's, also when there is none of this name. MariaDB knows it on other connections only after the one that
    /// prepared it was closed.
    pub fn commit_prepared<'a>(&'a mut self, name: &'a str) -> Running<'a, ()> {
        self.end_prepared("COMMIT", name)
    }

    /// Rolls a prepared transaction back.
    ///
    /// SQL: `ROLLBACK PREPARED '…'`; `XA ROLLBACK '…'`.
    ///
    /// # Errors
    /// As [`commit_prepared`](Self::commit_prepared).
    pub fn rollback_prepared<'a>(&'a mut self, name: &'a str) -> Running<'a, ()> {
        self.end_prepared("ROLLBACK", name)
    }

    fn end_prepared<'a>(&'a mut self, verb: &'static str, name: &'a str) -> Running<'a, ()> {
        Box::pin(async move {
            check(name)?;
            match self.dialect() {
                dialect @ Dialect::Sqlite => Err(unsupported(dialect)),
                Dialect::Postgres => self.command(&format!("{verb} PREPARED '{name}'")).await,
                Dialect::MySql | Dialect::MariaDb => {
                    self.command(&format!("XA {verb} '{name}'")).await?;
                    self.scope.owns_prepared = false;
                    Ok(())
                }
            }
        })
    }
}

/// A transaction that is prepared, with the connection that prepared it. Dropped, it is rolled back in the background; once
/// it was decided, committed there.
pub(crate) struct PreparedTransaction {
    connection: Option<Connection>,
    name: String,
    decided: bool,
}

impl PreparedTransaction {
    pub(crate) fn new(connection: Connection, name: String) -> Self {
        PreparedTransaction { connection: Some(connection), name, decided: false }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Prepares it. Cut off in the middle it may be prepared or not: it is then rolled back by its name.
    pub(crate) async fn prepare(&mut self) -> Result<()> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let prepared = connection.prepare_two_phase().await;
        if prepared.is_err() {
            self.connection = None;
        }
        prepared
    }

    /// From here on it is to be committed.
    pub(crate) fn decide(&mut self) {
        self.decided = true;
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let committed = connection.commit_prepared(&self.name).await;
        self.connection = None;
        committed
    }

    pub(crate) async fn rollback(mut self) {
        let Some(connection) = &mut self.connection else { return };
        if let Err(error) = connection.rollback_prepared(&self.name).await {
            left(&self.name, &error);
        }
        self.connection = None;
    }
}

fn left(name: &str, error: &Error) {
    tracing::warn!(target: "orm_core::sql", name, %error, "a prepared transaction waits to be ended");
}

impl Drop for PreparedTransaction {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let (name, verb) = (std::mem::take(&mut self.name), if self.decided { "COMMIT" } else { "ROLLBACK" });
        // The call that was cut off has closed the connection: another one ends it.
        let engine = connection.engine.clone();
        connection.engine.clone().pool().background(async move {
            let mut ended = connection.end_prepared(verb, &name).await;
            drop(connection);
            for _ in 0..TRIES {
                if ended.is_ok() {
                    return;
                }
                // The server may still be busy with the connection that is gone, and on MariaDB it owns the transaction.
                tokio::time::sleep(PAUSE).await;
                ended = match engine.acquire().await {
                    Ok(mut other) => other.end_prepared(verb, &name).await,
                    Err(error) => Err(error),
                };
            }
            if let Err(error) = ended {
                left(&name, &error);
            }
        });
    }
}

/// How often, and how far apart, it is tried to end a transaction whose connection is gone.
const TRIES: u32 = 20;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

impl Engine {
    /// # Errors
    /// [`Error::Unsupported`] on SQLite.
    pub(crate) fn has_two_phase(&self) -> Result<()> {
        match self.dialect() {
            dialect @ Dialect::Sqlite => Err(unsupported(dialect)),
            _ => Ok(()),
        }
    }

    /// The names of the transactions of this database that are prepared and not ended, in order: what a program that
    /// crashed between the two phases left behind. On MySQL and MariaDB: of the server.
    ///
    /// SQL: a SELECT from `pg_prepared_xacts`; `XA RECOVER`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] on SQLite; the database's.
    pub async fn prepared_transactions(&self) -> Result<Vec<String>> {
        let (sql, column) = match self.dialect() {
            dialect @ Dialect::Sqlite => return Err(unsupported(dialect)),
            Dialect::Postgres => ("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()", 0),
            Dialect::MySql | Dialect::MariaDb => ("XA RECOVER", 3),
        };
        let mut names = Vec::new();
        let mut each = |row: &dyn crate::types::Row| {
            let name = row.text(column).map_err(|reason| Error::Decode { column: "gid".to_owned(), reason })?;
            names.extend(name.map(std::borrow::Cow::into_owned));
            Ok(())
        };
        self.fetch(Statement::from(sql).unprepared(), &mut each).await?;
        names.sort_unstable();
        Ok(names)
    }

    /// Commits a prepared transaction: [`Connection::commit_prepared`].
    ///
    /// # Errors
    /// As there.
    pub async fn commit_prepared(&self, name: &str) -> Result<()> {
        self.acquire().await?.commit_prepared(name).await
    }

    /// Rolls a prepared transaction back: [`Connection::rollback_prepared`].
    ///
    /// # Errors
    /// As there.
    pub async fn rollback_prepared(&self, name: &str) -> Result<()> {
        self.acquire().await?.rollback_prepared(name).await
    }
}
