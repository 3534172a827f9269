//! One-to-many, many-to-one and one-to-one: both sides agree, whoever changes them.

use super::models::*;
use tests::prelude::*;

fn emails(session: &Session, user: Key<User>) -> Vec<String> {
    session.at(user).many(User::addresses).unwrap().map(|address| address.email.clone()).collect()
}

async fn both(session: &mut Session) -> Result<(Key<User>, Key<User>)> {
    let users = session.all(select(User).order_by(User::id.asc()).options(selectinload(User::addresses))).await?;
    Ok((users[0], users[1]))
}

matrix! {
    async fn a_new_tree_is_linked_before_and_after_the_flush(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(User { addresses: vec![address_of("a"), address_of("b")].into(), ..user("ed") });
        let look = |session: &Session| {
            assert_eq!(emails(session, ed), ["a", "b"]);
            for address in session.at(ed).many(User::addresses).unwrap() {
                assert_eq!(address.one(Address::user).unwrap().key(), ed);
            }
        };
        look(&session);
        session.flush().await?;
        look(&session);
        for key in session.keys(ed, User::addresses)? {
            assert_eq!(session[key].user_id, session[ed].id);
        }
        session.commit().await?;
        look(&session);
        Ok(())
    }

    async fn a_child_brings_its_new_parent(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let address = session.add(Address { user: user("ed").into(), ..address_of("a") });
        let ed = session.at(address).one(Address::user)?.key();
        assert_eq!(emails(&session, ed), ["a"]);
        session.commit().await?;
        assert_eq!(session[address].user_id, session[ed].id);
        Ok(())
    }

    async fn push_set_and_remove_move_a_child(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let (ed, sandy) = both(&mut session).await?;
        let first = session.keys(ed, User::addresses)?[0];
        session.push(sandy, User::addresses, first);
        assert_eq!((emails(&session, ed), emails(&session, sandy)), (vec!["ed@two".into()], vec![
            "sandy@one".to_owned(),
            "ed@one".to_owned()
        ]));
        assert_eq!(session[first].user_id, 2);
        session.set(first, Address::user, ed);
        assert_eq!(session.at(first).one(Address::user)?.name, "ed");
        session.set(first, Address::user, sandy);
        let new = session.push(ed, User::addresses, address_of("new"));
        assert_eq!(emails(&session, ed), ["ed@two", "new"]);
        session.commit().await?;
        assert_eq!(emails(&session, ed), ["ed@two", "new"]);
        assert_eq!(session[new].user_id, 1);
        assert_eq!(rows(&db.engine, "addresses WHERE user_id = 2").await?, 2);
        // A parent that comes with its child.
        session.set(new, Address::user, user("patrick"));
        assert_eq!(emails(&session, ed), ["ed@two"]);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users").await?, 3);
        assert_eq!(session.at(new).one(Address::user)?.name, "patrick");
        Ok(())
    }

    async fn a_key_set_by_hand_shows_at_once(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let (ed, sandy) = both(&mut session).await?;
        let [one, two] = session.keys(ed, User::addresses)?[..] else { panic!() };
        session[one].user_id = 2;
        assert_eq!(emails(&session, ed), ["ed@two"]);
        assert_eq!(emails(&session, sandy), ["sandy@one", "ed@one"]);
        assert_eq!(session.at(one).one(Address::user)?.key(), sandy);
        session.get_mut(two)?.user_id = 2;
        assert!(emails(&session, ed).is_empty());
        let by_hand = session.add(Address { user_id: 1, ..address_of("by hand") });
        assert_eq!(session.keys(ed, User::addresses)?, [by_hand]);
        session.commit().await?;
        assert_eq!(emails(&session, sandy), ["sandy@one", "ed@one", "ed@two"]);
        assert_eq!(emails(&session, ed), ["by hand"]);
        assert_eq!(rows(&db.engine, "addresses WHERE user_id = 2").await?, 3);
        Ok(())
    }

    async fn a_target_that_is_loaded_later_joins_by_itself(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let address = session.get::<Address>(1).await?.unwrap();
        let error = session.at(address).one(Address::user).unwrap_err();
        assert!(matches!(&error, Error::NotLoaded { relationship } if relationship == "Address::user"), "{error}");
        let ed = session.get::<User>(1).await?.unwrap();
        assert_eq!(session.at(address).one(Address::user)?.key(), ed);
        assert!(matches!(session.at(ed).many(User::addresses), Err(Error::NotLoaded { .. })));
        assert!(matches!(session.at(ed).one(User::profile), Err(Error::NotLoaded { .. })));
        Ok(())
    }

    async fn a_link_and_a_column_that_disagree_are_told(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        let address = session.get::<Address>(3).await?.unwrap();
        // First the link, then the column.
        session.set(address, Address::user, ed);
        session[address].user_id = 7;
        let words = said(session.commit().await);
        for part in ["`Address` 3", "`User` 1", "`Address::user_id`", "to 7"] {
            assert!(words.contains(part), "{words}");
        }
        session.rollback().await?;
        assert_eq!(session[address].user_id, 2);
        // First the column, then the link.
        session[address].user_id = 7;
        session.push(ed, User::addresses, address);
        assert!(said(session.commit().await).contains("`Address::user_id`"));
        session.rollback().await?;
        // In a new object.
        session.push(ed, User::addresses, Address { user_id: 2, ..address_of("new") });
        assert!(said(session.commit().await).contains("`Address::user_id`"));
        session.rollback().await?;
        // In a tree.
        session.add(User { addresses: vec![Address { user_id: 2, ..address_of("a") }].into(), ..user("x") });
        assert!(said(session.commit().await).contains("`Address::user_id`"));
        session.rollback().await?;
        // The same key twice is no contradiction.
        session.push(ed, User::addresses, Address { user_id: 1, ..address_of("new") });
        session[address].user_id = 1;
        session.push(ed, User::addresses, address);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses WHERE user_id = 1").await?, 4);
        Ok(())
    }

    async fn a_child_without_a_parent_is_told(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let address = session.add(address_of("a"));
        let ed = session.add(user("ed"));
        assert!(emails(&session, ed).is_empty());
        let words = said(session.at(address).one(Address::user));
        assert!(words.contains("leads to no object"), "{words}");
        let log = db.engine.record();
        let words = said(session.commit().await);
        assert!(words.contains("`Address::user_id`") && words.contains("no `User`"), "{words}");
        assert!(sent(&log, "INSERT INTO addresses").is_empty());
        Ok(())
    }

    async fn a_child_that_was_taken_from_its_parent_is_told(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let bottles = vec![Bottle::default(), Bottle::default()];
        let crate_ = session.add(Crate { bottles: bottles.into(), ..Default::default() });
        session.commit().await?;
        let bottle = session.keys(crate_, Crate::bottles)?[0];
        session.remove(crate_, Crate::bottles, bottle);
        assert_eq!(session.keys(crate_, Crate::bottles)?.len(), 1);
        assert!(said(session.at(bottle).one(Bottle::in_crate)).contains("leads to no object"));
        let words = said(session.flush().await);
        assert!(words.contains("`Bottle::crate_id`") && words.contains("NOT NULL"), "{words}");
        session.rollback().await?;
        assert_eq!(session.keys(crate_, Crate::bottles)?.len(), 2);
        // A new key by hand is a new link.
        let other = session.add(Crate::default());
        session.commit().await?;
        session.remove(crate_, Crate::bottles, bottle);
        session[bottle].crate_id = session[other].id;
        assert_eq!(session.keys(other, Crate::bottles)?, [bottle]);
        session.commit().await?;
        assert_eq!(session.keys(other, Crate::bottles)?, [bottle]);
        Ok(())
    }

    async fn a_nullable_link_is_set_to_null(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let player = |name: &str| Player { name: name.into(), ..Default::default() };
        let reds = session.add(Team {
            name: "reds".into(),
            players: vec![player("a"), player("b"), player("c")].into(),
            ..Default::default()
        });
        session.commit().await?;
        let [a, b, c] = session.keys(reds, Team::players)?[..] else { panic!() };
        session.remove(reds, Team::players, a);
        session.set(b, Player::team, None);
        session[c].team_id = None;
        assert!(session.keys(reds, Team::players)?.is_empty());
        assert!(session.at(a).one(Player::team)?.is_none());
        session.commit().await?;
        assert_eq!(rows(&db.engine, "players WHERE team_id IS NULL").await?, 3);
        // And back, in one session, without a flush between.
        session.push(reds, Team::players, a);
        session.remove(reds, Team::players, a);
        session.push(reds, Team::players, a);
        session.set(b, Player::team, Some(reds));
        session.commit().await?;
        assert_eq!(session.keys(reds, Team::players)?, [a, b]);
        assert_eq!(rows(&db.engine, "players WHERE team_id IS NULL").await?, 1);
        // What is put back where it was is no change.
        session.remove(reds, Team::players, a);
        session.push(reds, Team::players, a);
        let log = db.engine.record();
        session.commit().await?;
        assert!(log.statements().is_empty(), "{:?}", log.statements());
        Ok(())
    }

    async fn one_to_one_is_replaced(db: Db) -> Result<()> {
        create(&db).await?;
        let profile = |bio: &str| Profile { bio: bio.into(), ..Default::default() };
        let mut session = db.engine.session();
        let ed = session.add(User { profile: profile("first").into(), ..user("ed") });
        let first = session.at(ed).one(User::profile)?.unwrap().key();
        session.commit().await?;
        assert_eq!(session.at(first).one(Profile::user)?.key(), ed);
        session.set(ed, User::profile, profile("second"));
        assert_eq!(session.at(ed).one(User::profile)?.unwrap().bio, "second");
        session.commit().await?;
        assert_eq!(session.state(first), State::Detached);
        assert_eq!(rows(&db.engine, "profiles").await?, 1);
        session.set(ed, User::profile, None);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "profiles").await?, 0);
        assert!(session.at(ed).one(User::profile)?.is_none());
        // Unloaded, it can't be replaced unseen.
        let mut other = db.engine.session();
        let ed = other.get::<User>(1).await?.unwrap();
        other.set(ed, User::profile, profile("third"));
        assert!(said(other.flush().await).contains("`User::profile`"));
        other.rollback().await?;
        let ed = other.get::<User>(1).await?.unwrap();
        other.load(ed, User::profile).await?;
        other.set(ed, User::profile, profile("third"));
        other.commit().await?;
        assert_eq!(rows(&db.engine, "profiles WHERE bio = 'third'").await?, 1);
        Ok(())
    }

    async fn replace_makes_these_the_members(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let (ed, sandy) = both(&mut session).await?;
        let [one, two] = session.keys(ed, User::addresses)?[..] else { panic!() };
        let of_sandy = session.keys(sandy, User::addresses)?[0];
        assert_eq!(session.replace(ed, User::addresses, [of_sandy, two]), [of_sandy, two]);
        assert_eq!(emails(&session, ed), ["ed@two", "sandy@one"]);
        assert!(emails(&session, sandy).is_empty());
        let new = session.replace(sandy, User::addresses, [address_of("x"), address_of("y")]);
        assert_eq!(session.keys(sandy, User::addresses)?, new);
        session.commit().await?;
        assert_eq!(session.state(one), State::Detached);
        assert_eq!(rows(&db.engine, "addresses WHERE user_id = 1").await?, 2);
        assert_eq!(rows(&db.engine, "addresses WHERE user_id = 2").await?, 2);
        session.load(ed, User::keywords).await?;
        let words = session.replace(ed, User::keywords, ["a", "b"].map(keyword));
        session.commit().await?;
        session.replace(ed, User::keywords, [words[1]]);
        session.replace(sandy, User::addresses, Vec::<Address>::new());
        session.commit().await?;
        assert_eq!(rows(&db.engine, "user_keywords").await?, 1);
        assert_eq!(rows(&db.engine, "addresses").await?, 2);
        let mut other = db.engine.session();
        let ed = other.get::<User>(1).await?.unwrap();
        other.replace(ed, User::addresses, [address_of("z")]);
        assert!(said(other.flush().await).contains("`User::addresses` was not loaded"));
        Ok(())
    }

    async fn a_relationship_without_a_field_is_walked_in_reverse(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let hen = session.add(Hen::default());
        session.commit().await?;
        let laid_by = Egg::hen.reverse();
        let egg = session.push(hen, laid_by, Egg::default());
        assert_eq!(session.keys(hen, laid_by)?, [egg]);
        session.commit().await?;
        let mut other = db.engine.session();
        let hen = other.get::<Hen>(1).await?.unwrap();
        assert!(other.keys(hen, laid_by).is_err());
        other.load(hen, laid_by).await?;
        assert_eq!(other.at(hen).many(laid_by)?.len(), 1);
        Ok(())
    }

    async fn a_natural_key_links_before_the_flush_too(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let city = |name: &str| City { name: name.into(), ..Default::default() };
        let no = session.add(Country {
            code: "NO".into(),
            cities: vec![city("Oslo")].into(),
            ..Default::default()
        });
        let by_hand = session.add(City { country_code: Some("NO".into()), ..city("Bergen") });
        assert_eq!(session.at(by_hand).one(City::country)?.unwrap().key(), no);
        let names = |session: &Session| {
            let mut names: Vec<String> =
                session.at(no).many(Country::cities).unwrap().map(|city| city.name.clone()).collect();
            names.sort();
            names
        };
        assert_eq!(names(&session), ["Bergen", "Oslo"]);
        // A key that is changed before the flush takes those with it that were linked.
        let oslo = session.keys(no, Country::cities)?.into_iter().find(|city| *city != by_hand).unwrap();
        assert_eq!(session.at(oslo).one(City::country)?.unwrap().key(), no);
        session[no].code = "NOR".into();
        session[by_hand].country_code = Some("NOR".into());
        session.commit().await?;
        assert_eq!(names(&session), ["Bergen", "Oslo"]);
        assert_eq!(rows(&db.engine, "cities WHERE country_code = 'NOR'").await?, 2);
        Ok(())
    }

    async fn a_withdrawn_object_can_not_be_linked(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(user("ed"));
        let gone = session.push(ed, User::addresses, address_of("gone"));
        session.remove(ed, User::addresses, gone);
        assert_eq!(session.state(gone), State::Withdrawn);
        session.push(ed, User::addresses, gone);
        let words = said(session.commit().await);
        assert!(words.contains("taken out of the session") && words.contains("`User::addresses`"), "{words}");
        Ok(())
    }
}
