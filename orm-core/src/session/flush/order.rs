//! Which row is written when.

use super::by_table;
use super::waves::{Edge, Waiting};
use crate::entity::{Action, ForeignKeyDef, TableDef};
use crate::error::{Error, Result};
use crate::model::key_values;
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::session::links::KeyId;
use std::collections::{HashMap, HashSet};

/// The rows of a flush, in steps.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Doomed rows of a cycle, with the columns that are set to NULL first.
    pub(super) unlinked: Vec<(Id, Vec<u16>)>,
    /// Rows that can be inserted, updated and deleted together: they need only rows of the steps before.
    pub(super) steps: Vec<Step>,
    /// Rows of a cycle that get a link by an UPDATE afterwards, and the links.
    pub(super) linked_later: Vec<(Id, KeyId)>,
    /// Rows that take a unique value, the rows that free it, and its columns.
    pub(super) exchanges: Vec<(Id, Id, &'static [u16])>,
}

/// Rows that are written together.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) rows: Vec<Id>,
    /// Among rows that need each other: the number of the wave, from 0.
    pub(super) wave: Option<usize>,
}

impl From<Vec<Id>> for Step {
    fn from(rows: Vec<Id>) -> Self {
        Step { rows, wave: None }
    }
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

/// Rows by store and key.
type ByKey = HashMap<(u32, Identity), usize>;

impl Session {
    /// Puts the rows of a flush in order: inserts, updates, deletes; mixed where a unique value is freed and taken.
    ///
    /// # Errors
    /// [`Error::CircularDependency`]; [`Error::Session`] for a row that is linked to an object that will not be written,
    /// and for rows that exchange unique values.
    pub(super) fn order(&self, new: Vec<Id>, known: Vec<Id>, doomed: Vec<Id>) -> Result<Plan> {
        self.check_awaited(new.iter().chain(&known))?;
        let mut plan = Plan::default();
        if self.engine.capabilities().checks_keys_by_row() {
            doomed.iter().for_each(|row| self.let_go_of_itself(*row, &mut plan));
        }
        let exchanges = self.exchanged_values(&new, &known, &doomed);
        if exchanges.is_empty() {
            self.order_inserts(&new, &mut plan)?;
            plan.steps.push(known.into());
            self.order_deletes(&doomed, &mut plan)?;
        } else {
            self.order_mixed(new, known, doomed, &exchanges, &mut plan)?;
        }
        plan.exchanges = exchanges;
        Ok(plan)
    }

    fn check_awaited<'a>(&self, rows: impl Iterator<Item = &'a Id>) -> Result<()> {
        for child in rows {
            for (_, parent) in self.awaited(*child) {
                if self.stage(parent) != Stage::Pending {
                    return Err(self.linked_to_gone(*child, parent));
                }
            }
        }
        Ok(())
    }

    fn order_inserts(&self, new: &[Id], plan: &mut Plan) -> Result<()> {
        for group in order_tables(by_table(self, new)) {
            if !refers_to_itself(&group) {
                plan.steps.extend(group.into_iter().map(|(_, rows)| Step::from(rows)));
                continue;
            }
            let stores: HashSet<u32> = group.iter().map(|(_, rows)| rows[0].store).collect();
            let rows: Vec<Id> = new.iter().copied().filter(|id| stores.contains(&id.store)).collect();
            let numbers: HashMap<Id, usize> = rows.iter().enumerate().map(|(n, id)| (*id, n)).collect();
            let by_key = self.new_by_key(&rows);
            let needs = rows.iter().map(|row| self.needs(*row, &numbers, &by_key)).collect();
            self.in_waves(Waiting { rows, needs }, plan)?;
        }
        Ok(())
    }

    fn order_deletes(&self, doomed: &[Id], plan: &mut Plan) -> Result<()> {
        for group in order_tables(by_table(self, doomed)).into_iter().rev() {
            if !refers_to_itself(&group) {
                plan.steps.extend(group.into_iter().map(|(_, rows)| Step::from(rows)));
                continue;
            }
            let rows: Vec<Id> = group.into_iter().flat_map(|(_, rows)| rows).collect();
            let by_key = self.doomed_by_key(&rows);
            let mut needs = vec![Vec::new(); rows.len()];
            for (n, row) in rows.iter().enumerate() {
                self.references(*row, &by_key, |parent, key| needs[parent].push((Edge::Columns(key), n)));
            }
            self.in_waves(Waiting { rows, needs }, plan)?;
        }
        Ok(())
    }

    /// A doomed row that references itself sets that key to NULL first.
    fn let_go_of_itself(&self, row: Id, plan: &mut Plan) {
        let table = self.table(row);
        for key in table.foreign_keys.iter().filter(|key| key.target() == table) {
            let original = |columns: &[u16]| columns.iter().map(|column| self.original(row, *column)).collect();
            let nullable = |column: &u16| table.column_def(*column).nullable;
            let columns: Vec<u16> = key.columns.iter().copied().filter(nullable).collect();
            if !columns.is_empty()
                && key_values(original(key.columns))
                    .is_some_and(|own| key_values(original(&key.target_columns())) == Some(own))
            {
                plan.unlinked.push((row, columns));
            }
        }
    }

    /// All rows in one order, because a unique value that one of them frees is taken by another.
    fn order_mixed(
        &self,
        new: Vec<Id>,
        known: Vec<Id>,
        doomed: Vec<Id>,
        exchanges: &[(Id, Id, &'static [u16])],
        plan: &mut Plan,
    ) -> Result<()> {
        let rows: Vec<Id> = [new, known, doomed].concat();
        let numbers: HashMap<Id, usize> = rows.iter().enumerate().map(|(n, id)| (*id, n)).collect();
        let (new_by_key, doomed_by_key) = (self.new_by_key(&rows), self.doomed_by_key(&rows));
        let mut needs = vec![Vec::new(); rows.len()];
        for (n, row) in rows.iter().enumerate() {
            match self.stage(*row) {
                Stage::Pending => needs[n].extend(self.needs(*row, &numbers, &new_by_key)),
                Stage::Persistent => {
                    needs[n].extend(self.needs(*row, &numbers, &new_by_key));
                    self.references(*row, &doomed_by_key, |parent, key| {
                        let left = |column: &u16| self.object(*row).value(*column) != self.original(*row, *column);
                        if key.columns.iter().any(left) {
                            needs[parent].push((Edge::After, n));
                        }
                    });
                }
                _ => self.references(*row, &doomed_by_key, |parent, key| needs[parent].push((Edge::Columns(key), n))),
            }
        }
        for (taker, freer, columns) in exchanges {
            if let (Some(taker), Some(freer)) = (numbers.get(taker), numbers.get(freer)) {
                needs[*taker].push((Edge::Unique(columns), *freer));
            }
        }
        self.in_waves(Waiting { rows, needs }, plan)
    }

    /// Puts rows into waves, breaking cycles where that can be done.
    fn in_waves(&self, waiting: Waiting, plan: &mut Plan) -> Result<()> {
        let mut later: HashSet<(Id, KeyId)> = HashSet::new();
        let waves = waiting.waves(|cycle| {
            for (n, (row, edge, other)) in cycle.iter().enumerate() {
                match edge {
                    Edge::Link(key) if self.any_nullable(*row, &self.links.keys[*key].columns) => {
                        if later.insert((*row, *key)) {
                            plan.linked_later.push((*row, *key));
                        }
                        return Ok(n);
                    }
                    // A doomed row waits for those that hold its key.
                    Edge::Columns(key)
                        if self.stage(*row) == Stage::Doomed && self.any_nullable(*other, key.columns) =>
                    {
                        let table = self.table(*other);
                        let nullable = |column: &u16| table.column_def(*column).nullable;
                        plan.unlinked.push((*other, key.columns.iter().copied().filter(nullable).collect()));
                        return Ok(n);
                    }
                    _ => {}
                }
            }
            // The database deletes the holder along with it.
            let cascades = |(row, edge, _): &(Id, Edge, Id)| {
                self.stage(*row) == Stage::Doomed
                    && matches!(edge, Edge::Columns(key) if key.on_delete == Action::Cascade)
            };
            cycle.iter().position(cascades).ok_or_else(|| self.circular(cycle))
        })?;
        let numbered = waves.into_iter().enumerate();
        plan.steps.extend(numbered.map(|(wave, rows)| Step { rows, wave: Some(wave) }));
        Ok(())
    }

    fn any_nullable(&self, row: Id, columns: &[u16]) -> bool {
        let table = self.table(row);
        columns.iter().any(|column| table.column_def(*column).nullable)
    }

    fn circular(&self, cycle: &[(Id, Edge, Id)]) -> Error {
        let names = |row: Id, columns: &[u16]| {
            columns.iter().map(|column| self.column_name(row, *column)).collect::<Vec<_>>().join(", ")
        };
        let unique = cycle.iter().find_map(|(row, edge, other)| match edge {
            Edge::Unique(columns) => Some((row, columns, other)),
            _ => None,
        });
        if let Some((row, columns, other)) = unique {
            return Error::Session(format!(
                "{} takes the unique {} of {}, which can't let go of it before; change one of them to another value, \
                 flush, and then to the wanted one",
                self.describe(*row),
                names(*row, columns),
                self.describe(*other)
            ));
        }
        let link = |(row, edge, other): &(Id, Edge, Id)| match edge {
            Edge::Columns(key) if self.stage(*row) == Stage::Doomed => {
                format!("{} → {} ({})", self.describe(*other), self.describe(*row), names(*other, key.columns))
            }
            Edge::Columns(key) => {
                format!("{} → {} ({})", self.describe(*row), self.describe(*other), names(*row, key.columns))
            }
            Edge::Link(key) => {
                let columns = &self.links.keys[*key].columns;
                format!("{} → {} ({})", self.describe(*row), self.describe(*other), names(*row, columns))
            }
            Edge::Unique(_) | Edge::After => format!("{} → {}", self.describe(*row), self.describe(*other)),
        };
        Error::CircularDependency { links: cycle.iter().map(link).collect::<Vec<_>>().join(", ") }
    }

    fn new_by_key(&self, rows: &[Id]) -> ByKey {
        let rows = rows.iter().enumerate().filter(|(_, id)| self.stage(**id) == Stage::Pending);
        rows.filter_map(|(n, id)| Some(((id.store, Identity::of(self.object(*id).primary_key()?)), n))).collect()
    }

    fn doomed_by_key(&self, rows: &[Id]) -> ByKey {
        let rows = rows.iter().enumerate().filter(|(_, id)| self.stage(**id) == Stage::Doomed);
        rows.filter_map(|(n, id)| Some(((id.store, Identity::of(self.original_key(*id)?)), n))).collect()
    }

    /// The new rows that a row needs: over links that wait for a key, and over keys set by hand.
    fn needs(&self, row: Id, numbers: &HashMap<Id, usize>, by_key: &ByKey) -> Vec<(Edge, usize)> {
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

    /// The doomed rows that a row references, as it is in the database.
    fn references(&self, row: Id, by_key: &ByKey, mut each: impl FnMut(usize, &'static ForeignKeyDef)) {
        for key in self.table(row).foreign_keys {
            let values = key.columns.iter().map(|column| self.original(row, *column)).collect();
            if let Some(store) = self.known_store(key.target())
                && key.target_columns() == key.target().primary_key
                && let Some(values) = key_values(values)
                && let Some(parent) = by_key.get(&(store, Identity::of(values.clone())))
                && (key.target() != self.table(row) || self.original_key(row).as_ref() != Some(&values))
            {
                each(*parent, key);
            }
        }
    }

    /// The key of the row in the database.
    pub(in crate::session) fn original_key(&self, id: Id) -> Option<Vec<crate::types::Value>> {
        key_values(self.table(id).primary_key.iter().map(|column| self.original(id, *column)).collect())
    }
}
