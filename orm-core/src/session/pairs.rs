//! Many-to-many links: sets of pairs, one for each table between two models.

use super::Session;
use super::arena::Id;
use crate::entity::{Resolved, TableDef, Through};
use crate::error::{Error, Result};
use std::collections::HashMap;

/// A table between, by number, and the side that a relationship starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PairSide {
    pub(super) table: usize,
    pub(super) side: usize,
}

/// All many-to-many links of a session.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pub(super) tables: Vec<PairTable>,
}

/// The pairs of one table.
#[derive(Debug)]
pub(super) struct PairTable {
    pub(super) table: &'static TableDef,
    pub(super) sides: [Side; 2],
    pub(super) pairs: HashMap<[u32; 2], Pair>,
    /// For each side: its objects' partners, in order.
    partners: [HashMap<u32, Vec<u32>>; 2],
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

/// A pair of linked objects.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pair {
    /// It has a row now.
    pub(super) stored: bool,
    /// It should have one.
    pub(super) wanted: bool,
    /// It had one when the transaction began.
    pub(super) base: bool,
    /// Whether it had one is not known: it was parted without being loaded.
    pub(super) assumed: bool,
}

impl PairTable {
    pub(super) fn id(&self, side: usize, slot: u32) -> Id {
        Id { store: self.sides[side].store, slot }
    }

    fn drop_pair(&mut self, pair: [u32; 2]) {
        self.pairs.remove(&pair);
        for side in 0..2 {
            if let Some(partners) = self.partners[side].get_mut(&pair[side]) {
                partners.retain(|partner| *partner != pair[1 - side]);
            }
        }
    }
}

/// Both ends of a pair in the table's order, given the end that the relationship starts from.
fn ordered(side: usize, here: Id, there: Id) -> [u32; 2] {
    if side == 0 { [here.slot, there.slot] } else { [there.slot, here.slot] }
}

impl Pairs {
    /// Forgets all pairs of an object.
    pub(super) fn forget(&mut self, id: Id) {
        for table in &mut self.tables {
            for side in 0..2 {
                if table.sides[side].store == id.store {
                    for partner in table.partners[side].remove(&id.slot).unwrap_or_default() {
                        let pair = if side == 0 { [id.slot, partner] } else { [partner, id.slot] };
                        table.drop_pair(pair);
                    }
                }
            }
        }
    }

    /// Whether a flush has pairs to write.
    pub(super) fn changed(&self) -> bool {
        self.tables.iter().any(|table| table.pairs.values().any(|pair| pair.stored != pair.wanted))
    }

    /// What is stored now is what the next transaction begins with.
    pub(super) fn commit(&mut self) {
        for pair in self.tables.iter_mut().flat_map(|table| table.pairs.values_mut()) {
            pair.base = pair.stored;
        }
    }

    /// Back to the pairs of the transaction's beginning.
    pub(super) fn rollback(&mut self) {
        for table in &mut self.tables {
            let gone: Vec<[u32; 2]> =
                table.pairs.iter().filter(|(_, pair)| !pair.base || pair.assumed).map(|(ends, _)| *ends).collect();
            gone.into_iter().for_each(|pair| table.drop_pair(pair));
            for pair in table.pairs.values_mut() {
                pair.stored = true;
                pair.wanted = true;
            }
        }
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

    /// Enters a pair that a query brought. One that was taken away since stays so.
    pub(super) fn pair_loaded(&mut self, pairs: PairSide, here: Id, there: Id) {
        let table = &mut self.pairs.tables[pairs.table];
        let ends = ordered(pairs.side, here, there);
        match table.pairs.get_mut(&ends) {
            Some(pair) => pair.stored = true,
            None => {
                table.pairs.insert(ends, Pair { stored: true, wanted: true, base: true, assumed: false });
                for side in 0..2 {
                    table.partners[side].entry(ends[side]).or_default().push(ends[1 - side]);
                }
            }
        }
    }

    /// Links two objects, or parts them.
    pub(super) fn pair(&mut self, pairs: PairSide, here: Id, there: Id, wanted: bool) {
        let table = &mut self.pairs.tables[pairs.table];
        let ends = ordered(pairs.side, here, there);
        if let Some(pair) = table.pairs.get_mut(&ends) {
            pair.wanted = wanted;
            if !wanted && !pair.stored && !pair.base {
                table.drop_pair(ends);
            }
        } else if wanted {
            table.pairs.insert(ends, Pair { stored: false, wanted: true, base: false, assumed: false });
            for side in 0..2 {
                table.partners[side].entry(ends[side]).or_default().push(ends[1 - side]);
            }
        } else {
            // Parting two objects whose link was not loaded: there may be a row.
            table.pairs.insert(ends, Pair { stored: true, wanted: false, base: true, assumed: true });
            for side in 0..2 {
                table.partners[side].entry(ends[side]).or_default().push(ends[1 - side]);
            }
        }
    }

    /// An object's live partners, in order.
    pub(super) fn partners(&self, pairs: PairSide, here: Id) -> Vec<Id> {
        let table = &self.pairs.tables[pairs.table];
        let linked = |partner: &u32| {
            let there = table.id(1 - pairs.side, *partner);
            let pair = table.pairs.get(&ordered(pairs.side, here, there))?;
            (pair.wanted && self.is_live(there)).then_some(there)
        };
        table.partners[pairs.side].get(&here.slot).into_iter().flatten().filter_map(linked).collect()
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
