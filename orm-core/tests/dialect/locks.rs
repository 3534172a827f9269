use super::*;
use orm_core::query::Lock;

#[test]
fn rows_are_locked_until_the_transaction_ends() {
    let of_ed = || select(User::id).filter(User::name.eq("ed")).order_by(User::id).limit(1);
    check(
        &of_ed().with_for_update(),
        &[
            "SELECT id FROM users WHERE name = ? ORDER BY id LIMIT ?",
            "SELECT id FROM users WHERE name = $1 ORDER BY id LIMIT $2 FOR UPDATE",
            "SELECT id FROM users WHERE name = ? ORDER BY id LIMIT ? FOR UPDATE",
        ],
    );
    check(
        &select(User::id).with_lock(Lock::share()),
        &[
            "SELECT id FROM users",
            "SELECT id FROM users FOR SHARE",
            "SELECT id FROM users LOCK IN SHARE MODE",
            "SELECT id FROM users FOR SHARE",
        ],
    );
    check(
        &select(User::id).with_lock(Lock::update().skip_locked()),
        &[
            "SQLite has no lock on rows, so no SKIP LOCKED",
            "SELECT id FROM users FOR UPDATE SKIP LOCKED",
            "SELECT id FROM users FOR UPDATE SKIP LOCKED",
        ],
    );
    check(
        &select(User::id).with_lock(Lock::share().nowait()),
        &[
            "SQLite has no lock on rows, so no NOWAIT",
            "SELECT id FROM users FOR SHARE NOWAIT",
            "SELECT id FROM users LOCK IN SHARE MODE NOWAIT",
            "SELECT id FROM users FOR SHARE NOWAIT",
        ],
    );
}

#[test]
fn the_rows_of_some_tables_are_locked() {
    let both = || select((User::id, Address::email)).join(User::addresses);
    let boss = alias(User, "boss");
    check(
        &both().with_lock(Lock::share().of(User).skip_locked()),
        &[
            "SQLite has no lock on rows, so no SKIP LOCKED",
            "SELECT users.id, addresses.email FROM users JOIN addresses ON users.id = addresses.user_id FOR SHARE OF users \
             SKIP LOCKED",
            "MariaDB has no lock on the rows of some of the tables (`Lock::of`)",
            "SELECT users.id, addresses.email FROM users JOIN addresses ON users.id = addresses.user_id FOR SHARE OF users \
             SKIP LOCKED",
        ],
    );
    check(
        &both().with_lock(Lock::update().of(Address).of(User)),
        &[
            "SELECT users.id, addresses.email FROM users JOIN addresses ON users.id = addresses.user_id",
            "SELECT users.id, addresses.email FROM users JOIN addresses ON users.id = addresses.user_id FOR UPDATE OF \
             addresses, users",
            "MariaDB has no lock on the rows of some of the tables (`Lock::of`)",
            "SELECT users.id, addresses.email FROM users JOIN addresses ON users.id = addresses.user_id FOR UPDATE OF \
             addresses, users",
        ],
    );
    let unread = select(User::id).with_lock(Lock::update().of(&boss));
    let words = "the statement is wrong: the rows of User AS boss are to be locked, but the statement does not read it";
    assert_eq!(sql(&unread, Dialect::Postgres), words);
}
