//! Version columns: somebody else's change is told, not overwritten.

use super::models::*;
use tests::prelude::*;

matrix! {
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
