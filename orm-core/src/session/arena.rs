//! The objects of a session, by store and slot.

use super::Session;
use super::level::Base;
use super::store::Store;
use crate::entity::{RawKey, TableDef};
use crate::error::{Error, Result};
use crate::model::{Mapper, Object};
use crate::types::Value;
use std::any::TypeId;

pub(super) use super::store::{Columns, Identity, Slot, Stage};

/// An object in a session: which store, which slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id {
    pub(super) store: u32,
    pub(super) slot: u32,
}

/// Where an object stands between the program and the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Added; its row will be inserted by the next flush.
    Pending,
    /// It has its row.
    Persistent,
    /// Marked for deletion, or its row was deleted in this transaction.
    Deleted,
    /// Its INSERT was rolled back, or it was taken out before it was inserted. It stays readable.
    Withdrawn,
    /// It is not in the session any more: its key has ended.
    Detached,
}

impl From<Stage> for State {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Pending => State::Pending,
            Stage::Persistent => State::Persistent,
            Stage::Doomed | Stage::Deleted => State::Deleted,
            Stage::Withdrawn => State::Withdrawn,
            Stage::Free => State::Detached,
        }
    }
}

impl Session {
    /// The number of the table's store, made when it is first asked for.
    pub(super) fn store_for(&mut self, table: &'static TableDef) -> Result<u32> {
        let type_id = (table.type_id)();
        if let Some(store) = self.store_of.get(&type_id) {
            return Ok(*store);
        }
        let mapper = Mapper::get(table)
            .ok_or_else(|| Error::Session(format!("{} has no model, so a session can't hold its rows", table.name)))?;
        let store = self.stores.len() as u32;
        self.stores.push(Store::new(table, mapper));
        self.store_of.insert(type_id, store);
        self.add_lookups(table, store);
        Ok(store)
    }

    /// The number of the table's store, if it has one yet.
    pub(super) fn known_store(&self, table: &'static TableDef) -> Option<u32> {
        self.store_of.get(&(table.type_id)()).copied()
    }

    pub(super) fn typed_store(&self, type_id: TypeId) -> Option<u32> {
        self.store_of.get(&type_id).copied()
    }

    pub(super) fn slot(&self, id: Id) -> &Slot {
        self.stores[id.store as usize].slot(id.slot)
    }

    pub(super) fn slot_mut(&mut self, id: Id) -> &mut Slot {
        self.stores[id.store as usize].slot_mut(id.slot)
    }

    pub(super) fn table(&self, id: Id) -> &'static TableDef {
        self.stores[id.store as usize].table
    }

    pub(super) fn stage(&self, id: Id) -> Stage {
        self.slot(id).stage
    }

    /// Whether the object takes part in relationships: it is here and will stay.
    pub(super) fn is_live(&self, id: Id) -> bool {
        matches!(self.stage(id), Stage::Pending | Stage::Persistent)
    }

    /// The object. Every slot that an [`Id`] names is filled.
    pub(super) fn object(&self, id: Id) -> &dyn Object {
        match self.stores[id.store as usize].objects.get(id.slot as usize) {
            Some(object) => object,
            None => unreachable!("slot {id:?} is empty"),
        }
    }

    pub(super) fn object_mut(&mut self, id: Id) -> &mut dyn Object {
        match self.stores[id.store as usize].objects.get_mut(id.slot as usize) {
            Some(object) => object,
            None => unreachable!("slot {id:?} is empty"),
        }
    }

    /// The object's columns.
    pub(super) fn columns(&self, id: Id) -> Columns {
        let object = self.object(id);
        (0..self.table(id).columns.len()).map(|column| object.value(column as u16)).collect()
    }

    /// A column as the database has it.
    pub(super) fn original(&self, id: Id, column: u16) -> Option<Value> {
        match self.original_columns(id) {
            Some(original) => original[usize::from(column)].clone(),
            None => self.object(id).value(column),
        }
    }

    /// An object's columns as the database has them, kept since its first change.
    pub(super) fn original_columns(&self, id: Id) -> Option<&Columns> {
        self.stores[id.store as usize].extra(id.slot)?.original.as_ref()
    }

    pub(super) fn original_columns_mut(&mut self, id: Id) -> Option<&mut Columns> {
        self.stores[id.store as usize].extra_mut(id.slot)?.original.as_mut()
    }

    /// Keeps an object's columns as the database has them, or takes the object as it is for that. The identity map goes by
    /// them.
    pub(super) fn set_original(&mut self, id: Id, columns: Option<Columns>) {
        self.stores[id.store as usize].set_original(id.slot, columns);
    }

    /// What a rollback of the object goes back to.
    pub(super) fn base(&self, id: Id) -> Option<&Base> {
        self.stores[id.store as usize].extra(id.slot)?.base.as_deref()
    }

    /// Replaces what a rollback of the object goes back to; gives what that was.
    pub(super) fn put_base(&mut self, id: Id, base: Option<Box<Base>>) -> Option<Box<Base>> {
        self.stores[id.store as usize].change_extra(id.slot, |extra| std::mem::replace(&mut extra.base, base))
    }

    /// How often the object was expired.
    pub(super) fn expired(&self, id: Id) -> u32 {
        self.stores[id.store as usize].extra(id.slot).map_or(0, |extra| extra.expired)
    }

    /// Notes that the object's collections are stale.
    pub(super) fn expire_collections(&mut self, id: Id) {
        self.stores[id.store as usize].change_extra(id.slot, |extra| extra.expired += 1);
    }

    pub(super) fn raw_key(&self, id: Id) -> RawKey {
        RawKey { index: id.slot, version: self.slot(id).version, session: self.number }
    }

    /// Enters an object into the identity map, under its row's key.
    pub(super) fn identify(&mut self, id: Id) -> Result<()> {
        let store = &mut self.stores[id.store as usize];
        let Some(key) = store.row_key(id.slot) else {
            return Err(Error::Session(format!(
                "a `{}` was written without a primary key; set it, or let the database assign it",
                self.table(id).title()
            )));
        };
        store.enter(id.slot, &key);
        Ok(())
    }

    /// Takes an object out of the identity map: before its row's key changes, or is taken from it.
    pub(super) fn unidentify(&mut self, id: Id) {
        self.stores[id.store as usize].leave(id.slot);
    }

    /// The persistent object of this key.
    pub(super) fn find(&self, store: u32, key: &Identity) -> Option<Id> {
        self.stores[store as usize].find(key).map(|slot| Id { store, slot })
    }

    /// `User 7`, for messages.
    pub(super) fn describe(&self, id: Id) -> String {
        let table = self.table(id);
        let key = match self.stage(id) {
            Stage::Pending | Stage::Withdrawn | Stage::Free => self.object(id).primary_key(),
            // The row's own, where the program has changed it.
            Stage::Persistent | Stage::Doomed | Stage::Deleted => self.original_key(id),
        };
        match key {
            Some(key) => {
                let key: Vec<String> = key.iter().map(ToString::to_string).collect();
                format!("`{}` {}", table.title(), key.join(", "))
            }
            None => format!("a new `{}`", table.title()),
        }
    }

    /// Sets a column to what the session or the database says.
    pub(super) fn set_column(&mut self, id: Id, column: u16, value: &Value) -> Result<()> {
        let set = self.object_mut(id).set(column, value);
        set.map_err(|reason| Error::Decode { column: self.column_name(id, column), reason })
    }

    /// "`User::name`", for messages.
    pub(super) fn column_name(&self, id: Id, column: u16) -> String {
        let table = self.table(id);
        format!("`{}::{}`", table.title(), table.column_def(column).field)
    }

    /// Puts columns back that were read from the object itself.
    pub(super) fn write_columns(&mut self, id: Id, columns: &[Option<Value>]) {
        for (column, value) in (0..).zip(columns) {
            if self.object(id).value(column) == *value {
                continue;
            }
            let put = match value {
                Some(value) => self.object_mut(id).set(column, value),
                None => self.object_mut(id).unset(column),
            };
            if let Err(reason) = put {
                let name = self.column_name(id, column);
                self.problems.push(format!("{name} can't be put back: {reason}"));
            }
        }
    }
}
