use super::column::{push_column, usage};
use super::constraint::push_foreign_key;
use super::index::create_index;
use super::{push_columns, push_qualified};
use crate::dialect::Capabilities;
use crate::dialect::literals::literal;
use crate::dialect::names::push_name;
use crate::dialect::syntax::{Comments, Syntax};
use crate::error::{Error, Result};
use crate::schema::{ForeignKey, Table};
use crate::types::Value;

/// The table's name with its schema, quoted where needed.
pub fn qualified_name(table: &Table, capabilities: &Capabilities) -> String {
    let mut out = String::new();
    push_qualified(&mut out, table.schema.as_deref(), &table.name, Syntax::of(capabilities.dialect));
    out
}

/// CREATE TABLE with all its keys and constraints, then its comments, then its indexes.
///
/// # Errors
/// [`Error::Unsupported`] for what the database lacks, [`Error::Statement`] for a table without columns.
pub fn create_table(table: &Table, capabilities: &Capabilities) -> Result<Vec<String>> {
    create_table_with(table, capabilities, |_| true)
}

/// [`create_table`] with those of its foreign keys only for which `wanted` says so: the others are added later with
/// [`add_foreign_key`](super::add_foreign_key).
///
/// # Errors
/// As [`create_table`].
pub fn create_table_with(
    table: &Table,
    capabilities: &Capabilities,
    wanted: impl Fn(&ForeignKey) -> bool,
) -> Result<Vec<String>> {
    let syntax = Syntax::of(capabilities.dialect);
    if table.columns.is_empty() {
        return Err(Error::Statement(format!("the table {} has no columns", table.name)));
    }
    let mut out = String::with_capacity(64 + 32 * table.columns.len());
    out.push_str("CREATE TABLE ");
    push_qualified(&mut out, table.schema.as_deref(), &table.name, syntax);
    out.push_str(" (");
    let mut key_written = false;
    for (n, column) in table.columns.iter().enumerate() {
        out.push_str(if n == 0 { "\n    " } else { ",\n    " });
        push_column(&mut out, table, column, capabilities)?;
        if syntax.ddl.inline_key && usage(table, column).auto_increment {
            if let Some(name) = table.primary_key.as_ref().and_then(|key| key.name.as_ref()) {
                out.push_str(" CONSTRAINT ");
                push_name(&mut out, name, syntax);
            }
            out.push_str(" PRIMARY KEY");
            key_written = true;
        }
    }
    if let Some(key) = &table.primary_key
        && !key_written
        && !key.columns.is_empty()
    {
        out.push_str(",\n    ");
        push_constraint(&mut out, key.name.as_deref().filter(|_| syntax.ddl.named_keys), syntax);
        out.push_str("PRIMARY KEY ");
        push_columns(&mut out, &key.columns, syntax);
    }
    for unique in &table.uniques {
        out.push_str(",\n    ");
        push_constraint(&mut out, unique.name.as_deref(), syntax);
        out.push_str("UNIQUE ");
        push_columns(&mut out, &unique.columns, syntax);
    }
    for check in &table.checks {
        out.push_str(",\n    ");
        push_constraint(&mut out, check.name.as_deref(), syntax);
        out.push_str("CHECK (");
        out.push_str(&check.expression);
        out.push(')');
    }
    for key in table.foreign_keys.iter().filter(|key| wanted(key)) {
        out.push_str(",\n    ");
        push_foreign_key(&mut out, table, key, capabilities)?;
    }
    out.push_str("\n)");
    out.push_str(syntax.ddl.table_options);
    let mut statements = Vec::new();
    match (&table.comment, syntax.ddl.comments) {
        (Some(comment), Comments::Inline) => {
            out.push_str(" COMMENT ");
            (syntax.literal)(&mut out, &Value::Text(comment.clone()))?;
        }
        (Some(comment), Comments::Statement) => {
            let name = qualified_name(table, capabilities);
            let comment = literal(&Value::Text(comment.clone()), capabilities.dialect)?;
            statements.push(format!("COMMENT ON TABLE {name} IS {comment}"));
        }
        _ => {}
    }
    statements.insert(0, out);
    for column in &table.columns {
        statements.extend(column_comment(table, &column.name, column.comment.as_deref(), capabilities)?);
    }
    for index in &table.indexes {
        statements.push(create_index(table, index, capabilities)?);
    }
    Ok(statements)
}

/// COMMENT ON COLUMN, where comments are statements.
pub(super) fn column_comment(
    table: &Table,
    column: &str,
    comment: Option<&str>,
    capabilities: &Capabilities,
) -> Result<Option<String>> {
    let syntax = Syntax::of(capabilities.dialect);
    let Some(comment) = comment.filter(|_| syntax.ddl.comments == Comments::Statement) else { return Ok(None) };
    let mut out = String::from("COMMENT ON COLUMN ");
    push_qualified(&mut out, table.schema.as_deref(), &table.name, syntax);
    out.push('.');
    push_name(&mut out, column, syntax);
    out.push_str(" IS ");
    (syntax.literal)(&mut out, &Value::Text(comment.to_owned()))?;
    Ok(Some(out))
}

/// `CONSTRAINT name `, if it has one.
pub(super) fn push_constraint(out: &mut String, name: Option<&str>, syntax: &Syntax) {
    if let Some(name) = name {
        out.push_str("CONSTRAINT ");
        push_name(out, name, syntax);
        out.push(' ');
    }
}

/// DROP TABLE.
pub fn drop_table(table: &Table, capabilities: &Capabilities) -> String {
    format!("DROP TABLE {}", qualified_name(table, capabilities))
}
