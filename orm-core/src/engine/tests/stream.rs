//! Streams of rows that own themselves.

use super::{Db, everywhere};
use crate::error::Error;
use crate::types::Value;
use futures_util::StreamExt;

async fn table(db: &Db, rows: i64) {
    db.engine.batch("CREATE TABLE t (id BIGINT PRIMARY KEY, v VARCHAR(200))").await.unwrap();
    let mut tx = db.engine.begin().await.unwrap();
    for id in 0..rows {
        tx.run(db.statement("INSERT INTO t VALUES (?, ?)", [Value::I64(id), Value::Text("v".repeat(200))]))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_stream_gives_every_row() {
    everywhere(async |db| {
        table(db, 700).await;
        let log = db.engine.record();
        let rows: Vec<_> = db.engine.stream_rows("SELECT id, v FROM t ORDER BY id").collect().await;
        assert_eq!(rows.len(), 700);
        for (id, row) in (0..).zip(&rows) {
            let row = row.as_ref().unwrap();
            assert_eq!(row.i64(0).unwrap(), Some(id));
            assert_eq!(row.text(1).unwrap().unwrap().len(), 200);
        }
        assert_eq!(log.statements()[0].rows, 700);
        assert_eq!(db.engine.pool_status().in_use, 0);
    })
    .await;
}

#[tokio::test]
async fn a_stream_dropped_half_way_leaves_a_usable_connection() {
    everywhere(async |db| {
        table(db, 700).await;
        for read in [0, 1, 5, 699] {
            let mut tx = db.engine.begin().await.unwrap();
            tx.run("INSERT INTO t VALUES (9999, 'x')").await.unwrap();
            let mut rows = tx.stream_rows("SELECT id, v FROM t ORDER BY id");
            for _ in 0..read {
                assert!(rows.next().await.unwrap().is_ok());
            }
            drop(rows);
            assert_eq!(super::number(&mut tx, "SELECT count(*) FROM t").await.unwrap(), 701);
            let mut rows = tx.stream_rows("SELECT id, v FROM t ORDER BY id");
            for _ in 0..read {
                assert!(rows.next().await.unwrap().is_ok());
            }
            drop(rows);
            drop(tx);
            for _ in 0..3 {
                assert_eq!(db.count("t").await, 700);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn errors_come_through_the_stream() {
    everywhere(async |db| {
        table(db, 1).await;
        let mut connection = db.engine.acquire().await.unwrap();
        for (statement, table) in [
            (db.statement("SELECT * FROM nowhere", []), true),
            (db.statement("SELECT ?", [Value::Invalid("no".into())]), false),
        ] {
            let mut rows = connection.stream_rows(statement);
            let error = rows.next().await.unwrap().unwrap_err();
            assert_eq!(matches!(error, Error::NoSuchTable { .. }), table, "{error:?}");
            assert_eq!(matches!(error, Error::Bind { .. }), !table, "{error:?}");
            assert!(rows.next().await.is_none());
            drop(rows);
            assert_eq!(super::number(&mut connection, "SELECT count(*) FROM t").await.unwrap(), 1);
        }
    })
    .await;
}
