//! A revision as text for people: one line for each column and constraint.

use super::Revision;
use super::forms::ACTIONS;
use crate::operation::{Change, Operation, TableName};
use crate::type_text;
use orm_core::entity::Action;
use orm_core::schema::{Check, Column, ForeignKey, Index, Table, Unique};
use orm_core::types::{Dialect, Type};
use std::fmt::Write;

/// A text literal.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

pub(super) fn revision(revision: &Revision) -> String {
    let mut out = format!(
        "revision = {}\nparents = {}\nmessage = {}\nformat = 1\n",
        quoted(&revision.id),
        list(&revision.parents),
        quoted(&revision.message)
    );
    if !revision.transaction {
        out.push_str("transaction = false\n");
    }
    for one in &revision.up {
        operation(&mut out, "up", one);
    }
    match &revision.down {
        None => {}
        // An empty list, and not a derived one.
        Some(down) if down.is_empty() => out.insert_str(out.find("format = 1\n").unwrap_or(0), "down = []\n"),
        Some(down) => {
            for one in down {
                operation(&mut out, "down", one);
            }
        }
    }
    out
}

/// Keys and values, in order, as `key = value`.
type Pairs = Vec<(&'static str, String)>;

fn operation(out: &mut String, list_name: &str, operation: &Operation) {
    let (name, pairs, from) = parts(&operation.change);
    // Writing to a String cannot fail.
    let _ = write!(out, "\n[[{list_name}]]\nop = {}\n", quoted(name));
    if let Some(TableName { schema, name }) = operation.change.table() {
        let _ = writeln!(out, "table = {}", quoted(&name));
        if let Some(schema) = schema {
            let _ = writeln!(out, "schema = {}", quoted(&schema));
        }
    }
    for (key, value) in pairs {
        let _ = writeln!(out, "{key} = {value}");
    }
    if !operation.only.is_empty() {
        let names: Vec<String> = operation.only.iter().map(|dialect| dialect_name(*dialect).to_owned()).collect();
        let _ = writeln!(out, "only = {}", list(&names));
    }
    if let Some(from) = from {
        let _ = writeln!(out, "[{list_name}.from]");
        for (key, value) in from {
            let _ = writeln!(out, "{key} = {value}");
        }
    }
}

fn dialect_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgres",
        Dialect::MySql => "mysql",
        Dialect::MariaDb => "mariadb",
    }
}

fn parts(change: &Change) -> (&'static str, Pairs, Option<Pairs>) {
    match change {
        Change::CreateTable(table) => ("create_table", table_pairs(table), None),
        Change::DropTable { from, .. } => ("drop_table", Vec::new(), from.as_ref().map(table_pairs)),
        Change::AddColumn { column, .. } => ("add_column", vec![("column", inline(column_pairs(column, true)))], None),
        Change::DropColumn { column, from, .. } => {
            let from = from.as_ref().map(|from| column_pairs(from, false));
            ("drop_column", vec![("column", quoted(column))], from)
        }
        Change::CreateIndex { index, .. } => ("create_index", index_pairs(index, true), None),
        Change::DropIndex { name, from, .. } => {
            ("drop_index", vec![("name", quoted(name))], from.as_ref().map(|from| index_pairs(from, false)))
        }
        Change::AddForeignKey { key, .. } => ("add_foreign_key", key_pairs(key), None),
        Change::DropForeignKey { name, from, .. } => {
            ("drop_foreign_key", vec![("name", quoted(name))], from.as_ref().map(key_pairs))
        }
        Change::AddUnique { unique, .. } => ("add_unique", unique_pairs(unique), None),
        Change::DropUnique { name, from, .. } => {
            ("drop_unique", vec![("name", quoted(name))], from.as_ref().map(unique_pairs))
        }
        Change::AddCheck { check, .. } => ("add_check", check_pairs(check), None),
        Change::DropCheck { name, from, .. } => {
            ("drop_check", vec![("name", quoted(name))], from.as_ref().map(check_pairs))
        }
        Change::Sql(sql) => {
            let all = [
                ("any", &sql.any),
                ("sqlite", &sql.sqlite),
                ("postgres", &sql.postgres),
                ("mysql", &sql.mysql),
                ("mariadb", &sql.mariadb),
            ];
            let given = all.into_iter().filter_map(|(key, text)| Some((key, quoted(text.as_deref()?))));
            ("sql", given.collect(), None)
        }
    }
}

/// `{ name = "a", columns = ["b"] }`
fn inline(pairs: Pairs) -> String {
    format!("{{ {} }}", pairs.into_iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", "))
}

fn lines(all: impl Iterator<Item = Pairs>) -> String {
    let lines: String = all.map(|pairs| format!("  {},\n", inline(pairs))).collect();
    format!("[\n{lines}]")
}

fn table_pairs(table: &Table) -> Pairs {
    let mut pairs = vec![("columns", lines(table.columns.iter().map(|column| column_pairs(column, true))))];
    if let Some(key) = &table.primary_key {
        pairs.push(("primary_key", list(&key.columns)));
        pairs.extend(key.name.as_ref().map(|name| ("primary_key_name", quoted(name))));
    }
    if !table.foreign_keys.is_empty() {
        pairs.push(("foreign_keys", lines(table.foreign_keys.iter().map(key_pairs))));
    }
    if !table.uniques.is_empty() {
        pairs.push(("uniques", lines(table.uniques.iter().map(unique_pairs))));
    }
    if !table.checks.is_empty() {
        pairs.push(("checks", lines(table.checks.iter().map(check_pairs))));
    }
    pairs.extend(table.comment.as_ref().map(|comment| ("comment", quoted(comment))));
    pairs
}

fn column_pairs(column: &Column, named: bool) -> Pairs {
    let mut pairs = Vec::new();
    if named {
        pairs.push(("name", quoted(&column.name)));
    }
    pairs.push(("type", type_value(&column.sql_type)));
    if column.auto_increment {
        pairs.push(("identity", quoted("by default")));
    }
    if column.nullable {
        pairs.push(("nullable", "true".to_owned()));
    }
    pairs.extend(column.default.as_ref().map(|default| ("default", quoted(default))));
    pairs.extend(column.comment.as_ref().map(|comment| ("comment", quoted(comment))));
    pairs
}

fn type_value(sql_type: &Type) -> String {
    match (type_text::write(sql_type), sql_type) {
        (Some(text), _) => quoted(&text),
        (None, Type::Enum { name, values }) => {
            let values: Vec<String> = values.iter().map(|value| value.clone().into_owned()).collect();
            inline(vec![("enum", quoted(name)), ("values", list(&values))])
        }
        (None, Type::Raw(name)) => inline(vec![("raw", quoted(name))]),
        // A type of a later orm-core: its name in the debug form, which reading refuses with the list of those known.
        (None, other) => quoted(&format!("{other:?}")),
    }
}

fn key_pairs(key: &ForeignKey) -> Pairs {
    let mut pairs: Pairs = key.name.iter().map(|name| ("name", quoted(name))).collect();
    pairs.push(("columns", list(&key.columns)));
    pairs.push(("references", quoted(&key.target)));
    pairs.extend(key.target_schema.as_ref().map(|schema| ("references_schema", quoted(schema))));
    pairs.push(("referenced", list(&key.target_columns)));
    for (name, action) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
        let words = ACTIONS.iter().find(|(_, known)| *known == action);
        pairs.extend(words.filter(|_| action != Action::NoAction).map(|(words, _)| (name, quoted(words))));
    }
    pairs
}

fn unique_pairs(unique: &Unique) -> Pairs {
    let mut pairs: Pairs = unique.name.iter().map(|name| ("name", quoted(name))).collect();
    pairs.push(("columns", list(&unique.columns)));
    pairs
}

fn check_pairs(check: &Check) -> Pairs {
    let mut pairs: Pairs = check.name.iter().map(|name| ("name", quoted(name))).collect();
    pairs.push(("expression", quoted(&check.expression)));
    pairs
}

fn index_pairs(index: &Index, named: bool) -> Pairs {
    let mut pairs = Vec::new();
    if named {
        pairs.push(("name", quoted(&index.name)));
    }
    pairs.push(("columns", list(&index.columns)));
    if index.unique {
        pairs.push(("unique", "true".to_owned()));
    }
    pairs.extend(index.filter.as_ref().map(|filter| ("where", quoted(filter))));
    pairs
}
