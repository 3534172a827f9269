use super::by_table;
use super::shape::Shape;
use super::update::row_condition;
use crate::dialect;
use crate::entity::TableDef;
use crate::error::{Error, Result};
use crate::expr::{InSource, Node, Source};
use crate::model::padded;
use crate::query::{DeleteTree, Tree, UpdateTree};
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::types::{Kind, Value};
use std::collections::HashSet;

const CHUNK: usize = 500;

impl Session {
    /// Deletes rows that no row references any more.
    pub(super) async fn delete_rows(&mut self, rows: &[Id]) -> Result<()> {
        for (table, rows) in by_table(self, rows) {
            for rows in rows.chunks(CHUNK) {
                // The database may have deleted some of them along with others.
                let rows: Vec<Id> = rows.iter().copied().filter(|id| self.stage(*id) == Stage::Doomed).collect();
                if !rows.is_empty() {
                    self.delete_batch(table, &rows).await?;
                }
            }
        }
        Ok(())
    }

    /// Sets the key of a doomed row to NULL that another doomed row waits for.
    pub(super) async fn unlink_row(&mut self, id: Id, columns: &[u16]) -> Result<()> {
        let table = self.table(id);
        let null = |column: &u16| {
            let kind = self.original(id, *column).and_then(|value| value.kind()).unwrap_or(Kind::I64);
            (*column, Node::Bind(Value::Null(kind)))
        };
        let set = columns.iter().map(null).collect();
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
            rows.iter().for_each(|id| self.was_read(*id));
            let keys: Vec<String> = rows.iter().map(|id| self.describe(*id)).collect();
            let keys = if rows.len() == 1 { keys.concat() } else { format!("one of {}", keys.join("; ")) };
            return Err(Error::StaleData { table: table.name.to_owned(), keys, expected, matched });
        }
        let mut keys: HashSet<Identity> = HashSet::new();
        for id in rows {
            keys.extend(self.original_key(*id).map(Identity::of));
            self.unidentify(*id);
            self.slot_mut(*id).stage = Stage::Deleted;
        }
        self.follow_database(table, keys)
    }
}
