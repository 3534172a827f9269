//! Detached trees, copied onto what is there.

use super::models::*;
use tests::prelude::*;

/// A tree with everything of `ed`, as a client would post it.
async fn posted(engine: &Engine) -> Result<User> {
    let query = select(User).filter(User::id.eq(1));
    let query = query.options(selectinload(User::addresses)).options(selectinload(User::profile));
    let options = query.options(selectinload(User::keywords));
    engine.one(options).await
}

async fn prepare(db: &Db) -> Result<()> {
    create(db).await?;
    ed_and_sandy(&db.engine).await?;
    let mut session = db.engine.session();
    let ed = session.get::<User>(1).await?.unwrap();
    session.load(ed, User::profile).await?;
    session.push(ed, User::keywords, keyword("a"));
    session.push(ed, User::keywords, keyword("b"));
    session.set(ed, User::profile, Profile { bio: "bio".into(), ..Default::default() });
    session.commit().await
}

fn emails(user: &User) -> Vec<&str> {
    user.addresses.iter().map(|address| address.email.as_str()).collect()
}

matrix! {
    async fn a_tree_is_copied_onto_its_rows(db: Db) -> Result<()> {
        prepare(&db).await?;
        let mut tree = posted(&db.engine).await?;
        tree.fullname = Some("posted".into());
        let mut addresses = tree.addresses.get()?.to_vec();
        addresses[0].email = "changed".into();
        addresses[0].user_id = 0;
        addresses.remove(1);
        addresses.push(address_of("new"));
        tree.addresses = addresses.into();
        tree.keywords = vec![tree.keywords.get()?[1].clone(), keyword("c")].into();
        let mut session = db.engine.session();
        let log = db.engine.record();
        let ed = session.merge(tree).await?;
        assert_eq!(sent(&log, "SELECT").len(), 4, "{:?}", log.statements());
        assert_eq!(session.keys(ed, User::addresses)?.len(), 2);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE fullname = 'posted' AND version = 2").await?, 1);
        assert_eq!(rows(&db.engine, "addresses WHERE user_id = 1 AND email IN ('changed', 'new')").await?, 2);
        assert_eq!(rows(&db.engine, "addresses").await?, 3);
        assert_eq!((rows(&db.engine, "keywords").await?, rows(&db.engine, "user_keywords").await?), (3, 2));
        assert_eq!(rows(&db.engine, "profiles").await?, 1);
        // The same again changes nothing.
        let tree = posted(&db.engine).await?;
        let log = db.engine.record();
        session.merge(tree).await?;
        session.commit().await?;
        assert_eq!((sent(&log, "UPDATE").len(), sent(&log, "INSERT").len(), sent(&log, "DELETE").len()), (0, 0, 0));
        Ok(())
    }

    async fn what_is_not_loaded_is_left_alone(db: Db) -> Result<()> {
        prepare(&db).await?;
        let mut tree: User = db.engine.one(select(User).filter(User::id.eq(1))).await?;
        tree.fullname = Some("posted".into());
        tree.created_at = Auto::default();
        let filtered = selectinload(User::addresses).filter(Address::email.eq("ed@one"));
        let mut partial: User = db.engine.one(select(User).filter(User::id.eq(2)).options(filtered)).await?;
        partial.name = "sandra".into();
        let mut session = db.engine.session();
        let log = db.engine.record();
        let [ed, sandy] = session.merge_all([tree, partial]).await?[..] else { panic!() };
        assert_eq!(sent(&log, "SELECT").len(), 1);
        assert!(matches!(session.keys(ed, User::addresses), Err(Error::NotLoaded { .. })));
        assert!(session[ed].created_at.get().is_ok());
        session.commit().await?;
        assert_eq!(session[sandy].name, "sandra");
        assert_eq!(rows(&db.engine, "addresses").await?, 3);
        assert_eq!(rows(&db.engine, "user_keywords").await?, 2);
        assert_eq!(rows(&db.engine, "users WHERE fullname = 'posted' OR name = 'sandra'").await?, 2);
        Ok(())
    }

    async fn what_has_no_row_or_no_key_is_inserted(db: Db) -> Result<()> {
        prepare(&db).await?;
        let mut session = db.engine.session();
        let (country, rome) = (
            Country { code: "it".into(), name: "Italy".into(), ..Default::default() },
            City { name: "Rome".into(), ..Default::default() },
        );
        let pending = session.no_autoflush().merge(Country { cities: vec![rome].into(), ..country.clone() }).await?;
        assert_eq!(session.state(pending), State::Pending);
        // A pending object with that key is merged into.
        let again = session.no_autoflush().merge(Country { name: "Italia".into(), ..country.clone() }).await?;
        assert_eq!((again, session[pending].name.as_str(), session.keys(pending, Country::cities)?.len()), (pending, "Italia", 1));
        session.commit().await?;
        assert_eq!(rows(&db.engine, "cities WHERE country_code = 'it'").await?, 1);
        let new = session.merge(User { id: 77, addresses: vec![address_of("seven")].into(), ..user("seven") }).await?;
        session.commit().await?;
        assert_eq!((session[new].id, session[new].version), (77, 1));
        // An invoice, whose key goes on into its lines; and a target that is new.
        let line = |item: &str| Line { item: item.into(), ..Default::default() };
        let invoice = Invoice { shop: 1, number: 5, customer: "c".into(), lines: vec![line("a"), line("b")].into(), ..Default::default() };
        let merged = session.merge(invoice).await?;
        let team = session.merge(Player { name: "p".into(), team: Some(Team { name: "t".into(), ..Default::default() }).into(), ..Default::default() }).await?;
        session.commit().await?;
        assert_eq!(session.keys(merged, Invoice::lines)?.len(), 2);
        assert_eq!(rows(&db.engine, "invoice_lines WHERE shop = 1 AND number = 5").await?, 2);
        assert_eq!(session[team].team_id, Some(1));
        Ok(())
    }

    async fn members_move_within_a_tree(db: Db) -> Result<()> {
        prepare(&db).await?;
        let mut users = db.engine.all(select(User).order_by(User::id.asc()).options(selectinload(User::addresses))).await?;
        let mut of_ed = users[0].addresses.get()?.to_vec();
        let mut of_sandy = users[1].addresses.get()?.to_vec();
        of_sandy.push(of_ed.remove(0));
        users[0].addresses = of_ed.into();
        users[1].addresses = of_sandy.into();
        // Once with the key as it was, once with the new one.
        for hand in [false, true] {
            if hand {
                db.engine.execute(text("UPDATE addresses SET user_id = 1 WHERE id = 1")).await?;
                let mut moved = users[1].addresses.get()?.to_vec();
                moved[1].user_id = 2;
                users[1].addresses = moved.into();
            }
            let mut session = db.engine.session();
            session.merge_all(users.clone()).await?;
            session.commit().await?;
            assert_eq!(rows(&db.engine, "addresses WHERE user_id = 2").await?, 2);
            assert_eq!(rows(&db.engine, "addresses").await?, 3);
        }
        // A key by hand that is not the owner's is told.
        let mut wrong = users[1].addresses.get()?.to_vec();
        wrong[0].user_id = 1;
        users[1].addresses = wrong.into();
        let mut session = db.engine.session();
        session.merge(users[1].clone()).await?;
        let words = said(session.commit().await);
        assert!(words.contains("was linked to `User` 2") && words.contains("set by hand to 1"), "{words}");
        Ok(())
    }

    async fn to_one_relationships_are_followed(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let boss = session.add(employee("boss"));
        let a = session.push(boss, Employee::reports, employee("a"));
        session.push(boss, Employee::reports, employee("b"));
        session.commit().await?;
        let mut tree: Employee = db.engine.one(select(Employee).filter(Employee::id.eq(2)).options(selectinload(Employee::manager)).options(selectinload(Employee::reports))).await?;
        assert_eq!(tree.manager.get()?.map(|manager| manager.id), Some(1));
        tree.manager = None.into();
        tree.manager_id = None;
        tree.reports = vec![db.engine.one(select(Employee).filter(Employee::id.eq(3))).await?].into();
        let merged = session.merge(tree).await?;
        assert_eq!(merged, a);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "employees WHERE manager_id IS NULL").await?, 2);
        assert_eq!(rows(&db.engine, "employees WHERE manager_id = 2").await?, 1);
        // A column by hand is the link where the relationship is none.
        let with = selectinload(Employee::manager);
        let mut tree: Employee = db.engine.one(select(Employee).filter(Employee::id.eq(2)).options(with)).await?;
        tree.manager_id = Some(1);
        session.merge(tree).await?;
        session.commit().await?;
        assert_eq!(rows(&db.engine, "employees WHERE id = 2 AND manager_id = 1").await?, 1);
        Ok(())
    }

    async fn an_old_version_is_not_written_over_a_new_one(db: Db) -> Result<()> {
        prepare(&db).await?;
        let mut form = posted(&db.engine).await?;
        form.fullname = Some("from the form".into());
        form.addresses = Vec::new().into();
        db.engine.execute(text("UPDATE users SET version = 2, fullname = 'meanwhile' WHERE id = 1")).await?;
        let mut session = db.engine.session();
        let error = session.merge(form.clone()).await.unwrap_err();
        assert!(matches!(&error, Error::StaleData { keys, .. } if keys == "`User` 1"), "{error}");
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE fullname = 'meanwhile'").await?, 1);
        assert_eq!(rows(&db.engine, "addresses").await?, 3);
        assert!(matches!(db.engine.save(form.clone()).await, Err(Error::StaleData { .. })));
        form.version = 2;
        let saved = db.engine.save(form).await?;
        assert_eq!((saved.version, emails(&saved).len()), (3, 0));
        assert_eq!(rows(&db.engine, "addresses").await?, 1);
        Ok(())
    }

    async fn two_copies_of_one_row_must_agree(db: Db) -> Result<()> {
        prepare(&db).await?;
        let query = select(User).order_by(User::id.asc()).options(selectinload(User::addresses).selectinload(Address::user));
        let users: Vec<User> = db.engine.all(query).await?;
        let mut session = db.engine.session();
        let keys = session.merge_all(users.clone()).await?;
        assert_eq!(keys.len(), 2);
        let mut differing = users.clone();
        differing[0].name = "other".into();
        let error = session.merge_all(differing).await.unwrap_err();
        assert!(matches!(&error, Error::MergeConflict { model: "User", key, column } if key == "1" && column == "User::name"), "{error}");
        assert_eq!(error.to_string(), "the tree holds two copies of `User` 1 that differ in `User::name`; change both, or only one of them and drop the other");
        let twice = [users[0].clone(), User { addresses: Vec::new().into(), ..users[0].clone() }];
        let error = session.merge_all(twice).await.unwrap_err();
        assert!(matches!(&error, Error::MergeConflict { column, .. } if column == "User::addresses"), "{error}");
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(sent(&log, "UPDATE").len() + sent(&log, "DELETE").len(), 0);
        Ok(())
    }

    async fn one_select_for_each_table_and_level(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        for n in 0..30 {
            session.add(User {
                addresses: (0..3).map(|m| address_of(&format!("{n}.{m}"))).collect::<Vec<_>>().into(),
                keywords: vec![keyword(&n.to_string())].into(),
                ..user(&n.to_string())
            });
        }
        session.commit().await?;
        let query = select(User).options(selectinload(User::addresses)).options(selectinload(User::keywords));
        let trees: Vec<User> = db.engine.all(query).await?;
        let log = db.engine.record();
        let keys = session.merge_all(trees.clone()).await?;
        assert_eq!(log.statements().len(), 0);
        let mut other = db.engine.session();
        let others = other.merge_all(trees).await?;
        assert_eq!((keys.len(), others.len(), sent(&log, "SELECT").len()), (30, 30, 3));
        other.commit().await?;
        assert_eq!(log.statements().iter().filter(|sent| sent.sql.starts_with("UPDATE")).count(), 0);
        Ok(())
    }

    async fn a_deletion_that_was_not_flushed_is_overruled(db: Db) -> Result<()> {
        prepare(&db).await?;
        let tree = posted(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.delete(ed);
        assert_eq!(session.no_autoflush().merge(tree.clone()).await?, ed);
        assert_eq!(session.state(ed), State::Persistent);
        session.delete(ed);
        session.flush().await?;
        // The row is gone in this transaction: it is inserted anew.
        let new = session.merge(tree).await?;
        assert_ne!(new, ed);
        session.rollback().await?;
        assert_eq!((session.state(ed), session.state(new)), (State::Persistent, State::Withdrawn));
        Ok(())
    }

    async fn a_merge_is_rolled_back_with_its_transaction(db: Db) -> Result<()> {
        prepare(&db).await?;
        let mut tree = posted(&db.engine).await?;
        tree.fullname = Some("posted".into());
        tree.addresses = vec![address_of("new")].into();
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.load(ed, User::addresses).await?;
        let before = session.keys(ed, User::addresses)?;
        for flushed in [false, true] {
            session.merge(tree.clone()).await?;
            assert_eq!(session[ed].fullname.as_deref(), Some("posted"));
            if flushed {
                session.flush().await?;
            }
            session.rollback().await?;
            assert_eq!((session[ed].fullname.as_deref(), session.keys(ed, User::addresses)?), (None, before.clone()));
        }
        Ok(())
    }

    async fn save_gives_the_same_tree_back(db: Db) -> Result<()> {
        create(&db).await?;
        let tree = User {
            addresses: vec![address_of("a"), address_of("b")].into(),
            keywords: vec![keyword("k")].into(),
            ..user("ed")
        };
        let mut saved = db.engine.save(tree).await?;
        assert_eq!((saved.id, saved.version, emails(&saved)), (1, 1, vec!["a", "b"]));
        assert!(saved.created_at.get().is_ok());
        assert_eq!(saved.addresses.iter().map(|address| (address.id, address.user_id)).collect::<Vec<_>>(), [(1, 1), (2, 1)]);
        assert_eq!(saved.keywords.get()?[0].id, 1);
        assert!(matches!(saved.profile.get(), Err(Error::NotLoaded { .. })));
        assert!(matches!(saved.addresses.get()?[0].user.get(), Err(Error::NotLoaded { .. })));
        saved.fullname = Some("again".into());
        saved.addresses = saved.addresses.get()?[1..].to_vec().into();
        let saved = db.engine.save(saved).await?;
        assert_eq!((saved.version, emails(&saved)), (2, vec!["b"]));
        assert_eq!(rows(&db.engine, "addresses").await?, 1);
        // One that fails leaves nothing.
        assert!(matches!(db.engine.save(User { addresses: vec![address_of("c")].into(), ..user("ed") }).await, Err(Error::UniqueViolation { .. })));
        assert_eq!(rows(&db.engine, "addresses").await?, 1);
        let address = db.engine.save(Address { user: saved.clone().into(), ..address_of("by its user") }).await?;
        assert_eq!((address.user_id, address.user.get()?.name.as_str()), (1, "ed"));
        Ok(())
    }

    async fn an_object_of_another_session_is_merged(db: Db) -> Result<()> {
        prepare(&db).await?;
        let mut one = db.engine.session();
        let ed = one.get::<User>(1).await?.unwrap();
        one.load(ed, User::addresses).await?;
        one[ed].fullname = Some("moved over".into());
        let mut other = db.engine.session();
        // The fields of a clone belong to its session: the columns are what is merged.
        let merged = other.merge(one[ed].clone()).await?;
        other.commit().await?;
        assert_eq!(other[merged].fullname.as_deref(), Some("moved over"));
        assert_eq!(rows(&db.engine, "addresses").await?, 3);
        Ok(())
    }
}
