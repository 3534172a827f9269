//! A loaded object keeps its values; autoflush.

use super::models::*;
use tests::prelude::*;

matrix! {
    async fn a_query_does_not_overwrite_what_is_loaded(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.commit().await?;
        db.engine.execute(text("UPDATE users SET fullname = 'by another'")).await?;
        assert_eq!(session.one(select(User).filter(User::id.eq(1))).await?, ed);
        assert_eq!(session[ed].fullname, None);
        session[ed].name = "edited".into();
        let again = session.no_autoflush().one(select(User).filter(User::id.eq(1)).refresh_existing()).await?;
        assert_eq!(again, ed);
        assert_eq!(session[ed].fullname.as_deref(), Some("by another"));
        assert_eq!(session[ed].name, "edited");
        let log = db.engine.record();
        session.commit().await?;
        let update = &sent(&log, "UPDATE")[0];
        assert!(update.contains("name") && !update.contains("fullname"), "{update}");
        Ok(())
    }

    async fn queries_see_what_was_changed(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session[ed].name = "edward".into();
        session.push(ed, User::addresses, address_of("new"));
        assert_eq!(session.one(select(User).filter(User::name.eq("edward"))).await?, ed);
        assert_eq!(session.scalar(select(count_all()).select_from(Address)).await?, 4);
        session[ed].name = "ed again".into();
        assert_eq!(session.no_autoflush().one_or_none(select(User).filter(User::name.eq("ed again"))).await?, None);
        assert_eq!(session.execute(update(User).set(User::fullname, "x").filter(User::name.eq("ed again"))).await?, 1);
        session.rollback().await
    }

    async fn a_failed_autoflush_names_the_query(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        session.add(user("ed"));
        let error = session.all(select(Keyword)).await.unwrap_err();
        match &error {
            Error::Autoflush { query, source } => {
                assert!(query.contains("keywords"), "{query}");
                assert!(matches!(**source, Error::UniqueViolation { .. }), "{source}");
            }
            other => panic!("{other}"),
        }
        assert!(matches!(session.all(select(Keyword)).await, Err(Error::RolledBack { .. })));
        session.rollback().await?;
        assert!(session.all(select(Keyword)).await?.is_empty());
        Ok(())
    }

    async fn a_function_for_connections_takes_the_session_s(db: Db) -> Result<()> {
        async fn rename(connection: &mut Connection) -> Result<u64> {
            connection.execute(update(User).set(User::fullname, "renamed").filter(User::name.eq("new"))).await
        }
        create(&db).await?;
        let mut session = db.engine.session();
        let new = session.add(user("new"));
        assert_eq!(rename(session.connection().await?).await?, 1);
        session.rollback().await?;
        assert_eq!(rows(&db.engine, "users").await?, 0);
        assert_eq!(session.state(new), State::Withdrawn);
        Ok(())
    }
}
