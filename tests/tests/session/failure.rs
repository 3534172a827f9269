//! A flush that fails: each kind of failure, set off by each call that flushes, outside and inside a savepoint.

use super::models::*;
use super::snapshot::{memory, same};
use super::work::{Odd, Work, start};
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

/// What is wrong with a flush.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Unique,
    UniqueByUpdate,
    PrimaryKey,
    ForeignKey,
    ForeignKeyByUpdate,
    ForeignKeyOfDeleted,
    NotNull,
    Check,
    CheckByUpdate,
    TooLong,
    OutOfRange,
    Stale,
    /// A link and a column that disagree: found before anything is sent.
    Contradiction,
    /// A relationship field that was overwritten.
    Overwritten,
}

const FAULTS: [Fault; 14] = [
    Fault::Unique,
    Fault::UniqueByUpdate,
    Fault::PrimaryKey,
    Fault::ForeignKey,
    Fault::ForeignKeyByUpdate,
    Fault::ForeignKeyOfDeleted,
    Fault::NotNull,
    Fault::Check,
    Fault::CheckByUpdate,
    Fault::TooLong,
    Fault::OutOfRange,
    Fault::Stale,
    Fault::Contradiction,
    Fault::Overwritten,
];

impl Fault {
    async fn put(self, work: &mut Work) -> Result<()> {
        let Work { session, known, new, odd, holder, .. } = work;
        match self {
            Fault::Unique => new.users.push(session.add(user("sandy"))),
            Fault::UniqueByUpdate => session[known.users[0]].name = "sandy".into(),
            Fault::PrimaryKey => {
                session.add(Odd::good(1));
            }
            Fault::ForeignKey => {
                new.addresses.push(session.add(Address { user_id: 999, ..address_of("nobody's") }));
            }
            Fault::ForeignKeyByUpdate => session[known.lines[1]].number = 99,
            Fault::ForeignKeyOfDeleted => session.delete(*holder),
            Fault::NotNull => {
                session.add(Odd { needed: None, ..Odd::good(2) });
            }
            Fault::Check => {
                session.add(Odd { amount: -1, ..Odd::good(2) });
            }
            Fault::CheckByUpdate => session[*odd].amount = -1,
            Fault::TooLong => {
                session.add(Odd { short: "123456".into(), ..Odd::good(2) });
            }
            Fault::OutOfRange => {
                session.add(Odd { tiny: 70_000, ..Odd::good(2) });
            }
            Fault::Stale => {
                session[known.users[1]].fullname = Some("too late".into());
                // Past the session, in its own transaction: SQLite has one writer.
                let elsewhere = text("UPDATE users SET version = version + 6 WHERE id = 2");
                session.no_autoflush().execute(elsewhere).await?;
            }
            Fault::Contradiction => {
                session.set(known.lines[1], Line::invoice, new.invoices[0]);
                session[known.lines[1]].number = 99;
            }
            Fault::Overwritten => session[known.users[1]].addresses = vec![address_of("lost")].into(),
        }
        Ok(())
    }

    fn is(self, error: &Error, database: Database) -> bool {
        let checked = matches!(error, Error::CheckViolation { .. });
        match self {
            Fault::Unique | Fault::UniqueByUpdate | Fault::PrimaryKey => matches!(error, Error::UniqueViolation { .. }),
            Fault::ForeignKey | Fault::ForeignKeyByUpdate | Fault::ForeignKeyOfDeleted => {
                matches!(error, Error::ForeignKeyViolation { .. })
            }
            Fault::NotNull => matches!(error, Error::NotNullViolation { .. }),
            Fault::Check | Fault::CheckByUpdate => checked,
            Fault::TooLong | Fault::OutOfRange if database == Database::Sqlite => checked,
            Fault::TooLong | Fault::OutOfRange => matches!(error, Error::Database(_) | Error::Bind { .. }),
            Fault::Stale => matches!(error, Error::StaleData { .. }),
            Fault::Contradiction => matches!(error, Error::Session(_)),
            Fault::Overwritten => matches!(error, Error::Attached { .. }),
        }
    }
}

/// A call that flushes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Call {
    Flush,
    Commit,
    All,
    Scalar,
    Get,
    Load,
    Execute,
    Refresh,
    Nested,
}

pub const CALLS: [Call; 9] = [
    Call::Flush,
    Call::Commit,
    Call::All,
    Call::Scalar,
    Call::Get,
    Call::Load,
    Call::Execute,
    Call::Refresh,
    Call::Nested,
];

impl Call {
    pub async fn run(self, session: &mut Session, user: Key<User>) -> Result<()> {
        match self {
            Call::Flush => session.flush().await,
            Call::Commit => session.commit().await,
            Call::All => session.all(select(Team).options(selectinload(Team::players))).await.map(drop),
            Call::Scalar => session.scalar(select(count_all()).select_from(Team)).await.map(drop),
            Call::Get => session.get::<Team>(7).await.map(drop),
            Call::Load => session.load(user, User::liked).await,
            Call::Execute => session.execute(text("UPDATE teams SET name = 'none' WHERE id = 7")).await.map(drop),
            Call::Refresh => session.refresh(user).await,
            Call::Nested => session.begin_nested().await?.rollback().await,
        }
    }

    /// Whether its error says that it is an autoflush's.
    fn is_query(self) -> bool {
        !matches!(self, Call::Flush | Call::Commit | Call::Nested)
    }
}

/// The error itself, out of that of an autoflush, which a query's must be.
#[track_caller]
fn unwrapped(call: Call, error: Error) -> Error {
    match error {
        Error::Autoflush { source, query } if call.is_query() => {
            assert!(!query.is_empty());
            *source
        }
        error => {
            assert!(!call.is_query(), "{call:?}: {error:?}");
            error
        }
    }
}

/// Every call says why, until the rollback.
async fn says_why(session: &mut Session, user: Key<User>, cause: &str) {
    for call in CALLS {
        match call.run(session, user).await {
            Err(Error::RolledBack { cause: said }) => assert_eq!(said, cause, "{call:?}"),
            other => panic!("{call:?}: {other:?}"),
        }
    }
    let error = session.flush().await.unwrap_err().to_string();
    assert_eq!(error, format!("the session's transaction was rolled back ({cause}); call `rollback()` and begin anew"));
}

/// One failure by one call, and the way back.
async fn fails(db: &Db, fault: Fault, call: Call, early: bool) -> Result<()> {
    let mut work = Work::open(&db.engine).await?;
    let user = work.known.users[1];
    if early {
        fault.put(&mut work).await?;
        work.edit();
    } else {
        work.edit();
        fault.put(&mut work).await?;
    }
    let before = work.memory();
    let error = match call.run(&mut work.session, user).await {
        Err(error) => unwrapped(call, error),
        Ok(()) => panic!("{fault:?} by {call:?} did not fail"),
    };
    assert!(fault.is(&error, db.database), "{fault:?} by {call:?}: {error:?}");
    same(&format!("memory after {fault:?} by {call:?}"), &work.memory(), &before);
    says_why(&mut work.session, user, &error.to_string()).await;
    same("memory after all these", &work.memory(), &before);
    work.is_stored(&db.engine).await?;
    work.session.rollback().await?;
    work.is_before();
    work.works_again().await?;
    work.is_stored(&db.engine).await
}

/// How a savepoint ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Rollback,
    Drop,
    /// The call was its commit.
    Commit,
}

/// One failure inside a savepoint, which alone is rolled back.
async fn fails_inside(db: &Db, fault: Fault, call: Call, end: End) -> Result<()> {
    let mut work = Work::open(&db.engine).await?;
    work.edit();
    work.session.flush().await?;
    let user = work.known.users[1];
    let outside = work.memory();
    let added = work.new.clone();
    // The handle borrows the session, which the helpers want whole.
    let mut session = std::mem::replace(&mut work.session, db.engine.session());
    let mut nested = session.begin_nested().await?;
    std::mem::swap(&mut *nested, &mut work.session);
    work.edit_further();
    fault.put(&mut work).await?;
    let before = work.memory();
    std::mem::swap(&mut *nested, &mut work.session);
    let error = if end == End::Commit {
        nested.commit().await.unwrap_err()
    } else {
        let error = match call.run(&mut nested, user).await {
            Err(error) => unwrapped(call, error),
            Ok(()) => panic!("{fault:?} by {call:?} did not fail"),
        };
        let mut now = memory(&nested, &work.known);
        now.extend(memory(&nested, &work.new));
        same(&format!("memory after {fault:?} by {call:?} in a savepoint"), &now, &before);
        if call != Call::Commit {
            says_why(&mut nested, user, &error.to_string()).await;
        }
        match end {
            End::Rollback => nested.rollback().await?,
            _ => drop(nested),
        }
        error
    };
    if call == Call::Commit && end != End::Commit {
        assert!(error.to_string().starts_with("`commit` inside the savepoint"), "{error}");
    } else {
        assert!(fault.is(&error, db.database), "{fault:?} by {call:?}: {error:?}");
    }
    work.session = session;
    work.new = added;
    same(&format!("memory after the savepoint with {fault:?}"), &work.memory(), &outside);
    // The transaction goes on.
    assert_eq!(work.session.scalar(select(count_all()).select_from(Line)).await?, 3);
    work.edit_further();
    work.session.flush().await?;
    work.session.rollback().await?;
    work.is_before();
    work.is_stored(&db.engine).await?;
    work.works_again().await?;
    work.is_stored(&db.engine).await
}

matrix! {
    async fn each_failure_leaves_everything_as_it_was(db: Db) -> Result<()> {
        start(&db).await?;
        for fault in FAULTS {
            for early in [false, true] {
                // A contradiction is one only after the edit.
                if !early || fault != Fault::Contradiction {
                    fails(&db, fault, Call::Flush, early).await?;
                }
            }
        }
        Ok(())
    }

    async fn each_call_that_flushes_may_fail(db: Db) -> Result<()> {
        start(&db).await?;
        for call in CALLS {
            for fault in [Fault::Unique, Fault::CheckByUpdate, Fault::ForeignKeyOfDeleted, Fault::Overwritten] {
                fails(&db, fault, call, false).await?;
            }
        }
        Ok(())
    }

    async fn each_failure_in_a_savepoint_is_over_with_it(db: Db) -> Result<()> {
        start(&db).await?;
        for (n, fault) in FAULTS.into_iter().enumerate() {
            let call = CALLS[n % CALLS.len()];
            fails_inside(&db, fault, Call::Flush, End::Rollback).await?;
            fails_inside(&db, fault, call, End::Drop).await?;
            fails_inside(&db, fault, Call::Commit, End::Commit).await?;
        }
        Ok(())
    }

    async fn a_flush_that_fails_after_others_goes_back_all_the_way(db: Db) -> Result<()> {
        start(&db).await?;
        for fault in FAULTS {
            let mut work = Work::open(&db.engine).await?;
            work.edit();
            work.session.flush().await?;
            work.edit_further();
            fault.put(&mut work).await?;
            let before = work.memory();
            let error = work.session.flush().await.unwrap_err();
            assert!(fault.is(&error, db.database), "{fault:?}: {error:?}");
            same(&format!("memory after {fault:?}"), &work.memory(), &before);
            work.session.rollback().await?;
            work.is_before();
            work.is_stored(&db.engine).await?;
            work.works_again().await?;
        }
        Ok(())
    }

    async fn a_statement_that_fails_in_a_transaction(db: Db) -> Result<()> {
        start(&db).await?;
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
