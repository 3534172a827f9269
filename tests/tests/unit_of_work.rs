//! The session: a unit of work that owns its objects.

use tests::models::{Address, Employee, Keyword, Order, Profile, User, seed};
use tests::prelude::*;

fn user(name: &str) -> User {
    User { name: name.into(), ..Default::default() }
}

fn address(email: &str) -> Address {
    Address { email: email.into(), ..Default::default() }
}

fn keyword(word: &str) -> Keyword {
    Keyword { word: word.into(), ..Default::default() }
}

async fn emails(db: &Db, name: &str) -> Result<Vec<String>> {
    db.engine.all(select(Address::email).join(Address::user).filter(User::name.eq(name)).order_by(Address::id)).await
}

async fn words(db: &Db, name: &str) -> Result<Vec<String>> {
    let users = db.engine.all(select(User).filter(User::name.eq(name)).options(selectinload(User::keywords))).await?;
    let mut words: Vec<String> = Vec::new();
    for user in &users {
        words.extend(user.keywords.get()?.iter().map(|keyword| keyword.word.clone()));
    }
    words.sort();
    Ok(words)
}

async fn by_name(session: &mut Session, name: &str) -> Result<Key<User>> {
    session.one(select(User).filter(User::name.eq(name))).await
}

/// The statements that changed something, as SQL.
fn writes(record: &orm_core::engine::Recorder) -> Vec<String> {
    record
        .statements()
        .into_iter()
        .map(|statement| statement.sql)
        .filter(|sql| ["INSERT", "UPDATE", "DELETE"].iter().any(|verb| sql.starts_with(verb)))
        .collect()
}

matrix! {
    async fn a_whole_tree_goes_in_and_comes_back(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let jack = session.add(User {
            addresses: vec![address("jack@a"), address("jack@b")].into(),
            profile: Profile { text: "likes trees".into(), ..Default::default() }.into(),
            keywords: vec![keyword("tree"), keyword("graph")].into(),
            ..user("jack")
        });
        assert_eq!(session.state(jack), State::Pending);
        session.commit().await?;
        assert_eq!(session.state(jack), State::Persistent);
        assert_eq!((session[jack].id, session[jack].version), (4, 1));
        let read = db.engine
            .one(select(User).filter(User::name.eq("jack"))
                .options(selectinload(User::addresses))
                .options(selectinload(User::profile))
                .options(selectinload(User::keywords)))
            .await?;
        assert_eq!(read.addresses.get()?.iter().map(|a| a.email.as_str()).collect::<Vec<_>>(), ["jack@a", "jack@b"]);
        assert_eq!(read.profile.get()?.map(|profile| profile.text.as_str()), Some("likes trees"));
        assert_eq!(read.keywords.get()?.iter().map(|k| k.word.as_str()).collect::<Vec<_>>(), ["tree", "graph"]);
        Ok(())
    }

    async fn a_key_is_an_object_however_it_is_found(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let ed = by_name(&mut session, "ed").await?;
        assert_eq!(session.get::<User>(1).await?, Some(ed));
        assert_eq!(session.get::<User>(99).await?, None);
        let record = db.engine.record();
        assert_eq!(session.get::<User>(1).await?, Some(ed));
        assert_eq!(record.statements().len(), 0, "the identity map has it");
        let all = session.all(select(User).order_by(User::id)).await?;
        assert_eq!(all[0], ed);
        assert_eq!(session[all[1]].name, "wendy");
        // Entities come as keys, columns as values.
        let rows = session.all(select((User, Address::email)).join(User::addresses).order_by(Address::id)).await?;
        assert_eq!(rows[1], (ed, "ed@spam.example".to_owned()));
        let pairs = session.all(select((User, Address.optional())).outer_join(User::addresses).order_by((User::id, Address::id))).await?;
        assert_eq!(pairs.len(), 4);
        assert_eq!(pairs[3].1, None);
        assert_eq!(session.scalar(select(count(User::id))).await?, 3);
        assert_eq!(session.first(select(User::name).order_by(User::id)).await?.as_deref(), Some("ed"));
        assert!(matches!(session.one(select(User).filter(User::id.eq(99))).await, Err(Error::NoRow { .. })));
        Ok(())
    }

    async fn an_update_writes_the_changed_columns_only(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let ed = by_name(&mut session, "ed").await?;
        let record = db.engine.record();
        session[ed].fullname = Some("Edward".into());
        session.commit().await?;
        let written = writes(&record);
        assert_eq!(written.len(), 1, "{written:?}");
        assert!(written[0].contains("fullname") && written[0].contains("version"), "{written:?}");
        let set = written[0].split("WHERE").next().unwrap_or_default();
        assert!(!set.contains("name =") || set.contains("fullname ="), "{written:?}");
        assert!(!set.replace("fullname", "").contains("name"), "{written:?}");
        // Nothing has changed since, and a change that is taken back is none.
        record.clear();
        session[ed].fullname = Some("Other".into());
        session[ed].fullname = Some("Edward".into());
        session.commit().await?;
        assert_eq!(writes(&record), [""; 0]);
        let read = db.engine.one(select(User).filter(User::id.eq(1))).await?;
        assert_eq!((read.fullname.as_deref(), read.version), (Some("Edward"), 2));
        Ok(())
    }

    async fn rows_go_out_in_the_order_of_their_foreign_keys(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        // The child first, and a parent that is given to it afterwards.
        let child = session.add(address("late@x"));
        let parent = session.add(user("late"));
        session.set(child, Address::user, parent);
        let boss = session.add(Employee { name: "boss".into(), ..Default::default() });
        let clerk = session.add(Employee { name: "clerk".into(), ..Default::default() });
        session.set(boss, Employee::manager, clerk);
        session.commit().await?;
        assert_eq!(emails(&db, "late").await?, ["late@x"]);
        assert_eq!(session[boss].manager_id, Some(session[clerk].id));
        // And deleted the other way round.
        session.delete(clerk);
        session.delete(boss);
        session.delete(parent);
        session.commit().await?;
        assert_eq!(db.engine.scalar(select(count(Employee::id))).await?, 4);
        assert_eq!(db.engine.scalar(select(count(Address::id))).await?, 3);
        Ok(())
    }

    async fn both_sides_of_a_link_always_agree(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let users = session.all(select(User).order_by(User::id).options(selectinload(User::addresses))).await?;
        let (ed, wendy) = (users[0], users[1]);
        let moved = session.keys(ed, User::addresses)?[0];
        session.set(moved, Address::user, wendy);
        assert_eq!(session.keys(ed, User::addresses)?.len(), 1);
        assert!(session.keys(wendy, User::addresses)?.contains(&moved));
        assert_eq!(session.at(moved).one(Address::user)?.name, "wendy");
        let new = session.push(wendy, User::addresses, address("new@x"));
        assert_eq!(session.at(new).one(Address::user)?.key(), wendy);
        let list: Vec<String> = session.at(wendy).many(User::addresses)?.map(|address| address.email.clone()).collect();
        assert_eq!(list.last().map(String::as_str), Some("new@x"), "{list:?}");
        session.commit().await?;
        assert_eq!(emails(&db, "ed").await?, ["ed@spam.example"]);
        assert_eq!(emails(&db, "wendy").await?, ["ed@example.org", "wendy@example.org", "new@x"]);
        assert_eq!(session[moved].user_id, 2);
        Ok(())
    }

    async fn a_foreign_key_set_by_hand_is_the_link(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let wendy = by_name(&mut session, "wendy").await?;
        session.load(wendy, User::addresses).await?;
        let by_hand = session.add(Address { user_id: 2, ..address("hand@x") });
        session.commit().await?;
        assert_eq!(session.at(by_hand).one(Address::user)?.key(), wendy);
        assert!(session.keys(wendy, User::addresses)?.contains(&by_hand));
        session[by_hand].user_id = 1;
        session.commit().await?;
        assert_eq!(emails(&db, "ed").await?.last().map(String::as_str), Some("hand@x"));
        Ok(())
    }

    async fn a_removed_orphan_is_deleted(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let ed = session.one(select(User).filter(User::name.eq("ed")).options(selectinload(User::addresses))).await?;
        let first = session.keys(ed, User::addresses)?[0];
        session.remove(ed, User::addresses, first);
        assert_eq!(session.keys(ed, User::addresses)?.len(), 1);
        session.commit().await?;
        assert_eq!(emails(&db, "ed").await?, ["ed@spam.example"]);
        assert_eq!(db.engine.scalar(select(count(Address::id))).await?, 2);
        Ok(())
    }

    async fn a_removed_member_without_that_cascade_is_set_free(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let ed = session.one(select(User).filter(User::name.eq("ed")).options(selectinload(User::orders))).await?;
        let order = session.keys(ed, User::orders)?[0];
        session.remove(ed, User::orders, order);
        session.commit().await?;
        assert_eq!(session[order].user_id, None);
        assert_eq!(db.engine.scalar(select(Order::user_id).filter(Order::id.eq(1))).await?, None);
        session.set(order, Order::user, ed);
        session.commit().await?;
        assert_eq!(db.engine.scalar(select(Order::user_id).filter(Order::id.eq(1))).await?, Some(1));
        session.set(order, Order::user, None);
        session.commit().await?;
        assert_eq!(db.engine.scalar(select(Order::user_id).filter(Order::id.eq(1))).await?, None);
        Ok(())
    }

    async fn deleting_a_parent_reaches_loaded_children(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let ed = session
            .one(select(User).filter(User::name.eq("ed")).options(selectinload(User::addresses)).options(selectinload(User::orders)))
            .await?;
        let addresses = session.keys(ed, User::addresses)?;
        session.delete(ed);
        session.commit().await?;
        assert!(addresses.iter().all(|key| matches!(session.state(*key), State::Deleted | State::Detached)));
        assert_eq!(db.engine.all(select(Address::id)).await?, [3]);
        // Orders are not owned: their nullable key is set to NULL.
        assert_eq!(db.engine.all(select(Order::user_id).order_by(Order::id)).await?, [None, None, Some(2), None]);
        Ok(())
    }

    async fn deleting_a_parent_reaches_children_that_were_not_loaded(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let setup = by_name(&mut session, "ed").await?;
        session.load(setup, User::profile).await?;
        session.set(setup, User::profile, Profile { text: "p".into(), ..Default::default() });
        session.push(setup, User::keywords, keyword("k"));
        session.commit().await?;
        let mut session = db.engine.session();
        let ed = by_name(&mut session, "ed").await?;
        session.delete(ed);
        session.commit().await?;
        assert_eq!(db.engine.all(select(User::name).order_by(User::id)).await?, ["wendy", "fred"]);
        assert_eq!(db.engine.all(select(Address::id)).await?, [3]);
        assert_eq!(db.engine.scalar(select(count(Profile::id))).await?, 0);
        assert_eq!(db.engine.scalar(select(count(Keyword::id))).await?, 1, "a keyword is shared, and stays");
        assert_eq!(db.engine.scalar(text("SELECT count(*) FROM user_keywords").columns::<i64>()).await?, 0);
        assert_eq!(db.engine.all(select(Order::user_id).order_by(Order::id)).await?, [None, None, Some(2), None]);
        Ok(())
    }

    async fn a_new_object_of_an_owner_goes_with_the_owner(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let ed = by_name(&mut session, "ed").await?;
        session.push(ed, User::addresses, address("never@x"));
        session.delete(ed);
        session.commit().await?;
        assert_eq!(db.engine.all(select(Address::id)).await?, [3]);
        Ok(())
    }

    async fn keywords_are_linked_and_unlinked(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let ed = by_name(&mut session, "ed").await?;
        let wendy = by_name(&mut session, "wendy").await?;
        let sql = session.add(keyword("sql"));
        session.push(ed, User::keywords, sql);
        session.push(wendy, User::keywords, sql);
        session.push(ed, User::keywords, keyword("rust"));
        session.commit().await?;
        assert_eq!(words(&db, "ed").await?, ["rust", "sql"]);
        assert_eq!(words(&db, "wendy").await?, ["sql"]);
        // From the other side, and removed again.
        session.load(sql, Keyword::users).await?;
        let mut users: Vec<&str> = Vec::new();
        for view in session.at(sql).many(Keyword::users)? {
            users.push(if view.key() == ed { "ed" } else { "wendy" });
        }
        users.sort_unstable();
        assert_eq!(users, ["ed", "wendy"]);
        session.remove(sql, Keyword::users, wendy);
        session.commit().await?;
        assert_eq!(words(&db, "wendy").await?, [""; 0]);
        assert_eq!(words(&db, "ed").await?, ["rust", "sql"]);
        // The same link twice is one link.
        session.push(ed, User::keywords, sql);
        session.commit().await?;
        assert_eq!(words(&db, "ed").await?, ["rust", "sql"]);
        // Deleting a keyword takes its links along, not its users.
        session.delete(sql);
        session.commit().await?;
        assert_eq!(words(&db, "ed").await?, ["rust"]);
        Ok(())
    }

    async fn a_version_that_moved_on_is_stale_data(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let ed = by_name(&mut session, "ed").await?;
        // A session on a server has a transaction open since it read; the other's change does not wait for it.
        db.second_engine().await?.execute(update(User).set(User::version, User::version + 1).filter(User::id.eq(1))).await?;
        session[ed].fullname = Some("late".into());
        match session.commit().await {
            Err(error @ Error::StaleData { expected: 1, matched: 0, .. }) => {
                assert!(error.to_string().contains("users"), "{error}");
            }
            other => panic!("{other:?}"),
        }
        // The session says that it failed until it is rolled back; memory is readable all the time.
        assert!(matches!(session.commit().await, Err(Error::RolledBack { .. })));
        assert_eq!(session[ed].fullname.as_deref(), Some("late"));
        session.rollback().await?;
        assert_eq!(session[ed].fullname.as_deref(), Some("Ed Jones"));
        let fresh = db.engine.one(select(User).filter(User::id.eq(1))).await?;
        assert_eq!((fresh.fullname.as_deref(), fresh.version), (Some("Ed Jones"), 2));
        Ok(())
    }

    async fn a_delete_of_a_changed_row_is_stale_data(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let fred = by_name(&mut session, "fred").await?;
        db.second_engine().await?.execute(update(User).set(User::version, 7).filter(User::name.eq("fred"))).await?;
        session.delete(fred);
        let outcome = session.commit().await;
        assert!(matches!(&outcome, Err(Error::StaleData { .. })), "{outcome:?}");
        session.rollback().await?;
        assert_eq!(session.state(fred), State::Persistent);
        assert_eq!(db.engine.scalar(select(count(User::id))).await?, 3);
        Ok(())
    }

    async fn rollback_restores_memory(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let users = session.all(select(User).order_by(User::id).options(selectinload(User::addresses))).await?;
        let (ed, wendy, fred) = (users[0], users[1], users[2]);
        let moved = session.keys(ed, User::addresses)?[0];
        session[ed].name = "changed".into();
        session.set(moved, Address::user, wendy);
        let new = session.add(user("new"));
        session.delete(fred);
        session.flush().await?;
        assert_eq!(session.state(fred), State::Deleted);
        assert_eq!(session.scalar(select(count(User::id))).await?, 3, "its own changes show");
        session.rollback().await?;
        assert_eq!(session[ed].name, "ed");
        assert_eq!(session[ed].version, 1);
        assert_eq!(session[moved].user_id, 1);
        assert_eq!(session.keys(ed, User::addresses)?.len(), 2);
        assert_eq!(session.keys(wendy, User::addresses)?.len(), 1);
        assert_eq!(session.state(fred), State::Persistent);
        assert_eq!(session.state(new), State::Withdrawn);
        assert_eq!(session[new].name, "new");
        assert_eq!(db.engine.all(select(User::name).order_by(User::id)).await?, ["ed", "wendy", "fred"]);
        // And it goes on from there.
        session[ed].name = "edward".into();
        session.commit().await?;
        assert_eq!(db.engine.all(select(User::name).order_by(User::id)).await?, ["edward", "wendy", "fred"]);
        Ok(())
    }

    async fn a_failed_flush_changes_nothing(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let ed = by_name(&mut session, "ed").await?;
        session[ed].fullname = Some("changed".into());
        session.add(user("wendy"));
        let failed = session.commit().await;
        assert!(matches!(&failed, Err(Error::UniqueViolation { .. })), "{failed:?}");
        assert!(matches!(session.all(select(User)).await, Err(Error::RolledBack { .. })));
        assert_eq!(session[ed].fullname.as_deref(), Some("changed"));
        session.rollback().await?;
        assert_eq!(session[ed].fullname.as_deref(), Some("Ed Jones"));
        assert_eq!(db.engine.scalar(select(User::fullname).filter(User::id.eq(1))).await?.as_deref(), Some("Ed Jones"));
        Ok(())
    }

    async fn a_query_flushes_first(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let new = session.add(user("new"));
        assert_eq!(by_name(&mut session, "new").await?, new);
        if db.database != Database::Sqlite {
            // In memory, a read beside an open write would have to wait for it.
            assert_eq!(db.engine.scalar(select(count(User::id))).await?, 3, "it is not committed");
        }
        session.commit().await?;
        session.add(user("wendy"));
        let failed = session.all(select(User)).await;
        assert!(matches!(&failed, Err(Error::Autoflush { source, .. }) if matches!(**source, Error::UniqueViolation { .. })), "{failed:?}");
        Ok(())
    }

    async fn a_dropped_session_leaves_nothing(db: Db) -> Result<()> {
        seed(&db).await?;
        {
            let mut session = db.engine.session();
            session.add(user("new"));
            session.flush().await?;
            assert_eq!(session.scalar(select(count(User::id))).await?, 4);
        }
        assert_eq!(db.engine.scalar(select(count(User::id))).await?, 3);
        Ok(())
    }

    async fn selectinload_links_what_the_session_holds(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let employees = session.all(select(Employee).order_by(Employee::id).options(selectinload(Employee::reports))).await?;
        let names: Vec<String> = session.at(employees[0]).many(Employee::reports)?.map(|below| below.name.clone()).collect();
        assert_eq!(names, ["bob", "cid"]);
        assert_eq!(session.at(employees[3]).one(Employee::manager)?.map(|manager| manager.key()), Some(employees[1]));
        assert!(session.at(employees[0]).one(Employee::manager)?.is_none());
        assert_eq!(session.keys(employees[3], Employee::reports)?, []);
        Ok(())
    }

    async fn load_brings_a_relationship_of_many_objects_in_one_query(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let users = session.all(select(User).order_by(User::id)).await?;
        match session.at(users[0]).many(User::addresses) {
            Err(Error::NotLoaded { relationship }) => assert_eq!(relationship, "User::addresses"),
            other => panic!("{:?}", other.map(|members| members.count())),
        }
        let record = db.engine.record();
        session.load(&users, User::addresses).await?;
        assert_eq!(record.statements().len(), 1);
        assert_eq!(session.keys(users[0], User::addresses)?.len(), 2);
        assert_eq!(session.keys(users[2], User::addresses)?.len(), 0);
        session.load(&users, (User::orders, selectinload(User::addresses).selectinload(Address::user))).await?;
        assert_eq!(session.keys(users[0], User::orders)?.len(), 2);
        Ok(())
    }

    async fn a_key_of_another_session_is_an_error(db: Db) -> Result<()> {
        seed(&db).await?;
        let (mut one, other) = (db.engine.session(), db.engine.session());
        let ed = by_name(&mut one, "ed").await?;
        assert!(matches!(other.try_get(ed), Err(Error::StaleKey { model: "User", .. })));
        assert_eq!(other.state(ed), State::Detached);
        let fred = by_name(&mut one, "fred").await?;
        one.delete(fred);
        one.commit().await?;
        assert!(matches!(one.try_get(fred), Err(Error::StaleKey { .. })));
        Ok(())
    }

    async fn an_object_that_belongs_to_a_session_says_so(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let ed = session.one(select(User).filter(User::id.eq(1)).options(selectinload(User::addresses))).await?;
        assert!(matches!(session[ed].addresses.get(), Err(Error::Attached { .. })));
        let copy = session[ed].clone();
        session.add(User { id: 0, name: "copy".into(), ..copy });
        assert!(matches!(session.flush().await, Err(Error::Session(_))));
        Ok(())
    }

    async fn many_objects_are_written_in_few_statements(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let record = db.engine.record();
        let keys = session.add_all((0..1000).map(|n| User { addresses: vec![address(&format!("{n}@x"))].into(), ..user(&format!("user {n}")) }));
        session.commit().await?;
        let inserts = writes(&record).len();
        assert!(inserts <= 10, "{inserts} statements for 2000 rows");
        // Every row has its own key, matched to its object.
        for (n, key) in keys.iter().enumerate() {
            assert_eq!(session[*key].name, format!("user {n}"));
        }
        let stored: Vec<(i64, String)> = db.engine.all(select((User::id, User::name)).filter(User::id.gt(3)).order_by(User::id)).await?;
        assert_eq!(stored.len(), 1000);
        for (key, (id, name)) in keys.iter().zip(&stored) {
            assert_eq!((session[*key].id, &session[*key].name), (*id, name));
        }
        let wrong = select(count(Address::id)).join(Address::user).filter(Address::id.gt(3) & Address::email.ne(User::name.concat("@x")));
        assert_eq!(db.engine.scalar(wrong).await?, 1000, "names begin with `user `");
        let paired = select((User::name, Address::email)).join(User::addresses).filter(User::id.gt(3));
        for (name, email) in db.engine.all(paired).await? {
            assert_eq!(format!("user {}", email.trim_end_matches("@x")), name);
        }
        // And changed and deleted in few.
        record.clear();
        for key in &keys {
            session[*key].fullname = Some("changed".into());
        }
        session.commit().await?;
        assert_eq!(db.engine.scalar(select(count(User::id)).filter(User::fullname.eq("changed") & User::version.eq(2))).await?, 1000);
        for key in keys {
            session.delete(key);
        }
        session.commit().await?;
        assert_eq!(db.engine.scalar(select(count(User::id))).await?, 3);
        assert_eq!(db.engine.scalar(select(count(Address::id))).await?, 3);
        Ok(())
    }

    async fn a_unique_value_that_is_freed_can_be_taken(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut session = db.engine.session();
        let fred = by_name(&mut session, "fred").await?;
        session.delete(fred);
        let new = session.add(user("fred"));
        session.commit().await?;
        let ids = db.engine.all(select(User::id).filter(User::name.eq("fred"))).await?;
        assert_eq!(ids, [session[new].id]);
        Ok(())
    }

    async fn a_function_takes_the_session_s_connection(db: Db) -> Result<()> {
        seed(&db).await?;
        async fn rename(connection: &mut Connection, id: i64, to: &str) -> Result<u64> {
            connection.execute(update(User).set(User::name, to).filter(User::id.eq(id))).await
        }
        let mut session = db.engine.session();
        session.add(user("new"));
        session.flush().await?;
        rename(session.connection().await?, 1, "edward").await?;
        session.rollback().await?;
        assert_eq!(db.engine.all(select(User::name).order_by(User::id)).await?, ["ed", "wendy", "fred"]);
        rename(session.connection().await?, 1, "edward").await?;
        session.commit().await?;
        assert_eq!(db.engine.all(select(User::name).order_by(User::id)).await?, ["edward", "wendy", "fred"]);
        Ok(())
    }

    async fn generated_columns_are_read_back(db: Db) -> Result<()> {
        db.create(metadata![Note]).await?;
        let mut session = db.engine.session();
        let keys = session.add_all([Note::default(), Note { rank: 5.into(), ..Default::default() }, Note::default()]);
        session.commit().await?;
        let ids: Vec<i64> = keys.iter().map(|key| session[*key].id).collect();
        assert_eq!(ids, [1, 2, 3]);
        assert_eq!([*session[keys[0]].rank.get()?, *session[keys[1]].rank.get()?, *session[keys[2]].rank.get()?], [42, 5, 42]);
        assert!((*session[keys[0]].created_at.get()? - Utc::now()).num_minutes().abs() < 5);
        Ok(())
    }

    async fn composite_keys_are_keys(db: Db) -> Result<()> {
        db.create(metadata![Line]).await?;
        let mut session = db.engine.session();
        let first = session.add(Line { invoice: 1, position: 1, text: "a".into() });
        let second = session.add(Line { invoice: 1, position: 2, text: "b".into() });
        session.commit().await?;
        assert_eq!(session.get::<Line>((1, 2)).await?, Some(second));
        session[first].text = "changed".into();
        session.delete(second);
        session.commit().await?;
        assert_eq!(db.engine.all(select((Line::position, Line::text))).await?, [(1, "changed".to_owned())]);
        let mut other = db.engine.session();
        let found = other.get::<Line>((1, 1)).await?;
        assert_eq!(found.map(|key| other[key].text.clone()).as_deref(), Some("changed"));
        assert_eq!(other.get::<Line>((1, 2)).await?, None);
        Ok(())
    }

    async fn text_keys_are_set_by_hand(db: Db) -> Result<()> {
        db.create(metadata![Country, City]).await?;
        let mut session = db.engine.session();
        let no = session.add(Country { code: "NO".into(), cities: vec![City { name: "Oslo".into(), ..Default::default() }].into() });
        session.commit().await?;
        assert_eq!(session.get::<Country>("NO").await?, Some(no));
        assert_eq!(db.engine.one(select((City::name, City::country_code))).await?, ("Oslo".to_owned(), "NO".to_owned()));
        Ok(())
    }

    /// Two sessions in one task which both read and then write in turn.
    async fn two_sessions_take_turns(db: Db) -> Result<()> {
        seed(&db).await?;
        take_turns(&db.engine, &db.engine).await
    }

    #[on(sqlite)]
    async fn two_sessions_take_turns_on_a_file(db: Db) -> Result<()> {
        let file = TemporaryFile::new("turns");
        let engine = Engine::connect(&file.url()).await?;
        seed(&db.with_engine(engine.clone())).await?;
        take_turns(&engine, &engine).await?;
        let second = Engine::connect(&file.url()).await?;
        for (n, name) in ["ed", "wendy", "fred"].into_iter().enumerate() {
            engine.execute(update(User).set(User::name, name).filter(User::id.eq(n as i64 + 1))).await?;
        }
        take_turns(&engine, &second).await?;
        engine.close().await;
        second.close().await;
        Ok(())
    }
}

async fn take_turns(first: &Engine, second: &Engine) -> Result<()> {
    let (mut one, mut two) = (first.session(), second.session());
    let ed = by_name(&mut one, "ed").await?;
    let wendy = by_name(&mut two, "wendy").await?;
    one[ed].name = "ed 1".into();
    one.commit().await?;
    two[wendy].name = "wendy 1".into();
    two.commit().await?;
    let fred = by_name(&mut one, "fred").await?;
    assert_eq!(two.scalar(select(count(User::id))).await?, 3);
    two[wendy].name = "wendy 2".into();
    two.commit().await?;
    one[fred].name = "fred 1".into();
    one.commit().await?;
    let names = first.all(select(User::name).order_by(User::id)).await?;
    assert_eq!(names, ["ed 1", "wendy 2", "fred 1"]);
    Ok(())
}

/// A database file that goes when it is dropped.
struct TemporaryFile(std::path::PathBuf);

impl TemporaryFile {
    fn new(name: &str) -> Self {
        TemporaryFile(std::env::temp_dir().join(format!("orm-test-{name}-{}.sqlite", std::process::id())))
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.0.display())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = self.0.clone().into_os_string();
            name.push(suffix);
            let _ = std::fs::remove_file(name);
        }
    }
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "notes")]
struct Note {
    #[orm(primary_key)]
    id: i64,
    #[orm(server_default = "42")]
    rank: Auto<i32>,
    #[orm(server_default = "CURRENT_TIMESTAMP")]
    created_at: Auto<DateTime<Utc>>,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "invoice_lines")]
struct Line {
    #[orm(primary_key)]
    invoice: i64,
    #[orm(primary_key)]
    position: i32,
    text: String,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "countries")]
struct Country {
    #[orm(primary_key, length = 2)]
    code: String,
    cities: HasMany<City>,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "cities")]
struct City {
    #[orm(primary_key)]
    id: i64,
    name: String,
    #[orm(references = Country::code, length = 2)]
    country_code: String,
    country: BelongsTo<Country>,
}
