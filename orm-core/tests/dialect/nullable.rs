use super::*;

#[test]
fn a_column_of_the_nullable_side_must_be_optional() {
    same(
        &select((User::name, Address::email)).outer_join(User::addresses),
        "the statement is wrong: `Address::email` is on the nullable side of an outer join, so it may be NULL: select \
         `Address::email.optional()`",
    );
    same(
        &select((User::name, lower(Address::email))).outer_join(User::addresses),
        "the statement is wrong: `Address::email` is on the nullable side of an outer join, so this expression may be \
         NULL: add `.optional()` to it, or give NULL a value with `coalesce`",
    );
    same(
        &select((User, Address)).outer_join(User::addresses),
        "the statement is wrong: Address is on the nullable side of an outer join, so there may be no row of it: select \
         `Address.optional()`",
    );
    let a = alias(Address, "a");
    same(
        &select(a.get(Address::email)).select_from(User).outer_join(&a),
        "the statement is wrong: `a.email` is on the nullable side of an outer join, so it may be NULL: select \
         `a.email.optional()`",
    );
    let sub = select((Address::user_id, Address::email)).subquery("s");
    same(
        &select((User::id, sub.get(Address::email))).outer_join_on(&sub, sub.get(Address::user_id).eq(User::id)),
        "the statement is wrong: `s.email` is on the nullable side of an outer join, so it may be NULL: select \
         `s.email.optional()`",
    );
    // In a subquery whose columns are read as what they say they are.
    let sub = select((User::id, Address::email)).outer_join(User::addresses).subquery("s");
    same(
        &select(sub.get(Address::email)),
        "the statement is wrong: `Address::email` is on the nullable side of an outer join, so it may be NULL: select \
         `Address::email.optional()`",
    );
}

#[test]
fn what_is_never_null_or_may_be_is_allowed() {
    let join = " FROM users LEFT JOIN addresses ON users.id = addresses.user_id";
    let case = case_().when(Address::email.eq("x"), 1).else_(2);
    let statements: Vec<(String, &str)> = Dialect::ALL
        .into_iter()
        .flat_map(|dialect| {
            [
                (sql(&select(Address::email.optional()).outer_join(User::addresses), dialect), "addresses.email"),
                (sql(&select(count(Address::id)).outer_join(User::addresses), dialect), "count(addresses.id)"),
                (sql(&select(max(Address::id)).outer_join(User::addresses), dialect), "max(addresses.id)"),
                (sql(&select(Address::email.is(None)).outer_join(User::addresses), dialect), "addresses.email IS NULL"),
                (sql(&select(User::name).outer_join(User::addresses), dialect), "users.name"),
                (
                    sql(&select(coalesce(Address::email, User::name)).outer_join(User::addresses), dialect),
                    "coalesce(addresses.email, users.name)",
                ),
                (
                    sql(&select(case.clone()).outer_join(User::addresses), dialect),
                    if dialect == Dialect::Postgres {
                        "CASE WHEN addresses.email = $1 THEN $2 ELSE $3 END"
                    } else {
                        "CASE WHEN addresses.email = ? THEN ? ELSE ? END"
                    },
                ),
            ]
        })
        .collect();
    for (text, item) in statements {
        assert_eq!(text, format!("SELECT {item}{join}"));
    }
    same(
        &select((User::id, Address.optional())).outer_join(User::addresses),
        "SELECT users.id, addresses.id, addresses.email, addresses.user_id FROM users LEFT JOIN addresses ON users.id = \
         addresses.user_id",
    );
}
