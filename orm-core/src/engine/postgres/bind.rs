//! Binds in PostgreSQL's binary form.

use super::numeric;
use crate::engine::values::{check, interval_micros, refused};
use crate::error::{Error, Result};
use crate::types::{Dialect, Kind, Value};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo, Postgres};
use sqlx::{Arguments, Encode, Type};

const DIALECT: Dialect = Dialect::Postgres;

/// Writes the binds into the driver's arguments.
pub(super) fn arguments(binds: &[Value]) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    arguments.reserve(binds.len(), 12 * binds.len());
    for bind in binds {
        check(bind, DIALECT)?;
        refuse(bind)?;
        arguments.add(Wire(bind)).map_err(|error| Error::Statement(format!("a bind could not be encoded: {error}")))?;
    }
    Ok(arguments)
}

/// The number of the type that a bind is sent as.
pub(super) fn oid(bind: &Value) -> u32 {
    match bind {
        Value::Array(kind, _) => array_oid(*kind),
        bind => kind_oid(bind.kind()),
    }
}

/// The number of the type of an array of these.
fn array_oid(kind: Kind) -> u32 {
    match kind {
        Kind::Bool => 1000,
        Kind::I16 => 1005,
        Kind::I32 => 1007,
        Kind::I64 | Kind::U64 => 1016,
        Kind::F32 => 1021,
        Kind::F64 => 1022,
        Kind::Bytes => 1001,
        Kind::Date => 1182,
        Kind::Time => 1183,
        Kind::DateTime => 1115,
        Kind::Timestamp => 1185,
        Kind::Interval => 1187,
        Kind::Uuid => 2951,
        Kind::Decimal => 1231,
        Kind::Json => 3807,
        Kind::Text | Kind::Enum(_) => 1009,
    }
}

fn kind_oid(kind: Option<Kind>) -> u32 {
    match kind {
        Some(Kind::Bool) => 16,
        Some(Kind::I16) => 21,
        Some(Kind::I32) => 23,
        Some(Kind::I64 | Kind::U64) => 20,
        Some(Kind::F32) => 700,
        Some(Kind::F64) => 701,
        Some(Kind::Bytes) => 17,
        Some(Kind::Date) => 1082,
        Some(Kind::Time) => 1083,
        Some(Kind::DateTime) => 1114,
        Some(Kind::Timestamp) => 1184,
        Some(Kind::Interval) => 1186,
        Some(Kind::Uuid) => 2950,
        Some(Kind::Decimal) => 1700,
        Some(Kind::Json) => 3802,
        // The statement casts an enum's text to its type.
        Some(Kind::Text | Kind::Enum(_)) | None => 25,
    }
}

fn refuse(bind: &Value) -> Result<()> {
    let reason = match bind {
        Value::Array(_, values) => return values.iter().try_for_each(refuse),
        Value::U64(v) if i64::try_from(*v).is_err() => "its integers end at 9223372036854775807",
        Value::Text(v) | Value::Enum { value: v, .. } if v.contains('\0') => "its text can't hold U+0000",
        Value::Json(v) if holds_null_character(v) => "its JSON can't hold U+0000",
        Value::Date(v) if days(*v) < FIRST_DAY => FROM,
        Value::DateTime(v) if micros(*v).is_none_or(|n| n < FIRST_MICRO) => FROM,
        Value::Timestamp(v) if micros(v.naive_utc()).is_none_or(|n| n < FIRST_MICRO) => FROM,
        _ => return Ok(()),
    };
    Err(refused(bind, DIALECT, reason))
}

const FROM: &str = "its calendar begins in 4714 BC";

/// Julian day 0, and its midnight, from the first of January 2000.
const FIRST_DAY: i32 = -2_451_545;
const FIRST_MICRO: i64 = -211_813_488_000_000_000;

/// Whether a JSON text has `\u0000` in it, and not an escaped backslash before `u0000`.
fn holds_null_character(json: &str) -> bool {
    json.contains('\0')
        || json.match_indices("\\u0000").any(|(at, _)| {
            let before = json[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
            before % 2 == 0
        })
}

fn days(date: NaiveDate) -> i32 {
    date.signed_duration_since(epoch()).num_days() as i32
}

fn micros(moment: NaiveDateTime) -> Option<i64> {
    moment.signed_duration_since(epoch().and_time(NaiveTime::MIN)).num_microseconds()
}

/// The first of January 2000, from which PostgreSQL counts.
pub(super) fn epoch() -> NaiveDate {
    const { NaiveDate::from_ymd_opt(2000, 1, 1).expect("a date of the calendar") }
}

struct Wire<'a>(&'a Value);

impl Type<Postgres> for Wire<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(25))
    }
}

impl Encode<'_, Postgres> for Wire<'_> {
    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(oid(self.0))))
    }

    fn size_hint(&self) -> usize {
        16
    }

    fn encode_by_ref(&self, out: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        match self.0 {
            Value::Null(_) => return Ok(IsNull::Yes),
            Value::Bool(v) => out.push(u8::from(*v)),
            Value::I16(v) => out.extend_from_slice(&v.to_be_bytes()),
            Value::I32(v) => out.extend_from_slice(&v.to_be_bytes()),
            Value::I64(v) => out.extend_from_slice(&v.to_be_bytes()),
            Value::U64(v) => out.extend_from_slice(&i64::try_from(*v)?.to_be_bytes()),
            Value::F32(v) => out.extend_from_slice(&v.to_be_bytes()),
            Value::F64(v) => out.extend_from_slice(&v.to_be_bytes()),
            Value::Text(v) | Value::Enum { value: v, .. } => out.extend_from_slice(v.as_bytes()),
            Value::Bytes(v) => out.extend_from_slice(v),
            Value::Date(v) => out.extend_from_slice(&days(*v).to_be_bytes()),
            Value::Time(v) => {
                let micros = i64::from(v.num_seconds_from_midnight()) * 1_000_000 + i64::from(v.nanosecond() / 1000);
                out.extend_from_slice(&micros.to_be_bytes());
            }
            Value::DateTime(v) => out.extend_from_slice(&micros(*v).ok_or(FROM)?.to_be_bytes()),
            Value::Timestamp(v) => out.extend_from_slice(&micros(v.naive_utc()).ok_or(FROM)?.to_be_bytes()),
            Value::Interval(v) => {
                out.extend_from_slice(&interval_micros(*v)?.to_be_bytes());
                // No days, no months: those have no fixed length.
                out.extend_from_slice(&[0; 8]);
            }
            Value::Uuid(v) => out.extend_from_slice(v),
            Value::Decimal(v) => numeric::encode(v, out)?,
            Value::Json(v) => {
                // The version of jsonb's binary form.
                out.push(1);
                out.extend_from_slice(v.as_bytes());
            }
            Value::Array(kind, values) => encode_array(*kind, values, out)?,
            Value::Invalid(why) => return Err(why.clone().into()),
        }
        Ok(IsNull::No)
    }
}

/// An array's binary form: its one dimension, whether it has NULLs, the type of its elements, how many there are and from
/// which number they are counted; then each with its length.
fn encode_array(kind: Kind, values: &[Value], out: &mut PgArgumentBuffer) -> Result<(), BoxDynError> {
    let nulls = i32::from(values.iter().any(Value::is_null));
    out.reserve(20 + 12 * values.len());
    out.extend_from_slice(&i32::from(!values.is_empty()).to_be_bytes());
    out.extend_from_slice(&nulls.to_be_bytes());
    out.extend_from_slice(&kind_oid(Some(kind)).to_be_bytes());
    if values.is_empty() {
        return Ok(());
    }
    out.extend_from_slice(&i32::try_from(values.len())?.to_be_bytes());
    out.extend_from_slice(&1_i32.to_be_bytes());
    for value in values {
        let start = out.len();
        out.extend_from_slice(&(-1_i32).to_be_bytes());
        if let IsNull::No = Wire(value).encode_by_ref(out)? {
            let length = i32::try_from(out.len() - start - 4)?;
            out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_real_null_character_is_refused_in_json() {
        for (json, held) in [
            (r#""\u0000""#, true),
            (r#""a\\\u0000""#, true),
            (r#""\\u0000""#, false),
            (r#""\u00001""#, true),
            (r#""u0000""#, false),
            ("{}", false),
        ] {
            assert_eq!(holds_null_character(json), held, "{json}");
        }
    }

    #[test]
    fn days_before_the_calendar_are_refused() {
        let first = epoch() + chrono::TimeDelta::days(FIRST_DAY.into());
        let before = first.pred_opt().unwrap();
        assert!(refuse(&Value::Date(first)).is_ok());
        assert!(refuse(&Value::DateTime(first.and_time(NaiveTime::MIN))).is_ok());
        assert!(refuse(&Value::Date(before)).is_err());
        assert!(refuse(&Value::Timestamp(before.and_time(NaiveTime::MIN).and_utc())).is_err());
        assert!(refuse(&Value::Date(NaiveDate::MAX)).is_ok());
        assert!(refuse(&Value::DateTime(NaiveDate::MAX.and_time(NaiveTime::MIN))).is_ok());
    }
}
