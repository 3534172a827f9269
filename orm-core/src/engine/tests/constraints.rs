//! Constraint errors are told apart on all databases, with what each of them tells.

use super::{Db, everywhere};
use crate::engine::Statement;
use crate::error::Error;
use crate::types::{Dialect, Value};

async fn tables(db: &Db) {
    let engine = if matches!(db.dialect(), Dialect::MySql | Dialect::MariaDb) { " ENGINE = InnoDB" } else { "" };
    db.engine
        .batch(format!(
            "CREATE TABLE parent (id INTEGER PRIMARY KEY){engine};
             CREATE TABLE child (
                 id INTEGER PRIMARY KEY,
                 name VARCHAR(20) NOT NULL,
                 age INTEGER,
                 parent_id INTEGER,
                 CONSTRAINT uq_child_name UNIQUE (name),
                 CONSTRAINT ck_child_age CHECK (age > 0),
                 CONSTRAINT fk_child_parent FOREIGN KEY (parent_id) REFERENCES parent (id)
             ){engine};
             INSERT INTO parent VALUES (1);
             INSERT INTO child VALUES (1, 'ed', 5, 1)"
        ))
        .await
        .unwrap();
}

#[tokio::test]
async fn each_kind_of_constraint_has_its_error() {
    everywhere(async |db| {
        tables(db).await;
        let dialect = db.dialect();
        let insert = |id: i64, name: Value, age: i64, parent: i64| {
            let binds = [Value::I64(id), name, Value::I64(age), Value::I64(parent)];
            db.statement("INSERT INTO child (id, name, age, parent_id) VALUES (?, ?, ?, ?)", binds)
        };
        let text = |text: &str| Value::Text(text.into());
        let run = async |statement: Statement| db.engine.run(statement).await.unwrap_err();

        let error = run(insert(2, text("ed"), 5, 1)).await;
        let Error::UniqueViolation { constraint, table, columns, failure } = &error else { panic!("{error:?}") };
        assert!(failure.statement.starts_with("INSERT INTO child"));
        assert_eq!(failure.binds[1], text("ed"));
        assert!(failure.code.is_some() && failure.source.is_some());
        if dialect == Dialect::Sqlite {
            assert_eq!(columns, &["name"]);
        } else {
            assert_eq!(constraint.as_deref(), Some("uq_child_name"));
        }
        assert_eq!(table.as_deref(), Some("child"));

        let error = run(insert(1, text("x"), 5, 1)).await;
        assert!(matches!(error, Error::UniqueViolation { .. }), "{error:?}");

        let error = run(insert(2, text("x"), 5, 99)).await;
        let Error::ForeignKeyViolation { constraint, table, columns, .. } = &error else { panic!("{error:?}") };
        if dialect != Dialect::Sqlite {
            assert_eq!(constraint.as_deref(), Some("fk_child_parent"));
            assert_eq!(table.as_deref(), Some("child"));
            assert_eq!(columns, &["parent_id"]);
        }
        let error = run("DELETE FROM parent".into()).await;
        assert!(matches!(error, Error::ForeignKeyViolation { .. }), "{error:?}");

        for statement in
            [insert(2, Value::Null(crate::types::Kind::Text), 5, 1), "INSERT INTO child (id) VALUES (3)".into()]
        {
            let error = run(statement).await;
            let Error::NotNullViolation { columns, .. } = &error else { panic!("{error:?}") };
            assert_eq!(columns, &["name"]);
        }

        let error = run(insert(2, text("x"), -5, 1)).await;
        let Error::CheckViolation { constraint, .. } = &error else { panic!("{error:?}") };
        assert_eq!(constraint.as_deref(), Some("ck_child_age"));

        let error = run("SELECT * FROM missing_table".into()).await;
        let Error::NoSuchTable { table, .. } = &error else { panic!("{error:?}") };
        assert_eq!(table, "missing_table");

        let error = run("SELEC 1".into()).await;
        assert!(matches!(&error, Error::Database(failure) if failure.statement == "SELEC 1"), "{error:?}");
        assert_eq!((db.count("child").await, db.count("parent").await), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn binds_can_be_hidden() {
    everywhere(async |db| {
        tables(db).await;
        // In memory every engine has a database of its own.
        if db.url == "sqlite::memory:" {
            return;
        }
        let engine = db.options().hide_binds().connect().await.unwrap();
        let insert =
            db.statement("INSERT INTO child (id, name) VALUES (?, ?)", [Value::I64(1), Value::Text("secret".into())]);
        let error = engine.run(insert).await.unwrap_err();
        assert!(error.failure().unwrap().binds.is_empty());
        assert!(!error.to_string().contains("secret"), "{error}");
        let error = engine.run(db.statement("SELECT ?", [Value::Decimal("secret".into())])).await.unwrap_err();
        assert!(matches!(&error, Error::Bind { value, .. } if value == "<hidden>"), "{error}");
        engine.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_lock_that_is_held_is_a_time_out_or_a_deadlock() {
    everywhere(async |db| {
        if db.dialect() == Dialect::Sqlite {
            return;
        }
        tables(db).await;
        let mut one = db.engine.begin().await.unwrap();
        let mut two = db.engine.begin().await.unwrap();
        let wait = match db.dialect() {
            Dialect::Postgres => "SET LOCAL lock_timeout = '200ms'",
            _ => "SET SESSION innodb_lock_wait_timeout = 1",
        };
        two.batch(wait).await.unwrap();
        one.run("UPDATE parent SET id = id").await.unwrap();
        let error = two.run("UPDATE parent SET id = id").await.unwrap_err();
        assert!(matches!(error, Error::Timeout(_)), "{error:?}");
        two.rollback().await.unwrap();
        one.rollback().await.unwrap();

        // Two transactions that take two rows in opposite order.
        db.engine.batch("INSERT INTO parent VALUES (2)").await.unwrap();
        let mut one = db.engine.begin().await.unwrap();
        let mut two = db.engine.begin().await.unwrap();
        let update = |id: i64| db.statement("UPDATE parent SET id = id WHERE id = ?", [Value::I64(id)]);
        one.run(update(1)).await.unwrap();
        two.run(update(2)).await.unwrap();
        let (a, b) = futures_util::future::join(
            async {
                let result = one.run(update(2)).await;
                if result.is_err() {
                    one.rollback().await.unwrap()
                } else {
                    one.commit().await.unwrap()
                }
                result
            },
            async {
                let result = two.run(update(1)).await;
                if result.is_err() {
                    let _ = two.run("SELECT 1").await.unwrap_err();
                    let error = two.commit().await.unwrap_err();
                    assert!(matches!(error, Error::RolledBack { .. }), "{error:?}");
                } else {
                    two.commit().await.unwrap();
                }
                result
            },
        )
        .await;
        let error = [a, b].into_iter().find_map(Result::err).expect("one of the two must give way");
        assert!(matches!(error, Error::Deadlock(_)) && error.is_retryable(), "{error:?}");
    })
    .await;
}
