//! Floor 1: tables, columns, keys, constraints and indexes as owned data: what the models say and what a live database
//! says are the same types, so that a diff compares like with like.

mod from_models;
mod metadata;
mod naming;
mod registration;
mod table;

pub use metadata::MetaData;
pub use naming::NamingConvention;
#[doc(hidden)]
pub use registration::Registration;
pub use table::{Check, Column, ForeignKey, Index, PrimaryKey, Schema, Table, Unique};
