use super::*;
use orm_core::dialect::Capabilities;

#[test]
fn from_follows_from_the_columns_used() {
    same(&select(User), "SELECT id, name, fullname, age, score, active FROM users");
    same(&select(count_all()).filter(User::age.gt(1)), "SELECT count(*) FROM users WHERE age > ?");
    same(
        &select(User::name).filter(Address::user_id.eq(User::id)).order_by(Address::email),
        "SELECT users.name FROM users, addresses WHERE addresses.user_id = users.id ORDER BY addresses.email",
    );
    same(
        &select(count_all()).select_from(User).filter(User::name.eq("x")),
        "SELECT count(*) FROM users WHERE name = ?",
    );
    same(&select(bind::<i32, _>(1)), "SELECT ?");
    check(
        &select(bind::<i32, _>(1)).filter(false),
        &["SELECT ? WHERE FALSE", "SELECT $1 WHERE FALSE", "SELECT ? FROM DUAL WHERE FALSE"],
    );
}

#[test]
fn every_clause_in_its_place() {
    same(
        &select((User::active, count_all()))
            .distinct()
            .filter(User::age.gt(1))
            .filter(User::age.lt(9))
            .group_by(User::active)
            .having(count_all().gt(2))
            .order_by((User::active, count_all().desc()))
            .limit(5)
            .offset(10),
        "SELECT DISTINCT active, count(*) FROM users WHERE age > ? AND age < ? GROUP BY active HAVING count(*) > ? \
         ORDER BY active, count(*) DESC LIMIT ? OFFSET ?",
    );
}

#[test]
fn binds_come_in_the_order_of_the_text() {
    let statement = select((bind::<String, _>("a"), User::id))
        .join_on(Address, Address::user_id.eq(User::id) & Address::email.eq("b"))
        .filter(User::name.eq("c"))
        .having(count_all().gt(1))
        .order_by(User::name.eq("d"))
        .limit(2)
        .offset(3);
    let text = |text: &str| Value::Text(text.to_owned());
    let expected = [text("a"), text("b"), text("c"), Value::I64(1), text("d"), Value::I64(2), Value::I64(3)];
    for dialect in Dialect::ALL {
        assert_eq!(statement.sql(dialect).map(|compiled| compiled.binds).unwrap_or_default(), expected, "{dialect}");
    }
}

#[test]
fn offset_without_limit() {
    check(
        &select(User::id).offset(5),
        &[
            "SELECT id FROM users LIMIT -1 OFFSET ?",
            "SELECT id FROM users OFFSET $1",
            "SELECT id FROM users LIMIT 18446744073709551615 OFFSET ?",
        ],
    );
    same(
        &select(User::id).limit(u64::MAX),
        "the statement is wrong: LIMIT or OFFSET of 18446744073709551615 rows is too much",
    );
}

#[test]
fn nulls_have_their_place_in_an_order() {
    check(
        &select(User::id).order_by((User::fullname.asc().nulls_last(), User::age.desc().nulls_first())),
        &[
            "SELECT id FROM users ORDER BY fullname NULLS LAST, age DESC NULLS FIRST",
            "SELECT id FROM users ORDER BY fullname NULLS LAST, age DESC NULLS FIRST",
            "SELECT id FROM users ORDER BY fullname IS NULL, fullname, age IS NOT NULL, age DESC",
        ],
    );
}

#[test]
fn labels_are_used_where_they_are_known() {
    let total = count_all().label("total");
    same(
        &select((User::age, &total)).group_by(User::age).having((&total).gt(1)).order_by((&total).desc()),
        "SELECT age, count(*) AS total FROM users GROUP BY age HAVING count(*) > ? ORDER BY total DESC",
    );
    let initial = lower(User::fullname).label("initial");
    same(
        &select((&initial, count_all())).group_by(&initial).order_by(&initial),
        "SELECT lower(fullname) AS initial, count(*) FROM users GROUP BY initial ORDER BY initial",
    );
    // Not selected here: the expression.
    same(&select(User::id).order_by(&initial), "SELECT id FROM users ORDER BY lower(fullname)");
    // WHERE knows no labels.
    same(
        &select(&initial).filter((&initial).eq("x")),
        "SELECT lower(fullname) AS initial FROM users WHERE lower(fullname) = ?",
    );
}

#[test]
fn a_label_with_the_name_of_a_column_is_told_apart_from_it() {
    let name = lower(User::name).label("name");
    same(
        &select((&name, count_all())).group_by(&name).order_by((&name, User::name)),
        "SELECT lower(users.name) AS name, count(*) FROM users GROUP BY 1 ORDER BY name, users.name",
    );
}

#[test]
fn a_key_with_binds_is_written_by_its_position() {
    // `$1` and `$2` would be different expressions to the database.
    let key = || User::age / 10;
    check(
        &select((count_all(), key())).group_by(key()).order_by(key()),
        &[
            "SELECT count(*), age / ? FROM users GROUP BY 2 ORDER BY 2",
            "SELECT count(*), age / $1 FROM users GROUP BY 2 ORDER BY 2",
            "SELECT count(*), age DIV ? FROM users GROUP BY 2 ORDER BY 2",
        ],
    );
}

#[test]
fn subqueries_in_from_have_named_columns() {
    let total = sum(User::age).label("total");
    let sub = select((User::active, &total, count_all())).filter(User::age.gt(1)).group_by(User::active).subquery("s");
    check(
        &select((sub.get(User::active), sub.get(&total))).filter(sub.get(&total).gt(5)),
        &[
            "SELECT active, total FROM (SELECT active, sum(age) AS total, count(*) AS column_3 FROM users WHERE age > ? \
             GROUP BY active) AS s WHERE total > ?",
            "SELECT active, total FROM (SELECT active, CAST(sum(age) AS BIGINT) AS total, count(*) AS column_3 FROM users \
             WHERE age > $1 GROUP BY active) AS s WHERE total > $2",
            "SELECT active, total FROM (SELECT active, CAST(sum(age) AS SIGNED) AS total, count(*) AS column_3 FROM users \
             WHERE age > ? GROUP BY active) AS s WHERE total > ?",
        ],
    );
    assert_eq!(
        sql(&select(&sub), Dialect::Sqlite),
        "SELECT active, total, column_3 FROM (SELECT active, sum(age) AS total, count(*) AS column_3 FROM users WHERE \
         age > ? GROUP BY active) AS s"
    );
}

#[test]
fn columns_of_one_name_in_a_subquery_get_names_of_their_own() {
    let sub = select((User::id, Address::id)).join(User::addresses).order_by(Address::id).subquery("s");
    same(
        &select((sub.get(User::id), sub.get(Address::id))),
        "SELECT id, id_1 FROM (SELECT users.id, addresses.id AS id_1 FROM users JOIN addresses ON users.id = \
         addresses.user_id ORDER BY addresses.id) AS s",
    );
    let whole = select((User, Address)).join(User::addresses).limit(3).subquery("w");
    same(
        &select(whole.get(Address::email)),
        "SELECT email FROM (SELECT users.id, users.name, users.fullname, users.age, users.score, users.active, \
         addresses.id AS id_1, addresses.email, addresses.user_id FROM users JOIN addresses ON users.id = \
         addresses.user_id LIMIT ?) AS w",
    );
}

#[test]
fn a_column_that_a_subquery_does_not_select_is_an_error() {
    let sub = select((User::id, User::name)).subquery("s");
    same(
        &select(sub.get(User::age)),
        "the statement is wrong: the subquery `s` does not select a column that it is asked for; it selects id, name",
    );
}

#[test]
fn an_aggregate_of_an_outer_label_by_position_inside_a_subquery() {
    // In a subquery's result the label may have another name, so the position is written.
    let a = lower(User::name).label("n");
    let b = upper(User::name).label("n");
    let sub = select((&a, &b)).order_by(&b).subquery("s");
    same(
        &select(sub.get(&b)),
        "SELECT n_1 FROM (SELECT lower(name) AS n, upper(name) AS n_1 FROM users ORDER BY 2) AS s",
    );
}

#[test]
fn a_tree_is_compiled_for_capabilities() -> orm_core::Result<()> {
    use orm_core::query::Statement;
    let statement = select(User::id).limit(1);
    let compiled = orm_core::dialect::compile(statement.tree(), &Capabilities::of(Dialect::Postgres))?;
    assert_eq!(compiled, statement.sql(Dialect::Postgres)?);
    assert_eq!(compiled.text, "SELECT id FROM users LIMIT $1");
    Ok(())
}
