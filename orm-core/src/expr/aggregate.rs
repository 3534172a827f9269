use super::condition::Condition;
use super::expression::{BaseOf, Expr, Expression};
use super::node::{Function, Node};
use super::order::OrderBy;
use super::window::Window;
use crate::types::{Numeric, SqlType, Type};
use std::fmt;
use std::marker::PhantomData;

/// A function call that also takes DISTINCT, FILTER, ORDER BY and OVER: `count(…)`, `sum(…)`, `func("…", …)`.
pub struct Aggregate<T> {
    function: Box<Function>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Aggregate<T> {
    fn clone(&self) -> Self {
        Aggregate { function: self.function.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for Aggregate<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.function.fmt(f)
    }
}

impl<T: SqlType> Aggregate<T> {
    pub(crate) fn new(function: Function) -> Self {
        Aggregate { function: Box::new(function), of: PhantomData }
    }

    pub(crate) fn into_function_node(self) -> Node {
        Node::Function(self.function)
    }

    /// Only the rows that meet the condition: FILTER (WHERE …), or a CASE around the argument where there is no FILTER.
    #[must_use]
    pub fn filter<C: Condition>(mut self, condition: C) -> Self {
        let condition = condition.into_condition();
        self.function.filter = Some(match self.function.filter.take() {
            Some(first) => Node::and(vec![first, condition]),
            None => condition,
        });
        self
    }

    /// Only different values.
    #[must_use]
    pub fn distinct(mut self) -> Self {
        self.function.distinct = true;
        self
    }

    /// The order in which the aggregate sees its rows.
    #[must_use]
    pub fn order_by(mut self, order: impl OrderBy) -> Self {
        order.push_to(&mut self.function.order_by);
        self
    }

    /// The function over a window.
    pub fn over(mut self, window: Window) -> Expr<T> {
        self.function.over = Some(window);
        Expr::from_node(Node::Function(self.function))
    }
}

/// COUNT of the values that are not NULL.
pub fn count<E: Expression>(expression: E) -> Aggregate<i64> {
    Aggregate::new(Node::call("count", vec![expression.into_node()]))
}

/// COUNT of the different values that are not NULL.
pub fn count_distinct<E: Expression>(expression: E) -> Aggregate<i64> {
    count(expression).distinct()
}

/// COUNT(*).
pub fn count_all() -> Aggregate<i64> {
    Aggregate::new(Node::call("count", Vec::new()))
}

/// SUM, of the argument's type on every database; NULL over no rows.
pub fn sum<E: Expression>(expression: E) -> Aggregate<Option<BaseOf<E>>>
where
    E::T: Numeric,
{
    let mut function = Node::call("sum", vec![expression.into_node()]);
    function.result = Some(E::T::sql_type());
    Aggregate::new(function)
}

/// AVG as a float on every database; NULL over no rows.
pub fn avg<E: Expression>(expression: E) -> Aggregate<Option<f64>>
where
    E::T: Numeric,
{
    let mut function = Node::call("avg", vec![expression.into_node()]);
    function.result = Some(Type::Double);
    Aggregate::new(function)
}

/// MAX; NULL over no rows.
pub fn max<E: Expression>(expression: E) -> Aggregate<Option<BaseOf<E>>> {
    Aggregate::new(Node::call("max", vec![expression.into_node()]))
}

/// MIN; NULL over no rows.
pub fn min<E: Expression>(expression: E) -> Aggregate<Option<BaseOf<E>>> {
    Aggregate::new(Node::call("min", vec![expression.into_node()]))
}
