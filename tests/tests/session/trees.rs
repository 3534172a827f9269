//! Owned copies out of a session.

use super::models::*;
use tests::prelude::*;

matrix! {
    async fn the_named_paths_are_copied(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session
            .one(select(User).filter(User::id.eq(1)).options(selectinload(User::addresses)).options(selectinload(User::profile)))
            .await?;
        session.push(ed, User::addresses, address_of("new"));
        let tree = session.tree(ed, (User::addresses, User::profile))?;
        assert_eq!(tree.name, "ed");
        let emails: Vec<&str> = tree.addresses.iter().map(|address| address.email.as_str()).collect();
        assert_eq!(emails, ["ed@one", "ed@two", "new"]);
        assert!(tree.profile.get()?.is_none());
        assert!(matches!(tree.keywords.get(), Err(Error::NotLoaded { .. })));
        assert!(matches!(tree.addresses[0].user.get(), Err(Error::NotLoaded { .. })));
        let deep = session.tree(ed, selectinload(User::addresses).selectinload(Address::user).selectinload(User::profile))?;
        for address in &deep.addresses {
            assert_eq!(address.user.get()?.name, "ed");
            assert!(address.user.get()?.profile.get()?.is_none());
            assert!(address.user.get()?.addresses.get().is_err());
        }
        let plain = session.tree(ed, ())?;
        assert!(plain.addresses.get().is_err());
        // It is a value like any other: it can be added to another session.
        let mut other = db.engine.session();
        let copy = User { id: 0, name: "copy".into(), version: 0, addresses: Default::default(), ..plain };
        let copy = other.add(copy);
        other.commit().await?;
        assert_eq!(other[copy].name, "copy");
        Ok(())
    }

    async fn what_is_not_loaded_is_told(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let log = db.engine.record();
        let ed = session.get::<User>(1).await?.unwrap();
        let address = session.get::<Address>(3).await?.unwrap();
        log.clear();
        let not_loaded = |error: Error, name: &str| match error {
            Error::NotLoaded { relationship } => assert_eq!(relationship, name),
            other => panic!("{other}"),
        };
        not_loaded(session.tree(ed, User::addresses).unwrap_err(), "User::addresses");
        not_loaded(session.tree(address, Address::user).unwrap_err(), "Address::user");
        let filtered = selectinload(User::addresses).filter(Address::id.gt(0));
        assert!(said(session.tree(ed, filtered)).contains("without a filter"));
        assert!(said(session.tree(ed, Address::user.reverse())).contains("no field"));
        assert!(log.statements().is_empty());
        // What was loaded in part is copied as a part.
        session.load(ed, selectinload(User::addresses).filter(Address::email.eq("ed@two"))).await?;
        let part = session.tree(ed, User::addresses)?;
        assert!(matches!(part.addresses.get(), Err(Error::Partial { .. })));
        assert_eq!(part.addresses.partial()?.len(), 1);
        Ok(())
    }

    async fn optional_and_shared_objects_are_copied(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let boss = session.add(Employee { reports: vec![employee("a"), employee("b")].into(), ..employee("boss") });
        let tree = session.tree(boss, (selectinload(Employee::reports).selectinload(Employee::manager), Employee::manager))?;
        assert!(tree.manager.get()?.is_none());
        for report in &tree.reports {
            assert_eq!(report.manager.get()?.map(|manager| manager.name.as_str()), Some("boss"));
        }
        let word = session.add(Keyword { users: vec![user("ed"), user("sandy")].into(), ..keyword("k") });
        let tree = session.tree(word, selectinload(Keyword::users).selectinload(User::keywords))?;
        assert_eq!(tree.users.iter().map(|user| user.keywords[0].word.as_str()).collect::<Vec<_>>(), ["k", "k"]);
        Ok(())
    }
}
