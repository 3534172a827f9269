use orm_core::prelude::*;

#[derive(SqlEnum, Debug, Clone)]
#[orm(integer = "i8")]
enum Level {
    Low = 1,
    High = 300,
}

fn main() {}
