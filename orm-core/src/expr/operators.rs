use super::aggregate::Aggregate;
use super::column::Column;
use super::expression::{Expr, Expression, Merge};
use super::label::Label;
use super::node::{BinaryOp, Node, UnaryOp};
use super::operand::Operand;
use crate::types::{Boolean, Kind, Numeric, SqlType};
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Rem, Sub};

/// `/` between integers is integer division on every database.
fn division<T: SqlType>() -> BinaryOp {
    match T::KIND {
        Kind::I16 | Kind::I32 | Kind::I64 | Kind::U64 => BinaryOp::IntDiv,
        _ => BinaryOp::Div,
    }
}

macro_rules! arithmetic {
    ($($trait:ident $method:ident $op:expr;)*) => { $(
        arithmetic!(@impl $trait $method $op; [M, T: SqlType + Numeric, R: Operand<T::Base>] Column<M, T>);
        arithmetic!(@impl $trait $method $op; [T: SqlType + Numeric, R: Operand<T::Base>] Expr<T>);
        arithmetic!(@impl $trait $method $op; [T: SqlType + Numeric, R: Operand<T::Base>] Aggregate<T>);
        arithmetic!(@impl $trait $method $op; [T: SqlType + Numeric, R: Operand<T::Base>] &Label<T>);
    )* };
    (@impl $trait:ident $method:ident $op:expr; [$($generics:tt)*] $type:ty) => {
        impl<$($generics)*> $trait<R> for $type {
            type Output = Expr<Merge<T::Null, R::Null, T::Base>>;
            fn $method(self, right: R) -> Self::Output {
                Expr::from_node(Node::binary($op, self.into_node(), right.into_operand()))
            }
        }
    };
}
arithmetic! {
    Add add BinaryOp::Add;
    Sub sub BinaryOp::Sub;
    Mul mul BinaryOp::Mul;
    Div div division::<T>();
    Rem rem BinaryOp::Rem;
}

macro_rules! logic {
    ($($trait:ident $method:ident $join:ident;)*) => { $(
        impl<M, T: Boolean, R: Operand<bool>> $trait<R> for Column<M, T> {
            type Output = Expr<Merge<T::Null, R::Null, bool>>;
            fn $method(self, right: R) -> Self::Output {
                Expr::from_node(Node::$join(vec![self.node(), right.into_operand()]))
            }
        }
        impl<T: Boolean, R: Operand<bool>> $trait<R> for Expr<T> {
            type Output = Expr<Merge<T::Null, R::Null, bool>>;
            fn $method(self, right: R) -> Self::Output {
                Expr::from_node(Node::$join(vec![self.into_node(), right.into_operand()]))
            }
        }
    )* };
}
logic! {
    BitAnd bitand and;
    BitOr bitor or;
}

impl<T: Boolean> Not for Expr<T> {
    type Output = Expr<T>;
    fn not(self) -> Expr<T> {
        Expr::from_node(self.into_node().negate())
    }
}

impl<M, T: Boolean> Not for Column<M, T> {
    type Output = Expr<T>;
    fn not(self) -> Expr<T> {
        Expr::from_node(self.node().negate())
    }
}

impl<T: SqlType + Numeric> Neg for Expr<T> {
    type Output = Expr<T>;
    fn neg(self) -> Expr<T> {
        Expr::from_node(Node::Unary(UnaryOp::Neg, Box::new(self.into_node())))
    }
}

impl<M, T: SqlType + Numeric> Neg for Column<M, T> {
    type Output = Expr<T>;
    fn neg(self) -> Expr<T> {
        Expr::from_node(Node::Unary(UnaryOp::Neg, Box::new(self.node())))
    }
}
