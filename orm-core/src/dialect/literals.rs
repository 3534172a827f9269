//! Values written into SQL text: for definitions, and for statements by request. Elsewhere values are binds.

use super::syntax::Syntax;
use crate::error::{Error, Result};
use crate::types::{Dialect, Value};
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use std::fmt::Write;

/// A value as a literal of the database, correctly quoted.
///
/// # Errors
/// [`Error::Bind`] for a value that the database can't hold.
pub fn literal(value: &Value, dialect: Dialect) -> Result<String> {
    let mut out = String::new();
    (Syntax::of(dialect).literal)(&mut out, value)?;
    Ok(out)
}

#[cold]
pub(super) fn refused(value: &Value, dialect: Dialect, reason: &str) -> Error {
    Error::Bind { value: value.to_string().chars().take(60).collect(), dialect, reason: reason.to_owned() }
}

/// Formatting into a `String` can't fail.
pub(super) fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

/// Text in quotes, the quotes inside doubled.
pub(super) fn push_quoted(out: &mut String, text: &str) {
    out.push('\'');
    for c in text.chars() {
        if c == '\'' {
            out.push(c);
        }
        out.push(c);
    }
    out.push('\'');
}

pub(super) fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        push(out, format_args!("{byte:02x}"));
    }
}

/// `x'…'`
pub(super) fn push_bytes(out: &mut String, bytes: &[u8]) {
    out.push_str("x'");
    push_hex(out, bytes);
    out.push('\'');
}

/// A decimal number without a plus sign; refused if it is no number.
pub(super) fn decimal<'a>(value: &Value, text: &'a str, dialect: Dialect) -> Result<&'a str> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    if number(whole) && number(fraction) {
        Ok(text)
    } else {
        Err(refused(value, dialect, "it is not a decimal number in plain notation, such as -12.50"))
    }
}

/// The dates of databases whose years have four digits.
pub(super) fn four_digits(value: &Value, date: NaiveDate, dialect: Dialect) -> Result<NaiveDate> {
    if (0..=9999).contains(&date.year()) { Ok(date) } else { Err(refused(value, dialect, "its years are 0 to 9999")) }
}

/// `2020-01-02 03:04:05.000006`
pub(super) fn push_moment(out: &mut String, moment: NaiveDateTime) {
    push(out, format_args!("{}", moment.format("%Y-%m-%d %H:%M:%S%.6f")));
}

/// The microseconds of a span of time.
pub(super) fn micros(value: &Value, dialect: Dialect) -> Result<i64> {
    let Value::Interval(span) = value else { return Err(refused(value, dialect, "it is no span of time")) };
    span.num_microseconds().ok_or_else(|| refused(value, dialect, "it is longer than 64-bit microseconds can tell"))
}

/// What is written in the same way everywhere; the other kinds are each database's own.
pub(super) fn common(out: &mut String, value: &Value, dialect: Dialect) -> Result<()> {
    match value {
        Value::Null(_) => out.push_str("NULL"),
        Value::Bool(v) => out.push_str(if *v { "TRUE" } else { "FALSE" }),
        Value::I16(v) => push(out, format_args!("{v}")),
        Value::I32(v) => push(out, format_args!("{v}")),
        Value::I64(v) => push(out, format_args!("{v}")),
        Value::U64(v) => push(out, format_args!("{v}")),
        Value::Text(v) | Value::Json(v) | Value::Enum { value: v, .. } => push_quoted(out, v),
        Value::Bytes(v) => push_bytes(out, v),
        Value::Uuid(v) => push_bytes(out, v),
        Value::Decimal(v) => out.push_str(decimal(value, v, dialect)?),
        Value::Interval(_) => push(out, format_args!("{}", micros(value, dialect)?)),
        Value::Invalid(why) => return Err(refused(value, dialect, why)),
        Value::F32(_)
        | Value::F64(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::Timestamp(_)
        | Value::Array(..) => {
            return Err(refused(value, dialect, "it has no literal"));
        }
    }
    Ok(())
}
