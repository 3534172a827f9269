//! Reading MySQL's and MariaDB's binary rows. The types of the columns are looked at once per statement.
//!
//! The bytes are read here and not by sqlx because sqlx gives a zero date as NULL.

use crate::engine::values::{
    Decoded, canonical_decimal, decimal_to_int, float_to_decimal, float_to_int, int_to_bool, invalid, parse_date,
    parse_moment, parse_time, parse_uuid,
};
use crate::types::{DecodeError, Row};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use sqlx::mysql::{MySqlRow, MySqlTypeInfo};
use sqlx::{Column, Decode, MySql, Row as _, Type, TypeInfo, ValueRef};
use std::borrow::Cow;

/// How a column's bytes are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A signed integer of 1, 2, 4 or 8 bytes.
    Int,
    /// An unsigned one; YEAR is one too.
    Unsigned,
    /// Bits, most significant byte first.
    Bit,
    Float,
    Double,
    Decimal,
    Text,
    Bytes,
    Json,
    Date,
    Time,
    DateTime,
    Other,
}

/// The kinds of a result's columns.
pub(super) fn kinds(row: &MySqlRow) -> Vec<Kind> {
    row.columns().iter().map(|column| kind(column.type_info())).collect()
}

fn kind(info: &MySqlTypeInfo) -> Kind {
    match info.name() {
        // sqlx tells TINYINT(1) by its width, and then says no more; it is signed unless somebody made it UNSIGNED,
        // and 0 and 1 are the same in both.
        "BOOLEAN" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => Kind::Int,
        "YEAR" => Kind::Unsigned,
        name if name.ends_with("UNSIGNED") => Kind::Unsigned,
        "BIT" => Kind::Bit,
        "FLOAT" => Kind::Float,
        "DOUBLE" => Kind::Double,
        "DECIMAL" => Kind::Decimal,
        "JSON" => Kind::Json,
        "DATE" => Kind::Date,
        "TIME" => Kind::Time,
        "DATETIME" | "TIMESTAMP" => Kind::DateTime,
        "ENUM" | "SET" => Kind::Text,
        "GEOMETRY" | "NULL" => Kind::Other,
        // The name tells binary strings by a flag that binary collations of text have too; the collation does not lie.
        _ if <str as Type<MySql>>::compatible(info) => Kind::Text,
        _ => Kind::Bytes,
    }
}

/// A row as the driver holds it, with the kinds of its columns.
pub(super) struct Decoding<K> {
    pub(super) row: MySqlRow,
    pub(super) kinds: K,
}

impl<K: AsRef<[Kind]>> Decoding<K> {
    /// A value's bytes and what they are; `None` is NULL.
    fn raw(&self, index: usize) -> Result<Option<(Kind, &[u8])>, DecodeError> {
        let kinds = self.kinds.as_ref();
        let Some(kind) = kinds.get(index) else { return Err(DecodeError::Missing { index, len: kinds.len() }) };
        let value = self.row.try_get_raw(index).map_err(|error| invalid(error.to_string()))?;
        // Asked first where the answer is right: the driver's error for NULL costs an allocation, but it also calls a zero
        // date NULL.
        if !matches!(kind, Kind::Date | Kind::DateTime) && value.is_null() {
            return Ok(None);
        }
        // The only error is NULL.
        Ok(<&[u8] as Decode<'_, MySql>>::decode(value).ok().map(|bytes| (*kind, bytes)))
    }

    fn mismatch<T>(&self, index: usize, expected: &'static str) -> Decoded<T> {
        let found = self.row.columns().get(index).map(|column| column.type_info().name().to_owned());
        Err(DecodeError::Mismatch { expected, found: found.unwrap_or_default() })
    }
}

fn signed(bytes: &[u8]) -> Result<i64, DecodeError> {
    Ok(match *bytes {
        [a] => i8::from_le_bytes([a]).into(),
        [a, b] => i16::from_le_bytes([a, b]).into(),
        [a, b, c, d] => i32::from_le_bytes([a, b, c, d]).into(),
        _ => i64::from_le_bytes(fixed(bytes)?),
    })
}

fn unsigned(bytes: &[u8]) -> Result<u64, DecodeError> {
    let mut wide = [0; 8];
    wide.get_mut(..bytes.len()).ok_or_else(|| cut_off(bytes))?.copy_from_slice(bytes);
    Ok(u64::from_le_bytes(wide))
}

fn bits(bytes: &[u8]) -> Result<u64, DecodeError> {
    if bytes.len() > 8 {
        return Err(cut_off(bytes));
    }
    Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], DecodeError> {
    bytes.try_into().map_err(|_| cut_off(bytes))
}

fn cut_off(bytes: &[u8]) -> DecodeError {
    invalid(format!("the server sent {} bytes, which is not a value of the column's type", bytes.len()))
}

fn utf8(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|error| invalid(error.to_string()))
}

/// What stands behind a length: a date, and perhaps a time.
fn moment(bytes: &[u8]) -> Result<NaiveDateTime, DecodeError> {
    let (date, time) = match *bytes {
        [4, y1, y2, month, day] => ((y1, y2, month, day), (0, 0, 0, 0)),
        [7, y1, y2, month, day, hour, minute, second] => ((y1, y2, month, day), (hour, minute, second, 0)),
        [11, y1, y2, month, day, hour, minute, second, u1, u2, u3, u4] => {
            ((y1, y2, month, day), (hour, minute, second, u32::from_le_bytes([u1, u2, u3, u4])))
        }
        [0] => return Err(zero_date()),
        _ => return Err(cut_off(bytes)),
    };
    let year = u16::from_le_bytes([date.0, date.1]);
    NaiveDate::from_ymd_opt(year.into(), date.2.into(), date.3.into())
        .and_then(|date| date.and_hms_micro_opt(time.0.into(), time.1.into(), time.2.into(), time.3))
        .ok_or_else(|| if date.2 == 0 || date.3 == 0 { zero_date() } else { cut_off(bytes) })
}

fn zero_date() -> DecodeError {
    invalid("a zero date, such as 0000-00-00, is no date; make it NULL in the database")
}

/// A TIME, which is a span of time.
fn span(bytes: &[u8]) -> Result<TimeDelta, DecodeError> {
    let (negative, days, clock, micros) = match *bytes {
        [0] => return Ok(TimeDelta::zero()),
        [8, negative, d1, d2, d3, d4, hour, minute, second] => (negative, [d1, d2, d3, d4], (hour, minute, second), 0),
        [12, negative, d1, d2, d3, d4, hour, minute, second, u1, u2, u3, u4] => {
            (negative, [d1, d2, d3, d4], (hour, minute, second), u32::from_le_bytes([u1, u2, u3, u4]))
        }
        _ => return Err(cut_off(bytes)),
    };
    let seconds = i64::from(u32::from_le_bytes(days)) * 86_400
        + i64::from(clock.0) * 3600
        + i64::from(clock.1) * 60
        + i64::from(clock.2);
    let span = TimeDelta::microseconds(seconds * 1_000_000 + i64::from(micros));
    Ok(if negative == 1 { -span } else { span })
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
            Some((Kind::Int, bytes)) => int_to_bool(signed(bytes)?).map(Some),
            Some((Kind::Unsigned, bytes)) => int_to_bool(i64::try_from(unsigned(bytes)?).unwrap_or(-1)).map(Some),
            Some((Kind::Bit, bytes)) => int_to_bool(i64::try_from(bits(bytes)?).unwrap_or(-1)).map(Some),
            Some(_) => self.mismatch(index, "a boolean"),
        }
    }

    fn i64(&self, index: usize) -> Decoded<i64> {
        let number = match self.raw(index)? {
            None => return Ok(None),
            Some((Kind::Int, bytes)) => return signed(bytes).map(Some),
            Some((Kind::Decimal, bytes)) => return decimal_to_int(utf8(bytes)?).map(Some),
            Some((Kind::Float, bytes)) => return float_to_int(f32::from_le_bytes(fixed(bytes)?).into()).map(Some),
            Some((Kind::Double, bytes)) => return float_to_int(f64::from_le_bytes(fixed(bytes)?)).map(Some),
            Some((Kind::Unsigned, bytes)) => unsigned(bytes)?,
            Some((Kind::Bit, bytes)) => bits(bytes)?,
            Some(_) => return self.mismatch(index, "an integer"),
        };
        i64::try_from(number).map(Some).map_err(|_| invalid(format!("{number} is out of the range of `i64`")))
    }

    fn u64(&self, index: usize) -> Decoded<u64> {
        match self.raw(index)? {
            Some((Kind::Unsigned, bytes)) => return unsigned(bytes).map(Some),
            Some((Kind::Bit, bytes)) => return bits(bytes).map(Some),
            Some((Kind::Decimal, bytes)) => return decimal_to_int(utf8(bytes)?).map(Some),
            _ => {}
        }
        let Some(number) = self.i64(index)? else { return Ok(None) };
        u64::try_from(number).map(Some).map_err(|_| invalid(format!("{number} is out of the range of `u64`")))
    }

    fn f64(&self, index: usize) -> Decoded<f64> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Double, bytes)) => Ok(Some(f64::from_le_bytes(fixed(bytes)?))),
            Some((Kind::Float, bytes)) => Ok(Some(f32::from_le_bytes(fixed(bytes)?).into())),
            Some((Kind::Int, bytes)) => Ok(Some(signed(bytes)? as f64)),
            Some((Kind::Unsigned, bytes)) => Ok(Some(unsigned(bytes)? as f64)),
            Some((Kind::Decimal, bytes)) => {
                let text = utf8(bytes)?;
                text.parse().map(Some).map_err(|_| invalid(format!("{text} is not a float")))
            }
            Some(_) => self.mismatch(index, "a float"),
        }
    }

    fn text(&self, index: usize) -> Decoded<Cow<'_, str>> {
        match self.raw(index)? {
            None => Ok(None),
            // Much that is text comes as binary: JSON on MariaDB, parts of information_schema.
            Some((Kind::Text | Kind::Json | Kind::Bytes, bytes)) => Ok(Some(Cow::Borrowed(utf8(bytes)?))),
            Some(_) => self.mismatch(index, "text"),
        }
    }

    fn bytes(&self, index: usize) -> Decoded<Cow<'_, [u8]>> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Bytes | Kind::Text, bytes)) => Ok(Some(Cow::Borrowed(bytes))),
            Some(_) => self.mismatch(index, "bytes"),
        }
    }

    fn date(&self, index: usize) -> Decoded<NaiveDate> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Date, bytes)) => Ok(Some(moment(bytes)?.date())),
            Some((Kind::Text, bytes)) => parse_date(utf8(bytes)?).map(Some),
            Some(_) => self.mismatch(index, "a date"),
        }
    }

    fn time(&self, index: usize) -> Decoded<NaiveTime> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Time, bytes)) => {
                let span = span(bytes)?;
                NaiveTime::MIN
                    .overflowing_add_signed(span)
                    .1
                    .eq(&0)
                    .then(|| NaiveTime::MIN + span)
                    .map(Some)
                    .ok_or_else(|| invalid(format!("the TIME {span} is a span of time and not a time of day")))
            }
            Some((Kind::Text, bytes)) => parse_time(utf8(bytes)?).map(Some),
            Some(_) => self.mismatch(index, "a time of day"),
        }
    }

    fn datetime(&self, index: usize) -> Decoded<NaiveDateTime> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::DateTime, bytes)) => moment(bytes).map(Some),
            Some((Kind::Text, bytes)) => parse_moment(utf8(bytes)?).map(Some),
            Some(_) => self.mismatch(index, "a date and time"),
        }
    }

    fn timestamp(&self, index: usize) -> Decoded<DateTime<Utc>> {
        Ok(self.datetime(index)?.map(|moment| moment.and_utc()))
    }

    fn interval(&self, index: usize) -> Decoded<TimeDelta> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Int, bytes)) => Ok(Some(TimeDelta::microseconds(signed(bytes)?))),
            Some((Kind::Decimal, bytes)) => Ok(Some(TimeDelta::microseconds(decimal_to_int(utf8(bytes)?)?))),
            Some((Kind::Time, bytes)) => span(bytes).map(Some),
            Some(_) => self.mismatch(index, "a span of time"),
        }
    }

    fn uuid(&self, index: usize) -> Decoded<[u8; 16]> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Bytes | Kind::Text, bytes)) => match bytes.try_into() {
                Ok(bytes) => Ok(Some(bytes)),
                Err(_) => parse_uuid(utf8(bytes)?).map(Some),
            },
            Some(_) => self.mismatch(index, "a UUID"),
        }
    }

    fn decimal(&self, index: usize) -> Decoded<Cow<'_, str>> {
        let text = match self.raw(index)? {
            None => return Ok(None),
            Some((Kind::Decimal, bytes)) => return Ok(Some(Cow::Borrowed(utf8(bytes)?))),
            Some((Kind::Int, bytes)) => signed(bytes)?.to_string(),
            Some((Kind::Unsigned, bytes)) => unsigned(bytes)?.to_string(),
            Some((Kind::Float, bytes)) => float_to_decimal(f32::from_le_bytes(fixed(bytes)?))?,
            Some((Kind::Double, bytes)) => float_to_decimal(f64::from_le_bytes(fixed(bytes)?))?,
            Some((Kind::Text, bytes)) if canonical_decimal(utf8(bytes)?).is_some() => {
                return Ok(Some(Cow::Borrowed(utf8(bytes)?)));
            }
            Some(_) => return self.mismatch(index, "a decimal number"),
        };
        Ok(Some(Cow::Owned(text)))
    }

    fn json(&self, index: usize) -> Decoded<Cow<'_, str>> {
        match self.raw(index)? {
            None => Ok(None),
            Some((Kind::Json | Kind::Text | Kind::Bytes, bytes)) => Ok(Some(Cow::Borrowed(utf8(bytes)?))),
            Some(_) => self.mismatch(index, "JSON"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_by_their_length() {
        let text = |bytes: &[u8]| moment(bytes).map(|moment| moment.to_string());
        assert_eq!(text(&[4, 0xe4, 0x07, 1, 2]).unwrap(), "2020-01-02 00:00:00");
        assert_eq!(text(&[7, 0xe4, 0x07, 1, 2, 3, 4, 5]).unwrap(), "2020-01-02 03:04:05");
        assert_eq!(text(&[11, 0xe4, 0x07, 1, 2, 3, 4, 5, 6, 0, 0, 0]).unwrap(), "2020-01-02 03:04:05.000006");
        for zero in [&[0][..], &[4, 0, 0, 0, 0], &[4, 0xe4, 0x07, 0, 1]] {
            assert!(text(zero).unwrap_err().to_string().contains("zero date"));
        }
        assert!(text(&[5, 1]).is_err());
    }

    #[test]
    fn spans_have_a_sign() {
        assert_eq!(span(&[0]).unwrap(), TimeDelta::zero());
        assert_eq!(span(&[8, 0, 0, 0, 0, 0, 1, 2, 3]).unwrap(), TimeDelta::seconds(3723));
        let long = span(&[12, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]).unwrap();
        assert_eq!(long, -(TimeDelta::days(1) + TimeDelta::microseconds(1)));
    }

    #[test]
    fn integers_have_any_width() {
        assert_eq!(signed(&[0xff]).unwrap(), -1);
        assert_eq!(signed(&[0, 0x80]).unwrap(), i64::from(i16::MIN));
        assert_eq!(signed(&[0; 8]).unwrap(), 0);
        assert_eq!(unsigned(&[0xff, 0xff]).unwrap(), 65535);
        assert_eq!(bits(&[1, 0]).unwrap(), 256);
        assert!(signed(&[0; 3]).is_err());
        assert!(unsigned(&[0; 9]).is_err());
    }
}
