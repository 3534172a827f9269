//! Models that use every feature of a definition, for tests of what definitions become.

use tests::prelude::*;

#[derive(SqlEnum, Debug, Clone, Copy, PartialEq, Default)]
#[orm(native = "mood")]
pub enum Mood {
    #[default]
    Calm,
    #[orm(rename = "it's fine")]
    Fine,
}

#[derive(SqlEnum, Debug, Clone, Copy, PartialEq, Default)]
pub enum Kind {
    #[default]
    Plain,
    Fancy,
}

#[derive(SqlEnum, Debug, Clone, Copy, PartialEq, Default)]
#[orm(integer)]
pub enum Level {
    #[default]
    Low = 1,
    High = 2,
}

#[derive(SqlType, Debug, Clone, PartialEq, Default)]
pub struct Email(pub String);

/// A column of every type, nullable and not.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "every_type", comment = "all there is, it's said")]
pub struct EveryType {
    #[orm(primary_key)]
    pub id: i64,
    pub a_bool: bool,
    pub a_i8: i8,
    pub a_i16: i16,
    pub a_i32: i32,
    pub a_i64: i64,
    pub a_u8: u8,
    pub a_u16: u16,
    pub a_u32: u32,
    pub a_f32: f32,
    pub a_f64: f64,
    pub a_text: String,
    #[orm(length = 40)]
    pub a_short: String,
    pub a_bytes: Vec<u8>,
    #[orm(length = 16)]
    pub a_hash: Vec<u8>,
    pub a_date: NaiveDate,
    pub a_time: NaiveTime,
    pub a_datetime: NaiveDateTime,
    pub a_timestamp: DateTime<Utc>,
    pub a_span: TimeDelta,
    pub a_uuid: Uuid,
    pub a_decimal: Decimal,
    #[orm(precision = 12, scale = 3)]
    pub a_price: Decimal,
    pub a_json: Json<Vec<i64>>,
    pub a_mood: Mood,
    pub a_kind: Kind,
    pub a_level: Level,
    pub an_email: Email,
    #[orm(comment = "perhaps")]
    pub maybe_text: Option<String>,
    pub maybe_int: Option<i32>,
    pub maybe_json: Option<Json<i64>>,
    pub maybe_mood: Option<Mood>,
    pub maybe_uuid: Option<Uuid>,
}

/// A default of every kind.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "defaults")]
pub struct Defaults {
    #[orm(primary_key)]
    pub id: i32,
    #[orm(server_default = "0")]
    pub zero: i32,
    #[orm(server_default = "-1")]
    pub minus: i64,
    #[orm(server_default = "1.5", precision = 10, scale = 2)]
    pub price: Decimal,
    #[orm(server_default = "2.50")]
    pub float: f64,
    #[orm(server_default = "true")]
    pub yes: bool,
    #[orm(server_default = "false")]
    pub no: bool,
    #[orm(server_default = "''", length = 10)]
    pub empty: String,
    #[orm(server_default = "'it''s'", length = 10)]
    pub quote: String,
    #[orm(server_default = "'long'")]
    pub long: String,
    #[orm(server_default = "NULL")]
    pub null: Option<String>,
    #[orm(server_default = "CURRENT_TIMESTAMP")]
    pub made: Auto<DateTime<Utc>>,
    #[orm(server_default = "now()")]
    pub changed: Auto<NaiveDateTime>,
    #[orm(server_default = "'2020-01-02'")]
    pub day: NaiveDate,
    #[orm(server_default = "'2020-01-02 03:04:05'")]
    pub moment: NaiveDateTime,
    #[orm(server_default = "(1 + 2 * 3)")]
    pub sum: i32,
    #[orm(server_default = "'calm'")]
    pub mood: Mood,
    #[orm(server_default = "'[]'")]
    pub json: Json<Vec<i64>>,
}

/// Keys, constraints and indexes of every kind.
#[derive(Model, Debug, Clone, Default)]
#[orm(
    table = "products",
    unique(name = "uq_code_shop", columns(code, shop)),
    unique(columns(shop, rank)),
    index(name = "ix_shop_price", columns(shop, price)),
    index(name = "ux_rank", columns(rank, price), unique),
    check(name = "ck_between", "price BETWEEN 0 AND 1000"),
    check("shop IN (1, 2, 3) OR code LIKE 'x%'")
)]
pub struct Product {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 20)]
    pub code: String,
    pub shop: i32,
    #[orm(index)]
    pub rank: i16,
    #[orm(check = "price <> 13")]
    pub price: i32,
    #[orm(unique)]
    pub name: String,
    #[orm(index)]
    pub uuid: Uuid,
    #[orm(column = "Odd Name")]
    pub odd: Option<i32>,
    #[orm(column = "select")]
    pub reserved: Option<i32>,
    #[orm(secondary = "product_tags")]
    pub tags: ManyToMany<Tag>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "tags", primary_key(name = "the_key"))]
pub struct Tag {
    #[orm(primary_key, length = 30)]
    pub name: String,
    #[orm(references = Tag::name, on_delete = "set_null")]
    pub parent: Option<String>,
    pub products: ManyToMany<Product>,
}

/// A composite key, and foreign keys with every action.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "stock", primary_key(columns(place, product_id)), index(name = "ix_stock_other", columns(other_id)))]
pub struct Stock {
    #[orm(references = Product::id, on_delete = "cascade", on_update = "cascade")]
    pub product_id: i64,
    pub place: i32,
    #[orm(references = Product::id, on_delete = "restrict")]
    pub other_id: Option<i64>,
    #[orm(references = Product::id)]
    pub third_id: i64,
    pub amount: i32,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(
    table = "movements",
    foreign_key(name = "fk_stock", columns(place, product), references(Stock::place, Stock::product_id))
)]
pub struct Movement {
    #[orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub place: i32,
    pub product: i64,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "hens")]
pub struct Hen {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Egg::id)]
    pub egg_id: Option<i64>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "eggs")]
pub struct Egg {
    #[orm(primary_key, auto_increment = false)]
    pub id: i64,
    #[orm(references = Hen::id)]
    pub hen_id: Option<i64>,
}

/// What MySQL and MariaDB do not have.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "partial", index(name = "ix_open", columns(shop), where = "closed IS NULL AND shop IN (1, 2)"))]
pub struct Partial {
    #[orm(primary_key)]
    pub id: i64,
    pub shop: i32,
    pub closed: Option<NaiveDate>,
}

/// All of them, as far as the database can have them.
pub fn metadata(dialect: Dialect) -> MetaData {
    let mut all = metadata![EveryType, Defaults, Product, Tag, Stock, Movement, Hen, Egg];
    if matches!(dialect, Dialect::Sqlite | Dialect::Postgres) {
        let mut tables = all.models().to_vec();
        tables.extend(metadata![Partial].models());
        all = MetaData::new(tables);
    }
    all
}
