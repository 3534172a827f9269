use crate::dialect;
use crate::engine::Statement;
use crate::entity::TableDef;
use crate::error::{Error, Result};
use crate::expr::Source;
use crate::model::keys_in;
use crate::query::{Item, SelectTree, Tree};
use crate::session::Session;
use crate::session::arena::{Id, Identity};
use crate::types::{Row, Value};
use std::collections::HashMap;

/// The most keys of one SELECT.
const CHUNK: usize = 500;

impl Session {
    /// INSERT … RETURNING. Rows come in the order of VALUES on every database that has it, but none promises it: with a key
    /// that the database counts up, the keys' own order says which is whose; otherwise the rows' keys do.
    pub(super) async fn insert_returning(
        &mut self,
        statement: Statement,
        table: &'static TableDef,
        rows: &[Id],
        key: Option<u16>,
        generated: &[u16],
        wanted: &[u16],
    ) -> Result<()> {
        // A row alone needs no key to be recognised.
        let by_key = if key.is_some() || rows.len() == 1 { HashMap::new() } else { self.by_key(rows) };
        let sample = self.object(rows[0]).primary_key_values().unwrap_or_default();
        let position = |column: u16| wanted.iter().position(|other| *other == column).unwrap_or(0);
        let mut keys: Vec<i64> = Vec::with_capacity(rows.len());
        let mut count = 0;
        self.read(statement, &mut |this, row| {
            let wrong = |column: u16| {
                move |reason| Error::Decode {
                    column: format!("`{}::{}`", table.title(), table.column_def(column).field),
                    reason,
                }
            };
            let id = if by_key.is_empty() {
                if let Some(key) = key {
                    keys.push(row.i64(position(key)).map_err(wrong(key))?.unwrap_or_default());
                }
                rows.get(count).copied()
            } else {
                let mut values = Vec::with_capacity(sample.len());
                for (column, like) in table.primary_key.iter().zip(&sample) {
                    values.push(like.read_like(row, position(*column)).map_err(wrong(*column))?);
                }
                let id = by_key.get(&Identity::of(values)).copied();
                Some(id.ok_or_else(|| unknown_row(table))?)
            };
            count += 1;
            if let Some(id) = id {
                for column in generated {
                    this.object_mut(id).read(*column, row, position(*column)).map_err(wrong(*column))?;
                }
            }
            Ok(())
        })
        .await?;
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
                self.set_column(*id, key, &Value::I64(value))?;
            }
            let rest: Vec<u16> = generated.iter().copied().filter(|column| *column != key).collect();
            self.read_back(table, rows, &rest).await?;
        }
        Ok(())
    }

    /// INSERT where there is no RETURNING: the keys of one statement follow each other, and the rest is read by key.
    pub(super) async fn insert_and_read(
        &mut self,
        statement: Statement,
        table: &'static TableDef,
        rows: &[Id],
        key: Option<u16>,
        generated: &[u16],
    ) -> Result<()> {
        let step = if key.is_some() && rows.len() > 1 { self.key_step().await? } else { 1 };
        let mut connection = self.take_connection(true).await?;
        let ran = connection.run_returning_id(statement).await;
        self.connection = Some(connection);
        let first = ran?.last_insert_id;
        if let Some(key) = key {
            let first = first.filter(|first| *first != 0).ok_or_else(|| {
                Error::Session(format!("the database did not tell the key of a new row of {}", table.name))
            })?;
            for (n, id) in (0..).zip(rows) {
                self.set_column(*id, key, &Value::I64(first + n * step))?;
            }
        }
        let rest: Vec<u16> = generated.iter().copied().filter(|column| Some(*column) != key).collect();
        self.read_back(table, rows, &rest).await
    }

    /// How far apart the generated keys of one INSERT are on MySQL; asked once per transaction.
    async fn key_step(&mut self) -> Result<i64> {
        if let Some(step) = self.key_step {
            return Ok(step);
        }
        let mut step = 1;
        let query = Statement::from("SELECT CAST(@@SESSION.auto_increment_increment AS SIGNED)");
        self.read(query, &mut |_, row| {
            step = row.i64(0).ok().flatten().unwrap_or(1);
            Ok(())
        })
        .await?;
        self.key_step = Some(step);
        Ok(step)
    }

    fn by_key(&self, rows: &[Id]) -> HashMap<Identity, Id> {
        let key = |id: &Id| Some((Identity::of(self.original_key(*id)?), *id));
        rows.iter().filter_map(key).collect()
    }

    /// Reads columns that the database filled in, by the rows' keys.
    pub(super) async fn read_back(&mut self, table: &'static TableDef, rows: &[Id], columns: &[u16]) -> Result<()> {
        if columns.is_empty() {
            return Ok(());
        }
        let source = Source::Table(table);
        for rows in rows.chunks(CHUNK) {
            let by_key = self.by_key(rows);
            let keys: Vec<Vec<Value>> = rows.iter().filter_map(|id| self.original_key(*id)).collect();
            let Some(sample) = keys.first() else { continue };
            let read = table.primary_key.iter().chain(columns);
            let tree = SelectTree {
                items: read.map(|column| Item::Expr { node: source.column(*column), nullable: true }).collect(),
                filter: vec![keys_in(&source, table.primary_key, &keys)],
                ..SelectTree::default()
            };
            let statement = dialect::compile(Tree::Select(&tree), self.engine.capabilities())?;
            let mut found = 0;
            self.read(statement, &mut |this, row| {
                let wrong = |reason| Error::Decode { column: format!("a generated column of {}", table.name), reason };
                let mut key = Vec::with_capacity(sample.len());
                for (n, like) in sample.iter().enumerate() {
                    key.push(like.read_like(row, n).map_err(wrong)?);
                }
                let id = by_key.get(&Identity::of(key)).copied().ok_or_else(|| unknown_row(table))?;
                for (n, column) in columns.iter().enumerate() {
                    this.object_mut(id).read(*column, row, sample.len() + n).map_err(wrong)?;
                }
                found += 1;
                Ok(())
            })
            .await?;
            if found != rows.len() {
                return Err(unknown_row(table));
            }
        }
        Ok(())
    }

    /// A query of the flush, whose rows go into objects.
    pub(super) async fn read(
        &mut self,
        statement: impl Into<Statement>,
        each: &mut (dyn FnMut(&mut Session, &dyn Row) -> Result<()> + Send),
    ) -> Result<()> {
        let mut connection = self.take_connection(true).await?;
        let result = connection.fetch(statement, &mut |row| each(self, row)).await;
        self.connection = Some(connection);
        result.map(drop)
    }
}

fn unknown_row(table: &'static TableDef) -> Error {
    Error::Session(format!(
        "a new row of {} did not come back under its key: the database or a trigger changed the key; add such rows one at a \
         time, or let the database make the key",
        table.name
    ))
}
