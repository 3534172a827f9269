use super::table::{column_comment, qualified_name};
use crate::dialect::names::{push_name, quote};
use crate::dialect::syntax::{Comments, Syntax};
use crate::dialect::types::TypeUse;
use crate::dialect::{Capabilities, type_name};
use crate::error::Result;
use crate::schema::{Column, Table};
use crate::types::{Dialect, Type, Value};

/// What the table uses the column for, on which its type's name depends.
pub fn usage(table: &Table, column: &Column) -> TypeUse {
    let names = |columns: &[String]| columns.contains(&column.name);
    let key = table.primary_key.as_ref().filter(|key| names(&key.columns));
    let sole_key = key.is_some_and(|key| key.columns.len() == 1);
    TypeUse {
        keyed: key.is_some()
            || table.uniques.iter().any(|unique| names(&unique.columns))
            || table.indexes.iter().any(|index| names(&index.columns))
            || table.foreign_keys.iter().any(|key| names(&key.columns)),
        auto_increment: column.auto_increment && sole_key,
        sole_key,
    }
}

/// The column as it stands in CREATE TABLE and ADD COLUMN: name, type, NOT NULL, default.
///
/// # Errors
/// [`Error::Unsupported`](crate::Error::Unsupported) for a type that the database lacks.
pub fn column_definition(table: &Table, column: &Column, capabilities: &Capabilities) -> Result<String> {
    let mut out = String::new();
    push_column(&mut out, table, column, capabilities)?;
    Ok(out)
}

pub(super) fn push_column(out: &mut String, table: &Table, column: &Column, capabilities: &Capabilities) -> Result<()> {
    let syntax = Syntax::of(capabilities.dialect);
    let usage = usage(table, column);
    push_name(out, &column.name, syntax);
    out.push(' ');
    out.push_str(&type_name(&column.sql_type, usage, capabilities)?);
    if !column.nullable {
        out.push_str(" NOT NULL");
    }
    if usage.auto_increment {
        out.push_str(syntax.ddl.auto_increment);
    }
    if let Some(default) = &column.default {
        out.push_str(" DEFAULT ");
        push_default(out, default, column, usage, syntax, capabilities)?;
    }
    if let Some(comment) = &column.comment
        && syntax.ddl.comments == Comments::Inline
    {
        out.push_str(" COMMENT ");
        (syntax.literal)(out, &Value::Text(comment.clone()))?;
    }
    Ok(())
}

fn push_default(
    out: &mut String,
    default: &str,
    column: &Column,
    usage: TypeUse,
    syntax: &Syntax,
    capabilities: &Capabilities,
) -> Result<()> {
    let default = default.trim();
    let moment = matches!(column.sql_type, Type::DateTime | Type::Timestamp);
    if moment && is_current_timestamp(default) {
        out.push_str(syntax.ddl.timestamp_default);
        return Ok(());
    }
    // MySQL takes an expression only, not a literal, as the default of a type without a greatest length.
    let mysql = matches!(syntax.dialect, Dialect::MySql | Dialect::MariaDb);
    let unbounded = mysql && {
        let name = type_name(&column.sql_type, usage, capabilities)?;
        ["LONGTEXT", "LONGBLOB", "JSON"].contains(&&*name)
    };
    let parentheses = syntax.ddl.default_parentheses
        && !default.starts_with('(')
        && !default.eq_ignore_ascii_case("null")
        && (unbounded || !is_literal(default));
    if parentheses {
        out.push('(');
    }
    out.push_str(default);
    if parentheses {
        out.push(')');
    }
    Ok(())
}

fn is_current_timestamp(default: &str) -> bool {
    ["current_timestamp", "current_timestamp()", "now()"].iter().any(|name| default.eq_ignore_ascii_case(name))
}

/// A number, a string, or a word that is a constant.
fn is_literal(default: &str) -> bool {
    let words = ["true", "false", "current_timestamp"];
    let number = default.strip_prefix(['-', '+']).unwrap_or(default);
    let is_number = number.starts_with(|c: char| c.is_ascii_digit())
        && number.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'+'))
        && number.parse::<f64>().is_ok();
    is_number || words.iter().any(|word| default.eq_ignore_ascii_case(word)) || is_string(default)
}

/// One string in quotes, to the end.
fn is_string(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) else { return false };
    !inner.replace("''", "").contains('\'')
}

/// ALTER TABLE … ADD COLUMN, and its comment. The table is the one that the column is added to; what it says about keys
/// and indexes decides the column's type where that matters.
///
/// # Errors
/// [`Error::Unsupported`](crate::Error::Unsupported) for a type that the database lacks and, on SQLite, for a column that
/// can't be added to a table that has rows: a key, a NOT NULL column without a default, a default that is no constant.
pub fn add_column(table: &Table, column: &Column, capabilities: &Capabilities) -> Result<Vec<String>> {
    let syntax = Syntax::of(capabilities.dialect);
    if capabilities.dialect == Dialect::Sqlite {
        let default = column.default.as_deref().map(str::trim);
        let constant = default.is_none_or(|default| {
            is_literal(default) && !is_current_timestamp(default) || default.eq_ignore_ascii_case("null")
        });
        let null = default.is_none_or(|default| default.eq_ignore_ascii_case("null"));
        let reason = if usage(table, column).sole_key {
            Some("it is the primary key")
        } else if !column.nullable && null {
            Some("it is NOT NULL and has no default")
        } else if !constant {
            Some("its default is not a constant")
        } else {
            None
        };
        if let Some(reason) = reason {
            return Err(syntax.unsupported(format!(
                "ADD COLUMN for {}.{}: {reason}; the table must be copied",
                table.name, column.name
            )));
        }
    }
    let mut out = format!("ALTER TABLE {} ADD COLUMN ", qualified_name(table, capabilities));
    push_column(&mut out, table, column, capabilities)?;
    let mut statements = vec![out];
    statements.extend(column_comment(table, &column.name, column.comment.as_deref(), capabilities)?);
    Ok(statements)
}

/// ALTER TABLE … DROP COLUMN.
pub fn drop_column(table: &Table, column: &str, capabilities: &Capabilities) -> String {
    format!("ALTER TABLE {} DROP COLUMN {}", qualified_name(table, capabilities), quote(column, capabilities.dialect))
}
