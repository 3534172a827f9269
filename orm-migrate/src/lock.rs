//! One migration at a time.
//!
//! The lock belongs to the connection that migrates, so it ends with it, however that ends. On SQLite it is the write lock of
//! each revision's own transaction, and what is applied is read again inside it.

use crate::error::{Error, Result};
use crate::revision::hash;
use crate::version_table::VersionTable;
use orm_core::Connection;
use orm_core::dialect::Compiled;
use orm_core::types::{Dialect, Row, Value, column};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(100);

/// Takes the lock, or waits for it.
pub(crate) async fn acquire(connection: &mut Connection, versions: &VersionTable, patience: Duration) -> Result<()> {
    let began = Instant::now();
    loop {
        let taken = match connection.dialect() {
            Dialect::Sqlite => true,
            Dialect::Postgres => {
                let sql = "SELECT pg_try_advisory_lock($1)";
                first::<bool>(connection, sql, vec![Value::I64(number(versions))]).await?.unwrap_or(false)
            }
            Dialect::MySql | Dialect::MariaDb => {
                let sql = "SELECT GET_LOCK(CONCAT('orm_migrate:', LEFT(SHA2(CONCAT(DATABASE(), ?), 256), 32)), 0)";
                first::<i64>(connection, sql, vec![Value::Text(name(versions))]).await? == Some(1)
            }
        };
        if taken {
            return Ok(());
        }
        if began.elapsed() >= patience {
            return Err(Error::Locked { waited: patience, holder: holder(connection, versions).await? });
        }
        tokio::time::sleep(PAUSE.min(patience)).await;
    }
}

/// Gives it back.
pub(crate) async fn release(connection: &mut Connection, versions: &VersionTable) -> Result<()> {
    match connection.dialect() {
        Dialect::Sqlite => {}
        Dialect::Postgres => {
            let sql = "SELECT pg_advisory_unlock($1)";
            first::<bool>(connection, sql, vec![Value::I64(number(versions))]).await?;
        }
        Dialect::MySql | Dialect::MariaDb => {
            let sql = "SELECT RELEASE_LOCK(CONCAT('orm_migrate:', LEFT(SHA2(CONCAT(DATABASE(), ?), 256), 32)))";
            first::<i64>(connection, sql, vec![Value::Text(name(versions))]).await?;
        }
    }
    Ok(())
}

/// Who has it, in the database's words.
async fn holder(connection: &mut Connection, versions: &VersionTable) -> Result<String> {
    let found = match connection.dialect() {
        Dialect::Sqlite => None,
        Dialect::Postgres => {
            let sql = "SELECT 'process ' || l.pid || COALESCE(', user ' || a.usename, '') FROM pg_locks l \
                       LEFT JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted \
                       AND l.classid::bigint << 32 | l.objid::bigint = $1 \
                       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
            first::<Option<String>>(connection, sql, vec![Value::I64(number(versions))]).await?.flatten()
        }
        Dialect::MySql | Dialect::MariaDb => {
            let sql = "SELECT CONCAT('connection ', IS_USED_LOCK(CONCAT('orm_migrate:', LEFT(SHA2(CONCAT(DATABASE(), ?), 256), 32))))";
            first::<Option<String>>(connection, sql, vec![Value::Text(name(versions))]).await?.flatten()
        }
    };
    Ok(found.unwrap_or_else(|| "somebody who is gone by now".to_owned()))
}

fn name(versions: &VersionTable) -> String {
    format!("/{}/{}", versions.schema.as_deref().unwrap_or_default(), versions.name)
}

/// PostgreSQL's advisory locks have numbers, one set in each database.
fn number(versions: &VersionTable) -> i64 {
    let digits = hash(format!("orm_migrate{}", name(versions)).as_bytes());
    // Positive, so that it reads the same in pg_locks.
    i64::from_str_radix(&digits[..15], 16).unwrap_or_default()
}

async fn first<T: orm_core::types::SqlType>(
    connection: &mut Connection,
    sql: &str,
    binds: Vec<Value>,
) -> Result<Option<T>> {
    let mut found = None;
    let mut each = |row: &dyn Row| {
        let read = column::<T>(row, 0);
        found = Some(read.map_err(|reason| orm_core::Error::Decode { column: "of the lock".to_owned(), reason })?);
        Ok(())
    };
    connection.fetch(Compiled { text: sql.to_owned(), binds }, &mut each).await?;
    Ok(found)
}
