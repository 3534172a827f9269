//! Closures in transactions and savepoints.

use super::failure::poll_and_drop;
use super::models::*;
use tests::prelude::*;

#[derive(Debug, PartialEq)]
enum Own {
    Refused,
    Orm(String),
}

impl From<Error> for Own {
    fn from(error: Error) -> Self {
        Own::Orm(error.to_string())
    }
}

/// A savepoint in a savepoint, as deep as that; what the odd ones do is taken back.
fn deep(session: &mut Session, depth: usize) -> std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
    Box::pin(async move {
        let ed = session.get_one::<User>(1).await?;
        session.load(ed, (User::addresses, User::keywords)).await?;
        let before =
            (session[ed].clone().fullname, session.keys(ed, User::addresses)?, session.keys(ed, User::keywords)?);
        let keep = depth.is_multiple_of(2);
        let result = session
            .try_nested(async |s| {
                s[ed].fullname = Some(format!("depth {depth}"));
                s.push(ed, User::keywords, keyword(&depth.to_string()));
                let first = s.keys(ed, User::addresses)?[0];
                s.delete(first);
                s.push(ed, User::addresses, address_of(&format!("{depth}.a")));
                s.push(ed, User::addresses, address_of(&format!("{depth}.b")));
                let word = s.keys(ed, User::keywords)?[0];
                s.remove(ed, User::keywords, word);
                if depth > 1 {
                    deep(s, depth - 1).await?;
                }
                s.unload(ed, User::addresses);
                s.load(ed, User::addresses).await?;
                if keep { Ok(()) } else { Err(Error::custom("taken back")) }
            })
            .await;
        assert_eq!(result.is_ok(), keep, "{result:?}");
        if !keep {
            // What was unloaded and loaded inside is not known to be whole any more.
            assert!(session.keys(ed, User::addresses).is_err());
            session.load(ed, User::addresses).await?;
            let mut members = session.keys(ed, User::addresses)?;
            members.sort_unstable();
            let mut old = before.1.clone();
            old.sort_unstable();
            assert_eq!(members, old);
            assert_eq!((session[ed].clone().fullname, session.keys(ed, User::keywords)?), (before.0, before.2));
        }
        Ok(())
    })
}

matrix! {
    async fn a_closure_commits_or_rolls_back(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let (ed, count) = session
            .transaction(async |s| {
                let ed = s.add(user("ed"));
                s.flush().await?;
                let count = s.scalar(select(count_all()).select_from(User)).await?;
                Ok((ed, count))
            })
            .await?;
        assert_eq!((count, rows(&db.engine, "users").await?), (1, 1));
        let failed: Result<()> = session
            .transaction(async |s| {
                s[ed].fullname = Some("inside".into());
                s.add(keyword("k"));
                s.flush().await?;
                Err(Error::custom("no"))
            })
            .await;
        assert_eq!(said(failed), "no");
        assert_eq!((&session[ed].fullname, session[ed].version), (&None, 1));
        let refused: Result<(), Own> = session.try_transaction(async |_| Err(Own::Refused)).await;
        assert_eq!(refused, Err(Own::Refused));
        let clash: Result<(), Own> = session.try_transaction(async |s| { s.add(user("ed")); Ok(()) }).await;
        assert!(matches!(&clash, Err(Own::Orm(words)) if words.contains("unique")), "{clash:?}");
        let boxed = session.transaction_boxed(|s| Box::pin(async move { s[ed].fullname = Some("boxed".into()); Ok(7) })).await?;
        assert_eq!((boxed, rows(&db.engine, "users WHERE fullname = 'boxed'").await?), (7, 1));
        // A failure that the closure swallows does not commit.
        let swallowed = session.transaction(async |s| { s.add(user("ed")); let _ = s.flush().await; s.add(keyword("k")); Ok(()) }).await;
        assert!(matches!(swallowed, Err(Error::RolledBack { .. })), "{swallowed:?}");
        // It may take back what it did, and go on.
        session.transaction(async |s| {
            s.add(user("ed"));
            assert!(s.flush().await.is_err());
            s.rollback().await?;
            s.add(keyword("after"));
            Ok(())
        }).await?;
        assert_eq!((rows(&db.engine, "keywords").await?, rows(&db.engine, "users").await?), (1, 1));
        Ok(())
    }

    async fn a_transaction_begins_without_work(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get_one::<User>(1).await?;
        // What was only read is no hindrance.
        session.transaction(async |s| { s[ed].fullname = Some("x".into()); Ok(()) }).await?;
        session[ed].fullname = Some("y".into());
        let words = said(session.transaction(async |_| Ok(())).await);
        assert_eq!(words, "`transaction` can't begin: the session has work that is not committed; commit it or roll it back first; `nested` runs a part of the work");
        session.flush().await?;
        assert!(said(session.transaction(async |_| Ok(())).await).contains("has work that is not committed"));
        session.nested(async |s| { s.add(keyword("k")); Ok(()) }).await?;
        let mut savepoint = session.begin_nested().await?;
        assert!(said(savepoint.transaction(async |_| Ok(())).await).contains("is inside a savepoint"));
        savepoint.rollback().await?;
        session.commit().await?;
        session.transaction(async |s| {
            assert!(said(s.transaction(async |_| Ok(())).await).contains("is the closure of a `transaction` already"));
            s.add(keyword("committed by the closure"));
            let words = said(s.commit().await);
            assert!(words.contains("`commit` inside the closure of `transaction`: give `Ok`"), "{words}");
            s.nested(async |s| { s.add(keyword("nested")); Ok(()) }).await
        }).await?;
        session.commit().await?;
        assert_eq!(rows(&db.engine, "keywords").await?, 3);
        Ok(())
    }

    async fn a_closure_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        for polls in 0.. {
            let mut session = db.engine.session();
            let ed = session.get_one::<User>(1).await?;
            session.commit().await?;
            let done = poll_and_drop(session.transaction(async |s| {
                s[ed].fullname = Some("inside".into());
                s.add(keyword("inside"));
                s.nested(async |s| { s[ed].name = "nested".into(); Ok(()) }).await?;
                s.flush().await?;
                Ok(())
            }), polls).await;
            if let Some(done) = done {
                return done;
            }
            // Memory is restored at once, and the session is ready.
            assert_eq!((&session[ed].fullname, session[ed].name.as_str()), (&None, "ed"));
            session.flush().await?;
            let committed = session.scalar(select(User::fullname).filter(User::id.eq(1))).await?;
            session.commit().await?;
            assert_eq!(rows(&db.engine, "keywords").await?, i64::from(committed.is_some()));
            if committed.is_some() {
                // COMMIT was on its way: what was written is read again by whoever asks.
                session.get_one::<User>(1).await?;
                assert_eq!((session[ed].fullname.as_deref(), session[ed].name.as_str()), (Some("inside"), "nested"));
                return Ok(());
            }
        }
        Ok(())
    }

    async fn savepoints_nest_five_deep(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get_one::<User>(1).await?;
        session.load(ed, User::keywords).await?;
        session.push(ed, User::keywords, keyword("first"));
        session.commit().await?;
        // The outermost is kept at an even depth, and all of it is gone at an odd one.
        deep(&mut session, 5).await?;
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses WHERE user_id = 1").await?, 2);
        assert_eq!((rows(&db.engine, "user_keywords").await?, rows(&db.engine, "keywords").await?), (1, 1));
        session.load(ed, User::addresses).await?;
        deep(&mut session, 6).await?;
        session.commit().await?;
        // 6 is kept, 5 is not, and with it those below.
        assert_eq!(session[ed].fullname.as_deref(), Some("depth 6"));
        assert_eq!(rows(&db.engine, "addresses WHERE email IN ('6.a', '6.b', 'ed@two')").await?, 3);
        assert_eq!(rows(&db.engine, "addresses WHERE user_id = 1").await?, 3);
        assert_eq!(rows(&db.engine, "user_keywords").await?, 1);
        assert_eq!(rows(&db.engine, "keywords WHERE word = '6'").await?, 1);
        Ok(())
    }

    async fn a_dropped_savepoint_restores_memory_at_once(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.one(select(User).filter(User::id.eq(1)).options(selectinload(User::addresses))).await?;
        let before = session.keys(ed, User::addresses)?;
        let mut outer = session.begin_nested().await?;
        let mut inner = outer.begin_nested().await?;
        inner[ed].fullname = Some("inside".into());
        inner.delete(before[0]);
        let new = inner.push(ed, User::addresses, address_of("new"));
        inner.flush().await?;
        let log = db.engine.record();
        drop(inner);
        assert_eq!((outer.keys(ed, User::addresses)?, &outer[ed].fullname), (before.clone(), &None));
        assert_eq!(outer.state(new), State::Withdrawn);
        drop(outer);
        assert!(log.statements().is_empty());
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses").await?, 3);
        Ok(())
    }

    async fn a_forgotten_savepoint_is_got_out_of(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.add(keyword("outside"));
        std::mem::forget(session.begin_nested().await?);
        session.add(keyword("inside"));
        let words = said(session.commit().await);
        assert!(words.contains("where its handle is lost (`mem::forget`), `session.reset()` rolls back everything"), "{words}");
        session.reset().await?;
        session.add(keyword("after"));
        session.commit().await?;
        assert_eq!(db.engine.all(select(Keyword::word)).await?, ["after"]);
        // In a closure everything ends with it.
        let forgotten = session.transaction(async |s| { std::mem::forget(s.begin_nested().await?); s.add(keyword("lost")); Ok(()) }).await;
        assert!(forgotten.is_err());
        session.add(keyword("later"));
        session.commit().await?;
        assert_eq!(rows(&db.engine, "keywords").await?, 2);
        Ok(())
    }

    async fn a_session_is_reset_and_closed(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let kept = session.add(keyword("kept"));
        session.commit().await?;
        let lost = session.add(keyword("lost"));
        session.flush().await?;
        session.reset().await?;
        assert_eq!((session.state(kept), session.state(lost)), (State::Detached, State::Detached));
        assert_eq!((db.engine.pool_status().in_use, rows(&db.engine, "keywords").await?), (0, 1));
        session.add(keyword("lost too"));
        session.flush().await?;
        session.close().await?;
        assert_eq!((db.engine.pool_status().in_use, rows(&db.engine, "keywords").await?), (0, 1));
        Ok(())
    }
}
