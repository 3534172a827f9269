//! Replicas: copies of a database that are read from, beside the primary, to which all is written.

use super::{Connection, Engine};
use crate::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The replicas of an engine, which its clones share.
pub(super) struct Replicas {
    engines: Vec<Engine>,
    /// Whose turn it is.
    next: AtomicUsize,
}

impl Engine {
    /// An engine with replicas beside it, engines on copies of its database: a handle of the primary that knows them. Handles
    /// that were there before do not.
    ///
    /// Read-only sessions ([`SessionOptions::read_only`](crate::session::SessionOptions::read_only)) of the new handle go to a
    /// replica, in turn; a session stays with its own, and where that gives no connection the next one is asked, then the
    /// primary, with a warning in the log. Everything else goes to the primary: a unit of work needs one truth, and a replica
    /// may lag behind. To read from one without a session, ask for it: [`Engine::reader`].
    ///
    /// Statements are compiled for the primary's version. Replicas that one of the engines had before are forgotten in the new
    /// handle. [`Engine::close`] closes the primary only. Sends nothing.
    ///
    /// ```
    /// use orm_core::prelude::*;
    /// # #[derive(Model, Debug, Clone, Default)]
    /// # #[orm(table = "users")]
    /// # struct User { #[orm(primary_key)] id: i64 }
    /// # async fn example(primary: Engine, first: Engine, second: Engine) -> orm_core::Result<()> {
    /// let engine = Engine::with_replicas(primary, [first, second])?;
    /// let mut report = engine.session_with(SessionOptions::new().read_only());
    /// let users = report.all(select(User)).await?; // of a replica
    /// let users = engine.reader().all(select(User)).await?; // of the next one
    /// let users = engine.all(select(User)).await?; // of the primary
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a replica that is another kind of database.
    pub fn with_replicas(primary: Engine, replicas: impl IntoIterator<Item = Engine>) -> Result<Engine> {
        let engines: Vec<Engine> = replicas.into_iter().map(|replica| Engine(replica.0, None)).collect();
        let dialect = primary.dialect();
        if let Some(other) = engines.iter().find(|replica| replica.dialect() != dialect) {
            return Err(Error::Unsupported { feature: format!("replicas on {}", other.dialect()), dialect });
        }
        Ok(Engine(primary.0, Some(Arc::new(Replicas { engines, next: AtomicUsize::new(0) }))))
    }

    /// The replicas that the engine was given, in that order.
    pub fn replicas(&self) -> &[Engine] {
        self.1.as_ref().map_or(&[], |replicas| &replicas.engines)
    }

    /// An engine to read from: one of the replicas, in turn, without those that were closed; where there is none, this engine
    /// itself. What it reads may be older than what was written just now. It is the replica's engine in all: what is written
    /// with it goes there, which a server that is a replica refuses.
    pub fn reader(&self) -> Engine {
        let next = self.next_replica();
        self.replicas_from(next).find(|replica| !replica.is_closed()).unwrap_or(self).clone()
    }

    /// The replica whose turn it is.
    pub(crate) fn next_replica(&self) -> usize {
        self.1.as_ref().map_or(0, |replicas| replicas.next.fetch_add(1, Ordering::Relaxed))
    }

    /// All replicas, this one first.
    fn replicas_from(&self, first: usize) -> impl Iterator<Item = &Engine> {
        let replicas = self.replicas();
        replicas.iter().cycle().skip(first % replicas.len().max(1)).take(replicas.len())
    }

    /// A connection to read from: of this replica, of another one where it gives none, of the primary as the last.
    pub(crate) async fn acquire_to_read(&self, first: usize) -> Result<Connection> {
        for replica in self.replicas_from(first) {
            match replica.acquire().await {
                Ok(connection) => return Ok(connection),
                Err(error) => {
                    let url = &replica.settings().url;
                    tracing::warn!(target: "orm_core::pool", %url, %error, "a replica gave no connection and was skipped");
                }
            }
        }
        self.acquire().await
    }
}
