//! Differences between models and databases, and the revisions that carry them out.

mod differences;
mod histories;
mod running;

use orm_migrate::{Change, Migrator, Operation, Revision, Revisions, Sql, VersionTable};
use tests::prelude::*;

/// Revisions that follow each other.
fn chain(steps: Vec<(&str, Vec<Operation>)>) -> Vec<Revision> {
    let mut all: Vec<Revision> = Vec::new();
    for (message, up) in steps {
        let parents = all.last().map(|parent| parent.id.clone()).into_iter().collect();
        all.push(Revision { file: format!("{message}.toml"), ..Revision::new(message, parents, up) });
    }
    all
}

fn migrator(db: &Db, revisions: &[Revision]) -> Migrator {
    Migrator::new(db.engine.clone(), made(Revisions::new(revisions.to_vec())))
}

/// What must be all right; the errors of two crates meet in these tests.
#[track_caller]
fn made<T>(result: orm_migrate::Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}\n{error:?}"),
    }
}

#[track_caller]
fn failed<T: std::fmt::Debug>(result: orm_migrate::Result<T>) -> orm_migrate::Error {
    result.unwrap_err()
}

/// The tables but for the version table.
async fn tables(engine: &Engine) -> Result<Vec<String>> {
    let all = engine.reflect().await?.tables.into_iter().map(|table| table.name);
    Ok(all.filter(|name| *name != VersionTable::default().name).collect())
}

fn sql(text: &str) -> Operation {
    Change::Sql(Sql { any: Some(text.to_owned()), ..Sql::default() }).into()
}

fn lines(operations: &[Operation]) -> Vec<String> {
    operations.iter().map(ToString::to_string).collect()
}

/// One number.
async fn number(engine: &Engine, sql: &str) -> Result<i64> {
    let mut found = -1;
    let mut each = |row: &dyn orm_core::types::Row| {
        found = row.i64(0).ok().flatten().unwrap_or(-1);
        Ok(())
    };
    engine.fetch(sql, &mut each).await?;
    Ok(found)
}
