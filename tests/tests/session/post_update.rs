//! Keys that are written after both rows are there, and objects that have one parent only.

use super::models::*;
use tests::prelude::*;

/// A department has people, and one of them leads it.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "departments")]
pub struct Department {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Person::id)]
    pub leader_id: Option<i64>,
    #[orm(foreign_key = leader_id, post_update)]
    pub leader: BelongsTo<Option<Person>>,
    #[orm(inverse = Person::department)]
    pub people: HasMany<Person>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "people")]
pub struct Person {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Department::id)]
    pub department_id: i64,
    #[orm(foreign_key = department_id)]
    pub department: BelongsTo<Department>,
}

/// A tree whose levels go in one statement.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "pages")]
pub struct Page {
    #[orm(primary_key, auto_increment = false)]
    pub id: i64,
    #[orm(references = Page::id)]
    pub above_id: Option<i64>,
    #[orm(inverse = Page::below)]
    pub above: BelongsTo<Option<Page>>,
    #[orm(post_update)]
    pub below: HasMany<Page>,
}

/// Its picture is nobody else's, and its parts neither.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "machines")]
pub struct Machine {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Picture::id)]
    pub picture_id: Option<i64>,
    #[orm(single_parent)]
    pub picture: BelongsTo<Option<Picture>>,
    #[orm(secondary = "machine_parts", single_parent)]
    pub parts: ManyToMany<Part>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "pictures")]
pub struct Picture {
    #[orm(primary_key)]
    pub id: i64,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "parts")]
pub struct Part {
    #[orm(primary_key)]
    pub id: i64,
}

async fn create_tables(db: &Db) -> Result<()> {
    metadata![Department, Person, Page, Machine, Picture, Part].create_all(&db.engine).await
}

matrix! {
    async fn the_key_is_written_after_both_rows_are_there(db: Db) -> Result<()> {
        create_tables(&db).await?;
        let mut session = db.engine.session();
        let people = vec![Person::default(), Person::default()];
        let department = session.add(Department { people: people.into(), ..Default::default() });
        let people = session.keys(department, Department::people)?;
        session.set(department, Department::leader, people[1]);
        let log = db.engine.record();
        session.commit().await?;
        let words: Vec<String> = log.statements().iter().filter_map(|sent| {
            let word = sent.sql.split(' ').next()?;
            ["INSERT", "UPDATE", "DELETE"].contains(&word).then(|| word.to_owned())
        }).collect();
        assert_eq!(words, ["INSERT", "INSERT", "UPDATE"]);
        assert!(sent(&log, "UPDATE")[0].contains("leader_id"));
        assert_eq!(session[department].leader_id, Some(session[people[1]].id));
        assert_eq!(session.at(department).one(Department::leader)?.map(|leader| leader.key()), Some(people[1]));
        assert_eq!(rows(&db.engine, "departments d JOIN people p ON p.id = d.leader_id").await?, 1);
        // A leader that has its row already needs no second UPDATE.
        let log = db.engine.record();
        session.set(department, Department::leader, people[0]);
        session.commit().await?;
        assert_eq!(sent(&log, "UPDATE").len(), 1);
        // Before the rows go, the key does.
        let log = db.engine.record();
        for person in &people {
            session.delete(*person);
        }
        session.delete(department);
        session.commit().await?;
        assert!(sent(&log, "UPDATE")[0].contains("leader_id"), "{:?}", log.statements());
        assert_eq!(rows(&db.engine, "departments").await? + rows(&db.engine, "people").await?, 0);
        Ok(())
    }

    async fn a_tree_with_post_update_is_one_insert(db: Db) -> Result<()> {
        create_tables(&db).await?;
        let mut session = db.engine.session();
        // By hand and by link, the lowest first, and two that are above each other.
        session.add(Page { id: 3, above_id: Some(2), ..Default::default() });
        let two = session.add(Page { id: 2, ..Default::default() });
        let one = session.add(Page { id: 1, ..Default::default() });
        session.set(two, Page::above, one);
        session.push(two, Page::below, Page { id: 4, above_id: None, ..Default::default() });
        session.set(one, Page::above, two);
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(sent(&log, "INSERT").len(), 1, "{:?}", log.statements());
        let above: Vec<(i64, Option<i64>)> = db.engine.all(select((Page::id, Page::above_id)).order_by(Page::id.asc())).await?;
        assert_eq!(above, [(1, Some(2)), (2, Some(1)), (3, Some(2)), (4, Some(2))]);
        assert_eq!(session[one].above_id, Some(2));
        let pages = session.all(select(Page)).await?;
        let log = db.engine.record();
        for page in pages {
            session.delete(page);
        }
        session.commit().await?;
        assert_eq!(sent(&log, "DELETE").len(), 1, "{:?}", log.statements());
        assert_eq!(rows(&db.engine, "pages").await?, 0);
        Ok(())
    }

    async fn a_failed_flush_gives_the_keys_back(db: Db) -> Result<()> {
        create_tables(&db).await?;
        let mut session = db.engine.session();
        session.add(Page { id: 9, ..Default::default() });
        session.commit().await?;
        let mut session = db.engine.session();
        let low = session.add(Page { id: 3, above_id: Some(2), ..Default::default() });
        session.add(Page { id: 2, ..Default::default() });
        session.add(Page { id: 9, ..Default::default() });
        let error = session.commit().await.unwrap_err();
        assert!(matches!(error, Error::UniqueViolation { .. }), "{error}");
        assert_eq!(session[low].above_id, Some(2));
        session.rollback().await?;
        assert_eq!(rows(&db.engine, "pages").await?, 1);
        Ok(())
    }

    async fn keys_by_hand_that_form_a_cycle_are_solved_without_being_asked(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let one = session.add(Employee { id: 1, manager_id: Some(2), ..employee("one") });
        session.add(Employee { id: 2, manager_id: Some(3), ..employee("two") });
        session.add(Employee { id: 3, manager_id: Some(1), ..employee("three") });
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(sent(&log, "UPDATE").len(), 1, "{:?}", log.statements());
        assert_eq!(session[one].manager_id, Some(2));
        assert_eq!(rows(&db.engine, "employees WHERE manager_id IS NOT NULL").await?, 3);
        Ok(())
    }

    async fn two_parents_of_one_are_told_by_name(db: Db) -> Result<()> {
        create_tables(&db).await?;
        let mut session = db.engine.session();
        let (one, two) = (session.add(Machine::default()), session.add(Machine::default()));
        let part = session.push(one, Machine::parts, Part::default());
        let picture = session.add(Picture::default());
        session.set(one, Machine::picture, picture);
        session.commit().await?;
        session.push(two, Machine::parts, part);
        let log = db.engine.record();
        let words = said(session.commit().await);
        for words_of in ["`Part` 1 has two parents over `Machine::parts`", "`Machine` 1", "`Machine` 2"] {
            assert!(words.contains(words_of), "{words}");
        }
        assert!(sent(&log, "INSERT").is_empty());
        session.rollback().await?;
        session.set(two, Machine::picture, picture);
        let words = said(session.commit().await);
        assert!(words.contains("`Picture` 1 has two parents over `Machine::picture`"), "{words}");
        session.rollback().await?;
        // From one to the other it may go.
        session.push(two, Machine::parts, part);
        session.remove(one, Machine::parts, part);
        session.set(two, Machine::picture, picture);
        session.set(one, Machine::picture, None);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "machine_parts WHERE machine_id = 2").await?, 1);
        assert_eq!(rows(&db.engine, "machines WHERE picture_id = 1 AND id = 2").await?, 1);
        Ok(())
    }
}
