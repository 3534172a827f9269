//! An async ORM and SQL toolkit: a composable expression language below, a unit of work above.

// The derive writes `::orm_core::…`, in this crate's own documentation tests and unit tests too.
#[allow(unused_extern_crates)]
extern crate self as orm_core;

#[doc(hidden)]
pub mod __private;
#[macro_use]
pub mod types;
pub mod dialect;
pub mod engine;
pub mod entity;
pub mod error;
pub mod expr;
pub mod model;
pub mod prelude;
pub mod query;
pub mod reflect;
pub mod schema;
pub mod session;

pub use engine::{Connection, Engine, Transaction};
pub use error::{Error, Result};
