//! The tests that cross crates, in one binary.

mod broad;
mod create;
mod floors;
mod harness;
mod reflect;
