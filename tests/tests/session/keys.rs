//! Keys that change: identity, children and links follow.

use super::models::*;
use tests::prelude::*;

/// The database changes the keys of what belongs to it.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "stations")]
pub struct Station {
    #[orm(primary_key, length = 20)]
    pub code: String,
    #[orm(length = 40)]
    pub name: String,
    pub platforms: HasMany<Platform>,
    pub clocks: HasMany<Clock>,
    #[orm(secondary = "station_lines")]
    pub routes: ManyToMany<Route>,
}

/// Its own key holds the station's.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "platforms")]
pub struct Platform {
    #[orm(primary_key, references = Station::code, on_update = "cascade", length = 20)]
    pub station: String,
    #[orm(primary_key)]
    pub number: i32,
    #[orm(length = 40)]
    pub side: String,
    #[orm(foreign_key = station)]
    pub at: BelongsTo<Station>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(
    table = "signs",
    foreign_key(columns(station, number), references(Platform::station, Platform::number), on_update = "cascade")
)]
pub struct Sign {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 20)]
    pub station: String,
    pub number: i32,
    #[orm(length = 40)]
    pub words: String,
    pub platform: BelongsTo<Platform>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "clocks")]
pub struct Clock {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Station::code, on_update = "set_null", length = 20)]
    pub station: Option<String>,
    #[orm(foreign_key = station)]
    pub at: BelongsTo<Option<Station>>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "routes")]
pub struct Route {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(secondary = "station_lines")]
    pub stations: ManyToMany<Station>,
}

/// The flush changes the keys of what belongs to it.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "courses")]
pub struct Course {
    #[orm(primary_key, length = 20)]
    pub code: String,
    #[orm(passive_updates = false)]
    pub lessons: HasMany<Lesson>,
    #[orm(passive_updates = false, inverse = Note::of)]
    pub notes: HasMany<Note>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "lessons")]
pub struct Lesson {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Course::code, length = 20)]
    pub course: Option<String>,
    #[orm(foreign_key = course)]
    pub of: BelongsTo<Option<Course>>,
}

/// Its key is no constraint of the database's.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "notes")]
pub struct Note {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 20)]
    pub course: String,
    #[orm(foreign_key = course, constraint = false)]
    pub of: BelongsTo<Course>,
}

/// What is referenced is no key, but unique.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "makers")]
pub struct Maker {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 20)]
    pub name: String,
    pub cars: HasMany<Car>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "cars")]
pub struct Car {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Maker::name, on_update = "cascade", on_delete = "cascade", length = 20)]
    pub made_by: String,
    #[orm(foreign_key = made_by)]
    pub maker: BelongsTo<Maker>,
}

async fn create_keys(db: &Db) -> Result<()> {
    metadata![Station, Platform, Clock, Route, Course, Lesson, Note, Maker, Car].create_all(&db.engine).await
}

/// A station with two platforms.
fn station(code: &str) -> Station {
    let platform = |number| Platform { number, ..Default::default() };
    Station {
        code: code.into(),
        name: code.to_lowercase(),
        platforms: vec![platform(1), platform(2)].into(),
        ..Default::default()
    }
}

matrix! {
    async fn a_changed_key_is_an_update_and_the_identity_follows(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let norway = session.add(Country { code: "NO".into(), name: "Norway".into(), ..Default::default() });
        session.commit().await?;
        let log = db.engine.record();
        session[norway].code = "NOR".into();
        session[norway].name = "Norge".into();
        session.commit().await?;
        assert_eq!(sent(&log, "UPDATE").len(), 1, "{:?}", log.statements());
        assert!(sent(&log, "INSERT").is_empty() && sent(&log, "DELETE").is_empty());
        assert_eq!(rows(&db.engine, "countries WHERE code = 'NOR' AND name = 'Norge'").await?, 1);
        assert_eq!(session.get::<Country>("NOR").await?, Some(norway));
        assert_eq!(session.get::<Country>("NO").await?, None);
        assert_eq!(session.one(select(Country)).await?, norway);
        // The next change finds the row by its new key.
        session[norway].name = "Noreg".into();
        session.commit().await?;
        assert_eq!(rows(&db.engine, "countries WHERE code = 'NOR' AND name = 'Noreg'").await?, 1);
        Ok(())
    }

    async fn every_part_of_a_composite_key_changes(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let invoice = session.add(Invoice { shop: 1, number: 2, customer: "ed".into(), ..Default::default() });
        let other = session.add(Invoice { shop: 1, number: 3, ..Default::default() });
        session.commit().await?;
        session[invoice].number = 7;
        session.commit().await?;
        session[invoice].shop = 9;
        session[invoice].number = 8;
        session.delete(other);
        session.commit().await?;
        assert_eq!(session.get::<Invoice>((9, 8)).await?, Some(invoice));
        assert_eq!(session.get::<Invoice>((1, 7)).await?, None);
        assert_eq!(rows(&db.engine, "invoices WHERE shop = 9 AND number = 8 AND customer = 'ed'").await?, 1);
        assert_eq!(rows(&db.engine, "invoices").await?, 1);
        Ok(())
    }

    async fn a_number_that_the_database_gave_may_change_but_not_go(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let team = session.add(Team { name: "one".into(), ..Default::default() });
        session.commit().await?;
        session[team].id = 70;
        session.commit().await?;
        assert_eq!(session.get::<Team>(70).await?, Some(team));
        session[team].id = 0;
        let words = said(session.commit().await);
        assert!(words.contains("the key of `Team` 70 was set back to 0") && words.contains("`Team::id`"), "{words}");
        session.rollback().await?;
        assert_eq!(session[team].id, 70);
        assert_eq!(rows(&db.engine, "teams WHERE id = 70").await?, 1);
        Ok(())
    }

    async fn keys_go_back_with_what_is_rolled_back(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let country = session.add(Country { code: "A".into(), ..Default::default() });
        session.commit().await?;
        // Over several flushes, and with a change that was not flushed.
        session[country].code = "B".into();
        session.flush().await?;
        session[country].code = "C".into();
        session.flush().await?;
        assert_eq!(session.get::<Country>("C").await?, Some(country));
        session[country].code = "D".into();
        session.rollback().await?;
        assert_eq!(session[country].code, "A");
        assert_eq!(session.get::<Country>("A").await?, Some(country));
        assert_eq!(session.get::<Country>("C").await?, None);
        // A savepoint.
        session[country].code = "B".into();
        let mut nested = session.begin_nested().await?;
        nested[country].code = "C".into();
        nested.flush().await?;
        nested.rollback().await?;
        assert_eq!(session[country].code, "B");
        assert_eq!(session.get::<Country>("B").await?, Some(country));
        assert_eq!(session.get::<Country>("C").await?, None);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "countries WHERE code = 'B'").await?, 1);
        // A flush that fails.
        session.add(Country { code: "X".into(), ..Default::default() });
        session.commit().await?;
        let mut session = db.engine.session();
        let (b, x) = (session.get::<Country>("B").await?.unwrap(), session.get::<Country>("X").await?.unwrap());
        session[x].name = "first".into();
        session[b].code = "X".into();
        let error = session.commit().await.unwrap_err();
        assert!(matches!(error, Error::UniqueViolation { .. }), "{error}");
        assert_eq!(session[b].code, "X");
        session.rollback().await?;
        assert_eq!((session[b].code.as_str(), session[x].code.as_str()), ("B", "X"));
        assert_eq!(session.get::<Country>("B").await?, Some(b));
        assert_eq!(session.get::<Country>("X").await?, Some(x));
        session[b].name = "second".into();
        session.commit().await?;
        assert_eq!(rows(&db.engine, "countries WHERE code = 'B' AND name = 'second'").await?, 1);
        Ok(())
    }

    async fn children_follow_by_on_update(db: Db) -> Result<()> {
        create_keys(&db).await?;
        let mut session = db.engine.session();
        session.add(station("OSL"));
        session.add(station("BGO"));
        session.commit().await?;
        let mut session = db.engine.session();
        let oslo = session.get::<Station>("OSL").await?.unwrap();
        let platforms = session.all(select(Platform).filter(Platform::station.eq("OSL")).order_by(Platform::number.asc())).await?;
        session[platforms[1]].side = "north".into();
        session[oslo].code = "OSLO".into();
        let log = db.engine.record();
        session.commit().await?;
        // The station, and the platform for its own sake.
        assert_eq!(sent(&log, "UPDATE").len(), 2, "{:?}", log.statements());
        assert_eq!(session[platforms[0]].station, "OSLO");
        assert_eq!(session.get::<Platform>(("OSLO".to_owned(), 1)).await?, Some(platforms[0]));
        assert_eq!(session.at(platforms[1]).one(Platform::at)?.name, "osl");
        assert_eq!(rows(&db.engine, "platforms WHERE station = 'OSLO'").await?, 2);
        assert_eq!(rows(&db.engine, "platforms WHERE side = 'north' AND number = 2 AND station = 'OSLO'").await?, 1);
        // They are as their rows are: nothing is left to write.
        let log = db.engine.record();
        session.flush().await?;
        session[platforms[0]].side = "south".into();
        session.commit().await?;
        assert_eq!(sent(&log, "UPDATE").len(), 1);
        assert_eq!(rows(&db.engine, "platforms WHERE side = 'south' AND number = 1 AND station = 'OSLO'").await?, 1);
        Ok(())
    }

    async fn children_of_children_follow(db: Db) -> Result<()> {
        metadata![Station, Platform, Sign, Clock, Route].create_all(&db.engine).await?;
        let mut session = db.engine.session();
        // MySQL 9.7 refuses to cascade twice as soon as there is a second platform.
        let platform = Platform { number: 1, ..Default::default() };
        let oslo = session.add(Station { code: "OSL".into(), platforms: vec![platform].into(), ..Default::default() });
        let platform = session.keys(oslo, Station::platforms)?[0];
        let sign = session.push(platform, Sign::platform.reverse(), Sign::default());
        session.commit().await?;
        session[oslo].code = "OSLO".into();
        session[sign].words = "exit".into();
        let log = db.engine.record();
        session.flush().await?;
        assert_eq!(sent(&log, "UPDATE").len(), 2, "{:?}", log.statements());
        assert_eq!((session[sign].station.as_str(), session[sign].number), ("OSLO", 1));
        assert_eq!(session.at(sign).one(Sign::platform)?.key(), platform);
        assert_eq!(session.at(platform).one(Platform::at)?.code, "OSLO");
        assert_eq!(rows_of(&mut session, "signs WHERE station = 'OSLO' AND words = 'exit'").await?, 1);
        session.rollback().await?;
        assert_eq!(session[sign].station, "OSL");
        assert_eq!(session.at(sign).one(Sign::platform)?.key(), platform);
        Ok(())
    }

    async fn followed_children_go_back_too(db: Db) -> Result<()> {
        create_keys(&db).await?;
        let mut session = db.engine.session();
        session.add(station("OSL"));
        session.commit().await?;
        let oslo = session.get::<Station>("OSL").await?.unwrap();
        session.load(oslo, Station::platforms).await?;
        let platforms = session.keys(oslo, Station::platforms)?;
        session[oslo].code = "B".into();
        session.flush().await?;
        session[oslo].code = "C".into();
        session.flush().await?;
        assert_eq!(session[platforms[0]].station, "C");
        assert_eq!(session.keys(oslo, Station::platforms)?, platforms);
        session.rollback().await?;
        assert_eq!((session[oslo].code.as_str(), session[platforms[0]].station.as_str()), ("OSL", "OSL"));
        assert_eq!(session.get::<Platform>(("OSL".to_owned(), 1)).await?, Some(platforms[0]));
        assert_eq!(session.get::<Platform>(("C".to_owned(), 1)).await?, None);
        assert_eq!(session.keys(oslo, Station::platforms)?, platforms);
        session[platforms[0]].side = "south".into();
        session.commit().await?;
        assert_eq!(rows(&db.engine, "platforms WHERE side = 'south' AND station = 'OSL'").await?, 1);
        Ok(())
    }

    async fn new_and_moved_children_take_the_new_key(db: Db) -> Result<()> {
        create_keys(&db).await?;
        let mut session = db.engine.session();
        let (oslo, bergen) = (session.add(station("OSL")), session.add(station("BGO")));
        session.commit().await?;
        let moved = session.get::<Platform>(("BGO".to_owned(), 2)).await?.unwrap();
        session[moved].number = 3;
        session.set(moved, Platform::at, oslo);
        // Linked before and after the key is changed, and by hand.
        let before = session.push(oslo, Station::platforms, Platform { number: 4, ..Default::default() });
        session[oslo].code = "OSLO".into();
        let after = session.push(oslo, Station::platforms, Platform { number: 5, ..Default::default() });
        let by_hand = session.add(Platform { number: 6, station: "OSLO".into(), ..Default::default() });
        assert_eq!(session.keys(oslo, Station::platforms)?.len(), 5);
        session.commit().await?;
        for key in [moved, before, after, by_hand] {
            assert_eq!(session[key].station, "OSLO");
        }
        assert_eq!(session.keys(oslo, Station::platforms)?.len(), 6);
        assert_eq!(session.keys(bergen, Station::platforms)?.len(), 1);
        assert_eq!(rows(&db.engine, "platforms WHERE station = 'OSLO'").await?, 6);
        Ok(())
    }

    async fn on_update_set_null_is_followed(db: Db) -> Result<()> {
        create_keys(&db).await?;
        let mut session = db.engine.session();
        let oslo = session.add(Station { code: "OSL".into(), ..Default::default() });
        let (lost, kept) = (session.add(Clock::default()), session.add(Clock::default()));
        session.set(lost, Clock::at, oslo);
        session.set(kept, Clock::at, oslo);
        session.commit().await?;
        session[oslo].code = "OSLO".into();
        session.set(kept, Clock::at, oslo);
        session.commit().await?;
        assert_eq!((session[lost].station.clone(), session[kept].station.as_deref()), (None, Some("OSLO")));
        assert_eq!(rows(&db.engine, "clocks WHERE station IS NULL").await?, 1);
        assert_eq!(rows(&db.engine, "clocks WHERE station = 'OSLO'").await?, 1);
        assert_eq!(session.keys(oslo, Station::clocks)?, [kept]);
        Ok(())
    }

    async fn link_rows_follow_in_the_same_statement(db: Db) -> Result<()> {
        create_keys(&db).await?;
        let mut session = db.engine.session();
        let oslo = session.add(Station { code: "OSL".into(), ..Default::default() });
        let routes: Vec<_> = (0..3).map(|_| session.push(oslo, Station::routes, Route::default())).collect();
        session.commit().await?;
        session[oslo].code = "OSLO".into();
        let fourth = session.push(oslo, Station::routes, Route::default());
        session.remove(oslo, Station::routes, routes[0]);
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(sent(&log, "UPDATE").len(), 1, "{:?}", log.statements());
        assert_eq!(session.keys(oslo, Station::routes)?, [routes[1], routes[2], fourth]);
        assert_eq!(rows(&db.engine, "station_lines WHERE station_code = 'OSLO'").await?, 3);
        assert_eq!(rows(&db.engine, "station_lines").await?, 3);
        Ok(())
    }

    async fn passive_updates_false_loads_and_updates_the_children(db: Db) -> Result<()> {
        create_keys(&db).await?;
        let mut session = db.engine.session();
        let lessons = vec![Lesson::default(), Lesson::default()];
        let notes = vec![Note::default()];
        session.add(Course { code: "C1".into(), lessons: lessons.into(), notes: notes.into() });
        session.commit().await?;
        let mut session = db.engine.session();
        let course = session.get::<Course>("C1").await?.unwrap();
        session[course].code = "C2".into();
        session.flush().await?;
        assert_eq!(rows_of(&mut session, "lessons WHERE course = 'C2'").await?, 2);
        assert_eq!(rows_of(&mut session, "notes WHERE course = 'C2'").await?, 1);
        let lessons = session.keys(course, Course::lessons)?;
        assert_eq!(lessons.len(), 2);
        assert_eq!(session[lessons[0]].course.as_deref(), Some("C2"));
        session.rollback().await?;
        assert_eq!(rows(&db.engine, "lessons WHERE course = 'C1'").await?, 2);
        session[course].code = "C3".into();
        session.commit().await?;
        assert_eq!(rows(&db.engine, "lessons WHERE course = 'C3'").await?, 2);
        assert_eq!(rows(&db.engine, "notes WHERE course = 'C3'").await?, 1);
        Ok(())
    }

    async fn a_key_that_children_hold_fast_is_the_databases_to_refuse(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let invoice = session.add(Invoice { shop: 1, number: 2, lines: vec![Line::default()].into(), ..Default::default() });
        let empty = session.add(Invoice { shop: 1, number: 3, ..Default::default() });
        session.commit().await?;
        session[invoice].number = 7;
        let error = session.commit().await.unwrap_err();
        assert!(matches!(error, Error::ForeignKeyViolation { .. }), "{error}");
        session.rollback().await?;
        assert_eq!(session[invoice].number, 2);
        // Children that leave go before, and come back after.
        let line = session.keys(invoice, Invoice::lines)?[0];
        session.set(line, Line::invoice, empty);
        session[invoice].number = 8;
        let new = session.push(invoice, Invoice::lines, Line::default());
        session.commit().await?;
        assert_eq!((session[line].number, session[new].number), (3, 8));
        assert_eq!(rows(&db.engine, "invoice_lines WHERE number = 3").await?, 1);
        session.delete(line);
        session[empty].number = 9;
        session.commit().await?;
        assert_eq!(rows(&db.engine, "invoices WHERE number IN (8, 9)").await?, 2);
        assert_eq!(rows(&db.engine, "invoice_lines").await?, 1);
        Ok(())
    }

    async fn unique_columns_that_are_referenced_count_as_keys(db: Db) -> Result<()> {
        create_keys(&db).await?;
        let mut session = db.engine.session();
        // By hand, the child first, and by link.
        let first = session.add(Car { made_by: "volvo".into(), ..Default::default() });
        let maker = session.add(Maker { name: "volvo".into(), ..Default::default() });
        let second = session.push(maker, Maker::cars, Car::default());
        assert_eq!(session.at(first).one(Car::maker)?.key(), maker);
        session.commit().await?;
        assert_eq!(session[second].made_by, "volvo");
        assert_eq!(session.at(first).one(Car::maker)?.key(), maker);
        session[maker].name = "saab".into();
        assert_eq!(session.at(first).one(Car::maker)?.key(), maker);
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(sent(&log, "UPDATE").len(), 1);
        assert_eq!((session[first].made_by.as_str(), session[second].made_by.as_str()), ("saab", "saab"));
        assert_eq!(session.at(first).one(Car::maker)?.key(), maker);
        assert_eq!(rows(&db.engine, "cars WHERE made_by = 'saab'").await?, 2);
        // And go with it.
        session.delete(first);
        session.delete(second);
        session.delete(maker);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "cars").await? + rows(&db.engine, "makers").await?, 0);
        Ok(())
    }
}

async fn rows_of(session: &mut Session, from: &str) -> Result<i64> {
    session.scalar(text(&format!("SELECT count(*) FROM {from}")).columns::<i64>()).await
}
