use crate::dialect::Capabilities;
use crate::dialect::types::{TypeUse, sized};
use crate::error::{Error, Result};
use crate::types::{Dialect, Type};
use std::borrow::Cow;

fn unsupported(feature: &str) -> Error {
    Error::Unsupported { feature: feature.to_owned(), dialect: Dialect::Sqlite }
}

/// SQLite derives an affinity from the words in a type's name, so the names are chosen for what they do to values: text
/// that must stay as it is (decimals, JSON) says TEXT.
pub(super) fn column(ty: &Type, usage: TypeUse, _: &Capabilities) -> Result<Cow<'static, str>> {
    if usage.auto_increment {
        // Exactly this word makes the key an alias of the row's number.
        return Ok("INTEGER".into());
    }
    Ok(match ty {
        Type::Boolean => "BOOLEAN".into(),
        Type::TinyInt => "TINYINT".into(),
        Type::SmallInt => "SMALLINT".into(),
        // `INTEGER PRIMARY KEY` would be numbered.
        Type::Integer if usage.sole_key => "INT".into(),
        Type::Integer => "INTEGER".into(),
        Type::BigInt | Type::Interval => "BIGINT".into(),
        Type::UnsignedTinyInt => "TINYINT UNSIGNED".into(),
        Type::UnsignedSmallInt => "SMALLINT UNSIGNED".into(),
        Type::UnsignedInteger => "INTEGER UNSIGNED".into(),
        Type::UnsignedBigInt => return Err(unsupported("unsigned 64-bit integers; use i64")),
        Type::Real => "REAL".into(),
        Type::Double => "DOUBLE".into(),
        Type::Text { length: None } => "TEXT".into(),
        Type::Text { length } => sized("VARCHAR", *length, None),
        Type::Binary { length } => sized("BLOB", *length, None),
        Type::Date => "DATE".into(),
        Type::Time => "TIME".into(),
        Type::DateTime => "DATETIME".into(),
        Type::Timestamp => "TIMESTAMP".into(),
        Type::Uuid => "UUID".into(),
        Type::Decimal { precision, scale } => sized("DECIMAL_TEXT", *precision, *scale),
        // With the affinity of `JSON`, which is NUMERIC, the document `1.0` would become `1`.
        Type::Json => "JSON_TEXT".into(),
        Type::Enum { .. } => "VARCHAR".into(),
        Type::Raw(name) => name.clone(),
    })
}

pub(super) fn cast(ty: &Type, _: &Capabilities) -> Result<Cow<'static, str>> {
    Ok(match ty {
        Type::TinyInt
        | Type::SmallInt
        | Type::Integer
        | Type::BigInt
        | Type::UnsignedTinyInt
        | Type::UnsignedSmallInt
        | Type::UnsignedInteger
        | Type::Interval => "INTEGER".into(),
        Type::UnsignedBigInt => return Err(unsupported("unsigned 64-bit integers; use i64")),
        Type::Real | Type::Double => "REAL".into(),
        Type::Text { .. } | Type::Json | Type::Enum { .. } => "TEXT".into(),
        Type::Binary { .. } => "BLOB".into(),
        Type::Decimal { .. } => "NUMERIC".into(),
        Type::Uuid => return Err(unsupported("CAST to a UUID")),
        // Written as comparisons and functions instead.
        Type::Boolean => "BOOLEAN".into(),
        Type::Date => "DATE".into(),
        Type::Time => "TIME".into(),
        Type::DateTime | Type::Timestamp => "DATETIME".into(),
        Type::Raw(name) => name.clone(),
    })
}
