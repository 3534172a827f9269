//! The engine against live databases: SQLite always, the servers whose `TEST_*_URL` is set.

#[cfg(feature = "sqlite")]
mod memory;
