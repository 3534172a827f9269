//! SQL expressions as values of columns: `session.assign`.

use super::models::*;
use tests::prelude::*;

/// Without a version, so that two sessions may count.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "counters")]
pub struct Counter {
    #[orm(primary_key)]
    pub id: i64,
    pub n: i64,
    pub twice: Option<i64>,
    #[orm(length = 40)]
    pub label: Option<String>,
    #[orm(server_default = "7")]
    pub serial: Auto<i32>,
}

async fn a_counter(db: &Db) -> Result<()> {
    metadata![Counter].create_all(&db.engine).await?;
    let mut session = db.engine.session();
    session.add(Counter { n: 1, label: Some("One".into()), ..Default::default() });
    session.commit().await
}

matrix! {
    async fn an_expression_is_written_and_read_back(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let users = session.all(select(User).order_by(User::id.asc())).await?;
        let (ed, sandy) = (users[0], users[1]);
        session.commit().await?;
        assert!(!session.is_modified(ed));
        session.assign(ed, User::name.to(upper(User::name)));
        assert_eq!(session[ed].name, "ed");
        assert!(session.is_modified(ed));
        assert_eq!(session.dirty().filter_map(|key| key.of::<User>()).collect::<Vec<_>>(), [ed]);
        let changes = session.changes(ed);
        assert_eq!(changes.to_string(), "User::name: \"ed\" → an SQL expression");
        assert!(changes.columns()[0].expression);
        assert_eq!(changes.get(User::name), Some((Some("ed".to_owned()), None)));
        assert_eq!(session.changes_since_commit(ed).to_string(), changes.to_string());

        // With other edits, beside a row that has only those.
        session[ed].fullname = Some("Ed".into());
        session[sandy].fullname = Some("Sandy".into());
        let plan = session.plan().await?.to_string();
        assert_eq!(plan.matches("UPDATE users (").count(), 2, "{plan}");
        assert!(plan.contains("UPDATE users (name, fullname, version): 1 row"), "{plan}");
        let log = db.engine.record();
        session.flush().await?;
        let updates = sent(&log, "UPDATE");
        assert_eq!(updates.len(), 2, "{updates:?}");
        assert_eq!(updates.iter().filter(|sql| sql.to_lowercase().contains("upper(")).count(), 1, "{updates:?}");
        let returns = matches!(db.engine.dialect(), Dialect::Sqlite | Dialect::Postgres);
        assert_eq!(sent(&log, "SELECT").len(), usize::from(!returns), "{:?}", sent(&log, "SELECT"));
        assert_eq!((session[ed].name.as_str(), session[ed].version), ("ED", 2));
        assert!(!session.is_modified(ed));
        assert!(session.changes(ed).is_empty());
        assert_eq!(session.changes_since_commit(ed).get(User::name).unwrap().1.as_deref(), Some("ED"));

        // It was written once, and is not written again.
        log.clear();
        session.commit().await?;
        assert!(sent(&log, "UPDATE").is_empty());
        assert_eq!(rows(&db.engine, "users WHERE name = 'ED' AND fullname = 'Ed' AND version = 2").await?, 1);
        assert_eq!(rows(&db.engine, "users WHERE name = 'sandy' AND fullname = 'Sandy'").await?, 1);
        Ok(())
    }

    async fn the_version_is_checked(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let (mut one, mut other) = (db.engine.session(), db.engine.session());
        let (ed, same) = (one.get::<User>(1).await?.unwrap(), other.get::<User>(1).await?.unwrap());
        one.commit().await?;
        other.commit().await?;
        one.assign(ed, User::name.to(concat(User::name, "!")));
        one.commit().await?;
        other.assign(same, User::name.to(concat(User::name, "?")));
        assert!(matches!(other.commit().await.unwrap_err(), Error::StaleData { .. }));
        other.rollback().await?;
        assert!(!other.is_modified(same));
        other.refresh(same).await?;
        assert_eq!((other[same].name.as_str(), other[same].version), ("ed!", 2));
        Ok(())
    }

    async fn two_sessions_count_without_losing_any(db: Db) -> Result<()> {
        a_counter(&db).await?;
        let (mut one, mut other) = (db.engine.session(), db.engine.session());
        let (a, b) = (one.get::<Counter>(1).await?.unwrap(), other.get::<Counter>(1).await?.unwrap());
        one.commit().await?;
        other.commit().await?;
        for _ in 0..3 {
            one.assign(a, Counter::n.to(Counter::n + 1));
            one.commit().await?;
            other.assign(b, Counter::n.to(Counter::n + 10));
            other.commit().await?;
        }
        assert_eq!((one[a].n, other[b].n), (24, 34));
        assert_eq!(rows(&db.engine, "counters WHERE n = 34").await?, 1);
        Ok(())
    }

    async fn several_columns_and_null(db: Db) -> Result<()> {
        a_counter(&db).await?;
        let mut session = db.engine.session();
        let counter = session.get::<Counter>(1).await?.unwrap();
        session[counter].n = 5;
        // What the row has then is what they see, not what is written with them.
        session.assign(counter, (Counter::twice.to(Counter::n * 2), Counter::label.to(lower(Counter::label))));
        session.flush().await?;
        let now = &session[counter];
        assert_eq!((now.n, now.twice, now.label.as_deref()), (5, Some(2), Some("one")));
        session.assign(counter, Counter::label.to(nullif(Counter::label, "one")));
        session.commit().await?;
        assert_eq!(session[counter].label, None);
        assert_eq!(rows(&db.engine, "counters WHERE n = 5 AND twice = 2 AND label IS NULL").await?, 1);
        Ok(())
    }

    async fn the_last_write_holds(db: Db) -> Result<()> {
        a_counter(&db).await?;
        let mut session = db.engine.session();
        let counter = session.get::<Counter>(1).await?.unwrap();
        session.assign(counter, Counter::n.to(Counter::n + 1));
        session[counter].n = 50;
        assert_eq!(session.changes(counter).to_string(), "Counter::n: 1 → 50");
        session.flush().await?;
        assert_eq!(session[counter].n, 50);

        session[counter].n = 60;
        session.assign(counter, Counter::n.to(Counter::n + 1));
        session.flush().await?;
        assert_eq!(session[counter].n, 51);

        session.assign(counter, Counter::n.to(Counter::n + 1));
        session.assign(counter, Counter::n.to(Counter::n + 2));
        session.flush().await?;
        assert_eq!(session[counter].n, 53);

        // A plain value is a plain edit, and takes the place of the expression even where it is the old one.
        session.assign(counter, Counter::n.to(Counter::n + 1));
        session.assign(counter, Counter::n.to(53));
        assert!(!session.is_modified(counter));
        session.assign(counter, Counter::label.to("plain"));
        assert_eq!(session[counter].label.as_deref(), Some("plain"));
        session.commit().await?;
        assert_eq!(rows(&db.engine, "counters WHERE n = 53 AND label = 'plain'").await?, 1);
        Ok(())
    }

    async fn rollbacks_forget_it(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.assign(ed, User::name.to(upper(User::name)));
        session.rollback().await?;
        assert!(!session.is_modified(ed));
        session.assign(ed, User::name.to(upper(User::name)));
        session.flush().await?;
        session.rollback().await?;
        assert_eq!((session[ed].name.as_str(), session[ed].version), ("ed", 1));

        session.assign(ed, User::name.to(concat(User::name, "1")));
        let mut nested = session.begin_nested().await?;
        assert_eq!(nested[ed].name, "ed1");
        nested.assign(ed, User::name.to(concat(User::name, "2")));
        nested.flush().await?;
        assert_eq!(nested[ed].name, "ed12");
        nested.assign(ed, User::name.to(concat(User::name, "3")));
        nested.rollback().await?;
        assert_eq!(session[ed].name, "ed1");
        assert!(!session.is_modified(ed));
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE name = 'ed1' AND version = 2").await?, 1);
        Ok(())
    }

    async fn a_failed_flush_keeps_it_until_the_rollback(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let users = session.all(select(User).order_by(User::id.asc())).await?;
        let (ed, sandy) = (users[0], users[1]);
        session.assign(ed, User::fullname.to(upper(User::name)));
        // Written after ed's, and refused.
        session.assign(sandy, User::name.to(concat(lower(bind("E")), "d")));
        let error = session.flush().await.unwrap_err();
        assert!(matches!(error, Error::UniqueViolation { .. }), "{error}");
        assert_eq!(session[ed].fullname, None);
        assert_eq!(session.changes(ed).to_string(), "User::fullname: NULL → an SQL expression");
        assert_eq!(session.changes(sandy).to_string(), "User::name: \"sandy\" → an SQL expression");
        session.rollback().await?;
        assert!(!session.is_modified(ed) && !session.is_modified(sandy));
        session.assign(ed, User::fullname.to(upper(User::name)));
        session.commit().await?;
        assert_eq!((session[ed].fullname.as_deref(), session[sandy].name.as_str()), (Some("ED"), "sandy"));
        Ok(())
    }

    async fn a_new_object_has_it_in_its_insert(db: Db) -> Result<()> {
        a_counter(&db).await?;
        let mut session = db.engine.session();
        let counters = session.add_all((10..13).map(|n| Counter { n, label: Some("New".into()), ..Default::default() }));
        session.assign(counters[1], Counter::label.to(lower(bind("LOUD"))));
        session.assign(counters[1], Counter::serial.to(bind(20) + 2));
        assert!(session.changes(counters[1]).to_string().contains("Counter::label: unset → an SQL expression"));
        let plan = session.plan().await?.to_string();
        // The keys are counted up in the order of the objects.
        assert_eq!(plan.matches("INSERT INTO counters (").count(), 3, "{plan}");
        let log = db.engine.record();
        session.flush().await?;
        assert_eq!(sent(&log, "INSERT").len(), 3, "{:?}", sent(&log, "INSERT"));
        assert!(sent(&log, "UPDATE").is_empty());
        let new = &session[counters[1]];
        assert_eq!((new.n, new.label.as_deref(), new.serial), (11, Some("loud"), 22.into()));
        assert_eq!(session[counters[2]].serial, 7.into());
        session.commit().await?;
        for counter in counters {
            let here = session[counter].clone();
            let there = db.engine.one(select(Counter).filter(Counter::id.eq(here.id))).await?;
            assert_eq!((there.n, there.label, there.serial), (here.n, here.label, here.serial));
        }

        // One that takes the row of a deleted object.
        let old = session.get::<Counter>(1).await?.unwrap();
        session.delete(old);
        let heir = session.add(Counter { id: 1, n: 1, ..Default::default() });
        session.assign(heir, Counter::label.to(upper(bind("heir"))));
        session.commit().await?;
        assert_eq!(session[heir].label.as_deref(), Some("HEIR"));
        assert_eq!(rows(&db.engine, "counters WHERE id = 1 AND label = 'HEIR'").await?, 1);

        // There is no row yet whose columns it could name.
        let none = session.add(Counter::default());
        session.assign(none, Counter::n.to(Counter::n + 1));
        let error = said(session.flush().await);
        assert_eq!(error, "the statement is wrong: `Counter::n` is of Counter, which this statement does not read");
        session.rollback().await?;
        assert_eq!(session.state(none), State::Withdrawn);
        session.readd(none);
        session.commit().await?;
        assert_eq!(session[none].n, 0);
        Ok(())
    }

    async fn what_the_session_must_know_is_refused(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        let address = session.get::<Address>(1).await?.unwrap();
        session.assign(ed, (User::id.to(User::id + 1), User::version.to(User::version + 1)));
        session.assign(address, Address::user_id.to(Address::user_id + 1));
        assert_eq!(
            said(session.commit().await),
            "`User::id` of `User` 1 can't get an SQL expression: it is the primary key, which the session must know; write a value\n\
             `User::version` of `User` 1 can't get an SQL expression: it is the version, which the session counts\n\
             `Address::user_id` of `Address` 1 can't get an SQL expression: it is a foreign key, and rows are written in the \
             order of those; set the relationship, or write a value"
        );
        session.rollback().await?;
        session.delete(address);
        session.assign(address, Address::email.to(upper(Address::email)));
        assert!(said(session.commit().await).contains("`Address::email` of `Address` 1 can't get an SQL expression: the object is deleted"));
        session.rollback().await?;
        // A deletion that comes after it is carried out.
        session.assign(address, Address::email.to(upper(Address::email)));
        session.delete(address);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses WHERE id = 1").await?, 0);
        Ok(())
    }

    async fn a_row_that_is_read_anew_keeps_it(db: Db) -> Result<()> {
        a_counter(&db).await?;
        let mut session = db.engine.session();
        let counter = session.get::<Counter>(1).await?.unwrap();
        session.commit().await?;
        db.engine.execute(text("UPDATE counters SET n = 100")).await?;
        session.assign(counter, Counter::n.to(Counter::n + 1));
        session.expire(counter);
        session.no_autoflush().all(select(Counter)).await?;
        assert_eq!(session.changes(counter).to_string(), "Counter::n: 100 → an SQL expression");
        session.commit().await?;
        assert_eq!(session[counter].n, 101);
        session.assign(counter, Counter::n.to(Counter::n + 1));
        session.expunge(counter);
        let counter = session.get::<Counter>(1).await?.unwrap();
        assert!(!session.is_modified(counter));
        assert_eq!(session[counter].n, 101);
        Ok(())
    }
}
