//! The pool: limits, dead connections, closing.

use super::everywhere;
use crate::engine::Engine;
use crate::error::Error;
use crate::types::Dialect;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_pool_that_is_exhausted_says_so() {
    everywhere(async |db| {
        let engine =
            db.options().max_connections(2).acquire_timeout(Duration::from_millis(50)).connect().await.unwrap();
        let one = engine.acquire().await.unwrap();
        let _two = engine.acquire().await.unwrap();
        assert_eq!(engine.pool_status().in_use, 2);
        let error = engine.acquire().await.unwrap_err();
        assert!(matches!(error, Error::PoolTimedOut { size: 2, .. }), "{error:?}");
        drop(one);
        let _three = engine.acquire().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_closed_engine_says_so() {
    everywhere(async |db| {
        let engine = db.options().connect().await.unwrap();
        let held = engine.acquire().await.unwrap();
        engine.close().await;
        assert!(engine.is_closed());
        assert!(matches!(engine.acquire().await.unwrap_err(), Error::Closed));
        drop(held);
        assert_eq!(engine.pool_status().idle, 0);
    })
    .await;
}

#[tokio::test]
async fn connections_are_kept_in_reserve_and_reused() {
    everywhere(async |db| {
        let engine = db.options().min_connections(3).max_connections(4).connect().await.unwrap();
        // The one that holds an in-memory database together is not of the pool.
        assert_eq!(engine.pool_status().idle, 3);
        for _ in 0..20 {
            engine.batch("SELECT 1").await.unwrap();
        }
        assert_eq!(engine.pool_status().idle, 3);
        engine.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_the_server_ended_is_lost_and_replaced() {
    everywhere(async |db| {
        let (own, kill) = match db.dialect() {
            Dialect::Sqlite => return,
            Dialect::Postgres => ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend"),
            _ => ("SELECT connection_id()", "KILL "),
        };
        let engine: Engine = db.options().max_connections(1).pre_ping(Duration::ZERO).connect().await.unwrap();
        let mut tx = engine.begin().await.unwrap();
        let id = super::number(&mut tx, own).await.unwrap();
        let end = |id: i64| {
            if db.dialect() == Dialect::Postgres { format!("{kill}({id})") } else { format!("{kill}{id}") }
        };
        db.engine.batch(end(id)).await.unwrap();
        let started = Instant::now();
        let error = loop {
            match tx.run("SELECT 1").await {
                Ok(_) => assert!(started.elapsed() < Duration::from_secs(5)),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::ConnectionLost(_)) && error.is_retryable(), "{error:?}");
        drop(tx);
        // And one that dies in the pool is noticed by the ping.
        let mut next = engine.acquire().await.unwrap();
        let id = super::number(&mut next, own).await.unwrap();
        drop(next);
        db.engine.batch(end(id)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut next = engine.acquire().await.unwrap();
        assert_ne!(super::number(&mut next, own).await.unwrap(), id);
        drop(next);
        engine.close().await;
    })
    .await;
}

#[tokio::test]
async fn idle_and_old_connections_are_replaced() {
    everywhere(async |db| {
        let engine = db.options().idle_timeout(Duration::from_millis(20)).connect().await.unwrap();
        drop(engine.acquire().await.unwrap());
        tokio::time::sleep(Duration::from_millis(40)).await;
        engine.batch("SELECT 1").await.unwrap();
        if db.dialect() == Dialect::Sqlite {
            // Nobody asks for it any more: the pool looks after itself once in a while.
            tokio::time::sleep(Duration::from_millis(1200)).await;
            assert_eq!(engine.pool_status().idle, 0);
        }
        engine.close().await;
    })
    .await;
}

#[test]
fn connections_may_be_dropped_without_a_runtime() {
    if !cfg!(feature = "sqlite") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (engine, transaction) = runtime.block_on(async {
        let engine = Engine::connect("sqlite::memory:").await.unwrap();
        engine.batch("CREATE TABLE t (id INTEGER)").await.unwrap();
        let mut transaction = engine.begin().await.unwrap();
        transaction.run("INSERT INTO t VALUES (1)").await.unwrap();
        (engine, transaction)
    });
    drop(transaction);
    let left =
        runtime.block_on(async { super::number(&mut engine.acquire().await.unwrap(), "SELECT count(*) FROM t").await });
    assert_eq!(left.unwrap(), 0);
    drop(runtime);
    drop(engine);
}
