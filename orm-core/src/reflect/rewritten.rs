//! Asks the server how it writes expressions.
//!
//! A server keeps `price BETWEEN 1 AND 2` as `price >= 1 AND price <= 2`, with casts and brackets of its own. Nobody can
//! imitate that for every version, so the server is given the expression and asked what became of it.

use super::Inspector;
use super::rows::query;
use super::tokens::{Token, TokenKind, closing, split, tokens};
use crate::dialect::ddl;
use crate::engine::Connection;
use crate::error::{Error, Result};
use crate::schema::{Check, Column, Schema, Table};
use crate::types::Dialect;
use std::collections::BTreeMap;

impl Inspector<'_> {
    /// The schema with its defaults, checks and index conditions in the server's own words, to compare with what the
    /// server says of live tables. Nothing stays in the database: the tables are temporary ones, on PostgreSQL in a
    /// transaction that is rolled back. SQLite keeps every expression as it was written, so it is not asked.
    ///
    /// # Errors
    /// The database's, when an expression is wrong; on PostgreSQL when a transaction is open.
    pub async fn rewritten(&mut self, schema: &Schema) -> Result<Schema> {
        if schema.tables.is_empty() {
            return Ok(Schema::default());
        }
        match self.connection.dialect() {
            Dialect::Sqlite => Ok(schema.clone()),
            Dialect::Postgres => postgres(self.connection, schema).await,
            Dialect::MySql | Dialect::MariaDb => mysql(self.connection, schema).await,
        }
    }
}

/// A copy for asking: in the temporary schema, under a name of its own, without what leads elsewhere.
fn bare(table: &Table, n: usize) -> Table {
    let mut bare = Table { name: format!("orm_rewritten_{n}"), schema: None, ..table.clone() };
    bare.foreign_keys.clear();
    bare.uniques.clear();
    bare.primary_key = None;
    bare.comment = None;
    for column in &mut bare.columns {
        column.auto_increment = false;
        column.comment = None;
    }
    for (c, check) in bare.checks.iter_mut().enumerate() {
        check.name = Some(format!("orm_rewritten_{n}_{c}"));
    }
    bare.indexes.retain(|index| index.filter.is_some());
    for (i, index) in bare.indexes.iter_mut().enumerate() {
        index.name = format!("orm_rewritten_{n}_{i}");
        // What it is over does not matter for its condition, and may be an expression.
        index.columns = table.columns.first().map(|column| vec![column.name.clone()]).unwrap_or_default();
        index.unique = false;
    }
    bare
}

/// The table with the other's expressions, which stand under the names that [`bare`] gave.
fn with(table: &Table, other: &Table) -> Table {
    let mut table = table.clone();
    for (column, asked) in table.columns.iter_mut().zip(&other.columns) {
        if column.default.is_some() {
            column.default.clone_from(&asked.default);
        }
    }
    let number = |name: &str| name.rsplit('_').next().and_then(|n| n.parse::<usize>().ok());
    for asked in &other.checks {
        if let Some(check) = asked.name.as_deref().and_then(number).and_then(|n| table.checks.get_mut(n)) {
            check.expression.clone_from(&asked.expression);
        }
    }
    let partial: Vec<&mut _> = table.indexes.iter_mut().filter(|index| index.filter.is_some()).collect();
    for (n, index) in partial.into_iter().enumerate() {
        let asked = other.indexes.iter().find(|asked| number(&asked.name) == Some(n));
        if let Some(asked) = asked {
            index.filter.clone_from(&asked.filter);
        }
    }
    table
}

async fn postgres(connection: &mut Connection, schema: &Schema) -> Result<Schema> {
    connection.begin_raw(None).await?;
    let asked = in_temporary_schema(connection, schema).await;
    connection.rollback_raw().await?;
    asked
}

async fn in_temporary_schema(connection: &mut Connection, schema: &Schema) -> Result<Schema> {
    let capabilities = *connection.capabilities();
    // What is made goes to the first schema of the path; types and functions are still found in the others.
    let path = query(connection, "SELECT current_setting('search_path')", Vec::new(), |row| row.text(0)).await?;
    let path = path.into_iter().next().unwrap_or_default();
    let path = if path.trim().is_empty() { "pg_temp".to_owned() } else { format!("pg_temp, {path}") };
    let existing =
        "SELECT t.typname::text FROM pg_catalog.pg_type t WHERE t.typtype = 'e' AND pg_type_is_visible(t.oid)";
    let existing = query(connection, existing, Vec::new(), |row| row.text(0)).await?;
    connection.batch(format!("SET LOCAL search_path = {path}")).await?;
    let copies = Schema { tables: schema.tables.iter().enumerate().map(|(n, table)| bare(table, n)).collect() };
    for (name, values) in ddl::enum_types(&copies, &capabilities)? {
        if !existing.iter().any(|known| known == name) {
            connection.batch(ddl::create_enum_type(name, values, &capabilities)?).await?;
        }
    }
    for table in &copies.tables {
        for statement in ddl::create_table(table, &capabilities)? {
            connection.batch(statement).await?;
        }
    }
    let found = Inspector::new(connection).reflect().await?;
    let by_name: BTreeMap<&str, &Table> = found.tables.iter().map(|table| (table.name.as_str(), table)).collect();
    let tables = schema.tables.iter().zip(&copies.tables).map(|(table, copy)| {
        by_name
            .get(copy.name.as_str())
            .map(|asked| with(table, asked))
            .ok_or_else(|| Error::Statement(format!("PostgreSQL did not show the temporary table {} again", copy.name)))
    });
    Ok(Schema { tables: tables.collect::<Result<_>>()? })
}

/// Temporary tables stand in no catalogue here, so SHOW CREATE TABLE has to tell.
async fn mysql(connection: &mut Connection, schema: &Schema) -> Result<Schema> {
    let capabilities = *connection.capabilities();
    let mut tables = Vec::new();
    for (n, table) in schema.tables.iter().enumerate() {
        let mut copy = bare(table, n);
        copy.indexes.clear();
        if !copy.columns.iter().any(|column| column.default.is_some()) && copy.checks.is_empty() {
            tables.push(table.clone());
            continue;
        }
        for statement in ddl::create_table(&copy, &capabilities)? {
            connection.batch(statement.replacen("CREATE TABLE", "CREATE TEMPORARY TABLE", 1)).await?;
        }
        let show = format!("SHOW CREATE TABLE {}", copy.name);
        let shown = query(connection, &show, Vec::new(), |row| row.text(1)).await;
        connection.batch(format!("DROP TEMPORARY TABLE {}", copy.name)).await?;
        let shown = shown?.into_iter().next().unwrap_or_default();
        tables.push(with(table, &read(&shown, &copy)));
    }
    Ok(Schema { tables })
}

/// Reads what SHOW CREATE TABLE says of defaults and checks.
fn read(shown: &str, copy: &Table) -> Table {
    let all = tokens(shown, true);
    let mut found = Table { name: copy.name.clone(), ..Table::default() };
    let mut defaults: BTreeMap<String, String> = BTreeMap::new();
    let Some(open) = all.iter().position(|token| token.is_symbol("(")) else { return found };
    let close = closing(&all, open);
    for item in split(&all[open + 1..close.saturating_sub(1).max(open + 1)]) {
        match item {
            [constraint, name, check, rest @ ..] if constraint.is("CONSTRAINT") && check.is("CHECK") => {
                let end = closing(rest, 0);
                if let (Some(first), Some(last)) = (rest.first(), rest.get(end.saturating_sub(1))) {
                    let expression = shown[first.start..last.end].to_owned();
                    found.checks.push(Check { name: name.name().map(str::to_owned), expression });
                }
            }
            [column, rest @ ..] if matches!(column.kind, TokenKind::Quoted(_)) => {
                if let (Some(name), Some(text)) = (column.name(), default(shown, rest)) {
                    defaults.insert(name.to_owned(), text);
                }
            }
            _ => {}
        }
    }
    found.columns =
        copy.columns.iter().map(|column| Column { default: defaults.remove(&column.name), ..column.clone() }).collect();
    found
}

/// The text after DEFAULT: something in brackets, a function with its arguments, or a literal with what stands before it.
fn default(shown: &str, item: &[Token]) -> Option<String> {
    let at = item.iter().position(|token| token.is("DEFAULT"))? + 1;
    let first = item.get(at)?;
    let mut end = at + 1;
    if first.is_symbol("(") {
        end = closing(item, at);
    } else if item.get(end).is_some_and(|token| token.is_symbol("(")) {
        end = closing(item, end);
    } else if let Some(next) = item.get(end)
        && (first.is_symbol("-") || next.start == first.end)
    {
        end += 1;
    }
    let text = shown[first.start..item.get(end - 1)?.end].to_owned();
    Some(text).filter(|text| !text.eq_ignore_ascii_case("NULL"))
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::schema::{Column, Table};
    use crate::types::Type;

    #[test]
    fn show_create_table_tells_defaults_and_checks() {
        let names = ["a", "b", "c", "d", "e"];
        let columns = names.map(|name| Column {
            name: name.into(),
            sql_type: Type::Integer,
            nullable: true,
            default: None,
            auto_increment: false,
            comment: None,
        });
        let copy = Table { name: "t".into(), columns: columns.into(), ..Table::default() };
        let shown = "CREATE TEMPORARY TABLE `t` (\n\
             `a` int DEFAULT NULL,\n\
             `b` varchar(9) CHARACTER SET utf8mb4 NOT NULL DEFAULT 'it''s, (x' COMMENT 'DEFAULT 1',\n\
             `c` datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),\n\
             `d` longtext DEFAULT (concat(_utf8mb4'a',_utf8mb4'b')),\n\
             `e` decimal(10,2) DEFAULT -1.50,\n\
             CONSTRAINT `orm_rewritten_0_0` CHECK ((`a` between 1 and 2))\n\
             ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
        let found = read(shown, &copy);
        let defaults: Vec<_> = found.columns.iter().map(|column| column.default.as_deref()).collect();
        let d = "(concat(_utf8mb4'a',_utf8mb4'b'))";
        assert_eq!(defaults, [None, Some("'it''s, (x'"), Some("CURRENT_TIMESTAMP(6)"), Some(d), Some("-1.50")]);
        assert_eq!(found.checks[0].expression, "((`a` between 1 and 2))");
    }
}
