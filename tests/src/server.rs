use sqlx::{ConnectOptions, Connection, MySqlConnection, PgConnection};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;

/// A database of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// SQLite, in memory unless a test asks for a file.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    MariaDb,
    /// MySQL.
    MySql,
}

impl Database {
    /// All four.
    pub const ALL: [Database; 4] = [Database::Sqlite, Database::Postgres, Database::MariaDb, Database::MySql];

    /// The name of its tests: `postgres`.
    pub const fn name(self) -> &'static str {
        match self {
            Database::Sqlite => "sqlite",
            Database::Postgres => "postgres",
            Database::MariaDb => "mariadb",
            Database::MySql => "mysql",
        }
    }

    /// The variable that holds its server's URL; SQLite needs none.
    pub const fn variable(self) -> Option<&'static str> {
        match self {
            Database::Sqlite => None,
            Database::Postgres => Some("TEST_POSTGRES_URL"),
            Database::MariaDb => Some("TEST_MARIADB_URL"),
            Database::MySql => Some("TEST_MYSQL_URL"),
        }
    }

    /// The URL of its server: `sqlite::memory:`, or what the variable says.
    ///
    /// # Errors
    /// Why there is none.
    pub fn server(self) -> Result<String, String> {
        let Some(variable) = self.variable() else { return Ok("sqlite::memory:".to_owned()) };
        match std::env::var(variable) {
            Ok(url) if !url.is_empty() => Ok(url),
            _ => Err(format!("{variable} is not set")),
        }
    }

    /// Runs a statement on the server, past the library that is tested.
    ///
    /// # Errors
    /// The driver's.
    pub async fn administrate(self, url: &str, sql: &str) -> Result<(), sqlx::Error> {
        match self {
            Database::Sqlite => Ok(()),
            Database::Postgres => {
                let options = sqlx::postgres::PgConnectOptions::from_str(url)?.disable_statement_logging();
                let mut connection = PgConnection::connect_with(&options).await?;
                sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
                connection.close().await
            }
            Database::MariaDb | Database::MySql => {
                let options = sqlx::mysql::MySqlConnectOptions::from_str(url)?.disable_statement_logging();
                let mut connection = MySqlConnection::connect_with(&options).await?;
                sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
                connection.close().await
            }
        }
    }

    /// Makes an empty database on the server and gives its URL and name.
    ///
    /// # Errors
    /// The driver's.
    pub async fn create(self, server: &str) -> Result<(String, String), sqlx::Error> {
        let name = random_name();
        let sql = match self {
            Database::Sqlite => return Ok((server.to_owned(), String::new())),
            Database::Postgres => format!("CREATE DATABASE {name}"),
            Database::MariaDb | Database::MySql => format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"),
        };
        self.administrate(server, &sql).await?;
        Ok((with_database(server, &name), name))
    }

    /// Drops a database that [`create`](Self::create) made, and nothing else.
    ///
    /// # Errors
    /// The driver's.
    pub async fn drop(self, server: &str, name: &str) -> Result<(), sqlx::Error> {
        assert!(name.starts_with("orm_test_"), "only the tests' own databases are dropped, not {name}");
        let force = if self == Database::Postgres { " WITH (FORCE)" } else { "" };
        self.administrate(server, &format!("DROP DATABASE {name}{force}")).await
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn random_name() -> String {
    // Seeded by the operating system, anew for every call.
    format!("orm_test_{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// The URL of another database of the same server.
pub fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, String::new()), |(base, query)| (base, format!("?{query}")));
    let host = base.find("://").map_or(0, |at| at + 3);
    let end = base[host..].find('/').map_or(base.len(), |slash| host + slash);
    format!("{}/{name}{query}", &base[..end])
}

#[cfg(test)]
mod tests {
    use super::{random_name, with_database};

    #[test]
    fn a_url_is_pointed_at_another_database() {
        assert_eq!(with_database("postgres://u:p@h:5432/test", "x"), "postgres://u:p@h:5432/x");
        assert_eq!(with_database("mysql://u@h", "x"), "mysql://u@h/x");
        assert_eq!(with_database("mysql://u@h/a?b=/c", "x"), "mysql://u@h/x?b=/c");
    }

    #[test]
    fn names_differ() {
        assert_ne!(random_name(), random_name());
    }
}
