//! Sessions on several databases that commit together, or not at all.

use super::Session;
use super::joined::Home;
use crate::engine::{Connection, Engine, PreparedTransaction};
use crate::error::{Error, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

impl Engine {
    /// A session whose transactions can be committed together with those of other sessions: [`commit_together`]. Its own
    /// `commit` works as ever.
    ///
    /// # Errors
    /// [`Error::Unsupported`] on SQLite, which has no two-phase commit.
    pub fn two_phase_session(&self) -> Result<Session> {
        self.has_two_phase()?;
        let mut session = self.session();
        session.home = Home::TwoPhase { name: String::new() };
        Ok(session)
    }
}

/// A name that no other transaction has: of this process, this moment, and this call.
pub(super) fn unique_name() -> String {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    format!("orm_{:x}_{:x}_{call:x}", std::process::id(), since.as_nanos())
}

/// Commits the transactions of several sessions, on one database or on many, so that either all of them come true or none:
/// each is flushed, then each is prepared (from where it can't fail any more), then each is committed.
///
/// SQL: for each session what [`Session::flush`] sends, then `PREPARE TRANSACTION '…'` and `COMMIT PREPARED '…'` on
/// PostgreSQL (which needs `max_prepared_transactions`), `XA END`, `XA PREPARE` and `XA COMMIT` on MySQL and MariaDB.
///
/// # Errors
/// That of the flush or of the `PREPARE` that failed: all sessions are then rolled back in the database, and have failed;
/// call [`Session::rollback`] on each. [`Error::Session`] when a session is not of [`Engine::two_phase_session`] or is inside
/// a savepoint, [`Error::RolledBack`] when one has failed before; nothing was done then. [`Error::Session`] also when a database was lost after all had prepared: the error names the
/// transactions that wait there to be committed, by [`Engine::commit_prepared`].
///
/// When the call is dropped half-way, what was prepared is rolled back in the background; once the first one is committed,
/// the others are committed there.
pub async fn commit_together<'s>(sessions: impl IntoIterator<Item = &'s mut Session>) -> Result<()> {
    let mut sessions: Vec<&mut Session> = sessions.into_iter().collect();
    if sessions.iter().any(|session| !matches!(session.home, Home::TwoPhase { .. })) {
        return Err(Error::Session(
            "`commit_together` takes sessions of `Engine::two_phase_session`; one of these is not".to_owned(),
        ));
    }
    for session in &mut sessions {
        session.check()?;
        session.check_outside()?;
    }
    for n in 0..sessions.len() {
        if let Err(error) = sessions[n].before_commit().await {
            fail_all(&mut sessions, &error);
            return Err(error);
        }
    }
    let mut prepared: Vec<Option<PreparedTransaction>> = Vec::with_capacity(sessions.len());
    for n in 0..sessions.len() {
        match sessions[n].prepare().await {
            Ok(part) => prepared.push(part),
            Err(error) => {
                for part in prepared.into_iter().flatten() {
                    part.rollback().await;
                }
                fail_all(&mut sessions, &error);
                return Err(error);
            }
        }
    }
    prepared.iter_mut().flatten().for_each(PreparedTransaction::decide);
    let mut left: Vec<String> = Vec::new();
    let mut hooks = None;
    for (session, part) in sessions.into_iter().zip(prepared) {
        if let Some(part) = part {
            let name = part.name().to_owned();
            if let Err(error) = part.commit().await {
                session.fail(error.to_string());
                left.push(format!("{name:?} on {} ({error})", session.engine.dialect()));
                continue;
            }
        }
        if let Err(error) = session.committed().await {
            hooks.get_or_insert(error);
        }
    }
    if left.is_empty() {
        return hooks.map_or(Ok(()), Err);
    }
    Err(Error::Session(format!(
        "all sessions are prepared, but not all could be committed; commit with `engine.commit_prepared(name)`: {}",
        left.join("; ")
    )))
}

fn fail_all(sessions: &mut [&mut Session], error: &Error) {
    for session in sessions {
        session.fail(format!("`commit_together`: {error}"));
    }
}

impl Session {
    /// Begins a transaction under a new name.
    pub(super) async fn begin_named(&mut self, connection: &mut Connection) -> Result<()> {
        let name = unique_name();
        connection.begin_two_phase(&name).await?;
        self.home = Home::TwoPhase { name };
        Ok(())
    }

    /// Prepares the session's transaction, if one is open.
    async fn prepare(&mut self) -> Result<Option<PreparedTransaction>> {
        let (Home::TwoPhase { name }, true) = (&self.home, self.begun) else { return Ok(None) };
        let name = name.clone();
        let Some(connection) = self.connection.take() else { return Ok(None) };
        let mut part = PreparedTransaction::new(connection, name);
        part.prepare().await?;
        Ok(Some(part))
    }
}
