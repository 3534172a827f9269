//! Rows that are not what the session read: which ones.

use crate::dialect;
use crate::engine::Statement;
use crate::entity::TableDef;
use crate::error::{Error, Result};
use crate::expr::Source;
use crate::model::keys_in;
use crate::query::{Item, SelectTree, Tree};
use crate::session::Session;
use crate::session::arena::{Id, Identity};
use crate::types::Value;
use std::collections::{HashMap, HashSet};

/// The savepoint before a statement that checks the versions of many rows.
const SAVEPOINT: &str = "orm_rows";
/// The most keys of one SELECT.
const CHUNK: usize = 500;
/// The most keys that an error names.
const NAMED: usize = 100;

impl Session {
    /// Sends an UPDATE or DELETE of many rows, each given with its key and version; all of them must be there.
    ///
    /// Which rows are not is asked when some are missing. Those that another program has changed can't be told from those
    /// that the statement itself has changed while it stands: a savepoint takes it back before.
    pub(super) async fn send_checked(
        &mut self,
        statement: Statement,
        table: &'static TableDef,
        rows: Vec<(Id, Vec<Value>)>,
    ) -> Result<()> {
        let expected = rows.len() as u64;
        let mut connection = self.take_connection(true).await?;
        let sent = async {
            if table.version.is_some() {
                connection.savepoint(SAVEPOINT).await?;
            }
            let matched = connection.run(statement).await?;
            if table.version.is_some() {
                if matched == expected {
                    connection.release(SAVEPOINT).await?;
                } else {
                    connection.rollback_to(SAVEPOINT).await?;
                }
            }
            Ok(matched)
        }
        .await;
        self.connection = Some(connection);
        let matched = sent?;
        if matched == expected {
            return Ok(());
        }
        let missing = self.missing(table, &rows).await.unwrap_or_default();
        let all: Vec<Id> = rows.into_iter().map(|(id, _)| id).collect();
        let known = !missing.is_empty();
        Err(self.stale(table, if known { &missing } else { &all }, known, expected, matched))
    }

    /// The rows that are gone, or have another version.
    async fn missing(&mut self, table: &'static TableDef, rows: &[(Id, Vec<Value>)]) -> Result<Vec<Id>> {
        let source = Source::Table(table);
        let key = table.primary_key.len();
        let mut missing = Vec::new();
        for part in rows.chunks(CHUNK) {
            let width = part[0].1.len();
            let keys: Vec<Vec<Value>> = part.iter().map(|(_, row)| row[..key].to_vec()).collect();
            let read = table.primary_key.iter().chain(&table.version).take(width);
            let tree = SelectTree {
                items: read.map(|column| Item::Expr { node: source.column(*column), nullable: true }).collect(),
                filter: vec![keys_in(&source, table.primary_key, &keys)],
                ..SelectTree::default()
            };
            let capabilities = self.engine.capabilities();
            let mut compiled = dialect::compile(Tree::Select(&tree), capabilities)?;
            compiled.text.push_str(capabilities.latest());
            let sample = part[0].1.clone();
            let mut found: HashMap<Identity, Vec<Value>> = HashMap::new();
            self.read(compiled, &mut |_, row| {
                let mut values = Vec::with_capacity(width);
                for (n, like) in sample.iter().enumerate() {
                    let wrong = |reason| Error::Decode { column: format!("a key of {}", table.name), reason };
                    values.push(like.read_like(row, n).map_err(wrong)?);
                }
                let version = values.split_off(key);
                found.insert(Identity::of(values), version);
                Ok(())
            })
            .await?;
            let gone = |(_, row): &&(Id, Vec<Value>)| {
                found.get(&Identity::of(row[..key].to_vec())).is_none_or(|version| *version != row[key..])
            };
            missing.extend(part.iter().filter(gone).map(|(id, _)| *id));
        }
        Ok(missing)
    }

    /// The error for rows that are not what they were read as. After the rollback the next query that brings one of them
    /// overwrites its object.
    pub(super) fn stale(
        &mut self,
        table: &'static TableDef,
        rows: &[Id],
        known: bool,
        expected: u64,
        matched: u64,
    ) -> Error {
        let mut seen: HashSet<Id> = HashSet::new();
        let mut names: Vec<String> = Vec::new();
        for id in rows.iter().filter(|id| seen.insert(**id)) {
            self.was_read(*id);
            if names.len() < NAMED {
                names.push(self.describe(*id));
            }
        }
        let mut keys = if known { names.join("; ") } else { format!("one of {}", names.join("; ")) };
        if let Some(more) = rows.len().checked_sub(NAMED).filter(|more| *more > 0) {
            keys.push_str(&format!("; and {more} more"));
        }
        Error::StaleData { table: table.name.to_owned(), keys, expected, matched }
    }
}
