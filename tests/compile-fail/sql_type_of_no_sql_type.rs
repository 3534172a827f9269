use orm_core::prelude::*;

#[derive(Debug, Clone)]
struct Point;

#[derive(SqlType, Debug, Clone)]
struct Place(Point);

fn main() {}
