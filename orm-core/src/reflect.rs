//! Floor 5: a live database as [`schema`](crate::schema) types: [`Inspector`], and
//! [`Engine::reflect`](crate::engine::Engine::reflect) for all of it at once; the form in which it can be
//! compared with models, [`normalise`]; and the tables of models in it:
//! [`MetaData::create_all`](crate::schema::MetaData::create_all).

mod create;
mod expressions;
mod inspector;
mod mariadb;
mod mysql;
mod normal;
mod postgres;
mod rewritten;
mod rows;
mod sequences;
mod sqlite;
mod sqlite_table;
pub(crate) mod tokens;
mod type_names;

pub use inspector::Inspector;
pub use normal::normalise;
