//! Migrations: the difference between models and a database, written down as revisions, and applied.
//!
//! A revision is a TOML file with abstract operations, so that one file serves SQLite, PostgreSQL, MySQL and MariaDB; it
//! becomes SQL for a database when it runs. The files form a graph: each names its parents. A database remembers the
//! revisions that it has.
//!
//! ```
//! # async fn example() -> Result<(), orm_migrate::Error> {
//! use orm_core::prelude::*;
//! use orm_migrate::{Migrator, Revision, Revisions};
//!
//! #[derive(Model, Debug, Clone, Default)]
//! #[orm(table = "users")]
//! struct User {
//!     #[orm(primary_key)]
//!     id: i64,
//!     name: String,
//! }
//!
//! let engine = Engine::connect("sqlite::memory:").await?;
//! let models = metadata![User];
//!
//! // What is missing becomes a revision…
//! let diff = Migrator::new(engine.clone(), Revisions::default()).compare(&models).await?;
//! let revision = Revision::new("add users", Vec::new(), diff.operations);
//!
//! // …which a program applies when it starts, or the command line: `orm-migrate upgrade`.
//! let migrator = Migrator::new(engine, Revisions::new(vec![revision])?);
//! migrator.upgrade("head").await?;
//! assert!(migrator.compare(&models).await?.is_empty());
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! The command line is [`cli`]: a program of your own with your models in it, or the program `orm-migrate`, which knows
//! none and does what can be done without them.

#[cfg(feature = "cli")]
pub mod cli;
mod compare;
mod diff;
mod error;
mod lock;
mod migrator;
mod operation;
mod render;
mod revision;
mod revisions;
mod run;
mod type_text;
mod version_table;

pub use compare::compare;
pub use diff::{Diff, Finding, Rename, diff};
pub use error::{Error, Result};
pub use migrator::{Migrator, Status, Step};
pub use operation::{Change, Operation, Sql, TableName};
pub use render::render;
pub use revision::Revision;
pub use revisions::Revisions;
pub use version_table::{Applied, VersionTable};
