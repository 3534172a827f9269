//! Floor 0: the one error type of the crate.

use crate::types::{DecodeError, Dialect, Value};
use std::fmt;

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Everything that can go wrong, told apart by what a program can do about it.
///
/// Every error of a database carries the statement and, unless they were turned off, its binds ([`Failure`]).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The URL of a database could not be understood.
    #[error("the database URL {url:?} can't be used: {reason}")]
    Url {
        /// The URL, its password masked.
        url: String,
        /// What is wrong with it, and what is allowed.
        reason: String,
    },
    /// No connection could be made.
    #[error("can't connect to {url}: {reason}")]
    Connect {
        /// The URL, its password masked.
        url: String,
        /// What happened, and what to look at.
        reason: String,
        /// The driver's error.
        #[source]
        source: Option<Source>,
    },
    /// The server was reached, and refused the user, the password or the database.
    #[error("{url} refused the login: {reason}")]
    LoginRefused {
        /// The URL, its password masked.
        url: String,
        /// What the server said.
        reason: String,
        /// The driver's error.
        #[source]
        source: Option<Source>,
    },
    /// All connections of the pool were in use for too long.
    #[error(
        "no connection became free within {waited:?}: all {size} of the pool are in use; \
         raise `max_connections` or `acquire_timeout`, or look for a connection or transaction that is held too long"
    )]
    PoolTimedOut {
        /// How long the caller waited.
        waited: std::time::Duration,
        /// The pool's size.
        size: u32,
    },
    /// The engine was closed.
    #[error("the engine is closed")]
    Closed,
    /// The connection broke while it was used; its transaction is gone.
    #[error("the connection was lost: {0}; its transaction was rolled back by the server, run it again")]
    ConnectionLost(Box<Failure>),
    /// A statement took longer than it may, or waited for a lock for too long.
    #[error("timed out: {0}")]
    Timeout(Box<Failure>),
    /// A unique constraint, primary key or unique index has this value already.
    #[error("{}", violation("unique constraint", .constraint, .table, .columns, .failure))]
    UniqueViolation {
        /// The constraint's or index's name, where the database tells it.
        constraint: Option<String>,
        /// The table.
        table: Option<String>,
        /// The columns, where the database tells them.
        columns: Vec<String>,
        /// The statement and the database's words.
        failure: Box<Failure>,
    },
    /// A foreign key points at no row, or a row is still pointed at.
    #[error("{}", violation("foreign key", .constraint, .table, .columns, .failure))]
    ForeignKeyViolation {
        /// The constraint's name, where the database tells it.
        constraint: Option<String>,
        /// The table.
        table: Option<String>,
        /// The columns, where the database tells them.
        columns: Vec<String>,
        /// The statement and the database's words.
        failure: Box<Failure>,
    },
    /// NULL for a column that is NOT NULL.
    #[error("{}", violation("NOT NULL", .constraint, .table, .columns, .failure))]
    NotNullViolation {
        /// The constraint's name, where the database tells it.
        constraint: Option<String>,
        /// The table.
        table: Option<String>,
        /// The column.
        columns: Vec<String>,
        /// The statement and the database's words.
        failure: Box<Failure>,
    },
    /// A CHECK is not met.
    #[error("{}", violation("check constraint", .constraint, .table, .columns, .failure))]
    CheckViolation {
        /// The constraint's name, where the database tells it.
        constraint: Option<String>,
        /// The table.
        table: Option<String>,
        /// The columns, where the database tells them.
        columns: Vec<String>,
        /// The statement and the database's words.
        failure: Box<Failure>,
    },
    /// The transaction collided with another one; run it again.
    #[error("the transaction could not be serialised, run it again: {0}")]
    SerializationFailure(Box<Failure>),
    /// The transaction was chosen to end a deadlock, or SQLite's lock could not be had; run it again.
    #[error("deadlock, run the transaction again: {0}")]
    Deadlock(Box<Failure>),
    /// A table that the statement names does not exist.
    #[error(
        "table {table} does not exist: {failure}; create it with `metadata![…].create_all(&engine)` or a migration"
    )]
    NoSuchTable {
        /// The table's name.
        table: String,
        /// The statement and the database's words.
        failure: Box<Failure>,
    },
    /// Tables that were to be created are there already; nothing was created.
    #[error(
        "{} there already: create only what is missing with `create_missing`, drop it with `drop_all`, \
         or change it with a migration",
        there(.tables)
    )]
    TableExists {
        /// The tables' names.
        tables: Vec<String>,
    },
    /// Any other error of the database.
    #[error("{0}")]
    Database(Box<Failure>),
    /// A value of a row could not be read as its Rust type.
    #[error("column {column} can't be read: {reason}")]
    Decode {
        /// The column: its model and field, or its name in the result.
        column: String,
        /// Why.
        #[source]
        reason: DecodeError,
    },
    /// A value can't be sent to this database; nothing was sent.
    #[error("the value {value} can't be sent to {dialect}: {reason}")]
    Bind {
        /// The value, shortened.
        value: String,
        /// The database.
        dialect: Dialect,
        /// Why not.
        reason: String,
    },
    /// A statement has more binds than the database takes, and can't be split; nothing was sent.
    #[error("the statement has {count} binds, {dialect} takes at most {limit}; send it in parts")]
    TooManyBinds {
        /// The number of binds.
        count: usize,
        /// The greatest number allowed.
        limit: usize,
        /// The database.
        dialect: Dialect,
    },
    /// The database, or this version of it, has no such thing; nothing was sent.
    #[error("{dialect} has no {feature}")]
    Unsupported {
        /// What is missing.
        feature: String,
        /// The database.
        dialect: Dialect,
    },
    /// A statement that can't mean anything; nothing was sent.
    #[error("the statement is wrong: {0}")]
    Statement(String),
    /// The models contradict themselves or each other; all that was found.
    #[error("the models are wrong:\n{}", .0.join("\n"))]
    Mapping(Vec<String>),
    /// A query that must give one row gave none.
    #[error("no row found for {what}")]
    NoRow {
        /// The model and key, or the statement.
        what: String,
    },
    /// A query that may give one row gave several.
    #[error("more than one row found for {what}")]
    ManyRows {
        /// The statement.
        what: String,
    },
    /// A relationship that was not loaded was read.
    #[error(
        "`{relationship}` was not loaded; load it with `.options(selectinload({relationship}))` or `session.load(…, {relationship})`"
    )]
    NotLoaded {
        /// `Model::relationship`.
        relationship: String,
    },
    /// A relationship that was loaded under a filter was read as if it were whole.
    #[error("`{relationship}` was loaded under a filter; read it with `partial()`, or load it whole")]
    Partial {
        /// `Model::relationship`.
        relationship: String,
    },
    /// A field of an object in a session was read or written as if the object held its links itself.
    #[error(
        "`{relationship}` belongs to a session: read it with `session.at(key)`, change it with `push`, `set` or `replace`, \
         copy it out with `session.tree(key, …)`"
    )]
    Attached {
        /// `Model::relationship`.
        relationship: String,
    },
    /// An [`Auto`](crate::types::Auto) or [`Deferred`](crate::types::Deferred) column was read before it had a value.
    #[error(
        "this `{type_name}` has no value yet: it comes from the database with the INSERT, or with a query that loads it"
    )]
    Unset {
        /// The Rust type.
        type_name: &'static str,
    },
    /// A key of another session, or of an object that is gone.
    #[error("this `Key<{model}>` {reason}")]
    StaleKey {
        /// The model.
        model: &'static str,
        /// Which of the two.
        reason: &'static str,
    },
    /// A flush or a call was cut off, or failed; the session's transaction was rolled back.
    #[error("the session's transaction was rolled back ({cause}); call `rollback()` and begin anew")]
    RolledBack {
        /// What happened.
        cause: String,
    },
    /// A flush that a query set off failed.
    #[error("the flush before a query failed ({query}): {source}")]
    Autoflush {
        /// The query.
        query: String,
        /// The flush's error.
        #[source]
        source: Box<Error>,
    },
    /// An UPDATE or DELETE met fewer rows than it should: somebody else changed or deleted them.
    #[error(
        "{matched} of {expected} rows of {table} matched: {keys} was changed or deleted by somebody else; \
         roll back, read the row again (`get`, or any query that returns it) and repeat the change"
    )]
    StaleData {
        /// The table.
        table: String,
        /// The keys of the rows.
        keys: String,
        /// How many rows should have matched.
        expected: u64,
        /// How many did.
        matched: u64,
    },
    /// Objects that must be written before each other.
    #[error(
        "these rows need each other before they can be written: {links}; make one of the keys nullable, and it is written by an UPDATE afterwards"
    )]
    CircularDependency {
        /// The links of the cycle.
        links: String,
    },
    /// A change in the session that contradicts another, or can't be carried out.
    #[error("{0}")]
    Session(String),
    /// A change in a session that only reads; nothing was sent. The session goes on as it was.
    #[error(
        "{what} in a read-only session: `rollback` takes changes back; a session that may write is made by \
         `engine.session()`"
    )]
    ReadOnly {
        /// "`User` 7 was changed", "the statement `…` can't be run".
        what: String,
    },
    /// Objects that a flush was about to write hold values that their models do not allow; nothing was sent.
    #[error("{}", list(.0))]
    Validation(Vec<Invalid>),
    /// The transaction was committed, and a hook that is called after that failed.
    #[error("the transaction is committed, but its `after_commit` hook failed: {source}")]
    AfterCommit {
        /// The hook's error.
        #[source]
        source: Box<Error>,
    },
    /// Two copies of one row in a merged tree differ.
    #[error(
        "the tree holds two copies of `{model}` {key} that differ in `{column}`; change both, or only one of them and drop the other"
    )]
    MergeConflict {
        /// The model.
        model: &'static str,
        /// The key.
        key: String,
        /// The first column, or relationship, in which they differ.
        column: String,
    },
    /// The caller's own error, from inside a transaction closure.
    #[error("{0}")]
    Custom(#[source] Source),
}

/// What a model does not allow: [`Error::Validation`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The object: "`User` 7", "a new `User`".
    pub object: String,
    /// The field; `None` where it is the object as a whole.
    pub field: Option<&'static str>,
    /// What the check said.
    pub message: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) => write!(f, "{} is not valid: `{field}` {}", self.object, self.message),
            None => write!(f, "{} is not valid: {}", self.object, self.message),
        }
    }
}

fn list(lines: &[Invalid]) -> String {
    lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl Error {
    /// Wraps the caller's own error, for `?` inside a transaction closure.
    pub fn custom(error: impl Into<Source>) -> Self {
        Error::Custom(error.into())
    }

    /// Whether running the whole transaction again may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::SerializationFailure(_) | Error::Deadlock(_) | Error::ConnectionLost(_) => true,
            Error::Autoflush { source, .. } => source.is_retryable(),
            _ => false,
        }
    }

    /// The statement and the database's words, for an error that came from a database.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Error::ConnectionLost(failure)
            | Error::Timeout(failure)
            | Error::SerializationFailure(failure)
            | Error::Deadlock(failure)
            | Error::Database(failure)
            | Error::NoSuchTable { failure, .. }
            | Error::UniqueViolation { failure, .. }
            | Error::ForeignKeyViolation { failure, .. }
            | Error::NotNullViolation { failure, .. }
            | Error::CheckViolation { failure, .. } => Some(failure),
            Error::Autoflush { source, .. } => source.failure(),
            _ => None,
        }
    }
}

/// What a database said, and to which statement.
#[derive(Debug, Default)]
pub struct Failure {
    /// The database's message.
    pub message: String,
    /// The database's error code (SQLSTATE, or the vendor's number).
    pub code: Option<String>,
    /// The statement; empty where there was none (BEGIN, COMMIT, connecting).
    pub statement: String,
    /// Its binds; empty when they were turned off.
    pub binds: Vec<Value>,
    /// The driver's error.
    pub source: Option<Source>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(code) = &self.code {
            write!(f, " ({code})")?;
        }
        if !self.statement.is_empty() {
            write!(f, " [{}]", self.statement)?;
        }
        if !self.binds.is_empty() {
            f.write_str(" [")?;
            for (n, value) in self.binds.iter().take(12).enumerate() {
                write!(f, "{}{value}", if n == 0 { "" } else { ", " })?;
            }
            if self.binds.len() > 12 {
                write!(f, ", … {} more", self.binds.len() - 12)?;
            }
            f.write_str("]")?;
        }
        Ok(())
    }
}

fn there(tables: &[String]) -> String {
    match tables {
        [table] => format!("table {table} is"),
        tables => format!("the tables {} are", tables.join(", ")),
    }
}

fn violation(
    what: &str,
    constraint: &Option<String>,
    table: &Option<String>,
    columns: &[String],
    failure: &Failure,
) -> String {
    let mut text = format!("{what} violated");
    if let Some(name) = constraint {
        text.push_str(&format!(" ({name})"));
    }
    match (table, columns) {
        (Some(table), []) => text.push_str(&format!(" on {table}")),
        (Some(table), columns) => text.push_str(&format!(" on {table} ({})", columns.join(", "))),
        (None, []) => {}
        (None, columns) => text.push_str(&format!(" on ({})", columns.join(", "))),
    }
    format!("{text}: {failure}")
}
