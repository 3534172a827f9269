//! Transactions and savepoints around closures: they end with them, whichever way those end.

use super::Session;
use crate::engine::Running;
use crate::error::{Error, Result};

/// A transaction whose closure runs; cut off, it is rolled back, memory included.
struct Whole<'s> {
    session: &'s mut Session,
    open: bool,
}

impl Session {
    /// Runs a closure in a transaction: commits when it gives `Ok`, rolls back, memory included, when it gives an error, when
    /// the commit fails, or when the call is cancelled. Afterwards the session is ready for the next one.
    ///
    /// Inside, a flush and savepoints are welcome; `commit` is an error, since the closure's `Ok` does that, and `rollback`
    /// takes back what was done so far.
    ///
    /// # Errors
    /// The closure's ([`Error::custom`] wraps one of your own), or the commit's. [`Error::Session`], before anything is
    /// done, inside a savepoint or another such closure, and when the session has changes or work that is not committed:
    /// commit or roll back before, or use [`Session::nested`]. What was only read before is no hindrance.
    pub async fn transaction<T, F>(&mut self, f: F) -> Result<T>
    where
        F: AsyncFnOnce(&mut Session) -> Result<T>,
    {
        self.try_transaction(f).await
    }

    /// The same with the closure's own error type.
    ///
    /// # Errors
    /// As [`Session::transaction`].
    pub async fn try_transaction<T, E, F>(&mut self, f: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFnOnce(&mut Session) -> Result<T, E>,
    {
        let whole = self.enclose()?;
        let result = f(&mut *whole.session).await;
        whole.end(result).await
    }

    /// The same for a closure that gives a boxed future, where the compiler can't see that an async closure's future is
    /// `Send`.
    ///
    /// # Errors
    /// As [`Session::transaction`].
    pub fn transaction_boxed<'s, T: Send + 's>(
        &'s mut self,
        f: impl for<'t> FnOnce(&'t mut Session) -> Running<'t, T> + Send + 's,
    ) -> Running<'s, T> {
        Box::pin(async move {
            let whole = self.enclose()?;
            let result = f(&mut *whole.session).await;
            whole.end(result).await
        })
    }

    /// Runs a closure in a savepoint: keeps what it did when it gives `Ok`, and takes it back, in memory as in the database,
    /// when it gives an error, or when the call is cancelled. It flushes first, and nests to any depth.
    ///
    /// # Errors
    /// The closure's, or those of [`Session::begin_nested`] and of the savepoint's `commit`.
    pub async fn nested<T, F>(&mut self, f: F) -> Result<T>
    where
        F: AsyncFnOnce(&mut Session) -> Result<T>,
    {
        self.try_nested(f).await
    }

    /// The same with the closure's own error type.
    ///
    /// # Errors
    /// As [`Session::nested`].
    pub async fn try_nested<T, E, F>(&mut self, f: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFnOnce(&mut Session) -> Result<T, E>,
    {
        let mut savepoint = self.begin_nested().await?;
        let result = f(&mut savepoint).await;
        savepoint.end(result).await
    }

    /// The same for a closure that gives a boxed future.
    ///
    /// # Errors
    /// As [`Session::nested`].
    pub fn nested_boxed<'s, T: Send + 's>(
        &'s mut self,
        f: impl for<'t> FnOnce(&'t mut Session) -> Running<'t, T> + Send + 's,
    ) -> Running<'s, T> {
        Box::pin(async move {
            let mut savepoint = self.begin_nested().await?;
            let result = f(&mut savepoint).await;
            savepoint.end(result).await
        })
    }

    fn enclose(&mut self) -> Result<Whole<'_>> {
        self.check()?;
        self.sync();
        let hindrance = if self.enclosed {
            "is the closure of a `transaction` already"
        } else if self.levels.len() > 1 {
            "is inside a savepoint"
        } else if self.has_changes() || self.wrote() {
            "has work that is not committed; commit it or roll it back first"
        } else {
            self.enclosed = true;
            return Ok(Whole { session: self, open: true });
        };
        Err(Error::Session(format!(
            "`transaction` can't begin: the session {hindrance}; `nested` runs a part of the work"
        )))
    }

    /// Rolls back all there is, open savepoints included.
    pub(super) async fn roll_back_whole(&mut self) -> Result<()> {
        self.restore_whole();
        self.end_by_rollback().await
    }

    fn restore_whole(&mut self) {
        if let Some(journal) = self.flushing.take() {
            self.undo_flush(journal);
        }
        self.restore(0);
        self.failed = None;
        self.key_step = None;
    }
}

impl Whole<'_> {
    async fn end<T, E: From<Error>>(mut self, result: Result<T, E>) -> Result<T, E> {
        self.session.enclosed = false;
        let result = match result {
            Ok(value) => match self.session.commit().await {
                Ok(()) => {
                    self.open = false;
                    return Ok(value);
                }
                Err(error) => Err(error.into()),
            },
            error => error,
        };
        self.open = false;
        // The closure's error says more than a rollback that failed after it.
        if let Err(failed) = self.session.roll_back_whole().await {
            tracing::warn!(target: "orm_core::sql", %failed, "a rollback failed; the connection is closed");
        }
        result
    }
}

impl Drop for Whole<'_> {
    fn drop(&mut self) {
        self.session.enclosed = false;
        if self.open {
            self.session.restore_whole();
            self.session.give_up_transaction();
        }
    }
}
