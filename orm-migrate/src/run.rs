//! One revision, applied or undone.

use crate::error::{Error, Result};
use crate::render::render;
use crate::revision::{Revision, hash};
use crate::version_table::{Applied, VersionTable, now};
use orm_core::Connection;
use orm_core::engine::BeginMode;
use orm_core::types::{Dialect, Row, column};
use std::collections::BTreeSet;
use std::time::Instant;

/// A revision that is to be applied or undone, as statements for one database.
#[derive(Clone, Debug)]
pub(crate) struct Job<'a> {
    pub(crate) revision: &'a Revision,
    pub(crate) undoing: bool,
    pub(crate) statements: Vec<String>,
}

impl<'a> Job<'a> {
    pub(crate) fn new(revision: &'a Revision, undoing: bool, connection: &Connection) -> Result<Self> {
        let capabilities = connection.capabilities();
        let statements = match undoing {
            false => render(&revision.up, capabilities),
            true => render(&revision.undo()?, capabilities),
        };
        let statements = statements.map_err(|error| Error::Parse {
            file: revision.file.clone(),
            reason: format!(
                "it can't be {} on {}: {error}",
                if undoing { "undone" } else { "applied" },
                capabilities.dialect
            ),
        })?;
        Ok(Job { revision, undoing, statements })
    }

    /// The hash of the first statements.
    fn progress(&self, done: usize) -> String {
        hash(self.statements.iter().take(done).map(String::as_str).collect::<Vec<_>>().join(";\n").as_bytes())
    }

    fn row(&self, done: usize, began: Instant) -> Applied {
        Applied {
            id: self.revision.id.clone(),
            applied_at: now(),
            duration_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
            checksum: self.revision.checksum(),
            undoing: self.undoing,
            done,
            total: self.statements.len(),
            progress: self.progress(done),
            error: None,
        }
    }

    fn failed(&self, at: usize, state: &str, source: orm_core::Error) -> Error {
        Error::Failed {
            id: self.revision.id.clone(),
            message: self.revision.message.clone(),
            statement: at + 1,
            total: self.statements.len(),
            state: state.to_owned(),
            source: Box::new(source),
        }
    }

    /// Where to go on: after what an earlier run did in the same direction.
    fn start(&self, earlier: Option<&Applied>) -> Result<usize> {
        let Some(half) = earlier.filter(|row| !row.is_whole()) else { return Ok(0) };
        if half.undoing != self.undoing {
            let (state, cure) = match half.undoing {
                true => (
                    "undone",
                    format!(
                        "run `orm-migrate downgrade` to what comes before it again, or repair the database by hand and say `orm-migrate stamp {}`",
                        half.id
                    ),
                ),
                false => (
                    "applied",
                    format!(
                        "run `orm-migrate upgrade` to finish it, or repair the database by hand and say `orm-migrate stamp {}`",
                        half.id
                    ),
                ),
            };
            return Err(Error::HalfOther { id: half.id.clone(), state, done: half.done, total: half.total, cure });
        }
        if half.done > self.statements.len() || self.progress(half.done) != half.progress {
            return Err(Error::HalfChanged { id: half.id.clone(), done: half.done, total: half.total });
        }
        Ok(half.done)
    }

    /// Runs it, and writes down that it did. `earlier` is what the database remembers of it.
    pub(crate) async fn run(
        &self,
        connection: &mut Connection,
        versions: &VersionTable,
        earlier: Option<&Applied>,
    ) -> Result<()> {
        let start = self.start(earlier)?;
        if connection.capabilities().transactional_ddl() && self.revision.transaction && start == 0 {
            self.in_transaction(connection, versions).await
        } else {
            self.one_by_one(connection, versions, start).await
        }
    }

    /// All statements and the row of the version table, or nothing.
    async fn in_transaction(&self, connection: &mut Connection, versions: &VersionTable) -> Result<()> {
        let sqlite = connection.dialect() == Dialect::Sqlite;
        // DROP TABLE would delete the rows that reference the table's; it can be turned off outside a transaction only.
        let enforced = sqlite && foreign_keys(connection).await?;
        if enforced {
            connection.batch("PRAGMA foreign_keys = OFF").await?;
        }
        let result = self.transaction(connection, versions, sqlite).await;
        if enforced {
            connection.batch("PRAGMA foreign_keys = ON").await?;
        }
        result
    }

    async fn transaction(&self, connection: &mut Connection, versions: &VersionTable, sqlite: bool) -> Result<()> {
        connection.begin_raw(Some(BeginMode::Immediate)).await?;
        let result = self.inside(connection, versions, sqlite).await;
        match result {
            Ok(()) => Ok(connection.commit_raw().await?),
            Err(error) => {
                connection.rollback_raw().await?;
                Err(error)
            }
        }
    }

    async fn inside(&self, connection: &mut Connection, versions: &VersionTable, sqlite: bool) -> Result<()> {
        const STATE: &str = "it was rolled back: the database is as it was before this revision";
        let began = Instant::now();
        let mut dangling = BTreeSet::new();
        if sqlite {
            // Somebody else may have been faster: the lock is held from here on only.
            let there =
                versions.rows(connection).await?.into_iter().any(|row| row.id == self.revision.id && row.is_whole());
            if there != self.undoing {
                return Ok(());
            }
            dangling = unresolved(connection).await?;
        }
        for (at, statement) in self.statements.iter().enumerate() {
            connection.batch(statement.as_str()).await.map_err(|error| self.failed(at, STATE, error))?;
        }
        if sqlite && let Some((table, parent)) = unresolved(connection).await?.difference(&dangling).next() {
            let reason = format!("rows of {table} would reference rows of {parent} that are not there any more");
            return Err(self.failed(
                self.statements.len().saturating_sub(1),
                STATE,
                orm_core::Error::Statement(reason),
            ));
        }
        match self.undoing {
            false => versions.write(connection, &self.row(self.statements.len(), began)).await,
            true => versions.forget(connection, &self.revision.id).await,
        }
    }

    /// Each statement by itself, with a note after each of how far it went.
    async fn one_by_one(&self, connection: &mut Connection, versions: &VersionTable, start: usize) -> Result<()> {
        let began = Instant::now();
        versions.write(connection, &self.row(start, began)).await?;
        for (at, statement) in self.statements.iter().enumerate().skip(start) {
            if let Err(error) = connection.batch(statement.as_str()).await {
                let row = Applied { error: Some(error.to_string()), ..self.row(at, began) };
                let noted = versions.write(connection, &row).await;
                let verb = if self.undoing { "undone" } else { "applied" };
                let state = match (at, noted) {
                    (0, Ok(())) => "nothing of it ran; correct the cause and run the same command again".to_owned(),
                    (_, Ok(())) => format!(
                        "its first {at} statements are {verb} and stay, since they are not part of a transaction; correct the \
                         cause and run the same command again: it goes on with statement {}",
                        at + 1
                    ),
                    (_, Err(lost)) => format!(
                        "its first {at} statements are {verb} and stay, and that could not be written down ({lost}): repair the \
                         database by hand, and say so with `orm-migrate stamp`"
                    ),
                };
                return Err(self.failed(at, &state, error));
            }
            versions.write(connection, &self.row(at + 1, began)).await?;
        }
        match self.undoing {
            false => Ok(()),
            true => versions.forget(connection, &self.revision.id).await,
        }
    }
}

async fn foreign_keys(connection: &mut Connection) -> Result<bool> {
    let mut on = false;
    let mut each = |row: &dyn Row| {
        on = row.i64(0).ok().flatten() == Some(1);
        Ok(())
    };
    connection.fetch("PRAGMA foreign_keys", &mut each).await?;
    Ok(on)
}

/// The tables with rows that reference nothing, each with the table that it references.
async fn unresolved(connection: &mut Connection) -> Result<BTreeSet<(String, String)>> {
    let mut found = BTreeSet::new();
    let mut each = |row: &dyn Row| {
        let read = |index| column::<String>(row, index);
        if let (Ok(table), Ok(parent)) = (read(0), read(1)) {
            found.insert((table, parent));
        }
        Ok(())
    };
    connection.fetch("SELECT DISTINCT \"table\", parent FROM pragma_foreign_key_check", &mut each).await?;
    Ok(found)
}
