//! Futures that are dropped in the middle leave the pool clean.

use super::{Db, everywhere};
use crate::error::Error;
use crate::types::{Dialect, Row, Value};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// Polls a future up to `polls` times and drops it; whether it ended.
async fn poll_and_drop<T>(future: impl Future<Output = T>, polls: usize) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            // The future's own waker wakes this one; without waiting for it the polls would be gone at once.
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn table(db: &Db) {
    db.engine.batch("CREATE TABLE t (id BIGINT PRIMARY KEY, v VARCHAR(50))").await.unwrap();
    db.engine.run("INSERT INTO t VALUES (1, 'one')").await.unwrap();
}

/// All connections come back, or their places do, and none has a transaction open.
async fn is_clean(db: &Db, engine: &crate::Engine) {
    let max = engine.pool_status().max;
    let mut all = Vec::new();
    for _ in 0..max {
        all.push(
            tokio::time::timeout(Duration::from_secs(20), engine.acquire()).await.expect("a place is lost").unwrap(),
        );
    }
    for connection in &mut all {
        assert!(!connection.in_transaction());
        connection.begin_raw(None).await.unwrap();
        assert_eq!(super::number(connection, "SELECT count(*) FROM t WHERE id = 1").await.unwrap(), 1);
        connection.rollback_raw().await.unwrap();
    }
    assert_eq!(engine.pool_status().in_use, max);
    drop(all);
    let _ = db;
    assert_eq!(engine.pool_status().in_use, 0);
}

/// An engine on the same database with few connections.
async fn small(db: &Db) -> crate::Engine {
    if db.url == "sqlite::memory:" {
        return db.engine.clone();
    }
    db.options().max_connections(2).connect().await.unwrap()
}

const RUNS: usize = 1000;

#[tokio::test]
async fn begin_dropped_after_any_number_of_polls() {
    everywhere(async |db| {
        table(db).await;
        let engine = small(db).await;
        let (mut ended, mut cut) = (0, 0);
        for run in 0..RUNS {
            let done = poll_and_drop(
                async {
                    let mut transaction = engine.begin().await.unwrap();
                    transaction.run("UPDATE t SET v = 'changed'").await.unwrap();
                    transaction
                },
                run % 12,
            )
            .await;
            if done { ended += 1 } else { cut += 1 }
        }
        assert!(ended > 0 && cut > RUNS / 12, "{ended} ended, {cut} were cut off");
        is_clean(db, &engine).await;
        let unchanged =
            super::number(&mut engine.acquire().await.unwrap(), "SELECT count(*) FROM t WHERE v = 'one'").await;
        assert_eq!(unchanged.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_query_dropped_after_any_number_of_polls() {
    everywhere(async |db| {
        table(db).await;
        for n in 2..400 {
            let insert = db.statement("INSERT INTO t VALUES (?, ?)", [Value::I64(n), Value::Text("x".repeat(50))]);
            db.engine.run(insert).await.unwrap();
        }
        let engine = small(db).await;
        let (mut ended, mut cut) = (0, 0);
        for run in 0..RUNS {
            let mut rows = 0;
            let mut each = |row: &dyn Row| {
                assert!(row.i64(0).unwrap().is_some());
                rows += 1;
                Ok(())
            };
            // A text of its own now and then, so that preparing is cut off too.
            let query = format!("SELECT id, v, {} FROM t", run / 20);
            let done = poll_and_drop(engine.fetch(query.as_str(), &mut each), run % 12).await;
            if done {
                assert_eq!(rows, 399);
                ended += 1;
            } else {
                cut += 1;
            }
        }
        assert!(ended > 0 && cut > RUNS / 12, "{ended} ended, {cut} were cut off");
        is_clean(db, &engine).await;
    })
    .await;
}

#[tokio::test]
async fn a_transaction_dropped_at_any_point_leaves_nothing() {
    everywhere(async |db| {
        table(db).await;
        let engine = small(db).await;
        for run in 0..RUNS / 5 {
            let _ = poll_and_drop(
                engine.transaction(async |tx| {
                    tx.run("UPDATE t SET v = 'changed'").await?;
                    tx.transaction(async |inner| {
                        inner.run("UPDATE t SET v = 'again'").await?;
                        inner.ping().await
                    })
                    .await?;
                    Err::<(), _>(Error::custom("never committed"))
                }),
                run % 40,
            )
            .await;
        }
        is_clean(db, &engine).await;
        assert_eq!(
            super::number(&mut engine.acquire().await.unwrap(), "SELECT count(*) FROM t WHERE v = 'one'")
                .await
                .unwrap(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_connection_whose_call_was_cut_off_says_so() {
    everywhere(async |db| {
        table(db).await;
        let mut transaction = db.engine.begin().await.unwrap();
        transaction.run("UPDATE t SET v = 'changed'").await.unwrap();
        let slow = match db.dialect() {
            Dialect::Sqlite => {
                "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000) \
                 UPDATE t SET v = (SELECT max(n) FROM c)"
            }
            Dialect::Postgres => "UPDATE t SET v = 'twice' WHERE pg_sleep(0.3) IS NOT NULL",
            _ => "UPDATE t SET v = 'twice' WHERE sleep(0.3) = 0",
        };
        assert!(!poll_and_drop(transaction.run(slow), 1).await);
        let error = transaction.run("SELECT 1").await.unwrap_err();
        assert!(matches!(error, Error::ConnectionLost(_)), "{error:?}");
        assert!(error.to_string().contains("cancelled half-way"), "{error}");
        let error = transaction.commit().await.unwrap_err();
        assert!(matches!(error, Error::ConnectionLost(_)), "{error:?}");
        let mut other = db.engine.acquire().await.unwrap();
        for attempt in 0.. {
            // The server notices the closed connection when it next looks at it.
            match other.run("UPDATE t SET v = v").await {
                Ok(_) => break,
                Err(error) => assert!(attempt < 10, "{error}"),
            }
        }
        assert_eq!(super::number(&mut other, "SELECT count(*) FROM t WHERE v = 'one'").await.unwrap(), 1);
    })
    .await;
}
