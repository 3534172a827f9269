//! What is particular to SQLite in memory.

use crate::engine::{Connection, Engine, Statement};
use crate::error::{Error, Result};
use crate::types::{Row, Value};
use std::time::{Duration, Instant};

async fn count(connection: &mut Connection) -> Result<i64> {
    let mut count = None;
    let mut read = |row: &dyn Row| {
        count = row.i64(0).unwrap();
        Ok(())
    };
    connection.fetch("SELECT count(*) FROM t", &mut read).await?;
    Ok(count.unwrap())
}

#[tokio::test]
async fn connections_share_one_database_and_engines_do_not() {
    let engine = Engine::connect("sqlite::memory:").await.unwrap();
    engine.batch("CREATE TABLE t (id INTEGER PRIMARY KEY)").await.unwrap();
    let mut one = engine.acquire().await.unwrap();
    let mut two = engine.acquire().await.unwrap();
    assert_eq!(one.run(Statement::new("INSERT INTO t VALUES (?)", vec![Value::I64(1)])).await.unwrap(), 1);
    assert_eq!(count(&mut two).await.unwrap(), 1);
    drop((one, two));
    let other = Engine::connect("sqlite::memory:").await.unwrap();
    let error = other.run("INSERT INTO t VALUES (1)").await.unwrap_err();
    assert!(matches!(&error, Error::NoSuchTable { table, .. } if table == "t"), "{error}");
    // The anchor keeps the database while nobody is connected.
    assert_eq!(engine.pool_status().in_use, 0);
    assert_eq!(count(&mut engine.acquire().await.unwrap()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_reader_beside_an_open_write_gets_an_error_that_names_the_cause() {
    let engine = Engine::options("sqlite::memory:").busy_timeout(Duration::from_millis(200)).connect().await.unwrap();
    engine.batch("CREATE TABLE t (id INTEGER PRIMARY KEY)").await.unwrap();
    let mut writer = engine.begin().await.unwrap();
    writer.run("INSERT INTO t VALUES (1)").await.unwrap();
    let mut reader = engine.acquire().await.unwrap();
    let started = Instant::now();
    let error = count(&mut reader).await.unwrap_err();
    assert!(matches!(error, Error::Timeout(_)), "{error}");
    assert!(error.to_string().contains("in-memory database lets nobody else read"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(2));
    writer.commit().await.unwrap();
    assert_eq!(count(&mut reader).await.unwrap(), 1);
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back_before_the_next_one_begins() {
    let engine = Engine::connect("sqlite::memory:").await.unwrap();
    engine.batch("CREATE TABLE t (id INTEGER PRIMARY KEY)").await.unwrap();
    for _ in 0..50 {
        let mut transaction = engine.begin().await.unwrap();
        transaction.run("INSERT INTO t VALUES (1)").await.unwrap();
        drop(transaction);
        assert_eq!(count(&mut engine.acquire().await.unwrap()).await.unwrap(), 0);
    }
}
