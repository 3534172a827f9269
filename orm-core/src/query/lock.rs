use super::from::FromItem;
use super::select::Select;
use crate::expr::Source;

/// A lock on the rows that a SELECT reads, until the transaction ends: for [`Select::with_lock`].
///
/// SQL: `FOR UPDATE`, `FOR SHARE`, with `OF …`, `NOWAIT` or `SKIP LOCKED`.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    pub(crate) strength: Strength,
    pub(crate) of: Vec<Source>,
    pub(crate) wait: Wait,
}

/// What others may still do with a locked row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Read it.
    Update,
    /// Lock it in the same way.
    Share,
}

/// What happens when somebody else has a row locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Yes,
    Fail,
    Skip,
}

impl Lock {
    /// Nobody else may change, delete or lock the rows.
    pub fn update() -> Self {
        Lock { strength: Strength::Update, of: Vec::new(), wait: Wait::Yes }
    }

    /// Nobody else may change or delete the rows; others may lock them in the same way.
    pub fn share() -> Self {
        Lock { strength: Strength::Share, ..Lock::update() }
    }

    /// Locks the rows of this model or alias only; a second call adds another. MariaDB locks those of all tables: there it is
    /// an error when compiled.
    #[must_use]
    pub fn of(mut self, source: impl FromItem) -> Self {
        self.of.push(source.into_source());
        self
    }

    /// Fails at once when somebody else has one of the rows locked. SQLite has no such lock: an error when compiled.
    #[must_use]
    pub fn nowait(mut self) -> Self {
        self.wait = Wait::Fail;
        self
    }

    /// Leaves out the rows that somebody else has locked: for queues of jobs. SQLite has no such lock: an error when compiled.
    #[must_use]
    pub fn skip_locked(mut self) -> Self {
        self.wait = Wait::Skip;
        self
    }
}

impl<R, K> Select<R, K> {
    /// Locks the rows, so that nobody else changes them until the transaction ends: FOR UPDATE. A session overwrites the
    /// objects that it holds with the rows, where they have no unsaved change.
    ///
    /// SQLite has one lock for the whole database, which a transaction takes when it begins: nothing is added to the SQL, and
    /// a session begins its transaction for it.
    #[must_use]
    pub fn with_for_update(self) -> Self {
        self.with_lock(Lock::update())
    }

    /// Locks the rows: see [`Lock`] and [`Select::with_for_update`].
    #[must_use]
    pub fn with_lock(mut self, lock: Lock) -> Self {
        self.tree.lock = Some(lock);
        self
    }
}
