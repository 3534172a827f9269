//! One typed store per model, and what the session knows about each object in it.

use super::Session;
use super::level::Base;
use crate::entity::{RawKey, TableDef};
use crate::error::{Error, Result};
use crate::model::{Mapper, Object, Objects};
use crate::types::{Type, Value};
use std::any::TypeId;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

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

/// What the session knows of an object; finer than what it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Free,
    Pending,
    Persistent,
    /// Marked for deletion; the row is still there.
    Doomed,
    /// The row was deleted in this transaction.
    Deleted,
    Withdrawn,
}

/// A snapshot of an object's columns, shared by all who keep it.
pub(super) type Columns = Arc<[Option<Value>]>;

/// A primary key, as the identity map has it: integers without an allocation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Identity {
    Int(i64),
    Other(Box<[Value]>),
}

impl Identity {
    pub(super) fn of(values: Vec<Value>) -> Self {
        match values.as_slice() {
            [value] => value.as_i64().map(Identity::Int),
            _ => None,
        }
        .unwrap_or_else(|| Identity::Other(values.into()))
    }
}

/// An object beside its value.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) version: NonZeroU32,
    pub(super) stage: Stage,
    /// Its columns as the database has them, from the first write after a flush on.
    pub(super) original: Option<Columns>,
    /// What rollbacks go back to.
    pub(super) base: Option<Box<Base>>,
    /// In the list of touched objects.
    pub(super) touched: bool,
    /// The next row that a query brings overwrites it.
    pub(super) stale: bool,
    /// Added in this session, so that its collections hold all there is.
    pub(super) born: bool,
    /// How often it was expired: collections that were loaded before are loaded again when asked for.
    pub(super) expired: u32,
    /// When it was added, among all that were.
    pub(super) order: u64,
}

/// The objects of one model.
pub(super) struct Store {
    pub(super) table: &'static TableDef,
    pub(super) objects: Box<dyn Objects>,
    pub(super) slots: Vec<Slot>,
    free: Vec<u32>,
    pub(super) identity: HashMap<Identity, u32>,
    /// The key's column where it is one integer, so that a known row is recognised without decoding it.
    pub(super) integer_key: Option<u16>,
}

impl Store {
    fn new(table: &'static TableDef, mapper: &Mapper) -> Self {
        let integer = |index: &u16| {
            use Type::*;
            matches!(
                (table.column_def(*index).sql_type)(),
                TinyInt | SmallInt | Integer | BigInt | UnsignedTinyInt | UnsignedSmallInt | UnsignedInteger
            )
        };
        let integer_key = match table.primary_key {
            [index] if integer(index) => Some(*index),
            _ => None,
        };
        Store {
            table,
            objects: mapper.objects(),
            slots: Vec::new(),
            free: Vec::new(),
            identity: HashMap::new(),
            integer_key,
        }
    }

    /// How many objects it has.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(super) fn allocate(&mut self, stage: Stage, order: u64) -> u32 {
        if let Some(slot) = self.free.pop() {
            let meta = &mut self.slots[slot as usize];
            *meta = Slot { stage, order, ..Slot::new(meta.version) };
            return slot;
        }
        self.slots.push(Slot { stage, order, ..Slot::new(NonZeroU32::MIN) });
        (self.slots.len() - 1) as u32
    }

    /// Gives back a slot that was allocated for nothing. One after the last object is taken away again, so that the
    /// objects stay as long as the slots.
    pub(super) fn give_back(&mut self, slot: u32) {
        self.objects.remove(slot as usize);
        if self.objects.len() <= slot as usize {
            self.slots.truncate(slot as usize);
        } else {
            self.slots[slot as usize].stage = Stage::Free;
            self.free.push(slot);
        }
    }

    pub(super) fn slot(&self, slot: u32) -> &Slot {
        &self.slots[slot as usize]
    }

    pub(super) fn slot_mut(&mut self, slot: u32) -> &mut Slot {
        &mut self.slots[slot as usize]
    }
}

impl Slot {
    fn new(version: NonZeroU32) -> Self {
        Slot {
            version,
            stage: Stage::Free,
            original: None,
            base: None,
            touched: false,
            stale: false,
            born: false,
            expired: 0,
            order: 0,
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
        match &self.slot(id).original {
            Some(original) => original[usize::from(column)].clone(),
            None => self.object(id).value(column),
        }
    }

    pub(super) fn raw_key(&self, id: Id) -> RawKey {
        RawKey { index: id.slot, version: self.slot(id).version, session: self.number }
    }

    /// Ends an object's key and frees its slot.
    pub(super) fn free(&mut self, id: Id) {
        self.forget_links(id);
        if self.slot(id).touched {
            self.touched.retain(|other| *other != id);
        }
        self.unsynced.retain(|other| *other != id);
        let store = &mut self.stores[id.store as usize];
        store.objects.remove(id.slot as usize);
        let slot = &mut store.slots[id.slot as usize];
        let version = slot.version.checked_add(1).unwrap_or(NonZeroU32::MIN);
        *slot = Slot::new(version);
        store.free.push(id.slot);
    }

    /// Enters an object into the identity map.
    pub(super) fn identify(&mut self, id: Id) -> Result<()> {
        let Some(key) = self.object(id).primary_key_values() else {
            return Err(Error::Session(format!(
                "a `{}` was written without a primary key; set it, or let the database assign it",
                self.table(id).title()
            )));
        };
        self.stores[id.store as usize].identity.insert(Identity::of(key), id.slot);
        Ok(())
    }

    /// Takes an object out of the identity map.
    pub(super) fn unidentify(&mut self, id: Id, key: Option<Vec<Value>>) {
        if let Some(key) = key {
            let identity = &mut self.stores[id.store as usize].identity;
            let key = Identity::of(key);
            if identity.get(&key) == Some(&id.slot) {
                identity.remove(&key);
            }
        }
    }

    /// The persistent object of this key.
    pub(super) fn find(&self, store: u32, key: &Identity) -> Option<Id> {
        self.stores[store as usize].identity.get(key).map(|slot| Id { store, slot: *slot })
    }

    /// `User 7`, for messages.
    pub(super) fn describe(&self, id: Id) -> String {
        let table = self.table(id);
        match self.object(id).primary_key() {
            Some(key) => {
                let key: Vec<String> = key.iter().map(ToString::to_string).collect();
                format!("`{}` {}", table.title(), key.join(", "))
            }
            None => format!("a new `{}`", table.title()),
        }
    }

    /// Sets a column to what the session or the database says.
    pub(super) fn assign(&mut self, id: Id, column: u16, value: &Value) -> Result<()> {
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
