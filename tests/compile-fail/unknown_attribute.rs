use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
#[orm(tabel = "users")]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(uniqe)]
    name: String,
    #[orm(banana = 3)]
    fullname: Option<String>,
    #[orm(nullable)]
    nickname: Option<String>,
    #[orm(order = Address::id)]
    addresses: HasMany<Address>,
    #[orm(references = User::id)]
    others: HasMany<Address>,
}

#[derive(Model, Debug, Clone)]
struct Address {
    #[orm(primary_key)]
    id: i64,
    #[orm(references = User::id, cascade(all))]
    user_id: i64,
}

fn main() {}
