//! Floor 0: which Rust type is which SQL type, and how a value crosses the border in either direction.
//!
//! A Rust type that a column can hold implements [`SqlType`]. Values go to the database as [`Value`]s and come back
//! straight from the driver's row through [`Row`], with nothing in between.

mod auto;
mod basic;
#[cfg(any(feature = "decimal", feature = "bigdecimal"))]
mod decimal;
#[doc(hidden)]
pub mod derive;
mod dialect;
#[cfg(feature = "json")]
mod json;
mod nullability;
mod row;
mod sql_type;
mod value;
mod value_row;

pub use auto::{Auto, Deferred, Field};
pub use basic::parse_datetime;
#[cfg(feature = "bigdecimal")]
pub use bigdecimal::BigDecimal;
pub use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
pub use dialect::Dialect;
#[cfg(feature = "json")]
pub use json::{Json, JsonType};
pub use nullability::{FitsIn, NotNull, Null, Nullability};
pub use row::{DecodeError, Row, column};
#[cfg(feature = "decimal")]
pub use rust_decimal::Decimal;
pub use sql_type::{Boolean, Numeric, Plain, References, SqlType, Text, Type};
#[cfg(feature = "uuid")]
pub use uuid::Uuid;
pub use value::{Kind, Value};
pub use value_row::{UnsetRow, ValueRow};
