//! Comparisons. On SQLite decimals are texts: two texts are compared with a collation that knows numbers, a text and a
//! calculated number as floats.

use super::expression::level;
use super::number::Number;
use super::scope::Scope;
use super::select::Place;
use super::{Writer, wrong};
use crate::dialect::syntax::Distinct;
use crate::error::Result;
use crate::expr::{InSource, Node};

/// The collation that the engine registers on every SQLite connection: it compares texts of decimals as numbers.
pub(super) const COLLATE: &str = " COLLATE orm_decimal";

/// How the operands of a comparison are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operands {
    /// As they are.
    Plain,
    /// The left one with the collation.
    Collated,
    /// What is not a float is made one.
    Floats,
}

impl Writer {
    fn operands<'n>(&self, nodes: impl IntoIterator<Item = &'n Node>, ordering: bool) -> Operands {
        if !self.syntax.decimal_texts {
            return Operands::Plain;
        }
        let (mut decimal, mut texts) = (false, true);
        for number in nodes.into_iter().map(|node| self.number_of(node)) {
            decimal |= number.is_decimal();
            texts &= matches!(number, Number::Text(_));
        }
        match (decimal, texts, ordering) {
            (false, ..) | (true, true, false) => Operands::Plain,
            (true, true, true) => Operands::Collated,
            (true, false, _) => Operands::Floats,
        }
    }

    fn operand(&mut self, node: &Node, scope: &Scope<'_>, operands: Operands, left: bool) -> Result<()> {
        match operands {
            Operands::Floats if !matches!(self.number_of(node), Number::Real(_)) => {
                self.push("CAST(");
                self.expression(node, scope, 0)?;
                self.push(" AS REAL)");
                Ok(())
            }
            Operands::Collated if left => {
                self.expression(node, scope, level::ATOM)?;
                self.push(COLLATE);
                Ok(())
            }
            _ => self.expression(node, scope, level::OPERAND),
        }
    }

    pub(super) fn compare(
        &mut self,
        left: &Node,
        sign: &str,
        right: &Node,
        scope: &Scope<'_>,
        ordering: bool,
    ) -> Result<()> {
        let operands = self.operands([left, right], ordering);
        self.operand(left, scope, operands, true)?;
        self.push(sign);
        self.operand(right, scope, operands, false)
    }

    pub(super) fn distinct(&mut self, left: &Node, right: &Node, negated: bool, scope: &Scope<'_>) -> Result<()> {
        match (self.syntax.distinct, negated) {
            (Distinct::Standard, true) => self.compare(left, " IS DISTINCT FROM ", right, scope, false),
            (Distinct::Standard, false) => self.compare(left, " IS NOT DISTINCT FROM ", right, scope, false),
            (Distinct::Is, true) => self.compare(left, " IS NOT ", right, scope, false),
            (Distinct::Is, false) => self.compare(left, " IS ", right, scope, false),
            (Distinct::Spaceship, false) => self.compare(left, " <=> ", right, scope, false),
            (Distinct::Spaceship, true) => {
                self.push("NOT (");
                self.compare(left, " <=> ", right, scope, false)?;
                self.push(")");
                Ok(())
            }
        }
    }

    pub(super) fn between(&mut self, node: &Node, low: &Node, high: &Node, scope: &Scope<'_>) -> Result<()> {
        let operands = self.operands([node, low, high], true);
        self.operand(node, scope, operands, true)?;
        self.push(" BETWEEN ");
        self.operand(low, scope, operands, false)?;
        self.push(" AND ");
        self.operand(high, scope, operands, false)
    }

    pub(super) fn in_(&mut self, operand: &Node, list: &InSource, negated: bool, scope: &Scope<'_>) -> Result<()> {
        let word = if negated { " NOT IN " } else { " IN " };
        let nodes = match list {
            InSource::Query(query) => {
                self.expression(operand, scope, level::OPERAND)?;
                self.push(word);
                return self.subquery(&**query, scope, Place::In);
            }
            // Of NULL too: it is in no list that has nothing.
            InSource::List(nodes) if nodes.is_empty() => {
                self.push(if negated { "TRUE" } else { "FALSE" });
                return Ok(());
            }
            InSource::List(nodes) => nodes,
        };
        check_nulls(nodes)?;
        let tuples = matches!(operand, Node::Tuple(_));
        let operands =
            if tuples { Operands::Plain } else { self.operands(std::iter::once(operand).chain(nodes), false) };
        self.operand(operand, scope, operands, true)?;
        self.push(word);
        let values = tuples && self.syntax.tuple_values;
        // SQLite looks a bare VALUES up for every row of the table, and uses no index.
        self.push(if values { "(SELECT * FROM (VALUES " } else { "(" });
        for (n, node) in nodes.iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            if operands == Operands::Plain {
                self.expression(node, scope, 0)?;
            } else {
                self.operand(node, scope, operands, false)?;
            }
        }
        self.push(if values { "))" } else { ")" });
        Ok(())
    }
}

fn check_nulls(nodes: &[Node]) -> Result<()> {
    for node in nodes {
        match node {
            Node::Bind(value) if value.is_null() => {
                return Err(wrong(
                    "NULL in the list of an IN: it equals nothing, and makes NOT IN match nothing; use `.is(None)` beside it",
                ));
            }
            Node::Tuple(parts) => check_nulls(parts)?,
            _ => {}
        }
    }
    Ok(())
}
