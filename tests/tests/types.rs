//! Every Rust type comes back from every database exactly as it went in, or is refused before anything is sent.

use orm_core::types::DecodeError;
use std::fmt::Debug;
use tests::prelude::*;

/// Writes rows and reads them back equal, by key and by value.
macro_rules! round_trip {
    ($db:ident, $model:ident, $rows:expr) => {{
        let rows: Vec<$model> = $rows;
        let written = $db.engine.execute(insert($model).rows(&rows)).await?;
        assert_eq!(written, rows.len() as u64);
        let read = $db.engine.all(select($model).order_by($model::id)).await?;
        assert_eq!(read, rows);
    }};
}

/// A value comes back exactly, or is refused with [`Error::Bind`] and nothing is stored.
macro_rules! exact_or_refused {
    ($db:ident, $column:expr, $values:expr) => {{
        let mut exact = Vec::new();
        for value in $values {
            match $db.engine.execute(insert(Holder).set($column, value.clone())).await {
                Ok(_) => {
                    let read = $db.engine.scalar(select($column)).await?;
                    assert_eq!(read, Some(value.clone()), "{:?} came back as another value", $column);
                    $db.engine.execute(delete(Holder)).await?;
                    exact.push(value);
                }
                Err(Error::Bind { reason, .. }) => {
                    assert!(!reason.is_empty());
                    assert_eq!($db.engine.scalar(select(count(Holder::id))).await?, 0);
                }
                Err(other) => panic!("{:?} = {value:?}: {other}", $column),
            }
        }
        exact
    }};
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "holders")]
struct Holder {
    #[orm(primary_key)]
    id: i64,
    date: Option<NaiveDate>,
    time: Option<NaiveTime>,
    datetime: Option<NaiveDateTime>,
    moment: Option<DateTime<Utc>>,
    span: Option<TimeDelta>,
    decimal: Option<Decimal>,
    single: Option<f32>,
    double: Option<f64>,
    text: Option<String>,
    bytes: Option<Vec<u8>>,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "numbers")]
struct Numbers {
    #[orm(primary_key)]
    id: i64,
    flag: bool,
    i1: i8,
    i2: i16,
    i4: i32,
    i8: i64,
    u1: u8,
    u2: u16,
    u4: u32,
    f4: f32,
    f8: f64,
    maybe_flag: Option<bool>,
    maybe_i1: Option<i8>,
    maybe_i8: Option<i64>,
    maybe_u4: Option<u32>,
    maybe_f8: Option<f64>,
}

fn least(id: i64) -> Numbers {
    Numbers {
        id,
        flag: false,
        i1: i8::MIN,
        i2: i16::MIN,
        i4: i32::MIN,
        i8: i64::MIN,
        f4: f32::MIN,
        f8: f64::MIN,
        maybe_i1: Some(i8::MIN),
        maybe_i8: Some(i64::MIN),
        maybe_f8: Some(f64::MIN_POSITIVE),
        ..Default::default()
    }
}

fn greatest(id: i64) -> Numbers {
    Numbers {
        id,
        flag: true,
        i1: i8::MAX,
        i2: i16::MAX,
        i4: i32::MAX,
        i8: i64::MAX,
        u1: u8::MAX,
        u2: u16::MAX,
        u4: u32::MAX,
        f4: 0.1,
        f8: 0.1 + 0.2,
        maybe_flag: Some(true),
        maybe_u4: Some(u32::MAX),
        maybe_f8: Some(f64::MAX),
        ..Default::default()
    }
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn time(hour: u32, minute: u32, second: u32, micros: u32) -> NaiveTime {
    NaiveTime::from_hms_micro_opt(hour, minute, second, micros).unwrap()
}

matrix! {
    async fn numbers_keep_their_extremes(db: Db) -> Result<()> {
        db.create(metadata![Numbers]).await?;
        round_trip!(db, Numbers, vec![least(1), greatest(2), Numbers { id: 3, ..Default::default() }]);
        // Found by value, not only by key.
        let found = |condition| db.engine.scalar(select(Numbers::id).filter(condition));
        assert_eq!(found(and_([Numbers::i8.eq(i64::MIN), Numbers::i1.eq(i8::MIN)])).await?, 1);
        assert_eq!(found(and_([Numbers::u4.eq(u32::MAX), Numbers::f8.eq(0.1 + 0.2)])).await?, 2);
        assert_eq!(found(and_((Numbers::flag, Numbers::maybe_flag.eq(true)))).await?, 2);
        Ok(())
    }

    async fn null_and_zero_stay_apart(db: Db) -> Result<()> {
        db.create(metadata![Numbers]).await?;
        round_trip!(db, Numbers, vec![
            Numbers { id: 1, ..Default::default() },
            Numbers {
                id: 2,
                maybe_flag: Some(false),
                maybe_i1: Some(0),
                maybe_i8: Some(0),
                maybe_u4: Some(0),
                maybe_f8: Some(0.0),
                ..Default::default()
            },
        ]);
        assert_eq!(db.engine.all(select(Numbers::id).filter(Numbers::maybe_i8.is(None))).await?, [1]);
        assert_eq!(db.engine.all(select(Numbers::id).filter(Numbers::maybe_flag.eq(false))).await?, [2]);
        Ok(())
    }

    async fn an_integer_that_does_not_fit_is_an_error_and_not_another_number(db: Db) -> Result<()> {
        let read = db.engine.scalar(text("SELECT 300").columns::<i8>()).await;
        assert!(matches!(read, Err(Error::Decode { reason: DecodeError::Invalid(_), .. })), "{read:?}");
        let read = db.engine.scalar(text("SELECT -1").columns::<u32>()).await;
        assert!(matches!(read, Err(Error::Decode { reason: DecodeError::Invalid(_), .. })), "{read:?}");
        Ok(())
    }

    async fn floats_that_a_database_has_no_value_for_are_refused(db: Db) -> Result<()> {
        db.create(metadata![Holder]).await?;
        let doubles = [0.0, -1.5, f64::MAX, f64::MIN, f64::MIN_POSITIVE, f64::EPSILON, f64::INFINITY, f64::NEG_INFINITY];
        let exact = exact_or_refused!(db, Holder::double, doubles);
        assert!(exact.len() >= 6, "only {exact:?}");
        let exact = exact_or_refused!(db, Holder::single, [0.1_f32, f32::MAX, f32::MIN_POSITIVE, f32::INFINITY]);
        assert!(exact.len() >= 3, "only {exact:?}");
        // A NaN is never equal to itself, so it is looked at.
        match db.engine.execute(insert(Holder).set(Holder::double, f64::NAN)).await {
            Ok(_) => assert!(db.engine.scalar(select(Holder::double)).await?.is_some_and(f64::is_nan)),
            Err(error) => assert!(matches!(error, Error::Bind { .. }), "{error}"),
        }
        Ok(())
    }

    async fn text_keeps_every_character(db: Db) -> Result<()> {
        db.create(metadata![Holder]).await?;
        let texts: Vec<String> = ["", " ", "a ", "it's", "\"quoted\"", "back\\slash", "%_", "?:$1", "line\r\nbreak\ttab", "äöü €", "😀👩‍👩‍👧", "e\u{301}"]
            .into_iter().map(str::to_owned).chain(["x".repeat(70_000), "€".repeat(30_000)]).collect();
        let exact = exact_or_refused!(db, Holder::text, texts.clone());
        assert_eq!(exact, texts);
        Ok(())
    }

    async fn a_zero_character_is_kept_or_refused(db: Db) -> Result<()> {
        db.create(metadata![Holder]).await?;
        let exact = exact_or_refused!(db, Holder::text, ["a\0b".to_owned(), "\0".to_owned()]);
        assert_eq!(exact.len(), if db.dialect() == Dialect::Postgres { 0 } else { 2 });
        Ok(())
    }

    async fn bytes_are_kept_as_they_are(db: Db) -> Result<()> {
        db.create(metadata![Holder]).await?;
        let all: Vec<u8> = (0..=255).collect();
        let values = vec![vec![], vec![0], all.clone(), all.repeat(300)];
        let exact = exact_or_refused!(db, Holder::bytes, values.clone());
        assert_eq!(exact, values);
        Ok(())
    }

    async fn dates_are_exact_or_refused(db: Db) -> Result<()> {
        db.create(metadata![Holder]).await?;
        let sure = [date(1000, 1, 1), date(1582, 10, 10), date(1969, 12, 31), date(2024, 2, 29), date(9999, 12, 31)];
        assert_eq!(exact_or_refused!(db, Holder::date, sure), sure);
        let far = [
            date(1, 1, 1), date(999, 12, 31), date(0, 1, 1), date(-1, 12, 31), date(-44, 3, 15), date(-4712, 1, 1),
            date(10_000, 1, 1), date(99_999, 6, 15), date(250_000, 1, 1), NaiveDate::MIN, NaiveDate::MAX,
        ];
        exact_or_refused!(db, Holder::date, far);
        Ok(())
    }

    async fn times_keep_their_microseconds(db: Db) -> Result<()> {
        db.create(metadata![Holder]).await?;
        let sure = [time(0, 0, 0, 0), time(23, 59, 59, 999_999), time(12, 34, 56, 789_012), time(1, 2, 3, 40)];
        assert_eq!(exact_or_refused!(db, Holder::time, sure), sure);
        // Finer than a microsecond, and a leap second.
        let fine = [
            NaiveTime::from_hms_nano_opt(1, 2, 3, 4).unwrap(),
            NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap(),
        ];
        exact_or_refused!(db, Holder::time, fine);
        Ok(())
    }

    async fn dates_with_times_are_exact_or_refused(db: Db) -> Result<()> {
        db.create(metadata![Holder]).await?;
        let sure = [
            date(1970, 1, 1).and_time(time(0, 0, 0, 0)),
            date(1969, 12, 31).and_time(time(23, 59, 59, 999_999)),
            date(2024, 2, 29).and_time(time(12, 34, 56, 789_012)),
            date(1000, 1, 1).and_time(time(0, 0, 0, 1)),
            date(9999, 12, 31).and_time(time(23, 59, 59, 999_999)),
        ];
        assert_eq!(exact_or_refused!(db, Holder::datetime, sure), sure);
        let far = [
            NaiveDateTime::MIN, NaiveDateTime::MAX,
            date(-44, 3, 15).and_time(time(11, 0, 0, 1)),
            date(1, 1, 1).and_time(time(0, 0, 0, 0)),
            date(20_000, 1, 1).and_time(time(0, 0, 0, 1)),
            date(2024, 1, 1).and_time(NaiveTime::from_hms_nano_opt(0, 0, 0, 1).unwrap()),
        ];
        exact_or_refused!(db, Holder::datetime, far);
        Ok(())
    }

    async fn moments_are_exact_or_refused(db: Db) -> Result<()> {
        db.create(metadata![Holder]).await?;
        let sure = [
            date(1970, 1, 1).and_time(time(0, 0, 0, 0)).and_utc(),
            date(1969, 12, 31).and_time(time(23, 59, 59, 999_999)).and_utc(),
            date(2024, 3, 31).and_time(time(1, 30, 0, 123_456)).and_utc(),
            date(1000, 1, 1).and_time(time(0, 0, 0, 1)).and_utc(),
            date(9999, 12, 31).and_time(time(23, 59, 59, 999_999)).and_utc(),
        ];
        assert_eq!(exact_or_refused!(db, Holder::moment, sure), sure);
        let far = [
            DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC,
            date(-1000, 1, 1).and_time(time(0, 0, 0, 0)).and_utc(),
            date(12_345, 6, 7).and_time(time(0, 0, 0, 0)).and_utc(),
        ];
        exact_or_refused!(db, Holder::moment, far);
        Ok(())
    }

    /// Whatever offset a moment was written with, it comes back in UTC.
    async fn offsets_are_normalised(db: Db) -> Result<()> {
        db.create(metadata![Holder]).await?;
        let moment = NaiveDate::from_ymd_opt(2024, 3, 9).unwrap().and_hms_opt(20, 0, 0).unwrap().and_utc();
        match db.dialect() {
            Dialect::Sqlite | Dialect::Postgres => {
                db.engine.execute(text("INSERT INTO holders (id, moment) VALUES (1, '2024-03-10 01:30:00+05:30')")).await?;
            }
            _ => {
                let mut connection = db.engine.acquire().await?;
                // A TIMESTAMP is an instant whatever the connection's time zone; a DATETIME of ours is UTC.
                connection.execute(insert(Holder).set(Holder::id, 1).set(Holder::moment, moment)).await?;
            }
        }
        assert_eq!(db.engine.scalar(select(Holder::moment)).await?, Some(moment));
        // SQLite compares text: another program's way to write a moment is read, but equal to none of ours.
        let equal = i64::from(db.dialect() != Dialect::Sqlite);
        assert_eq!(db.engine.scalar(select(count(Holder::id)).filter(Holder::moment.eq(moment))).await?, equal);
        Ok(())
    }

    async fn spans_are_exact_or_refused(db: Db) -> Result<()> {
        db.create(metadata![Holder]).await?;
        let sure = [
            TimeDelta::zero(), TimeDelta::microseconds(1), TimeDelta::microseconds(-1), TimeDelta::days(-400),
            TimeDelta::hours(25), TimeDelta::days(100_000) + TimeDelta::microseconds(999_999),
        ];
        assert_eq!(exact_or_refused!(db, Holder::span, sure), sure);
        exact_or_refused!(db, Holder::span, [TimeDelta::MAX, TimeDelta::MIN, TimeDelta::nanoseconds(1)]);
        Ok(())
    }

    async fn decimals_keep_28_digits(db: Db) -> Result<()> {
        db.create(metadata![Holder]).await?;
        let sure: Vec<Decimal> = [
            "0", "0.1", "-0.1", "12345678901234.12345678901234", "-1234567890123456789012345678", "9.99",
            "79228162514264337593543950335", "0.0000000000000000000000000001", "1.000000000000000000000000001",
        ].iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(exact_or_refused!(db, Holder::decimal, sure.clone()), sure);
        // As numbers, not as texts.
        for value in &sure {
            db.engine.execute(insert(Holder).set(Holder::decimal, *value)).await?;
        }
        let mut sorted = sure.clone();
        sorted.sort();
        let read = db.engine.all(select(Holder::decimal).order_by(Holder::decimal)).await?;
        assert_eq!(read.into_iter().flatten().collect::<Vec<_>>(), sorted);
        let ten = Decimal::from(10);
        let big = db.engine.scalar(select(count(Holder::id)).filter(Holder::decimal.gt(ten))).await?;
        assert_eq!(big, sure.iter().filter(|value| **value > ten).count() as i64);
        assert_eq!(db.engine.scalar(select(count(Holder::id)).filter(Holder::decimal.eq("9.990".parse::<Decimal>().unwrap()))).await?, 1);
        Ok(())
    }

    /// Every database would round them without a word.
    async fn digits_beyond_a_columns_scale_are_refused(db: Db) -> Result<()> {
        db.create(metadata![Priced]).await?;
        let long: Decimal = "1.005".parse().unwrap();
        let refused = |error: Error| match &error {
            Error::Bind { .. } => assert!(error.to_string().contains("Priced::price"), "{error}"),
            other => panic!("{other:?}"),
        };
        refused(db.engine.execute(insert(Priced).set(Priced::price, long)).await.unwrap_err());
        refused(db.engine.execute(insert(Priced).rows(&[Priced { id: 0, price: long }])).await.unwrap_err());
        refused(db.engine.execute(update(Priced).set(Priced::price, long)).await.unwrap_err());
        let mut session = db.engine.session();
        let key = session.add(Priced { id: 0, price: "1.500".parse().unwrap() });
        session.commit().await?;
        session[key].price = long;
        refused(session.commit().await.unwrap_err());
        Ok(())
    }

    async fn digits_that_a_decimal_can_not_hold_are_an_error(db: Db) -> Result<()> {
        // MySQL has 30 digits after the point at most, a `Decimal` 28.
        let digits = "0.123456789012345678901234567891";
        let sql = match db.dialect() {
            Dialect::Sqlite => format!("SELECT '{digits}'"),
            _ => format!("SELECT CAST('{digits}' AS DECIMAL(40, 30))"),
        };
        let read = db.engine.scalar(text(&sql).columns::<Decimal>()).await;
        assert!(matches!(read, Err(Error::Decode { .. })), "{read:?}");
        Ok(())
    }

    /// More digits than a `Decimal` has.
    async fn big_decimals_keep_60_digits(db: Db) -> Result<()> {
        db.create(metadata![Ledger]).await?;
        let numbers = [
            "123456789012345678901234567890.123456789012345678901234567891",
            "-0.000000000000000000000000000001",
            "9999999999999999999999999999999999",
            "0",
        ];
        let rows = numbers.iter().zip(1..).map(|(text, id)| Ledger { id, balance: text.parse().unwrap(), maybe: None });
        let rows: Vec<Ledger> = rows.collect();
        round_trip!(db, Ledger, rows.clone());
        assert_eq!(db.engine.scalar(select(Ledger::id).filter(Ledger::balance.eq(rows[0].balance.clone()))).await?, 1);
        assert_eq!(db.engine.all(select(Ledger::id).order_by(Ledger::balance)).await?, [2, 4, 1, 3]);
        Ok(())
    }

    #[on(mariadb, mysql)]
    async fn a_31st_digit_after_the_point_is_refused(db: Db) -> Result<()> {
        db.create(metadata![Ledger]).await?;
        let balance: BigDecimal = format!("0.{}1", "0".repeat(30)).parse().unwrap();
        let refused = db.engine.execute(insert(Ledger).set(Ledger::balance, balance)).await;
        assert!(matches!(&refused, Err(Error::Bind { .. })), "{refused:?}");
        Ok(())
    }

    async fn sums_of_decimals_are_exact(db: Db) -> Result<()> {
        db.create(metadata![Priced]).await?;
        let rows: Vec<Priced> = (1..=100).map(|id| Priced { id, price: Decimal::new(10, 2) }).collect();
        db.engine.execute(insert(Priced).rows(&rows)).await?;
        assert_eq!(db.engine.scalar(select(sum(Priced::price))).await?, Some(Decimal::from(10)));
        assert_eq!(db.engine.scalar(select(max(Priced::price))).await?, Some(Decimal::new(10, 2)));
        Ok(())
    }

    async fn uuids_come_back(db: Db) -> Result<()> {
        db.create(metadata![Identified]).await?;
        let some = Uuid::from_u128(0x0123_4567_89ab_4def_8123_4567_89ab_cdef);
        let mut rows = vec![
            Identified { id: Uuid::nil(), other: None },
            Identified { id: some, other: Some(some) },
            Identified { id: Uuid::max(), other: Some(Uuid::nil()) },
        ];
        round_trip!(db, Identified, rows.clone());
        rows.retain(|row| row.id == some);
        assert_eq!(db.engine.all(select(Identified).filter(Identified::other.eq(some))).await?, rows);
        Ok(())
    }

    /// MariaDB takes no UUID whose version and variant no standard knows.
    async fn an_unheard_of_uuid_comes_back_or_is_an_error(db: Db) -> Result<()> {
        db.create(metadata![Identified]).await?;
        let id = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        match db.engine.execute(insert(Identified).rows(&[Identified { id, other: None }])).await {
            Ok(_) => assert_eq!(db.engine.scalar(select(Identified::id)).await?, id),
            Err(error) => {
                assert_eq!(db.database, Database::MariaDb, "{error}");
                assert_eq!(db.engine.scalar(select(count(Identified::id))).await?, 0);
            }
        }
        Ok(())
    }

    async fn enums_are_text_integers_or_native(db: Db) -> Result<()> {
        db.create(metadata![Moody]).await?;
        let rows = vec![
            Moody { id: 1, mood: Mood::Happy, maybe: None, level: Level::Low, colour: Colour::Red, shade: None },
            Moody { id: 2, mood: Mood::VerySad, maybe: Some(Mood::Happy), level: Level::High, colour: Colour::DarkBlue, shade: Some(Colour::Red) },
        ];
        round_trip!(db, Moody, rows);
        assert_eq!(db.engine.scalar(select(Moody::id).filter(Moody::mood.eq(Mood::VerySad))).await?, 2);
        assert_eq!(db.engine.scalar(select(Moody::id).filter(Moody::level.gt(Level::Low))).await?, 2);
        assert_eq!(db.engine.scalar(select(Moody::id).filter(Moody::colour.in_([Colour::DarkBlue]))).await?, 2);
        // Stored so that other programs can read it.
        let stored = text("SELECT mood, level FROM moody ORDER BY id").columns::<(String, i64)>();
        assert_eq!(db.engine.all(stored).await?, [("happy".to_owned(), 1), ("very_sad".to_owned(), 10)]);
        Ok(())
    }

    async fn an_enum_value_that_no_variant_has_is_an_error(db: Db) -> Result<()> {
        db.create(metadata![Moody]).await?;
        db.engine.execute(text("INSERT INTO moody (id, mood, level, colour) VALUES (1, 'bored', 1, 'red')")).await?;
        match db.engine.all(select(Moody)).await {
            Err(Error::Decode { column, reason }) => {
                assert!(column.contains("Moody::mood"), "{column}");
                assert!(reason.to_string().contains("bored"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    async fn newtypes_are_what_they_hold(db: Db) -> Result<()> {
        db.create(metadata![Account]).await?;
        let rows = vec![
            Account { id: AccountId(7), email: Email("a@example.org".into()), parent: None },
            Account { id: AccountId(8), email: Email(String::new()), parent: Some(AccountId(7)) },
        ];
        round_trip!(db, Account, rows);
        assert_eq!(db.engine.scalar(select(Account::email).filter(Account::parent.eq(AccountId(7)))).await?, Email(String::new()));
        Ok(())
    }

    async fn json_comes_back_as_the_same_document(db: Db) -> Result<()> {
        db.create(metadata![Document]).await?;
        let documents = [
            serde_json::json!(null),
            serde_json::json!(true),
            serde_json::json!([1, -2.5, "x", null, {"a": []}]),
            serde_json::json!({"b": 1, "a": {"ä": "it's \"so\"", "n": 9_007_199_254_740_993_i64}}),
            serde_json::json!({}),
        ];
        let rows = documents.into_iter().enumerate().map(|(n, document)| Document {
            id: n as i64 + 1,
            settings: Json(Settings { theme: format!("t{n}"), sizes: vec![n as u32; n], nested: None }),
            raw: document.clone(),
            maybe: (n > 0).then_some(Json(document)),
        });
        round_trip!(db, Document, rows.collect());
        Ok(())
    }

    async fn json_that_does_not_fit_its_type_is_an_error(db: Db) -> Result<()> {
        db.create(metadata![Document]).await?;
        db.engine.execute(text("INSERT INTO documents (id, settings, raw) VALUES (1, '{\"theme\": 5}', '{}')")).await?;
        let read = db.engine.all(select(Document)).await;
        assert!(matches!(&read, Err(Error::Decode { column, .. }) if column.contains("Document::settings")), "{read:?}");
        Ok(())
    }

    async fn what_the_database_supplies_is_left_to_it(db: Db) -> Result<()> {
        db.create(metadata![Stamped]).await?;
        let before = Utc::now() - TimeDelta::minutes(5);
        let set = date(2000, 1, 2).and_time(time(3, 4, 5, 6)).and_utc();
        let rows = [
            Stamped::default(),
            Stamped { created_at: set.into(), number: Some(5).into(), ..Default::default() },
            Stamped { number: None.into(), ..Default::default() },
        ];
        db.engine.execute(insert(Stamped).rows(&rows)).await?;
        let read = db.engine.all(select(Stamped).order_by(Stamped::id)).await?;
        assert_eq!(read.iter().map(|row| row.id).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(*read[0].created_at.get()? > before, "{read:?}");
        assert_eq!(*read[0].number.get()?, Some(42));
        assert_eq!((*read[1].created_at.get()?, *read[1].number.get()?), (set, Some(5)));
        assert_eq!(*read[2].number.get()?, None);
        Ok(())
    }

    #[on(mariadb, mysql)]
    async fn unsigned_64_bit_integers_are_exact(db: Db) -> Result<()> {
        db.create(metadata![Huge]).await?;
        round_trip!(db, Huge, vec![Huge { id: 1, n: 0, m: None }, Huge { id: 2, n: u64::MAX, m: Some(u64::MAX - 1) }]);
        assert_eq!(db.engine.scalar(select(Huge::id).filter(Huge::n.gt(i64::MAX as u64))).await?, 2);
        Ok(())
    }

    #[on(sqlite, postgres)]
    async fn unsigned_64_bit_integers_are_refused_where_there_are_none(db: Db) -> Result<()> {
        let made = db.create(metadata![Huge]).await;
        assert!(matches!(&made, Err(Error::Unsupported { .. })), "{made:?}");
        let read = db.engine.scalar(select(bind(u64::MAX))).await;
        assert!(matches!(&read, Err(Error::Bind { .. })), "{read:?}");
        Ok(())
    }

    async fn a_type_of_ones_own_is_a_column_like_any_other(db: Db) -> Result<()> {
        db.create(metadata![Painted]).await?;
        round_trip!(db, Painted, vec![Painted { id: 1, rgb: Rgb(1, 2, 255) }, Painted { id: 2, rgb: Rgb(255, 255, 255) }]);
        Ok(())
    }
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "priced")]
struct Priced {
    #[orm(primary_key)]
    id: i64,
    #[orm(precision = 10, scale = 2)]
    price: Decimal,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "ledgers")]
struct Ledger {
    #[orm(primary_key)]
    id: i64,
    balance: BigDecimal,
    maybe: Option<BigDecimal>,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "identified")]
struct Identified {
    #[orm(primary_key)]
    id: Uuid,
    other: Option<Uuid>,
}

#[derive(SqlEnum, Debug, Clone, Copy, Default, PartialEq)]
enum Mood {
    #[default]
    Happy,
    VerySad,
}

#[derive(SqlEnum, Debug, Clone, Copy, Default, PartialEq)]
#[orm(integer)]
enum Level {
    #[default]
    Low = 1,
    High = 10,
}

#[derive(SqlEnum, Debug, Clone, Copy, Default, PartialEq)]
#[orm(native = "colour")]
enum Colour {
    #[default]
    Red,
    DarkBlue,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "moody")]
struct Moody {
    #[orm(primary_key)]
    id: i64,
    mood: Mood,
    maybe: Option<Mood>,
    level: Level,
    colour: Colour,
    shade: Option<Colour>,
}

#[derive(SqlType, Debug, Clone, Copy, Default, PartialEq)]
struct AccountId(i64);

#[derive(SqlType, Debug, Clone, Default, PartialEq)]
struct Email(String);

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "accounts")]
struct Account {
    #[orm(primary_key)]
    id: AccountId,
    email: Email,
    #[orm(references = Account::id)]
    parent: Option<AccountId>,
}

#[derive(serde::Serialize, serde::Deserialize, Debug, Clone, Default, PartialEq)]
struct Settings {
    theme: String,
    sizes: Vec<u32>,
    nested: Option<Box<Settings>>,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "documents")]
struct Document {
    #[orm(primary_key)]
    id: i64,
    settings: Json<Settings>,
    raw: serde_json::Value,
    maybe: Option<Json<serde_json::Value>>,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "stamped")]
struct Stamped {
    #[orm(primary_key)]
    id: i64,
    #[orm(server_default = "CURRENT_TIMESTAMP")]
    created_at: Auto<DateTime<Utc>>,
    #[orm(server_default = "42")]
    number: Auto<Option<i32>>,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "huge")]
struct Huge {
    #[orm(primary_key)]
    id: i64,
    n: u64,
    m: Option<u64>,
}

/// A colour, kept as an integer.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rgb(u8, u8, u8);

impl orm_core::types::SqlType for Rgb {
    type Base = Self;
    type Null = orm_core::types::NotNull;
    const KIND: orm_core::types::Kind = orm_core::types::Kind::I32;

    fn sql_type() -> orm_core::types::Type {
        orm_core::types::Type::Integer
    }

    fn to_value(&self) -> Value {
        Value::I32(i32::from_be_bytes([0, self.0, self.1, self.2]))
    }

    fn decode(row: &dyn orm_core::types::Row, index: usize) -> Result<Option<Self>, DecodeError> {
        let Some(n) = row.i64(index)? else { return Ok(None) };
        let [0, 0, 0, 0, 0, r, g, b] = n.to_be_bytes() else {
            return Err(DecodeError::Invalid(format!("{n} is not a colour")));
        };
        Ok(Some(Rgb(r, g, b)))
    }
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "painted")]
struct Painted {
    #[orm(primary_key)]
    id: i64,
    rgb: Rgb,
}

#[allow(dead_code)]
fn every_model_is_debug<M: Model + Debug>() {}
