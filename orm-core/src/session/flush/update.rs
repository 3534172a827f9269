use super::shape::Shape;
use crate::dialect;
use crate::entity::{RawColumn, TableDef};
use crate::error::{Error, Result};
use crate::expr::{BinaryOp, Node, Source};
use crate::query::{Tree, UpdateTree};
use crate::session::Session;
use crate::session::arena::Id;
use crate::types::Value;

/// A row that is to be updated.
struct RowUpdate {
    id: Id,
    /// The columns and their new values, the version's last.
    set: Vec<(u16, Value)>,
    /// The row's key, as the database has it.
    key: Vec<Value>,
    /// The version that the row must still have.
    version: Option<(u16, Value)>,
}

/// The version after this one.
fn next_version(value: &Value) -> Value {
    match value {
        Value::I16(n) => Value::I16(n.wrapping_add(1)),
        Value::I32(n) => Value::I32(n.wrapping_add(1)),
        other => Value::I64(other.as_i64().unwrap_or_default().wrapping_add(1)),
    }
}

impl Session {
    /// Updates the columns that differ from the database's.
    pub(super) async fn update_rows(&mut self, rows: &[Id]) -> Result<()> {
        for id in rows {
            if let Some(update) = self.row_to_update(*id)? {
                self.update_row(update).await?;
            }
        }
        Ok(())
    }

    /// What is to be set in an object's row; `None` where nothing is.
    fn row_to_update(&mut self, id: Id) -> Result<Option<RowUpdate>> {
        if self.original_columns(id).is_none() {
            // A row of this flush that waits for a link.
            let columns = self.columns(id);
            self.set_original(id, Some(columns));
        }
        self.check_fields(id)?;
        self.keep(id);
        self.carry_links(id)?;
        let table = self.table(id);
        let mut set: Vec<(u16, Value)> = Vec::new();
        for column in 0..table.columns.len() as u16 {
            let (now, before) = (self.object(id).value(column), self.original(id, column));
            if now == before || table.version == Some(column) {
                continue;
            }
            if table.primary_key.contains(&column) {
                return Err(Error::Session(format!(
                    "the key of {} was changed ({} was {}); a session does not change keys: add a new object and delete \
                     this one, or use `update({})`",
                    self.describe(id),
                    table.column_def(column).field,
                    before.map_or_else(|| "unset".to_owned(), |value| value.to_string()),
                    table.title()
                )));
            }
            // A generated column that was unset is left alone.
            if let Some(now) = now {
                set.push((column, RawColumn { table, index: column }.fit(now)));
            }
        }
        let (key, version) = self.row_key(id)?;
        if let Some((column, before)) = &version {
            // The version is the session's business: one that was written by hand is not taken.
            self.assign(id, *column, before)?;
        }
        if set.is_empty() {
            self.set_original(id, None);
            return Ok(None);
        }
        let changed: Vec<u16> = set.iter().map(|(column, _)| *column).collect();
        self.check_linked(id, &changed)?;
        if let Some((column, before)) = &version {
            set.push((*column, next_version(before)));
        }
        Ok(Some(RowUpdate { id, set, key, version }))
    }

    /// Updates one row by itself.
    async fn update_row(&mut self, update: RowUpdate) -> Result<()> {
        let RowUpdate { id, set, key, version } = update;
        let table = self.table(id);
        let columns: Vec<u16> = set.iter().map(|(column, _)| *column).collect();
        let condition = key.iter().cloned().chain(version.iter().map(|(_, value)| value.clone()));
        let binds = set.iter().map(|(_, value)| value.clone()).chain(condition).collect();
        let statement = self.shaped(table, Shape::Update, &columns, 1, binds, |capabilities| {
            let set = set.iter().map(|(column, value)| (*column, Node::Bind(value.clone()))).collect();
            let filter = row_condition(table, &key, version.as_ref());
            dialect::compile(Tree::Update(&UpdateTree { table, set, filter, returning: Vec::new() }), capabilities)
        })?;
        let matched = self.send(statement).await?;
        if matched != 1 {
            // After the rollback the next query that brings the row overwrites the object.
            self.was_read(id);
            let keys = self.describe(id);
            return Err(Error::StaleData { table: table.name.to_owned(), keys, expected: 1, matched });
        }
        self.was_updated(id, version)
    }

    /// The row has what the object has.
    fn was_updated(&mut self, id: Id, version: Option<(u16, Value)>) -> Result<()> {
        if let Some((column, before)) = version {
            self.assign(id, column, &next_version(&before))?;
        }
        self.set_original(id, None);
        Ok(())
    }

    /// The key and version of the row as the database has it.
    pub(super) fn row_key(&self, id: Id) -> Result<(Vec<Value>, Option<(u16, Value)>)> {
        let key = self
            .original_key(id)
            .ok_or_else(|| Error::Session(format!("{} has no key, so its row can't be found", self.describe(id))))?;
        let version = self.table(id).version.and_then(|column| Some((column, self.original(id, column)?)));
        Ok((key, version))
    }
}

/// `key = ? AND version = ?`.
pub(super) fn row_condition(table: &'static TableDef, key: &[Value], version: Option<&(u16, Value)>) -> Vec<Node> {
    let source = Source::Table(table);
    let equal =
        |column: u16, value: &Value| Node::binary(BinaryOp::Eq, source.column(column), Node::Bind(value.clone()));
    let mut filter: Vec<Node> =
        table.primary_key.iter().zip(key).map(|(column, value)| equal(*column, value)).collect();
    filter.extend(version.map(|(column, value)| equal(*column, value)));
    filter
}
