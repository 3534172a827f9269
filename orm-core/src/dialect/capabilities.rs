use super::Dialect;

/// What a server of a given version can do, found once per engine when it connects.
///
/// Statements are compiled for capabilities, not for a database's name, so that a difference between versions is data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The database.
    pub dialect: Dialect,
    /// Its version: major, minor, patch.
    pub version: (u32, u32, u32),
}

impl Capabilities {
    /// What the version of each database that this crate is tested against can do; the answer for statements that are
    /// printed without a connection.
    pub const fn of(dialect: Dialect) -> Self {
        let version = match dialect {
            Dialect::Sqlite => (3, 51, 0),
            Dialect::Postgres => (15, 0, 0),
            Dialect::MySql => (8, 4, 0),
            Dialect::MariaDb => (10, 11, 0),
        };
        Capabilities { dialect, version }
    }

    /// The most binds that one statement may carry.
    pub const fn max_binds(&self) -> usize {
        match self.dialect {
            Dialect::Sqlite => 32_766,
            Dialect::Postgres | Dialect::MySql | Dialect::MariaDb => 65_535,
        }
    }

    /// Whether a bind may be an array: many rows then need few binds, and one text does for any number of them.
    pub const fn arrays(&self) -> bool {
        matches!(self.dialect, Dialect::Postgres)
    }

    /// How many rows one INSERT, UPDATE or DELETE of a flush takes, each with this many columns to set and this many to be
    /// found by: as far as speed, the limit of binds and a sensible length of the statement allow.
    pub(crate) fn rows_at_once(&self, set: usize, find: usize) -> usize {
        let (most, binds) = match (self.dialect, set, find) {
            (Dialect::Postgres, ..) => return 10_000,
            // CASE is gone through for each row, with a key in each of its arms.
            (Dialect::MySql | Dialect::MariaDb, 1.., 1..) => (250, find + set * (find + 1)),
            // Measured: a thousand rows in one statement take half as long again as in four.
            (Dialect::Sqlite, ..) => (250, set + find),
            (_, 0, _) => (500, find),
            _ => (1000, set + find),
        };
        self.max_binds().checked_div(binds).unwrap_or(most).clamp(1, most)
    }

    /// What a SELECT ends with to see rows as they are, and not as they were when the transaction first read.
    pub(crate) const fn latest(&self) -> &'static str {
        match self.dialect {
            Dialect::MySql | Dialect::MariaDb => " LOCK IN SHARE MODE",
            Dialect::Sqlite | Dialect::Postgres => "",
        }
    }

    /// Whether the version is this one or a later one.
    pub const fn at_least(&self, major: u32, minor: u32, patch: u32) -> bool {
        let (a, b, c) = self.version;
        a > major || (a == major && (b > minor || (b == minor && c >= patch)))
    }

    /// Whether INSERT … RETURNING works.
    pub const fn insert_returning(&self) -> bool {
        match self.dialect {
            Dialect::MySql => false,
            Dialect::MariaDb => self.at_least(10, 5, 0),
            Dialect::Sqlite => self.at_least(3, 35, 0),
            Dialect::Postgres => true,
        }
    }

    /// Whether the row of an INSERT can be given a name, by which ON DUPLICATE KEY UPDATE speaks of it (MySQL).
    pub const fn row_alias(&self) -> bool {
        matches!(self.dialect, Dialect::MySql) && self.at_least(8, 0, 19)
    }

    /// Whether UPDATE … RETURNING works.
    pub const fn update_returning(&self) -> bool {
        matches!(self.dialect, Dialect::Sqlite | Dialect::Postgres)
    }

    /// Whether RETURNING gives the columns as triggers left them. SQLite gives them as the statement itself wrote them.
    pub const fn returning_after_triggers(&self) -> bool {
        !matches!(self.dialect, Dialect::Sqlite)
    }

    /// Whether DELETE … RETURNING works.
    pub const fn delete_returning(&self) -> bool {
        !matches!(self.dialect, Dialect::MySql)
    }

    /// Whether a session reads outside a transaction and begins one only before its first write: on SQLite a transaction
    /// that reads before it writes fails as soon as another one does the same.
    pub const fn begins_before_write(&self) -> bool {
        matches!(self.dialect, Dialect::Sqlite)
    }

    /// Whether foreign keys are checked row by row and not at a statement's end: a row that references itself then has to
    /// let go of itself before it can be deleted.
    pub const fn checks_keys_by_row(&self) -> bool {
        matches!(self.dialect, Dialect::MySql | Dialect::MariaDb)
    }

    /// Whether definitions (CREATE, ALTER, DROP) are part of a transaction, and go with it when it is rolled back.
    pub const fn transactional_ddl(&self) -> bool {
        matches!(self.dialect, Dialect::Sqlite | Dialect::Postgres)
    }
}
