//! The engine against live databases: SQLite always, the servers whose `TEST_*_URL` is set.

mod cancel;
mod constraints;
mod login;
#[cfg(feature = "sqlite")]
mod memory;
mod pool;
mod statements;
mod stream;
#[cfg(feature = "sqlite")]
mod traced;
mod transactions;
mod values;

use super::{Connection, Engine, EngineOptions, Statement};
use crate::error::Result;
use crate::types::{Dialect, Row, Value};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A database of its own, that is gone after the test.
struct Db {
    url: String,
    engine: Engine,
}

enum Home {
    Memory,
    File(PathBuf),
    Server { admin: String, name: String },
}

impl Db {
    fn dialect(&self) -> Dialect {
        self.engine.dialect()
    }

    fn options(&self) -> EngineOptions {
        Engine::options(&self.url)
    }

    /// The text with the placeholders of the database.
    fn sql(&self, text: &str) -> String {
        if self.dialect() != Dialect::Postgres {
            return text.to_owned();
        }
        let mut parts = text.split('?');
        let mut sql = parts.next().unwrap_or_default().to_owned();
        for (n, part) in parts.enumerate() {
            sql.push_str(&format!("${}{part}", n + 1));
        }
        sql
    }

    fn statement(&self, text: &str, binds: impl IntoIterator<Item = Value>) -> Statement {
        Statement::new(self.sql(text), binds.into_iter().collect())
    }

    async fn count(&self, table: &str) -> i64 {
        number(&mut self.engine.acquire().await.unwrap(), &format!("SELECT count(*) FROM {table}")).await.unwrap()
    }
}

/// The integer that a query gives.
async fn number(connection: &mut Connection, query: &str) -> Result<i64> {
    let mut number = None;
    let mut read = |row: &dyn Row| {
        number = row.i64(0).unwrap();
        Ok(())
    };
    connection.fetch(query, &mut read).await?;
    Ok(number.unwrap())
}

fn fresh_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    format!("orm_test_{}_{nanos}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// The servers that may be used, by the environment.
fn servers() -> Vec<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|url| !url.is_empty());
    let mut urls = Vec::new();
    if cfg!(feature = "postgres") {
        urls.extend(set("TEST_POSTGRES_URL"));
    }
    if cfg!(feature = "mysql") {
        urls.extend(set("TEST_MARIADB_URL"));
        urls.extend(set("TEST_MYSQL_URL"));
    }
    urls
}

fn with_database(url: &str, name: &str) -> String {
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

/// Runs a test on every database there is, each time on an empty one.
async fn everywhere(test: impl AsyncFn(&Db)) {
    let mut homes: Vec<(String, Home)> = Vec::new();
    if cfg!(feature = "sqlite") {
        homes.push(("sqlite::memory:".into(), Home::Memory));
        let file = std::env::temp_dir().join(format!("{}.db", fresh_name()));
        homes.push((format!("sqlite:{}", file.display()), Home::File(file)));
    }
    for admin in servers() {
        let name = fresh_name();
        homes.push((with_database(&admin, &name), Home::Server { admin, name }));
    }
    for (url, home) in homes {
        if let Home::Server { admin, name } = &home {
            let admin = Engine::connect(admin).await.unwrap();
            admin.batch(format!("CREATE DATABASE {name}")).await.unwrap();
            admin.close().await;
        }
        let db = Db { engine: Engine::connect(&url).await.unwrap(), url };
        let result = AssertUnwindSafe(test(&db)).catch_unwind().await;
        db.engine.close().await;
        match home {
            Home::Memory => {}
            Home::File(file) => {
                for end in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(format!("{}{end}", file.display()));
                }
            }
            Home::Server { admin, name } => {
                let admin = Engine::connect(&admin).await.unwrap();
                let force = if admin.dialect() == Dialect::Postgres { " WITH (FORCE)" } else { "" };
                admin.batch(format!("DROP DATABASE {name}{force}")).await.unwrap();
                admin.close().await;
            }
        }
        if let Err(panic) = result {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("a panic");
            panic!("on {}: {message}", db.dialect());
        }
    }
}
