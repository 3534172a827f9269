//! Values that the database or the model fills in.

use super::models::*;
use tests::prelude::*;

matrix! {
    async fn every_row_gets_its_own_key(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let keys = session.add_all((0..50).map(|n| keyword(&format!("word {n}"))));
        session.commit().await?;
        for key in &keys {
            let word: String =
                db.engine.scalar(select(Keyword::word).filter(Keyword::id.eq(session[*key].id))).await?;
            assert_eq!(word, session[*key].word);
        }
        let ids: Vec<i64> = keys.iter().map(|key| session[*key].id).collect();
        assert!(ids.is_sorted() && ids[0] > 0);
        Ok(())
    }

    async fn defaults_come_back(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ticket = |code: &str| Ticket { code: code.into(), ..Default::default() };
        let before = Utc::now() - TimeDelta::minutes(5);
        let plain = session.add_all(["a", "b", "c"].map(ticket));
        let set = session.add(Ticket { serial: 1.into(), price: 2.into(), ..ticket("d") });
        session.flush().await?;
        for key in &plain {
            assert_eq!((session[*key].serial, session[*key].price), (7.into(), 12.into()));
            assert!(*session[*key].made.get()? > before);
            assert!(!session.is_modified(*key));
        }
        assert_eq!((session[set].serial, session[set].price), (1.into(), 2.into()));
        session.commit().await?;
        let mut other = db.engine.session();
        let again = other.get::<Ticket>("b").await?.unwrap();
        assert_eq!((other[again].serial, other[again].made), (session[plain[1]].serial, session[plain[1]].made));
        assert_eq!(rows(&db.engine, "tickets WHERE price = 12 AND serial = 7").await?, 3);
        // Unset again it is left alone.
        other[again].serial = Auto::Unset;
        other[again].price = 4.into();
        other.commit().await?;
        assert_eq!(rows(&db.engine, "tickets WHERE price = 4 AND serial = 7").await?, 1);
        Ok(())
    }

    async fn a_rolled_back_object_has_no_generated_values(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(user("ed"));
        session.flush().await?;
        assert!(session[ed].id > 0 && session[ed].created_at.is_set());
        session.rollback().await?;
        assert_eq!((session[ed].id, session[ed].version, session[ed].created_at), (0, 0, Auto::Unset));
        assert_eq!(session.state(ed), State::Withdrawn);
        assert_eq!(session[ed].name, "ed");
        Ok(())
    }

    async fn keys_that_were_set_are_kept(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let addresses = vec![Address { id: 70, user_id: 40, ..address_of("a") }];
        let ed = session.add(User { id: 40, version: 9, addresses: addresses.into(), ..user("ed") });
        session.commit().await?;
        assert_eq!((session[ed].id, session[ed].version), (40, 9));
        assert_eq!(session.keys(ed, User::addresses)?.len(), 1);
        assert_eq!(rows(&db.engine, "addresses WHERE id = 70 AND user_id = 40").await?, 1);
        assert_eq!(session.get::<User>(40).await?, Some(ed));
        Ok(())
    }

    async fn rows_of_nothing_but_defaults_go_in(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let keys = session.add_all((0..5).map(|_| Crate::default()));
        session.commit().await?;
        let mut ids: Vec<i64> = keys.iter().map(|key| session[*key].id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 5);
        assert_eq!(rows(&db.engine, "crates").await?, 5);
        Ok(())
    }
}
