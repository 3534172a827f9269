use super::subquery::Subquery;
use super::tree::On;
use crate::entity::{Entity, Model, Rel};
use crate::expr::{AliasDef, Column, Expr, Source};
use crate::types::SqlType;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// What can stand in FROM: a model, an alias or a subquery.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be joined",
    label = "expected a model, an alias or a subquery"
)]
pub trait FromItem {
    /// The source.
    fn into_source(self) -> Source;
}

impl<M: Model> FromItem for Entity<M> {
    fn into_source(self) -> Source {
        Source::Table(M::TABLE)
    }
}

impl<M: Model> FromItem for &Alias<M> {
    fn into_source(self) -> Source {
        Source::Alias(self.def.clone())
    }
}

impl<R, K> FromItem for &Subquery<R, K> {
    fn into_source(self) -> Source {
        Source::Derived(self.derived.clone())
    }
}

/// What can be joined without a condition: a relationship, or a model or alias along the only foreign key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be joined without a condition",
    label = "expected a relationship, a model or an alias",
    note = "with a condition: `.join_on(source, condition)`"
)]
pub trait JoinTarget {
    /// What is joined, and on what.
    fn into_join(self) -> (Option<Source>, On);
}

impl<M, T, K> JoinTarget for Rel<M, T, K> {
    fn into_join(self) -> (Option<Source>, On) {
        (None, On::Relationship(self.raw()))
    }
}

impl<M: Model> JoinTarget for Entity<M> {
    fn into_join(self) -> (Option<Source>, On) {
        (Some(self.into_source()), On::ForeignKey)
    }
}

impl<M: Model> JoinTarget for &Alias<M> {
    fn into_join(self) -> (Option<Source>, On) {
        (Some(self.into_source()), On::ForeignKey)
    }
}

/// A model under another name: [`alias`], [`aliased`].
pub struct Alias<M> {
    pub(crate) def: Arc<AliasDef>,
    of: PhantomData<fn() -> M>,
}

impl<M> Clone for Alias<M> {
    fn clone(&self) -> Self {
        Alias { def: self.def.clone(), of: PhantomData }
    }
}

impl<M> fmt::Debug for Alias<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.def.fmt(f)
    }
}

/// A model under another name, for a statement that uses it twice.
pub fn alias<M: Model>(entity: Entity<M>, name: &str) -> Alias<M> {
    let _ = entity;
    Alias { def: Arc::new(AliasDef { table: M::TABLE, name: Some(name.to_owned()) }), of: PhantomData }
}

/// A model under another name that the compiler chooses.
pub fn aliased<M: Model>(entity: Entity<M>) -> Alias<M> {
    let _ = entity;
    Alias { def: Arc::new(AliasDef { table: M::TABLE, name: None }), of: PhantomData }
}

impl<M: Model> Alias<M> {
    /// The alias's column.
    pub fn get<T: SqlType>(&self, column: Column<M, T>) -> Expr<T> {
        Expr::from_node(Source::Alias(self.def.clone()).column(column.raw().index))
    }
}
