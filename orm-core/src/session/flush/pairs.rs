use super::by_table;
use crate::dialect;
use crate::entity::{Link, PassiveDeletes, RelRef, TableDef};
use crate::error::{Error, Result};
use crate::expr::{InSource, Node, Source};
use crate::model::key_values;
use crate::query::{DeleteTree, InsertSource, InsertTree, Tree};
use crate::session::Session;
use crate::session::arena::{Id, Stage};
use crate::session::pairs::{Ends, Pair};
use crate::types::Value;

const CHUNK: usize = 500;

impl Session {
    /// Writes the link rows: those of doomed objects go, parted pairs go, new pairs come.
    pub(super) async fn write_pairs(&mut self, doomed: &[Id]) -> Result<()> {
        self.delete_links_of(doomed).await?;
        for table in 0..self.pairs.tables.len() {
            self.write_pair_table(table).await?;
        }
        Ok(())
    }

    /// All link rows of doomed objects, loaded or not.
    async fn delete_links_of(&mut self, doomed: &[Id]) -> Result<()> {
        for (table, rows) in by_table(self, doomed) {
            for index in 0..table.relationships.len() as u16 {
                let relationship = RelRef { table, index, reversed: false };
                let Link::Through(through) = &relationship.resolve()?.link else { continue };
                if through.read_only || relationship.def().passive_deletes != PassiveDeletes::No {
                    continue;
                }
                let keys: Vec<Vec<Value>> = rows
                    .iter()
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

    async fn write_pair_table(&mut self, n: usize) -> Result<()> {
        let (table, sides) = (self.pairs.tables[n].table, self.pairs.tables[n].sides.clone());
        let mut parted: Vec<(Pair, Vec<Value>)> = Vec::new();
        let mut new: Vec<Vec<Value>> = Vec::new();
        let mut written: Vec<(Ends, bool)> = Vec::new();
        for ends in self.pairs.take_queue(n) {
            let Some(pair) = self.pairs.tables[n].pairs.get(&ends).copied() else { continue };
            let ids = [0, 1].map(|side| self.pairs.tables[n].id(side, ends[side]));
            let wanted = pair.wanted && ids.iter().all(|id| self.stage(*id) == Stage::Persistent);
            // One that was parted unseen and linked again is made sure of.
            if pair.stored && (!wanted || pair.assumed) {
                let original = |id: Id, key: &[u16]| key.iter().map(|column| self.original(id, *column)).collect();
                parted.push((pair, self.pair_values(n, ids, original)?));
            }
            if wanted && (!pair.stored || pair.assumed) {
                new.push(self.pair_values(n, ids, |id, key| self.object(id).values(key))?);
            }
            written.push((ends, wanted));
        }
        let columns: Vec<u16> = sides.iter().flat_map(|side| side.columns.clone()).collect();
        for part in parted.chunks(CHUNK) {
            let certain = part.iter().filter(|(pair, _)| !pair.assumed).count() as u64;
            let keys: Vec<Vec<Value>> = part.iter().map(|(_, values)| values.clone()).collect();
            let matched = self.delete_link_rows(table, &columns, &keys).await?;
            if matched < certain {
                let keys = "a link row".to_owned();
                return Err(Error::StaleData { table: table.name.to_owned(), keys, expected: certain, matched });
            }
        }
        for part in new.chunks(CHUNK) {
            let values = part.iter().flat_map(|values| values.iter().cloned().map(Some)).collect();
            let tree = InsertTree {
                table,
                columns: columns.clone(),
                source: InsertSource::Rows(values),
                conflict: None,
                returning: Vec::new(),
            };
            let statement = dialect::compile_insert(tree, self.engine.capabilities())?;
            self.send(statement).await?;
        }
        for (ends, stored) in written {
            self.settle_pair(n, ends, stored);
        }
        Ok(())
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
