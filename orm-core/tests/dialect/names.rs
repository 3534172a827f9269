use super::*;
use orm_core::dialect::quote;

#[test]
fn names_are_quoted_where_they_must_be() {
    // Name, SQLite, PostgreSQL, MariaDB, MySQL.
    for [name, sqlite, postgres, mariadb, mysql] in [
        ["users", "users", "users", "users", "users"],
        ["user", "user", "\"user\"", "user", "user"],
        ["order", "\"order\"", "\"order\"", "`order`", "`order`"],
        ["key", "key", "key", "`key`", "`key`"],
        ["rank", "rank", "rank", "rank", "`rank`"],
        ["returning", "\"returning\"", "\"returning\"", "`returning`", "returning"],
        ["User", "\"User\"", "\"User\"", "`User`", "`User`"],
        ["two words", "\"two words\"", "\"two words\"", "`two words`", "`two words`"],
        ["a\"b`c", "\"a\"\"b`c\"", "\"a\"\"b`c\"", "`a\"b``c`", "`a\"b``c`"],
        ["2nd", "\"2nd\"", "\"2nd\"", "`2nd`", "`2nd`"],
        ["über", "\"über\"", "\"über\"", "`über`", "`über`"],
        ["", "\"\"", "\"\"", "``", "``"],
        ["_x1", "_x1", "_x1", "_x1", "_x1"],
    ] {
        assert_eq!(quote(name, Dialect::Sqlite), sqlite);
        assert_eq!(quote(name, Dialect::Postgres), postgres);
        assert_eq!(quote(name, Dialect::MariaDb), mariadb);
        assert_eq!(quote(name, Dialect::MySql), mysql);
    }
}

#[test]
fn statements_quote_tables_columns_aliases_and_labels() {
    check(
        &select(Order::choice).filter(Order::id.gt(1)),
        &[
            r#"SELECT "select" FROM shop."Order" WHERE id > ?"#,
            r#"SELECT "select" FROM shop."Order" WHERE id > $1"#,
            "SELECT `select` FROM shop.`Order` WHERE id > ?",
        ],
    );
    let o = alias(Order, "group");
    check(
        &select(o.get(Order::choice).label("Mixed Case")).order_by(o.get(Order::id)),
        &[
            r#"SELECT "select" AS "Mixed Case" FROM shop."Order" AS "group" ORDER BY id"#,
            r#"SELECT "select" AS "Mixed Case" FROM shop."Order" AS "group" ORDER BY id"#,
            "SELECT `select` AS `Mixed Case` FROM shop.`Order` AS `group` ORDER BY id",
        ],
    );
}
