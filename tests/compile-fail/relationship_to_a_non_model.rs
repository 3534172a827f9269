use orm_core::prelude::*;

#[derive(Debug, Clone)]
struct Address;

#[derive(Model, Debug, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    addresses: HasMany<Address>,
}

fn main() {}
