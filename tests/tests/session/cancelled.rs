//! A call whose future is dropped after 1, 2, 3… polls, until one goes through.

use super::failure::{CALLS, Call, poll_and_drop};
use super::models::*;
use super::snapshot::{memory, same, stored};
use super::work::{Work, restart, start};
use tests::prelude::*;

/// The session knows that it was cut off, and says so to every call.
async fn says_that_it_was_cut_off(session: &mut Session, user: Key<User>) {
    for call in CALLS {
        match call.run(session, user).await {
            Err(Error::RolledBack { cause }) => assert!(cause.contains("cancelled half-way"), "{call:?}: {cause}"),
            other => panic!("{call:?}: {other:?}"),
        }
    }
}

/// A call is dropped after any number of polls: memory is as before it, and the database as before the transaction.
async fn may_be_cut_off(db: &Db, call: Call, flushed: bool) -> Result<()> {
    for polls in 0.. {
        let mut work = Work::open(&db.engine).await?;
        let user = work.known.users[1];
        work.edit();
        if flushed {
            work.session.flush().await?;
            work.edit_further();
        }
        let before = work.memory();
        let done = poll_and_drop(call.run(&mut work.session, user), polls).await;
        if let Some(done) = done {
            // A server on the same processor may answer everything before the first poll is over.
            done?;
            assert_eq!(work.session.state(work.new.users[0]), State::Persistent);
            work.session.rollback().await?;
            work.is_before();
            break;
        }
        if polls > 0 {
            // What of the call is a query comes after its flush.
            let now = work.memory();
            if now != before {
                assert!(call != Call::Flush, "{polls} polls of {call:?}");
                assert!(!work.session.is_modified(user), "{polls} polls of {call:?}");
            }
            says_that_it_was_cut_off(&mut work.session, user).await;
        } else {
            same("memory before the first poll", &work.memory(), &before);
        }
        work.session.rollback().await?;
        work.is_before();
        work.is_stored(&db.engine).await?;
        work.works_again().await?;
    }
    Ok(())
}

matrix! {
    async fn a_flush_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        start(&db).await?;
        may_be_cut_off(&db, Call::Flush, false).await
    }

    async fn a_second_flush_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        start(&db).await?;
        may_be_cut_off(&db, Call::Flush, true).await
    }

    async fn a_query_that_flushes_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        start(&db).await?;
        may_be_cut_off(&db, Call::All, false).await
    }

    async fn a_load_that_flushes_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        start(&db).await?;
        may_be_cut_off(&db, Call::Load, true).await
    }

    async fn a_refresh_that_flushes_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        start(&db).await?;
        may_be_cut_off(&db, Call::Refresh, true).await
    }

    async fn a_savepoint_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        start(&db).await?;
        may_be_cut_off(&db, Call::Nested, false).await
    }

    /// What a savepoint does with its handle: when it is cut off, the transaction is gone with its connection.
    async fn a_savepoints_end_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        start(&db).await?;
        for commit in [false, true] {
            for polls in 1.. {
                let mut work = Work::open(&db.engine).await?;
                let user = work.known.users[1];
                work.edit();
                let (ed, new) = (work.known.users[0], work.new.users[0]);
                let mut nested = work.session.begin_nested().await?;
                nested[ed].fullname = Some("in the savepoint".into());
                nested.flush().await?;
                nested[new].fullname = Some("not flushed".into());
                let done = match commit {
                    true => poll_and_drop(nested.commit(), polls).await,
                    false => poll_and_drop(nested.rollback(), polls).await,
                };
                let ended = done.is_some();
                match done {
                    Some(done) => done?,
                    None => says_that_it_was_cut_off(&mut work.session, user).await,
                }
                work.session.rollback().await?;
                work.is_before();
                work.is_stored(&db.engine).await?;
                if ended {
                    break;
                }
                work.works_again().await?;
            }
        }
        Ok(())
    }

    async fn a_rollback_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        start(&db).await?;
        for polls in 1.. {
            let mut work = Work::open(&db.engine).await?;
            work.edit();
            work.session.flush().await?;
            let done = poll_and_drop(work.session.rollback(), polls).await;
            // Memory went back first.
            work.is_before();
            if let Some(done) = done {
                done?;
                break;
            }
            work.session.rollback().await?;
            work.is_before();
            work.is_stored(&db.engine).await?;
            work.works_again().await?;
        }
        Ok(())
    }

    /// The answer to COMMIT was not heard: the session doesn't take it for done, the database may.
    async fn a_commit_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        start(&db).await?;
        for polls in 0.. {
            let mut work = Work::open(&db.engine).await?;
            let user = work.known.users[1];
            work.edit();
            let before = stored(&db.engine).await?;
            if let Some(done) = poll_and_drop(work.session.commit(), polls).await {
                done?;
                assert_eq!(work.session.state(work.new.users[0]), State::Persistent);
                assert_eq!(rows(&db.engine, "users WHERE fullname = 'changed'").await?, 1);
                assert_ne!(stored(&db.engine).await?, before);
                break;
            }
            if polls > 0 {
                says_that_it_was_cut_off(&mut work.session, user).await;
            }
            work.session.rollback().await?;
            work.is_before();
            // The server may notice a little later that nobody is there any more.
            let mut after = stored(&db.engine).await?;
            if after != before {
                // All of it, then.
                assert_eq!(rows(&db.engine, "users WHERE fullname = 'changed'").await?, 1);
                assert_eq!(rows(&db.engine, "invoices WHERE customer = 'changed'").await?, 1);
                assert_eq!(rows(&db.engine, "users").await?, 3);
                restart(&db).await?;
                after = stored(&db.engine).await?;
                assert_eq!(after.len(), before.len());
            }
        }
        Ok(())
    }

    async fn a_query_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        start(&db).await?;
        for polls in 1.. {
            let mut work = Work::open(&db.engine).await?;
            work.edit();
            work.session.flush().await?;
            let flushed = memory(&work.session, &work.known);
            let query = select(User).options(selectinload(User::liked));
            if let Some(found) = poll_and_drop(work.session.all(query), polls).await {
                assert_eq!(found?.len(), 3);
                break;
            }
            same("memory after the query", &memory(&work.session, &work.known), &flushed);
            // The transaction is gone, with what was flushed.
            let user = work.known.users[1];
            says_that_it_was_cut_off(&mut work.session, user).await;
            work.session.rollback().await?;
            work.is_before();
            work.is_stored(&db.engine).await?;
            assert_eq!(work.session.all(select(Address)).await?.len(), 3);
        }
        Ok(())
    }
}
