use crate::dialect::Capabilities;
use crate::dialect::literals::push_quoted;
use crate::dialect::types::{TypeUse, sized};
use crate::error::{Error, Result};
use crate::types::{Dialect, Type};
use std::borrow::Cow;

/// The length of a text or binary column without one that is in a key: 255 characters of four bytes fit an index.
const TEXT_KEY: u32 = 255;
/// The longest VARCHAR of four-byte characters; a longer one is LONGTEXT.
const LONGEST_VARCHAR: u32 = 16_383;

pub(super) fn column(ty: &Type, usage: TypeUse, capabilities: &Capabilities) -> Result<Cow<'static, str>> {
    let key = usage.keyed.then_some(TEXT_KEY);
    Ok(match ty {
        Type::Boolean => "BOOLEAN".into(),
        Type::TinyInt => "TINYINT".into(),
        Type::SmallInt => "SMALLINT".into(),
        Type::Integer => "INTEGER".into(),
        Type::BigInt | Type::Interval => "BIGINT".into(),
        Type::UnsignedTinyInt => "TINYINT UNSIGNED".into(),
        Type::UnsignedSmallInt => "SMALLINT UNSIGNED".into(),
        Type::UnsignedInteger => "INTEGER UNSIGNED".into(),
        Type::UnsignedBigInt => "BIGINT UNSIGNED".into(),
        Type::Real => "FLOAT".into(),
        Type::Double => "DOUBLE".into(),
        Type::Text { length } => match length.or(key) {
            Some(length) if length <= LONGEST_VARCHAR => sized("VARCHAR", Some(length), None),
            _ => "LONGTEXT".into(),
        },
        Type::Binary { length } => match length.or(key) {
            Some(length) if length <= LONGEST_VARCHAR => sized("VARBINARY", Some(length), None),
            _ => "LONGBLOB".into(),
        },
        Type::Date => "DATE".into(),
        Type::Time => "TIME(6)".into(),
        // Not TIMESTAMP, which ends in 2038; the connection's time zone is UTC.
        Type::DateTime | Type::Timestamp => "DATETIME(6)".into(),
        Type::Uuid => match capabilities.dialect {
            Dialect::MariaDb => "UUID".into(),
            _ => "BINARY(16)".into(),
        },
        // The most that there is: every decimal of 28 digits, wherever its point is, and no digit after the point is lost
        // that a value may have (30, else it is refused).
        Type::Decimal { precision: None, .. } => "DECIMAL(65, 30)".into(),
        Type::Decimal { precision, scale } => sized("DECIMAL", *precision, *scale),
        Type::Json => "JSON".into(),
        Type::Enum { values, .. } => {
            let mut out = String::from("ENUM(");
            for (n, value) in values.iter().enumerate() {
                out.push_str(if n == 0 { "" } else { ", " });
                push_quoted(&mut out, &value.replace('\\', "\\\\"));
            }
            out.push(')');
            out.into()
        }
        Type::Raw(name) => name.clone(),
    })
}

pub(super) fn cast(ty: &Type, capabilities: &Capabilities) -> Result<Cow<'static, str>> {
    Ok(match ty {
        Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt | Type::Interval => "SIGNED".into(),
        Type::UnsignedTinyInt | Type::UnsignedSmallInt | Type::UnsignedInteger | Type::UnsignedBigInt => {
            "UNSIGNED".into()
        }
        Type::Real | Type::Double => "DOUBLE".into(),
        Type::Text { length } => sized("CHAR", *length, None),
        Type::Binary { .. } => "BINARY".into(),
        Type::Date => "DATE".into(),
        Type::Time => "TIME(6)".into(),
        Type::DateTime | Type::Timestamp => "DATETIME(6)".into(),
        Type::Decimal { precision: None, .. } => "DECIMAL(58, 28)".into(),
        Type::Decimal { precision, scale } => sized("DECIMAL", *precision, *scale),
        Type::Json if capabilities.dialect == Dialect::MySql => "JSON".into(),
        Type::Json | Type::Enum { .. } => "CHAR".into(),
        Type::Uuid if capabilities.dialect == Dialect::MariaDb => "UUID".into(),
        Type::Uuid => {
            let feature = "CAST to a UUID, which it keeps as 16 bytes".to_owned();
            return Err(Error::Unsupported { feature, dialect: capabilities.dialect });
        }
        // Written as a comparison instead.
        Type::Boolean => "SIGNED".into(),
        Type::Raw(name) => name.clone(),
    })
}
