use super::tree::Item;
use crate::entity::{RawColumn, Sink, TableDef};
use crate::error::{Error, Result};
use crate::expr::{Aggregate, Column, ColumnRef, Expr, Expression, Label, LabelDef, Node};
use crate::types::{DecodeError, Nullability, Row, SqlType, column};
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// What can be selected: a model, a column, an expression, or a tuple of up to twelve of them.
///
/// For rows of more than twelve parts, select entities.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be selected",
    label = "expected a model, a column, an expression or a tuple of up to 12 of them"
)]
pub trait Selection {
    /// A row of it outside a session.
    type Row: Send + 'static;
    /// A row of it in a session: entities are keys.
    type Keyed: Send + 'static;
    /// What reads its rows.
    type Decoder: Decode<Self::Row, Self::Keyed> + 'static;

    /// Adds what is selected to the list, and gives what reads it back.
    fn resolve(self, items: &mut Vec<Item>) -> Self::Decoder;
}

/// Reads the rows of a selection.
pub trait Decode<R, K>: Send + Sync {
    /// Reads a row from position `at` on, and moves `at` past it.
    ///
    /// # Errors
    /// [`Error::Decode`] naming the column.
    fn row(&self, row: &dyn Row, at: &mut usize) -> Result<R>;

    /// Reads a row from position `at` on, its entities going to a session.
    ///
    /// # Errors
    /// [`Error::Decode`] naming the column.
    fn keyed(&self, row: &dyn Row, at: &mut usize, sink: &mut dyn Sink) -> Result<K>;

    /// Visits the entities of a row: each as `&mut M`.
    fn entities(&self, row: &mut R, visit: &mut dyn FnMut(&'static TableDef, &mut dyn Any)) {
        let _ = (row, visit);
    }
}

impl<R, K> Decode<R, K> for Arc<dyn Decode<R, K>> {
    fn row(&self, row: &dyn Row, at: &mut usize) -> Result<R> {
        (**self).row(row, at)
    }
    fn keyed(&self, row: &dyn Row, at: &mut usize, sink: &mut dyn Sink) -> Result<K> {
        (**self).keyed(row, at, sink)
    }
    fn entities(&self, row: &mut R, visit: &mut dyn FnMut(&'static TableDef, &mut dyn Any)) {
        (**self).entities(row, visit);
    }
}

/// What a selected expression is called in an error.
#[derive(Clone, Debug)]
pub enum Named {
    /// A model's column.
    Column(RawColumn),
    /// A label.
    Label(Arc<LabelDef>),
    /// By its position.
    Position,
}

impl Named {
    fn of(node: &Node) -> Self {
        match node {
            Node::Column(ColumnRef::Table(column)) => Named::Column(*column),
            Node::Column(column) => column.raw().map_or(Named::Position, Named::Column),
            Node::Label(label) => Named::Label(label.clone()),
            Node::Optional(inner) => Named::of(inner),
            _ => Named::Position,
        }
    }

    #[cold]
    pub(crate) fn error(&self, index: usize, reason: DecodeError) -> Error {
        let column = match self {
            Named::Column(column) => format!("`{column}`"),
            Named::Label(label) => format!("`{}`", label.name),
            Named::Position => format!("number {} of the result", index + 1),
        };
        Error::Decode { column, reason }
    }
}

/// Reads one SQL value.
pub struct Scalar<T>(Named, PhantomData<fn() -> T>);

impl<T> fmt::Debug for Scalar<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: SqlType> Scalar<T> {
    pub(crate) fn select(node: Node, items: &mut Vec<Item>) -> Self {
        let named = Named::of(&node);
        items.push(Item::Expr { node, nullable: T::Null::NULLABLE });
        Scalar(named, PhantomData)
    }
}

impl<T: SqlType> Decode<T, T> for Scalar<T> {
    fn row(&self, row: &dyn Row, at: &mut usize) -> Result<T> {
        let index = *at;
        *at += 1;
        column(row, index).map_err(|reason| self.0.error(index, reason))
    }

    fn keyed(&self, row: &dyn Row, at: &mut usize, _: &mut dyn Sink) -> Result<T> {
        self.row(row, at)
    }
}

macro_rules! scalars {
    ($([$($generics:tt)*] $type:ty, |$selected:ident| $node:expr;)*) => { $(
        impl<$($generics)*> Selection for $type {
            type Row = T;
            type Keyed = T;
            type Decoder = Scalar<T>;
            fn resolve(self, items: &mut Vec<Item>) -> Scalar<T> {
                let $selected = self;
                Scalar::select($node, items)
            }
        }
    )* };
}
scalars! {
    [M, T: SqlType] Column<M, T>, |column| column.into_node();
    [T: SqlType] Expr<T>, |expr| expr.into_node();
    [T: SqlType] &Expr<T>, |expr| expr.as_node().clone();
    [T: SqlType] Aggregate<T>, |aggregate| aggregate.into_node();
    [T: SqlType] Label<T>, |label| (&label).into_node();
    [T: SqlType] &Label<T>, |label| label.into_node();
}

/// Reads a tuple.
#[derive(Debug)]
pub struct TupleDecoder<D>(D);

macro_rules! tuples {
    ($($($t:ident $n:tt $r:ident $k:ident)+;)*) => { $(
        impl<$($t: Selection),+> Selection for ($($t,)+) {
            type Row = ($($t::Row,)+);
            type Keyed = ($($t::Keyed,)+);
            type Decoder = TupleDecoder<($($t::Decoder,)+)>;
            fn resolve(self, items: &mut Vec<Item>) -> Self::Decoder {
                TupleDecoder(($(self.$n.resolve(items),)+))
            }
        }
        impl<$($t: Decode<$r, $k>, $r, $k),+> Decode<($($r,)+), ($($k,)+)> for TupleDecoder<($($t,)+)> {
            fn row(&self, row: &dyn Row, at: &mut usize) -> Result<($($r,)+)> {
                Ok(($(self.0.$n.row(row, at)?,)+))
            }
            fn keyed(&self, row: &dyn Row, at: &mut usize, sink: &mut dyn Sink) -> Result<($($k,)+)> {
                Ok(($(self.0.$n.keyed(row, at, sink)?,)+))
            }
            fn entities(&self, row: &mut ($($r,)+), visit: &mut dyn FnMut(&'static TableDef, &mut dyn Any)) {
                $(self.0.$n.entities(&mut row.$n, visit);)+
            }
        }
    )* };
}
tuples! {
    A 0 Ra Ka;
    A 0 Ra Ka B 1 Rb Kb;
    A 0 Ra Ka B 1 Rb Kb C 2 Rc Kc;
    A 0 Ra Ka B 1 Rb Kb C 2 Rc Kc D 3 Rd Kd;
    A 0 Ra Ka B 1 Rb Kb C 2 Rc Kc D 3 Rd Kd E 4 Re Ke;
    A 0 Ra Ka B 1 Rb Kb C 2 Rc Kc D 3 Rd Kd E 4 Re Ke F 5 Rf Kf;
    A 0 Ra Ka B 1 Rb Kb C 2 Rc Kc D 3 Rd Kd E 4 Re Ke F 5 Rf Kf G 6 Rg Kg;
    A 0 Ra Ka B 1 Rb Kb C 2 Rc Kc D 3 Rd Kd E 4 Re Ke F 5 Rf Kf G 6 Rg Kg H 7 Rh Kh;
    A 0 Ra Ka B 1 Rb Kb C 2 Rc Kc D 3 Rd Kd E 4 Re Ke F 5 Rf Kf G 6 Rg Kg H 7 Rh Kh I 8 Ri Ki;
    A 0 Ra Ka B 1 Rb Kb C 2 Rc Kc D 3 Rd Kd E 4 Re Ke F 5 Rf Kf G 6 Rg Kg H 7 Rh Kh I 8 Ri Ki J 9 Rj Kj;
    A 0 Ra Ka B 1 Rb Kb C 2 Rc Kc D 3 Rd Kd E 4 Re Ke F 5 Rf Kf G 6 Rg Kg H 7 Rh Kh I 8 Ri Ki J 9 Rj Kj K 10 Rk Kk;
    A 0 Ra Ka B 1 Rb Kb C 2 Rc Kc D 3 Rd Kd E 4 Re Ke F 5 Rf Kf G 6 Rg Kg H 7 Rh Kh I 8 Ri Ki J 9 Rj Kj K 10 Rk Kk L 11 Rl Kl;
}
