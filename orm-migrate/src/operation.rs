use orm_core::schema::{Check, Column, ForeignKey, Index, Table, Unique};
use orm_core::types::Dialect;
use std::fmt;

/// A table's name, with its schema unless that is the default one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableName {
    /// The schema.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
}

impl TableName {
    /// The name of this table.
    pub fn of(table: &Table) -> Self {
        TableName { schema: table.schema.clone(), name: table.name.clone() }
    }

    /// A table of this name, with nothing in it.
    pub(crate) fn table(&self) -> Table {
        Table { name: self.name.clone(), schema: self.schema.clone(), ..Table::default() }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A change of a schema. What drops something also holds what is dropped, as far as that is known, so that it can be
/// undone.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// CREATE TABLE.
    CreateTable(Table),
    /// DROP TABLE.
    DropTable {
        /// The table.
        table: TableName,
        /// What it was.
        from: Option<Table>,
    },
    /// ALTER TABLE … ADD COLUMN.
    AddColumn {
        /// The table.
        table: TableName,
        /// The column.
        column: Column,
    },
    /// ALTER TABLE … DROP COLUMN.
    DropColumn {
        /// The table.
        table: TableName,
        /// The column's name.
        column: String,
        /// What it was.
        from: Option<Column>,
    },
    /// CREATE INDEX.
    CreateIndex {
        /// The table.
        table: TableName,
        /// The index.
        index: Index,
    },
    /// DROP INDEX.
    DropIndex {
        /// The table.
        table: TableName,
        /// The index's name.
        name: String,
        /// What it was.
        from: Option<Index>,
    },
    /// ALTER TABLE … ADD FOREIGN KEY.
    AddForeignKey {
        /// The table.
        table: TableName,
        /// The key.
        key: ForeignKey,
    },
    /// ALTER TABLE … DROP a foreign key.
    DropForeignKey {
        /// The table.
        table: TableName,
        /// The key's name.
        name: String,
        /// What it was.
        from: Option<ForeignKey>,
    },
    /// ALTER TABLE … ADD UNIQUE.
    AddUnique {
        /// The table.
        table: TableName,
        /// The constraint.
        unique: Unique,
    },
    /// ALTER TABLE … DROP a unique constraint.
    DropUnique {
        /// The table.
        table: TableName,
        /// The constraint's name.
        name: String,
        /// What it was.
        from: Option<Unique>,
    },
    /// ALTER TABLE … ADD CHECK.
    AddCheck {
        /// The table.
        table: TableName,
        /// The check.
        check: Check,
    },
    /// ALTER TABLE … DROP a check.
    DropCheck {
        /// The table.
        table: TableName,
        /// The check's name.
        name: String,
        /// What it was.
        from: Option<Check>,
    },
    /// SQL as it is, by database.
    Sql(Sql),
}

/// SQL of a revision: for each database its own, or one for all that have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sql {
    /// For every database without one of its own.
    pub any: Option<String>,
    /// For SQLite.
    pub sqlite: Option<String>,
    /// For PostgreSQL.
    pub postgres: Option<String>,
    /// For MySQL, and for MariaDB if that has none of its own.
    pub mysql: Option<String>,
    /// For MariaDB.
    pub mariadb: Option<String>,
}

impl Sql {
    /// The SQL for a database.
    pub fn of(&self, dialect: Dialect) -> Option<&str> {
        let own = match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
            Dialect::MySql => &self.mysql,
            Dialect::MariaDb if self.mariadb.is_some() => &self.mariadb,
            Dialect::MariaDb => &self.mysql,
        };
        own.as_deref().or(self.any.as_deref())
    }
}

/// A change, and the databases that it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The change.
    pub change: Change,
    /// The databases; all when empty.
    pub only: Vec<Dialect>,
}

impl From<Change> for Operation {
    fn from(change: Change) -> Self {
        Operation { change, only: Vec::new() }
    }
}

impl Operation {
    /// Whether it is for this database.
    pub fn is_for(&self, dialect: Dialect) -> bool {
        self.only.is_empty() || self.only.contains(&dialect)
    }

    /// What undoes it.
    ///
    /// # Errors
    /// Why nothing does: SQL, or a drop that does not say what was dropped.
    pub fn inverse(&self) -> Result<Operation, String> {
        Ok(Operation { change: self.change.inverse()?, only: self.only.clone() })
    }
}

impl Change {
    /// The table that it is about.
    pub fn table(&self) -> Option<TableName> {
        Some(match self {
            Change::CreateTable(table) => TableName::of(table),
            Change::DropTable { table, .. }
            | Change::AddColumn { table, .. }
            | Change::DropColumn { table, .. }
            | Change::CreateIndex { table, .. }
            | Change::DropIndex { table, .. }
            | Change::AddForeignKey { table, .. }
            | Change::DropForeignKey { table, .. }
            | Change::AddUnique { table, .. }
            | Change::DropUnique { table, .. }
            | Change::AddCheck { table, .. }
            | Change::DropCheck { table, .. } => table.clone(),
            Change::Sql(_) => return None,
        })
    }

    fn inverse(&self) -> Result<Change, String> {
        let unknown = || format!("`{self}` does not say what is dropped (`from`)");
        let unnamed = || format!("`{self}` makes something without a name");
        Ok(match self.clone() {
            Change::CreateTable(table) => Change::DropTable { table: TableName::of(&table), from: Some(table) },
            Change::DropTable { from, .. } => Change::CreateTable(from.ok_or_else(unknown)?),
            Change::AddColumn { table, column } => {
                Change::DropColumn { table, column: column.name.clone(), from: Some(column) }
            }
            Change::DropColumn { table, from, .. } => Change::AddColumn { table, column: from.ok_or_else(unknown)? },
            Change::CreateIndex { table, index } => {
                Change::DropIndex { table, name: index.name.clone(), from: Some(index) }
            }
            Change::DropIndex { table, from, .. } => Change::CreateIndex { table, index: from.ok_or_else(unknown)? },
            Change::AddForeignKey { table, key } => {
                Change::DropForeignKey { table, name: key.name.clone().ok_or_else(unnamed)?, from: Some(key) }
            }
            Change::DropForeignKey { table, from, .. } => {
                Change::AddForeignKey { table, key: from.ok_or_else(unknown)? }
            }
            Change::AddUnique { table, unique } => {
                Change::DropUnique { table, name: unique.name.clone().ok_or_else(unnamed)?, from: Some(unique) }
            }
            Change::DropUnique { table, from, .. } => Change::AddUnique { table, unique: from.ok_or_else(unknown)? },
            Change::AddCheck { table, check } => {
                Change::DropCheck { table, name: check.name.clone().ok_or_else(unnamed)?, from: Some(check) }
            }
            Change::DropCheck { table, from, .. } => Change::AddCheck { table, check: from.ok_or_else(unknown)? },
            Change::Sql(_) => return Err("it has a `sql` operation".to_owned()),
        })
    }
}

/// One line for a person: `add column users.age`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unnamed = "without a name".to_owned();
        match self {
            Change::CreateTable(table) => write!(f, "create table {}", TableName::of(table)),
            Change::DropTable { table, .. } => write!(f, "drop table {table}"),
            Change::AddColumn { table, column } => write!(f, "add column {table}.{}", column.name),
            Change::DropColumn { table, column, .. } => write!(f, "drop column {table}.{column}"),
            Change::CreateIndex { table, index } => {
                write!(f, "create index {} on {table} ({})", index.name, index.columns.join(", "))
            }
            Change::DropIndex { table, name, .. } => write!(f, "drop index {name} of {table}"),
            Change::AddForeignKey { table, key } => {
                let (columns, target) = (key.columns.join(", "), key.target_columns.join(", "));
                write!(f, "add foreign key {table} ({columns}) to {} ({target})", key.target)
            }
            Change::DropForeignKey { table, name, .. } => write!(f, "drop foreign key {name} of {table}"),
            Change::AddUnique { table, unique } => {
                write!(f, "add unique constraint to {table} ({})", unique.columns.join(", "))
            }
            Change::DropUnique { table, name, .. } => write!(f, "drop unique constraint {name} of {table}"),
            Change::AddCheck { table, check } => {
                write!(f, "add check {} to {table}: {}", check.name.as_ref().unwrap_or(&unnamed), check.expression)
            }
            Change::DropCheck { table, name, .. } => write!(f, "drop check {name} of {table}"),
            Change::Sql(_) => f.write_str("run SQL"),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.change, f)?;
        if !self.only.is_empty() {
            let names: Vec<&str> = self.only.iter().map(|dialect| dialect.name()).collect();
            write!(f, " (only {})", names.join(", "))?;
        }
        Ok(())
    }
}
