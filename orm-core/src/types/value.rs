use super::{DecodeError, Row};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use std::fmt;
use std::hash::{Hash, Hasher};

/// The family of a value on the wire: what a NULL of that type is sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A boolean.
    Bool,
    /// A 16-bit integer; 8-bit ones travel as this.
    I16,
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// An unsigned 64-bit integer (MySQL and MariaDB).
    U64,
    /// A single-precision float.
    F32,
    /// A double-precision float.
    F64,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A date.
    Date,
    /// A time of day.
    Time,
    /// A date and time without a time zone.
    DateTime,
    /// A moment in time.
    Timestamp,
    /// A span of time.
    Interval,
    /// A UUID.
    Uuid,
    /// An exact decimal number.
    Decimal,
    /// A JSON document.
    Json,
    /// A value of a native enum type of this name.
    Enum(&'static str),
}

/// A value on its way into a statement.
///
/// Two values are equal when the database could not tell them apart: floats compare by their bits, so a NaN equals itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value {
    /// NULL, of a known family.
    Null(Kind),
    /// A boolean.
    Bool(bool),
    /// A 16-bit integer; 8-bit ones travel as this.
    I16(i16),
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// An unsigned 64-bit integer: MySQL and MariaDB have it, elsewhere it is an error.
    U64(u64),
    /// A single-precision float.
    F32(f32),
    /// A double-precision float.
    F64(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A date.
    Date(NaiveDate),
    /// A time of day.
    Time(NaiveTime),
    /// A date and time without a time zone.
    DateTime(NaiveDateTime),
    /// A moment in time.
    Timestamp(DateTime<Utc>),
    /// A span of time.
    Interval(TimeDelta),
    /// A UUID, as its 16 bytes.
    Uuid([u8; 16]),
    /// An exact decimal number, in plain notation (`-12.50`).
    Decimal(String),
    /// A JSON document, serialised.
    Json(String),
    /// A value of a native enum type.
    Enum {
        /// The enum type's name in the database.
        type_name: &'static str,
        /// The value's name.
        value: String,
    },
    /// Many values of one kind in one bind, NULLs among them: PostgreSQL has such arrays, elsewhere it is an error.
    Array(Kind, Vec<Value>),
    /// A value that could not be serialised; sending it is an error with this message.
    Invalid(String),
}

impl Value {
    /// Whether this is NULL.
    pub const fn is_null(&self) -> bool {
        matches!(self, Value::Null(_))
    }

    /// All values in one bind; `None` where they are of different kinds, which no array can be.
    pub(crate) fn array(values: Vec<Value>) -> Option<Value> {
        let known = values.iter().find(|value| !value.is_null()).or(values.first())?;
        let kind = known.kind()?;
        let fits = |value: &Value| value.is_null() || value.kind() == Some(kind);
        values.iter().all(fits).then_some(Value::Array(kind, values))
    }

    /// About how many bytes it is on the wire.
    pub(crate) fn size(&self) -> usize {
        match self {
            Value::Text(v) | Value::Json(v) | Value::Enum { value: v, .. } => v.len(),
            Value::Bytes(v) => v.len(),
            Value::Array(_, values) => values.iter().map(Value::size).sum(),
            _ => 8,
        }
    }

    /// The value's family; `None` for one that could not be serialised, and for an array.
    pub const fn kind(&self) -> Option<Kind> {
        Some(match self {
            Value::Null(kind) => *kind,
            Value::Bool(_) => Kind::Bool,
            Value::I16(_) => Kind::I16,
            Value::I32(_) => Kind::I32,
            Value::I64(_) => Kind::I64,
            Value::U64(_) => Kind::U64,
            Value::F32(_) => Kind::F32,
            Value::F64(_) => Kind::F64,
            Value::Text(_) => Kind::Text,
            Value::Bytes(_) => Kind::Bytes,
            Value::Date(_) => Kind::Date,
            Value::Time(_) => Kind::Time,
            Value::DateTime(_) => Kind::DateTime,
            Value::Timestamp(_) => Kind::Timestamp,
            Value::Interval(_) => Kind::Interval,
            Value::Uuid(_) => Kind::Uuid,
            Value::Decimal(_) => Kind::Decimal,
            Value::Json(_) => Kind::Json,
            Value::Enum { type_name, .. } => Kind::Enum(type_name),
            Value::Array(..) | Value::Invalid(_) => return None,
        })
    }

    /// Reads a column as a value of the same kind as this one.
    ///
    /// # Errors
    /// When the column has another type.
    pub fn read_like(&self, row: &dyn Row, index: usize) -> Result<Value, DecodeError> {
        let Some(kind) = self.kind() else { return Err(DecodeError::Invalid(self.to_string())) };
        Ok(match kind {
            Kind::Bool => row.bool(index)?.map(Value::Bool),
            Kind::I16 | Kind::I32 | Kind::I64 => row.i64(index)?.map(Value::I64),
            Kind::U64 => row.u64(index)?.map(Value::U64),
            Kind::F32 => row.f64(index)?.map(|n| Value::F32(n as f32)),
            Kind::F64 => row.f64(index)?.map(Value::F64),
            Kind::Text => row.text(index)?.map(|text| Value::Text(text.into_owned())),
            Kind::Bytes => row.bytes(index)?.map(|bytes| Value::Bytes(bytes.into_owned())),
            Kind::Date => row.date(index)?.map(Value::Date),
            Kind::Time => row.time(index)?.map(Value::Time),
            Kind::DateTime => row.datetime(index)?.map(Value::DateTime),
            Kind::Timestamp => row.timestamp(index)?.map(Value::Timestamp),
            Kind::Interval => row.interval(index)?.map(Value::Interval),
            Kind::Uuid => row.uuid(index)?.map(Value::Uuid),
            Kind::Decimal => row.decimal(index)?.map(|text| Value::Decimal(text.into_owned())),
            Kind::Json => row.json(index)?.map(|text| Value::Json(text.into_owned())),
            Kind::Enum(type_name) => row.text(index)?.map(|text| Value::Enum { type_name, value: text.into_owned() }),
        }
        .unwrap_or(Value::Null(kind)))
    }

    /// The value as a 64-bit integer, if it is an integer that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Value::I16(n) => Some(n.into()),
            Value::I32(n) => Some(n.into()),
            Value::I64(n) => Some(n),
            Value::U64(n) => n.try_into().ok(),
            _ => None,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null(_), Value::Null(_)) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::F32(a), Value::F32(b)) => a.to_bits() == b.to_bits(),
            (Value::F64(a), Value::F64(b)) => a.to_bits() == b.to_bits(),
            (Value::Text(a), Value::Text(b)) | (Value::Json(a), Value::Json(b)) => a == b,
            (Value::Decimal(a), Value::Decimal(b)) => canonical_decimal(a) == canonical_decimal(b),
            (Value::Invalid(a), Value::Invalid(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::Date(a), Value::Date(b)) => a == b,
            (Value::Time(a), Value::Time(b)) => a == b,
            (Value::DateTime(a), Value::DateTime(b)) => a == b,
            (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
            (Value::Interval(a), Value::Interval(b)) => a == b,
            (Value::Uuid(a), Value::Uuid(b)) => a == b,
            (Value::Enum { value: a, .. }, Value::Enum { value: b, .. }) => a == b,
            (Value::U64(a), Value::U64(b)) => a == b,
            (Value::Array(_, a), Value::Array(_, b)) => a == b,
            // The width of an integer is the column's business: a key read as i32 finds the row of an i64 one.
            _ => matches!((self.as_i64(), other.as_i64()), (Some(a), Some(b)) if a == b),
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some(n) = self.as_i64() {
            return n.hash(state);
        }
        match self {
            Value::Null(_) | Value::I16(_) | Value::I32(_) | Value::I64(_) => {}
            Value::Bool(v) => v.hash(state),
            Value::U64(v) => v.hash(state),
            Value::F32(v) => v.to_bits().hash(state),
            Value::F64(v) => v.to_bits().hash(state),
            Value::Text(v) | Value::Json(v) | Value::Invalid(v) => v.hash(state),
            Value::Decimal(v) => canonical_decimal(v).hash(state),
            Value::Bytes(v) => v.hash(state),
            Value::Date(v) => v.hash(state),
            Value::Time(v) => v.hash(state),
            Value::DateTime(v) => v.hash(state),
            Value::Timestamp(v) => v.hash(state),
            Value::Interval(v) => v.hash(state),
            Value::Uuid(v) => v.hash(state),
            Value::Enum { value, .. } => value.hash(state),
            Value::Array(_, values) => values.hash(state),
        }
    }
}

/// How many values of an array a log shows.
const SHOWN: usize = 8;

/// `1.50` and `1.5` are one number: without the zeros that say nothing.
fn canonical_decimal(text: &str) -> &str {
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    if text == "-0" { "0" } else { text }
}

/// As a person would read it in a log: text in quotes, bytes as their number. Not SQL.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null(_) => f.write_str("NULL"),
            Value::Bool(v) => write!(f, "{v}"),
            Value::I16(v) => write!(f, "{v}"),
            Value::I32(v) => write!(f, "{v}"),
            Value::I64(v) => write!(f, "{v}"),
            Value::U64(v) => write!(f, "{v}"),
            Value::F32(v) => write!(f, "{v}"),
            Value::F64(v) => write!(f, "{v}"),
            Value::Text(v) | Value::Json(v) => write!(f, "{v:?}"),
            Value::Bytes(v) => write!(f, "<{} bytes>", v.len()),
            Value::Date(v) => write!(f, "{v}"),
            Value::Time(v) => write!(f, "{v}"),
            Value::DateTime(v) => write!(f, "{v}"),
            Value::Timestamp(v) => write!(f, "{}", v.to_rfc3339()),
            Value::Interval(v) => write!(f, "{v}"),
            Value::Uuid(v) => {
                for (n, byte) in v.iter().enumerate() {
                    if matches!(n, 4 | 6 | 8 | 10) {
                        f.write_str("-")?;
                    }
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
            Value::Decimal(v) => f.write_str(v),
            Value::Enum { value, .. } => write!(f, "{value:?}"),
            Value::Array(_, values) => {
                f.write_str("[")?;
                for (n, value) in values.iter().take(SHOWN).enumerate() {
                    write!(f, "{}{value}", if n == 0 { "" } else { ", " })?;
                }
                match values.len().saturating_sub(SHOWN) {
                    0 => f.write_str("]"),
                    rest => write!(f, ", … {rest} more]"),
                }
            }
            Value::Invalid(why) => write!(f, "<invalid: {why}>"),
        }
    }
}
