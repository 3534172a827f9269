//! One typed store per model: its objects, what the session knows of each, and which of them has which key.

use super::level::Base;
use super::near::{NearMap, block, near, spread};
use crate::entity::TableDef;
use crate::model::{Mapper, Objects, Pages};
use crate::types::{Type, Value};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;
use std::num::NonZeroU32;
use std::sync::Arc;

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

/// A primary key: integers without an allocation.
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

    /// The key's values.
    pub(super) fn values(&self) -> Vec<Value> {
        match self {
            Identity::Int(key) => vec![Value::I64(*key)],
            Identity::Other(values) => values.to_vec(),
        }
    }

    /// The key that these columns make; `None` while one of them is unset or NULL.
    pub(super) fn read(columns: &[u16], value: impl Fn(u16) -> Option<Value>) -> Option<Self> {
        let value = |column: &u16| value(*column).filter(|value| !value.is_null());
        if let [column] = columns {
            let value = value(column)?;
            return Some(value.as_i64().map_or_else(|| Identity::Other([value].into()), Identity::Int));
        }
        columns.iter().map(value).collect::<Option<_>>().map(Identity::Other)
    }
}

/// What the session knows of every object. A clean object costs no more than this.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) version: NonZeroU32,
    pub(super) stage: Stage,
    /// In the list of touched objects.
    pub(super) touched: bool,
    /// The next row that a query brings overwrites it.
    pub(super) stale: bool,
    /// Added in this session, so that its collections hold all there is.
    pub(super) born: bool,
}

const _: () = assert!(size_of::<Slot>() == 8);

impl Slot {
    fn new(version: NonZeroU32, stage: Stage) -> Self {
        Slot { version, stage, touched: false, stale: false, born: false }
    }
}

/// What the session knows only of objects that were changed, or expired.
#[derive(Debug, Default)]
pub(super) struct Extra {
    /// Its columns as the database has them, from the first write after a flush on.
    pub(super) original: Option<Columns>,
    /// What rollbacks go back to.
    pub(super) base: Option<Box<Base>>,
    /// How often it was expired: collections that were loaded before are loaded again when asked for.
    pub(super) expired: u32,
}

impl Extra {
    fn is_nothing(&self) -> bool {
        self.original.is_none() && self.base.is_none() && self.expired == 0
    }
}

/// Who has a key: the key itself is the object's. With the key's hash a table grows without reading the keys again.
#[derive(Clone, Copy)]
struct Entry {
    slot: u32,
    hash: u32,
}

impl Entry {
    fn spread(self) -> u64 {
        spread(self.hash)
    }
}

type Extras = NearMap<u32, Extra>;

/// The objects of one model.
pub(super) struct Store {
    pub(super) table: &'static TableDef,
    pub(super) objects: Box<dyn Objects>,
    pub(super) slots: Pages<Slot>,
    free: Vec<u32>,
    extras: Extras,
    /// The objects that have their rows, by the key that the row has.
    identity: HashTable<Entry>,
    hasher: DefaultHashBuilder,
    /// The key's column where it is one integer, so that a known row is recognised without decoding it.
    pub(super) integer_key: Option<u16>,
    /// Whether the model has hooks.
    pub(super) hooks: bool,
    /// Whether the model checks its values.
    pub(super) validates: bool,
}

/// The key of an object's row: the original one where the program has changed it.
fn row_key(table: &TableDef, objects: &dyn Objects, extras: &Extras, slot: u32) -> Option<Identity> {
    if let Some(original) = extras.get(&slot).and_then(|extra| extra.original.as_ref()) {
        return Identity::read(table.primary_key, |column| original[usize::from(column)].clone());
    }
    let object = objects.get(slot as usize)?;
    Identity::read(table.primary_key, |column| object.value(column))
}

impl Store {
    pub(super) fn new(table: &'static TableDef, mapper: &Mapper) -> Self {
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
            slots: Pages::new(),
            free: Vec::new(),
            extras: NearMap::default(),
            identity: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            integer_key,
            hooks: mapper.hooks,
            validates: mapper.validates,
        }
    }

    /// How many objects it has.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(super) fn allocate(&mut self, stage: Stage) -> u32 {
        if let Some(slot) = self.free.pop() {
            let version = self.slot(slot).version;
            *self.slot_mut(slot) = Slot::new(version, stage);
            return slot;
        }
        self.slots.push(Slot::new(NonZeroU32::MIN, stage));
        (self.slots.len() - 1) as u32
    }

    /// Gives back a slot that was allocated for nothing. One after the last object is taken away again, so that the
    /// objects stay as long as the slots.
    pub(super) fn give_back(&mut self, slot: u32) {
        self.objects.remove(slot as usize);
        if self.objects.len() <= slot as usize {
            self.slots.pop();
        } else {
            self.slot_mut(slot).stage = Stage::Free;
            self.free.push(slot);
        }
    }

    /// Empties a slot: keys that name it end. It waits for [`Store::reuse`].
    pub(super) fn end(&mut self, slot: u32) {
        self.leave(slot);
        self.objects.remove(slot as usize);
        self.change_extra(slot, |extra| *extra = Extra::default());
        let version = self.slot(slot).version.checked_add(1).unwrap_or(NonZeroU32::MIN);
        *self.slot_mut(slot) = Slot::new(version, Stage::Free);
    }

    /// Gives an ended slot to whoever comes next.
    pub(super) fn reuse(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// Ends all keys, and gives all slots to whoever comes next.
    pub(super) fn clear(&mut self) {
        self.identity.clear();
        self.extras = NearMap::default();
        for slot in 0..self.slots.len() as u32 {
            if self.slot(slot).stage != Stage::Free {
                self.end(slot);
            }
        }
        self.free = (0..self.slots.len() as u32).rev().collect();
    }

    pub(super) fn slot(&self, slot: u32) -> &Slot {
        &self.slots[slot as usize]
    }

    pub(super) fn slot_mut(&mut self, slot: u32) -> &mut Slot {
        &mut self.slots[slot as usize]
    }

    pub(super) fn extra(&self, slot: u32) -> Option<&Extra> {
        self.extras.get(&slot)
    }

    pub(super) fn extra_mut(&mut self, slot: u32) -> Option<&mut Extra> {
        self.extras.get_mut(&slot)
    }

    /// Changes what is known of an object beyond its slot; what says nothing any more takes no room.
    pub(super) fn change_extra<T>(&mut self, slot: u32, change: impl FnOnce(&mut Extra) -> T) -> T {
        let Some(extra) = self.extras.get_mut(&slot) else {
            let mut extra = Extra::default();
            let result = change(&mut extra);
            if !extra.is_nothing() {
                self.extras.insert(slot, extra);
            }
            return result;
        };
        let result = change(extra);
        if extra.is_nothing() {
            self.extras.remove(&slot);
            if self.extras.is_empty() && self.extras.capacity() > 100 {
                self.extras = NearMap::default();
            }
        }
        result
    }

    fn entry(&self, slot: u32, key: &Identity) -> Entry {
        let hash = match key {
            Identity::Int(n) => near(self.hasher.hash_one(block(*n as u64)), *n as u64),
            Identity::Other(values) => self.hasher.hash_one(values) as u32,
        };
        Entry { slot, hash }
    }

    /// The object whose row has this key.
    pub(super) fn find(&self, key: &Identity) -> Option<u32> {
        let wanted = self.entry(0, key);
        let is_key = |entry: &Entry| {
            entry.hash == wanted.hash
                && row_key(self.table, &*self.objects, &self.extras, entry.slot).as_ref() == Some(key)
        };
        self.identity.find(wanted.spread(), is_key).map(|entry| entry.slot)
    }

    /// The key of an object's row.
    pub(super) fn row_key(&self, slot: u32) -> Option<Identity> {
        row_key(self.table, &*self.objects, &self.extras, slot)
    }

    /// Keeps an object's columns as the database has them, or takes the object as it is for that. The identity follows.
    pub(super) fn set_original(&mut self, slot: u32, columns: Option<Columns>) {
        let original = self.extra(slot).and_then(|extra| extra.original.as_ref());
        if original.is_none() && columns.is_none() {
            return;
        }
        let key = self.table.primary_key;
        let next = match (&columns, self.objects.get(slot as usize)) {
            (Some(columns), _) => Identity::read(key, |column| columns[usize::from(column)].clone()),
            (None, Some(object)) => Identity::read(key, |column| object.value(column)),
            (None, None) => None,
        };
        let moves = self.row_key(slot) != next && self.leave(slot);
        self.change_extra(slot, |extra| extra.original = columns);
        if moves && let Some(next) = next {
            self.enter(slot, &next);
        }
    }

    /// Enters an object under its row's key. Whoever had it has lost its row behind the session's back.
    pub(super) fn enter(&mut self, slot: u32, key: &Identity) {
        if let Some(other) = self.find(key) {
            self.leave(other);
        }
        self.enter_new(slot, key);
    }

    /// The same for a key that nobody has.
    pub(super) fn enter_new(&mut self, slot: u32, key: &Identity) {
        let entry = self.entry(slot, key);
        self.identity.insert_unique(entry.spread(), entry, |entry| entry.spread());
    }

    /// Takes an object out of the map of keys; gives whether it was in it. Its row's key must be what it was entered under.
    pub(super) fn leave(&mut self, slot: u32) -> bool {
        let Some(key) = self.row_key(slot) else { return false };
        let entry = self.entry(slot, &key);
        let found = self.identity.find_entry(entry.spread(), |other| other.slot == slot);
        found.map(|entry| entry.remove()).is_ok()
    }
}
