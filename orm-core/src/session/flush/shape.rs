//! Statements whose shape the model fixes are compiled once per engine.

use crate::dialect::{Capabilities, Compiled};
use crate::engine::{Statement, StatementKey};
use crate::entity::TableDef;
use crate::error::Result;
use crate::session::Session;
use crate::types::Value;

/// What a statement of fixed shape does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// The row of a primary key.
    Get,
    /// Insert this many rows of these columns.
    Insert(usize),
    /// Set these columns of one row.
    Update,
    /// Delete the row of a key.
    Delete,
    /// The related rows of this many keys, over this relationship.
    Related(u16, bool, usize),
}

/// INSERTs of up to this many rows repeat often enough to be kept.
const SHORT: usize = 4;

/// About the most bytes of values in one statement: servers refuse packets of 16 MiB (MariaDB's default) and more.
pub(super) const MOST_BYTES: usize = 8 << 20;

/// A statement over many rows. The driver keeps it where it will come again: always, where one text does for any number of
/// rows; else for few rows, and for as many as go in one.
pub(super) fn for_rows(compiled: Compiled, capabilities: &Capabilities, count: usize, full: usize) -> Statement {
    let statement = Statement::from(compiled);
    if capabilities.arrays() || count <= SHORT || count == full { statement } else { statement.uncached() }
}

impl Shape {
    fn code(self) -> u64 {
        let code = |kind: u64, n: u64, count: usize| kind << 56 | n << 32 | count as u64;
        match self {
            Shape::Get => code(1, 0, 0),
            Shape::Insert(count) => code(2, 0, count),
            Shape::Update => code(3, 0, 0),
            Shape::Delete => code(4, 0, 0),
            Shape::Related(index, reversed, count) => code(5 + u64::from(reversed), index.into(), count),
        }
    }

    fn repeats(self, full: usize) -> bool {
        match self {
            Shape::Get | Shape::Update | Shape::Delete => true,
            Shape::Insert(count) | Shape::Related(_, _, count) => count <= SHORT || count == full,
        }
    }
}

impl Session {
    /// A statement of this shape with these binds, in the order in which the compiled text has them. `full` is the greatest
    /// count of its kind.
    pub(crate) fn shaped(
        &self,
        table: &'static TableDef,
        shape: Shape,
        columns: &[u16],
        full: usize,
        binds: Vec<Value>,
        compile: impl FnOnce(&Capabilities) -> Result<Compiled>,
    ) -> Result<Statement> {
        let capabilities = self.engine.capabilities();
        let fits = columns.iter().all(|column| *column < 128);
        if !shape.repeats(full) || !fits {
            return Ok(Statement::new(compile(capabilities)?.text, binds).uncached());
        }
        let set = columns.iter().fold(0u128, |set, column| set | 1 << column);
        let key = StatementKey::new(table, shape.code()).columns(set);
        let text = self.engine.cached(key, || compile(capabilities).map(|compiled| compiled.text))?;
        Ok(Statement::new(text, binds))
    }
}
