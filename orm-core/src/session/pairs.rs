//! Many-to-many links: sets of pairs, one for each table between two models.

use super::Session;
use super::arena::Id;
use crate::entity::{Resolved, TableDef, Through};
use crate::error::{Error, Result};
use std::collections::{HashMap, HashSet};

/// A table between, by number, and the side that a relationship starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PairSide {
    pub(super) table: usize,
    pub(super) side: usize,
}

/// Two linked objects, by slot, in the order of the table's sides.
pub(super) type Ends = [u32; 2];

/// All many-to-many links of a session.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pub(super) tables: Vec<PairTable>,
    /// What changed since the transaction began: the pair as it was before.
    log: Vec<(usize, Ends, Pair)>,
}

/// The pairs of one table.
#[derive(Debug)]
pub(super) struct PairTable {
    pub(super) table: &'static TableDef,
    pub(super) sides: [Side; 2],
    pub(super) pairs: HashMap<Ends, Pair>,
    /// For each side: its objects' partners, in order, those of pairs that are neither stored nor wanted included.
    partners: [HashMap<u32, Vec<u32>>; 2],
    /// Pairs that were linked or parted since the last flush, in order.
    pub(super) queue: Vec<Ends>,
}

/// One side of a table between.
#[derive(Clone, Debug)]
pub(super) struct Side {
    /// The objects' store.
    pub(super) store: u32,
    /// The table's columns that reference them.
    pub(super) columns: Vec<u16>,
    /// The referenced columns.
    pub(super) key: Vec<u16>,
}

/// A pair of objects.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Pair {
    /// It has a row now.
    pub(super) stored: bool,
    /// It should have one.
    pub(super) wanted: bool,
    /// Whether it has a row is not known: it was parted without being loaded.
    pub(super) assumed: bool,
    queued: bool,
}

impl Pair {
    fn is_nothing(self) -> bool {
        !self.stored && !self.wanted
    }
}

impl PairTable {
    pub(super) fn id(&self, side: usize, slot: u32) -> Id {
        Id { store: self.sides[side].store, slot }
    }

    /// Changes a pair; gives what it was.
    fn put(&mut self, ends: Ends, pair: Pair) -> Pair {
        match self.pairs.insert(ends, pair) {
            Some(before) => before,
            None => {
                for side in 0..2 {
                    self.partners[side].entry(ends[side]).or_default().push(ends[1 - side]);
                }
                Pair::default()
            }
        }
    }

    /// Takes pairs out for good.
    fn drop_pairs(&mut self, gone: impl Iterator<Item = Ends>) {
        let mut affected: [HashSet<u32>; 2] = Default::default();
        for ends in gone {
            if self.pairs.remove(&ends).is_some() {
                affected[0].insert(ends[0]);
                affected[1].insert(ends[1]);
            }
        }
        let pairs = &self.pairs;
        for (side, slots) in affected.into_iter().enumerate() {
            for slot in slots {
                let Some(partners) = self.partners[side].get_mut(&slot) else { continue };
                let ends = |partner: u32| if side == 0 { [slot, partner] } else { [partner, slot] };
                partners.retain(|partner| pairs.contains_key(&ends(*partner)));
                if partners.is_empty() {
                    self.partners[side].remove(&slot);
                }
            }
        }
    }
}

/// Both ends of a pair in the table's order, given the end that the relationship starts from.
fn ordered(side: usize, here: u32, there: u32) -> Ends {
    if side == 0 { [here, there] } else { [there, here] }
}

impl Pairs {
    /// Forgets all pairs of these objects.
    pub(super) fn forget(&mut self, ids: &[Id]) {
        for table in &mut self.tables {
            let mut gone: Vec<Ends> = Vec::new();
            for side in 0..2 {
                for id in ids.iter().filter(|id| id.store == table.sides[side].store) {
                    let partners = table.partners[side].get(&id.slot).into_iter().flatten();
                    gone.extend(partners.map(|partner| ordered(side, id.slot, *partner)));
                }
            }
            table.drop_pairs(gone.into_iter());
        }
    }

    /// Whether a flush has pairs to write.
    pub(super) fn changed(&self) -> bool {
        self.tables.iter().any(|table| !table.queue.is_empty())
    }

    /// Changes a pair, keeping what it was for a rollback.
    pub(super) fn change(&mut self, table: usize, ends: Ends, change: impl FnOnce(&mut Pair)) {
        let known = &mut self.tables[table];
        let before = known.pairs.get(&ends).copied().unwrap_or_default();
        let mut pair = before;
        change(&mut pair);
        if pair != before || !known.pairs.contains_key(&ends) {
            known.put(ends, pair);
            self.log.push((table, ends, before));
        }
    }

    fn enqueue(&mut self, table: usize, ends: Ends) {
        let table = &mut self.tables[table];
        if let Some(pair) = table.pairs.get_mut(&ends)
            && !std::mem::replace(&mut pair.queued, true)
        {
            table.queue.push(ends);
        }
    }

    /// The pairs to be written, in order, taken out of the queue.
    pub(super) fn take_queue(&mut self, table: usize) -> Vec<Ends> {
        let table = &mut self.tables[table];
        let queue = std::mem::take(&mut table.queue);
        for ends in &queue {
            if let Some(pair) = table.pairs.get_mut(ends) {
                pair.queued = false;
            }
        }
        queue
    }

    /// Empties all queues.
    pub(super) fn drop_queue(&mut self) {
        for table in 0..self.tables.len() {
            self.take_queue(table);
        }
    }

    /// The queues, to be put back when a flush fails.
    pub(super) fn queues(&self) -> Vec<Vec<Ends>> {
        self.tables.iter().map(|table| table.queue.clone()).collect()
    }

    /// Puts the queues back.
    pub(super) fn restore_queues(&mut self, queues: Vec<Vec<Ends>>) {
        self.drop_queue();
        for (table, queue) in queues.into_iter().enumerate() {
            queue.into_iter().for_each(|ends| self.enqueue(table, ends));
        }
    }

    /// Where changes from now on begin.
    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Takes the changes since a mark back; gives the pairs that were linked until then.
    pub(super) fn undo(&mut self, mark: usize) -> Vec<(usize, Ends)> {
        let mut linked = Vec::new();
        let mut seen = HashSet::new();
        for (table, ends, before) in self.log.split_off(mark.min(self.log.len())).into_iter().rev() {
            if let Some(pair) = self.tables[table].pairs.get_mut(&ends) {
                if seen.insert((table, ends)) && pair.wanted {
                    linked.push((table, ends));
                }
                let queued = pair.queued;
                *pair = Pair { queued, ..before };
            }
        }
        linked
    }

    /// Links a pair of which one end is withdrawn, outside any transaction.
    pub(super) fn want_again(&mut self, table: usize, ends: Ends) {
        if let Some(pair) = self.tables[table].pairs.get_mut(&ends) {
            pair.wanted = true;
        }
    }

    /// Enqueues an object's links that have no rows; gives the partners that it is linked to.
    pub(super) fn enqueue_wanted(&mut self, pairs: PairSide, here: Id) -> Vec<Id> {
        let mut partners = self.ever(pairs, here);
        partners.retain(|there| {
            let ends = ordered(pairs.side, here.slot, there.slot);
            let Some(pair) = self.tables[pairs.table].pairs.get(&ends).copied() else { return false };
            if pair.wanted && !pair.stored {
                self.enqueue(pairs.table, ends);
            }
            pair.wanted
        });
        partners
    }

    /// The objects that an object was linked to in this transaction, or is.
    pub(super) fn ever(&self, pairs: PairSide, here: Id) -> Vec<Id> {
        let table = &self.tables[pairs.table];
        if table.sides[pairs.side].store != here.store {
            return Vec::new();
        }
        let partners = table.partners[pairs.side].get(&here.slot).into_iter().flatten();
        partners.map(|partner| table.id(1 - pairs.side, *partner)).collect()
    }

    /// Whether a rollback has pairs to put back.
    pub(super) fn is_journaled(&self) -> bool {
        !self.log.is_empty()
    }

    /// Forgets all pairs.
    pub(super) fn clear(&mut self) {
        self.log.clear();
        for table in &mut self.tables {
            table.pairs.clear();
            table.partners.iter_mut().for_each(HashMap::clear);
            table.queue.clear();
        }
    }

    /// What is here now is what the next transaction begins with; pairs of these objects, and those that are nothing any
    /// more, go.
    pub(super) fn settle(&mut self, gone: &[Id]) {
        let log = std::mem::take(&mut self.log);
        for (n, table) in self.tables.iter_mut().enumerate() {
            let nothing: Vec<Ends> = log
                .iter()
                .filter(|(of, ends, _)| *of == n && table.pairs.get(ends).is_some_and(|pair| pair.is_nothing()))
                .map(|(_, ends, _)| *ends)
                .collect();
            table.drop_pairs(nothing.into_iter());
        }
        self.forget(gone);
    }
}

impl Session {
    /// The number and side of the table behind a many-to-many relationship, made when it is first asked for.
    pub(super) fn pairs_for(&mut self, resolved: &Resolved, through: &Through) -> Result<PairSide> {
        let (near, far) = (self.store_for(resolved.source)?, self.store_for(resolved.target)?);
        if let Some(known) = self.known_pairs_for(through) {
            return Ok(known);
        }
        let side =
            |store, columns: &Vec<u16>, key: &Vec<u16>| Side { store, columns: columns.clone(), key: key.clone() };
        self.pairs.tables.push(PairTable {
            table: through.table,
            sides: [side(near, &through.near, &through.local), side(far, &through.far, &through.remote)],
            pairs: HashMap::new(),
            partners: [HashMap::new(), HashMap::new()],
            queue: Vec::new(),
        });
        Ok(PairSide { table: self.pairs.tables.len() - 1, side: 0 })
    }

    /// The number and side of the table, if anything was linked over it yet.
    pub(super) fn known_pairs_for(&self, through: &Through) -> Option<PairSide> {
        self.pairs.tables.iter().enumerate().find_map(|(table, known)| {
            if known.table != through.table {
                return None;
            }
            let side = known.sides.iter().position(|side| side.columns == through.near)?;
            (known.sides[1 - side].columns == through.far).then_some(PairSide { table, side })
        })
    }

    /// Enters what a query brought: the partners of an object, all of them if `whole`. A pair that was parted since, or
    /// linked, stays so.
    pub(super) fn pairs_loaded(&mut self, pairs: PairSide, here: Id, loaded: &[Id], whole: bool) {
        let logs = self.wrote();
        let mark = self.pairs.mark();
        if whole {
            let present: HashSet<u32> = loaded.iter().map(|id| id.slot).collect();
            let known = self.pairs.tables[pairs.table].partners[pairs.side].get(&here.slot);
            let gone: Vec<u32> = known.into_iter().flatten().copied().filter(|slot| !present.contains(slot)).collect();
            for slot in gone {
                self.pairs.change(pairs.table, ordered(pairs.side, here.slot, slot), |pair| {
                    pair.wanted &= !pair.stored;
                    pair.stored = false;
                    pair.assumed = false;
                });
            }
        }
        for there in loaded {
            self.pairs.change(pairs.table, ordered(pairs.side, here.slot, there.slot), |pair| {
                pair.wanted |= !pair.stored;
                pair.stored = true;
                pair.assumed = false;
            });
        }
        if !logs {
            // What the database had before the first write is not taken back.
            self.pairs.log.truncate(mark);
        }
    }

    /// Links two objects, or parts them.
    pub(super) fn pair(&mut self, pairs: PairSide, here: Id, there: Id, wanted: bool) {
        let ends = ordered(pairs.side, here.slot, there.slot);
        let known = self.pairs.tables[pairs.table].pairs.get(&ends).is_some_and(|pair| !pair.is_nothing());
        let whole = || {
            use super::collections::CollectionKind::Partners;
            let other = PairSide { side: 1 - pairs.side, ..pairs };
            self.is_complete(Partners(pairs), here) || self.is_complete(Partners(other), there)
        };
        if !wanted && !known && whole() {
            return;
        }
        self.pairs.change(pairs.table, ends, |pair| {
            if !wanted && !known {
                // There may be a row: their link was not loaded.
                pair.stored = true;
                pair.assumed = true;
            }
            pair.wanted = wanted;
        });
        self.pairs.enqueue(pairs.table, ends);
    }

    /// An object's live partners, in order.
    pub(super) fn partners(&self, pairs: PairSide, here: Id) -> Vec<Id> {
        let table = &self.pairs.tables[pairs.table];
        let linked = |partner: &u32| {
            let there = table.id(1 - pairs.side, *partner);
            let pair = table.pairs.get(&ordered(pairs.side, here.slot, there.slot))?;
            (pair.wanted && self.is_live(there)).then_some(there)
        };
        table.partners[pairs.side].get(&here.slot).into_iter().flatten().filter_map(linked).collect()
    }

    /// The partners that an object got, and those it lost, since the last flush.
    pub(super) fn partner_changes(&self, pairs: PairSide, here: Id) -> (Vec<Id>, Vec<Id>) {
        let table = &self.pairs.tables[pairs.table];
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for partner in table.partners[pairs.side].get(&here.slot).into_iter().flatten() {
            let there = table.id(1 - pairs.side, *partner);
            match table.pairs.get(&ordered(pairs.side, here.slot, there.slot)) {
                Some(Pair { stored: false, wanted: true, .. }) if self.is_live(there) => added.push(there),
                Some(Pair { stored: true, wanted, .. }) if !wanted || !self.is_live(there) => removed.push(there),
                _ => {}
            }
        }
        (added, removed)
    }

    /// All pairs of an object that are something, on either side of a table.
    pub(super) fn pairs_of(&self, table: usize, id: Id) -> Vec<Ends> {
        let known = &self.pairs.tables[table];
        let mut found = Vec::new();
        for side in (0..2).filter(|side| known.sides[*side].store == id.store) {
            let partners = known.partners[side].get(&id.slot).into_iter().flatten();
            found.extend(partners.map(|partner| ordered(side, id.slot, *partner)));
        }
        found.retain(|ends| known.pairs.get(ends).is_some_and(|pair| !pair.is_nothing()));
        found
    }

    /// # Errors
    /// For a relationship over a model's table, which is written through that model.
    pub(super) fn writable(resolved: &Resolved, through: &Through) -> Result<()> {
        if !through.read_only {
            return Ok(());
        }
        Err(Error::Session(format!(
            "`{}` is read-only: its table is the model `{}`; add or delete that object instead",
            resolved.relationship,
            through.table.title()
        )))
    }
}
