//! Floor 3: one folder per database. A statement becomes SQL text and binds here, without any I/O.

mod capabilities;
mod compile;
pub mod ddl;
mod literals;
mod mariadb;
mod mysql;
mod mysql_family;
mod names;
mod postgres;
mod sql;
mod sqlite;
mod syntax;
mod types;

pub use crate::types::Dialect;
pub use capabilities::Capabilities;
pub(crate) use compile::compile_with;
pub use compile::{compile, compile_insert};
pub(crate) use compile::{compile_delete_rows, compile_insert_rows, compile_update_rows};
pub use literals::literal;
pub use names::quote;
pub use sql::Sql;
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
