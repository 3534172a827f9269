//! What kind of number an expression is, where that decides how it is written.

use super::Writer;
use crate::expr::{BinaryOp, ColumnRef, Node, UnaryOp};
use crate::query::{Item, SelectTree};
use crate::types::{Kind, Type, Value};

/// A kind of number. The decimals are told apart for SQLite: ours are texts, and calculating gives floats. They carry the
/// digits after the point, where those are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// No number, or not known.
    Unknown,
    /// An integer.
    Integer,
    /// A float.
    Float,
    /// A decimal as it is kept: a text on SQLite.
    Text(Option<u32>),
    /// A decimal that was calculated: a float on SQLite.
    Real(Option<u32>),
    /// A decimal that may be either.
    Mixed(Option<u32>),
}

impl Number {
    pub(super) fn is_decimal(self) -> bool {
        matches!(self, Number::Text(_) | Number::Real(_) | Number::Mixed(_))
    }

    /// The digits after the point.
    pub(super) fn scale(self) -> Option<u32> {
        match self {
            Number::Integer => Some(0),
            Number::Unknown | Number::Float => None,
            Number::Text(scale) | Number::Real(scale) | Number::Mixed(scale) => scale,
        }
    }

    /// What a choice between two is.
    fn or(self, other: Number) -> Number {
        let scale = self.scale().zip(other.scale()).map(|(a, b)| a.max(b));
        match (self, other) {
            (Number::Text(_), Number::Text(_)) => Number::Text(scale),
            (Number::Real(_), Number::Real(_)) => Number::Real(scale),
            (a, b) if a == b => a,
            (a, b) if a.is_decimal() || b.is_decimal() => Number::Mixed(scale),
            (Number::Unknown, known) | (known, Number::Unknown) => known,
            _ => Number::Float,
        }
    }

    fn of_type(ty: &Type) -> Number {
        match ty {
            Type::TinyInt
            | Type::SmallInt
            | Type::Integer
            | Type::BigInt
            | Type::UnsignedTinyInt
            | Type::UnsignedSmallInt
            | Type::UnsignedInteger
            | Type::UnsignedBigInt => Number::Integer,
            Type::Real | Type::Double => Number::Float,
            Type::Decimal { scale, .. } => Number::Text(*scale),
            _ => Number::Unknown,
        }
    }

    fn of_value(value: &Value) -> Number {
        match value {
            Value::Decimal(text) => {
                let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
                Number::Text(u32::try_from(digits).ok())
            }
            value => match value.kind() {
                Some(Kind::I16 | Kind::I32 | Kind::I64 | Kind::U64) => Number::Integer,
                Some(Kind::F32 | Kind::F64) => Number::Float,
                Some(Kind::Decimal) => Number::Text(Some(0)),
                _ => Number::Unknown,
            },
        }
    }
}

impl Writer {
    pub(super) fn number_of(&self, node: &Node) -> Number {
        match node {
            Node::Column(ColumnRef::Derived(derived, n)) => {
                n.and_then(|n| derived.columns.get(n)).map_or(Number::Unknown, |column| self.number_of(&column.node))
            }
            Node::Column(column) | Node::Excluded(column) => {
                column.raw().map_or(Number::Unknown, |raw| Number::of_type(&(raw.def().sql_type)()))
            }
            Node::Bind(value) => Number::of_value(value),
            Node::Label(label) => self.number_of(&label.node),
            Node::Optional(inner) => self.number_of(inner),
            Node::Unary(UnaryOp::Neg, inner) => calculated(self.number_of(inner)),
            Node::Binary(op, sides) => self.number_of_binary(*op, &sides.0, &sides.1),
            // Without a scale of its own a decimal has the digits of what it was made from.
            Node::Cast(inner, Type::Decimal { scale: None, .. }) => Number::Real(self.number_of(inner).scale()),
            Node::Cast(_, ty) => calculated(Number::of_type(ty)),
            Node::Case { arms, otherwise, .. } => {
                let mut values = arms.iter().map(|(_, then)| then).chain(otherwise.as_deref());
                let Some(first) = values.next() else { return Number::Unknown };
                values.fold(self.number_of(first), |number, node| number.or(self.number_of(node)))
            }
            Node::Function(function) => {
                let argument = || function.args.first().map_or(Number::Unknown, |node| self.number_of(node));
                match &*function.name {
                    "count" | "char_length" | "row_number" | "rank" | "dense_rank" => Number::Integer,
                    "avg" => Number::Float,
                    "sum" | "abs" => calculated(argument()),
                    "round" => match (argument(), function.args.get(1)) {
                        (number, Some(Node::Bind(digits))) if number.is_decimal() => {
                            Number::Real(digits.as_i64().and_then(|digits| u32::try_from(digits).ok()))
                        }
                        (number, _) => calculated(number),
                    },
                    "min" | "max" | "lag" | "lead" | "nullif" => argument(),
                    "coalesce" => {
                        let rest = function.args.iter().skip(1);
                        rest.fold(argument(), |number, node| number.or(self.number_of(node)))
                    }
                    _ => function.result.as_ref().map_or(Number::Unknown, Number::of_type),
                }
            }
            Node::Query(query) => match query.as_any().downcast_ref::<SelectTree>().map(|tree| tree.items.as_slice()) {
                Some([Item::Expr { node, .. }]) => self.number_of(node),
                _ => Number::Unknown,
            },
            _ => Number::Unknown,
        }
    }

    fn number_of_binary(&self, op: BinaryOp, left: &Node, right: &Node) -> Number {
        let numbers = || (self.number_of(left), self.number_of(right));
        let scale = |(a, b): (Number, Number), of: fn(u32, u32) -> u32| {
            let scale = a.scale().zip(b.scale()).map(|(a, b)| of(a, b));
            match a.or(b) {
                number if number.is_decimal() => Number::Real(scale),
                number => number,
            }
        };
        match op {
            BinaryOp::Add | BinaryOp::Sub => scale(numbers(), u32::max),
            BinaryOp::Mul => scale(numbers(), u32::saturating_add),
            BinaryOp::Rem => scale(numbers(), u32::max),
            BinaryOp::Div => match numbers() {
                (a, b) if a.is_decimal() || b.is_decimal() => Number::Real(None),
                _ => Number::Float,
            },
            BinaryOp::IntDiv => Number::Integer,
            _ => Number::Unknown,
        }
    }
}

fn calculated(number: Number) -> Number {
    if number.is_decimal() { Number::Real(number.scale()) } else { number }
}
