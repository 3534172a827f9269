//! Floor 3: one folder per database. A statement becomes SQL text and binds here, without any I/O.

mod capabilities;
pub mod ddl;
mod literals;
mod mariadb;
mod mysql;
mod mysql_family;
mod names;
mod postgres;
mod sqlite;
mod syntax;
mod types;

pub use crate::types::Dialect;
pub use capabilities::Capabilities;
pub use literals::literal;
pub use names::quote;
pub use types::{TypeUse, cast_name, type_name};

use crate::types::Value;

/// SQL text and its binds, in the text's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled {
    /// The SQL, with `?` or `$1` where a bind stands.
    pub text: String,
    /// The binds.
    pub binds: Vec<Value>,
}

/// Compiles a statement.
///
/// # Errors
/// Everything, for now.
pub fn compile(statement: crate::query::Tree<'_>, capabilities: &Capabilities) -> crate::Result<Compiled> {
    let _ = statement;
    Err(crate::Error::Unsupported { feature: "statements".to_owned(), dialect: capabilities.dialect })
}

/// Compiles an INSERT.
///
/// # Errors
/// Everything, for now.
pub fn compile_insert(tree: crate::query::InsertTree, capabilities: &Capabilities) -> crate::Result<Compiled> {
    compile(crate::query::Tree::Insert(&tree), capabilities)
}
