//! Rows that wait for each other, put into waves.

use super::unique::UniqueSet;
use crate::entity::ForeignKeyDef;
use crate::error::Result;
use crate::session::arena::Id;
use crate::session::links::KeyId;
use std::collections::{BTreeSet, HashMap};

/// Why a row waits for another one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Edge {
    /// A link to a row without a key yet.
    Link(KeyId),
    /// A new row's foreign key holds the other's key, or a doomed row's key is held by the other.
    Columns(&'static ForeignKeyDef),
    /// The foreign key leads to the key that the other row will have.
    Enters(&'static ForeignKeyDef),
    /// The other row's foreign key leads to the key that this one has now, and will lead elsewhere, or the row goes.
    Leaves(&'static ForeignKeyDef),
    /// The other row frees a unique value.
    Unique(UniqueSet),
}

/// Rows that wait for each other, by their number in the given order.
pub(super) struct Waiting {
    pub(super) rows: Vec<Id>,
    /// For each row: the rows that it waits for, until the edge is broken or they are done.
    pub(super) needs: Vec<Vec<(Edge, usize)>>,
}

impl Waiting {
    /// Puts the rows into waves. `cut` breaks one edge of a cycle, or says what is wrong.
    pub(super) fn waves(mut self, mut cut: impl FnMut(&[(Id, Edge, Id)]) -> Result<usize>) -> Result<Vec<Vec<Id>>> {
        let count = self.rows.len();
        let mut waiting: Vec<usize> = self.needs.iter().map(Vec::len).collect();
        let mut wanted_by: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (row, needs) in self.needs.iter().enumerate() {
            needs.iter().for_each(|(_, other)| wanted_by[*other].push(row));
        }
        let mut done = vec![false; count];
        let mut ready: BTreeSet<usize> = (0..count).filter(|row| waiting[*row] == 0).collect();
        let mut first = 0;
        let mut waves = Vec::new();
        loop {
            if ready.is_empty() {
                while first < count && done[first] {
                    first += 1;
                }
                if first == count {
                    return Ok(waves);
                }
                let cycle = self.cycle(first, &done);
                let edges: Vec<(Id, Edge, Id)> = cycle
                    .iter()
                    .map(|(row, n)| {
                        let (edge, other) = self.needs[*row][*n];
                        (self.rows[*row], edge, self.rows[other])
                    })
                    .collect();
                let (row, n) = cycle[cut(&edges)?];
                let (_, other) = self.needs[row].remove(n);
                if let Some(at) = wanted_by[other].iter().position(|waits| *waits == row) {
                    wanted_by[other].remove(at);
                }
                waiting[row] -= 1;
                if waiting[row] == 0 {
                    ready.insert(row);
                }
                continue;
            }
            let wave = std::mem::take(&mut ready);
            for row in &wave {
                done[*row] = true;
            }
            for row in &wave {
                for waits in &wanted_by[*row] {
                    waiting[*waits] -= 1;
                    if waiting[*waits] == 0 {
                        ready.insert(*waits);
                    }
                }
            }
            waves.push(wave.into_iter().map(|row| self.rows[row]).collect());
        }
    }

    /// A cycle that a waiting row is in or waits for: each member, and the number of its edge to the next.
    fn cycle(&self, start: usize, done: &[bool]) -> Vec<(usize, usize)> {
        let mut path: Vec<(usize, usize)> = Vec::new();
        let mut at: HashMap<usize, usize> = HashMap::new();
        let mut row = start;
        loop {
            if let Some(from) = at.get(&row) {
                return path.split_off(*from);
            }
            at.insert(row, path.len());
            // A row that waits has an edge to one that is not done.
            let Some(n) = self.needs[row].iter().position(|(_, other)| !done[*other]) else { return path };
            path.push((row, n));
            row = self.needs[row][n].1;
        }
    }
}
