//! How values are kept in SQLite, which has integers, floats, text and blobs only.
//!
//! Dates and times are text of fixed width (`2020-01-02`, `03:04:05.000006`, `2020-01-02 03:04:05.000006`), so that they
//! sort as they should; a timestamp is such a text in UTC. A UUID is a blob of 16 bytes, a span of time its microseconds,
//! a decimal its text without zeros that say nothing.

use crate::engine::backend::KEPT_BINDS;
use crate::engine::values::{
    canonical_decimal, check, date_text, datetime_text, four_digit_year, interval_micros, refused, time_text,
};
use crate::error::{Error, Result};
use crate::types::{Dialect, Value};
use sqlx::Arguments;
use sqlx::sqlite::SqliteArguments;

const DIALECT: Dialect = Dialect::Sqlite;

/// Moves the binds into the driver's arguments; leaves those behind that an error would show.
pub(super) fn arguments(binds: &mut [Value]) -> Result<SqliteArguments> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(binds.len(), 0);
    for (n, bind) in binds.iter_mut().enumerate() {
        check(bind, DIALECT)?;
        let value = if n < KEPT_BINDS { bind.clone() } else { std::mem::replace(bind, Value::Bool(false)) };
        add(&mut arguments, value)?;
    }
    Ok(arguments)
}

fn add(arguments: &mut SqliteArguments, value: Value) -> Result<()> {
    let added = match value {
        Value::Null(_) => arguments.add(None::<i64>),
        Value::Bool(v) => arguments.add(i64::from(v)),
        Value::I16(v) => arguments.add(i64::from(v)),
        Value::I32(v) => arguments.add(i64::from(v)),
        Value::I64(v) => arguments.add(v),
        Value::U64(v) => match i64::try_from(v) {
            Ok(v) => arguments.add(v),
            Err(_) => return Err(refused(&value, DIALECT, "its integers end at 9223372036854775807")),
        },
        Value::F32(v) if v.is_nan() => return Err(refused(&value, DIALECT, NAN)),
        Value::F64(v) if v.is_nan() => return Err(refused(&value, DIALECT, NAN)),
        Value::F32(v) => arguments.add(f64::from(v)),
        Value::F64(v) => arguments.add(v),
        Value::Text(v) | Value::Json(v) | Value::Enum { value: v, .. } => arguments.add(v),
        Value::Bytes(v) => arguments.add(v),
        Value::Date(v) if !four_digit_year(v) => return Err(refused(&value, DIALECT, YEARS)),
        Value::DateTime(v) if !four_digit_year(v.date()) => return Err(refused(&value, DIALECT, YEARS)),
        Value::Timestamp(v) if !four_digit_year(v.date_naive()) => return Err(refused(&value, DIALECT, YEARS)),
        Value::Date(v) => arguments.add(date_text(v)),
        Value::Time(v) => arguments.add(time_text(v)),
        Value::DateTime(v) => arguments.add(datetime_text(v)),
        Value::Timestamp(v) => arguments.add(datetime_text(v.naive_utc())),
        Value::Interval(v) => match interval_micros(v) {
            Ok(micros) => arguments.add(micros),
            Err(reason) => return Err(refused(&value, DIALECT, reason)),
        },
        Value::Uuid(v) => arguments.add(v.to_vec()),
        Value::Decimal(v) => arguments.add(canonical_decimal(&v).unwrap_or_default().into_owned()),
        Value::Array(..) => return Err(refused(&value, DIALECT, "it has no arrays")),
        Value::Invalid(ref why) => return Err(refused(&value, DIALECT, why.clone())),
    };
    added.map_err(|error| Error::Statement(format!("a bind could not be encoded: {error}")))
}

const NAN: &str = "it would become NULL";
const YEARS: &str = "dates are kept as text, which sorts for the years 0 to 9999 only";
