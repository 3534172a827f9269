use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
struct User {
    id: i64,
    name: String,
}

#[derive(Model, Debug, Clone)]
struct Address {
    #[orm(primary_key)]
    id: Option<i64>,
}

#[derive(Model, Debug, Clone)]
#[orm(primary_key(columns(id, nmae)))]
struct Keyword {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

fn main() {}
