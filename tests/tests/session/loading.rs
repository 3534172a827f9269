//! Relationships of many objects, in few queries.

use super::models::*;
use tests::prelude::*;

matrix! {
    async fn selectinload_takes_one_query_for_each_step(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let log = db.engine.record();
        let users = session
            .all(
                select(User)
                    .order_by(User::id.asc())
                    .options(selectinload(User::addresses).selectinload(Address::user))
                    .options(selectinload(User::keywords))
                    .options(selectinload(User::profile)),
            )
            .await?;
        // The addresses' users are here already.
        assert_eq!(log.statements().len(), 4, "{:?}", log.statements());
        assert_eq!(session.keys(users[0], User::addresses)?.len(), 2);
        assert!(session.keys(users[1], User::keywords)?.is_empty());
        assert!(session.at(users[1]).one(User::profile)?.is_none());
        log.clear();
        session.load(&users, User::addresses).await?;
        assert!(log.statements().is_empty());
        Ok(())
    }

    async fn load_asks_for_what_is_missing(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let addresses = session.all(select(Address).order_by(Address::id.asc())).await?;
        let log = db.engine.record();
        session.load(&addresses, Address::user).await?;
        assert_eq!(log.statements().len(), 1);
        assert_eq!(session.at(addresses[2]).one(Address::user)?.name, "sandy");
        session.load(addresses[0], selectinload(Address::user).selectinload(User::addresses)).await?;
        assert_eq!(log.statements().len(), 2);
        let ed = session.at(addresses[0]).one(Address::user)?.key();
        assert_eq!(session.keys(ed, User::addresses)?, addresses[..2]);
        let none: Vec<Key<Address>> = Vec::new();
        session.load(none, Address::user).await?;
        Ok(())
    }

    async fn a_collection_keeps_its_order_and_new_members_follow(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        // Loaded in another order first.
        session.all(select(Address).order_by(Address::id.desc())).await?;
        let ed = session.get::<User>(1).await?.unwrap();
        let new = session.add(Address { user_id: 1, ..address_of("new") });
        session.no_autoflush().load(ed, User::addresses).await?;
        let ids: Vec<i64> = session.at(ed).many(User::addresses)?.map(|address| address.id).collect();
        assert_eq!(ids, [1, 2, 0]);
        session.commit().await?;
        assert_eq!(session.keys(ed, User::addresses)?[2], new);
        Ok(())
    }

    async fn a_filtered_collection_is_partial(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let option = selectinload(User::addresses).filter(Address::email.eq("ed@two"));
        let ed = session.one(select(User).filter(User::id.eq(1)).options(option)).await?;
        let error = session.keys(ed, User::addresses).unwrap_err();
        assert!(matches!(&error, Error::Partial { relationship } if relationship == "User::addresses"), "{error}");
        assert!(session.at(ed).many(User::addresses).is_err());
        let some: Vec<String> = session.at(ed).partial(User::addresses)?.map(|address| address.email.clone()).collect();
        assert_eq!(some, ["ed@two"]);
        // A partial collection never reads as "the others were removed".
        session[ed].fullname = Some("x".into());
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses").await?, 3);
        session.load(ed, User::addresses).await?;
        assert_eq!(session.keys(ed, User::addresses)?.len(), 2);
        session.delete(ed);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses").await?, 1);
        Ok(())
    }

    async fn an_option_for_another_model_is_told(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let pairs =
            session.all(select((User, Address)).join(User::addresses).options(selectinload(Address::user))).await?;
        assert_eq!(pairs.len(), 3);
        let log = db.engine.record();
        for (user, address) in pairs {
            assert_eq!(session.at(address).one(Address::user)?.key(), user);
        }
        assert!(log.statements().is_empty());
        Ok(())
    }

    async fn more_parents_than_one_query_takes(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let team = |n: usize| Team {
            players: vec![Player { name: format!("player {n}"), ..Default::default() }].into(),
            ..Default::default()
        };
        session.add_all((0..1100).map(team));
        session.commit().await?;
        let mut other = db.engine.session();
        let log = db.engine.record();
        let teams = other.all(select(Team).order_by(Team::id.asc()).options(selectinload(Team::players))).await?;
        assert_eq!(log.statements().len(), 4);
        for (n, team) in teams.iter().enumerate() {
            let players: Vec<String> = other.at(*team).many(Team::players)?.map(|player| player.name.clone()).collect();
            assert_eq!(players, [format!("player {n}")]);
        }
        Ok(())
    }
}
