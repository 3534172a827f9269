//! Expressions, with parentheses where precedence asks for them and nowhere else.

use super::nested::select_of;
use super::number::Number;
use super::scope::Scope;
use super::select::Place;
use super::{Writer, wrong};
use crate::dialect::syntax::{Concat, Distinct};
use crate::error::Result;
use crate::expr::{BinaryOp, InSource, Nested, Node, UnaryOp};

/// How tightly an expression holds together. Where the databases differ (`||`), the order is such that parentheses are
/// written wherever one of them needs some.
pub(super) mod level {
    pub(in super::super) const OR: u8 = 1;
    pub(in super::super) const AND: u8 = 2;
    pub(in super::super) const NOT: u8 = 3;
    pub(in super::super) const COMPARE: u8 = 4;
    /// What a comparison's operand must be at least.
    pub(in super::super) const OPERAND: u8 = 5;
    pub(in super::super) const CONCAT: u8 = 5;
    pub(in super::super) const ADD: u8 = 6;
    pub(in super::super) const MULTIPLY: u8 = 7;
    pub(in super::super) const NEGATE: u8 = 8;
    pub(in super::super) const ATOM: u8 = 9;
}

/// Text that no operator can tear apart: a name, a number, a call.
fn is_atom(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'*'))
}

impl Writer {
    /// An expression whose level must be at least this, else it gets parentheses.
    pub(super) fn expression(&mut self, node: &Node, scope: &Scope<'_>, least: u8) -> Result<()> {
        let parentheses = least > 0 && self.level(node) < least;
        if parentheses {
            self.push("(");
        }
        self.bare(node, scope)?;
        if parentheses {
            self.push(")");
        }
        Ok(())
    }

    fn level(&self, node: &Node) -> u8 {
        match node {
            Node::Or(nodes) if nodes.len() > 1 => level::OR,
            Node::And(nodes) if nodes.len() > 1 => level::AND,
            Node::Or(nodes) | Node::And(nodes) => nodes.first().map_or(level::ATOM, |node| self.level(node)),
            Node::Unary(UnaryOp::Not, _) | Node::Exists { negated: true, .. } => level::NOT,
            Node::Unary(UnaryOp::Neg, _) => level::NEGATE,
            Node::In { list: InSource::List(nodes), .. } if nodes.is_empty() => level::ATOM,
            Node::IsNull { .. } | Node::In { .. } | Node::Between(_) | Node::Like(_) => level::COMPARE,
            Node::Binary(op, sides) => match op {
                BinaryOp::Add | BinaryOp::Sub => level::ADD,
                BinaryOp::Rem if self.is_exact_remainder(&sides.0, &sides.1) => level::ATOM,
                BinaryOp::Mul | BinaryOp::Div | BinaryOp::IntDiv | BinaryOp::Rem => level::MULTIPLY,
                BinaryOp::Concat if self.syntax.concat == Concat::Function => level::ATOM,
                BinaryOp::Concat => level::CONCAT,
                BinaryOp::IsDistinctFrom if self.syntax.distinct == Distinct::Spaceship => level::NOT,
                _ => level::COMPARE,
            },
            Node::Cast(inner, ty) => self.cast_level(inner, ty),
            Node::Label(label) => self.level(&label.node),
            Node::Optional(inner) => self.level(inner),
            Node::Raw(text) if !is_atom(text) => 0,
            _ => level::ATOM,
        }
    }

    fn bare(&mut self, node: &Node, scope: &Scope<'_>) -> Result<()> {
        match node {
            Node::Column(column) => self.column(column, scope),
            Node::Bind(value) => self.bind(value),
            Node::Binary(op, sides) => self.binary(*op, &sides.0, &sides.1, scope),
            Node::And(nodes) => self.joined(nodes, " AND ", level::AND, scope),
            Node::Or(nodes) => self.joined(nodes, " OR ", level::OR, scope),
            Node::IsNull { operand, negated } => {
                self.expression(operand, scope, level::OPERAND)?;
                self.push(if *negated { " IS NOT NULL" } else { " IS NULL" });
                Ok(())
            }
            Node::Unary(UnaryOp::Not, inner) => {
                self.push("NOT ");
                self.expression(inner, scope, level::COMPARE)
            }
            Node::Unary(UnaryOp::Neg, inner) => self.negated(inner, scope),
            Node::In { operand, list, negated } => self.in_(operand, list, *negated, scope),
            Node::Between(parts) => self.between(&parts.0, &parts.1, &parts.2, scope),
            Node::Like(like) => self.like(like, scope),
            Node::Case { subject, arms, otherwise } => self.case(subject.as_deref(), arms, otherwise.as_deref(), scope),
            Node::Cast(inner, ty) => self.cast(inner, ty, scope),
            Node::Function(function) => self.function(function, scope),
            Node::Tuple(nodes) => {
                self.push("(");
                for (n, node) in nodes.iter().enumerate() {
                    self.push(if n == 0 { "" } else { ", " });
                    self.expression(node, scope, 0)?;
                }
                self.push(")");
                Ok(())
            }
            Node::Query(query) => self.subquery(&**query, scope, Place::Expression),
            Node::Exists { query, negated } => {
                self.push(if *negated { "NOT EXISTS " } else { "EXISTS " });
                self.subquery(&**query, scope, Place::Expression)
            }
            Node::Label(label) => self.bare(&label.node, scope),
            Node::Optional(inner) => self.bare(inner, scope),
            Node::Excluded(column) => self.excluded(column),
            Node::Default => Err(wrong("DEFAULT stands for a whole value of an INSERT or UPDATE only")),
            Node::Truth(value) => {
                self.push(if *value { "TRUE" } else { "FALSE" });
                Ok(())
            }
            Node::Raw(text) => {
                self.push(text);
                Ok(())
            }
        }
    }

    fn joined(&mut self, nodes: &[Node], word: &str, least: u8, scope: &Scope<'_>) -> Result<()> {
        for (n, node) in nodes.iter().enumerate() {
            if n > 0 {
                self.push(word);
            }
            self.expression(node, scope, if nodes.len() > 1 { least } else { 0 })?;
        }
        Ok(())
    }

    fn negated(&mut self, inner: &Node, scope: &Scope<'_>) -> Result<()> {
        self.push("-");
        let start = self.sql.len();
        self.expression(inner, scope, level::ATOM)?;
        if self.sql[start..].starts_with('-') {
            // Two of them begin a comment.
            self.sql.insert(start, '(');
            self.push(")");
        }
        Ok(())
    }

    /// A SELECT in parentheses.
    pub(super) fn subquery(&mut self, query: &dyn Nested, scope: &Scope<'_>, place: Place<'_>) -> Result<()> {
        let tree = select_of(query, scope)?;
        self.push("(");
        self.select(&tree, Some(scope), place)?;
        self.push(")");
        Ok(())
    }

    fn binary(&mut self, op: BinaryOp, left: &Node, right: &Node, scope: &Scope<'_>) -> Result<()> {
        match op {
            BinaryOp::Eq => self.compare(left, " = ", right, scope, false),
            BinaryOp::Ne => self.compare(left, " <> ", right, scope, false),
            BinaryOp::Lt => self.compare(left, " < ", right, scope, true),
            BinaryOp::Le => self.compare(left, " <= ", right, scope, true),
            BinaryOp::Gt => self.compare(left, " > ", right, scope, true),
            BinaryOp::Ge => self.compare(left, " >= ", right, scope, true),
            BinaryOp::IsDistinctFrom | BinaryOp::IsNotDistinctFrom => {
                self.distinct(left, right, op == BinaryOp::IsDistinctFrom, scope)
            }
            BinaryOp::Concat => self.concat(left, right, scope),
            BinaryOp::Add => self.arithmetic(op, left, " + ", right, scope, level::ADD),
            BinaryOp::Sub => self.arithmetic(op, left, " - ", right, scope, level::ADD),
            BinaryOp::Mul => self.arithmetic(op, left, " * ", right, scope, level::MULTIPLY),
            BinaryOp::IntDiv => self.operation(left, self.syntax.int_division, right, scope, level::MULTIPLY),
            BinaryOp::Div if self.syntax.untyped_numbers => {
                // A REAL column or a float bind may hold an integer, and `/` of two would be integer division.
                self.push("CAST(");
                self.expression(left, scope, 0)?;
                self.push(" AS REAL) / ");
                self.expression(right, scope, level::NEGATE)
            }
            BinaryOp::Div => self.operation(left, " / ", right, scope, level::MULTIPLY),
            BinaryOp::Rem if self.is_exact_remainder(left, right) => self.exact_remainder(left, right, scope),
            BinaryOp::Rem => self.operation(left, " % ", right, scope, level::MULTIPLY),
        }
    }

    /// An operation that goes from the left.
    fn operation(&mut self, left: &Node, sign: &str, right: &Node, scope: &Scope<'_>, own: u8) -> Result<()> {
        self.expression(left, scope, own)?;
        self.push(sign);
        self.expression(right, scope, own + 1)
    }

    /// `+`, `-` and `*`. SQLite calculates decimals as floats: what comes out is rounded to the digits that it has exactly.
    fn arithmetic(
        &mut self,
        op: BinaryOp,
        left: &Node,
        sign: &str,
        right: &Node,
        scope: &Scope<'_>,
        own: u8,
    ) -> Result<()> {
        if !self.syntax.decimal_texts || self.in_arithmetic {
            return self.operation(left, sign, right, scope, own);
        }
        let (a, b) = (self.number_of(left), self.number_of(right));
        if !a.is_decimal() && !b.is_decimal() {
            return self.operation(left, sign, right, scope, own);
        }
        let scale = a.scale().zip(b.scale()).map(|(a, b)| if op == BinaryOp::Mul { a + b } else { a.max(b) });
        self.rounded(scale, |writer| writer.operation(left, sign, right, scope, own))
    }

    /// Writes a calculation on decimals, rounded to these digits after the point.
    pub(super) fn rounded(&mut self, scale: Option<u32>, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let Some(scale) = scale.filter(|_| !self.in_arithmetic) else { return write(self) };
        self.push("round(");
        self.in_arithmetic = true;
        let written = write(self);
        self.in_arithmetic = false;
        written?;
        self.push(", ");
        self.number(scale as usize);
        self.push(")");
        Ok(())
    }

    /// Whether `%` is of integers only, while these are not: floats on PostgreSQL and SQLite, decimals on SQLite.
    fn is_exact_remainder(&self, left: &Node, right: &Node) -> bool {
        if !self.syntax.untyped_numbers && self.syntax.functions.exact_float.is_none() {
            return false;
        }
        let numbers = [self.number_of(left), self.number_of(right)];
        let float = numbers.contains(&Number::Float);
        float || self.syntax.untyped_numbers && numbers.iter().any(|number| number.is_decimal())
    }

    fn exact_remainder(&mut self, left: &Node, right: &Node, scope: &Scope<'_>) -> Result<()> {
        if let Some((exact, float)) = self.syntax.functions.exact_float {
            self.push("CAST(");
            for (node, sign) in [(left, " % "), (right, " AS ")] {
                self.push("CAST(");
                self.expression(node, scope, 0)?;
                self.push(" AS ");
                self.push(exact);
                self.push(")");
                self.push(sign);
            }
            self.push(float);
            self.push(")");
            return Ok(());
        }
        self.push("(");
        self.expression(left, scope, level::ADD)?;
        self.push(" - ");
        self.expression(right, scope, level::MULTIPLY)?;
        self.push(" * CAST(CAST(");
        self.expression(left, scope, 0)?;
        self.push(" AS REAL) / ");
        self.expression(right, scope, level::NEGATE)?;
        self.push(" AS INTEGER))");
        Ok(())
    }

    fn concat(&mut self, left: &Node, right: &Node, scope: &Scope<'_>) -> Result<()> {
        if self.syntax.concat == Concat::Operator {
            self.concat_part(left, scope)?;
            self.push(" || ");
            return self.concat_part(right, scope);
        }
        self.push("concat(");
        let mut first = true;
        self.concat_args(left, scope, &mut first)?;
        self.concat_args(right, scope, &mut first)?;
        self.push(")");
        Ok(())
    }

    fn concat_part(&mut self, node: &Node, scope: &Scope<'_>) -> Result<()> {
        let least = if matches!(node, Node::Binary(BinaryOp::Concat, _)) { level::CONCAT } else { level::ATOM };
        self.expression(node, scope, least)
    }

    fn concat_args(&mut self, node: &Node, scope: &Scope<'_>, first: &mut bool) -> Result<()> {
        if let Node::Binary(BinaryOp::Concat, sides) = node {
            self.concat_args(&sides.0, scope, first)?;
            return self.concat_args(&sides.1, scope, first);
        }
        if !std::mem::take(first) {
            self.push(", ");
        }
        self.expression(node, scope, 0)
    }

    fn case(
        &mut self,
        subject: Option<&Node>,
        arms: &[(Node, Node)],
        otherwise: Option<&Node>,
        scope: &Scope<'_>,
    ) -> Result<()> {
        if arms.is_empty() {
            return Err(wrong("CASE without an arm"));
        }
        self.push("CASE");
        if let Some(subject) = subject {
            self.push(" ");
            self.expression(subject, scope, 0)?;
        }
        for (when, then) in arms {
            self.push(" WHEN ");
            self.expression(when, scope, 0)?;
            self.push(" THEN ");
            self.expression(then, scope, 0)?;
        }
        if let Some(otherwise) = otherwise {
            self.push(" ELSE ");
            self.expression(otherwise, scope, 0)?;
        }
        self.push(" END");
        Ok(())
    }
}
