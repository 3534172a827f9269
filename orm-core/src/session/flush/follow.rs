use crate::entity::{Action, TableDef};
use crate::error::Result;
use crate::model::key_values;
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::types::{Kind, Value};
use std::collections::HashSet;
use std::sync::Arc;

impl Session {
    /// Memory follows what ON DELETE did to loaded rows that no relationship's cascade named.
    pub(in crate::session) fn follow_database(
        &mut self,
        table: &'static TableDef,
        keys: HashSet<Identity>,
    ) -> Result<()> {
        let mut rest: Vec<(&'static TableDef, HashSet<Identity>)> = vec![(table, keys)];
        while let Some((table, keys)) = rest.pop() {
            for store in 0..self.stores.len() as u32 {
                let child = self.stores[store as usize].table;
                let mut deleted: HashSet<Identity> = HashSet::new();
                for key in child.foreign_keys {
                    let follows = matches!(key.on_delete, Action::Cascade | Action::SetNull);
                    if !follows || key.target() != table || key.target_columns() != table.primary_key {
                        continue;
                    }
                    for slot in 0..self.stores[store as usize].slots.len() as u32 {
                        let id = Id { store, slot };
                        if !matches!(self.stage(id), Stage::Persistent | Stage::Doomed) {
                            continue;
                        }
                        let values = key.columns.iter().map(|column| self.original(id, *column)).collect();
                        if !key_values(values).is_some_and(|values| keys.contains(&Identity::of(values))) {
                            continue;
                        }
                        if key.on_delete == Action::Cascade {
                            self.keep(id);
                            deleted.extend(self.original_key(id).map(Identity::of));
                            self.unidentify(id);
                            self.slot_mut(id).stage = Stage::Deleted;
                        } else if self.stage(id) == Stage::Persistent {
                            self.keep(id);
                            self.set_null(id, key.columns)?;
                        }
                    }
                }
                if !deleted.is_empty() {
                    rest.push((child, deleted));
                }
            }
        }
        Ok(())
    }

    fn set_null(&mut self, id: Id, columns: &[u16]) -> Result<()> {
        for column in columns {
            self.assign(id, *column, &Value::Null(Kind::I64))?;
            let now = self.object(id).value(*column);
            if let Some(original) = self.original_columns_mut(id) {
                Arc::make_mut(original)[usize::from(*column)] = now;
            }
        }
        self.reindex(id);
        Ok(())
    }
}
