use super::{Plain, SqlType};

/// Marks a SQL type that is never NULL.
#[derive(Debug)]
pub enum NotNull {}

/// Marks a SQL type that may be NULL.
#[derive(Debug)]
pub enum Null {}

/// [`NotNull`] or [`Null`], and how the two combine in an expression of several operands.
pub trait Nullability: Send + Sync + 'static {
    /// Whether a value of this type may be NULL.
    const NULLABLE: bool;
    /// The nullability of an expression over `Self` and `N`: NULL as soon as one of them is.
    type Or<N: Nullability>: Nullability;
    /// `T`, or `Option<T>` for a nullable type.
    type Wrap<T: Plain>: SqlType<Base = T>;
}

impl Nullability for NotNull {
    const NULLABLE: bool = false;
    type Or<N: Nullability> = N;
    type Wrap<T: Plain> = T;
}

impl Nullability for Null {
    const NULLABLE: bool = true;
    type Or<N: Nullability> = Null;
    type Wrap<T: Plain> = Option<T>;
}

/// A value of this nullability fits into a column of nullability `N`.
#[diagnostic::on_unimplemented(
    message = "a value that may be NULL can't go into a column that is NOT NULL",
    label = "this may be NULL",
    note = "make the column's field an `Option`, or give a value with `coalesce`"
)]
pub trait FitsIn<N> {}
impl FitsIn<NotNull> for NotNull {}
impl FitsIn<Null> for NotNull {}
impl FitsIn<Null> for Null {}
