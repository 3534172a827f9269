//! What the larger examples share with the tests.

pub mod chinook;
