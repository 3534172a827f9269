//! What PostgreSQL's SQLSTATEs and words mean.

use crate::engine::backend::{Fault, FaultKind, Problem, Violated};
use crate::error::Error;
use sqlx::postgres::PgDatabaseError;

fn database(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

/// What the classification reads from an error.
struct Words<'a> {
    code: &'a str,
    message: &'a str,
    detail: Option<&'a str>,
    constraint: Option<&'a str>,
    table: Option<&'a str>,
    column: Option<&'a str>,
}

pub(super) fn problem(error: sqlx::Error) -> Problem {
    let Some(said) = database(&error) else { return Problem::Fault(Box::new(Fault::of_driver(error))) };
    let kind = classify(&Words {
        code: said.code(),
        message: said.message(),
        detail: said.detail(),
        constraint: said.constraint(),
        table: said.table(),
        column: said.column(),
    });
    let mut message = said.message().to_owned();
    for (name, text) in [("", said.detail()), ("hint: ", said.hint())] {
        if let Some(text) = text {
            message.push_str("; ");
            message.push_str(name);
            message.push_str(text);
        }
    }
    let code = Some(said.code().to_owned());
    let fault = Fault::new(kind, message);
    Problem::Fault(Box::new(Fault { code, source: Some(Box::new(error)), ..fault }))
}

fn classify(words: &Words<'_>) -> FaultKind {
    let violated = || Violated {
        constraint: words.constraint.map(str::to_owned),
        table: words.table.map(str::to_owned),
        columns: match words.column {
            Some(column) => vec![column.to_owned()],
            None => words.detail.map(key_columns).unwrap_or_default(),
        },
    };
    match words.code {
        "23505" => FaultKind::Unique(violated()),
        "23503" => FaultKind::ForeignKey(violated()),
        "23502" => FaultKind::NotNull(violated()),
        "23514" => FaultKind::Check(Violated { columns: Vec::new(), ..violated() }),
        "40001" => FaultKind::Serialization,
        "40P01" => FaultKind::Deadlock,
        // lock_not_available, query_canceled: by a time-out or by somebody
        "55P03" | "57014" => FaultKind::Timeout,
        // Ended by an administrator, a crash, or for having been idle.
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" => FaultKind::Lost,
        // The same code means a table that is missing from the FROM list.
        "42P01" if !words.message.contains("FROM") => FaultKind::NoSuchTable(quoted(words.message).to_owned()),
        code if code.starts_with("08") => FaultKind::Lost,
        _ => FaultKind::Other,
    }
}

/// The columns in `Key (a, lower(b))=(1, 2) already exists.`
fn key_columns(detail: &str) -> Vec<String> {
    let Some((_, rest)) = detail.split_once('(') else { return Vec::new() };
    let Some((list, _)) = rest.split_once(")=(") else { return Vec::new() };
    let mut columns = vec![String::new()];
    let mut depth = 0;
    for c in list.chars() {
        match c {
            ',' if depth == 0 => {
                columns.push(String::new());
                continue;
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if let Some(column) = columns.last_mut() {
            column.push(c);
        }
    }
    columns.iter().map(|column| column.trim().trim_matches('"').to_owned()).collect()
}

/// What stands in quotes, or all of it in a language whose quotes are others.
fn quoted(message: &str) -> &str {
    message.split('"').nth(1).unwrap_or(message)
}

/// A table has changed since the statement was prepared.
pub(super) fn is_stale_plan(error: &sqlx::Error) -> bool {
    database(error).is_some_and(|said| {
        said.code() == "0A000" && matches!(said.routine(), Some("RevalidateCachedQuery" | "exec_execute_message"))
    })
}

/// An earlier statement of the transaction failed.
pub(super) fn is_spoilt(error: &sqlx::Error) -> bool {
    database(error).is_some_and(|said| said.code() == "25P02")
}

pub(super) fn of_url(error: &sqlx::Error) -> String {
    let reason = match error {
        sqlx::Error::Configuration(reason) => reason.to_string(),
        other => other.to_string(),
    };
    format!("{reason}; the form is postgres://USER:PASSWORD@HOST:PORT/DATABASE")
}

/// The error of connecting.
pub(super) fn of_connecting(error: sqlx::Error, url: &str) -> Error {
    let url = url.to_owned();
    let (refused, reason) = match &error {
        sqlx::Error::Io(io) => (
            false,
            format!("no PostgreSQL server could be reached there ({io}); check that it runs, and the host and port"),
        ),
        sqlx::Error::Tls(tls) => {
            (false, format!("no encrypted connection could be made ({tls}); see the parameter sslmode"))
        }
        _ => match database(&error) {
            Some(said) => {
                let (refused, hint) = match said.code() {
                    "28P01" => (true, "; check the user and the password"),
                    "28000" => (true, "; check the user, and the server's pg_hba.conf"),
                    "3D000" => (true, "; create the database first, or check its name"),
                    "42501" => (true, "; the user may not connect to this database"),
                    "53300" => (false, "; lower `max_connections`, or raise the server's"),
                    "57P03" => (false, "; the server is starting or stopping, try again"),
                    _ => (false, ""),
                };
                (refused, format!("{}{hint}", said.message()))
            }
            None => (false, error.to_string()),
        },
    };
    let source: Option<Box<dyn std::error::Error + Send + Sync>> = Some(Box::new(error));
    if refused { Error::LoginRefused { url, reason, source } } else { Error::Connect { url, reason, source } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_told_apart() {
        let words = |code, message| Words { code, message, detail: None, constraint: None, table: None, column: None };
        for (code, message, kind) in [
            ("40001", "could not serialize access", FaultKind::Serialization),
            ("40P01", "deadlock detected", FaultKind::Deadlock),
            ("55P03", "could not obtain lock", FaultKind::Timeout),
            ("57014", "canceling statement due to statement timeout", FaultKind::Timeout),
            ("57P01", "terminating connection", FaultKind::Lost),
            ("08006", "connection failure", FaultKind::Lost),
            ("42P01", "relation \"users\" does not exist", FaultKind::NoSuchTable("users".into())),
            ("42P01", "missing FROM-clause entry for table \"u\"", FaultKind::Other),
            ("42601", "syntax error", FaultKind::Other),
        ] {
            assert_eq!(classify(&words(code, message)), kind, "{code}");
        }
        let unique = Words {
            detail: Some("Key (name, lower(mail))=(ed, x) already exists."),
            constraint: Some("users_name_key"),
            table: Some("users"),
            ..words("23505", "duplicate key value")
        };
        let columns = vec!["name".into(), "lower(mail)".into()];
        let (constraint, table) = (Some("users_name_key".into()), Some("users".into()));
        assert_eq!(classify(&unique), FaultKind::Unique(Violated { constraint, table, columns }));
    }

    #[test]
    fn columns_are_read_from_the_detail() {
        assert_eq!(key_columns("Key (\"Name\")=(x) already exists."), ["Name"]);
        assert_eq!(key_columns("Key (f(a, b), c)=(1, 2) already exists."), ["f(a, b)", "c"]);
        assert!(key_columns("Failing row contains (1, null).").is_empty());
    }
}
