//! What a program with models needs, in one `use`.

pub use crate::dialect::{Capabilities, Compiled, Dialect, Sql};
pub use crate::engine::{Connection, Engine, Isolation, Transaction};
pub use crate::entity::{Entity, Key, Many, Maybe, Model, One, OptionalEntity, Rel, selectinload};
pub use crate::error::Error;
pub use crate::expr::{
    Column, Condition, DatePart, Expr, Expression, Label, Operand, OrderBy, Ordered, abs, and_, avg, bind, case_,
    case_of, char_length, coalesce, concat, count, count_all, count_distinct, current_date, current_timestamp,
    dense_rank, extract, func, lag, lead, lower, max, min, nullif, or_, rank, round, row_number, sum, trim, tuple_,
    upper, window,
};
pub use crate::metadata;
pub use crate::model::{BelongsTo, HasMany, HasOne, Hooks, ManyToMany};
pub use crate::query::{
    Alias, Lock, Select, Subquery, alias, aliased, delete, exists, insert, select, text, update, with_criteria,
};
pub use crate::schema::MetaData;
pub use crate::session::{At, Session, SessionOptions, State};
#[cfg(feature = "bigdecimal")]
pub use crate::types::BigDecimal;
#[cfg(feature = "decimal")]
pub use crate::types::Decimal;
#[cfg(feature = "json")]
pub use crate::types::Json;
#[cfg(feature = "uuid")]
pub use crate::types::Uuid;
pub use crate::types::{Auto, DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Value};
#[cfg(feature = "derive")]
pub use orm_derive::{Model, SqlEnum, SqlType};
