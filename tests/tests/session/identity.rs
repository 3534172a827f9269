//! One object for one row, whatever the program writes into its key.

use super::models::*;
use tests::prelude::*;

matrix! {
    async fn an_object_is_found_by_its_rows_key(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let users = session.add_all(["ed", "sandy", "patrick"].map(user));
        session.commit().await?;
        let ids: Vec<i64> = users.iter().map(|key| session[*key].id).collect();
        // Two exchange their keys in memory, a third takes one that nobody has.
        session[users[0]].id = ids[1];
        session[users[1]].id = ids[0];
        session[users[2]].id = 1_000;
        {
            let mut session = session.no_autoflush();
            for (key, id) in users.iter().zip(&ids) {
                assert_eq!(session.get::<User>(*id).await?, Some(*key));
            }
            assert_eq!(session.get::<User>(1_000).await?, None);
            assert_eq!(session.all(select(User).order_by(User::id)).await?, users);
        }
        session.rollback().await?;
        for (key, id) in users.iter().zip(&ids) {
            assert_eq!(session.get::<User>(*id).await?, Some(*key));
            assert_eq!(session[*key].id, *id);
        }
        assert_eq!(session.all(select(User).order_by(User::id)).await?, users);
        Ok(())
    }

    async fn the_same_for_keys_of_text_and_of_two_columns(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let country = |code: &str| Country { code: code.to_owned(), ..Country::default() };
        let countries = session.add_all(["at", "ch", "de"].map(country));
        let invoice = |number| Invoice { shop: 1, number, ..Invoice::default() };
        let invoices = session.add_all((1..=3).map(invoice));
        session.commit().await?;
        session[countries[0]].code = "ch".to_owned();
        session[countries[1]].code = "at".to_owned();
        session[invoices[0]].number = 2;
        session[invoices[1]].number = 9;
        for round in 0..2 {
            let mut unflushed = session.no_autoflush();
            assert_eq!(unflushed.all(select(Country).order_by(Country::code)).await?, countries, "{round}");
            assert_eq!(unflushed.all(select(Invoice).order_by(Invoice::number)).await?, invoices, "{round}");
            for (n, key) in (1..).zip(&invoices) {
                assert_eq!(unflushed.get::<Invoice>((1, n)).await?, Some(*key), "{round}");
            }
            drop(unflushed);
            session.rollback().await?;
        }
        Ok(())
    }

    /// A table of keys that grows, loses keys and gets them back knows them all.
    async fn many_come_and_go(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let keys = session.add_all((0..600).map(|n| keyword(&format!("{n}"))));
        session.commit().await?;
        let ids: Vec<i64> = keys.iter().map(|key| session[*key].id).collect();
        for key in keys.iter().step_by(2) {
            session.delete(*key);
        }
        session.flush().await?;
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(session.get::<Keyword>(*id).await?, (n % 2 == 1).then(|| keys[n]));
        }
        let more = session.add_all((0..600).map(|n| keyword(&format!("more {n}"))));
        session.flush().await?;
        session.rollback().await?;
        let log = db.engine.record();
        for (key, id) in keys.iter().zip(&ids) {
            assert_eq!(session.get::<Keyword>(*id).await?, Some(*key));
        }
        assert!(log.statements().is_empty());
        assert!(more.iter().all(|key| session.state(*key) == State::Withdrawn));
        Ok(())
    }
}
