use super::table::{push_constraint, qualified_name};
use super::{push_columns, push_qualified};
use crate::dialect::Capabilities;
use crate::dialect::names::quote;
use crate::dialect::syntax::Syntax;
use crate::entity::Action;
use crate::error::{Error, Result};
use crate::schema::{Check, ForeignKey, Table, Unique};

pub(super) fn push_foreign_key(
    out: &mut String,
    table: &Table,
    key: &ForeignKey,
    capabilities: &Capabilities,
) -> Result<()> {
    let syntax = Syntax::of(capabilities.dialect);
    if !syntax.ddl.foreign_schemas && key.target_schema != table.schema {
        return Err(syntax.unsupported(format!(
            "foreign keys between databases: {} references {} in another schema",
            table.name, key.target
        )));
    }
    push_constraint(out, key.name.as_deref(), syntax);
    out.push_str("FOREIGN KEY ");
    push_columns(out, &key.columns, syntax);
    out.push_str(" REFERENCES ");
    push_qualified(out, key.target_schema.as_deref().filter(|_| syntax.ddl.foreign_schemas), &key.target, syntax);
    out.push(' ');
    push_columns(out, &key.target_columns, syntax);
    for (clause, action) in [(" ON DELETE ", key.on_delete), (" ON UPDATE ", key.on_update)] {
        if action == Action::SetDefault && !syntax.ddl.set_default {
            return Err(syntax.unsupported(format!(
                "SET DEFAULT as a foreign key's action ({}.{}): use SET NULL or CASCADE",
                table.name,
                key.columns.join(", ")
            )));
        }
        let words = match action {
            Action::NoAction => continue,
            Action::Restrict => "RESTRICT",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        };
        out.push_str(clause);
        out.push_str(words);
    }
    Ok(())
}

/// ALTER TABLE … ADD FOREIGN KEY.
///
/// # Errors
/// [`Error::Unsupported`] on SQLite, whose constraints are part of CREATE TABLE.
pub fn add_foreign_key(table: &Table, key: &ForeignKey, capabilities: &Capabilities) -> Result<String> {
    let syntax = Syntax::of(capabilities.dialect);
    if !syntax.ddl.alter_constraints {
        return Err(
            syntax.unsupported(format!("ALTER TABLE … ADD FOREIGN KEY ({}): the table must be copied", table.name))
        );
    }
    let mut out = format!("ALTER TABLE {} ADD ", qualified_name(table, capabilities));
    push_foreign_key(&mut out, table, key, capabilities)?;
    Ok(out)
}

/// ALTER TABLE … DROP CONSTRAINT, DROP FOREIGN KEY.
///
/// # Errors
/// [`Error::Unsupported`] on SQLite, whose constraints are part of CREATE TABLE; [`Error::Statement`] for a key without a
/// name.
pub fn drop_foreign_key(table: &Table, key: &ForeignKey, capabilities: &Capabilities) -> Result<String> {
    let syntax = Syntax::of(capabilities.dialect);
    if !syntax.ddl.alter_constraints {
        return Err(
            syntax.unsupported(format!("ALTER TABLE … DROP CONSTRAINT ({}): the table must be copied", table.name))
        );
    }
    let Some(name) = &key.name else {
        return Err(Error::Statement(format!(
            "the foreign key {}.{} has no name, so it can't be dropped",
            table.name,
            key.columns.join(", ")
        )));
    };
    Ok(format!(
        "ALTER TABLE {} {} {}",
        qualified_name(table, capabilities),
        syntax.ddl.drop_foreign_key,
        quote(name, capabilities.dialect)
    ))
}

/// `ALTER TABLE t ADD `, or why not.
fn add(table: &Table, what: &str, capabilities: &Capabilities) -> Result<String> {
    let syntax = Syntax::of(capabilities.dialect);
    if syntax.ddl.alter_constraints {
        return Ok(format!("ALTER TABLE {} ADD ", qualified_name(table, capabilities)));
    }
    Err(syntax.unsupported(format!("ALTER TABLE … ADD {what} ({}): the table must be copied", table.name)))
}

fn drop(table: &Table, name: Option<&str>, what: &str, capabilities: &Capabilities) -> Result<String> {
    let syntax = Syntax::of(capabilities.dialect);
    if !syntax.ddl.alter_constraints {
        return Err(syntax.unsupported(format!("ALTER TABLE … DROP {what} ({}): the table must be copied", table.name)));
    }
    let Some(name) = name else {
        return Err(Error::Statement(format!(
            "a {what} constraint of {} has no name, so it can't be dropped",
            table.name
        )));
    };
    // A unique constraint is nothing but an index on MySQL and MariaDB.
    let words = if what == "UNIQUE" && syntax.ddl.index_of_table { "DROP INDEX" } else { "DROP CONSTRAINT" };
    Ok(format!("ALTER TABLE {} {words} {}", qualified_name(table, capabilities), quote(name, capabilities.dialect)))
}

/// ALTER TABLE … ADD UNIQUE; on SQLite, which has no such thing, CREATE UNIQUE INDEX, which is the same there.
///
/// # Errors
/// [`Error::Statement`] on SQLite for a constraint without a name.
pub fn add_unique(table: &Table, unique: &Unique, capabilities: &Capabilities) -> Result<String> {
    let syntax = Syntax::of(capabilities.dialect);
    if !syntax.ddl.alter_constraints {
        let Some(name) = unique.name.clone() else {
            return Err(Error::Statement(format!("the unique constraint to add to {} needs a name", table.name)));
        };
        let index = crate::schema::Index { name, columns: unique.columns.clone(), unique: true, filter: None };
        return super::create_index(table, &index, capabilities);
    }
    let mut out = add(table, "UNIQUE", capabilities)?;
    push_constraint(&mut out, unique.name.as_deref(), syntax);
    out.push_str("UNIQUE ");
    push_columns(&mut out, &unique.columns, syntax);
    Ok(out)
}

/// ALTER TABLE … DROP CONSTRAINT, or DROP INDEX on MySQL and MariaDB.
///
/// # Errors
/// [`Error::Unsupported`] on SQLite, whose constraints are part of CREATE TABLE; [`Error::Statement`] without a name.
pub fn drop_unique(table: &Table, unique: &Unique, capabilities: &Capabilities) -> Result<String> {
    drop(table, unique.name.as_deref(), "UNIQUE", capabilities)
}

/// ALTER TABLE … ADD CHECK.
///
/// # Errors
/// [`Error::Unsupported`] on SQLite, whose constraints are part of CREATE TABLE.
pub fn add_check(table: &Table, check: &Check, capabilities: &Capabilities) -> Result<String> {
    let mut out = add(table, "CHECK", capabilities)?;
    push_constraint(&mut out, check.name.as_deref(), Syntax::of(capabilities.dialect));
    out.push_str("CHECK (");
    out.push_str(&check.expression);
    out.push(')');
    Ok(out)
}

/// ALTER TABLE … DROP CONSTRAINT.
///
/// # Errors
/// [`Error::Unsupported`] on SQLite, whose constraints are part of CREATE TABLE; [`Error::Statement`] without a name.
pub fn drop_check(table: &Table, check: &Check, capabilities: &Capabilities) -> Result<String> {
    drop(table, check.name.as_deref(), "CHECK", capabilities)
}
