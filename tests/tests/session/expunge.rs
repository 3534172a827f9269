//! Objects leave the session, and come back.

use super::models::*;
use tests::prelude::*;

/// `ed` with all that leads from him, `sandy`, and their keys.
async fn loaded(db: &Db) -> Result<(Session, Key<User>, Key<User>)> {
    create(db).await?;
    ed_and_sandy(&db.engine).await?;
    let mut session = db.engine.session();
    let (ed, sandy) = (session.get::<User>(1).await?.unwrap(), session.get::<User>(2).await?.unwrap());
    session.load(ed, User::profile).await?;
    session.push(ed, User::keywords, keyword("a"));
    session.push(ed, User::keywords, keyword("b"));
    session.set(ed, User::profile, Profile { bio: "bio".into(), ..Default::default() });
    session.commit().await?;
    session.load([ed, sandy], (User::addresses, User::keywords, User::profile)).await?;
    session.commit().await?;
    Ok((session, ed, sandy))
}

fn emails(session: &Session, of: Key<User>) -> Result<Vec<String>> {
    Ok(session.at(of).many(User::addresses)?.map(|address| address.email.clone()).collect())
}

matrix! {
    async fn an_object_is_taken_out_and_its_row_stays(db: Db) -> Result<()> {
        let (mut session, ed, sandy) = loaded(&db).await?;
        let address = session.keys(ed, User::addresses)?[0];
        session[ed].fullname = Some("not written".into());
        let taken = session.take(ed)?;
        assert_eq!((taken.id, taken.name.as_str(), taken.fullname.as_deref()), (1, "ed", Some("not written")));
        assert!(matches!(taken.addresses.get(), Err(Error::NotLoaded { relationship }) if relationship == "User::addresses"));
        assert_eq!(session.state(ed), State::Detached);
        assert!(matches!(session.try_get(ed), Err(Error::StaleKey { model: "User", .. })));
        assert_eq!(panics(|| session[ed].id), "this `Key<User>` names an object that is not in the session any more");
        assert!(matches!(session.take(ed), Err(Error::StaleKey { .. })));
        // Nothing went with it: there is no relationship that the cascade does not name in `take`.
        assert_eq!(session.state(address), State::Persistent);
        assert!(matches!(session.at(address).one(Address::user), Err(Error::NotLoaded { .. })));
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(sent(&log, "UPDATE").len(), 0);
        let again = session.get::<User>(1).await?.unwrap();
        assert!(again != ed && session[again].fullname.is_none());
        assert_eq!(session.at(address).one(Address::user)?.key(), again);
        assert_eq!(session.state(sandy), State::Persistent);
        // A new object is as it was before it was added.
        let new = session.add(user("new"));
        let new = session.take(new)?;
        session.commit().await?;
        assert_eq!((new.id, rows(&db.engine, "users").await?), (0, 2));
        Ok(())
    }

    async fn expunge_follows_its_cascade_and_writes_nothing(db: Db) -> Result<()> {
        let (mut session, ed, sandy) = loaded(&db).await?;
        let addresses = session.keys(ed, User::addresses)?;
        let (words, profile) = (session.keys(ed, User::keywords)?, session.at(ed).one(User::profile)?.unwrap().key());
        let new = session.push(ed, User::addresses, address_of("never"));
        session[addresses[0]].email = "never".into();
        session.delete(addresses[1]);
        session.remove(ed, User::keywords, words[0]);
        session.expunge(ed);
        let gone = [addresses[0], new];
        assert!(gone.iter().all(|key| session.state(*key) == State::Detached));
        assert_eq!(session.state(profile), State::Detached);
        // `keywords` has no cascade; what was deleted is not in the collection any more.
        assert!(words.iter().all(|key| session.state(*key) == State::Persistent));
        assert_eq!(session.state(addresses[1]), State::Deleted);
        session.expunge(addresses[1]);
        session.delete(sandy);
        session.expunge([sandy]);
        let log = db.engine.record();
        session.commit().await?;
        assert!(log.statements().is_empty(), "{:?}", log.statements());
        assert_eq!(rows(&db.engine, "addresses WHERE email <> 'never'").await?, 3);
        assert_eq!(rows(&db.engine, "user_keywords").await?, 2);
        Ok(())
    }

    async fn a_collection_without_a_member_that_left_is_not_whole(db: Db) -> Result<()> {
        let (mut session, ed, sandy) = loaded(&db).await?;
        let [first, second] = session.keys(ed, User::addresses)?[..] else { panic!() };
        let (word, profile) = (session.keys(ed, User::keywords)?[0], session.at(ed).one(User::profile)?.unwrap().key());
        session.expunge(first);
        session.expunge(profile);
        session.expunge(word);
        assert!(matches!(session.keys(ed, User::addresses), Err(Error::NotLoaded { .. })));
        assert!(matches!(session.keys(ed, User::keywords), Err(Error::NotLoaded { .. })));
        assert!(matches!(session.at(ed).one(User::profile), Err(Error::NotLoaded { .. })));
        assert_eq!(session.keys(sandy, User::addresses)?.len(), 1);
        session.load(ed, (User::addresses, User::keywords)).await?;
        let again = session.keys(ed, User::addresses)?;
        assert_eq!((again.len(), again[1]), (2, second));
        assert_ne!(again[0], first);
        assert_eq!(session.keys(ed, User::keywords)?.len(), 2);
        // A new object's, too, once it has its row.
        let new = session.add(User { addresses: vec![address_of("a"), address_of("b")].into(), ..user("new") });
        let [a, b] = session.keys(new, User::addresses)?[..] else { panic!() };
        session.expunge(a);
        assert_eq!(session.keys(new, User::addresses)?, [b]);
        session.commit().await?;
        session.expunge(b);
        assert!(matches!(session.keys(new, User::addresses), Err(Error::NotLoaded { .. })));
        // So deleting the owner still finds the row.
        session.delete(new);
        session.delete(ed);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses").await?, 1);
        Ok(())
    }

    async fn no_rollback_acts_on_another_object(db: Db) -> Result<()> {
        let (mut session, ed, sandy) = loaded(&db).await?;
        for deep in [false, true] {
            let (moved, stays) = (session.keys(ed, User::addresses)?[0], session.keys(ed, User::addresses)?[1]);
            let word = session.keys(ed, User::keywords)?[0];
            if deep {
                let savepoint = session.begin_nested().await?;
                std::mem::forget(savepoint);
            }
            session[stays].email = "changed".into();
            session.set(moved, Address::user, sandy);
            session.remove(ed, User::keywords, word);
            session.flush().await?;
            session.expunge([moved, stays]);
            session.expunge(word);
            let new: Vec<Key<Address>> = (0..4).map(|n| session.push(sandy, User::addresses, address_of(&n.to_string()))).collect();
            let words: Vec<Key<Keyword>> = (0..4).map(|n| session.push(sandy, User::keywords, keyword(&n.to_string()))).collect();
            session.flush().await?;
            session.rollback().await?;
            for (n, key) in new.iter().enumerate() {
                assert_eq!((session.state(*key), session[*key].email.as_str()), (State::Withdrawn, n.to_string().as_str()));
            }
            assert!(words.iter().all(|key| session.state(*key) == State::Withdrawn));
            assert_eq!(session.state(moved), State::Detached);
            // What went back to `ed` is not in the session: his collections are not whole.
            assert!(matches!(session.keys(ed, User::addresses), Err(Error::NotLoaded { .. })));
            assert!(matches!(session.keys(ed, User::keywords), Err(Error::NotLoaded { .. })));
            assert!(matches!(session.keys(sandy, User::addresses), Err(Error::NotLoaded { .. })));
            session.load([ed, sandy], (User::addresses, User::keywords)).await?;
            assert_eq!((emails(&session, ed)?, emails(&session, sandy)?), (vec!["ed@one".into(), "ed@two".into()], vec!["sandy@one".into()]));
            assert_eq!((session.keys(ed, User::keywords)?.len(), session.keys(sandy, User::keywords)?.len()), (2, 0));
        }
        Ok(())
    }

    async fn a_deleted_object_that_left_does_not_come_back(db: Db) -> Result<()> {
        let (mut session, ed, _) = loaded(&db).await?;
        let [first, second] = session.keys(ed, User::addresses)?[..] else { panic!() };
        session.delete(first);
        session.flush().await?;
        session.expunge(first);
        session.rollback().await?;
        assert_eq!((session.state(first), session.state(second)), (State::Detached, State::Persistent));
        assert!(matches!(session.keys(ed, User::addresses), Err(Error::NotLoaded { .. })));
        session.load(ed, User::addresses).await?;
        assert_eq!(emails(&session, ed)?, ["ed@one", "ed@two"]);
        Ok(())
    }

    async fn a_link_to_a_new_object_that_left_is_gone(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let old = session.add(Team { name: "old".into(), ..Default::default() });
        let player = session.push(old, Team::players, Player { name: "p".into(), ..Default::default() });
        session.commit().await?;
        let new = session.add(Team { name: "new".into(), ..Default::default() });
        session.push(new, Team::players, player);
        session.expunge(new);
        assert_eq!(session.at(player).one(Player::team)?.map(|team| team.key()), Some(old));
        session.commit().await?;
        assert_eq!(rows(&db.engine, "players WHERE team_id = 1").await?, 1);
        assert_eq!(rows(&db.engine, "teams").await?, 1);
        let ed = session.add(User { addresses: vec![address_of("a")].into(), ..user("ed") });
        let address = session.keys(ed, User::addresses)?[0];
        session.take(ed)?;
        let words = said(session.commit().await);
        assert!(words.contains("linked to no `User`"), "{words}");
        assert_eq!(session.state(address), State::Pending);
        Ok(())
    }

    async fn members_of_a_filtered_collection_are_told_from_those_who_took_their_place(db: Db) -> Result<()> {
        let (mut session, ed, _) = loaded(&db).await?;
        session.unload(ed, User::addresses);
        session.load(ed, selectinload(User::addresses).filter(Address::id.gt(0))).await?;
        let partial: Vec<Key<Address>> = session.at(ed).partial(User::addresses)?.map(|address| address.key()).collect();
        assert_eq!(partial.len(), 2);
        session.commit().await?;
        session.expunge(partial[0]);
        session.add(Address { user_id: 2, ..address_of("another") });
        assert!(session.at(ed).partial(User::addresses).is_err());
        session.load(ed, selectinload(User::addresses).filter(Address::id.gt(0))).await?;
        assert_eq!(session.at(ed).partial(User::addresses)?.count(), 2);
        Ok(())
    }

    async fn what_was_withdrawn_is_added_again_with_its_links(db: Db) -> Result<()> {
        let (mut session, ed, sandy) = loaded(&db).await?;
        let clash = session.add(User {
            addresses: vec![address_of("clash@one")].into(),
            keywords: vec![keyword("k"), keyword("parted")].into(),
            ..user("ed")
        });
        let [k, parted] = session.keys(clash, User::keywords)?[..] else { panic!() };
        session.push(clash, User::friends, sandy);
        session.remove(clash, User::keywords, parted);
        let address = session.keys(clash, User::addresses)?[0];
        let elsewhere = session.push(sandy, User::addresses, address_of("elsewhere"));
        for _ in 0..2 {
            assert!(matches!(session.commit().await, Err(Error::UniqueViolation { .. })));
            session.rollback().await?;
            assert_eq!((session.state(clash), session.state(address), session.state(k)), (State::Withdrawn, State::Withdrawn, State::Withdrawn));
            assert_eq!(session.keys(sandy, User::addresses)?.len(), 1);
            session.readd(clash);
            assert_eq!((session.state(clash), session.state(address), session.state(k)), (State::Pending, State::Pending, State::Pending));
            assert_eq!((session.state(parted), session.state(elsewhere)), (State::Withdrawn, State::Withdrawn));
        }
        session[clash].name = "other".into();
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE name = 'other'").await?, 1);
        assert_eq!(rows(&db.engine, "addresses WHERE email = 'clash@one'").await?, 1);
        assert_eq!((rows(&db.engine, "addresses").await?, rows(&db.engine, "keywords").await?), (4, 3));
        assert_eq!((rows(&db.engine, "user_keywords").await?, rows(&db.engine, "friends").await?), (3, 1));
        assert_eq!(session.keys(clash, User::keywords)?, [k]);
        // Its insert is rolled back after it was flushed, in a savepoint.
        let mut nested = session.begin_nested().await?;
        let new = nested.push(ed, User::addresses, address_of("nested"));
        nested.flush().await?;
        nested.rollback().await?;
        assert_eq!((session.state(new), session[new].id), (State::Withdrawn, 0));
        session.readd(new);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses WHERE email = 'nested' AND user_id = 1").await?, 1);
        Ok(())
    }

    async fn a_deletion_that_was_not_flushed_is_taken_back(db: Db) -> Result<()> {
        let (mut session, ed, sandy) = loaded(&db).await?;
        session.delete(ed);
        session.delete(sandy);
        session.readd(ed);
        assert_eq!(session.state(ed), State::Persistent);
        session.flush().await?;
        assert_eq!(emails(&session, ed)?.len(), 2);
        session.readd(sandy);
        let words = said(session.flush().await);
        assert!(words.contains("`User` 2 can't be added again: its row was deleted in this transaction"), "{words}");
        session.rollback().await?;
        assert_eq!(session.state(sandy), State::Persistent);
        Ok(())
    }

    async fn an_unloaded_relationship_is_loaded_anew(db: Db) -> Result<()> {
        let (mut session, ed, sandy) = loaded(&db).await?;
        let [first, second] = session.keys(ed, User::addresses)?[..] else { panic!() };
        db.engine.execute(text("UPDATE addresses SET user_id = 2, email = 'moved' WHERE id = 2")).await?;
        db.engine.execute(text("DELETE FROM user_keywords WHERE keyword_id = 1")).await?;
        session.unload(ed, User::addresses);
        session.unload(ed, User::keywords);
        session.unload(ed, User::profile);
        assert!(matches!(session.keys(ed, User::addresses), Err(Error::NotLoaded { .. })));
        assert!(matches!(session.keys(ed, User::keywords), Err(Error::NotLoaded { .. })));
        assert!(matches!(session.at(ed).one(User::profile), Err(Error::NotLoaded { .. })));
        // What was not flushed stays, and is written.
        let new = session.push(ed, User::addresses, address_of("new"));
        session.unload(ed, User::addresses);
        session.no_autoflush().load(ed, (User::addresses, User::keywords)).await?;
        assert_eq!(session.keys(ed, User::addresses)?, [first, new]);
        assert_eq!((session.state(second), session[second].email.as_str()), (State::Persistent, "moved"));
        assert_eq!(session.keys(ed, User::keywords)?.len(), 1);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses WHERE user_id = 1").await?, 2);
        assert_eq!(session.keys(sandy, User::addresses)?.len(), 2);
        // Of an object that was added here, and a load that is rolled back.
        let born = session.add(User { addresses: vec![address_of("x")].into(), ..user("born") });
        session.unload(born, User::addresses);
        assert_eq!(session.keys(born, User::addresses)?.len(), 1);
        session.commit().await?;
        session.unload(born, User::addresses);
        session[born].fullname = Some("written".into());
        session.flush().await?;
        session.load(born, User::addresses).await?;
        assert_eq!(session.keys(born, User::addresses)?.len(), 1);
        session.rollback().await?;
        assert!(matches!(session.keys(born, User::addresses), Err(Error::NotLoaded { .. })));
        session.unload(first, Address::user);
        let words = said(session.flush().await);
        assert!(words.contains("`Address::user` can't be unloaded"), "{words}");
        Ok(())
    }

    async fn everything_goes_at_once(db: Db) -> Result<()> {
        let (mut session, ed, sandy) = loaded(&db).await?;
        let addresses = session.keys(ed, User::addresses)?;
        session[ed].fullname = Some("flushed".into());
        let inserted = session.push(ed, User::addresses, address_of("flushed"));
        session.flush().await?;
        session[sandy].fullname = Some("forgotten".into());
        let new = session.push(sandy, User::keywords, keyword("forgotten"));
        session.delete(addresses[0]);
        session.clear();
        for key in [ed, sandy] {
            assert_eq!(session.state(key), State::Detached);
            assert_eq!(panics(|| session[key].id), "this `Key<User>` names an object that is not in the session any more");
        }
        assert!(session.try_get(addresses[0]).is_err() && session.try_get(inserted).is_err() && session.try_get(new).is_err());
        let others: Vec<Key<User>> = session.all(select(User).order_by(User::id.asc())).await?;
        assert_eq!(session[others[0]].fullname.as_deref(), Some("flushed"));
        session.load(&others, (User::addresses, User::keywords)).await?;
        assert_eq!((session.keys(others[0], User::addresses)?.len(), session.keys(others[0], User::keywords)?.len()), (3, 2));
        assert!(!others.contains(&ed) && !others.contains(&sandy));
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE fullname = 'flushed'").await?, 1);
        assert_eq!((rows(&db.engine, "keywords").await?, rows(&db.engine, "addresses").await?), (2, 4));
        // In a savepoint: what is rolled back finds nobody.
        let mut nested = session.begin_nested().await?;
        nested[others[0]].fullname = Some("inside".into());
        nested.push(others[1], User::addresses, address_of("inside"));
        nested.flush().await?;
        nested.clear();
        let again = nested.get::<User>(1).await?.unwrap();
        assert_eq!(nested[again].fullname.as_deref(), Some("inside"));
        nested.rollback().await?;
        session.get::<User>(1).await?;
        assert_eq!(session[again].fullname.as_deref(), Some("flushed"));
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses").await?, 4);
        Ok(())
    }

    async fn everything_is_expired_at_once(db: Db) -> Result<()> {
        let (mut session, ed, sandy) = loaded(&db).await?;
        let new = session.add(keyword("new"));
        session[sandy].name = "edited".into();
        db.engine.execute(text("UPDATE users SET fullname = 'by another'")).await?;
        db.engine.execute(text("DELETE FROM addresses WHERE id = 1")).await?;
        session.expire_all();
        assert_eq!(emails(&session, ed)?.len(), 2);
        session.no_autoflush().all(select(User)).await?;
        assert_eq!(session[ed].fullname.as_deref(), Some("by another"));
        assert_eq!((session[sandy].name.as_str(), session[sandy].fullname.as_deref()), ("edited", Some("by another")));
        session.no_autoflush().load(ed, User::addresses).await?;
        assert_eq!(emails(&session, ed)?, ["ed@two"]);
        assert_eq!(session.state(new), State::Pending);
        Ok(())
    }

    async fn slots_are_used_again(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let mut before: Option<Key<Keyword>> = None;
        for n in 0..50 {
            let new = session.add(keyword(&n.to_string()));
            session.flush().await?;
            if let Some(before) = before.replace(new) {
                assert_ne!(before, new);
                assert_eq!(session.state(before), State::Detached);
            }
            session.clear();
        }
        // Debug shows how many there are.
        assert!(format!("{session:?}").contains("Keyword: 0"), "{session:?}");
        session.commit().await?;
        assert_eq!(rows(&db.engine, "keywords").await?, 50);
        Ok(())
    }
}
