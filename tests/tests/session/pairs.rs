//! Many-to-many.

use super::models::*;
use tests::prelude::*;

fn words(session: &Session, user: Key<User>) -> Vec<String> {
    let mut words: Vec<String> =
        session.at(user).many(User::keywords).unwrap().map(|keyword| keyword.word.clone()).collect();
    words.sort();
    words
}

fn names(session: &Session, keyword: Key<Keyword>) -> Vec<String> {
    let mut names: Vec<String> =
        session.at(keyword).many(Keyword::users).unwrap().map(|user| user.name.clone()).collect();
    names.sort();
    names
}

matrix! {
    async fn pairs_go_in_and_out_from_both_sides(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(User { keywords: vec![keyword("a"), keyword("b")].into(), ..user("ed") });
        let c = session.add(Keyword { users: vec![user("sandy")].into(), ..keyword("c") });
        session.push(c, Keyword::users, ed);
        assert_eq!(words(&session, ed), ["a", "b", "c"]);
        assert_eq!(names(&session, c), ["ed", "sandy"]);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "user_keywords").await?, 4);
        let a = session.keys(ed, User::keywords)?[0];
        session.remove(ed, User::keywords, c);
        session.remove(a, Keyword::users, ed);
        assert_eq!(words(&session, ed), ["b"]);
        assert_eq!(names(&session, c), ["sandy"]);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "user_keywords").await?, 2);
        assert_eq!(rows(&db.engine, "keywords").await?, 3);
        Ok(())
    }

    async fn a_pair_that_is_put_back_writes_nothing(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(User { keywords: vec![keyword("a")].into(), ..user("ed") });
        session.commit().await?;
        let a = session.keys(ed, User::keywords)?[0];
        let log = db.engine.record();
        session.remove(ed, User::keywords, a);
        session.push(ed, User::keywords, a);
        session.push(ed, User::keywords, a);
        let b = session.add(keyword("b"));
        session.push(ed, User::keywords, b);
        session.remove(b, Keyword::users, ed);
        session.delete(b);
        session.commit().await?;
        assert!(log.statements().is_empty(), "{:?}", log.statements());
        assert_eq!(session.keys(ed, User::keywords)?, [a]);
        // Parted, flushed, and linked again in one transaction.
        session.remove(ed, User::keywords, a);
        session.flush().await?;
        session.push(ed, User::keywords, a);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "user_keywords").await?, 1);
        Ok(())
    }

    async fn pairs_that_were_not_loaded_are_parted_too(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.add(User { keywords: vec![keyword("a"), keyword("b")].into(), ..user("ed") });
        session.commit().await?;
        let mut other = db.engine.session();
        let ed = other.get::<User>(1).await?.unwrap();
        let keywords = other.all(select(Keyword).order_by(Keyword::word.asc())).await?;
        assert!(other.keys(ed, User::keywords).is_err());
        other.remove(ed, User::keywords, keywords[0]);
        other.commit().await?;
        assert_eq!(rows(&db.engine, "user_keywords").await?, 1);
        // Whether there was a row or not: parted unseen and linked again is linked.
        for keyword in &keywords {
            other.remove(ed, User::keywords, *keyword);
            other.push(ed, User::keywords, *keyword);
        }
        other.commit().await?;
        assert_eq!(rows(&db.engine, "user_keywords").await?, 2);
        other.load(ed, User::keywords).await?;
        assert_eq!(words(&other, ed), ["a", "b"]);
        Ok(())
    }

    async fn deleted_ends_take_their_pairs_along(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(User { keywords: vec![keyword("a"), keyword("b")].into(), ..user("ed") });
        session.add(User { keywords: vec![keyword("c")].into(), ..user("sandy") });
        session.commit().await?;
        let mut other = db.engine.session();
        let unloaded = other.get::<User>(2).await?.unwrap();
        other.delete(unloaded);
        other.commit().await?;
        assert_eq!(rows(&db.engine, "user_keywords").await?, 2);
        let a = session.keys(ed, User::keywords)?[0];
        session.delete(a);
        assert_eq!(words(&session, ed), ["b"]);
        session.commit().await?;
        assert_eq!(words(&session, ed), ["b"]);
        assert_eq!(rows(&db.engine, "user_keywords").await?, 1);
        session.delete(ed);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "user_keywords").await?, 0);
        assert_eq!(rows(&db.engine, "keywords").await?, 2);
        Ok(())
    }

    async fn objects_of_one_model_are_linked_in_one_direction(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(User { friends: vec![user("sandy"), user("wendy")].into(), ..user("ed") });
        let [sandy, wendy] = session.keys(ed, User::friends)?[..] else { panic!() };
        session.push(sandy, User::friends, ed);
        session.push(sandy, User::friends, sandy);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "friends").await?, 4);
        let mut other = db.engine.session();
        let users = other.all(select(User).order_by(User::id.asc()).options(selectinload(User::friends))).await?;
        let names = |of: Key<User>| -> Vec<String> {
            let mut names: Vec<String> = other.at(of).many(User::friends).unwrap().map(|u| u.name.clone()).collect();
            names.sort();
            names
        };
        assert_eq!(names(users[0]), ["sandy", "wendy"]);
        assert_eq!(names(users[1]), ["ed", "sandy"]);
        assert!(names(users[2]).is_empty());
        session.remove(ed, User::friends, sandy);
        session.delete(wendy);
        session.commit().await?;
        assert!(session.keys(ed, User::friends)?.is_empty());
        assert_eq!(session.keys(sandy, User::friends)?, [ed, sandy]);
        assert_eq!(rows(&db.engine, "friends").await?, 2);
        Ok(())
    }

    async fn composite_keys_are_linked(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let invoice = |number| Invoice { shop: 1, number, ..Default::default() };
        let first = session.add(Invoice { keywords: vec![keyword("a"), keyword("b")].into(), ..invoice(1) });
        let second = session.add(invoice(2));
        let a = session.keys(first, Invoice::keywords)?[0];
        session.push(second, Invoice::keywords, a);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "invoice_keywords").await?, 3);
        let mut other = db.engine.session();
        let all = other.all(select(Invoice).order_by(Invoice::number.asc()).options(selectinload(Invoice::keywords))).await?;
        assert_eq!(all.iter().map(|key| other.keys(*key, Invoice::keywords).unwrap().len()).collect::<Vec<_>>(), [2, 1]);
        let shared = other.keys(all[1], Invoice::keywords)?[0];
        other.remove(all[0], Invoice::keywords, shared);
        other.commit().await?;
        assert_eq!(rows(&db.engine, "invoice_keywords WHERE invoice_number = 2").await?, 1);
        assert_eq!(rows(&db.engine, "invoice_keywords").await?, 2);
        Ok(())
    }

    async fn a_table_between_with_a_model_is_written_through_the_model(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let (ed, word) = (session.add(user("ed")), session.add(keyword("a")));
        session.commit().await?;
        session.push(ed, User::liked, word);
        let words = said(session.flush().await);
        assert!(words.contains("`User::liked` is read-only") && words.contains("`Like`"), "{words}");
        session.rollback().await?;
        session.add(Like { user_id: session[ed].id, keyword_id: session[word].id, stars: 5 });
        session.commit().await?;
        let mut other = db.engine.session();
        let ed = other.one(select(User).options(selectinload(User::liked))).await?;
        let liked = other.keys(ed, User::liked)?;
        assert_eq!(other[liked[0]].word, "a");
        other.delete(ed);
        other.commit().await?;
        assert_eq!(rows(&db.engine, "likes").await?, 0);
        Ok(())
    }

    async fn a_link_row_that_somebody_else_deleted_is_stale_data(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(User { keywords: vec![keyword("a"), keyword("b")].into(), ..user("ed") });
        session.commit().await?;
        db.engine.execute(text("DELETE FROM user_keywords WHERE keyword_id = 1")).await?;
        for key in session.keys(ed, User::keywords)? {
            session.remove(ed, User::keywords, key);
        }
        let error = session.commit().await.unwrap_err();
        assert!(
            matches!(&error, Error::StaleData { table, expected: 2, matched: 1, .. } if table == "user_keywords"),
            "{error}"
        );
        session.rollback().await?;
        assert_eq!(words(&session, ed), ["a", "b"]);
        assert_eq!(rows(&db.engine, "user_keywords").await?, 1);
        Ok(())
    }

    async fn a_partner_that_was_withdrawn_is_not_linked(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(User { keywords: vec![keyword("a"), keyword("b")].into(), ..user("ed") });
        let a = session.keys(ed, User::keywords)?[0];
        session.delete(a);
        assert_eq!(words(&session, ed), ["b"]);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "user_keywords").await?, 1);
        assert_eq!(rows(&db.engine, "keywords").await?, 1);
        // And there is nothing left to be flushed.
        let log = db.engine.record();
        session.scalar(select(count_all()).select_from(User)).await?;
        assert_eq!(log.statements().len(), 1);
        Ok(())
    }

    async fn a_whole_load_forgets_pairs_that_are_gone(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.add(User { keywords: vec![keyword("a"), keyword("b")].into(), ..user("ed") });
        session.commit().await?;
        let mut other = db.engine.session();
        let keywords = other.all(select(Keyword).options(selectinload(Keyword::users))).await?;
        assert_eq!(names(&other, keywords[0]), ["ed"]);
        other.commit().await?;
        db.engine.execute(text("DELETE FROM user_keywords WHERE keyword_id = 1")).await?;
        let ed = other.get::<User>(1).await?.unwrap();
        other.load(ed, User::keywords).await?;
        assert_eq!(words(&other, ed), ["b"]);
        Ok(())
    }
}
