//! What only the compiler can tell, since an alias hides it from the derive.

use orm_core::prelude::*;

type UserId = Option<i64>;
type Name = i32;

#[derive(Model, Debug, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: Name,
    #[orm(precision = 10)]
    price: Name,
    #[orm(references = User::id)]
    boss_id: UserId,
    boss: BelongsTo<User>,
}

fn main() {}
