//! Models that use every feature of a definition, for tests of what definitions become.

// Clippy takes one column in two indexes for an attribute written twice.
#![allow(clippy::duplicated_attributes)]

use tests::prelude::*;

#[derive(SqlEnum, Debug, Clone, Copy, PartialEq, Default)]
#[orm(native = "mood")]
pub(crate) enum Mood {
    #[default]
    Calm,
    #[orm(rename = "it's fine")]
    Fine,
}

#[derive(SqlEnum, Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Kind {
    #[default]
    Plain,
    Fancy,
}

#[derive(SqlEnum, Debug, Clone, Copy, PartialEq, Default)]
#[orm(integer)]
pub(crate) enum Level {
    #[default]
    Low = 1,
    High = 2,
}

#[derive(SqlType, Debug, Clone, PartialEq, Default)]
pub(crate) struct Email(pub(crate) String);

/// A column of every type, nullable and not.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "every_type", comment = "all there is, it's said")]
pub(crate) struct EveryType {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) a_bool: bool,
    pub(crate) a_i8: i8,
    pub(crate) a_i16: i16,
    pub(crate) a_i32: i32,
    pub(crate) a_i64: i64,
    pub(crate) a_u8: u8,
    pub(crate) a_u16: u16,
    pub(crate) a_u32: u32,
    pub(crate) a_f32: f32,
    pub(crate) a_f64: f64,
    pub(crate) a_text: String,
    #[orm(length = 40)]
    pub(crate) a_short: String,
    pub(crate) a_bytes: Vec<u8>,
    #[orm(length = 16)]
    pub(crate) a_hash: Vec<u8>,
    pub(crate) a_date: NaiveDate,
    pub(crate) a_time: NaiveTime,
    pub(crate) a_datetime: NaiveDateTime,
    pub(crate) a_timestamp: DateTime<Utc>,
    pub(crate) a_span: TimeDelta,
    pub(crate) a_uuid: Uuid,
    pub(crate) a_decimal: Decimal,
    #[orm(precision = 12, scale = 3)]
    pub(crate) a_price: Decimal,
    pub(crate) a_json: Json<Vec<i64>>,
    pub(crate) a_mood: Mood,
    pub(crate) a_kind: Kind,
    pub(crate) a_level: Level,
    pub(crate) an_email: Email,
    #[orm(comment = "perhaps")]
    pub(crate) maybe_text: Option<String>,
    pub(crate) maybe_int: Option<i32>,
    pub(crate) maybe_json: Option<Json<i64>>,
    pub(crate) maybe_mood: Option<Mood>,
    pub(crate) maybe_uuid: Option<Uuid>,
}

/// A default of every kind.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "defaults")]
pub(crate) struct Defaults {
    #[orm(primary_key)]
    pub(crate) id: i32,
    #[orm(server_default = "0")]
    pub(crate) zero: i32,
    #[orm(server_default = "-1")]
    pub(crate) minus: i64,
    #[orm(server_default = "1.5", precision = 10, scale = 2)]
    pub(crate) price: Decimal,
    #[orm(server_default = "2.50")]
    pub(crate) float: f64,
    #[orm(server_default = "true")]
    pub(crate) yes: bool,
    #[orm(server_default = "false")]
    pub(crate) no: bool,
    #[orm(server_default = "''", length = 10)]
    pub(crate) empty: String,
    #[orm(server_default = "'it''s'", length = 10)]
    pub(crate) quote: String,
    #[orm(server_default = "'long'")]
    pub(crate) long: String,
    #[orm(server_default = "NULL")]
    pub(crate) null: Option<String>,
    #[orm(server_default = "CURRENT_TIMESTAMP")]
    pub(crate) made: Auto<DateTime<Utc>>,
    #[orm(server_default = "now()")]
    pub(crate) changed: Auto<NaiveDateTime>,
    #[orm(server_default = "'2020-01-02'")]
    pub(crate) day: NaiveDate,
    #[orm(server_default = "'2020-01-02 03:04:05'")]
    pub(crate) moment: NaiveDateTime,
    #[orm(server_default = "(1 + 2 * 3)")]
    pub(crate) sum: i32,
    #[orm(server_default = "'calm'")]
    pub(crate) mood: Mood,
    #[orm(server_default = "'[]'")]
    pub(crate) json: Json<Vec<i64>>,
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
pub(crate) struct Product {
    #[orm(primary_key)]
    pub(crate) id: i64,
    #[orm(length = 20)]
    pub(crate) code: String,
    pub(crate) shop: i32,
    #[orm(index)]
    pub(crate) rank: i16,
    #[orm(check = "price <> 13")]
    pub(crate) price: i32,
    #[orm(unique)]
    pub(crate) name: String,
    #[orm(index)]
    pub(crate) uuid: Uuid,
    #[orm(column = "Odd Name")]
    pub(crate) odd: Option<i32>,
    #[orm(column = "select")]
    pub(crate) reserved: Option<i32>,
    #[orm(secondary = "product_tags")]
    pub(crate) tags: ManyToMany<Tag>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "tags", primary_key(name = "the_key"))]
pub(crate) struct Tag {
    #[orm(primary_key, length = 30)]
    pub(crate) name: String,
    #[orm(references = Tag::name, on_delete = "set_null")]
    pub(crate) parent: Option<String>,
    pub(crate) products: ManyToMany<Product>,
}

/// A composite key, and foreign keys with every action.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "stock", primary_key(columns(place, product_id)), index(name = "ix_stock_other", columns(other_id)))]
pub(crate) struct Stock {
    #[orm(references = Product::id, on_delete = "cascade", on_update = "cascade")]
    pub(crate) product_id: i64,
    pub(crate) place: i32,
    #[orm(references = Product::id, on_delete = "restrict")]
    pub(crate) other_id: Option<i64>,
    #[orm(references = Product::id)]
    pub(crate) third_id: i64,
    pub(crate) amount: i32,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(
    table = "movements",
    foreign_key(name = "fk_stock", columns(place, product), references(Stock::place, Stock::product_id))
)]
pub(crate) struct Movement {
    #[orm(primary_key, auto_increment = false)]
    pub(crate) id: i64,
    pub(crate) place: i32,
    pub(crate) product: i64,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "hens")]
pub(crate) struct Hen {
    #[orm(primary_key)]
    pub(crate) id: i64,
    #[orm(references = Egg::id)]
    pub(crate) egg_id: Option<i64>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "eggs")]
pub(crate) struct Egg {
    #[orm(primary_key, auto_increment = false)]
    pub(crate) id: i64,
    #[orm(references = Hen::id)]
    pub(crate) hen_id: Option<i64>,
}

/// What MySQL and MariaDB do not have.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "partial", index(name = "ix_open", columns(shop), where = "closed IS NULL AND shop IN (1, 2)"))]
pub(crate) struct Partial {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) shop: i32,
    pub(crate) closed: Option<NaiveDate>,
}

/// All of them, as far as the database can have them.
pub(crate) fn metadata(dialect: Dialect) -> MetaData {
    let mut all = metadata![EveryType, Defaults, Product, Tag, Stock, Movement, Hen, Egg];
    if matches!(dialect, Dialect::Sqlite | Dialect::Postgres) {
        let mut tables = all.models().to_vec();
        tables.extend(metadata![Partial].models());
        all = MetaData::new(tables);
    }
    all
}
