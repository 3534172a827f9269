use super::TestDatabase;
use crate::engine::Engine;
use crate::error::Result;
use crate::schema::MetaData;
use std::ops::Deref;

/// An engine on a database of a test's own: [`engine`], [`engine_on`]. It derefs to [`Engine`]; the database is dropped with
/// it.
#[derive(Debug)]
pub struct TestEngine {
    engine: Engine,
    database: TestDatabase,
}

/// An engine on an empty database of SQLite in memory, with the tables of these models.
///
/// SQL: that of [`create_all`](MetaData::create_all).
///
/// ```
/// # async fn example() -> orm_core::Result<()> {
/// use orm_core::prelude::*;
/// use orm_core::testing;
///
/// #[derive(Model, Debug, Clone, Default)]
/// #[orm(table = "users")]
/// struct User {
///     #[orm(primary_key)]
///     id: i64,
///     name: String,
/// }
///
/// let engine = testing::engine(metadata![User]).await?;
/// let mut session = engine.session();
/// session.add(User { name: "ed".into(), ..Default::default() });
/// session.commit().await?;
/// assert_eq!(engine.scalar(select(count_all()).select_from(User)).await?, 1);
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
///
/// # Errors
/// Those of `create_all`.
pub async fn engine(metadata: MetaData) -> Result<TestEngine> {
    engine_on("sqlite::memory:", metadata).await
}

/// An engine on a fresh database on the server of this URL, with the tables of these models: `sqlite::memory:`, or
/// `postgres://…`, `mysql://…` with a user who may create databases. [`server`] takes the URL from the environment.
///
/// SQL: `CREATE DATABASE orm_test_…`, and that of [`create_all`](MetaData::create_all); at the end `DROP DATABASE`.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug, Clone, Default)]
/// # #[orm(table = "users")]
/// # struct User {
/// #     #[orm(primary_key)]
/// #     id: i64,
/// # }
/// # async fn example() -> orm_core::Result<()> {
/// use orm_core::testing;
///
/// // In memory at home, on the server where it is named.
/// let engine = testing::engine_on(&testing::server("SHOP_TEST_DATABASE_URL"), metadata![User]).await?;
/// assert!(engine.all(select(User)).await?.is_empty());
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
///
/// # Errors
/// Those of [`TestDatabase::create`] and `create_all`.
pub async fn engine_on(server: &str, metadata: MetaData) -> Result<TestEngine> {
    let database = TestDatabase::create(server).await?;
    let engine = Engine::connect(database.url()).await?;
    metadata.create_all(&engine).await?;
    Ok(TestEngine { engine, database })
}

/// The URL that an environment variable holds, or `sqlite::memory:` when it is not set or empty.
pub fn server(variable: &str) -> String {
    match std::env::var(variable) {
        Ok(url) if !url.is_empty() => url,
        _ => "sqlite::memory:".to_owned(),
    }
}

impl TestEngine {
    /// The engine. A clone of it is of no use any more once the database is dropped.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The database.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// Closes the engine and drops the database now, and says so if that fails.
    ///
    /// # Errors
    /// As [`TestDatabase::remove`].
    pub async fn remove(self) -> Result<()> {
        self.engine.close().await;
        self.database.remove().await
    }
}

impl Deref for TestEngine {
    type Target = Engine;
    fn deref(&self) -> &Engine {
        &self.engine
    }
}
