//! What a program's own tests use: databases, fixtures and assertions about statements.

use orm_core::testing::{self, StatementKind, TestDatabase, TestEngine};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tests::block_on;
use tests::models::{Address, Employee, Keyword, Profile, User, metadata};
use tests::prelude::*;

fn server(db: &Db) -> String {
    db.database.server().unwrap_or_else(|why| panic!("{why}"))
}

fn user(name: &str) -> User {
    User { name: name.into(), ..Default::default() }
}

fn address(email: &str) -> Address {
    Address { email: email.into(), ..Default::default() }
}

/// The words of a panic that there must be.
fn panics<T>(f: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(f)) else { panic!("there is no panic") };
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

async fn is_gone(url: &str) {
    let error = match Engine::connect(url).await {
        Err(error) => error,
        Ok(engine) => panic!("{url} is still there: {engine:?}"),
    };
    assert!(matches!(error, Error::LoginRefused { .. }), "{error:?}");
}

matrix! {
    async fn each_test_has_a_database_of_its_own(db: Db) -> Result<()> {
        let (one, other) = (
            testing::engine_on(&server(&db), metadata()).await?,
            testing::engine_on(&server(&db), metadata()).await?,
        );
        testing::fixtures(&one, user("ed")).await?;
        assert_eq!(one.scalar(select(count_all()).select_from(User)).await?, 1);
        assert_eq!(other.scalar(select(count_all()).select_from(User)).await?, 0);
        let url = one.database().url().to_owned();
        assert_eq!(one.database().name().is_some(), db.database != Database::Sqlite);
        // Somebody in a transaction doesn't keep it.
        let mut session = one.session();
        session.add(user("wendy"));
        session.flush().await?;
        if db.database == Database::Sqlite {
            drop(one);
        } else {
            drop(one);
            is_gone(&url).await;
            let error = session.commit().await.unwrap_err();
            assert!(matches!(error, Error::ConnectionLost(_)), "{error}");
        }
        let url = other.database().url().to_owned();
        other.remove().await?;
        if db.database != Database::Sqlite {
            is_gone(&url).await;
        }
        Ok(())
    }

    #[on(postgres, mariadb, mysql)]
    async fn a_database_is_dropped_after_a_panic(db: Db) -> Result<()> {
        let server = server(&db);
        // A test of its own, on a runtime of its own, which is gone when the panic gets out.
        let test = std::thread::spawn(move || {
            block_on(async {
                let database = TestDatabase::create(&server).await.unwrap_or_else(|error| panic!("{error}"));
                let name = database.url().to_owned();
                let engine = Engine::connect(database.url()).await.unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(engine.scalar(select(bind(1_i64))).await.unwrap_or_default(), 1);
                panic!("{name}");
            });
        });
        let url = match test.join() {
            Err(panic) => panic.downcast_ref::<String>().cloned().unwrap_or_default(),
            Ok(()) => panic!("there was no panic"),
        };
        assert!(url.contains("/orm_test_"), "{url}");
        is_gone(&url).await;
        Ok(())
    }

    async fn fixtures_come_back_as_they_were_given(db: Db) -> Result<()> {
        db.create(metadata()).await?;
        let [ed, wendy] = testing::fixtures(&db.engine, [
            User {
                addresses: vec![address("ed@one"), address("ed@two")].into(),
                profile: Some(Profile { text: "hello".into(), ..Default::default() }).into(),
                keywords: vec![Keyword { word: "sql".into(), ..Default::default() }].into(),
                ..user("ed")
            },
            user("wendy"),
        ])
        .await?;
        assert_eq!((ed.id, wendy.id, ed.version), (1, 2, 1));
        let emails: Vec<(i64, i64, &str)> = ed.addresses.iter().map(|a| (a.id, a.user_id, a.email.as_str())).collect();
        assert_eq!(emails, [(1, 1, "ed@one"), (2, 1, "ed@two")]);
        assert_eq!(ed.profile.get()?.map(|profile| (profile.id, profile.user_id)), Some((1, 1)));
        assert_eq!(ed.keywords[0].id, 1);
        // What was not given is not loaded.
        assert!(matches!(wendy.addresses.get(), Err(Error::NotLoaded { .. })));
        assert!(matches!(ed.addresses[0].user.get(), Err(Error::NotLoaded { .. })));
        let query = select(User).filter(User::id.eq(1)).options(selectinload(User::addresses));
        let query = query.options(selectinload(User::profile)).options(selectinload(User::keywords));
        assert_eq!(ed, db.engine.one(query).await?);
        // A tree of one table, and several models at once.
        let employee = |name: &str| Employee { name: name.into(), ..Default::default() };
        let bob = Employee { reports: vec![employee("dan")].into(), ..employee("bob") };
        let (ann, users) = testing::fixtures(
            &db.engine,
            (Employee { reports: vec![bob, employee("cid")].into(), ..employee("ann") }, vec![user("fred"), user("gus")]),
        )
        .await?;
        assert_eq!(users.iter().map(|user| (user.id, user.name.as_str())).collect::<Vec<_>>(), [(3, "fred"), (4, "gus")]);
        let [bob, cid] = ann.reports.get()? else { panic!("{ann:?}") };
        assert_eq!((bob.manager_id, cid.manager_id, bob.reports[0].manager_id), (Some(ann.id), Some(ann.id), Some(bob.id)));
        assert_eq!((bob.name.as_str(), cid.reports.get().is_err()), ("bob", false));
        // All or nothing.
        let error = testing::fixtures(&db.engine, [user("new"), user("ed")]).await.unwrap_err();
        assert!(matches!(error, Error::UniqueViolation { .. }), "{error}");
        assert_eq!(db.engine.scalar(select(count_all()).select_from(User)).await?, 4);
        Ok(())
    }

    async fn sessions_that_are_rolled_back_share_a_database(db: Db) -> Result<()> {
        db.create(metadata()).await?;
        testing::fixtures(&db.engine, user("before")).await?;
        for name in ["ed", "wendy"] {
            let mut session = testing::session(&db.engine).await?;
            let before = session.one(select(User)).await?;
            session[before].fullname = Some(format!("known to {name}"));
            session.add(User { addresses: vec![address(name)].into(), ..user(name) });
            session.commit().await?;
            session.delete(before);
            session.flush().await?;
            session.rollback().await?;
            assert_eq!(session[before].fullname, Some(format!("known to {name}")));
            assert_eq!(session.all(select(User::name).order_by(User::id)).await?, ["before", name]);
            // Only SQLite has one writer, whom the others wait for.
            if db.database != Database::Sqlite {
                let mut other = testing::session(&db.engine).await?;
                other.add(user("other"));
                other.commit().await?;
                assert_eq!(other.all(select(User::name).order_by(User::id)).await?, ["before", "other"]);
            }
        }
        let mut session = testing::session(&db.engine).await?;
        let users = session.all(select(User)).await?;
        assert_eq!(users.iter().map(|user| session[*user].fullname.clone()).collect::<Vec<_>>(), [None]);
        Ok(())
    }

    async fn patterns_mean_the_same_everywhere(db: Db) -> Result<()> {
        db.create(metadata()).await?;
        testing::fixtures(&db.engine, vec![user("ed"), user("wendy")]).await?;
        let log = db.engine.record();
        let mut session = db.engine.session();
        let ed = session.one(select(User).filter(User::name.eq("ed"))).await?;
        session[ed].fullname = Some("Ed".into());
        session.commit().await?;
        log.assert_statements([
            "SELECT … FROM users WHERE name = ? LIMIT ?",
            "UPDATE users …",
        ]);
        log.assert_count_of(StatementKind::Select, "users", 1);
        log.assert_count_of(StatementKind::Update, "users", 1);
        log.assert_count_of(StatementKind::Insert, "users", 0);
        log.assert_count_of(StatementKind::Select, "addresses", 0);
        let said = panics(|| log.assert_no_writes());
        assert!(said.starts_with("nothing was to be written, 1 was sent:\n  1. UPDATE "), "{said}");
        Ok(())
    }
}

/// An engine with three users, as a program's tests would make it.
async fn three() -> Result<TestEngine> {
    let engine = testing::engine(metadata()).await?;
    let trees = ["ed", "wendy", "fred"].map(|name| User { addresses: vec![address(name)].into(), ..user(name) });
    testing::fixtures(&engine, trees).await?;
    Ok(engine)
}

#[test]
fn an_assertion_that_does_not_hold_shows_what_was_sent() -> Result<()> {
    block_on(async {
        let engine = three().await?;
        let log = engine.record();
        log.assert_count(0);
        assert_eq!(panics(|| log.assert_count(2)), "2 statements expected, none was sent:");
        let names: Vec<String> = engine.all(select(User::name).filter(User::id.gt(1))).await?;
        assert_eq!(names.len(), 2);
        let select = "SELECT name FROM users WHERE id > ?";
        assert_eq!(
            panics(|| log.assert_count(2)),
            format!("2 statements expected, 1 was sent:\n  1. {select} [1] (2 rows)")
        );
        assert_eq!(
            panics(|| log.assert_at_most(0)),
            format!("at most 0 statements expected, 1 was sent:\n  1. {select} [1] (2 rows)")
        );
        log.assert_at_most(1);
        assert_eq!(
            panics(|| log.assert_statements(["SELECT … FROM addresses"])),
            format!(
                "statement 1 is another one:\n  expected: SELECT … FROM addresses\n  sent:     {select}\nall that was sent:\n  1. {select} [1] (2 rows)"
            )
        );
        assert_eq!(
            panics(|| log.assert_statements([select, "UPDATE users …"])),
            format!("statement 2 is missing:\n  expected: UPDATE users …\nsent:\n  1. {select} [1] (2 rows)")
        );
        assert_eq!(
            panics(|| log.assert_statements([""; 0])),
            format!(
                "0 statements expected, then there was\n  {select}\nall that was sent:\n  1. {select} [1] (2 rows)"
            )
        );
        assert_eq!(
            panics(|| log.assert_count_of(StatementKind::Select, "users", 2)),
            format!("2 SELECT from users expected, 1 was sent:\n  1. {select} [1] (2 rows)")
        );
        assert!(
            panics(|| log.assert_count_of(StatementKind::Delete, "users", 1))
                .starts_with("1 DELETE of users expected, none was sent:")
        );
        Ok(())
    })
}

#[test]
fn one_query_per_object_is_found() -> Result<()> {
    block_on(async {
        let engine = three().await?;
        let log = engine.record();
        let mut session = engine.session();
        let users = session.all(select(User).order_by(User::id)).await?;
        for user in &users {
            session.load(*user, User::addresses).await?;
        }
        log.assert_repeats_at_most(3);
        let said = panics(|| log.assert_repeats_at_most(1));
        let query = "SELECT id, email, user_id FROM addresses WHERE user_id IN (?) ORDER BY id";
        assert_eq!(
            said,
            format!(
                "one SELECT was sent 3 times, at most 1 expected; ask for all at once, with `selectinload` or `session.load(&keys, …)`:\
                 \n  1. {query} [1] (1 row)\n  2. {query} [2] (1 row)\n  3. {query} [3] (1 row)"
            )
        );
        log.clear();
        let mut session = engine.session();
        let users = session.all(select(User)).await?;
        session.load(&users, User::addresses).await?;
        log.assert_repeats_at_most(1);
        log.assert_count(2);
        Ok(())
    })
}

#[test]
fn a_long_log_is_cut() -> Result<()> {
    block_on(async {
        let engine = testing::engine(metadata()).await?;
        let log = engine.record();
        let many: Vec<i64> = (0..20).collect();
        for _ in 0..60 {
            let found: Vec<i64> = engine.all(select(User::id).filter(User::id.in_(many.clone()))).await?;
            assert!(found.is_empty());
        }
        let said = panics(|| log.assert_count(1));
        assert!(said.starts_with("1 statement expected, 60 were sent:\n  1. SELECT id FROM"), "{said}");
        assert!(said.ends_with("\n  … 10 more"), "{said}");
        assert!(said.contains("[0, 1, 2, 3, 4, 5, 6, 7, … "), "{said}");
        Ok(())
    })
}

#[test]
fn a_file_is_refused_and_a_missing_variable_is_memory() {
    block_on(async {
        let error = testing::engine_on("sqlite:shared.db", metadata()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the database URL \"sqlite:shared.db\" can't be used: tests that run beside each other would share the file; use sqlite::memory:"
        );
        let error = TestDatabase::create("nonsense").await.unwrap_err();
        assert!(matches!(error, Error::Url { .. }), "{error}");
        assert_eq!(testing::server("NO_SUCH_VARIABLE_IS_SET"), "sqlite::memory:");
        let error = testing::engine(metadata![Address]).await.unwrap_err();
        assert!(matches!(error, Error::Mapping(_)), "{error}");
    });
}
