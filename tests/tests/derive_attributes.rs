//! What each attribute of `#[derive(Model)]` does to the table.

// Clippy takes a column of two indexes for an attribute that is given twice.
#![allow(clippy::duplicated_attributes)]

use orm_core::dialect::{Dialect, Sql};
use orm_core::entity::Action;
use orm_core::prelude::*;
use orm_core::schema::{Schema, Table};
use orm_core::types::Type;

#[derive(SqlType, Debug, Clone, Copy, Default, PartialEq)]
struct Number(i64);

#[derive(SqlEnum, Debug, Clone, Copy, Default, PartialEq)]
enum Kind {
    #[default]
    Small,
    VeryLarge,
}

type Alias = Option<i64>;

#[derive(Model, Debug, Clone, Default)]
#[orm(
    schema = "shop",
    comment = "What is sold",
    rename_all = "camelCase",
    unique(columns(list_price, kind)),
    unique(name = "uq_code", columns(code, kind)),
    index(columns(kind, code)),
    index(name = "ix_cheap", columns(list_price), unique, where = "listPrice < 10"),
    check("code <> ''"),
    check(name = "ck_price", "listPrice > 0")
)]
struct Product {
    #[orm(primary_key)]
    id: Number,
    #[orm(length = 8, unique = "uq_only_code", comment = "As on the label")]
    code: String,
    #[orm(precision = 10, scale = 2, check = "listPrice < 1000")]
    list_price: Decimal,
    #[orm(length = 12, index)]
    kind: Kind,
    #[orm(index = "ix_picture", length = 100)]
    picture: Option<Vec<u8>>,
    #[orm(column = "NAME", sql_type = "citext")]
    title: String,
    #[orm(server_default = "0")]
    stock: Auto<i32>,
    #[orm(default = Kind::VeryLarge)]
    packing: Auto<Kind>,
    #[orm(version)]
    version: i16,
    hidden_null: Alias,
    #[orm(constant = "from_")]
    from: Option<String>,
    #[orm(skip)]
    note: &'static str,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "lines", primary_key(name = "pk_line", columns(line, order)))]
struct Line {
    order: i32,
    line: i32,
    #[orm(references = Product::id, on_delete = "restrict", on_update = "cascade")]
    product_id: Number,
    product: BelongsTo<Product>,
    notes: HasMany<Note>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(
    table = "notes",
    foreign_key(
        name = "fk_line",
        columns(line, order),
        references(Line::line, Line::order),
        on_delete = "set_null",
        on_update = "no_action"
    )
)]
struct Note {
    #[orm(primary_key, auto_increment = false)]
    id: i64,
    order: Option<i32>,
    line: Option<i32>,
    of: BelongsTo<Option<Line>>,
    product_id: Number,
    #[orm(foreign_key = product_id, constraint = false)]
    product: BelongsTo<Product>,
}

fn schema() -> Schema {
    metadata![Product, Line, Note].schema().expect("the models fit together")
}

fn table(name: &str) -> Table {
    schema().table(name).expect("the table is there").clone()
}

#[test]
fn names() {
    let product = table("product");
    assert_eq!(product.schema.as_deref(), Some("shop"));
    assert_eq!(product.comment.as_deref(), Some("What is sold"));
    let names: Vec<_> = product.columns.iter().map(|column| column.name.as_str()).collect();
    let wanted =
        ["id", "code", "listPrice", "kind", "picture", "NAME", "stock", "packing", "version", "hiddenNull", "from"];
    assert_eq!(names, wanted);
    assert_eq!(product.columns[1].comment.as_deref(), Some("As on the label"));
    assert_eq!(Product::from_.raw().to_string(), "Product::from");
    assert_eq!(Product::default().note, "");
}

#[test]
fn types() {
    let product = table("product");
    let ty = |name: &str| product.column(name).expect("the column is there").sql_type.clone();
    assert_eq!(ty("id"), Type::BigInt);
    assert_eq!(ty("code"), Type::Text { length: Some(8) });
    assert_eq!(ty("listPrice"), Type::Decimal { precision: Some(10), scale: Some(2) });
    assert_eq!(ty("kind"), Type::Text { length: Some(12) });
    assert_eq!(ty("picture"), Type::Binary { length: Some(100) });
    assert_eq!(ty("NAME"), Type::Raw("citext".into()));
    let nullable: Vec<_> = product.columns.iter().filter(|column| column.nullable).map(|c| c.name.as_str()).collect();
    assert_eq!(nullable, ["picture", "hiddenNull", "from"]);
}

#[test]
fn defaults_and_numbering() {
    let product = table("product");
    assert_eq!(product.column("stock").and_then(|column| column.default.clone()).as_deref(), Some("0"));
    // A default of the program is not one of the database.
    assert_eq!(product.column("packing").and_then(|column| column.default.clone()), None);
    let numbered = |table: &Table| {
        let numbered = table.columns.iter().filter(|column| column.auto_increment);
        numbered.map(|column| column.name.clone()).collect::<Vec<_>>()
    };
    // A newtype of an integer is numbered like one.
    assert_eq!(numbered(&product), ["id"]);
    assert!(numbered(&table("lines")).is_empty());
    assert!(numbered(&table("notes")).is_empty());
    let insert = insert(Product).rows(&[Product { code: "a".into(), ..Product::default() }]);
    let compiled = insert.sql(Dialect::Sqlite).expect("the statement compiles");
    assert!(compiled.text.contains("packing") && !compiled.text.contains("stock"), "{}", compiled.text);
    assert!(format!("{:?}", compiled.binds).contains("very_large"), "{:?}", compiled.binds);
}

#[test]
fn keys() {
    let lines = table("lines");
    let key = lines.primary_key.expect("a key");
    assert_eq!(key.name.as_deref(), Some("pk_line"));
    assert_eq!(key.columns, ["line", "order"]);
    let [key] = lines.foreign_keys.as_slice() else { panic!("{:?}", lines.foreign_keys) };
    assert_eq!((key.on_delete, key.on_update), (Action::Restrict, Action::Cascade));
    assert_eq!(key.target, "product");
    assert_eq!(key.target_schema.as_deref(), Some("shop"));
    let notes = table("notes");
    let [key] = notes.foreign_keys.as_slice() else { panic!("{:?}", notes.foreign_keys) };
    assert_eq!(key.name.as_deref(), Some("fk_line"));
    assert_eq!((key.columns.join("+"), key.target_columns.join("+")), ("line+order".into(), "line+order".into()));
    assert_eq!((key.on_delete, key.on_update), (Action::SetNull, Action::NoAction));
}

#[test]
fn constraints_and_indexes() {
    let product = table("product");
    let uniques: Vec<_> = product.uniques.iter().map(|unique| unique.columns.join("+")).collect();
    assert_eq!(uniques, ["code", "listPrice+kind", "code+kind"]);
    let names: Vec<_> = product.uniques.iter().map(|unique| unique.name.as_deref().unwrap_or("")).collect();
    assert_eq!([names[0], names[2]], ["uq_only_code", "uq_code"]);
    let checks: Vec<_> = product.checks.iter().map(|check| check.expression.as_str()).collect();
    assert_eq!(checks, ["listPrice < 1000", "code <> ''", "listPrice > 0"]);
    assert_eq!(product.checks[2].name.as_deref(), Some("ck_price"));
    let indexes: Vec<_> = product.indexes.iter().map(|index| (index.columns.join("+"), index.unique)).collect();
    let wanted = [("kind", false), ("picture", false), ("kind+code", false), ("listPrice", true)];
    assert_eq!(indexes, wanted.map(|(columns, unique)| (columns.to_owned(), unique)));
    assert_eq!(product.indexes[1].name, "ix_picture");
    assert_eq!(product.indexes[3].name, "ix_cheap");
    assert_eq!(product.indexes[3].filter.as_deref(), Some("listPrice < 10"));
}

/// Over a composite key, over columns without a constraint, and a nullable one.
#[test]
fn relationships() {
    let sql = |statement: &dyn Sql| statement.sql(Dialect::Sqlite).expect("the statement compiles").text;
    assert_eq!(
        sql(&select(Note::id).join(Note::product)),
        "SELECT notes.id FROM notes JOIN shop.product ON notes.product_id = product.id"
    );
    assert_eq!(
        sql(&select(Line::product_id).join(Line::notes)),
        "SELECT lines.product_id FROM lines JOIN notes ON lines.line = notes.line AND lines.\"order\" = notes.\"order\""
    );
    assert!(Note::default().of.get().is_err());
    let none: BelongsTo<Option<Line>> = BelongsTo::from(None);
    assert!(matches!(none.get(), Ok(None)));
}
