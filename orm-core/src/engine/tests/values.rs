//! Every value there and back, and those that are refused.

use super::{Db, everywhere};
use crate::engine::Connection;
use crate::error::Error;
use crate::types::{DecodeError, Dialect, Kind, Row, Value};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// The column type for values of a kind.
fn column(dialect: Dialect, kind: Kind) -> &'static str {
    use Dialect::{MariaDb, MySql, Postgres, Sqlite};
    match (kind, dialect) {
        (Kind::Bool, Sqlite) => "INTEGER",
        (Kind::Bool, _) => "BOOLEAN",
        (Kind::I16, _) => "SMALLINT",
        (Kind::I32, _) => "INTEGER",
        (Kind::I64, _) => "BIGINT",
        (Kind::U64, MySql | MariaDb) => "BIGINT UNSIGNED",
        (Kind::U64, _) => "BIGINT",
        (Kind::F32, MySql | MariaDb) => "FLOAT",
        (Kind::F32, _) => "REAL",
        (Kind::F64, Postgres) => "DOUBLE PRECISION",
        (Kind::F64, _) => "DOUBLE",
        (Kind::Text, MySql | MariaDb) => "LONGTEXT",
        (Kind::Text | Kind::Enum(_), _) => "TEXT",
        (Kind::Bytes, Postgres) => "BYTEA",
        (Kind::Bytes, MySql | MariaDb) => "LONGBLOB",
        (Kind::Bytes, Sqlite) => "BLOB",
        (Kind::Date, Sqlite) => "TEXT",
        (Kind::Date, _) => "DATE",
        (Kind::Time, Sqlite) => "TEXT",
        (Kind::Time, Postgres) => "TIME",
        (Kind::Time, _) => "TIME(6)",
        (Kind::DateTime | Kind::Timestamp, Sqlite) => "TEXT",
        (Kind::DateTime, Postgres) => "TIMESTAMP",
        (Kind::Timestamp, Postgres) => "TIMESTAMPTZ",
        (Kind::DateTime | Kind::Timestamp, _) => "DATETIME(6)",
        (Kind::Interval, Postgres) => "INTERVAL",
        (Kind::Interval, _) => "BIGINT",
        (Kind::Uuid, Postgres | MariaDb) => "UUID",
        (Kind::Uuid, MySql) => "BINARY(16)",
        (Kind::Uuid, Sqlite) => "BLOB",
        (Kind::Decimal, Postgres) => "NUMERIC",
        (Kind::Decimal, MySql | MariaDb) => "DECIMAL(65, 28)",
        (Kind::Decimal, Sqlite) => "TEXT",
        (Kind::Json, Postgres) => "JSONB",
        (Kind::Json, MySql | MariaDb) => "JSON",
        (Kind::Json, Sqlite) => "TEXT",
    }
}

fn read(row: &dyn Row, index: usize, kind: Kind) -> Result<Value, DecodeError> {
    fn value<T>(read: Option<T>, kind: Kind, make: impl FnOnce(T) -> Value) -> Value {
        read.map_or(Value::Null(kind), make)
    }
    Ok(match kind {
        Kind::Bool => value(row.bool(index)?, kind, Value::Bool),
        Kind::I16 | Kind::I32 | Kind::I64 => value(row.i64(index)?, kind, Value::I64),
        Kind::U64 => value(row.u64(index)?, kind, Value::U64),
        Kind::F32 => value(row.f64(index)?, kind, |v| Value::F32(v as f32)),
        Kind::F64 => value(row.f64(index)?, kind, Value::F64),
        Kind::Text => value(row.text(index)?, kind, |v| Value::Text(v.into_owned())),
        Kind::Bytes => value(row.bytes(index)?, kind, |v| Value::Bytes(v.into_owned())),
        Kind::Date => value(row.date(index)?, kind, Value::Date),
        Kind::Time => value(row.time(index)?, kind, Value::Time),
        Kind::DateTime => value(row.datetime(index)?, kind, Value::DateTime),
        Kind::Timestamp => value(row.timestamp(index)?, kind, Value::Timestamp),
        Kind::Interval => value(row.interval(index)?, kind, Value::Interval),
        Kind::Uuid => value(row.uuid(index)?, kind, Value::Uuid),
        Kind::Decimal => value(row.decimal(index)?, kind, |v| Value::Decimal(v.into_owned())),
        Kind::Json => value(row.json(index)?, kind, |v| Value::Json(v.into_owned())),
        Kind::Enum(_) => unreachable!(),
    })
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn moment(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

/// Values that all four databases keep.
fn common() -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let decimal = |text: &str| Value::Decimal(text.to_owned());
    let mut values = vec![Value::Bool(true), Value::Bool(false)];
    values.extend([i16::MIN, -1, 0, i16::MAX].map(Value::I16));
    values.extend([i32::MIN, i32::MAX].map(Value::I32));
    values.extend([i64::MIN, i64::MAX, 1 << 53].map(Value::I64));
    values.extend([0, i64::MAX as u64].map(Value::U64));
    values.extend([f32::MIN, f32::MAX, f32::MIN_POSITIVE, 0.1, 0.0].map(Value::F32));
    values.extend([f64::MIN, f64::MAX, f64::MIN_POSITIVE, 0.1, 1.0 / 3.0, 9_007_199_254_740_993.0].map(Value::F64));
    values.extend(["", " ", "plain", "it's \"so\" \\ `x`", "ünïcödé 🦀", "a\nb\tc", "NULL"].map(text));
    values.push(text(&"long ".repeat(20_000)));
    values
        .extend([vec![], vec![0], vec![0, 255, 39, 92], (0..=255).collect::<Vec<u8>>().repeat(300)].map(Value::Bytes));
    values.extend(
        ["0001-01-01", "1000-01-01", "1969-12-31", "2000-02-29", "9999-12-31"].map(|text| Value::Date(date(text))),
    );
    values.extend(
        ["00:00:00", "12:34:56.789012", "23:59:59.999999", "01:02:03"].map(|text| Value::Time(text.parse().unwrap())),
    );
    let moments = [
        "0001-01-01T00:00:00",
        "1969-12-31T23:59:59.999999",
        "2020-01-02T03:04:05.000006",
        "9999-12-31T23:59:59.999999",
    ];
    values.extend(moments.map(|text| Value::DateTime(moment(text))));
    values.extend(moments.map(|text| Value::Timestamp(moment(text).and_utc())));
    values.push(Value::Timestamp("2020-06-01T12:00:00+05:30".parse::<DateTime<Utc>>().unwrap()));
    let spans = [TimeDelta::zero(), -TimeDelta::microseconds(1), TimeDelta::days(-40_000), TimeDelta::hours(1_000)];
    values.extend(spans.map(Value::Interval));
    values.extend([i64::MAX, i64::MIN + 1].map(|micros| Value::Interval(TimeDelta::microseconds(micros))));
    values.extend([[0; 16], [255; 16], *b"0123456789abcdef"].map(Value::Uuid));
    values.extend(["0", "-0.5", "12.50", "100", "0.0000000000000000000000000001"].map(decimal));
    values.extend(
        ["79228162514264337593543950335", "-7.9228162514264337593543950335", "123456789012345678901234567890.5"]
            .map(decimal),
    );
    values.extend(
        ["null", "true", "[]", "1.5", "\"x\"", "{\"a\": [1, \"ü\", null]}", "\"\\\\u0000\""]
            .map(|text| Value::Json(text.into())),
    );
    values
}

/// Values that some keep; the others refuse them.
fn particular(dialect: Dialect) -> (Vec<Value>, Vec<Value>) {
    use Dialect::{MariaDb, MySql, Postgres, Sqlite};
    let cases: Vec<(Value, &[Dialect])> = vec![
        (Value::U64(u64::MAX), &[MySql, MariaDb]),
        (Value::F64(f64::NAN), &[Postgres]),
        (Value::F32(f32::NAN), &[Postgres]),
        (Value::F64(f64::INFINITY), &[Sqlite, Postgres]),
        (Value::F64(f64::NEG_INFINITY), &[Sqlite, Postgres]),
        (Value::F32(f32::INFINITY), &[Sqlite, Postgres]),
        (Value::Text("a\0b".into()), &[Sqlite, MySql, MariaDb]),
        (Value::Json("\"\\u0000\"".into()), &[Sqlite, MySql, MariaDb]),
        (Value::Date(date("0000-01-01")), &[Sqlite, Postgres]),
        (Value::Date(date("-4713-11-24")), &[Postgres]),
        (Value::Date(date("-4713-11-23")), &[]),
        (Value::Date(date("-4714-12-31")), &[]),
        (Value::Date(date("+10000-01-01")), &[Postgres]),
        (Value::Date(NaiveDate::MAX), &[Postgres]),
        (Value::DateTime(NaiveDate::MAX.and_hms_opt(23, 59, 59).unwrap()), &[Postgres]),
        (Value::Timestamp(date("-4713-11-24").and_time(NaiveTime::MIN).and_utc()), &[Postgres]),
        (Value::Timestamp(DateTime::<Utc>::MIN_UTC), &[]),
        (Value::Timestamp(DateTime::<Utc>::from_timestamp(0, 1).unwrap()), &[]),
        (Value::Interval(TimeDelta::nanoseconds(1)), &[]),
        (Value::Interval(TimeDelta::MAX), &[]),
        (Value::Decimal("1e9".into()), &[]),
        (Value::Decimal("NaN".into()), &[]),
        (Value::Invalid("no".into()), &[]),
    ];
    let (kept, refused): (Vec<_>, Vec<_>) = cases.into_iter().partition(|(_, by)| by.contains(&dialect));
    (kept.into_iter().map(|(value, _)| value).collect(), refused.into_iter().map(|(value, _)| value).collect())
}

async fn there_and_back(db: &Db, connection: &mut Connection, value: &Value) {
    let kind = value.kind().unwrap();
    let table = format!("t_{}", format!("{kind:?}").to_lowercase());
    let n = match number_of_rows(connection, &table).await {
        Some(n) => n,
        None => {
            let column = column(db.dialect(), kind);
            connection.batch(format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY, v {column})")).await.unwrap();
            0
        }
    };
    let insert = db.statement(&format!("INSERT INTO {table} (id, v) VALUES (?, ?)"), [Value::I64(n), value.clone()]);
    connection.run(insert).await.unwrap_or_else(|error| panic!("{value}: {error}"));
    let mut got = None;
    let mut each = |row: &dyn Row| {
        got = Some(read(row, 0, kind));
        Ok(())
    };
    let select = db.statement(&format!("SELECT v FROM {table} WHERE id = ?"), [Value::I64(n)]);
    connection.fetch(select, &mut each).await.unwrap();
    let got = got.unwrap().unwrap_or_else(|error| panic!("{value} can't be read back: {error}"));
    match (value, &got) {
        // JSON is normalised by some: spaces, numbers.
        (Value::Json(a), Value::Json(b)) => assert_eq!(a.replace(' ', ""), b.replace(' ', "")),
        _ => assert_eq!(&got, value),
    }
}

async fn number_of_rows(connection: &mut Connection, table: &str) -> Option<i64> {
    super::number(connection, &format!("SELECT count(*) FROM {table}")).await.ok()
}

#[tokio::test]
async fn every_value_comes_back_as_it_was() {
    everywhere(async |db| {
        let mut connection = db.engine.acquire().await.unwrap();
        let (particular, _) = particular(db.dialect());
        for value in common().into_iter().chain(particular) {
            there_and_back(db, &mut connection, &value).await;
        }
        let kinds = [Kind::Bool, Kind::I16, Kind::I32, Kind::I64, Kind::F64, Kind::Text, Kind::Bytes, Kind::Date];
        let more = [Kind::Time, Kind::DateTime, Kind::Timestamp, Kind::Interval, Kind::Uuid, Kind::Decimal, Kind::Json];
        for kind in kinds.into_iter().chain(more) {
            there_and_back(db, &mut connection, &Value::Null(kind)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_database_cannot_keep_is_refused_before_it_is_sent() {
    everywhere(async |db| {
        let mut connection = db.engine.acquire().await.unwrap();
        let (_, refused) = particular(db.dialect());
        assert!(refused.len() >= 8);
        for value in refused {
            let shown = value.to_string();
            let log = db.engine.record();
            // Nothing is sent: the server would not know the table.
            let error = connection.run(db.statement("INSERT INTO nowhere VALUES (?)", [value])).await.unwrap_err();
            let Error::Bind { dialect, reason, .. } = &error else { panic!("{shown}: {error:?}") };
            assert_eq!(*dialect, db.dialect());
            assert!(!reason.is_empty());
            assert!(log.statements().is_empty());
        }
        let limit = db.engine.capabilities().max_binds();
        let binds = vec![Value::I64(1); limit + 1];
        let error = connection.run(db.statement("SELECT 1", binds)).await.unwrap_err();
        assert!(matches!(error, Error::TooManyBinds { count, limit: most, .. } if count == limit + 1 && most == limit));
        // The connection is none the worse for it.
        assert_eq!(super::number(&mut connection, "SELECT 1").await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn integers_are_read_at_any_width_and_others_refused_by_name() {
    everywhere(async |db| {
        let mut connection = db.engine.acquire().await.unwrap();
        let text = if matches!(db.dialect(), Dialect::MySql | Dialect::MariaDb) { "CHAR" } else { "TEXT" };
        let query = format!("SELECT 7, CAST(7.0 AS DECIMAL(10, 2)), CAST('x' AS {text}), 2.5, NULL");
        let mut each = |row: &dyn Row| {
            assert_eq!(row.len(), 5);
            assert_eq!(row.i64(0).unwrap(), Some(7));
            assert_eq!(row.u64(0).unwrap(), Some(7));
            assert_eq!(row.f64(0).unwrap(), Some(7.0));
            assert_eq!(row.i64(1).unwrap(), Some(7));
            assert_eq!(row.f64(1).unwrap(), Some(7.0));
            assert!(row.bool(0).is_err());
            assert_eq!(row.text(2).unwrap().as_deref(), Some("x"));
            assert_eq!(row.decimal(3).unwrap().as_deref(), Some("2.5"));
            assert!(row.i64(3).is_err());
            assert!(row.is_null(4).unwrap());
            assert_eq!(row.i64(4).unwrap(), None);
            assert_eq!(row.date(4).unwrap(), None);
            let mismatch = row.i64(2).unwrap_err();
            assert!(matches!(&mismatch, DecodeError::Mismatch { expected: "an integer", .. }), "{mismatch}");
            let mismatch = row.text(0).unwrap_err();
            assert!(matches!(&mismatch, DecodeError::Mismatch { expected: "text", .. }), "{mismatch}");
            assert!(matches!(row.i64(5).unwrap_err(), DecodeError::Missing { index: 5, len: 5 }));
            Ok(())
        };
        assert_eq!(connection.fetch(query, &mut each).await.unwrap(), 1);
    })
    .await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_types_of_its_own() {
    everywhere(async |db| {
        if db.dialect() != Dialect::Postgres {
            return;
        }
        let mut connection = db.engine.acquire().await.unwrap();
        connection.batch("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN positive AS integer CHECK (value > 0)").await.unwrap();
        let insert = db.statement(
            "SELECT CAST(? AS mood), CAST(5 AS positive), CAST('x' AS varchar(3)), CAST('y' AS char(2)), CAST('z' AS name), \
             CAST('{\"a\":1}' AS json), 7::oid, 'pg_class'::regclass, CAST(1.5 AS real)",
            [Value::Enum { type_name: "mood", value: "ok".into() }],
        );
        let mut each = |row: &dyn Row| {
            for (index, text) in [(0, "ok"), (2, "x"), (3, "y "), (4, "z"), (5, "{\"a\":1}")] {
                assert_eq!(row.text(index).unwrap().as_deref(), Some(text));
            }
            assert_eq!(row.i64(1).unwrap(), Some(5));
            assert_eq!(row.i64(6).unwrap(), Some(7));
            assert_eq!(row.i64(7).unwrap(), Some(1259));
            assert_eq!(row.decimal(8).unwrap().as_deref(), Some("1.5"));
            Ok(())
        };
        assert_eq!(connection.fetch(insert, &mut each).await.unwrap(), 1);
        let infinite = "SELECT 'infinity'::timestamptz, '-infinity'::date, '24:00'::time, '1 month'::interval, 'NaN'::numeric, '1 day'::interval";
        let mut each = |row: &dyn Row| {
            assert!(row.timestamp(0).is_err());
            assert!(row.date(1).is_err());
            assert!(row.time(2).is_err());
            assert!(row.interval(3).is_err());
            assert!(row.decimal(4).is_err());
            assert_eq!(row.interval(5).unwrap(), Some(TimeDelta::days(1)));
            Ok(())
        };
        connection.fetch(infinite, &mut each).await.unwrap();
        // One text, with binds of different types.
        for value in [Value::I32(1), Value::I64(1), Value::Text("1".into()), Value::I32(1), Value::Bool(true)] {
            let kind = value.kind().unwrap();
            let mut each = |row: &dyn Row| {
                assert_eq!(read(row, 0, kind).unwrap(), value);
                Ok(())
            };
            connection.fetch(db.statement("SELECT ?", [value.clone()]), &mut each).await.unwrap();
        }
    })
    .await;
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn zero_dates_are_errors_and_not_null() {
    everywhere(async |db| {
        if !matches!(db.dialect(), Dialect::MySql | Dialect::MariaDb) {
            return;
        }
        let mut connection = db.engine.acquire().await.unwrap();
        connection.batch("SET sql_mode = ''; CREATE TABLE z (d DATE, m DATETIME); INSERT INTO z VALUES ('0000-00-00', '2020-00-01')").await.unwrap();
        let mut each = |row: &dyn Row| {
            assert!(!row.is_null(0).unwrap());
            for error in [row.date(0).unwrap_err(), row.datetime(1).unwrap_err()] {
                assert!(error.to_string().contains("zero date"), "{error}");
            }
            Ok(())
        };
        assert_eq!(connection.fetch("SELECT d, m FROM z", &mut each).await.unwrap(), 1);
    })
    .await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_keeps_what_sorts_and_reads_what_others_wrote() {
    everywhere(async |db| {
        if db.dialect() != Dialect::Sqlite {
            return;
        }
        let mut connection = db.engine.acquire().await.unwrap();
        let binds = [
            Value::Timestamp("2020-01-02T03:04:05.000006Z".parse().unwrap()),
            Value::Date(date("0900-01-02")),
            Value::Decimal("0012.5000".into()),
            Value::Uuid([7; 16]),
            Value::Interval(TimeDelta::seconds(-1)),
            Value::Bool(true),
        ];
        let mut each = |row: &dyn Row| {
            assert_eq!(row.text(0).unwrap().as_deref(), Some("2020-01-02 03:04:05.000006"));
            assert_eq!(row.text(1).unwrap().as_deref(), Some("0900-01-02"));
            assert_eq!(row.text(2).unwrap().as_deref(), Some("12.5"));
            assert_eq!(row.bytes(3).unwrap().as_deref(), Some(&[7; 16][..]));
            assert_eq!(row.i64(4).unwrap(), Some(-1_000_000));
            assert_eq!(row.i64(5).unwrap(), Some(1));
            Ok(())
        };
        connection.fetch(db.statement("SELECT ?, ?, ?, ?, ?, ?", binds), &mut each).await.unwrap();
        let others = "SELECT CURRENT_TIMESTAMP, '2020-01-02T03:04:05Z', 1.10, 3.0, 1577966400, '00112233-4455-6677-8899-aabbccddeeff', 'zzz'";
        let mut each = |row: &dyn Row| {
            assert!(row.timestamp(0).unwrap().is_some());
            assert_eq!(row.timestamp(1).unwrap(), Some("2020-01-02T03:04:05Z".parse().unwrap()));
            assert_eq!(row.decimal(2).unwrap().as_deref(), Some("1.1"));
            assert_eq!(row.i64(3).unwrap(), Some(3));
            assert!(matches!(row.timestamp(4).unwrap_err(), DecodeError::Mismatch { .. }));
            assert_eq!(row.uuid(5).unwrap().unwrap()[1], 0x11);
            assert!(row.decimal(6).is_err());
            Ok(())
        };
        connection.fetch(others, &mut each).await.unwrap();
    })
    .await;
}
