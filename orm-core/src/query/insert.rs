use super::assign::{ColumnsOf, FitsColumns};
use super::conflict::OnConflict;
use super::select::Select;
use super::selection::Selection;
use super::tree::{InsertSource, InsertTree, Statement, Tree};
use super::update::{Dml, Returning};
use crate::entity::{Entity, Model};
use crate::expr::{Column, Operand};
use crate::types::{FitsIn, SqlType};
use std::fmt;
use std::marker::PhantomData;

/// An INSERT into the table of `M`.
pub struct Insert<M> {
    pub(crate) tree: InsertTree,
    of: PhantomData<fn() -> M>,
}

impl<M> Clone for Insert<M> {
    fn clone(&self) -> Self {
        Insert { tree: self.tree.clone(), of: PhantomData }
    }
}

impl<M> fmt::Debug for Insert<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree.fmt(f)
    }
}

impl<M> Statement for Insert<M> {
    fn tree(&self) -> Tree<'_> {
        Tree::Insert(&self.tree)
    }
}

/// INSERT. Without `set`, `rows` or `from_select` it writes one row of defaults.
pub fn insert<M: Model>(entity: Entity<M>) -> Insert<M> {
    let _ = entity;
    Insert::from_tree(InsertTree {
        table: M::TABLE,
        columns: Vec::new(),
        source: InsertSource::Values(Vec::new()),
        conflict: None,
        returning: Vec::new(),
    })
}

impl<M: Model> Insert<M> {
    pub(crate) fn from_tree(tree: InsertTree) -> Self {
        Insert { tree, of: PhantomData }
    }

    /// The column's value in the row that is inserted. Setting a column again replaces its value.
    #[must_use]
    pub fn set<T: SqlType, R: Operand<T::Base>>(mut self, column: Column<M, T>, value: R) -> Self
    where
        R::Null: FitsIn<T::Null>,
    {
        let index = column.raw().index;
        let value = column.raw().fit_node(value.into_operand());
        if let InsertSource::Values(values) = &mut self.tree.source {
            match self.tree.columns.iter().position(|known| *known == index) {
                Some(n) => values[n] = value,
                None => {
                    self.tree.columns.push(index);
                    values.push(value);
                }
            }
        } else {
            self.tree.columns = vec![index];
            self.tree.source = InsertSource::Values(vec![value]);
        }
        self
    }

    /// The rows of a SELECT: INSERT INTO … (columns) SELECT ….
    #[must_use]
    pub fn from_select<C: ColumnsOf<M>, R: FitsColumns<C::Row>, K>(mut self, columns: C, query: Select<R, K>) -> Self {
        self.tree.columns = columns.into_columns();
        self.tree.source = InsertSource::Select(Box::new(query.tree));
        self
    }

    /// What to do when a row with the same value of a unique key is there already.
    pub fn on_conflict(self, columns: impl ColumnsOf<M>) -> OnConflict<M> {
        OnConflict::new(self, columns.into_columns())
    }

    /// What to do when a row with the same value of any unique key is there already.
    pub fn on_any_conflict(self) -> OnConflict<M> {
        OnConflict::new(self, Vec::new())
    }

    /// RETURNING. MySQL has none: an error when compiled for it.
    pub fn returning<S: Selection>(mut self, selection: S) -> Returning<S::Row, S::Keyed> {
        let mut items = Vec::new();
        let decoder = selection.resolve(&mut items);
        self.tree.returning = items;
        Returning::new(Dml::Insert(self.tree), decoder)
    }
}
