//! Which database a URL means, and the URL as it may be shown.

use crate::error::{Error, Result};

/// What a URL points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Sqlite(SqlitePlace),
    Postgres,
    MySql,
}

/// Where a SQLite database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SqlitePlace {
    Memory,
    File,
}

const FORMS: &str = "use sqlite::memory:, sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE or \
                     mysql://USER:PASSWORD@HOST/DATABASE (mariadb:// is the same)";

pub(super) fn parse(url: &str) -> Result<Target> {
    let refuse = |reason: String| Err(Error::Url { url: mask(url), reason });
    let Some((scheme, rest)) = url.split_once(':') else {
        return refuse(format!("it has no scheme; {FORMS}"));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "sqlite" => {
            let rest = rest.strip_prefix("//").unwrap_or(rest);
            let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
            let memory = query.split('&').any(|pair| pair == "mode=memory");
            if path == ":memory:" || memory {
                Ok(Target::Sqlite(SqlitePlace::Memory))
            } else if path.is_empty() {
                refuse(format!("it names no file; {FORMS}"))
            } else {
                Ok(Target::Sqlite(SqlitePlace::File))
            }
        }
        scheme @ ("postgres" | "postgresql" | "mysql" | "mariadb") => {
            if !rest.starts_with("//") {
                return refuse(format!("`//` is missing after `{scheme}:`; {FORMS}"));
            }
            Ok(if scheme.starts_with('p') { Target::Postgres } else { Target::MySql })
        }
        other => refuse(format!("the scheme {other:?} is not known; {FORMS}")),
    }
}

/// The error for a database that was not compiled in.
pub(super) fn feature_off(url: &str, target: &Target) -> Error {
    let feature = match target {
        Target::Sqlite(_) => "sqlite",
        Target::Postgres => "postgres",
        Target::MySql => "mysql",
    };
    Error::Url {
        url: mask(url),
        reason: format!(
            "orm-core was built without this database; turn on its cargo feature `{feature}` \
             (orm-core = {{ features = [\"{feature}\"] }})"
        ),
    }
}

/// The URL with its password replaced by `***`, also in a `password=` parameter. It need not be a valid one.
pub(super) fn mask(url: &str) -> String {
    let (address, query) = match url.split_once('?') {
        // An @ behind the ? may be the one behind a password with a bare ? in it: rather hide too much.
        Some((address, query)) if !query.contains('@') => (address, Some(query)),
        _ => (url, None),
    };
    let mut shown = String::with_capacity(url.len());
    match address.split_once("://") {
        Some((scheme, rest)) => {
            shown.push_str(scheme);
            shown.push_str("://");
            match rest.rsplit_once('@') {
                Some((login, host)) => {
                    match login.split_once(':') {
                        Some((user, _)) => {
                            shown.push_str(user);
                            shown.push_str(":***");
                        }
                        None => shown.push_str(login),
                    }
                    shown.push('@');
                    shown.push_str(host);
                }
                None => shown.push_str(rest),
            }
        }
        None => shown.push_str(address),
    }
    if let Some(query) = query {
        for (n, pair) in query.split('&').enumerate() {
            shown.push(if n == 0 { '?' } else { '&' });
            match pair.split_once('=') {
                Some((name, _)) if name.eq_ignore_ascii_case("password") => {
                    shown.push_str(name);
                    shown.push_str("=***");
                }
                _ => shown.push_str(pair),
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked() {
        for (url, shown) in [
            ("postgres://u:secret@host:5/db", "postgres://u:***@host:5/db"),
            ("postgres://u@host/db", "postgres://u@host/db"),
            ("mysql://u:a@b:c/d?e@host/db", "mysql://u:***@host/db"),
            (
                "mysql://u:p@host/db?ssl-mode=disabled&password=x",
                "mysql://u:***@host/db?ssl-mode=disabled&password=***",
            ),
            ("sqlite::memory:", "sqlite::memory:"),
            ("sqlite://a/b.db?mode=ro", "sqlite://a/b.db?mode=ro"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(mask(url), shown);
        }
    }

    #[test]
    fn urls_are_told_apart() {
        for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite:x?mode=memory", "SQLITE::memory:"] {
            assert_eq!(parse(url).unwrap(), Target::Sqlite(SqlitePlace::Memory), "{url}");
        }
        for url in ["sqlite:a.db", "sqlite://a.db?mode=ro", "sqlite:///tmp/a.db"] {
            assert_eq!(parse(url).unwrap(), Target::Sqlite(SqlitePlace::File), "{url}");
        }
        assert_eq!(parse("postgresql://h/d").unwrap(), Target::Postgres);
        assert_eq!(parse("mariadb://h/d").unwrap(), Target::MySql);
        for url in ["", "users.db", "sqlite:", "sqlite://?mode=ro", "oracle://u:secret@h/d", "postgres:u:secret@h/d"] {
            let error = parse(url).unwrap_err().to_string();
            assert!(error.contains("use sqlite::memory:"), "{error}");
            assert!(!error.contains("secret") || url.starts_with("postgres:u"), "{error}");
        }
    }
}
