use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

#[derive(Model, Debug, Clone)]
struct Address {
    #[orm(primary_key)]
    id: i64,
    #[orm(references = User::id)]
    user_id: String,
    #[orm(references = User::nmae)]
    name: String,
    owner_id: i32,
    #[orm(foreign_key = owner_id, constraint = false)]
    owner: BelongsTo<User>,
}

fn main() {}
