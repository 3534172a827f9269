use super::shape::{MOST_BYTES, Shape};
use super::versions::returned_items;
use crate::dialect;
use crate::engine::Statement;
use crate::entity::TableDef;
use crate::error::{Error, Result};
use crate::expr::Node;
use crate::model::{insert_value, is_inserted};
use crate::query::{InsertSource, InsertTree};
use crate::session::Session;
use crate::session::arena::{Id, Stage};
use crate::types::Value;

/// Rows of one table that set the same columns.
struct Batch {
    table: &'static TableDef,
    rows: Vec<Id>,
    columns: Vec<u16>,
    values: Vec<Option<Value>>,
    /// The columns that get SQL expressions, of a row alone.
    expressions: Vec<(u16, Node)>,
}

impl Batch {
    fn new(table: &'static TableDef) -> Self {
        Batch { table, rows: Vec::new(), columns: Vec::new(), values: Vec::new(), expressions: Vec::new() }
    }
}

impl Session {
    /// The columns that the INSERT of an object names. What its links bring in is among them.
    pub(super) fn columns_to_insert(&self, table: &'static TableDef, id: Id) -> Vec<u16> {
        let linked =
            |column: u16| self.awaited(id).into_iter().any(|(key, _)| self.links.keys[key].columns.contains(&column));
        let assigned: Vec<u16> = self.assigned_columns(id).collect();
        let named = |column: &u16| {
            let def = table.column_def(*column);
            if assigned.contains(column) || !def.auto && table.auto_key() != Some(*column) {
                return true;
            }
            is_inserted(table, *column, self.object(id).value(*column).as_ref()) || linked(*column)
        };
        (0..table.columns.len() as u16).filter(named).collect()
    }

    /// Inserts rows of one table that need nothing of each other. Neighbours that set the same columns go together.
    pub(super) async fn insert_rows(&mut self, rows: &[Id]) -> Result<()> {
        let Some(table) = rows.first().map(|id| self.table(*id)) else { return Ok(()) };
        let mut batch = Batch::new(table);
        let (mut room, mut bytes) = (0, 0);
        for id in rows {
            if self.stage(*id) != Stage::Pending {
                continue;
            }
            let expressions = self.take_assigned(*id);
            let (columns, values) = self.row_to_insert(table, *id, &expressions)?;
            bytes += values.iter().flatten().map(Value::size).sum::<usize>();
            let full = batch.rows.len() >= room || bytes > MOST_BYTES;
            if full || columns != batch.columns || !expressions.is_empty() {
                if !batch.rows.is_empty() {
                    self.insert_batch(std::mem::replace(&mut batch, Batch::new(table))).await?;
                }
                room = if expressions.is_empty() { self.rows_to_insert(table, &columns) } else { 1 };
                bytes = values.iter().flatten().map(Value::size).sum();
                batch.columns = columns;
                batch.expressions = expressions;
            }
            batch.rows.push(*id);
            batch.values.extend(values);
        }
        if batch.rows.is_empty() { Ok(()) } else { self.insert_batch(batch).await }
    }

    /// The columns that a new row sets, and their values. What the models fill in is put into the object too.
    fn row_to_insert(
        &mut self,
        table: &'static TableDef,
        id: Id,
        expressions: &[(u16, Node)],
    ) -> Result<(Vec<u16>, Vec<Option<Value>>)> {
        self.check_fields(id)?;
        self.keep(id);
        self.carry_links(id)?;
        let mut columns = Vec::with_capacity(table.columns.len());
        let mut values = Vec::with_capacity(table.columns.len());
        for column in 0..table.columns.len() as u16 {
            if expressions.iter().any(|(other, _)| *other == column) {
                continue;
            }
            let own = self.object(id).value(column);
            let filled = own.is_none() || table.version == Some(column);
            if let Some(value) = insert_value(table, column, own) {
                if filled && !matches!(value, Value::Invalid(_)) {
                    self.set_column(id, column, &value)?;
                }
                columns.push(column);
                values.push(Some(value));
            }
        }
        self.check_linked(id, &columns)?;
        Ok((columns, values))
    }

    /// How many rows of these columns go in one INSERT. A key that the database makes and does not count up can't be told
    /// apart among many.
    pub(in crate::session) fn rows_to_insert(&self, table: &'static TableDef, columns: &[u16]) -> usize {
        let auto = table.auto_key();
        if table.primary_key.iter().any(|column| auto != Some(*column) && !columns.contains(column)) {
            return 1;
        }
        self.engine.capabilities().rows_at_once(columns.len(), 0)
    }

    async fn insert_batch(&mut self, batch: Batch) -> Result<()> {
        let Batch { table, rows, columns, values, expressions } = batch;
        let computed = |column: u16| expressions.iter().any(|(other, _)| *other == column);
        let generated: Vec<u16> = (0..table.columns.len() as u16)
            .filter(|column| !columns.contains(column) && (comes_back(table, *column) || computed(*column)))
            .collect();
        let key = table.auto_key().filter(|key| generated.contains(key));
        let returning = self.engine.capabilities().insert_returning();
        let mut wanted: Vec<u16> = Vec::new();
        if returning {
            wanted.clone_from(&generated);
            if key.is_none() && !generated.is_empty() {
                wanted.extend(table.primary_key.iter().filter(|column| !generated.contains(column)));
            }
        } else if let Some(column) =
            table.primary_key.iter().find(|column| generated.contains(column) && key != Some(**column))
        {
            let feature = format!(
                "a way to read back the key {} that it made; set it before the INSERT",
                self.column_name(rows[0], *column)
            );
            return Err(Error::Unsupported { feature, dialect: self.engine.dialect() });
        }
        let statements = if expressions.is_empty() {
            self.insert_statements(table, &rows, columns, values, &wanted)?
        } else {
            vec![(self.insert_expressions(table, columns, values, expressions, &wanted)?, &rows[..])]
        };
        for (statement, rows) in statements {
            if generated.is_empty() {
                self.send(statement).await?;
            } else if returning {
                self.insert_returning(statement, table, rows, key, &generated, &wanted).await?;
            } else {
                self.insert_and_read(statement, table, rows, key, &generated).await?;
            }
        }
        if returning && !self.engine.capabilities().returning_after_triggers() && !generated.is_empty() {
            self.read_versions(table, &rows).await?;
        }
        for id in rows {
            self.slot_mut(id).stage = Stage::Persistent;
            self.set_original(id, None);
            self.identify(id)?;
            self.reindex(id);
        }
        Ok(())
    }
}

impl Session {
    /// The INSERT of a batch: one statement, unless the values of a column don't fit one array and are too many for VALUES.
    fn insert_statements<'r>(
        &self,
        table: &'static TableDef,
        rows: &'r [Id],
        columns: Vec<u16>,
        mut values: Vec<Option<Value>>,
        wanted: &[u16],
    ) -> Result<Vec<(Statement, &'r [Id])>> {
        let returning = returned_items(table, wanted);
        let capabilities = self.engine.capabilities();
        if rows.len() > 1
            && let Some(compiled) =
                dialect::compile_insert_rows(table, &columns, &mut values, &returning, capabilities)?
        {
            return Ok(vec![(Statement::from(compiled), rows)]);
        }
        let full = self.rows_to_insert(table, &columns);
        let most = capabilities.max_binds().checked_div(columns.len()).unwrap_or(full).clamp(1, full);
        let width = columns.len();
        let mut values = values.into_iter();
        let mut statements = Vec::new();
        for rows in rows.chunks(most) {
            let mut values: Vec<Option<Value>> = values.by_ref().take(rows.len() * width).collect();
            let binds: Vec<Value> = values.iter().flatten().cloned().collect();
            let statement = self.shaped(table, Shape::Insert(rows.len()), &columns, most, binds, |capabilities| {
                let mut columns = columns.clone();
                if columns.is_empty() {
                    // Rows of nothing but defaults: name one column, so that there is something to repeat.
                    columns = vec![table.primary_key[0]];
                    values = vec![None; rows.len()];
                }
                let returning = returning.clone();
                let tree = InsertTree { table, columns, source: InsertSource::Rows(values), conflict: None, returning };
                dialect::compile_insert(tree, capabilities)
            })?;
            statements.push((statement, rows));
        }
        Ok(statements)
    }
}

impl Session {
    /// The INSERT of a row some of whose values are expressions.
    fn insert_expressions(
        &self,
        table: &'static TableDef,
        mut columns: Vec<u16>,
        values: Vec<Option<Value>>,
        expressions: Vec<(u16, Node)>,
        wanted: &[u16],
    ) -> Result<Statement> {
        let mut nodes: Vec<Node> = values.into_iter().map(|value| value.map_or(Node::Default, Node::Bind)).collect();
        for (column, node) in expressions {
            columns.push(column);
            nodes.push(node);
        }
        let returning = returned_items(table, wanted);
        let tree = InsertTree { table, columns, source: InsertSource::Values(nodes), conflict: None, returning };
        Ok(dialect::compile_insert(tree, self.engine.capabilities())?.into())
    }
}

/// Whether an unset column's value is read back after the INSERT.
fn comes_back(table: &'static TableDef, column: u16) -> bool {
    table.auto_key() == Some(column) || table.column_def(column).auto
}
