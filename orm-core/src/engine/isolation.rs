use super::backend::Running;
use super::connection::Connection;
use super::options::BeginMode;
use crate::error::{Error, Result};
use crate::types::Dialect;
use std::fmt;

/// How well a transaction is kept apart from others that run at the same time.
///
/// PostgreSQL, MySQL and MariaDB have all four (PostgreSQL treats `ReadUncommitted` as `ReadCommitted`); SQLite has
/// `Serializable` only, and always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Isolation {
    /// Sees what others have not committed.
    ReadUncommitted,
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// All statements see what was committed before the transaction.
    RepeatableRead,
    /// As if transactions ran one after the other.
    Serializable,
}

impl Isolation {
    const ALL: [Isolation; 4] =
        [Isolation::ReadUncommitted, Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable];

    /// The level in SQL's words.
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Isolation::ReadUncommitted => "READ UNCOMMITTED",
            Isolation::ReadCommitted => "READ COMMITTED",
            Isolation::RepeatableRead => "REPEATABLE READ",
            Isolation::Serializable => "SERIALIZABLE",
        }
    }

    /// The statement that sets the level of a connection; `None` where it is so already.
    pub(super) fn set(self, dialect: Dialect) -> Result<Option<String>> {
        match dialect {
            Dialect::Sqlite if self == Isolation::Serializable => Ok(None),
            Dialect::Sqlite => Err(Error::Unsupported {
                feature: format!("isolation level {self}; the valid one is {}", Isolation::Serializable),
                dialect,
            }),
            Dialect::Postgres => {
                Ok(Some(format!("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {}", self.sql())))
            }
            Dialect::MySql | Dialect::MariaDb => {
                Ok(Some(format!("SET SESSION TRANSACTION ISOLATION LEVEL {}", self.sql())))
            }
        }
    }

    /// # Errors
    /// [`Error::Unsupported`] when the database does not have the level.
    pub(crate) fn check(self, dialect: Dialect) -> Result<()> {
        self.set(dialect).map(drop)
    }

    /// The query that tells the level of a connection.
    pub(super) fn query(dialect: Dialect, version: (u32, u32, u32)) -> Option<&'static str> {
        match dialect {
            Dialect::Sqlite => None,
            Dialect::Postgres => Some("SELECT current_setting('default_transaction_isolation')"),
            Dialect::MariaDb if version < (11, 1, 1) => Some("SELECT @@session.tx_isolation"),
            Dialect::MySql | Dialect::MariaDb => Some("SELECT @@session.transaction_isolation"),
        }
    }

    /// The level from a server's words: `read committed`, `READ-COMMITTED`.
    pub(super) fn parse(words: &str) -> Option<Self> {
        let words = words.replace('-', " ");
        Self::ALL.into_iter().find(|level| level.sql().eq_ignore_ascii_case(&words))
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sql())
    }
}

impl Connection {
    /// Begins a transaction of this level (`None`: the connection's own) that may write, or may only read, which SQLite does not
    /// know. It is said of this transaction alone: nothing is left on the connection that has to be put back.
    pub(crate) fn begin_as(&mut self, level: Option<Isolation>, read_only: bool) -> Running<'_, ()> {
        Box::pin(async move {
            match self.dialect() {
                dialect @ Dialect::Sqlite => {
                    level.map_or(Ok(()), |level| level.check(dialect))?;
                    // Who only reads takes no lock for writing.
                    self.begin_raw(read_only.then_some(BeginMode::Deferred)).await
                }
                Dialect::Postgres => {
                    let level = level.map(|level| format!(" ISOLATION LEVEL {}", level.sql())).unwrap_or_default();
                    let read_only = if read_only { " READ ONLY" } else { "" };
                    self.begin_with(&format!("BEGIN{level}{read_only}")).await
                }
                Dialect::MySql | Dialect::MariaDb => {
                    self.settle().await?;
                    if let Some(level) = level
                        && !self.in_transaction()
                    {
                        // Without SESSION it is the next transaction's only.
                        self.command(&format!("SET TRANSACTION ISOLATION LEVEL {}", level.sql())).await?;
                    }
                    self.begin_with(if read_only { "START TRANSACTION READ ONLY" } else { "BEGIN" }).await
                }
            }
        })
    }
}
