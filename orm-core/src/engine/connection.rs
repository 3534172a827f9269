use super::Engine;
use super::backend::{Each, OwnedRow, Problem, Ran, RowStream, Running, Statement};
use super::generate::generate;
use super::isolation::Isolation;
use super::pool::Lease;
use super::sent::Sent;
use super::transaction::Scope;
use crate::dialect::Capabilities;
use crate::error::{Error, Failure, Result};
use crate::types::{Dialect, Value};
use futures_util::StreamExt;
use std::fmt;
use std::sync::Arc;

/// One connection to a database, from [`Engine::acquire`]. It goes back to the pool when it is dropped.
///
/// Write functions that touch the database with `&mut Connection`: a connection, a
/// [`Transaction`](super::Transaction) and a [`Nested`](super::Nested) all serve.
///
/// # Cancelling
/// When a call's future is dropped before it ended, the connection is closed, which rolls its transaction back; every
/// later call is [`Error::ConnectionLost`]. The server may still finish the statement first. A transaction that is still open when the connection is dropped is rolled
/// back before anybody else gets the connection.
pub struct Connection {
    pub(super) engine: Engine,
    pub(super) lease: Option<Lease>,
    pub(super) scope: Scope,
    /// A stream was dropped before its end; its rows are still on their way.
    unread: bool,
    /// Why there is no lease any more.
    lost: &'static str,
}

const CANCELLED: &str = "a call on this connection was cancelled half-way, so it was closed";

impl Connection {
    pub(super) fn new(engine: Engine, lease: Lease) -> Self {
        Connection { engine, lease: Some(lease), scope: Scope::default(), unread: false, lost: CANCELLED }
    }

    /// Takes the connection out of a borrowed one, which is of no use until it is put back.
    pub(crate) fn take(&mut self) -> Connection {
        Connection {
            engine: self.engine.clone(),
            lease: self.lease.take(),
            scope: std::mem::take(&mut self.scope),
            unread: std::mem::take(&mut self.unread),
            lost: self.lost,
        }
    }

    /// The engine it belongs to.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The database.
    pub fn dialect(&self) -> Dialect {
        self.engine.dialect()
    }

    /// What the server can do.
    pub fn capabilities(&self) -> &Capabilities {
        self.engine.capabilities()
    }

    /// Runs a statement and calls `each` with every row, as the driver holds it; gives the number of rows.
    ///
    /// # Errors
    /// The database's; [`Error::Bind`] and [`Error::TooManyBinds`] before anything is sent; the first error of `each`,
    /// after which the remaining rows are skipped.
    pub fn fetch<'a>(&'a mut self, statement: impl Into<Statement>, each: Each<'a>) -> Running<'a, u64> {
        self.fetch_statement(statement.into(), each)
    }

    fn fetch_statement<'a>(&'a mut self, mut statement: Statement, each: Each<'a>) -> Running<'a, u64> {
        Box::pin(async move {
            self.ready(&statement).await?;
            let sent = Sent::start(&self.engine, &statement);
            let mut call = Call::new(self);
            let result = call.lease()?.backend.fetch(&mut statement, each).await;
            call.ended();
            self.end(statement, sent, result, |rows| *rows)
        })
    }

    /// Runs a statement and gives the number of rows that it inserted, changed or deleted (on MySQL and MariaDB: that
    /// matched). Rows that it returns are ignored.
    ///
    /// # Errors
    /// The database's; [`Error::Bind`] and [`Error::TooManyBinds`] before anything is sent.
    pub fn run(&mut self, statement: impl Into<Statement>) -> Running<'_, u64> {
        let running = self.run_statement(statement.into());
        Box::pin(async move { Ok(running.await?.rows) })
    }

    /// The same, giving also the key that an INSERT generated.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_returning_id(&mut self, statement: impl Into<Statement>) -> Running<'_, Ran> {
        self.run_statement(statement.into())
    }

    fn run_statement(&mut self, mut statement: Statement) -> Running<'_, Ran> {
        Box::pin(async move {
            self.ready(&statement).await?;
            let sent = Sent::start(&self.engine, &statement);
            let mut call = Call::new(self);
            let result = call.lease()?.backend.run(&mut statement).await;
            call.ended();
            self.end(statement, sent, result, |ran| ran.rows)
        })
    }

    /// Runs a statement and gives its rows one by one, as the server sends them. Dropping the stream before its end
    /// leaves the connection usable; on PostgreSQL, MySQL and MariaDB the next statement then waits until the remaining
    /// rows have passed, and a connection that goes back to the pool like that is closed.
    ///
    /// # Errors
    /// In the stream: those of [`fetch`](Self::fetch). The first error ends it.
    pub fn stream_rows(&mut self, statement: impl Into<Statement>) -> RowStream<'_> {
        let mut statement = statement.into();
        generate(move |giver| async move {
            if let Err(error) = self.ready(&statement).await {
                return giver.give(Err(error)).await;
            }
            let sent = Sent::start(&self.engine, &statement);
            let mut reading = Reading { call: Call::new(self), sent: Some(sent), rows: 0 };
            let failed = 'read: {
                let lease = match reading.call.connection.lease.as_mut() {
                    Some(lease) => lease,
                    None => break 'read None,
                };
                let freely = lease.backend.drops_rows_freely();
                let mut rows = lease.backend.stream(&mut statement);
                loop {
                    match rows.next().await {
                        Some(Ok(row)) => {
                            reading.rows += 1;
                            // From here on the protocol can be picked up again.
                            reading.call.state = if freely { State::Ended } else { State::Unread };
                            giver.give(Ok::<OwnedRow, Error>(row)).await;
                            reading.call.state = State::Running;
                        }
                        Some(Err(problem)) => break 'read Some(problem),
                        None => break 'read None,
                    }
                }
            };
            reading.call.state = State::Ended;
            drop(reading);
            if let Some(problem) = failed {
                let error = self.fail(&statement.text, statement.binds, problem);
                giver.give(Err(error)).await;
            }
        })
    }

    /// Runs SQL without binds, such as DDL; several statements, separated by semicolons, if there are several. Rows that
    /// they return are ignored.
    ///
    /// # Errors
    /// The database's. What ran before the failing statement stays, unless a transaction is open.
    pub fn batch(&mut self, sql: impl Into<Arc<str>>) -> Running<'_, ()> {
        let statement = Statement::new(sql, Vec::new());
        Box::pin(async move {
            self.ready(&statement).await?;
            let sent = Sent::start(&self.engine, &statement);
            let mut call = Call::new(self);
            let result = call.lease()?.backend.batch(Arc::clone(&statement.text)).await;
            call.ended();
            self.end(statement, sent, result, |()| 0)
        })
    }

    /// Asks the server for a sign of life.
    ///
    /// # Errors
    /// [`Error::ConnectionLost`].
    pub fn ping(&mut self) -> Running<'_, ()> {
        Box::pin(async move {
            let mut call = Call::new(self);
            let result = call.lease()?.backend.ping().await;
            call.ended();
            result.map_err(|problem| self.fail("", Vec::new(), problem))
        })
    }

    /// The isolation level of the transactions that begin on this connection.
    ///
    /// # Errors
    /// The database's.
    pub fn isolation(&mut self) -> Running<'_, Isolation> {
        Box::pin(async move {
            let Some(query) = Isolation::query(self.dialect(), self.capabilities().version) else {
                return Ok(Isolation::Serializable);
            };
            let mut words = String::new();
            let mut read = |row: &dyn crate::types::Row| {
                let text = row.text(0).map_err(|reason| Error::Decode { column: "isolation level".into(), reason })?;
                words = text.unwrap_or_default().into_owned();
                Ok(())
            };
            self.fetch_quietly(query, &mut read).await?;
            Isolation::parse(&words)
                .ok_or_else(|| Error::Statement(format!("the server's isolation level {words:?} is not known")))
        })
    }

    /// Sets the isolation level of the transactions that begin on this connection from now on, until it goes back to the
    /// pool.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when the database does not have the level; [`Error::Statement`] while a transaction is
    /// open.
    pub fn set_isolation(&mut self, level: Isolation) -> Running<'_, ()> {
        Box::pin(async move {
            let Some(sql) = level.set(self.dialect())? else { return Ok(()) };
            if self.in_transaction() {
                return Err(Error::Statement(
                    "the isolation level can't change inside a transaction; set it before `begin`".into(),
                ));
            }
            if self.lease.as_ref().is_some_and(|lease| lease.restore.is_none()) {
                let original = self.isolation().await?;
                if let Some(lease) = &mut self.lease {
                    lease.restore = Some(original);
                }
            }
            self.command(&sql).await
        })
    }

    /// Runs a query of the engine's own, which nobody records.
    async fn fetch_quietly(&mut self, query: &str, each: Each<'_>) -> Result<()> {
        let mut statement = Statement::from(query);
        self.ready(&statement).await?;
        let mut call = Call::new(self);
        let result = call.lease()?.backend.fetch(&mut statement, each).await;
        call.ended();
        result.map_err(|problem| self.fail(&statement.text, Vec::new(), problem))?;
        Ok(())
    }

    /// Runs one of the commands that control transactions.
    pub(super) async fn command(&mut self, sql: &str) -> Result<()> {
        super::sent::command(sql);
        let mut call = Call::new(self);
        let result = call.lease()?.backend.batch(sql.into()).await;
        call.ended();
        self.unread = false;
        result.map_err(|problem| self.fail(sql, Vec::new(), problem))
    }

    /// Checks what can be checked before a statement is sent, and does what dropped savepoints left to do.
    async fn ready(&mut self, statement: &Statement) -> Result<()> {
        self.settle().await?;
        if let Some(cause) = self.scope.gone() {
            return Err(Error::RolledBack { cause: cause.to_owned() });
        }
        let (count, limit) = (statement.binds.len(), self.capabilities().max_binds());
        if count > limit {
            return Err(Error::TooManyBinds { count, limit, dialect: self.dialect() });
        }
        if self.lease.is_none() {
            return Err(self.closed_error());
        }
        Ok(())
    }

    fn end<T>(
        &mut self,
        statement: Statement,
        sent: Sent,
        result: Result<T, Problem>,
        rows: impl FnOnce(&T) -> u64,
    ) -> Result<T> {
        match result {
            Ok(done) => {
                self.unread = false;
                sent.end(&self.engine, rows(&done));
                Ok(done)
            }
            Err(problem) => {
                if matches!(problem, Problem::Fault(_)) {
                    sent.end(&self.engine, 0);
                }
                Err(self.fail(&statement.text, statement.binds, problem))
            }
        }
    }

    /// The error for the caller, and what it means for the connection.
    fn fail(&mut self, statement: &str, binds: Vec<Value>, problem: Problem) -> Error {
        if let Problem::Fault(fault) = &problem {
            if fault.broken {
                self.lease = None;
                self.lost = "the connection was lost before";
            }
            self.scope.failed(self.engine.dialect(), &fault.message, fault.ended_transaction);
        }
        if !self.engine.settings().hide_binds {
            return problem.into_error(statement, binds);
        }
        match problem.into_error(statement, Vec::new()) {
            Error::Bind { dialect, reason, .. } => Error::Bind { value: "<hidden>".into(), dialect, reason },
            error => error,
        }
    }

    pub(super) fn closed_error(&self) -> Error {
        Error::ConnectionLost(Box::new(Failure { message: self.lost.to_owned(), ..Failure::default() }))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(mut lease) = self.lease.take() else { return };
        let pool = self.engine.pool();
        if self.scope.owns_prepared || self.scope.xa(self.engine.dialect()).is_some() {
            // A transaction that is ended by its name: the server rolls it back, or keeps it prepared, without the connection.
            drop(lease);
        } else if self.unread {
            // The rest of a result is on its way; closing the connection is cheaper than reading it.
            drop(lease);
        } else if self.scope.is_open() {
            let returned = Arc::clone(pool);
            pool.background(async move {
                super::sent::command("ROLLBACK");
                if lease.backend.batch("ROLLBACK".into()).await.is_ok() {
                    returned.put(lease);
                }
            });
        } else {
            pool.put(lease);
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("dialect", &self.dialect())
            .field("in_transaction", &self.in_transaction())
            .field("open", &self.lease.is_some())
            .finish()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// In the middle of the protocol.
    Running,
    /// Between two rows.
    Unread,
    Ended,
}

/// A call under way: whoever drops it in the middle closes the connection.
struct Call<'a> {
    connection: &'a mut Connection,
    state: State,
}

impl<'a> Call<'a> {
    fn new(connection: &'a mut Connection) -> Self {
        Call { connection, state: State::Running }
    }

    fn lease(&mut self) -> Result<&mut Lease> {
        if self.connection.lease.is_none() {
            return Err(self.connection.closed_error());
        }
        self.connection.lease.as_mut().ok_or(Error::Closed)
    }

    fn ended(mut self) {
        self.state = State::Ended;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        match self.state {
            State::Ended => {}
            State::Unread => self.connection.unread = true,
            State::Running => self.connection.lease = None,
        }
    }
}

/// A stream under way; notes its end, or how far it came.
struct Reading<'a> {
    call: Call<'a>,
    sent: Option<Sent>,
    rows: u64,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if let Some(sent) = self.sent.take() {
            sent.end(&self.call.connection.engine, self.rows);
        }
    }
}

const _: () = {
    const fn send_and_sync<T: Send + Sync>() {}
    send_and_sync::<Connection>();
};
