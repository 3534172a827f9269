//! Versions that the database gives: a version column that is an `Auto`.

use crate::engine::Statement;
use crate::entity::TableDef;
use crate::error::{Error, Result};
use crate::expr::Source;
use crate::query::Item;
use crate::session::Session;
use crate::session::arena::Id;

impl Session {
    /// What an UPDATE returns, where the database gives the row's new version and RETURNING has it.
    pub(super) fn version_returned(&self, table: &'static TableDef) -> Vec<Item> {
        let capabilities = self.engine.capabilities();
        match table.server_version() {
            Some(version) if capabilities.update_returning() && capabilities.returning_after_triggers() => {
                vec![Item::Expr { node: Source::Table(table).column(version), nullable: true }]
            }
            _ => Vec::new(),
        }
    }

    /// Sends the UPDATE of one row, with what [`Session::version_returned`] says as its RETURNING; where the database gives
    /// the row's version, reads the new one. Gives the number of rows that were matched.
    pub(super) async fn send_update(&mut self, statement: Statement, id: Id) -> Result<u64> {
        let table = self.table(id);
        let Some(version) = table.server_version() else { return self.send(statement).await };
        let mut matched = 0;
        if self.version_returned(table).is_empty() {
            matched = self.send(statement).await?;
        } else {
            self.read(statement, &mut |this, row| {
                let read = this.object_mut(id).read(version, row, 0);
                read.map_err(|reason| Error::Decode { column: this.column_name(id, version), reason })?;
                matched += 1;
                Ok(())
            })
            .await?;
        }
        Ok(matched)
    }

    /// Reads the version that the database gave a row with its UPDATE, where RETURNING has not told it.
    pub(super) async fn version_after_update(&mut self, id: Id) -> Result<()> {
        let table = self.table(id);
        match table.server_version() {
            Some(_) if self.version_returned(table).is_empty() => self.read_versions(table, &[id]).await,
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
