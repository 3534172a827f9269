use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
struct Pair(i64, String);

fn main() {}
