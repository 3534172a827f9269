//! What a program does around a session's flushes and transactions.

use super::Session;
use super::arena::{Id, Stage};
use super::inspect::AnyKey;
use crate::engine::{Engine, Running};
use crate::error::{Error, Invalid, Result};
use crate::model::Hook;
use std::fmt;
use std::sync::Arc;

type Call = Arc<dyn for<'s> Fn(&'s mut Session) -> Running<'s, ()> + Send + Sync>;
type FlushedCall = Arc<dyn for<'s> Fn(&'s mut Session, Flushed) -> Running<'s, ()> + Send + Sync>;

/// What is called around a session's flushes and transactions: given to one session ([`Session::add_hooks`]) or to all of an
/// engine ([`Engine::set_session_hooks`]). Cloning is cheap.
///
/// Inside a hook the session may be read, changed and queried, without autoflush; `flush`, `commit`, `rollback` and
/// `begin_nested` are errors there.
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::session::SessionHooks;
/// # #[derive(Model, Debug, Clone, Default)]
/// # #[orm(table = "users")]
/// # struct User { #[orm(primary_key)] id: i64, name: String }
/// # #[derive(Model, Debug, Clone, Default)]
/// # #[orm(table = "audit")]
/// # struct Audit { #[orm(primary_key)] id: i64, what: String }
///
/// // An audit log: a row for each user that is changed, in the same transaction.
/// let audit = SessionHooks::new().before_flush(|session| {
///     Box::pin(async move {
///         let users: Vec<Key<User>> = session.dirty().filter_map(|key| key.of()).collect();
///         for user in users {
///             let what = session.changes(user).to_string();
///             session.add(Audit { what, ..Default::default() });
///         }
///         Ok(())
///     })
/// });
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let engine = Engine::connect("sqlite::memory:").await?;
/// # metadata![User, Audit].create_all(&engine).await?;
/// engine.set_session_hooks(audit);
/// let mut session = engine.session();
/// let ed = session.add(User { name: "ed".into(), ..Default::default() });
/// session.commit().await?;
/// session[ed].name = "eddie".into();
/// session.commit().await?;
/// assert_eq!(engine.all(select(Audit::what)).await?, ["User::name: \"ed\" → \"eddie\""]);
/// # Ok::<(), Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct SessionHooks {
    before_flush: Vec<Call>,
    after_flush: Vec<FlushedCall>,
    after_commit: Vec<Call>,
    after_rollback: Vec<Call>,
}

/// What a flush wrote: the argument of [`SessionHooks::after_flush`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Flushed {
    /// The objects whose rows were inserted.
    pub inserted: Vec<AnyKey>,
    /// The objects that had changes.
    pub updated: Vec<AnyKey>,
    /// The objects whose rows were deleted, those that cascades name included.
    pub deleted: Vec<AnyKey>,
}

impl SessionHooks {
    /// No hooks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls this before each flush that has something to write. What it adds, changes and deletes is part of the flush. An
    /// error fails the flush; what the hook changed before stays.
    #[must_use]
    pub fn before_flush(
        mut self,
        hook: impl for<'s> Fn(&'s mut Session) -> Running<'s, ()> + Send + Sync + 'static,
    ) -> Self {
        self.before_flush.push(Arc::new(hook));
        self
    }

    /// Calls this after each flush that wrote something. What it changes is written by the next flush; a `commit` flushes
    /// until there is nothing to write, and gives up after a hundred times; so does `begin_nested`. An error, or a call that is
    /// dropped inside the hook, fails the session; memory is as after the flush until `rollback`.
    #[must_use]
    pub fn after_flush(
        mut self,
        hook: impl for<'s> Fn(&'s mut Session, Flushed) -> Running<'s, ()> + Send + Sync + 'static,
    ) -> Self {
        self.after_flush.push(Arc::new(hook));
        self
    }

    /// Calls this after each COMMIT. SQL in it begins a new transaction. An error is given to whoever called `commit`, as
    /// [`Error::AfterCommit`]: what was committed stays.
    #[must_use]
    pub fn after_commit(
        mut self,
        hook: impl for<'s> Fn(&'s mut Session) -> Running<'s, ()> + Send + Sync + 'static,
    ) -> Self {
        self.after_commit.push(Arc::new(hook));
        self
    }

    /// Calls this after each `rollback` of a whole transaction, when memory is restored; not when a session is dropped.
    #[must_use]
    pub fn after_rollback(
        mut self,
        hook: impl for<'s> Fn(&'s mut Session) -> Running<'s, ()> + Send + Sync + 'static,
    ) -> Self {
        self.after_rollback.push(Arc::new(hook));
        self
    }

    fn extend(&mut self, more: SessionHooks) {
        self.before_flush.extend(more.before_flush);
        self.after_flush.extend(more.after_flush);
        self.after_commit.extend(more.after_commit);
        self.after_rollback.extend(more.after_rollback);
    }
}

impl fmt::Debug for SessionHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHooks")
            .field("before_flush", &self.before_flush.len())
            .field("after_flush", &self.after_flush.len())
            .field("after_commit", &self.after_commit.len())
            .field("after_rollback", &self.after_rollback.len())
            .finish()
    }
}

impl Engine {
    /// The hooks of every session that this engine, or a clone of it, makes from now on; they replace those that were set
    /// before.
    pub fn set_session_hooks(&self, hooks: SessionHooks) {
        self.set_shared(hooks);
    }
}

/// The hooks of a session.
#[derive(Debug, Default)]
pub(super) struct Hooked {
    hooks: SessionHooks,
    /// The hook that is running.
    inside: Option<&'static str>,
    /// What the flush under way writes.
    written: Flushed,
}

impl Hooked {
    pub(super) fn of(engine: &Engine) -> Self {
        Hooked {
            hooks: engine.shared::<SessionHooks>().map(|hooks| (*hooks).clone()).unwrap_or_default(),
            ..Hooked::default()
        }
    }
}

/// A hook is running: no autoflush, no flush.
struct Inside<'s> {
    session: &'s mut Session,
    autoflush: bool,
    done: bool,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.session.autoflush = self.autoflush;
        // What was flushed must not be committed without what the hook would have done.
        if self.session.hooked.inside.take() == Some("after_flush") && !self.done {
            self.session.fail("an `after_flush` hook did not come to its end".to_owned());
        }
    }
}

impl Session {
    /// Adds hooks to those that the session has.
    pub fn add_hooks(&mut self, hooks: SessionHooks) {
        self.hooked.hooks.extend(hooks);
    }

    /// # Errors
    /// For a call that ends or begins what a hook is part of.
    pub(super) fn check_not_inside(&self, call: &str) -> Result<()> {
        match self.hooked.inside {
            Some(hook) => Err(Error::Session(format!(
                "`{call}` inside a `{hook}` hook: what the hook changes is written by the flush it is part of, or the next one"
            ))),
            None => Ok(()),
        }
    }

    fn inside(&mut self, hook: &'static str) -> Inside<'_> {
        let autoflush = std::mem::replace(&mut self.autoflush, false);
        self.hooked.inside = Some(hook);
        Inside { session: self, autoflush, done: false }
    }

    async fn call(&mut self, name: &'static str, hooks: Vec<Call>) -> Result<()> {
        let inside = self.inside(name);
        for hook in hooks {
            hook(inside.session).await?;
        }
        inside.session.sync();
        Ok(())
    }

    pub(super) async fn before_flush(&mut self) -> Result<()> {
        if self.hooked.hooks.before_flush.is_empty() {
            return Ok(());
        }
        self.call("before_flush", self.hooked.hooks.before_flush.clone()).await
    }

    /// Keeps what the flush is about to write, if anybody asks.
    pub(super) fn note_what_is_written(&mut self) {
        if self.hooked.hooks.after_flush.is_empty() {
            return;
        }
        self.hooked.written = Flushed {
            inserted: self.new_objects().collect(),
            updated: self.dirty().collect(),
            deleted: self.deleted().collect(),
        };
    }

    pub(super) async fn after_flush(&mut self) -> Result<()> {
        let written = std::mem::take(&mut self.hooked.written);
        if written.inserted.is_empty() && written.updated.is_empty() && written.deleted.is_empty() {
            return Ok(());
        }
        let hooks = self.hooked.hooks.after_flush.clone();
        let mut inside = self.inside("after_flush");
        for hook in hooks {
            hook(inside.session, written.clone()).await?;
        }
        inside.done = true;
        inside.session.sync();
        Ok(())
    }

    pub(super) async fn after_commit(&mut self) -> Result<()> {
        if self.hooked.hooks.after_commit.is_empty() {
            return Ok(());
        }
        let called = self.call("after_commit", self.hooked.hooks.after_commit.clone()).await;
        called.map_err(|source| Error::AfterCommit { source: Box::new(source) })
    }

    pub(super) async fn after_rollback(&mut self) -> Result<()> {
        if self.hooked.hooks.after_rollback.is_empty() {
            return Ok(());
        }
        self.call("after_rollback", self.hooked.hooks.after_rollback.clone()).await
    }

    /// Calls the hooks of the models that are about to be written, and checks what they say of their values.
    pub(super) fn run_model_hooks(&mut self) -> Result<()> {
        let asks = |id: &Id| {
            let store = &self.stores[id.store as usize];
            store.hooks || store.validates
        };
        let touched: Vec<Id> = self.touched.iter().copied().filter(asks).collect();
        let mut invalid: Vec<Invalid> = Vec::new();
        for id in touched {
            let hook = match self.stage(id) {
                Stage::Pending => Hook::BeforeInsert,
                Stage::Persistent if self.differs_from_row(id) => Hook::BeforeUpdate,
                Stage::Doomed => Hook::BeforeDelete,
                _ => continue,
            };
            if self.stores[id.store as usize].hooks {
                self.keep(id);
                self.object_mut(id).hook(hook)?;
                self.reindex(id);
            }
            if hook != Hook::BeforeDelete && self.stores[id.store as usize].validates {
                let from = invalid.len();
                self.object(id).validate(&mut invalid);
                if invalid.len() > from {
                    let object = self.describe(id);
                    invalid[from..].iter_mut().for_each(|invalid| invalid.object.clone_from(&object));
                }
            }
        }
        if invalid.is_empty() { Ok(()) } else { Err(Error::Validation(invalid)) }
    }
}
