//! SQLite, in a file or in memory.

mod bind;
mod decimal;
mod error;
mod row;

use super::backend::{
    Backend, Connector, DrivenStream, Driving, Each, Fault, FaultKind, OwnedRow, Problem, Ran, Running, Statement,
    server_text,
};
use super::generate::generate;
use super::options::EngineOptions;
use super::url::{SqlitePlace, mask};
use super::values::parse_version;
use crate::dialect::Capabilities;
use crate::error::{Error, Result};
use crate::types::Dialect;
use error::Place;
use futures_util::StreamExt;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteQueryResult, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Either, Executor, SqliteConnection};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many rows SQLite's thread may be ahead of their reader.
const ROWS_AHEAD: usize = 512;

struct Sqlite {
    options: SqliteConnectOptions,
    url: String,
    place: Place,
}

pub(super) fn connector(options: &EngineOptions, place: SqlitePlace) -> Result<Box<dyn Connector>> {
    let url = mask(&options.url);
    let memory = place == SqlitePlace::Memory;
    let busy = options.busy_timeout.unwrap_or(Duration::from_secs(if memory { 2 } else { 5 }));
    // sqlx turns more than an i32 of milliseconds into a panic.
    let busy = busy.min(Duration::from_millis(i32::MAX as u64));
    let mut driver = if memory {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // The slash makes connections of the same name share the database.
        SqliteConnectOptions::new().filename(format!("/orm-memory-{number}")).vfs("memdb").create_if_missing(true)
    } else {
        file_options(options, &url)?
    };
    driver = driver
        .foreign_keys(options.foreign_keys)
        .busy_timeout(busy)
        .statement_cache_capacity(options.statement_cache)
        .row_buffer_size(ROWS_AHEAD)
        .collation(decimal::COLLATION, decimal::compare)
        .disable_statement_logging();
    if let (Some(mode), false) = (&options.journal_mode, memory) {
        driver = driver.pragma("journal_mode", mode.clone());
    }
    for (name, value) in &options.pragmas {
        driver = driver.pragma(name.clone(), value.clone());
    }
    Ok(Box::new(Sqlite { options: driver, url, place: Place { memory, busy } }))
}

fn file_options(options: &EngineOptions, url: &str) -> Result<SqliteConnectOptions> {
    let refuse = |reason: String| Error::Url { url: url.to_owned(), reason };
    let (_, rest) = options.url.split_once(':').unwrap_or_default();
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let driver = SqliteConnectOptions::from_str(rest).map_err(|error| {
        let reason = match error {
            sqlx::Error::Configuration(reason) => reason.to_string(),
            other => other.to_string(),
        };
        refuse(format!("{reason}; SQLite's parameters are mode (rwc, rw, ro, memory), immutable, vfs and cache"))
    })?;
    let parameter = |name: &str| {
        let (_, query) = rest.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    };
    let mode = parameter("mode");
    let written = mode != Some("ro") && parameter("immutable").is_none_or(|on| on == "0" || on == "false");
    let driver = driver.create_if_missing(written && mode != Some("rw"));
    Ok(if written && options.journal_mode.is_none() { driver.pragma("journal_mode", "WAL") } else { driver })
}

impl Connector for Sqlite {
    fn connect(&self) -> Running<'_, Box<dyn Backend>> {
        Box::pin(async move {
            let started = Instant::now();
            loop {
                match self.options.connect().await {
                    Ok(connection) => return Ok(Box::new(Open { connection, place: self.place }) as Box<dyn Backend>),
                    // Two connections that make a file a write-ahead-log one at the same time: SQLite doesn't wait.
                    Err(error) if error::is_busy(&error) && started.elapsed() < self.place.busy => {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    Err(error) => return Err(error::of_connecting(error, &self.url, self.options.get_filename())),
                }
            }
        })
    }

    fn capabilities<'a>(&'a self, backend: &'a mut dyn Backend) -> Running<'a, Capabilities> {
        Box::pin(async move {
            let version = parse_version(&server_text(backend, "SELECT sqlite_version()").await?);
            Ok(Capabilities { version, ..Capabilities::of(Dialect::Sqlite) })
        })
    }
}

struct Open {
    connection: SqliteConnection,
    place: Place,
}

type Step = Result<Either<SqliteQueryResult, SqliteRow>, sqlx::Error>;

impl Open {
    fn start(
        &mut self,
        statement: &mut Statement,
    ) -> Result<Pin<Box<dyn futures_core::Stream<Item = Step> + Send + '_>>, Problem> {
        let arguments: SqliteArguments = bind::arguments(&mut statement.binds)?;
        let cached = statement.cached && !reads_all_columns(&statement.text);
        let query = sqlx::query_with(AssertSqlSafe(Arc::clone(&statement.text)), arguments).persistent(cached);
        Ok(self.connection.fetch_many(query))
    }

    /// When sqlx's thread dies its rows just end. A statement that told no end is either empty or was cut off.
    async fn survives(&mut self, ended: bool) -> Result<(), Problem> {
        if ended { Ok(()) } else { self.ping().await }
    }
}

impl Backend for Open {
    fn fetch<'a>(&'a mut self, statement: &'a mut Statement, each: Each<'a>) -> Driving<'a, u64> {
        Box::pin(async move {
            let place = self.place;
            let single = statement.single;
            let mut steps = self.start(statement)?;
            let (mut count, mut ended) = (0, false);
            while let Some(step) = steps.next().await {
                match step.map_err(|error| error::problem(error, place))? {
                    Either::Right(row) => {
                        count += 1;
                        each(&row::Decoding(row))?;
                        if single {
                            return Ok(count);
                        }
                    }
                    Either::Left(_) => ended = true,
                }
            }
            drop(steps);
            self.survives(ended).await?;
            Ok(count)
        })
    }

    fn run<'a>(&'a mut self, statement: &'a mut Statement) -> Driving<'a, Ran> {
        Box::pin(async move {
            let place = self.place;
            let changes = changes_rows(&statement.text);
            let mut steps = self.start(statement)?;
            let (mut ran, mut ended) = (Ran::default(), false);
            while let Some(step) = steps.next().await {
                if let Either::Left(done) = step.map_err(|error| error::problem(error, place))? {
                    ended = true;
                    ran.rows += if changes { done.rows_affected() } else { 0 };
                    ran.last_insert_id = Some(done.last_insert_rowid());
                }
            }
            drop(steps);
            self.survives(ended).await?;
            Ok(ran)
        })
    }

    fn stream<'a>(&'a mut self, statement: &'a mut Statement) -> DrivenStream<'a> {
        let place = self.place;
        generate(move |giver| async move {
            let ended = match self.start(statement) {
                Err(problem) => Err(problem),
                Ok(mut steps) => loop {
                    match steps.next().await {
                        Some(Ok(Either::Right(row))) => giver.give(Ok(OwnedRow(Box::new(row::Decoding(row))))).await,
                        Some(Ok(Either::Left(_))) => break Ok(true),
                        Some(Err(error)) => break Err(error::problem(error, place)),
                        None => break Ok(false),
                    }
                },
            };
            let survived = match ended {
                Ok(ended) => self.survives(ended).await,
                Err(problem) => Err(problem),
            };
            if let Err(problem) = survived {
                giver.give(Err(problem)).await;
            }
        })
    }

    fn batch<'a>(&'a mut self, sql: Arc<str>) -> Driving<'a, ()> {
        Box::pin(async move {
            let place = self.place;
            let mut steps = self.connection.fetch_many(sqlx::raw_sql(AssertSqlSafe(sql)));
            let mut ended = false;
            while let Some(step) = steps.next().await {
                ended |= step.map_err(|error| error::problem(error, place))?.is_left();
            }
            drop(steps);
            self.survives(ended).await
        })
    }

    fn ping(&mut self) -> Driving<'_, ()> {
        Box::pin(async move {
            self.connection.ping().await.map_err(|error| {
                Problem::Fault(Box::new(Fault {
                    source: Some(Box::new(error)),
                    ..Fault::new(FaultKind::Lost, "no answer")
                }))
            })
        })
    }

    fn close(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            if let Err(error) = self.connection.close().await {
                tracing::debug!(target: "orm_core::pool", %error, "closing a connection failed");
            }
        })
    }

    fn drops_rows_freely(&self) -> bool {
        true
    }
}

/// Whether a statement may read `*`, but for `count(*)`. sqlx's thread dies of a kept statement whose number of columns has
/// changed with its table.
fn reads_all_columns(text: &str) -> bool {
    text.match_indices('*').any(|(at, _)| !text[..at].ends_with('('))
}

/// Whether a statement changes rows; for any other SQLite tells the number of the last one that did.
fn changes_rows(text: &str) -> bool {
    let word: String =
        text.trim_start().chars().take_while(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect();
    matches!(word.as_str(), "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "WITH")
}
