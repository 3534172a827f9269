use super::{DecodeError, Nullability, Row, SqlType, Type, Value, column};
use crate::error::Error;

/// A column that the database may fill in: unset until a value is given or read back after the INSERT.
///
/// While it is [`Auto::Unset`] the column is left out of the INSERT, and its value comes back with the generated key
/// (RETURNING, or a SELECT by key where there is none).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Auto<T> {
    /// No value yet.
    #[default]
    Unset,
    /// A value, from the program or from the database.
    Set(T),
}

impl<T> From<T> for Auto<T> {
    fn from(value: T) -> Self {
        Auto::Set(value)
    }
}

impl<T> Auto<T> {
    /// The value.
    ///
    /// # Errors
    /// [`Error::Unset`] before there is one.
    pub fn get(&self) -> Result<&T, Error> {
        match self {
            Auto::Set(value) => Ok(value),
            Auto::Unset => Err(Error::Unset { type_name: std::any::type_name::<T>() }),
        }
    }

    /// Whether there is a value.
    pub fn is_set(&self) -> bool {
        matches!(self, Auto::Set(_))
    }

    /// The value as an `Option`.
    pub fn as_option(&self) -> Option<&T> {
        match self {
            Auto::Set(value) => Some(value),
            Auto::Unset => None,
        }
    }
}

/// A column that a query may leave out and load later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Deferred<T> {
    /// Left out by the query.
    #[default]
    NotLoaded,
    /// Loaded, or set by the program.
    Loaded(T),
}

impl<T> From<T> for Deferred<T> {
    fn from(value: T) -> Self {
        Deferred::Loaded(value)
    }
}

impl<T> Deferred<T> {
    /// The value.
    ///
    /// # Errors
    /// [`Error::Unset`] when it was not loaded.
    pub fn get(&self) -> Result<&T, Error> {
        match self {
            Deferred::Loaded(value) => Ok(value),
            Deferred::NotLoaded => Err(Error::Unset { type_name: std::any::type_name::<T>() }),
        }
    }

    /// Whether there is a value.
    pub fn is_loaded(&self) -> bool {
        matches!(self, Deferred::Loaded(_))
    }
}

/// What a column's field may be: a SQL type, or one inside [`Auto`].
#[diagnostic::on_unimplemented(
    message = "a column can't be a `{Self}`",
    label = "no column can hold this",
    note = "derive `SqlType` for a newtype or `SqlEnum` for an enum, use `Json<T>`, or mark the field `#[orm(skip)]`"
)]
pub trait Field: Sized {
    /// The SQL type of its column.
    type Sql: SqlType;
    /// Whether the database may fill it in.
    const AUTO: bool = false;

    /// Whether the column may be NULL.
    const NULLABLE: bool = <<Self::Sql as SqlType>::Null as Nullability>::NULLABLE;
    /// Whether a database can number a key of this type.
    const NUMBERED: bool = <Self::Sql as SqlType>::NUMBERED;

    /// The column's type.
    fn column_type() -> Type {
        Self::Sql::sql_type()
    }

    /// Reads the field from a row.
    ///
    /// # Errors
    /// As [`column()`].
    fn decode(row: &dyn Row, index: usize) -> Result<Self, DecodeError> {
        column(row, index).map(Self::from_sql)
    }

    /// The value, unless it is unset.
    fn value(&self) -> Option<Value>;

    /// A field holding a value that was read.
    fn from_sql(value: Self::Sql) -> Self;
}

impl<T: SqlType> Field for T {
    type Sql = T;

    fn value(&self) -> Option<Value> {
        Some(self.to_value())
    }

    fn from_sql(value: T) -> Self {
        value
    }
}

impl<T: SqlType> Field for Auto<T> {
    type Sql = T;
    const AUTO: bool = true;

    fn value(&self) -> Option<Value> {
        self.as_option().map(SqlType::to_value)
    }

    fn from_sql(value: T) -> Self {
        Auto::Set(value)
    }

    fn decode(row: &dyn Row, index: usize) -> Result<Self, DecodeError> {
        match column(row, index) {
            Ok(value) => Ok(Auto::Set(value)),
            Err(_) if row.unsets() => Ok(Auto::Unset),
            Err(error) => Err(error),
        }
    }
}
