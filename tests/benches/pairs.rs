//! Each workload beside its twin, hand-written on sqlx: interleaved in one process, on the same server, with the same
//! settings, so that a noisy machine disturbs both alike. What counts is the ratio.
//!
//! `cargo bench -p tests` runs all; `cargo bench -p tests -- --check` fails when a median ratio is over its target.
//! SQLite is a file in the temporary directory; the servers are those whose `TEST_…_URL` is set.

#![allow(missing_docs, clippy::print_stdout)]

use orm_core::engine::EngineOptions;
use orm_core::prelude::*;
use orm_core::query::Statement;
use orm_core::testing::TestDatabase;
use sqlx::{AssertSqlSafe, Row};
use std::hint::black_box;
use std::time::{Duration, Instant};
use tests::Database;

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "bench_users")]
pub struct User {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 40)]
    pub name: String,
    #[orm(length = 40)]
    pub hair_color: Option<String>,
    pub posts: HasMany<Post>,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "bench_posts")]
pub struct Post {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = User::id)]
    pub user_id: i64,
    #[orm(length = 40)]
    pub title: String,
    pub user: BelongsTo<User>,
    pub comments: HasMany<Comment>,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "bench_comments")]
pub struct Comment {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Post::id)]
    pub post_id: i64,
    #[orm(length = 40)]
    pub text: String,
    pub post: BelongsTo<Post>,
}

/// The same table as the twin has it: three columns and nothing else.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "bench_users")]
pub struct Person {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
}

/// The twin's row, as `#[derive(sqlx::FromRow)]` would read it.
struct Twin {
    id: i64,
    name: String,
    hair_color: Option<String>,
}

impl<'r, R: Row> sqlx::FromRow<'r, R> for Twin
where
    &'static str: sqlx::ColumnIndex<R>,
    i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        Ok(Twin { id: row.try_get("id")?, name: row.try_get("name")?, hair_color: row.try_get("hair_color")? })
    }
}

const ROWS: i64 = 10_000;
const INSERTED: usize = 1_000;
const LOOKUPS: i64 = 200;
const PAIRS: usize = 60;

fn users(count: usize) -> Vec<User> {
    let color = |n: usize| n.is_multiple_of(2).then(|| format!("color {}", n % 10));
    (0..count).map(|n| User { name: format!("User {n}"), hair_color: color(n), ..User::default() }).collect()
}

struct Pairs {
    ratios: Vec<f64>,
    ours: Vec<f64>,
}

impl Pairs {
    fn new() -> Self {
        Pairs { ratios: Vec::new(), ours: Vec::new() }
    }

    fn add(&mut self, ours: Duration, twin: Duration) {
        self.ratios.push(ours.as_secs_f64() / twin.as_secs_f64());
        self.ours.push(ours.as_secs_f64());
    }

    /// Prints the line; gives whether the median is within the target.
    fn report(mut self, database: &str, workload: &str, target: f64) -> bool {
        self.ratios.sort_by(f64::total_cmp);
        self.ours.sort_by(f64::total_cmp);
        let at = |part: f64| self.ratios[((self.ratios.len() - 1) as f64 * part).round() as usize];
        let good = at(0.5) <= target;
        println!(
            "{database:<9} {workload:<28} {:>5.2}  (p10 {:.2}, p90 {:.2}; {} pairs; ours {:.2} ms)  target {target:.2}  {}",
            at(0.5),
            at(0.1),
            at(0.9),
            self.ratios.len(),
            self.ours[self.ours.len() / 2] * 1e3,
            if good { "ok" } else { "OVER" }
        );
        good
    }
}

/// The workloads on one database; `$driver` is sqlx's, `$bind` its placeholder.
///
/// Every pair has connections of its own: which processor a server's process for a connection lands on decides over a
/// factor of three, and is decided anew with each. The two sides take turns in going first.
macro_rules! workloads {
    ($name:ident, $driver:ty, |$n:ident| $bind:expr, |$pool:ident| $hold:expr, |$held:ident| $release:expr) => {
        async fn $name(
            database: &str,
            open: impl AsyncFn() -> Result<(Engine, sqlx::Pool<$driver>), Box<dyn std::error::Error>>,
        ) -> Result<bool, Box<dyn std::error::Error>> {
            let mut good = true;
            let all = "SELECT id, name, hair_color FROM bench_users";
            let mut pairs = Pairs::new();
            for pair in 0..PAIRS {
                let (engine, pool) = open().await?;
                let (mut ours, mut twin) = (Vec::new(), Vec::new());
                let (mut ours_took, mut twin_took) = (Duration::ZERO, Duration::ZERO);
                // The first round warms up, the second counts.
                for turn in 0..4 {
                    let start = Instant::now();
                    if (pair + turn) % 2 == 0 {
                        ours = engine.all(select(Person)).await?;
                        ours_took = start.elapsed();
                    } else {
                        twin = sqlx::query_as::<_, Twin>(all).fetch_all(&pool).await?;
                        twin_took = start.elapsed();
                    }
                }
                assert_eq!(ours.len(), twin.len());
                let seventh: (&Person, &Twin) = (&ours[7], &twin[7]);
                assert_eq!(
                    (seventh.0.id, &seventh.0.name, &seventh.0.hair_color),
                    (seventh.1.id, &seventh.1.name, &seventh.1.hair_color)
                );
                pairs.add(ours_took, twin_took);
                engine.close().await;
                pool.close().await;
            }
            good &= pairs.report(database, "load 10,000 rows", 1.05);

            let $n = 1;
            let one = format!("SELECT id, name, hair_color FROM bench_users WHERE id = {}", $bind);
            let mut pairs = Pairs::new();
            for pair in 0..PAIRS as i64 {
                let (engine, pool) = open().await?;
                let (mut ours_took, mut twin_took) = (Duration::ZERO, Duration::ZERO);
                for turn in 0..4 {
                    let keys = (0..LOOKUPS).map(|n| (pair * 37 + n * 41) % ROWS + 1);
                    let start = Instant::now();
                    if (pair + turn) % 2 == 0 {
                        let mut session = engine.session();
                        for key in keys {
                            black_box(session.get::<Person>(key).await?);
                        }
                        session.commit().await?;
                        ours_took = start.elapsed();
                    } else {
                        let $pool = &pool;
                        let mut $held = $hold;
                        for key in keys {
                            let query = sqlx::query_as::<_, Twin>(AssertSqlSafe(one.clone())).bind(key);
                            black_box(query.fetch_optional(&mut *$held).await?);
                        }
                        $release;
                        twin_took = start.elapsed();
                    }
                }
                pairs.add(ours_took, twin_took);
                engine.close().await;
                pool.close().await;
            }
            good &= pairs.report(database, "get by key, 200 times", 1.1);

            let new = users(INSERTED);
            let mut pairs = Pairs::new();
            for pair in 0..PAIRS {
                let (engine, pool) = open().await?;
                let (mut ours_took, mut twin_took) = (Duration::ZERO, Duration::ZERO);
                for turn in 0..4 {
                    let start = Instant::now();
                    let written = if (pair + turn) % 2 == 0 {
                        let written = engine.execute(insert(User).rows(&new)).await?;
                        ours_took = start.elapsed();
                        written
                    } else {
                        let into = "INSERT INTO bench_users (name, hair_color) ";
                        let mut query = sqlx::QueryBuilder::<$driver>::new(into);
                        query.push_values(&new, |mut row, user| {
                            row.push_bind(user.name.as_str()).push_bind(user.hair_color.as_deref());
                        });
                        let done = query.build().execute(&pool).await?;
                        twin_took = start.elapsed();
                        done.rows_affected()
                    };
                    assert_eq!(written, INSERTED as u64);
                    engine.execute(delete(User).filter(User::id.gt(ROWS))).await?;
                }
                pairs.add(ours_took, twin_took);
                engine.close().await;
                pool.close().await;
            }
            good &= pairs.report(database, "insert 1,000 rows", 1.1);
            Ok(good)
        }
    };
}
// What a session does when it reads: on SQLite it holds a connection, elsewhere it is in a transaction.
workloads!(on_sqlite, sqlx::Sqlite, |n| format!("?{n}"), |pool| pool.acquire().await?, |held| drop(held));
workloads!(on_postgres, sqlx::Postgres, |n| format!("${n}"), |pool| pool.begin().await?, |held| held.commit().await?);
workloads!(
    on_mysql,
    sqlx::MySql,
    |n| {
        let _ = n;
        "?"
    },
    |pool| pool.begin().await?,
    |held| held.commit().await?
);

/// Building and compiling a statement: two joins, five filters.
fn building() -> bool {
    let build = || {
        let query = select((User::name, Post::title, Comment::text))
            .join(User::posts)
            .join(Post::comments)
            .filter(User::name.eq("ed"))
            .filter(User::hair_color.is_not(None))
            .filter(Post::title.like("a%"))
            .filter(Comment::id.gt(10))
            .filter(Comment::text.ne("x"));
        match orm_core::dialect::compile(query.tree(), &Capabilities::of(Dialect::Postgres)) {
            Ok(compiled) => compiled.text.len(),
            Err(error) => panic!("{error}"),
        }
    };
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        for _ in 0..200 {
            black_box(build());
        }
        times.push(start.elapsed().as_secs_f64() * 1e6 / 200.0);
    }
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    let good = median < 5.0;
    println!(
        "cpu       build and compile a select   {median:.2} µs (p10 {:.2}, p90 {:.2})  target 5 µs  {}",
        times[times.len() / 10],
        times[times.len() * 9 / 10],
        if good { "ok" } else { "OVER" }
    );
    good
}

async fn prepare(engine: &Engine) -> Result<(), orm_core::Error> {
    metadata![User, Post, Comment].drop_all(engine).await?;
    metadata![User, Post, Comment].create_all(engine).await?;
    engine.execute(insert(User).rows(&users(ROWS as usize))).await?;
    Ok(())
}

fn one_connection(url: &str) -> EngineOptions {
    Engine::options(url).max_connections(1)
}

fn twin_pool<D: sqlx::Database>() -> sqlx::pool::PoolOptions<D> {
    sqlx::pool::PoolOptions::new().max_connections(1).test_before_acquire(false)
}

async fn run() -> Result<bool, Box<dyn std::error::Error>> {
    let mut good = building();

    let file = std::env::temp_dir().join(format!("orm-bench-{}.sqlite", std::process::id()));
    let engine =
        one_connection(&format!("sqlite://{}?mode=rwc", file.display())).pragma("synchronous", "OFF").connect().await?;
    prepare(&engine).await?;
    engine.close().await;
    let url = format!("sqlite://{}?mode=rwc", file.display());
    good &= on_sqlite("sqlite", async || {
        let engine = one_connection(&url).pragma("synchronous", "OFF").connect().await?;
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(&file)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sqlx::sqlite::SqliteSynchronous::Off);
        Ok((engine, twin_pool().connect_with(options).await?))
    })
    .await?;
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }

    for database in [Database::Postgres, Database::MariaDb, Database::MySql] {
        let url = match database.server() {
            Ok(url) => url,
            Err(reason) => {
                println!("{:<9} SKIPPED: {reason}", database.name());
                continue;
            }
        };
        let made = TestDatabase::create(&url).await?;
        let own = made.url();
        let engine = one_connection(own).connect().await?;
        prepare(&engine).await?;
        engine.close().await;
        good &= if database == Database::Postgres {
            let open = async || Ok((one_connection(own).connect().await?, twin_pool().connect(own).await?));
            on_postgres(database.name(), open).await?
        } else {
            let open = async || Ok((one_connection(own).connect().await?, twin_pool().connect(own).await?));
            on_mysql(database.name(), open).await?
        };
        made.remove().await?;
    }
    Ok(good)
}

fn main() -> std::process::ExitCode {
    let check = std::env::args().any(|argument| argument == "--check");
    // `cargo test --benches` asks for a list of tests; there are none.
    if std::env::args().any(|argument| argument == "--list") {
        return std::process::ExitCode::SUCCESS;
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("no runtime: {error}"),
    };
    match runtime.block_on(run()) {
        Ok(true) => std::process::ExitCode::SUCCESS,
        Ok(false) if !check => std::process::ExitCode::SUCCESS,
        Ok(false) => std::process::ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
