//! How objects come in: from the program, and from rows.

use super::Session;
use super::arena::{Columns, Id, Identity, Stage};
use crate::entity::RelRef;
use crate::error::{Error, Result};
use crate::model::{Hook, Object};
use crate::types::{DecodeError, Row};
use std::any::Any;
use std::sync::Arc;

impl Session {
    /// Moves a new object (a `&mut Option<M>`) in.
    pub(super) fn insert_object(&mut self, store: u32, object: &mut dyn Any) -> Id {
        let this = &mut self.stores[store as usize];
        let slot = this.allocate(Stage::Pending);
        this.slot_mut(slot).born = true;
        this.objects.insert(slot as usize, object);
        Id { store, slot }
    }

    /// Takes a row in: an object that is known stays as it is unless it is stale or `overwrite` is asked for and it has no
    /// unsaved change.
    pub(super) fn absorb(&mut self, store: u32, row: &dyn Row, at: usize, overwrite: bool) -> Result<Id> {
        let this = &self.stores[store as usize];
        let integer = this.integer_key.and_then(|column| row.i64(at + usize::from(column)).ok().flatten());
        let key = integer.map(Identity::Int);
        let id = match key.as_ref().and_then(|key| this.find(key)) {
            Some(slot) => Id { store, slot },
            None => match self.take_row(store, row, at, key)? {
                (id, true) => return Ok(id),
                (id, false) => id,
            },
        };
        let slot = self.slot(id);
        if slot.stage == Stage::Persistent && (slot.stale || overwrite) {
            if self.flushing.is_some() {
                self.keep(id);
            }
            self.overwrite(id, row, at)?;
        }
        Ok(id)
    }

    /// Decodes a row into a slot, unless its key turns out to be known: gives the object and whether it is new. A key that
    /// is given is not known.
    fn take_row(&mut self, store: u32, row: &dyn Row, at: usize, key: Option<Identity>) -> Result<(Id, bool)> {
        let this = &mut self.stores[store as usize];
        let slot = this.allocate(Stage::Persistent);
        if let Err(error) = this.objects.decode(slot as usize, row, at) {
            this.give_back(slot);
            return Err(error);
        }
        match key {
            Some(key) => this.enter_new(slot, &key),
            None => {
                let Some(key) = this.row_key(slot) else {
                    this.give_back(slot);
                    return Err(Error::Statement(format!(
                        "a row of {} has no primary key, so it can't be an object of a session",
                        this.table.name
                    )));
                };
                if let Some(other) = this.find(&key) {
                    this.give_back(slot);
                    return Ok((Id { store, slot: other }, false));
                }
                this.enter_new(slot, &key);
            }
        }
        let id = Id { store, slot };
        self.reindex(id);
        self.was_read(id);
        self.came(id);
        Ok((id, true))
    }

    /// Marks the relationship fields as the session's.
    pub(super) fn attach_fields(&mut self, id: Id) {
        let table = self.table(id);
        for index in 0..table.relationships.len() as u16 {
            let name = RelRef { table, index, reversed: false }.full_name();
            self.object_mut(id).relation_mut(index).attach(name);
        }
    }

    /// Brings a known object up to date; an edited column keeps its edit, and its original becomes fresh.
    fn overwrite(&mut self, id: Id, row: &dyn Row, at: usize) -> Result<()> {
        for (n, column) in (0..self.table(id).columns.len() as u16).enumerate() {
            self.renew(id, column, |object| object.read(column, row, at + n))?;
        }
        let edited = |original: &Columns| *original != self.columns(id);
        if self.stores[id.store as usize].hooks && !self.original_columns(id).is_some_and(edited) {
            self.object_mut(id).hook(Hook::AfterLoad)?;
            if self.original_columns(id).is_some() {
                let columns = self.columns(id);
                self.set_original(id, Some(columns));
            }
        }
        self.slot_mut(id).stale = false;
        self.reindex(id);
        self.was_read(id);
        Ok(())
    }

    /// Brings a column up to date: `read` writes what the database has into the object. An edit is kept, and its original
    /// becomes fresh.
    pub(super) fn renew(
        &mut self,
        id: Id,
        column: u16,
        read: impl FnOnce(&mut dyn Object) -> Result<(), DecodeError>,
    ) -> Result<()> {
        let decode = |this: &Self, reason| Error::Decode { column: this.column_name(id, column), reason };
        let now = self.object(id).value(column);
        read(self.object_mut(id)).map_err(|reason| decode(self, reason))?;
        let fresh = self.object(id).value(column);
        if !self.assigned.is_empty() {
            self.assigned_renewed(id, column, &now, &fresh);
        }
        let mut edited = false;
        if let Some(original) = self.original_columns_mut(id) {
            edited = original[usize::from(column)] != now;
            Arc::make_mut(original)[usize::from(column)] = fresh;
        }
        if !edited {
            self.link_renewed(id, column);
            return Ok(());
        }
        let kept = match &now {
            Some(now) => self.object_mut(id).set(column, now),
            None => self.object_mut(id).unset(column),
        };
        kept.map_err(|reason| decode(self, reason))
    }
}
