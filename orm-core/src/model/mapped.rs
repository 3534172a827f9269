use super::hooks::Hook;
use super::relation::Relation;
use crate::entity::{Model, TableDef};
use crate::error::{Error, Invalid};
use crate::types::{DecodeError, Row, UnsetRow, Value, ValueRow};
use std::any::Any;

/// The run-time half of a [`Model`]. `#[derive(Model)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "add `#[derive(Model)]` to it"
)]
pub trait Mapped: Model + Clone {
    /// Decodes the columns from position `at` on, in the order of the fields. Relationships are not loaded.
    ///
    /// # Errors
    /// [`ColumnError`] naming the column that can't be read.
    fn from_row(row: &dyn Row, at: usize) -> Result<Self, ColumnError>;

    /// A column's value; `None` while it is unset.
    fn value(&self, column: u16) -> Option<Value>;

    /// Reads a column from position `at`.
    ///
    /// # Errors
    /// When the value does not fit the field.
    fn read(&mut self, column: u16, row: &dyn Row, at: usize) -> Result<(), DecodeError>;

    /// A relationship's field, by the relationship's index.
    fn relation(&self, index: u16) -> &dyn Relation;

    /// A relationship's field, by the relationship's index.
    fn relation_mut(&mut self, index: u16) -> &mut dyn Relation;

    /// Whether the model has [`Hooks`](super::Hooks).
    const HOOKS: bool = false;

    /// Calls a hook.
    ///
    /// # Errors
    /// The hook's.
    #[doc(hidden)]
    fn hook(&mut self, _: Hook) -> crate::error::Result<()> {
        Ok(())
    }

    /// Whether the model checks its values.
    const VALIDATES: bool = false;

    /// Checks the values, and notes what is wrong.
    #[doc(hidden)]
    fn validate(&self, _: &mut Vec<Invalid>) {}
}

/// Which column of a row could not be read, and why.
#[derive(Debug)]
pub struct ColumnError {
    /// The column's index in its table.
    pub column: u16,
    /// Why.
    pub reason: DecodeError,
}

impl ColumnError {
    /// The crate's error, naming the model and field.
    #[cold]
    pub fn of(self, table: &'static TableDef) -> Error {
        let column = format!("`{}::{}`", table.title(), table.column_def(self.column).field);
        Error::Decode { column, reason: self.reason }
    }
}

/// Names the column that could not be decoded. For the derive's output.
///
/// # Errors
/// [`ColumnError`] naming the column.
#[doc(hidden)]
#[inline]
pub fn field<F>(decoded: Result<F, DecodeError>, column: u16) -> Result<F, ColumnError> {
    decoded.map_err(|reason| ColumnError { column, reason })
}

/// What a model without that relationship answers. For the derive's output.
///
/// # Panics
/// Always: only the crate itself asks for relationships, by the indexes of the model's own table.
#[doc(hidden)]
#[cold]
pub fn no_relation(index: u16) -> ! {
    panic!("there is no relationship number {index}")
}

/// A model's value without its type.
pub trait Object: Any + Send + Sync {
    /// The table.
    fn table(&self) -> &'static TableDef;
    /// A column's value; `None` while it is unset.
    fn value(&self, column: u16) -> Option<Value>;
    /// Sets a column.
    ///
    /// # Errors
    /// When the value does not fit the field.
    fn set(&mut self, column: u16, value: &Value) -> Result<(), DecodeError>;
    /// Takes a column's value away.
    ///
    /// # Errors
    /// When the field always has one.
    fn unset(&mut self, column: u16) -> Result<(), DecodeError>;
    /// Reads a column from position `at` of a row.
    ///
    /// # Errors
    /// When the value does not fit the field.
    fn read(&mut self, column: u16, row: &dyn Row, at: usize) -> Result<(), DecodeError>;
    /// A relationship's field.
    fn relation(&self, index: u16) -> &dyn Relation;
    /// A relationship's field.
    fn relation_mut(&mut self, index: u16) -> &mut dyn Relation;
    /// Calls a hook of the model, if it has any.
    ///
    /// # Errors
    /// The hook's.
    fn hook(&mut self, hook: Hook) -> crate::error::Result<()>;
    /// Checks the values as the model says, and notes what is wrong.
    fn validate(&self, found: &mut Vec<Invalid>);
}

impl<M: Mapped> Object for M {
    fn table(&self) -> &'static TableDef {
        M::TABLE
    }
    fn value(&self, column: u16) -> Option<Value> {
        Mapped::value(self, column)
    }
    fn set(&mut self, column: u16, value: &Value) -> Result<(), DecodeError> {
        Mapped::read(self, column, &ValueRow(value), 0)
    }
    fn unset(&mut self, column: u16) -> Result<(), DecodeError> {
        Mapped::read(self, column, &UnsetRow, 0)
    }
    fn read(&mut self, column: u16, row: &dyn Row, at: usize) -> Result<(), DecodeError> {
        Mapped::read(self, column, row, at)
    }
    fn relation(&self, index: u16) -> &dyn Relation {
        Mapped::relation(self, index)
    }
    fn relation_mut(&mut self, index: u16) -> &mut dyn Relation {
        Mapped::relation_mut(self, index)
    }
    fn hook(&mut self, hook: Hook) -> crate::error::Result<()> {
        Mapped::hook(self, hook)
    }
    fn validate(&self, found: &mut Vec<Invalid>) {
        Mapped::validate(self, found);
    }
}

impl dyn Object {
    /// The key columns' values; `None` while one of them is unset, a database-assigned key while it is 0.
    pub fn primary_key(&self) -> Option<Vec<Value>> {
        let table = self.table();
        let auto = table.auto_key();
        table
            .primary_key
            .iter()
            .map(|index| self.value(*index).filter(|value| auto != Some(*index) || value.as_i64() != Some(0)))
            .collect()
    }

    /// The key columns' values as they are, 0 included; `None` while one of them is unset or NULL.
    pub fn primary_key_values(&self) -> Option<Vec<Value>> {
        self.table().primary_key.iter().map(|index| self.value(*index).filter(|value| !value.is_null())).collect()
    }

    /// The columns' values, in order; NULL where one of them is unset.
    pub fn values(&self, columns: &[u16]) -> Vec<Option<Value>> {
        columns.iter().map(|column| self.value(*column)).collect()
    }
}
