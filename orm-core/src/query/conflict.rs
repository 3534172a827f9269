use super::assign::Assignments;
use super::insert::Insert;
use super::tree::{Conflict, ConflictAction};
use crate::entity::{Model, RawColumn};
use crate::expr::{Column, ColumnRef, Condition, Expr, Node};
use crate::types::SqlType;
use std::fmt;
use std::marker::PhantomData;

/// An INSERT that meets an existing row: choose `do_nothing` or `do_update`.
pub struct OnConflict<M> {
    insert: Insert<M>,
    columns: Vec<u16>,
    index_where: Option<Node>,
    update_where: Option<Node>,
}

impl<M> fmt::Debug for OnConflict<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} on conflict of {:?}", self.insert, self.columns)
    }
}

/// The row that was to be inserted: `EXCLUDED`, `new`, `VALUES(…)`.
pub struct Excluded<M>(PhantomData<fn() -> M>);

impl<M> fmt::Debug for Excluded<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("excluded")
    }
}

impl<M: Model> Excluded<M> {
    /// A column of the row that was to be inserted.
    pub fn get<T: SqlType>(&self, column: Column<M, T>) -> Expr<T> {
        let index = column.raw().index;
        Expr::from_node(Node::Excluded(ColumnRef::Table(RawColumn { table: M::TABLE, index })))
    }
}

impl<M: Model> OnConflict<M> {
    pub(crate) fn new(insert: Insert<M>, columns: Vec<u16>) -> Self {
        OnConflict { insert, columns, index_where: None, update_where: None }
    }

    /// The condition of the partial unique index that is meant (PostgreSQL, SQLite).
    #[must_use]
    pub fn index_where<C: Condition>(mut self, condition: C) -> Self {
        self.index_where = Some(condition.into_condition());
        self
    }

    /// Updates the existing row only under this condition (PostgreSQL, SQLite).
    #[must_use]
    pub fn update_where<C: Condition>(mut self, condition: impl FnOnce(&Excluded<M>) -> C) -> Self {
        self.update_where = Some(condition(&Excluded(PhantomData)).into_condition());
        self
    }

    fn finish(mut self, action: ConflictAction) -> Insert<M> {
        self.insert.tree.conflict = Some(Conflict { columns: self.columns, index_where: self.index_where, action });
        self.insert
    }

    /// Leaves the existing row as it is.
    pub fn do_nothing(self) -> Insert<M> {
        self.finish(ConflictAction::Nothing)
    }

    /// Updates the existing row; `excluded` is the row that was to be inserted.
    pub fn do_update<A: Assignments<M>>(mut self, assignments: impl FnOnce(&Excluded<M>) -> A) -> Insert<M> {
        let set = assignments(&Excluded(PhantomData)).into_assignments();
        let filter = self.update_where.take();
        self.finish(ConflictAction::Update { set, filter })
    }
}
