//! The flush: from changed objects to rows.
//!
//! 1. Cascades run and orphans are found, loading unloaded children where they must be known ([`cascade`]).
//! 2. New, changed and doomed objects are told apart, and their rows ordered by foreign keys ([`order`]): by table, and row
//!    by row only where a table refers to itself or tables form a cycle. What can't be ordered is an error before
//!    anything is sent.
//! 3. Rows are written ([`write`]): inserts, updates, link rows, deletes. Rows of one table and one set of columns go in one
//!    statement; generated values come back into the objects.
//!
//! Everything that a flush changes in memory is kept in a [`Journal`] until it is done.

mod cascade;
mod delete;
mod insert;
mod journal;
mod order;
mod pairs;
mod shape;
mod update;

pub(super) use journal::Journal;
pub(super) use shape::Shape;

use super::Session;
use super::arena::{Id, Stage};
use crate::engine::Statement;
use crate::entity::RelRef;
use crate::error::{Error, Result};
use crate::model::RelationState;

impl Session {
    /// Whether a flush may have something to do.
    pub(super) fn has_changes(&self) -> bool {
        !self.touched.is_empty() || !self.problems.is_empty() || !self.orphans.is_empty() || self.pairs.changed()
    }

    /// Writes all changes.
    pub(super) async fn flush_now(&mut self) -> Result<()> {
        if !self.has_changes() {
            return Ok(());
        }
        self.flushing = Some(Journal::begin(&self.touched, &self.orphans));
        match self.write_changes().await {
            Ok(()) => {
                self.flushing = None;
                Ok(())
            }
            Err(error) => {
                self.fail(error.to_string());
                Err(error)
            }
        }
    }

    async fn write_changes(&mut self) -> Result<()> {
        if !self.problems.is_empty() {
            return Err(Error::Session(std::mem::take(&mut self.problems).join("\n")));
        }
        self.run_cascades().await?;
        let mut new = Vec::new();
        let mut known = Vec::new();
        let mut doomed = Vec::new();
        for id in self.touched.clone() {
            match self.stage(id) {
                Stage::Pending => new.push(id),
                Stage::Persistent => known.push(id),
                Stage::Doomed => doomed.push(id),
                Stage::Deleted | Stage::Withdrawn | Stage::Free => {}
            }
        }
        new.sort_by_key(|id| self.slot(*id).order);
        let inserts = self.order_inserts(&new)?;
        let deletes = self.order_deletes(&doomed)?;
        let mut deferred = Vec::new();
        for wave in inserts {
            deferred.extend(wave.deferred);
            self.insert_rows(wave.rows).await?;
        }
        known.extend(deferred);
        self.update_rows(&known).await?;
        self.write_pairs(&doomed).await?;
        self.delete_rows(deletes).await?;
        for id in std::mem::take(&mut self.touched) {
            let slot = self.slot_mut(id);
            slot.touched = false;
            slot.original = None;
        }
        Ok(())
    }

    /// A statement of the flush that changes rows.
    async fn send(&mut self, statement: impl Into<Statement>) -> Result<u64> {
        let mut connection = self.take_connection(true).await?;
        let result = connection.run(statement).await;
        self.connection = Some(connection);
        result
    }

    /// # Errors
    /// For a relationship field that was overwritten: inside a session the links are the session's.
    fn check_fields(&self, id: Id) -> Result<()> {
        let table = self.table(id);
        for index in 0..table.relationships.len() as u16 {
            if self.object(id).relation(index).state() != RelationState::Attached {
                let relationship = RelRef { table, index, reversed: false };
                return Err(Error::Attached { relationship: relationship.to_string() });
            }
        }
        Ok(())
    }

    /// Keeps what the flush is about to change in an object.
    fn keep(&mut self, id: Id) {
        let columns = self.columns(id);
        self.remember(id, Some(&columns));
        let overrides = self.overrides(id);
        let slot = self.slot(id);
        let (stage, original) = (slot.stage, slot.original.clone());
        if let Some(journal) = &mut self.flushing {
            journal.object(id, stage, columns, original, overrides);
        }
    }
}
