use super::operators::item;
use super::*;
use orm_core::expr::DatePart;

#[test]
fn sums_and_averages_have_their_declared_type() {
    item(sum(User::age), &["sum(age)", "CAST(sum(age) AS BIGINT)", "CAST(sum(age) AS SIGNED)"]);
    item(sum(User::score), &["sum(score)"]);
    // AVG of integers keeps four digits only on MySQL and MariaDB.
    item(avg(User::age), &["avg(age)", "CAST(avg(age) AS DOUBLE PRECISION)", "avg(CAST(age AS DOUBLE))"]);
    item(avg(User::score), &["avg(score)"]);
    item(max(User::age), &["max(age)"]);
    item(count_distinct(User::age), &["count(DISTINCT age)"]);
    item(
        sum(User::age).distinct(),
        &["sum(DISTINCT age)", "CAST(sum(DISTINCT age) AS BIGINT)", "CAST(sum(DISTINCT age) AS SIGNED)"],
    );
}

#[test]
fn aggregates_over_some_rows() {
    item(
        count_all().filter(User::active),
        &["count(*) FILTER (WHERE active)", "count(*) FILTER (WHERE active)", "count(CASE WHEN active THEN 1 END)"],
    );
    check(
        &select(sum(User::age).filter(User::age.gt(1))),
        &[
            "SELECT sum(age) FILTER (WHERE age > ?) FROM users",
            "SELECT CAST(sum(age) FILTER (WHERE age > $1) AS BIGINT) FROM users",
            "SELECT CAST(sum(CASE WHEN age > ? THEN age END) AS SIGNED) FROM users",
        ],
    );
    check(
        &select(avg(User::age).filter(User::active)),
        &[
            "SELECT avg(age) FILTER (WHERE active) FROM users",
            "SELECT CAST(avg(age) FILTER (WHERE active) AS DOUBLE PRECISION) FROM users",
            "SELECT avg(CASE WHEN active THEN CAST(age AS DOUBLE) END) FROM users",
        ],
    );
    item(
        func::<String>("group_concat", User::name).order_by(User::age.desc()),
        &["group_concat(name ORDER BY age DESC)"],
    );
}

#[test]
fn functions_by_their_portable_names() {
    item(char_length(User::name), &["length(name)", "char_length(name)"]);
    item(lower(upper(trim(User::name))), &["lower(upper(trim(name)))"]);
    item(abs(User::age), &["abs(age)"]);
    item(coalesce(User::fullname, User::name), &["coalesce(fullname, name)"]);
    item(nullif(User::name, ""), &["nullif(name, ?)", "nullif(name, $1)", "nullif(name, ?)"]);
    item(func::<i64>("my_function", (User::age, User::name)), &["my_function(age, name)"]);
    item(
        round(User::score, 2),
        &["round(score, ?)", "CAST(round(CAST(score AS NUMERIC), $1) AS DOUBLE PRECISION)", "round(score, ?)"],
    );
    item(round(User::age, 0), &["CAST(round(age, ?) AS INTEGER)", "CAST(round(age, $1) AS BIGINT)", "round(age, ?)"]);
    check(
        &select(current_timestamp()),
        &[
            "SELECT (strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')",
            "SELECT CURRENT_TIMESTAMP",
            "SELECT CURRENT_TIMESTAMP(6)",
        ],
    );
    check(&select(current_date()), &["SELECT CURRENT_DATE"]);
}

#[test]
fn parts_of_dates() {
    check(
        &select(extract(DatePart::Year, Order::at).label("year")),
        &[
            r#"SELECT CAST(strftime('%Y', at) AS INTEGER) AS year FROM shop."Order""#,
            r#"SELECT CAST(EXTRACT(YEAR FROM at) AS BIGINT) AS year FROM shop."Order""#,
            "SELECT EXTRACT(YEAR FROM at) AS year FROM shop.`Order`",
        ],
    );
    check(
        &select(extract(DatePart::Second, Order::at)),
        &[
            r#"SELECT CAST(strftime('%S', at) AS INTEGER) FROM shop."Order""#,
            r#"SELECT CAST(trunc(EXTRACT(SECOND FROM at)) AS BIGINT) FROM shop."Order""#,
            "SELECT EXTRACT(SECOND FROM at) FROM shop.`Order`",
        ],
    );
}

#[test]
fn windows() {
    item(
        row_number().over(window().partition_by(User::active).order_by(User::age.desc())),
        &["row_number() OVER (PARTITION BY active ORDER BY age DESC)"],
    );
    item(
        sum(User::age).over(window().order_by(User::id).rows(-2..=0)),
        &[
            "sum(age) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
            "CAST(sum(age) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS BIGINT)",
            "CAST(sum(age) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS SIGNED)",
        ],
    );
    item(
        count(User::id).over(window().rows(..)),
        &["count(id) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"],
    );
    item(
        rank().over(window().order_by(User::fullname.asc().nulls_last())),
        &[
            "rank() OVER (ORDER BY fullname NULLS LAST)",
            "rank() OVER (ORDER BY fullname NULLS LAST)",
            "rank() OVER (ORDER BY fullname IS NULL, fullname)",
        ],
    );
    item(lag(User::age, 1).over(window().order_by(User::id)), &["lag(age, 1) OVER (ORDER BY id)"]);
    check(
        &select(count_all().over(window().order_by(User::id).groups(-1..=3))),
        &[
            "SELECT count(*) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 3 FOLLOWING) FROM users",
            "SELECT count(*) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 3 FOLLOWING) FROM users",
            "MariaDB has no GROUPS in a window; use `rows` or `range`",
            "MySQL has no GROUPS in a window; use `rows` or `range`",
        ],
    );
}
