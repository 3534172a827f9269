use super::key::KeyTuple;
use super::table::TableDef;
use std::fmt;
use std::marker::PhantomData;

/// A struct that is mapped to a table: its static half. `#[derive(Model)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "add `#[derive(Model)]` to it"
)]
pub trait Model: Sized + Send + Sync + 'static {
    /// The table.
    const TABLE: &'static TableDef;
    /// The primary key: its column's type, or a tuple in field order.
    type PrimaryKey: KeyTuple;
}

/// A model as a table to select from: the constant `User` beside the struct `User`.
pub struct Entity<M>(PhantomData<fn() -> M>);

impl<M> Clone for Entity<M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for Entity<M> {}

impl<M> fmt::Debug for Entity<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entity<{}>", std::any::type_name::<M>())
    }
}

impl<M: Model> Default for Entity<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model> Entity<M> {
    /// The model's table; what the constant named like the struct holds.
    pub const fn new() -> Self {
        Entity(PhantomData)
    }

    /// The model on the nullable side of an outer join: `None` where there was no row.
    pub const fn optional(self) -> OptionalEntity<M> {
        OptionalEntity(PhantomData)
    }
}

/// A model on the nullable side of an outer join: [`Entity::optional`].
pub struct OptionalEntity<M>(PhantomData<fn() -> M>);

impl<M> Clone for OptionalEntity<M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for OptionalEntity<M> {}

impl<M> fmt::Debug for OptionalEntity<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OptionalEntity<{}>", std::any::type_name::<M>())
    }
}
