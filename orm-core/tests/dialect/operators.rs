use super::*;
use orm_core::query::Selection;

/// An expression of users, as SQLite, PostgreSQL, MariaDB and MySQL write it.
#[track_caller]
pub(super) fn item<S: Selection>(selection: S, expected: &[&str])
where
    S::Row: 'static,
{
    let statement = select::<S, S::Row, S::Keyed>(selection);
    let whole: Vec<String> = expected.iter().map(|text| format!("SELECT {text} FROM users")).collect();
    check(&statement, &whole.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn arithmetic() {
    item(User::age + 1, &["age + ?", "age + $1", "age + ?"]);
    item(-User::age, &["-age"]);
    item(-(-User::age), &["-(-age)"]);
    item(-(User::age + User::age), &["-(age + age)"]);
    item(User::age - (User::age - User::age), &["age - (age - age)"]);
    item((User::age - User::age) - User::age, &["age - age - age"]);
    item((User::age + User::age) * User::age, &["(age + age) * age"]);
    item(User::age + User::age * User::age, &["age + age * age"]);
    item(User::age * (User::age % User::age), &["age * (age % age)"]);
    // Integer division on every database, division with a fraction on every database.
    item(User::age / User::age, &["age / age", "age / age", "age DIV age"]);
    item(User::score / User::score, &["CAST(score AS REAL) / score", "score / score"]);
    item(
        User::score / User::score / User::score,
        &["CAST(CAST(score AS REAL) / score AS REAL) / score", "score / score / score"],
    );
    item(
        User::score % User::score,
        &[
            "(score - score * CAST(CAST(score AS REAL) / score AS INTEGER))",
            "CAST(CAST(score AS NUMERIC) % CAST(score AS NUMERIC) AS DOUBLE PRECISION)",
            "score % score",
        ],
    );
}

#[test]
fn concatenation() {
    item(
        User::name.concat(" ").concat(User::name),
        &["name || ? || name", "name || $1 || name", "concat(name, ?, name)"],
    );
    item(User::name.concat(User::name).eq("x"), &["name || name = ?", "name || name = $1", "concat(name, name) = ?"]);
}

#[test]
fn cases() {
    item(
        case_().when(User::age.lt(18), "young").when(User::age.lt(60), "old").else_("very old"),
        &[
            "CASE WHEN age < ? THEN ? WHEN age < ? THEN ? ELSE ? END",
            "CASE WHEN age < $1 THEN $2 WHEN age < $3 THEN $4 ELSE $5 END",
            "CASE WHEN age < ? THEN ? WHEN age < ? THEN ? ELSE ? END",
        ],
    );
    item(
        case_of(User::age).when(1, 10).end(),
        &["CASE age WHEN ? THEN ? END", "CASE age WHEN $1 THEN $2 END", "CASE age WHEN ? THEN ? END"],
    );
}

#[test]
fn casts() {
    item(User::age.cast::<String>(), &["CAST(age AS TEXT)", "CAST(age AS TEXT)", "CAST(age AS CHAR)"]);
    item(User::name.cast::<i64>(), &["CAST(name AS INTEGER)", "CAST(name AS BIGINT)", "CAST(name AS SIGNED)"]);
    item(User::name.cast::<u32>(), &["CAST(name AS INTEGER)", "CAST(name AS BIGINT)", "CAST(name AS UNSIGNED)"]);
    item(User::age.cast::<f64>(), &["CAST(age AS REAL)", "CAST(age AS DOUBLE PRECISION)", "CAST(age AS DOUBLE)"]);
    item(User::age.cast::<bool>(), &["age <> 0"]);
    item(User::age.cast::<bool>().eq(true), &["(age <> 0) = ?", "(age <> 0) = $1", "(age <> 0) = ?"]);
    item(User::name.cast::<bool>(), &["name <> 0", "CAST(name AS BOOLEAN)", "name <> 0"]);
    item(User::name.cast::<NaiveDate>(), &["date(name)", "CAST(name AS DATE)", "CAST(name AS DATE)"]);
    item(
        User::name.cast::<NaiveDateTime>(),
        &["strftime('%Y-%m-%d %H:%M:%f', name) || '000'", "CAST(name AS TIMESTAMP)", "CAST(name AS DATETIME(6))"],
    );
    item(User::name.cast::<Vec<u8>>(), &["CAST(name AS BLOB)", "CAST(name AS BYTEA)", "CAST(name AS BINARY)"]);
}

#[cfg(feature = "uuid")]
#[test]
fn a_cast_that_a_database_lacks_is_an_error() {
    check(
        &select(User::name.cast::<Uuid>()),
        &[
            "SQLite has no CAST to a UUID",
            "SELECT CAST(name AS UUID) FROM users",
            "SELECT CAST(name AS UUID) FROM users",
            "MySQL has no CAST to a UUID, which it keeps as 16 bytes",
        ],
    );
}
