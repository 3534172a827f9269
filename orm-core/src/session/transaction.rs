//! The session's transaction: when it begins, how it ends, and what memory then looks like.

use super::Session;
use super::arena::{Id, Stage};
use crate::engine::{BeginMode, Connection, Running};
use crate::error::{Error, Result};
use crate::types::Dialect;

impl Session {
    /// # Errors
    /// [`Error::RolledBack`] after a failed or cancelled flush, until `rollback`.
    pub(super) fn check(&mut self) -> Result<()> {
        if self.flushing.is_some() {
            self.fail("the flush was cancelled half-way".to_owned());
        }
        match &self.failed {
            Some(cause) => Err(Error::RolledBack { cause: cause.clone() }),
            None => Ok(()),
        }
    }

    /// Takes the session's connection out, in a transaction where one is needed. It must be put back; if it is not,
    /// because the caller's future was dropped, the connection closes itself and the session has failed.
    ///
    /// On SQLite a session reads in autocommit and begins with BEGIN IMMEDIATE before its first write: a deferred
    /// transaction that reads before it writes fails as soon as a second session does the same.
    pub(super) async fn take_connection(&mut self, write: bool) -> Result<Connection> {
        if let Some(cause) = &self.failed {
            return Err(Error::RolledBack { cause: cause.clone() });
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None if self.wrote => {
                self.fail("a call was cancelled half-way".to_owned());
                self.check()?;
                return Err(Error::Closed);
            }
            None => self.engine.acquire().await?,
        };
        if !connection.in_transaction() {
            let sqlite = connection.dialect() == Dialect::Sqlite;
            if write || !sqlite {
                let mode = if sqlite { Some(BeginMode::Immediate) } else { None };
                if let Err(error) = connection.begin_raw(mode).await {
                    self.connection = Some(connection);
                    return Err(error);
                }
            }
        }
        self.wrote |= write;
        Ok(connection)
    }

    /// What a failed statement means for the session: on a lost connection, or where the database rolled back by itself,
    /// the transaction is gone.
    pub(super) fn after<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result
            && matches!(error, Error::ConnectionLost(_) | Error::Deadlock(_) | Error::SerializationFailure(_))
            && self.wrote
        {
            self.fail(error.to_string());
        }
        result
    }

    /// Puts memory back to what it was before the flush under way, gives the connection up and remembers why.
    pub(super) fn fail(&mut self, cause: String) {
        if let Some(journal) = self.flushing.take() {
            self.undo_flush(journal);
        }
        // Dropped inside its transaction: it is rolled back before anybody else gets it.
        self.connection = None;
        self.failed = Some(cause);
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
            self.sync();
            self.flush_now().await
        })
    }

    /// Flushes, and commits the transaction. What is loaded stays loaded.
    ///
    /// # Errors
    /// The flush's. When the COMMIT itself fails the session has failed; call [`Session::rollback`].
    pub fn commit(&mut self) -> Running<'_, ()> {
        Box::pin(async move {
            self.check()?;
            self.sync();
            self.flush_now().await?;
            if let Some(mut connection) = self.connection.take()
                && connection.in_transaction()
                && let Err(error) = connection.commit_raw().await
            {
                self.fail(error.to_string());
                return Err(error);
            }
            self.committed();
            Ok(())
        })
    }

    fn committed(&mut self) {
        for id in std::mem::take(&mut self.journaled) {
            self.slot_mut(id).base = None;
            if self.stage(id) == Stage::Deleted {
                self.free(id);
            }
        }
        self.pairs.commit();
        self.collections.commit();
        self.read_since_write.clear();
        self.wrote = false;
    }

    /// Rolls the transaction back, and memory with it: changed objects have their old columns, deleted ones come back, and
    /// new ones are withdrawn. Objects that were read after the first write are overwritten by the next query that
    /// returns them.
    ///
    /// # Errors
    /// The database's; memory is restored all the same.
    pub fn rollback(&mut self) -> Running<'_, ()> {
        Box::pin(async move {
            if let Some(journal) = self.flushing.take() {
                self.undo_flush(journal);
            }
            let connection = self.connection.take();
            self.restore();
            self.failed = None;
            if let Some(mut connection) = connection
                && connection.in_transaction()
            {
                connection.rollback_raw().await?;
            }
            Ok(())
        })
    }

    fn restore(&mut self) {
        self.problems.clear();
        self.orphans.clear();
        self.unsynced.clear();
        for id in std::mem::take(&mut self.touched) {
            self.slot_mut(id).touched = false;
            if self.stage(id) == Stage::Pending {
                self.slot_mut(id).stage = Stage::Withdrawn;
            }
        }
        let journaled = std::mem::take(&mut self.journaled);
        for id in &journaled {
            self.restore_object(*id);
        }
        for id in journaled {
            if self.stage(id) != Stage::Free {
                self.restore_overrides(id, Vec::new());
            }
        }
        self.pairs.rollback();
        self.collections.rollback();
        for id in std::mem::take(&mut self.read_since_write) {
            self.slot_mut(id).stale = true;
        }
        self.wrote = false;
    }

    fn restore_object(&mut self, id: Id) {
        let Some(base) = self.slot_mut(id).base.take() else { return };
        let key = self.object(id).primary_key_values();
        if matches!(self.stage(id), Stage::Persistent | Stage::Doomed) {
            self.unidentify(id, key);
        }
        if let Some(columns) = &base.columns {
            self.write_columns(id, columns);
        }
        let slot = self.slot_mut(id);
        slot.original = None;
        slot.touched = false;
        slot.stage = if base.stage == Stage::Pending { Stage::Withdrawn } else { base.stage };
        if self.stage(id) == Stage::Persistent
            && let Err(error) = self.identify(id)
        {
            self.problems.push(error.to_string());
        }
    }

    /// Puts columns back that were read from the object itself.
    pub(super) fn write_columns(&mut self, id: Id, columns: &[Option<crate::types::Value>]) {
        for (column, value) in columns.iter().enumerate() {
            if let Some(value) = value
                && self.object(id).value(column as u16).as_ref() != Some(value)
            {
                self.set_column(id, column as u16, value);
            }
        }
    }
}
