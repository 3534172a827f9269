use super::model::Model;
use super::relationship::{Rel, RelRef};
use crate::expr::{Condition, Node, OrderBy, Ordered};
use std::fmt;
use std::marker::PhantomData;

/// How a relationship is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// One further SELECT … WHERE key IN (…) for all parents, in chunks.
    SelectIn,
}

/// One hop of a loader path.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadStep {
    /// The relationship.
    pub relationship: RelRef,
    /// How it is loaded.
    pub strategy: Strategy,
    /// Only these members: the relationship is then partial.
    pub filter: Option<Node>,
    /// The order of the members; the relationship's own where empty.
    pub order_by: Vec<Ordered>,
    /// How many parents one SELECT takes.
    pub chunk_size: usize,
}

/// A path of relationships to load, without its types.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadPath {
    /// The hops, from the query's model on.
    pub steps: Vec<LoadStep>,
}

/// A typed loader path from model `M`, its last hop leading to `T`.
pub struct Loader<M, T> {
    path: LoadPath,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Loader<M, T> {
    fn clone(&self) -> Self {
        Loader { path: self.path.clone(), of: PhantomData }
    }
}

impl<M, T> fmt::Debug for Loader<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

const DEFAULT_CHUNK: usize = 500;

impl LoadStep {
    /// A hop that loads all members.
    pub fn new(relationship: RelRef) -> Self {
        let strategy = Strategy::SelectIn;
        LoadStep { relationship, strategy, filter: None, order_by: Vec::new(), chunk_size: DEFAULT_CHUNK }
    }
}

/// Loads a relationship of all objects of a query with one further SELECT for each 500 of them.
///
/// SQL: `SELECT … FROM addresses WHERE user_id IN (?, …) ORDER BY …`; many-to-many joins the table between.
pub fn selectinload<M: Model, T: Model, K>(relationship: Rel<M, T, K>) -> Loader<M, T> {
    Loader { path: LoadPath { steps: vec![LoadStep::new(relationship.raw())] }, of: PhantomData }
}

impl<M: Model, T: Model> Loader<M, T> {
    /// One hop further, by a SELECT of its own.
    #[must_use]
    pub fn selectinload<U: Model, K>(mut self, relationship: Rel<T, U, K>) -> Loader<M, U> {
        self.path.steps.push(LoadStep::new(relationship.raw()));
        Loader { path: self.path, of: PhantomData }
    }

    /// Loads only these members: the relationship is then partial, and read with `partial()`.
    #[must_use]
    pub fn filter<C: Condition>(mut self, condition: C) -> Self {
        if let Some(last) = self.path.steps.last_mut() {
            last.filter = Some(match last.filter.take() {
                Some(node) => Node::and(vec![node, condition.into_condition()]),
                None => condition.into_condition(),
            });
        }
        self
    }

    /// Orders the members, instead of the relationship's own `order_by`.
    #[must_use]
    pub fn order_by(mut self, order: impl OrderBy) -> Self {
        if let Some(last) = self.path.steps.last_mut() {
            order.push_to(&mut last.order_by);
        }
        self
    }

    /// How many parents one SELECT takes (500).
    #[must_use]
    pub fn chunk_size(mut self, parents: usize) -> Self {
        if let Some(last) = self.path.steps.last_mut() {
            last.chunk_size = parents.max(1);
        }
        self
    }

    /// The path without its types.
    pub fn into_path(self) -> LoadPath {
        self.path
    }
}

/// A relationship, a loader path, or a tuple of them, from model `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relationship or loader path from `{M}`",
    label = "expected a relationship of `{M}`, a loader, or a tuple of them"
)]
pub trait Path<M> {
    /// The paths without their types.
    fn into_paths(self) -> Vec<LoadPath>;
}

impl<M: Model, T: Model, K> Path<M> for Rel<M, T, K> {
    fn into_paths(self) -> Vec<LoadPath> {
        vec![selectinload(self).path]
    }
}

impl<M: Model, T: Model> Path<M> for Loader<M, T> {
    fn into_paths(self) -> Vec<LoadPath> {
        vec![self.path]
    }
}

impl<M> Path<M> for () {
    fn into_paths(self) -> Vec<LoadPath> {
        Vec::new()
    }
}

macro_rules! paths {
    ($($($t:ident $n:tt)+;)*) => { $(
        impl<M, $($t: Path<M>),+> Path<M> for ($($t,)+) {
            fn into_paths(self) -> Vec<LoadPath> {
                let mut paths = Vec::new();
                $(paths.extend(self.$n.into_paths());)+
                paths
            }
        }
    )* };
}
paths! {
    A 0;
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
}
