//! MySQL and MariaDB: one protocol, two dialects.

mod bind;
mod error;
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
use sqlx::mysql::{MySqlConnectOptions, MySqlQueryResult, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Either, Executor, MySqlConnection};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A value that a column can't hold is an error, and is not cut to size without a word.
const STRICT: &str = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')";

struct MySql {
    options: MySqlConnectOptions,
    url: String,
    timeout: Duration,
    /// Known after the first connection.
    maria: Arc<AtomicBool>,
}

pub(super) fn connector(options: &EngineOptions) -> Result<Box<dyn Connector>> {
    let url = options.masked_url();
    let driver = MySqlConnectOptions::from_str(&options.url)
        .map_err(|error| Error::Url { url: url.clone(), reason: error::of_url(&error) })?
        .statement_cache_capacity(options.statement_cache)
        .disable_statement_logging();
    Ok(Box::new(MySql { options: driver, url, timeout: options.connect_timeout, maria: Arc::default() }))
}

impl Connector for MySql {
    fn connect(&self) -> Running<'_, Box<dyn Backend>> {
        Box::pin(async move {
            match tokio::time::timeout(self.timeout, self.options.connect()).await {
                Ok(Ok(connection)) => {
                    let mut open = Open { connection, maria: Arc::clone(&self.maria) };
                    match open.batch(STRICT.into()).await {
                        Ok(()) => Ok(Box::new(open) as Box<dyn Backend>),
                        Err(problem) => Err(problem.into_error(STRICT, Vec::new())),
                    }
                }
                Ok(Err(error)) => Err(error::of_connecting(error, &self.url)),
                Err(_) => Err(no_answer(&self.url, self.timeout)),
            }
        })
    }

    fn capabilities<'a>(&'a self, backend: &'a mut dyn Backend) -> Running<'a, Capabilities> {
        Box::pin(async move {
            let answer = server_text(backend, "SELECT VERSION()").await?;
            let maria = answer.to_ascii_lowercase().contains("mariadb");
            self.maria.store(maria, Ordering::Relaxed);
            let dialect = if maria { Dialect::MariaDb } else { Dialect::MySql };
            // What old clients were told so that they would not refuse a two-digit version.
            let version = parse_version(answer.strip_prefix("5.5.5-").unwrap_or(&answer));
            Ok(Capabilities { version, ..Capabilities::of(dialect) })
        })
    }
}

struct Open {
    connection: MySqlConnection,
    maria: Arc<AtomicBool>,
}

type Step = Result<Either<MySqlQueryResult, MySqlRow>, sqlx::Error>;
type Steps<'a> = Pin<Box<dyn futures_core::Stream<Item = Step> + Send + 'a>>;

impl Open {
    fn start(&mut self, statement: &Statement) -> Result<Steps<'_>, Problem> {
        if statement.unprepared {
            return Ok(self.connection.fetch_many(sqlx::raw_sql(AssertSqlSafe(Arc::clone(&statement.text)))));
        }
        let dialect = if self.maria.load(Ordering::Relaxed) { Dialect::MariaDb } else { Dialect::MySql };
        let arguments = bind::arguments(&statement.binds, dialect)?;
        // Kept whatever the statement asks for: sqlx closes what it does not keep with a packet that has no answer, and
        // without TCP_NODELAY the next statement then waits some 40 ms for its acknowledgement.
        let query = sqlx::query_with(AssertSqlSafe(Arc::clone(&statement.text)), arguments);
        Ok(self.connection.fetch_many(query))
    }
}

impl Backend for Open {
    fn fetch<'a>(&'a mut self, statement: &'a mut Statement, each: Each<'a>) -> Driving<'a, u64> {
        Box::pin(async move {
            let mut steps = self.start(statement)?;
            let mut kinds: Option<Vec<row::Kind>> = None;
            let (mut count, mut failed) = (0, None);
            while let Some(step) = steps.next().await {
                let Either::Right(row) = step.map_err(error::problem)? else { continue };
                if failed.is_none() {
                    count += 1;
                    let kinds = kinds.get_or_insert_with(|| row::kinds(&row));
                    failed = each(&row::Decoding { row, kinds: kinds.as_slice() }).err();
                }
            }
            failed.map_or(Ok(count), |error| Err(error.into()))
        })
    }

    fn run<'a>(&'a mut self, statement: &'a mut Statement) -> Driving<'a, Ran> {
        Box::pin(async move {
            let mut steps = self.start(statement)?;
            let mut ran = Ran::default();
            while let Some(step) = steps.next().await {
                if let Either::Left(done) = step.map_err(error::problem)? {
                    ran.rows += done.rows_affected();
                    // A BIGINT UNSIGNED key beyond i64 is not one that an i64 could hold.
                    ran.last_insert_id = i64::try_from(done.last_insert_id()).ok();
                }
            }
            Ok(ran)
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
