//! What SQLite's error codes and words mean.

use crate::engine::backend::{Fault, FaultKind, Problem, Violated};
use crate::error::Error;
use std::path::Path;
use std::time::Duration;

/// What an error about locks needs to know to say what to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) memory: bool,
    pub(super) busy: Duration,
}

const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const NO_MEMORY: u32 = 7;
const READ_ONLY: u32 = 8;
const INTERRUPTED: u32 = 9;
const IO: u32 = 10;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANT_OPEN: u32 = 14;
const AUTH: u32 = 23;
const NOT_A_DATABASE: u32 = 26;
const BUSY_SNAPSHOT: u32 = 517;

pub(super) fn problem(error: sqlx::Error, place: Place) -> Problem {
    let sqlx::Error::Database(database) = &error else { return Problem::Fault(Box::new(Fault::of_driver(error))) };
    let code = database.code().and_then(|code| code.parse().ok()).unwrap_or(0);
    let (kind, message) = classify(code, database.message(), place);
    // These errors may end the transaction; going on as if it were open would commit statement by statement.
    let ended_transaction = matches!(code & 0xff, NO_MEMORY | INTERRUPTED | IO | CORRUPT | FULL);
    let code = Some(code.to_string());
    let fault = Fault::new(kind, message);
    Problem::Fault(Box::new(Fault { code, source: Some(Box::new(error)), ended_transaction, ..fault }))
}

fn classify(code: u32, message: &str, place: Place) -> (FaultKind, String) {
    let after = |prefix: &str| message.strip_prefix(prefix).unwrap_or_default();
    let kind = match code {
        // UNIQUE, PRIMARYKEY, ROWID
        2067 | 1555 | 2579 => FaultKind::Unique(columns(after("UNIQUE constraint failed: "))),
        787 | 1811 => FaultKind::ForeignKey(Violated::default()),
        1299 => FaultKind::NotNull(columns(after("NOT NULL constraint failed: "))),
        275 => FaultKind::Check(Violated {
            constraint: Some(after("CHECK constraint failed: ")).filter(|name| !name.is_empty()).map(str::to_owned),
            ..Violated::default()
        }),
        BUSY_SNAPSHOT => FaultKind::Serialization,
        _ if code & 0xff == BUSY || code & 0xff == LOCKED => {
            return (FaultKind::Timeout, locked(code & 0xff, message, place));
        }
        _ => match message.strip_prefix("no such table: ") {
            Some(table) => FaultKind::NoSuchTable(table.to_owned()),
            None => FaultKind::Other,
        },
    };
    (kind, message.to_owned())
}

/// `users.name, users.age` or `index 'lower_name'`.
fn columns(list: &str) -> Violated {
    if let Some(index) = list.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
        return Violated { constraint: Some(index.to_owned()), ..Violated::default() };
    }
    let mut violated = Violated::default();
    for name in list.split(", ").filter(|name| !name.is_empty()) {
        match name.split_once('.') {
            Some((table, column)) => {
                violated.table.get_or_insert_with(|| table.to_owned());
                violated.columns.push(column.to_owned());
            }
            None => violated.columns.push(name.to_owned()),
        }
    }
    violated
}

fn locked(code: u32, message: &str, place: Place) -> String {
    let waited = place.busy;
    match (code, place.memory) {
        (BUSY, true) => format!(
            "{message}: another connection has an open transaction that writes, and an in-memory database lets nobody else \
             read or write meanwhile (waited {waited:?}); commit it first, or use a file, where readers go on"
        ),
        (BUSY, false) => format!(
            "{message}: another connection holds SQLite's lock for writing (waited {waited:?}); commit its transaction \
             sooner, or raise `busy_timeout`"
        ),
        _ => format!("{message}: a query on the table is still being read; read it to its end or drop it first"),
    }
}

pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| code & 0xff == BUSY)
}

fn code(error: &sqlx::Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// The error of opening a database.
pub(super) fn of_connecting(error: sqlx::Error, url: &str, file: &Path) -> Error {
    let url = url.to_owned();
    let shown = file.display();
    let directory = match file.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    };
    let (refused, reason) = match code(&error).map(|code| code & 0xff) {
        Some(CANT_OPEN) if !directory.is_dir() => {
            (false, format!("the directory {} does not exist; create it first", directory.display()))
        }
        Some(CANT_OPEN) if file.is_dir() => (false, format!("{shown} is a directory, not a file")),
        Some(CANT_OPEN) if !file.exists() && url.contains("mode=") => {
            (false, format!("the file {shown} does not exist; leave `mode` out, or use mode=rwc, to create it"))
        }
        Some(CANT_OPEN | READ_ONLY | AUTH) => (
            true,
            format!("the file {shown} can't be opened; check that this user may read and write it and its directory"),
        ),
        Some(NOT_A_DATABASE) => {
            (true, format!("the file {shown} is not a SQLite database, or is encrypted; check the path"))
        }
        _ => (false, error.to_string()),
    };
    let source: Option<Box<dyn std::error::Error + Send + Sync>> = Some(Box::new(error));
    if refused { Error::LoginRefused { url, reason, source } } else { Error::Connect { url, reason, source } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { memory: true, busy: Duration::from_secs(2) };

    #[test]
    fn constraints_are_told_apart() {
        let violated = |table: &str, columns: &[&str]| Violated {
            constraint: None,
            table: Some(table.into()),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        };
        let named = |name: &str| Violated { constraint: Some(name.into()), ..Violated::default() };
        for (code, message, kind) in [
            (
                2067,
                "UNIQUE constraint failed: users.name, users.age",
                FaultKind::Unique(violated("users", &["name", "age"])),
            ),
            (1555, "UNIQUE constraint failed: users.id", FaultKind::Unique(violated("users", &["id"]))),
            (2067, "UNIQUE constraint failed: index 'ix'", FaultKind::Unique(named("ix"))),
            (1299, "NOT NULL constraint failed: users.name", FaultKind::NotNull(violated("users", &["name"]))),
            (787, "FOREIGN KEY constraint failed", FaultKind::ForeignKey(Violated::default())),
            (275, "CHECK constraint failed: age > 0", FaultKind::Check(named("age > 0"))),
            (517, "database is locked", FaultKind::Serialization),
            (5, "database is locked", FaultKind::Timeout),
            (1, "no such table: users", FaultKind::NoSuchTable("users".into())),
            (1, "near \"SELEC\": syntax error", FaultKind::Other),
        ] {
            assert_eq!(classify(code, message, PLACE).0, kind, "{message}");
        }
    }

    #[test]
    fn a_lock_names_its_cause() {
        let (_, message) = classify(5, "database is locked", PLACE);
        assert!(message.contains("in-memory database lets nobody else read"), "{message}");
        let (_, message) = classify(5, "database is locked", Place { memory: false, ..PLACE });
        assert!(message.contains("busy_timeout"), "{message}");
    }
}
