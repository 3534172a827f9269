use super::*;

#[test]
fn from_follows_from_the_columns_used() {
    same(&select(User), "SELECT id, name, fullname, age, score, active FROM users");
    same(
        &select((User::name, count(Address::id)))
            .outer_join(User::addresses)
            .group_by(User::name)
            .having(count(Address::id).gt(1)),
        "SELECT users.name, count(addresses.id) FROM users LEFT JOIN addresses ON users.id = addresses.user_id \
         GROUP BY users.name HAVING count(addresses.id) > ?",
    );
}
