//! The derive macros of orm-core: `Model`, `SqlEnum` and `SqlType`.
//!
//! Use them through `orm_core::prelude`, which has the traits of the same names beside them.

mod attributes;
mod errors;
mod model;
mod names;
mod rust_types;
mod sql_enum;
mod sql_type;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Maps a struct with named fields to a table.
///
/// Writes beside the struct: a typed constant for each column and relationship (`User::name`, `User::addresses`), the
/// constant `User` for queries, and the implementation of `Model`.
///
/// # Fields
///
/// A field is a column, unless its type is a relationship: `HasMany<T>`, `HasOne<T>`, `ManyToMany<T>`, `BelongsTo<T>` for
/// a key that is NOT NULL, or `BelongsTo<Option<T>>` for a nullable one. The type is recognised by its last name, so it may be
/// written with its path but not hidden in an alias. An `Option` is a nullable column, an `Auto` one that the database may
/// fill in.
///
/// # Attributes of the struct
///
/// | `#[orm(…)]` | says |
/// | --- | --- |
/// | `table = "users"` | the table's name; the struct's in snake case where it is not given |
/// | `schema = "app"` | its schema |
/// | `comment = "…"` | its comment |
/// | `rename_all = "camelCase"` | how columns are named after fields: `snake_case`, `camelCase`, `PascalCase`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `lowercase`, `UPPERCASE` |
/// | `primary_key(name = "…", columns(a, b))` | the key, instead of `primary_key` at its fields, in this order; or its name alone |
/// | `unique(name = "…", columns(a, b))` | a unique constraint |
/// | `index(name = "…", columns(a, b), unique, where = "…")` | an index; `where`, as SQL, makes it partial |
/// | `check(name = "…", "price > 0")` | a check, as SQL |
/// | `foreign_key(name = "…", columns(a, b), references(A::x, A::y), on_delete = "…")` | a foreign key, of several columns too |
///
/// Where two of them name one column, clippy takes the name for an attribute that is given twice
/// (`clippy::duplicated_attributes`); allow that lint then.
///
/// # Attributes of a column
///
/// | `#[orm(…)]` | says |
/// | --- | --- |
/// | `primary_key` | it is the key, or part of it; a single integer is numbered by the database while it is 0 |
/// | `auto_increment = false` | it is not: 0 is a key like any other |
/// | `unique`, `unique = "name"` | a unique constraint |
/// | `index`, `index = "name"` | an index |
/// | `length = 40` | the greatest length of text or bytes |
/// | `precision = 10`, `scale = 2` | the digits of a decimal, and those after the point |
/// | `column = "name"` | its name in the database |
/// | `sql_type = "citext"` | its type, as the database writes it |
/// | `references = User::id` | a foreign key; the types must agree |
/// | `on_delete = "cascade"`, `on_update` | what follows: `cascade`, `restrict`, `set_null`, `set_default`, `no_action` |
/// | `server_default = "CURRENT_TIMESTAMP"` | the default, as SQL |
/// | `default = <value or expression>` | the default that an INSERT writes |
/// | `comment = "…"` | its comment |
/// | `check = "price > 0"` | a check, as SQL |
/// | `version` | the number for optimistic locking |
/// | `skip` | the field is no column; it is `Default` in what is read |
/// | `constant = "from_"` | the name of the constant, where the field's would hide a function such as `from` |
///
/// # Attributes of a relationship
///
/// | `#[orm(…)]` | says |
/// | --- | --- |
/// | `foreign_key = billing_id`, `foreign_key(a, b)` | the fields that hold the key, where several would do |
/// | `inverse = Address::user` | the other side, where several would do |
/// | `secondary = "links"` | the table between, for a `ManyToMany` |
/// | `from = "left_id"`, `to = "right_id"` | its columns, to this side and to the other; `["a", "b"]` for several |
/// | `secondary = UserKeyword` | a model as the table between; the relationship is then read-only |
/// | `order_by = Address::id` | the order of the collection; a tuple for several, `.desc()` for descending |
/// | `cascade(all, delete_orphan)` | `all` or `delete`: a deleted object takes its related ones with it; `delete_orphan`: so goes what is taken out of the relationship; `all` or `expunge`: an object taken out of the session takes its related ones with it. An added object takes its related ones along in any case (`save_update`) |
/// | `passive_deletes`, `passive_deletes = "all"` | trust the database with children that are not loaded; with all |
/// | `constraint = false` | the key has no foreign key in the database; with `foreign_key` |
/// | `constant = "from_"` | as for a column |
#[proc_macro_derive(Model, attributes(orm))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    model::derive(input, names::krate()).into()
}

/// Makes an enum without fields a column's type.
///
/// | `#[orm(…)]` | stored as |
/// | --- | --- |
/// | `text`, or nothing | the variant's name in snake case, as text |
/// | `integer`, `integer = "i16"` | its discriminant, as an `i32` or another integer |
/// | `native = "mood"` | a value of the database's enum type of that name, where it has such types |
///
/// `rename_all = "UPPERCASE"` on the enum and `rename = "…"` on a variant change the names.
#[proc_macro_derive(SqlEnum, attributes(orm))]
pub fn derive_sql_enum(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    sql_enum::derive(&input, &names::krate()).into()
}

/// Makes a struct with one field a column's type: it is stored as that field.
#[proc_macro_derive(SqlType, attributes(orm))]
pub fn derive_sql_type(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    sql_type::derive(&input, &names::krate()).into()
}
