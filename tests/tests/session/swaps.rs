//! Unique values and keys that rows exchange in one flush.

use super::models::*;
use tests::prelude::*;

/// Unique in every way.
#[derive(Model, Debug, Clone, Default)]
#[orm(
    table = "seats",
    unique(name = "uq_place", columns(row_no, place)),
    index(name = "ix_badge", columns(badge), unique)
)]
pub struct Seat {
    #[orm(primary_key, length = 4)]
    pub code: String,
    /// Unique and nullable.
    #[orm(unique, length = 10)]
    pub holder: Option<String>,
    #[orm(unique)]
    pub number: i16,
    pub row_no: i32,
    pub place: i32,
    pub badge: Option<i64>,
    #[orm(unique = "uq_day")]
    pub day: NaiveDate,
    pub tickets: HasMany<Stub>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "stubs")]
pub struct Stub {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Seat::code, on_update = "cascade", length = 4)]
    pub seat_code: String,
    pub seat: BelongsTo<Seat>,
}

/// At most one is the first of its house.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "doors", unique(columns(house, rank)))]
pub struct Door {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = House::id)]
    pub house: i64,
    #[orm(references = Rank::id)]
    pub rank: i64,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "houses")]
pub struct House {
    #[orm(primary_key)]
    pub id: i64,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "ranks")]
pub struct Rank {
    #[orm(primary_key)]
    pub id: i64,
}

/// Only what is open has a day of its own.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "shifts", index(name = "ix_open", columns(day), unique, where = "is_open"))]
pub struct Shift {
    #[orm(primary_key)]
    pub id: i64,
    pub day: NaiveDate,
    pub is_open: bool,
}

async fn create_seats(db: &Db) -> Result<()> {
    metadata![Seat, Stub, House, Rank, Door].create_all(&db.engine).await
}

fn day(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, n).unwrap_or_default()
}

/// Seats `s1`, `s2`, …
async fn seats(session: &mut Session, count: i16) -> Result<Vec<Key<Seat>>> {
    let seat = |n: i16| Seat {
        code: format!("s{n}"),
        holder: Some(format!("h{n}")),
        number: n,
        row_no: 1,
        place: n.into(),
        badge: Some(n.into()),
        day: day(n as u32),
        ..Default::default()
    };
    let keys = session.add_all((1..=count).map(seat));
    session.commit().await?;
    Ok(keys)
}

matrix! {
    async fn two_rows_swap_a_value_that_can_be_null(db: Db) -> Result<()> {
        create_seats(&db).await?;
        let mut session = db.engine.session();
        let seats = seats(&mut session, 2).await?;
        session[seats[0]].holder = Some("h2".into());
        session[seats[1]].holder = Some("h1".into());
        let log = db.engine.record();
        session.commit().await?;
        // One lets go of its value, the other takes it, and the first takes the other's.
        assert_eq!(sent(&log, "UPDATE").len(), 3, "{:?}", log.statements());
        assert_eq!(rows(&db.engine, "seats WHERE code = 's1' AND holder = 'h2'").await?, 1);
        assert_eq!(rows(&db.engine, "seats WHERE code = 's2' AND holder = 'h1'").await?, 1);
        // What differs only in case may be one value.
        session[seats[0]].holder = Some("H1".into());
        session[seats[1]].holder = Some("H2".into());
        session.commit().await?;
        assert_eq!(rows(&db.engine, "seats WHERE code = 's1' AND holder = 'H1'").await?, 1);
        Ok(())
    }

    async fn a_value_that_is_never_null_is_another_one_meanwhile(db: Db) -> Result<()> {
        create(&db).await?;
        create_seats(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let (ed, sandy) = (session.get::<User>(1).await?.unwrap(), session.get::<User>(2).await?.unwrap());
        session[ed].name = "sandy".into();
        session[sandy].name = "ed".into();
        session.commit().await?;
        // The versions have counted one change of each.
        assert_eq!((session[ed].version, session[sandy].version), (2, 2));
        assert_eq!(rows(&db.engine, "users WHERE id = 1 AND name = 'sandy' AND version = 2").await?, 1);
        assert_eq!(rows(&db.engine, "users WHERE id = 2 AND name = 'ed' AND version = 2").await?, 1);
        let seats = seats(&mut session, 2).await?;
        session[seats[0]].number = 2;
        session[seats[1]].number = 1;
        session.commit().await?;
        assert_eq!(rows(&db.engine, "seats WHERE code = 's1' AND number = 2").await?, 1);
        assert_eq!(rows(&db.engine, "seats WHERE number < 0").await?, 0);
        Ok(())
    }

    async fn three_rows_go_round(db: Db) -> Result<()> {
        create_seats(&db).await?;
        let mut session = db.engine.session();
        let seats = seats(&mut session, 5).await?;
        for (n, to) in [(0, 2), (1, 3), (2, 1)] {
            session[seats[n]].number = to;
        }
        // A chain beside it, to a value that nobody has.
        session[seats[3]].number = 5;
        session[seats[4]].number = 6;
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(sent(&log, "UPDATE").len(), 6, "{:?}", log.statements());
        let numbers: Vec<i16> = db.engine.all(select(Seat::number).order_by(Seat::code.asc())).await?;
        assert_eq!(numbers, [2, 3, 1, 5, 6]);
        Ok(())
    }

    async fn composite_values_and_unique_indexes_swap(db: Db) -> Result<()> {
        create_seats(&db).await?;
        let mut session = db.engine.session();
        let seats = seats(&mut session, 3).await?;
        session[seats[0]].place = 2;
        session[seats[1]].place = 1;
        session[seats[1]].badge = Some(3);
        session[seats[2]].badge = Some(2);
        // A part of the value changes, and the whole is nobody's: nothing has to wait.
        session[seats[2]].row_no = 2;
        session[seats[2]].place = 1;
        session.commit().await?;
        let places: Vec<(i32, i32, Option<i64>)> =
            db.engine.all(select((Seat::row_no, Seat::place, Seat::badge)).order_by(Seat::code.asc())).await?;
        assert_eq!(places, [(1, 2, Some(1)), (1, 1, Some(3)), (2, 1, Some(2))]);
        Ok(())
    }

    async fn a_doomed_row_and_a_new_one_take_part(db: Db) -> Result<()> {
        create_seats(&db).await?;
        let mut session = db.engine.session();
        let seats = seats(&mut session, 3).await?;
        // The new row takes what the first leaves, which takes what the second leaves, which takes the doomed one's.
        session[seats[0]].number = 2;
        session[seats[1]].number = 3;
        session.delete(seats[2]);
        let new = Seat { code: "s4".into(), number: 1, row_no: 1, place: 3, badge: Some(3), day: day(3), ..Default::default() };
        session.add(new);
        session.commit().await?;
        let numbers: Vec<(String, i16)> =
            db.engine.all(select((Seat::code, Seat::number)).order_by(Seat::code.asc())).await?;
        assert_eq!(numbers, [("s1".to_owned(), 2), ("s2".to_owned(), 3), ("s4".to_owned(), 1)]);
        Ok(())
    }

    async fn two_rows_exchange_their_primary_keys(db: Db) -> Result<()> {
        create_seats(&db).await?;
        let mut session = db.engine.session();
        let seats = seats(&mut session, 2).await?;
        let of_first = session.push(seats[0], Seat::tickets, Stub::default());
        let of_second = session.push(seats[1], Seat::tickets, Stub::default());
        session.commit().await?;
        session[seats[0]].code = "s2".into();
        session[seats[1]].code = "s1".into();
        session.commit().await?;
        assert_eq!(session.get::<Seat>("s2".to_owned()).await?, Some(seats[0]));
        assert_eq!(session.get::<Seat>("s1".to_owned()).await?, Some(seats[1]));
        assert_eq!(rows(&db.engine, "seats WHERE code = 's2' AND number = 1").await?, 1);
        // Their children went with them.
        assert_eq!((session[of_first].seat_code.as_str(), session[of_second].seat_code.as_str()), ("s2", "s1"));
        assert_eq!(session.keys(seats[0], Seat::tickets)?, [of_first]);
        assert_eq!(rows(&db.engine, "stubs t JOIN seats s ON s.code = t.seat_code WHERE s.number = t.id").await?, 2);
        session[seats[0]].code = "s1".into();
        session[seats[1]].code = "s2".into();
        session.flush().await?;
        session.rollback().await?;
        assert_eq!(session.get::<Seat>("s2".to_owned()).await?, Some(seats[0]));
        assert_eq!(session.get::<Seat>("s1".to_owned()).await?, Some(seats[1]));
        assert_eq!(session[of_first].seat_code, "s2");
        Ok(())
    }

    async fn a_new_row_takes_a_key_that_another_one_leaves(db: Db) -> Result<()> {
        create_seats(&db).await?;
        let mut session = db.engine.session();
        let seats = seats(&mut session, 2).await?;
        let stub = session.push(seats[0], Seat::tickets, Stub::default());
        let stays = session.push(seats[0], Seat::tickets, Stub::default());
        session.commit().await?;
        session[seats[0]].code = "s9".into();
        let new = session.add(Seat { code: "s1".into(), number: 9, row_no: 9, day: day(9), ..Default::default() });
        session.set(stub, Stub::seat, new);
        session.commit().await?;
        assert_eq!((session[stub].seat_code.as_str(), session[stays].seat_code.as_str()), ("s1", "s9"));
        assert_eq!(session.at(stub).one(Stub::seat)?.key(), new);
        assert_eq!(session.at(stays).one(Stub::seat)?.key(), seats[0]);
        assert_eq!(session.keys(seats[0], Seat::tickets)?, [stays]);
        assert_eq!(rows(&db.engine, "stubs WHERE seat_code = 's1'").await?, 1);
        assert_eq!(rows(&db.engine, "stubs WHERE seat_code = 's9'").await?, 1);
        // A key goes from a deleted row to one that has another.
        session.delete(seats[1]);
        session[seats[0]].code = "s2".into();
        session.commit().await?;
        assert_eq!(session.get::<Seat>("s2".to_owned()).await?, Some(seats[0]));
        assert_eq!(session[stays].seat_code, "s2");
        Ok(())
    }

    async fn what_can_have_no_other_value_is_told_with_its_constraint(db: Db) -> Result<()> {
        create_seats(&db).await?;
        let mut session = db.engine.session();
        let seats = seats(&mut session, 2).await?;
        session[seats[0]].day = day(2);
        session[seats[1]].day = day(1);
        let log = db.engine.record();
        let words = said(session.commit().await);
        assert!(sent(&log, "UPDATE").is_empty());
        for part in ["the unique constraint `uq_day`", "`Seat::day`", "`Seat` \"s1\"", "`Seat` \"s2\""] {
            assert!(words.contains(part), "{words}");
        }
        session.rollback().await?;
        // Columns that are other rows' keys can't be anything.
        for id in 1..=2 {
            session.add(House { id });
            session.add(Rank { id });
        }
        let one = session.add(Door { house: 1, rank: 1, ..Default::default() });
        let two = session.add(Door { house: 1, rank: 2, ..Default::default() });
        session.commit().await?;
        session[one].rank = 2;
        session[two].rank = 1;
        let words = said(session.commit().await);
        for part in ["`uq_doors_house_rank`", "`Door::house`, `Door::rank`", "`Door` 1", "`Door` 2"] {
            assert!(words.contains(part), "{words}");
        }
        Ok(())
    }

    async fn a_swap_that_fails_leaves_memory_and_database_as_they_were(db: Db) -> Result<()> {
        create_seats(&db).await?;
        let mut session = db.engine.session();
        let seats = seats(&mut session, 3).await?;
        session[seats[0]].code = "s2".into();
        session[seats[1]].code = "s1".into();
        session[seats[0]].number = 3;
        let error = session.commit().await.unwrap_err();
        assert!(matches!(error, Error::UniqueViolation { .. }), "{error}");
        assert_eq!((session[seats[0]].code.as_str(), session[seats[1]].code.as_str()), ("s2", "s1"));
        session.rollback().await?;
        assert_eq!((session[seats[0]].code.as_str(), session[seats[1]].code.as_str()), ("s1", "s2"));
        assert_eq!(session.get::<Seat>("s1".to_owned()).await?, Some(seats[0]));
        assert_eq!(rows(&db.engine, "seats WHERE code = 's1' AND number = 1").await?, 1);
        session[seats[0]].code = "s2".into();
        session[seats[1]].code = "s1".into();
        session.commit().await?;
        assert_eq!(session.get::<Seat>("s2".to_owned()).await?, Some(seats[0]));
        Ok(())
    }

    async fn what_a_partial_index_leaves_out_waits_for_nobody(db: Db) -> Result<()> {
        let created = metadata![Shift].create_all(&db.engine).await;
        if matches!(db.engine.dialect(), Dialect::MySql | Dialect::MariaDb) {
            assert!(matches!(created, Err(Error::Unsupported { .. })));
            return Ok(());
        }
        created?;
        let mut session = db.engine.session();
        let shift = |n: u32, is_open| Shift { day: day(n), is_open, ..Default::default() };
        let closed = session.add_all([shift(1, false), shift(2, false)]);
        let open = session.add_all([shift(3, true), shift(4, true)]);
        session.commit().await?;
        // A day can't be another one meanwhile; none is needed.
        session[closed[0]].day = day(2);
        session[closed[1]].day = day(1);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "shifts WHERE id = 1 AND day = '2026-01-02'").await?, 1);
        // One takes the day that the other leaves.
        session[open[0]].day = day(4);
        session[open[1]].day = day(5);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "shifts WHERE is_open AND day >= '2026-01-04'").await?, 2);
        Ok(())
    }
}
