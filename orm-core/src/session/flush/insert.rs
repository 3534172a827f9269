use super::shape::Shape;
use crate::dialect;
use crate::engine::Statement;
use crate::entity::TableDef;
use crate::error::{Error, Result};
use crate::expr::{InSource, Node, Source};
use crate::model::insert_value;
use crate::query::{InsertSource, InsertTree, Item, SelectTree, Tree};
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::types::{Dialect, Value};
use std::collections::HashMap;

/// The most rows of one INSERT: few texts for the statement cache, and small enough for every limit.
const ROWS: usize = 1000;

impl Session {
    /// Inserts rows that need nothing of each other. Neighbours of one table and one set of columns go together.
    pub(super) async fn insert_rows(&mut self, rows: Vec<Id>) -> Result<()> {
        let mut tables: Vec<&'static TableDef> = Vec::new();
        for id in &rows {
            if !tables.contains(&self.table(*id)) {
                tables.push(self.table(*id));
            }
        }
        for table in tables {
            let mut batch: Vec<Id> = Vec::new();
            let mut columns: Vec<u16> = Vec::new();
            let mut values: Vec<Option<Value>> = Vec::new();
            let own: Vec<Id> = rows.iter().copied().filter(|id| self.table(*id) == table).collect();
            for id in own {
                self.check_fields(id)?;
                self.keep(id);
                self.carry_links(id)?;
                let row: Vec<Option<Value>> = (0..table.columns.len() as u16)
                    .map(|column| insert_value(table, column, self.object(id).value(column)))
                    .collect();
                let used: Vec<u16> =
                    row.iter().enumerate().filter(|(_, value)| value.is_some()).map(|(n, _)| n as u16).collect();
                let full =
                    (batch.len() + 1) * used.len() > self.engine.capabilities().max_binds() || batch.len() == ROWS;
                if !batch.is_empty() && (used != columns || full) {
                    let batch = std::mem::take(&mut batch);
                    self.insert_batch(table, batch, columns, std::mem::take(&mut values)).await?;
                }
                columns = used;
                batch.push(id);
                values.extend(row.into_iter().filter(Option::is_some));
            }
            if !batch.is_empty() {
                self.insert_batch(table, batch, columns, values).await?;
            }
        }
        Ok(())
    }

    async fn insert_batch(
        &mut self,
        table: &'static TableDef,
        rows: Vec<Id>,
        mut columns: Vec<u16>,
        mut values: Vec<Option<Value>>,
    ) -> Result<()> {
        // A version column starts at 1 in memory too.
        if let Some(version) = table.version
            && let Some(n) = columns.iter().position(|column| *column == version)
        {
            for (row, id) in rows.iter().enumerate() {
                if let Some(value) = values[row * columns.len() + n].clone() {
                    self.set_column(*id, version, &value);
                }
            }
        }
        let generated: Vec<u16> = (0..table.columns.len() as u16)
            .filter(|column| !columns.contains(column) && self.comes_back(table, *column))
            .collect();
        let key = table.auto_key().filter(|key| generated.contains(key));
        let mut wanted: Vec<u16> = Vec::new();
        if self.engine.capabilities().insert_returning() {
            wanted.clone_from(&generated);
            if key.is_none() && !generated.is_empty() {
                wanted.extend(table.primary_key.iter().filter(|column| !generated.contains(column)));
            }
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
        } else if !wanted.is_empty() {
            self.insert_returning(statement, table, &rows, key, &generated, &wanted).await?;
        } else {
            let step = if key.is_some() { self.key_step().await? } else { 1 };
            let mut connection = self.take_connection(true).await?;
            let ran = connection.run_returning_id(statement).await;
            self.connection = Some(connection);
            let first = ran?.last_insert_id;
            if let (Some(key), Some(first)) = (key, first) {
                for (n, id) in (0..).zip(&rows) {
                    self.set_column(*id, key, &Value::I64(first + n * step));
                }
            }
            let rest: Vec<u16> = generated.into_iter().filter(|column| Some(*column) != key).collect();
            self.read_back(table, &rows, &rest).await?;
        }
        for id in rows {
            let slot = self.slot_mut(id);
            slot.stage = Stage::Persistent;
            slot.original = None;
            self.identify(id)?;
            self.reindex(id);
        }
        Ok(())
    }

    /// Whether an unset column's value is read back after the INSERT.
    fn comes_back(&self, table: &'static TableDef, column: u16) -> bool {
        table.auto_key() == Some(column) || table.column_def(column).auto
    }

    /// INSERT … RETURNING. Rows come in the order of VALUES on every database that has it, but none promises it: with a key
    /// that the database counts up, the keys' own order says which is whose; otherwise the rows' keys do.
    async fn insert_returning(
        &mut self,
        statement: Statement,
        table: &'static TableDef,
        rows: &[Id],
        key: Option<u16>,
        generated: &[u16],
        wanted: &[u16],
    ) -> Result<()> {
        let by_key: HashMap<Identity, Id> = match key {
            Some(_) => HashMap::new(),
            None => {
                rows.iter().filter_map(|id| Some((Identity::of(self.object(*id).primary_key_values()?), *id))).collect()
            }
        };
        let position = |column: u16| wanted.iter().position(|other| *other == column).unwrap_or(0);
        let mut keys: Vec<i64> = Vec::with_capacity(rows.len());
        let mut count = 0;
        let mut connection = self.take_connection(true).await?;
        let result = connection
            .fetch(statement, &mut |row| {
                let wrong = |column: u16| {
                    move |reason| Error::Decode {
                        column: format!("`{}::{}`", table.title(), table.column_def(column).field),
                        reason,
                    }
                };
                let id = match key {
                    Some(key) => {
                        let value = row.i64(position(key)).map_err(wrong(key))?;
                        keys.push(value.unwrap_or_default());
                        rows.get(count).copied()
                    }
                    None => {
                        let mut values = Vec::new();
                        for (column, like) in
                            table.primary_key.iter().zip(self.object(rows[0]).values(table.primary_key))
                        {
                            let like = like.unwrap_or(Value::I64(0));
                            values.push(like.read_like(row, position(*column)).map_err(wrong(*column))?);
                        }
                        by_key.get(&Identity::of(values)).copied().or_else(|| (rows.len() == 1).then(|| rows[0]))
                    }
                };
                count += 1;
                if let Some(id) = id {
                    for column in generated {
                        self.object_mut(id).read(*column, row, position(*column)).map_err(wrong(*column))?;
                    }
                }
                Ok(())
            })
            .await;
        self.connection = Some(connection);
        result?;
        if count != rows.len() {
            return Err(Error::Session(format!(
                "{} rows were sent to {}, but {count} came back; a trigger or rule keeps the others out",
                rows.len(),
                table.name
            )));
        }
        if let Some(key) = key
            && !keys.is_sorted()
        {
            keys.sort_unstable();
            for (id, value) in rows.iter().zip(keys) {
                self.set_column(*id, key, &Value::I64(value));
            }
            let rest: Vec<u16> = generated.iter().copied().filter(|column| *column != key).collect();
            self.read_back(table, rows, &rest).await?;
        }
        Ok(())
    }

    /// How far apart the generated keys of one INSERT are on MySQL.
    async fn key_step(&mut self) -> Result<i64> {
        if self.engine.dialect() != Dialect::MySql && self.engine.dialect() != Dialect::MariaDb {
            return Ok(1);
        }
        let mut connection = self.take_connection(true).await?;
        let mut step = 1;
        let result = connection
            .fetch(Statement::from("SELECT CAST(@@SESSION.auto_increment_increment AS SIGNED)"), &mut |row| {
                step = row.i64(0).ok().flatten().unwrap_or(1);
                Ok(())
            })
            .await;
        self.connection = Some(connection);
        result?;
        Ok(step)
    }

    /// Reads columns that the database filled in, by the rows' keys.
    async fn read_back(&mut self, table: &'static TableDef, rows: &[Id], columns: &[u16]) -> Result<()> {
        if columns.is_empty() {
            return Ok(());
        }
        let source = Source::Table(table);
        let width = table.primary_key.len();
        for rows in rows.chunks(500) {
            let mut by_key: HashMap<Identity, Id> = HashMap::new();
            let mut list: Vec<Node> = Vec::new();
            let mut sample: Vec<Value> = Vec::new();
            for id in rows {
                let Some(key) = self.object(*id).primary_key_values() else { continue };
                let mut nodes: Vec<Node> = key.iter().cloned().map(Node::Bind).collect();
                list.push(if width == 1 { nodes.remove(0) } else { Node::Tuple(nodes) });
                sample.clone_from(&key);
                by_key.insert(Identity::of(key), *id);
            }
            let mut keys: Vec<Node> = table.primary_key.iter().map(|column| source.column(*column)).collect();
            let read = table.primary_key.iter().chain(columns);
            let tree = SelectTree {
                items: read.map(|column| Item::Expr { node: source.column(*column), nullable: true }).collect(),
                filter: vec![Node::In {
                    operand: Box::new(if width == 1 { keys.remove(0) } else { Node::Tuple(keys) }),
                    list: InSource::List(list),
                    negated: false,
                }],
                ..SelectTree::default()
            };
            let statement = dialect::compile(Tree::Select(&tree), self.engine.capabilities())?;
            let mut connection = self.take_connection(true).await?;
            let result = connection
                .fetch(statement, &mut |row| {
                    let wrong =
                        |reason| Error::Decode { column: format!("a generated column of {}", table.name), reason };
                    let mut key = Vec::with_capacity(width);
                    for (n, like) in sample.iter().enumerate() {
                        key.push(like.read_like(row, n).map_err(wrong)?);
                    }
                    if let Some(id) = by_key.get(&Identity::of(key)) {
                        for (n, column) in columns.iter().enumerate() {
                            self.object_mut(*id).read(*column, row, width + n).map_err(wrong)?;
                        }
                    }
                    Ok(())
                })
                .await;
            self.connection = Some(connection);
            result?;
        }
        Ok(())
    }
}
