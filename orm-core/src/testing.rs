//! Floor 8: what a program's own tests need; the cargo feature `testing`, off by default.
//!
//! ```toml
//! [dev-dependencies]
//! orm-core = { version = "0.1", features = ["testing"] }
//! ```
//!
//! - [`engine`] gives each test a database of its own: SQLite in memory, or with [`engine_on`] a fresh one on a server,
//!   dropped at the end, after a panic too. Tests may then run beside each other.
//! - [`session`] gives one inside a transaction that is rolled back, for tests that share a database.
//! - [`fixtures`] puts rows into it, from owned trees, and gives them back with their keys.
//! - `engine.record()` keeps what is sent from then on, and the [`Recorder`](crate::engine::Recorder) says what is wrong with it:
//!   [`assert_count`](crate::engine::Recorder::assert_count), [`assert_statements`](crate::engine::Recorder::assert_statements),
//!   [`assert_repeats_at_most`](crate::engine::Recorder::assert_repeats_at_most) against one query per object, and more.
//!
//! ```
//! use orm_core::prelude::*;
//! use orm_core::testing::{self, StatementKind};
//!
//! #[derive(Model, Debug, Clone, Default, PartialEq)]
//! #[orm(table = "users")]
//! struct User {
//!     #[orm(primary_key)]
//!     id: i64,
//!     #[orm(length = 40)]
//!     name: String,
//!     #[orm(order_by = Address::id)]
//!     addresses: HasMany<Address>,
//! }
//!
//! #[derive(Model, Debug, Clone, Default, PartialEq)]
//! #[orm(table = "addresses")]
//! struct Address {
//!     #[orm(primary_key)]
//!     id: i64,
//!     #[orm(length = 80)]
//!     email: String,
//!     #[orm(references = User::id)]
//!     user_id: i64,
//!     user: BelongsTo<User>,
//! }
//!
//! /// What is tested.
//! async fn emails(engine: &Engine) -> orm_core::Result<Vec<String>> {
//!     let users = engine.all(select(User).options(selectinload(User::addresses))).await?;
//!     Ok(users.iter().flat_map(|user| user.addresses.iter()).map(|address| address.email.clone()).collect())
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let engine = testing::engine(metadata![User, Address]).await?;
//! let address = |email: &str| Address { email: email.into(), ..Default::default() };
//! let [ed, wendy] = testing::fixtures(
//!     &engine,
//!     [
//!         User { name: "ed".into(), addresses: vec![address("ed@one"), address("ed@two")].into(), ..Default::default() },
//!         User { name: "wendy".into(), addresses: vec![address("w@one")].into(), ..Default::default() },
//!     ],
//! )
//! .await?;
//! assert_eq!((ed.id, wendy.id), (1, 2));
//! assert_eq!(ed.addresses[1].id, 2);
//!
//! let log = engine.record();
//! assert_eq!(emails(&engine).await?, ["ed@one", "ed@two", "w@one"]);
//! log.assert_statements(["SELECT … FROM users", "SELECT … FROM addresses WHERE user_id IN (…) …"]);
//! log.assert_count_of(StatementKind::Select, "addresses", 1);
//! log.assert_no_writes();
//! # Ok::<(), orm_core::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod assertions;
mod database;
mod engine;
mod fixtures;
mod session;
mod statements;

pub use database::TestDatabase;
pub use engine::{TestEngine, engine, engine_on, server};
pub use fixtures::{Fixtures, fixtures};
pub use session::session;
pub use statements::StatementKind;
