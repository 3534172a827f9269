use super::by_table;
use crate::entity::{Action, ForeignKeyDef, TableDef};
use crate::error::{Error, Result};
use crate::model::key_values;
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::session::links::KeyId;
use std::collections::{BTreeSet, HashMap, HashSet};

/// New rows in waves, each of which needs only rows of those before it.
#[derive(Debug, Default)]
pub(super) struct Inserts {
    pub(super) waves: Vec<Vec<Id>>,
    /// Rows of a cycle that get a link by an UPDATE afterwards.
    pub(super) linked_later: Vec<Id>,
}

/// Doomed rows in waves, children before their parents.
#[derive(Debug, Default)]
pub(super) struct Deletes {
    /// Rows of a cycle, with the columns that are set to NULL first.
    pub(super) unlinked: Vec<(Id, Vec<u16>)>,
    pub(super) waves: Vec<Vec<Id>>,
}

/// Tables in the order of their foreign keys, parents first: each alone, and those that form a cycle (with what depends on
/// them) together at the end. Kahn's algorithm (A. B. Kahn, 1962), taking the first free table in the given order.
fn order_tables(tables: Vec<(&'static TableDef, Vec<Id>)>) -> Vec<Vec<(&'static TableDef, Vec<Id>)>> {
    let mut rest = tables;
    let mut groups = Vec::new();
    while !rest.is_empty() {
        let waits = |table: &TableDef| {
            let waits_for =
                |key: &ForeignKeyDef| key.target() != table && rest.iter().any(|(other, _)| *other == key.target());
            table.foreign_keys.iter().any(waits_for)
        };
        match rest.iter().position(|(table, _)| !waits(table)) {
            Some(n) => groups.push(vec![rest.remove(n)]),
            None => groups.push(std::mem::take(&mut rest)),
        }
    }
    groups
}

fn refers_to_itself(group: &[(&'static TableDef, Vec<Id>)]) -> bool {
    group.len() > 1 || group[0].0.foreign_keys.iter().any(|key| key.target() == group[0].0)
}

/// Why a row waits for another one.
#[derive(Clone, Copy, Debug)]
enum Edge {
    /// A link to a row without a key yet.
    Link(KeyId),
    /// A foreign key's columns hold the other's key.
    Columns(&'static ForeignKeyDef),
}

/// Rows that wait for each other, by their number in the given order.
struct Waiting {
    rows: Vec<Id>,
    /// For each row: the rows that it waits for, until the edge is broken or they are done.
    needs: Vec<Vec<(Edge, usize)>>,
}

impl Waiting {
    /// Puts the rows into waves. `cut` breaks one edge of a cycle, or says what is wrong.
    fn waves(mut self, mut cut: impl FnMut(&[(Id, Edge, Id)]) -> Result<usize>) -> Result<Vec<Vec<Id>>> {
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

impl Session {
    /// # Errors
    /// [`Error::Session`] for a row that is linked to an object that will not be written.
    pub(super) fn check_awaited<'a>(&self, rows: impl Iterator<Item = &'a Id>) -> Result<()> {
        for child in rows {
            for (_, parent) in self.awaited(*child) {
                if self.stage(parent) != Stage::Pending {
                    return Err(self.linked_to_gone(*child, parent));
                }
            }
        }
        Ok(())
    }

    /// New rows, in waves.
    ///
    /// # Errors
    /// [`Error::CircularDependency`].
    pub(super) fn order_inserts(&self, new: &[Id]) -> Result<Inserts> {
        let mut inserts = Inserts::default();
        for group in order_tables(by_table(self, new)) {
            if !refers_to_itself(&group) {
                inserts.waves.extend(group.into_iter().map(|(_, rows)| rows));
                continue;
            }
            let mut rows: Vec<Id> = group.into_iter().flat_map(|(_, rows)| rows).collect();
            rows.sort_by_key(|id| self.slot(*id).order);
            let numbers: HashMap<Id, usize> = rows.iter().enumerate().map(|(n, id)| (*id, n)).collect();
            let by_key: HashMap<(u32, Identity), usize> = rows
                .iter()
                .enumerate()
                .filter_map(|(n, id)| Some(((id.store, Identity::of(self.object(*id).primary_key()?)), n)))
                .collect();
            let needs = rows.iter().map(|row| self.needs(*row, &numbers, &by_key)).collect();
            let mut later: HashSet<Id> = HashSet::new();
            let waves = Waiting { rows, needs }.waves(|cycle| {
                let cut = cycle.iter().position(|(row, edge, _)| match edge {
                    Edge::Link(key) => {
                        let table = self.table(*row);
                        self.links.keys[*key].columns.iter().any(|column| table.column_def(*column).nullable)
                    }
                    Edge::Columns(_) => false,
                });
                let cut = cut.ok_or_else(|| self.circular(cycle))?;
                if later.insert(cycle[cut].0) {
                    inserts.linked_later.push(cycle[cut].0);
                }
                Ok(cut)
            })?;
            inserts.waves.extend(waves);
        }
        Ok(inserts)
    }

    fn circular(&self, cycle: &[(Id, Edge, Id)]) -> Error {
        let link = |(row, edge, other): &(Id, Edge, Id)| {
            let columns = match edge {
                Edge::Link(key) => self.links.keys[*key].columns.as_slice(),
                Edge::Columns(key) => key.columns,
            };
            let names: Vec<String> = columns.iter().map(|column| self.column_name(*row, *column)).collect();
            format!("{} → {} ({})", self.describe(*row), self.describe(*other), names.join(", "))
        };
        Error::CircularDependency { links: cycle.iter().map(link).collect::<Vec<_>>().join(", ") }
    }

    /// The new rows that a row needs: over links that wait for a key, and over keys set by hand.
    fn needs(
        &self,
        row: Id,
        numbers: &HashMap<Id, usize>,
        by_key: &HashMap<(u32, Identity), usize>,
    ) -> Vec<(Edge, usize)> {
        let mut needs: Vec<(Edge, usize)> = Vec::new();
        for (key, parent) in self.awaited(row) {
            needs.extend(numbers.get(&parent).map(|n| (Edge::Link(key), *n)));
        }
        for key in self.table(row).foreign_keys {
            if let Some(store) = self.known_store(key.target())
                && key.target_columns() == key.target().primary_key
                && let Some(values) = key_values(self.object(row).values(key.columns))
                && let Some(parent) = by_key.get(&(store, Identity::of(values)))
                && numbers.get(&row) != Some(parent)
                && !needs.iter().any(|(_, other)| other == parent)
            {
                needs.push((Edge::Columns(key), *parent));
            }
        }
        needs
    }

    /// Doomed rows, in waves: children before their parents.
    ///
    /// # Errors
    /// [`Error::CircularDependency`] for rows that reference each other over keys that can't be NULL.
    pub(super) fn order_deletes(&self, doomed: &[Id]) -> Result<Deletes> {
        let mut deletes = Deletes::default();
        for group in order_tables(by_table(self, doomed)).into_iter().rev() {
            if !refers_to_itself(&group) {
                deletes.waves.extend(group.into_iter().map(|(_, rows)| rows));
                continue;
            }
            let rows: Vec<Id> = group.into_iter().flat_map(|(_, rows)| rows).collect();
            let by_key: HashMap<(u32, Identity), usize> = rows
                .iter()
                .enumerate()
                .filter_map(|(n, id)| Some(((id.store, Identity::of(self.original_key(*id)?)), n)))
                .collect();
            // A row waits for those that reference it, by the rows as they are in the database.
            let mut needs: Vec<Vec<(Edge, usize)>> = vec![Vec::new(); rows.len()];
            for (n, row) in rows.iter().enumerate() {
                for key in self.table(*row).foreign_keys {
                    let values = key.columns.iter().map(|column| self.original(*row, *column)).collect();
                    if let Some(store) = self.known_store(key.target())
                        && let Some(values) = key_values(values)
                        && let Some(parent) = by_key.get(&(store, Identity::of(values)))
                        && *parent != n
                    {
                        needs[*parent].push((Edge::Columns(key), n));
                    }
                }
            }
            let unlinked = &mut deletes.unlinked;
            let waves = Waiting { rows, needs }.waves(|cycle| {
                // The edge goes from the row that is referenced to the one that holds the key.
                let nullable = |holder: Id, key: &ForeignKeyDef| -> Vec<u16> {
                    let table = self.table(holder);
                    key.columns.iter().copied().filter(|column| table.column_def(*column).nullable).collect()
                };
                for (n, (_, edge, holder)) in cycle.iter().enumerate() {
                    let Edge::Columns(key) = edge else { continue };
                    let columns = nullable(*holder, key);
                    if !columns.is_empty() {
                        unlinked.push((*holder, columns));
                        return Ok(n);
                    }
                }
                // The database deletes the holder along with it.
                let cascades = |(_, edge, _): &(Id, Edge, Id)| matches!(edge, Edge::Columns(key) if key.on_delete == Action::Cascade);
                cycle.iter().position(cascades).ok_or_else(|| {
                    let held: Vec<_> = cycle.iter().map(|(row, edge, holder)| (*holder, *edge, *row)).collect();
                    self.circular(&held)
                })
            })?;
            deletes.waves.extend(waves);
        }
        Ok(deletes)
    }

    /// The key of the row in the database.
    pub(in crate::session) fn original_key(&self, id: Id) -> Option<Vec<crate::types::Value>> {
        key_values(self.table(id).primary_key.iter().map(|column| self.original(id, *column)).collect())
    }
}
