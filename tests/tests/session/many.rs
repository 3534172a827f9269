//! Many objects at once: by their keys, and in batches.

use super::failure::poll_and_drop;
use super::models::*;
use tests::prelude::*;

async fn keywords(engine: &Engine, count: usize) -> Result<()> {
    let mut session = engine.session();
    session.add_all((1..=count).map(|n| keyword(&format!("{n:04}"))));
    session.commit().await
}

matrix! {
    async fn one_that_must_be_there(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get_one::<User>(1).await?;
        assert_eq!(session[ed].name, "ed");
        let error = session.get_one::<User>(9).await.unwrap_err();
        assert_eq!(error.to_string(), "no row found for `User` 9");
        let error = session.get_one::<Invoice>((1, 5)).await.unwrap_err();
        assert_eq!(error.to_string(), "no row found for `Invoice` 1, 5");
        assert!(session.get_one::<Country>("it").await.is_err());
        Ok(())
    }

    async fn many_by_key_in_their_order(db: Db) -> Result<()> {
        create(&db).await?;
        keywords(&db.engine, 1200).await?;
        let mut session = db.engine.session();
        let [third, seventh] = [session.get_one::<Keyword>(3).await?, session.get_one::<Keyword>(7).await?];
        session.delete(seventh);
        session.flush().await?;
        let log = db.engine.record();
        let found = session.get_many::<Keyword>([5, 3, 9999, 7, 5, 4]).await?;
        assert_eq!(log.statements().len(), 1);
        let ids: Vec<Option<i64>> = found.iter().map(|key| key.map(|key| session[key].id)).collect();
        assert_eq!(ids, [Some(5), Some(3), None, None, Some(5), Some(4)]);
        assert_eq!(found[1], Some(third));
        session.get_many::<Keyword>([3, 4, 5]).await?;
        assert_eq!(log.statements().len(), 1);
        let all = session.get_many::<Keyword>(8..=1200).await?;
        assert_eq!((all.len(), log.statements().len()), (1193, 4));
        assert!(session.get_many::<Keyword>(Vec::<i64>::new()).await?.is_empty());
        // Stale ones are read again, and those whose rows are gone end.
        session.commit().await?;
        db.engine.execute(text("DELETE FROM keywords WHERE id = 3")).await?;
        db.engine.execute(text("UPDATE keywords SET word = 'new' WHERE id = 4")).await?;
        session.expire_all();
        let found = session.get_many::<Keyword>([3, 4]).await?;
        assert_eq!((found[0], session[found[1].unwrap()].word.as_str()), (None, "new"));
        assert_eq!(session.state(third), State::Detached);
        // Of two columns.
        session.add(Invoice { shop: 1, number: 2, ..Default::default() });
        session.add(Invoice { shop: 2, number: 1, ..Default::default() });
        session.commit().await?;
        let mut other = db.engine.session();
        let found = other.get_many::<Invoice>([(2, 1), (1, 1), (1, 2)]).await?;
        assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
        Ok(())
    }

    async fn many_are_refreshed_and_deleted_at_once(db: Db) -> Result<()> {
        create(&db).await?;
        keywords(&db.engine, 20).await?;
        let mut session = db.engine.session();
        let all = session.all(select(Keyword).order_by(Keyword::id.asc())).await?;
        session.commit().await?;
        db.engine.execute(text("UPDATE keywords SET word = 'new'")).await?;
        let log = db.engine.record();
        session.refresh(&all).await?;
        assert_eq!(sent(&log, "SELECT").len(), 1);
        assert!(all.iter().all(|key| session[*key].word == "new"));
        session.delete(&all[1..]);
        session.commit().await?;
        assert_eq!((rows(&db.engine, "keywords").await?, session.state(all[5])), (1, State::Detached));
        db.engine.execute(text("DELETE FROM keywords")).await?;
        assert_eq!(said(session.refresh(all[0]).await), "no row found for `Keyword` 1");
        Ok(())
    }

    async fn a_large_result_is_read_in_batches(db: Db) -> Result<()> {
        create(&db).await?;
        keywords(&db.engine, 105).await?;
        let mut session = db.engine.session();
        let log = db.engine.record();
        let query = select(Keyword).filter(Keyword::id.gt(5)).order_by(Keyword::word.desc());
        let mut cursor = session.batches(query, 40);
        let mut words = Vec::new();
        let mut sizes = Vec::new();
        while let Some(keys) = cursor.next(&mut session).await? {
            sizes.push(keys.len());
            for key in &keys {
                words.push(session[*key].word.clone());
                session[*key].word.push('!');
            }
            // Anything may happen between two batches.
            session.commit().await?;
            session.expunge(&keys);
            assert!(keys.iter().all(|key| session.state(*key) == State::Detached));
        }
        let expected: Vec<String> = (6..=105).rev().map(|n| format!("{n:04}")).collect();
        assert_eq!((words, sizes), (expected, vec![40, 40, 20]));
        assert_eq!(sent(&log, "SELECT").len(), 4, "{:?}", log.statements());
        assert_eq!(rows(&db.engine, "keywords WHERE word LIKE '%!'").await?, 100);
        assert!(cursor.next(&mut session).await?.is_none());
        Ok(())
    }

    async fn batches_have_what_their_query_asks_for(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        for n in 0..10 {
            session.add(User {
                addresses: vec![address_of(&format!("{n}.a")), address_of(&format!("{n}.b"))].into(),
                ..user(&n.to_string())
            });
        }
        session.commit().await?;
        session.clear();
        // Rows that a join repeats, told apart or not; loader options for each batch.
        let joined = select(User).join(User::addresses).order_by(User::name.asc());
        let mut cursor = session.batches(joined.clone().options(selectinload(User::addresses)), 8);
        let first = cursor.next(&mut session).await?.unwrap();
        assert_eq!((first.len(), first[0]), (8, first[1]));
        assert_eq!(session.keys(first[7], User::addresses)?.len(), 2);
        let mut cursor = session.batches(joined.distinct().limit(7).offset(2), 5);
        let mut names = Vec::new();
        while let Some(keys) = cursor.next(&mut session).await? {
            names.extend(keys.into_iter().map(|key| session[key].name.clone()));
            session.clear();
        }
        assert_eq!(names, ["2", "3", "4", "5", "6", "7", "8"]);
        let limited = select(User).filter(User::addresses.any(Address::email.endswith("a"))).order_by(User::id.desc()).limit(3);
        let mut cursor = session.batches(limited, 100);
        assert_eq!(cursor.next(&mut session).await?.map(|keys| keys.len()), Some(3));
        assert!(session.batches(select(User).filter(User::id.lt(0)), 0).next(&mut session).await?.is_none());
        Ok(())
    }

    async fn batches_go_with_what_happens_meanwhile(db: Db) -> Result<()> {
        create(&db).await?;
        keywords(&db.engine, 9).await?;
        let mut session = db.engine.session();
        let mut cursor = session.batches(select(Keyword).order_by(Keyword::id.asc()), 3);
        let first = cursor.next(&mut session).await?.unwrap();
        session[first[0]].word = "changed".into();
        session.rollback().await?;
        assert_eq!(session[first[0]].word, "0001");
        // Deleted rows are left out, a batch of nothing but those too.
        db.engine.execute(text("DELETE FROM keywords WHERE id IN (4, 5, 6, 8)")).await?;
        let seventh = session.get_one::<Keyword>(7).await?;
        session[seventh].word = "mine".into();
        let second = cursor.next(&mut session).await?.unwrap();
        assert_eq!((second.len(), second[0], session[seventh].word.as_str()), (2, seventh, "mine"));
        assert!(cursor.next(&mut session).await?.is_none());
        session.commit().await?;
        // A flush that fails before the next batch leaves the cursor where it was.
        let mut cursor = session.batches(select(Keyword).order_by(Keyword::id.asc()), 2);
        cursor.next(&mut session).await?;
        session.add(Keyword { id: 1, ..keyword("clash") });
        assert!(matches!(cursor.next(&mut session).await, Err(Error::Autoflush { .. })));
        session.rollback().await?;
        let third = cursor.next(&mut session).await?.unwrap()[0];
        assert_eq!(session[third].id, 3);
        Ok(())
    }

    async fn a_batch_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        create(&db).await?;
        keywords(&db.engine, 6).await?;
        for polls in 0.. {
            let mut session = db.engine.session();
            let mut cursor = session.batches(select(Keyword).order_by(Keyword::id.asc()), 4);
            let done = poll_and_drop(cursor.next(&mut session), polls).await;
            let first = match &done {
                Some(first) => first.as_ref().ok().cloned().flatten().unwrap(),
                None => {
                    session.rollback().await?;
                    cursor.next(&mut session).await?.unwrap()
                }
            };
            let second = cursor.next(&mut session).await?.unwrap();
            let ids: Vec<i64> = first.into_iter().chain(second).map(|key| session[key].id).collect();
            assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
            if done.is_some() {
                break;
            }
        }
        Ok(())
    }
}
