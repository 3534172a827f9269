//! What a database's driver gives to the rest of the engine. Each implementation is one folder beside this file.

use crate::dialect::{Capabilities, Compiled};
use crate::error::{Error, Failure, Result};
use crate::types::{Row, Value};
use futures_core::Stream;
use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

/// What every call to a database returns: a named, boxed, `Send` future.
pub type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// What is called with each row, as the driver holds it.
pub type Each<'a> = &'a mut (dyn FnMut(&dyn Row) -> Result<()> + Send);

/// A stream of rows that own themselves; see [`Connection::stream_rows`](super::Connection::stream_rows).
pub type RowStream<'a> = Pin<Box<dyn Stream<Item = Result<OwnedRow>> + Send + 'a>>;

pub(super) type Driving<'a, T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + Send + 'a>>;
pub(super) type DrivenStream<'a> = Pin<Box<dyn Stream<Item = Result<OwnedRow, Problem>> + Send + 'a>>;

/// A statement ready to be sent: SQL text that can be shared, and its binds.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(super) text: Arc<str>,
    pub(super) binds: Vec<Value>,
    pub(super) cached: bool,
    pub(super) single: bool,
    pub(super) unprepared: bool,
}

impl Statement {
    /// A statement from its text and its binds, in the text's order.
    pub fn new(text: impl Into<Arc<str>>, binds: Vec<Value>) -> Self {
        Statement { text: text.into(), binds, cached: true, single: false, unprepared: false }
    }

    /// The driver forgets the prepared statement after the call: for texts that seldom come again, such as those of an
    /// IN list of any length. MySQL and MariaDB keep it all the same, which costs less there.
    #[must_use]
    pub fn uncached(mut self) -> Self {
        self.cached = false;
        self
    }

    /// One row is all that is wanted, or all there can be: where that saves something (SQLite, whose rows come from another
    /// thread) the rest is not waited for.
    #[must_use]
    pub fn single(mut self) -> Self {
        self.single = true;
        self
    }

    /// MySQL runs it without preparing it, which it can't do with some commands; nothing changes elsewhere. It must have
    /// no binds.
    #[must_use]
    pub(super) fn unprepared(mut self) -> Self {
        self.unprepared = true;
        self
    }

    /// The SQL.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The binds.
    pub fn binds(&self) -> &[Value] {
        &self.binds
    }
}

impl From<Compiled> for Statement {
    fn from(compiled: Compiled) -> Self {
        Statement::new(compiled.text, compiled.binds)
    }
}

impl From<&str> for Statement {
    fn from(text: &str) -> Self {
        Statement::new(text, Vec::new())
    }
}

impl From<String> for Statement {
    fn from(text: String) -> Self {
        Statement::new(text, Vec::new())
    }
}

/// A row that owns its data, from a stream.
pub struct OwnedRow(pub(super) Box<dyn Row + Send + Sync>);

impl Deref for OwnedRow {
    type Target = dyn Row + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for OwnedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnedRow({} columns)", self.0.len())
    }
}

/// What a statement that gives no rows did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// How many rows it inserted, changed or deleted. MySQL and MariaDB count the rows that matched.
    pub rows: u64,
    /// The key that the database generated, on SQLite, MySQL and MariaDB: the last one of a multi-row INSERT on SQLite,
    /// the first one on MySQL and MariaDB. Meaningless after anything but an INSERT.
    pub last_insert_id: Option<i64>,
}

/// One connection to one database.
pub(super) trait Backend: Send + Sync {
    /// Runs a statement and hands each of its rows over; gives their number. When `each` fails the other rows are
    /// read and thrown away.
    fn fetch<'a>(&'a mut self, statement: &'a mut Statement, each: Each<'a>) -> Driving<'a, u64>;

    /// Runs a statement whose rows, if any, are of no interest.
    fn run<'a>(&'a mut self, statement: &'a mut Statement) -> Driving<'a, Ran>;

    /// Runs a statement and gives its rows one by one.
    fn stream<'a>(&'a mut self, statement: &'a mut Statement) -> DrivenStream<'a>;

    /// Runs SQL without binds, several statements if it holds several.
    fn batch<'a>(&'a mut self, sql: Arc<str>) -> Driving<'a, ()>;

    /// Finds out whether the connection still works.
    fn ping(&mut self) -> Driving<'_, ()>;

    /// Says goodbye. Dropping does the same without the manners.
    fn close(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// Whether rows that nobody reads any more are thrown away at no cost.
    fn drops_rows_freely(&self) -> bool {
        false
    }
}

/// Makes connections to one database.
pub(super) trait Connector: Send + Sync {
    /// Connects.
    fn connect(&self) -> Running<'_, Box<dyn Backend>>;

    /// What the server on the other side can do.
    fn capabilities<'a>(&'a self, backend: &'a mut dyn Backend) -> Running<'a, Capabilities>;
}

/// What a query of one row and one column of text says, for what an engine asks by itself.
pub(super) async fn server_text(backend: &mut dyn Backend, query: &str) -> Result<String> {
    let mut answer = String::new();
    let mut read = |row: &dyn Row| {
        let text = row.text(0).map_err(|reason| Error::Decode { column: query.to_owned(), reason })?;
        answer = text.unwrap_or_default().into_owned();
        Ok(())
    };
    let mut statement = Statement::from(query);
    match backend.fetch(&mut statement, &mut read).await {
        Ok(_) => Ok(answer),
        Err(problem) => Err(problem.into_error(query, Vec::new())),
    }
}

/// The error for a server that neither answers nor refuses.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn no_answer(url: &str, waited: std::time::Duration) -> Error {
    Error::Connect {
        url: url.to_owned(),
        reason: format!(
            "no answer within {waited:?}; check the host, the port and what stands between, or raise `connect_timeout`"
        ),
        source: None,
    }
}

/// Why a statement failed: before it was sent, or in the database.
pub(super) enum Problem {
    /// An error of ours: a bind that was refused, a row that could not be decoded.
    Ours(Error),
    /// The database's or the driver's.
    Fault(Box<Fault>),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem::Ours(error)
    }
}

/// The binds that an error keeps, at most: a bulk insert has thousands.
pub(super) const KEPT_BINDS: usize = 256;

impl Problem {
    /// The error, with the statement that caused it.
    pub(super) fn into_error(self, statement: &str, binds: Vec<Value>) -> Error {
        match self {
            Problem::Ours(error) => error,
            Problem::Fault(fault) => fault.into_error(statement, binds),
        }
    }
}

/// An error of a database or a driver, told apart.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    pub(super) message: String,
    pub(super) code: Option<String>,
    pub(super) source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// The database ended the transaction by itself.
    pub(super) ended_transaction: bool,
    /// The driver and the server no longer agree on where they are.
    pub(super) broken: bool,
}

/// What a constraint error tells about itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Violated {
    pub(super) constraint: Option<String>,
    pub(super) table: Option<String>,
    pub(super) columns: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    Unique(Violated),
    ForeignKey(Violated),
    NotNull(Violated),
    Check(Violated),
    Serialization,
    Deadlock,
    Lost,
    Timeout,
    NoSuchTable(String),
    Other,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        let broken = kind == FaultKind::Lost;
        Fault { kind, message: message.into(), code: None, source: None, ended_transaction: false, broken }
    }

    /// The faults that are the same for every driver: what sqlx says about I/O, its own state and its protocol.
    pub(super) fn of_driver(error: sqlx::Error) -> Self {
        let (kind, broken) = match &error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => (FaultKind::Lost, true),
            sqlx::Error::Protocol(_) => (FaultKind::Other, true),
            _ => (FaultKind::Other, false),
        };
        let fault = Fault::new(kind, error.to_string());
        Fault { source: Some(Box::new(error)), broken, ..fault }
    }

    fn into_error(self, statement: &str, mut binds: Vec<Value>) -> Error {
        binds.truncate(KEPT_BINDS);
        let failure = Box::new(Failure {
            message: self.message,
            code: self.code,
            statement: statement.to_owned(),
            binds,
            source: self.source,
        });
        match self.kind {
            FaultKind::Unique(Violated { constraint, table, columns }) => {
                // MariaDB names the key alone.
                let table = table.or_else(|| written_table(statement));
                Error::UniqueViolation { constraint, table, columns, failure }
            }
            FaultKind::ForeignKey(Violated { constraint, table, columns }) => {
                Error::ForeignKeyViolation { constraint, table, columns, failure }
            }
            FaultKind::NotNull(Violated { constraint, table, columns }) => {
                let table = table.or_else(|| written_table(statement));
                Error::NotNullViolation { constraint, table, columns, failure }
            }
            FaultKind::Check(Violated { constraint, table, columns }) => {
                Error::CheckViolation { constraint, table, columns, failure }
            }
            FaultKind::Serialization => Error::SerializationFailure(failure),
            FaultKind::Deadlock => Error::Deadlock(failure),
            FaultKind::Lost => Error::ConnectionLost(failure),
            FaultKind::Timeout => Error::Timeout(failure),
            FaultKind::NoSuchTable(table) => Error::NoSuchTable { table, failure },
            FaultKind::Other => Error::Database(failure),
        }
    }
}

/// The table that an INSERT or UPDATE writes.
fn written_table(statement: &str) -> Option<String> {
    let mut words = statement.split_whitespace();
    let verb = words.next()?;
    let name = if verb.eq_ignore_ascii_case("insert") || verb.eq_ignore_ascii_case("replace") {
        words.find(|word| word.eq_ignore_ascii_case("into")).and_then(|_| words.next())?
    } else if verb.eq_ignore_ascii_case("update") {
        words.next()?
    } else {
        return None;
    };
    let name = name.split('(').next()?;
    let name = name.rsplit('.').next()?.trim_matches(['`', '"']);
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::written_table;

    #[test]
    fn the_written_table_is_found() {
        for (statement, table) in [
            ("INSERT INTO users (name) VALUES (?)", Some("users")),
            ("insert into `shop`.`Users`(name) values (?)", Some("Users")),
            ("UPDATE users SET name = ?", Some("users")),
            ("DELETE FROM users", None),
            ("", None),
        ] {
            assert_eq!(written_table(statement).as_deref(), table, "{statement}");
        }
    }
}
