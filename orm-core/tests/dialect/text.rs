use super::*;

#[test]
fn named_binds() -> orm_core::Result<()> {
    let statement = text("SELECT :a, :b, :a").bind("a", 1).bind("b", "x");
    check(&statement, &["SELECT ?, ?, ?", "SELECT $1, $2, $1", "SELECT ?, ?, ?"]);
    let (one, x) = (Value::I32(1), Value::Text("x".into()));
    assert_eq!(statement.sql(Dialect::Sqlite)?.binds, [one.clone(), x.clone(), one.clone()]);
    assert_eq!(statement.sql(Dialect::Postgres)?.binds, [one, x]);
    // The last value of a name counts.
    assert_eq!(text("SELECT :a").bind("a", 1).bind("a", 2).sql(Dialect::Postgres)?.binds, [Value::I32(2)]);
    Ok(())
}

#[test]
fn colons_that_are_no_binds() {
    for text_ in [
        "SELECT x::int, '12:30 :no', \"a:b\", `c:d` -- :no\n, 1 /* :no */",
        "SELECT 'it''s :no', a[1:2], 'ü:x'",
        "SELECT 1 /* :no",
        "SELECT ':no",
    ] {
        same(&text(text_), text_);
    }
    same(&text(r"SELECT '\:' , a\:b"), r"SELECT '\:' , a:b");
    assert_eq!(sql(&text("SELECT $$ :no $$, $x$ $$ :no $x$, :a").bind("a", 1), Dialect::Postgres), {
        "SELECT $$ :no $$, $x$ $$ :no $x$, $1"
    });
    assert_eq!(sql(&text(r"SELECT E'\' :no', :a").bind("a", 1), Dialect::Postgres), r"SELECT E'\' :no', $1");
    assert_eq!(sql(&text(r"SELECT '\' :no', :a # :no").bind("a", 1), Dialect::MySql), r"SELECT '\' :no', ? # :no");
    assert_eq!(sql(&text(r"SELECT '\', :a").bind("a", 1), Dialect::Postgres), r"SELECT '\', $1");
    assert_eq!(sql(&text("SELECT a LIKE'x' || :a").bind("a", "b"), Dialect::Postgres), "SELECT a LIKE'x' || $1");
}

#[test]
fn comments_are_those_of_the_database() {
    let nested = text("SELECT /* a /* b */ :a */ 1").bind("a", 1);
    assert_eq!(sql(&nested, Dialect::Sqlite), "SELECT /* a /* b */ ? */ 1");
    assert_eq!(
        sql(&nested, Dialect::Postgres),
        "the statement is wrong: `:a` has a value, but the text does not have it"
    );
    // Without a space it is a double minus.
    assert_eq!(sql(&text("SELECT 1--:a").bind("a", 1), Dialect::MySql), "SELECT 1--?");
    assert_eq!(sql(&text("SELECT 1--:a"), Dialect::Postgres), "SELECT 1--:a");
}

#[test]
fn names_without_values_and_values_without_names() {
    same(
        &text("SELECT :a, :b, :a"),
        "the statement is wrong: the text has `:a`, `:b`, which no `.bind(…)` gives a value; a colon that is meant as it is \
         is `\\:`",
    );
    same(
        &text("SELECT :a").bind("a", 1).bind("c", 1),
        "the statement is wrong: `:c` has a value, but the text does not have it",
    );
    let message = sql(&text("SELECT :a").bind("a", User::id), Dialect::Sqlite);
    assert!(message.starts_with("the statement is wrong: `:a` takes a value, not the expression"), "{message}");
}
