//! The flush: from changed objects to rows.
//!
//! 1. Cascades run and orphans are found, loading unloaded children where they must be known ([`cascade`]).
//! 2. New, changed and doomed objects are told apart, and their rows ordered by foreign keys ([`order`]): by table, and row
//!    by row only where a table refers to itself or tables form a cycle. What can't be ordered is an error before
//!    anything is sent. What keeps others from being written is let go of first ([`vacate`]): a key of a cycle is NULL, a
//!    unique value that rows exchange is another one meanwhile. Rows whose key changes take their children along ([`rekey`]).
//! 3. Rows of one table that set the same columns become a group ([`groups`]): inserts, updates, deletes; link rows are
//!    deleted before and inserted after them. That is the plan, which [`Session::plan`] prints.
//! 4. Groups are written, in as few statements as the database allows; generated values come back into the objects.
//!
//! Everything that a flush changes in memory is kept in a [`Journal`] until it is done.

mod cascade;
mod delete;
mod follow;
mod generated;
mod groups;
mod insert;
mod journal;
mod later;
mod order;
mod pairs;
mod parents;
mod references;
mod rekey;
mod shape;
mod stale;
mod switch;
mod unique;
mod update;
mod vacate;
mod versions;
mod waves;

pub(super) use groups::{Group, Why, Write};
pub(super) use journal::Journal;
pub(super) use shape::Shape;
pub(super) use vacate::vacated_alone;

use super::Session;
use super::arena::{Id, Stage};
use crate::engine::Statement;
use crate::entity::{RelRef, TableDef};
use crate::error::{Error, Result};
use crate::model::RelationState;

/// A flush under way: when its future is dropped half-way, memory goes back and the session has failed.
struct UnderWay<'s>(&'s mut Session);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if self.0.flushing.is_some() {
            self.0.fail("a flush was cancelled half-way".to_owned());
        }
    }
}

/// The tables of these objects, in the order in which they first come.
fn by_table(session: &Session, ids: &[Id]) -> Vec<(&'static TableDef, Vec<Id>)> {
    let mut tables: Vec<(&'static TableDef, Vec<Id>)> = Vec::new();
    for id in ids {
        let table = session.table(*id);
        match tables.iter_mut().find(|(other, _)| *other == table) {
            Some((_, ids)) => ids.push(*id),
            None => tables.push((table, vec![*id])),
        }
    }
    tables
}

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
        self.refuse_changes()?;
        if let Err(error) = self.before_flush().await {
            self.fail(error.to_string());
            return Err(error);
        }
        self.flushing = Some(Journal::begin(self));
        let flush = UnderWay(self);
        let written = flush.0.write_changes().await;
        match &written {
            Ok(()) => flush.0.flushing = None,
            Err(error) => {
                flush.0.fail(error.to_string());
                if matches!(error, Error::StaleData { .. }) {
                    // The rows are not what they were read as: the next query that returns them brings them up to date.
                    for id in flush.0.touched.clone() {
                        flush.0.slot_mut(id).stale = true;
                    }
                }
            }
        }
        drop(flush);
        written?;
        if let Err(error) = self.after_flush().await {
            self.fail(error.to_string());
            return Err(error);
        }
        Ok(())
    }

    async fn write_changes(&mut self) -> Result<()> {
        let groups = self.groups_to_write().await?;
        self.refuse_groups(&groups)?;
        for group in groups {
            self.write_group(group).await?;
        }
        for id in std::mem::take(&mut self.touched) {
            self.slot_mut(id).touched = false;
            self.set_original(id, None);
        }
        // What is left was overwritten, or its object deleted.
        self.assigned.clear();
        Ok(())
    }

    /// What is to be written, in order. It reads what cascades ask for, and changes memory as the journal can put it back.
    pub(super) async fn groups_to_write(&mut self) -> Result<Vec<Group>> {
        if !self.problems.is_empty() {
            return Err(Error::Session(self.problems.join("\n")));
        }
        self.run_cascades().await?;
        self.carry_keys().await?;
        if let Some(journal) = &mut self.flushing {
            journal.cascades_done(&self.pairs);
        }
        self.run_model_hooks()?;
        self.check_single_parents()?;
        self.note_what_is_written();
        let mut new = Vec::new();
        let mut known = Vec::new();
        let mut doomed = Vec::new();
        for id in &self.touched {
            match self.stage(*id) {
                Stage::Pending => new.push(*id),
                Stage::Persistent => known.push(*id),
                Stage::Doomed => doomed.push(*id),
                Stage::Deleted | Stage::Withdrawn | Stage::Free => {}
            }
        }
        let links_of = doomed.clone();
        self.switch_rows(&mut new, &mut known, &mut doomed)?;
        let plan = self.order(new, known, doomed)?;
        let mut groups = self.vacated(&plan);
        self.links_of(&links_of, &mut groups)?;
        let linked = self.part_pairs(&mut groups)?;
        let withheld = self.withhold(&plan)?;
        self.group_rows(&plan, &mut groups);
        groups.extend(withheld);
        groups.extend(linked);
        Ok(groups)
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
    pub(super) fn keep(&mut self, id: Id) {
        if self.flushing.as_ref().is_some_and(|journal| journal.has(id)) {
            return;
        }
        let columns = self.columns(id);
        self.remember(id, &columns);
        let links = self.overrides(id);
        let (stage, original) = (self.stage(id), self.original_columns(id).cloned());
        if let Some(journal) = &mut self.flushing {
            journal.object(id, stage, columns, original, links);
        }
    }
}
