use crate::dialect::Capabilities;
use crate::dialect::names::quote;
use crate::dialect::types::{TypeUse, sized};
use crate::error::{Error, Result};
use crate::types::{Dialect, Type};
use std::borrow::Cow;

pub(super) fn column(ty: &Type, _: TypeUse, capabilities: &Capabilities) -> Result<Cow<'static, str>> {
    cast(ty, capabilities)
}

pub(super) fn cast(ty: &Type, _: &Capabilities) -> Result<Cow<'static, str>> {
    Ok(match ty {
        Type::Boolean => "BOOLEAN".into(),
        Type::TinyInt | Type::SmallInt | Type::UnsignedTinyInt => "SMALLINT".into(),
        Type::Integer | Type::UnsignedSmallInt => "INTEGER".into(),
        Type::BigInt | Type::UnsignedInteger => "BIGINT".into(),
        Type::UnsignedBigInt => {
            let feature = "unsigned 64-bit integers; use i64, or a decimal of 20 digits".to_owned();
            return Err(Error::Unsupported { feature, dialect: Dialect::Postgres });
        }
        Type::Real => "REAL".into(),
        Type::Double => "DOUBLE PRECISION".into(),
        Type::Text { length: None } => "TEXT".into(),
        Type::Text { length } => sized("VARCHAR", *length, None),
        Type::Binary { .. } => "BYTEA".into(),
        Type::Date => "DATE".into(),
        Type::Time => "TIME".into(),
        Type::DateTime => "TIMESTAMP".into(),
        Type::Timestamp => "TIMESTAMPTZ".into(),
        Type::Interval => "INTERVAL".into(),
        Type::Uuid => "UUID".into(),
        Type::Decimal { precision, scale } => sized("NUMERIC", *precision, *scale),
        Type::Json => "JSONB".into(),
        Type::Enum { name, .. } => quote(name, Dialect::Postgres).into_owned().into(),
        Type::Raw(name) => name.clone(),
    })
}
