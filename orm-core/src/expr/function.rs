use super::aggregate::Aggregate;
use super::expression::{BaseOf, Expr, Expression, Merge, NullOf};
use super::node::Node;
use super::operand::Operand;
use crate::types::{DateTime, NaiveDate, Nullability, Numeric, SqlType, Text, Utc};

fn call<T>(name: &'static str, args: Vec<Node>) -> Expr<T> {
    Expr::from_node(Node::Function(Box::new(Node::call(name, args))))
}

/// LOWER.
pub fn lower<E: Expression>(expression: E) -> Expr<E::T>
where
    E::T: Text,
{
    call("lower", vec![expression.into_node()])
}

/// UPPER.
pub fn upper<E: Expression>(expression: E) -> Expr<E::T>
where
    E::T: Text,
{
    call("upper", vec![expression.into_node()])
}

/// TRIM: without the spaces at both ends.
pub fn trim<E: Expression>(expression: E) -> Expr<E::T>
where
    E::T: Text,
{
    call("trim", vec![expression.into_node()])
}

/// The number of characters: CHAR_LENGTH, LENGTH on SQLite.
pub fn char_length<E: Expression>(expression: E) -> Expr<Merge<NullOf<E>, NullOf<E>, i64>>
where
    E::T: Text,
{
    call("char_length", vec![expression.into_node()])
}

/// ABS.
pub fn abs<E: Expression>(expression: E) -> Expr<E::T>
where
    E::T: Numeric,
{
    call("abs", vec![expression.into_node()])
}

/// ROUND to a number of digits after the point.
pub fn round<E: Expression>(expression: E, digits: i32) -> Expr<E::T>
where
    E::T: Numeric,
{
    call("round", vec![expression.into_node(), Node::Bind(digits.to_value())])
}

/// COALESCE: the first of the two that is not NULL.
pub fn coalesce<E: Expression, R: Operand<BaseOf<E>>>(
    expression: E,
    otherwise: R,
) -> Expr<<R::Null as Nullability>::Wrap<BaseOf<E>>> {
    call("coalesce", vec![expression.into_node(), otherwise.into_operand()])
}

/// NULLIF: NULL where the two are equal.
pub fn nullif<E: Expression, R: Operand<BaseOf<E>>>(expression: E, value: R) -> Expr<Option<BaseOf<E>>> {
    call("nullif", vec![expression.into_node(), value.into_operand()])
}

/// Concatenation of two texts: `||`, CONCAT on MySQL; NULL if one of them is.
pub fn concat<E: Expression, R: Operand<String>>(left: E, right: R) -> Expr<Merge<NullOf<E>, R::Null, String>>
where
    E::T: Text,
{
    left.concat(right)
}

/// The time at which the statement (on PostgreSQL: the transaction) began.
pub fn current_timestamp() -> Expr<DateTime<Utc>> {
    call("current_timestamp", Vec::new())
}

/// Today's date.
pub fn current_date() -> Expr<NaiveDate> {
    call("current_date", Vec::new())
}

/// The arguments of [`func`]: a tuple of expressions, or one expression.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the arguments of a function",
    label = "expected an expression or a tuple of them; a Rust value becomes one with `bind(value)`"
)]
pub trait Args {
    /// The arguments as nodes.
    fn into_args(self) -> Vec<Node>;
}

impl Args for () {
    fn into_args(self) -> Vec<Node> {
        Vec::new()
    }
}

impl<E: Expression> Args for E {
    fn into_args(self) -> Vec<Node> {
        vec![self.into_node()]
    }
}

macro_rules! args {
    ($($($t:ident $n:tt)+;)*) => { $(
        impl<$($t: Expression),+> Args for ($($t,)+) {
            fn into_args(self) -> Vec<Node> {
                vec![$(self.$n.into_node()),+]
            }
        }
    )* };
}
args! {
    A 0;
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
}

/// Any function by its name, written as it is; the SQL type of the result is the caller's word.
pub fn func<T: SqlType>(name: &str, args: impl Args) -> Aggregate<T> {
    Aggregate::new(Node::call(name.to_owned(), args.into_args()))
}
