use super::expression::{BaseOf, Expr, Expression};
use super::node::{Function, Node};
use super::order::{GroupBy, OrderBy, Ordered};
use crate::types::SqlType;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound as RangeBound, RangeBounds};

/// OVER (PARTITION BY … ORDER BY … frame).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// PARTITION BY.
    pub partition_by: Vec<Node>,
    /// ORDER BY.
    pub order_by: Vec<Ordered>,
    /// The frame.
    pub frame: Option<Frame>,
}

/// The rows around the current one that a window function sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What the distances count.
    pub kind: FrameKind,
    /// The first row.
    pub start: Bound,
    /// The last row.
    pub end: Bound,
}

/// What the distances of a frame count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// Rows.
    Rows,
    /// Values of the order's key.
    Range,
    /// Groups of equal rows.
    Groups,
}

/// An end of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// As far as there are rows.
    Unbounded,
    /// So many before (negative) or after the current row; 0 is the current row.
    Offset(i64),
}

/// A window over all rows; narrow it with `partition_by`, `order_by` and a frame.
pub fn window() -> Window {
    Window::default()
}

impl Window {
    /// PARTITION BY.
    #[must_use]
    pub fn partition_by(mut self, keys: impl GroupBy) -> Self {
        keys.push_to(&mut self.partition_by);
        self
    }

    /// ORDER BY.
    #[must_use]
    pub fn order_by(mut self, keys: impl OrderBy) -> Self {
        keys.push_to(&mut self.order_by);
        self
    }

    /// ROWS BETWEEN …: `rows(-2..=0)` is two rows before to the current one, `rows(..)` all.
    #[must_use]
    pub fn rows(self, frame: impl RangeBounds<i64>) -> Self {
        self.framed(FrameKind::Rows, frame)
    }

    /// RANGE BETWEEN …: distances count values of the order's key.
    #[must_use]
    pub fn range(self, frame: impl RangeBounds<i64>) -> Self {
        self.framed(FrameKind::Range, frame)
    }

    /// GROUPS BETWEEN …: distances count groups of equal rows (PostgreSQL and SQLite).
    #[must_use]
    pub fn groups(self, frame: impl RangeBounds<i64>) -> Self {
        self.framed(FrameKind::Groups, frame)
    }

    fn framed(mut self, kind: FrameKind, frame: impl RangeBounds<i64>) -> Self {
        let start = match frame.start_bound() {
            RangeBound::Unbounded => Bound::Unbounded,
            RangeBound::Included(n) => Bound::Offset(*n),
            RangeBound::Excluded(n) => Bound::Offset(n.saturating_add(1)),
        };
        let end = match frame.end_bound() {
            RangeBound::Unbounded => Bound::Unbounded,
            RangeBound::Included(n) => Bound::Offset(*n),
            RangeBound::Excluded(n) => Bound::Offset(n.saturating_sub(1)),
        };
        self.frame = Some(Frame { kind, start, end });
        self
    }
}

/// A function that needs a window: not an expression until `.over(…)`.
pub struct WindowFunction<T>(Box<Function>, PhantomData<fn() -> T>);

impl<T> fmt::Debug for WindowFunction<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: SqlType> WindowFunction<T> {
    fn new(name: &'static str, args: Vec<Node>) -> Self {
        WindowFunction(Box::new(Node::call(name, args)), PhantomData)
    }

    /// The function over a window.
    pub fn over(mut self, window: Window) -> Expr<T> {
        self.0.over = Some(window);
        Expr::from_node(Node::Function(self.0))
    }
}

/// ROW_NUMBER: 1, 2, 3… in the window's order.
pub fn row_number() -> WindowFunction<i64> {
    WindowFunction::new("row_number", Vec::new())
}

/// RANK: equal rows share a number, and as many numbers are left out.
pub fn rank() -> WindowFunction<i64> {
    WindowFunction::new("rank", Vec::new())
}

/// DENSE_RANK: equal rows share a number, and none is left out.
pub fn dense_rank() -> WindowFunction<i64> {
    WindowFunction::new("dense_rank", Vec::new())
}

/// LAG: the value so many rows before; NULL where there is none.
pub fn lag<E: Expression>(expression: E, rows: i64) -> WindowFunction<Option<BaseOf<E>>> {
    WindowFunction::new("lag", vec![expression.into_node(), Node::Bind(rows.to_value())])
}

/// LEAD: the value so many rows after; NULL where there is none.
pub fn lead<E: Expression>(expression: E, rows: i64) -> WindowFunction<Option<BaseOf<E>>> {
    WindowFunction::new("lead", vec![expression.into_node(), Node::Bind(rows.to_value())])
}
