//! Version columns: somebody else's change is told, not overwritten.

use super::models::*;
use tests::prelude::*;

/// A version that the database gives: with every change of a row, by a trigger of the test's.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "documents")]
pub struct Document {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 40)]
    pub title: String,
    #[orm(length = 10, unique)]
    pub code: Option<String>,
    #[orm(version, server_default = "1")]
    pub stamp: Auto<i64>,
}

async fn create_documents(db: &Db) -> Result<()> {
    metadata![Document].create_all(&db.engine).await?;
    let statements: &[&str] = match db.engine.dialect() {
        Dialect::Sqlite => &["CREATE TRIGGER stamped AFTER UPDATE OF title, code ON documents BEGIN \
             UPDATE documents SET stamp = stamp + 10 WHERE id = NEW.id; END"],
        Dialect::Postgres => &[
            "CREATE FUNCTION stamp_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             NEW.stamp = OLD.stamp + 10; RETURN NEW; END $$",
            "CREATE TRIGGER stamped BEFORE UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION stamp_it()",
        ],
        Dialect::MySql | Dialect::MariaDb => {
            &["CREATE TRIGGER stamped BEFORE UPDATE ON documents FOR EACH ROW SET NEW.stamp = OLD.stamp + 10"]
        }
    };
    for statement in statements {
        db.engine.batch(*statement).await?;
    }
    Ok(())
}

matrix! {
    async fn the_database_may_give_the_version(db: Db) -> Result<()> {
        create_documents(&db).await?;
        let mut session = db.engine.session();
        let documents = session.add_all((0..3).map(|n| Document { title: format!("d{n}"), ..Default::default() }));
        session.commit().await?;
        assert_eq!(session[documents[0]].stamp, 1.into());
        let log = db.engine.record();
        for document in &documents {
            session[*document].title.push('!');
            // It is the database's own business.
            session[*document].stamp = 77.into();
        }
        session.commit().await?;
        assert!(sent(&log, "UPDATE").iter().all(|sql| !sql.contains("SET title = ?, stamp") && sql.contains("stamp")));
        for document in &documents {
            assert_eq!(session[*document].stamp, 11.into());
        }
        session[documents[0]].title = "again".into();
        session.flush().await?;
        assert_eq!(session[documents[0]].stamp, 21.into());
        session.rollback().await?;
        assert_eq!(session[documents[0]].stamp, 11.into());
        // Two that exchange a value are changed twice, or three times.
        session[documents[0]].code = Some("a".into());
        session[documents[1]].code = Some("b".into());
        session.commit().await?;
        session[documents[0]].code = Some("b".into());
        session[documents[1]].code = Some("a".into());
        session.commit().await?;
        let stamps: Vec<i64> = db.engine.all(text("SELECT stamp FROM documents ORDER BY id").columns::<i64>()).await?;
        for (document, stamp) in documents.iter().zip(stamps) {
            assert_eq!(session[*document].stamp, stamp.into());
        }
        // So do expressions, which are read back with it.
        let before = *session[documents[2]].stamp.get()?;
        session.assign(documents[2], Document::title.to(upper(Document::title)));
        session.commit().await?;
        assert_eq!((session[documents[2]].title.as_str(), session[documents[2]].stamp), ("D2!", (before + 10).into()));
        session[documents[1]].title = "found".into();
        session.delete(documents[0]);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "documents WHERE title = 'found'").await?, 1);
        assert_eq!(rows(&db.engine, "documents").await?, 2);
        Ok(())
    }

    async fn a_version_of_the_databases_tells_who_was_first(db: Db) -> Result<()> {
        create_documents(&db).await?;
        let mut session = db.engine.session();
        let document = session.add(Document { title: "one".into(), ..Default::default() });
        session.commit().await?;
        // A change past the session, by whatever program: the trigger sees it.
        db.engine.execute(text("UPDATE documents SET title = 'theirs'")).await?;
        session[document].title = "mine".into();
        let error = session.commit().await.unwrap_err();
        assert!(matches!(&error, Error::StaleData { keys, .. } if keys == "`Document` 1"), "{error}");
        session.rollback().await?;
        session.delete(document);
        assert!(matches!(session.commit().await.unwrap_err(), Error::StaleData { .. }));
        session.rollback().await?;
        session.refresh(document).await?;
        assert_eq!((session[document].title.as_str(), session[document].stamp), ("theirs", 11.into()));
        session[document].title = "mine".into();
        session.commit().await?;
        assert_eq!(session[document].stamp, 21.into());
        assert_eq!(rows(&db.engine, "documents WHERE title = 'mine' AND stamp = 21").await?, 1);
        Ok(())
    }

    async fn a_version_counts_the_updates(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        assert_eq!(session[ed].version, 1);
        session[ed].fullname = Some("Ed".into());
        session.flush().await?;
        session[ed].fullname = Some("Eddy".into());
        session.flush().await?;
        assert_eq!(session[ed].version, 3);
        session.rollback().await?;
        assert_eq!(session[ed].version, 1);
        session[ed].fullname = Some("Ed".into());
        // It is the session's own business.
        session[ed].version = 17;
        session.commit().await?;
        assert_eq!(session[ed].version, 2);
        session[ed].version = 17;
        session.commit().await?;
        assert_eq!(session[ed].version, 2);
        assert_eq!(rows(&db.engine, "users WHERE id = 1 AND version = 2").await?, 1);
        Ok(())
    }

    async fn a_changed_row_is_neither_updated_nor_deleted(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let users = session.all(select(User).order_by(User::id.asc())).await?;
        session.commit().await?;
        db.engine.execute(text("UPDATE users SET version = 5, fullname = 'by another' WHERE id = 1")).await?;
        session[users[0]].fullname = Some("by me".into());
        let error = session.commit().await.unwrap_err();
        assert!(
            matches!(&error, Error::StaleData { table, keys, expected: 1, matched: 0 } if table == "users" && keys == "`User` 1"),
            "{error}"
        );
        session.rollback().await?;
        for user in &users {
            session.delete(*user);
        }
        let error = session.commit().await.unwrap_err();
        assert!(matches!(&error, Error::StaleData { expected: 2, matched: 1, keys, .. } if keys == "`User` 1"), "{error}");
        session.rollback().await?;
        assert_eq!(rows(&db.engine, "users").await?, 2);
        assert_eq!(rows(&db.engine, "addresses").await?, 3);
        // Read anew, by whatever query, it can be changed.
        let ed = session.get::<User>(1).await?.unwrap();
        assert_eq!((session[ed].version, session[ed].fullname.as_deref()), (5, Some("by another")));
        session[ed].fullname = Some("by me".into());
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE version = 6 AND fullname = 'by me'").await?, 1);
        Ok(())
    }

    async fn a_row_that_is_gone_is_told(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let address = session.get::<Address>(1).await?.unwrap();
        session.commit().await?;
        db.engine.execute(text("DELETE FROM addresses WHERE id = 1")).await?;
        session[address].email = "new".into();
        let error = session.commit().await.unwrap_err();
        assert!(matches!(&error, Error::StaleData { keys, .. } if keys == "`Address` 1"), "{error}");
        session.rollback().await?;
        // Without a version, who deletes what is gone already has what it wants.
        session.delete(address);
        session.commit().await?;
        assert_eq!(session.state(address), State::Detached);
        Ok(())
    }
}
