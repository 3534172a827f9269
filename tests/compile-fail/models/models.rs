//! The tour's models, for the cases that need some.

use orm_core::prelude::*;

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "users")]
pub struct User {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub fullname: Option<String>,
    #[orm(version)]
    pub version: i32,
    pub addresses: HasMany<Address>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "addresses")]
pub struct Address {
    #[orm(primary_key)]
    pub id: i64,
    pub email: String,
    #[orm(references = User::id)]
    pub user_id: i64,
    pub user: BelongsTo<User>,
}
