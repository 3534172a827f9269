use super::backend::Connector;
use super::isolation::Isolation;
use super::url;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
use super::url::Target;
use super::{Engine, Result};
use std::fmt;
use std::time::Duration;

/// How a transaction takes SQLite's lock. Other databases have no such choice and ignore it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BeginMode {
    /// The lock for writing is taken by the first statement that writes; a transaction that read before it writes then
    /// fails as soon as another one wrote in between.
    Deferred,
    /// The lock for writing is taken at once; others may read meanwhile (in a file with a write-ahead log).
    #[default]
    Immediate,
    /// Nobody else may even read.
    Exclusive,
}

/// How an engine connects; made by [`Engine::options`].
///
/// What is SQLite's (`begin_mode`, `busy_timeout`, `foreign_keys`, `journal_mode`, `pragma`) has no meaning on other databases
/// and is not used there, so that one set of options serves all.
///
/// ```no_run
/// # async fn example() -> orm_core::Result<()> {
/// use orm_core::Engine;
/// use std::time::Duration;
///
/// let engine = Engine::options("sqlite:app.db")
///     .max_connections(4)
///     .busy_timeout(Duration::from_secs(10))
///     .pragma("cache_size", "-20000")
///     .connect()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "call `connect` to have an engine"]
pub struct EngineOptions {
    pub(super) url: String,
    pub(super) max_connections: u32,
    pub(super) min_connections: u32,
    pub(super) acquire_timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) max_lifetime: Option<Duration>,
    pub(super) pre_ping: Option<Duration>,
    pub(super) statement_cache: usize,
    pub(super) isolation: Option<Isolation>,
    pub(super) begin_mode: BeginMode,
    pub(super) busy_timeout: Option<Duration>,
    pub(super) foreign_keys: bool,
    pub(super) journal_mode: Option<String>,
    pub(super) pragmas: Vec<(String, String)>,
    pub(super) hide_binds: bool,
    pub(super) log_binds: bool,
}

impl EngineOptions {
    pub(super) fn new(url: &str) -> Self {
        EngineOptions {
            url: url.to_owned(),
            max_connections: 10,
            min_connections: 0,
            acquire_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Some(Duration::from_secs(600)),
            max_lifetime: Some(Duration::from_secs(1800)),
            pre_ping: Some(Duration::from_secs(30)),
            statement_cache: 256,
            isolation: None,
            begin_mode: BeginMode::default(),
            busy_timeout: None,
            foreign_keys: true,
            journal_mode: None,
            pragmas: Vec::new(),
            hide_binds: false,
            log_binds: false,
        }
    }

    /// The greatest number of connections that are open at once (10; at least 1).
    pub fn max_connections(mut self, count: u32) -> Self {
        self.max_connections = count.max(1);
        self
    }

    /// The number of connections that are kept open even when nobody uses them (0).
    pub fn min_connections(mut self, count: u32) -> Self {
        self.min_connections = count;
        self
    }

    /// How long to wait for a connection when all are in use (30 s); then it is
    /// [`Error::PoolTimedOut`](crate::Error::PoolTimedOut).
    pub fn acquire_timeout(mut self, wait: Duration) -> Self {
        self.acquire_timeout = wait;
        self
    }

    /// How long to wait for the server to answer when a connection is made (10 s).
    pub fn connect_timeout(mut self, wait: Duration) -> Self {
        self.connect_timeout = wait;
        self
    }

    /// How long an unused connection stays open (10 min); `None` for ever.
    pub fn idle_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.idle_timeout = time.into();
        self
    }

    /// How old a connection may grow (30 min); `None` for ever.
    pub fn max_lifetime(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.max_lifetime = time.into();
        self
    }

    /// A connection that was unused for longer than this (30 s) is pinged before it is handed out, and replaced when it
    /// is dead; `None` never pings.
    pub fn pre_ping(mut self, idle: impl Into<Option<Duration>>) -> Self {
        self.pre_ping = idle.into();
        self
    }

    /// How many prepared statements each connection keeps (256); 0 keeps none.
    pub fn statement_cache(mut self, capacity: usize) -> Self {
        self.statement_cache = capacity;
        self
    }

    /// The isolation level of every connection; left out, it is the server's.
    pub fn isolation(mut self, level: Isolation) -> Self {
        self.isolation = Some(level);
        self
    }

    /// How transactions begin on SQLite ([`BeginMode::Immediate`]).
    pub fn begin_mode(mut self, mode: BeginMode) -> Self {
        self.begin_mode = mode;
        self
    }

    /// How long SQLite waits for another connection's lock (5 s; 2 s in memory, where readers wait for writers too).
    pub fn busy_timeout(mut self, wait: Duration) -> Self {
        self.busy_timeout = Some(wait);
        self
    }

    /// Whether SQLite enforces foreign keys (yes).
    pub fn foreign_keys(mut self, on: bool) -> Self {
        self.foreign_keys = on;
        self
    }

    /// SQLite's journal mode: `WAL` by default for files that may be written. A database in memory has no journal to choose.
    pub fn journal_mode(mut self, mode: impl Into<String>) -> Self {
        self.journal_mode = Some(mode.into());
        self
    }

    /// Any other pragma of SQLite, set on every connection. Name and value are written into SQL as they are.
    pub fn pragma(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.pragmas.push((name.into(), value.into()));
        self
    }

    /// Leaves the binds out of errors and of tracing, for values that must not get into logs. The database's own words
    /// may still hold one (`Key (name)=(ed) already exists`).
    pub fn hide_binds(mut self) -> Self {
        self.hide_binds = true;
        self
    }

    /// Puts the binds into the tracing events, unless they are hidden.
    pub fn log_binds(mut self) -> Self {
        self.log_binds = true;
        self
    }

    /// Connects. One connection is made at once, so that a wrong URL, an unreachable server or a refused login shows
    /// here.
    ///
    /// # Errors
    /// [`Error::Url`](crate::Error::Url), [`Error::Connect`](crate::Error::Connect),
    /// [`Error::LoginRefused`](crate::Error::LoginRefused), or [`Error::Unsupported`](crate::Error::Unsupported) for an
    /// isolation level that the database does not have.
    pub async fn connect(self) -> Result<Engine> {
        let connector = self.connector()?;
        Engine::open(self, connector).await
    }

    fn connector(&self) -> Result<Box<dyn Connector>> {
        match url::parse(&self.url)? {
            #[cfg(feature = "sqlite")]
            Target::Sqlite(place) => super::sqlite::connector(self, place),
            #[cfg(feature = "postgres")]
            Target::Postgres => super::postgres::connector(self),
            #[cfg(feature = "mysql")]
            Target::MySql => super::mysql::connector(self),
            #[allow(unreachable_patterns)]
            other => Err(url::feature_off(&self.url, &other)),
        }
    }

    /// The URL, its password masked.
    pub(super) fn masked_url(&self) -> String {
        url::mask(&self.url)
    }
}

impl fmt::Debug for EngineOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineOptions")
            .field("url", &self.masked_url())
            .field("max_connections", &self.max_connections)
            .field("min_connections", &self.min_connections)
            .field("isolation", &self.isolation)
            .finish_non_exhaustive()
    }
}
