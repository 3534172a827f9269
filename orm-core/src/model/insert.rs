//! Models as rows of an INSERT.

use super::mapped::Mapped;
use crate::entity::{RawColumn, TableDef};
use crate::expr::Node;
use crate::query::{Insert, InsertSource};
use crate::types::Value;

/// What a column of an INSERT gets: `None` is the database's DEFAULT.
///
/// An unset [`Auto`](crate::types::Auto), a database-assigned key of 0 and the like are left to the database or to the
/// column's own default; a version column starts at 1.
pub(crate) fn insert_value(table: &'static TableDef, column: u16, value: Option<Value>) -> Option<Value> {
    let zero = |value: &Value| value.as_i64() == Some(0);
    match value {
        Some(value) if zero(&value) && table.auto_key() == Some(column) => None,
        Some(value) if zero(&value) && table.version == Some(column) => Some(match value {
            Value::I16(_) => Value::I16(1),
            Value::I32(_) => Value::I32(1),
            _ => Value::I64(1),
        }),
        Some(value) => Some(RawColumn { table, index: column }.fit(value)),
        None => match table.column_def(column).default.map(|default| default()) {
            Some(Node::Bind(value)) => Some(value),
            Some(_) => Some(Value::Invalid(format!(
                "the default of `{}::{}` is an expression, which an INSERT of whole rows can't write; use `.set(…)`",
                table.title(),
                table.column_def(column).field
            ))),
            None => None,
        },
    }
}

impl<M: Mapped> Insert<M> {
    /// Inserts these objects' columns; relationships are not looked at. Columns that no object sets are left out.
    ///
    /// No row at all sends nothing. More rows than one statement takes go in several.
    #[must_use]
    pub fn rows<'a>(mut self, rows: impl IntoIterator<Item = &'a M>) -> Self {
        let width = M::TABLE.columns.len();
        let rows = rows.into_iter();
        let mut values: Vec<Option<Value>> = Vec::with_capacity(rows.size_hint().0 * width);
        let mut used = vec![false; width];
        for row in rows {
            for (column, used) in (0..).zip(&mut used) {
                let value = insert_value(M::TABLE, column, row.value(column));
                *used |= value.is_some();
                values.push(value);
            }
        }
        if values.is_empty() || used.contains(&true) {
            let mut column = 0..width;
            if used.contains(&false) && !values.is_empty() {
                let mut n = 0;
                values.retain(|_| {
                    n += 1;
                    used[(n - 1) % width]
                });
                self.tree.columns =
                    column.by_ref().filter(|column| used[*column]).map(|column| column as u16).collect();
            } else {
                self.tree.columns = column.map(|column| column as u16).collect();
            }
        } else {
            // Rows of nothing but defaults: name one column, so that there is something to repeat.
            let count = values.len() / width;
            self.tree.columns = vec![M::TABLE.primary_key.first().copied().unwrap_or(0)];
            values = vec![None; count];
        }
        self.tree.source = InsertSource::Rows(values);
        self
    }
}
