use super::condition::Condition;
use super::expression::{BaseOf, Expr, Expression, Merge};
use super::node::Node;
use super::operand::Operand;
use crate::types::{Nullability, Plain};
use std::marker::PhantomData;

#[derive(Clone, Debug)]
struct Arms {
    subject: Option<Box<Node>>,
    arms: Vec<(Node, Node)>,
}

impl Arms {
    fn with(mut self, when: Node, then: Node) -> Self {
        self.arms.push((when, then));
        self
    }

    fn node(self, otherwise: Option<Node>) -> Node {
        Node::Case { subject: self.subject, arms: self.arms, otherwise: otherwise.map(Box::new) }
    }
}

/// A searched CASE without an arm yet: [`case_`].
#[derive(Clone, Debug)]
pub struct CaseStart(Arms);

/// A searched CASE whose value is a `B`.
#[derive(Clone, Debug)]
pub struct Case<B, N>(Arms, PhantomData<fn() -> (B, N)>);

/// CASE WHEN condition THEN value … END.
pub fn case_() -> CaseStart {
    CaseStart(Arms { subject: None, arms: Vec::new() })
}

impl CaseStart {
    /// The first arm; its value says the type.
    pub fn when<C: Condition, B: Plain, V: Operand<B>>(self, condition: C, value: V) -> Case<B, V::Null> {
        Case(self.0.with(condition.into_condition(), value.into_operand()), PhantomData)
    }
}

impl<B: Plain, N: Nullability> Case<B, N> {
    /// One more arm.
    pub fn when<C: Condition, V: Operand<B>>(self, condition: C, value: V) -> Case<B, N::Or<V::Null>> {
        Case(self.0.with(condition.into_condition(), value.into_operand()), PhantomData)
    }

    /// ELSE, and the end.
    pub fn else_<V: Operand<B>>(self, value: V) -> Expr<Merge<N, V::Null, B>> {
        Expr::from_node(self.0.node(Some(value.into_operand())))
    }

    /// The end without ELSE: NULL where no arm holds.
    pub fn end(self) -> Expr<Option<B>> {
        Expr::from_node(self.0.node(None))
    }
}

/// A CASE over a value without an arm yet: [`case_of`].
#[derive(Clone, Debug)]
pub struct CaseOf<S>(Arms, PhantomData<fn() -> S>);

/// A CASE over an `S` whose value is a `B`.
#[derive(Clone, Debug)]
pub struct CaseOfArms<S, B, N>(Arms, PhantomData<fn() -> (S, B, N)>);

/// CASE expression WHEN value THEN value … END.
pub fn case_of<E: Expression>(expression: E) -> CaseOf<BaseOf<E>> {
    CaseOf(Arms { subject: Some(Box::new(expression.into_node())), arms: Vec::new() }, PhantomData)
}

impl<S: Plain> CaseOf<S> {
    /// The first arm; its value says the type.
    pub fn when<W: Operand<S>, B: Plain, V: Operand<B>>(self, when: W, value: V) -> CaseOfArms<S, B, V::Null> {
        CaseOfArms(self.0.with(when.into_operand(), value.into_operand()), PhantomData)
    }
}

impl<S: Plain, B: Plain, N: Nullability> CaseOfArms<S, B, N> {
    /// One more arm.
    pub fn when<W: Operand<S>, V: Operand<B>>(self, when: W, value: V) -> CaseOfArms<S, B, N::Or<V::Null>> {
        CaseOfArms(self.0.with(when.into_operand(), value.into_operand()), PhantomData)
    }

    /// ELSE, and the end.
    pub fn else_<V: Operand<B>>(self, value: V) -> Expr<Merge<N, V::Null, B>> {
        Expr::from_node(self.0.node(Some(value.into_operand())))
    }

    /// The end without ELSE: NULL where no arm holds.
    pub fn end(self) -> Expr<Option<B>> {
        Expr::from_node(self.0.node(None))
    }
}
