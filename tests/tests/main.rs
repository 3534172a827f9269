//! The tests that cross crates, in one binary.

mod floors;
mod harness;
mod reflect;
