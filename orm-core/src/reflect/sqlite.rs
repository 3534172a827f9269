//! SQLite: pragmas as table-valued functions, and the text of CREATE TABLE for what no pragma tells.

use super::rows::{Of, Scope, action, grouped, query, text};
use super::sqlite_table::{self, Declared};
use super::type_names;
use crate::engine::Connection;
use crate::error::Result;
use crate::schema::{Check, Column, ForeignKey, Index, PrimaryKey, Unique};
use crate::types::{Dialect, Value};
use std::collections::{BTreeMap, BTreeSet};

fn file<'a>(scope: &Scope<'a>) -> &'a str {
    scope.schema.unwrap_or("main")
}

/// `FROM sqlite_schema` with `m` as the tables that are asked for.
fn from(scope: &Scope<'_>, join: &str) -> String {
    format!(
        "FROM \"{}\".sqlite_schema m {join} WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND m.sql NOT LIKE 'create virtual%' AND (? IS NULL OR lower(m.name) = lower(?))",
        file(scope).replace('"', "\"\"")
    )
}

/// The binds of [`from`] around a join with a pragma.
fn binds(scope: &Scope<'_>) -> Vec<Value> {
    vec![Value::Text(file(scope).to_owned()), text(scope.table), text(scope.table)]
}

pub(super) async fn tables(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Option<String>>>> {
    // The tables behind a virtual table are its own affair.
    let join = "JOIN pragma_table_list l ON l.schema = ? AND l.name = m.name AND l.type = 'table'";
    let sql = format!("SELECT m.name {} ORDER BY m.name", from(&scope, join));
    query(connection, &sql, binds(&scope), |row| Ok((row.text(0)?, None))).await
}

async fn declared(connection: &mut Connection, scope: Scope<'_>) -> Result<BTreeMap<String, Declared>> {
    let sql = format!("SELECT m.name, m.sql {} ORDER BY m.name", from(&scope, ""));
    let binds = vec![text(scope.table), text(scope.table)];
    let read = query(connection, &sql, binds, |row| {
        Ok((row.text(0)?, sqlite_table::declared(&row.maybe(1)?.unwrap_or_default())))
    });
    Ok(read.await?.into_iter().collect())
}

pub(super) async fn columns(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Column>>> {
    let sql = format!(
        "SELECT m.name, c.name, c.type, c.\"notnull\", CASE WHEN c.hidden = 0 THEN c.dflt_value END, c.pk {} \
         AND c.hidden <> 1 ORDER BY m.name, c.cid",
        from(&scope, "JOIN pragma_table_xinfo(m.name, ?) c")
    );
    let found = query(connection, &sql, binds(&scope), |row| {
        let type_name = row.text(2)?;
        let part_of_key = row.int(5)? > 0;
        // Whether it is the row's own number is known when all columns are there.
        let auto_increment = part_of_key && type_name.eq_ignore_ascii_case("INTEGER");
        let column = Column {
            name: row.text(1)?,
            sql_type: type_names::parse(Dialect::Sqlite, &type_name),
            nullable: !row.bool(3)?,
            default: row.maybe(4)?.filter(|default| !default.eq_ignore_ascii_case("NULL")),
            auto_increment,
            comment: None,
        };
        Ok((row.text(0)?, part_of_key, column))
    });
    let mut found = found.await?;
    // An INTEGER PRIMARY KEY is the row's number, and needs no index, unless the table is WITHOUT ROWID.
    let indexed = indexed_keys(connection, scope).await?;
    let mut parts: BTreeMap<String, usize> = BTreeMap::new();
    for (table, part_of_key, _) in &found {
        *parts.entry(table.clone()).or_default() += usize::from(*part_of_key);
    }
    for (table, _, column) in &mut found {
        column.auto_increment &= parts.get(table) == Some(&1) && !indexed.contains(table);
        column.nullable &= !column.auto_increment;
    }
    Ok(found.into_iter().map(|(table, _, column)| (table, column)).collect())
}

/// The tables whose primary key has an index of its own.
async fn indexed_keys(connection: &mut Connection, scope: Scope<'_>) -> Result<BTreeSet<String>> {
    let join = "JOIN pragma_index_list(m.name, ?) i ON i.origin = 'pk'";
    let sql = format!("SELECT m.name {}", from(&scope, join));
    Ok(query(connection, &sql, binds(&scope), |row| row.text(0)).await?.into_iter().collect())
}

pub(super) async fn primary_keys(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<PrimaryKey>>> {
    let declared = declared(connection, scope).await?;
    let join = "JOIN pragma_table_xinfo(m.name, ?) c ON c.pk > 0";
    let sql = format!("SELECT m.name, c.name {} ORDER BY m.name, c.pk", from(&scope, join));
    let rows = query(connection, &sql, binds(&scope), |row| Ok((row.text(0)?, row.text(1)?))).await?;
    Ok(grouped(
        rows,
        |a, b| a.0 == b.0,
        |(table, _)| {
            let name = declared.get(table).and_then(|declared| declared.primary_key.clone());
            (table.clone(), PrimaryKey { name, columns: Vec::new() })
        },
        |(_, key), (_, column)| key.columns.push(column),
    ))
}

/// The indexes of one origin, each with its columns; an expression is `None`.
async fn indexes_of(
    connection: &mut Connection,
    scope: Scope<'_>,
    origin: &str,
) -> Result<Vec<Of<(Index, Vec<Option<String>>)>>> {
    let join = "JOIN pragma_index_list(m.name, ?) i JOIN pragma_index_info(i.name, ?) c";
    let sql = format!(
        "SELECT m.name, i.name, i.\"unique\", c.name {} AND i.origin = ? ORDER BY m.name, i.seq DESC, c.seqno",
        from(&scope, join)
    );
    let mut binds = binds(&scope);
    binds.insert(0, Value::Text(file(&scope).to_owned()));
    binds.push(Value::Text(origin.to_owned()));
    let rows = query(connection, &sql, binds, |row| Ok((row.text(0)?, row.text(1)?, row.bool(2)?, row.maybe(3)?)));
    Ok(grouped(
        rows.await?,
        |a, b| a.0 == b.0 && a.1 == b.1,
        |(table, name, unique, _)| {
            let index = Index { name: name.clone(), columns: Vec::new(), unique: *unique, filter: None };
            (table.clone(), (index, Vec::new()))
        },
        |(_, (_, columns)), (_, _, _, column)| columns.push(column),
    ))
}

pub(super) async fn uniques(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Unique>>> {
    let declared = declared(connection, scope).await?;
    let found = indexes_of(connection, scope, "u").await?.into_iter();
    Ok(found
        .map(|(table, (_, columns))| {
            let columns: Vec<String> = columns.into_iter().flatten().collect();
            let name = declared.get(&table).and_then(|declared| Declared::name_of(&declared.uniques, &columns));
            (table, Unique { name, columns })
        })
        .collect())
}

pub(super) async fn indexes(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Index>>> {
    let sql = format!(
        "SELECT name, sql FROM \"{}\".sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
        file(&scope).replace('"', "\"\"")
    );
    let texts: BTreeMap<String, String> =
        query(connection, &sql, Vec::new(), |row| Ok((row.text(0)?, row.text(1)?))).await?.into_iter().collect();
    let found = indexes_of(connection, scope, "c").await?.into_iter();
    Ok(found
        .map(|(table, (mut index, columns))| {
            let (parts, filter) = texts.get(&index.name).map(|sql| sqlite_table::index(sql)).unwrap_or_default();
            let columns = columns.into_iter().enumerate();
            index.columns =
                columns.map(|(n, column)| column.or_else(|| parts.get(n).cloned()).unwrap_or_default()).collect();
            index.filter = filter;
            (table, index)
        })
        .collect())
}

pub(super) async fn checks(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Check>>> {
    let declared = declared(connection, scope).await?;
    Ok(declared
        .into_iter()
        .flat_map(|(table, declared)| declared.checks.into_iter().map(move |check| (table.clone(), check)))
        .collect())
}

pub(super) async fn foreign_keys(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<ForeignKey>>> {
    let declared = declared(connection, scope).await?;
    let sql = format!(
        "SELECT m.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_delete, f.on_update {} \
         ORDER BY m.name, f.id DESC, f.seq",
        from(&scope, "JOIN pragma_foreign_key_list(m.name, ?) f")
    );
    let rows = query(connection, &sql, binds(&scope), |row| {
        let key = ForeignKey {
            name: None,
            columns: vec![row.text(3)?],
            target_schema: None,
            target: row.text(2)?,
            target_columns: row.maybe(4)?.into_iter().collect(),
            on_delete: action(&row.text(5)?),
            on_update: action(&row.text(6)?),
        };
        Ok((row.text(0)?, row.int(1)?, key))
    });
    let mut keys: Vec<Of<ForeignKey>> = grouped(
        rows.await?,
        |a, b| a.0 == b.0 && a.1 == b.1,
        |(table, _, key)| {
            let empty = ForeignKey { columns: Vec::new(), target_columns: Vec::new(), ..key.clone() };
            (table.clone(), empty)
        },
        |(_, key), (_, _, part)| {
            key.columns.extend(part.columns);
            key.target_columns.extend(part.target_columns);
        },
    );
    for (table, key) in &mut keys {
        key.name = declared.get(table).and_then(|declared| Declared::name_of(&declared.foreign_keys, &key.columns));
        // `REFERENCES t` without columns means the primary key of t.
        if key.target_columns.is_empty() {
            let scope = Scope { table: Some(&key.target), ..scope };
            let target = primary_keys(connection, scope).await?;
            key.target_columns = target.into_iter().next().map(|(_, key)| key.columns).unwrap_or_default();
        }
    }
    Ok(keys)
}
