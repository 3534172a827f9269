//! The server ends the session's connection.

use super::failure::{CALLS, Call};
use super::models::*;
use super::snapshot::same;
use super::work::{Work, start};
use tests::prelude::*;

/// Ends the session's connection from another one.
async fn cut(db: &Db, other: &Engine, session: &mut Session) -> Result<()> {
    let own = match db.database {
        Database::Postgres => "SELECT CAST(pg_backend_pid() AS bigint)",
        _ => "SELECT CAST(connection_id() AS SIGNED)",
    };
    let id: i64 = session.no_autoflush().scalar(text(own).columns::<i64>()).await?;
    let kill = match db.database {
        Database::Postgres => format!("SELECT pg_terminate_backend({id})"),
        _ => format!("KILL {id}"),
    };
    other.run(kill).await.map(drop)
}

/// The loss itself, out of the error of an autoflush.
fn is_lost(error: &Error) -> bool {
    match error {
        Error::Autoflush { source, .. } => is_lost(source),
        error => matches!(error, Error::ConnectionLost(_)),
    }
}

async fn says_why(session: &mut Session, user: Key<User>) {
    for call in CALLS {
        match call.run(session, user).await {
            Err(Error::RolledBack { cause }) => assert!(cause.contains("connection was lost"), "{call:?}: {cause}"),
            other => panic!("{call:?}: {other:?}"),
        }
    }
}

matrix! {
    #[on(postgres, mariadb, mysql)]
    async fn a_call_that_flushes_finds_its_connection_lost(db: Db) -> Result<()> {
        start(&db).await?;
        let other = db.second_engine().await?;
        for call in CALLS {
            // Before anything is written, and with a part of the work flushed.
            for flushed in [false, true] {
                let mut work = Work::open(&db.engine).await?;
                let user = work.known.users[1];
                work.edit();
                if flushed {
                    work.session.flush().await?;
                    work.edit_further();
                }
                let before = work.memory();
                cut(&db, &other, &mut work.session).await?;
                let error = call.run(&mut work.session, user).await.unwrap_err();
                assert!(is_lost(&error), "{call:?}: {error:?}");
                same(&format!("memory after {call:?}"), &work.memory(), &before);
                says_why(&mut work.session, user).await;
                work.session.rollback().await?;
                work.is_before();
                work.is_stored(&db.engine).await?;
                work.works_again().await?;
            }
        }
        other.close().await;
        Ok(())
    }

    #[on(postgres, mariadb, mysql)]
    async fn with_nothing_to_flush_it_is_lost_all_the_same(db: Db) -> Result<()> {
        start(&db).await?;
        let other = db.second_engine().await?;
        for call in [Call::Commit, Call::All, Call::Scalar, Call::Get, Call::Load, Call::Execute, Call::Refresh, Call::Nested] {
            let mut work = Work::open(&db.engine).await?;
            let user = work.known.users[1];
            work.edit();
            work.session.flush().await?;
            let flushed = work.memory();
            cut(&db, &other, &mut work.session).await?;
            let error = call.run(&mut work.session, user).await.unwrap_err();
            assert!(is_lost(&error), "{call:?}: {error:?}");
            same(&format!("memory after {call:?}"), &work.memory(), &flushed);
            says_why(&mut work.session, user).await;
            work.session.rollback().await?;
            work.is_before();
            work.is_stored(&db.engine).await?;
            work.works_again().await?;
        }
        other.close().await;
        Ok(())
    }

    #[on(postgres, mariadb, mysql)]
    async fn a_rollback_needs_no_connection(db: Db) -> Result<()> {
        start(&db).await?;
        let other = db.second_engine().await?;
        let mut work = Work::open(&db.engine).await?;
        work.edit();
        work.session.flush().await?;
        cut(&db, &other, &mut work.session).await?;
        work.session.rollback().await?;
        work.is_before();
        work.is_stored(&db.engine).await?;
        work.works_again().await?;
        other.close().await;
        Ok(())
    }

    /// The whole transaction is gone, so that the savepoint's rollback is not enough.
    #[on(postgres, mariadb, mysql)]
    async fn a_savepoint_does_not_save_from_it(db: Db) -> Result<()> {
        start(&db).await?;
        let other = db.second_engine().await?;
        for end in ["flush", "commit", "rollback", "drop"] {
            let mut work = Work::open(&db.engine).await?;
            let (ed, user) = (work.known.users[0], work.known.users[1]);
            work.edit();
            let mut nested = work.session.begin_nested().await?;
            nested[ed].fullname = Some("in the savepoint".into());
            nested.flush().await?;
            nested[ed].fullname = Some("not flushed".into());
            cut(&db, &other, &mut nested).await?;
            match end {
                "flush" => {
                    let error = nested.flush().await.unwrap_err();
                    assert!(is_lost(&error), "{error:?}");
                    assert_eq!(nested[ed].fullname.as_deref(), Some("not flushed"));
                    says_why(&mut nested, user).await;
                    nested.rollback().await?;
                }
                "commit" => {
                    let error = nested.commit().await.unwrap_err();
                    assert!(is_lost(&error), "{error:?}");
                }
                "rollback" => {
                    let error = nested.rollback().await.unwrap_err();
                    assert!(is_lost(&error), "{error:?}");
                }
                _ => {
                    drop(nested);
                    let error = work.session.scalar(select(count_all()).select_from(Team)).await.unwrap_err();
                    assert!(is_lost(&error), "{error:?}");
                }
            }
            assert_eq!(work.session[ed].fullname.as_deref(), Some("changed"), "{end}");
            says_why(&mut work.session, user).await;
            work.session.rollback().await?;
            work.is_before();
            work.is_stored(&db.engine).await?;
            work.works_again().await?;
        }
        other.close().await;
        Ok(())
    }
}
