//! Reading catalogues.

use crate::engine::{Connection, Statement};
use crate::entity::Action;
use crate::error::{Error, Result};
use crate::types::{DecodeError, Kind, Row, Value};

/// What is asked for: one schema or the default one, one table or all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub(super) schema: Option<&'a str>,
    pub(super) table: Option<&'a str>,
}

impl Scope<'_> {
    /// Schema, table, table: the binds of `schema = COALESCE(?, default) AND (? IS NULL OR table = ?)`.
    pub(super) fn binds(&self) -> Vec<Value> {
        vec![text(self.schema), text(self.table), text(self.table)]
    }
}

/// A text or NULL.
pub(super) fn text(value: Option<&str>) -> Value {
    value.map_or(Value::Null(Kind::Text), |value| Value::Text(value.to_owned()))
}

/// A row of a catalogue.
pub(super) struct Found<'r>(&'r dyn Row);

impl Found<'_> {
    pub(super) fn maybe(&self, index: usize) -> Result<Option<String>> {
        self.0.text(index).map(|text| text.map(Into::into)).map_err(|reason| decode(index, reason))
    }

    pub(super) fn text(&self, index: usize) -> Result<String> {
        self.maybe(index)?.ok_or_else(|| decode(index, DecodeError::Null { expected: "String" }))
    }

    pub(super) fn int(&self, index: usize) -> Result<i64> {
        let found = self.0.i64(index).map_err(|reason| decode(index, reason))?;
        found.ok_or_else(|| decode(index, DecodeError::Null { expected: "i64" }))
    }

    pub(super) fn bool(&self, index: usize) -> Result<bool> {
        let found = self.0.bool(index).map_err(|reason| decode(index, reason))?;
        Ok(found.unwrap_or(false))
    }
}

fn decode(index: usize, reason: DecodeError) -> Error {
    Error::Decode { column: format!("{} of a query on the database's catalogue", index + 1), reason }
}

/// Runs a query and reads its rows.
pub(super) async fn query<T: Send>(
    connection: &mut Connection,
    sql: &str,
    binds: Vec<Value>,
    mut read: impl FnMut(&Found<'_>) -> Result<T> + Send,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    let mut each = |row: &dyn Row| {
        all.push(read(&Found(row))?);
        Ok(())
    };
    connection.fetch(Statement::new(sql, binds), &mut each).await?;
    Ok(all)
}

/// Something of a table, with the table's name.
pub(super) type Of<T> = (String, T);

/// Puts rows that stand one after the other into one thing: `begin` makes it of its first row, every row is added.
pub(super) fn grouped<R, T>(
    rows: Vec<R>,
    same: impl Fn(&R, &R) -> bool,
    begin: impl Fn(&R) -> T,
    add: impl Fn(&mut T, R),
) -> Vec<T> {
    let mut all: Vec<T> = Vec::new();
    let mut ends = Vec::new();
    for pair in rows.windows(2) {
        ends.push(!same(&pair[0], &pair[1]));
    }
    let mut starts = true;
    for (n, row) in rows.into_iter().enumerate() {
        if starts {
            all.push(begin(&row));
        }
        if let Some(last) = all.last_mut() {
            add(last, row);
        }
        starts = ends.get(n).copied().unwrap_or(false);
    }
    all
}

/// `CASCADE` and its like, as information_schema and SQLite spell them.
pub(super) fn action(text: &str) -> Action {
    match text {
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        "RESTRICT" => Action::Restrict,
        _ => Action::NoAction,
    }
}

/// No comment and an empty one are the same.
pub(super) fn comment(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
