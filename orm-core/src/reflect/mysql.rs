//! MySQL, and what MariaDB shares with it: information_schema. Where the two differ, [`mariadb`](super::mariadb) says how.

use super::mariadb;
use super::rows::{Found, Of, Scope, action, comment, grouped, query};
use super::type_names;
use crate::engine::Connection;
use crate::error::Result;
use crate::schema::{Check, Column, ForeignKey, Index, PrimaryKey, Unique};
use crate::types::{Dialect, Type};
use std::collections::BTreeMap;

/// The condition that names what is asked for.
fn of(schema: &str, table: &str) -> String {
    format!("{schema} = COALESCE(?, DATABASE()) AND (? IS NULL OR {table} = ?)")
}

pub(super) async fn tables(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Option<String>>>> {
    // MariaDB lists its sequences here too.
    let sql = format!(
        "SELECT t.TABLE_NAME, t.TABLE_COMMENT FROM information_schema.TABLES t WHERE {} \
         AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY BINARY t.TABLE_NAME",
        of("t.TABLE_SCHEMA", "t.TABLE_NAME")
    );
    query(connection, &sql, scope.binds(), |row| Ok((row.text(0)?, comment(row.maybe(1)?)))).await
}

pub(super) async fn columns(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Column>>> {
    let dialect = connection.dialect();
    let json = match dialect {
        Dialect::MariaDb => mariadb::json_columns(connection, scope).await?,
        _ => Default::default(),
    };
    let sql = format!(
        "SELECT c.TABLE_NAME, c.COLUMN_NAME, c.COLUMN_TYPE, c.IS_NULLABLE, c.COLUMN_DEFAULT, c.EXTRA, \
         c.COLUMN_COMMENT, c.DATA_TYPE FROM information_schema.COLUMNS c WHERE {} \
         ORDER BY BINARY c.TABLE_NAME, c.ORDINAL_POSITION",
        of("c.TABLE_SCHEMA", "c.TABLE_NAME")
    );
    let read = |row: &Found<'_>| {
        let (table, name, extra) = (row.text(0)?, row.text(1)?, row.maybe(5)?.unwrap_or_default().to_lowercase());
        let sql_type = if json.contains(&(table.clone(), name.to_lowercase())) {
            Type::Json
        } else {
            type_names::parse(dialect, &row.text(2)?)
        };
        let default = match row.maybe(4)? {
            Some(text) if dialect == Dialect::MariaDb => mariadb::default(text),
            Some(text) => Some(default(text, &extra, &row.text(7)?)),
            None => None,
        };
        let generated = extra.contains("virtual generated") || extra.contains("stored generated");
        let column = Column {
            name,
            sql_type,
            nullable: row.text(3)? == "YES",
            default: default.filter(|_| !generated),
            auto_increment: extra.contains("auto_increment"),
            comment: comment(row.maybe(6)?),
        };
        Ok((table, column))
    };
    query(connection, &sql, scope.binds(), read).await
}

/// MySQL keeps the value of a literal without quotes, and marks an expression.
fn default(text: String, extra: &str, data_type: &str) -> String {
    if extra.contains("default_generated") {
        return if text.to_uppercase().starts_with("CURRENT_TIMESTAMP") {
            text
        } else {
            format!("({})", unescape(&text))
        };
    }
    let numeric = ["int", "decimal", "float", "double", "bit", "year"].iter().any(|name| data_type.contains(name));
    if numeric { text } else { format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")) }
}

/// MySQL's information_schema shows expressions with their quotes escaped: `_utf8mb4\'x\'`.
pub(super) fn unescape(text: &str) -> String {
    text.replace("\\'", "'")
}

/// The indexes, unique ones and primary keys among them.
async fn statistics(connection: &mut Connection, scope: Scope<'_>, condition: &str) -> Result<Vec<Of<Index>>> {
    // MariaDB has no index on an expression, and no column for it.
    let expression = match connection.dialect() {
        Dialect::MariaDb => "NULL",
        _ => "s.EXPRESSION",
    };
    let sql = format!(
        "SELECT s.TABLE_NAME, s.INDEX_NAME, s.NON_UNIQUE, s.COLUMN_NAME, CAST(s.SUB_PART AS CHAR), {expression} \
         FROM information_schema.STATISTICS s WHERE {} AND {condition} \
         ORDER BY BINARY s.TABLE_NAME, BINARY s.INDEX_NAME, s.SEQ_IN_INDEX",
        of("s.TABLE_SCHEMA", "s.TABLE_NAME")
    );
    let rows = query(connection, &sql, scope.binds(), |row| {
        let part = match (row.maybe(3)?, row.maybe(4)?, row.maybe(5)?) {
            (Some(column), None, _) => column,
            (Some(column), Some(prefix), _) => format!("{column}({prefix})"),
            (None, _, expression) => format!("({})", unescape(&expression.unwrap_or_default())),
        };
        Ok((row.text(0)?, row.text(1)?, row.int(2)? == 0, part))
    });
    Ok(grouped(
        rows.await?,
        |a, b| a.0 == b.0 && a.1 == b.1,
        |(table, name, unique, _)| {
            (table.clone(), Index { name: name.clone(), columns: Vec::new(), unique: *unique, filter: None })
        },
        |(_, index), (_, _, _, part)| index.columns.push(part),
    ))
}

pub(super) async fn primary_keys(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<PrimaryKey>>> {
    // Every primary key is called PRIMARY, whatever it was declared as.
    let found = statistics(connection, scope, "s.INDEX_NAME = 'PRIMARY'").await?.into_iter();
    Ok(found.map(|(table, index)| (table, PrimaryKey { name: None, columns: index.columns })).collect())
}

pub(super) async fn uniques(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Unique>>> {
    let condition = "s.NON_UNIQUE = 0 AND s.INDEX_NAME <> 'PRIMARY'";
    let found = statistics(connection, scope, condition).await?.into_iter();
    Ok(found.map(|(table, index)| (table, Unique { name: Some(index.name), columns: index.columns })).collect())
}

pub(super) async fn indexes(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Index>>> {
    let mut keys: BTreeMap<String, Vec<ForeignKey>> = BTreeMap::new();
    for (table, key) in foreign_keys(connection, scope).await? {
        keys.entry(table).or_default().push(key);
    }
    let mut found = statistics(connection, scope, "s.NON_UNIQUE = 1").await?;
    found
        .retain(|(table, index)| !keys.get(table).is_some_and(|keys| keys.iter().any(|key| serves(table, index, key))));
    Ok(found)
}

/// Whether InnoDB made the index by itself for the foreign key: it has the key's name, or that of its first column
/// where the key has none of its own.
fn serves(table: &str, index: &Index, key: &ForeignKey) -> bool {
    let name = key.name.as_deref().unwrap_or_default();
    let unnamed = name.strip_prefix(table).is_some_and(|rest| rest.starts_with("_ibfk_"));
    index.columns == key.columns && (index.name == name || (unnamed && Some(&index.name) == key.columns.first()))
}

pub(super) async fn foreign_keys(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<ForeignKey>>> {
    let sql = format!(
        "SELECT k.TABLE_NAME, k.CONSTRAINT_NAME, k.COLUMN_NAME, NULLIF(k.REFERENCED_TABLE_SCHEMA, DATABASE()), \
         k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.DELETE_RULE, r.UPDATE_RULE \
         FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r \
         ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.TABLE_NAME = k.TABLE_NAME \
         AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME WHERE {} AND k.REFERENCED_TABLE_NAME IS NOT NULL \
         ORDER BY BINARY k.TABLE_NAME, BINARY k.CONSTRAINT_NAME, k.ORDINAL_POSITION",
        of("k.TABLE_SCHEMA", "k.TABLE_NAME")
    );
    let rows = query(connection, &sql, scope.binds(), |row| {
        let key = ForeignKey {
            name: Some(row.text(1)?),
            columns: vec![row.text(2)?],
            target_schema: row.maybe(3)?,
            target: row.text(4)?,
            target_columns: vec![row.text(5)?],
            on_delete: action(&row.text(6)?),
            on_update: action(&row.text(7)?),
        };
        Ok((row.text(0)?, key))
    });
    Ok(grouped(
        rows.await?,
        |a, b| a.0 == b.0 && a.1.name == b.1.name,
        |(table, key)| (table.clone(), ForeignKey { columns: Vec::new(), target_columns: Vec::new(), ..key.clone() }),
        |(_, key), (_, part)| {
            key.columns.extend(part.columns);
            key.target_columns.extend(part.target_columns);
        },
    ))
}

pub(super) async fn checks(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Check>>> {
    if connection.dialect() == Dialect::MariaDb {
        return mariadb::checks(connection, scope).await;
    }
    let sql = format!(
        "SELECT t.TABLE_NAME, t.CONSTRAINT_NAME, k.CHECK_CLAUSE FROM information_schema.TABLE_CONSTRAINTS t \
         JOIN information_schema.CHECK_CONSTRAINTS k ON k.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA \
         AND k.CONSTRAINT_NAME = t.CONSTRAINT_NAME WHERE {} AND t.CONSTRAINT_TYPE = 'CHECK' \
         ORDER BY BINARY t.TABLE_NAME, BINARY t.CONSTRAINT_NAME",
        of("t.TABLE_SCHEMA", "t.TABLE_NAME")
    );
    let read = query(connection, &sql, scope.binds(), |row| {
        Ok((row.text(0)?, Check { name: Some(row.text(1)?), expression: unescape(&row.text(2)?) }))
    });
    read.await
}
