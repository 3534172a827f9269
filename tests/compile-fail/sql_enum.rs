use orm_core::prelude::*;

#[derive(SqlEnum, Debug, Clone)]
struct Number(i32);

#[derive(SqlEnum, Debug, Clone)]
enum Nothing {}

#[derive(SqlEnum, Debug, Clone)]
enum Shape {
    Circle(f64),
}

#[derive(SqlEnum, Debug, Clone)]
#[orm(text, integer)]
enum Mood {
    Happy,
}

#[derive(SqlEnum, Debug, Clone)]
#[orm(integer = "f64", rename_all = "UPPERCASE")]
enum Level {
    #[orm(rename = "low")]
    Low,
}

#[derive(SqlEnum, Debug, Clone)]
#[orm(native, nativ = "size")]
enum Size {
    #[orm(rename = "large")]
    Big,
    Large,
    #[orm(value = 3)]
    Small,
}

fn main() {}
