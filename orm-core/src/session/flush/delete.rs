use super::order::Wave;
use super::shape::Shape;
use super::update::row_condition;
use crate::dialect;
use crate::entity::{Action, TableDef};
use crate::error::{Error, Result};
use crate::expr::{InSource, Node, Source};
use crate::model::{key_values, padded};
use crate::query::{DeleteTree, Tree, UpdateTree};
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::types::{Kind, Value};
use std::collections::HashSet;

const CHUNK: usize = 500;

impl Session {
    /// Deletes rows, wave by wave.
    pub(super) async fn delete_rows(&mut self, waves: Vec<Wave>) -> Result<()> {
        for wave in waves {
            for id in wave.deferred {
                self.unlink_row(id).await?;
            }
            let mut tables: Vec<&'static TableDef> = Vec::new();
            for id in &wave.rows {
                if !tables.contains(&self.table(*id)) {
                    tables.push(self.table(*id));
                }
            }
            for table in tables {
                let rows: Vec<Id> = wave.rows.iter().copied().filter(|id| self.table(*id) == table).collect();
                for rows in rows.chunks(CHUNK) {
                    self.delete_batch(table, rows).await?;
                }
            }
        }
        Ok(())
    }

    /// Sets the keys of a doomed row to NULL that other doomed rows wait for.
    async fn unlink_row(&mut self, id: Id) -> Result<()> {
        let table = self.table(id);
        let keys = table.foreign_keys.iter().flat_map(|key| key.columns);
        let set: Vec<(u16, Node)> = keys
            .filter(|column| table.column_def(**column).nullable)
            .map(|column| (*column, Node::Bind(Value::Null(Kind::I64))))
            .collect();
        let filter = row_condition(table, &self.row_key(id)?.0, None);
        let tree = UpdateTree { table, set, filter, returning: Vec::new() };
        let statement = dialect::compile(Tree::Update(&tree), self.engine.capabilities())?;
        self.send(statement).await.map(drop)
    }

    async fn delete_batch(&mut self, table: &'static TableDef, rows: &[Id]) -> Result<()> {
        let mut keys: Vec<(Vec<Value>, Option<(u16, Value)>)> = Vec::with_capacity(rows.len());
        for id in rows {
            keys.push(self.row_key(*id)?);
        }
        let keys = padded(&keys, CHUNK);
        let version = |(key, version): &(Vec<Value>, Option<(u16, Value)>)| {
            key.iter().cloned().chain(version.iter().map(|(_, value)| value.clone())).collect::<Vec<Value>>()
        };
        let binds = keys.iter().flat_map(version).collect();
        let shape = Shape::Delete(keys.len());
        let statement = self.shaped(table, shape, &[], CHUNK, binds, |capabilities| {
            let filter = match (table.version, table.primary_key) {
                (None, [column]) => Node::In {
                    operand: Box::new(Source::Table(table).column(*column)),
                    list: InSource::List(keys.iter().map(|(key, _)| Node::Bind(key[0].clone())).collect()),
                    negated: false,
                },
                _ => Node::or(
                    keys.iter().map(|(key, version)| Node::and(row_condition(table, key, version.as_ref()))).collect(),
                ),
            };
            let tree = DeleteTree { table, filter: vec![filter], returning: Vec::new() };
            dialect::compile(Tree::Delete(&tree), capabilities)
        })?;
        for id in rows {
            self.keep(*id);
        }
        let matched = self.send(statement).await?;
        let expected = rows.len() as u64;
        if table.version.is_some() && matched < expected {
            let keys: Vec<String> = rows.iter().map(|id| self.describe(*id)).collect();
            let keys = if rows.len() == 1 { keys.concat() } else { format!("one of {}", keys.join("; ")) };
            return Err(Error::StaleData { table: table.name.to_owned(), keys, expected, matched });
        }
        let mut keys: HashSet<Identity> = HashSet::new();
        for id in rows {
            let key = self.original_key(*id);
            keys.extend(key.clone().map(Identity::of));
            self.unidentify(*id, key);
            self.slot_mut(*id).stage = Stage::Deleted;
        }
        self.follow_database(table, &keys);
        Ok(())
    }

    /// Memory follows what ON DELETE did to loaded rows that no relationship's cascade named.
    fn follow_database(&mut self, table: &'static TableDef, keys: &HashSet<Identity>) {
        for store in 0..self.stores.len() as u32 {
            let child = self.stores[store as usize].table;
            for key in child.foreign_keys {
                if key.target() != table
                    || !matches!(key.on_delete, Action::Cascade | Action::SetNull)
                    || key.target_columns() != table.primary_key
                {
                    continue;
                }
                let mut deleted: HashSet<Identity> = HashSet::new();
                for slot in 0..self.stores[store as usize].slots.len() as u32 {
                    let id = Id { store, slot };
                    if self.stage(id) != Stage::Persistent {
                        continue;
                    }
                    let values = key.columns.iter().map(|column| self.original(id, *column)).collect();
                    if !key_values(values).is_some_and(|values| keys.contains(&Identity::of(values))) {
                        continue;
                    }
                    self.keep(id);
                    if key.on_delete == Action::Cascade {
                        let own = self.original_key(id);
                        deleted.extend(own.clone().map(Identity::of));
                        self.unidentify(id, own);
                        self.slot_mut(id).stage = Stage::Deleted;
                    } else {
                        for column in key.columns {
                            self.set_column(id, *column, &Value::Null(Kind::I64));
                            if let Some(original) = &mut self.slot_mut(id).original {
                                original[usize::from(*column)] = Some(Value::Null(Kind::I64));
                            }
                        }
                        self.reindex(id);
                    }
                }
                if !deleted.is_empty() {
                    self.follow_database(child, &deleted);
                }
            }
        }
    }

    /// # Errors
    /// When fewer link rows were deleted than there should have been.
    pub(super) fn check_links(table: &'static TableDef, expected: u64, matched: u64) -> Result<()> {
        if matched >= expected {
            return Ok(());
        }
        let keys = "a link row".to_owned();
        Err(Error::StaleData { table: table.name.to_owned(), keys, expected, matched })
    }
}
