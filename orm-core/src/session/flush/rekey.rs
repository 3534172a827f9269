//! Keys that change: the row is found by its old key, and what references it follows.
//!
//! Where the foreign key says ON UPDATE CASCADE (or SET NULL), the database changes the children's rows, loaded or not, and
//! memory follows for those that are loaded. With `passive_updates = false` on the relationship the flush loads the
//! children and updates them itself. Otherwise the database decides whether the key may change.

use super::by_table;
use super::unique::unique_sets;
use crate::entity::{Action, Link, RelRef, TableDef};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::session::arena::{Id, Stage};
use crate::session::collections::CollectionKind;
use crate::types::Value;

impl Session {
    /// Whether the UPDATE of a row changes what other rows reference, so that memory has to follow it at once: such rows are
    /// updated one at a time, before others.
    pub(super) fn changes_key(&self, id: Id) -> bool {
        let table = self.table(id);
        unique_sets(table).any(|unique| self.differs(id, unique.columns))
            || self.awaited(id).iter().any(|(key, _)| {
                let columns = &self.links.keys[*key].columns;
                table.primary_key.iter().any(|column| columns.contains(column))
            })
    }

    /// # Errors
    /// For a key that was set back to what no row has.
    pub(super) fn check_key(&self, id: Id, column: u16, now: Option<&Value>) -> Result<()> {
        let table = self.table(id);
        let unset = now.is_none_or(|now| table.auto_key() == Some(column) && now.as_i64() == Some(0));
        if !unset {
            return Ok(());
        }
        Err(Error::Session(format!(
            "the key of {} was set back to {}: {} of a row that is there can be changed, but not be unset; to insert the \
             object anew, add a copy of it",
            self.describe(id),
            now.map_or_else(|| "unset".to_owned(), Value::to_string),
            self.column_name(id, column)
        )))
    }

    /// The columns of a row as they are before an UPDATE of these, if others may reference them.
    pub(super) fn before_rekey(&self, id: Id, changed: &[u16]) -> Option<Vec<Option<Value>>> {
        let referenced = |columns: &[u16]| columns.iter().any(|column| changed.contains(column));
        let table = self.table(id);
        // What is referenced is unique.
        if !unique_sets(table).any(|unique| referenced(unique.columns)) {
            return None;
        }
        let held = self.keys_onto(table).iter().any(|(_, key)| referenced(&key.target_columns()));
        (held || referenced(table.primary_key)).then(|| self.row_columns(id))
    }

    /// A row has been updated, and what others hold of it may be something else: they follow.
    pub(super) async fn was_rekeyed(&mut self, id: Id, before: &[Option<Value>], changed: &[u16]) -> Result<()> {
        self.enter_lookups(id);
        let followed = self.follow_update(id, before, changed)?;
        self.read_followed(&followed).await
    }

    /// Reads the versions of rows that the database has changed along, where triggers give them.
    pub(super) async fn read_followed(&mut self, rows: &[Id]) -> Result<()> {
        for (table, rows) in by_table(self, rows) {
            self.read_versions(table, &rows).await?;
        }
        Ok(())
    }

    /// Links the children of objects whose keys were changed to the new keys, where the flush has to update them.
    pub(super) async fn carry_keys(&mut self) -> Result<()> {
        let mut from = 0;
        while from < self.touched.len() {
            let fresh: Vec<Id> = self.touched[from..].to_vec();
            from = self.touched.len();
            for (table, rows) in by_table(self, &fresh) {
                for index in 0..table.relationships.len() as u16 {
                    let relationship = RelRef { table, index, reversed: false };
                    if !relationship.def().passive_updates {
                        self.carry_keys_along(relationship, &rows).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn carry_keys_along(&mut self, relationship: RelRef, rows: &[Id]) -> Result<()> {
        let resolved = relationship.resolve()?;
        let Link::Held { local, remote } = &resolved.link else { return Ok(()) };
        let changed = |id: &&Id| self.stage(**id) == Stage::Persistent && self.differs(**id, local);
        let owners: Vec<Id> = rows.iter().filter(changed).copied().collect();
        if owners.is_empty() || cascades(resolved.target, remote) {
            return Ok(());
        }
        let collection = self.collection_for(resolved)?;
        self.load_completely(relationship, collection, &owners).await?;
        let CollectionKind::Children(key) = collection else { return Ok(()) };
        for owner in owners {
            for child in self.members(collection, owner) {
                self.keep(child);
                self.link(key, child, Some(owner));
            }
        }
        Ok(())
    }
}

/// Whether the database changes these columns along with what they reference.
fn cascades(holder: &'static TableDef, columns: &[u16]) -> bool {
    holder.foreign_keys.iter().any(|key| key.columns == columns && key.on_update == Action::Cascade)
}
