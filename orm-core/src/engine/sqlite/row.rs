//! Reading SQLite's rows. Each value has a type of its own, whatever its column was declared as.

use crate::engine::values::{
    Decoded, canonical_decimal, float_to_decimal, float_to_int, int_to_bool, invalid, parse_date, parse_moment,
    parse_time, parse_uuid,
};
use crate::types::{DecodeError, Row};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use sqlx::sqlite::{SqliteRow, SqliteValueRef};
use sqlx::{Decode, Row as _, Sqlite, TypeInfo, ValueRef};
use std::borrow::Cow;

/// A row as the driver holds it.
pub(super) struct Decoding(pub(super) SqliteRow);

/// A value, as SQLite keeps it.
enum Held<'r> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'r str),
    Blob(&'r [u8]),
}

impl Held<'_> {
    fn name(&self) -> &'static str {
        match self {
            Held::Null => "NULL",
            Held::Integer(_) => "INTEGER",
            Held::Real(_) => "REAL",
            Held::Text(_) => "TEXT",
            Held::Blob(_) => "BLOB",
        }
    }

    fn mismatch<T>(&self, expected: &'static str) -> Decoded<T> {
        Err(DecodeError::Mismatch { expected, found: self.name().to_owned() })
    }
}

impl Decoding {
    fn held(&self, index: usize) -> Result<Held<'_>, DecodeError> {
        let len = self.0.len();
        if index >= len {
            return Err(DecodeError::Missing { index, len });
        }
        let value = self.0.try_get_raw(index).map_err(|error| invalid(error.to_string()))?;
        if value.is_null() {
            return Ok(Held::Null);
        }
        let first = value.type_info().name().as_bytes().first().copied();
        match first {
            Some(b'I') => driver::<i64>(value).map(Held::Integer),
            Some(b'R') => driver::<f64>(value).map(Held::Real),
            Some(b'T') => driver::<&str>(value).map(Held::Text),
            _ => driver::<&[u8]>(value).map(Held::Blob),
        }
    }

    fn text_like<T>(
        &self,
        index: usize,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Result<T, DecodeError>,
    ) -> Decoded<T> {
        match self.held(index)? {
            Held::Null => Ok(None),
            Held::Text(text) => parse(text).map(Some),
            other => other.mismatch(expected),
        }
    }
}

fn driver<'r, T: Decode<'r, Sqlite>>(value: SqliteValueRef<'r>) -> Result<T, DecodeError> {
    T::decode(value).map_err(|error| invalid(error.to_string()))
}

impl Row for Decoding {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn is_null(&self, index: usize) -> Result<bool, DecodeError> {
        Ok(matches!(self.held(index)?, Held::Null))
    }

    fn bool(&self, index: usize) -> Decoded<bool> {
        match self.held(index)? {
            Held::Null => Ok(None),
            Held::Integer(number) => int_to_bool(number).map(Some),
            other => other.mismatch("a boolean"),
        }
    }

    fn i64(&self, index: usize) -> Decoded<i64> {
        match self.held(index)? {
            Held::Null => Ok(None),
            Held::Integer(number) => Ok(Some(number)),
            Held::Real(number) => float_to_int(number).map(Some),
            other => other.mismatch("an integer"),
        }
    }

    fn u64(&self, index: usize) -> Decoded<u64> {
        let Some(number) = self.i64(index)? else { return Ok(None) };
        u64::try_from(number).map(Some).map_err(|_| invalid(format!("{number} is out of the range of `u64`")))
    }

    fn f64(&self, index: usize) -> Decoded<f64> {
        match self.held(index)? {
            Held::Null => Ok(None),
            Held::Integer(number) => Ok(Some(number as f64)),
            Held::Real(number) => Ok(Some(number)),
            other => other.mismatch("a float"),
        }
    }

    fn text(&self, index: usize) -> Decoded<Cow<'_, str>> {
        match self.held(index)? {
            Held::Null => Ok(None),
            Held::Text(text) => Ok(Some(Cow::Borrowed(text))),
            other => other.mismatch("text"),
        }
    }

    fn bytes(&self, index: usize) -> Decoded<Cow<'_, [u8]>> {
        match self.held(index)? {
            Held::Null => Ok(None),
            Held::Blob(bytes) => Ok(Some(Cow::Borrowed(bytes))),
            Held::Text(text) => Ok(Some(Cow::Borrowed(text.as_bytes()))),
            other => other.mismatch("bytes"),
        }
    }

    fn date(&self, index: usize) -> Decoded<NaiveDate> {
        self.text_like(index, "a date", parse_date)
    }

    fn time(&self, index: usize) -> Decoded<NaiveTime> {
        self.text_like(index, "a time of day", parse_time)
    }

    fn datetime(&self, index: usize) -> Decoded<NaiveDateTime> {
        self.text_like(index, "a date and time", parse_moment)
    }

    fn timestamp(&self, index: usize) -> Decoded<DateTime<Utc>> {
        Ok(self.datetime(index)?.map(|moment| moment.and_utc()))
    }

    fn interval(&self, index: usize) -> Decoded<TimeDelta> {
        match self.held(index)? {
            Held::Null => Ok(None),
            Held::Integer(micros) => Ok(Some(TimeDelta::microseconds(micros))),
            other => other.mismatch("a span of time"),
        }
    }

    fn uuid(&self, index: usize) -> Decoded<[u8; 16]> {
        match self.held(index)? {
            Held::Null => Ok(None),
            Held::Blob(bytes) => {
                let len = bytes.len();
                bytes.try_into().map(Some).map_err(|_| invalid(format!("a UUID has 16 bytes, not {len}")))
            }
            Held::Text(text) => parse_uuid(text).map(Some),
            other => other.mismatch("a UUID"),
        }
    }

    fn decimal(&self, index: usize) -> Decoded<Cow<'_, str>> {
        match self.held(index)? {
            Held::Null => Ok(None),
            Held::Integer(number) => Ok(Some(Cow::Owned(number.to_string()))),
            Held::Real(number) => float_to_decimal(number).map(|text| Some(Cow::Owned(text))),
            Held::Text(text) if canonical_decimal(text).is_some() => Ok(Some(Cow::Borrowed(text))),
            Held::Text(text) => Err(invalid(format!("{text:?} is not a decimal number"))),
            other => other.mismatch("a decimal number"),
        }
    }

    fn json(&self, index: usize) -> Decoded<Cow<'_, str>> {
        match self.held(index)? {
            Held::Null => Ok(None),
            Held::Text(text) => Ok(Some(Cow::Borrowed(text))),
            // What `json_extract` makes of a number.
            Held::Integer(number) => Ok(Some(Cow::Owned(number.to_string()))),
            Held::Real(number) => float_to_decimal(number).map(|text| Some(Cow::Owned(text))),
            other => other.mismatch("JSON"),
        }
    }
}
