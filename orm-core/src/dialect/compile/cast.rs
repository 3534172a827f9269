//! CAST, and what stands for it where a database can't cast to a type.

use super::Writer;
use super::expression::level;
use super::number::Number;
use super::scope::Scope;
use crate::dialect::types::cast_name;
use crate::error::Result;
use crate::expr::Node;
use crate::types::{Dialect, Type};

impl Writer {
    /// How tightly a CAST holds together.
    pub(super) fn cast_level(&self, inner: &Node, ty: &Type) -> u8 {
        match self.cast_form(inner, ty) {
            Form::NotZero => level::COMPARE,
            Form::Function(..) => level::CONCAT,
            Form::Cast | Form::Rounded(_) => level::ATOM,
        }
    }

    fn cast_form(&self, inner: &Node, ty: &Type) -> Form {
        let sqlite = self.syntax.dialect == Dialect::Sqlite;
        match ty {
            // Of texts PostgreSQL reads `true` and `false`, but it knows no boolean of a 64-bit integer.
            Type::Boolean if self.syntax.dialect != Dialect::Postgres || self.number_of(inner) == Number::Integer => {
                Form::NotZero
            }
            Type::Date if sqlite => Form::Function("date(", ")"),
            Type::Time if sqlite => Form::Function("strftime('%H:%M:%f', ", ") || '000'"),
            Type::DateTime | Type::Timestamp if sqlite => {
                Form::Function("strftime('%Y-%m-%d %H:%M:%f', ", ") || '000'")
            }
            Type::Decimal { scale: Some(scale), .. } if self.syntax.decimal_texts => Form::Rounded(*scale),
            _ => Form::Cast,
        }
    }

    /// CAST. On SQLite dates and times are texts, made by its date functions (to the millisecond).
    pub(super) fn cast(&mut self, inner: &Node, ty: &Type, scope: &Scope<'_>) -> Result<()> {
        match self.cast_form(inner, ty) {
            Form::NotZero => {
                self.expression(inner, scope, level::OPERAND)?;
                self.push(" <> 0");
                Ok(())
            }
            Form::Function(before, after) => {
                self.push(before);
                self.expression(inner, scope, 0)?;
                self.push(after);
                Ok(())
            }
            Form::Rounded(scale) => self.rounded(Some(scale), |writer| writer.plain_cast(inner, ty, scope)),
            Form::Cast => self.plain_cast(inner, ty, scope),
        }
    }

    fn plain_cast(&mut self, inner: &Node, ty: &Type, scope: &Scope<'_>) -> Result<()> {
        let name = cast_name(ty, &self.capabilities)?;
        self.push("CAST(");
        self.expression(inner, scope, 0)?;
        self.push(" AS ");
        self.push(&name);
        self.push(")");
        Ok(())
    }
}

enum Form {
    Cast,
    /// `x <> 0`
    NotZero,
    /// A function around the operand.
    Function(&'static str, &'static str),
    /// Rounded to so many digits after the point.
    Rounded(u32),
}
