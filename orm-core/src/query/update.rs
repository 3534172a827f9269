use super::selection::{Decode, Selection};
use super::tree::{DeleteTree, InsertTree, Statement, Tree, UpdateTree};
use crate::entity::{Entity, Model};
use crate::expr::{Column, Condition, Operand};
use crate::types::{FitsIn, SqlType};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// An UPDATE of the table of `M`.
pub struct Update<M> {
    pub(crate) tree: UpdateTree,
    synchronize: bool,
    without_criteria: bool,
    of: PhantomData<fn() -> M>,
}

impl<M> Clone for Update<M> {
    fn clone(&self) -> Self {
        Update {
            tree: self.tree.clone(),
            synchronize: self.synchronize,
            without_criteria: self.without_criteria,
            of: PhantomData,
        }
    }
}

impl<M> fmt::Debug for Update<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree.fmt(f)
    }
}

impl<M> Statement for Update<M> {
    fn tree(&self) -> Tree<'_> {
        Tree::Update(&self.tree)
    }

    fn synchronizes(&self) -> bool {
        self.synchronize
    }

    fn ignores_criteria(&self) -> bool {
        self.without_criteria
    }
}

/// UPDATE. Without a `filter` it changes every row; without a `set` it is an error when compiled.
pub fn update<M: Model>(entity: Entity<M>) -> Update<M> {
    let _ = entity;
    let tree = UpdateTree { table: M::TABLE, set: Vec::new(), filter: Vec::new(), returning: Vec::new() };
    Update { tree, synchronize: true, without_criteria: false, of: PhantomData }
}

impl<M: Model> Update<M> {
    /// Sets a column to a value or expression. SET keeps the order of the calls; setting a column again replaces its value.
    #[must_use]
    pub fn set<T: SqlType, R: Operand<T::Base>>(mut self, column: Column<M, T>, value: R) -> Self
    where
        R::Null: FitsIn<T::Null>,
    {
        let index = column.raw().index;
        let value = column.raw().fit_node(value.into_operand());
        match self.tree.set.iter_mut().find(|(known, _)| *known == index) {
            Some(slot) => slot.1 = value,
            None => self.tree.set.push((index, value)),
        }
        self
    }

    /// WHERE; several are joined by AND.
    #[must_use]
    pub fn filter<C: Condition>(mut self, condition: C) -> Self {
        self.tree.filter.push(condition.into_condition());
        self
    }

    /// Whether a session that runs the statement brings the objects that it holds up to date, as it does unless told otherwise;
    /// see [`Session::execute`](crate::session::Session::execute). An engine has no objects, and does not ask.
    #[must_use]
    pub fn synchronize(mut self, synchronize: bool) -> Self {
        self.synchronize = synchronize;
        self
    }

    /// Leaves out the criteria of the session that runs it, so that it meets hidden rows too; see
    /// [`Session::set_criteria`](crate::session::Session::set_criteria).
    #[must_use]
    pub fn without_criteria(mut self) -> Self {
        self.without_criteria = true;
        self
    }

    /// RETURNING, after the change. MySQL and MariaDB have none: an error when compiled for them.
    pub fn returning<S: Selection>(mut self, selection: S) -> Returning<S::Row, S::Keyed> {
        let mut items = Vec::new();
        let decoder = selection.resolve(&mut items);
        self.tree.returning = items;
        Returning {
            synchronize: self.synchronize,
            without_criteria: self.without_criteria,
            ..Returning::new(Dml::Update(self.tree), decoder)
        }
    }
}

/// A statement that changes rows.
#[derive(Clone, Debug)]
pub(crate) enum Dml {
    Insert(InsertTree),
    Update(UpdateTree),
    Delete(DeleteTree),
}

/// An INSERT, UPDATE or DELETE that returns rows.
pub struct Returning<R, K = R> {
    pub(crate) dml: Dml,
    pub(crate) decoder: Arc<dyn Decode<R, K>>,
    pub(super) synchronize: bool,
    pub(super) without_criteria: bool,
}

impl<R, K> Returning<R, K> {
    pub(crate) fn new(dml: Dml, decoder: impl Decode<R, K> + 'static) -> Self {
        Returning { dml, decoder: Arc::new(decoder), synchronize: true, without_criteria: false }
    }
}

impl<R, K> Clone for Returning<R, K> {
    fn clone(&self) -> Self {
        Returning {
            dml: self.dml.clone(),
            decoder: self.decoder.clone(),
            synchronize: self.synchronize,
            without_criteria: self.without_criteria,
        }
    }
}

impl<R, K> fmt::Debug for Returning<R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.dml.fmt(f)
    }
}

impl<R, K> Statement for Returning<R, K> {
    fn tree(&self) -> Tree<'_> {
        match &self.dml {
            Dml::Insert(tree) => Tree::Insert(tree),
            Dml::Update(tree) => Tree::Update(tree),
            Dml::Delete(tree) => Tree::Delete(tree),
        }
    }

    fn synchronizes(&self) -> bool {
        self.synchronize
    }

    fn ignores_criteria(&self) -> bool {
        self.without_criteria
    }
}
