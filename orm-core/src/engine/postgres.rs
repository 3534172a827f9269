//! PostgreSQL.

mod bind;
mod error;
mod numeric;
mod row;

use super::backend::{
    Backend, Connector, DrivenStream, Driving, Each, OwnedRow, Problem, Ran, Running, Statement, no_answer, server_text,
};
use super::options::EngineOptions;
use super::values::parse_version;
use crate::dialect::Capabilities;
use crate::error::{Error, Result};
use crate::types::Dialect;
use futures_util::StreamExt;
use sqlx::postgres::{PgConnectOptions, PgQueryResult, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Either, Executor, PgConnection};
use std::collections::HashMap;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

struct Postgres {
    options: PgConnectOptions,
    url: String,
    timeout: Duration,
    keeps: bool,
}

pub(super) fn connector(options: &EngineOptions) -> Result<Box<dyn Connector>> {
    let url = options.masked_url();
    let driver = PgConnectOptions::from_str(&options.url)
        .map_err(|error| Error::Url { url: url.clone(), reason: error::of_url(&error) })?
        .statement_cache_capacity(options.statement_cache)
        .disable_statement_logging();
    Ok(Box::new(Postgres {
        options: driver,
        url,
        timeout: options.connect_timeout,
        keeps: options.statement_cache > 0,
    }))
}

impl Connector for Postgres {
    fn connect(&self) -> Running<'_, Box<dyn Backend>> {
        Box::pin(async move {
            match tokio::time::timeout(self.timeout, self.options.connect()).await {
                Ok(Ok(connection)) => {
                    Ok(Box::new(Open { connection, seen: HashMap::new(), keeps: self.keeps }) as Box<dyn Backend>)
                }
                Ok(Err(error)) => Err(error::of_connecting(error, &self.url)),
                Err(_) => Err(no_answer(&self.url, self.timeout)),
            }
        })
    }

    fn capabilities<'a>(&'a self, backend: &'a mut dyn Backend) -> Running<'a, Capabilities> {
        Box::pin(async move {
            let version = parse_version(&server_text(backend, "SHOW server_version").await?);
            Ok(Capabilities { version, ..Capabilities::of(Dialect::Postgres) })
        })
    }
}

struct Open {
    connection: PgConnection,
    /// Which types the binds of a text had when the driver prepared it, both hashed. The driver finds prepared statements
    /// by their text alone, and would send binds of other types to them.
    seen: HashMap<u64, u64>,
    /// Whether the driver keeps statements; if not, it must not be asked to, or it would leave them on the server.
    keeps: bool,
}

/// How many texts are remembered per connection.
const SEEN: usize = 8192;

type Step = Result<Either<PgQueryResult, PgRow>, sqlx::Error>;
type Steps<'a> = Pin<Box<dyn futures_core::Stream<Item = Step> + Send + 'a>>;

impl Open {
    fn start(&mut self, statement: &Statement) -> Result<Steps<'_>, Problem> {
        let arguments = bind::arguments(&statement.binds)?;
        let text = self.text_for(statement);
        let query = sqlx::query_with(AssertSqlSafe(text), arguments).persistent(statement.cached && self.keeps);
        Ok(self.connection.fetch_many(query))
    }

    /// The text, marked with the types of its binds where it was prepared for others. The driver looks statements up that
    /// it is not to keep, too.
    fn text_for(&mut self, statement: &Statement) -> Arc<str> {
        if statement.binds.is_empty() {
            return Arc::clone(&statement.text);
        }
        let types = statement.binds.iter().fold(0, |types, bind| mix(types, bind::oid(bind).into()));
        let text = hash(statement.text.as_bytes());
        let prepared = if statement.cached {
            *self.seen.entry(text).or_insert(types)
        } else {
            self.seen.get(&text).copied().unwrap_or(types)
        };
        if prepared == types {
            Arc::clone(&statement.text)
        } else {
            format!("{}\n-- binds {types:016x}", statement.text).into()
        }
    }

    /// Forgets all statements when so many were seen that their list would cost more than preparing anew.
    async fn tidy(&mut self) -> Result<(), Failed> {
        if self.seen.len() > SEEN {
            self.seen.clear();
            self.connection.clear_cached_statements().await?;
        }
        Ok(())
    }

    /// Whether the statement failed only because a table has changed since it was prepared, and has been forgotten now.
    async fn forgets(&mut self, error: &sqlx::Error) -> bool {
        if !error::is_stale_plan(error) {
            return false;
        }
        self.seen.clear();
        self.connection.clear_cached_statements().await.is_ok()
    }

    async fn fetch_once(&mut self, statement: &Statement, each: Each<'_>, count: &mut u64) -> Result<(), Failed> {
        self.tidy().await?;
        let mut steps = self.start(statement)?;
        let mut kinds: Option<Vec<row::Kind>> = None;
        let mut failed = None;
        while let Some(step) = steps.next().await {
            let Either::Right(row) = step? else { continue };
            if failed.is_none() {
                *count += 1;
                let kinds = kinds.get_or_insert_with(|| row::kinds(&row));
                failed = each(&row::Decoding { row, kinds: kinds.as_slice() }).err();
            }
        }
        failed.map_or(Ok(()), |error| Err(Failed::Problem(error.into())))
    }

    async fn run_once(&mut self, statement: &Statement) -> Result<Ran, Failed> {
        self.tidy().await?;
        let mut steps = self.start(statement)?;
        let mut ran = Ran::default();
        while let Some(step) = steps.next().await {
            if let Either::Left(done) = step? {
                ran.rows += done.rows_affected();
            }
        }
        Ok(ran)
    }
}

/// A failure that may be worth a second try.
enum Failed {
    Driver(sqlx::Error),
    Problem(Problem),
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Failed::Driver(error)
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Failed::Problem(problem)
    }
}

impl From<Failed> for Problem {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Driver(error) => error::problem(error),
            Failed::Problem(problem) => problem,
        }
    }
}

impl Backend for Open {
    fn fetch<'a>(&'a mut self, statement: &'a mut Statement, each: Each<'a>) -> Driving<'a, u64> {
        Box::pin(async move {
            let mut count = 0;
            match self.fetch_once(statement, each, &mut count).await {
                Ok(()) => Ok(count),
                Err(Failed::Driver(error)) if count == 0 && self.forgets(&error).await => {
                    // In a transaction the first failure has spoilt it, and that failure is the one to tell.
                    match self.fetch_once(statement, each, &mut count).await {
                        Ok(()) => Ok(count),
                        Err(Failed::Driver(again)) if error::is_spoilt(&again) => Err(error::problem(error)),
                        Err(failed) => Err(failed.into()),
                    }
                }
                Err(failed) => Err(failed.into()),
            }
        })
    }

    fn run<'a>(&'a mut self, statement: &'a mut Statement) -> Driving<'a, Ran> {
        Box::pin(async move {
            match self.run_once(statement).await {
                Err(Failed::Driver(error)) if self.forgets(&error).await => match self.run_once(statement).await {
                    Err(Failed::Driver(again)) if error::is_spoilt(&again) => Err(error::problem(error)),
                    result => result.map_err(Problem::from),
                },
                result => result.map_err(Problem::from),
            }
        })
    }

    fn stream<'a>(&'a mut self, statement: &'a mut Statement) -> DrivenStream<'a> {
        let mut kinds: Option<Arc<[row::Kind]>> = None;
        match self.start(statement) {
            Ok(steps) => Box::pin(steps.filter_map(move |step| {
                let item = match step {
                    Ok(Either::Right(row)) => {
                        let kinds = Arc::clone(kinds.get_or_insert_with(|| row::kinds(&row).into()));
                        Some(Ok(OwnedRow(Box::new(row::Decoding { row, kinds }))))
                    }
                    Ok(Either::Left(_)) => None,
                    Err(error) => Some(Err(error::problem(error))),
                };
                std::future::ready(item)
            })),
            Err(problem) => Box::pin(futures_util::stream::iter([Err(problem)])),
        }
    }

    fn batch<'a>(&'a mut self, sql: Arc<str>) -> Driving<'a, ()> {
        Box::pin(async move {
            let mut steps = self.connection.fetch_many(sqlx::raw_sql(AssertSqlSafe(sql)));
            while let Some(step) = steps.next().await {
                step.map_err(error::problem)?;
            }
            Ok(())
        })
    }

    fn ping(&mut self) -> Driving<'_, ()> {
        Box::pin(async move { self.connection.ping().await.map_err(error::problem) })
    }

    fn close(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            if let Err(error) = self.connection.close().await {
                tracing::debug!(target: "orm_core::pool", %error, "closing a connection failed");
            }
        })
    }
}

/// Tells a few hundred texts apart, fast; a collision costs a comment in a statement.
fn hash(bytes: &[u8]) -> u64 {
    let words = bytes.chunks_exact(8);
    let rest = words.remainder().iter().fold(bytes.len() as u64, |word, byte| word << 8 | u64::from(*byte));
    let hash = words.fold(0, |hash, word| mix(hash, word.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))));
    mix(hash, rest)
}

fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95)
}
