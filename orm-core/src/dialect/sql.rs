use super::compile::{compile, compile_literally};
use super::{Capabilities, Compiled};
use crate::error::Result;
use crate::query::Statement;
use crate::types::Dialect;

/// Any statement can print itself for any database.
pub trait Sql {
    /// The SQL text and its binds, for the version of the database that [`Capabilities::of`] names.
    ///
    /// # Errors
    /// [`Error::Statement`](crate::Error::Statement) for a statement that can't mean anything,
    /// [`Error::Unsupported`](crate::Error::Unsupported) for what the database lacks.
    fn sql(&self, dialect: Dialect) -> Result<Compiled>;

    /// The SQL text with its binds written in as literals, to be read or pasted. What is sent to a database has binds.
    ///
    /// # Errors
    /// As [`sql`](Sql::sql), and [`Error::Bind`](crate::Error::Bind) for a value that the database can't hold.
    fn sql_with_literals(&self, dialect: Dialect) -> Result<String>;
}

impl<S: Statement + ?Sized> Sql for S {
    fn sql(&self, dialect: Dialect) -> Result<Compiled> {
        compile(self.tree(), &Capabilities::of(dialect))
    }

    fn sql_with_literals(&self, dialect: Dialect) -> Result<String> {
        compile_literally(self.tree(), &Capabilities::of(dialect))
    }
}
