//! Revisions applied and undone.

use super::{chain, failed, made, migrator, number, sql, tables};
use orm_migrate::{Error as MigrateError, Operation, Revision};
use std::time::Duration;
use tests::prelude::*;

fn create(name: &str) -> Operation {
    sql(&format!("CREATE TABLE {name} (id INTEGER PRIMARY KEY)"))
}

/// Three revisions of SQL, each with its undo.
fn three() -> Vec<Revision> {
    let mut all =
        chain(vec![("one", vec![create("one")]), ("two", vec![create("two")]), ("three", vec![create("three")])]);
    for revision in &mut all {
        revision.down = Some(vec![sql(&format!("DROP TABLE {}", revision.message))]);
    }
    all
}

matrix! {
    async fn revisions_are_applied_and_undone_up_to_a_target(db: Db) -> Result<()> {
        let all = three();
        let migrator = migrator(&db, &all);
        assert_eq!(made(migrator.status().await).applied, []);
        // Asking makes nothing.
        assert_eq!(db.engine.reflect().await?.tables.len(), 0);
        let plan = made(migrator.plan_upgrade("+2").await);
        assert_eq!(plan.iter().map(|step| step.message.as_str()).collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(db.engine.reflect().await?.tables.len(), 0);

        made(migrator.upgrade(&all[0].id[..8]).await);
        assert_eq!(tables(&db.engine).await?, ["one"]);
        let status = made(migrator.status().await);
        assert_eq!(status.heads, [all[0].id.clone()]);
        assert_eq!(status.pending, [all[1].id.clone(), all[2].id.clone()]);
        let error = failed(migrator.require_head().await);
        assert_eq!(error.exit_code(), 3);
        let steps = made(migrator.upgrade("head").await);
        assert_eq!(steps.len(), 2);
        assert_eq!(made(migrator.upgrade("head").await), []);
        made(migrator.require_head().await);
        assert_eq!(tables(&db.engine).await?, ["one", "three", "two"]);

        let error = failed(migrator.downgrade("-4").await).to_string();
        assert_eq!(error, "-4 goes too far: 3 revisions are there to undo; nothing was done");
        made(migrator.downgrade("-1").await);
        assert_eq!(tables(&db.engine).await?, ["one", "two"]);
        made(migrator.downgrade(&all[0].id).await);
        assert_eq!(tables(&db.engine).await?, ["one"]);
        made(migrator.downgrade("base").await);
        assert_eq!(tables(&db.engine).await?, [""; 0]);
        assert_eq!(made(migrator.status().await).applied, []);
        let error = failed(migrator.upgrade("+4").await).to_string();
        assert!(error.contains("3 revisions are there to apply"), "{error}");
        Ok(())
    }

    async fn a_revision_that_fails_says_where_and_leaves_a_state_that_the_next_run_understands(db: Db) -> Result<()> {
        let mut all = chain(vec![
            ("good", vec![create("good")]),
            ("bad", vec![create("first"), sql("INSERT INTO missing (id) VALUES (1)"), create("last")]),
        ]);
        all[0].down = Some(vec![sql("DROP TABLE good")]);
        let migrator = migrator(&db, &all);
        let error = failed(migrator.upgrade("head").await);
        let text = error.to_string();
        assert!(text.contains(&format!("revision {} (bad) failed at statement 2 of 3", all[1].id)), "{text}");
        assert!(text.contains("missing"), "{text}");
        let transactional = db.engine.capabilities().transactional_ddl();
        let status = made(migrator.status().await);
        assert_eq!(status.heads, [all[0].id.clone()]);
        if transactional {
            assert!(text.contains("it was rolled back: the database is as it was before this revision"), "{text}");
            assert_eq!(tables(&db.engine).await?, ["good"]);
            assert_eq!(status.applied.len(), 1);
        } else {
            assert!(text.contains("its first 1 statements are applied and stay"), "{text}");
            assert!(text.contains("it goes on with statement 2"), "{text}");
            assert_eq!(tables(&db.engine).await?, ["first", "good"]);
            let half = &status.applied[1];
            assert_eq!((half.done, half.total, half.is_whole()), (1, 3, false));
            assert!(half.error.as_ref().is_some_and(|error| error.contains("missing")), "{half:?}");
            // Going back over it is refused in words.
            let undone = failed(migrator.downgrade("base").await).to_string();
            assert!(undone.contains("can't be undone") || undone.contains("applied up to statement 1 of 3"), "{undone}");
        }
        // With the cause out of the way, the same call goes on.
        db.engine.batch("CREATE TABLE missing (id INTEGER PRIMARY KEY)").await?;
        made(migrator.upgrade("head").await);
        assert_eq!(tables(&db.engine).await?, ["first", "good", "last", "missing"]);
        assert_eq!(number(&db.engine, "SELECT count(*) FROM missing").await?, 1);
        made(migrator.require_head().await);
        Ok(())
    }

    #[on(mysql, mariadb)]
    async fn a_half_applied_revision_whose_beginning_changed_is_refused(db: Db) -> Result<()> {
        let mut all = chain(vec![("bad", vec![create("first"), sql("INSERT INTO missing (id) VALUES (1)")])]);
        failed(migrator(&db, &all).upgrade("head").await);
        all[0].up[0] = create("renamed");
        let error = failed(migrator(&db, &all).upgrade("head").await);
        assert!(error.to_string().contains("its first 1 statements are not the same any more"), "{error}");
        assert_eq!(error.exit_code(), 9);
        // Only what comes after may be corrected.
        all[0].up = vec![create("first"), create("second")];
        made(migrator(&db, &all).upgrade("head").await);
        assert_eq!(tables(&db.engine).await?, ["first", "second"]);
        Ok(())
    }

    #[on(postgres)]
    async fn a_revision_may_do_without_a_transaction(db: Db) -> Result<()> {
        let mut all = chain(vec![
            ("table", vec![create("t")]),
            ("index", vec![sql("CREATE INDEX CONCURRENTLY ix ON t (id)"), sql("SELECT 1 / 0")]),
        ]);
        let error = failed(migrator(&db, &all).upgrade("head").await).to_string();
        assert!(error.contains("CONCURRENTLY cannot run inside a transaction"), "{error}");
        all[1].transaction = false;
        let text = all[1].to_toml();
        assert!(text.contains("transaction = false"), "{text}");
        let error = failed(migrator(&db, &all).upgrade("head").await).to_string();
        assert!(error.contains("its first 1 statements are applied and stay"), "{error}");
        all[1].up[1] = sql("SELECT 1");
        made(migrator(&db, &all).upgrade("head").await);
        Ok(())
    }

    async fn history_that_the_files_do_not_tell_is_refused_with_the_way_out(db: Db) -> Result<()> {
        let mut all = three();
        made(migrator(&db, &all).upgrade("head").await);
        let error = failed(migrator(&db, &all[..2]).upgrade("head").await);
        assert!(error.to_string().contains(&all[2].id) && error.to_string().contains("stamp --purge"), "{error}");
        assert_eq!(error.exit_code(), 9);
        failed(migrator(&db, &all[..2]).stamp("head", false).await);
        assert_eq!(made(migrator(&db, &all[..2]).stamp("head", true).await), [all[1].id.clone()]);
        made(migrator(&db, &all[..2]).require_head().await);

        all[1].up[0] = create("other");
        let error = failed(migrator(&db, &all[..2]).upgrade("head").await);
        assert!(error.to_string().contains("two.toml changed after it was applied"), "{error}");
        assert_eq!(error.exit_code(), 9);
        made(migrator(&db, &all[..2]).stamp(&all[1].id, false).await);
        made(migrator(&db, &all[..2]).require_head().await);
        made(migrator(&db, &all).stamp("base", false).await);
        assert_eq!(made(migrator(&db, &all).status().await).applied, []);
        // Nothing was run.
        assert_eq!(tables(&db.engine).await?, ["one", "three", "two"]);
        Ok(())
    }

    async fn two_that_migrate_at_once_do_it_once(db: Db) -> Result<()> {
        let all = three();
        let mut running = Vec::new();
        for _ in 0..4 {
            let migrator = orm_migrate::Migrator::new(db.second_engine().await?, made(orm_migrate::Revisions::new(all.clone())));
            running.push(tokio::spawn(async move { migrator.upgrade("head").await.map(|_| ()) }));
        }
        for one in running {
            made(one.await.map_err(Error::custom)?);
        }
        assert_eq!(tables(&db.engine).await?, ["one", "three", "two"]);
        assert_eq!(made(migrator(&db, &all).status().await).applied.len(), 3);
        Ok(())
    }

    #[on(postgres, mysql, mariadb)]
    async fn who_waits_too_long_is_told_for_whom(db: Db) -> Result<()> {
        let slow = match db.dialect() {
            Dialect::Postgres => "SELECT pg_sleep(3)",
            _ => "DO SLEEP(3)",
        };
        let all = chain(vec![("slow", vec![sql(slow)])]);
        let holder = migrator(&db, &all);
        let running = tokio::spawn(async move { holder.upgrade("head").await.map(|_| ()) });
        tokio::time::sleep(Duration::from_millis(1000)).await;
        let waiting = migrator(&db, &all).lock_timeout(Duration::from_millis(200));
        let error = failed(waiting.upgrade("head").await);
        assert!(matches!(&error, MigrateError::Locked { .. }), "{error}");
        assert_eq!(error.exit_code(), 8);
        let text = error.to_string();
        assert!(text.contains("process ") || text.contains("connection "), "{text}");
        made(running.await.map_err(Error::custom)?);
        made(migrator(&db, &all).require_head().await);
        Ok(())
    }

    async fn sql_for_another_database_is_found_before_anything_runs(db: Db) -> Result<()> {
        let text = "revision = \"a1\"\nparents = []\nmessage = \"m\"\nformat = 1\n\
                    [[up]]\nop = \"sql\"\nany = \"CREATE TABLE t (id INTEGER)\"\n\
                    [[up]]\nop = \"sql\"\n";
        let other = if db.dialect() == Dialect::Sqlite { "postgres" } else { "sqlite" };
        let broken = format!("{text}{other} = \"SELECT 1\"\n");
        let revision = made(Revision::from_toml(&broken, "a1.toml"));
        let error = failed(migrator(&db, &[revision]).upgrade("head").await).to_string();
        assert!(error.starts_with("a1.toml: it can't be applied on ") && error.contains("has no SQL for"), "{error}");
        assert_eq!(db.engine.reflect().await?.tables.len(), 0);
        let only = format!("{broken}only = [\"{other}\"]\n");
        let revision = made(Revision::from_toml(&only, "a1.toml"));
        made(migrator(&db, &[revision]).upgrade("head").await);
        assert_eq!(tables(&db.engine).await?, ["t"]);
        Ok(())
    }

    #[on(sqlite)]
    async fn a_dropped_parent_does_not_take_its_childrens_rows_along(db: Db) -> Result<()> {
        db.engine.batch(
            "CREATE TABLE parent (id INTEGER PRIMARY KEY); \
             CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent ON DELETE CASCADE); \
             INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1)",
        ).await?;
        let all = chain(vec![("drop", vec![sql("DROP TABLE parent")])]);
        let error = failed(migrator(&db, &all).upgrade("head").await).to_string();
        assert!(error.contains("rows of child would reference rows of parent that are not there any more"), "{error}");
        assert_eq!(number(&db.engine, "SELECT count(*) FROM child").await?, 1);
        assert_eq!(number(&db.engine, "SELECT count(*) FROM parent").await?, 1);
        assert_eq!(number(&db.engine, "PRAGMA foreign_keys").await?, 1);
        Ok(())
    }

    async fn the_version_table_may_have_another_name(db: Db) -> Result<()> {
        let versions = orm_migrate::VersionTable { name: "Our Versions".to_owned(), schema: None };
        let migrator = migrator(&db, &three()).version_table(versions);
        made(migrator.upgrade("head").await);
        made(migrator.require_head().await);
        assert!(tables(&db.engine).await?.contains(&"Our Versions".to_owned()));
        let diff = made(migrator.compare(&metadata![]).await);
        let names: Vec<&str> = diff.unknown.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["one", "three", "two"]);
        Ok(())
    }
}
