//! The tables of metadata, made and dropped.

use super::Inspector;
use super::rows::{query, text};
use crate::dialect::{Capabilities, ddl};
use crate::engine::{BeginMode, Connection, Engine};
use crate::error::{Error, Result};
use crate::schema::{MetaData, Schema, Table};
use crate::types::{Dialect, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Making and dropping tables.
impl MetaData {
    /// Creates all tables, with the enum types, indexes and comments that belong to them: a table after those that it
    /// references, the keys of cycles at the end by ALTER TABLE.
    ///
    /// All or nothing on PostgreSQL and SQLite, whose definitions are part of a transaction; on MySQL and MariaDB what was
    /// created before a failure stays.
    ///
    /// # Errors
    /// [`Error::TableExists`] when a table is there already, before anything is sent; [`Error::Mapping`] for wrong models,
    /// [`Error::Unsupported`] for what the database lacks, or the database's.
    pub async fn create_all(&self, engine: &Engine) -> Result<()> {
        let schema = self.schema()?;
        let mut connection = engine.acquire().await?;
        let live = names(&mut connection, &schema).await?;
        let tables: Vec<String> = schema.tables.iter().filter(|table| live.contains(&id(table))).map(title).collect();
        if !tables.is_empty() {
            return Err(Error::TableExists { tables });
        }
        create(&mut connection, schema).await
    }

    /// Creates the tables that are not there yet, and gives their names. A table that is there stays as it is, even where
    /// it differs from its model: that is a migration's work.
    ///
    /// # Errors
    /// As [`create_all`](Self::create_all), without [`Error::TableExists`].
    pub async fn create_missing(&self, engine: &Engine) -> Result<Vec<String>> {
        let mut schema = self.schema()?;
        let mut connection = engine.acquire().await?;
        let live = names(&mut connection, &schema).await?;
        schema.tables.retain(|table| !live.contains(&id(table)));
        let created = schema.tables.iter().map(title).collect();
        create(&mut connection, schema).await?;
        Ok(created)
    }

    /// Drops those of the tables that are there, with their rows: a table before those that it references, the keys of
    /// cycles first by ALTER TABLE; then the enum types that no other table uses.
    ///
    /// # Errors
    /// The database's, when a table that is not among these references one of them.
    pub async fn drop_all(&self, engine: &Engine) -> Result<()> {
        let wanted = self.schema()?;
        let mut connection = engine.acquire().await?;
        let live = live(&mut connection, &wanted).await?;
        // What is there decides: its keys may have other names than the models'.
        let ours: BTreeSet<_> = wanted.tables.iter().map(id).collect();
        let doomed = Schema { tables: live.tables.into_iter().filter(|table| ours.contains(&id(table))).collect() };
        drop_tables(&mut connection, &doomed).await
    }
}

type Id = (Option<String>, String);

fn id(table: &Table) -> Id {
    (table.schema.clone(), table.name.clone())
}

fn title(table: &Table) -> String {
    match &table.schema {
        Some(schema) => format!("{schema}.{}", table.name),
        None => table.name.clone(),
    }
}

/// The schemas that the tables are in; `None` is the default one.
fn schemas(schema: &Schema) -> BTreeSet<Option<String>> {
    schema.tables.iter().map(|table| table.schema.clone()).collect()
}

/// The names of the tables that are there, in the schemas of these.
async fn names(connection: &mut Connection, wanted: &Schema) -> Result<BTreeSet<Id>> {
    let mut found = BTreeSet::new();
    for schema in schemas(wanted) {
        let mut inspector = Inspector::in_schema(connection, schema.clone());
        found.extend(inspector.table_names().await?.into_iter().map(|name| (schema.clone(), name)));
    }
    Ok(found)
}

/// The tables that are there, in the schemas of these.
async fn live(connection: &mut Connection, wanted: &Schema) -> Result<Schema> {
    let mut found = Schema::default();
    for schema in schemas(wanted) {
        let part = Inspector::in_schema(connection, schema.clone()).reflect().await?;
        // As the models name it, also where that is the default schema's own name.
        found.tables.extend(part.tables.into_iter().map(|table| Table { schema: schema.clone(), ..table }));
    }
    Ok(found)
}

async fn create(connection: &mut Connection, schema: Schema) -> Result<()> {
    let capabilities = *connection.capabilities();
    let mut statements = ddl::create_all(&schema, &capabilities)?;
    // A type may be there from tables that were dropped by hand.
    for (name, values) in ddl::enum_types(&schema, &capabilities)? {
        match enum_values(connection, name).await? {
            None => {}
            Some(live) if live == values => {
                let create = ddl::create_enum_type(name, values, &capabilities)?;
                statements.retain(|statement| *statement != create);
            }
            Some(live) => {
                return Err(Error::Mapping(vec![format!(
                    "the database has the enum type {name} with the values {}, the models have {}: drop it or migrate it",
                    live.join(", "),
                    values.join(", ")
                )]));
            }
        }
    }
    run_all(connection, &capabilities, statements).await
}

/// The values of PostgreSQL's enum type of this name.
async fn enum_values(connection: &mut Connection, name: &str) -> Result<Option<Vec<Cow<'static, str>>>> {
    let sql = "SELECT e.enumlabel::text FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n \
               ON n.oid = t.typnamespace AND n.nspname = current_schema() \
               JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid WHERE t.typname = $1::text ORDER BY e.enumsortorder";
    let values = query(connection, sql, vec![text(Some(name))], |row| Ok(row.text(0)?.into())).await?;
    Ok(Some(values).filter(|values: &Vec<_>| !values.is_empty()))
}

async fn drop_tables(connection: &mut Connection, doomed: &Schema) -> Result<()> {
    let capabilities = *connection.capabilities();
    let mut statements = ddl::drop_all(doomed, &capabilities)?;
    for (name, _) in ddl::enum_types(doomed, &capabilities)? {
        if used_elsewhere(connection, name, doomed).await? {
            let drop = ddl::drop_enum_type(name, &capabilities)?;
            statements.retain(|statement| *statement != drop);
        }
    }
    run_all(connection, &capabilities, statements).await
}

/// Whether a table that stays has a column of this enum type.
async fn used_elsewhere(connection: &mut Connection, name: &str, doomed: &Schema) -> Result<bool> {
    let sql = "SELECT NULLIF(n.nspname, current_schema())::text, c.relname::text FROM pg_catalog.pg_attribute a \
               JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND t.typname = $1::text \
               JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm') \
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT a.attisdropped";
    let users = query(connection, sql, vec![text(Some(name))], |row| Ok((row.maybe(0)?, row.text(1)?))).await?;
    let ours: BTreeSet<Id> = doomed.tables.iter().map(id).collect();
    Ok(users.iter().any(|user| !ours.contains(user)))
}

/// Runs definitions: in one transaction where they can be part of one.
async fn run_all(connection: &mut Connection, capabilities: &Capabilities, statements: Vec<String>) -> Result<()> {
    if statements.is_empty() {
        return Ok(());
    }
    if !capabilities.transactional_ddl() {
        for statement in statements {
            connection.batch(statement).await?;
        }
        return Ok(());
    }
    let sqlite = capabilities.dialect == Dialect::Sqlite;
    let mut enforced = false;
    if sqlite {
        // DROP TABLE deletes the rows first, and would take the rows that reference them along. It can be turned off
        // outside a transaction only.
        let on = query(connection, "PRAGMA foreign_keys", Vec::new(), |row| row.bool(0)).await?;
        enforced = on.first() == Some(&true);
        if enforced {
            connection.batch("PRAGMA foreign_keys = OFF").await?;
        }
    }
    let result = in_transaction(connection, sqlite, statements).await;
    if enforced {
        connection.batch("PRAGMA foreign_keys = ON").await?;
    }
    result
}

async fn in_transaction(connection: &mut Connection, sqlite: bool, statements: Vec<String>) -> Result<()> {
    connection.begin_raw(Some(BeginMode::Immediate)).await?;
    match all_of(connection, sqlite, statements).await {
        Ok(()) => connection.commit_raw().await,
        Err(error) => {
            connection.rollback_raw().await?;
            Err(error)
        }
    }
}

async fn all_of(connection: &mut Connection, sqlite: bool, statements: Vec<String>) -> Result<()> {
    let before = if sqlite { dangling(connection).await? } else { BTreeSet::new() };
    for statement in statements {
        connection.batch(statement).await?;
    }
    if sqlite && let Some((table, parent)) = dangling(connection).await?.difference(&before).next() {
        return Err(Error::Statement(format!(
            "rows of {table} reference {parent}, which was to be dropped; drop {table} too, or delete its rows"
        )));
    }
    Ok(())
}

/// The tables with rows that reference nothing, each with the table that it references.
async fn dangling(connection: &mut Connection) -> Result<BTreeSet<(String, String)>> {
    let sql = "SELECT DISTINCT \"table\", parent FROM pragma_foreign_key_check";
    let found = query(connection, sql, Vec::<Value>::new(), |row| Ok((row.text(0)?, row.text(1)?))).await?;
    Ok(found.into_iter().collect())
}
