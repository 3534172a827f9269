//! Transactions, savepoints, closures and isolation.

use super::{Db, everywhere};
use crate::engine::{Connection, Isolation, Transaction};
use crate::error::{Error, Result};
use crate::types::{Dialect, Value};

async fn table(db: &Db) {
    db.engine.batch("CREATE TABLE t (id BIGINT PRIMARY KEY)").await.unwrap();
}

async fn insert(connection: &mut Connection, id: i64) -> Result<u64> {
    connection.run(format!("INSERT INTO t VALUES ({id})").as_str()).await
}

#[tokio::test]
async fn commit_keeps_and_rollback_and_drop_undo() {
    everywhere(async |db| {
        table(db).await;
        let mut tx = db.engine.begin().await.unwrap();
        assert!(tx.in_transaction());
        assert_eq!(insert(&mut tx, 1).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let mut tx = db.engine.begin().await.unwrap();
        insert(&mut tx, 2).await.unwrap();
        tx.rollback().await.unwrap();
        let mut tx = db.engine.begin().await.unwrap();
        insert(&mut tx, 3).await.unwrap();
        drop(tx);
        assert_eq!(db.count("t").await, 1);
    })
    .await;
}

#[tokio::test]
async fn nested_transactions_are_savepoints() {
    everywhere(async |db| {
        table(db).await;
        let mut tx = db.engine.begin().await.unwrap();
        insert(&mut tx, 1).await.unwrap();
        let mut kept = tx.begin().await.unwrap();
        insert(&mut kept, 2).await.unwrap();
        let mut undone = kept.begin().await.unwrap();
        insert(&mut undone, 3).await.unwrap();
        undone.rollback().await.unwrap();
        let mut dropped = kept.begin().await.unwrap();
        insert(&mut dropped, 4).await.unwrap();
        drop(dropped);
        kept.commit().await.unwrap();
        // A savepoint mends what a failed statement broke, on PostgreSQL too.
        let mut failing = tx.begin().await.unwrap();
        assert!(insert(&mut failing, 1).await.is_err());
        drop(failing);
        insert(&mut tx, 5).await.unwrap();
        tx.commit().await.unwrap();
        let mut c = db.engine.acquire().await.unwrap();
        assert_eq!(super::number(&mut c, "SELECT sum(id) FROM t").await.unwrap(), 8);
        // On a connection outside a transaction it is a transaction.
        let mut outer = c.begin().await.unwrap();
        insert(&mut outer, 6).await.unwrap();
        drop(outer);
        assert_eq!(super::number(&mut c, "SELECT count(*) FROM t").await.unwrap(), 3);
        let mut outer = c.begin().await.unwrap();
        insert(&mut outer, 7).await.unwrap();
        drop(outer);
        drop(c);
        assert_eq!(db.count("t").await, 3);
    })
    .await;
}

#[derive(Debug)]
enum Mine {
    Own(&'static str),
    Theirs(Error),
}

impl From<Error> for Mine {
    fn from(error: Error) -> Self {
        Mine::Theirs(error)
    }
}

#[tokio::test]
async fn closures_commit_or_roll_back() {
    everywhere(async |db| {
        table(db).await;
        let borrowed = 1;
        let n = db
            .engine
            .transaction(async |tx| {
                let n = insert(tx, borrowed).await?;
                tx.transaction(async |inner| insert(inner, 2).await).await?;
                let undone = tx.transaction(async |inner| {
                    insert(inner, 3).await?;
                    Err::<(), _>(Error::custom("no"))
                });
                assert!(matches!(undone.await, Err(Error::Custom(_))));
                Ok(n)
            })
            .await
            .unwrap();
        assert_eq!((n, db.count("t").await), (1, 2));
        let result: Result<(), Mine> = db
            .engine
            .try_transaction(async |tx| {
                insert(tx, 4).await?;
                Err(Mine::Own("mine"))
            })
            .await;
        assert!(matches!(result, Err(Mine::Own("mine"))));
        let result: Result<(), Mine> = db
            .engine
            .try_transaction(async |tx| {
                insert(tx, 1).await?;
                Ok(())
            })
            .await;
        assert!(matches!(result, Err(Mine::Theirs(Error::UniqueViolation { .. }))));
        db.engine.transaction_boxed(|tx: &mut Transaction| Box::pin(async move { insert(tx, 5).await })).await.unwrap();
        assert_eq!(db.count("t").await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_transaction_in_a_spawned_task() {
    everywhere(async |db| {
        table(db).await;
        let engine = db.engine.clone();
        let task = tokio::spawn(async move {
            let id = String::from("7");
            engine.transaction(async |tx| tx.run(format!("INSERT INTO t VALUES ({id})").as_str()).await).await
        });
        assert_eq!(task.await.unwrap().unwrap(), 1);
        assert_eq!(db.count("t").await, 1);
    })
    .await;
}

#[tokio::test]
async fn transactions_by_hand() {
    everywhere(async |db| {
        table(db).await;
        let mut c = db.engine.acquire().await.unwrap();
        for error in [
            c.commit_raw().await.unwrap_err(),
            c.rollback_raw().await.unwrap_err(),
            c.savepoint("a").await.unwrap_err(),
        ] {
            assert!(matches!(error, Error::Statement(_)), "{error:?}");
        }
        c.begin_raw(None).await.unwrap();
        assert!(matches!(c.begin_raw(None).await.unwrap_err(), Error::Statement(_)));
        insert(&mut c, 1).await.unwrap();
        c.savepoint("select \"odd` name").await.unwrap();
        insert(&mut c, 2).await.unwrap();
        c.rollback_to("select \"odd` name").await.unwrap();
        insert(&mut c, 3).await.unwrap();
        c.release("select \"odd` name").await.unwrap();
        c.commit_raw().await.unwrap();
        assert!(!c.in_transaction());
        assert_eq!(super::number(&mut c, "SELECT sum(id) FROM t").await.unwrap(), 4);
    })
    .await;
}

#[tokio::test]
async fn postgres_does_not_commit_what_failed_without_saying_so() {
    everywhere(async |db| {
        table(db).await;
        let mut tx = db.engine.begin().await.unwrap();
        insert(&mut tx, 1).await.unwrap();
        assert!(insert(&mut tx, 1).await.is_err());
        let result = tx.commit().await;
        if db.dialect() == Dialect::Postgres {
            assert!(
                matches!(&result, Err(Error::RolledBack { cause }) if cause.contains("duplicate key")),
                "{result:?}"
            );
            assert_eq!(db.count("t").await, 0);
        } else {
            result.unwrap();
            assert_eq!(db.count("t").await, 1);
        }
        assert_eq!(db.engine.pool_status().in_use, 0);
    })
    .await;
}

#[tokio::test]
async fn isolation_is_set_and_goes_back() {
    everywhere(async |db| {
        let engine = db.options().max_connections(1).connect().await.unwrap();
        let mut c = engine.acquire().await.unwrap();
        let usual = c.isolation().await.unwrap();
        if db.dialect() == Dialect::Sqlite {
            assert_eq!(usual, Isolation::Serializable);
            c.set_isolation(Isolation::Serializable).await.unwrap();
            let error = c.set_isolation(Isolation::RepeatableRead).await.unwrap_err();
            assert!(matches!(&error, Error::Unsupported { feature, .. } if feature.contains("the valid one is SERIALIZABLE")), "{error}");
            return;
        }
        for level in [Isolation::ReadUncommitted, Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable] {
            c.set_isolation(level).await.unwrap();
            assert_eq!(c.isolation().await.unwrap(), level);
        }
        c.begin_raw(None).await.unwrap();
        assert!(matches!(c.set_isolation(Isolation::ReadCommitted).await.unwrap_err(), Error::Statement(_)));
        drop(c);
        let mut c = engine.acquire().await.unwrap();
        assert_eq!(c.isolation().await.unwrap(), usual);
        drop(c);
        engine.close().await;
        let engine = db.options().isolation(Isolation::Serializable).connect().await.unwrap();
        let (mut a, mut b) = (engine.acquire().await.unwrap(), engine.acquire().await.unwrap());
        assert_eq!((a.isolation().await.unwrap(), b.isolation().await.unwrap()), (Isolation::Serializable, Isolation::Serializable));
        a.set_isolation(Isolation::ReadCommitted).await.unwrap();
        drop((a, b));
        let mut c = engine.acquire().await.unwrap();
        assert_eq!(c.isolation().await.unwrap(), Isolation::Serializable);
    })
    .await;
}

#[tokio::test]
async fn serialization_failures_can_be_retried() {
    everywhere(async |db| {
        if db.dialect() != Dialect::Postgres {
            return;
        }
        table(db).await;
        insert(&mut db.engine.acquire().await.unwrap(), 1).await.unwrap();
        let engine = db.options().isolation(Isolation::Serializable).connect().await.unwrap();
        let (mut one, mut two) = (engine.begin().await.unwrap(), engine.begin().await.unwrap());
        let update = |to: i64| db.statement("UPDATE t SET id = ?", [Value::I64(to)]);
        assert_eq!(super::number(&mut one, "SELECT sum(id) FROM t").await.unwrap(), 1);
        assert_eq!(super::number(&mut two, "SELECT sum(id) FROM t").await.unwrap(), 1);
        one.run(update(2)).await.unwrap();
        one.commit().await.unwrap();
        let error = two.run(update(3)).await.unwrap_err();
        assert!(matches!(error, Error::SerializationFailure(_)) && error.is_retryable(), "{error:?}");
    })
    .await;
}
