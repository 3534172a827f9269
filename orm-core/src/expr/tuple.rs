use super::expression::{BaseOf, Expr, Expression, NullOf};
use super::node::{BinaryOp, InSource, Node};
use super::operand::Operand;
use crate::types::{NotNull, Nullability};
use std::marker::PhantomData;

/// A row value: `tuple_((T::x, T::y))`.
#[derive(Clone, Debug)]
pub struct RowValue<B, N>(Vec<Node>, PhantomData<fn() -> (B, N)>);

/// What `tuple_` takes: a tuple of two to four expressions.
#[diagnostic::on_unimplemented(message = "`{Self}` can't be a row value", label = "expected a tuple of expressions")]
pub trait RowExpression {
    /// The tuple of base types.
    type Base;
    /// Whether one of them may be NULL.
    type Null: Nullability;
    /// The parts.
    fn into_parts(self) -> Vec<Node>;
}

/// What a row value may be compared with.
#[diagnostic::on_unimplemented(message = "a row value of `{B}` can't be compared with `{Self}`")]
pub trait RowOperand<B> {
    /// The parts.
    fn into_parts(self) -> Vec<Node>;
}

macro_rules! rows {
    ($($($t:ident $b:ident $n:tt)+;)*) => { $(
        impl<$($t: Expression),+> RowExpression for ($($t,)+) {
            type Base = ($(BaseOf<$t>,)+);
            type Null = rows!(@null $($t)+);
            fn into_parts(self) -> Vec<Node> {
                vec![$(self.$n.into_node()),+]
            }
        }
        impl<$($t, $b),+> RowOperand<($($b,)+)> for ($($t,)+) where $($t: Operand<$b>),+ {
            fn into_parts(self) -> Vec<Node> {
                vec![$(self.$n.into_operand()),+]
            }
        }
    )* };
    (@null $t:ident) => { NullOf<$t> };
    (@null $t:ident $($rest:ident)+) => { <NullOf<$t> as Nullability>::Or<rows!(@null $($rest)+)> };
}
rows! {
    A X 0 B Y 1;
    A X 0 B Y 1 C Z 2;
    A X 0 B Y 1 C Z 2 D W 3;
}

/// A row value of several expressions.
pub fn tuple_<R: RowExpression>(row: R) -> RowValue<R::Base, R::Null> {
    RowValue(row.into_parts(), PhantomData)
}

/// What stands on the right of a row value's IN: a list of tuples, or a SELECT of as many columns.
#[diagnostic::on_unimplemented(message = "`{Self}` can't stand in an IN list of `{B}`")]
pub trait RowList<B> {
    /// The list or query.
    fn into_source(self) -> InSource;
}

#[diagnostic::do_not_recommend]
impl<B, I: IntoIterator> RowList<B> for I
where
    I::Item: RowOperand<B>,
{
    fn into_source(self) -> InSource {
        InSource::List(self.into_iter().map(|row| Node::Tuple(row.into_parts())).collect())
    }
}

impl<B, N: Nullability> RowValue<B, N> {
    fn compare<T>(self, op: BinaryOp, right: Vec<Node>) -> Expr<T> {
        Expr::from_node(Node::Binary(op, Box::new((Node::Tuple(self.0), Node::Tuple(right)))))
    }

    fn test<T>(self, list: InSource, negated: bool) -> Expr<T> {
        Expr::from_node(Node::In { operand: Box::new(Node::Tuple(self.0)), list, negated })
    }

    /// IN a list of tuples, or a SELECT.
    pub fn in_<L: RowList<B>>(self, list: L) -> Expr<<N::Or<NotNull> as Nullability>::Wrap<bool>> {
        self.test(list.into_source(), false)
    }

    /// NOT IN a list of tuples, or a SELECT.
    pub fn not_in<L: RowList<B>>(self, list: L) -> Expr<<N::Or<NotNull> as Nullability>::Wrap<bool>> {
        self.test(list.into_source(), true)
    }

    /// Equal in every part.
    pub fn eq<R: RowOperand<B>>(self, right: R) -> Expr<N::Wrap<bool>> {
        self.compare(BinaryOp::Eq, right.into_parts())
    }

    /// Before the other row: in the first part in which they differ.
    pub fn lt<R: RowOperand<B>>(self, right: R) -> Expr<N::Wrap<bool>> {
        self.compare(BinaryOp::Lt, right.into_parts())
    }

    /// After the other row: in the first part in which they differ.
    pub fn gt<R: RowOperand<B>>(self, right: R) -> Expr<N::Wrap<bool>> {
        self.compare(BinaryOp::Gt, right.into_parts())
    }
}
