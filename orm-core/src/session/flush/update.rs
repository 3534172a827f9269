use super::shape::{MOST_BYTES, Shape, for_rows};
use super::versions::returned_items;
use crate::dialect::{self, Capabilities};
use crate::engine::Statement;
use crate::entity::{RawColumn, TableDef};
use crate::error::{Error, Result};
use crate::expr::{BinaryOp, Node, Source};
use crate::query::{Rows, Tree, UpdateTree};
use crate::session::Session;
use crate::session::arena::{Id, Stage};
use crate::types::Value;

/// A row that is to be updated.
struct RowUpdate {
    id: Id,
    /// The columns and their new values, the version's last.
    set: Vec<(u16, Value)>,
    /// The columns that get SQL expressions.
    expressions: Vec<(u16, Node)>,
    /// The row's key, as the database has it.
    key: Vec<Value>,
    /// The version that the row must still have.
    version: Option<(u16, Value)>,
}

impl RowUpdate {
    /// What the row is found by.
    fn find(&self) -> Vec<Value> {
        self.key.iter().cloned().chain(self.version.iter().map(|(_, value)| value.clone())).collect()
    }
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
    /// The columns of an object that an UPDATE would set.
    pub(super) fn columns_to_update(&self, id: Id) -> Vec<u16> {
        let table = self.table(id);
        let assigned: Vec<u16> = self.assigned_columns(id).collect();
        let changed = |column: &u16| {
            if assigned.contains(column) {
                return true;
            }
            table.version != Some(*column)
                && self.object(id).value(*column).is_some_and(|now| self.original(id, *column).as_ref() != Some(&now))
        };
        (0..table.columns.len() as u16).filter(changed).collect()
    }

    /// Updates the columns that differ from the database's, in rows that need nothing of each other.
    pub(super) async fn update_rows(&mut self, rows: &[Id]) -> Result<()> {
        let mut batch: Vec<RowUpdate> = Vec::new();
        let (mut room, mut bytes) = (0, 0);
        for id in rows {
            // The database may have deleted some of them.
            if self.stage(*id) != Stage::Persistent {
                continue;
            }
            let Some(update) = self.row_to_update(*id)? else { continue };
            match batch.first() {
                Some(first) if batch.len() < room && bytes < MOST_BYTES && self.go_together(first, &update) => {}
                _ => {
                    bytes = 0;
                    self.send_updates(std::mem::take(&mut batch)).await?;
                    room = self.engine.capabilities().rows_at_once(update.set.len(), update.find().len());
                }
            }
            bytes += update.set.iter().map(|(_, value)| value.size()).sum::<usize>();
            batch.push(update);
        }
        self.send_updates(batch).await
    }

    /// Whether two rows can go in one statement. Changed keys go alone: those that a statement finds its rows by must stay.
    /// So do rows whose new version is read back, and those with expressions.
    fn go_together(&self, one: &RowUpdate, other: &RowUpdate) -> bool {
        let table = self.table(one.id);
        table == self.table(other.id)
            && table.server_version().is_none()
            && one.expressions.is_empty()
            && other.expressions.is_empty()
            && one.version.is_some() == other.version.is_some()
            && one.set.len() == other.set.len()
            && one.set.iter().zip(&other.set).all(|((a, _), (b, _))| a == b && !table.primary_key.contains(a))
    }

    /// Updates rows of one table that set the same columns.
    async fn send_updates(&mut self, mut batch: Vec<RowUpdate>) -> Result<()> {
        if batch.len() < 2 {
            for update in batch {
                self.update_row(update).await?;
            }
            return Ok(());
        }
        let table = self.table(batch[0].id);
        let find: Vec<u16> =
            table.primary_key.iter().copied().chain(batch[0].version.iter().map(|(column, _)| *column)).collect();
        let set: Vec<u16> = batch[0].set.iter().map(|(column, _)| *column).collect();
        let before: Vec<_> = batch.iter().map(|update| self.before_rekey(update.id, &set)).collect();
        let values = |update: &mut RowUpdate| -> Vec<Value> {
            let set = std::mem::take(&mut update.set);
            update.find().into_iter().chain(set.into_iter().map(|(_, value)| value)).collect()
        };
        let rows: Vec<Vec<Value>> = batch.iter_mut().map(values).collect();
        let tree = Rows { table, find: &find, key: table.primary_key.len(), set: &set, rows: &rows };
        let capabilities = self.engine.capabilities();
        let Some(compiled) = dialect::compile_update_rows(tree, capabilities)? else {
            for (mut update, row) in batch.into_iter().zip(rows) {
                update.set = set.iter().copied().zip(row.into_iter().skip(find.len())).collect();
                self.update_row(update).await?;
            }
            return Ok(());
        };
        let statement = for_rows(compiled, capabilities, rows.len(), capabilities.rows_at_once(set.len(), find.len()));
        let rows = batch.iter().map(|update| (update.id, update.find())).collect();
        self.send_checked(statement, table, rows).await?;
        for (update, before) in batch.into_iter().zip(before) {
            self.was_updated(update.id, update.version)?;
            if let Some(before) = before {
                self.was_rekeyed(update.id, &before, &set).await?;
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
        let expressions = self.take_assigned(id);
        let mut set: Vec<(u16, Value)> = Vec::new();
        for column in 0..table.columns.len() as u16 {
            let (now, before) = (self.object(id).value(column), self.original(id, column));
            let assigned = expressions.iter().any(|(other, _)| *other == column);
            if now == before || table.version == Some(column) || assigned {
                continue;
            }
            if table.primary_key.contains(&column) {
                self.check_key(id, column, now.as_ref())?;
            }
            // A generated column that was unset is left alone.
            if let Some(now) = now {
                set.push((column, RawColumn { table, index: column }.fit(now)));
            }
        }
        let (key, version) = self.row_key(id)?;
        if let Some((column, before)) = &version {
            // The version is the session's business: one that was written by hand is not taken.
            self.set_column(id, *column, before)?;
        }
        if set.is_empty() && expressions.is_empty() {
            self.set_original(id, None);
            return Ok(None);
        }
        let changed: Vec<u16> = set.iter().map(|(column, _)| *column).collect();
        self.check_linked(id, &changed)?;
        if let Some((column, before)) = &version
            && table.server_version().is_none()
        {
            set.push((*column, next_version(before)));
        }
        Ok(Some(RowUpdate { id, set, expressions, key, version }))
    }

    /// Updates one row by itself.
    async fn update_row(&mut self, update: RowUpdate) -> Result<()> {
        let RowUpdate { id, set, expressions, key, version } = update;
        let table = self.table(id);
        let columns: Vec<u16> = set.iter().map(|(column, _)| *column).collect();
        let condition = key.iter().cloned().chain(version.iter().map(|(_, value)| value.clone()));
        let binds = set.iter().map(|(_, value)| value.clone()).chain(condition).collect();
        let before = self.before_rekey(id, &columns);
        let computed: Vec<u16> = expressions.iter().map(|(column, _)| *column).collect();
        let returned = self.returned_by_update(table, &computed);
        let plain = expressions.is_empty();
        let compile = |capabilities: &Capabilities| {
            // Expressions come first: MySQL would show them the values that were set before.
            let values = set.iter().map(|(column, value)| (*column, Node::Bind(value.clone())));
            let set = expressions.into_iter().chain(values).collect();
            let filter = row_condition(table, &key, version.as_ref());
            let returning = returned_items(table, &returned);
            dialect::compile(Tree::Update(&UpdateTree { table, set, filter, returning }), capabilities)
        };
        let statement = if plain {
            self.shaped(table, Shape::Update, &columns, 1, binds, compile)?
        } else {
            Statement::from(compile(self.engine.capabilities())?)
        };
        let matched = self.send_update(statement, id, &returned).await?;
        if matched != 1 {
            return Err(self.stale(table, &[id], true, 1, matched));
        }
        self.was_updated(id, version)?;
        if let Some(before) = before {
            self.was_rekeyed(id, &before, &columns).await?;
        }
        let unread: Vec<u16> = computed.into_iter().filter(|column| !returned.contains(column)).collect();
        self.read_back(table, &[id], &unread).await?;
        self.version_after_update(id).await
    }

    /// The row has what the object has.
    fn was_updated(&mut self, id: Id, version: Option<(u16, Value)>) -> Result<()> {
        if let Some((column, before)) = version
            && self.table(id).server_version().is_none()
        {
            self.set_column(id, column, &next_version(&before))?;
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
