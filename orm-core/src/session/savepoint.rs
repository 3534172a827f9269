//! Savepoints: a part of a transaction that can be undone alone, in memory too.

use super::Session;
use crate::engine::Running;
use crate::error::{Error, Result};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A savepoint in a session's transaction: [`Session::begin_nested`]. It derefs to the session; dropped without `commit` it
/// is rolled back.
///
/// A handle that is forgotten (`mem::forget`) leaves its savepoint open: the session's `commit` then says so, its `rollback` goes
/// back to the savepoint, and [`Session::reset`] gets out of it.
pub struct Savepoint<'s> {
    session: &'s mut Session,
    level: usize,
    open: bool,
}

impl Session {
    /// Flushes, and sets a savepoint. What is done through the handle can be rolled back alone, in memory as in the
    /// database; a flush that fails inside it is undone by its rollback.
    ///
    /// # Errors
    /// The flush's, and the database's.
    pub fn begin_nested(&mut self) -> Running<'_, Savepoint<'_>> {
        Box::pin(async move {
            self.check()?;
            self.check_not_inside("begin_nested")?;
            self.flush_all().await?;
            let mut connection = self.take_connection(false).await?;
            if !self.begun {
                self.begin(&mut connection).await?;
            }
            let level = self.levels.len();
            let set = connection.savepoint(&self.savepoint_name(level)).await;
            self.put_back(connection, set)?;
            self.push_level();
            Ok(Savepoint { session: self, level, open: true })
        })
    }

    /// # Errors
    /// Inside a savepoint.
    pub(super) fn check_outside(&self) -> Result<()> {
        if self.enclosed && self.levels.len() == 1 {
            return Err(Error::Session(
                "`commit` inside the closure of `transaction`: give `Ok`, which commits, or `Err`, which rolls back"
                    .to_owned(),
            ));
        }
        match self.levels.len() - 1 {
            0 => Ok(()),
            level => Err(Error::Session(format!(
                "`commit` inside the savepoint {}: end that first, with its own `commit` or `rollback`; where its handle is \
                 lost (`mem::forget`), `session.reset()` rolls back everything",
                self.savepoint_name(level)
            ))),
        }
    }

    /// Rolls back to the innermost savepoint, which stays.
    pub(super) async fn roll_back_to_savepoint(&mut self) -> Result<()> {
        let level = self.levels.len() - 1;
        self.restore(level);
        self.forgive(level);
        if self.failed.is_some() || self.connection.is_none() {
            return Ok(());
        }
        let mut connection = self.take_connection(false).await?;
        let undone = connection.rollback_to(&self.savepoint_name(level)).await;
        self.put_back(connection, undone)
    }

    /// A failure inside a savepoint is over with its rollback.
    fn forgive(&mut self, level: usize) {
        if self.failed.as_ref().is_some_and(|failed| failed.level >= level) {
            self.failed = None;
        }
    }
}

impl Savepoint<'_> {
    /// Flushes, and keeps what was done: it is now the work of what is around the savepoint.
    ///
    /// # Errors
    /// The flush's, and the database's; the savepoint is then rolled back.
    pub async fn commit(mut self) -> Result<()> {
        self.session.check()?;
        self.is_innermost()?;
        self.session.flush_all().await?;
        let mut connection = self.session.take_connection(false).await?;
        let released = connection.release(&self.session.savepoint_name(self.level)).await;
        self.session.put_back(connection, released)?;
        self.open = false;
        self.session.merge_level();
        Ok(())
    }

    /// Takes back what was done since the savepoint, in memory and in the database.
    ///
    /// # Errors
    /// The database's; memory is restored all the same.
    pub async fn rollback(mut self) -> Result<()> {
        self.is_innermost()?;
        self.session.roll_back_to_savepoint().await?;
        if self.session.failed.is_none() && self.session.connection.is_some() {
            let mut connection = self.session.take_connection(false).await?;
            let released = connection.release(&self.session.savepoint_name(self.level)).await;
            self.session.put_back(connection, released)?;
        }
        self.open = false;
        self.session.levels.pop();
        Ok(())
    }

    /// Commits after an `Ok`, rolls back after an error, which says more than a rollback that fails after it.
    pub(super) async fn end<T, E: From<Error>>(self, result: Result<T, E>) -> Result<T, E> {
        match result {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                if let Err(failed) = self.rollback().await {
                    tracing::warn!(target: "orm_core::sql", %failed, "a rollback to a savepoint failed");
                }
                Err(error)
            }
        }
    }

    fn is_innermost(&self) -> Result<()> {
        if self.session.levels.len() - 1 == self.level {
            return Ok(());
        }
        Err(Error::Session(format!(
            "the savepoint {} is still open inside {}: end it first",
            self.session.savepoint_name(self.session.levels.len() - 1),
            self.session.savepoint_name(self.level)
        )))
    }
}

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        if !self.open || self.session.levels.len() <= self.level {
            return;
        }
        self.session.restore(self.level);
        self.session.levels.pop();
        self.session.forgive(self.level);
        let name = self.session.savepoint_name(self.level);
        if let Some(connection) = &mut self.session.connection
            && self.session.begun
        {
            connection.undo_later(Some(&name));
        }
    }
}

impl Deref for Savepoint<'_> {
    type Target = Session;
    fn deref(&self) -> &Session {
        self.session
    }
}

impl DerefMut for Savepoint<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        self.session
    }
}

impl fmt::Debug for Savepoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Savepoint").field("level", &self.level).field("session", &self.session).finish()
    }
}
