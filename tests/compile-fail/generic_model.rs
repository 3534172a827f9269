use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
struct Page<T> {
    #[orm(primary_key)]
    id: i64,
    content: T,
}

#[derive(Model, Debug, Clone)]
struct Borrowed<'a> {
    #[orm(primary_key)]
    id: i64,
    name: &'a str,
}

#[derive(Model, Debug, Clone)]
struct Bounded
where
    String: Clone,
{
    #[orm(primary_key)]
    id: i64,
}

#[derive(SqlType, Debug, Clone)]
struct Wrapper<T>(T);

fn main() {}
