use super::aggregate::Aggregate;
use super::column::Column;
use super::label::{Label, LabelDef};
use super::node::{BinaryOp, Like, LikeKind, Node};
use super::operand::{InList, Operand};
use super::order::Ordered;
use crate::types::{Boolean, NotNull, Nullability, SqlType, Text};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// An expression of SQL type `T`; `Expr<Option<T>>` may be NULL.
pub struct Expr<T> {
    node: Node,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Expr<T> {
    fn clone(&self) -> Self {
        Expr { node: self.node.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for Expr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl<T> Expr<T> {
    /// A node taken to be of type `T`.
    pub fn from_node(node: Node) -> Self {
        Expr { node, of: PhantomData }
    }

    /// The expression without its type.
    pub fn as_node(&self) -> &Node {
        &self.node
    }
}

impl<T: SqlType> Expr<T> {
    /// The expression over the nullable side of an outer join.
    pub fn optional(self) -> Expr<Option<T::Base>> {
        Expr::from_node(Node::Optional(Box::new(self.node)))
    }

    /// Of a LIKE: the escape character of its pattern. For `contains` and its kin, which escape by themselves, the
    /// character that they escape with (`/` unless chosen).
    #[must_use]
    pub fn escape(mut self, character: char) -> Expr<T>
    where
        T: Boolean,
    {
        if let Node::Like(like) = &mut self.node {
            like.escape = Some(character);
        }
        self
    }
}

/// The SQL type of an expression without its `Option`.
pub type BaseOf<E> = <<E as Expression>::T as SqlType>::Base;
/// The nullability of an expression.
pub type NullOf<E> = <<E as Expression>::T as SqlType>::Null;
/// A `T` that may be NULL when one of two operands may.
pub type Merge<A, B, T> = <<A as Nullability>::Or<B> as Nullability>::Wrap<T>;

fn like<T>(operand: Node, pattern: Node, kind: LikeKind, insensitive: bool) -> Expr<T> {
    Expr::from_node(Node::Like(Box::new(Like { operand, pattern, kind, insensitive, escape: None, negated: false })))
}

fn binary<T>(op: BinaryOp, left: Node, right: Node) -> Expr<T> {
    Expr::from_node(Node::binary(op, left, right))
}

/// What has a value in SQL: columns, expressions, aggregates, labels.
///
/// A Rust value stands on the right of an operator as it is; on the left it becomes an expression with
/// [`bind`](super::bind).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a SQL expression",
    label = "expected a column or an expression",
    note = "a Rust value becomes one with `bind(value)`"
)]
pub trait Expression: Sized {
    /// Its SQL type.
    type T: SqlType;

    /// The expression without its type.
    fn into_node(self) -> Node;

    // Written out, since a macro would stand in the compiler's messages.

    /// `=`; with `None`, IS NULL.
    fn eq<R: Operand<BaseOf<Self>>>(self, right: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>> {
        binary(BinaryOp::Eq, self.into_node(), right.into_operand())
    }

    /// `<>`; with `None`, IS NOT NULL.
    fn ne<R: Operand<BaseOf<Self>>>(self, right: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>> {
        binary(BinaryOp::Ne, self.into_node(), right.into_operand())
    }

    /// `>`
    fn gt<R: Operand<BaseOf<Self>>>(self, right: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>> {
        binary(BinaryOp::Gt, self.into_node(), right.into_operand())
    }

    /// `>=`
    fn ge<R: Operand<BaseOf<Self>>>(self, right: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>> {
        binary(BinaryOp::Ge, self.into_node(), right.into_operand())
    }

    /// `<`
    fn lt<R: Operand<BaseOf<Self>>>(self, right: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>> {
        binary(BinaryOp::Lt, self.into_node(), right.into_operand())
    }

    /// `<=`
    fn le<R: Operand<BaseOf<Self>>>(self, right: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>> {
        binary(BinaryOp::Le, self.into_node(), right.into_operand())
    }

    /// IS NULL with `None`; with a value, equal to it and not NULL (IS NOT DISTINCT FROM, `IS`, `<=>`).
    fn is(self, value: Option<BaseOf<Self>>) -> Expr<bool> {
        binary(BinaryOp::IsNotDistinctFrom, self.into_node(), Node::Bind(value.to_value()))
    }

    /// IS NOT NULL with `None`; with a value, NULL or different from it.
    fn is_not(self, value: Option<BaseOf<Self>>) -> Expr<bool> {
        binary(BinaryOp::IsDistinctFrom, self.into_node(), Node::Bind(value.to_value()))
    }

    /// Different, where NULL is a value like any other: IS DISTINCT FROM, `IS NOT` on SQLite, `NOT (… <=> …)` on MySQL.
    fn is_distinct_from<R: Operand<BaseOf<Self>>>(self, right: R) -> Expr<bool> {
        binary(BinaryOp::IsDistinctFrom, self.into_node(), right.into_operand())
    }

    /// Equal, where NULL is a value like any other.
    fn is_not_distinct_from<R: Operand<BaseOf<Self>>>(self, right: R) -> Expr<bool> {
        binary(BinaryOp::IsNotDistinctFrom, self.into_node(), right.into_operand())
    }

    /// IN a list of values or expressions, or a SELECT of one column. An empty list matches nothing, not even NULL.
    fn in_<L: InList<BaseOf<Self>>>(self, list: L) -> Expr<Merge<NullOf<Self>, NotNull, bool>> {
        Expr::from_node(Node::In { operand: Box::new(self.into_node()), list: list.into_source(), negated: false })
    }

    /// NOT IN. An empty list is matched by everything, NULL too.
    fn not_in<L: InList<BaseOf<Self>>>(self, list: L) -> Expr<Merge<NullOf<Self>, NotNull, bool>> {
        Expr::from_node(Node::In { operand: Box::new(self.into_node()), list: list.into_source(), negated: true })
    }

    /// BETWEEN, both ends included.
    fn between<A: Operand<BaseOf<Self>>, B: Operand<BaseOf<Self>>>(
        self,
        low: A,
        high: B,
    ) -> Expr<Merge<NullOf<Self>, <A::Null as Nullability>::Or<B::Null>, bool>> {
        Expr::from_node(Node::Between(Box::new((self.into_node(), low.into_operand(), high.into_operand()))))
    }

    /// LIKE. Whether it minds the case is the database's choice (SQLite and MySQL do not).
    fn like<R: Operand<String>>(self, text: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>>
    where
        Self::T: Text,
    {
        like(self.into_node(), text.into_operand(), LikeKind::Pattern, false)
    }

    /// LIKE without regard to case: ILIKE on PostgreSQL, `lower(…) LIKE lower(…)` elsewhere.
    fn ilike<R: Operand<String>>(self, text: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>>
    where
        Self::T: Text,
    {
        like(self.into_node(), text.into_operand(), LikeKind::Pattern, true)
    }

    /// Whether the text occurs; `%` and `_` in it are taken as they are.
    fn contains<R: Operand<String>>(self, text: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>>
    where
        Self::T: Text,
    {
        like(self.into_node(), text.into_operand(), LikeKind::Contains, false)
    }

    /// Whether the text occurs, without regard to case.
    fn icontains<R: Operand<String>>(self, text: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>>
    where
        Self::T: Text,
    {
        like(self.into_node(), text.into_operand(), LikeKind::Contains, true)
    }

    /// Whether it begins with the text; `%` and `_` in it are taken as they are.
    fn startswith<R: Operand<String>>(self, text: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>>
    where
        Self::T: Text,
    {
        like(self.into_node(), text.into_operand(), LikeKind::StartsWith, false)
    }

    /// Whether it begins with the text, without regard to case.
    fn istartswith<R: Operand<String>>(self, text: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>>
    where
        Self::T: Text,
    {
        like(self.into_node(), text.into_operand(), LikeKind::StartsWith, true)
    }

    /// Whether it ends with the text; `%` and `_` in it are taken as they are.
    fn endswith<R: Operand<String>>(self, text: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>>
    where
        Self::T: Text,
    {
        like(self.into_node(), text.into_operand(), LikeKind::EndsWith, false)
    }

    /// Whether it ends with the text, without regard to case.
    fn iendswith<R: Operand<String>>(self, text: R) -> Expr<Merge<NullOf<Self>, R::Null, bool>>
    where
        Self::T: Text,
    {
        like(self.into_node(), text.into_operand(), LikeKind::EndsWith, true)
    }

    /// Concatenation: `||`, `CONCAT(…)` on MySQL.
    fn concat<R: Operand<String>>(self, right: R) -> Expr<Merge<NullOf<Self>, R::Null, String>>
    where
        Self::T: Text,
    {
        binary(BinaryOp::Concat, self.into_node(), right.into_operand())
    }

    /// CAST to the SQL type of `U`.
    fn cast<U: SqlType>(self) -> Expr<Merge<NullOf<Self>, U::Null, U::Base>> {
        Expr::from_node(Node::Cast(Box::new(self.into_node()), U::sql_type()))
    }

    /// Ascending order.
    fn asc(self) -> Ordered {
        Ordered::new(self.into_node(), false)
    }

    /// Descending order.
    fn desc(self) -> Ordered {
        Ordered::new(self.into_node(), true)
    }

    /// The expression under a name: select it, order by it, get it from a subquery.
    fn label(self, name: &str) -> Label<Self::T> {
        Label::new(Arc::new(LabelDef { name: name.to_owned(), node: self.into_node() }))
    }
}

impl<T: SqlType> Expression for Expr<T> {
    type T = T;
    fn into_node(self) -> Node {
        self.node
    }
}

impl<T: SqlType> Expression for &Expr<T> {
    type T = T;
    fn into_node(self) -> Node {
        self.node.clone()
    }
}

impl<T: SqlType> Expression for Aggregate<T> {
    type T = T;
    fn into_node(self) -> Node {
        self.into_function_node()
    }
}

impl<M, T: SqlType> Expression for Column<M, T> {
    type T = T;
    fn into_node(self) -> Node {
        self.node()
    }
}

impl<T: SqlType> Expression for &Label<T> {
    type T = T;
    fn into_node(self) -> Node {
        self.node()
    }
}
