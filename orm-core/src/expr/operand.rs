use super::aggregate::Aggregate;
use super::column::Column;
use super::expression::Expr;
use super::label::Label;
use super::node::{InSource, Node};
use crate::types::{NotNull, Null, Nullability, Plain, SqlType, Value};

/// What may stand on the right of an operator whose left side is a SQL `B`: a value, an `Option` of one, or an
/// expression of that type.
#[diagnostic::on_unimplemented(
    message = "a SQL `{B}` can't be compared with or set to `{Self}`",
    label = "expected `{B}`, or an expression of that type",
    note = "both sides must have one SQL type; use `.cast::<T>()` to convert"
)]
pub trait Operand<B> {
    /// Whether it may be NULL.
    type Null: Nullability;
    /// The operand as a node.
    fn into_operand(self) -> Node;
}

#[diagnostic::do_not_recommend]
impl<B: Plain> Operand<B> for B {
    type Null = NotNull;
    fn into_operand(self) -> Node {
        Node::Bind(self.to_value())
    }
}

#[diagnostic::do_not_recommend]
impl<B: Plain> Operand<B> for Option<B> {
    type Null = Null;
    fn into_operand(self) -> Node {
        Node::Bind(self.to_value())
    }
}

#[diagnostic::do_not_recommend]
impl Operand<String> for &str {
    type Null = NotNull;
    fn into_operand(self) -> Node {
        Node::Bind(Value::Text(self.to_owned()))
    }
}

#[diagnostic::do_not_recommend]
impl Operand<String> for &String {
    type Null = NotNull;
    fn into_operand(self) -> Node {
        Node::Bind(Value::Text(self.clone()))
    }
}

#[diagnostic::do_not_recommend]
impl Operand<Vec<u8>> for &[u8] {
    type Null = NotNull;
    fn into_operand(self) -> Node {
        Node::Bind(Value::Bytes(self.to_owned()))
    }
}

#[diagnostic::do_not_recommend]
impl<B: Plain, T: SqlType<Base = B>> Operand<B> for Expr<T> {
    type Null = T::Null;
    fn into_operand(self) -> Node {
        super::Expression::into_node(self)
    }
}

#[diagnostic::do_not_recommend]
impl<B: Plain, T: SqlType<Base = B>> Operand<B> for &Expr<T> {
    type Null = T::Null;
    fn into_operand(self) -> Node {
        self.as_node().clone()
    }
}

#[diagnostic::do_not_recommend]
impl<B: Plain, T: SqlType<Base = B>> Operand<B> for Aggregate<T> {
    type Null = T::Null;
    fn into_operand(self) -> Node {
        self.into_function_node()
    }
}

#[diagnostic::do_not_recommend]
impl<B: Plain, M, T: SqlType<Base = B>> Operand<B> for Column<M, T> {
    type Null = T::Null;
    fn into_operand(self) -> Node {
        self.node()
    }
}

#[diagnostic::do_not_recommend]
impl<B: Plain, T: SqlType<Base = B>> Operand<B> for &Label<T> {
    type Null = T::Null;
    fn into_operand(self) -> Node {
        self.node()
    }
}

/// What stands on the right of IN: a list of operands, or a SELECT of one column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't stand in an IN list of `{B}`",
    label = "expected a list of `{B}` or a SELECT of one such column"
)]
pub trait InList<B> {
    /// The list or query.
    fn into_source(self) -> InSource;
}

#[diagnostic::do_not_recommend]
impl<B, I: IntoIterator> InList<B> for I
where
    I::Item: Operand<B>,
{
    fn into_source(self) -> InSource {
        InSource::List(self.into_iter().map(Operand::into_operand).collect())
    }
}

/// A Rust value as an expression, sent as a bind.
pub fn bind<B: Plain, V: Operand<B>>(value: V) -> Expr<<V::Null as Nullability>::Wrap<B>> {
    Expr::from_node(value.into_operand())
}
