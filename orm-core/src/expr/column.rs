use super::expression::Expr;
use super::node::Node;
use super::operand::Operand;
use super::source::ColumnRef;
use crate::entity::{Model, RawColumn, TableDef};
use crate::types::{FitsIn, SqlType};
use std::fmt;
use std::marker::PhantomData;

/// A column of model `M` that holds a `T`: the constant `User::name` beside the field of that name.
pub struct Column<M, T> {
    raw: RawColumn,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Column<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M, T> Copy for Column<M, T> {}

impl<M, T> fmt::Debug for Column<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}

impl<M, T> Column<M, T> {
    /// The column at this index of the table. For the derive's output.
    #[doc(hidden)]
    pub const fn new(table: &'static TableDef, index: u16) -> Self {
        Column { raw: RawColumn { table, index }, of: PhantomData }
    }

    /// The column without its types.
    pub const fn raw(self) -> RawColumn {
        self.raw
    }

    /// The column as a node.
    pub(crate) fn node(self) -> Node {
        Node::Column(ColumnRef::Table(self.raw))
    }
}

impl<M: Model, T: SqlType> Column<M, T> {
    /// An assignment, for `do_update` and the session: `User::fullname.to("Ed")`.
    pub fn to<R: Operand<T::Base>>(self, value: R) -> Assignment<M>
    where
        R::Null: FitsIn<T::Null>,
    {
        Assignment { column: self.raw.index, value: self.raw.fit_node(value.into_operand()), of: PhantomData }
    }

    /// The column on the nullable side of an outer join.
    pub fn optional(self) -> Expr<Option<T::Base>> {
        Expr::from_node(Node::Optional(Box::new(self.node())))
    }
}

/// A column of model `M` and the value that it gets: [`Column::to`].
pub struct Assignment<M> {
    /// The column's index.
    pub(crate) column: u16,
    /// The value.
    pub(crate) value: Node,
    of: PhantomData<fn() -> M>,
}

impl<M> Assignment<M> {
    /// The column's index and the value.
    pub fn into_parts(self) -> (u16, Node) {
        (self.column, self.value)
    }
}

impl<M> fmt::Debug for Assignment<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {} = {:?}", self.column, self.value)
    }
}
