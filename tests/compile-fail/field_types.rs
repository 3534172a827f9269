use orm_core::prelude::*;

#[derive(Debug, Clone)]
struct Point;

#[derive(Model, Debug, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    place: Point,
    others: Vec<User>,
    #[orm(default = "three")]
    count: Auto<i32>,
    #[orm(order_by = 3)]
    users: HasMany<User>,
    #[orm(inverse = User::id)]
    twins: HasMany<User>,
    #[orm(skip)]
    ignored: Point,
}

fn main() {}
