//! Rows are written in the order that the foreign keys ask for.

use super::models::*;
use tests::prelude::*;

/// What is referenced is unique, and no key; there is no relationship.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "sites", unique(columns(region, code)))]
pub struct Site {
    #[orm(primary_key)]
    pub id: i64,
    pub region: i32,
    #[orm(length = 10)]
    pub code: String,
}

/// It refers to a site, and to others of its kind.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "towers", foreign_key(columns(region, site), references(Site::region, Site::code)))]
pub struct Tower {
    #[orm(primary_key)]
    pub id: i64,
    pub region: Option<i32>,
    #[orm(length = 10)]
    pub site: Option<String>,
    #[orm(unique, length = 10)]
    pub name: String,
    #[orm(references = Tower::name, length = 10)]
    pub faces: Option<String>,
}

/// Deletes what it holds, where the database does.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "boxes")]
pub struct Carton {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 10)]
    pub label: Option<String>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "things")]
pub struct Thing {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Carton::label, on_delete = "cascade", length = 10)]
    pub kept_in: Option<String>,
    #[orm(references = Carton::id, on_delete = "set_null")]
    pub shown_on: Option<i64>,
}

async fn create_sites(db: &Db) -> Result<()> {
    metadata![Site, Tower, Carton, Thing].create_all(&db.engine).await
}

matrix! {
    async fn keys_to_unique_columns_order_rows(db: Db) -> Result<()> {
        create_sites(&db).await?;
        let mut session = db.engine.session();
        let tower = |name: &str, faces: Option<&str>| Tower {
            region: Some(7),
            site: Some("a".into()),
            name: name.into(),
            faces: faces.map(str::to_owned),
            ..Default::default()
        };
        let third = session.add(tower("third", Some("second")));
        let first = session.add(tower("first", None));
        let second = session.add(tower("second", Some("first")));
        let site = session.add(Site { region: 7, code: "a".into(), ..Default::default() });
        session.add(Site { region: 7, code: "b".into(), ..Default::default() });
        let log = db.engine.record();
        session.commit().await?;
        // The sites, and a level of towers at a time.
        assert_eq!(sent(&log, "INSERT").len(), 4, "{:?}", log.statements());
        for key in [first, second, third] {
            session.delete(key);
        }
        session.delete(site);
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(sent(&log, "DELETE").len(), 4, "{:?}", log.statements());
        assert_eq!(rows(&db.engine, "towers").await?, 0);
        // Two that face each other.
        session.add(Tower { name: "x".into(), faces: Some("y".into()), ..Default::default() });
        session.add(Tower { name: "y".into(), faces: Some("x".into()), ..Default::default() });
        session.commit().await?;
        assert_eq!(rows(&db.engine, "towers WHERE faces IS NOT NULL").await?, 2);
        Ok(())
    }

    async fn on_delete_is_followed_over_whatever_key(db: Db) -> Result<()> {
        create_sites(&db).await?;
        let mut session = db.engine.session();
        let cartons = session.add_all(["a", "b"].map(|label| Carton { label: Some(label.into()), ..Default::default() }));
        session.flush().await?;
        let (a, b) = (session[cartons[0]].id, session[cartons[1]].id);
        let kept = session.add(Thing { kept_in: Some("a".into()), shown_on: Some(b), ..Default::default() });
        let shown = session.add(Thing { kept_in: Some("b".into()), shown_on: Some(a), ..Default::default() });
        // It leaves before the carton goes, and stays.
        let moved = session.add(Thing { kept_in: Some("a".into()), ..Default::default() });
        session.commit().await?;
        session[moved].kept_in = Some("b".into());
        session.delete(cartons[0]);
        session.flush().await?;
        assert_eq!(session.state(kept), State::Deleted);
        assert_eq!((session.state(shown), session[shown].shown_on), (State::Persistent, None));
        assert_eq!((session.state(moved), session[moved].kept_in.as_deref()), (State::Persistent, Some("b")));
        session.rollback().await?;
        assert_eq!((session.state(kept), session[shown].shown_on), (State::Persistent, Some(a)));
        assert_eq!(session[moved].kept_in.as_deref(), Some("a"));
        session.delete(cartons[0]);
        session.commit().await?;
        assert_eq!(session.state(kept), State::Detached);
        let log = db.engine.record();
        session.commit().await?;
        assert!(sent(&log, "UPDATE").is_empty());
        assert_eq!(rows(&db.engine, "things").await?, 1);
        Ok(())
    }

    async fn a_row_that_is_replaced_in_its_tree_is_not_lost(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let root = session.add(Employee { reports: vec![employee("n2")].into(), ..employee("n1") });
        session.commit().await?;
        let old = session.keys(root, Employee::reports)?[0];
        let id = session[old].id;
        session.delete(old);
        let new = session.push(root, Employee::reports, Employee { id, ..employee("n3") });
        session.commit().await?;
        assert_eq!(session.state(new), State::Persistent);
        assert_eq!(session.keys(root, Employee::reports)?, [new]);
        assert_eq!(rows(&db.engine, "employees WHERE name = 'n3' AND manager_id IS NOT NULL").await?, 1);
        assert_eq!(rows(&db.engine, "employees").await?, 2);
        Ok(())
    }

    async fn a_child_that_was_taken_over_does_not_die_later(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let (ed, sandy) = (session.get::<User>(1).await?.unwrap(), session.get::<User>(2).await?.unwrap());
        let address = session.get::<Address>(1).await?.unwrap();
        session.delete(ed);
        session.set(address, Address::user, sandy);
        session.flush().await?;
        assert_eq!(session.state(address), State::Persistent);
        session[sandy].fullname = Some("Sandy".into());
        session.flush().await?;
        session.commit().await?;
        assert_eq!(session.state(address), State::Persistent);
        assert_eq!(rows(&db.engine, "addresses WHERE id = 1 AND user_id = 2").await?, 1);
        assert_eq!(rows(&db.engine, "addresses").await?, 2);
        Ok(())
    }

    async fn a_key_comes_back_over_several_flushes_and_in_link_tables(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.load(ed, User::keywords).await?;
        let word = session.push(ed, User::keywords, keyword("w"));
        session.commit().await?;
        let liked = session.add(Like { user_id: 1, keyword_id: session[word].id, stars: 1 });
        session.commit().await?;
        // In one flush, a row with more columns.
        session.delete(liked);
        let again = session.add(Like { user_id: 1, keyword_id: session[word].id, stars: 2 });
        let log = db.engine.record();
        session.flush().await?;
        assert!(sent(&log, "DELETE").is_empty() && sent(&log, "INSERT").is_empty(), "{:?}", log.statements());
        // With flushes in between.
        session.delete(again);
        session.flush().await?;
        let third = session.add(Like { user_id: 1, keyword_id: session[word].id, stars: 3 });
        session.flush().await?;
        session.remove(ed, User::keywords, word);
        session.flush().await?;
        session.push(ed, User::keywords, word);
        session.flush().await?;
        session.rollback().await?;
        assert_eq!((session.state(liked), session.state(third)), (State::Persistent, State::Withdrawn));
        let key = (1, session[word].id);
        assert_eq!(session.get::<Like>(key).await?, Some(liked));
        assert_eq!(session.keys(ed, User::keywords)?, [word]);
        assert_eq!(rows(&db.engine, "likes WHERE stars = 1").await?, 1);
        // An owner that is replaced: its links are the new one's, or none.
        session.delete(liked);
        session.delete(ed);
        let new = session.add(User { id: 1, ..user("new ed") });
        session.push(new, User::keywords, word);
        session.commit().await?;
        assert_eq!(session.keys(new, User::keywords)?, [word]);
        assert_eq!(rows(&db.engine, "user_keywords").await?, 1);
        Ok(())
    }

    async fn foreign_keys_order_rows_without_a_relationship(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.add(File { folder_id: 5, shown_in: Some(6), ..Default::default() });
        session.add(Folder { id: 5 });
        session.add(Folder { id: 6 });
        session.commit().await?;
        assert_eq!(rows(&db.engine, "files").await?, 1);
        let all = session.all(select(Folder)).await?;
        for folder in all {
            session.delete(folder);
        }
        let file = session.first(select(File)).await;
        // Its folder is gone with it: the flush before the query has deleted both.
        assert_eq!(file?, None);
        session.commit().await?;
        Ok(())
    }

    async fn rows_of_one_table_wait_for_each_other(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let worker = session.add(employee("worker"));
        let boss = session.add(employee("boss"));
        let chief = session.add(employee("chief"));
        session.set(worker, Employee::manager, boss);
        session.push(chief, Employee::reports, boss);
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(sent(&log, "INSERT").len(), 3);
        assert!(sent(&log, "UPDATE").is_empty());
        assert_eq!(session[worker].manager_id, Some(session[boss].id));
        assert_eq!(session[boss].manager_id, Some(session[chief].id));
        assert_eq!(session.at(worker).one(Employee::manager)?.unwrap().one(Employee::manager)?.unwrap().name, "chief");
        Ok(())
    }

    async fn a_row_may_reference_itself(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let own_boss = session.add(employee("own boss"));
        session.set(own_boss, Employee::manager, own_boss);
        session.commit().await?;
        assert_eq!(session[own_boss].manager_id, Some(session[own_boss].id));
        assert_eq!(rows(&db.engine, "employees WHERE manager_id = id").await?, 1);
        session.delete(own_boss);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "employees").await?, 0);
        // A key that is set by hand can be written at once, where it can't be NULL too.
        let partner = session.add(Partner { id: 7, ..Default::default() });
        session.set(partner, Partner::other, partner);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "partners WHERE other_id = id").await?, 1);
        Ok(())
    }

    async fn a_cycle_over_a_nullable_key_is_solved(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        // The hen hatched from the egg that it laid.
        let hen = session.add(Hen::default());
        let egg = session.add(Egg::default());
        session.set(hen, Hen::egg, egg);
        session.set(egg, Egg::hen, hen);
        let bystander = session.add(Hen::default());
        session.set(bystander, Hen::egg, egg);
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(sent(&log, "UPDATE").len(), 1, "{:?}", log.statements());
        assert_eq!(session[hen].hatched_from, Some(session[egg].id));
        assert_eq!(session[egg].laid_by, session[hen].id);
        assert_eq!(rows(&db.engine, "hens h JOIN eggs e ON e.laid_by = h.id AND h.hatched_from = e.id").await?, 1);
        assert_eq!(rows(&db.engine, "hens WHERE hatched_from IS NOT NULL").await?, 2);
        session.delete(hen);
        session.delete(egg);
        session.delete(bystander);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "hens").await? + rows(&db.engine, "eggs").await?, 0);
        Ok(())
    }

    async fn a_cycle_over_keys_that_are_not_null_is_told_before_anything_is_sent(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let (one, other) = (session.add(Partner::default()), session.add(Partner::default()));
        session.set(one, Partner::other, other);
        session.set(other, Partner::other, one);
        session.add(user("ed"));
        let log = db.engine.record();
        let error = session.commit().await.unwrap_err();
        assert!(matches!(&error, Error::CircularDependency { links } if links.contains("`Partner::other_id`")), "{error}");
        assert!(log.statements().is_empty());
        Ok(())
    }

    async fn a_unique_value_goes_from_a_deleted_row_to_a_new_one(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        session.delete(ed);
        let new = session.add(User { addresses: vec![address_of("new")].into(), ..user("ed") });
        session.commit().await?;
        assert_eq!(rows(&db.engine, "users").await?, 2);
        assert_eq!(rows(&db.engine, "addresses").await?, 2);
        assert_eq!(session.at(new).many(User::addresses)?.len(), 1);
        Ok(())
    }

    async fn a_unique_value_goes_down_a_line_of_rows(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let keys = session.add_all(["a", "b", "c", "d"].map(user));
        session.commit().await?;
        session.delete(keys[3]);
        for (n, name) in ["b", "c", "d"].into_iter().enumerate() {
            session[keys[n]].name = name.into();
        }
        let new = session.add(user("a"));
        session.commit().await?;
        assert_eq!(session[new].name, "a");
        let mut names: Vec<String> = db.engine.all(select(User::name)).await?;
        names.sort();
        assert_eq!(names, ["a", "b", "c", "d"]);
        Ok(())
    }

    async fn a_deleted_row_and_a_new_one_with_its_key_are_one_row(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let old = session.add(Ticket { code: "x".into(), serial: 3.into(), price: 5.into(), ..Default::default() });
        session.add(Country { code: "NO".into(), name: "Norway".into(), ..Default::default() });
        session.commit().await?;
        let made = session[old].made;
        session.delete(old);
        let new = session.add(Ticket { code: "x".into(), price: 6.into(), ..Default::default() });
        let log = db.engine.record();
        session.commit().await?;
        assert!(sent(&log, "DELETE").is_empty() && sent(&log, "INSERT").is_empty(), "{:?}", log.statements());
        assert_eq!((session.state(old), session.state(new)), (State::Detached, State::Persistent));
        assert_eq!((session[new].serial, session[new].price, session[new].made), (3.into(), 6.into(), made));
        assert_eq!(session.get::<Ticket>("x").await?, Some(new));
        assert_eq!(rows(&db.engine, "tickets WHERE price = 6 AND serial = 3").await?, 1);
        // With a child, new and old, and rolled back.
        let old = session.get::<Country>("NO").await?.unwrap();
        session.delete(old);
        let cities = vec![City { name: "Oslo".into(), ..Default::default() }];
        let new = session.add(Country { code: "NO".into(), cities: cities.into(), ..Default::default() });
        session.flush().await?;
        session.rollback().await?;
        assert_eq!((session.state(old), session.state(new)), (State::Persistent, State::Withdrawn));
        assert_eq!(session.get::<Country>("NO").await?, Some(old));
        assert_eq!(session[old].name, "Norway");
        Ok(())
    }

    async fn a_link_to_an_object_that_is_not_written_is_told(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let hen = session.add(Hen::default());
        let egg = session.add(Egg::default());
        session.set(egg, Egg::hen, hen);
        session.delete(hen);
        let words = said(session.flush().await);
        assert!(words.contains("`Egg`") && words.contains("`Hen`") && words.contains("taken out"), "{words}");
        session.rollback().await?;
        let hen = session.add(Hen::default());
        session.commit().await?;
        let egg = session.add(Egg::default());
        session.set(egg, Egg::hen, hen);
        session.delete(hen);
        assert!(said(session.flush().await).contains("taken out of the session or deleted"));
        Ok(())
    }

    /// The key that the new row held first is gone when it gets its own.
    async fn a_row_that_becomes_its_own_parent_lets_go_of_one_that_is_deleted(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let old = session.add(employee("old"));
        session.commit().await?;
        let new = session.push(old, Employee::reports, employee("new"));
        session.delete(old);
        session.push(new, Employee::reports, new);
        session.commit().await?;
        let id = session[new].id;
        assert_eq!(session[new].manager_id, Some(id));
        assert_eq!(session.keys(new, Employee::reports)?, [new]);
        assert_eq!(db.engine.all(select((Employee::name, Employee::manager_id))).await?, [("new".to_owned(), Some(id))]);
        Ok(())
    }
}

/// Rows of a deep chain wait for each other, and what it costs grows with their number alone.
#[tokio::test]
async fn a_chain_of_ten_thousand_is_written_level_by_level() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    metadata![Employee].create_all(&engine).await?;
    let mut seconds = Vec::new();
    for count in [2_500, 10_000] {
        let mut session = engine.session();
        let mut keys: Vec<Key<Employee>> = session.add_all((0..count).map(|n| employee(&n.to_string())));
        keys.reverse();
        for pair in keys.windows(2) {
            session.set(pair[1], Employee::manager, pair[0]);
        }
        let begin = std::time::Instant::now();
        session.flush().await?;
        assert_eq!(session[keys[1]].manager_id, Some(session[keys[0]].id));
        for key in &keys {
            session.delete(*key);
        }
        session.flush().await?;
        seconds.push(begin.elapsed().as_secs_f64());
        session.rollback().await?;
    }
    // Four times the rows, and the machine's haste: sixteen times would be quadratic.
    assert!(seconds[1] < seconds[0] * 11.0 + 1.0, "{seconds:?}");
    Ok(())
}
