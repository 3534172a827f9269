//! Options of a session: its isolation level, sessions that only read, and autoflush.

use super::Session;
use super::arena::{Id, Stage};
use super::flush::Group;
use super::links::KeyId;
use crate::dialect::Compiled;
use crate::engine::{Connection, Engine, Isolation};
use crate::error::{Error, Result};
use crate::types::Dialect;

/// What a session is like, for [`Engine::session_with`].
///
/// ```
/// use orm_core::prelude::*;
///
/// # async fn example(engine: Engine) {
/// let mut transfer = engine.session_with(SessionOptions::new().isolation(Isolation::Serializable));
/// let mut report = engine.session_with(SessionOptions::new().read_only());
/// let mut form = engine.session_with(SessionOptions::new().autoflush(false));
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "give it to `engine.session_with`"]
pub struct SessionOptions {
    autoflush: bool,
    read_only: bool,
    isolation: Option<Isolation>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        SessionOptions { autoflush: true, read_only: false, isolation: None }
    }
}

impl SessionOptions {
    /// Those of [`Engine::session`]: it flushes before queries, may write, and has the connection's isolation level.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the session flushes before queries (yes). [`Session::no_autoflush`] switches it off for a while.
    pub fn autoflush(mut self, autoflush: bool) -> Self {
        self.autoflush = autoflush;
        self
    }

    /// A session that only reads, without autoflush; of an engine [with replicas](Engine::with_replicas) one of them.
    ///
    /// Objects can be changed in memory, but not written: a flush with changes is [`Error::ReadOnly`], which names the first
    /// object, and so is a statement that writes or locks rows, or text that does not begin with SELECT. Nothing is sent then,
    /// and the session goes on; its `rollback` takes the changes back. What that does not see, such as a function that
    /// writes, the server refuses.
    ///
    /// SQL: its transactions begin with `BEGIN READ ONLY` on PostgreSQL and `START TRANSACTION READ ONLY` on MySQL and MariaDB.
    /// SQLite has no such transactions: it reads outside of any, as every session does there before it writes, and
    /// [`Session::connection`] is [`Error::Unsupported`].
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// The isolation level of the session's transactions, by default the engine's. It is an option, not a wish: where the
    /// database does not have the level (SQLite has [`Isolation::Serializable`] only), the session's first SQL is
    /// [`Error::Unsupported`].
    ///
    /// SQL: `BEGIN ISOLATION LEVEL …` on PostgreSQL; before each BEGIN `SET TRANSACTION ISOLATION LEVEL …` on MySQL and
    /// MariaDB. It ends with the transaction, so the connection goes back to the pool as it was.
    pub fn isolation(mut self, level: Isolation) -> Self {
        self.isolation = Some(level);
        self
    }
}

impl Engine {
    /// A session with options; [`Engine::session`] otherwise.
    pub fn session_with(&self, options: SessionOptions) -> Session {
        let SessionOptions { autoflush, read_only, isolation } = options;
        let mut session = self.session();
        session.autoflush = autoflush && !read_only;
        session.mode = Mode { read_only, isolation, replica: if read_only { self.next_replica() } else { 0 } };
        session
    }
}

/// What a session's transactions are like.
#[derive(Debug, Default)]
pub(super) struct Mode {
    read_only: bool,
    isolation: Option<Isolation>,
    /// Which replica a read-only session reads from, as long as that gives connections: with another one for each
    /// transaction it could read rows that are older than those it holds.
    replica: usize,
}

impl Mode {
    pub(super) async fn begin(&self, connection: &mut Connection) -> Result<()> {
        match self {
            Mode { read_only: false, isolation: None, .. } => connection.begin_raw(None).await,
            Mode { read_only, isolation, .. } => connection.begin_as(*isolation, *read_only).await,
        }
    }
}

impl Session {
    /// A connection for the session's next transaction.
    pub(super) async fn acquire(&self) -> Result<Connection> {
        if let Some(level) = self.mode.isolation {
            level.check(self.engine.dialect())?;
        }
        match self.mode.read_only {
            true => self.engine.acquire_to_read(self.mode.replica).await,
            false => self.engine.acquire().await,
        }
    }

    /// # Errors
    /// In a read-only session, for statements that write.
    pub(super) fn refuse_statement(&self, statements: &[Compiled]) -> Result<()> {
        match statements.first() {
            Some(statement) if self.mode.read_only => {
                Err(Error::ReadOnly { what: format!("the statement `{}` can't be run", statement.text) })
            }
            _ => Ok(()),
        }
    }

    /// # Errors
    /// In a read-only session, for the first object or link that a flush would write.
    pub(super) fn refuse_changes(&self) -> Result<()> {
        if !self.mode.read_only {
            return Ok(());
        }
        let changed = |id: &Id| match self.stage(*id) {
            Stage::Pending => Some(format!("{} was added", self.describe(*id))),
            Stage::Doomed => Some(format!("{} was deleted", self.describe(*id))),
            Stage::Persistent if self.differs_from_row(*id) => Some(format!("{} was changed", self.describe(*id))),
            _ => None,
        };
        let object = || self.touched.iter().find_map(changed);
        let parted = |(id, key): &(Id, KeyId)| {
            let orphaned = self.stage(*id) == Stage::Persistent && self.place_of(*key, *id).is_none();
            orphaned.then(|| format!("{} was taken out of its collection", self.describe(*id)))
        };
        let orphan = || self.orphans.iter().find_map(parted);
        let link = || {
            self.pairs.tables.iter().find_map(|table| {
                let ends = table.queue.iter().find(|ends| {
                    table.pairs.get(*ends).is_some_and(|pair| pair.stored != pair.wanted || pair.assumed)
                })?;
                let [left, right] = [0, 1].map(|side| self.describe(table.id(side, ends[side])));
                Some(format!("the link between {left} and {right} was changed"))
            })
        };
        object().or_else(orphan).or_else(link).map_or(Ok(()), |what| Err(Error::ReadOnly { what }))
    }

    /// # Errors
    /// In a read-only session, for what hooks have changed during its flush.
    pub(super) fn refuse_groups(&self, groups: &[Group]) -> Result<()> {
        if !self.mode.read_only {
            return Ok(());
        }
        match self.planned(groups).statements().first() {
            Some(statement) => Err(Error::ReadOnly { what: format!("the flush would send `{statement}`") }),
            None => Ok(()),
        }
    }

    /// # Errors
    /// In a read-only session on a database that would let its connection write.
    pub(super) fn has_connection(&self) -> Result<()> {
        match self.engine.dialect() {
            dialect @ Dialect::Sqlite if self.mode.read_only => Err(Error::Unsupported {
                feature: "read-only transactions, so a read-only session gives no `connection()`".to_owned(),
                dialect,
            }),
            _ => Ok(()),
        }
    }
}
