//! Conditions and values of statements, calculated from what an object holds, where that is certainly what the database
//! finds.
//!
//! What depends on a column's collation, on how a database keeps a number, or on anything else that is not in sight, is
//! [`Uncertain`]: then the database is asked. So the answers are few, but none of them is wrong.

mod certain;

use crate::entity::TableDef;
use crate::expr::{BinaryOp, ColumnRef, InSource, Node, UnaryOp};
use crate::types::{Dialect, Kind, Type, Value};
use std::cmp::Ordering;

/// A longer list is looked through by the database, once for all rows.
const LONGEST_LIST: usize = 1000;

/// Only the database knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Uncertain;

pub(super) type Certain<T> = Result<T, Uncertain>;

/// A row of a table as the session knows it.
pub(super) struct Evaluator<'a> {
    pub(super) table: &'static TableDef,
    pub(super) dialect: Dialect,
    /// A column as the database has it; `None` where that is not known for certain.
    pub(super) column: &'a dyn Fn(u16) -> Option<Value>,
}

impl Evaluator<'_> {
    /// Whether the row is among those that these conditions, joined by AND, let through.
    pub(super) fn passes(&self, conditions: &[Node]) -> Certain<bool> {
        let mut all = Ok(true);
        for condition in conditions {
            match self.truth(condition) {
                Ok(Some(true)) => {}
                // Neither false nor NULL lets a row through, whatever the others say.
                Ok(_) => return Ok(false),
                Err(Uncertain) => all = Err(Uncertain),
            }
        }
        all
    }

    /// A condition; `None` is NULL.
    pub(super) fn truth(&self, node: &Node) -> Certain<Option<bool>> {
        match node {
            Node::Truth(truth) => Ok(Some(*truth)),
            Node::And(nodes) => self.join(nodes, false),
            Node::Or(nodes) => self.join(nodes, true),
            Node::Unary(UnaryOp::Not, inner) => Ok(self.truth(inner)?.map(|truth| !truth)),
            Node::IsNull { operand, negated } => Ok(Some(self.is_null(operand)? != *negated)),
            Node::In { operand, list: InSource::List(list), negated } => {
                Ok(self.is_in(operand, list)?.map(|found| found != *negated))
            }
            Node::Between(parts) => {
                let (low, high) =
                    (self.compare(BinaryOp::Ge, &parts.0, &parts.1), self.compare(BinaryOp::Le, &parts.0, &parts.2));
                both(low, high)
            }
            Node::Binary(
                op @ (BinaryOp::Eq
                | BinaryOp::Ne
                | BinaryOp::Lt
                | BinaryOp::Le
                | BinaryOp::Gt
                | BinaryOp::Ge
                | BinaryOp::IsDistinctFrom
                | BinaryOp::IsNotDistinctFrom),
                sides,
            ) => self.compare(*op, &sides.0, &sides.1),
            Node::Column(_) | Node::Bind(_) | Node::Optional(_) | Node::Label(_) => match self.value(node)? {
                Value::Bool(truth) => Ok(Some(truth)),
                Value::Null(_) => Ok(None),
                _ => Err(Uncertain),
            },
            _ => Err(Uncertain),
        }
    }

    /// AND or OR of conditions: `decisive` is the truth that decides it alone.
    fn join(&self, nodes: &[Node], decisive: bool) -> Certain<Option<bool>> {
        let mut joined = Ok(Some(!decisive));
        for node in nodes {
            match self.truth(node) {
                Ok(Some(truth)) if truth == decisive => return Ok(Some(decisive)),
                Ok(Some(_)) => {}
                Ok(None) if joined.is_ok() => joined = Ok(None),
                Ok(None) => {}
                Err(Uncertain) => joined = Err(Uncertain),
            }
        }
        joined
    }

    fn is_null(&self, node: &Node) -> Certain<bool> {
        match node {
            // Of a column of any type.
            Node::Column(ColumnRef::Table(column)) if column.table == self.table => {
                Ok((self.column)(column.index).ok_or(Uncertain)?.is_null())
            }
            Node::Optional(inner) => self.is_null(inner),
            node => Ok(self.value(node)?.is_null()),
        }
    }

    fn is_in(&self, operand: &Node, list: &[Node]) -> Certain<Option<bool>> {
        if list.len() > LONGEST_LIST {
            return Err(Uncertain);
        }
        let value = if matches!(operand, Node::Tuple(_)) { None } else { Some(self.value(operand)?) };
        let mut found = Ok(Some(false));
        for node in list {
            let equal = match (&value, node) {
                (Some(value), Node::Bind(other)) if !value.is_null() && !other.is_null() => {
                    certain::equal(value, other, self.dialect).map(Some)
                }
                _ => self.equals(operand, node),
            };
            match equal {
                Ok(Some(true)) => return Ok(Some(true)),
                Ok(Some(false)) => {}
                Ok(None) if found.is_ok() => found = Ok(None),
                Ok(None) => {}
                Err(Uncertain) => found = Err(Uncertain),
            }
        }
        found
    }

    /// `=` of two values, or of two rows of values.
    fn equals(&self, left: &Node, right: &Node) -> Certain<Option<bool>> {
        match (left, right) {
            (Node::Tuple(left), Node::Tuple(right)) if left.len() == right.len() => {
                let mut all = Ok(Some(true));
                for (left, right) in left.iter().zip(right) {
                    all = both(all, self.equals(left, right));
                }
                all
            }
            _ => self.compare(BinaryOp::Eq, left, right),
        }
    }

    fn compare(&self, op: BinaryOp, left: &Node, right: &Node) -> Certain<Option<bool>> {
        if let (Node::Tuple(_), _) | (_, Node::Tuple(_)) = (left, right) {
            return Err(Uncertain);
        }
        let (left, right) = (self.value(left)?, self.value(right)?);
        let distinct = match op {
            BinaryOp::IsDistinctFrom => Some(true),
            BinaryOp::IsNotDistinctFrom => Some(false),
            _ => None,
        };
        match (left.is_null() || right.is_null(), distinct) {
            (true, Some(distinct)) => return Ok(Some((left.is_null() != right.is_null()) == distinct)),
            (true, None) => return Ok(None),
            (false, _) => {}
        }
        let order = |is: fn(Ordering) -> bool| certain::order(&left, &right, self.dialect).map(is);
        let equal = || certain::equal(&left, &right, self.dialect);
        Ok(Some(match op {
            BinaryOp::Eq | BinaryOp::IsNotDistinctFrom => equal()?,
            BinaryOp::Ne | BinaryOp::IsDistinctFrom => !equal()?,
            BinaryOp::Lt => order(Ordering::is_lt)?,
            BinaryOp::Le => order(Ordering::is_le)?,
            BinaryOp::Gt => order(Ordering::is_gt)?,
            BinaryOp::Ge => order(Ordering::is_ge)?,
            _ => return Err(Uncertain),
        }))
    }

    /// An expression's value.
    fn value(&self, node: &Node) -> Certain<Value> {
        match node {
            Node::Bind(Value::Invalid(_)) => Err(Uncertain),
            Node::Bind(value) => Ok(value.clone()),
            Node::Column(ColumnRef::Table(column)) if column.table == self.table => {
                // A type by name may compare in any way.
                if matches!((column.def().sql_type)(), Type::Raw(_)) {
                    return Err(Uncertain);
                }
                (self.column)(column.index).ok_or(Uncertain)
            }
            Node::Optional(inner) => self.value(inner),
            Node::Label(label) => self.value(&label.node),
            Node::Unary(UnaryOp::Neg, inner) => match self.value(inner)? {
                null @ Value::Null(_) => Ok(null),
                value => value.as_i64().and_then(i64::checked_neg).map(Value::I64).ok_or(Uncertain),
            },
            Node::Binary(op @ (BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul), sides) => {
                let sides = (self.value(&sides.0)?, self.value(&sides.1)?);
                let (Some(left), Some(right)) = (sides.0.as_i64(), sides.1.as_i64()) else {
                    return null_of(&sides, &[Kind::I16, Kind::I32, Kind::I64]);
                };
                // What does not fit is an error here, a float there.
                let result = match op {
                    BinaryOp::Add => left.checked_add(right),
                    BinaryOp::Sub => left.checked_sub(right),
                    _ => left.checked_mul(right),
                };
                result.map(Value::I64).ok_or(Uncertain)
            }
            Node::Binary(BinaryOp::Concat, sides) => match (self.value(&sides.0)?, self.value(&sides.1)?) {
                (Value::Text(left), Value::Text(right)) => Ok(Value::Text(left + &right)),
                sides => null_of(&sides, &[Kind::Text]),
            },
            Node::Unary(UnaryOp::Not, _)
            | Node::Truth(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::IsNull { .. }
            | Node::In { .. }
            | Node::Between(_)
            | Node::Binary(..) => Ok(self.truth(node)?.map_or(Value::Null(Kind::Bool), Value::Bool)),
            _ => Err(Uncertain),
        }
    }

    /// What a column holds after it was set to an expression.
    pub(super) fn assigned(&self, column: u16, node: &Node) -> Certain<Value> {
        let value = self.value(node)?;
        if certain::is_kept(&(self.table.column_def(column).sql_type)(), &value) { Ok(value) } else { Err(Uncertain) }
    }
}

/// AND of two.
fn both(left: Certain<Option<bool>>, right: Certain<Option<bool>>) -> Certain<Option<bool>> {
    match (left, right) {
        (Ok(Some(false)), _) | (_, Ok(Some(false))) => Ok(Some(false)),
        (Err(Uncertain), _) | (_, Err(Uncertain)) => Err(Uncertain),
        (Ok(None), _) | (_, Ok(None)) => Ok(None),
        _ => Ok(Some(true)),
    }
}

/// NULL, where one of the operands is, and both are of these kinds.
fn null_of((left, right): &(Value, Value), kinds: &[Kind]) -> Certain<Value> {
    let fits = |value: &Value| value.kind().is_some_and(|kind| kinds.contains(&kind));
    match (left, right) {
        (null @ Value::Null(_), other) | (other, null @ Value::Null(_)) if fits(null) && fits(other) => {
            Ok(null.clone())
        }
        _ => Err(Uncertain),
    }
}

/// Whether an expression reads one of these columns of the table.
pub(super) fn reads(node: &Node, table: &'static TableDef, columns: &[u16]) -> bool {
    if let Node::Column(ColumnRef::Table(column)) = node {
        return column.table == table && columns.contains(&column.index);
    }
    let mut found = matches!(node, Node::Query(_) | Node::Exists { .. } | Node::Raw(_));
    node.children(&mut |child| found |= reads(child, table, columns));
    found
}
