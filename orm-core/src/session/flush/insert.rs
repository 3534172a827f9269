use super::by_table;
use super::shape::Shape;
use crate::dialect;
use crate::entity::TableDef;
use crate::error::{Error, Result};
use crate::expr::Source;
use crate::model::insert_value;
use crate::query::{InsertSource, InsertTree, Item};
use crate::session::Session;
use crate::session::arena::{Id, Stage};
use crate::types::Value;

/// The most rows of one INSERT: few texts for the statement cache, and small enough for every limit.
const ROWS: usize = 1000;

/// Rows of one table that set the same columns.
struct Batch {
    table: &'static TableDef,
    rows: Vec<Id>,
    columns: Vec<u16>,
    values: Vec<Option<Value>>,
}

impl Session {
    /// Inserts rows that need nothing of each other. Neighbours of one table and one set of columns go together.
    pub(super) async fn insert_rows(&mut self, rows: Vec<Id>) -> Result<()> {
        for (table, rows) in by_table(self, &rows) {
            let mut batch = Batch { table, rows: Vec::new(), columns: Vec::new(), values: Vec::new() };
            let mut room = 0;
            for id in rows {
                let (columns, values) = self.row_to_insert(table, id)?;
                if columns != batch.columns || batch.rows.len() >= room {
                    if !batch.rows.is_empty() {
                        self.insert_batch(std::mem::replace(
                            &mut batch,
                            Batch { table, rows: Vec::new(), columns: Vec::new(), values: Vec::new() },
                        ))
                        .await?;
                    }
                    room = self.batch_size(table, &columns);
                    batch.columns = columns;
                }
                batch.rows.push(id);
                batch.values.extend(values);
            }
            if !batch.rows.is_empty() {
                self.insert_batch(batch).await?;
            }
        }
        Ok(())
    }

    /// The columns that a new row sets, and their values. What the models fill in is put into the object too.
    fn row_to_insert(&mut self, table: &'static TableDef, id: Id) -> Result<(Vec<u16>, Vec<Option<Value>>)> {
        self.check_fields(id)?;
        self.keep(id);
        self.carry_links(id)?;
        let mut columns = Vec::with_capacity(table.columns.len());
        let mut values = Vec::with_capacity(table.columns.len());
        for column in 0..table.columns.len() as u16 {
            let own = self.object(id).value(column);
            let filled = own.is_none() || table.version == Some(column);
            if let Some(value) = insert_value(table, column, own) {
                if filled && !matches!(value, Value::Invalid(_)) {
                    self.assign(id, column, &value)?;
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
    fn batch_size(&self, table: &'static TableDef, columns: &[u16]) -> usize {
        let auto = table.auto_key();
        if table.primary_key.iter().any(|column| auto != Some(*column) && !columns.contains(column)) {
            return 1;
        }
        self.engine.capabilities().max_binds().checked_div(columns.len()).unwrap_or(ROWS).clamp(1, ROWS)
    }

    async fn insert_batch(&mut self, batch: Batch) -> Result<()> {
        let Batch { table, rows, mut columns, mut values } = batch;
        let generated: Vec<u16> = (0..table.columns.len() as u16)
            .filter(|column| !columns.contains(column) && comes_back(table, *column))
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
        let binds: Vec<Value> = values.iter().flatten().cloned().collect();
        let set = columns.clone();
        let statement = self.shaped(table, Shape::Insert(rows.len()), &set, ROWS, binds, |capabilities| {
            let source = Source::Table(table);
            if columns.is_empty() {
                // Rows of nothing but defaults: name one column, so that there is something to repeat.
                columns = vec![table.primary_key[0]];
                values = vec![None; rows.len()];
            }
            let returning =
                wanted.iter().map(|column| Item::Expr { node: source.column(*column), nullable: true }).collect();
            let tree = InsertTree { table, columns, source: InsertSource::Rows(values), conflict: None, returning };
            dialect::compile_insert(tree, capabilities)
        })?;
        if generated.is_empty() {
            self.send(statement).await?;
        } else if returning {
            self.insert_returning(statement, table, &rows, key, &generated, &wanted).await?;
        } else {
            self.insert_and_read(statement, table, &rows, key, &generated).await?;
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

/// Whether an unset column's value is read back after the INSERT.
fn comes_back(table: &'static TableDef, column: u16) -> bool {
    table.auto_key() == Some(column) || table.column_def(column).auto
}
