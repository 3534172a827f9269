//! Definitions: the statements that make, change and drop tables, as text.
//!
//! Everything here is a pure function of a [`schema`](crate::schema) and what the database can do. Statements that belong
//! together come as a list, to be run in order. SQLite keeps no comments, so none are written for it.

mod all;
mod column;
mod constraint;
mod enums;
mod index;
mod table;

pub use all::{create_all, creation_order, drop_all};
pub use column::{add_column, column_definition, drop_column, usage};
pub use constraint::{add_check, add_foreign_key, add_unique, drop_check, drop_foreign_key, drop_unique};
pub use enums::{create_enum_type, drop_enum_type, enum_types};
pub use index::{create_index, drop_index};
pub use table::{create_table, create_table_with, drop_table, qualified_name};

use super::names::push_name;
use super::syntax::Syntax;

/// `(a, b)`
fn push_columns(out: &mut String, columns: &[String], syntax: &Syntax) {
    out.push('(');
    for (n, column) in columns.iter().enumerate() {
        out.push_str(if n == 0 { "" } else { ", " });
        push_name(out, column, syntax);
    }
    out.push(')');
}

/// `schema.name`
fn push_qualified(out: &mut String, schema: Option<&str>, name: &str, syntax: &Syntax) {
    if let Some(schema) = schema {
        push_name(out, schema, syntax);
        out.push('.');
    }
    push_name(out, name, syntax);
}
