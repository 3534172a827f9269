//! Function calls: what databases call differently, and what they compute in another type than the declared one.

use super::expression::level;
use super::number::Number;
use super::scope::Scope;
use super::{Writer, comparison};
use crate::error::Result;
use crate::expr::{Bound, Frame, FrameKind, Function, Node, Window};
use crate::types::Type;

impl Writer {
    pub(super) fn function(&mut self, function: &Function, scope: &Scope<'_>) -> Result<()> {
        let functions = &self.syntax.functions;
        match &*function.name {
            "current_timestamp" if function.args.is_empty() => {
                self.push(functions.current_timestamp);
                Ok(())
            }
            "current_date" if function.args.is_empty() => {
                self.push(functions.current_date);
                Ok(())
            }
            "char_length" => self.call(functions.char_length, function, scope, None),
            "sum" => self.sum(function, scope),
            "avg" => self.average(function, scope),
            "round" => self.round(function, scope),
            name if name.starts_with("extract_") && function.args.len() == 1 => {
                let (Some(argument), Some(part)) = (function.args.first(), name.get(8..)) else { return Ok(()) };
                self.extract(part, argument, scope)
            }
            name => self.call(name, function, scope, None),
        }
    }

    /// A sum of integers is a 64-bit integer, one of decimals has as many digits after the point as they.
    fn sum(&mut self, function: &Function, scope: &Scope<'_>) -> Result<()> {
        let cast = match &function.result {
            Some(Type::UnsignedBigInt) => self.syntax.functions.unsigned_sum,
            Some(
                Type::TinyInt
                | Type::SmallInt
                | Type::Integer
                | Type::BigInt
                | Type::UnsignedTinyInt
                | Type::UnsignedSmallInt
                | Type::UnsignedInteger,
            ) => self.syntax.functions.integer_sum,
            Some(Type::Decimal { .. }) if self.syntax.decimal_texts => {
                let scale = function.args.first().and_then(|argument| self.number_of(argument).scale());
                return self.rounded(scale, |writer| writer.call("sum", function, scope, None));
            }
            _ => None,
        };
        self.call_cast("sum", function, scope, cast)
    }

    fn average(&mut self, function: &Function, scope: &Scope<'_>) -> Result<()> {
        let float = function.args.first().is_some_and(|argument| self.number_of(argument) == Number::Float);
        match self.syntax.functions.average {
            Some((ty, argument)) if function.result == Some(Type::Double) && !float => {
                if argument {
                    self.call("avg", function, scope, Some(ty))
                } else {
                    self.call_cast("avg", function, scope, Some(ty))
                }
            }
            _ => self.call("avg", function, scope, None),
        }
    }

    fn round(&mut self, function: &Function, scope: &Scope<'_>) -> Result<()> {
        let number = function.args.first().map_or(Number::Unknown, |argument| self.number_of(argument));
        match (number, self.syntax.functions.exact_float) {
            (Number::Float, Some((exact, float))) if function.args.len() > 1 => {
                self.push("CAST(");
                self.call("round", function, scope, Some(exact))?;
                self.push(" AS ");
                self.push(float);
                self.push(")");
                Ok(())
            }
            (Number::Integer, _) => self.call_cast("round", function, scope, self.syntax.functions.integer_round),
            _ => self.call("round", function, scope, None),
        }
    }

    /// A part of a date, an integer everywhere.
    fn extract(&mut self, part: &str, argument: &Node, scope: &Scope<'_>) -> Result<()> {
        let Some((before, after)) = (self.syntax.functions.extract)(part) else {
            return Err(self.unsupported(format!("EXTRACT of the part {part}")));
        };
        self.push(before);
        self.expression(argument, scope, 0)?;
        self.push(after);
        Ok(())
    }

    fn call_cast(&mut self, name: &str, function: &Function, scope: &Scope<'_>, ty: Option<&str>) -> Result<()> {
        let Some(ty) = ty else { return self.call(name, function, scope, None) };
        self.push("CAST(");
        self.call(name, function, scope, None)?;
        self.push(" AS ");
        self.push(ty);
        self.push(")");
        Ok(())
    }

    /// The call itself; the first argument is cast if a type is given.
    fn call(&mut self, name: &str, function: &Function, scope: &Scope<'_>, cast: Option<&str>) -> Result<()> {
        self.push(name);
        self.push(if function.distinct { "(DISTINCT " } else { "(" });
        // Where there is no FILTER, rows that don't count have NULL for an argument.
        let filter = function.filter.as_ref();
        let case = filter.filter(|_| !self.syntax.filter_clause);
        if let Some(condition) = case {
            self.push("CASE WHEN ");
            self.expression(condition, scope, 0)?;
            self.push(" THEN ");
            if function.args.is_empty() {
                self.push("1 END");
            }
        } else if function.args.is_empty() && name == "count" {
            self.push("*");
        }
        for (n, argument) in function.args.iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            match cast.filter(|_| n == 0) {
                Some(ty) => {
                    self.push("CAST(");
                    self.expression(argument, scope, 0)?;
                    self.push(" AS ");
                    self.push(ty);
                    self.push(")");
                }
                None => self.argument(name, n, argument, scope)?,
            }
            if n == 0 && case.is_some() {
                self.push(" END");
            }
        }
        self.order_inside(&function.order_by, scope, " ORDER BY ")?;
        self.push(")");
        if let Some(condition) = filter.filter(|_| self.syntax.filter_clause) {
            self.push(" FILTER (WHERE ");
            self.expression(condition, scope, 0)?;
            self.push(")");
        }
        function.over.as_ref().map_or(Ok(()), |window| self.over(window, scope))
    }

    fn argument(&mut self, name: &str, n: usize, argument: &Node, scope: &Scope<'_>) -> Result<()> {
        match (name, argument) {
            // The distance has to be a plain integer, which a bind of 64 bits is not to PostgreSQL.
            ("lag" | "lead", Node::Bind(value)) if n == 1 && value.as_i64().is_some() => {
                (self.syntax.literal)(&mut self.sql, value)
            }
            ("min" | "max", argument) if self.syntax.decimal_texts => match self.number_of(argument) {
                Number::Text(_) => {
                    self.expression(argument, scope, level::ATOM)?;
                    self.push(comparison::COLLATE);
                    Ok(())
                }
                Number::Mixed(_) => {
                    self.push("CAST(");
                    self.expression(argument, scope, 0)?;
                    self.push(" AS REAL)");
                    Ok(())
                }
                _ => self.expression(argument, scope, 0),
            },
            _ => self.expression(argument, scope, 0),
        }
    }

    fn over(&mut self, window: &Window, scope: &Scope<'_>) -> Result<()> {
        self.push(" OVER (");
        for (n, node) in window.partition_by.iter().enumerate() {
            self.push(if n == 0 { "PARTITION BY " } else { ", " });
            self.expression(node, scope, 0)?;
        }
        let order = if window.partition_by.is_empty() { "ORDER BY " } else { " ORDER BY " };
        self.order_inside(&window.order_by, scope, order)?;
        if let Some(frame) = window.frame {
            if !window.partition_by.is_empty() || !window.order_by.is_empty() {
                self.push(" ");
            }
            self.frame(frame)?;
        }
        self.push(")");
        Ok(())
    }

    fn frame(&mut self, frame: Frame) -> Result<()> {
        self.push(match frame.kind {
            FrameKind::Rows => "ROWS",
            FrameKind::Range => "RANGE",
            FrameKind::Groups if self.syntax.group_frames => "GROUPS",
            FrameKind::Groups => return Err(self.unsupported("GROUPS in a window; use `rows` or `range`")),
        });
        self.push(" BETWEEN ");
        self.bound(frame.start, "UNBOUNDED PRECEDING");
        self.push(" AND ");
        self.bound(frame.end, "UNBOUNDED FOLLOWING");
        Ok(())
    }

    fn bound(&mut self, bound: Bound, unbounded: &str) {
        let Bound::Offset(distance) = bound else { return self.push(unbounded) };
        if distance == 0 {
            return self.push("CURRENT ROW");
        }
        self.number(usize::try_from(distance.unsigned_abs()).unwrap_or(usize::MAX));
        self.push(if distance < 0 { " PRECEDING" } else { " FOLLOWING" });
    }
}
