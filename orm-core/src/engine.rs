//! Floor 4: connections, transactions and rows; the only place that names sqlx.
//!
//! It executes [`Compiled`](crate::dialect::Compiled) statements and hands out rows through [`Row`](crate::types::Row).
//! It knows no models: the typed verbs stand on a higher floor.

// Some helpers serve one database or two only; with all of them on, dead code shows.
#![cfg_attr(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")), allow(dead_code))]

mod backend;
mod cache;
mod connection;
mod generate;
mod isolation;
#[cfg(feature = "mysql")]
mod mysql;
mod options;
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
mod record;
mod replicas;
mod sent;
mod shared;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(test)]
mod tests;
mod transaction;
mod two_phase;
mod url;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod values;

pub use backend::{Each, OwnedRow, Ran, RowStream, Running, Statement};
pub use cache::StatementKey;
pub use connection::Connection;
pub use isolation::Isolation;
pub use options::{BeginMode, EngineOptions};
pub use pool::PoolStatus;
pub use record::{Recorded, Recorder};
pub use transaction::{Nested, Transaction};
pub(crate) use two_phase::PreparedTransaction;

use crate::dialect::Capabilities;
use crate::error::{Error, Result};
use crate::types::Dialect;
use backend::{Backend, Connector};
use pool::Pool;
use record::Recorders;
use std::fmt;
use std::sync::Arc;

/// A database: a pool of connections, and what is known about the server. Cloning is cheap and gives the same engine.
///
/// ```
/// # async fn example() -> orm_core::Result<()> {
/// use orm_core::Engine;
///
/// let engine = Engine::connect("sqlite::memory:").await?;
/// engine.batch("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)").await?;
/// engine
///     .transaction(async |tx| {
///         tx.run("INSERT INTO users (name) VALUES ('ed')").await?;
///         Ok(())
///     })
///     .await?;
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone)]
pub struct Engine(Arc<Inner>, Option<Arc<replicas::Replicas>>);

struct Inner {
    pool: Arc<Pool>,
    capabilities: Capabilities,
    settings: Settings,
    recorders: Recorders,
    shared: shared::Shared,
    texts: cache::Texts,
    /// Keeps an in-memory database alive while nobody is connected to it.
    anchor: Option<Box<dyn Backend>>,
}

/// What connections need to know of the options.
struct Settings {
    url: String,
    begin_mode: BeginMode,
    hide_binds: bool,
    log_binds: bool,
}

impl Settings {
    fn logs_binds(&self) -> bool {
        self.log_binds && !self.hide_binds
    }
}

impl Engine {
    /// Connects with the default options; see [`Engine::options`].
    ///
    /// | URL | database |
    /// |---|---|
    /// | `sqlite::memory:` | SQLite in memory: each engine its own, shared by its connections |
    /// | `sqlite:app.db`, `sqlite:///var/app.db` | SQLite in a file, created when missing; `?mode=rw` never creates it, `?mode=ro` never writes |
    /// | `postgres://user:password@host:5432/database` | PostgreSQL (`postgresql://` is the same) |
    /// | `mysql://user:password@host:3306/database` | MySQL or MariaDB, told apart by asking the server (`mariadb://` is the same) |
    ///
    /// # Errors
    /// [`Error::Url`], [`Error::Connect`] when there is no server or file, [`Error::LoginRefused`] when the user, the
    /// password, the database or the file was refused.
    pub async fn connect(url: &str) -> Result<Engine> {
        EngineOptions::new(url).connect().await
    }

    /// The options of an engine, to be changed before it connects.
    pub fn options(url: &str) -> EngineOptions {
        EngineOptions::new(url)
    }

    async fn open(options: EngineOptions, connector: Box<dyn Connector>) -> Result<Engine> {
        let mut first = connector.connect().await?;
        let capabilities = connector.capabilities(&mut *first).await?;
        let in_memory = matches!(url::parse(&options.url), Ok(url::Target::Sqlite(url::SqlitePlace::Memory)));
        let pool = Arc::new(Pool::new(&options, connector, capabilities.dialect));
        let mut anchor = None;
        if in_memory {
            if let Some(level) = options.isolation {
                level.set(capabilities.dialect)?;
            }
            anchor = Some(first);
        } else {
            pool.adopt(first).await?;
        }
        pool.fill().await?;
        let settings = Settings {
            url: options.masked_url(),
            begin_mode: options.begin_mode,
            hide_binds: options.hide_binds,
            log_binds: options.log_binds,
        };
        let (recorders, texts, shared) = Default::default();
        let inner = Arc::new(Inner { pool, capabilities, settings, recorders, shared, texts, anchor });
        if let Some(rounds) = inner.pool.rounds() {
            look_after(&inner, rounds);
        }
        Ok(Engine(inner, None))
    }

    /// The database.
    pub fn dialect(&self) -> Dialect {
        self.0.capabilities.dialect
    }

    /// What the server can do, found when the engine connected.
    pub fn capabilities(&self) -> &Capabilities {
        &self.0.capabilities
    }

    /// A connection from the pool.
    ///
    /// # Errors
    /// [`Error::PoolTimedOut`] when all were in use for too long, [`Error::Closed`], or why no new one could be made.
    pub async fn acquire(&self) -> Result<Connection> {
        Ok(Connection::new(self.clone(), self.0.pool.checkout().await?))
    }

    /// A connection from the pool with a transaction begun on it.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire), or the database's.
    pub async fn begin(&self) -> Result<Transaction> {
        Transaction::begin(self.acquire().await?).await
    }

    /// Runs a closure in a transaction: commits when it gives `Ok`, rolls back when it gives an error or is cancelled.
    ///
    /// # Errors
    /// The closure's ([`Error::custom`] wraps one of your own), or the database's.
    pub async fn transaction<T, F>(&self, f: F) -> Result<T>
    where
        F: AsyncFnOnce(&mut Transaction) -> Result<T>,
    {
        self.try_transaction(f).await
    }

    /// The same with the closure's own error type.
    ///
    /// # Errors
    /// The closure's, or the database's.
    pub async fn try_transaction<T, E, F>(&self, f: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFnOnce(&mut Transaction) -> Result<T, E>,
    {
        let mut transaction = self.begin().await?;
        let result = f(&mut transaction).await;
        end(transaction, result).await
    }

    /// The same for a closure that gives a boxed future, where the compiler can't see that an async closure's future is
    /// `Send`.
    ///
    /// # Errors
    /// The closure's, or the database's.
    pub fn transaction_boxed<'e, T: Send + 'e>(
        &'e self,
        f: impl for<'t> FnOnce(&'t mut Transaction) -> Running<'t, T> + Send + 'e,
    ) -> Running<'e, T> {
        Box::pin(async move {
            let mut transaction = self.begin().await?;
            let result = f(&mut transaction).await;
            end(transaction, result).await
        })
    }

    /// [`Connection::fetch`] on a connection of the pool.
    ///
    /// # Errors
    /// As there, and those of [`acquire`](Self::acquire).
    pub fn fetch<'a>(&'a self, statement: impl Into<Statement>, each: Each<'a>) -> Running<'a, u64> {
        let statement = statement.into();
        Box::pin(async move { self.acquire().await?.fetch(statement, each).await })
    }

    /// [`Connection::run`] on a connection of the pool.
    ///
    /// # Errors
    /// As there, and those of [`acquire`](Self::acquire).
    pub fn run(&self, statement: impl Into<Statement>) -> Running<'_, u64> {
        let statement = statement.into();
        Box::pin(async move { self.acquire().await?.run(statement).await })
    }

    /// [`Connection::run_returning_id`] on a connection of the pool.
    ///
    /// # Errors
    /// As there, and those of [`acquire`](Self::acquire).
    pub fn run_returning_id(&self, statement: impl Into<Statement>) -> Running<'_, Ran> {
        let statement = statement.into();
        Box::pin(async move { self.acquire().await?.run_returning_id(statement).await })
    }

    /// [`Connection::batch`] on a connection of the pool.
    ///
    /// # Errors
    /// As there, and those of [`acquire`](Self::acquire).
    pub fn batch(&self, sql: impl Into<Arc<str>>) -> Running<'_, ()> {
        let sql = sql.into();
        Box::pin(async move { self.acquire().await?.batch(sql).await })
    }

    /// [`Connection::stream_rows`] on a connection of the pool, which the stream holds until it is dropped.
    pub fn stream_rows(&self, statement: impl Into<Statement>) -> RowStream<'static> {
        use futures_util::StreamExt;
        let (engine, statement) = (self.clone(), statement.into());
        generate::generate(move |giver| async move {
            let mut connection = match engine.acquire().await {
                Ok(connection) => connection,
                Err(error) => return giver.give(Err(error)).await,
            };
            let mut rows = connection.stream_rows(statement);
            while let Some(row) = rows.next().await {
                giver.give(row).await;
            }
        })
    }

    /// Keeps what is sent from now on, for tests.
    pub fn record(&self) -> Recorder {
        Recorder::start(self.clone())
    }

    /// The text of a statement whose shape is fixed, compiled the first time it is asked for.
    ///
    /// # Errors
    /// Those of `compile`; nothing is kept then.
    pub fn cached<E>(
        &self,
        key: StatementKey,
        compile: impl FnOnce() -> Result<String, E>,
    ) -> std::result::Result<Arc<str>, E> {
        self.0.texts.get(key, compile)
    }

    /// How many connections there are.
    pub fn pool_status(&self) -> PoolStatus {
        self.0.pool.status()
    }

    /// Closes the idle connections, and the others as soon as they come back; everything asked of the engine from now on
    /// is [`Error::Closed`]. Waits for rollbacks under way. An in-memory database ends with its last clone and
    /// connection.
    pub async fn close(&self) {
        self.0.pool.close().await;
    }

    /// Whether the engine was closed.
    pub fn is_closed(&self) -> bool {
        self.0.pool.is_closed()
    }

    fn pool(&self) -> &Arc<Pool> {
        &self.0.pool
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn recorders(&self) -> &Recorders {
        &self.0.recorders
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("url", &self.0.settings.url)
            .field("capabilities", &self.0.capabilities)
            .field("pool", &self.pool_status())
            .field("anchored", &self.0.anchor.is_some())
            .field("replicas", &self.replicas().len())
            .finish()
    }
}

/// Commits after an `Ok`, rolls back after an error, which says more than a rollback that fails after it.
async fn end<T, E: From<Error>>(transaction: Transaction, result: Result<T, E>) -> Result<T, E> {
    match result {
        Ok(value) => {
            transaction.commit().await?;
            Ok(value)
        }
        Err(error) => {
            if let Err(failed) = transaction.rollback().await {
                tracing::warn!(target: "orm_core::sql", %failed, "a rollback failed; the connection is closed");
            }
            Err(error)
        }
    }
}

/// Visits the idle connections now and then, as long as the engine lives.
fn look_after(inner: &Arc<Inner>, rounds: std::time::Duration) {
    let engine = Arc::downgrade(inner);
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    runtime.spawn(async move {
        loop {
            tokio::time::sleep(rounds).await;
            let Some(inner) = engine.upgrade() else { return };
            if inner.pool.is_closed() {
                return;
            }
            if let Err(error) = inner.pool.look_after().await {
                tracing::warn!(target: "orm_core::pool", %error, "a connection to keep in reserve could not be made");
            }
        }
    });
}
