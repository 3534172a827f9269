use std::fmt;

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
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
