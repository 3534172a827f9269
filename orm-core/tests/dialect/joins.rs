use super::*;

#[test]
fn along_a_relationship() {
    same(
        &select((User::name, Address::email)).join(User::addresses),
        "SELECT users.name, addresses.email FROM users JOIN addresses ON users.id = addresses.user_id",
    );
    same(
        &select(Address::email).join(Address::user).filter(User::name.eq("x")),
        "SELECT addresses.email FROM addresses JOIN users ON addresses.user_id = users.id WHERE users.name = ?",
    );
    // From the other side, without a field for it.
    same(
        &select(User::name).join(Address::user.reverse()),
        "SELECT users.name FROM users JOIN addresses ON users.id = addresses.user_id",
    );
    same(
        &select((User::name, Keyword::word.optional())).outer_join(User::keywords),
        "SELECT users.name, keywords.word FROM users LEFT JOIN user_keywords ON users.id = user_keywords.user_id \
         LEFT JOIN keywords ON user_keywords.keyword_id = keywords.id",
    );
    // The relationship's beginning is in FROM even when nothing else speaks of it.
    same(
        &select(count_all()).join(User::addresses),
        "SELECT count(*) FROM users JOIN addresses ON users.id = addresses.user_id",
    );
}

#[test]
fn along_the_only_foreign_key() {
    same(
        &select((User::name, Address::email)).join(Address),
        "SELECT users.name, addresses.email FROM users JOIN addresses ON users.id = addresses.user_id",
    );
    let a = alias(Address, "a");
    same(
        &select((User::name, a.get(Address::email).optional())).outer_join(&a),
        "SELECT users.name, a.email FROM users LEFT JOIN addresses AS a ON users.id = a.user_id",
    );
    same(
        &select(User::name).join(Transfer),
        "the statement is wrong: several foreign keys lead between Transfer and what is joined already \
         (`Transfer::from_id`, `Transfer::to_id`): join along a relationship, or with `join_on` and a condition",
    );
    same(
        &select(User::name).join(Keyword),
        "the statement is wrong: no foreign key leads between Keyword and User: join it with `join_on` and a condition",
    );
    let m = alias(Employee, "m");
    same(
        &select(Employee::name).join(&m),
        "the statement is wrong: several foreign keys lead between Employee AS m and what is joined already \
         (`Employee AS m::manager_id`, `Employee::manager_id`): join along a relationship, or with `join_on` and a \
         condition",
    );
    same(
        &select(count_all()).join(Address),
        "the statement is wrong: there is nothing to join Address to: name it with `select_from`; to join a table with \
         itself, give the second one a name with `alias`",
    );
}

#[test]
fn on_a_condition() {
    let m = alias(Employee, "m");
    same(
        &select((Employee::name, m.get(Employee::name).optional()))
            .outer_join_on(&m, m.get(Employee::id).eq(Employee::manager_id)),
        "SELECT employees.name, m.name FROM employees LEFT JOIN employees AS m ON m.id = employees.manager_id",
    );
    let anonymous = aliased(Employee);
    let second = aliased(Employee);
    same(
        &select(Employee::name)
            .join_on(&anonymous, anonymous.get(Employee::id).eq(Employee::manager_id))
            .join_on(&second, second.get(Employee::id).eq(anonymous.get(Employee::manager_id))),
        "SELECT employees.name FROM employees JOIN employees AS employees_1 ON employees_1.id = employees.manager_id \
         JOIN employees AS employees_2 ON employees_2.id = employees_1.manager_id",
    );
    let sub = select((Address::user_id, count_all())).group_by(Address::user_id).subquery("s");
    same(
        &select(User::name).join_on(&sub, sub.get(Address::user_id).eq(User::id)),
        "SELECT users.name FROM users JOIN (SELECT user_id, count(*) AS column_2 FROM addresses GROUP BY user_id) AS s \
         ON s.user_id = users.id",
    );
}

#[test]
fn a_condition_sees_all_tables_before_it() {
    // With a comma, the condition could see Keyword only on most databases.
    check(
        &select((User::id, Keyword::id))
            .filter(User::name.eq(Keyword::word))
            .join_on(Address, Address::user_id.eq(User::id)),
        &[
            "SELECT users.id, keywords.id FROM users, keywords JOIN addresses ON addresses.user_id = users.id \
             WHERE users.name = keywords.word",
            "SELECT users.id, keywords.id FROM users CROSS JOIN keywords JOIN addresses ON addresses.user_id = users.id \
             WHERE users.name = keywords.word",
        ],
    );
    same(
        &select(User::id)
            .join_on(Address, Address::email.eq(Keyword::word))
            .join_on(Keyword, Keyword::word.eq(User::name)),
        "the statement is wrong: the condition of the join to Address speaks of Keyword, which is joined later: put that \
         join first",
    );
    same(
        &select(User::id).join(Address::user.reverse()).join_on(Keyword, Keyword::id.eq(User::id)),
        "SELECT users.id FROM users JOIN addresses ON users.id = addresses.user_id JOIN keywords ON keywords.id = users.id",
    );
}

#[test]
fn what_nothing_connects_is_an_error() {
    same(
        &select((User::name, Keyword::word)),
        "the statement is wrong: nothing connects Keyword with User: join them, add a condition on both, or ask for every \
         combination with `cross_join`",
    );
    same(
        &select(User::name).filter(Keyword::word.eq("x")),
        "the statement is wrong: nothing connects Keyword with User: join them, add a condition on both, or ask for every \
         combination with `cross_join`",
    );
    same(
        &select(User::name).filter(Address::user_id.eq(User::id)).filter(Keyword::word.eq("x")),
        "the statement is wrong: nothing connects Keyword with User: join them, add a condition on both, or ask for every \
         combination with `cross_join`",
    );
    same(
        &select((User::name, Keyword::word)).cross_join(Keyword),
        "SELECT users.name, keywords.word FROM users CROSS JOIN keywords",
    );
    // Any condition on both will do.
    same(
        &select((User::name, Keyword::word)).filter(User::age.gt(1) & User::name.ne(Keyword::word)),
        "SELECT users.name, keywords.word FROM users, keywords WHERE users.age > ? AND users.name <> keywords.word",
    );
    same(
        &select((User::name, Keyword::word)).join_on(Keyword, true),
        "SELECT users.name, keywords.word FROM users JOIN keywords ON TRUE",
    );
}

#[test]
fn a_table_twice_needs_an_alias() {
    let twice = "the statement is wrong: User is in FROM twice: give the second one a name with `alias`";
    same(&select(User::id).join(User::addresses).join(Address::user), twice);
    same(&select(Address::id).join(Address::user).join_on(User, User::id.gt(1)), twice);
    same(&select(Address::id).select_from(User).select_from(User), twice);
    same(
        &select(Employee::id).join(Employee::manager),
        "the statement is wrong: `Employee::manager` leads from Employee to itself: join `alias(Employee, \"…\")` with a \
         condition instead",
    );
}

#[test]
fn two_sources_under_one_name_are_an_error() {
    let (a, b) = (alias(User, "u"), alias(User, "u"));
    same(
        &select(a.get(User::id)).join_on(&b, a.get(User::id).eq(b.get(User::id))),
        "the statement is wrong: User AS u and User AS u are both called `u` in one statement: give one of them another \
         name",
    );
    let c = alias(Address, "users");
    same(
        &select(User::id).join_on(&c, c.get(Address::user_id).eq(User::id)),
        "the statement is wrong: Address AS users and User are both called `users` in one statement: give one of them \
         another name",
    );
    // A name of the compiler's own gives way.
    let (named, unnamed) = (alias(User, "users_1"), aliased(User));
    same(
        &select(unnamed.get(User::id)).join_on(&named, named.get(User::id).eq(unnamed.get(User::id))),
        "SELECT users_2.id FROM users AS users_2 JOIN users AS users_1 ON users_1.id = users_2.id",
    );
}
