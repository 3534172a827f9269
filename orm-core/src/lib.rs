//! An async ORM and SQL toolkit: a composable expression language below, a unit of work above.
//!
//! A struct with `#[derive(Model)]` is a table. Queries are plain values whose row type follows from what is selected, and
//! they run without a session ([`Engine`]) or in one ([`Session`](session::Session)), which owns its objects, keeps the links between them, and
//! writes what changed in the order that the foreign keys ask for. SQLite, PostgreSQL, MariaDB and MySQL are four
//! dialects of one language; what a database can't do is an error before anything is sent.
//!
//! ```
//! use orm_core::prelude::*;
//!
//! #[derive(Model, Debug, Clone, Default)]
//! #[orm(table = "users")]
//! struct User {
//!     #[orm(primary_key)]
//!     id: i64, // the database assigns it while it is 0
//!     #[orm(unique, length = 40)]
//!     name: String,
//!     fullname: Option<String>,
//!     #[orm(cascade(all, delete_orphan), order_by = Address::id)]
//!     addresses: HasMany<Address>,
//! }
//!
//! #[derive(Model, Debug, Clone, Default)]
//! #[orm(table = "addresses")]
//! struct Address {
//!     #[orm(primary_key)]
//!     id: i64,
//!     email: String,
//!     #[orm(references = User::id)]
//!     user_id: i64,
//!     user: BelongsTo<User>,
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let engine = Engine::connect("sqlite::memory:").await?;
//! metadata![User, Address].create_all(&engine).await?;
//!
//! // A unit of work: the whole tree is inserted, in order, in one transaction.
//! let mut session = engine.session();
//! let ed = session.add(User {
//!     name: "ed".into(),
//!     addresses: vec![Address { email: "ed@example.org".into(), ..Default::default() }].into(),
//!     ..Default::default()
//! });
//! session.commit().await?;
//! session[ed].fullname = Some("Ed Jones".into());
//! session.push(ed, User::addresses, Address { email: "jones@example.org".into(), ..Default::default() });
//! session.commit().await?;
//!
//! // Without a session: owned values, and rows whose type follows from the query.
//! let users: Vec<User> = engine
//!     .all(select(User).filter(User::name.like("e%")).options(selectinload(User::addresses)))
//!     .await?;
//! assert_eq!(users[0].addresses.get()?.len(), 2);
//!
//! let totals: Vec<(String, i64)> = engine
//!     .all(select((User::name, count(Address::id))).outer_join(User::addresses).group_by(User::name))
//!     .await?;
//! assert_eq!(totals, [("ed".to_owned(), 2)]);
//! # Ok::<(), orm_core::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! `sqlite` (default, bundled), `postgres`, `mysql` (MySQL and MariaDB), `derive` (default), `uuid`, `decimal`,
//! `bigdecimal`, `json`; `testing` for a program's own tests (`orm_core::testing`).
//!
//! # Floors
//!
//! A module uses only what stands on a lower floor: [`types`], [`error`] · [`expr`], [`schema`], [`entity`] · [`query`] ·
//! [`dialect`] · [`engine`] · [`reflect`] · [`model`] · [`session`].

// The derive writes `::orm_core::…`, in this crate's own documentation tests and unit tests too.
#[allow(unused_extern_crates)]
extern crate self as orm_core;

#[doc(hidden)]
pub mod __private;
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
#[cfg(feature = "testing")]
pub mod testing;
pub mod types;

pub use engine::{Connection, Engine, Transaction};
pub use error::{Error, Result};
