//! What MySQL's and MariaDB's error numbers and words mean.

use crate::engine::backend::{Fault, FaultKind, Problem, Violated};
use crate::error::Error;
use sqlx::mysql::MySqlDatabaseError;

fn database(error: &sqlx::Error) -> Option<&MySqlDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

pub(super) fn problem(error: sqlx::Error) -> Problem {
    let Some(said) = database(&error) else { return Problem::Fault(Box::new(Fault::of_driver(error))) };
    let (number, message) = (said.number(), said.message());
    let kind = classify(number, said.code().unwrap_or_default(), message);
    let advice = match number {
        1205 | 3572 => "; another transaction holds the lock: commit it sooner, or raise innodb_lock_wait_timeout",
        _ => "",
    };
    // InnoDB rolls the whole transaction back to end a deadlock.
    let ended_transaction = number == 1213;
    let fault = Fault::new(kind, format!("{message}{advice}"));
    let code = Some(number.to_string());
    Problem::Fault(Box::new(Fault { code, source: Some(Box::new(error)), ended_transaction, ..fault }))
}

fn classify(number: u16, state: &str, message: &str) -> FaultKind {
    match number {
        1022 | 1062 | 1169 | 1586 => FaultKind::Unique(duplicate(message)),
        1216 | 1217 | 1451 | 1452 | 1761 | 1762 => FaultKind::ForeignKey(foreign_key(message)),
        1048 | 1263 | 1364 => FaultKind::NotNull(Violated {
            columns: between(message, '\'').into_iter().take(1).map(str::to_owned).collect(),
            ..Violated::default()
        }),
        // MySQL: Check constraint 'c' is violated. MariaDB: CONSTRAINT `c` failed for `db`.`t`; MySQL uses that number
        // for something else.
        3819 => FaultKind::Check(Violated { constraint: first(message, '\''), ..Violated::default() }),
        4025 if state == "23000" => FaultKind::Check(Violated {
            constraint: first(message, '`'),
            table: between(message, '`').get(2).map(|table| (*table).to_owned()),
            columns: Vec::new(),
        }),
        1213 => FaultKind::Deadlock,
        // Record has changed since last read (MariaDB's innodb_snapshot_isolation).
        1020 => FaultKind::Serialization,
        // Lock wait, NOWAIT, max_execution_time, max_statement_time, KILL QUERY.
        1205 | 3572 | 3024 | 1969 | 1317 => FaultKind::Timeout,
        // Server shutdown, KILL, gone away, lost, idle for too long.
        1053 | 1152 | 1153 | 1927 | 2006 | 2013 | 4031 => FaultKind::Lost,
        1146 => FaultKind::NoSuchTable(missing_table(message)),
        _ => FaultKind::Other,
    }
}

/// `Table 'db.t' doesn't exist`, in whatever language the server speaks.
fn missing_table(message: &str) -> String {
    let name = between(message, '\'').first().copied().unwrap_or(message);
    name.split_once('.').map_or(name, |(_, table)| table).to_owned()
}

/// `Duplicate entry 'x' for key 'users.name'`; MariaDB leaves the table out. The entry may hold quotes.
fn duplicate(message: &str) -> Violated {
    let key = message.strip_suffix('\'').and_then(|rest| Some(rest.rsplit_once('\'')?.1));
    match key.map(|key| key.split_once('.').map_or((None, key), |(table, key)| (Some(table), key))) {
        Some((table, key)) => {
            Violated { constraint: Some(key.to_owned()), table: table.map(str::to_owned), columns: Vec::new() }
        }
        None => Violated::default(),
    }
}

/// ``(`db`.`t`, CONSTRAINT `c` FOREIGN KEY (`a`, `b`) REFERENCES …``
fn foreign_key(message: &str) -> Violated {
    let named = |text: &str| between(text, '`').into_iter().map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = message.split_once("CONSTRAINT ").unwrap_or((message, ""));
    let columns = after.split_once("FOREIGN KEY (").and_then(|(_, rest)| rest.split_once(')'));
    Violated {
        constraint: first(after, '`'),
        table: named(before).into_iter().next_back(),
        columns: columns.map(|(list, _)| named(list)).unwrap_or_default(),
    }
}

/// What stands in quotes.
fn between(text: &str, quote: char) -> Vec<&str> {
    let parts: Vec<&str> = text.split(quote).collect();
    let closed = parts.len().saturating_sub(1) / 2 * 2;
    parts[..closed].iter().skip(1).step_by(2).copied().collect()
}

fn first(text: &str, quote: char) -> Option<String> {
    between(text, quote).first().map(|name| (*name).to_owned())
}

pub(super) fn of_url(error: &sqlx::Error) -> String {
    let reason = match error {
        sqlx::Error::Configuration(reason) => reason.to_string(),
        other => other.to_string(),
    };
    format!("{reason}; the form is mysql://USER:PASSWORD@HOST:PORT/DATABASE")
}

/// The error of connecting.
pub(super) fn of_connecting(error: sqlx::Error, url: &str) -> Error {
    let url = url.to_owned();
    let (refused, reason) = match &error {
        sqlx::Error::Io(io) => (
            false,
            format!(
                "no MySQL or MariaDB server could be reached there ({io}); check that it runs, and the host and port"
            ),
        ),
        sqlx::Error::Tls(tls) => {
            (false, format!("no encrypted connection could be made ({tls}); see the parameter ssl-mode"))
        }
        _ => match database(&error) {
            Some(said) => {
                let (refused, hint) = match said.number() {
                    1045 | 1698 => (true, "; check the user and the password"),
                    1044 => (true, "; the user may not use this database, or it does not exist"),
                    1049 => (true, "; create the database first, or check its name"),
                    1130 | 1251 | 1275 => (true, "; the server does not let this user in from here"),
                    1040 | 1203 => (false, "; lower `max_connections`, or raise the server's"),
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

    fn violated(constraint: &str, table: &str, columns: &[&str]) -> Violated {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Violated {
            constraint: some(constraint),
            table: some(table),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        }
    }

    #[test]
    fn numbers_are_told_apart() {
        let mysql = "Cannot add or update a child row: a foreign key constraint fails (`test`.`child`, CONSTRAINT `fk_c` \
                     FOREIGN KEY (`a`, `b`) REFERENCES `parent` (`x`, `y`))";
        for (number, message, kind) in [
            (1062, "Duplicate entry 'x' for key 'users.name'", FaultKind::Unique(violated("name", "users", &[]))),
            (1062, "Duplicate entry 'it's' for key 'name'", FaultKind::Unique(violated("name", "", &[]))),
            (1452, mysql, FaultKind::ForeignKey(violated("fk_c", "child", &["a", "b"]))),
            (1048, "Column 'name' cannot be null", FaultKind::NotNull(violated("", "", &["name"]))),
            (1364, "Field 'name' doesn't have a default value", FaultKind::NotNull(violated("", "", &["name"]))),
            (3819, "Check constraint 'age_ok' is violated.", FaultKind::Check(violated("age_ok", "", &[]))),
            (4025, "CONSTRAINT `age_ok` failed for `test`.`users`", FaultKind::Check(violated("age_ok", "users", &[]))),
            (1213, "Deadlock found", FaultKind::Deadlock),
            (1205, "Lock wait timeout exceeded", FaultKind::Timeout),
            (2013, "Lost connection", FaultKind::Lost),
            (1146, "Table 'test.users' doesn't exist", FaultKind::NoSuchTable("users".into())),
            (1064, "You have an error in your SQL syntax", FaultKind::Other),
        ] {
            assert_eq!(classify(number, "23000", message), kind, "{message}");
        }
        assert_eq!(classify(4025, "HY000", "something else"), FaultKind::Other);
    }
}
