//! Versions that the database gives: a version column that is an `Auto`.

use crate::engine::Statement;
use crate::entity::TableDef;
use crate::error::{Error, Result};
use crate::expr::Source;
use crate::query::Item;
use crate::session::Session;
use crate::session::arena::Id;

impl Session {
    /// Whether RETURNING of an UPDATE tells the row's new version, where the database gives it.
    pub(super) fn version_returned(&self, table: &'static TableDef) -> Option<u16> {
        let capabilities = self.engine.capabilities();
        let tells = capabilities.update_returning() && capabilities.returning_after_triggers();
        table.server_version().filter(|_| tells)
    }

    /// The columns that an UPDATE returns: those that got expressions, and the version, as far as RETURNING tells them.
    pub(super) fn returned_by_update(&self, table: &'static TableDef, computed: &[u16]) -> Vec<u16> {
        let computed = if self.engine.capabilities().update_returning() { computed } else { &[] };
        computed.iter().copied().chain(self.version_returned(table)).collect()
    }

    /// Sends the UPDATE of one row, and reads the columns that it returns. Gives the number of rows that were matched.
    pub(super) async fn send_update(&mut self, statement: Statement, id: Id, returned: &[u16]) -> Result<u64> {
        if returned.is_empty() {
            return self.send(statement).await;
        }
        let mut matched = 0;
        self.read(statement, &mut |this, row| {
            for (n, column) in returned.iter().enumerate() {
                let read = this.object_mut(id).read(*column, row, n);
                read.map_err(|reason| Error::Decode { column: this.column_name(id, *column), reason })?;
            }
            matched += 1;
            Ok(())
        })
        .await?;
        Ok(matched)
    }

    /// Reads the version that the database gave a row with its UPDATE, where RETURNING has not told it.
    pub(super) async fn version_after_update(&mut self, id: Id) -> Result<()> {
        let table = self.table(id);
        match table.server_version() {
            Some(_) if self.version_returned(table).is_none() => self.read_versions(table, &[id]).await,
            _ => Ok(()),
        }
    }

    /// Reads the versions of rows that the database has given new ones, where it does.
    pub(super) async fn read_versions(&mut self, table: &'static TableDef, rows: &[Id]) -> Result<()> {
        let Some(version) = table.server_version() else { return Ok(()) };
        self.read_back(table, rows, &[version]).await?;
        for id in rows {
            if self.original_columns(*id).is_some()
                && let Some(value) = self.object(*id).value(version)
            {
                self.set_row(*id, &[(version, value)]);
            }
        }
        Ok(())
    }
}

/// RETURNING of these columns.
pub(super) fn returned_items(table: &'static TableDef, columns: &[u16]) -> Vec<Item> {
    columns.iter().map(|column| Item::Expr { node: Source::Table(table).column(*column), nullable: true }).collect()
}
