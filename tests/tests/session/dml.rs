//! The program's own INSERT, UPDATE and DELETE in a session: objects in memory follow, as far as the rows that they are.

use super::failure::poll_and_drop;
use super::models::*;
use orm_core::engine::Recorder;
use tests::prelude::*;

/// How often something was asked after the log began.
fn selects(log: &Recorder) -> usize {
    sent(log, "SELECT").len()
}

/// A session in a transaction, with the key of an object.
async fn with_ed(engine: &Engine) -> Result<(Session, Key<User>, Key<User>)> {
    let mut session = engine.session();
    let ed = session.one(select(User).filter(User::id.eq(1)).with_for_update()).await?;
    let sandy = session.one(select(User).filter(User::id.eq(2))).await?;
    Ok((session, ed, sandy))
}

/// The row agrees with the object.
async fn agrees(session: &Session, key: Key<User>, fullname: Option<&str>, version: i32) -> Result<()> {
    assert_eq!((session[key].fullname.as_deref(), session[key].version), (fullname, version));
    assert!(!session.is_modified(key));
    Ok(())
}

matrix! {
    async fn an_update_is_followed_from_what_is_in_memory(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let (mut session, ed, sandy) = with_ed(&db.engine).await?;
        let log = db.engine.record();
        let met = session.execute(update(User).set(User::fullname, "set").filter(User::id.le(1))).await?;
        assert_eq!(met, 1);
        agrees(&session, ed, Some("set"), 2).await?;
        agrees(&session, sandy, None, 1).await?;
        // By what they hold besides the key: they came with this transaction.
        session.execute(update(User).set(User::fullname, User::fullname.concat("!")).filter(User::version.eq(2))).await?;
        session.execute(update(User).set(User::fullname, User::name.concat("?")).filter(User::fullname.is(None))).await?;
        session.execute(update(User).set(User::fullname, "nobody").filter(User::name.eq("bob"))).await?;
        let sent = log.statements();
        assert_eq!(sent.len(), 4, "{sent:?}");
        assert!(sent.iter().all(|sent| !sent.sql.contains("RETURNING")), "{sent:?}");
        agrees(&session, ed, Some("set!"), 3).await?;
        agrees(&session, sandy, Some("sandy?"), 2).await?;
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE fullname = 'set!' AND version = 3").await?, 1);
        assert_eq!(rows(&db.engine, "users WHERE fullname = 'sandy?' AND version = 2").await?, 1);
        Ok(())
    }

    async fn what_memory_can_not_tell_is_asked(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let (mut session, ed, sandy) = with_ed(&db.engine).await?;
        let returning = matches!(db.database, Database::Sqlite | Database::Postgres);
        let log = db.engine.record();
        // Which case is meant depends on the collation.
        session.execute(update(User).set(User::fullname, "set").filter(User::name.eq("ED"))).await?;
        let any_case = !returning;
        agrees(&session, ed, any_case.then_some("set"), 1 + i32::from(any_case)).await?;
        assert_eq!(selects(&log), usize::from(!returning));
        session.execute(update(User).set(User::fullname, upper(User::name)).filter(User::addresses.any(Address::email.like("ed%")))).await?;
        agrees(&session, ed, Some("ED"), 2 + i32::from(any_case)).await?;
        agrees(&session, sandy, None, 1).await?;
        let sent = log.statements();
        assert_eq!(sent.iter().filter(|sent| sent.sql.contains("RETURNING")).count(), if returning { 2 } else { 0 }, "{sent:?}");
        assert_eq!(sent.iter().filter(|sent| sent.sql.contains("FOR UPDATE")).count(), if returning { 0 } else { 2 }, "{sent:?}");
        session.commit().await?;
        // What the session has held for longer may have changed.
        db.engine.execute(text("UPDATE users SET fullname = 'by another' WHERE id = 2")).await?;
        session.execute(update(User).set(User::created_at, DateTime::UNIX_EPOCH).filter(User::fullname.eq("by another"))).await?;
        assert_eq!(session[sandy].created_at, Auto::Set(DateTime::UNIX_EPOCH));
        session.commit().await
    }

    async fn a_column_that_only_the_database_can_calculate_is_read(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let (mut session, ed, sandy) = with_ed(&db.engine).await?;
        let log = db.engine.record();
        session.execute(update(User).set(User::fullname, upper(User::name)).filter(User::id.gt(1))).await?;
        assert_eq!(log.statements().len(), 2, "{:?}", log.statements());
        agrees(&session, ed, None, 1).await?;
        agrees(&session, sandy, Some("SANDY"), 2).await?;
        // One assignment sees the other on MySQL and MariaDB, and not elsewhere.
        session.execute(update(User).set(User::name, "new").set(User::fullname, User::name.concat("!")).filter(User::id.eq(1))).await?;
        let row: (String, Option<String>) = session.one(select((User::name, User::fullname)).filter(User::id.eq(1))).await?;
        assert_eq!((session[ed].name.clone(), session[ed].fullname.clone()), row);
        session.rollback().await?;
        agrees(&session, ed, None, 1).await?;
        agrees(&session, sandy, None, 1).await
    }

    async fn a_session_without_such_objects_sends_nothing_more(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        session.get::<Keyword>(1).await?;
        let log = db.engine.record();
        session.execute(update(User).set(User::fullname, "x").filter(User::name.eq("Ed"))).await?;
        session.execute(delete(Address).filter(Address::email.like("%one"))).await?;
        let sent = log.statements();
        assert_eq!(sent.len(), 2, "{sent:?}");
        assert!(!sent.iter().any(|sent| sent.sql.contains("RETURNING")), "{sent:?}");
        // Others who hold the row find out.
        assert!(sent[0].sql.contains("version = version + "), "{sent:?}");
        session.commit().await
    }

    async fn an_edit_is_kept_and_its_original_becomes_fresh(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let (mut session, ed, _) = with_ed(&db.engine).await?;
        session[ed].name = "edited".into();
        session[ed].fullname = Some("mine".into());
        session.no_autoflush().execute(update(User).set(User::fullname, "set").filter(User::id.eq(1))).await?;
        session.no_autoflush().execute(update(User).set(User::fullname, User::fullname.concat("?")).filter(User::fullname.eq("set"))).await?;
        assert_eq!((session[ed].name.as_str(), session[ed].fullname.as_deref()), ("edited", Some("mine")));
        assert_eq!(session[ed].version, 3);
        session[ed].fullname = Some("set?".into());
        let log = db.engine.record();
        session.flush().await?;
        let update = &sent(&log, "UPDATE")[0];
        assert!(update.contains("name = ") && !update.contains("fullname"), "{update}");
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE name = 'edited' AND fullname = 'set?' AND version = 4").await?, 1);
        Ok(())
    }

    async fn deleted_rows_are_deleted_objects(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.one(select(User).filter(User::id.eq(1)).options(selectinload(User::addresses))).await?;
        let addresses = session.keys(ed, User::addresses)?;
        for ask in [false, true] {
            let gone = if ask { Address::email.like("ed@one") } else { Address::id.eq(1) };
            assert_eq!(session.execute(delete(Address).filter(gone)).await?, 1);
            assert_eq!(session.state(addresses[0]), State::Deleted);
            assert_eq!(session[addresses[0]].email, "ed@one");
            assert_eq!(session.keys(ed, User::addresses)?, addresses[1..]);
            assert_eq!(session.get::<Address>(1).await?, None);
            if !ask {
                session.rollback().await?;
                assert_eq!(session.state(addresses[0]), State::Persistent);
                assert_eq!(session.keys(ed, User::addresses)?, addresses);
                assert_eq!(session.get::<Address>(1).await?, Some(addresses[0]));
            }
        }
        session.commit().await?;
        assert_eq!(session.state(addresses[0]), State::Detached);
        // All of them.
        assert_eq!(session.execute(delete(Address)).await?, 2);
        assert_eq!(session.state(addresses[1]), State::Deleted);
        assert!(session.keys(ed, User::addresses)?.is_empty());
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses").await?, 0);
        Ok(())
    }

    async fn what_the_database_deletes_along_is_followed(db: Db) -> Result<()> {
        create(&db).await?;
        let mut setup = db.engine.session();
        for n in 0..3 {
            let album = setup.add(Album::default());
            setup.push(album, Album::tracks, Track::default());
            setup.push(album, Album::tracks, Track::default());
            let shelf = setup.add(Shelf::default());
            setup.push(shelf, Shelf::books, Book::default());
            setup.add(Folder { id: n + 1 });
        }
        setup.add_all((1..4).map(|n| File { folder_id: n, shown_in: Some(4 - n), ..Default::default() }));
        setup.commit().await?;
        let mut session = db.engine.session();
        let tracks = session.all(select(Track).order_by(Track::id)).await?;
        let books = session.all(select(Book).order_by(Book::id)).await?;
        let files = session.all(select(File).order_by(File::id)).await?;
        let first = session.get::<Album>(1).await?.unwrap();
        let shelf = session.get::<Shelf>(1).await?.unwrap();
        // The first is in the session, the second is not.
        session.execute(delete(Album).filter(Album::id.le(2))).await?;
        session.execute(delete(Shelf).filter(Shelf::id.le(2))).await?;
        session.execute(delete(Folder).filter(Folder::id.eq(1))).await?;
        let states = |session: &Session| tracks.iter().map(|key| session.state(*key)).collect::<Vec<_>>();
        use State::{Deleted, Persistent};
        assert_eq!(states(&session), [Deleted, Deleted, Deleted, Deleted, Persistent, Persistent]);
        assert_eq!((session.state(first), session.state(shelf)), (Deleted, Deleted));
        assert_eq!(books.iter().map(|key| session[*key].shelf_id).collect::<Vec<_>>(), [None, None, Some(3)]);
        assert_eq!(session.state(files[0]), Deleted);
        assert_eq!((session[files[1]].shown_in, session[files[2]].shown_in), (Some(2), None));
        session.rollback().await?;
        assert_eq!(states(&session), [Persistent; 6]);
        assert_eq!(books.iter().map(|key| session[*key].shelf_id).collect::<Vec<_>>(), [Some(1), Some(2), Some(3)]);
        assert_eq!(session[files[2]].shown_in, Some(1));
        // What is wholly in memory needs no question.
        let log = db.engine.record();
        session.execute(delete(Album).filter(Album::id.eq(1))).await?;
        assert_eq!(log.statements().len(), 1, "{:?}", log.statements());
        assert_eq!(session.state(tracks[1]), Deleted);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "tracks").await?, 4);
        Ok(())
    }

    async fn links_follow_foreign_keys(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let users = session.all(select(User).order_by(User::id).options(selectinload(User::addresses))).await?;
        let [ed, sandy] = users[..] else { panic!() };
        let addresses = session.keys(ed, User::addresses)?;
        session.execute(update(Address).set(Address::user_id, 2).filter(Address::id.eq(1))).await?;
        assert_eq!(session.keys(ed, User::addresses)?, addresses[1..]);
        assert_eq!(session.keys(sandy, User::addresses)?.len(), 2);
        assert_eq!(session.at(addresses[0]).one(Address::user)?.key(), sandy);
        let log = db.engine.record();
        session.load(&users, User::addresses).await?;
        assert!(log.statements().is_empty());
        session.rollback().await?;
        assert_eq!(session.keys(ed, User::addresses)?, addresses);
        // Rows that the session does not hold move, come and go: the collections are loaded again when asked for.
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.load(ed, User::addresses).await?;
        session.execute(update(Address).set(Address::user_id, 1).filter(Address::email.like("sandy%"))).await?;
        assert_eq!(session.keys(ed, User::addresses)?.len(), 2);
        session.load(ed, User::addresses).await?;
        assert_eq!(session.keys(ed, User::addresses)?.len(), 3);
        session.execute(insert(Address).set(Address::email, "new").set(Address::user_id, 1)).await?;
        session.load(ed, User::addresses).await?;
        assert_eq!(session.keys(ed, User::addresses)?.len(), 4);
        session.rollback().await?;
        session.load(ed, User::addresses).await?;
        assert_eq!(session.keys(ed, User::addresses)?.len(), 2);
        // An association object's table is that of a many-to-many collection.
        let word = session.add(keyword("word"));
        session.commit().await?;
        session.load(ed, User::liked).await?;
        session.execute(insert(Like).rows(&[Like { user_id: 1, keyword_id: 1, stars: 5 }])).await?;
        session.load(ed, User::liked).await?;
        assert_eq!(session.keys(ed, User::liked)?, [word]);
        session.execute(delete(Like)).await?;
        session.load(ed, User::liked).await?;
        assert!(session.keys(ed, User::liked)?.is_empty());
        session.rollback().await
    }

    async fn a_link_that_waits_for_its_row_outlives_an_update_of_its_column(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let address = session.get::<Address>(1).await?.unwrap();
        let new = session.add(user("new"));
        session.set(address, Address::user, new);
        session.no_autoflush().execute(update(Address).set(Address::user_id, 2).set(Address::email, "set").filter(Address::id.eq(1))).await?;
        assert_eq!(session.at(address).one(Address::user)?.key(), new);
        assert_eq!(session[address].email, "set");
        session.commit().await?;
        assert_eq!(session[address].user_id, session[new].id);
        assert_eq!(rows(&db.engine, "addresses WHERE user_id = 3 AND email = 'set'").await?, 1);
        Ok(())
    }

    async fn the_links_of_a_deleted_row_are_gone(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let ed = session.add(User { keywords: vec![keyword("a"), keyword("b")].into(), ..user("ed") });
        session.commit().await?;
        let [a, b] = session.keys(ed, User::keywords)?[..] else { panic!() };
        let c = session.add(keyword("c"));
        session.flush().await?;
        // Said before and not written yet: there is nothing to part or to link any more.
        session.remove(ed, User::keywords, a);
        session.push(ed, User::keywords, c);
        let mut plain = session.no_autoflush();
        plain.execute(text("DELETE FROM user_keywords WHERE keyword_id = 1")).await?;
        plain.execute(delete(Keyword).filter(Keyword::id.eq(1))).await?;
        plain.execute(delete(Keyword).filter(Keyword::word.eq("c"))).await?;
        drop(plain);
        assert_eq!(session.keys(ed, User::keywords)?, [b]);
        session.flush().await?;
        assert_eq!(session.scalar(select(count_all()).select_from(Keyword)).await?, 1);
        session.rollback().await?;
        assert_eq!(session.keys(ed, User::keywords)?, [a, b]);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "user_keywords").await?, 2);
        Ok(())
    }

    async fn rollbacks_and_savepoints_take_memory_back(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let (mut session, ed, sandy) = with_ed(&db.engine).await?;
        let address = session.get::<Address>(3).await?.unwrap();
        session.execute(update(User).set(User::fullname, "outside")).await?;
        for end in ["rollback", "drop", "commit"] {
            let mut nested = session.begin_nested().await?;
            nested.execute(update(User).set(User::fullname, "inside").filter(User::id.eq(1))).await?;
            nested.execute(delete(Address).filter(Address::id.eq(3))).await?;
            nested.execute(delete(User).filter(User::name.eq("sandy"))).await?;
            assert_eq!((nested.state(sandy), nested.state(address)), (State::Deleted, State::Deleted));
            match end {
                "rollback" => nested.rollback().await?,
                "drop" => drop(nested),
                _ => nested.commit().await?,
            }
            if end != "commit" {
                agrees(&session, ed, Some("outside"), 2).await?;
                agrees(&session, sandy, Some("outside"), 2).await?;
                assert_eq!(session.get::<User>(2).await?, Some(sandy));
                assert_eq!(session.state(address), State::Persistent);
            }
        }
        agrees(&session, ed, Some("inside"), 3).await?;
        session.rollback().await?;
        agrees(&session, ed, None, 1).await?;
        agrees(&session, sandy, None, 1).await?;
        assert_eq!(session.at(address).one(Address::user)?.key(), sandy);
        session[ed].fullname = Some("after".into());
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE fullname = 'after' AND version = 2").await?, 1);
        Ok(())
    }

    async fn a_statement_that_fails_changes_nothing(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let (mut session, ed, sandy) = with_ed(&db.engine).await?;
        let mut nested = session.begin_nested().await?;
        let clash = update(User).set(User::name, "sandy").set(User::fullname, "x").filter(User::id.eq(1));
        let error = nested.execute(clash).await.unwrap_err();
        assert!(matches!(error, Error::UniqueViolation { .. }), "{error}");
        assert_eq!(nested[ed].name, "ed");
        agrees(&nested, ed, None, 1).await?;
        nested.rollback().await?;
        let mut nested = session.begin_nested().await?;
        let error = nested.execute(delete(User).filter(User::name.like("s%"))).await.unwrap_err();
        assert!(matches!(error, Error::ForeignKeyViolation { .. }), "{error}");
        assert_eq!(nested.state(sandy), State::Persistent);
        nested.rollback().await?;
        session[ed].fullname = Some("after".into());
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE name = 'ed' AND fullname = 'after'").await?, 1);
        Ok(())
    }

    async fn a_statement_may_be_cut_off_anywhere(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        db.engine.execute(delete(Address)).await?;
        for polls in 0.. {
            let (mut session, ed, sandy) = with_ed(&db.engine).await?;
            session[sandy].fullname = Some("kept".into());
            session.flush().await?;
            let work = async {
                session.execute(update(User).set(User::fullname, upper(User::name)).filter(User::id.eq(1))).await?;
                session.execute(delete(User).filter(User::name.like("e%"))).await
            };
            let done = poll_and_drop(work, polls).await;
            if let Some(met) = done {
                assert_eq!((met?, session.state(ed)), (1, State::Deleted));
                session.rollback().await?;
                agrees(&session, ed, None, 1).await?;
                break;
            }
            assert_eq!(session[sandy].fullname.as_deref(), Some("kept"));
            if session[ed].fullname.is_some() {
                // The first statement was over.
                assert_eq!((session[ed].fullname.as_deref(), session[ed].version), (Some("ED"), 2));
            } else {
                agrees(&session, ed, None, 1).await?;
            }
            assert_eq!(session.state(ed), State::Persistent);
            if polls > 0 {
                let error = session.all(select(User)).await.unwrap_err();
                assert!(matches!(&error, Error::RolledBack { cause } if cause.contains("cancelled")), "{error}");
            }
            session.rollback().await?;
            agrees(&session, ed, None, 1).await?;
            agrees(&session, sandy, None, 1).await?;
        }
        assert_eq!(rows(&db.engine, "users WHERE version = 1 AND fullname IS NULL").await?, 2);
        Ok(())
    }

    async fn one_may_say_that_memory_stays(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let (mut session, ed, _) = with_ed(&db.engine).await?;
        let address = session.get::<Address>(1).await?.unwrap();
        let log = db.engine.record();
        session.execute(update(User).set(User::fullname, upper(User::name)).synchronize(false)).await?;
        session.execute(delete(Address).filter(Address::email.like("ed%")).synchronize(false)).await?;
        assert_eq!(log.statements().len(), 2, "{:?}", log.statements());
        assert_eq!(session[ed].fullname, None);
        assert_eq!(session.state(address), State::Persistent);
        session.expire(ed);
        session.get::<User>(1).await?;
        assert_eq!((session[ed].fullname.as_deref(), session[ed].version), (Some("ED"), 2));
        session.rollback().await
    }

    async fn versions_protect_those_who_hold_the_rows(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut other = db.engine.session();
        let held = other.get::<User>(1).await?.unwrap();
        other.commit().await?;
        let mut session = db.engine.session();
        session.execute(update(User).set(User::fullname, "set").filter(User::id.eq(1))).await?;
        session.commit().await?;
        other[held].name = "mine".into();
        assert!(matches!(other.commit().await, Err(Error::StaleData { .. })));
        other.rollback().await?;
        other.refresh(held).await?;
        assert_eq!(other[held].version, 2);
        other.commit().await?;
        // Its own object is behind: what another changed meanwhile is not overwritten unseen.
        session.execute(update(User).set(User::fullname, "by another").filter(User::id.eq(1))).await?;
        session.commit().await?;
        other.execute(update(User).set(User::created_at, DateTime::UNIX_EPOCH).filter(User::name.like("E%") | User::name.like("e%"))).await?;
        other[held].name = "mine".into();
        match other.commit().await {
            // Told from the version that came back: the row was read as it is now.
            Ok(()) => assert_eq!((other[held].fullname.as_deref(), other[held].version), (Some("by another"), 5)),
            Err(error) => assert!(matches!(error, Error::StaleData { .. }), "{error}"),
        }
        // The version is left alone where the statement sets it.
        let mut session = db.engine.session();
        let version = session.scalar(select(User::version).filter(User::id.eq(2))).await?;
        session.execute(update(User).set(User::version, User::version).set(User::fullname, "x").filter(User::id.eq(2))).await?;
        assert_eq!(session.scalar(select(User::version).filter(User::id.eq(2))).await?, version);
        session.commit().await
    }

    async fn a_row_that_another_changed_is_not_taken_for_met(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let sandy = session.get::<Address>(3).await?.unwrap();
        let first = session.get::<Address>(1).await?.unwrap();
        session.commit().await?;
        // Its key is what memory knows for certain, but the row is gone.
        db.engine.execute(text("DELETE FROM addresses WHERE id = 1")).await?;
        db.engine.execute(text("UPDATE addresses SET email = 'moved' WHERE id = 3")).await?;
        session.execute(update(Address).set(Address::email, "set").filter(Address::email.eq("sandy@one"))).await?;
        assert_eq!(session[sandy].email, "sandy@one");
        session.execute(update(Address).set(Address::email, "set").filter(Address::email.eq("moved"))).await?;
        assert_eq!(session[sandy].email, "set");
        assert_eq!(session.execute(delete(Address).filter(Address::id.in_([1, 3]))).await?, 1);
        assert_eq!((session.state(first), session.state(sandy)), (State::Deleted, State::Deleted));
        session.commit().await
    }

    async fn keys_of_objects_are_not_changed_behind_their_back(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let move_keys = || update(Address).set(Address::id, Address::id + 10);
        assert_eq!(session.execute(move_keys()).await?, 3);
        let address = session.get::<Address>(11).await?.unwrap();
        let log = db.engine.record();
        let words = said(session.execute(move_keys()).await);
        assert_eq!(
            words,
            "this statement sets `Address::id`, which is part of the key, and the session holds an object of `Address`: it \
             could not tell any more which row each of them is; change the keys of the objects, or run it in a session that has \
             not loaded any"
        );
        assert!(log.statements().is_empty());
        assert_eq!(session[address].id, 11);
        session.rollback().await
    }

    async fn many_objects_and_other_keys(db: Db) -> Result<()> {
        create(&db).await?;
        let mut setup = db.engine.session();
        setup.add_all((0..1201).map(|n| keyword(&format!("word {n}"))));
        for code in ["DE", "FR", "IT"] {
            setup.add(Country { code: code.into(), name: code.into(), ..Default::default() });
        }
        for number in 1..4 {
            setup.add(Invoice { shop: 1, number, customer: "c".into(), ..Default::default() });
        }
        setup.commit().await?;
        let mut session = db.engine.session();
        let words = session.all(select(Keyword)).await?;
        session.execute(update(Keyword).set(Keyword::word, upper(Keyword::word)).filter(Keyword::word.like("%1"))).await?;
        for word in &words {
            let expected = if session[*word].id % 10 == 2 { "WORD" } else { "word" };
            assert!(session[*word].word.starts_with(expected), "{:?}", session[*word]);
        }
        session.execute(delete(Keyword).filter(Keyword::word.like("%2"))).await?;
        assert_eq!(words.iter().filter(|word| session.state(**word) == State::Deleted).count(), 120);
        let countries = session.all(select(Country).order_by(Country::code)).await?;
        session.execute(update(Country).set(Country::name, "France").filter(Country::code.eq("FR"))).await?;
        assert_eq!(countries.iter().map(|key| session[*key].name.as_str()).collect::<Vec<_>>(), ["DE", "France", "IT"]);
        let invoices = session.all(select(Invoice).order_by(Invoice::number)).await?;
        session.execute(update(Invoice).set(Invoice::customer, upper(Invoice::customer)).filter(tuple_((Invoice::shop, Invoice::number)).in_([(1, 2), (2, 3)]))).await?;
        session.execute(delete(Invoice).filter(Invoice::customer.like("c") & Invoice::number.ge(3))).await?;
        assert_eq!(session[invoices[1]].customer, "C");
        assert_eq!(session[invoices[0]].customer, "c");
        assert_eq!(session.state(invoices[2]), State::Deleted);
        session.commit().await
    }

    #[requires(delete_returning)]
    async fn a_statement_that_returns_rows_is_followed(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let (mut session, ed, _) = with_ed(&db.engine).await?;
        let held = session.get::<Address>(1).await?.unwrap();
        if db.engine.capabilities().update_returning() {
            let keys = session.all(update(User).set(User::fullname, upper(User::name)).filter(User::id.eq(1)).returning(User)).await?;
            assert_eq!(keys, [ed]);
            agrees(&session, ed, Some("ED"), 2).await?;
            let names = session.all(update(User).set(User::fullname, "x").returning((User::name, User::version))).await?;
            assert_eq!(names.len(), 2);
            agrees(&session, ed, Some("x"), 3).await?;
        }
        // Those that were in the session, and those that come with it.
        let deleted = session.all(delete(Address).filter(Address::email.like("ed%")).returning(Address)).await?;
        assert_eq!(deleted.len(), 2);
        assert!(deleted.contains(&held));
        for key in &deleted {
            assert_eq!(session.state(*key), State::Deleted);
            assert!(session[*key].email.starts_with("ed@"));
        }
        assert_eq!(session.get::<Address>(2).await?, None);
        let emails: Vec<String> = session.all(delete(Address).returning(Address::email)).await?;
        assert_eq!(emails, ["sandy@one"]);
        session.rollback().await?;
        agrees(&session, ed, None, 1).await?;
        for key in &deleted {
            assert_eq!(session.state(*key), State::Persistent);
        }
        assert_eq!(session.all(select(Address)).await?.len(), 3);
        session.all(delete(Address).returning(Address::id)).await?;
        session.commit().await?;
        assert_eq!(session.state(held), State::Detached);
        Ok(())
    }

    #[requires(insert_returning)]
    async fn an_upsert_that_returns_entities_refreshes_them(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let (mut session, ed, sandy) = with_ed(&db.engine).await?;
        session[sandy].fullname = Some("edited".into());
        let of = |name: &str, fullname: &str| User { fullname: Some(fullname.into()), ..user(name) };
        let users = [of("ed", "Ed"), of("sandy", "Sandy"), of("new", "New")];
        let upsert = insert(User).rows(&users).on_conflict(User::name).do_update(|new| User::fullname.to(new.get(User::fullname)));
        let keys = session.no_autoflush().all(upsert.clone().returning(User)).await?;
        assert_eq!(keys.len(), 3);
        assert!(keys.contains(&ed) && keys.contains(&sandy));
        agrees(&session, ed, Some("Ed"), 2).await?;
        assert_eq!((session[sandy].fullname.as_deref(), session[sandy].version), (Some("edited"), 2));
        let new = keys.iter().copied().find(|key| session[*key].name == "new").unwrap();
        assert_eq!((session[new].fullname.as_deref(), session[new].version), (Some("New"), 1));
        session.rollback().await?;
        agrees(&session, ed, None, 1).await?;
        agrees(&session, sandy, None, 1).await?;
        assert_eq!(session.all(select(User)).await?.len(), 2);
        // Columns alone refresh them too.
        assert_eq!(session.all(upsert.returning(User::name)).await?.len(), 3);
        agrees(&session, ed, Some("Ed"), 2).await?;
        agrees(&session, sandy, Some("Sandy"), 2).await?;
        session.commit().await
    }

    async fn an_upsert_refreshes_the_objects_whose_rows_it_met(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let (mut session, ed, sandy) = with_ed(&db.engine).await?;
        let users = [User { fullname: Some("Ed".into()), ..user("ed") }, user("new")];
        let upsert = insert(User).rows(&users).on_conflict(User::name).do_update(|new| User::fullname.to(new.get(User::fullname)));
        let log = db.engine.record();
        session.execute(upsert.clone()).await?;
        agrees(&session, ed, Some("Ed"), 2).await?;
        agrees(&session, sandy, None, 1).await?;
        let returns = matches!(db.database, Database::Sqlite | Database::Postgres);
        assert_eq!(selects(&log), usize::from(!returns), "{:?}", log.statements());
        session.rollback().await?;
        agrees(&session, ed, None, 1).await?;
        let log = db.engine.record();
        session.execute(insert(User).rows(&users).on_conflict(User::name).do_nothing()).await?;
        assert_eq!(log.statements().len(), 1);
        agrees(&session, ed, None, 1).await?;
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users").await?, 3);
        Ok(())
    }

    async fn a_query_that_locks_brings_the_rows_as_they_are(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.commit().await?;
        db.engine.execute(text("UPDATE users SET fullname = 'by another', name = 'theirs' WHERE id = 1")).await?;
        session[ed].name = "edited".into();
        let log = db.engine.record();
        let found = session.no_autoflush().one(select(User).filter(User::id.eq(1)).with_for_update()).await?;
        assert_eq!(found, ed);
        assert_eq!((session[ed].name.as_str(), session[ed].fullname.as_deref()), ("edited", Some("by another")));
        assert_eq!(log.statements()[0].sql.ends_with(" FOR UPDATE"), db.database != Database::Sqlite, "{:?}", log.statements());
        if db.database != Database::Sqlite {
            // Others do not get it, and need not wait for it.
            let mut other = db.engine.session();
            let free = other.all(select(User).with_lock(Lock::update().skip_locked())).await?;
            assert_eq!(free.len(), 1);
            let error = other.all(select(User).with_lock(Lock::share().nowait())).await.unwrap_err();
            assert!(!matches!(error, Error::Unsupported { .. }), "{error}");
            other.rollback().await?;
        } else {
            // The transaction has begun, and keeps writers out.
            assert!(db.engine.session().no_autoflush().one(select(User).filter(User::id.eq(2)).with_lock(Lock::share())).await.is_err());
        }
        session.rollback().await
    }
}
