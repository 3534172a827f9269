use orm_core::prelude::*;

#[derive(SqlType, Debug, Clone)]
enum Mood {
    Happy,
}

#[derive(SqlType, Debug, Clone)]
struct Point(i32, i32);

#[derive(SqlType, Debug, Clone)]
struct Nothing;

#[derive(SqlType, Debug, Clone)]
struct Maybe(Option<i32>);

#[derive(SqlType, Debug, Clone)]
#[orm(length = 3)]
struct Code(String);

fn main() {}
