//! Floor 5: a live database as [`schema`](crate::schema) types: [`Inspector`], and
//! [`Engine::reflect`](crate::engine::Engine::reflect) for all of it at once.

mod inspector;
mod mariadb;
mod mysql;
mod postgres;
mod rows;
mod sqlite;
mod sqlite_table;
mod tokens;
mod type_names;

pub use inspector::Inspector;
