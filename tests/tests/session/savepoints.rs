//! Savepoints: memory goes back with the database.

use super::models::*;
use tests::prelude::*;

matrix! {
    async fn a_savepoint_is_rolled_back_alone(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.one(select(User).filter(User::id.eq(1)).options(selectinload(User::addresses))).await?;
        let addresses = session.keys(ed, User::addresses)?;
        session[ed].fullname = Some("outside".into());
        let outside = session.add(keyword("outside"));
        let mut nested = session.begin_nested().await?;
        assert_eq!(nested.state(outside), State::Persistent);
        nested[ed].fullname = Some("inside".into());
        nested.delete(addresses[0]);
        let inside = nested.push(ed, User::addresses, address_of("inside"));
        let word = nested.push(ed, User::friends, user("inside"));
        nested.flush().await?;
        assert_eq!(nested[ed].version, 3);
        nested[ed].fullname = Some("not even flushed".into());
        nested.rollback().await?;
        assert_eq!((session[ed].fullname.as_deref(), session[ed].version), (Some("outside"), 2));
        assert_eq!(session.keys(ed, User::addresses)?, addresses);
        assert_eq!((session.state(inside), session.state(word)), (State::Withdrawn, State::Withdrawn));
        assert_eq!(session.state(outside), State::Persistent);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE fullname = 'outside' AND version = 2").await?, 1);
        assert_eq!(rows(&db.engine, "addresses").await?, 3);
        assert_eq!(rows(&db.engine, "users").await?, 2);
        Ok(())
    }

    async fn a_committed_savepoint_is_the_work_of_what_is_around_it(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let (ed, sandy) = (session.get::<User>(1).await?.unwrap(), session.get::<User>(2).await?.unwrap());
        session[ed].fullname = Some("one".into());
        let mut outer = session.begin_nested().await?;
        outer[ed].fullname = Some("two".into());
        let mut inner = outer.begin_nested().await?;
        inner[ed].fullname = Some("three".into());
        inner[sandy].fullname = Some("inner".into());
        let new = inner.add(keyword("new"));
        inner.commit().await?;
        assert_eq!(outer[ed].fullname.as_deref(), Some("three"));
        assert_eq!(outer.state(new), State::Persistent);
        outer.rollback().await?;
        assert_eq!(session[ed].fullname.as_deref(), Some("one"));
        assert_eq!(session[sandy].fullname, None);
        assert_eq!(session.state(new), State::Withdrawn);
        let mut nested = session.begin_nested().await?;
        nested[sandy].fullname = Some("kept".into());
        nested.commit().await?;
        session.rollback().await?;
        assert_eq!((&session[ed].fullname, &session[sandy].fullname), (&None, &None));
        let mut nested = session.begin_nested().await?;
        nested[sandy].fullname = Some("kept".into());
        nested.commit().await?;
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE fullname = 'kept'").await?, 1);
        assert_eq!(rows(&db.engine, "keywords").await?, 0);
        Ok(())
    }

    async fn a_failure_in_a_savepoint_is_over_with_its_rollback(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        for dropped in [false, true] {
            let mut session = db.engine.session();
            let kept = session.add(keyword("kept"));
            let mut nested = session.begin_nested().await?;
            let clash = nested.add(user("ed"));
            let error = nested.flush().await.unwrap_err();
            assert!(matches!(error, Error::UniqueViolation { .. }), "{error}");
            assert_eq!(nested.state(clash), State::Pending);
            assert!(matches!(nested.all(select(User)).await, Err(Error::RolledBack { .. })));
            if dropped {
                drop(nested);
            } else {
                nested.rollback().await?;
            }
            assert_eq!((session.state(clash), session.state(kept)), (State::Withdrawn, State::Persistent));
            assert_eq!(session.all(select(User)).await?.len(), 2);
            session.add(user("other"));
            session.flush().await?;
            assert_eq!(session.scalar(select(count_all()).select_from(User)).await?, 3);
            if dropped {
                session.commit().await?;
            } else {
                session.rollback().await?;
            }
        }
        assert_eq!(rows(&db.engine, "keywords").await?, 1);
        // A commit that fails rolls its savepoint back too.
        let mut session = db.engine.session();
        let mut nested = session.begin_nested().await?;
        nested.add(user("ed"));
        assert!(nested.commit().await.is_err());
        session.add(keyword("after"));
        session.commit().await?;
        assert_eq!(rows(&db.engine, "keywords WHERE word = 'after'").await?, 1);
        Ok(())
    }

    async fn a_dropped_savepoint_is_rolled_back(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        let mut nested = session.begin_nested().await?;
        nested[ed].fullname = Some("inside".into());
        nested.flush().await?;
        drop(nested);
        assert_eq!(session[ed].fullname, None);
        assert_eq!(session.scalar(select(User::fullname).filter(User::id.eq(1))).await?, None);
        session[ed].name = "edward".into();
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE name = 'edward' AND fullname IS NULL").await?, 1);
        Ok(())
    }

    async fn a_commit_of_the_whole_from_inside_is_told(db: Db) -> Result<()> {
        async fn helper(session: &mut Session) -> Result<()> {
            session.commit().await
        }
        create(&db).await?;
        let mut session = db.engine.session();
        let mut nested = session.begin_nested().await?;
        let new = nested.add(keyword("a"));
        let words = said(helper(&mut nested).await);
        assert!(words.contains("savepoint orm_session_1"), "{words}");
        // A rollback from inside is the savepoint's, and it stays.
        nested.flush().await?;
        Session::rollback(&mut nested).await?;
        assert_eq!(nested.state(new), State::Withdrawn);
        nested.add(keyword("b"));
        nested.commit().await?;
        session.commit().await?;
        assert_eq!(rows(&db.engine, "keywords").await?, 1);
        Ok(())
    }

    async fn what_was_read_in_a_savepoint_is_stale_after_its_rollback(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let mut nested = session.begin_nested().await?;
        nested.execute(update(User).set(User::fullname, "inside").filter(User::id.gt(0))).await?;
        let ed = nested.get::<User>(1).await?.unwrap();
        nested.rollback().await?;
        assert_eq!(session[ed].fullname.as_deref(), Some("inside"));
        session.get::<User>(1).await?;
        assert_eq!(session[ed].fullname, None);
        Ok(())
    }

    async fn a_savepoint_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        for polls in 0.. {
            let mut session = db.engine.session();
            let ed = session.get::<User>(1).await?.unwrap();
            let work = async {
                let mut nested = session.begin_nested().await?;
                nested[ed].fullname = Some("inside".into());
                nested.add(keyword("inside"));
                nested.commit().await
            };
            let done = super::super::failure::poll_and_drop(work, polls).await;
            if done.is_none() {
                assert_eq!(session[ed].fullname, None);
                let failed = session.commit().await;
                assert!(matches!(failed, Ok(()) | Err(Error::RolledBack { .. })), "{failed:?}");
            }
            session.rollback().await?;
            assert_eq!(session[ed].fullname, None);
            assert_eq!(rows(&db.engine, "keywords").await?, 0);
            assert_eq!(session.scalar(select(User::fullname).filter(User::id.eq(1))).await?, None);
            if let Some(done) = done {
                return done;
            }
        }
        Ok(())
    }

    /// A row of the savepoint's own that was read again goes with it, though its first object is gone.
    async fn a_row_that_was_read_again_goes_with_its_savepoint(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.load(ed, User::addresses).await?;
        let before = session.keys(ed, User::addresses)?;
        for kept in [false, true] {
            let mut nested = session.begin_nested().await?;
            let new = nested.push(ed, User::addresses, address_of("new"));
            nested.flush().await?;
            let id = nested[new].id;
            nested.expunge(new);
            let again = nested.get::<Address>(id).await?.unwrap();
            nested[again].email = "edited".into();
            nested.flush().await?;
            nested.load(ed, User::addresses).await?;
            assert_eq!(nested.keys(ed, User::addresses)?.len(), before.len() + 1);
            if kept {
                nested.commit().await?;
                session.rollback().await?;
            } else {
                nested.rollback().await?;
            }
            assert_eq!((session.state(again), session[again].email.as_str()), (State::Withdrawn, "new"));
            session.load(ed, User::addresses).await?;
            assert_eq!(session.keys(ed, User::addresses)?, before, "kept: {kept}");
            assert_eq!(session.get::<Address>(id).await?, None);
            session[ed].fullname = Some(format!("kept: {kept}"));
            session.commit().await?;
        }
        assert_eq!(rows(&db.engine, "addresses").await?, 3);
        Ok(())
    }

    /// The key was another row's before, whose object comes back.
    async fn a_key_that_was_taken_over_goes_back_to_its_object(db: Db) -> Result<()> {
        create(&db).await?;
        let country = |name: &str| Country { code: "NO".into(), name: name.into(), ..Default::default() };
        let mut session = db.engine.session();
        let old = session.add(country("old"));
        session.commit().await?;
        let mut nested = session.begin_nested().await?;
        nested.delete(old);
        nested.flush().await?;
        let new = nested.add(country("new"));
        nested.flush().await?;
        nested.expunge(new);
        let again = nested.get::<Country>("NO").await?.unwrap();
        assert_eq!(nested[again].name, "new");
        nested.delete(again);
        nested.flush().await?;
        nested.rollback().await?;
        assert_eq!((session.state(old), session.state(again)), (State::Persistent, State::Withdrawn));
        assert_eq!(session.get::<Country>("NO").await?, Some(old));
        assert_eq!(session[old].name, "old");
        Ok(())
    }
}
