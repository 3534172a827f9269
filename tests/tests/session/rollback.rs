//! A rollback restores memory to the transaction's beginning.

use super::models::*;
use tests::prelude::*;

matrix! {
    async fn changed_deleted_and_new_objects_go_back(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        for flushed in [false, true] {
            let mut session = db.engine.session();
            let users =
                session.all(select(User).order_by(User::id.asc()).options(selectinload(User::addresses))).await?;
            let [ed, sandy] = users[..] else { panic!() };
            let addresses = session.keys(ed, User::addresses)?;
            session[ed].fullname = Some("changed".into());
            if flushed {
                session.flush().await?;
                session[ed].fullname = Some("changed again".into());
            }
            let new = session.push(ed, User::addresses, address_of("new"));
            session.set(addresses[0], Address::user, sandy);
            session.remove(ed, User::addresses, addresses[1]);
            session.delete(sandy);
            if flushed {
                session.flush().await?;
                assert_eq!(session.keys(ed, User::addresses)?, [new]);
            }
            session.rollback().await?;
            assert_eq!(session[ed].fullname, None);
            assert_eq!(session[ed].version, 1);
            assert_eq!(session.state(sandy), State::Persistent);
            assert_eq!(session.state(new), State::Withdrawn);
            assert_eq!(session[new].id, 0);
            assert_eq!(session.keys(ed, User::addresses)?, addresses);
            assert_eq!(session.at(addresses[0]).one(Address::user)?.key(), ed);
            assert_eq!(session.keys(sandy, User::addresses)?.len(), 1);
            assert!(!session.is_modified(ed) && !session.is_modified(addresses[0]));
            // It goes on from there.
            let log = db.engine.record();
            session.commit().await?;
            assert!(log.statements().is_empty(), "{:?}", log.statements());
            session[ed].fullname = Some("at last".into());
            session.flush().await?;
            session.rollback().await?;
        }
        assert_eq!(rows(&db.engine, "addresses").await?, 3);
        assert_eq!(rows(&db.engine, "users WHERE fullname IS NULL").await?, 2);
        Ok(())
    }

    async fn it_goes_back_to_the_last_commit_not_to_the_first_statement(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.commit().await?;
        session[ed].fullname = Some("before any statement".into());
        let new = session.add(user("new"));
        session.rollback().await?;
        assert_eq!(session[ed].fullname, None);
        assert_eq!(session.state(new), State::Withdrawn);
        session[ed].fullname = Some("kept".into());
        session.commit().await?;
        session[ed].fullname = Some("dropped".into());
        session.flush().await?;
        session.rollback().await?;
        assert_eq!(session[ed].fullname.as_deref(), Some("kept"));
        Ok(())
    }

    async fn pairs_go_back(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(User { keywords: vec![keyword("a"), keyword("b")].into(), ..user("ed") });
        session.commit().await?;
        let [a, b] = session.keys(ed, User::keywords)?[..] else { panic!() };
        let c = session.add(keyword("c"));
        session.commit().await?;
        for flush in [false, true] {
            session.remove(ed, User::keywords, a);
            session.push(ed, User::keywords, c);
            if flush {
                session.flush().await?;
                session.push(ed, User::keywords, a);
                session.delete(b);
                session.flush().await?;
                assert_eq!(count_in(&mut session).await?, 2);
            }
            session.rollback().await?;
            assert_eq!(session.keys(ed, User::keywords)?, [a, b]);
            assert!(session.keys(c, Keyword::users)?.is_empty());
            let log = db.engine.record();
            session.commit().await?;
            assert!(log.statements().is_empty());
        }
        assert_eq!(rows(&db.engine, "user_keywords").await?, 2);
        Ok(())
    }

    async fn what_was_read_after_the_first_write_is_read_again(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.execute(update(User).set(User::fullname, "in the transaction").filter(User::id.gt(0))).await?;
        let sandy = session.get::<User>(2).await?.unwrap();
        session.load(sandy, User::addresses).await?;
        assert_eq!(session[sandy].fullname.as_deref(), Some("in the transaction"));
        // What was here before follows, and goes back.
        assert_eq!(session[ed].fullname.as_deref(), Some("in the transaction"));
        session.rollback().await?;
        assert_eq!((session[ed].fullname.as_deref(), session[ed].version), (None, 1));
        // Stale: readable, and overwritten by the next query that brings its row.
        assert_eq!(session[sandy].fullname.as_deref(), Some("in the transaction"));
        assert!(session.keys(sandy, User::addresses).is_err());
        assert_eq!(session.get::<User>(2).await?, Some(sandy));
        assert_eq!(session[sandy].fullname, None);
        Ok(())
    }

    async fn a_stale_object_whose_row_is_gone_ends(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.execute(insert(Keyword).set(Keyword::word, "gone")).await?;
        let key = session.one(select(Keyword)).await?;
        session.rollback().await?;
        assert_eq!(session.state(key), State::Persistent);
        assert_eq!(session[key].word, "gone");
        let id = session[key].id;
        assert_eq!(session.get::<Keyword>(id).await?, None);
        assert_eq!(session.state(key), State::Detached);
        Ok(())
    }

    async fn an_object_that_was_replaced_under_its_key_comes_back(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let country = |name: &str| Country { code: "NO".into(), name: name.into(), ..Default::default() };
        let old = session.add(country("old"));
        session.commit().await?;
        session.delete(old);
        session.flush().await?;
        let new = session.add(country("new"));
        session.flush().await?;
        assert_eq!(session.get::<Country>("NO").await?, Some(new));
        session.rollback().await?;
        assert_eq!(session.get::<Country>("NO").await?, Some(old));
        assert_eq!((session.state(old), session.state(new)), (State::Persistent, State::Withdrawn));
        session[old].name = "changed".into();
        session.commit().await?;
        assert_eq!(rows(&db.engine, "countries WHERE name = 'changed'").await?, 1);
        Ok(())
    }

    async fn a_dropped_session_leaves_nothing_behind(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.add(user("ed"));
        session.flush().await?;
        assert_eq!(session.scalar(select(count_all()).select_from(User)).await?, 1);
        drop(session);
        let mut other = db.engine.session();
        assert_eq!(other.scalar(select(count_all()).select_from(User)).await?, 0);
        other.add(user("ed"));
        other.commit().await
    }

    /// Members that left stand where they stood, those of `order_by` too.
    async fn a_collection_has_its_order_back(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let boss = session.add(employee("boss"));
        for name in ["c", "a", "e", "b", "d"] {
            session.push(boss, Employee::reports, employee(name));
        }
        session.commit().await?;
        let mut session = db.engine.session();
        let sorted = selectinload(Employee::reports).order_by(Employee::name.asc());
        let boss = session.one(select(Employee).filter(Employee::name.eq("boss")).options(sorted)).await?;
        let before = session.keys(boss, Employee::reports)?;
        let names: Vec<&str> = before.iter().map(|key| session[*key].name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
        let [a, b, c, d, e] = before[..] else { panic!("{before:?}") };
        for flushed in [false, true] {
            // Touched in one order, and taken out in another.
            session[b].name = "changed".into();
            session.remove(boss, Employee::reports, c);
            session.remove(boss, Employee::reports, b);
            let new = session.push(boss, Employee::reports, employee("new"));
            session[d].manager_id = None;
            session.push(new, Employee::reports, a);
            assert_eq!(session.keys(boss, Employee::reports)?, [e, new]);
            if !flushed {
                session.rollback().await?;
                assert_eq!(session.keys(boss, Employee::reports)?, before);
                continue;
            }
            let mut nested = session.begin_nested().await?;
            nested.remove(boss, Employee::reports, e);
            nested.push(boss, Employee::reports, d);
            nested.flush().await?;
            assert_eq!(nested.keys(boss, Employee::reports)?, [new, d]);
            nested.rollback().await?;
            assert_eq!(session.keys(boss, Employee::reports)?, [e, new]);
            session.rollback().await?;
            assert_eq!(session.keys(boss, Employee::reports)?, before);
        }
        Ok(())
    }

    /// A flush that fails half-way leaves the order of adding.
    async fn a_failed_flush_changes_no_order(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let sandy = session.get::<User>(2).await?.unwrap();
        session.load(sandy, User::addresses).await?;
        let old = session.keys(sandy, User::addresses)?[0];
        let new = session.add(user("new"));
        let first = session.push(new, User::addresses, address_of("first"));
        session.push(new, User::addresses, old);
        let last = session.push(new, User::addresses, address_of("last"));
        session.add(Profile { user_id: 99, ..Default::default() });
        assert!(session.flush().await.is_err());
        assert_eq!(session.keys(new, User::addresses)?, [first, old, last]);
        session.rollback().await?;
        assert_eq!(session.keys(sandy, User::addresses)?, [old]);
        Ok(())
    }
}

async fn count_in(session: &mut Session) -> Result<i64> {
    session.scalar(text("SELECT count(*) FROM user_keywords").columns::<i64>()).await
}
