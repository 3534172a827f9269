use super::label::LabelDef;
use super::order::Ordered;
use super::source::{ColumnRef, Nested};
use super::window::Window;
use crate::types::{Type, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// The plain, untyped expression tree that dialects compile. Parentheses are the compiler's business: the tree has none.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Node {
    /// A column of a table, alias, subquery or CTE.
    Column(ColumnRef),
    /// A value, sent as a bind.
    Bind(Value),
    /// NOT, unary minus.
    Unary(UnaryOp, Box<Node>),
    /// A binary operator.
    Binary(BinaryOp, Box<(Node, Node)>),
    /// AND of at least two conditions.
    And(Vec<Node>),
    /// OR of at least two conditions.
    Or(Vec<Node>),
    /// IS NULL, IS NOT NULL.
    IsNull {
        /// What is tested.
        operand: Box<Node>,
        /// IS NOT NULL.
        negated: bool,
    },
    /// IN, NOT IN.
    In {
        /// What is looked for; a [`Node::Tuple`] for row values.
        operand: Box<Node>,
        /// Where.
        list: InSource,
        /// NOT IN.
        negated: bool,
    },
    /// BETWEEN: the operand, the low and the high end.
    Between(Box<(Node, Node, Node)>),
    /// LIKE and its family.
    Like(Box<Like>),
    /// CASE.
    Case {
        /// The value that the arms are compared with; without it the arms are conditions.
        subject: Option<Box<Node>>,
        /// WHEN … THEN ….
        arms: Vec<(Node, Node)>,
        /// ELSE.
        otherwise: Option<Box<Node>>,
    },
    /// CAST(… AS …).
    Cast(Box<Node>, Type),
    /// A function call.
    Function(Box<Function>),
    /// A row value.
    Tuple(Vec<Node>),
    /// A scalar subquery.
    Query(Arc<dyn Nested>),
    /// EXISTS (…).
    Exists {
        /// The subquery.
        query: Arc<dyn Nested>,
        /// NOT EXISTS.
        negated: bool,
    },
    /// A labelled expression: its name in ORDER BY and GROUP BY, the expression elsewhere.
    Label(Arc<LabelDef>),
    /// In ON CONFLICT … DO UPDATE: the value of this column (by index) in the row that was to be inserted.
    Excluded(ColumnRef),
    /// DEFAULT, in the VALUES of an INSERT.
    Default,
    /// `true` or `false` as a condition.
    Truth(bool),
    /// The same node, declared to be possibly NULL: what `.optional()` makes of a column.
    Optional(Box<Node>),
    /// SQL text, written as it is.
    Raw(Cow<'static, str>),
}

impl Node {
    /// AND of conditions; nested ANDs are flattened, and one condition is itself. No condition at all is true.
    pub fn and(conditions: Vec<Node>) -> Node {
        Self::join(conditions, true)
    }

    /// OR of conditions; nested ORs are flattened, and one condition is itself. No condition at all is false.
    pub fn or(conditions: Vec<Node>) -> Node {
        Self::join(conditions, false)
    }

    fn join(conditions: Vec<Node>, and: bool) -> Node {
        let mut flat = Vec::with_capacity(conditions.len());
        for condition in conditions {
            match condition {
                Node::And(inner) if and => flat.extend(inner),
                Node::Or(inner) if !and => flat.extend(inner),
                // `true` says nothing in an AND and everything in an OR; `false` the other way round.
                Node::Truth(value) if value == and => {}
                Node::Truth(value) => return Node::Truth(value),
                other => flat.push(other),
            }
        }
        match (flat.pop(), flat.is_empty()) {
            (None, _) => Node::Truth(and),
            (Some(only), true) => only,
            (Some(last), false) => {
                flat.push(last);
                if and { Node::And(flat) } else { Node::Or(flat) }
            }
        }
    }

    /// NOT of a condition, pushed into it where SQL has a word for it (NOT IN, IS NOT NULL, NOT EXISTS).
    pub fn negate(self) -> Node {
        match self {
            Node::IsNull { operand, negated } => Node::IsNull { operand, negated: !negated },
            Node::In { operand, list, negated } => Node::In { operand, list, negated: !negated },
            Node::Exists { query, negated } => Node::Exists { query, negated: !negated },
            Node::Like(mut like) => {
                like.negated = !like.negated;
                Node::Like(like)
            }
            Node::Truth(value) => Node::Truth(!value),
            Node::Unary(UnaryOp::Not, inner) => *inner,
            other => Node::Unary(UnaryOp::Not, Box::new(other)),
        }
    }

    /// A binary operation. A comparison with a NULL bind becomes IS NULL or IS NOT NULL.
    pub fn binary(op: BinaryOp, left: Node, right: Node) -> Node {
        let null_test = |operand: Node, negated| Node::IsNull { operand: Box::new(operand), negated };
        match (op, &left, &right) {
            (BinaryOp::Eq | BinaryOp::IsNotDistinctFrom, _, Node::Bind(value)) if value.is_null() => {
                null_test(left, false)
            }
            (BinaryOp::Ne | BinaryOp::IsDistinctFrom, _, Node::Bind(value)) if value.is_null() => null_test(left, true),
            _ => Node::Binary(op, Box::new((left, right))),
        }
    }

    /// A function call by name.
    pub fn call(name: impl Into<Cow<'static, str>>, args: Vec<Node>) -> Function {
        Function {
            name: name.into(),
            args,
            distinct: false,
            order_by: Vec::new(),
            filter: None,
            over: None,
            result: None,
        }
    }

    /// The same tree with every column passed through `change`.
    pub fn map_columns(&mut self, change: &mut dyn FnMut(&mut ColumnRef)) {
        match self {
            Node::Column(column) | Node::Excluded(column) => change(column),
            Node::Bind(_) | Node::Query(_) | Node::Exists { .. } | Node::Default | Node::Truth(_) | Node::Raw(_) => {}
            Node::Unary(_, inner) | Node::Cast(inner, _) | Node::Optional(inner) => inner.map_columns(change),
            Node::IsNull { operand, .. } => operand.map_columns(change),
            Node::Binary(_, sides) => {
                sides.0.map_columns(change);
                sides.1.map_columns(change);
            }
            Node::And(nodes) | Node::Or(nodes) | Node::Tuple(nodes) => {
                nodes.iter_mut().for_each(|node| node.map_columns(change));
            }
            Node::In { operand, list, .. } => {
                operand.map_columns(change);
                if let InSource::List(nodes) = list {
                    nodes.iter_mut().for_each(|node| node.map_columns(change));
                }
            }
            Node::Between(parts) => {
                parts.0.map_columns(change);
                parts.1.map_columns(change);
                parts.2.map_columns(change);
            }
            Node::Like(like) => {
                like.operand.map_columns(change);
                like.pattern.map_columns(change);
            }
            Node::Case { subject, arms, otherwise } => {
                subject.iter_mut().for_each(|node| node.map_columns(change));
                for (when, then) in arms {
                    when.map_columns(change);
                    then.map_columns(change);
                }
                otherwise.iter_mut().for_each(|node| node.map_columns(change));
            }
            Node::Function(function) => {
                function.args.iter_mut().for_each(|node| node.map_columns(change));
                function.order_by.iter_mut().for_each(|ordered| ordered.node.map_columns(change));
                function.filter.iter_mut().for_each(|node| node.map_columns(change));
                if let Some(window) = &mut function.over {
                    window.partition_by.iter_mut().for_each(|node| node.map_columns(change));
                    window.order_by.iter_mut().for_each(|ordered| ordered.node.map_columns(change));
                }
            }
            Node::Label(label) => {
                let mut node = label.node.clone();
                node.map_columns(change);
                *label = Arc::new(LabelDef { name: label.name.clone(), node });
            }
        }
    }

    /// The node's direct parts, in the order in which they are written.
    pub fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match self {
            Node::Column(_)
            | Node::Bind(_)
            | Node::Query(_)
            | Node::Exists { .. }
            | Node::Excluded(_)
            | Node::Default
            | Node::Truth(_)
            | Node::Raw(_) => {}
            Node::Unary(_, inner) | Node::Cast(inner, _) | Node::Optional(inner) => visit(inner),
            Node::IsNull { operand, .. } => visit(operand),
            Node::Binary(_, sides) => {
                visit(&sides.0);
                visit(&sides.1);
            }
            Node::And(nodes) | Node::Or(nodes) | Node::Tuple(nodes) => nodes.iter().for_each(visit),
            Node::In { operand, list, .. } => {
                visit(operand);
                if let InSource::List(nodes) = list {
                    nodes.iter().for_each(visit);
                }
            }
            Node::Between(parts) => {
                visit(&parts.0);
                visit(&parts.1);
                visit(&parts.2);
            }
            Node::Like(like) => {
                visit(&like.operand);
                visit(&like.pattern);
            }
            Node::Case { subject, arms, otherwise } => {
                subject.iter().for_each(|node| visit(node));
                for (when, then) in arms {
                    visit(when);
                    visit(then);
                }
                otherwise.iter().for_each(|node| visit(node));
            }
            Node::Function(function) => {
                function.args.iter().for_each(&mut *visit);
                function.order_by.iter().for_each(|ordered| visit(&ordered.node));
                function.filter.iter().for_each(&mut *visit);
                if let Some(window) = &function.over {
                    window.partition_by.iter().for_each(&mut *visit);
                    window.order_by.iter().for_each(|ordered| visit(&ordered.node));
                }
            }
            Node::Label(label) => visit(&label.node),
        }
    }
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// NOT
    Not,
    /// Unary minus.
    Neg,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `=`
    Eq,
    /// `<>`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// IS DISTINCT FROM: NULL is a value like any other.
    IsDistinctFrom,
    /// IS NOT DISTINCT FROM.
    IsNotDistinctFrom,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/` between numbers that may have a fraction.
    Div,
    /// `/` between integers, towards zero on every database.
    IntDiv,
    /// `%`
    Rem,
    /// Concatenation of text.
    Concat,
}

/// What stands on the right of IN.
#[derive(Clone, Debug, PartialEq)]
pub enum InSource {
    /// A list of expressions. An empty one matches nothing; a NULL bind in it is an error when compiled.
    List(Vec<Node>),
    /// A SELECT.
    Query(Arc<dyn Nested>),
}

/// LIKE and its family.
#[derive(Clone, Debug, PartialEq)]
pub struct Like {
    /// The text that is searched.
    pub operand: Node,
    /// The pattern, or the text that is looked for.
    pub pattern: Node,
    /// Which member of the family.
    pub kind: LikeKind,
    /// Without regard to case.
    pub insensitive: bool,
    /// The escape character of a pattern; `/` where the compiler escapes by itself.
    pub escape: Option<char>,
    /// NOT LIKE.
    pub negated: bool,
}

/// Which member of the LIKE family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LikeKind {
    /// The pattern as it is.
    Pattern,
    /// The text anywhere; its wildcards are escaped.
    Contains,
    /// The text at the beginning; its wildcards are escaped.
    StartsWith,
    /// The text at the end; its wildcards are escaped.
    EndsWith,
}

/// A function call.
///
/// Names are the portable ones (`lower`, `char_length`, `current_timestamp`…): a dialect may render another.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// The name.
    pub name: Cow<'static, str>,
    /// The arguments.
    pub args: Vec<Node>,
    /// DISTINCT before the arguments.
    pub distinct: bool,
    /// ORDER BY after the arguments.
    pub order_by: Vec<Ordered>,
    /// FILTER (WHERE …).
    pub filter: Option<Node>,
    /// OVER (…).
    pub over: Option<Window>,
    /// The declared type: the result is cast to it where the database would give another.
    pub result: Option<Type>,
}
