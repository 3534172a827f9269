//! Adding, getting, changing, and keys that have ended.

use super::models::*;
use tests::prelude::*;

matrix! {
    async fn what_is_added_is_pending_until_the_flush(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(user("ed"));
        assert_eq!(session.state(ed), State::Pending);
        assert_eq!(session[ed].id, 0);
        assert!(session.is_modified(ed));
        session.flush().await?;
        assert_eq!(session.state(ed), State::Persistent);
        assert!(session[ed].id > 0);
        assert!(!session.is_modified(ed));
        assert!(session[ed].created_at.is_set());
        assert_eq!(session[ed].version, 1);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users").await?, 1);
        Ok(())
    }

    async fn get_asks_the_database_once(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let log = db.engine.record();
        let ed = session.get::<User>(1).await?.unwrap();
        assert_eq!(session[ed].name, "ed");
        assert_eq!(session.get::<User>(1).await?, Some(ed));
        assert_eq!(log.statements().len(), 1);
        assert_eq!(session.get::<User>(77).await?, None);
        assert_eq!(session.get::<User>(-1).await?, None);
        Ok(())
    }

    async fn a_row_is_one_object_however_it_is_found(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let all = session.all(select(User).order_by(User::id.asc())).await?;
        let ed = session.get::<User>(1).await?.unwrap();
        assert_eq!(all[0], ed);
        let found = session.all(select((User, Address)).join(User::addresses).order_by(Address::id.asc())).await?;
        assert_eq!(found.iter().map(|(user, _)| *user).collect::<Vec<_>>(), [ed, ed, all[1]]);
        let first = session.first(select(Address).order_by(Address::id.asc())).await?.unwrap();
        assert_eq!(first, found[0].1);
        assert_eq!(session.at(first).one(Address::user)?.key(), ed);
        Ok(())
    }

    async fn queries_bring_keys_for_entities_and_values_for_columns(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let (ed, email) = session
            .one(select((User, Address::email)).join(User::addresses).filter(Address::email.eq("ed@two")))
            .await?;
        assert_eq!((session[ed].name.as_str(), email.as_str()), ("ed", "ed@two"));
        assert_eq!(session.scalar(select(count_all()).select_from(User)).await?, 2);
        assert!(matches!(session.one(select(User).filter(User::id.eq(9))).await, Err(Error::NoRow { .. })));
        assert!(matches!(session.one(select(User)).await, Err(Error::ManyRows { .. })));
        assert!(matches!(session.one_or_none(select(User)).await, Err(Error::ManyRows { .. })));
        assert_eq!(session.one_or_none(select(User).filter(User::id.eq(9))).await?, None);
        assert_eq!(session.first(select(User).filter(User::id.eq(9))).await?, None);
        let pairs = session
            .all(select((User, Address.optional())).outer_join_on(
                Address,
                Address::user_id.eq(User::id) & Address::email.eq("sandy@one"),
            ).order_by(User::id.asc()))
            .await?;
        assert_eq!(pairs.iter().map(|(_, address)| address.is_some()).collect::<Vec<_>>(), [false, true]);
        Ok(())
    }

    async fn only_what_changed_is_written(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        let address = session.get::<Address>(1).await?.unwrap();
        let log = db.engine.record();
        session[ed].fullname = Some("Ed Jones".into());
        session[address].email = "x".into();
        session[address].email = "ed@one".into();
        session.edit(ed, |user| user.name.push('!'));
        session.commit().await?;
        let updates = sent(&log, "UPDATE");
        assert_eq!(updates.len(), 1, "{updates:?}");
        assert!(updates[0].contains("fullname") && updates[0].contains("name") && !updates[0].contains("created_at"));
        log.clear();
        session[ed].fullname = Some("Ed Jones".into());
        session.get_mut(ed)?.name = "ed!".into();
        session.commit().await?;
        assert!(log.statements().is_empty(), "{:?}", log.statements());
        assert_eq!(rows(&db.engine, "users WHERE name = 'ed!' AND fullname = 'Ed Jones'").await?, 1);
        Ok(())
    }

    async fn two_objects_are_changed_at_once(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let (ed, sandy) = (session.get::<User>(1).await?.unwrap(), session.get::<User>(2).await?.unwrap());
        let address = session.get::<Address>(1).await?.unwrap();
        let (one, other) = session.pair_mut(ed, sandy);
        one.fullname = Some("of sandy".into());
        other.fullname = Some("of ed".into());
        let (one, other) = session.pair_mut(address, ed);
        std::mem::swap(&mut one.email, &mut other.name);
        let (one, other) = session.pair_mut(sandy, address);
        one.name.push_str(&other.email);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE name = 'ed@one' AND fullname = 'of sandy'").await?, 1);
        assert_eq!(rows(&db.engine, "users WHERE name = 'sandyed' AND fullname = 'of ed'").await?, 1);
        assert_eq!(rows(&db.engine, "addresses WHERE email = 'ed'").await?, 1);
        assert!(panics(|| session.pair_mut(ed, ed)).contains("`User` twice"));
        Ok(())
    }

    async fn a_deleted_object_is_readable_until_the_commit_ends_its_key(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let address = session.get::<Address>(1).await?.unwrap();
        session.delete(address);
        assert_eq!(session.state(address), State::Deleted);
        assert_eq!(session[address].email, "ed@one");
        assert_eq!(session.get::<Address>(1).await?, None);
        session.flush().await?;
        assert_eq!(session.state(address), State::Deleted);
        assert_eq!(session[address].email, "ed@one");
        assert_eq!(session.get::<Address>(1).await?, None);
        session.commit().await?;
        assert_eq!(session.state(address), State::Detached);
        assert!(matches!(session.try_get(address), Err(Error::StaleKey { model: "Address", .. })));
        let words = panics(|| session[address].email.clone());
        assert!(words.contains("Key<Address>") && words.contains("not in the session any more"), "{words}");
        // The slot is used again, by an object with a key of its own.
        let new = session.add(Address { user_id: 1, ..address_of("new") });
        assert_ne!(new, address);
        assert_eq!(session.state(address), State::Detached);
        assert!(session.try_get(address).is_err());
        session.commit().await?;
        assert_eq!(session[new].email, "new");
        Ok(())
    }

    async fn a_key_of_another_session_is_told(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut one = db.engine.session();
        let mut other = db.engine.session();
        let ed = one.get::<User>(1).await?.unwrap();
        other.get::<User>(1).await?.unwrap();
        assert!(said(other.try_get(ed)).contains("another session"));
        assert!(panics(|| other[ed].id).contains("another session"));
        assert!(panics(|| other[ed].id = 3).contains("another session"));
        assert!(panics(|| other.delete(ed)).contains("another session"));
        assert!(panics(|| other.at(ed).key()).contains("another session"));
        assert!(said(other.get_mut(ed)).contains("another session"));
        assert!(said(other.keys(ed, User::addresses)).contains("another session"));
        assert!(said(other.load(ed, User::addresses).await).contains("another session"));
        assert_eq!(other.state(ed), State::Detached);
        Ok(())
    }

    async fn an_overwritten_relationship_is_told_at_the_flush(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session[ed].addresses = vec![address_of("new")].into();
        let error = session.flush().await.unwrap_err();
        assert!(matches!(&error, Error::Attached { relationship } if relationship == "User::addresses"), "{error}");
        session.rollback().await?;
        // And an object that was copied out of a session is not taken with its relationships.
        let ed = session.get::<User>(1).await?.unwrap();
        let copy = User { id: 0, name: "copy".into(), ..session[ed].clone() };
        assert!(matches!(copy.addresses.get(), Err(Error::Attached { .. })));
        session.add(copy);
        assert!(said(session.commit().await).contains("`User::addresses`"));
        Ok(())
    }

    async fn natural_and_composite_keys_are_keys(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let no = session.add(Country { code: "NO".into(), name: "Norway".into(), ..Default::default() });
        let invoice = session.add(Invoice {
            shop: 3,
            number: 14,
            customer: "ed".into(),
            lines: vec![
                Line { item: "shoes".into(), ..Default::default() },
                Line { item: "socks".into(), ..Default::default() },
            ]
            .into(),
            ..Default::default()
        });
        session.commit().await?;
        assert_eq!(session.get::<Country>("NO").await?, Some(no));
        assert_eq!(session.get::<Invoice>((3, 14)).await?, Some(invoice));
        let mut other = db.engine.session();
        let no = other.get::<Country>("NO").await?.unwrap();
        assert_eq!(other[no].name, "Norway");
        let invoice = other.get::<Invoice>((3, 14)).await?.unwrap();
        assert_eq!(other.get::<Invoice>((14, 3)).await?, None);
        other.load(invoice, Invoice::lines).await?;
        let lines = other.keys(invoice, Invoice::lines)?;
        assert_eq!(lines.iter().map(|line| other[*line].item.as_str()).collect::<Vec<_>>(), ["shoes", "socks"]);
        assert_eq!(other.at(lines[1]).one(Line::invoice)?.customer, "ed");
        other[invoice].customer = "sandy".into();
        other[lines[0]].item = "boots".into();
        other.delete(lines[1]);
        other[no].name = "Norge".into();
        other.commit().await?;
        assert_eq!(rows(&db.engine, "invoices WHERE shop = 3 AND customer = 'sandy'").await?, 1);
        assert_eq!(rows(&db.engine, "invoice_lines WHERE item = 'boots'").await?, 1);
        assert_eq!(rows(&db.engine, "invoice_lines").await?, 1);
        other.delete(invoice);
        other.commit().await?;
        assert_eq!(rows(&db.engine, "invoice_lines").await? + rows(&db.engine, "invoices").await?, 0);
        Ok(())
    }

    async fn a_session_that_does_nothing_sends_nothing(db: Db) -> Result<()> {
        create(&db).await?;
        let log = db.engine.record();
        let mut session = db.engine.session();
        session.flush().await?;
        session.commit().await?;
        session.rollback().await?;
        let gone = session.add(user("ed"));
        session.delete(gone);
        assert_eq!(session.state(gone), State::Withdrawn);
        session.commit().await?;
        assert!(log.statements().is_empty());
        assert_eq!(session[gone].name, "ed");
        Ok(())
    }
}
