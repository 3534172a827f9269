//! The tests that cross crates, in one binary.

// Models are written as in any program: public, and with several constraints of one kind.
#![allow(unreachable_pub, clippy::duplicated_attributes)]

mod broad;
mod chinook;
mod compile_fail;
mod create;
mod derive_attributes;
mod derive_places;
mod dialects;
mod dml;
mod errors;
mod expressions;
mod floors;
mod harness;
mod migrate;
mod parallel;
mod reflect;
mod select;
mod session;
mod testing;
mod tour;
mod types;
mod unit_of_work;
