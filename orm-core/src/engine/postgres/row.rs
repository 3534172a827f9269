//! Reading PostgreSQL's binary rows. The types of the columns are looked at once per statement.

use super::bind::epoch;
use super::numeric;
use crate::engine::values::{Decoded, decimal_to_int, float_to_decimal, float_to_int, invalid, parse_uuid};
use crate::types::{DecodeError, Row};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use sqlx::postgres::{PgRow, PgTypeInfo, PgTypeKind};
use sqlx::{Column, Row as _, TypeInfo, ValueRef};
use std::borrow::Cow;

/// How a column's bytes are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    Text,
    Bytes,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Uuid,
    Json,
    Jsonb,
    Other,
}

/// The kinds of a result's columns.
pub(super) fn kinds(row: &PgRow) -> Vec<Kind> {
    row.columns().iter().map(|column| kind(column.type_info())).collect()
}

fn kind(info: &PgTypeInfo) -> Kind {
    match info.oid().map(|oid| oid.0) {
        Some(16) => Kind::Bool,
        Some(21) => Kind::Int2,
        Some(23) => Kind::Int4,
        Some(20) => Kind::Int8,
        // oid, xid, regclass, regtype
        Some(26 | 28 | 2205 | 2206) => Kind::Oid,
        Some(700) => Kind::Float4,
        Some(701) => Kind::Float8,
        Some(1700) => Kind::Numeric,
        // "char", name, text, xml, unknown, bpchar, varchar, void
        Some(18 | 19 | 25 | 142 | 705 | 1042 | 1043 | 2278) => Kind::Text,
        Some(17) => Kind::Bytes,
        Some(1082) => Kind::Date,
        Some(1083) => Kind::Time,
        Some(1114) => Kind::Timestamp,
        Some(1184) => Kind::TimestampTz,
        Some(1186) => Kind::Interval,
        Some(2950) => Kind::Uuid,
        Some(114) => Kind::Json,
        Some(3802) => Kind::Jsonb,
        _ => match info.kind() {
            PgTypeKind::Enum(_) => Kind::Text,
            PgTypeKind::Domain(base) => kind(base),
            _ if info.name().eq_ignore_ascii_case("citext") => Kind::Text,
            _ => Kind::Other,
        },
    }
}

/// A row as the driver holds it, with the kinds of its columns.
pub(super) struct Decoding<K> {
    pub(super) row: PgRow,
    pub(super) kinds: K,
}

impl<K: AsRef<[Kind]>> Decoding<K> {
    /// A value's bytes and what they are; `None` is NULL.
    fn raw(&self, index: usize) -> Result<Option<(Kind, &[u8])>, DecodeError> {
        let kinds = self.kinds.as_ref();
        let Some(kind) = kinds.get(index) else { return Err(DecodeError::Missing { index, len: kinds.len() }) };
        let value = self.row.try_get_raw(index).map_err(|error| invalid(error.to_string()))?;
        // Asked first: the driver's error for NULL costs an allocation.
        if value.is_null() {
            return Ok(None);
        }
        let bytes = value.as_bytes().map_err(|error| invalid(error.to_string()))?;
        Ok(Some((*kind, bytes)))
    }

    fn mismatch<T>(&self, index: usize, expected: &'static str) -> Decoded<T> {
        let found = self.row.columns().get(index).map(|column| column.type_info().name().to_owned());
        Err(DecodeError::Mismatch { expected, found: found.unwrap_or_default() })
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], DecodeError> {
    bytes.try_into().map_err(|_| invalid(format!("the server sent {} bytes where it should be {N}", bytes.len())))
}

fn integer(kind: Kind, bytes: &[u8]) -> Result<Option<i64>, DecodeError> {
    Ok(Some(match kind {
        Kind::Int2 => i16::from_be_bytes(fixed(bytes)?).into(),
        Kind::Int4 => i32::from_be_bytes(fixed(bytes)?).into(),
        Kind::Int8 => i64::from_be_bytes(fixed(bytes)?),
        Kind::Oid => u32::from_be_bytes(fixed(bytes)?).into(),
        _ => return Ok(None),
    }))
}

fn float4(bytes: &[u8]) -> Result<f32, DecodeError> {
    Ok(f32::from_be_bytes(fixed(bytes)?))
}

fn float8(bytes: &[u8]) -> Result<f64, DecodeError> {
    Ok(f64::from_be_bytes(fixed(bytes)?))
}

fn utf8(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|error| invalid(error.to_string()))
}

fn moment(bytes: &[u8]) -> Result<NaiveDateTime, DecodeError> {
    let micros = i64::from_be_bytes(fixed(bytes)?);
    if micros == i64::MAX || micros == i64::MIN {
        return Err(invalid("an infinite timestamp has no Rust value"));
    }
    epoch()
        .and_time(NaiveTime::MIN)
        .checked_add_signed(TimeDelta::microseconds(micros))
        .ok_or_else(|| invalid("the timestamp is beyond chrono's calendar"))
}

impl<K: AsRef<[Kind]>> Row for Decoding<K> {
    fn len(&self) -> usize {
        self.kinds.as_ref().len()
    }

    fn is_null(&self, index: usize) -> Result<bool, DecodeError> {
        Ok(self.raw(index)?.is_none())
    }

    fn bool(&self, index: usize) -> Decoded<bool> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Bool, bytes)) => Ok(Some(fixed::<1>(bytes)? != [0])),
            Some(_) => self.mismatch(index, "a boolean"),
        }
    }

    fn i64(&self, index: usize) -> Decoded<i64> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Numeric, bytes)) => decimal_to_int(&numeric::decode(bytes)?).map(Some),
            Some((Kind::Float4, bytes)) => float_to_int(float4(bytes)?.into()).map(Some),
            Some((Kind::Float8, bytes)) => float_to_int(float8(bytes)?).map(Some),
            Some((kind, bytes)) => match integer(kind, bytes)? {
                Some(number) => Ok(Some(number)),
                None => self.mismatch(index, "an integer"),
            },
        }
    }

    fn u64(&self, index: usize) -> Decoded<u64> {
        if let Some((Kind::Numeric, bytes)) = self.raw(index)? {
            return decimal_to_int(&numeric::decode(bytes)?).map(Some);
        }
        let Some(number) = self.i64(index)? else { return Ok(None) };
        u64::try_from(number).map(Some).map_err(|_| invalid(format!("{number} is out of the range of `u64`")))
    }

    fn f64(&self, index: usize) -> Decoded<f64> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Float8, bytes)) => float8(bytes).map(Some),
            Some((Kind::Float4, bytes)) => Ok(Some(float4(bytes)?.into())),
            Some((Kind::Numeric, bytes)) => {
                let text = numeric::decode(bytes)?;
                text.parse().map(Some).map_err(|_| invalid(format!("{text} is not a float")))
            }
            Some((kind, bytes)) => match integer(kind, bytes)? {
                Some(number) => Ok(Some(number as f64)),
                None => self.mismatch(index, "a float"),
            },
        }
    }

    fn text(&self, index: usize) -> Decoded<Cow<'_, str>> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Text | Kind::Json, bytes)) => Ok(Some(Cow::Borrowed(utf8(bytes)?))),
            Some((Kind::Jsonb, _)) => self.json(index),
            Some(_) => self.mismatch(index, "text"),
        }
    }

    fn bytes(&self, index: usize) -> Decoded<Cow<'_, [u8]>> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Bytes, bytes)) => Ok(Some(Cow::Borrowed(bytes))),
            Some(_) => self.mismatch(index, "bytes"),
        }
    }

    fn date(&self, index: usize) -> Decoded<NaiveDate> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Date, bytes)) => match i32::from_be_bytes(fixed(bytes)?) {
                i32::MAX | i32::MIN => Err(invalid("an infinite date has no Rust value")),
                days => epoch()
                    .checked_add_signed(TimeDelta::days(days.into()))
                    .map(Some)
                    .ok_or_else(|| invalid("the date is beyond chrono's calendar")),
            },
            Some(_) => self.mismatch(index, "a date"),
        }
    }

    fn time(&self, index: usize) -> Decoded<NaiveTime> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Time, bytes)) => {
                let micros = u64::from_be_bytes(fixed(bytes)?);
                let (seconds, nanos) = ((micros / 1_000_000) as u32, (micros % 1_000_000) as u32 * 1000);
                NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos)
                    .map(Some)
                    .ok_or_else(|| invalid("24:00:00 is not a time of day in Rust"))
            }
            Some(_) => self.mismatch(index, "a time of day"),
        }
    }

    fn datetime(&self, index: usize) -> Decoded<NaiveDateTime> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Timestamp | Kind::TimestampTz, bytes)) => moment(bytes).map(Some),
            Some(_) => self.mismatch(index, "a date and time"),
        }
    }

    fn timestamp(&self, index: usize) -> Decoded<DateTime<Utc>> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Timestamp | Kind::TimestampTz, bytes)) => Ok(Some(moment(bytes)?.and_utc())),
            Some(_) => self.mismatch(index, "a moment in time"),
        }
    }

    fn interval(&self, index: usize) -> Decoded<TimeDelta> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Interval, bytes)) => {
                let [micros @ .., _, _, _, _, _, _, _, _] = fixed::<16>(bytes)?;
                let [_, _, _, _, _, _, _, _, d1, d2, d3, d4, months @ ..] = fixed::<16>(bytes)?;
                let (days, months) = (i32::from_be_bytes([d1, d2, d3, d4]), i32::from_be_bytes(months));
                if months != 0 {
                    return Err(invalid("an interval with months has no fixed length"));
                }
                TimeDelta::days(days.into())
                    .checked_add(&TimeDelta::microseconds(i64::from_be_bytes(micros)))
                    .map(Some)
                    .ok_or_else(|| invalid("the interval is longer than chrono's"))
            }
            Some(_) => self.mismatch(index, "a span of time"),
        }
    }

    fn uuid(&self, index: usize) -> Decoded<[u8; 16]> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Uuid, bytes)) => fixed(bytes).map(Some),
            Some((Kind::Text, bytes)) => parse_uuid(utf8(bytes)?).map(Some),
            Some(_) => self.mismatch(index, "a UUID"),
        }
    }

    fn decimal(&self, index: usize) -> Decoded<Cow<'_, str>> {
        let text = match self.raw(index)? {
            None => return Ok(None),
            Some((Kind::Numeric, bytes)) => numeric::decode(bytes)?,
            Some((Kind::Float4, bytes)) => float_to_decimal(float4(bytes)?)?,
            Some((Kind::Float8, bytes)) => float_to_decimal(float8(bytes)?)?,
            Some((kind, bytes)) => match integer(kind, bytes)? {
                Some(number) => number.to_string(),
                None => return self.mismatch(index, "a decimal number"),
            },
        };
        Ok(Some(Cow::Owned(text)))
    }

    fn json(&self, index: usize) -> Decoded<Cow<'_, str>> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Jsonb, [1, bytes @ ..])) => Ok(Some(Cow::Borrowed(utf8(bytes)?))),
            Some((Kind::Jsonb, _)) => Err(invalid("the server sent a version of jsonb that is not known")),
            Some((Kind::Json | Kind::Text, bytes)) => Ok(Some(Cow::Borrowed(utf8(bytes)?))),
            Some(_) => self.mismatch(index, "JSON"),
        }
    }
}
