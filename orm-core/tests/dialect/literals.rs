use super::*;
use orm_core::dialect::literal;
use orm_core::types::Kind;

#[track_caller]
fn literals(value: Value, expected: &[&str]) {
    let order = [Dialect::Sqlite, Dialect::Postgres, Dialect::MariaDb, Dialect::MySql];
    for (n, dialect) in order.into_iter().enumerate() {
        let found = literal(&value, dialect).unwrap_or_else(|error| error.to_string());
        assert_eq!(found, expected[n.min(expected.len() - 1)], "{value:?} on {dialect}");
    }
}

#[test]
fn every_kind_of_value() {
    literals(Value::Null(Kind::Text), &["NULL"]);
    literals(Value::Bool(true), &["1", "TRUE"]);
    literals(Value::I64(-5), &["-5"]);
    literals(Value::F64(1.0), &["1.0", "1.0", "1e0"]);
    literals(
        Value::F64(f64::INFINITY),
        &[
            "9e999",
            "CAST('Infinity' AS DOUBLE PRECISION)",
            "the value inf can't be sent to MariaDB: it has no NaN and no infinities",
            "the value inf can't be sent to MySQL: it has no NaN and no infinities",
        ],
    );
    literals(Value::Text("it's".into()), &["'it''s'"]);
    literals(Value::Text(r"a\'b".into()), &[r"'a\''b'", r"E'a\\''b'", r"'a\\''b'"]);
    literals(
        Value::Text("a\0".into()),
        &[
            "CAST(x'6100' AS TEXT)",
            "the value \"a\\0\" can't be sent to PostgreSQL: its text can't hold U+0000",
            r"'a\0'",
        ],
    );
    literals(Value::Bytes(vec![0, 255]), &["x'00ff'", "decode('00ff', 'hex')", "x'00ff'"]);
    let uuid = "'000102030405060708090a0b0c0d0e0f'";
    literals(
        Value::Uuid([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
        &[&format!("x{uuid}"), &format!("CAST({uuid} AS UUID)"), &format!("CAST({uuid} AS UUID)"), &format!("x{uuid}")],
    );
    literals(Value::Decimal("-012.50".into()), &["'-12.5'", "-012.50"]);
    literals(
        Value::Decimal("1; DROP".into()),
        &[
            "the value 1; DROP can't be sent to SQLite: it is not a decimal number in plain notation, such as -12.50",
            "the value 1; DROP can't be sent to PostgreSQL: it is not a decimal number in plain notation, such as -12.50",
            "the value 1; DROP can't be sent to MariaDB: it is not a decimal number in plain notation, such as -12.50",
            "the value 1; DROP can't be sent to MySQL: it is not a decimal number in plain notation, such as -12.50",
        ],
    );
    literals(
        Value::Json("{\"a\": 1}".into()),
        &["'{\"a\": 1}'", "CAST('{\"a\": 1}' AS JSONB)", "'{\"a\": 1}'", "CAST('{\"a\": 1}' AS JSON)"],
    );
    literals(Value::Enum { type_name: "mood", value: "sad".into() }, &["'sad'", "CAST('sad' AS mood)", "'sad'"]);
    literals(Value::Interval(TimeDelta::seconds(2)), &["2000000", "INTERVAL '2000000 microseconds'", "2000000"]);
}

#[test]
fn dates_and_times() {
    let day = NaiveDate::from_ymd_opt(2020, 1, 2).unwrap_or_default();
    let moment = day.and_hms_micro_opt(3, 4, 5, 6).unwrap_or_default();
    literals(Value::Date(day), &["'2020-01-02'", "DATE '2020-01-02'"]);
    literals(Value::Time(moment.time()), &["'03:04:05.000006'", "TIME '03:04:05.000006'"]);
    literals(Value::DateTime(moment), &["'2020-01-02 03:04:05.000006'", "TIMESTAMP '2020-01-02 03:04:05.000006'"]);
    literals(
        Value::Timestamp(moment.and_utc()),
        &[
            "'2020-01-02 03:04:05.000006'",
            "TIMESTAMPTZ '2020-01-02 03:04:05.000006+00'",
            "TIMESTAMP '2020-01-02 03:04:05.000006'",
        ],
    );
    let ides = NaiveDate::from_ymd_opt(-43, 3, 15).unwrap_or_default();
    assert_eq!(literal(&Value::Date(ides), Dialect::Postgres).unwrap_or_default(), "DATE '0044-03-15 BC'");
    assert!(literal(&Value::Date(ides), Dialect::MySql).is_err());
}

#[test]
fn a_statement_with_its_values_in_it() -> orm_core::Result<()> {
    let statement = select(User::id).filter(User::name.eq(r"it's \") & User::age.gt(-1)).limit(2);
    let expected = [
        r"SELECT id FROM users WHERE name = 'it''s \' AND age > -1 LIMIT 2",
        r"SELECT id FROM users WHERE name = E'it''s \\' AND age > -1 LIMIT 2",
        r"SELECT id FROM users WHERE name = 'it''s \\' AND age > -1 LIMIT 2",
    ];
    assert_eq!(statement.sql_with_literals(Dialect::Sqlite)?, expected[0]);
    assert_eq!(statement.sql_with_literals(Dialect::Postgres)?, expected[1]);
    assert_eq!(statement.sql_with_literals(Dialect::MariaDb)?, expected[2]);
    assert_eq!(statement.sql_with_literals(Dialect::MySql)?, expected[2]);
    let negative = select(-bind::<i32, _>(-5));
    assert_eq!(negative.sql_with_literals(Dialect::MySql)?, "SELECT -(-5)");
    Ok(())
}
