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

    async fn refresh_reads_the_row_again(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let (ed, sandy) = (session.get::<User>(1).await?.unwrap(), session.get::<User>(2).await?.unwrap());
        session.commit().await?;
        db.engine.execute(text("UPDATE users SET fullname = 'by another'")).await?;
        session.refresh(ed).await?;
        assert_eq!(session[ed].fullname.as_deref(), Some("by another"));
        assert_eq!(session[sandy].fullname, None);
        session.commit().await?;
        db.engine.execute(text("DELETE FROM addresses")).await?;
        db.engine.execute(text("DELETE FROM users WHERE id = 2")).await?;
        let error = session.refresh(sandy).await.unwrap_err();
        assert!(matches!(&error, Error::NoRow { what } if what == "`User` 2"), "{error}");
        let new = session.add(keyword("new"));
        assert!(matches!(session.no_autoflush().refresh(new).await, Err(Error::NoRow { .. })));
        session.refresh(new).await
    }

    async fn an_expired_object_is_overwritten_by_the_next_query(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.commit().await?;
        db.engine.execute(text("UPDATE users SET fullname = 'by another', name = 'new name' WHERE id = 1")).await?;
        session.expire(ed);
        assert_eq!(session[ed].name, "ed");
        session[ed].name = "edited".into();
        let log = db.engine.record();
        assert_eq!(session.no_autoflush().get::<User>(1).await?, Some(ed));
        assert_eq!((session[ed].name.as_str(), session[ed].fullname.as_deref()), ("edited", Some("by another")));
        assert_eq!(session.no_autoflush().get::<User>(1).await?, Some(ed));
        assert_eq!(log.statements().len(), 1);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE name = 'edited' AND fullname = 'by another'").await?, 1);
        // One whose row is gone ends.
        let address = session.get::<Address>(1).await?.unwrap();
        session.commit().await?;
        db.engine.execute(text("DELETE FROM addresses WHERE id = 1")).await?;
        assert_eq!(session.get::<Address>(1).await?, Some(address));
        session.expire(address);
        assert_eq!(session.get::<Address>(1).await?, None);
        assert_eq!(session.state(address), State::Detached);
        Ok(())
    }

    async fn expired_relationships_are_loaded_again(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let of = |emails: [&str; 3]| emails.map(address_of).to_vec();
        let ed = session.add(User {
            addresses: of(["stays", "moves", "goes"]).into(),
            keywords: vec![keyword("a"), keyword("b")].into(),
            ..user("ed")
        });
        let sandy = session.add(user("sandy"));
        session.commit().await?;
        let [stays, moves, goes] = session.keys(ed, User::addresses)?[..] else { panic!() };
        db.engine.execute(text("UPDATE addresses SET user_id = 2 WHERE id = 2")).await?;
        db.engine.execute(text("DELETE FROM addresses WHERE id = 3")).await?;
        db.engine.execute(text("INSERT INTO addresses (id, email, user_id) VALUES (9, 'came', 1)")).await?;
        db.engine.execute(text("DELETE FROM user_keywords WHERE keyword_id = 1")).await?;
        session.load(ed, User::addresses).await?;
        assert_eq!(session.keys(ed, User::addresses)?, [stays, moves, goes]);
        session.expire(ed);
        // Readable, until it is loaded again.
        assert_eq!(session.keys(ed, User::addresses)?, [stays, moves, goes]);
        session.get::<User>(1).await?;
        session.load(ed, (User::addresses, User::keywords)).await?;
        let emails: Vec<&str> = session.keys(ed, User::addresses)?.into_iter().map(|key| session[key].email.as_str()).collect();
        assert_eq!(emails, ["stays", "came"]);
        assert_eq!(session.at(moves).one(Address::user)?.key(), sandy);
        assert_eq!(session.state(goes), State::Detached);
        assert_eq!(session.at(ed).many(User::keywords)?.map(|keyword| keyword.word.clone()).collect::<Vec<_>>(), ["b"]);
        let log = db.engine.record();
        session.load(ed, (User::addresses, User::keywords)).await?;
        assert!(log.statements().is_empty());
        Ok(())
    }

    async fn a_stale_row_is_read_anew_after_the_rollback(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.commit().await?;
        db.engine.execute(text("UPDATE users SET version = 5, fullname = 'by another' WHERE id = 1")).await?;
        session[ed].fullname = Some("mine".into());
        assert!(matches!(session.commit().await, Err(Error::StaleData { .. })));
        session.rollback().await?;
        session.get::<User>(1).await?;
        assert_eq!((session[ed].version, session[ed].fullname.as_deref()), (5, Some("by another")));
        session[ed].fullname = Some("mine".into());
        session.commit().await
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
