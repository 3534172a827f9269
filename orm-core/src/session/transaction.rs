//! The session's transaction: when it begins, how it ends, and what memory then looks like.

use super::Session;
use crate::engine::{Connection, Running};
use crate::error::{Error, Result};

/// Why a session takes no more calls until a rollback.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) cause: String,
    /// The level whose rollback is enough: 0 for the whole transaction.
    pub(super) level: usize,
}

/// How often a commit flushes at most, when each flush's hooks make new changes.
const ROUNDS: usize = 100;

impl Session {
    /// # Errors
    /// [`Error::RolledBack`] after a failed flush or a cancelled call, until `rollback`.
    pub(super) fn check(&mut self) -> Result<()> {
        if self.failed.is_none() && self.begun && self.connection.is_none() {
            self.fail("a call was cancelled half-way".to_owned());
        }
        match &self.failed {
            Some(Failed { cause, .. }) => Err(Error::RolledBack { cause: cause.clone() }),
            None => self.check_home(),
        }
    }

    /// Takes the session's connection out, in a transaction where one is needed. It must be put back; if it is not,
    /// because the caller's future was dropped, the connection closes itself and the session has failed.
    pub(super) async fn take_connection(&mut self, write: bool) -> Result<Connection> {
        self.check()?;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.acquire().await?,
        };
        if !self.begun && (write || !connection.capabilities().begins_before_write()) {
            self.begin(&mut connection).await?;
        }
        if write {
            self.writes();
        }
        Ok(connection)
    }

    /// Puts the connection back after a statement. Outside a transaction it goes back to the pool; and where the statement
    /// ended the transaction, or left it so that the database takes nothing more, the session has failed.
    pub(super) fn put_back<T>(&mut self, connection: Connection, result: Result<T>) -> Result<T> {
        if !self.begun && !self.home.keeps() {
            return result;
        }
        let over = connection.is_lost() || connection.is_aborted();
        self.connection = Some(connection);
        if over && let Err(error) = &result {
            self.fail(error.to_string());
        }
        result
    }

    /// Puts memory back to what it was before the flush under way, gives the connection up and remembers why.
    pub(super) fn fail(&mut self, cause: String) {
        if let Some(journal) = self.flushing.take() {
            self.undo_flush(journal);
        }
        let mut level = self.levels.len() - 1;
        if level == 0 || self.connection.as_ref().is_none_or(|connection| connection.is_lost()) {
            self.give_up_transaction();
            self.key_step = None;
            level = 0;
        }
        self.failed.get_or_insert(Failed { cause, level });
    }

    /// Flushes, unless that is switched off, before a query.
    pub(super) async fn before_query(&mut self, query: &str) -> Result<()> {
        self.check()?;
        self.sync();
        if self.autoflush && self.has_changes() {
            self.flush_now()
                .await
                .map_err(|source| Error::Autoflush { query: query.to_owned(), source: Box::new(source) })?;
        }
        Ok(())
    }

    /// Writes all changes to the database, in the session's transaction, without ending it.
    ///
    /// # Errors
    /// When it fails, the transaction is rolled back and the session has failed: memory stays readable as it was before
    /// the flush, and every call to the database is [`Error::RolledBack`] until [`Session::rollback`].
    pub fn flush(&mut self) -> Running<'_, ()> {
        Box::pin(async move {
            self.check()?;
            self.check_not_inside("flush")?;
            self.sync();
            self.flush_now().await
        })
    }

    /// Flushes, and commits the transaction. What is loaded stays loaded; the keys of deleted objects end.
    ///
    /// # Errors
    /// The flush's; inside a savepoint, whose name it says. When the COMMIT itself fails the session has failed; call [`Session::rollback`].
    pub fn commit(&mut self) -> Running<'_, ()> {
        Box::pin(async move {
            self.before_commit().await?;
            self.committing = true;
            if let Err(error) = self.end_by_commit().await {
                self.fail(error.to_string());
                return Err(error);
            }
            self.committed().await
        })
    }

    /// What comes before COMMIT.
    pub(super) async fn before_commit(&mut self) -> Result<()> {
        self.check()?;
        self.check_not_inside("commit")?;
        self.check_outside()?;
        self.flush_all().await
    }

    /// Flushes until there is nothing to write, whatever hooks add after each flush.
    pub(super) async fn flush_all(&mut self) -> Result<()> {
        for _ in 0..ROUNDS {
            self.sync();
            self.flush_now().await?;
            if !self.has_changes() {
                return Ok(());
            }
        }
        let error = Error::Session(format!(
            "after {ROUNDS} flushes there is still something to write: an `after_flush` hook changes something each time"
        ));
        self.fail(error.to_string());
        Err(error)
    }

    /// What comes after COMMIT.
    pub(super) async fn committed(&mut self) -> Result<()> {
        self.committing = false;
        let begun = std::mem::replace(&mut self.begun, false);
        self.key_step = None;
        self.settle();
        if begun { self.after_commit().await } else { Ok(()) }
    }

    /// Rolls everything back, savepoints whose handles were lost included, gives the connection back and takes all objects
    /// out: the session is as new.
    ///
    /// # Errors
    /// The database's; the session is as new all the same.
    pub fn reset(&mut self) -> Running<'_, ()> {
        Box::pin(async move {
            let undone = self.roll_back_whole().await;
            self.clear();
            undone
        })
    }

    /// Rolls back and gives the connection back, as dropping the session does, and waits until that is done.
    ///
    /// # Errors
    /// The database's.
    pub async fn close(mut self) -> Result<()> {
        self.reset().await
    }

    /// Rolls the transaction back, and memory with it: changed objects have their old columns, deleted ones come back, and
    /// new ones are withdrawn. Objects that were read after the first write are overwritten by the next query that
    /// returns them. Inside a savepoint: back to that savepoint, which stays.
    ///
    /// # Errors
    /// The database's; memory is restored all the same.
    pub fn rollback(&mut self) -> Running<'_, ()> {
        Box::pin(async move {
            self.check_not_inside("rollback")?;
            if let Some(journal) = self.flushing.take() {
                self.undo_flush(journal);
            }
            if self.levels.len() > 1 {
                return self.roll_back_to_savepoint().await;
            }
            // A failure has rolled the transaction back already.
            let begun = self.begun || self.failed.is_some();
            self.roll_back_whole().await?;
            if begun { self.after_rollback().await } else { Ok(()) }
        })
    }
}
