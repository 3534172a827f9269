//! What changes in memory, each object kept before for a failure and for a rollback.

use super::hits::{CHUNK, among, read_key};
use crate::dialect;
use crate::entity::TableDef;
use crate::error::Result;
use crate::expr::Source;
use crate::query::{Item, SelectTree, Tree};
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::types::{Row, Value};
use std::collections::HashSet;

impl Session {
    /// Sets columns to what the database has now.
    pub(super) fn renew_values(&mut self, id: Id, values: &[(u16, Value)]) -> Result<()> {
        self.keep(id);
        for (column, value) in values {
            self.renew(id, *column, |object| object.set(*column, value))?;
        }
        self.reindex(id);
        Ok(())
    }

    /// Reads columns from position `at` of a row on.
    pub(super) fn renew_row(&mut self, id: Id, columns: &[u16], row: &dyn Row, at: usize) -> Result<()> {
        self.keep(id);
        for (n, column) in columns.iter().enumerate() {
            self.renew(id, *column, |object| object.read(*column, row, at + n))?;
        }
        self.reindex(id);
        Ok(())
    }

    /// Reads columns of these objects of one table anew; gives those that have a row.
    ///
    /// SQL: `SELECT id, … FROM users WHERE id IN (…)`, for each 500 objects.
    pub(super) async fn reread(&mut self, ids: &[Id], columns: &[u16]) -> Result<HashSet<Id>> {
        let mut found = HashSet::new();
        let Some(first) = ids.first() else { return Ok(found) };
        let (store, table) = (first.store, self.table(*first));
        let source = Source::Table(table);
        for ids in ids.chunks(CHUNK) {
            let keys: Vec<Vec<Value>> = ids.iter().filter_map(|id| self.original_key(*id)).collect();
            let Some(sample) = keys.first() else { continue };
            let read = table.primary_key.iter().chain(columns);
            let tree = SelectTree {
                items: read.map(|column| Item::Expr { node: source.column(*column), nullable: true }).collect(),
                filter: vec![among(table, &keys)],
                ..SelectTree::default()
            };
            let statement = dialect::compile(Tree::Select(&tree), self.engine.capabilities())?;
            self.fetch_rows(vec![statement], true, &mut |session, row| {
                if let Some(id) = session.find(store, &read_key(table, sample, row, 0)?) {
                    found.insert(id);
                    if !columns.is_empty() {
                        session.renew_row(id, columns, row, sample.len())?;
                    }
                }
                Ok(())
            })
            .await?;
        }
        Ok(found)
    }

    /// The rows of these objects are deleted, and what the database deletes or unlinks with them.
    pub(super) fn rows_deleted(&mut self, table: &'static TableDef, ids: &[Id]) -> Result<()> {
        let mut gone: Vec<(Identity, Option<Id>)> = Vec::with_capacity(ids.len());
        for id in ids {
            if !matches!(self.stage(*id), Stage::Persistent | Stage::Doomed) {
                continue;
            }
            self.keep(*id);
            gone.extend(self.original_key(*id).map(|key| (Identity::of(key), Some(*id))));
            self.unidentify(*id);
            self.slot_mut(*id).stage = Stage::Deleted;
            // Its links went before it, or with it.
            for table in 0..self.pairs.tables.len() {
                for ends in self.pairs_of(table, *id) {
                    self.settle_pair(table, ends, false);
                }
            }
        }
        self.follow_database(table, gone)
    }
}
