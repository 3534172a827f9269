//! Binds for MySQL and MariaDB.
//!
//! A timestamp travels as a date and time in UTC, to which sqlx sets every connection; a span of time is its microseconds,
//! decimals and JSON are text. A UUID is 16 bytes on MySQL and text on MariaDB, whose UUID type reads no bytes.

use crate::engine::values::{check, interval_micros, refused};
use crate::error::{Error, Result};
use crate::types::{Dialect, Kind, Value};
use chrono::{Datelike, NaiveDate};
use sqlx::Arguments;
use sqlx::mysql::MySqlArguments;

/// Writes the binds into the driver's arguments.
pub(super) fn arguments(binds: &[Value], dialect: Dialect) -> Result<MySqlArguments> {
    let mut arguments = MySqlArguments::default();
    arguments.reserve(binds.len(), 12 * binds.len());
    for bind in binds {
        check(bind, dialect)?;
        add(&mut arguments, bind, dialect)?;
    }
    Ok(arguments)
}

fn add(arguments: &mut MySqlArguments, bind: &Value, dialect: Dialect) -> Result<()> {
    let refuse = |reason: &str| Err(refused(bind, dialect, reason));
    let added = match bind {
        // MariaDB casts even a NULL, and has no cast from integers to UUIDs.
        Value::Null(kind) => match kind {
            Kind::Bool | Kind::I16 | Kind::I32 | Kind::I64 | Kind::U64 | Kind::Interval => arguments.add(None::<i64>),
            Kind::F32 | Kind::F64 => arguments.add(None::<f64>),
            Kind::Bytes => arguments.add(None::<&[u8]>),
            _ => arguments.add(None::<&str>),
        },
        Value::Bool(v) => arguments.add(*v),
        Value::I16(v) => arguments.add(*v),
        Value::I32(v) => arguments.add(*v),
        Value::I64(v) => arguments.add(*v),
        Value::U64(v) => arguments.add(*v),
        Value::F32(v) if !v.is_finite() => return refuse(FINITE),
        Value::F64(v) if !v.is_finite() => return refuse(FINITE),
        Value::F32(v) => arguments.add(*v),
        Value::F64(v) => arguments.add(*v),
        Value::Decimal(v)
            if v.split_once('.').is_some_and(|(_, fraction)| fraction.trim_end_matches('0').len() > 30) =>
        {
            return refuse("it has more than the 30 digits after the point that a DECIMAL keeps, and would be rounded");
        }
        Value::Text(v) | Value::Json(v) | Value::Decimal(v) | Value::Enum { value: v, .. } => arguments.add(v.as_str()),
        Value::Bytes(v) => arguments.add(v.as_slice()),
        Value::Date(v) if !in_range(*v) => return refuse(YEARS),
        Value::DateTime(v) if !in_range(v.date()) => return refuse(YEARS),
        Value::Timestamp(v) if !in_range(v.date_naive()) => return refuse(YEARS),
        Value::Date(v) => arguments.add(*v),
        Value::Time(v) => arguments.add(*v),
        Value::DateTime(v) => arguments.add(*v),
        Value::Timestamp(v) => arguments.add(v.naive_utc()),
        Value::Interval(v) => match interval_micros(*v) {
            Ok(micros) => arguments.add(micros),
            Err(reason) => return refuse(reason),
        },
        Value::Uuid(v) if dialect == Dialect::MariaDb => arguments.add(bind_uuid_text(v)),
        Value::Uuid(v) => arguments.add(v.as_slice()),
        Value::Array(..) => return refuse("it has no arrays"),
        Value::Invalid(why) => return refuse(why),
    };
    added.map_err(|error| Error::Statement(format!("a bind could not be encoded: {error}")))
}

const FINITE: &str = "it has no NaN and no infinity";
const YEARS: &str = "its dates are of the years 1 to 9999";

fn in_range(date: NaiveDate) -> bool {
    (1..=9999).contains(&date.year())
}

fn bind_uuid_text(bytes: &[u8; 16]) -> String {
    Value::Uuid(*bytes).to_string()
}
