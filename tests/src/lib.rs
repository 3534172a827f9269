//! The database matrix: a test body is written once, and runs on SQLite, PostgreSQL, MariaDB and MySQL.
//!
//! ```ignore
//! use tests::prelude::*;
//!
//! matrix! {
//!     async fn one_is_one(db: Db) -> Result<()> {
//!         assert_eq!(db.engine.scalar(select(bind(1_i64))).await?, 1);
//!         Ok(())
//!     }
//!
//!     /// On the databases that can do it only; on the others it is reported as skipped.
//!     #[requires(insert_returning)]
//!     async fn an_insert_gives_its_row_back(db: Db) -> Result<()> {
//!         let _ = db;
//!         Ok(())
//!     }
//!
//!     #[on(sqlite, postgres)]
//!     async fn only_here(db: Db) -> Result<()> {
//!         let _ = db;
//!         Ok(())
//!     }
//! }
//! ```
//!
//! Every test has a database of its own ([`TestDatabase`](orm_core::testing::TestDatabase)), which is dropped afterwards,
//! also after a panic. The servers are those of `TEST_POSTGRES_URL`, `TEST_MARIADB_URL` and `TEST_MYSQL_URL`; a test whose server is not set says
//! so and is skipped. `ORM_TEST_REPORT` names a file that gets a line for everything that ran, was skipped, created and
//! dropped.

// A test tells a person what it skipped.
#![allow(clippy::print_stderr)]

mod db;
pub mod models;
mod report;
mod run;
mod server;

pub use db::Db;
pub use report::{report, skip};
pub use run::{Requirement, block_on, run};
pub use server::Database;

/// What a file of tests needs.
pub mod prelude {
    pub use crate::{Database, Db, matrix};
    pub use orm_core::prelude::*;
    pub use orm_core::{Error, Result};
}

/// Makes a module of four tests of each body: `sqlite`, `postgres`, `mariadb`, `mysql`.
#[macro_export]
macro_rules! matrix {
    ($(
        $(#[doc = $doc:literal])*
        $(#[on($($only:ident),+)])?
        $(#[requires($capability:ident)])?
        async fn $name:ident($db:ident: Db) -> Result<()> $body:block
    )*) => { $(
        $(#[doc = $doc])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn body($db: $crate::Db) -> ::orm_core::Result<()> $body

            $crate::matrix!(@tests [$($($only)+)?] [$($capability)?]);
        }
    )* };
    (@tests [] $capability:tt) => { $crate::matrix!(@tests [sqlite postgres mariadb mysql] $capability); };
    (@tests [$($database:ident)+] $capability:tt) => { $(
        #[test]
        fn $database() {
            $crate::run(
                stringify!($database),
                concat!(module_path!(), "::", stringify!($database)),
                $crate::matrix!(@requirement $capability),
                body,
            );
        }
    )+ };
    (@requirement []) => { None };
    (@requirement [$capability:ident]) => {
        Some($crate::Requirement { name: stringify!($capability), met: |capabilities| capabilities.$capability() })
    };
}
