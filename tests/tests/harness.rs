//! The harness itself.

use tests::prelude::*;

matrix! {
    async fn every_database_answers_as_itself(db: Db) -> Result<()> {
        let dialect = match db.database {
            Database::Sqlite => Dialect::Sqlite,
            Database::Postgres => Dialect::Postgres,
            Database::MariaDb => Dialect::MariaDb,
            Database::MySql => Dialect::MySql,
        };
        assert_eq!(db.dialect(), dialect);
        assert_eq!(db.engine.scalar(text("SELECT 1").columns::<i64>()).await?, 1);
        Ok(())
    }

    async fn a_test_begins_with_an_empty_database(db: Db) -> Result<()> {
        db.engine.execute(text("CREATE TABLE made_here (id INTEGER PRIMARY KEY)")).await?;
        assert_eq!(db.engine.scalar(text("SELECT count(*) FROM made_here").columns::<i64>()).await?, 0);
        Ok(())
    }

    async fn a_second_engine_sees_the_same_database(db: Db) -> Result<()> {
        db.engine.execute(text("CREATE TABLE made_here (id INTEGER PRIMARY KEY)")).await?;
        let second = db.second_engine().await?;
        assert_eq!(second.scalar(text("SELECT count(*) FROM made_here").columns::<i64>()).await?, 0);
        Ok(())
    }
}

#[test]
fn a_test_without_a_server_is_skipped() {
    // Nothing is called so: the run of such a test would panic.
    assert!(Database::Sqlite.variable().is_none());
    assert_eq!(Database::Sqlite.server().as_deref(), Ok("sqlite::memory:"));
}
