//! Memory follows what the database's own rules do to loaded rows: ON DELETE and ON UPDATE.

use crate::entity::{Action, ForeignKeyDef, TableDef};
use crate::error::Result;
use crate::model::key_values;
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::session::index::Place;
use crate::session::links::KeyId;
use crate::types::{Kind, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// Children whose link leads elsewhere than their row does, by where the row leads. The links' index has them by the link.
pub(super) type Displaced = HashMap<KeyId, HashMap<Identity, Vec<Id>>>;

impl Session {
    /// The foreign keys of loaded models that lead to a table, each with the store of those that hold it.
    pub(super) fn keys_onto(&self, table: &'static TableDef) -> Vec<(u32, &'static ForeignKeyDef)> {
        let of = |(store, child): (u32, &'static TableDef)| {
            child.foreign_keys.iter().filter(|key| key.target() == table).map(move |key| (store, key))
        };
        (0..).zip(self.stores.iter().map(|store| store.table)).flat_map(of).collect()
    }

    /// The loaded rows that hold these values in a foreign key, as the database has them.
    fn holders(
        &mut self,
        store: u32,
        key: &'static ForeignKeyDef,
        values: Vec<Value>,
        parent: Option<Id>,
    ) -> Result<Vec<Id>> {
        if self.stores[store as usize].len() == 0 {
            return Ok(Vec::new());
        }
        let target = self.store_for(key.target())?;
        let number = self.key_between(store, key.columns, target, &key.target_columns());
        let wanted: Vec<Option<Value>> = values.iter().cloned().map(Some).collect();
        let identity = Identity::of(values);
        let mut found = self.displaced(number, store, &identity);
        for place in std::iter::once(Place::Key(identity)).chain(parent.map(Place::Object)) {
            found.extend(self.links.keys[number].children_at(&place).map(|slot| Id { store, slot }));
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|id| {
            matches!(self.stage(*id), Stage::Persistent | Stage::Doomed) && self.row_values(*id, key.columns) == wanted
        });
        Ok(found)
    }

    /// Touched rows that lead there, and whose link leads elsewhere. Found once per flush and key.
    fn displaced(&mut self, number: KeyId, store: u32, at: &Identity) -> Vec<Id> {
        if let Some(known) = self.flushing.as_ref().and_then(|journal| journal.displaced.get(&number)) {
            return known.get(at).cloned().unwrap_or_default();
        }
        let mut all: HashMap<Identity, Vec<Id>> = HashMap::new();
        for id in self.touched.iter().filter(|id| id.store == store) {
            if let Some(row) = self.displaced_row(number, *id) {
                all.entry(row).or_default().push(*id);
            }
        }
        let found = all.get(at).cloned().unwrap_or_default();
        if let Some(journal) = &mut self.flushing {
            journal.displaced.insert(number, all);
        }
        found
    }

    /// Where an object's row leads over a key, if its link leads elsewhere.
    fn displaced_row(&self, number: KeyId, id: Id) -> Option<Identity> {
        if !matches!(self.stage(id), Stage::Persistent | Stage::Doomed) {
            return None;
        }
        let row = Identity::of(key_values(self.row_values(id, &self.links.keys[number].columns))?);
        (self.place_of(number, id) != Some(Place::Key(row.clone()))).then_some(row)
    }

    /// Memory follows what ON DELETE did to loaded rows that no relationship's cascade named. `gone` are the keys of deleted
    /// rows of one table, with their objects where there are any.
    pub(in crate::session) fn follow_database(
        &mut self,
        table: &'static TableDef,
        gone: Vec<(Identity, Option<Id>)>,
    ) -> Result<()> {
        let mut rest = vec![(table, gone)];
        while let Some((table, gone)) = rest.pop() {
            for (store, key) in self.keys_onto(table) {
                if matches!(key.on_delete, Action::NoAction | Action::Restrict) {
                    continue;
                }
                let columns = key.target_columns();
                let mut deleted: Vec<(Identity, Option<Id>)> = Vec::new();
                for (identity, row) in &gone {
                    let values = match row {
                        _ if columns == table.primary_key => Some(identity.values()),
                        Some(row) => key_values(self.row_values(*row, &columns)),
                        None => None,
                    };
                    let Some(values) = values else { continue };
                    for id in self.holders(store, key, values, *row)? {
                        self.keep(id);
                        match key.on_delete {
                            Action::Cascade => {
                                let own = self.original_key(id);
                                deleted.extend(own.map(|own| (Identity::of(own), Some(id))));
                                self.unidentify(id);
                                self.slot_mut(id).stage = Stage::Deleted;
                            }
                            Action::SetNull => self.row_follows(id, key, *row, None)?,
                            _ => self.slot_mut(id).stale = true,
                        }
                    }
                }
                if !deleted.is_empty() {
                    rest.push((self.stores[store as usize].table, deleted));
                }
            }
        }
        Ok(())
    }

    /// Memory follows what ON UPDATE did to loaded rows: `parent` has its new columns already, `before` are its old ones.
    /// Gives the rows that the database changed.
    pub(super) fn follow_update(&mut self, parent: Id, before: &[Option<Value>], changed: &[u16]) -> Result<Vec<Id>> {
        let mut followed: Vec<Id> = Vec::new();
        let mut rest: Vec<(Id, Vec<Option<Value>>, Vec<u16>)> = vec![(parent, before.to_vec(), changed.to_vec())];
        while let Some((parent, before, changed)) = rest.pop() {
            for (store, key) in self.keys_onto(self.table(parent)) {
                let columns = key.target_columns();
                if matches!(key.on_update, Action::NoAction | Action::Restrict)
                    || !columns.iter().any(|column| changed.contains(column))
                {
                    continue;
                }
                let old = columns.iter().map(|column| before[usize::from(*column)].clone()).collect();
                let Some(old) = key_values(old) else { continue };
                let new = key_values(self.row_values(parent, &columns));
                for child in self.holders(store, key, old, Some(parent))? {
                    self.keep(child);
                    let own = self.row_columns(child);
                    match key.on_update {
                        Action::Cascade => self.row_follows(child, key, Some(parent), new.as_deref())?,
                        Action::SetNull => self.row_follows(child, key, Some(parent), None)?,
                        _ => self.slot_mut(child).stale = true,
                    }
                    followed.push(child);
                    rest.push((child, own, key.columns.to_vec()));
                }
            }
        }
        Ok(followed)
    }

    /// All columns of an object's row.
    pub(super) fn row_columns(&self, id: Id) -> Vec<Option<Value>> {
        (0..self.table(id).columns.len() as u16).map(|column| self.original(id, column)).collect()
    }

    /// The database has changed a row's foreign key, to these values or to NULL. The object follows where the program has not
    /// changed it, or linked it anew.
    fn row_follows(
        &mut self,
        child: Id,
        key: &'static ForeignKeyDef,
        parent: Option<Id>,
        values: Option<&[Value]>,
    ) -> Result<()> {
        let target = self.store_for(key.target())?;
        let number = self.key_between(child.store, key.columns, target, &key.target_columns());
        let linked = self.links.keys[number].link_made(child.slot);
        let linked_anew = linked.is_some_and(|target| values.is_none() || target != parent);
        let table = self.table(child);
        let nullable = |column: &&u16| table.column_def(**column).nullable;
        let set: Vec<(u16, Value)> = match values {
            Some(values) => key.columns.iter().copied().zip(values.iter().cloned()).collect(),
            None => key.columns.iter().filter(nullable).map(|column| (*column, Value::Null(Kind::I64))).collect(),
        };
        let own = |column: u16| linked_anew || self.object(child).value(column) != self.original(child, column);
        let follows: Vec<bool> = set.iter().map(|(column, _)| !own(*column)).collect();
        self.set_row(child, &set);
        for ((column, value), follows) in set.iter().zip(&follows) {
            if *follows {
                self.set_column(child, *column, value)?;
            }
        }
        if !self.slot(child).touched {
            self.set_original(child, None);
        }
        self.reindex(child);
        if let Some(row) = self.displaced_row(number, child)
            && let Some(known) = self.flushing.as_mut().and_then(|journal| journal.displaced.get_mut(&number))
        {
            known.entry(row).or_default().push(child);
        }
        Ok(())
    }

    /// Notes what columns of an object's row are now; the object itself stays as it is.
    pub(super) fn set_row(&mut self, id: Id, values: &[(u16, Value)]) {
        let mut columns = match self.original_columns(id) {
            Some(columns) => columns.clone(),
            None => self.columns(id),
        };
        let row = Arc::make_mut(&mut columns);
        for (column, value) in values {
            row[usize::from(*column)] = Some(value.clone());
        }
        self.set_original(id, Some(columns));
        self.enter_lookups(id);
    }
}
