use super::*;

#[test]
fn updates() {
    check(
        &update(User).set(User::fullname, User::name.concat(" (old)")).set(User::age, 1).filter(User::id.lt(10)),
        &[
            "UPDATE users SET fullname = name || ?, age = ? WHERE id < ?",
            "UPDATE users SET fullname = name || $1, age = $2 WHERE id < $3",
            "UPDATE users SET fullname = concat(name, ?), age = ? WHERE id < ?",
        ],
    );
    same(&update(User).set(User::fullname, None::<String>), "UPDATE users SET fullname = ?");
    same(
        &update(User).filter(User::id.eq(1)),
        "the statement is wrong: nothing is set in an update of User: call `set`",
    );
    check(
        &update(User).set(User::age, 1).returning(User::id),
        &[
            "UPDATE users SET age = ? RETURNING id",
            "UPDATE users SET age = $1 RETURNING id",
            "MariaDB has no UPDATE … RETURNING",
            "MySQL has no UPDATE … RETURNING",
        ],
    );
}

#[test]
fn updates_over_several_tables() {
    check(
        &update(User)
            .set(User::fullname, Address::email)
            .filter(Address::user_id.eq(User::id) & Address::email.like("x%")),
        &[
            "UPDATE users SET fullname = addresses.email FROM addresses WHERE addresses.user_id = users.id AND \
             addresses.email LIKE ?",
            "UPDATE users SET fullname = addresses.email FROM addresses WHERE addresses.user_id = users.id AND \
             addresses.email LIKE $1",
            "UPDATE users, addresses SET users.fullname = addresses.email WHERE addresses.user_id = users.id AND \
             addresses.email LIKE ?",
        ],
    );
    let other = alias(Employee, "o");
    check(
        &update(Employee)
            .set(Employee::name, other.get(Employee::name))
            .filter(other.get(Employee::id).eq(Employee::manager_id))
            .returning(Employee::id),
        &[
            "UPDATE employees SET name = o.name FROM employees AS o WHERE o.id = employees.manager_id RETURNING id",
            "UPDATE employees SET name = o.name FROM employees AS o WHERE o.id = employees.manager_id RETURNING \
             employees.id",
            "MariaDB has no UPDATE … RETURNING",
            "MySQL has no UPDATE … RETURNING",
        ],
    );
    same(
        &update(User).set(User::fullname, Address::email),
        "the statement is wrong: nothing connects Address with User: join them, add a condition on both, or ask for every \
         combination with `cross_join`",
    );
}

#[test]
fn deletes() {
    same(&delete(User), "DELETE FROM users");
    same(&delete(User).filter(User::age.lt(1)).filter(User::active), "DELETE FROM users WHERE age < ? AND active");
    same(
        &delete(User).filter(User::addresses.any(Address::email.like("%@spam.example"))),
        "DELETE FROM users WHERE EXISTS (SELECT 1 FROM addresses WHERE addresses.user_id = users.id AND addresses.email \
         LIKE ?)",
    );
    check(
        &delete(User).filter(Address::user_id.eq(User::id)).filter(Address::email.eq("x")),
        &[
            "DELETE FROM users WHERE EXISTS (SELECT 1 FROM addresses WHERE addresses.user_id = users.id AND \
             addresses.email = ?)",
            "DELETE FROM users USING addresses WHERE addresses.user_id = users.id AND addresses.email = $1",
            "DELETE FROM users USING users, addresses WHERE addresses.user_id = users.id AND addresses.email = ?",
        ],
    );
    check(
        &delete(User).filter(User::id.eq(1)).returning((User::id, User::name)),
        &[
            "DELETE FROM users WHERE id = ? RETURNING id, name",
            "DELETE FROM users WHERE id = $1 RETURNING id, name",
            "DELETE FROM users WHERE id = ? RETURNING id, name",
            "MySQL has no DELETE … RETURNING",
        ],
    );
}

#[test]
fn a_subquery_on_the_changed_table() {
    let newest = || select(max(User::id)).scalar_subquery();
    check(
        &delete(User).filter(User::id.cast::<Option<i64>>().eq(newest())),
        &[
            "DELETE FROM users WHERE CAST(id AS INTEGER) = (SELECT max(id) FROM users)",
            "DELETE FROM users WHERE CAST(id AS BIGINT) = (SELECT max(id) FROM users)",
            "DELETE FROM users WHERE CAST(id AS SIGNED) = (SELECT max(id) FROM users)",
            "DELETE FROM users WHERE CAST(id AS SIGNED) = (SELECT * FROM (SELECT max(id) FROM users) AS wrapped)",
        ],
    );
    assert_eq!(
        sql(
            &update(User).set(User::age, 1).filter(User::id.in_(select(User::id).filter(User::age.gt(5)))),
            Dialect::MySql
        ),
        "UPDATE users SET age = ? WHERE id IN (SELECT * FROM (SELECT id FROM users WHERE age > ?) AS wrapped)"
    );
    let other = alias(User, "o");
    let correlated = exists(select(other.get(User::id)).filter(other.get(User::age).gt(User::age)).correlate(User));
    assert_eq!(
        sql(&delete(User).filter(correlated), Dialect::MySql),
        "MySQL has no correlated subqueries on User in an UPDATE or DELETE of User; find the keys with a SELECT first"
    );
}
