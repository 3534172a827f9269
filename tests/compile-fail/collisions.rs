use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
#[orm(unique(name = "same", columns(name)), check(name = "same", "name <> ''"))]
struct Message {
    #[orm(primary_key)]
    id: i64,
    from: String,
    #[orm(column = "default", constant = "default")]
    fallback: String,
    name: String,
    #[orm(column = "name")]
    title: String,
    #[orm(constant = "id")]
    identity: i64,
    #[orm(index = "ix")]
    one: i64,
    #[orm(index = "ix")]
    two: i64,
}

fn main() {}
