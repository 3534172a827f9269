use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
struct Product {
    #[orm(primary_key, length = 8)]
    id: i64,
    #[orm(precision = 10)]
    name: String,
    #[orm(precision = 4, scale = 6)]
    price: Decimal,
    #[orm(scale = 2)]
    weight: Decimal,
    #[orm(length = "long")]
    title: String,
    #[orm(length = 0, unique, unique)]
    code: String,
    #[orm(version)]
    version: Option<i32>,
    #[orm(version)]
    revision: String,
    #[orm(version)]
    mass: Auto<f64>,
    #[orm(sql_type = "varchar(3)", length = 3)]
    currency: String,
    #[orm(default = 0)]
    count: i32,
    #[orm(default = 0, server_default = "0")]
    rank: Auto<i32>,
    #[orm(on_delete = "cascade")]
    shop_id: i64,
    #[orm(references = Product::id, on_delete = "explode")]
    first_id: i64,
    #[orm(references = Product::id, on_delete = "set_null")]
    second_id: i64,
    #[orm(references = Product::id, on_update = "set_default")]
    third_id: i64,
    #[orm(references = id)]
    fourth_id: i64,
    #[orm(auto_increment = false)]
    number: i64,
    #[orm(skip, length = 3)]
    ignored: String,
    #[orm(comment = "")]
    comment: String,
    #[orm(constant = "a b")]
    spaced: String,
    #[orm(unique, index)]
    twice: String,
    #[orm]
    bare: String,
    #[orm(= 3)]
    broken: String,
}

fn main() {}
