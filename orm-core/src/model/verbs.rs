//! `all`, `one`, `one_or_none`, `first`, `scalar`, `execute` and `stream`: the same names on [`Engine`] and
//! [`Connection`] (and so on `Transaction`, which derefs to it).
//!
//! Each is a plain function that compiles its statement at once and returns one boxed future, so that a wrong argument is
//! reported once, and a statement may be borrowed for the call alone.

use super::load::load_paths;
use super::statement::{Execute, Prepared, Query};
use crate::dialect::Compiled;
use crate::engine::{Connection, Engine, Running};
use crate::error::{Error, Result};
use crate::query::Decode;
use futures_core::Stream;
use std::pin::Pin;
use std::sync::Arc;

/// The rows of a query, one by one.
pub type Rows<'a, R> = Pin<Box<dyn Stream<Item = Result<R>> + Send + 'a>>;

fn failed<'a, T: Send + 'a>(error: Error) -> Running<'a, T> {
    Box::pin(std::future::ready(Err(error)))
}

/// Runs statements one after the other, in a transaction of their own when there are several and none is open.
pub(crate) async fn run_all(connection: &mut Connection, statements: Vec<Compiled>) -> Result<u64> {
    let own = statements.len() > 1 && !connection.in_transaction();
    if own {
        connection.begin_raw(None).await?;
    }
    let mut affected = 0;
    for statement in statements {
        match connection.run(statement).await {
            Ok(rows) => affected += rows,
            Err(error) => {
                if own {
                    connection.rollback_raw().await?;
                }
                return Err(error);
            }
        }
    }
    if own {
        connection.commit_raw().await?;
    }
    Ok(affected)
}

async fn collect<R: Send + 'static, K: 'static>(
    connection: &mut Connection,
    statements: Vec<Compiled>,
    decoder: &dyn Decode<R, K>,
) -> Result<Vec<R>> {
    let own = statements.len() > 1 && !connection.in_transaction();
    if own {
        connection.begin_raw(None).await?;
    }
    let mut rows = Vec::new();
    for statement in statements {
        let read = connection
            .fetch(statement, &mut |row| {
                let mut at = 0;
                rows.push(decoder.row(row, &mut at)?);
                Ok(())
            })
            .await;
        if let Err(error) = read {
            if own {
                connection.rollback_raw().await?;
            }
            return Err(error);
        }
    }
    if own {
        connection.commit_raw().await?;
    }
    Ok(rows)
}

async fn fetch_all<R: Send + 'static, K: 'static>(
    connection: &mut Connection,
    prepared: Prepared<R, K>,
) -> Result<Vec<R>> {
    let mut rows = collect(connection, prepared.statements, &*prepared.decoder).await?;
    if !prepared.options.is_empty() {
        load_paths(connection, &mut rows, &*prepared.decoder, &prepared.options, &prepared.criteria).await?;
    }
    Ok(rows)
}

/// The first statement's text, for errors about its rows.
fn what<R, K>(prepared: &Prepared<R, K>) -> Arc<str> {
    prepared.statements.first().map_or_else(|| "no rows".into(), |statement| statement.text.as_str().into())
}

fn at_most_one<R>(mut rows: Vec<R>, what: &str) -> Result<Option<R>> {
    let last = rows.pop();
    if rows.is_empty() { Ok(last) } else { Err(Error::ManyRows { what: what.to_owned() }) }
}

macro_rules! verbs {
    ($type:ty, [$($receiver:tt)+], |$self:ident| $capabilities:expr, $connection:expr) => {
        impl $type {
            /// All rows of a query, with the relationships that its options name.
            ///
            /// # Errors
            /// What is wrong with the statement (before anything is sent), what the database says, a value that its Rust
            /// type can't hold.
            pub fn all<Q: Query>($($receiver)+ self, query: Q) -> Running<'_, Vec<Q::Row>> {
                let $self = self;
                match query.prepare(&$capabilities, None) {
                    Ok(prepared) => Box::pin(async move {
                        let connection = $connection;
                        fetch_all(connection, prepared).await
                    }),
                    Err(error) => failed(error),
                }
            }

            /// The only row of a query.
            ///
            /// # Errors
            /// [`Error::NoRow`] and [`Error::ManyRows`]; otherwise as `all`.
            pub fn one<Q: Query>($($receiver)+ self, query: Q) -> Running<'_, Q::Row> {
                let $self = self;
                match query.prepare(&$capabilities, Some(2)) {
                    Ok(prepared) => Box::pin(async move {
                        let what = what(&prepared);
                        let connection = $connection;
                        let rows = fetch_all(connection, prepared).await?;
                        at_most_one(rows, &what)?.ok_or_else(|| Error::NoRow { what: what.to_string() })
                    }),
                    Err(error) => failed(error),
                }
            }

            /// The only row of a query, or `None`.
            ///
            /// # Errors
            /// [`Error::ManyRows`]; otherwise as `all`.
            pub fn one_or_none<Q: Query>($($receiver)+ self, query: Q) -> Running<'_, Option<Q::Row>> {
                let $self = self;
                match query.prepare(&$capabilities, Some(2)) {
                    Ok(prepared) => Box::pin(async move {
                        let what = what(&prepared);
                        let connection = $connection;
                        at_most_one(fetch_all(connection, prepared).await?, &what)
                    }),
                    Err(error) => failed(error),
                }
            }

            /// The first row of a query, or `None`. A SELECT is sent with LIMIT 1.
            ///
            /// # Errors
            /// As `all`.
            pub fn first<Q: Query>($($receiver)+ self, query: Q) -> Running<'_, Option<Q::Row>> {
                let $self = self;
                match query.prepare(&$capabilities, Some(1)) {
                    Ok(prepared) => Box::pin(async move {
                        let connection = $connection;
                        Ok(fetch_all(connection, prepared).await?.into_iter().next())
                    }),
                    Err(error) => failed(error),
                }
            }

            /// The only value of a query: `one` by another name, for queries of one column.
            ///
            /// # Errors
            /// As `one`.
            pub fn scalar<Q: Query>($($receiver)+ self, query: Q) -> Running<'_, Q::Row> {
                self.one(query)
            }

            /// Runs an INSERT, UPDATE, DELETE or text, and gives the number of rows that it met (MySQL counts found rows,
            /// changed or not).
            ///
            /// The rows of an INSERT that have more binds than one statement takes go in several, in one transaction.
            ///
            /// # Errors
            /// What is wrong with the statement (before anything is sent), and what the database says.
            pub fn execute<S: Execute>($($receiver)+ self, statement: S) -> Running<'_, u64> {
                let $self = self;
                match statement.statements(&$capabilities) {
                    Ok(statements) => Box::pin(async move {
                        let connection = $connection;
                        run_all(connection, statements).await
                    }),
                    Err(error) => failed(error),
                }
            }
        }
    };
}
verbs!(Engine, [&], |engine| engine.capabilities(), &mut engine.acquire().await?);
verbs!(Connection, [&mut], |connection| *connection.capabilities(), connection);

fn stream_rows<'a, R: Send + 'static, K: Send + 'static>(
    prepared: Result<Prepared<R, K>>,
    open: impl FnOnce(Compiled) -> crate::engine::RowStream<'a>,
) -> Rows<'a, R> {
    use futures_util::StreamExt;
    let error = |error| -> Rows<'a, R> { Box::pin(futures_util::stream::once(std::future::ready(Err(error)))) };
    match prepared {
        Err(problem) => error(problem),
        Ok(prepared) if !prepared.options.is_empty() => error(Error::Statement(
            "a stream can't load relationships with its rows; use `all`, or load them in batches".to_owned(),
        )),
        Ok(mut prepared) => match (prepared.statements.pop(), prepared.statements.is_empty()) {
            (Some(statement), true) => {
                let decoder = prepared.decoder;
                Box::pin(open(statement).map(move |row| decoder.row(&*row?, &mut 0)))
            }
            _ => error(Error::Statement(
                "a stream takes one statement, and these rows need several; use `all`".to_owned(),
            )),
        },
    }
}

impl Engine {
    /// The rows of a query as they arrive. It holds a connection until it ends or is dropped.
    ///
    /// # Errors
    /// As `all`, as the stream's items; a query with loader options is one too.
    pub fn stream<Q: Query>(&self, query: Q) -> Rows<'static, Q::Row> {
        stream_rows(query.prepare(self.capabilities(), None), |statement| self.stream_rows(statement))
    }
}

impl Connection {
    /// The rows of a query as they arrive. The connection is busy until the stream ends or is dropped.
    ///
    /// # Errors
    /// As `all`, as the stream's items; a query with loader options is one too.
    pub fn stream<Q: Query>(&mut self, query: Q) -> Rows<'_, Q::Row> {
        stream_rows(query.prepare(self.capabilities(), None), |statement| self.stream_rows(statement))
    }
}
