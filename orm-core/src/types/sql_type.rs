use super::{DecodeError, Kind, NotNull, Null, Nullability, Row, Value};
use std::borrow::Cow;

/// A Rust type that a column can hold.
///
/// Implemented for the types of the crate's front page and for `Option` of each. `#[derive(SqlType)]` writes it for a
/// newtype and `#[derive(SqlEnum)]` for an enum; for anything else write it by hand:
///
/// ```
/// use orm_core::types::{DecodeError, Kind, NotNull, Row, SqlType, Type, Value};
///
/// /// A colour, kept as an integer.
/// #[derive(Debug, Clone, PartialEq)]
/// struct Rgb(u8, u8, u8);
///
/// impl SqlType for Rgb {
///     type Base = Self;
///     type Null = NotNull;
///     const KIND: Kind = Kind::I32;
///     fn sql_type() -> Type {
///         Type::Integer
///     }
///     fn to_value(&self) -> Value {
///         Value::I32(i32::from(self.0) << 16 | i32::from(self.1) << 8 | i32::from(self.2))
///     }
///     fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>, DecodeError> {
///         let Some(n) = row.i64(index)? else { return Ok(None) };
///         let [0, 0, 0, 0, 0, r, g, b] = n.to_be_bytes() else {
///             return Err(DecodeError::Invalid(format!("{n} is not a colour")));
///         };
///         Ok(Some(Rgb(r, g, b)))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a SQL type",
    label = "no column can hold this",
    note = "derive `SqlType` for a newtype or `SqlEnum` for an enum, or use `Json<T>`"
)]
pub trait SqlType: Sized + Send + Sync + 'static {
    /// The type without its `Option`.
    type Base: Plain;
    /// Whether it may be NULL.
    type Null: Nullability;
    /// What it is on the wire.
    const KIND: Kind;
    /// Whether a database can number a key of this type: true of integers and newtypes of one.
    const NUMBERED: bool = false;

    /// The column type that DDL gives it.
    fn sql_type() -> Type;

    /// The value as it is sent.
    fn to_value(&self) -> Value;

    /// Reads it from a row; `None` is NULL.
    ///
    /// # Errors
    /// When the column has another type, or a value that the Rust type cannot hold.
    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>, DecodeError>;

    /// The Rust value for NULL, if there is one. Only `Option` has one.
    fn null() -> Option<Self> {
        None
    }
}

/// A SQL type that is not an `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a SQL type by itself",
    label = "expected a type that a NOT NULL column can hold"
)]
pub trait Plain: SqlType<Base = Self, Null = NotNull> {}
impl<T: SqlType<Base = T, Null = NotNull>> Plain for T {}

impl<T: Plain> SqlType for Option<T> {
    type Base = T;
    type Null = Null;
    const KIND: Kind = T::KIND;
    const NUMBERED: bool = T::NUMBERED;

    fn sql_type() -> Type {
        T::sql_type()
    }

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null(T::KIND), T::to_value)
    }

    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>, DecodeError> {
        T::decode(row, index).map(Some)
    }

    fn null() -> Option<Self> {
        Some(None)
    }
}

/// A boolean SQL type: what a condition is made of.
#[diagnostic::on_unimplemented(
    message = "a condition must be boolean, but this expression is `{Self}`",
    label = "compare it with something: `.eq(…)`, `.gt(…)`, `.is_not(None)`"
)]
pub trait Boolean: SqlType<Base = bool> {}
impl Boolean for bool {}
impl Boolean for Option<bool> {}

/// A text SQL type.
#[diagnostic::on_unimplemented(message = "this needs a text expression, but it is `{Self}`", label = "not text")]
pub trait Text: SqlType<Base = String> {}
impl Text for String {}
impl Text for Option<String> {}

/// A SQL type to calculate with.
#[diagnostic::on_unimplemented(message = "this needs a number, but the expression is `{Self}`", label = "not a number")]
pub trait Numeric: SqlType {}

/// A column of this type may be a foreign key to a column of type `T`. `Option` on either side makes no difference and is
/// taken off before.
#[diagnostic::on_unimplemented(
    message = "a foreign key of type `{Self}` can't reference a column of type `{T}`",
    label = "the two columns must have one SQL type"
)]
pub trait References<T> {}
impl<T: Plain> References<T> for T {}

/// The type of a column, before a dialect gives it its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Type {
    /// BOOLEAN; an integer 0 or 1 on SQLite, TINYINT(1) on MySQL and MariaDB.
    Boolean,
    /// An 8-bit integer (SMALLINT on PostgreSQL).
    TinyInt,
    /// A 16-bit integer.
    SmallInt,
    /// A 32-bit integer.
    Integer,
    /// A 64-bit integer.
    BigInt,
    /// An unsigned 8-bit integer (SMALLINT on PostgreSQL).
    UnsignedTinyInt,
    /// An unsigned 16-bit integer (INTEGER on PostgreSQL).
    UnsignedSmallInt,
    /// An unsigned 32-bit integer (BIGINT on PostgreSQL).
    UnsignedInteger,
    /// An unsigned 64-bit integer: MySQL and MariaDB only.
    UnsignedBigInt,
    /// A single-precision float.
    Real,
    /// A double-precision float.
    Double,
    /// Text; VARCHAR(n) with a length.
    Text {
        /// The greatest length in characters.
        length: Option<u32>,
    },
    /// Bytes.
    Binary {
        /// The greatest length in bytes.
        length: Option<u32>,
    },
    /// A date.
    Date,
    /// A time of day, to the microsecond.
    Time,
    /// A date and time without a time zone, to the microsecond.
    DateTime,
    /// A moment in time, to the microsecond (TIMESTAMP WITH TIME ZONE on PostgreSQL; UTC elsewhere).
    Timestamp,
    /// A span of time: INTERVAL on PostgreSQL, a number of microseconds elsewhere.
    Interval,
    /// A UUID: native on PostgreSQL and MariaDB, 16 bytes elsewhere.
    Uuid,
    /// An exact number; text of TEXT affinity on SQLite, so that no digit is lost.
    Decimal {
        /// The number of digits.
        precision: Option<u32>,
        /// The digits after the point.
        scale: Option<u32>,
    },
    /// A JSON document (JSONB on PostgreSQL, text on SQLite and MariaDB).
    Json,
    /// An enumeration of texts: a type of its own on PostgreSQL, ENUM(…) on MySQL and MariaDB, text on SQLite.
    Enum {
        /// The type's name.
        name: Cow<'static, str>,
        /// Its values, in order.
        values: Vec<Cow<'static, str>>,
    },
    /// A type by the name that the database knows it under, written as it is.
    Raw(Cow<'static, str>),
}
