use super::by_table;
use super::groups::{Group, Write};
use crate::dialect::{self, Compiled};
use crate::entity::{Link, PassiveDeletes, RelRef, TableDef};
use crate::error::{Error, Result};
use crate::model::{key_values, split_insert};
use crate::query::{InsertSource, InsertTree};
use crate::session::Session;
use crate::session::arena::Id;
use crate::session::collections::CollectionKind;
use crate::session::pairs::Ends;
use crate::types::Value;

impl Session {
    /// The link rows of doomed objects, loaded or not.
    pub(super) fn links_of(&mut self, doomed: &[Id], groups: &mut Vec<Group>) -> Result<()> {
        for (table, rows) in by_table(self, doomed) {
            for index in 0..table.relationships.len() as u16 {
                let relationship = RelRef { table, index, reversed: false };
                let Link::Through(through) = &relationship.resolve()?.link else { continue };
                if through.read_only || relationship.def().passive_deletes != PassiveDeletes::No {
                    continue;
                }
                // Where all links are known and there are none, nothing has to be asked.
                let pairs = self.pairs_for(relationship.resolve()?, through)?;
                let linked = |id: &&Id| {
                    !self.is_complete(CollectionKind::Partners(pairs), **id)
                        || !self.pairs_of(pairs.table, **id).is_empty()
                };
                let keys: Vec<Vec<Value>> = rows
                    .iter()
                    .filter(linked)
                    .filter_map(|id| key_values(through.local.iter().map(|c| self.original(*id, *c)).collect()))
                    .collect();
                if !keys.is_empty() {
                    groups.push(Group {
                        write: Write::DeleteLinks { keys, certain: 0, of: Some(table) },
                        table: through.table,
                        columns: through.near.clone(),
                        why: None,
                    });
                }
            }
        }
        // Their pairs have no rows any more.
        for table in 0..self.pairs.tables.len() {
            for id in doomed {
                for ends in self.pairs_of(table, *id) {
                    self.settle_pair(table, ends, false);
                }
            }
        }
        Ok(())
    }

    /// Deletes link rows by these columns.
    pub(super) async fn delete_links(
        &mut self,
        table: &'static TableDef,
        columns: &[u16],
        keys: Vec<Vec<Value>>,
        certain: u64,
    ) -> Result<()> {
        let mut matched = 0;
        for part in keys.chunks(self.engine.capabilities().rows_at_once(0, columns.len())) {
            let statement = self.delete_found(table, columns, part.to_vec())?;
            matched += self.send(statement).await?;
        }
        if matched < certain {
            let keys = "a link row".to_owned();
            return Err(Error::StaleData { table: table.name.to_owned(), keys, expected: certain, matched });
        }
        Ok(())
    }

    /// The link rows of parted pairs; gives the pairs that were linked, which get theirs when both ends have rows.
    pub(super) fn part_pairs(&mut self, groups: &mut Vec<Group>) -> Result<Vec<Group>> {
        let mut linked = Vec::new();
        for n in 0..self.pairs.tables.len() {
            let queue = self.pairs.take_queue(n);
            let mut keys: Vec<Vec<Value>> = Vec::new();
            let mut certain = 0;
            let mut wanted: Vec<Ends> = Vec::new();
            for ends in queue {
                let Some(pair) = self.pairs.tables[n].pairs.get(&ends).copied() else { continue };
                let ids = [0, 1].map(|side| self.pairs.tables[n].id(side, ends[side]));
                let wants = pair.wanted && ids.iter().all(|id| self.is_live(*id));
                // One that was parted unseen and linked again is made sure of.
                if pair.stored && (!wants || pair.assumed) {
                    let original = |id: Id, key: &[u16]| key.iter().map(|column| self.original(id, *column)).collect();
                    keys.push(self.pair_values(n, ids, original)?);
                    certain += u64::from(!pair.assumed);
                    self.settle_pair(n, ends, false);
                }
                if wants && (!pair.stored || pair.assumed) {
                    wanted.push(ends);
                } else if !wants && !pair.stored {
                    self.settle_pair(n, ends, false);
                }
            }
            let table = self.pairs.tables[n].table;
            if !keys.is_empty() {
                let write = Write::DeleteLinks { keys, certain, of: None };
                groups.push(Group { write, table, columns: self.pair_columns(n), why: None });
            }
            if !wanted.is_empty() {
                let write = Write::InsertLinks { pairs: n, ends: wanted };
                linked.push(Group { write, table, columns: self.pair_columns(n), why: None });
            }
        }
        Ok(linked)
    }

    /// Inserts the link rows of new pairs.
    pub(super) async fn insert_links(&mut self, n: usize, pairs: &[Ends]) -> Result<()> {
        let (table, columns) = (self.pairs.tables[n].table, self.pair_columns(n));
        for part in pairs.chunks(self.engine.capabilities().rows_at_once(columns.len(), 0)) {
            let mut values = Vec::with_capacity(part.len() * columns.len());
            for ends in part {
                let ids = [0, 1].map(|side| self.pairs.tables[n].id(side, ends[side]));
                values.extend(self.pair_values(n, ids, |id, key| self.object(id).values(key))?.into_iter().map(Some));
            }
            for compiled in self.insert_links_statements(table, &columns, values)? {
                self.send(compiled).await?;
            }
            for ends in part {
                self.settle_pair(n, *ends, true);
            }
        }
        Ok(())
    }

    fn insert_links_statements(
        &self,
        table: &'static TableDef,
        columns: &[u16],
        mut values: Vec<Option<Value>>,
    ) -> Result<Vec<Compiled>> {
        let capabilities = self.engine.capabilities();
        if let Some(compiled) = dialect::compile_insert_rows(table, columns, &mut values, &[], capabilities)? {
            return Ok(vec![compiled]);
        }
        let tree = InsertTree {
            table,
            columns: columns.to_vec(),
            source: InsertSource::Rows(values),
            conflict: None,
            returning: Vec::new(),
        };
        split_insert(tree, capabilities)
    }

    fn pair_columns(&self, n: usize) -> Vec<u16> {
        self.pairs.tables[n].sides.iter().flat_map(|side| side.columns.clone()).collect()
    }

    /// The values of a pair's row.
    fn pair_values(
        &self,
        n: usize,
        ids: [Id; 2],
        read: impl Fn(Id, &[u16]) -> Vec<Option<Value>>,
    ) -> Result<Vec<Value>> {
        let mut values = Vec::new();
        for (id, side) in ids.into_iter().zip(&self.pairs.tables[n].sides) {
            values.extend(
                key_values(read(id, &side.key)).ok_or_else(|| {
                    Error::Session(format!("{} has no key, so it can't be linked", self.describe(id)))
                })?,
            );
        }
        Ok(values)
    }

    /// The pair's row is there, or gone.
    pub(in crate::session) fn settle_pair(&mut self, n: usize, ends: Ends, stored: bool) {
        self.pairs.change(n, ends, |pair| {
            pair.stored = stored;
            pair.wanted = stored;
            pair.assumed = false;
        });
    }
}
