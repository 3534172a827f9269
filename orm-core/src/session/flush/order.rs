use crate::entity::TableDef;
use crate::error::{Error, Result};
use crate::model::key_values;
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::session::links::KeyId;
use std::collections::{HashMap, HashSet};

/// Rows that can be written at once, and those of them that get a link by a later UPDATE.
#[derive(Debug, Default)]
pub(super) struct Wave {
    pub(super) rows: Vec<Id>,
    pub(super) deferred: Vec<Id>,
}

/// Tables in the order of their foreign keys, parents first: each alone, and those that form a cycle (with what depends on
/// them) together at the end. Kahn's algorithm (A. B. Kahn, 1962), taking the first free table in the given order.
fn order_tables(tables: &[&'static TableDef]) -> Vec<Vec<&'static TableDef>> {
    let mut rest: Vec<&'static TableDef> = tables.to_vec();
    let mut groups = Vec::new();
    while !rest.is_empty() {
        let free = rest.iter().position(|table| {
            table.foreign_keys.iter().all(|key| key.target() == *table || !rest.contains(&key.target()))
        });
        match free {
            Some(n) => groups.push(vec![rest.remove(n)]),
            None => groups.push(std::mem::take(&mut rest)),
        }
    }
    groups
}

fn refers_to_itself(group: &[&'static TableDef]) -> bool {
    group.len() > 1 || group[0].foreign_keys.iter().any(|key| key.target() == group[0])
}

impl Session {
    fn tables_of(&self, ids: &[Id]) -> Vec<&'static TableDef> {
        let mut tables: Vec<&'static TableDef> = Vec::new();
        for id in ids {
            if !tables.contains(&self.table(*id)) {
                tables.push(self.table(*id));
            }
        }
        tables
    }

    /// New rows, in waves: each needs only rows of waves before it.
    ///
    /// # Errors
    /// [`Error::CircularDependency`]; [`Error::Session`] for a row that is linked to an object that will not be written.
    pub(super) fn order_inserts(&self, new: &[Id]) -> Result<Vec<Wave>> {
        for child in new {
            for (_, parent) in self.awaited(*child) {
                if !matches!(self.stage(parent), Stage::Pending | Stage::Persistent) {
                    return Err(Error::Session(format!(
                        "{} is linked to {}, which was taken out of the session or deleted; link it to another object, or \
                         delete it too",
                        self.describe(*child),
                        self.describe(parent)
                    )));
                }
            }
        }
        let mut waves = Vec::new();
        for group in order_tables(&self.tables_of(new)) {
            let rows: Vec<Id> = new.iter().copied().filter(|id| group.contains(&self.table(*id))).collect();
            if refers_to_itself(&group) {
                self.order_rows(rows, &mut waves)?;
            } else {
                waves.push(Wave { rows, deferred: Vec::new() });
            }
        }
        Ok(waves)
    }

    /// The new rows of this list that a row needs: the links that wait for a key, with the key's number, and keys set by
    /// hand.
    fn needs(&self, row: Id, rows: &HashSet<Id>, by_key: &HashMap<(u32, Identity), Id>) -> Vec<(Option<KeyId>, Id)> {
        let mut needs: Vec<(Option<KeyId>, Id)> = Vec::new();
        for (key, parent) in self.awaited(row) {
            if rows.contains(&parent) {
                needs.push((Some(key), parent));
            }
        }
        for key in self.table(row).foreign_keys {
            let Some(store) = self.known_store(key.target()) else { continue };
            if let Some(values) = key_values(self.object(row).values(key.columns))
                && let Some(parent) = by_key.get(&(store, Identity::of(values)))
                && *parent != row
                && key.target_columns() == key.target().primary_key
            {
                needs.push((None, *parent));
            }
        }
        needs
    }

    fn order_rows(&self, rows: Vec<Id>, waves: &mut Vec<Wave>) -> Result<()> {
        let set: HashSet<Id> = rows.iter().copied().collect();
        let by_key: HashMap<(u32, Identity), Id> = rows
            .iter()
            .filter_map(|id| Some(((id.store, Identity::of(self.object(*id).primary_key()?)), *id)))
            .collect();
        let mut waiting: Vec<(Id, Vec<(Option<KeyId>, Id)>)> =
            rows.into_iter().map(|row| (row, self.needs(row, &set, &by_key))).collect();
        let mut deferred: HashSet<Id> = HashSet::new();
        while !waiting.is_empty() {
            let (ready, mut rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, needs)| needs.is_empty());
            if ready.is_empty() {
                // A cycle: a link over a key that may be NULL is written by an UPDATE afterwards.
                let nullable = |row: Id, key: KeyId| {
                    let table = self.table(row);
                    self.links.keys[key].columns.iter().all(|column| table.column_def(*column).nullable)
                };
                let found = rest.iter_mut().find_map(|(row, needs)| {
                    let n = needs.iter().position(|(key, _)| key.is_some_and(|key| nullable(*row, key)))?;
                    needs.remove(n);
                    Some(*row)
                });
                match found {
                    Some(row) => {
                        deferred.insert(row);
                    }
                    None => {
                        let links = rest.iter().flat_map(|(row, needs)| {
                            needs
                                .iter()
                                .map(|(_, parent)| format!("{} → {}", self.describe(*row), self.describe(*parent)))
                        });
                        return Err(Error::CircularDependency { links: links.collect::<Vec<_>>().join(", ") });
                    }
                }
            } else {
                let rows: Vec<Id> = ready.into_iter().map(|(row, _)| row).collect();
                let done: HashSet<Id> = rows.iter().copied().collect();
                rest.iter_mut().for_each(|(_, needs)| needs.retain(|(_, parent)| !done.contains(parent)));
                let late = rows.iter().copied().filter(|row| deferred.contains(row)).collect();
                waves.push(Wave { rows, deferred: late });
            }
            waiting = rest;
        }
        Ok(())
    }

    /// Doomed rows, in waves: children before their parents.
    ///
    /// # Errors
    /// [`Error::CircularDependency`] for rows that reference each other over keys that can't be NULL.
    pub(super) fn order_deletes(&self, doomed: &[Id]) -> Result<Vec<Wave>> {
        let mut waves = Vec::new();
        for group in order_tables(&self.tables_of(doomed)).into_iter().rev() {
            let rows: Vec<Id> = doomed.iter().copied().filter(|id| group.contains(&self.table(*id))).collect();
            if !refers_to_itself(&group) {
                waves.push(Wave { rows, deferred: Vec::new() });
                continue;
            }
            let by_key: HashMap<(u32, Identity), Id> =
                rows.iter().filter_map(|id| Some(((id.store, Identity::of(self.original_key(*id)?)), *id))).collect();
            // Who references whom, by the rows as they are in the database.
            let mut references: HashMap<Id, Vec<Id>> = HashMap::new();
            for row in &rows {
                for key in self.table(*row).foreign_keys {
                    let values = key.columns.iter().map(|column| self.original(*row, *column)).collect();
                    let Some(store) = self.known_store(key.target()) else { continue };
                    if let Some(values) = key_values(values)
                        && let Some(parent) = by_key.get(&(store, Identity::of(values)))
                        && parent != row
                    {
                        references.entry(*row).or_default().push(*parent);
                    }
                }
            }
            let mut rest = rows;
            let mut unlinked: HashSet<Id> = HashSet::new();
            while !rest.is_empty() {
                let referenced: HashSet<Id> = rest
                    .iter()
                    .filter(|row| !unlinked.contains(row))
                    .flat_map(|row| references.get(row).into_iter().flatten().copied())
                    .collect();
                let (wave, later): (Vec<Id>, Vec<Id>) = rest.iter().partition(|row| !referenced.contains(row));
                if wave.is_empty() {
                    let nullable = |row: &Id| {
                        let table = self.table(*row);
                        let inside = |key: &&crate::entity::ForeignKeyDef| group.contains(&key.target());
                        table
                            .foreign_keys
                            .iter()
                            .filter(inside)
                            .all(|key| key.columns.iter().all(|column| table.column_def(*column).nullable))
                    };
                    match rest.iter().find(|row| !unlinked.contains(row) && nullable(row)) {
                        Some(row) => {
                            unlinked.insert(*row);
                        }
                        None => {
                            let names: Vec<String> = rest.iter().map(|row| self.describe(*row)).collect();
                            return Err(Error::CircularDependency { links: names.join(", ") });
                        }
                    }
                    continue;
                }
                waves.push(Wave { rows: wave, deferred: Vec::new() });
                rest = later;
            }
            if !unlinked.is_empty() {
                // Their keys are set to NULL before anything is deleted.
                waves.insert(0, Wave { rows: Vec::new(), deferred: unlinked.into_iter().collect() });
            }
        }
        Ok(waves)
    }

    /// The key of the row in the database.
    pub(super) fn original_key(&self, id: Id) -> Option<Vec<crate::types::Value>> {
        key_values(self.table(id).primary_key.iter().map(|column| self.original(id, *column)).collect())
    }
}
