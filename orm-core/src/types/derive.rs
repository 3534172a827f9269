//! What the derives' output calls about types. No part of the public interface.

use super::{DecodeError, References, SqlType, Type};
use std::fmt::Display;

/// The type with a greatest length.
pub fn with_length(ty: Type, length: u32) -> Type {
    match ty {
        Type::Text { .. } => Type::Text { length: Some(length) },
        Type::Binary { .. } => Type::Binary { length: Some(length) },
        Type::Raw(name) => Type::Raw(format!("{name}({length})").into()),
        other => other,
    }
}

/// The type with a number of digits.
pub fn with_precision(ty: Type, precision: u32, scale: Option<u32>) -> Type {
    match (ty, scale) {
        (Type::Decimal { .. }, _) => Type::Decimal { precision: Some(precision), scale },
        (Type::Raw(name), Some(scale)) => Type::Raw(format!("{name}({precision}, {scale})").into()),
        (Type::Raw(name), None) => Type::Raw(format!("{name}({precision})").into()),
        (other, _) => other,
    }
}

/// A value that is none of an enum's.
#[cold]
pub fn no_variant(value: &dyn Display, name: &str, known: &str) -> DecodeError {
    DecodeError::Invalid(format!("`{value}` is not a value of `{name}`, which has {known}"))
}

/// Checks at compile time that a key without a constraint has the type of the key that it leads to.
pub const fn check_key<S, T>()
where
    S: SqlType<Base: References<T::Base>>,
    T: SqlType,
{
}
