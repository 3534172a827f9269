//! Columns of one table.

use super::{Found, Pair, Rename};
use crate::operation::Change;
use orm_core::dialect::{ddl, type_name};
use orm_core::schema::{Column, Table};
use orm_core::types::{Dialect, Type};

pub(super) fn compare(pair: &Pair<'_>, found: &mut Found) {
    for (column, normal) in pair.wanted.columns.iter().zip(&pair.wanted_normal.columns) {
        match pair.live_normal.column(&column.name) {
            Some(live) => same(pair, live, normal, found),
            None => add(pair, column, normal, found),
        }
    }
    for column in &pair.live.columns {
        if pair.wanted.column(&column.name).is_none() {
            drop(pair, column, found);
        }
    }
}

fn same(pair: &Pair<'_>, live: &Column, wanted: &Column, found: &mut Found) {
    let name = &wanted.name;
    if !same_type(&live.sql_type, &wanted.sql_type) {
        let (live, wanted) = (shown(pair, pair.live, live), shown(pair, pair.wanted, wanted));
        found.finding(pair, format!("column {name} has the type {live}, wanted is {wanted}"));
    }
    if live.nullable != wanted.nullable {
        let words = |nullable| if nullable { "may be NULL" } else { "is NOT NULL" };
        let (live, wanted) = (words(live.nullable), words(wanted.nullable));
        found.finding(pair, format!("column {name} {live}, wanted is that it {wanted}"));
    }
    if live.auto_increment != wanted.auto_increment {
        let words = |auto| if auto { "is numbered by the database" } else { "is not numbered by the database" };
        let (live, wanted) = (words(live.auto_increment), words(wanted.auto_increment));
        found.finding(pair, format!("column {name} {live}, wanted is that it {wanted}"));
    }
    if live.default != wanted.default {
        let words = |default: &Option<String>| {
            default.as_ref().map_or("no default".to_owned(), |sql| format!("the default {sql}"))
        };
        let (live, wanted) = (words(&live.default), words(&wanted.default));
        found.expression(pair, format!("column {name} has {live}, wanted is {wanted}"));
    }
    if live.comment != wanted.comment {
        let words = |comment: &Option<String>| comment.as_ref().map_or("none".to_owned(), |text| format!("{text:?}"));
        let (live, wanted) = (words(&live.comment), words(&wanted.comment));
        found.finding(pair, format!("column {name} has the comment {live}, wanted is {wanted}"));
    }
}

/// An enum that is part of its column, as on MySQL, has no name.
fn same_type(live: &Type, wanted: &Type) -> bool {
    match (live, wanted) {
        (Type::Enum { name: a, values: x }, Type::Enum { name: b, values: y }) => {
            x == y && (a == b || a.is_empty() || b.is_empty())
        }
        (live, wanted) => live == wanted,
    }
}

/// The type in the database's words.
fn shown(pair: &Pair<'_>, table: &Table, column: &Column) -> String {
    let usage = ddl::usage(table, column);
    let name = type_name(&column.sql_type, usage, pair.capabilities);
    match (&column.sql_type, name) {
        (Type::Enum { values, .. }, Ok(name)) if pair.capabilities.dialect == Dialect::Postgres => {
            format!("{name} ({})", values.join(", "))
        }
        (_, Ok(name)) if !name.is_empty() => name.into_owned(),
        (sql_type, _) => format!("{sql_type:?}"),
    }
}

fn add(pair: &Pair<'_>, column: &Column, normal: &Column, found: &mut Found) {
    let mut gone = pair
        .live_normal
        .columns
        .iter()
        .filter(|live| pair.wanted.column(&live.name).is_none() && same_type(&live.sql_type, &normal.sql_type));
    if let Some(live) = gone.next() {
        found.renames.push(Rename { table: pair.name.clone(), from: live.name.clone(), to: column.name.clone() });
    }
    if !normal.nullable && normal.default.is_none() {
        return found.finding(
            pair,
            format!(
                "column {} is new and NOT NULL, but has no default for the rows that are there: give it a `server_default`, \
                 make it an `Option`, or write what fills it",
                column.name
            ),
        );
    }
    // What one database cannot add is said by the function that writes the statement.
    match ddl::add_column(pair.wanted, column, pair.capabilities) {
        Ok(_) => found.columns.push(Change::AddColumn { table: pair.name.clone(), column: column.clone() }.into()),
        Err(error) => found.finding(pair, format!("column {} is new: {error}", column.name)),
    }
}

fn drop(pair: &Pair<'_>, column: &Column, found: &mut Found) {
    let used = |columns: &[String]| columns.contains(&column.name);
    let live = pair.live;
    if live.primary_key.as_ref().is_some_and(|key| used(&key.columns)) {
        return found.finding(pair, format!("column {} is gone, but is part of the primary key", column.name));
    }
    if pair.capabilities.dialect == Dialect::Sqlite {
        let mentions = |sql: &str| sql.to_lowercase().contains(&column.name.to_lowercase());
        let what = if live.uniques.iter().any(|unique| used(&unique.columns)) {
            Some("a unique constraint")
        } else if live.foreign_keys.iter().any(|key| used(&key.columns)) {
            Some("a foreign key")
        } else if live.checks.iter().any(|check| mentions(&check.expression)) {
            Some("a check")
        } else {
            None
        };
        if let Some(what) = what {
            return found.finding(
                pair,
                format!(
                    "column {} is gone, but {what} uses it: SQLite can drop it only by copying the table",
                    column.name
                ),
            );
        }
    }
    let change =
        Change::DropColumn { table: pair.name.clone(), column: column.name.clone(), from: Some(column.clone()) };
    found.drops.push(change.into());
}
