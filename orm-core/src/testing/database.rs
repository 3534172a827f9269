use crate::engine::{Connection, Engine};
use crate::error::{Error, Result};
use crate::types::{Dialect, Row};
use std::hash::{BuildHasher, RandomState};

/// A database of a test's own, empty at first, which is dropped with this value: on a server one that is called
/// `orm_test_` and a random number, with SQLite one in memory.
///
/// Most tests want [`engine`](super::engine), which connects and makes the tables too. This is for those that connect by
/// themselves.
///
/// Dropping it waits until the database is gone, on a thread of its own, so that it also happens after a panic; whoever is
/// still connected is thrown out. A process that is killed leaves its databases: drop what is called `orm_test_…` by
/// hand.
///
/// ```
/// # async fn example() -> orm_core::Result<()> {
/// use orm_core::Engine;
/// use orm_core::testing::TestDatabase;
///
/// let database = TestDatabase::create("sqlite::memory:").await?;
/// let engine = Engine::options(database.url()).max_connections(2).connect().await?;
/// engine.batch("CREATE TABLE users (id INTEGER PRIMARY KEY)").await?;
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    /// Where it is dropped; nowhere in memory.
    made: Option<Made>,
}

/// A database on a server.
#[derive(Clone)]
struct Made {
    server: String,
    name: String,
}

/// The server's URL may hold a password.
impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl TestDatabase {
    /// Makes a database on the server of this URL, whose own database is only connected to; `sqlite::memory:` needs
    /// nothing to be made.
    ///
    /// SQL: `CREATE DATABASE orm_test_…`, on MySQL and MariaDB with the character set utf8mb4.
    ///
    /// # Errors
    /// [`Error::Url`] for a file of SQLite, which tests beside each other would share; those of connecting, and the
    /// database's, where the user may not create one.
    pub async fn create(server: &str) -> Result<TestDatabase> {
        if is_sqlite(server) {
            return match server {
                "sqlite::memory:" => Ok(TestDatabase { url: server.to_owned(), made: None }),
                _ => Err(Error::Url {
                    url: server.to_owned(),
                    reason: "tests that run beside each other would share the file; use sqlite::memory:".to_owned(),
                }),
            };
        }
        let name = random_name();
        let engine = Engine::options(server).max_connections(1).connect().await?;
        let charset = match engine.dialect() {
            Dialect::MySql | Dialect::MariaDb => " CHARACTER SET utf8mb4",
            _ => "",
        };
        let created = engine.batch(format!("CREATE DATABASE {name}{charset}")).await;
        engine.close().await;
        created?;
        let url = with_database(server, &name);
        Ok(TestDatabase { url, made: Some(Made { server: server.to_owned(), name }) })
    }

    /// Its URL. In memory every engine on it is a database of its own.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name on the server; `None` in memory.
    pub fn name(&self) -> Option<&str> {
        self.made.as_ref().map(|made| made.name.as_str())
    }

    /// Drops it now, and says so if that fails.
    ///
    /// # Errors
    /// Those of connecting, and the database's.
    pub async fn remove(mut self) -> Result<()> {
        match self.made.take() {
            Some(made) => made.remove().await,
            None => Ok(()),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(made) = self.made.take() else { return };
        let name = made.name.clone();
        // The test's own runtime may be what drops this, or be gone already.
        let removal = std::thread::Builder::new().name(format!("drop {name}")).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::custom)?;
            runtime.block_on(made.remove())
        });
        let removed = match removal {
            Ok(thread) => thread.join().unwrap_or_else(|_| Err(Error::custom("its thread panicked"))),
            Err(error) => Err(Error::custom(error)),
        };
        if let Err(error) = removed {
            tracing::warn!(target: "orm_core::testing", %error, database = name, "a test's database could not be dropped");
        }
    }
}

impl Made {
    async fn remove(self) -> Result<()> {
        let engine = Engine::options(&self.server).max_connections(1).connect().await?;
        let removed = async {
            let mut connection = engine.acquire().await?;
            match engine.dialect() {
                Dialect::Postgres => {
                    connection.batch(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await
                }
                _ => {
                    disconnect(&mut connection, &self.name).await?;
                    connection.batch(format!("DROP DATABASE IF EXISTS {}", self.name)).await
                }
            }
        }
        .await;
        engine.close().await;
        removed
    }
}

/// Ends the connections to a database of MySQL or MariaDB: one with an open transaction would hold DROP DATABASE up.
async fn disconnect(connection: &mut Connection, name: &str) -> Result<()> {
    let mut connected: Vec<i64> = Vec::new();
    let mut read = |row: &dyn Row| {
        connected.extend(row.i64(0).ok().flatten());
        Ok(())
    };
    let query = format!("SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE db = '{name}'");
    connection.fetch(query.as_str(), &mut read).await?;
    for id in connected {
        if let Err(error) = connection.batch(format!("KILL {id}")).await {
            tracing::debug!(target: "orm_core::testing", %error, "a connection had ended by itself");
        }
    }
    Ok(())
}

fn is_sqlite(url: &str) -> bool {
    url.split_once(':').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("sqlite"))
}

fn random_name() -> String {
    // Seeded by the operating system, anew for every call.
    format!("orm_test_{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// The URL of another database of the same server.
fn with_database(url: &str, name: &str) -> String {
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
