use super::selection::Selection;
use super::tree::{DeleteTree, Statement, Tree};
use super::update::{Dml, Returning};
use crate::entity::{Entity, Model};
use crate::expr::Condition;
use std::fmt;
use std::marker::PhantomData;

/// A DELETE from the table of `M`.
pub struct Delete<M> {
    pub(crate) tree: DeleteTree,
    synchronize: bool,
    without_criteria: bool,
    of: PhantomData<fn() -> M>,
}

impl<M> Clone for Delete<M> {
    fn clone(&self) -> Self {
        Delete {
            tree: self.tree.clone(),
            synchronize: self.synchronize,
            without_criteria: self.without_criteria,
            of: PhantomData,
        }
    }
}

impl<M> fmt::Debug for Delete<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree.fmt(f)
    }
}

impl<M> Statement for Delete<M> {
    fn tree(&self) -> Tree<'_> {
        Tree::Delete(&self.tree)
    }

    fn synchronizes(&self) -> bool {
        self.synchronize
    }

    fn ignores_criteria(&self) -> bool {
        self.without_criteria
    }
}

/// DELETE. Without a `filter` it deletes every row.
pub fn delete<M: Model>(entity: Entity<M>) -> Delete<M> {
    let _ = entity;
    let tree = DeleteTree { table: M::TABLE, filter: Vec::new(), returning: Vec::new() };
    Delete { tree, synchronize: true, without_criteria: false, of: PhantomData }
}

impl<M: Model> Delete<M> {
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

    /// RETURNING. MySQL has none: an error when compiled for it.
    pub fn returning<S: Selection>(mut self, selection: S) -> Returning<S::Row, S::Keyed> {
        let mut items = Vec::new();
        let decoder = selection.resolve(&mut items);
        self.tree.returning = items;
        Returning {
            synchronize: self.synchronize,
            without_criteria: self.without_criteria,
            ..Returning::new(Dml::Delete(self.tree), decoder)
        }
    }
}
