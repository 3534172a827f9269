//! The names of types: for columns, and for CAST.

use super::Capabilities;
use super::syntax::Syntax;
use crate::error::Result;
use crate::types::Type;
use std::borrow::Cow;

/// What a column is used for, where its type depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypeUse {
    /// It is in a key, constraint or index: MySQL and MariaDB index no text without a greatest length.
    pub keyed: bool,
    /// The database numbers it: on SQLite its type must then be exactly INTEGER.
    pub auto_increment: bool,
    /// It is the only column of the primary key: on SQLite an INTEGER would then be numbered.
    pub sole_key: bool,
}

/// The name of a column's type.
///
/// # Errors
/// [`Error::Unsupported`](crate::Error::Unsupported) when the database has no such type.
pub fn type_name(ty: &Type, usage: TypeUse, capabilities: &Capabilities) -> Result<Cow<'static, str>> {
    (Syntax::of(capabilities.dialect).column_type)(ty, usage, capabilities)
}

/// The name of a type as the target of a CAST.
///
/// # Errors
/// [`Error::Unsupported`](crate::Error::Unsupported) when the database can't cast to it.
pub fn cast_name(ty: &Type, capabilities: &Capabilities) -> Result<Cow<'static, str>> {
    (Syntax::of(capabilities.dialect).cast_type)(ty, capabilities)
}

/// `NAME`, `NAME(p)` or `NAME(p, s)`.
pub(super) fn sized(name: &'static str, first: Option<u32>, second: Option<u32>) -> Cow<'static, str> {
    match (first, second) {
        (None, _) => name.into(),
        (Some(p), None) => format!("{name}({p})").into(),
        (Some(p), Some(s)) => format!("{name}({p}, {s})").into(),
    }
}
