use super::*;

#[test]
fn an_inner_select_over_one_table_is_its_own() {
    same(
        &select(User::name).filter(User::id.in_(select(Address::user_id).filter(Address::email.eq("x")))),
        "SELECT name FROM users WHERE id IN (SELECT user_id FROM addresses WHERE email = ?)",
    );
    // Of the same table: no correlation by itself.
    same(
        &select(User::name).filter(User::age.eq(select(max(User::age)).scalar_subquery())),
        "SELECT name FROM users WHERE age = (SELECT max(age) FROM users)",
    );
}

#[test]
fn correlated_columns_are_of_the_statement_around() {
    same(
        &select(User::name).filter(exists(select(Address::id).filter(Address::user_id.eq(User::id)).correlate(User))),
        "SELECT name FROM users WHERE EXISTS (SELECT addresses.id FROM addresses WHERE addresses.user_id = users.id)",
    );
    let u = alias(User, "u");
    same(
        &select((
            u.get(User::name),
            select(count_all()).filter(Address::user_id.eq(u.get(User::id))).correlate(&u).scalar_subquery(),
        )),
        "SELECT name, (SELECT count(*) FROM addresses WHERE addresses.user_id = u.id) FROM users AS u",
    );
    // What only the subquery speaks of is still read by the statement around.
    same(
        &select(count_all()).filter(!exists(select(Address::id).filter(Address::user_id.eq(User::id)).correlate(User))),
        "SELECT count(*) FROM users WHERE NOT EXISTS (SELECT addresses.id FROM addresses WHERE addresses.user_id = \
         users.id)",
    );
}

#[test]
fn two_levels_up() {
    let inner = select(Keyword::id).filter(Keyword::word.eq(User::name) & Keyword::id.eq(Address::id));
    let middle = select(Address::id).filter(exists(inner.correlate(User).correlate(Address)));
    same(
        &select(User::id).filter(exists(middle)),
        "SELECT id FROM users WHERE EXISTS (SELECT addresses.id FROM addresses WHERE EXISTS (SELECT keywords.id FROM \
         keywords WHERE keywords.word = users.name AND keywords.id = addresses.id))",
    );
}

#[test]
fn a_forgotten_correlation_is_an_error() {
    same(
        &select(User::name).filter(exists(select(Address::id).filter(Address::user_id.eq(User::id)))),
        "the statement is wrong: a subquery reads User, which the statement around it reads too: add `.correlate(User)` \
         to the subquery if it means the outer row, use an `alias` or `.select_from(User)` if it means rows of its own",
    );
    same(
        &select(Address::id).correlate(Keyword),
        "the statement is wrong: `.correlate(Keyword)`: no statement around this one reads Keyword",
    );
    same(
        &select(User::name)
            .filter(User::id.in_(select(Address::user_id).select_from(User).filter(Address::user_id.eq(User::id)))),
        "SELECT name FROM users WHERE id IN (SELECT addresses.user_id FROM users, addresses WHERE addresses.user_id = \
         users.id)",
    );
}

#[test]
fn a_name_around_is_not_hidden() {
    let (outer, inner) = (alias(User, "u"), alias(User, "u"));
    same(
        &select(outer.get(User::id)).filter(exists(
            select(inner.get(User::id)).filter(inner.get(User::id).gt(outer.get(User::id))).correlate(&outer),
        )),
        "the statement is wrong: User AS u and User AS u are both called `u` in one statement: give one of them another \
         name",
    );
}

#[test]
fn any_and_has() {
    same(
        &select(User::name).filter(User::addresses.any(Address::email.eq("x"))),
        "SELECT name FROM users WHERE EXISTS (SELECT 1 FROM addresses WHERE addresses.user_id = users.id AND \
         addresses.email = ?)",
    );
    same(
        &select(User::name).filter(!User::addresses.any(true)),
        "SELECT name FROM users WHERE NOT EXISTS (SELECT 1 FROM addresses WHERE addresses.user_id = users.id)",
    );
    same(
        &select(Address::email).filter(Address::user.has(User::name.eq("x"))),
        "SELECT email FROM addresses WHERE EXISTS (SELECT 1 FROM users WHERE users.id = addresses.user_id AND users.name \
         = ?)",
    );
    same(
        &select(User::name).filter(User::keywords.any(Keyword::word.eq("x"))),
        "SELECT name FROM users WHERE EXISTS (SELECT 1 FROM keywords, user_keywords WHERE user_keywords.user_id = users.id \
         AND keywords.id = user_keywords.keyword_id AND keywords.word = ?)",
    );
    // Of a table that is related to itself.
    same(
        &select(Employee::name).filter(Employee::manager.has(Employee::name.eq("x"))),
        "SELECT name FROM employees WHERE EXISTS (SELECT 1 FROM employees AS employees_1 WHERE employees_1.id = \
         employees.manager_id AND employees_1.name = ?)",
    );
    // The condition may speak of what the statement around reads.
    same(
        &select(User::name).filter(User::addresses.any(Address::email.eq(User::name))),
        "SELECT name FROM users WHERE EXISTS (SELECT 1 FROM addresses WHERE addresses.user_id = users.id AND \
         addresses.email = users.name)",
    );
    same(
        &select((User::name, Keyword::word))
            .join(User::keywords)
            .filter(User::addresses.any(Address::email.eq(Keyword::word))),
        "SELECT users.name, keywords.word FROM users JOIN user_keywords ON users.id = user_keywords.user_id JOIN keywords \
         ON user_keywords.keyword_id = keywords.id WHERE EXISTS (SELECT 1 FROM addresses WHERE addresses.user_id = \
         users.id AND addresses.email = keywords.word)",
    );
    // Inside each other, and beside a join over the same tables.
    same(
        &select(User::name).join(User::keywords).filter(
            User::keywords.any(Keyword::word.eq("x")) & User::addresses.any(Address::user.has(User::age.gt(1))),
        ),
        "SELECT users.name FROM users JOIN user_keywords ON users.id = user_keywords.user_id JOIN keywords ON \
         user_keywords.keyword_id = keywords.id WHERE EXISTS (SELECT 1 FROM keywords, user_keywords WHERE \
         user_keywords.user_id = users.id AND keywords.id = user_keywords.keyword_id AND keywords.word = ?) AND EXISTS \
         (SELECT 1 FROM addresses WHERE addresses.user_id = users.id AND EXISTS (SELECT 1 FROM users WHERE users.id = \
         addresses.user_id AND users.age > ?))",
    );
}

#[test]
fn a_limit_in_in_is_wrapped_where_it_must_be() {
    check(
        &select(User::id).filter(User::id.in_(select(Address::user_id).order_by(Address::id).limit(3))),
        &[
            "SELECT id FROM users WHERE id IN (SELECT user_id FROM addresses ORDER BY id LIMIT ?)",
            "SELECT id FROM users WHERE id IN (SELECT user_id FROM addresses ORDER BY id LIMIT $1)",
            "SELECT id FROM users WHERE id IN (SELECT * FROM (SELECT user_id FROM addresses ORDER BY id LIMIT ?) AS \
             wrapped)",
        ],
    );
    let correlated = select(Address::user_id).filter(Address::user_id.eq(User::id)).correlate(User).limit(3);
    assert_eq!(
        sql(&select(User::id).filter(User::id.in_(correlated)), Dialect::MariaDb),
        "MariaDB has no LIMIT in a correlated subquery of IN; use EXISTS"
    );
}
