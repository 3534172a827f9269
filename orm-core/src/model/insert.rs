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
        Some(value) if zero(&value) && table.version == Some(column) && !table.column_def(column).auto => {
            Some(match value {
                Value::I16(_) => Value::I16(1),
                Value::I32(_) => Value::I32(1),
                _ => Value::I64(1),
            })
        }
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

/// Whether an INSERT of an object names this column: see [`insert_value`].
pub(crate) fn is_inserted(table: &'static TableDef, column: u16, value: Option<&Value>) -> bool {
    match value {
        Some(value) => value.as_i64() != Some(0) || table.auto_key() != Some(column),
        None => table.column_def(column).default.is_some(),
    }
}

impl<M: Mapped> Insert<M> {
    /// Inserts these objects' columns; relationships are not looked at. Columns that no object sets are left out.
    ///
    /// No row at all sends nothing. More rows than one statement takes go in several.
    #[must_use]
    pub fn rows<'a>(mut self, rows: impl IntoIterator<Item = &'a M>) -> Self {
        let width = M::TABLE.columns.len();
        let rows: Vec<&M> = rows.into_iter().collect();
        let given = |row: &M, column: usize| insert_value(M::TABLE, column as u16, row.value(column as u16));
        // Rows mostly set the same columns: those of the first one, until another says otherwise.
        let mut used: Vec<bool> = match rows.first() {
            Some(first) => (0..width).map(|column| given(first, column).is_some()).collect(),
            None => vec![true; width],
        };
        let mut values: Vec<Option<Value>> = Vec::with_capacity(rows.len() * width);
        let mut alike = used.contains(&true);
        'rows: for row in &rows {
            for (column, used) in used.iter().enumerate() {
                let value = given(row, column);
                if value.is_some() != *used {
                    alike = false;
                    break 'rows;
                }
                if *used {
                    values.push(value);
                }
            }
        }
        if !alike {
            values.clear();
            used = (0..width).map(|column| rows.iter().any(|row| given(row, column).is_some())).collect();
            let set = (0..width).filter(|column| used[*column]);
            values.extend(rows.iter().flat_map(|row| set.clone().map(|column| given(row, column))));
        }
        self.tree.columns = (0..width).filter(|column| used[*column]).map(|column| column as u16).collect();
        if self.tree.columns.is_empty() {
            // Rows of nothing but defaults: name one column, so that there is something to repeat.
            self.tree.columns = vec![M::TABLE.primary_key.first().copied().unwrap_or(0)];
            values = vec![None; rows.len()];
        }
        self.tree.source = InsertSource::Rows(values);
        self
    }
}
