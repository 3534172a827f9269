use crate::compare::compare;
use crate::diff::Diff;
use crate::error::{Error, Result};
use crate::lock;
use crate::revision::Revision;
use crate::revisions::Revisions;
use crate::run::Job;
use crate::version_table::{Applied, VersionTable, now};
use orm_core::schema::MetaData;
use orm_core::types::Dialect;
use orm_core::{Connection, Engine};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Applies revisions to a database.
///
/// It prints nothing: the command line and a program that migrates when it starts use the same calls.
#[derive(Clone, Debug)]
pub struct Migrator {
    engine: Engine,
    revisions: Revisions,
    versions: VersionTable,
    patience: Duration,
}

/// A revision that was applied or undone, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// Its message.
    pub message: String,
    /// Whether it was undone.
    pub undoing: bool,
    /// Its statements on this database.
    pub statements: Vec<String>,
    /// How long it took; zero in a plan.
    pub took: Duration,
}

/// Where a database stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// What the database remembers, the oldest first.
    pub applied: Vec<Applied>,
    /// The ids of the revisions that nothing applied follows.
    pub heads: Vec<String>,
    /// The ids of the revisions that are not applied, in order; one that stopped half-way among them.
    pub pending: Vec<String>,
    /// The ids that are applied, but no file.
    pub unknown: Vec<String>,
    /// The ids of the files that changed after they were applied.
    pub changed: Vec<String>,
}

impl Migrator {
    /// A migrator for this database.
    pub fn new(engine: Engine, revisions: Revisions) -> Self {
        Migrator { engine, revisions, versions: VersionTable::default(), patience: Duration::from_secs(60) }
    }

    /// Remembers the revisions in another table than `orm_revisions`.
    #[must_use]
    pub fn version_table(mut self, versions: VersionTable) -> Self {
        self.versions = versions;
        self
    }

    /// How long to wait for another migration; a minute unless it is said.
    #[must_use]
    pub fn lock_timeout(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The revisions.
    pub fn revisions(&self) -> &Revisions {
        &self.revisions
    }

    /// Where the database stands. Changes nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn status(&self) -> Result<Status> {
        let rows = self.versions.rows(&mut self.engine.acquire().await?).await?;
        Ok(self.judge(rows))
    }

    fn judge(&self, applied: Vec<Applied>) -> Status {
        let whole: BTreeSet<&str> = applied.iter().filter(|row| row.is_whole()).map(|row| row.id.as_str()).collect();
        let known = |row: &&Applied| self.revisions.get(&row.id).is_some();
        let changed = |row: &&Applied| {
            row.is_whole() && self.revisions.get(&row.id).is_some_and(|revision| revision.checksum() != row.checksum)
        };
        let pending = self.revisions.all().iter().filter(|revision| !whole.contains(revision.id.as_str()));
        Status {
            heads: self.revisions.heads_among(&whole),
            pending: pending.map(|revision| revision.id.clone()).collect(),
            unknown: applied.iter().filter(|row| !known(row)).map(|row| row.id.clone()).collect(),
            changed: applied.iter().filter(changed).map(|row| row.id.clone()).collect(),
            applied,
        }
    }

    /// Refuses a history that the files do not tell.
    fn trust(&self, status: &Status) -> Result<()> {
        if !status.unknown.is_empty() {
            return Err(Error::UnknownApplied { ids: status.unknown.clone() });
        }
        match status.changed.first().and_then(|id| self.revisions.get(id)) {
            Some(revision) => Err(Error::Changed { id: revision.id.clone(), file: revision.file.clone() }),
            None => Ok(()),
        }
    }

    /// Fails unless every revision is applied: for a program's start, where somebody else migrates.
    ///
    /// # Errors
    /// [`Error::Pending`], [`Error::UnknownApplied`], [`Error::Changed`], or the database's.
    pub async fn require_head(&self) -> Result<()> {
        let status = self.status().await?;
        self.trust(&status)?;
        if status.pending.is_empty() { Ok(()) } else { Err(Error::Pending { ids: status.pending }) }
    }

    /// What has to change in the database so that it becomes what the models say.
    ///
    /// # Errors
    /// The models', or the database's.
    pub async fn compare(&self, models: &MetaData) -> Result<Diff> {
        compare(&self.engine, models, &self.versions).await
    }

    /// What [`upgrade`](Self::upgrade) would do.
    ///
    /// # Errors
    /// As there, except those of running statements.
    pub async fn plan_upgrade(&self, target: &str) -> Result<Vec<Step>> {
        let mut connection = self.engine.acquire().await?;
        let status = self.judge(self.versions.rows(&mut connection).await?);
        self.plan(&connection, &status, target, false)
    }

    /// What [`downgrade`](Self::downgrade) would do.
    ///
    /// # Errors
    /// As there, except those of running statements.
    pub async fn plan_downgrade(&self, target: &str) -> Result<Vec<Step>> {
        let mut connection = self.engine.acquire().await?;
        let status = self.judge(self.versions.rows(&mut connection).await?);
        self.plan(&connection, &status, target, true)
    }

    fn plan(&self, connection: &Connection, status: &Status, target: &str, undoing: bool) -> Result<Vec<Step>> {
        let jobs = self.jobs(connection, status, target, undoing)?;
        Ok(jobs.into_iter().map(|job| step(&job, Duration::ZERO)).collect())
    }

    /// What is to be done, as statements: whatever can't be written for this database is found before anything runs.
    fn jobs(&self, connection: &Connection, status: &Status, target: &str, undoing: bool) -> Result<Vec<Job<'_>>> {
        self.trust(status)?;
        let revisions: Vec<&Revision> = match undoing {
            false => {
                let whole = status.applied.iter().filter(|row| row.is_whole());
                self.revisions.to_apply(target, &whole.map(|row| row.id.as_str()).collect())?
            }
            // What stopped half-way is to be undone too.
            true => self.revisions.to_undo(target, &status.applied.iter().map(|row| row.id.as_str()).collect())?,
        };
        revisions.into_iter().map(|revision| Job::new(revision, undoing, connection)).collect()
    }

    /// Applies revisions up to a target: `head`, `heads`, an id or its beginning, or `+n`. Each is one transaction, with the
    /// row that remembers it, on PostgreSQL and SQLite; on MySQL and MariaDB one that fails is remembered as half applied,
    /// and the next call goes on where it stopped.
    ///
    /// # Errors
    /// Those of finding the target; [`Error::Locked`]; [`Error::UnknownApplied`] and [`Error::Changed`] for a history that the
    /// files do not tell; [`Error::Failed`] with the state that the database is left in.
    pub async fn upgrade(&self, target: &str) -> Result<Vec<Step>> {
        self.migrate(target, false).await
    }

    /// Undoes revisions, the newest first, down to a target, which stays: `base` for all, an id or its beginning, or `-n`.
    ///
    /// # Errors
    /// As [`upgrade`](Self::upgrade), and [`Error::Irreversible`] before anything runs.
    pub async fn downgrade(&self, target: &str) -> Result<Vec<Step>> {
        self.migrate(target, true).await
    }

    async fn migrate(&self, target: &str, undoing: bool) -> Result<Vec<Step>> {
        let mut connection = self.engine.acquire().await?;
        let status = self.judge(self.versions.rows(&mut connection).await?);
        if self.jobs(&connection, &status, target, undoing)?.is_empty() {
            return Ok(Vec::new());
        }
        lock::acquire(&mut connection, &self.versions, self.patience).await?;
        let result = self.under_lock(&mut connection, target, undoing).await;
        let released = lock::release(&mut connection, &self.versions).await;
        let steps = result?;
        released?;
        Ok(steps)
    }

    async fn under_lock(&self, connection: &mut Connection, target: &str, undoing: bool) -> Result<Vec<Step>> {
        self.create_version_table(connection).await?;
        let status = self.judge(self.versions.rows(connection).await?);
        let mut steps = Vec::new();
        for job in self.jobs(connection, &status, target, undoing)? {
            let began = Instant::now();
            let earlier = status.applied.iter().find(|row| row.id == job.revision.id);
            job.run(connection, &self.versions, earlier).await?;
            steps.push(step(&job, began.elapsed()));
        }
        Ok(steps)
    }

    async fn create_version_table(&self, connection: &mut Connection) -> Result<()> {
        if connection.dialect() != Dialect::Sqlite {
            return self.versions.create(connection).await;
        }
        // The transaction is the lock.
        connection.begin_raw(Some(orm_core::engine::BeginMode::Immediate)).await?;
        match self.versions.create(connection).await {
            Ok(()) => Ok(connection.commit_raw().await?),
            Err(error) => {
                connection.rollback_raw().await?;
                Err(error)
            }
        }
    }

    /// Makes the database remember what it is to have without running anything: a target and all that comes before it, and
    /// nothing else. `base` forgets everything. With `purge`, also forgets what no file is.
    ///
    /// # Errors
    /// Those of finding the target; [`Error::UnknownApplied`] without `purge`; [`Error::Locked`]; the database's.
    pub async fn stamp(&self, target: &str, purge: bool) -> Result<Vec<String>> {
        let mut connection = self.engine.acquire().await?;
        let stamped: BTreeSet<&str> = match target {
            "base" => BTreeSet::new(),
            "heads" => self.revisions.all().iter().map(|revision| revision.id.as_str()).collect(),
            "head" => match self.revisions.heads().as_slice() {
                [] | [_] => self.revisions.all().iter().map(|revision| revision.id.as_str()).collect(),
                _ => return Err(Error::SeveralHeads { heads: self.revisions.heads() }),
            },
            id => self.revisions.with_ancestors(&self.revisions.find(id)?.id),
        };
        lock::acquire(&mut connection, &self.versions, self.patience).await?;
        let result = self.stamp_under_lock(&mut connection, &stamped, purge).await;
        let released = lock::release(&mut connection, &self.versions).await;
        result?;
        released?;
        Ok(self.revisions.heads_among(&stamped))
    }

    async fn stamp_under_lock(&self, connection: &mut Connection, stamped: &BTreeSet<&str>, purge: bool) -> Result<()> {
        self.create_version_table(connection).await?;
        let status = self.judge(self.versions.rows(connection).await?);
        if !purge && !status.unknown.is_empty() {
            return Err(Error::UnknownApplied { ids: status.unknown });
        }
        let gone: Vec<&Applied> = status.applied.iter().filter(|row| !stamped.contains(row.id.as_str())).collect();
        connection.begin_raw(Some(orm_core::engine::BeginMode::Immediate)).await?;
        let written = async {
            for row in gone {
                self.versions.forget(connection, &row.id).await?;
            }
            for revision in self.revisions.all().iter().filter(|revision| stamped.contains(revision.id.as_str())) {
                let earlier = status.applied.iter().find(|row| row.id == revision.id);
                let row = Applied {
                    id: revision.id.clone(),
                    applied_at: earlier.map_or_else(now, |row| row.applied_at),
                    duration_ms: earlier.map_or(0, |row| row.duration_ms),
                    checksum: revision.checksum(),
                    undoing: false,
                    done: 0,
                    total: 0,
                    progress: String::new(),
                    error: None,
                };
                self.versions.write(connection, &row).await?;
            }
            Ok(())
        }
        .await;
        match written {
            Ok(()) => Ok(connection.commit_raw().await?),
            Err(error) => {
                connection.rollback_raw().await?;
                Err(error)
            }
        }
    }
}

fn step(job: &Job<'_>, took: Duration) -> Step {
    Step {
        id: job.revision.id.clone(),
        message: job.revision.message.clone(),
        undoing: job.undoing,
        statements: job.statements.clone(),
        took,
    }
}
