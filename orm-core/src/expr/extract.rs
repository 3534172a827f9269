use super::expression::{Expr, Expression, Merge, NullOf};
use super::node::Node;
use crate::types::{DateTime, NaiveDate, NaiveDateTime, SqlType, Utc};

/// A part of a date or time: see [`extract`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DatePart {
    /// The year.
    Year,
    /// The month, from 1.
    Month,
    /// The day of the month, from 1.
    Day,
    /// The hour of a date with a time, from 0.
    Hour,
    /// The minute.
    Minute,
    /// The second, without its fraction.
    Second,
}

/// A SQL type with a date.
#[diagnostic::on_unimplemented(message = "this needs a date, but the expression is `{Self}`", label = "not a date")]
pub trait Dated: SqlType {}
impl Dated for NaiveDate {}
impl Dated for Option<NaiveDate> {}
impl Dated for NaiveDateTime {}
impl Dated for Option<NaiveDateTime> {}
impl Dated for DateTime<Utc> {}
impl Dated for Option<DateTime<Utc>> {}

/// A part of a date, as an integer on every database; a `DateTime<Utc>` is taken in UTC.
///
/// SQL: `CAST(EXTRACT(YEAR FROM …) AS BIGINT)` on PostgreSQL, `EXTRACT(YEAR FROM …)` on MySQL and MariaDB,
/// `CAST(strftime('%Y', …) AS INTEGER)` on SQLite.
pub fn extract<E: Expression>(part: DatePart, expression: E) -> Expr<Merge<NullOf<E>, NullOf<E>, i64>>
where
    E::T: Dated,
{
    let name = match part {
        DatePart::Year => "extract_year",
        DatePart::Month => "extract_month",
        DatePart::Day => "extract_day",
        DatePart::Hour => "extract_hour",
        DatePart::Minute => "extract_minute",
        DatePart::Second => "extract_second",
    };
    Expr::from_node(Node::Function(Box::new(Node::call(name, vec![expression.into_node()]))))
}
