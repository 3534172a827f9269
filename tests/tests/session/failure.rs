//! A flush that fails or is cut off.

use super::models::*;
use std::pin::pin;
use std::task::Poll;
use tests::prelude::*;

/// Polls a future up to `polls` times and drops it; what it gave, if it ended.
pub async fn poll_and_drop<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Everything at once: new, changed, moved, removed and deleted objects, and pairs.
struct Work {
    session: Session,
    ed: Key<User>,
    sandy: Key<User>,
    new: Key<User>,
    moved: Key<Address>,
    removed: Key<Address>,
    deleted: Key<Address>,
    word: Key<Keyword>,
    clash: Option<Key<User>>,
}

async fn start(engine: &Engine) -> Result<()> {
    metadata().create_all(engine).await?;
    ed_and_sandy(engine).await?;
    let mut session = engine.session();
    let ed = session.get::<User>(1).await?.unwrap();
    session.push(ed, User::keywords, keyword("word"));
    session.commit().await
}

async fn work(engine: &Engine) -> Result<Work> {
    let mut session = engine.session();
    let query = select(User).options(selectinload(User::addresses)).options(selectinload(User::keywords));
    let users = session.all(query.order_by(User::id.asc())).await?;
    let [ed, sandy] = users[..] else { panic!() };
    let [moved, removed] = session.keys(ed, User::addresses)?[..] else { panic!() };
    let deleted = session.keys(sandy, User::addresses)?[0];
    let word = session.keys(ed, User::keywords)?[0];
    session.commit().await?;
    session[ed].fullname = Some("changed".into());
    session.set(moved, Address::user, sandy);
    session.remove(ed, User::addresses, removed);
    session.delete(deleted);
    session.remove(ed, User::keywords, word);
    session.push(sandy, User::keywords, word);
    let new = session.add(User {
        addresses: vec![address_of("new")].into(),
        keywords: vec![keyword("new")].into(),
        ..user("new")
    });
    Ok(Work { session, ed, sandy, new, moved, removed, deleted, word, clash: None })
}

impl Work {
    /// Memory is as it was before the flush.
    fn is_before_the_flush(&self) {
        let Work { session, ed, sandy, new, moved, removed, deleted, word, clash } = self;
        assert_eq!(session[*ed].fullname.as_deref(), Some("changed"));
        assert_eq!(session[*ed].version, 1);
        assert!(session.is_modified(*ed));
        assert_eq!(session.state(*new), State::Pending);
        assert_eq!((session[*new].id, session[*new].created_at, session[*new].version), (0, Auto::Unset, 0));
        assert!(session.keys(*ed, User::addresses).unwrap().is_empty());
        assert_eq!(session.keys(*sandy, User::addresses).unwrap(), [*moved]);
        assert_eq!(session.state(*deleted), State::Deleted);
        assert_eq!(session.state(*removed), State::Persistent);
        assert!(session.keys(*ed, User::keywords).unwrap().is_empty());
        assert_eq!(session.keys(*sandy, User::keywords).unwrap(), [*word]);
        let address = session.keys(*new, User::addresses).unwrap()[0];
        assert_eq!((session[address].id, session[address].user_id), (0, 0));
        assert_eq!(session.at(address).one(Address::user).unwrap().key(), *new);
        assert_eq!(session.keys(*new, User::keywords).unwrap().len(), 1);
        if let Some(clash) = clash {
            assert_eq!((session.state(*clash), session[*clash].id), (State::Pending, 0));
        }
    }

    /// Memory is as it was before the work.
    fn is_before_the_work(&self) {
        let Work { session, ed, sandy, new, moved, removed, deleted, word, .. } = self;
        assert_eq!(session[*ed].fullname, None);
        assert_eq!(session.keys(*ed, User::addresses).unwrap(), [*moved, *removed]);
        assert_eq!(session.keys(*sandy, User::addresses).unwrap(), [*deleted]);
        assert_eq!(session.state(*deleted), State::Persistent);
        assert_eq!(session.state(*new), State::Withdrawn);
        assert_eq!(session.keys(*ed, User::keywords).unwrap(), [*word]);
        assert!(session.keys(*sandy, User::keywords).unwrap().is_empty());
        for address in [moved, removed, deleted] {
            assert!(!session.is_modified(*address));
        }
    }

    /// The session does its work when asked again.
    async fn works_again(&mut self) -> Result<()> {
        let log = self.session.engine().record();
        self.session.commit().await?;
        assert!(log.statements().is_empty(), "{:?}", log.statements());
        self.session[self.ed].fullname = Some("after all".into());
        self.session.remove(self.ed, User::addresses, self.removed);
        self.session.flush().await?;
        assert_eq!(self.session.scalar(select(count_all()).select_from(Address)).await?, 2);
        self.session.rollback().await
    }
}

async fn is_unchanged(engine: &Engine) -> Result<()> {
    assert_eq!(rows(engine, "users").await?, 2);
    assert_eq!(rows(engine, "users WHERE fullname IS NULL").await?, 2);
    assert_eq!(rows(engine, "addresses WHERE user_id = 1").await?, 2);
    assert_eq!(rows(engine, "addresses").await?, 3);
    assert_eq!(rows(engine, "user_keywords WHERE user_id = 1").await?, 1);
    assert_eq!(rows(engine, "keywords").await?, 1);
    Ok(())
}

matrix! {
    async fn a_failed_flush_leaves_everything_as_it_was(db: Db) -> Result<()> {
        start(&db.engine).await?;
        let mut work = work(&db.engine).await?;
        work.clash = Some(work.session.add(user("sandy")));
        work.is_before_the_flush();
        let error = work.session.flush().await.unwrap_err();
        assert!(matches!(error, Error::UniqueViolation { .. }), "{error}");
        work.is_before_the_flush();
        // Every call says why, until the rollback.
        let cause = error.to_string();
        for error in [
            work.session.flush().await.unwrap_err(),
            work.session.commit().await.unwrap_err(),
            work.session.all(select(User)).await.unwrap_err(),
            work.session.get::<User>(1).await.unwrap_err(),
            work.session.load(work.ed, User::profile).await.unwrap_err(),
            work.session.execute(delete(Address)).await.unwrap_err(),
            work.session.connection().await.map(drop).unwrap_err(),
        ] {
            match error {
                Error::RolledBack { cause: said } => assert_eq!(said, cause),
                other => panic!("{other}"),
            }
        }
        is_unchanged(&db.engine).await?;
        work.session.rollback().await?;
        work.is_before_the_work();
        work.works_again().await
    }

    async fn a_flush_that_fails_after_others_goes_back_all_the_way(db: Db) -> Result<()> {
        start(&db.engine).await?;
        let mut work = work(&db.engine).await?;
        work.session.flush().await?;
        assert_eq!(work.session.state(work.new), State::Persistent);
        let clash = work.session.add(user("sandy"));
        assert!(work.session.flush().await.is_err());
        assert_eq!(work.session.state(work.new), State::Persistent);
        assert_eq!(work.session.state(clash), State::Pending);
        assert_eq!(work.session[work.ed].version, 2);
        work.session.rollback().await?;
        work.is_before_the_work();
        is_unchanged(&db.engine).await?;
        work.works_again().await
    }

    async fn a_flush_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        start(&db.engine).await?;
        for polls in 0.. {
            let mut work = work(&db.engine).await?;
            if let Some(flushed) = poll_and_drop(work.session.flush(), polls).await {
                // A server on the same processor may answer every statement before the first poll is over.
                flushed?;
                assert_eq!(work.session.state(work.new), State::Persistent);
                work.session.rollback().await?;
                break;
            }
            work.is_before_the_flush();
            if polls > 0 {
                let error = work.session.all(select(User)).await.unwrap_err();
                assert!(matches!(&error, Error::RolledBack { cause } if cause.contains("cancelled")), "{error}");
            }
            work.session.rollback().await?;
            work.is_before_the_work();
            is_unchanged(&db.engine).await?;
            work.works_again().await?;
        }
        is_unchanged(&db.engine).await
    }

    async fn a_query_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        start(&db.engine).await?;
        for polls in 1.. {
            let mut session = db.engine.session();
            let ed = session.get::<User>(1).await?.unwrap();
            session[ed].fullname = Some("changed".into());
            session.flush().await?;
            let query = select(Address).options(selectinload(Address::user));
            if let Some(found) = poll_and_drop(session.all(query), polls).await {
                assert_eq!(found?.len(), 3);
                break;
            }
            assert_eq!(session[ed].fullname.as_deref(), Some("changed"));
            // The transaction is gone, with what was flushed.
            let error = session.commit().await.unwrap_err();
            assert!(matches!(&error, Error::RolledBack { cause } if cause.contains("cancelled")), "{error}");
            session.rollback().await?;
            assert_eq!(session[ed].fullname, None);
            assert_eq!(session.all(select(Address)).await?.len(), 3);
        }
        is_unchanged(&db.engine).await
    }

    async fn a_commit_that_is_cut_off_is_not_taken_for_done(db: Db) -> Result<()> {
        start(&db.engine).await?;
        for polls in 1.. {
            let mut session = db.engine.session();
            let ed = session.get::<User>(1).await?.unwrap();
            session[ed].version = 1;
            let new = session.add(user(&format!("number {polls}")));
            session.flush().await?;
            if let Some(done) = poll_and_drop(session.commit(), polls).await {
                done?;
                assert_eq!(session.state(new), State::Persistent);
                assert_eq!(rows(&db.engine, &format!("users WHERE name = 'number {polls}'")).await?, 1);
                break;
            }
            assert!(matches!(session.commit().await, Err(Error::RolledBack { .. })));
            session.rollback().await?;
            assert_eq!(session.state(new), State::Withdrawn);
        }
        Ok(())
    }

    #[on(postgres, mariadb, mysql)]
    async fn a_lost_connection_fails_the_session(db: Db) -> Result<()> {
        start(&db.engine).await?;
        let mut work = work(&db.engine).await?;
        let other = db.second_engine().await?;
        // Before anything is flushed, then with a transaction open.
        for flushed in [false, true] {
            if flushed {
                work = self::work(&db.engine).await?;
                work.session.flush().await?;
            }
            let (own, kill) = match db.database {
                Database::Postgres => ("SELECT CAST(pg_backend_pid() AS bigint)", "SELECT pg_terminate_backend"),
                _ => ("SELECT CAST(connection_id() AS SIGNED)", "KILL "),
            };
            let id: i64 = work.session.no_autoflush().scalar(text(own).columns::<i64>()).await?;
            other.run(format!("{kill}({id})").replace("KILL (", "KILL ").trim_end_matches(if kill == "KILL " { ")" } else { "" })).await?;
            if flushed {
                work.session.add(keyword("more"));
            }
            let error = work.session.flush().await.unwrap_err();
            assert!(matches!(error, Error::ConnectionLost(_)), "{error:?}");
            if !flushed {
                work.is_before_the_flush();
            }
            assert!(matches!(work.session.commit().await, Err(Error::RolledBack { .. })));
            work.session.rollback().await?;
            work.is_before_the_work();
            is_unchanged(&db.engine).await?;
            work.works_again().await?;
        }
        other.close().await;
        Ok(())
    }

    async fn a_statement_that_fails_in_a_transaction(db: Db) -> Result<()> {
        start(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session[ed].fullname = Some("changed".into());
        session.flush().await?;
        assert!(session.execute(text("UPDATE no_such_table SET a = 1")).await.is_err());
        // PostgreSQL takes nothing more until the rollback; with the others the program decides.
        let after = session.commit().await;
        assert_eq!(after.is_err(), db.database == Database::Postgres);
        session.rollback().await?;
        let changed = rows(&db.engine, "users WHERE fullname = 'changed'").await?;
        assert_eq!(changed == 1, after.is_ok());
        assert_eq!(session[ed].fullname.is_some(), after.is_ok());
        Ok(())
    }
}
