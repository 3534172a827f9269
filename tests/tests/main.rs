//! The tests that cross crates, in one binary.

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
mod reflect;
mod select;
mod tour;
mod types;
mod unit_of_work;
