use super::*;
use orm_core::dialect::{Capabilities, compile_insert};
use orm_core::query::{InsertSource, InsertTree, Statement, Tree};

/// Rows of `(id, name)` or the like, as a session writes them.
fn rows(columns: &[u16], values: Vec<Option<Value>>) -> InsertTree {
    InsertTree {
        table: User::TABLE,
        columns: columns.to_vec(),
        source: InsertSource::Rows(values),
        conflict: None,
        returning: Vec::new(),
    }
}

/// The text for SQLite, PostgreSQL, MariaDB and MySQL, by both ways; or the error.
#[track_caller]
fn check_rows(tree: &InsertTree, expected: &[&str]) {
    let order = [Dialect::Sqlite, Dialect::Postgres, Dialect::MariaDb, Dialect::MySql];
    for (n, dialect) in order.into_iter().enumerate() {
        let capabilities = Capabilities::of(dialect);
        let text = |compiled: orm_core::Result<Compiled>| compiled.map_or_else(|error| error.to_string(), |c| c.text);
        let wanted = expected[n.min(expected.len() - 1)];
        assert_eq!(text(compile_insert(tree.clone(), &capabilities)), wanted, "moved, {dialect}");
        assert_eq!(text(orm_core::dialect::compile(Tree::Insert(tree), &capabilities)), wanted, "cloned, {dialect}");
    }
}

#[test]
fn values() {
    same(
        &insert(User).set(User::name, "ed").set(User::age, User::age.cast::<i32>()),
        "the statement is wrong: `User::age` is of User, which this statement does not read",
    );
    check(
        &insert(User).set(User::name, lower(bind::<String, _>("ED"))).set(User::age, 5),
        &[
            "INSERT INTO users (name, age) VALUES (lower(?), ?)",
            "INSERT INTO users (name, age) VALUES (lower($1), $2)",
            "INSERT INTO users (name, age) VALUES (lower(?), ?)",
        ],
    );
    check(
        &insert(User),
        &["INSERT INTO users DEFAULT VALUES", "INSERT INTO users DEFAULT VALUES", "INSERT INTO users () VALUES ()"],
    );
}

#[test]
fn many_rows() {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    check_rows(
        &rows(&[1, 3], vec![text("a"), Some(Value::I32(1)), text("b"), Some(Value::I32(2))]),
        &[
            "INSERT INTO users (name, age) VALUES (?, ?), (?, ?)",
            "INSERT INTO users (name, age) VALUES ($1, $2), ($3, $4)",
            "INSERT INTO users (name, age) VALUES (?, ?), (?, ?)",
        ],
    );
    // A key that the database numbers in some rows.
    check_rows(
        &rows(&[0, 1], vec![Some(Value::I64(7)), text("a"), None, text("b")]),
        &[
            "INSERT INTO users (id, name) VALUES (?, ?), (?, ?)",
            "INSERT INTO users (id, name) VALUES ($1, $2), (DEFAULT, $3)",
            "INSERT INTO users (id, name) VALUES (?, ?), (DEFAULT, ?)",
        ],
    );
    // In all rows.
    check_rows(
        &rows(&[0, 1], vec![None, text("a"), None, text("b")]),
        &[
            "INSERT INTO users (name) VALUES (?), (?)",
            "INSERT INTO users (id, name) VALUES (DEFAULT, $1), (DEFAULT, $2)",
            "INSERT INTO users (id, name) VALUES (DEFAULT, ?), (DEFAULT, ?)",
        ],
    );
    check_rows(
        &rows(&[1, 3], vec![text("a"), None, text("b"), Some(Value::I32(2))]),
        &[
            "SQLite has no DEFAULT among values: some rows of an INSERT into User leave User::age to the database and \
             others do not; insert them separately",
            "INSERT INTO users (name, age) VALUES ($1, DEFAULT), ($2, $3)",
            "INSERT INTO users (name, age) VALUES (?, DEFAULT), (?, ?)",
        ],
    );
    // A default that the model knows is written where DEFAULT is no value.
    let mut orders = rows(&[1, 3], vec![text("a"), None, text("b"), text("2020-01-01")]);
    orders.table = Order::TABLE;
    check_rows(
        &orders,
        &[
            r#"INSERT INTO shop."Order" ("select", made) VALUES (?, (CURRENT_TIMESTAMP)), (?, ?)"#,
            r#"INSERT INTO shop."Order" ("select", made) VALUES ($1, DEFAULT), ($2, $3)"#,
            "INSERT INTO shop.`Order` (`select`, made) VALUES (?, DEFAULT), (?, ?)",
        ],
    );
    check_rows(
        &rows(&[0], vec![None]),
        &[
            "INSERT INTO users DEFAULT VALUES",
            "INSERT INTO users (id) VALUES (DEFAULT)",
            "INSERT INTO users (id) VALUES (DEFAULT)",
        ],
    );
    check_rows(
        &rows(&[0, 3], vec![None, None, None, None]),
        &[
            "INSERT INTO users (id) VALUES (?), (?)",
            "INSERT INTO users (id, age) VALUES (DEFAULT, DEFAULT), (DEFAULT, DEFAULT)",
            "INSERT INTO users (id, age) VALUES (DEFAULT, DEFAULT), (DEFAULT, DEFAULT)",
        ],
    );
    check_rows(
        &rows(&[3], vec![None, None]),
        &[
            "SQLite has no INSERT of several rows of defaults only (into User); insert them separately",
            "INSERT INTO users (age) VALUES (DEFAULT), (DEFAULT)",
            "INSERT INTO users (age) VALUES (DEFAULT), (DEFAULT)",
        ],
    );
    check_rows(&rows(&[1, 3], vec![None]), &["the statement is wrong: an INSERT into User of 1 values for 2 columns"]);
}

#[test]
fn moved_values_are_the_binds() -> orm_core::Result<()> {
    let tree =
        rows(&[0, 1], vec![None, Some(Value::Text("a".into())), Some(Value::I64(2)), Some(Value::Text("b".into()))]);
    let compiled = compile_insert(tree, &Capabilities::of(Dialect::Sqlite))?;
    let expected =
        [Value::Null(orm_core::types::Kind::I64), Value::Text("a".into()), Value::I64(2), Value::Text("b".into())];
    assert_eq!(compiled.binds, expected);
    Ok(())
}

#[test]
fn from_a_select() {
    same(
        &insert(Address)
            .from_select((Address::email, Address::user_id), select((User::name, User::id)).filter(User::age.gt(1))),
        "INSERT INTO addresses (email, user_id) SELECT name, id FROM users WHERE age > ?",
    );
    let upsert = insert(Address)
        .from_select((Address::id, Address::email), select((User::id, User::name)))
        .on_conflict(Address::id)
        .do_update(|new| Address::email.to(new.get(Address::email)));
    check(
        &upsert,
        &[
            "INSERT INTO addresses (id, email) SELECT id, name FROM users WHERE TRUE ON CONFLICT (id) DO UPDATE SET email \
             = excluded.email",
            "INSERT INTO addresses (id, email) SELECT id, name FROM users WHERE TRUE ON CONFLICT (id) DO UPDATE SET email \
             = excluded.email",
            "INSERT INTO addresses (id, email) SELECT id, name FROM users ON DUPLICATE KEY UPDATE email = VALUES(email)",
            "INSERT INTO addresses (id, email) SELECT * FROM (SELECT id, name AS email FROM users) AS new ON DUPLICATE KEY \
             UPDATE email = new.email",
        ],
    );
}

#[test]
fn conflicts() {
    let one = || insert(User).set(User::name, "ed").set(User::age, 1);
    check(
        &one().on_conflict(User::name).do_nothing(),
        &[
            "INSERT INTO users (name, age) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
            "INSERT INTO users (name, age) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            "INSERT INTO users (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE name = users.name",
        ],
    );
    check(
        &one().on_any_conflict().do_nothing(),
        &[
            "INSERT INTO users (name, age) VALUES (?, ?) ON CONFLICT DO NOTHING",
            "INSERT INTO users (name, age) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            "INSERT INTO users (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE id = users.id",
        ],
    );
    // A column of the table itself is told apart from the new row's.
    check(
        &one()
            .on_conflict(User::name)
            .do_update(|new| (User::age.to(User::age + new.get(User::age)), User::score.to(0.5))),
        &[
            "INSERT INTO users (name, age) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET age = users.age + excluded.age, \
             score = ?",
            "INSERT INTO users (name, age) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET age = users.age + excluded.age, \
             score = $3",
            "INSERT INTO users (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE age = users.age + VALUES(age), score = ?",
            "INSERT INTO users (name, age) VALUES (?, ?) AS new ON DUPLICATE KEY UPDATE age = users.age + new.age, score = \
             ?",
        ],
    );
    // The condition of a partial index is compared with the index's, so it has no binds.
    check(
        &one()
            .on_conflict(User::name)
            .index_where(User::fullname.eq("x"))
            .update_where(|new| new.get(User::age).gt(User::age))
            .do_update(|_| User::age.to(2)),
        &[
            "INSERT INTO users (name, age) VALUES (?, ?) ON CONFLICT (name) WHERE fullname = 'x' DO UPDATE SET age = ? \
             WHERE excluded.age > users.age",
            "INSERT INTO users (name, age) VALUES ($1, $2) ON CONFLICT (name) WHERE fullname = 'x' DO UPDATE SET age = $3 \
             WHERE excluded.age > users.age",
            "MariaDB has no partial indexes, so no `index_where`",
            "MySQL has no partial indexes, so no `index_where`",
        ],
    );
    check(
        &one().on_conflict(User::name).update_where(|_| User::active).do_update(|_| User::age.to(2)),
        &[
            "INSERT INTO users (name, age) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET age = ? WHERE users.active",
            "INSERT INTO users (name, age) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET age = $3 WHERE users.active",
            "MariaDB has no condition for the update of an existing row (`update_where`)",
            "MySQL has no condition for the update of an existing row (`update_where`)",
        ],
    );
    check(
        &one().on_any_conflict().do_update(|_| User::age.to(2)),
        &[
            "INSERT INTO users (name, age) VALUES (?, ?) ON CONFLICT DO UPDATE SET age = ?",
            "PostgreSQL has no ON CONFLICT DO UPDATE without the columns of a unique key: use `on_conflict(columns)`",
            "INSERT INTO users (name, age) VALUES (?, ?) ON DUPLICATE KEY UPDATE age = ?",
            "INSERT INTO users (name, age) VALUES (?, ?) AS new ON DUPLICATE KEY UPDATE age = ?",
        ],
    );
}

#[test]
fn older_versions_are_written_to_as_they_can() -> orm_core::Result<()> {
    let capabilities = Capabilities { dialect: Dialect::MySql, version: (8, 0, 18) };
    let upsert = insert(User).set(User::name, "ed").on_any_conflict().do_update(|new| User::age.to(new.get(User::age)));
    let compiled = orm_core::dialect::compile(upsert.tree(), &capabilities)?;
    assert_eq!(compiled.text, "INSERT INTO users (name) VALUES (?) ON DUPLICATE KEY UPDATE age = VALUES(age)");
    let capabilities = Capabilities { dialect: Dialect::MariaDb, version: (10, 4, 30) };
    let returning = insert(User).set(User::name, "ed").returning(User::id);
    let refused = orm_core::dialect::compile(returning.tree(), &capabilities).map_err(|error| error.to_string());
    assert_eq!(refused, Err("MariaDB has no INSERT … RETURNING".to_owned()));
    Ok(())
}

#[test]
fn a_subquery_on_the_table_itself() {
    let next = select(max(User::age)).scalar_subquery();
    check(
        &insert(User).set(User::name, "ed").set(User::age, coalesce(next, 0)),
        &[
            "INSERT INTO users (name, age) VALUES (?, coalesce((SELECT max(age) FROM users), ?))",
            "INSERT INTO users (name, age) VALUES ($1, coalesce((SELECT max(age) FROM users), $2))",
            "INSERT INTO users (name, age) VALUES (?, coalesce((SELECT max(age) FROM users), ?))",
            "INSERT INTO users (name, age) VALUES (?, coalesce((SELECT * FROM (SELECT max(age) FROM users) AS wrapped), ?))",
        ],
    );
}

#[test]
fn returning() {
    check(
        &insert(User).set(User::name, "ed").returning((User::id, User::name)),
        &[
            "INSERT INTO users (name) VALUES (?) RETURNING id, name",
            "INSERT INTO users (name) VALUES ($1) RETURNING id, name",
            "INSERT INTO users (name) VALUES (?) RETURNING id, name",
            "MySQL has no INSERT … RETURNING",
        ],
    );
    let statement = insert(Keyword).set(Keyword::word, "x").returning(Keyword);
    assert!(matches!(statement.tree(), Tree::Insert(_)));
    assert_eq!(sql(&statement, Dialect::MariaDb), "INSERT INTO keywords (word) VALUES (?) RETURNING id, word");
    assert_eq!(
        sql(&insert(Keyword).set(Keyword::word, "x").returning(User::id), Dialect::Sqlite),
        "the statement is wrong: `User::id` is of User, which this statement does not read"
    );
}
