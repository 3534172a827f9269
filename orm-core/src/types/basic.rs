use super::{DecodeError, Kind, NotNull, Numeric, Row, SqlType, Type, Value};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

macro_rules! integers {
    ($($rust:ty, $kind:ident, $wire:ty, $column:ident;)*) => { $(
        impl SqlType for $rust {
            type Base = $rust;
            type Null = NotNull;
            const KIND: Kind = Kind::$kind;
            const NUMBERED: bool = true;

            fn sql_type() -> Type {
                Type::$column
            }

            fn to_value(&self) -> Value {
                Value::$kind(<$wire>::from(*self))
            }

            fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>, DecodeError> {
                row.i64(index)?.map(|n| n.try_into().map_err(|_| out_of_range(n, stringify!($rust)))).transpose()
            }
        }
        impl Numeric for $rust {}
        impl Numeric for Option<$rust> {}
    )* };
}

integers! {
    i8, I16, i16, TinyInt;
    i16, I16, i16, SmallInt;
    i32, I32, i32, Integer;
    i64, I64, i64, BigInt;
    u8, I16, i16, UnsignedTinyInt;
    u16, I32, i32, UnsignedSmallInt;
    u32, I64, i64, UnsignedInteger;
}

fn out_of_range(n: i64, rust: &str) -> DecodeError {
    DecodeError::Invalid(format!("{n} is out of the range of `{rust}`"))
}

macro_rules! plain {
    ($($rust:ty, $kind:ident, $column:expr, |$value:ident| $to:expr, |$row:ident, $index:ident| $from:expr;)*) => { $(
        impl SqlType for $rust {
            type Base = $rust;
            type Null = NotNull;
            const KIND: Kind = Kind::$kind;
            const NUMBERED: bool = matches!(Kind::$kind, Kind::U64);

            fn sql_type() -> Type {
                $column
            }

            fn to_value(&self) -> Value {
                let $value = self;
                Value::$kind($to)
            }

            fn decode($row: &dyn Row, $index: usize) -> Result<Option<Self>, DecodeError> {
                $from
            }
        }
    )* };
}

plain! {
    bool, Bool, Type::Boolean, |v| *v, |row, index| row.bool(index);
    u64, U64, Type::UnsignedBigInt, |v| *v, |row, index| row.u64(index);
    f32, F32, Type::Real, |v| *v, |row, index| Ok(row.f64(index)?.map(|n| n as f32));
    f64, F64, Type::Double, |v| *v, |row, index| row.f64(index);
    String, Text, Type::Text { length: None }, |v| v.clone(), |row, index| Ok(row.text(index)?.map(Into::into));
    Vec<u8>, Bytes, Type::Binary { length: None }, |v| v.clone(), |row, index| Ok(row.bytes(index)?.map(Into::into));
    NaiveDate, Date, Type::Date, |v| *v, |row, index| row.date(index);
    NaiveTime, Time, Type::Time, |v| *v, |row, index| row.time(index);
    NaiveDateTime, DateTime, Type::DateTime, |v| *v, |row, index| row.datetime(index);
    DateTime<Utc>, Timestamp, Type::Timestamp, |v| *v, |row, index| row.timestamp(index);
    TimeDelta, Interval, Type::Interval, |v| *v, |row, index| row.interval(index);
}

impl Numeric for u64 {}
impl Numeric for Option<u64> {}
impl Numeric for f32 {}
impl Numeric for Option<f32> {}
impl Numeric for f64 {}
impl Numeric for Option<f64> {}

#[cfg(feature = "uuid")]
plain! {
    uuid::Uuid, Uuid, Type::Uuid, |v| *v.as_bytes(), |row, index| Ok(row.uuid(index)?.map(uuid::Uuid::from_bytes));
}

/// Reads a date and time from text as databases write it: `2020-01-02 03:04:05.678`, with a space or a `T` between, with
/// or without seconds, fraction and offset; an offset is converted to UTC. A date alone is its midnight.
///
/// # Errors
/// [`DecodeError::Invalid`] when the text is none of these.
pub fn parse_datetime(text: &str) -> Result<NaiveDateTime, DecodeError> {
    const NAIVE: [&str; 4] = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    const OFFSET: [&str; 4] =
        ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z", "%Y-%m-%dT%H:%M%#z"];
    NAIVE
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| OFFSET.iter().find_map(|format| Some(DateTime::parse_from_str(text, format).ok()?.naive_utc())))
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
        .ok_or_else(|| DecodeError::Invalid(format!("{text:?} is not a date and time")))
}
