//! Objects by the values that others reference them by, where the identity map does not have them: new objects by their
//! keys, and all by the columns of a unique constraint that a foreign key leads to.

use super::Links;
use crate::entity::TableDef;
use crate::model::key_values;
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::session::index::{Index, Place};
use crate::types::Value;

/// The objects of a store by these columns of their rows.
#[derive(Debug)]
pub(super) struct Lookup {
    columns: Vec<u16>,
    index: Index,
}

impl Links {
    fn lookups(&mut self, store: u32) -> &mut Vec<Lookup> {
        let store = store as usize;
        if store >= self.lookups.len() {
            self.lookups.resize_with(store + 1, Vec::new);
        }
        &mut self.lookups[store]
    }

    fn lookup(&self, store: u32, columns: &[u16]) -> Option<&Lookup> {
        self.lookups.get(store as usize)?.iter().find(|lookup| lookup.columns == columns)
    }
}

impl Session {
    /// Makes what finds objects by their foreign keys' targets: called when a table's store is made.
    pub(in crate::session) fn add_lookups(&mut self, table: &'static TableDef, store: u32) {
        self.add_lookup(store, table.primary_key.to_vec());
        for key in table.foreign_keys {
            let columns = key.target_columns();
            if columns != key.target().primary_key
                && let Ok(target) = self.store_for(key.target())
            {
                self.add_lookup(target, columns);
            }
        }
    }

    fn add_lookup(&mut self, store: u32, columns: Vec<u16>) {
        if self.links.lookup(store, &columns).is_some() {
            return;
        }
        self.links.lookups(store).push(Lookup { columns, index: Index::default() });
        for slot in 0..self.stores[store as usize].slots.len() as u32 {
            if self.stores[store as usize].slot(slot).stage != Stage::Free {
                self.enter_lookups(Id { store, slot });
            }
        }
    }

    /// Brings the look-ups up to date with an object.
    pub(in crate::session) fn enter_lookups(&mut self, id: Id) {
        let key = self.table(id).primary_key;
        for n in 0..self.links.lookups(id.store).len() {
            let columns = &self.links.lookups[id.store as usize][n].columns;
            let values = if columns == key {
                if self.stage(id) == Stage::Pending { self.object(id).primary_key() } else { None }
            } else {
                key_values(self.row_values(id, columns))
            };
            let place = values.map(Identity::of).map(Place::Key);
            self.links.lookups[id.store as usize][n].index.put(id.slot, place);
        }
    }

    /// Takes an object out of the look-ups.
    pub(super) fn leave_lookups(&mut self, id: Id) {
        self.links.lookups(id.store).iter_mut().for_each(|lookup| lookup.index.put(id.slot, None));
    }

    /// Columns as the object's row has them, or will have them: what others reference. A key that was changed counts from
    /// its UPDATE on.
    pub(in crate::session) fn row_values(&self, id: Id, columns: &[u16]) -> Vec<Option<Value>> {
        match self.stage(id) {
            Stage::Pending | Stage::Withdrawn | Stage::Free => self.object(id).values(columns),
            Stage::Persistent | Stage::Doomed | Stage::Deleted => {
                columns.iter().map(|column| self.original(id, *column)).collect()
            }
        }
    }

    /// The object whose row has these values in these columns: one with a row, or one that was added with its key.
    pub(super) fn find_by(&self, store: u32, columns: &[u16], values: Vec<Value>) -> Option<Id> {
        let is_key = columns == self.stores[store as usize].table.primary_key;
        let wanted: Vec<Option<Value>> = values.iter().cloned().map(Some).collect();
        let identity = Identity::of(values);
        if is_key && let Some(found) = self.find(store, &identity) {
            return Some(found);
        }
        let lookup = self.links.lookup(store, columns)?;
        let place = Place::Key(identity);
        let entered = lookup.index.at(&place).map(|slot| Id { store, slot });
        // New objects may have been changed by hand since they were entered.
        let unsynced = self.unsynced.iter().copied().filter(|id| id.store == store);
        entered.chain(unsynced).find(|id| {
            let stage = self.stage(*id);
            let counts = if is_key { stage == Stage::Pending } else { self.is_live(*id) || stage == Stage::Doomed };
            counts && self.row_values(*id, columns) == wanted
        })
    }
}
