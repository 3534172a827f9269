use super::SqlType;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use std::borrow::Cow;

/// A row as the driver holds it, read by position and decoded straight into Rust types.
///
/// Every reader gives `None` for NULL and an error when the column's type cannot be read as the wanted one. Integers are
/// read from any integer column and from an exact number without a fraction, range-checked; text from any text column;
/// a boolean from an integer 0 or 1 where the database has no boolean type.
pub trait Row {
    /// How many columns the row has.
    fn len(&self) -> usize;

    /// Whether the row has no column.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the column is NULL.
    fn is_null(&self, index: usize) -> Result<bool, DecodeError>;

    /// A boolean.
    fn bool(&self, index: usize) -> Result<Option<bool>, DecodeError>;

    /// A signed integer of any width.
    fn i64(&self, index: usize) -> Result<Option<i64>, DecodeError>;

    /// An unsigned integer of any width.
    fn u64(&self, index: usize) -> Result<Option<u64>, DecodeError>;

    /// A float of either precision, or a number that has no exact type in the database.
    fn f64(&self, index: usize) -> Result<Option<f64>, DecodeError>;

    /// Text, borrowed from the row where the driver allows.
    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>, DecodeError>;

    /// Bytes, borrowed from the row where the driver allows.
    fn bytes(&self, index: usize) -> Result<Option<Cow<'_, [u8]>>, DecodeError>;

    /// A date.
    fn date(&self, index: usize) -> Result<Option<NaiveDate>, DecodeError>;

    /// A time of day.
    fn time(&self, index: usize) -> Result<Option<NaiveTime>, DecodeError>;

    /// A date and time without a time zone.
    fn datetime(&self, index: usize) -> Result<Option<NaiveDateTime>, DecodeError>;

    /// A moment in time.
    fn timestamp(&self, index: usize) -> Result<Option<DateTime<Utc>>, DecodeError>;

    /// A span of time.
    fn interval(&self, index: usize) -> Result<Option<TimeDelta>, DecodeError>;

    /// The 16 bytes of a UUID.
    fn uuid(&self, index: usize) -> Result<Option<[u8; 16]>, DecodeError>;

    /// An exact number in plain notation (`-12.50`). A float (SQLite's REAL) comes as its shortest text that reads back
    /// as the same float.
    fn decimal(&self, index: usize) -> Result<Option<Cow<'_, str>>, DecodeError>;

    /// A JSON document as text.
    fn json(&self, index: usize) -> Result<Option<Cow<'_, str>>, DecodeError>;

    /// Whether this is no row, but a word to a field to become unset again.
    #[doc(hidden)]
    fn unsets(&self) -> bool {
        false
    }
}

/// Reads column `index` of a row as a `T`. NULL is an error unless `T` is an `Option`.
///
/// # Errors
/// [`DecodeError::Null`] for an unexpected NULL, [`DecodeError::Mismatch`] for a column of another type,
/// [`DecodeError::Invalid`] for a value that `T` cannot hold.
pub fn column<T: SqlType>(row: &dyn Row, index: usize) -> Result<T, DecodeError> {
    match T::decode(row, index)? {
        Some(value) => Ok(value),
        None => T::null().ok_or(DecodeError::Null { expected: std::any::type_name::<T>() }),
    }
}

/// Why a column of a row could not be read as the wanted Rust type.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// NULL where the Rust type allows none.
    #[error("it is NULL, but the Rust type is `{expected}`; make it an `Option`, or exclude NULL in the query")]
    Null {
        /// The Rust type.
        expected: &'static str,
    },
    /// The column's SQL type cannot be read as the Rust type.
    #[error("its SQL type is {found}, which can't be read as {expected}")]
    Mismatch {
        /// What was wanted.
        expected: &'static str,
        /// The database's name for the column's type.
        found: String,
    },
    /// The value does not fit the Rust type.
    #[error("{0}")]
    Invalid(String),
    /// The row has fewer columns than were asked for.
    #[error("the row has {len} columns, but column {index} was asked for")]
    Missing {
        /// The position asked for.
        index: usize,
        /// The number of columns.
        len: usize,
    },
}
