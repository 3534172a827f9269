use crate::dialect;
use crate::entity::{Link, PassiveDeletes, RelRef, TableDef};
use crate::error::Result;
use crate::expr::{InSource, Node, Source};
use crate::model::key_values;
use crate::query::{DeleteTree, InsertSource, InsertTree, Tree};
use crate::session::Session;
use crate::session::arena::{Id, Stage};
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
        let mut tables: Vec<&'static TableDef> = Vec::new();
        for id in doomed {
            if !tables.contains(&self.table(*id)) {
                tables.push(self.table(*id));
            }
        }
        for table in tables {
            for index in 0..table.relationships.len() as u16 {
                let relationship = RelRef { table, index, reversed: false };
                let Link::Through(through) = &relationship.resolve()?.link else { continue };
                if through.read_only || relationship.def().passive_deletes != PassiveDeletes::No {
                    continue;
                }
                let keys: Vec<Vec<Value>> = doomed
                    .iter()
                    .filter(|id| self.table(**id) == table)
                    .filter_map(|id| key_values(through.local.iter().map(|c| self.original(*id, *c)).collect()))
                    .collect();
                for keys in keys.chunks(CHUNK) {
                    self.delete_link_rows(through.table, &through.near, keys).await?;
                }
            }
        }
        // Their pairs have no rows any more.
        for n in 0..self.pairs.tables.len() {
            let sides = self.pairs.tables[n].sides.clone();
            let gone = |this: &Self, ends: &[u32; 2]| {
                (0..2).any(|side| {
                    let id = Id { store: sides[side].store, slot: ends[side] };
                    matches!(this.stage(id), Stage::Doomed | Stage::Deleted)
                })
            };
            let pairs: Vec<[u32; 2]> =
                self.pairs.tables[n].pairs.keys().copied().filter(|ends| gone(self, ends)).collect();
            for ends in pairs {
                self.settle_pair(n, ends, false);
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
        let mut changed: Vec<([u32; 2], bool)> = self.pairs.tables[n]
            .pairs
            .iter()
            .filter(|(_, pair)| pair.stored != pair.wanted)
            .map(|(ends, pair)| (*ends, pair.wanted))
            .collect();
        changed.sort_unstable();
        let mut parted: Vec<([u32; 2], Vec<Value>)> = Vec::new();
        let mut new: Vec<([u32; 2], Vec<Value>)> = Vec::new();
        for (ends, wanted) in changed {
            let [a, b] = [0, 1].map(|side| Id { store: sides[side].store, slot: ends[side] });
            if wanted && !(self.stage(a) == Stage::Persistent && self.stage(b) == Stage::Persistent) {
                continue;
            }
            let mut values = Vec::new();
            for (id, side) in [a, b].into_iter().zip(&sides) {
                let key = if wanted {
                    self.object(id).values(&side.key)
                } else {
                    side.key.iter().map(|column| self.original(id, *column)).collect()
                };
                values.extend(key.into_iter().flatten());
            }
            if wanted { new.push((ends, values)) } else { parted.push((ends, values)) }
        }
        let columns: Vec<u16> = sides.iter().flat_map(|side| side.columns.clone()).collect();
        for part in parted.chunks(CHUNK) {
            let certain = part.iter().filter(|(ends, _)| !self.pairs.tables[n].pairs[ends].assumed).count() as u64;
            let keys: Vec<Vec<Value>> = part.iter().map(|(_, values)| values.clone()).collect();
            let matched = self.delete_link_rows(table, &columns, &keys).await?;
            Self::check_links(table, certain, matched)?;
            for (ends, _) in part {
                self.settle_pair(n, *ends, false);
            }
        }
        for part in new.chunks(CHUNK) {
            let values = part.iter().flat_map(|(_, values)| values.iter().cloned().map(Some)).collect();
            let tree = InsertTree {
                table,
                columns: columns.clone(),
                source: InsertSource::Rows(values),
                conflict: None,
                returning: Vec::new(),
            };
            let statement = dialect::compile_insert(tree, self.engine.capabilities())?;
            self.send(statement).await?;
            for (ends, _) in part {
                self.settle_pair(n, *ends, true);
            }
        }
        Ok(())
    }

    /// The pair's row is there, or gone.
    fn settle_pair(&mut self, n: usize, ends: [u32; 2], stored: bool) {
        if let Some(pair) = self.pairs.tables[n].pairs.get_mut(&ends) {
            let before = *pair;
            pair.stored = stored;
            pair.wanted = stored;
            if let Some(journal) = &mut self.flushing {
                journal.pair(n, ends, before);
            }
        }
    }
}
