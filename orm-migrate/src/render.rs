//! Operations as statements for one database.

use crate::error::{Error, Result};
use crate::operation::{Change, Operation, TableName};
use orm_core::dialect::{Capabilities, ddl};
use orm_core::schema::{ForeignKey, Schema, Table, Unique};
use orm_core::types::{Dialect, Type};

/// The statements that carry operations out, in order. Tables that are created one after the other are created as a whole:
/// in dependency order, their indexes with them, the keys of cycles at the end.
///
/// # Errors
/// [`Error::Orm`] with [`Unsupported`](orm_core::Error::Unsupported) for what the database can't do; [`Error::Config`] for a
/// `sql` operation without SQL for this database.
pub fn render(operations: &[Operation], capabilities: &Capabilities) -> Result<Vec<String>> {
    let changes: Vec<&Change> =
        operations.iter().filter(|one| one.is_for(capabilities.dialect)).map(|one| &one.change).collect();
    let mut statements = Vec::new();
    let mut at = 0;
    while let Some(change) = changes.get(at) {
        let rest = &changes[at..];
        at += match change {
            Change::CreateTable(_) => create_tables(rest, capabilities, &mut statements)?,
            Change::DropTable { .. } => drop_tables(rest, capabilities, &mut statements)?,
            _ => {
                one(change, rest, capabilities, &mut statements)?;
                1
            }
        };
    }
    Ok(statements)
}

/// Creates the tables and their indexes that stand at the beginning; gives how many changes that are.
fn create_tables(changes: &[&Change], capabilities: &Capabilities, statements: &mut Vec<String>) -> Result<usize> {
    let mut schema = Schema::default();
    let mut taken = 0;
    for change in changes {
        match change {
            Change::CreateTable(table) => schema.tables.push(table.clone()),
            Change::CreateIndex { table, index } => {
                match schema.tables.iter_mut().find(|created| TableName::of(created) == *table) {
                    Some(created) => created.indexes.push(index.clone()),
                    None => break,
                }
            }
            _ => break,
        }
        taken += 1;
    }
    let create = ddl::create_all(&schema, capabilities)?;
    statements.extend(create.into_iter().map(|statement| lenient(statement, capabilities)));
    Ok(taken)
}

/// Drops the tables that stand at the beginning.
fn drop_tables(changes: &[&Change], capabilities: &Capabilities, statements: &mut Vec<String>) -> Result<usize> {
    let dropped: Vec<Table> = changes
        .iter()
        .map_while(|change| match change {
            Change::DropTable { table, from } => Some(from.clone().unwrap_or_else(|| table.table())),
            _ => None,
        })
        .collect();
    let taken = dropped.len();
    let drop = ddl::drop_all(&Schema { tables: dropped }, capabilities)?;
    statements.extend(drop.into_iter().map(|statement| lenient(statement, capabilities)));
    Ok(taken)
}

/// An enum type may be there already, from another table, and may still be used by one: that is no failure.
fn lenient(statement: String, capabilities: &Capabilities) -> String {
    let condition = match statement.as_str() {
        create if create.starts_with("CREATE TYPE ") => "duplicate_object",
        drop if drop.starts_with("DROP TYPE ") => "dependent_objects_still_exist OR undefined_object",
        _ => return statement,
    };
    if capabilities.dialect != Dialect::Postgres {
        return statement;
    }
    format!("DO $orm$ BEGIN {statement}; EXCEPTION WHEN {condition} THEN NULL; END $orm$")
}

fn one(change: &Change, rest: &[&Change], capabilities: &Capabilities, statements: &mut Vec<String>) -> Result<()> {
    match change {
        Change::AddColumn { table, column } => {
            let mut table = context(table, rest);
            if let Type::Enum { name, values } = &column.sql_type
                && capabilities.dialect == Dialect::Postgres
            {
                statements.push(lenient(ddl::create_enum_type(name, values, capabilities)?, capabilities));
            }
            table.columns.push(column.clone());
            statements.extend(ddl::add_column(&table, column, capabilities)?);
        }
        Change::DropColumn { table, column, from } => {
            statements.push(ddl::drop_column(&table.table(), column, capabilities));
            if let Some(Type::Enum { name, .. }) = from.as_ref().map(|from| &from.sql_type)
                && capabilities.dialect == Dialect::Postgres
            {
                statements.push(lenient(ddl::drop_enum_type(name, capabilities)?, capabilities));
            }
        }
        Change::CreateIndex { table, index } => {
            statements.push(ddl::create_index(&table.table(), index, capabilities)?);
        }
        Change::DropIndex { table, name, .. } => {
            // It goes with its table; before that, a foreign key may need it.
            let with_table =
                rest.iter().any(|later| matches!(later, Change::DropTable { table: dropped, .. } if dropped == table));
            if !with_table {
                statements.push(ddl::drop_index(&table.table(), name, capabilities));
            }
        }
        Change::AddForeignKey { table, key } => {
            statements.push(ddl::add_foreign_key(&table.table(), key, capabilities)?);
        }
        Change::DropForeignKey { table, name, .. } => {
            let key = named_key(name);
            statements.push(ddl::drop_foreign_key(&table.table(), &key, capabilities)?);
        }
        Change::AddUnique { table, unique } => {
            statements.push(ddl::add_unique(&table.table(), unique, capabilities)?);
        }
        Change::DropUnique { table, name, .. } => statements.push(match capabilities.dialect {
            // One that was added is an index; one of CREATE TABLE has no name to be dropped by.
            Dialect::Sqlite => ddl::drop_index(&table.table(), name, capabilities),
            _ => {
                let unique = Unique { name: Some(name.clone()), columns: Vec::new() };
                ddl::drop_unique(&table.table(), &unique, capabilities)?
            }
        }),
        Change::AddCheck { table, check } => statements.push(ddl::add_check(&table.table(), check, capabilities)?),
        Change::DropCheck { table, name, .. } => {
            let check = orm_core::schema::Check { name: Some(name.clone()), expression: String::new() };
            statements.push(ddl::drop_check(&table.table(), &check, capabilities)?);
        }
        Change::Sql(sql) => match sql.of(capabilities.dialect) {
            Some(text) => statements.push(text.to_owned()),
            None => {
                return Err(Error::Config(format!(
                    "a `sql` operation has no SQL for {}: give it some, or `only` the databases that it is for",
                    capabilities.dialect
                )));
            }
        },
        Change::CreateTable(_) | Change::DropTable { .. } => {}
    }
    Ok(())
}

fn named_key(name: &str) -> ForeignKey {
    ForeignKey {
        name: Some(name.to_owned()),
        columns: Vec::new(),
        target_schema: None,
        target: String::new(),
        target_columns: Vec::new(),
        on_delete: Default::default(),
        on_update: Default::default(),
    }
}

/// What later changes make of a table: a text column that gets an index needs a greatest length on MySQL and MariaDB.
fn context(table: &TableName, rest: &[&Change]) -> Table {
    let mut context = table.table();
    for change in rest.iter().filter(|change| change.table().as_ref() == Some(table)) {
        match change {
            Change::CreateIndex { index, .. } => context.indexes.push(index.clone()),
            Change::AddUnique { unique, .. } => context.uniques.push(unique.clone()),
            Change::AddForeignKey { key, .. } => context.foreign_keys.push(key.clone()),
            _ => {}
        }
    }
    context
}
