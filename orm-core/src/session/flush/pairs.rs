use super::by_table;
use crate::dialect;
use crate::entity::{Link, PassiveDeletes, RelRef, TableDef};
use crate::error::{Error, Result};
use crate::expr::{InSource, Node, Source};
use crate::model::key_values;
use crate::query::{DeleteTree, InsertSource, InsertTree, Tree};
use crate::session::Session;
use crate::session::arena::Id;
use crate::session::collections::CollectionKind;
use crate::session::pairs::{Ends, Pair};
use crate::types::Value;

const CHUNK: usize = 500;

impl Session {
    /// All link rows of doomed objects, loaded or not.
    pub(super) async fn delete_links_of(&mut self, doomed: &[Id]) -> Result<()> {
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
                    !self.is_whole(CollectionKind::Partners(pairs), **id)
                        || !self.pairs_of(pairs.table, **id).is_empty()
                };
                let keys: Vec<Vec<Value>> = rows
                    .iter()
                    .filter(linked)
                    .filter_map(|id| key_values(through.local.iter().map(|c| self.original(*id, *c)).collect()))
                    .collect();
                for keys in keys.chunks(CHUNK) {
                    self.delete_link_rows(through.table, &through.near, keys).await?;
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

    async fn delete_link_rows(
        &mut self,
        table: &'static TableDef,
        columns: &[u16],
        keys: &[Vec<Value>],
    ) -> Result<u64> {
        let source = Source::Table(table);
        let tuple = |mut nodes: Vec<Node>| if nodes.len() == 1 { nodes.remove(0) } else { Node::Tuple(nodes) };
        let list = keys.iter().map(|key| tuple(key.iter().cloned().map(Node::Bind).collect())).collect();
        let filter = Node::In {
            operand: Box::new(tuple(columns.iter().map(|column| source.column(*column)).collect())),
            list: InSource::List(list),
            negated: false,
        };
        let tree = DeleteTree { table, filter: vec![filter], returning: Vec::new() };
        let statement = dialect::compile(Tree::Delete(&tree), self.engine.capabilities())?;
        self.send(statement).await
    }

    /// Deletes the link rows of parted pairs.
    pub(super) async fn part_pairs(&mut self) -> Result<Vec<Vec<Ends>>> {
        let mut queues = Vec::new();
        for n in 0..self.pairs.tables.len() {
            let queue = self.pairs.take_queue(n);
            let mut parted: Vec<(Pair, Vec<Value>)> = Vec::new();
            let mut wanted: Vec<Ends> = Vec::new();
            for ends in queue {
                let Some(pair) = self.pairs.tables[n].pairs.get(&ends).copied() else { continue };
                let ids = [0, 1].map(|side| self.pairs.tables[n].id(side, ends[side]));
                let wants = pair.wanted && ids.iter().all(|id| self.is_live(*id));
                // One that was parted unseen and linked again is made sure of.
                if pair.stored && (!wants || pair.assumed) {
                    let original = |id: Id, key: &[u16]| key.iter().map(|column| self.original(id, *column)).collect();
                    parted.push((pair, self.pair_values(n, ids, original)?));
                    self.settle_pair(n, ends, false);
                }
                if wants && (!pair.stored || pair.assumed) {
                    wanted.push(ends);
                } else if !wants && !pair.stored {
                    self.settle_pair(n, ends, false);
                }
            }
            self.delete_parted(n, &parted).await?;
            queues.push(wanted);
        }
        Ok(queues)
    }

    async fn delete_parted(&mut self, n: usize, parted: &[(Pair, Vec<Value>)]) -> Result<()> {
        let (table, columns) = (self.pairs.tables[n].table, self.pair_columns(n));
        for part in parted.chunks(CHUNK) {
            let certain = part.iter().filter(|(pair, _)| !pair.assumed).count() as u64;
            let keys: Vec<Vec<Value>> = part.iter().map(|(_, values)| values.clone()).collect();
            let matched = self.delete_link_rows(table, &columns, &keys).await?;
            if matched < certain {
                let keys = "a link row".to_owned();
                return Err(Error::StaleData { table: table.name.to_owned(), keys, expected: certain, matched });
            }
        }
        Ok(())
    }

    /// Inserts the link rows of new pairs.
    pub(super) async fn link_pairs(&mut self, queues: Vec<Vec<Ends>>) -> Result<()> {
        for (n, queue) in queues.into_iter().enumerate() {
            let (table, columns) = (self.pairs.tables[n].table, self.pair_columns(n));
            for part in queue.chunks(CHUNK) {
                let mut values = Vec::with_capacity(part.len() * columns.len());
                for ends in part {
                    let ids = [0, 1].map(|side| self.pairs.tables[n].id(side, ends[side]));
                    values
                        .extend(self.pair_values(n, ids, |id, key| self.object(id).values(key))?.into_iter().map(Some));
                }
                let tree = InsertTree {
                    table,
                    columns: columns.clone(),
                    source: InsertSource::Rows(values),
                    conflict: None,
                    returning: Vec::new(),
                };
                let statement = dialect::compile_insert(tree, self.engine.capabilities())?;
                self.send(statement).await?;
                for ends in part {
                    self.settle_pair(n, *ends, true);
                }
            }
        }
        Ok(())
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
    fn settle_pair(&mut self, n: usize, ends: Ends, stored: bool) {
        self.pairs.change(n, ends, |pair| {
            pair.stored = stored;
            pair.wanted = stored;
            pair.assumed = false;
        });
    }
}
