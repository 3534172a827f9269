use super::rows::{Of, Scope, query};
use super::{mysql, postgres, sqlite};
use crate::engine::{Connection, Engine};
use crate::error::{Error, Failure, Result};
use crate::schema::{Check, Column, ForeignKey, Index, PrimaryKey, Schema, Table, Unique};
use crate::types::Dialect;
use std::collections::BTreeMap;

/// Reads what a live database holds.
///
/// Each call is one query of the catalogue (on SQLite, where constraint names stand only in the text of CREATE TABLE, at
/// most three), whether it is asked for one table or for all.
///
/// | | read as |
/// |---|---|
/// | types | [`Type`](crate::types::Type); one that it does not know is `Raw` with the database's name |
/// | defaults | SQL, as the database has it; the number of an identity or serial column is `auto_increment` instead |
/// | indexes | those that were made as such: not a constraint's own, and not the one that InnoDB makes for a foreign key |
/// | unique indexes | indexes on PostgreSQL and SQLite; unique constraints on MySQL and MariaDB, where both are one thing |
/// | JSON on MariaDB | `Type::Json`, its `json_valid` check hidden |
/// | names | as the database has them, quoted or not |
///
/// ```
/// # async fn example() -> orm_core::Result<()> {
/// use orm_core::{Engine, reflect::Inspector};
///
/// let engine = Engine::connect("sqlite::memory:").await?;
/// engine.batch("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)").await?;
///
/// let mut connection = engine.acquire().await?;
/// let mut inspector = Inspector::new(&mut connection);
/// assert_eq!(inspector.table_names().await?, ["users"]);
/// let users = inspector.table("users").await?;
/// assert!(users.columns[0].auto_increment);
/// assert_eq!(users.uniques[0].columns, ["name"]);
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Debug)]
pub struct Inspector<'c> {
    pub(super) connection: &'c mut Connection,
    schema: Option<String>,
}

/// Calls the database's own function.
macro_rules! catalogue {
    ($inspector:expr, $table:expr, $function:ident) => {{
        let scope = Scope { schema: $inspector.schema.as_deref(), table: $table };
        match $inspector.connection.dialect() {
            Dialect::Sqlite => sqlite::$function($inspector.connection, scope).await,
            Dialect::Postgres => postgres::$function($inspector.connection, scope).await,
            Dialect::MySql | Dialect::MariaDb => mysql::$function($inspector.connection, scope).await,
        }
    }};
}

impl<'c> Inspector<'c> {
    /// Looks at the connection's default schema: PostgreSQL's `current_schema()`, the database of the URL on MySQL and
    /// MariaDB, SQLite's own file.
    pub fn new(connection: &'c mut Connection) -> Self {
        Inspector { connection, schema: None }
    }

    /// Looks at another schema (PostgreSQL), database (MySQL and MariaDB) or attached file (SQLite).
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = Some(name.into());
        self
    }

    pub(super) fn in_schema(connection: &'c mut Connection, schema: Option<String>) -> Self {
        Inspector { connection, schema }
    }

    /// The names of the tables, in order. Views, partitions, and the tables of extensions and virtual tables are left
    /// out.
    ///
    /// # Errors
    /// The database's.
    pub async fn table_names(&mut self) -> Result<Vec<String>> {
        Ok(self.tables(None).await?.into_iter().map(|(name, _)| name).collect())
    }

    /// Whether there is a table of this name.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_table(&mut self, table: &str) -> Result<bool> {
        Ok(!self.tables(Some(table)).await?.is_empty())
    }

    /// The columns of a table, in order.
    ///
    /// # Errors
    /// [`Error::NoSuchTable`], or the database's.
    pub async fn columns(&mut self, table: &str) -> Result<Vec<Column>> {
        let found = catalogue!(self, Some(table), columns)?;
        self.or_missing(table, found).await
    }

    /// The primary key of a table, if it has one.
    ///
    /// # Errors
    /// [`Error::NoSuchTable`], or the database's.
    pub async fn primary_key(&mut self, table: &str) -> Result<Option<PrimaryKey>> {
        let found = catalogue!(self, Some(table), primary_keys)?;
        Ok(self.or_missing(table, found).await?.into_iter().next())
    }

    /// The foreign keys of a table.
    ///
    /// # Errors
    /// [`Error::NoSuchTable`], or the database's.
    pub async fn foreign_keys(&mut self, table: &str) -> Result<Vec<ForeignKey>> {
        let found = catalogue!(self, Some(table), foreign_keys)?;
        self.or_missing(table, found).await
    }

    /// The unique constraints of a table.
    ///
    /// # Errors
    /// [`Error::NoSuchTable`], or the database's.
    pub async fn unique_constraints(&mut self, table: &str) -> Result<Vec<Unique>> {
        let found = catalogue!(self, Some(table), uniques)?;
        self.or_missing(table, found).await
    }

    /// The checks of a table.
    ///
    /// # Errors
    /// [`Error::NoSuchTable`], or the database's.
    pub async fn checks(&mut self, table: &str) -> Result<Vec<Check>> {
        let found = catalogue!(self, Some(table), checks)?;
        self.or_missing(table, found).await
    }

    /// The indexes of a table. A key part that is an expression stands in its place as SQL.
    ///
    /// # Errors
    /// [`Error::NoSuchTable`], or the database's.
    pub async fn indexes(&mut self, table: &str) -> Result<Vec<Index>> {
        let found = catalogue!(self, Some(table), indexes)?;
        self.or_missing(table, found).await
    }

    /// The comment of a table. SQLite has none.
    ///
    /// # Errors
    /// [`Error::NoSuchTable`], or the database's.
    pub async fn comment(&mut self, table: &str) -> Result<Option<String>> {
        match self.tables(Some(table)).await?.into_iter().next() {
            Some((_, comment)) => Ok(comment),
            None => Err(self.missing(table).await?),
        }
    }

    /// A table with all that belongs to it.
    ///
    /// # Errors
    /// [`Error::NoSuchTable`], or the database's.
    pub async fn table(&mut self, table: &str) -> Result<Table> {
        match self.read(Some(table)).await?.tables.into_iter().next() {
            Some(table) => Ok(table),
            None => Err(self.missing(table).await?),
        }
    }

    /// All tables, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn reflect(&mut self) -> Result<Schema> {
        self.read(None).await
    }

    async fn read(&mut self, only: Option<&str>) -> Result<Schema> {
        let schema = self.foreign_schema().await?;
        let mut tables = Tables::default();
        for (name, comment) in self.tables(only).await? {
            tables.begin(Table { name, comment, schema: schema.clone(), ..Table::default() });
        }
        if tables.all.is_empty() {
            return Ok(Schema::default());
        }
        tables.add(catalogue!(self, only, columns)?, |table, column| table.columns.push(column));
        tables.add(catalogue!(self, only, primary_keys)?, |table, key| table.primary_key = Some(key));
        tables.add(catalogue!(self, only, foreign_keys)?, |table, key| table.foreign_keys.push(key));
        tables.add(catalogue!(self, only, uniques)?, |table, unique| table.uniques.push(unique));
        tables.add(catalogue!(self, only, checks)?, |table, check| table.checks.push(check));
        tables.add(catalogue!(self, only, indexes)?, |table, index| table.indexes.push(index));
        Ok(Schema { tables: tables.all })
    }

    async fn tables(&mut self, only: Option<&str>) -> Result<Vec<Of<Option<String>>>> {
        catalogue!(self, only, tables)
    }

    /// The schema's name, unless it is the default one.
    async fn foreign_schema(&mut self) -> Result<Option<String>> {
        let Some(schema) = &self.schema else { return Ok(None) };
        let sql = match self.connection.dialect() {
            Dialect::Sqlite => "SELECT 'main'",
            Dialect::Postgres => "SELECT current_schema()::text",
            Dialect::MySql | Dialect::MariaDb => "SELECT DATABASE()",
        };
        let default = query(self.connection, sql, Vec::new(), |row| row.maybe(0)).await?.into_iter().next().flatten();
        Ok(Some(schema.clone()).filter(|schema| default.as_ref() != Some(schema)))
    }

    /// What was found of a table; that nothing was found may be because there is no such table.
    async fn or_missing<T>(&mut self, table: &str, found: Vec<Of<T>>) -> Result<Vec<T>> {
        if found.is_empty() && !self.has_table(table).await? {
            return Err(self.missing(table).await?);
        }
        Ok(found.into_iter().map(|(_, part)| part).collect())
    }

    async fn missing(&mut self, table: &str) -> Result<Error> {
        let names = self.table_names().await?;
        let place = match &self.schema {
            Some(schema) => format!("the schema {schema}"),
            None => "the connection's default schema".to_owned(),
        };
        let message = match names.as_slice() {
            [] => format!("{place} has no tables"),
            names => {
                let more = if names.len() > 20 { ", …" } else { "" };
                let shown = names.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
                format!("{place} has {shown}{more}")
            }
        };
        let failure = Box::new(Failure { message, ..Failure::default() });
        Ok(Error::NoSuchTable { table: table.to_owned(), failure })
    }
}

impl Engine {
    /// The tables of the connection's default schema: what a migration compares with the models. [`Inspector`] reads
    /// other schemas and single tables.
    ///
    /// # Errors
    /// The database's.
    pub async fn reflect(&self) -> Result<Schema> {
        Inspector::new(&mut self.acquire().await?).reflect().await
    }
}

/// Tables by name, in the order in which they came.
#[derive(Default)]
struct Tables {
    all: Vec<Table>,
    by_name: BTreeMap<String, usize>,
}

impl Tables {
    fn begin(&mut self, table: Table) {
        self.by_name.insert(table.name.clone(), self.all.len());
        self.all.push(table);
    }

    /// A table that was made between two queries is left out.
    fn add<T>(&mut self, parts: Vec<Of<T>>, mut put: impl FnMut(&mut Table, T)) {
        for (name, part) in parts {
            if let Some(table) = self.by_name.get(&name).and_then(|at| self.all.get_mut(*at)) {
                put(table, part);
            }
        }
    }
}
