//! What a flush would write, told before it does.

use super::models::*;
use orm_core::engine::Recorder;
use orm_core::session::{FlushPlan, WriteKind};
use tests::prelude::*;

/// What of a plan the statements that were sent show, too.
pub(super) fn check_plan(plan: &FlushPlan, log: &Recorder) -> std::result::Result<(), String> {
    let word = |kind| match kind {
        WriteKind::Insert => "INSERT INTO ",
        WriteKind::Update => "UPDATE ",
        WriteKind::Delete => "DELETE FROM ",
    };
    let mut sent = log.statements();
    sent.retain(|sent| ["INSERT", "UPDATE", "DELETE"].iter().any(|word| sent.sql.starts_with(word)));
    let fits = sent.len() == plan.statements().len()
        && plan.statements().iter().zip(&sent).all(|(planned, sent)| {
            let rest = sent.sql.strip_prefix(word(planned.kind)).and_then(|rest| rest.strip_prefix(planned.table));
            rest.is_some_and(|rest| rest.starts_with(' ')) && planned.rows.is_none_or(|rows| rows as u64 == sent.rows)
        });
    let sent = || sent.iter().map(|sent| format!("{} rows: {}", sent.rows, sent.sql)).collect::<Vec<_>>().join("\n");
    if fits { Ok(()) } else { Err(format!("planned:\n{plan}\nsent:\n{}", sent())) }
}

/// The plan, printed; and the flush that it is of, held to it.
async fn flushed(session: &mut Session) -> Result<String> {
    let plan = session.plan().await?;
    let log = session.engine().record();
    session.flush().await?;
    check_plan(&plan, &log).map_err(Error::custom)?;
    Ok(plan.to_string())
}

matrix! {
    async fn a_plan_says_what_is_written_and_why(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        assert_eq!(session.plan().await?.to_string(), "nothing to write");
        let addresses: Vec<Address> = (0..100).map(|n| address_of(&format!("{n}"))).collect();
        let ed = session.add(User { addresses: addresses.into(), keywords: vec![keyword("k")].into(), ..user("ed") });
        let leaves = vec![employee("a"), employee("b")];
        session.add(Employee { reports: leaves.into(), ..employee("top") });
        let plan = session.plan().await?;
        let inserts = "\
1. INSERT INTO users (name, fullname, version): 1 row
2. INSERT INTO keywords (word): 1 row
3. INSERT INTO addresses (email, user_id): 100 rows, after users: addresses.user_id references it
4. INSERT INTO employees (name, manager_id): 1 row, level 1 of employees
5. INSERT INTO employees (name, manager_id): 2 rows, level 2 of employees
6. INSERT INTO user_keywords (user_id, keyword_id): 1 row, after users, keywords: user_keywords.user_id, \
user_keywords.keyword_id reference them";
        // Tables that need nothing of each other are in the order in which objects were added.
        let sorted = |plan: &str| {
            let mut lines: Vec<String> =
                plan.lines().map(|line| line.split_once(". ").map_or(line, |(_, rest)| rest).to_owned()).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&plan.to_string()), sorted(inserts), "{plan}");
        let addresses = plan.statements().iter().find(|statement| statement.table == "addresses");
        let addresses = addresses.ok_or_else(|| Error::custom("addresses are missing"))?;
        assert_eq!((addresses.kind, addresses.rows), (WriteKind::Insert, Some(100)));
        assert_eq!(addresses.columns, ["email", "user_id"]);
        // Nothing was written, and nothing has changed.
        assert_eq!(rows(&db.engine, "users").await?, 0);
        assert_eq!((session.state(ed), session[ed].id, session[ed].version), (State::Pending, 0, 0));
        assert_eq!(session.plan().await?, plan);
        assert_eq!(flushed(&mut session).await?, plan.to_string());
        session.commit().await?;
        let k = session.one(select(Keyword)).await?;
        session[ed].fullname = Some("Ed".into());
        session.delete(k);
        let plan = flushed(&mut session).await?;
        assert_eq!(
            plan,
            "\
1. DELETE FROM user_keywords (keyword_id): all rows that there are, before keywords: user_keywords.keyword_id \
references it
2. UPDATE users (fullname, version): 1 row
3. DELETE FROM keywords (id): 1 row"
        );
        Ok(())
    }

    async fn a_plan_reads_what_cascades_need_and_leaves_memory_alone(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.commit().await?;
        session.delete(ed);
        let log = db.engine.record();
        let plan = session.plan().await?;
        let expected = "\
DELETE FROM addresses (id): 2 rows, before users: addresses.user_id references it";
        assert!(plan.to_string().contains(expected), "{plan}");
        assert!(log.statements().iter().all(|sent| sent.sql.starts_with("SELECT")), "{:?}", log.statements());
        assert!(log.statements().iter().any(|sent| sent.sql.contains("FROM addresses")));
        // What it read stays, untouched.
        log.clear();
        let address = session.get::<Address>(1).await?.unwrap();
        assert_eq!(session.state(address), State::Persistent);
        assert!(!session.is_modified(address));
        assert_eq!(session.plan().await?, plan);
        assert_eq!(log.statements(), []);
        session.rollback().await?;
        assert_eq!(session.state(ed), State::Persistent);
        assert_eq!(session.at(ed).many(User::addresses)?.count(), 2);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "addresses").await?, 3);
        Ok(())
    }

    async fn a_unique_value_that_is_freed_is_told(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session[ed].name = "edward".into();
        session.add(user("ed"));
        assert_eq!(
            flushed(&mut session).await?,
            "\
1. UPDATE users (name, version): 1 row, frees the unique users.name that a later INSERT takes
2. INSERT INTO users (name, fullname, version): 1 row, takes the unique users.name that was freed before"
        );
        Ok(())
    }

    async fn what_makes_room_for_others_is_told(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let (ed, sandy) = (session.get::<User>(1).await?.unwrap(), session.get::<User>(2).await?.unwrap());
        session[ed].name = "sandy".into();
        session[sandy].name = "ed".into();
        let plan = flushed(&mut session).await?;
        assert!(plan.contains("UPDATE users (name): 1 row, lets go of what a later row takes, or holds"), "{plan}");
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users WHERE id = 1 AND name = 'sandy'").await?, 1);
        Ok(())
    }

    async fn a_cycle_is_told(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let hen = session.add(Hen::default());
        let egg = session.add(Egg::default());
        session.set(egg, Egg::hen, hen);
        session.set(hen, Hen::egg, egg);
        assert_eq!(
            flushed(&mut session).await?,
            "\
1. INSERT INTO hens (hatched_from): 1 row, level 1 of rows that reference each other
2. INSERT INTO eggs (laid_by): 1 row, level 2 of rows that reference each other
3. UPDATE hens (hatched_from): 1 row, links rows that wait for each other"
        );
        session.delete(hen);
        session.delete(egg);
        assert_eq!(
            flushed(&mut session).await?,
            "\
1. UPDATE hens (hatched_from): 1 row, lets go of rows that are deleted later
2. DELETE FROM eggs (id): 1 row, level 1 of rows that reference each other
3. DELETE FROM hens (id): 1 row, level 2 of rows that reference each other"
        );
        Ok(())
    }

    async fn what_can_not_be_flushed_can_not_be_planned(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let (a, b) = (session.add(Partner::default()), session.add(Partner::default()));
        session.set(a, Partner::other, b);
        session.set(b, Partner::other, a);
        let error = said(session.plan().await);
        assert!(error.contains("Partner::other_id"), "{error}");
        // The session has not failed, and the mistake can be mended.
        assert_eq!(session.state(a), State::Pending);
        session[a].id = 5;
        session.set(a, Partner::other, a);
        flushed(&mut session).await?;
        session.commit().await?;
        assert_eq!(rows(&db.engine, "partners WHERE other_id = 5").await?, 2);
        // A mistake of before is told by the plan, and by the flush after it.
        let mut session = db.engine.session();
        let keyword = session.add(keyword("k"));
        let like = session.add(Like::default());
        let ed = session.add(user("ed"));
        session.push(ed, User::liked, keyword);
        let error = said(session.plan().await);
        assert!(error.contains("read-only"), "{error}");
        assert_eq!(said(session.flush().await), error);
        assert_eq!(session.state(like), State::Pending);
        Ok(())
    }

    async fn many_rows_are_several_statements(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let keys = session.add_all((0..2500).map(|n| keyword(&format!("{n}"))));
        flushed(&mut session).await?;
        for key in &keys {
            session[*key].word.push('!');
        }
        flushed(&mut session).await?;
        for key in &keys {
            session.delete(*key);
        }
        let plan = flushed(&mut session).await?;
        assert_eq!(plan.lines().last(), Some(match db.dialect() {
            Dialect::Postgres => "1. DELETE FROM keywords (id): 2500 rows",
            Dialect::Sqlite => "10. DELETE FROM keywords (id): 250 rows",
            _ => "5. DELETE FROM keywords (id): 500 rows",
        }), "{plan}");
        Ok(())
    }

    async fn a_plan_that_is_dropped_half_way_leaves_memory(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        for polls in 0..40 {
            let mut session = db.engine.session();
            let ed = session.get::<User>(1).await?.unwrap();
            session[ed].fullname = Some("Ed".into());
            session.flush().await?;
            session[ed].fullname = Some("Eddy".into());
            session.delete(ed);
            let done = {
                let mut planned = session.plan();
                let mut done = false;
                for _ in 0..polls {
                    let polled = std::future::poll_fn(|context| std::task::Poll::Ready(planned.as_mut().poll(context))).await;
                    if polled.is_ready() {
                        done = true;
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                done
            };
            assert_eq!(session.state(ed), State::Deleted);
            assert_eq!(session[ed].fullname.as_deref(), Some("Eddy"));
            session.rollback().await?;
            assert_eq!(session.state(ed), State::Persistent);
            assert_eq!((session[ed].fullname.as_deref(), session[ed].version), (None, 1));
            if done {
                break;
            }
        }
        assert_eq!(rows(&db.engine, "users WHERE fullname IS NULL").await?, 2);
        Ok(())
    }
}
