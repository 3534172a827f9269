//! Sessions on a connection that is somebody else's: what is a transaction elsewhere is a savepoint here.

use super::Session;
use crate::engine::Connection;
use crate::error::{Error, Failure, Result};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Where a session has its connection from.
#[derive(Debug, Default)]
pub(super) enum Home {
    /// From the pool, for each transaction anew.
    #[default]
    Pool,
    /// The same, and each transaction has a name, under which it can be prepared.
    TwoPhase {
        /// The name of the last one.
        name: String,
    },
    /// It was given, and is kept.
    Given {
        /// Whether somebody else's transaction was open on it: the session's own is then a savepoint.
        inside: bool,
    },
}

impl Home {
    /// Whether the session keeps its connection between transactions.
    pub(super) fn keeps(&self) -> bool {
        matches!(self, Home::Given { .. })
    }

    fn inside(&self) -> bool {
        matches!(self, Home::Given { inside: true })
    }
}

impl Connection {
    /// A session on this connection, which it gives back when it is dropped.
    ///
    /// Inside a transaction the session joins it: where it would send BEGIN it sets a savepoint, its `commit` releases that
    /// (and the next work sets another), its `rollback` goes back to it, and dropping the guard without `commit` takes back
    /// what it did. The transaction is never ended by the session. Outside a transaction the session begins and commits
    /// transactions of its own on this connection.
    ///
    /// A [`Transaction`](crate::engine::Transaction) is a connection: `transaction.session()`. When a call of the session is
    /// cancelled half-way the connection is closed, and the outer transaction is over.
    pub fn session(&mut self) -> JoinedSession<'_> {
        let session = Session::joined(self.take());
        JoinedSession { session, outer: self }
    }
}

impl Session {
    /// A session that owns a connection, for tests: with a transaction open on it (`connection.begin_raw(None)`), everything
    /// that the session commits is in that transaction, which is rolled back when the session is dropped.
    ///
    /// As [`Connection::session`] otherwise.
    pub fn joined(connection: Connection) -> Session {
        let mut session = connection.engine().session();
        session.home = Home::Given { inside: connection.in_transaction() };
        session.connection = Some(connection);
        session
    }

    /// The savepoint of a level; of level 0 only where the session is inside somebody else's transaction.
    pub(super) fn savepoint_name(&self, level: usize) -> String {
        // MySQL drops an outer savepoint when an inner one takes its name.
        if self.home.inside() { format!("orm_joined_{}_{level}", self.number) } else { format!("orm_session_{level}") }
    }

    /// Begins the session's transaction.
    pub(super) async fn begin(&mut self, connection: &mut Connection) -> Result<()> {
        if self.home.inside() {
            connection.savepoint(&self.savepoint_name(0)).await?;
        } else if let Home::TwoPhase { .. } = self.home {
            self.begin_named(connection).await?;
        } else {
            self.mode.begin(connection).await?;
        }
        self.begun = true;
        self.begins();
        Ok(())
    }

    /// Commits the session's transaction, if one is open.
    pub(super) async fn end_by_commit(&mut self) -> Result<()> {
        let Some(mut connection) = self.connection.take() else { return Ok(()) };
        let mut committed = Ok(());
        if self.home.inside() {
            if self.begun {
                committed = connection.release(&self.savepoint_name(0)).await;
            }
        } else if self.begun {
            committed = connection.commit_raw().await;
        }
        if self.home.keeps() {
            self.connection = Some(connection);
        }
        committed
    }

    /// Rolls the session's transaction back, if one is open.
    pub(super) async fn end_by_rollback(&mut self) -> Result<()> {
        let begun = std::mem::replace(&mut self.begun, false);
        let Some(mut connection) = self.connection.take() else {
            return if self.home.keeps() { Err(closed()) } else { Ok(()) };
        };
        let mut undone = Ok(());
        if begun && self.home.inside() {
            let name = self.savepoint_name(0);
            undone = connection.rollback_to(&name).await;
            if undone.is_ok() {
                undone = connection.release(&name).await;
            }
        } else if begun {
            undone = match connection.rollback_raw().await {
                // The server has rolled it back by itself.
                Err(Error::ConnectionLost(_)) if !self.home.keeps() => Ok(()),
                ended => ended,
            };
        }
        if self.home.keeps() {
            self.connection = Some(connection);
        }
        undone
    }

    /// Gives the session's transaction up, without waiting: it is rolled back before anything else happens on its
    /// connection.
    pub(super) fn give_up_transaction(&mut self) {
        let begun = std::mem::replace(&mut self.begun, false);
        if !self.home.keeps() {
            // Dropped inside its transaction: it is rolled back before anybody else gets it.
            self.connection = None;
            return;
        }
        let name = self.home.inside().then(|| self.savepoint_name(0));
        if let Some(connection) = &mut self.connection
            && begun
            && connection.in_transaction()
            && !connection.is_lost()
        {
            connection.undo_later(name.as_deref());
        }
    }

    /// # Errors
    /// When the connection that the session was given is gone: there is no other.
    pub(super) fn check_home(&self) -> Result<()> {
        if self.home.keeps() && self.connection.is_none() { Err(closed()) } else { Ok(()) }
    }
}

fn closed() -> Error {
    let message = "a call of the session that was given this connection was cancelled half-way, so it was closed";
    Error::ConnectionLost(Box::new(Failure { message: message.to_owned(), ..Failure::default() }))
}

/// A session on a borrowed connection: [`Connection::session`]. It derefs to the session; dropped, it takes back what was
/// not committed and gives the connection back.
pub struct JoinedSession<'c> {
    session: Session,
    outer: &'c mut Connection,
}

impl Drop for JoinedSession<'_> {
    fn drop(&mut self) {
        self.session.give_up_transaction();
        if let Some(connection) = self.session.connection.take() {
            *self.outer = connection;
        }
    }
}

impl Deref for JoinedSession<'_> {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for JoinedSession<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

impl fmt::Debug for JoinedSession<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JoinedSession").field(&self.session).finish()
    }
}
