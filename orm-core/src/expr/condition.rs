use super::column::Column;
use super::expression::{Expr, Expression};
use super::label::Label;
use super::node::Node;
use crate::types::Boolean;

/// What `filter`, `having` and `and_` take: a boolean expression, nullable or not, or a plain `bool`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition",
    label = "expected a boolean expression",
    note = "compare it with something: `.eq(…)`, `.gt(…)`, `.is_not(None)`"
)]
pub trait Condition {
    /// The condition as a node.
    fn into_condition(self) -> Node;
}

impl<T: Boolean> Condition for Expr<T> {
    fn into_condition(self) -> Node {
        self.into_node()
    }
}

impl<T: Boolean> Condition for &Expr<T> {
    fn into_condition(self) -> Node {
        self.as_node().clone()
    }
}

impl<M, T: Boolean> Condition for Column<M, T> {
    fn into_condition(self) -> Node {
        self.node()
    }
}

impl<T: Boolean> Condition for &Label<T> {
    fn into_condition(self) -> Node {
        self.node()
    }
}

impl Condition for bool {
    fn into_condition(self) -> Node {
        Node::Truth(self)
    }
}

/// The conditions of `and_` and `or_`: an array, a `Vec` or a tuple.
#[diagnostic::on_unimplemented(message = "expected an array, `Vec` or tuple of conditions, found `{Self}`")]
pub trait Conditions {
    /// The conditions as nodes.
    fn into_conditions(self) -> Vec<Node>;
}

impl<C: Condition, const N: usize> Conditions for [C; N] {
    fn into_conditions(self) -> Vec<Node> {
        self.into_iter().map(Condition::into_condition).collect()
    }
}

impl<C: Condition> Conditions for Vec<C> {
    fn into_conditions(self) -> Vec<Node> {
        self.into_iter().map(Condition::into_condition).collect()
    }
}

macro_rules! conditions {
    ($($($t:ident $n:tt)+;)*) => { $(
        impl<$($t: Condition),+> Conditions for ($($t,)+) {
            fn into_conditions(self) -> Vec<Node> {
                vec![$(self.$n.into_condition()),+]
            }
        }
    )* };
}
conditions! {
    A 0;
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
}

/// AND of a list of conditions; of none, true.
pub fn and_(conditions: impl Conditions) -> Expr<Option<bool>> {
    Expr::from_node(Node::and(conditions.into_conditions()))
}

/// OR of a list of conditions; of none, false.
pub fn or_(conditions: impl Conditions) -> Expr<Option<bool>> {
    Expr::from_node(Node::or(conditions.into_conditions()))
}
