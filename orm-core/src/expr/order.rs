use super::aggregate::Aggregate;
use super::column::Column;
use super::expression::{Expr, Expression};
use super::label::Label;
use super::node::Node;
use crate::types::SqlType;

/// One key of an ORDER BY.
#[derive(Clone, Debug, PartialEq)]
pub struct Ordered {
    /// What is ordered by.
    pub node: Node,
    /// DESC.
    pub descending: bool,
    /// Where NULLs go, unless the database decides.
    pub nulls: Option<Nulls>,
}

/// Where NULLs go in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// Before all values.
    First,
    /// After all values.
    Last,
}

impl Ordered {
    /// A key of an order.
    pub const fn new(node: Node, descending: bool) -> Self {
        Ordered { node, descending, nulls: None }
    }

    /// NULLs before all values, on every database.
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.nulls = Some(Nulls::First);
        self
    }

    /// NULLs after all values, on every database.
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.nulls = Some(Nulls::Last);
        self
    }
}

/// What `order_by` takes: a column or expression (ascending), one with `.asc()` or `.desc()`, a label, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be ordered by",
    label = "expected a column, an expression or a tuple of them"
)]
pub trait OrderBy {
    /// Adds the keys to the list.
    fn push_to(self, keys: &mut Vec<Ordered>);
}

impl OrderBy for Ordered {
    fn push_to(self, keys: &mut Vec<Ordered>) {
        keys.push(self);
    }
}

impl OrderBy for Vec<Ordered> {
    fn push_to(self, keys: &mut Vec<Ordered>) {
        keys.extend(self);
    }
}

/// What `group_by` takes: a column, an expression, a label, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be grouped by",
    label = "expected a column, an expression or a tuple of them"
)]
pub trait GroupBy {
    /// Adds the keys to the list.
    fn push_to(self, keys: &mut Vec<Node>);
}

macro_rules! both {
    ($([$($generics:tt)*] $type:ty;)*) => { $(
        impl<$($generics)*> OrderBy for $type {
            fn push_to(self, keys: &mut Vec<Ordered>) {
                keys.push(Ordered::new(self.into_node(), false));
            }
        }
        impl<$($generics)*> GroupBy for $type {
            fn push_to(self, keys: &mut Vec<Node>) {
                keys.push(self.into_node());
            }
        }
    )* };
}
both! {
    [M, T: SqlType] Column<M, T>;
    [T: SqlType] Expr<T>;
    [T: SqlType] &Label<T>;
}

impl<T: SqlType> OrderBy for Aggregate<T> {
    fn push_to(self, keys: &mut Vec<Ordered>) {
        keys.push(Ordered::new(self.into_node(), false));
    }
}

macro_rules! tuples {
    ($($($t:ident $n:tt)+;)*) => { $(
        impl<$($t: OrderBy),+> OrderBy for ($($t,)+) {
            fn push_to(self, keys: &mut Vec<Ordered>) {
                $(self.$n.push_to(keys);)+
            }
        }
        impl<$($t: GroupBy),+> GroupBy for ($($t,)+) {
            fn push_to(self, keys: &mut Vec<Node>) {
                $(self.$n.push_to(keys);)+
            }
        }
    )* };
}
tuples! {
    A 0;
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
}
