//! Sessions with options: read-only, at an isolation level, without autoflush, on a replica.

use super::models::*;
use orm_core::testing;
use tests::prelude::*;

/// A row that says which database it is of.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "places")]
struct Place {
    #[orm(primary_key, auto_increment = false)]
    id: i64,
    #[orm(length = 40)]
    name: String,
}

async fn place(engine: &Engine, name: &str) -> Result<()> {
    let row = Place { id: 1, name: name.into() };
    engine.execute(insert(Place).rows(&[row])).await?;
    Ok(())
}

/// Where a session of the engine reads.
async fn read_only_reads(engine: &Engine) -> Result<String> {
    let mut session = engine.session_with(SessionOptions::new().read_only());
    let place = session.get_one::<Place>(1).await?;
    Ok(session[place].name.clone())
}

async fn reads(engine: &Engine) -> Result<String> {
    engine.scalar(select(Place::name)).await
}

fn read_only(what: &str) -> String {
    format!(
        "{what} in a read-only session: `rollback` takes changes back; a session that may write is made by \
         `engine.session()`"
    )
}

matrix! {
    async fn a_read_only_session_writes_nothing_and_goes_on(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        db.engine.execute(text("INSERT INTO keywords (word) VALUES ('word')")).await?;
        let log = db.engine.record();
        let mut session = db.engine.session_with(SessionOptions::new().read_only());
        let ed = session.get_one::<User>(1).await?;
        let word = session.get_one::<Keyword>(1).await?;
        session.load(ed, (User::addresses, User::keywords)).await?;
        let address = session.keys(ed, User::addresses)?[0];

        session[ed].fullname = Some("Ed".into());
        let changed = read_only("`User` 1 was changed");
        assert_eq!(said(session.flush().await), changed);
        // Queries neither flush nor mind, and the session has not failed.
        assert_eq!(session.all(select(User)).await?.len(), 2);
        assert_eq!(session[ed].fullname.as_deref(), Some("Ed"));
        assert!(matches!(session.commit().await, Err(Error::ReadOnly { .. })));
        assert_eq!(said(session.begin_nested().await), changed);
        assert_eq!(said(session.commit().await), changed);
        session.rollback().await?;
        assert_eq!(session[ed].fullname, None);
        session.commit().await?;

        let new = session.add(keyword("new"));
        assert_eq!(said(session.flush().await), read_only("a new `Keyword` was added"));
        session.rollback().await?;
        assert_eq!(session.state(new), State::Withdrawn);
        session.delete(ed);
        assert_eq!(said(session.flush().await), read_only("`User` 1 was deleted"));
        session.rollback().await?;
        session.push(ed, User::keywords, word);
        assert_eq!(said(session.flush().await), read_only("the link between `User` 1 and `Keyword` 1 was changed"));
        // What was linked and parted again is no change; neither is a column that is set to what it was.
        session.remove(ed, User::keywords, word);
        session[ed].fullname = None;
        session.commit().await?;
        assert!(session.keys(ed, User::keywords)?.is_empty());
        session.remove(ed, User::addresses, address);
        assert_eq!(said(session.flush().await), read_only("`Address` 1 was taken out of its collection"));
        session.push(ed, User::addresses, address);
        session.flush().await?;
        session.remove(ed, User::addresses, address);
        session.rollback().await?;
        assert_eq!(session.keys(ed, User::addresses)?.len(), 2);

        let inside = session.transaction(async |s| { s.add(keyword("x")); Ok(()) }).await;
        assert_eq!(said(inside), read_only("a new `Keyword` was added"));
        session.reset().await?;
        let sent = log.statements();
        assert!(sent.iter().all(|sent| sent.sql.starts_with("SELECT")), "{sent:?}");
        assert_eq!(rows(&db.engine, "keywords").await?, 1);
        Ok(())
    }

    async fn a_read_only_session_runs_no_statement_that_writes(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session_with(SessionOptions::new().read_only());
        let ed = session.get_one::<User>(1).await?;
        let log = db.engine.record();
        assert!(matches!(
            session.execute(update(User).set(User::fullname, "Ed").filter(User::id.eq(1))).await,
            Err(Error::ReadOnly { .. })
        ));
        assert!(matches!(session.execute(insert(Keyword).rows(&[keyword("x")])).await, Err(Error::ReadOnly { .. })));
        assert!(matches!(session.execute(delete(Keyword)).await, Err(Error::ReadOnly { .. })));
        let error = said(session.execute(text("DELETE FROM keywords")).await);
        assert_eq!(error, read_only("the statement `DELETE FROM keywords` can't be run"));
        let returning = text("DELETE FROM keywords RETURNING id").columns::<i64>();
        assert!(matches!(session.all(returning).await, Err(Error::ReadOnly { .. })));
        assert!(matches!(session.all(select(User).with_for_update()).await, Err(Error::ReadOnly { .. })));
        assert!(log.statements().is_empty());
        // None of it ended anything.
        assert_eq!(session.scalar(text("SELECT count(*) FROM users").columns::<i64>()).await?, 2);
        assert_eq!(session[ed].fullname, None);
        session.commit().await
    }

    async fn the_server_refuses_what_a_read_only_session_does_not_see(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session_with(SessionOptions::new().read_only());
        if db.dialect() == Dialect::Sqlite {
            let error = said(session.connection().await);
            assert_eq!(error, "SQLite has no read-only transactions, so a read-only session gives no `connection()`");
            return Ok(());
        }
        let insert = "INSERT INTO keywords (word) VALUES ('word')";
        let error = session.connection().await?.execute(text(insert)).await.unwrap_err();
        assert!(error.to_string().to_lowercase().contains("read only") || error.to_string().contains("read-only"), "{error}");
        session.rollback().await?;
        // The next transaction, too; on the same connection another session may write.
        assert!(session.connection().await?.execute(text(insert)).await.is_err());
        session.close().await?;
        for _ in 0..5 {
            let mut writes = db.engine.session();
            writes.execute(text(insert)).await?;
            writes.commit().await?;
        }
        assert_eq!(rows(&db.engine, "keywords").await?, 5);
        Ok(())
    }

    async fn transactions_have_the_session_s_isolation_level(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let strict = SessionOptions::new().isolation(Isolation::Serializable);
        for options in [strict, strict.read_only()] {
            let mut session = db.engine.session_with(options);
            session.get_one::<User>(1).await?;
            session.commit().await?;
        }
        if db.dialect() == Dialect::Sqlite {
            let mut session = db.engine.session_with(SessionOptions::new().isolation(Isolation::ReadCommitted));
            let error = said(session.get_one::<User>(1).await);
            assert_eq!(error, "SQLite has no isolation level READ COMMITTED; the valid one is SERIALIZABLE");
            return Ok(());
        }
        let own = db.engine.acquire().await?.isolation().await?;
        let mut n = 0;
        for level in [Isolation::ReadCommitted, Isolation::RepeatableRead] {
            let options = SessionOptions::new().isolation(level);
            for options in [options, options.read_only()] {
                let mut session = db.engine.session_with(options);
                // Each of its transactions.
                for _ in 0..2 {
                    let ed = session.get_one::<User>(1).await?;
                    session.refresh(ed).await?;
                    let before = session[ed].fullname.clone();
                    n += 1;
                    let now = format!("number {n}");
                    db.engine.execute(update(User).set(User::fullname, now.as_str()).filter(User::id.eq(1))).await?;
                    session.refresh(ed).await?;
                    let sees = if level == Isolation::ReadCommitted { Some(now) } else { before };
                    assert_eq!(session[ed].fullname, sees, "{level}");
                    session.commit().await?;
                }
            }
        }
        // Nothing of it stays on the connections.
        let mut session = db.engine.session();
        let ed = session.get_one::<User>(1).await?;
        let before = session[ed].fullname.clone();
        db.engine.execute(update(User).set(User::fullname, "last").filter(User::id.eq(1))).await?;
        session.refresh(ed).await?;
        assert_eq!(session[ed].fullname != before, own == Isolation::ReadCommitted, "{own}");
        session.close().await?;
        assert_eq!(db.engine.acquire().await?.isolation().await?, own);
        Ok(())
    }

    async fn without_autoflush_queries_do_not_see_changes(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session_with(SessionOptions::new().autoflush(false));
        session.add(user("ed"));
        assert!(session.all(select(User)).await?.is_empty());
        session.no_autoflush().flush().await?;
        session.add(user("sandy"));
        assert_eq!(session.all(select(User)).await?.len(), 1);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users").await?, 2);
        Ok(())
    }

    async fn read_only_sessions_and_readers_go_to_the_replicas_in_turn(db: Db) -> Result<()> {
        db.create(metadata![Place]).await?;
        place(&db.engine, "primary").await?;
        let server = db.database.server().map_err(Error::custom)?;
        let first = testing::engine_on(&server, metadata![Place]).await?;
        let second = testing::engine_on(&server, metadata![Place]).await?;
        place(&first, "first").await?;
        place(&second, "second").await?;
        let replicas = [first.engine().clone(), second.engine().clone()];
        let engine = Engine::with_replicas(db.engine.clone(), replicas)?;
        assert_eq!(engine.replicas().len(), 2);

        for name in ["first", "second", "first", "second"] {
            assert_eq!(read_only_reads(&engine).await?, name);
        }
        for name in ["first", "second", "first"] {
            assert_eq!(reads(&engine.reader()).await?, name);
        }
        // A session stays with its replica; others come between its transactions.
        let mut session = engine.session_with(SessionOptions::new().read_only());
        for _ in 0..3 {
            let place = session.get_one::<Place>(1).await?;
            assert_eq!(session[place].name, "second");
            session.refresh(place).await?;
            session.commit().await?;
            assert_eq!(session[place].name, "second");
            assert_eq!(session.scalar(select(Place::name)).await?, "second");
            session.commit().await?;
            read_only_reads(&engine).await?;
        }
        let place = session.get_one::<Place>(1).await?;
        session[place].name = "changed".into();
        assert_eq!(said(session.commit().await), read_only("`Place` 1 was changed"));
        drop(session);

        // Whatever may write has one truth.
        assert_eq!(reads(&engine).await?, "primary");
        assert_eq!(engine.clone().transaction(async |tx| tx.scalar(select(Place::name)).await).await?, "primary");
        let mut session = engine.session();
        let place = session.get_one::<Place>(1).await?;
        assert_eq!(session[place].name, "primary");
        session[place].name = "written".into();
        session.commit().await?;
        assert_eq!(reads(&db.engine).await?, "written");
        assert_eq!((reads(&first).await?, reads(&second).await?), ("first".to_owned(), "second".to_owned()));
        // The handle that the primary had before knows no replica, and reads from itself.
        assert!(db.engine.replicas().is_empty());
        assert_eq!(reads(&db.engine.reader()).await?, "written");
        assert_eq!(read_only_reads(&db.engine).await?, "written");
        Ok(())
    }

    async fn a_replica_that_gives_no_connection_is_skipped(db: Db) -> Result<()> {
        db.create(metadata![Place]).await?;
        place(&db.engine, "primary").await?;
        let server = db.database.server().map_err(Error::custom)?;
        let (mut replicas, mut kept) = (Vec::new(), Vec::new());
        for name in ["first", "second"] {
            let test = testing::engine_on(&server, metadata![Place]).await?;
            place(&test, name).await?;
            replicas.push(test.engine().clone());
            kept.push(test);
        }
        let engine = Engine::with_replicas(db.engine.clone(), replicas.clone())?;
        let mut session = engine.session_with(SessionOptions::new().read_only());
        assert_eq!(session.scalar(select(Place::name)).await?, "first");
        session.commit().await?;
        replicas[0].close().await;
        assert_eq!(session.scalar(select(Place::name)).await?, "second");
        session.commit().await?;
        for _ in 0..2 {
            assert_eq!(read_only_reads(&engine).await?, "second");
            assert_eq!(reads(&engine.reader()).await?, "second");
        }
        replicas[1].close().await;
        assert_eq!(session.scalar(select(Place::name)).await?, "primary");
        assert_eq!(read_only_reads(&engine).await?, "primary");
        assert_eq!(reads(&engine.reader()).await?, "primary");
        drop(kept);
        Ok(())
    }

    async fn replicas_are_of_the_primary_s_kind(db: Db) -> Result<()> {
        let none = Engine::with_replicas(db.engine.clone(), [])?;
        assert!(none.replicas().is_empty());
        assert_eq!(none.reader().scalar(select(bind(1_i64))).await?, 1);
        let sqlite = Engine::connect("sqlite::memory:").await?;
        let made = Engine::with_replicas(db.engine.clone(), [sqlite]);
        match db.dialect() {
            Dialect::Sqlite => assert_eq!(made?.replicas().len(), 1),
            dialect => assert_eq!(said(made), format!("{dialect} has no replicas on SQLite")),
        }
        Ok(())
    }
}
