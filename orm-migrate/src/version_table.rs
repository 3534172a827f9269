//! The table in which a database remembers its revisions.

use crate::error::Result;
use orm_core::dialect::{Capabilities, Compiled, ddl, quote};
use orm_core::reflect::Inspector;
use orm_core::schema::{Column, PrimaryKey, Schema, Table};
use orm_core::types::{DateTime, DecodeError, Dialect, Kind, Row, Type, Utc, Value, column};
use orm_core::{Connection, Error};

/// The name of the table in which a database remembers its revisions: one row for each that was applied, wholly or
/// half-way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionTable {
    /// Its name.
    pub name: String,
    /// Its schema, unless it is the connection's default one.
    pub schema: Option<String>,
}

impl Default for VersionTable {
    fn default() -> Self {
        VersionTable { name: "orm_revisions".to_owned(), schema: None }
    }
}

/// A revision as the database remembers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The revision's id.
    pub id: String,
    /// When it was begun.
    pub applied_at: DateTime<Utc>,
    /// How long it took.
    pub duration_ms: i64,
    /// The revision's checksum when it was applied.
    pub checksum: String,
    /// Whether it was being undone.
    pub undoing: bool,
    /// How many of its statements ran.
    pub done: usize,
    /// How many it had.
    pub total: usize,
    /// A hash of the statements that ran.
    pub progress: String,
    /// Why it stopped, when it did.
    pub error: Option<String>,
}

impl Applied {
    /// Whether all of it was applied.
    pub fn is_whole(&self) -> bool {
        !self.undoing && self.done == self.total
    }
}

const COLUMNS: [&str; 10] =
    ["id", "applied_at", "duration_ms", "checksum", "direction", "done", "total", "progress", "error", "tool"];

impl VersionTable {
    /// Whether this is the table.
    pub fn is(&self, table: &Table) -> bool {
        table.name == self.name && table.schema == self.schema
    }

    fn table(&self) -> Table {
        let text = |length| Type::Text { length };
        let types = [
            text(Some(64)),
            Type::Timestamp,
            Type::BigInt,
            text(Some(64)),
            text(Some(4)),
            Type::Integer,
            Type::Integer,
            text(Some(64)),
            text(None),
            text(Some(40)),
        ];
        let columns = COLUMNS.into_iter().zip(types).map(|(name, sql_type)| Column {
            name: name.to_owned(),
            sql_type,
            nullable: name == "error",
            default: None,
            auto_increment: false,
            comment: None,
        });
        Table {
            name: self.name.clone(),
            schema: self.schema.clone(),
            columns: columns.collect(),
            primary_key: Some(PrimaryKey { name: None, columns: vec!["id".to_owned()] }),
            ..Table::default()
        }
    }

    fn inspector<'c>(&self, connection: &'c mut Connection) -> Inspector<'c> {
        match &self.schema {
            Some(schema) => Inspector::new(connection).schema(schema),
            None => Inspector::new(connection),
        }
    }

    /// Creates it unless it is there. Call this under the lock.
    pub(crate) async fn create(&self, connection: &mut Connection) -> Result<()> {
        if self.inspector(connection).has_table(&self.name).await? {
            return Ok(());
        }
        let capabilities = *connection.capabilities();
        for statement in ddl::create_all(&Schema { tables: vec![self.table()] }, &capabilities)? {
            connection.batch(statement).await?;
        }
        Ok(())
    }

    /// What the database remembers; nothing where there is no such table. Creates nothing.
    pub(crate) async fn rows(&self, connection: &mut Connection) -> Result<Vec<Applied>> {
        if !self.inspector(connection).has_table(&self.name).await? {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT {} FROM {} ORDER BY applied_at, id",
            COLUMNS.join(", "),
            self.quoted(connection.capabilities())
        );
        let mut rows = Vec::new();
        let mut each = |row: &dyn Row| {
            let read = read(row).map_err(|reason| Error::Decode { column: format!("of {}", self.name), reason });
            rows.push(read?);
            Ok(())
        };
        connection.fetch(Compiled { text: sql, binds: Vec::new() }, &mut each).await?;
        Ok(rows)
    }

    fn quoted(&self, capabilities: &Capabilities) -> String {
        ddl::qualified_name(&self.table(), capabilities)
    }

    /// Writes a row, in place of one of the same id.
    pub(crate) async fn write(&self, connection: &mut Connection, row: &Applied) -> Result<()> {
        let capabilities = *connection.capabilities();
        let number = |n: usize| Value::I32(i32::try_from(n).unwrap_or(i32::MAX));
        let error = row.error.clone().map_or(Value::Null(Kind::Text), Value::Text);
        let values = vec![
            Value::Text(row.id.clone()),
            Value::Timestamp(row.applied_at),
            Value::I64(row.duration_ms),
            Value::Text(row.checksum.clone()),
            Value::Text(if row.undoing { "down" } else { "up" }.to_owned()),
            number(row.done),
            number(row.total),
            Value::Text(row.progress.clone()),
            error,
            Value::Text(concat!("orm-migrate ", env!("CARGO_PKG_VERSION")).to_owned()),
        ];
        let (table, dialect) = (self.quoted(&capabilities), capabilities.dialect);
        let sets: Vec<String> =
            COLUMNS.iter().enumerate().map(|(n, name)| format!("{name} = {}", bind(dialect, n + 1))).collect();
        let id = bind(dialect, COLUMNS.len() + 1);
        let text = format!("UPDATE {table} SET {} WHERE id = {id}", sets.join(", "));
        let mut binds = values.clone();
        binds.push(Value::Text(row.id.clone()));
        // MySQL and MariaDB count rows that matched, so a row that stays the same counts too.
        if connection.run(Compiled { text, binds }).await? == 0 {
            let places: Vec<String> = (1..=COLUMNS.len()).map(|n| bind(dialect, n)).collect();
            let text = format!("INSERT INTO {table} ({}) VALUES ({})", COLUMNS.join(", "), places.join(", "));
            connection.run(Compiled { text, binds: values }).await?;
        }
        Ok(())
    }

    /// Takes a row out.
    pub(crate) async fn forget(&self, connection: &mut Connection, id: &str) -> Result<()> {
        let capabilities = *connection.capabilities();
        let (table, place) = (self.quoted(&capabilities), bind(capabilities.dialect, 1));
        let text = format!("DELETE FROM {table} WHERE {} = {place}", quote("id", capabilities.dialect));
        connection.run(Compiled { text, binds: vec![Value::Text(id.to_owned())] }).await?;
        Ok(())
    }
}

fn read(row: &dyn Row) -> Result<Applied, DecodeError> {
    let count = |index| column::<i32>(row, index).map(|n| usize::try_from(n).unwrap_or(0));
    Ok(Applied {
        id: column(row, 0)?,
        applied_at: column(row, 1)?,
        duration_ms: column(row, 2)?,
        checksum: column(row, 3)?,
        undoing: column::<String>(row, 4)? == "down",
        done: count(5)?,
        total: count(6)?,
        progress: column(row, 7)?,
        error: column(row, 8)?,
    })
}

/// This moment, as precisely as databases keep it.
pub(crate) fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}

/// The place of the n-th bind.
fn bind(dialect: Dialect, n: usize) -> String {
    match dialect {
        Dialect::Postgres => format!("${n}"),
        _ => "?".to_owned(),
    }
}
