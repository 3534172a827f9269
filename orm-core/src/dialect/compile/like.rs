//! LIKE and its family.

use super::Writer;
use super::expression::level;
use super::scope::Scope;
use crate::dialect::syntax::{Backslash, Concat};
use crate::error::Result;
use crate::expr::{Like, LikeKind, Node};
use crate::types::Value;

/// What wildcards are escaped with unless the caller names something else. Not the backslash, which string literals of
/// some databases take for themselves.
const ESCAPE: char = '/';

impl Writer {
    /// The backslash is a character like any other unless the caller says that it escapes: on every database.
    pub(super) fn like(&mut self, like: &Like, scope: &Scope<'_>) -> Result<()> {
        let lower = like.insensitive && !self.syntax.ilike;
        self.lowered(lower, |writer| writer.expression(&like.operand, scope, if lower { 0 } else { level::OPERAND }))?;
        self.push(match (like.negated, like.insensitive && self.syntax.ilike) {
            (false, false) => " LIKE ",
            (true, false) => " NOT LIKE ",
            (false, true) => " ILIKE ",
            (true, true) => " NOT ILIKE ",
        });
        let escape = match (like.kind, like.escape, &like.pattern) {
            (LikeKind::Pattern, None, Node::Bind(Value::Text(pattern))) => {
                let doubled = self.syntax.backslash != Backslash::Plain;
                let pattern = if doubled { pattern.replace('\\', "\\\\") } else { pattern.clone() };
                self.lowered(lower, |writer| writer.assigned(Value::Text(pattern)))?;
                return Ok(());
            }
            (LikeKind::Pattern, None, pattern) => {
                return self.lowered(lower, |writer| writer.pattern_expression(pattern, scope));
            }
            (LikeKind::Pattern, Some(escape), pattern) => {
                self.lowered(lower, |writer| {
                    writer.expression(pattern, scope, if lower { 0 } else { level::OPERAND })
                })?;
                escape
            }
            (kind, escape, Node::Bind(Value::Text(text))) => {
                let escape = escape.unwrap_or(ESCAPE);
                self.lowered(lower, |writer| writer.assigned(Value::Text(escaped(text, kind, escape))))?;
                escape
            }
            (kind, escape, text) => {
                let escape = escape.unwrap_or(ESCAPE);
                self.lowered(lower, |writer| writer.escaped_expression(text, kind, escape, scope))?;
                escape
            }
        };
        self.push(" ESCAPE ");
        (self.syntax.literal)(&mut self.sql, &Value::Text(escape.to_string()))
    }

    /// A pattern that is an expression, in which the backslash is made a character like any other.
    fn pattern_expression(&mut self, pattern: &Node, scope: &Scope<'_>) -> Result<()> {
        if self.syntax.backslash != Backslash::Escapes {
            self.expression(pattern, scope, level::OPERAND)?;
            if self.syntax.backslash == Backslash::EscapesUnlessEmpty {
                self.push(" ESCAPE ''");
            }
            return Ok(());
        }
        self.push("replace(");
        self.expression(pattern, scope, 0)?;
        for text in ["\\", "\\\\"] {
            self.push(", ");
            (self.syntax.literal)(&mut self.sql, &Value::Text(text.to_owned()))?;
        }
        self.push(")");
        Ok(())
    }

    fn lowered(&mut self, lower: bool, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if !lower {
            return write(self);
        }
        self.push("lower(");
        write(self)?;
        self.push(")");
        Ok(())
    }

    /// `'%' || replace(replace(replace(text, '/', '//'), '%', '/%'), '_', '/_') || '%'`
    fn escaped_expression(&mut self, text: &Node, kind: LikeKind, escape: char, scope: &Scope<'_>) -> Result<()> {
        let (before, after) = wildcards(kind);
        let function = self.syntax.concat == Concat::Function;
        if function {
            self.push("concat(");
        }
        let between = if function { ", " } else { " || " };
        if before {
            self.push("'%'");
            self.push(between);
        }
        self.push("replace(replace(replace(");
        self.expression(text, scope, 0)?;
        for special in [escape, '%', '_'] {
            self.push(", ");
            (self.syntax.literal)(&mut self.sql, &Value::Text(special.to_string()))?;
            self.push(", ");
            (self.syntax.literal)(&mut self.sql, &Value::Text(format!("{escape}{special}")))?;
            self.push(")");
        }
        if after {
            self.push(between);
            self.push("'%'");
        }
        if function {
            self.push(")");
        }
        Ok(())
    }
}

/// Whether anything may stand before and after the text.
fn wildcards(kind: LikeKind) -> (bool, bool) {
    (matches!(kind, LikeKind::Contains | LikeKind::EndsWith), matches!(kind, LikeKind::Contains | LikeKind::StartsWith))
}

fn escaped(text: &str, kind: LikeKind, escape: char) -> String {
    let (before, after) = wildcards(kind);
    let mut out = String::with_capacity(text.len() + 4);
    if before {
        out.push('%');
    }
    for c in text.chars() {
        if c == escape || matches!(c, '%' | '_') {
            out.push(escape);
        }
        out.push(c);
    }
    if after {
        out.push('%');
    }
    out
}
