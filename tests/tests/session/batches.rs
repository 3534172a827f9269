//! Rows of a flush go together: how many statements, and that every type survives them.

use super::models::*;
use crate::broad::{self, Email, EveryType, Kind, Level, Mood};
use tests::prelude::*;

/// Two columns and a version for the key.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "v")]
pub struct Seat {
    #[orm(primary_key)]
    pub hall: i32,
    #[orm(primary_key, length = 10)]
    pub row: String,
    pub number: Option<i32>,
    #[orm(length = 20)]
    pub label: Option<String>,
    #[orm(version)]
    pub version: i64,
}

/// A flag, and a key that is a date.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "days")]
pub struct Day {
    #[orm(primary_key)]
    pub day: NaiveDate,
    pub open: bool,
    pub price: Decimal,
}

/// A key of each of the other kinds.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "marks")]
pub(crate) struct Mark {
    #[orm(primary_key, precision = 10, scale = 2)]
    pub(crate) amount: Decimal,
    #[orm(primary_key)]
    pub(crate) uuid: Uuid,
    #[orm(primary_key)]
    pub(crate) mood: Mood,
    #[orm(primary_key)]
    pub(crate) at: NaiveDateTime,
    pub(crate) n: i32,
}

/// Nothing but what the database makes.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "tokens")]
pub struct Token {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(server_default = "3")]
    pub n: Auto<i32>,
}

/// Rows of any size.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "films")]
pub struct Film {
    #[orm(primary_key)]
    pub id: i64,
    pub frames: Vec<u8>,
}

/// A number that is sent as short as it is, so that those of a column are of different kinds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Short(pub i64);

impl orm_core::types::SqlType for Short {
    type Base = Self;
    type Null = orm_core::types::NotNull;
    const KIND: orm_core::types::Kind = orm_core::types::Kind::I64;
    fn sql_type() -> orm_core::types::Type {
        orm_core::types::Type::BigInt
    }
    fn to_value(&self) -> Value {
        i32::try_from(self.0).map_or(Value::I64(self.0), Value::I32)
    }
    fn decode(
        row: &dyn orm_core::types::Row,
        index: usize,
    ) -> std::result::Result<Option<Self>, orm_core::types::DecodeError> {
        Ok(row.i64(index)?.map(Short))
    }
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "counts")]
pub struct Count {
    #[orm(primary_key)]
    pub id: i64,
    pub n: Short,
}

/// The statements that change rows.
fn writes(log: &orm_core::engine::Recorder) -> Vec<String> {
    let changes = |sql: &String| ["INSERT", "UPDATE", "DELETE"].iter().any(|word| sql.starts_with(word));
    log.statements().into_iter().map(|sent| sent.sql).filter(changes).collect()
}

/// Most statements for a change of so many rows.
fn at_most(db: &Db, postgres: usize, others: usize) -> usize {
    if db.dialect() == Dialect::Postgres { postgres } else { others }
}

async fn seats(db: &Db, count: i32) -> Result<(Session, Vec<Key<Seat>>)> {
    metadata![Seat].create_all(&db.engine).await?;
    let mut session = db.engine.session();
    let seat = |n: i32| Seat { hall: n % 7, row: format!("r{n}"), number: Some(n), ..Default::default() };
    let keys = session.add_all((0..count).map(seat));
    session.commit().await?;
    Ok((session, keys))
}

fn every(n: u32) -> EveryType {
    let n32 = n as i32;
    let moment = NaiveDate::from_ymd_opt(2000 + n32, 1 + n % 12, 1 + n % 28)
        .and_then(|day| day.and_hms_micro_opt(n % 24, n % 60, 59 - n % 60, n * 1001))
        .unwrap_or_default();
    EveryType {
        id: 0,
        a_bool: n.is_multiple_of(2),
        a_i8: -(n as i8),
        a_i16: n as i16 * 100,
        a_i32: i32::MAX - n32,
        a_i64: i64::MAX - i64::from(n),
        a_u8: 255 - n as u8,
        a_u16: u16::MAX - n as u16,
        a_u32: u32::MAX - n,
        a_f32: n as f32 / 3.0,
        a_f64: f64::from(n) / 3.0,
        a_text: format!("it's \"{n}\" \\ ü 漢 {{,}} NULL"),
        a_short: format!("s{n} "),
        a_bytes: vec![0, n as u8, 255, b'\\'],
        a_hash: vec![n as u8; 16],
        a_date: moment.date(),
        a_time: moment.time(),
        a_datetime: moment,
        a_timestamp: moment.and_utc(),
        a_span: TimeDelta::microseconds(i64::from(n) * 1_234_567),
        a_uuid: Uuid::from_u128(u128::from(n) << 100 | 7),
        a_decimal: Decimal::new(i64::from(n) * 123_457, n % 20),
        a_price: Decimal::new(i64::from(n) * 1001, 3),
        a_json: Json(vec![i64::from(n), -1]),
        a_mood: if n.is_multiple_of(2) { Mood::Calm } else { Mood::Fine },
        a_kind: if n.is_multiple_of(3) { Kind::Plain } else { Kind::Fancy },
        a_level: if n.is_multiple_of(2) { Level::Low } else { Level::High },
        an_email: Email(format!("{n}@example.com")),
        maybe_text: n.is_multiple_of(2).then(|| format!("{n}")),
        maybe_int: n.is_multiple_of(3).then_some(n32),
        maybe_json: (n % 2 == 1).then_some(Json(i64::from(n))),
        maybe_mood: n.is_multiple_of(2).then_some(Mood::Fine),
        maybe_uuid: n.is_multiple_of(4).then(|| Uuid::from_u128(n.into())),
    }
}

/// What an object is, without its key and without zeros that say nothing.
fn shown(row: &EveryType) -> String {
    let row = row.clone();
    let (a_decimal, a_price) = (row.a_decimal.normalize(), row.a_price.normalize());
    format!("{:?}", EveryType { id: 0, a_decimal, a_price, ..row })
}

matrix! {
    async fn a_parent_and_its_children_are_two_statements(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let addresses: Vec<Address> = (0..100).map(|n| address_of(&format!("{n}"))).collect();
        session.add(User { addresses: addresses.into(), ..user("ed") });
        let log = db.engine.record();
        session.commit().await?;
        let sent = log.statements();
        if db.dialect() == Dialect::MySql {
            // It has no RETURNING: what it made is asked for.
            assert_eq!(writes(&log).len(), 2, "{sent:?}");
        } else {
            assert_eq!(sent.len(), 2, "{sent:?}");
        }
        Ok(())
    }

    async fn a_tree_of_one_table_is_a_statement_for_each_level(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let leaves = |n: usize| (0..10).map(|m| employee(&format!("{n} {m}"))).collect::<Vec<_>>();
        let middle: Vec<Employee> = (0..10).map(|n| Employee { reports: leaves(n).into(), ..employee("m") }).collect();
        session.add(Employee { reports: middle.into(), ..employee("top") });
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(writes(&log).len(), 3);
        if db.dialect() != Dialect::MySql {
            assert_eq!(log.statements().len(), 3);
        }
        Ok(())
    }

    async fn one_column_of_a_thousand_objects_is_few_statements(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let keys = session.add_all((0..1000).map(|n| User { fullname: Some("x".into()), ..user(&format!("{n}")) }));
        session.commit().await?;
        for (n, key) in keys.iter().enumerate() {
            session[*key].fullname = (n % 3 > 0).then(|| format!("name {n}"));
        }
        let log = db.engine.record();
        session.commit().await?;
        let sent = log.statements();
        assert!(sent.len() <= at_most(&db, 1, 5), "{} statements", sent.len());
        assert_eq!(sent.iter().map(|sent| sent.rows).sum::<u64>(), 1000);
        assert!(keys.iter().all(|key| session[*key].version == 2));
        assert_eq!(rows(&db.engine, "users WHERE version = 2 AND fullname IS NULL").await?, 334);
        assert_eq!(rows(&db.engine, "users WHERE fullname = 'name 500' AND name = '500'").await?, 1);
        // Each of them can be changed again.
        log.clear();
        for key in &keys {
            session[*key].fullname = Some("one for all".into());
        }
        session.commit().await?;
        assert!(log.statements().len() <= at_most(&db, 1, 5));
        assert_eq!(rows(&db.engine, "users WHERE version = 3 AND fullname = 'one for all'").await?, 1000);
        Ok(())
    }

    async fn nothing_changed_is_no_statement(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let users = session.all(select(User).order_by(User::id.asc())).await?;
        session.commit().await?;
        let log = db.engine.record();
        session.commit().await?;
        for user in &users {
            let before = session[*user].name.clone();
            session[*user].name = "other".into();
            session[*user].name = before;
        }
        session.commit().await?;
        assert_eq!(log.statements(), []);
        session[users[0]].name = "new".into();
        session.commit().await?;
        assert_eq!(writes(&log).len(), 1);
        assert_eq!(rows(&db.engine, "users WHERE name = 'new'").await?, 1);
        Ok(())
    }

    async fn two_sets_of_columns_do_not_split_each_other(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let keys = session.add_all((0..40).map(|n| user(&format!("{n}"))));
        let tickets = session.add_all((0..40).map(|n| Ticket {
            code: format!("{n}"),
            serial: if n % 2 == 0 { Auto::Set(n) } else { Auto::Unset },
            ..Default::default()
        }));
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(writes(&log).len(), 3, "{:?}", writes(&log));
        for (n, ticket) in tickets.iter().enumerate() {
            assert_eq!(session[*ticket].serial, Auto::Set(if n % 2 == 0 { n as i32 } else { 7 }));
        }
        for (n, key) in keys.iter().enumerate() {
            if n % 2 == 0 {
                session[*key].fullname = Some(format!("{n}"));
            } else {
                session[*key].name = format!("new {n}");
            }
        }
        log.clear();
        session.commit().await?;
        assert_eq!(writes(&log).len(), 2, "{:?}", writes(&log));
        assert_eq!(rows(&db.engine, "users WHERE fullname IS NOT NULL").await?, 20);
        assert_eq!(rows(&db.engine, "users WHERE name LIKE 'new %'").await?, 20);
        Ok(())
    }

    async fn every_type_survives_a_batch(db: Db) -> Result<()> {
        broad::metadata(db.dialect()).create_all(&db.engine).await?;
        let mut session = db.engine.session();
        let keys = session.add_all((0..12).map(every));
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(writes(&log).len(), 1, "{:?}", writes(&log));
        let mut other = db.engine.session();
        let read = other.all(select(EveryType).order_by(EveryType::id.asc())).await?;
        for (n, key) in read.iter().enumerate() {
            assert_eq!(shown(&other[*key]), shown(&every(n as u32)));
            assert_eq!(other[*key].id, session[keys[n]].id);
        }
        other.commit().await?;
        // Each gets what another one had, so that every column changes.
        for (n, key) in keys.iter().enumerate() {
            let id = session[*key].id;
            session[*key] = EveryType { id, ..every(40 - n as u32) };
        }
        log.clear();
        session.commit().await?;
        // Columns that stay the same in some of the rows make sets of their own.
        assert!(writes(&log).len() < 10, "{:?}", writes(&log));
        let mut other = db.engine.session();
        let read = other.all(select(EveryType).order_by(EveryType::id.asc())).await?;
        for (n, key) in read.iter().enumerate() {
            assert_eq!(shown(&other[*key]), shown(&every(40 - n as u32)));
        }
        Ok(())
    }

    async fn keys_of_several_columns_and_versions_find_their_rows(db: Db) -> Result<()> {
        let (mut session, keys) = seats(&db, 60).await?;
        for (n, key) in keys.iter().enumerate() {
            session[*key].label = Some(format!("seat {n}"));
            session[*key].number = (n % 2 == 0).then_some(n as i32 + 1000);
        }
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(writes(&log).len(), 1, "{:?}", writes(&log));
        assert_eq!(rows(&db.engine, "v WHERE version = 2").await?, 60);
        assert_eq!(rows(&db.engine, "v WHERE number IS NULL").await?, 30);
        let seat: Seat = db.engine.one(select(Seat).filter(Seat::label.eq("seat 10"))).await?;
        assert_eq!((seat.hall, seat.row.as_str(), seat.number), (3, "r10", Some(1010)));
        log.clear();
        for key in &keys[..50] {
            session.delete(*key);
        }
        session.commit().await?;
        assert_eq!(writes(&log).len(), 1);
        assert_eq!(rows(&db.engine, "v").await?, 10);
        Ok(())
    }

    async fn keys_of_every_kind_find_their_rows(db: Db) -> Result<()> {
        metadata![Day, Mark].create_all(&db.engine).await?;
        let mut session = db.engine.session();
        let day = |n: u32| NaiveDate::from_ymd_opt(2024, 1, n).unwrap_or_default();
        let days = session.add_all((1..=30).map(|n| Day { day: day(n), ..Default::default() }));
        let marks = session.add_all((1..=30).map(|n| Mark {
            amount: Decimal::new(n * 150, 2),
            uuid: Uuid::from_u128(n as u128),
            mood: if n % 2 == 0 { Mood::Calm } else { Mood::Fine },
            at: day(n as u32).and_time(NaiveTime::MIN),
            n: 0,
        }));
        session.commit().await?;
        for (n, day) in days.iter().enumerate() {
            session[*day].open = true;
            session[*day].price = Decimal::new(n as i64 + 1, 1);
        }
        for (n, mark) in marks.iter().enumerate() {
            session[*mark].n = n as i32 + 1;
        }
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(writes(&log).len(), 2, "{:?}", writes(&log));
        assert_eq!(rows(&db.engine, "days WHERE open").await?, 30);
        assert_eq!(rows(&db.engine, "marks WHERE n > 0").await?, 30);
        let tenth: Mark = db.engine.one(select(Mark).filter(Mark::n.eq(10))).await?;
        assert_eq!((tenth.amount, tenth.uuid), (Decimal::new(15, 0), Uuid::from_u128(10)));
        log.clear();
        days[..20].iter().for_each(|day| session.delete(*day));
        marks[..20].iter().for_each(|mark| session.delete(*mark));
        session.commit().await?;
        assert_eq!(writes(&log).len(), 2, "{:?}", writes(&log));
        assert_eq!((rows(&db.engine, "days").await?, rows(&db.engine, "marks").await?), (10, 10));
        Ok(())
    }

    async fn generated_values_come_to_their_rows(db: Db) -> Result<()> {
        create(&db).await?;
        metadata![Token].create_all(&db.engine).await?;
        let mut session = db.engine.session();
        let users = session.add_all((0..300).map(|n| user(&format!("u{n:03}"))));
        let tokens = session.add_all((0..5).map(|_| Token::default()));
        session.commit().await?;
        for user in &users {
            let (id, name) = (session[*user].id, session[*user].name.clone());
            assert_eq!(rows(&db.engine, &format!("users WHERE id = {id} AND name = '{name}'")).await?, 1);
            assert!(session[*user].created_at.is_set());
        }
        // They are counted up in the order in which the rows were added.
        assert!(users.iter().map(|user| session[*user].id).is_sorted());
        assert!(tokens.iter().all(|token| session[*token].n == Auto::Set(3) && session[*token].id > 0));
        Ok(())
    }

    async fn the_rows_that_another_program_changed_are_named(db: Db) -> Result<()> {
        let (mut session, keys) = seats(&db, 40).await?;
        // Two have the very version that the flush will write, one has another, and one is gone.
        for change in [
            "UPDATE v SET version = 2 WHERE number IN (3, 14)",
            "UPDATE v SET version = 9 WHERE number = 20",
            "DELETE FROM v WHERE number = 30",
        ] {
            db.engine.execute(text(change)).await?;
        }
        for key in &keys {
            session[*key].label = Some("new".into());
        }
        let error = session.commit().await.unwrap_err();
        let named = "`Seat` 3, \"r3\"; `Seat` 0, \"r14\"; `Seat` 6, \"r20\"; `Seat` 2, \"r30\"";
        assert!(
            matches!(&error, Error::StaleData { table, keys, expected: 40, matched: 36 } if table == "v" && keys == named),
            "{error}"
        );
        assert!(keys.iter().all(|key| session[*key].version == 1 && session[*key].label.as_deref() == Some("new")));
        assert!(matches!(session.flush().await, Err(Error::RolledBack { .. })));
        session.rollback().await?;
        assert_eq!(rows(&db.engine, "v WHERE label IS NOT NULL").await?, 0);
        for key in &keys {
            session.delete(*key);
        }
        let error = session.commit().await.unwrap_err();
        assert!(
            matches!(&error, Error::StaleData { keys, expected: 40, matched: 36, .. } if keys == named),
            "{error}"
        );
        session.rollback().await?;
        assert_eq!(rows(&db.engine, "v").await?, 39);
        Ok(())
    }

    async fn rows_without_a_version_that_are_gone_are_named(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let keys = session.add_all((0..20).map(|n| keyword(&format!("{n}"))));
        session.commit().await?;
        db.engine.execute(text("DELETE FROM keywords WHERE word IN ('4', '17')")).await?;
        for key in &keys {
            session[*key].word.push('!');
        }
        let error = said(session.commit().await);
        let ids = [session[keys[4]].id, session[keys[17]].id];
        assert!(error.contains(&format!("`Keyword` {}; `Keyword` {}", ids[0], ids[1])), "{error}");
        session.rollback().await?;
        assert_eq!(session[keys[4]].word, "4");
        assert_eq!(rows(&db.engine, "keywords WHERE word LIKE '%!'").await?, 0);
        Ok(())
    }

    async fn stale_rows_inside_a_savepoint_leave_what_was_before(db: Db) -> Result<()> {
        let (mut session, keys) = seats(&db, 10).await?;
        db.engine.execute(text("UPDATE v SET version = 2 WHERE number = 3")).await?;
        session.add(Seat { hall: 50, row: "new".into(), ..Default::default() });
        let mut savepoint = session.begin_nested().await?;
        for key in &keys {
            savepoint[*key].label = Some("new".into());
        }
        let error = said(savepoint.flush().await);
        assert!(error.contains("`Seat` 3, \"r3\"") && !error.contains("\"r4\""), "{error}");
        savepoint.rollback().await?;
        session.commit().await?;
        assert_eq!(rows(&db.engine, "v").await?, 11);
        assert_eq!(rows(&db.engine, "v WHERE label IS NOT NULL").await?, 0);
        Ok(())
    }

    async fn the_statements_of_many_rows(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let log = db.engine.record();
        let keys = session.add_all([user("a"), user("b")]);
        session.commit().await?;
        for key in &keys {
            let name = session[*key].name.clone();
            session[*key].fullname = Some(name);
        }
        session.commit().await?;
        keys.iter().for_each(|key| session.delete(*key));
        session.commit().await?;
        let tuples = "DELETE FROM users WHERE (id, version) IN ((?, ?), (?, ?))";
        let cases = "UPDATE users SET fullname = CASE id WHEN ? THEN ? WHEN ? THEN ? END, version = ? \
                     WHERE (id, version) IN ((?, ?), (?, ?))";
        let expected = match db.dialect() {
            Dialect::Postgres => [
                "INSERT INTO users (name, fullname, version) SELECT c1, c2, c3 FROM UNNEST($1, $2, $3) \
                 WITH ORDINALITY AS v (c1, c2, c3, n) ORDER BY n RETURNING id, created_at",
                "UPDATE users SET fullname = v.c3, version = v.c4 FROM UNNEST($1, $2, $3, $4) AS v (c1, c2, c3, c4) \
                 WHERE users.id = v.c1 AND users.version = v.c2",
                "DELETE FROM users USING UNNEST($1, $2) AS v (c1, c2) WHERE users.id = v.c1 AND users.version = v.c2",
            ],
            Dialect::Sqlite => [
                "INSERT INTO users (name, fullname, version) VALUES (?, ?, ?), (?, ?, ?) RETURNING id, created_at",
                "UPDATE users SET fullname = v.column3, version = v.column4 FROM (VALUES (?, ?, ?, ?), (?, ?, ?, ?)) AS v \
                 WHERE users.id = v.column1 AND users.version = v.column2",
                "DELETE FROM users WHERE (id, version) IN (SELECT * FROM (VALUES (?, ?), (?, ?)))",
            ],
            Dialect::MariaDb => [
                "INSERT INTO users (name, fullname, version) VALUES (?, ?, ?), (?, ?, ?) RETURNING id, created_at",
                cases,
                tuples,
            ],
            _ => ["INSERT INTO users (name, fullname, version) VALUES (?, ?, ?), (?, ?, ?)", cases, tuples],
        };
        assert_eq!(writes(&log), expected);
        Ok(())
    }

    async fn values_that_are_no_array_go_otherwise(db: Db) -> Result<()> {
        metadata![Count].create_all(&db.engine).await?;
        let mut session = db.engine.session();
        let numbers = |far: i64| (0..10).map(move |n| Short(if n % 3 == 0 { far << 40 } else { far + n }));
        let keys = session.add_all(numbers(1).map(|n| Count { n, ..Default::default() }));
        session.commit().await?;
        let read: Vec<Count> = db.engine.all(select(Count).order_by(Count::id.asc())).await?;
        assert!(read.iter().map(|count| count.n).eq(numbers(1)));
        for (key, n) in keys.iter().zip(numbers(7)) {
            session[*key].n = n;
        }
        session.commit().await?;
        let read: Vec<Count> = db.engine.all(select(Count).order_by(Count::id.asc())).await?;
        assert!(read.iter().map(|count| count.n).eq(numbers(7)));
        Ok(())
    }

    async fn rows_of_many_bytes_go_in_several_statements(db: Db) -> Result<()> {
        metadata![Film].create_all(&db.engine).await?;
        let mut session = db.engine.session();
        // Together they are more than MariaDB takes.
        let keys = session.add_all((0..20u8).map(|n| Film { frames: vec![n; 1 << 20], ..Default::default() }));
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(writes(&log).len(), 3);
        drop(log);
        for key in &keys {
            session[*key].frames[0] = 77;
        }
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(writes(&log).len(), 3);
        drop(log);
        let read: Vec<Film> = db.engine.all(select(Film).order_by(Film::id.asc())).await?;
        let right = |(n, film): (usize, &Film)| film.frames.len() == 1 << 20 && film.frames[..2] == [77, n as u8];
        assert!(read.len() == 20 && read.iter().enumerate().all(right));
        Ok(())
    }

    async fn more_rows_than_fit_are_split(db: Db) -> Result<()> {
        let (mut session, keys) = seats(&db, 2600).await?;
        let log = db.engine.record();
        for (n, key) in keys.iter().enumerate() {
            session[*key].number = Some(-1 - n as i32);
        }
        session.commit().await?;
        let expected = match db.dialect() {
            Dialect::Postgres => 1,
            _ => 11,
        };
        assert_eq!(writes(&log).len(), expected);
        assert_eq!(rows(&db.engine, "v WHERE version = 2 AND number < 0").await?, 2600);
        log.clear();
        for key in keys {
            session.delete(key);
        }
        session.commit().await?;
        let expected = match db.dialect() {
            Dialect::Postgres => 1,
            Dialect::Sqlite => 11,
            _ => 6,
        };
        assert_eq!(writes(&log).len(), expected);
        assert_eq!(rows(&db.engine, "v").await?, 0);
        Ok(())
    }
}
