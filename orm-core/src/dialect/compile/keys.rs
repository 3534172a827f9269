//! GROUP BY and ORDER BY: by the label or the position of what is selected, else by the expression.

use super::Writer;
use super::expression::level;
use super::from::is_column;
use super::number::Number;
use super::scope::Scope;
use super::select::Place;
use crate::error::Result;
use crate::expr::{Node, Nulls, Ordered};
use crate::query::Item;

/// How a key is written.
enum Key<'n> {
    /// By its label.
    Label(&'n str),
    /// By its place among what is selected.
    Position(usize),
    /// As an expression.
    Expression,
}

/// The place of the selected expression, if it is selected.
fn position(items: &[Item], wanted: &Node) -> Option<usize> {
    let mut n = 0;
    for item in items {
        match item {
            Item::Expr { node, .. } => {
                let node = if let Node::Optional(inner) = node { inner } else { node };
                let same = match (node, wanted) {
                    (Node::Label(a), Node::Label(b)) => std::sync::Arc::ptr_eq(a, b) || a == b,
                    _ => node == wanted,
                };
                if same {
                    return Some(n);
                }
                n += 1;
            }
            Item::Entity { source, .. } => n += source.table().map_or(0, |table| table.columns.len()),
            Item::Derived(crate::expr::Source::Derived(derived)) => n += derived.columns.len(),
            Item::Derived(_) => {}
        }
    }
    None
}

fn has_bind(node: &Node) -> bool {
    let mut found = matches!(node, Node::Bind(_));
    node.children(&mut |child| found = found || has_bind(child));
    found
}

fn key<'n>(node: &'n Node, scope: &Scope<'_>, place: Place<'_>, group: bool) -> Key<'n> {
    match node {
        Node::Label(label) => match position(scope.items, node) {
            None => Key::Expression,
            // The name may be another in a subquery's result, and GROUP BY takes a column before a label.
            Some(at) if matches!(place, Place::Derived(_) | Place::Rows(..)) => Key::Position(at),
            Some(at) if group && is_column(&label.name, &scope.listed) => Key::Position(at),
            Some(_) => Key::Label(&label.name),
        },
        Node::Column(_) => Key::Expression,
        // The same text with binds of its own would be another expression to the database.
        node if has_bind(node) => position(scope.items, node).map_or(Key::Expression, Key::Position),
        _ => Key::Expression,
    }
}

impl Writer {
    pub(super) fn group_by(&mut self, keys: &[Node], scope: &Scope<'_>, place: Place<'_>) -> Result<()> {
        for (n, node) in keys.iter().enumerate() {
            self.push(if n == 0 { " GROUP BY " } else { ", " });
            match key(node, scope, place, true) {
                Key::Label(name) => self.name(name),
                Key::Position(at) => self.number(at + 1),
                Key::Expression => self.expression(node, scope, 0)?,
            }
        }
        Ok(())
    }

    pub(super) fn order_by(&mut self, keys: &[Ordered], scope: &Scope<'_>, place: Place<'_>) -> Result<()> {
        for (n, ordered) in keys.iter().enumerate() {
            self.push(if n == 0 { " ORDER BY " } else { ", " });
            let key = key(&ordered.node, scope, place, false);
            self.ordered(ordered, scope, &key)?;
        }
        Ok(())
    }

    /// ORDER BY inside OVER or an aggregate, where labels and positions mean nothing.
    pub(super) fn order_inside(&mut self, keys: &[Ordered], scope: &Scope<'_>, clause: &str) -> Result<()> {
        for (n, ordered) in keys.iter().enumerate() {
            self.push(if n == 0 { clause } else { ", " });
            self.ordered(ordered, scope, &Key::Expression)?;
        }
        Ok(())
    }

    fn ordered(&mut self, ordered: &Ordered, scope: &Scope<'_>, key: &Key<'_>) -> Result<()> {
        if let Some(nulls) = ordered.nulls
            && !self.syntax.nulls_order
        {
            // False sorts before true.
            match key {
                Key::Label(name) => self.name(name),
                Key::Position(_) | Key::Expression => self.expression(&ordered.node, scope, level::OPERAND)?,
            }
            self.push(if nulls == Nulls::First { " IS NOT NULL, " } else { " IS NULL, " });
        }
        let number = if self.syntax.decimal_texts { self.number_of(&ordered.node) } else { Number::Unknown };
        let mixed = matches!(number, Number::Mixed(_));
        if mixed {
            self.push("CAST(");
        }
        match key {
            // Inside an expression a position would be a number.
            Key::Position(_) if mixed => self.expression(&ordered.node, scope, 0)?,
            Key::Label(name) => self.name(name),
            Key::Position(at) => self.number(at + 1),
            Key::Expression => {
                let least = if matches!(number, Number::Text(_)) { level::ATOM } else { 0 };
                self.expression(&ordered.node, scope, least)?;
            }
        }
        if mixed {
            self.push(" AS REAL)");
        } else if matches!(number, Number::Text(_)) {
            self.push(super::comparison::COLLATE);
        }
        if ordered.descending {
            self.push(" DESC");
        }
        match ordered.nulls.filter(|_| self.syntax.nulls_order) {
            None => {}
            Some(Nulls::First) => self.push(" NULLS FIRST"),
            Some(Nulls::Last) => self.push(" NULLS LAST"),
        }
        Ok(())
    }
}
