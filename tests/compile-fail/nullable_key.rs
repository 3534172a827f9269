use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Debug, Clone)]
struct Address {
    #[orm(primary_key)]
    id: i64,
    #[orm(references = User::id)]
    user_id: Option<i64>,
    user: BelongsTo<User>,
}

#[derive(Model, Debug, Clone)]
struct Order {
    #[orm(primary_key)]
    id: i64,
    #[orm(references = User::id)]
    user_id: i64,
    user: BelongsTo<Option<User>>,
}

fn main() {}
