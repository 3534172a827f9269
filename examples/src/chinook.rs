//! The Chinook database: a shop for digital music, with eleven tables.
//!
//! <https://github.com/lerocha/chinook-database>. The models fit its own tables as they are; the [`reports`] read them and
//! the [`changes`] write them, on whichever database they are.

pub mod changes;
pub mod copy;
pub mod models;
pub mod reports;
