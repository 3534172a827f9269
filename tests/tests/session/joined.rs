//! Sessions inside a transaction that somebody else began.

use super::failure::poll_and_drop;
use super::models::*;
use tests::prelude::*;

matrix! {
    async fn what_a_joined_session_commits_is_the_outer_transactions(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        for keep in [false, true] {
            let mut outer = db.engine.begin().await?;
            outer.execute(text("UPDATE users SET fullname = 'outer' WHERE id = 2")).await?;
            let mut session = outer.session();
            let ed = session.get::<User>(1).await?.unwrap();
            session[ed].fullname = Some("first".into());
            session.commit().await?;
            // The next work sets a savepoint of its own.
            session[ed].fullname = Some("second".into());
            let word = session.add(keyword("word"));
            session.flush().await?;
            session.rollback().await?;
            assert_eq!(session[ed].fullname.as_deref(), Some("first"));
            assert_eq!(session.state(word), State::Withdrawn);
            session.add(keyword("third"));
            session.commit().await?;
            session[ed].fullname = Some("never committed".into());
            session.flush().await?;
            drop(session);
            let names = outer.all(select(User::fullname).order_by(User::id.asc())).await?;
            assert_eq!(names, [Some("first".to_owned()), Some("outer".to_owned())]);
            assert_eq!(outer.scalar(select(count_all()).select_from(Keyword)).await?, 1);
            if keep {
                outer.commit().await?;
            } else {
                outer.rollback().await?;
            }
            assert_eq!(rows(&db.engine, "users WHERE fullname IS NOT NULL").await?, if keep { 2 } else { 0 });
            assert_eq!(rows(&db.engine, "keywords").await?, i64::from(keep));
        }
        Ok(())
    }

    async fn a_session_that_owns_its_connection_leaves_nothing(db: Db) -> Result<()> {
        create(&db).await?;
        let log = db.engine.record();
        let mut connection = db.engine.acquire().await?;
        connection.begin_raw(None).await?;
        let mut session = Session::joined(connection);
        let ed = session.add(user("ed"));
        session.commit().await?;
        session.push(ed, User::addresses, address_of("ed@one"));
        session.commit().await?;
        assert_eq!(session.scalar(select(count_all()).select_from(Address)).await?, 1);
        drop(session);
        while db.engine.pool_status().in_use > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        assert_eq!(sent(&log, "INSERT").len(), 2);
        assert_eq!(rows(&db.engine, "users").await?, 0);
        assert_eq!(db.engine.pool_status().in_use, 0);
        Ok(())
    }

    async fn a_failed_flush_of_a_joined_session_leaves_the_outer_transaction(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        for rolled_back in [false, true] {
            let mut outer = db.engine.begin().await?;
            outer.execute(text("UPDATE users SET fullname = 'outer'")).await?;
            let mut session = outer.session();
            session.add(keyword("kept"));
            session.commit().await?;
            session.add(keyword("lost"));
            session.flush().await?;
            let clash = session.add(user("ed"));
            let error = session.commit().await.unwrap_err();
            assert!(matches!(error, Error::UniqueViolation { .. }), "{error}");
            assert!(matches!(session.all(select(User)).await, Err(Error::RolledBack { .. })));
            if rolled_back {
                session.rollback().await?;
                assert_eq!(session.state(clash), State::Withdrawn);
                let words = session.all(select(Keyword::word)).await?;
                assert_eq!(words, ["kept"]);
            }
            drop(session);
            assert_eq!(outer.all(select(Keyword::word)).await?, ["kept"]);
            assert_eq!(outer.all(select(User::fullname).distinct()).await?, [Some("outer".to_owned())]);
            outer.rollback().await?;
        }
        Ok(())
    }

    async fn savepoints_of_a_joined_session_nest_inside_those_around_it(db: Db) -> Result<()> {
        create(&db).await?;
        let mut outer = db.engine.session();
        outer.add(keyword("outer"));
        let mut savepoint = outer.begin_nested().await?;
        savepoint.add(keyword("savepoint"));
        {
            let mut session = savepoint.connection().await?.session();
            session.add(keyword("joined"));
            let mut nested = session.begin_nested().await?;
            nested.add(keyword("taken back"));
            nested.flush().await?;
            let mut inner = nested.begin_nested().await?;
            inner.add(keyword("deep"));
            inner.commit().await?;
            nested.rollback().await?;
            let mut nested = session.begin_nested().await?;
            nested.add(keyword("nested"));
            nested.commit().await?;
            session.commit().await?;
            let mut nested = session.begin_nested().await?;
            nested.add(keyword("dropped"));
            nested.flush().await?;
            drop(nested);
        }
        let words = savepoint.all(select(Keyword::word).order_by(Keyword::id.asc())).await?;
        assert_eq!(words, ["outer", "savepoint", "joined", "nested"]);
        savepoint.rollback().await?;
        outer.commit().await?;
        assert_eq!(db.engine.all(select(Keyword::word)).await?, ["outer"]);
        Ok(())
    }

    async fn on_a_connection_without_a_transaction_a_session_has_its_own(db: Db) -> Result<()> {
        create(&db).await?;
        let mut connection = db.engine.acquire().await?;
        let mut session = connection.session();
        session.add(keyword("committed"));
        session.commit().await?;
        assert_eq!(rows(&db.engine, "keywords").await?, 1);
        let clash = session.add(Keyword { id: 1, ..keyword("clash") });
        assert!(session.commit().await.is_err());
        session.rollback().await?;
        assert_eq!(session.state(clash), State::Withdrawn);
        session.add(keyword("second"));
        session.flush().await?;
        drop(session);
        assert_eq!(connection.all(select(Keyword::word)).await?, ["committed"]);
        connection.execute(insert(Keyword).set(Keyword::word, "by hand")).await?;
        drop(connection);
        assert_eq!(rows(&db.engine, "keywords").await?, 2);
        Ok(())
    }

    async fn a_joined_session_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        for polls in 0.. {
            let mut outer = db.engine.begin().await?;
            outer.execute(text("UPDATE users SET fullname = 'outer'")).await?;
            let mut session = outer.session();
            let work = async {
                let ed = session.get::<User>(1).await?.unwrap();
                session[ed].fullname = Some("inside".into());
                session.add(keyword("inside"));
                session.commit().await
            };
            let done = poll_and_drop(work, polls).await;
            let cut_off = done.is_none() && polls > 0;
            if cut_off {
                // Either the connection was in the middle of something, or nothing had begun.
                let failed = session.rollback().await;
                assert!(matches!(failed, Ok(()) | Err(Error::ConnectionLost(_))), "{failed:?}");
                let lost = failed.is_err();
                let after = session.all(select(User)).await;
                assert_eq!(matches!(after, Err(Error::ConnectionLost(_))), lost, "{after:?}");
                drop(session);
                assert_eq!(matches!(outer.commit().await, Err(Error::ConnectionLost(_))), lost);
            } else {
                drop(session);
                outer.rollback().await?;
            }
            assert_eq!(rows(&db.engine, "keywords").await?, 0);
            if let Some(done) = done {
                return done;
            }
        }
        Ok(())
    }
}
