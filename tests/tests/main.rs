//! The tests that cross crates, in one binary.

mod broad;
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
mod types;
