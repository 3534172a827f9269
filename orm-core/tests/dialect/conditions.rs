use super::*;
use orm_core::expr::{Expr, Node};

/// A condition on users, as SQLite, PostgreSQL, MariaDB and MySQL write it.
#[track_caller]
fn where_(condition: impl Condition, expected: &[&str]) {
    let statement = select(User::id).filter(condition);
    let prefixed: Vec<String> = expected.iter().map(|text| format!("SELECT id FROM users WHERE {text}")).collect();
    check(&statement, &prefixed.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn comparisons() {
    where_(User::age.eq(1), &["age = ?", "age = $1", "age = ?"]);
    where_(User::age.ne(1), &["age <> ?", "age <> $1", "age <> ?"]);
    where_(User::fullname.eq(None::<String>), &["fullname IS NULL"]);
    where_(User::fullname.ne(None::<String>), &["fullname IS NOT NULL"]);
    where_(User::fullname.is_not(None), &["fullname IS NOT NULL"]);
    where_(
        User::fullname.is(Some("x".into())),
        &["fullname IS ?", "fullname IS NOT DISTINCT FROM $1", "fullname <=> ?"],
    );
    where_(
        User::fullname.is_distinct_from(User::name),
        &["fullname IS NOT name", "fullname IS DISTINCT FROM name", "NOT (fullname <=> name)"],
    );
    where_(User::age.between(1, 5), &["age BETWEEN ? AND ?", "age BETWEEN $1 AND $2", "age BETWEEN ? AND ?"]);
    where_(
        !User::age.between(1, 5),
        &["NOT age BETWEEN ? AND ?", "NOT age BETWEEN $1 AND $2", "NOT age BETWEEN ? AND ?"],
    );
}

#[test]
fn booleans() {
    where_(User::active, &["active"]);
    where_(!User::active, &["NOT active"]);
    where_(true, &["TRUE"]);
    where_(User::active.eq(true), &["active = ?", "active = $1", "active = ?"]);
    where_(or_([User::active.eq(true)]), &["active = ?", "active = $1", "active = ?"]);
    where_(and_(Vec::<Expr<bool>>::new()), &["TRUE"]);
    where_(or_(Vec::<Expr<bool>>::new()), &["FALSE"]);
}

#[test]
fn parentheses_only_where_needed() {
    let (a, b, c) = (|| User::age.gt(1), || User::age.lt(2), || User::active.eq(true));
    let sqlite = |condition: Expr<bool>| {
        let text = sql(&select(User::id).filter(condition), Dialect::Sqlite);
        text.replace("SELECT id FROM users WHERE ", "").replace("active = ?", "c")
    };
    assert_eq!(sqlite(a() & b() & c()), "age > ? AND age < ? AND c");
    assert_eq!(sqlite(a() | b() | c()), "age > ? OR age < ? OR c");
    assert_eq!(sqlite(a() & b() | c()), "age > ? AND age < ? OR c");
    assert_eq!(sqlite(a() & (b() | c())), "age > ? AND (age < ? OR c)");
    assert_eq!(sqlite(!(a() & b())), "NOT (age > ? AND age < ?)");
    assert_eq!(sqlite(!a() & b()), "NOT age > ? AND age < ?");
    assert_eq!(sqlite(a().eq(c())), "(age > ?) = (c)");
    assert_eq!(sqlite((a() | b()).eq(true)), "(age > ? OR age < ?) = ?");
    assert_eq!(sqlite((!a()).eq(true)), "(NOT age > ?) = ?");
    // Of several filters each is a part of an AND.
    assert_eq!(
        sql(&select(User::id).filter(a() | b()).filter(c()), Dialect::Sqlite),
        "SELECT id FROM users WHERE (age > ? OR age < ?) AND active = ?"
    );
    assert_eq!(
        sql(&select(User::id).filter(a() | b()).filter(true), Dialect::Sqlite),
        "SELECT id FROM users WHERE age > ? OR age < ?"
    );
    let raw = Expr::<bool>::from_node(Node::Raw("x = 1 or y = 2".into()));
    assert_eq!(sqlite(raw & c()), "(x = 1 or y = 2) AND c");
}

#[test]
fn in_lists() {
    where_(User::age.in_([1, 2]), &["age IN (?, ?)", "age IN ($1, $2)", "age IN (?, ?)"]);
    where_(User::age.not_in(vec![1]), &["age NOT IN (?)", "age NOT IN ($1)", "age NOT IN (?)"]);
    where_(!User::age.in_([1]), &["age NOT IN (?)", "age NOT IN ($1)", "age NOT IN (?)"]);
    // Of NULL too.
    where_(User::age.in_([0; 0]), &["FALSE"]);
    where_(User::age.not_in(Vec::<i32>::new()), &["TRUE"]);
    where_(User::age.in_([0; 0]).eq(true), &["FALSE = ?", "FALSE = $1", "FALSE = ?"]);
    where_(User::fullname.in_([User::name]), &["fullname IN (name)"]);
    let null = "the statement is wrong: NULL in the list of an IN: it equals nothing, and makes NOT IN match nothing; use \
                `.is(None)` beside it";
    same(&select(User::id).filter(User::fullname.in_([Some("a".to_owned()), None])), null);
}

#[test]
fn row_values() {
    where_(
        tuple_((User::age, User::name)).in_([(1, "a"), (2, "b")]),
        &[
            "(age, name) IN (SELECT * FROM (VALUES (?, ?), (?, ?)))",
            "(age, name) IN (($1, $2), ($3, $4))",
            "(age, name) IN ((?, ?), (?, ?))",
        ],
    );
    where_(
        tuple_((User::age, User::name)).gt((1, "a")),
        &["(age, name) > (?, ?)", "(age, name) > ($1, $2)", "(age, name) > (?, ?)"],
    );
    where_(tuple_((User::age, User::name)).in_(Vec::<(i32, &str)>::new()), &["FALSE"]);
    where_(
        tuple_((User::id, User::name)).in_(select((Address::user_id, Address::email))),
        &["(id, name) IN (SELECT user_id, email FROM addresses)"],
    );
    let null = "the statement is wrong: NULL in the list of an IN: it equals nothing, and makes NOT IN match nothing; use \
                `.is(None)` beside it";
    same(&select(User::id).filter(tuple_((User::id, User::fullname)).in_([(1, None::<String>)])), null);
}

/// The condition's text and its only bind.
#[track_caller]
fn like(condition: impl Condition, expected: [(&str, &str); 4]) {
    let statement = select(User::id).filter(condition);
    let order = [Dialect::Sqlite, Dialect::Postgres, Dialect::MariaDb, Dialect::MySql];
    for (dialect, (text, bind)) in order.into_iter().zip(expected) {
        let compiled = statement.sql(dialect).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(compiled.text, format!("SELECT id FROM users WHERE {text}"), "{dialect}");
        assert_eq!(compiled.binds, [Value::Text(bind.to_owned())], "{dialect}");
    }
}

#[test]
fn like_and_its_family() {
    let same_but_number = |text: &'static str, numbered: &'static str, bind: &'static str| {
        [(text, bind), (numbered, bind), (text, bind), (text, bind)]
    };
    like(User::name.like("s%"), same_but_number("name LIKE ?", "name LIKE $1", "s%"));
    like(!User::name.like("s%"), same_but_number("name NOT LIKE ?", "name NOT LIKE $1", "s%"));
    // The backslash is a character like any other on every database.
    like(
        User::name.like(r"a\%"),
        [("name LIKE ?", r"a\%"), ("name LIKE $1", r"a\\%"), ("name LIKE ?", r"a\\%"), ("name LIKE ?", r"a\\%")],
    );
    like(
        User::name.like("a#%").escape('#'),
        same_but_number("name LIKE ? ESCAPE '#'", "name LIKE $1 ESCAPE '#'", "a#%"),
    );
    like(
        User::name.like(r"a\%").escape('\\'),
        [
            (r"name LIKE ? ESCAPE '\'", r"a\%"),
            (r"name LIKE $1 ESCAPE E'\\'", r"a\%"),
            (r"name LIKE ? ESCAPE '\\'", r"a\%"),
            (r"name LIKE ? ESCAPE '\\'", r"a\%"),
        ],
    );
    like(
        User::name.contains("50%_/x"),
        same_but_number("name LIKE ? ESCAPE '/'", "name LIKE $1 ESCAPE '/'", "%50/%/_//x%"),
    );
    like(
        User::name.contains("50%").escape('!'),
        same_but_number("name LIKE ? ESCAPE '!'", "name LIKE $1 ESCAPE '!'", "%50!%%"),
    );
    like(User::name.startswith("a_"), same_but_number("name LIKE ? ESCAPE '/'", "name LIKE $1 ESCAPE '/'", "a/_%"));
    like(User::name.endswith("a_"), same_but_number("name LIKE ? ESCAPE '/'", "name LIKE $1 ESCAPE '/'", "%a/_"));
    like(
        User::name.ilike("S%"),
        [
            ("lower(name) LIKE lower(?)", "S%"),
            ("name ILIKE $1", "S%"),
            ("lower(name) LIKE lower(?)", "S%"),
            ("lower(name) LIKE lower(?)", "S%"),
        ],
    );
    like(
        User::name.icontains("%"),
        [
            ("lower(name) LIKE lower(?) ESCAPE '/'", "%/%%"),
            ("name ILIKE $1 ESCAPE '/'", "%/%%"),
            ("lower(name) LIKE lower(?) ESCAPE '/'", "%/%%"),
            ("lower(name) LIKE lower(?) ESCAPE '/'", "%/%%"),
        ],
    );
}

#[test]
fn patterns_that_are_expressions() {
    where_(
        User::name.like(User::fullname),
        &["name LIKE fullname", "name LIKE fullname ESCAPE ''", r"name LIKE replace(fullname, '\\', '\\\\')"],
    );
    where_(
        User::name.ilike(User::fullname),
        &[
            "lower(name) LIKE lower(fullname)",
            "name ILIKE fullname ESCAPE ''",
            r"lower(name) LIKE lower(replace(fullname, '\\', '\\\\'))",
        ],
    );
    where_(User::name.like(User::fullname).escape('#'), &["name LIKE fullname ESCAPE '#'"]);
    let replaced = "replace(replace(replace(fullname, '/', '//'), '%', '/%'), '_', '/_')";
    where_(
        User::name.contains(User::fullname),
        &[
            &format!("name LIKE '%' || {replaced} || '%' ESCAPE '/'"),
            &format!("name LIKE '%' || {replaced} || '%' ESCAPE '/'"),
            &format!("name LIKE concat('%', {replaced}, '%') ESCAPE '/'"),
        ],
    );
    where_(
        User::name.startswith(User::fullname),
        &[
            &format!("name LIKE {replaced} || '%' ESCAPE '/'"),
            &format!("name LIKE {replaced} || '%' ESCAPE '/'"),
            &format!("name LIKE concat({replaced}, '%') ESCAPE '/'"),
        ],
    );
}
