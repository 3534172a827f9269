//! What a deletion takes along, and what lives on.

use super::models::*;
use tests::prelude::*;

matrix! {
    async fn deleting_a_parent_deletes_loaded_and_unloaded_children(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        for loaded in [true, false] {
            let mut session = db.engine.session();
            let ed = session.get::<User>(1).await?.unwrap();
            if loaded {
                session.load(ed, (User::addresses, User::profile, User::keywords)).await?;
            }
            session.delete(ed);
            session.flush().await?;
            assert_eq!(session.scalar(select(count_all()).select_from(Address)).await?, 1);
            assert_eq!(session.scalar(select(count_all()).select_from(User)).await?, 1);
            session.rollback().await?;
        }
        assert_eq!(rows(&db.engine, "addresses").await?, 3);
        Ok(())
    }

    async fn a_child_that_was_moved_away_lives(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let (ed, sandy) = (session.get::<User>(1).await?.unwrap(), session.get::<User>(2).await?.unwrap());
        let [one, two] = session.all(select(Address).filter(Address::user_id.eq(1)).order_by(Address::id.asc())).await?[..]
        else {
            panic!()
        };
        session.delete(ed);
        session.set(one, Address::user, sandy);
        session.commit().await?;
        assert_eq!(session.state(one), State::Persistent);
        assert_eq!(session.state(two), State::Detached);
        // The next flush does not remember the old parent either.
        session[one].email = "moved".into();
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses WHERE email = 'moved' AND user_id = 2").await?, 1);
        assert_eq!(rows(&db.engine, "addresses").await?, 2);
        Ok(())
    }

    async fn an_orphan_is_deleted_unless_it_finds_a_parent(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let users = session.all(select(User).order_by(User::id.asc()).options(selectinload(User::addresses))).await?;
        let [one, two] = session.keys(users[0], User::addresses)?[..] else { panic!() };
        session.remove(users[0], User::addresses, one);
        session.remove(users[0], User::addresses, two);
        session.push(users[1], User::addresses, two);
        assert!(session.keys(users[0], User::addresses)?.is_empty());
        session.commit().await?;
        assert_eq!(session.state(one), State::Detached);
        assert_eq!(session.keys(users[1], User::addresses)?.len(), 2);
        assert_eq!(rows(&db.engine, "addresses WHERE user_id = 2").await?, 2);
        assert_eq!(rows(&db.engine, "addresses").await?, 2);
        Ok(())
    }

    async fn a_pending_orphan_leaves_with_its_subtree(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(User { addresses: vec![address_of("a"), address_of("b")].into(), ..user("ed") });
        let [a, b] = session.keys(ed, User::addresses)?[..] else { panic!() };
        session.remove(ed, User::addresses, a);
        assert_eq!((session.state(a), session.state(b)), (State::Withdrawn, State::Pending));
        let sandy = session.add(User {
            addresses: vec![address_of("c")].into(),
            profile: Profile::default().into(),
            ..user("sandy")
        });
        let c = session.keys(sandy, User::addresses)?[0];
        session.delete(sandy);
        assert_eq!((session.state(sandy), session.state(c)), (State::Withdrawn, State::Withdrawn));
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users").await?, 1);
        assert_eq!(rows(&db.engine, "addresses").await?, 1);
        assert_eq!(rows(&db.engine, "profiles").await?, 0);
        assert_eq!(session[a].email, "a");
        Ok(())
    }

    async fn without_a_cascade_children_are_unlinked(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let players = vec![Player::default(), Player::default()];
        let team = session.add(Team { players: players.into(), ..Default::default() });
        session.commit().await?;
        let keys = session.keys(team, Team::players)?;
        let new = session.push(team, Team::players, Player::default());
        session.delete(team);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "players WHERE team_id IS NULL").await?, 3);
        assert_eq!(session[keys[0]].team_id, None);
        assert!(session.at(new).one(Player::team)?.is_none());
        // Unloaded ones too.
        session.add(Team { players: vec![Player::default()].into(), ..Default::default() });
        session.commit().await?;
        let mut other = db.engine.session();
        let team = other.one(select(Team)).await?;
        other.delete(team);
        other.commit().await?;
        assert_eq!(rows(&db.engine, "players WHERE team_id IS NULL").await?, 4);
        Ok(())
    }

    async fn without_a_cascade_and_without_null_it_is_an_error(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let full = session.add(Crate { bottles: vec![Bottle::default()].into(), ..Default::default() });
        session.commit().await?;
        session.delete(full);
        let words = said(session.commit().await);
        assert!(words.contains("`Bottle` 1") && words.contains("`Bottle::crate_id` is NOT NULL"), "{words}");
        session.rollback().await?;
        assert_eq!(session.state(full), State::Persistent);
        assert_eq!(session.keys(full, Crate::bottles)?.len(), 1);
        let bottle = session.keys(full, Crate::bottles)?[0];
        session.delete(bottle);
        session.delete(full);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "crates").await?, 0);
        Ok(())
    }

    async fn passive_deletes_leave_unloaded_children_to_the_database(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.add(Album { tracks: vec![Track::default(), Track::default()].into(), ..Default::default() });
        session.commit().await?;
        let mut other = db.engine.session();
        let album = other.get::<Album>(1).await?.unwrap();
        let loaded = other.get::<Track>(1).await?.unwrap();
        let log = db.engine.record();
        other.delete(album);
        other.commit().await?;
        assert!(sent(&log, "SELECT").is_empty());
        assert_eq!(other.state(loaded), State::Detached);
        assert_eq!(rows(&db.engine, "tracks").await?, 0);
        Ok(())
    }

    async fn children_may_be_left_alone_altogether(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let shelf = session.add(Shelf { books: vec![Book::default(), Book::default()].into(), ..Default::default() });
        session.commit().await?;
        let books = session.keys(shelf, Shelf::books)?;
        let log = db.engine.record();
        session.delete(shelf);
        session.commit().await?;
        assert_eq!(log.statements().len(), 1, "{:?}", log.statements());
        // The database has set their keys to NULL, and memory knows.
        assert_eq!(session[books[0]].shelf_id, None);
        assert!(session.at(books[1]).one(Book::shelf)?.is_none());
        assert_eq!(rows(&db.engine, "books WHERE shelf_id IS NULL").await?, 2);
        Ok(())
    }

    async fn a_cascade_over_a_table_between_deletes_the_partners(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.add(Invoice { shop: 1, number: 1, keywords: vec![keyword("a"), keyword("b")].into(), ..Default::default() });
        session.add(keyword("c"));
        session.commit().await?;
        let mut other = db.engine.session();
        let invoice = other.get::<Invoice>((1, 1)).await?.unwrap();
        other.delete(invoice);
        other.commit().await?;
        assert_eq!(rows(&db.engine, "invoice_keywords").await?, 0);
        assert_eq!(rows(&db.engine, "keywords").await?, 1);
        Ok(())
    }

    async fn memory_follows_what_the_database_deletes(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let folder = session.add(Folder { id: 1 });
        session.add(Folder { id: 2 });
        let inside = session.add(File { folder_id: 1, shown_in: Some(2), ..Default::default() });
        let shown = session.add(File { folder_id: 2, shown_in: Some(1), ..Default::default() });
        session.commit().await?;
        session.delete(folder);
        session.flush().await?;
        assert_eq!(session.state(inside), State::Deleted);
        assert_eq!(session[shown].shown_in, None);
        assert!(!session.is_modified(shown));
        session.rollback().await?;
        assert_eq!(session.state(inside), State::Persistent);
        assert_eq!(session[shown].shown_in, Some(1));
        session.delete(folder);
        session.commit().await?;
        assert_eq!(session.state(inside), State::Detached);
        assert_eq!(session[shown].shown_in, None);
        assert_eq!(rows(&db.engine, "files").await?, 1);
        Ok(())
    }

    async fn a_tree_within_one_table_is_deleted_from_its_leaves(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let leaf = |name: &str| employee(name);
        let middle = Employee { reports: vec![leaf("c"), leaf("d")].into(), ..employee("b") };
        let top = session.add(Employee { reports: vec![middle].into(), ..employee("a") });
        session.commit().await?;
        let all = session.all(select(Employee).order_by(Employee::id.asc())).await?;
        assert_eq!(all.len(), 4);
        for key in all {
            session.delete(key);
        }
        session.commit().await?;
        assert_eq!(session.state(top), State::Detached);
        assert_eq!(rows(&db.engine, "employees").await?, 0);
        Ok(())
    }
}
