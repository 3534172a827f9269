use crate::engine::Engine;
use crate::error::Result;
use crate::session::Session;

/// A session inside a transaction that is rolled back when the session is dropped, for tests that share one database: whatever it
/// commits, nobody else sees it, and nothing of it stays. Its own commits, rollbacks and savepoints work as ever; they are savepoints of
/// that transaction.
///
/// SQL: `BEGIN` at once; `ROLLBACK` at the end.
///
/// Two tests that write the same row, or the same unique value, wait for each other on a server; on SQLite any two that
/// write do. A database of its own for each test ([`engine`](super::engine)) has no such limits, but takes longer to make on
/// a server. Where a test has a [`Connection`](crate::engine::Connection) or transaction already,
/// [`connection.session()`](crate::engine::Connection::session) joins that.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug, Clone, Default)]
/// # #[orm(table = "users")]
/// # struct User {
/// #     #[orm(primary_key)]
/// #     id: i64,
/// #     name: String,
/// # }
/// # async fn example() -> orm_core::Result<()> {
/// # use orm_core::testing;
/// # let engine = testing::engine(metadata![User]).await?;
/// let mut session = testing::session(&engine).await?;
/// let ed = session.add(User { name: "ed".into(), ..Default::default() });
/// session.commit().await?;
/// assert_eq!(session.scalar(select(count_all()).select_from(User)).await?, 1);
/// drop(session);
///
/// assert_eq!(testing::session(&engine).await?.scalar(select(count_all()).select_from(User)).await?, 0);
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
///
/// # Errors
/// Those of [`Engine::acquire`], and the database's.
pub async fn session(engine: &Engine) -> Result<Session> {
    let mut connection = engine.acquire().await?;
    connection.begin_raw(None).await?;
    Ok(Session::joined(connection))
}
