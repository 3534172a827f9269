//! Floor 3: one folder per database. A statement becomes SQL text and binds here, without any I/O.

mod capabilities;

pub use crate::types::Dialect;
pub use capabilities::Capabilities;

use crate::types::Value;

/// SQL text and its binds, in the text's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled {
    /// The SQL, with `?` or `$1` where a bind stands.
    pub text: String,
    /// The binds.
    pub binds: Vec<Value>,
}
