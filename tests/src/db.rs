use crate::Database;
use orm_core::Result;
use orm_core::prelude::*;
use orm_core::schema::MetaData;

/// A test's own, empty database.
#[derive(Clone)]
pub struct Db {
    /// An engine on it.
    pub engine: Engine,
    /// Which of the four it is.
    pub database: Database,
    url: String,
}

impl Db {
    pub(crate) async fn connect(database: Database, url: String) -> Result<Self> {
        let engine = Engine::options(&url).max_connections(5).connect().await?;
        Ok(Db { engine, database, url })
    }

    /// The dialect that the engine found.
    pub fn dialect(&self) -> Dialect {
        self.engine.dialect()
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same test's database with another engine, for one that a test made itself.
    #[must_use]
    pub fn with_engine(&self, engine: Engine) -> Db {
        Db { engine, ..self.clone() }
    }

    /// Makes the tables of these models.
    ///
    /// # Errors
    /// Those of `create_all`.
    pub async fn create(&self, metadata: MetaData) -> Result<()> {
        metadata.create_all(&self.engine).await
    }

    /// A second engine on the same database. In memory SQLite's database belongs to its engine, so it is the same one.
    ///
    /// # Errors
    /// Those of connecting.
    pub async fn second_engine(&self) -> Result<Engine> {
        match self.database {
            Database::Sqlite => Ok(self.engine.clone()),
            _ => Engine::options(&self.url).max_connections(5).connect().await,
        }
    }
}
