use super::{DecodeError, Row, Value, parse_datetime};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use std::borrow::Cow;

/// One value as a row of one column, so that a field is set by the same decoder that reads it.
#[derive(Debug)]
pub struct ValueRow<'a>(pub &'a Value);

impl ValueRow<'_> {
    #[cold]
    fn mismatch(&self, expected: &'static str) -> DecodeError {
        DecodeError::Mismatch { expected, found: format!("{:?}", self.0) }
    }
}

macro_rules! readers {
    ($($name:ident $type:ty, $expected:literal, $($pattern:pat => $value:expr),+;)*) => { $(
        fn $name(&self, _: usize) -> Result<Option<$type>, DecodeError> {
            match self.0 {
                Value::Null(_) => Ok(None),
                $($pattern => Ok(Some($value)),)+
                #[allow(unreachable_patterns)]
                _ => Err(self.mismatch($expected)),
            }
        }
    )* };
}

impl Row for ValueRow<'_> {
    fn len(&self) -> usize {
        1
    }

    fn is_null(&self, _: usize) -> Result<bool, DecodeError> {
        Ok(self.0.is_null())
    }

    readers! {
        bool bool, "a boolean", Value::Bool(v) => *v;
        f64 f64, "a float", Value::F64(v) => *v, Value::F32(v) => f64::from(*v);
        text Cow<'_, str>, "text", Value::Text(v) => v.as_str().into(), Value::Enum { value, .. } => value.as_str().into();
        bytes Cow<'_, [u8]>, "bytes", Value::Bytes(v) => v.as_slice().into();
        date NaiveDate, "a date", Value::Date(v) => *v;
        time NaiveTime, "a time", Value::Time(v) => *v;
        datetime NaiveDateTime, "a date and time", Value::DateTime(v) => *v, Value::Text(v) => parse_datetime(v)?;
        timestamp DateTime<Utc>, "a timestamp", Value::Timestamp(v) => *v, Value::Text(v) => parse_datetime(v)?.and_utc();
        interval TimeDelta, "an interval", Value::Interval(v) => *v;
        uuid [u8; 16], "a UUID", Value::Uuid(v) => *v;
        decimal Cow<'_, str>, "a decimal", Value::Decimal(v) => v.as_str().into();
        json Cow<'_, str>, "JSON", Value::Json(v) => v.as_str().into();
    }

    fn i64(&self, _: usize) -> Result<Option<i64>, DecodeError> {
        match self.0 {
            Value::Null(_) => Ok(None),
            value => value.as_i64().map(Some).ok_or_else(|| self.mismatch("an integer")),
        }
    }

    fn u64(&self, _: usize) -> Result<Option<u64>, DecodeError> {
        match self.0 {
            Value::Null(_) => Ok(None),
            Value::U64(v) => Ok(Some(*v)),
            value => {
                let n = value.as_i64().and_then(|n| u64::try_from(n).ok());
                n.map(Some).ok_or_else(|| self.mismatch("an unsigned integer"))
            }
        }
    }
}

/// No row at all: a field that reads it becomes unset again.
#[derive(Debug)]
pub struct UnsetRow;

macro_rules! nothing {
    ($($name:ident $type:ty;)*) => { $(
        fn $name(&self, _: usize) -> Result<Option<$type>, DecodeError> {
            Err(DecodeError::Invalid("this column can't be unset".to_owned()))
        }
    )* };
}

impl Row for UnsetRow {
    fn len(&self) -> usize {
        0
    }

    fn is_null(&self, _: usize) -> Result<bool, DecodeError> {
        Err(DecodeError::Invalid("this column can't be unset".to_owned()))
    }

    nothing! {
        bool bool;
        i64 i64;
        u64 u64;
        f64 f64;
        text Cow<'_, str>;
        bytes Cow<'_, [u8]>;
        date NaiveDate;
        time NaiveTime;
        datetime NaiveDateTime;
        timestamp DateTime<Utc>;
        interval TimeDelta;
        uuid [u8; 16];
        decimal Cow<'_, str>;
        json Cow<'_, str>;
    }

    fn unsets(&self) -> bool {
        true
    }
}
