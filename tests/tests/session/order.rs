//! Rows are written in the order that the foreign keys ask for.

use super::models::*;
use tests::prelude::*;

matrix! {
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
}
