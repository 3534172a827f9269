use super::selection::{Decode, Named};
use super::tree::{Statement, Tree};
use crate::entity::Sink;
use crate::error::{Error, Result};
use crate::expr::{Node, Operand};
use crate::types::{Plain, Row, SqlType, Value, column};
use std::marker::PhantomData;
use std::sync::Arc;

/// SQL text with `:name` binds: [`text`].
#[derive(Clone, Debug)]
pub struct TextStatement {
    /// The text.
    pub sql: String,
    /// The binds by name; `Err` for an operand that is not a value.
    pub binds: Vec<(String, Result<Value, String>)>,
}

/// SQL text. `:name` is a bind; `::type` is a cast, `\:` a colon, and strings, quoted names and comments are left alone.
///
/// The text goes to the database as it is: never put a user's input into it other than by a bind.
pub fn text(sql: &str) -> TextStatement {
    TextStatement { sql: sql.to_owned(), binds: Vec::new() }
}

impl TextStatement {
    /// The value of `:name`. A name without a value, or a value without a name in the text, is an error when compiled.
    #[must_use]
    pub fn bind<B: Plain>(mut self, name: &str, value: impl Operand<B>) -> Self {
        let value = match value.into_operand() {
            Node::Bind(value) => Ok(value),
            other => Err(format!("`:{name}` takes a value, not the expression {other:?}")),
        };
        self.binds.push((name.to_owned(), value));
        self
    }

    /// The row type of its result: a SQL type or a tuple of them, read by position.
    pub fn columns<R: Columns>(self) -> TextRows<R> {
        TextRows { text: self, decoder: Arc::new(TextDecoder(PhantomData)) }
    }
}

impl Statement for TextStatement {
    fn tree(&self) -> Tree<'_> {
        Tree::Text(self)
    }
}

/// SQL text that returns rows.
pub struct TextRows<R, K = R> {
    pub(crate) text: TextStatement,
    pub(crate) decoder: Arc<dyn Decode<R, K>>,
}

impl<R, K> Clone for TextRows<R, K> {
    fn clone(&self) -> Self {
        TextRows { text: self.text.clone(), decoder: self.decoder.clone() }
    }
}

impl<R, K> std::fmt::Debug for TextRows<R, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.text.fmt(f)
    }
}

impl<R, K> Statement for TextRows<R, K> {
    fn tree(&self) -> Tree<'_> {
        Tree::Text(&self.text)
    }
}

/// A row of SQL text: a SQL type or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row type",
    label = "expected a SQL type or a tuple of them"
)]
pub trait Columns: Sized + Send + 'static {
    /// Reads the row.
    ///
    /// # Errors
    /// [`Error::Decode`] naming the position.
    fn read(row: &dyn Row) -> Result<Self>;
}

fn read<T: SqlType>(row: &dyn Row, index: usize) -> Result<T> {
    column(row, index).map_err(|reason| Named::Position.error(index, reason))
}

fn check(row: &dyn Row, wanted: usize) -> Result<()> {
    if row.len() == wanted {
        return Ok(());
    }
    Err(Error::Statement(format!("the result has {} columns, but the row type has {wanted}", row.len())))
}

impl<T: SqlType> Columns for T {
    fn read(row: &dyn Row) -> Result<Self> {
        check(row, 1)?;
        read(row, 0)
    }
}

macro_rules! columns {
    ($($len:literal: $($t:ident $n:tt)+;)*) => { $(
        impl<$($t: SqlType),+> Columns for ($($t,)+) {
            fn read(row: &dyn Row) -> Result<Self> {
                check(row, $len)?;
                Ok(($(read::<$t>(row, $n)?,)+))
            }
        }
    )* };
}
columns! {
    1: A 0;
    2: A 0 B 1;
    3: A 0 B 1 C 2;
    4: A 0 B 1 C 2 D 3;
    5: A 0 B 1 C 2 D 3 E 4;
    6: A 0 B 1 C 2 D 3 E 4 F 5;
    7: A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    8: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
    9: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8;
    10: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9;
    11: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10;
    12: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11;
}

struct TextDecoder<R>(PhantomData<fn() -> R>);

impl<R: Columns> Decode<R, R> for TextDecoder<R> {
    fn row(&self, row: &dyn Row, at: &mut usize) -> Result<R> {
        *at = row.len();
        R::read(row)
    }
    fn keyed(&self, row: &dyn Row, at: &mut usize, _: &mut dyn Sink) -> Result<R> {
        self.row(row, at)
    }
}
