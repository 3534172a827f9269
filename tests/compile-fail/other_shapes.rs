use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
struct Unit;

#[derive(Model, Debug, Clone)]
struct Empty {}

#[derive(Model, Debug, Clone)]
enum Animal {
    Dog,
}

#[derive(Model)]
union Bits {
    id: i64,
}

fn main() {}
