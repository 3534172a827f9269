//! Sessions of several databases that commit together, or not at all.

use super::failure::poll_and_drop;
use super::models::*;
use orm_core::session::commit_together;
use tests::prelude::*;

/// Whether the server prepares transactions; PostgreSQL has to be told to.
async fn prepares(db: &Db, test: &str) -> Result<bool> {
    if db.dialect() != Dialect::Postgres {
        return Ok(true);
    }
    let most =
        db.engine.scalar(text("SELECT current_setting('max_prepared_transactions')").columns::<(String,)>()).await?;
    if most.0 == "0" {
        tests::skip("postgres", test, "the server's max_prepared_transactions is 0");
    }
    Ok(most.0 != "0")
}

/// The transactions of this test that wait to be ended; other tests' are on the same server.
async fn waiting(db: &Db, names: &[String]) -> Result<Vec<String>> {
    let mut prepared = db.engine.prepared_transactions().await?;
    prepared.retain(|name| names.contains(name));
    Ok(prepared)
}

matrix! {
    #[on(postgres, mariadb, mysql)]
    async fn both_sessions_commit_or_none(db: Db) -> Result<()> {
        if !prepares(&db, "both_sessions_commit_or_none").await? {
            return Ok(());
        }
        create(&db).await?;
        let other = db.second_engine().await?;
        let (mut a, mut b) = (db.engine.two_phase_session()?, other.two_phase_session()?);
        let ed = a.add(user("ed"));
        let word = b.add(keyword("word"));
        commit_together([&mut a, &mut b]).await?;
        assert_eq!((a.state(ed), b.state(word)), (State::Persistent, State::Persistent));
        assert_eq!((rows(&db.engine, "users").await?, rows(&db.engine, "keywords").await?), (1, 1));

        a[ed].fullname = Some("Ed".into());
        a.flush().await?;
        let double = b.add(user("sandy"));
        b.add(user("sandy"));
        let error = commit_together([&mut a, &mut b]).await.unwrap_err();
        assert!(matches!(error, Error::UniqueViolation { .. }), "{error}");
        let error = a.flush().await.unwrap_err();
        assert!(matches!(&error, Error::RolledBack { cause } if cause.contains("commit_together")), "{error}");
        a.rollback().await?;
        b.rollback().await?;
        assert_eq!((&a[ed].fullname, b.state(double)), (&None, State::Withdrawn));
        assert_eq!(rows(&db.engine, "users WHERE fullname IS NOT NULL").await?, 0);

        // Each alone, and one that has nothing to do.
        a[ed].fullname = Some("Ed".into());
        a.commit().await?;
        a[ed].fullname = Some("Edward".into());
        commit_together([&mut b, &mut a]).await?;
        assert_eq!(rows(&db.engine, "users WHERE fullname = 'Edward'").await?, 1);
        Ok(())
    }

    #[on(postgres, mariadb, mysql)]
    async fn what_a_crash_left_prepared_is_found_and_ended(db: Db) -> Result<()> {
        if !prepares(&db, "what_a_crash_left_prepared_is_found_and_ended").await? {
            return Ok(());
        }
        create(&db).await?;
        let names: Vec<String> = ["keep", "drop"].map(|end| format!("{}_{end}", db.url().rsplit('/').next().unwrap())).into();
        for name in &names {
            let mut connection = db.engine.acquire().await?;
            connection.begin_two_phase(name).await?;
            let word = format!("INSERT INTO keywords (word) VALUES ('{name}')");
            connection.execute(text(&word)).await?;
            connection.prepare_two_phase().await?;
        }
        // MariaDB keeps them with their connections until these are closed.
        db.engine.close().await;
        let db = db.with_engine(Engine::connect(db.url()).await?);
        let mut sorted = names.clone();
        sorted.sort();
        assert_eq!(waiting(&db, &names).await?, sorted);
        // MariaDB may not have noticed yet that they are closed.
        let mut tries = 0;
        while let Err(error) = db.engine.commit_prepared(&names[0]).await {
            tries += 1;
            assert!(tries < 200, "{error}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        db.engine.rollback_prepared(&names[1]).await?;
        assert!(waiting(&db, &names).await?.is_empty());
        assert_eq!(db.engine.all(select(Keyword::word)).await?, [names[0].clone()]);
        assert!(db.engine.commit_prepared(&names[0]).await.is_err());
        Ok(())
    }

    #[on(postgres, mariadb, mysql)]
    async fn a_call_that_is_dropped_leaves_nothing_half_done(db: Db) -> Result<()> {
        if !prepares(&db, "a_call_that_is_dropped_leaves_nothing_half_done").await? {
            return Ok(());
        }
        create(&db).await?;
        let mut done = false;
        for polls in 1.. {
            let (mut a, mut b) = (db.engine.two_phase_session()?, db.engine.two_phase_session()?);
            a.add(keyword(&format!("a{polls}")));
            b.add(keyword(&format!("b{polls}")));
            let ended = poll_and_drop(commit_together([&mut a, &mut b]), polls).await;
            drop((a, b));
            // What was cut off is ended in the background.
            let ours = format!("orm_{:x}_", std::process::id());
            while db.engine.pool_status().in_use > 0
                || db.engine.prepared_transactions().await?.iter().any(|name| name.starts_with(&ours))
            {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            let words = db.engine.all(select(Keyword::word).filter(Keyword::word.in_([format!("a{polls}"), format!("b{polls}")]))).await?;
            assert!(words.is_empty() || words.len() == 2, "after {polls} polls there is {words:?}");
            if ended.is_some() {
                assert_eq!(words.len(), 2);
                done = true;
                break;
            }
        }
        assert!(done);
        Ok(())
    }

    async fn what_can_not_be_committed_together_says_so(db: Db) -> Result<()> {
        create(&db).await?;
        let mut plain = db.engine.session();
        let error = commit_together([&mut plain]).await.unwrap_err();
        assert!(error.to_string().contains("takes sessions of `Engine::two_phase_session`"), "{error}");
        if db.dialect() == Dialect::Sqlite {
            let error = db.engine.two_phase_session().unwrap_err();
            assert_eq!(error.to_string(), "SQLite has no two-phase commit");
            return Ok(());
        }
        let mut connection = db.engine.acquire().await?;
        let error = connection.begin_two_phase("it's").await.unwrap_err();
        assert!(error.to_string().contains("1 to 64 letters, digits"), "{error}");
        let error = connection.prepare_two_phase().await.unwrap_err();
        assert!(error.to_string().contains("only a transaction of `begin_two_phase`"), "{error}");
        // One that is begun and never prepared ends like any other.
        let name = db.url().rsplit('/').next().unwrap().to_owned();
        for commit in [false, true] {
            connection.begin_two_phase(&name).await?;
            connection.execute(text("INSERT INTO keywords (word) VALUES ('word')")).await?;
            if commit { connection.commit_raw().await? } else { connection.rollback_raw().await? }
            assert_eq!(rows(&db.engine, "keywords").await?, i64::from(commit));
        }
        connection.begin_two_phase(&name).await?;
        connection.execute(text("DELETE FROM keywords")).await?;
        drop(connection);
        while db.engine.pool_status().in_use > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        assert_eq!(rows(&db.engine, "keywords").await?, 1);
        Ok(())
    }
}
