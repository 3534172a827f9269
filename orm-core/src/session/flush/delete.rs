use super::shape::{Shape, for_rows};
use super::update::row_condition;
use crate::dialect;
use crate::entity::TableDef;
use crate::error::Result;
use crate::model::padded;
use crate::query::{DeleteTree, Rows, Tree};
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::types::Value;

impl Session {
    /// Deletes rows of one table that no row references any more.
    pub(super) async fn delete_rows(&mut self, rows: &[Id]) -> Result<()> {
        let Some(table) = rows.first().map(|id| self.table(*id)) else { return Ok(()) };
        let find = table.primary_key.len() + usize::from(table.version.is_some());
        for rows in rows.chunks(self.engine.capabilities().rows_at_once(0, find)) {
            // The database may have deleted some of them along with others.
            let rows: Vec<Id> = rows.iter().copied().filter(|id| self.stage(*id) == Stage::Doomed).collect();
            if !rows.is_empty() {
                self.delete_batch(table, &rows).await?;
            }
        }
        Ok(())
    }

    async fn delete_batch(&mut self, table: &'static TableDef, rows: &[Id]) -> Result<()> {
        for id in rows {
            self.keep(*id);
        }
        match rows {
            [row] => self.delete_row(table, *row).await?,
            rows => self.delete_many(table, rows).await?,
        }
        let mut gone: Vec<(Identity, Option<Id>)> = Vec::with_capacity(rows.len());
        for id in rows {
            gone.extend(self.original_key(*id).map(|key| (Identity::of(key), Some(*id))));
            self.unidentify(*id);
            self.slot_mut(*id).stage = Stage::Deleted;
        }
        self.follow_database(table, gone)
    }

    async fn delete_row(&mut self, table: &'static TableDef, row: Id) -> Result<()> {
        let (key, version) = self.row_key(row)?;
        let binds = key.iter().chain(version.iter().map(|(_, value)| value)).cloned().collect();
        // A row without its version is another statement.
        let columns: Vec<u16> = version.iter().map(|(column, _)| *column).collect();
        let statement = self.shaped(table, Shape::Delete, &columns, 1, binds, |capabilities| {
            let filter = row_condition(table, &key, version.as_ref());
            dialect::compile(Tree::Delete(&DeleteTree { table, filter, returning: Vec::new() }), capabilities)
        })?;
        let matched = self.send(statement).await?;
        if version.is_some() && matched < 1 {
            return Err(self.stale(table, &[row], true, 1, matched));
        }
        Ok(())
    }

    async fn delete_many(&mut self, table: &'static TableDef, rows: &[Id]) -> Result<()> {
        let mut found: Vec<(Id, Vec<Value>)> = Vec::with_capacity(rows.len());
        let mut versioned = table.version.is_some();
        for id in rows {
            let (mut key, version) = self.row_key(*id)?;
            versioned &= version.is_some();
            key.extend(version.map(|(_, value)| value));
            found.push((*id, key));
        }
        let width = table.primary_key.len() + usize::from(versioned);
        let find: Vec<u16> = table.primary_key.iter().copied().chain(table.version).take(width).collect();
        found.iter_mut().for_each(|(_, row)| row.truncate(width));
        let values: Vec<Vec<Value>> = found.iter().map(|(_, row)| row.clone()).collect();
        let statement = self.delete_found(table, &find, values)?;
        if versioned { self.send_checked(statement, table, found).await } else { self.send(statement).await.map(drop) }
    }

    /// The DELETE of the rows that have these values.
    pub(super) fn delete_found(
        &self,
        table: &'static TableDef,
        find: &[u16],
        rows: Vec<Vec<Value>>,
    ) -> Result<crate::engine::Statement> {
        let capabilities = self.engine.capabilities();
        let full = capabilities.rows_at_once(0, find.len());
        let rows = if capabilities.arrays() { rows } else { padded(&rows, full) };
        let compiled =
            dialect::compile_delete_rows(Rows { table, find, key: find.len(), set: &[], rows: &rows }, capabilities)?;
        Ok(for_rows(compiled, capabilities, rows.len(), full))
    }
}
