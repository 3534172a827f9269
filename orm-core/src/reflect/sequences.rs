//! Sequences after rows that brought their own keys.

use super::rows::{query, text};
use crate::engine::Engine;
use crate::error::Result;
use crate::schema::{MetaData, Table};
use crate::types::Dialect;

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// After rows were copied.
impl MetaData {
    /// Advances the sequences of database-assigned keys past the greatest key of each table, so that rows which were
    /// inserted with keys of their own do not meet the next ones. A sequence is never set back.
    ///
    /// PostgreSQL: `SELECT setval(…, greatest(nextval(…), max(id) + 1), false)` for each such table. The other databases
    /// advance by themselves; nothing is sent.
    ///
    /// # Errors
    /// [`Error::Mapping`](crate::Error::Mapping) for wrong models, or the database's.
    pub async fn advance_sequences(&self, engine: &Engine) -> Result<()> {
        if engine.dialect() != Dialect::Postgres {
            return Ok(());
        }
        let schema = self.schema()?;
        let mut connection = engine.acquire().await?;
        for table in &schema.tables {
            for column in table.columns.iter().filter(|column| column.auto_increment) {
                let binds = vec![text(Some(&full_name(table))), text(Some(&column.name))];
                query(&mut connection, &advance(table, &column.name), binds, |_| Ok(())).await?;
            }
        }
        Ok(())
    }
}

fn full_name(table: &Table) -> String {
    match &table.schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(&table.name)),
        None => quoted(&table.name),
    }
}

fn advance(table: &Table, column: &str) -> String {
    format!(
        "SELECT setval(s.name, greatest(nextval(s.name), (SELECT coalesce(max({}), 0) + 1 FROM {})), false) \
         FROM (SELECT pg_get_serial_sequence($1::text, $2::text)::regclass AS name) s WHERE s.name IS NOT NULL",
        quoted(column),
        full_name(table)
    )
}
