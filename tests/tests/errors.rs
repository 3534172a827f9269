//! Bad input: every mistake ends in an error of its own that says what to do, with the database unchanged.

use orm_core::types::DecodeError;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tests::models::{Address, Order, Profile, User, seed};
use tests::prelude::*;

async fn connect(url: &str) -> Error {
    match Engine::options(url).connect_timeout(Duration::from_secs(3)).connect().await {
        Err(error) => error,
        Ok(engine) => panic!("{url} connected: {engine:?}"),
    }
}

/// The URL with another user.
fn as_user(url: &str, user: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a server's URL");
    let host = rest.split_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{user}@{host}")
}

fn says(error: &Error, words: &[&str]) {
    let message = error.to_string();
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
}

/// A future that is dropped after a number of polls.
struct Dropped<F> {
    future: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future> Future for Dropped<F> {
    type Output = Option<F::Output>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        self.future.as_mut().poll(context).map(Some)
    }
}

async fn drop_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    Dropped { future: Box::pin(future), polls }.await
}

/// A file that may not be read. The superuser may read all, so there this test runs itself again as nobody.
#[test]
fn an_unreadable_file_is_refused() {
    use std::os::unix::{fs::PermissionsExt, process::CommandExt};
    use std::process::Command;
    const FILE: &str = "ORM_TEST_UNREADABLE";
    const NOBODY: u32 = 65_534;
    if let Ok(file) = std::env::var(FILE) {
        let error = tests::block_on(connect(&format!("sqlite://{file}")));
        assert!(matches!(error, Error::LoginRefused { .. }), "{error:?}");
        return says(&error, &["closed.db"]);
    }
    let folder = std::env::temp_dir().join(format!("orm-unreadable-{}", std::process::id()));
    let file = folder.join("closed.db");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).unwrap();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "errors::an_unreadable_file_is_refused"]).env(FILE, &file).current_dir("/");
    if std::fs::read(&file).is_ok() {
        again.uid(NOBODY).gid(NOBODY);
    }
    let output = again.output();
    std::fs::remove_dir_all(&folder).unwrap();
    match output {
        Err(error) => {
            tests::skip("sqlite", "errors::an_unreadable_file_is_refused", &format!("nobody may not run it: {error}"))
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("1 passed"), "{said}");
        }
    }
}

#[test]
fn a_url_that_means_nothing_is_an_error() {
    tests::block_on(async {
        for url in ["", "nonsense", "oracle://localhost/x", "postgres:/localhost", "mysql://host:notaport/x"] {
            let error = connect(url).await;
            assert!(matches!(error, Error::Url { .. }), "{url}: {error:?}");
            assert!(error.to_string().contains("can't be used"), "{error}");
        }
    });
}

#[test]
fn a_password_is_not_shown() {
    tests::block_on(async {
        for url in
            ["postgres://me:secret@127.0.0.1:1/x", "mysql://me:secret@127.0.0.1:1/x", "oracle://me:secret@host/x"]
        {
            let error = connect(url).await;
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
    });
}

matrix! {
    async fn a_server_that_is_not_there_is_an_error(db: Db) -> Result<()> {
        let url = match db.database {
            Database::Sqlite => "sqlite:///no/such/folder/file.db",
            Database::Postgres => "postgres://postgres@127.0.0.1:1/x",
            Database::MariaDb | Database::MySql => "mysql://root@127.0.0.1:1/x",
        };
        let error = connect(url).await;
        assert!(matches!(error, Error::Connect { .. }), "{error:?}");
        says(&error, &["can't connect", url]);
        Ok(())
    }

    #[on(postgres, mariadb, mysql)]
    async fn a_refused_login_is_an_error(db: Db) -> Result<()> {
        let error = connect(&as_user(db.url(), "nobody_is_called_so:wrong")).await;
        assert!(matches!(error, Error::LoginRefused { .. }), "{error:?}");
        says(&error, &["refused the login", "nobody_is_called_so"]);
        assert!(!error.to_string().contains("wrong@"), "{error}");
        let error = connect(&format!("{}/orm_test_is_not_there", db.url().rsplit_once('/').unwrap_or_default().0)).await;
        assert!(matches!(error, Error::LoginRefused { .. }), "{error:?}");
        says(&error, &["orm_test_is_not_there"]);
        Ok(())
    }

    #[on(sqlite)]
    async fn a_file_that_is_no_database_is_an_error(db: Db) -> Result<()> {
        let _ = db;
        let folder = std::env::temp_dir().join(format!("orm-no-database-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(Error::custom)?;
        let file = folder.join("file.db");
        std::fs::write(&file, "this is a letter, and by no means a database. ".repeat(100)).map_err(Error::custom)?;
        let error = connect(&format!("sqlite://{}", file.display())).await;
        assert!(matches!(error, Error::LoginRefused { .. } | Error::Connect { .. }), "{error:?}");
        says(&error, &["file.db"]);
        let error = connect(&format!("sqlite://{}", folder.display())).await;
        assert!(matches!(error, Error::LoginRefused { .. } | Error::Connect { .. }), "{error:?}");
        let error = connect(&format!("sqlite://{}?mode=rw", folder.join("not_there.db").display())).await;
        assert!(matches!(error, Error::Connect { .. }), "{error:?}");
        assert!(!folder.join("not_there.db").exists());
        std::fs::remove_dir_all(&folder).map_err(Error::custom)
    }

    async fn a_missing_table_is_named(db: Db) -> Result<()> {
        for result in [
            db.engine.all(select(User)).await.map(|rows| rows.len() as u64),
            db.engine.execute(insert(User).rows(&[User::default()])).await,
            db.engine.execute(delete(User)).await,
        ] {
            let error = result.unwrap_err();
            assert!(matches!(&error, Error::NoSuchTable { table, .. } if table.ends_with("users")), "{error:?}");
            says(&error, &["users", "create_all"]);
        }
        Ok(())
    }

    async fn a_column_of_another_type_is_named(db: Db) -> Result<()> {
        db.engine.execute(text("CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY, size VARCHAR(20) NOT NULL)")).await?;
        db.engine.execute(text("INSERT INTO things VALUES (1, 'large')")).await?;
        match db.engine.all(select(Thing)).await {
            Err(error @ Error::Decode { .. }) => says(&error, &["Thing::size", "integer"]),
            other => panic!("{other:?}"),
        }
        match db.engine.scalar(text("SELECT 'large'").columns::<i64>()).await {
            Err(error @ Error::Decode { .. }) => says(&error, &["number 1 of the result"]),
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    async fn a_null_that_the_model_does_not_allow_is_named(db: Db) -> Result<()> {
        db.engine.execute(text("CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY, size BIGINT NULL)")).await?;
        db.engine.execute(text("INSERT INTO things VALUES (1, NULL)")).await?;
        match db.engine.all(select(Thing)).await {
            Err(error @ Error::Decode { reason: DecodeError::Null { .. }, .. }) => says(&error, &["Thing::size", "Option"]),
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    async fn a_result_of_another_width_is_an_error(db: Db) -> Result<()> {
        let error = db.engine.scalar(text("SELECT 1, 2").columns::<i64>()).await.unwrap_err();
        says(&error, &["2 columns", "1"]);
        Ok(())
    }

    async fn too_many_binds_are_refused_before_anything_is_sent(db: Db) -> Result<()> {
        seed(&db).await?;
        let record = db.engine.record();
        match db.engine.all(select(User).filter(User::id.in_(0..70_000_i64))).await {
            Err(error @ Error::TooManyBinds { count: 70_000, .. }) => says(&error, &["70000", "in parts"]),
            other => panic!("{:?}", other.map(|rows| rows.len())),
        }
        assert_eq!(record.statements().len(), 0);
        Ok(())
    }

    async fn a_broken_statement_carries_its_text(db: Db) -> Result<()> {
        let error = db.engine.execute(text("SELEKT 1")).await.unwrap_err();
        assert!(matches!(error, Error::Database(_)), "{error:?}");
        assert_eq!(error.failure().map(|failure| failure.statement.as_str()), Some("SELEKT 1"));
        says(&error, &["SELEKT 1"]);
        Ok(())
    }

    async fn a_value_that_is_there_already_is_a_unique_violation(db: Db) -> Result<()> {
        seed(&db).await?;
        let error = db.engine.execute(insert(User).rows(&[User { name: "ed".into(), ..Default::default() }])).await.unwrap_err();
        match &error {
            Error::UniqueViolation { constraint, table, columns, failure } => {
                assert_eq!(table.as_deref(), Some("users"), "{error:?}");
                match db.dialect() {
                    Dialect::Sqlite => assert_eq!(columns, &["name"]),
                    _ => assert_eq!(constraint.as_deref(), Some("uq_users_name"), "{error:?}"),
                }
                if db.dialect() == Dialect::Postgres {
                    assert_eq!(columns, &["name"]);
                }
                assert!(failure.statement.contains("INSERT"), "{failure}");
                assert!(failure.binds.contains(&Value::Text("ed".into())), "{failure:?}");
            }
            other => panic!("{other:?}"),
        }
        says(&error, &["unique", "users"]);
        let error = db.engine.execute(insert(Order).rows(&[Order { id: 1, ..Default::default() }])).await.unwrap_err();
        assert!(matches!(&error, Error::UniqueViolation { .. }), "{error:?}");
        says(&error, &["orders"]);
        assert_eq!(db.engine.scalar(select(count(User::id))).await?, 3);
        Ok(())
    }

    async fn a_reference_to_nothing_is_a_foreign_key_violation(db: Db) -> Result<()> {
        seed(&db).await?;
        let error = db.engine.execute(insert(Address).rows(&[Address { user_id: 99, ..Default::default() }])).await.unwrap_err();
        match &error {
            Error::ForeignKeyViolation { constraint, table, .. } if db.dialect() != Dialect::Sqlite => {
                assert_eq!(table.as_deref(), Some("addresses"));
                assert_eq!(constraint.as_deref(), Some("fk_addresses_user_id_users"));
            }
            // SQLite says neither.
            Error::ForeignKeyViolation { .. } => {}
            other => panic!("{other:?}"),
        }
        says(&error, &["foreign key"]);
        // From the other side: somebody still references the row.
        let error = db.engine.execute(delete(User).filter(User::id.eq(2))).await.unwrap_err();
        assert!(matches!(error, Error::ForeignKeyViolation { .. }), "{error:?}");
        assert_eq!(db.engine.scalar(select(count(User::id))).await?, 3);
        Ok(())
    }

    async fn a_null_in_a_column_that_allows_none_is_a_not_null_violation(db: Db) -> Result<()> {
        seed(&db).await?;
        let error = db.engine.execute(text("INSERT INTO profiles (id, text, user_id) VALUES (1, NULL, 1)")).await.unwrap_err();
        match &error {
            Error::NotNullViolation { columns, table, .. } => {
                assert_eq!(columns, &["text"]);
                if matches!(db.dialect(), Dialect::Sqlite | Dialect::Postgres) {
                    assert_eq!(table.as_deref(), Some("profiles"));
                }
            }
            other => panic!("{other:?}"),
        }
        // Left out, without a default.
        let error = db.engine.execute(insert(Profile).set(Profile::user_id, 1)).await.unwrap_err();
        assert!(matches!(&error, Error::NotNullViolation { columns, .. } if columns == &["text"]), "{error:?}");
        assert_eq!(db.engine.scalar(select(count(Profile::id))).await?, 0);
        Ok(())
    }

    async fn a_row_that_fails_a_check_is_a_check_violation(db: Db) -> Result<()> {
        seed(&db).await?;
        let error = db.engine.execute(update(Order).set(Order::amount, -1).filter(Order::id.eq(1))).await.unwrap_err();
        match &error {
            Error::CheckViolation { constraint, .. } => assert_eq!(constraint.as_deref(), Some("ck_orders_amount")),
            other => panic!("{other:?}"),
        }
        assert_eq!(db.engine.scalar(select(Order::amount).filter(Order::id.eq(1))).await?, 10);
        Ok(())
    }

    async fn a_dropped_transaction_leaves_nothing(db: Db) -> Result<()> {
        seed(&db).await?;
        {
            let mut tx = db.engine.begin().await?;
            tx.execute(delete(Order)).await?;
            assert_eq!(tx.scalar(select(count(Order::id))).await?, 0);
        }
        assert_eq!(db.engine.scalar(select(count(Order::id))).await?, 4);
        // Others may write again at once.
        db.engine.execute(delete(Order).filter(Order::id.eq(1))).await?;
        assert_eq!(db.engine.scalar(select(count(Order::id))).await?, 3);
        Ok(())
    }

    async fn a_failed_statement_leaves_the_pool_usable(db: Db) -> Result<()> {
        seed(&db).await?;
        for _ in 0..20 {
            assert!(db.engine.execute(text("SELEKT")).await.is_err());
            let failed: Result<()> = db.engine
                .transaction(async |tx| {
                    tx.execute(delete(Order)).await?;
                    tx.execute(text("SELEKT")).await?;
                    Ok(())
                })
                .await;
            assert!(failed.is_err());
        }
        assert_eq!(db.engine.scalar(select(count(Order::id))).await?, 4);
        Ok(())
    }

    /// A thousand times, after each number of polls: `begin`, a query, and a write in a transaction that is not committed.
    async fn a_future_that_is_dropped_leaves_the_pool_clean(db: Db) -> Result<()> {
        seed(&db).await?;
        // On a busy machine a server has answered before it is looked for; this one takes its time.
        let slow = text(match db.dialect() {
            Dialect::Sqlite => "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000) SELECT max(n) FROM c",
            Dialect::Postgres => "SELECT CASE WHEN pg_sleep(0.001) IS NULL THEN 0 ELSE 1 END",
            Dialect::MySql | Dialect::MariaDb => "SELECT sleep(0.001)",
        });
        let slow = slow.columns::<i64>();
        let mut finished = 0;
        for round in 0..1000 {
            let polls = round / 4 % 25;
            let done = match round % 4 {
                0 => drop_after(polls, db.engine.begin()).await.is_some(),
                1 => drop_after(polls, db.engine.all(select(Order))).await.is_some(),
                2 => drop_after(polls, db.engine.all(&slow)).await.is_some(),
                _ => {
                    let writes = async {
                        let mut tx = db.engine.begin().await?;
                        tx.execute(delete(Order)).await?;
                        tx.all(select(Order)).await
                    };
                    drop_after(polls, writes).await.is_some()
                }
            };
            finished += usize::from(done);
            if round % 50 == 49 {
                assert_eq!(db.engine.scalar(select(count(Order::id))).await?, 4, "after {round} rounds");
            }
        }
        assert!(finished < 1000 - 40, "{finished} of 1000 were not cut off");
        // Every connection of the pool is clean: none is inside a transaction, all answer.
        let mut held = Vec::new();
        for _ in 0..5 {
            let mut connection = db.engine.acquire().await?;
            assert!(!connection.in_transaction());
            assert_eq!(connection.scalar(select(count(Order::id))).await?, 4);
            held.push(connection);
        }
        drop(held);
        db.engine.execute(delete(Order)).await?;
        assert_eq!(db.engine.scalar(select(count(Order::id))).await?, 0);
        Ok(())
    }

    async fn a_pool_that_is_used_up_says_so(db: Db) -> Result<()> {
        let engine = Engine::options(db.url()).max_connections(1).acquire_timeout(Duration::from_millis(100)).connect().await?;
        let held = engine.acquire().await?;
        match engine.acquire().await {
            Err(error @ Error::PoolTimedOut { size: 1, .. }) => says(&error, &["max_connections"]),
            other => panic!("{:?}", other.map(|_| "a connection")),
        }
        drop(held);
        engine.acquire().await?;
        Ok(())
    }

    async fn a_closed_engine_says_so(db: Db) -> Result<()> {
        let engine = Engine::connect(db.url()).await?;
        engine.close().await;
        assert!(matches!(engine.acquire().await, Err(Error::Closed)));
        Ok(())
    }
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "things")]
struct Thing {
    #[orm(primary_key)]
    id: i64,
    size: i64,
}
