//! Which row is written when.

use super::by_table;
use super::references::{Keys, PostUpdates, Referenced};
use super::unique::Exchange;
use super::vacate::{Vacated, spare};
use super::waves::{Edge, Waiting};
use crate::entity::{Action, ForeignKeyDef, TableDef};
use crate::error::{Error, Result};
use crate::model::key_values;
use crate::session::Session;
use crate::session::arena::{Id, Stage};
use crate::session::links::KeyId;
use crate::types::Value;
use std::collections::HashSet;

/// The rows of a flush, in steps.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Columns that rows let go of before all else: keys of a cycle, values that rows exchange.
    pub(super) vacated: Vacated,
    /// New rows' keys that are NULL in the INSERT, and written by an UPDATE afterwards.
    pub(super) withheld: Vec<(Id, Vec<u16>)>,
    /// Rows that can be inserted, updated and deleted together: they need only rows of the steps before.
    pub(super) steps: Vec<Step>,
    /// Rows of a cycle that get a link by an UPDATE afterwards, and the links.
    pub(super) linked_later: Vec<(Id, KeyId)>,
    pub(super) exchanges: Vec<Exchange>,
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
fn order_tables(
    tables: Vec<(&'static TableDef, Vec<Id>)>,
    orders: impl Fn(Id, &ForeignKeyDef) -> bool,
) -> Vec<Vec<(&'static TableDef, Vec<Id>)>> {
    let mut rest = tables;
    let mut groups = Vec::new();
    while !rest.is_empty() {
        let waits = |table: &TableDef, rows: &[Id]| {
            let waits_for = |key: &ForeignKeyDef| {
                key.target() != table && rest.iter().any(|(other, _)| *other == key.target()) && orders(rows[0], key)
            };
            table.foreign_keys.iter().any(waits_for)
        };
        match rest.iter().position(|(table, rows)| !waits(table, rows)) {
            Some(n) => groups.push(vec![rest.remove(n)]),
            None => groups.push(std::mem::take(&mut rest)),
        }
    }
    groups
}

impl Session {
    /// Puts the rows of a flush in order: inserts, updates, deletes; mixed where a unique value is freed and taken, and where
    /// a key changes that others hold.
    ///
    /// # Errors
    /// [`Error::CircularDependency`]; [`Error::Session`] for a row that is linked to an object that will not be written,
    /// and for rows that exchange unique values and have none to have in between.
    pub(super) fn order(&self, new: Vec<Id>, known: Vec<Id>, doomed: Vec<Id>) -> Result<Plan> {
        self.check_awaited(new.iter().chain(&known))?;
        let mut plan = Plan::default();
        let post_updates = self.post_updates()?;
        if self.engine.capabilities().checks_keys_by_row() {
            doomed.iter().for_each(|row| self.let_go_of_itself(*row, &mut plan));
        }
        if !post_updates.is_empty() {
            let rows = [&new[..], &doomed].concat();
            let keys = self.keys_of(&rows, &post_updates);
            let rows = self.referenced(&rows, &keys);
            plan.withheld = self.written_later(&new, &keys, &rows);
            for (row, columns) in self.let_go_before(&doomed, &keys, &rows) {
                self.set_free(row, &columns, &mut plan);
            }
        }
        let exchanges = self.exchanged_values(&new, &known, &doomed);
        if exchanges.is_empty() && !self.rekeys(&known, &post_updates) {
            self.order_inserts(&new, &post_updates, &mut plan)?;
            plan.steps.push(known.into());
            self.order_deletes(&doomed, &post_updates, &mut plan)?;
        } else {
            self.order_mixed([new, known, doomed].concat(), &exchanges, &post_updates, &mut plan)?;
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

    /// Whether a key changes that other rows of loaded models may hold.
    fn rekeys(&self, known: &[Id], post_updates: &PostUpdates) -> bool {
        let changed: Vec<Id> = known.iter().copied().filter(|id| self.changes_key(*id)).collect();
        if changed.is_empty() {
            return false;
        }
        let all: Vec<Id> = (0..self.stores.len() as u32).map(|store| Id { store, slot: 0 }).collect();
        self.referenced(&changed, &self.keys_of(&all, post_updates)).has_rekeyed()
    }

    fn order_inserts(&self, new: &[Id], post_updates: &PostUpdates, plan: &mut Plan) -> Result<()> {
        let orders = |row: Id, key: &ForeignKeyDef| !post_updates.contains(&(row.store, key.columns.to_vec()));
        for group in order_tables(by_table(self, new), orders) {
            if !refers_to_itself(&group, orders) {
                plan.steps.extend(group.into_iter().map(|(_, rows)| Step::from(rows)));
                continue;
            }
            let stores: HashSet<u32> = group.iter().map(|(_, rows)| rows[0].store).collect();
            let rows: Vec<Id> = new.iter().copied().filter(|id| stores.contains(&id.store)).collect();
            let keys = self.keys_of(&rows, post_updates);
            let referenced = self.referenced(&rows, &keys);
            let needs = rows.iter().map(|row| self.needs(*row, &keys, &referenced)).collect();
            self.in_waves(Waiting { rows, needs }, plan)?;
        }
        Ok(())
    }

    fn order_deletes(&self, doomed: &[Id], post_updates: &PostUpdates, plan: &mut Plan) -> Result<()> {
        let orders = |row: Id, key: &ForeignKeyDef| !post_updates.contains(&(row.store, key.columns.to_vec()));
        for group in order_tables(by_table(self, doomed), orders).into_iter().rev() {
            if !refers_to_itself(&group, orders) {
                plan.steps.extend(group.into_iter().map(|(_, rows)| Step::from(rows)));
                continue;
            }
            let rows: Vec<Id> = group.into_iter().flat_map(|(_, rows)| rows).collect();
            let keys = self.keys_of(&rows, post_updates);
            let needs = self.waits(&rows, &keys, &self.referenced(&rows, &keys));
            self.in_waves(Waiting { rows, needs }, plan)?;
        }
        Ok(())
    }

    /// What each row waits for, because others hold its key and let go of it.
    fn waits(&self, rows: &[Id], keys: &Keys, referenced: &Referenced) -> Vec<Vec<(Edge, usize)>> {
        let mut needs = vec![Vec::new(); rows.len()];
        for (n, row) in rows.iter().enumerate() {
            if self.stage(*row) != Stage::Pending {
                self.waited_by(*row, keys, referenced, |parent, edge| needs[parent].push((edge, n)));
            }
        }
        needs
    }

    /// All rows in one order, because a unique value that one of them frees is taken by another, or a key changes.
    fn order_mixed(
        &self,
        rows: Vec<Id>,
        exchanges: &[Exchange],
        post_updates: &PostUpdates,
        plan: &mut Plan,
    ) -> Result<()> {
        let keys = self.keys_of(&rows, post_updates);
        let referenced = self.referenced(&rows, &keys);
        let mut needs = self.waits(&rows, &keys, &referenced);
        for (n, row) in rows.iter().enumerate() {
            if matches!(self.stage(*row), Stage::Pending | Stage::Persistent) {
                needs[n].extend(self.needs(*row, &keys, &referenced));
            }
        }
        for exchange in exchanges {
            if let (Some(taker), Some(freer)) =
                (referenced.numbers.get(&exchange.taker), referenced.numbers.get(&exchange.freer))
            {
                needs[*taker].push((Edge::Unique(exchange.unique), *freer));
            }
        }
        self.in_waves(Waiting { rows, needs }, plan)
    }

    /// A doomed row that references itself sets that key to NULL first.
    fn let_go_of_itself(&self, row: Id, plan: &mut Plan) {
        let table = self.table(row);
        for key in table.foreign_keys.iter().filter(|key| key.target() == table) {
            let own = key_values(self.row_values(row, key.columns));
            if own.is_some() && key_values(self.row_values(row, &key.target_columns())) == own {
                self.set_free(row, key.columns, plan);
            }
        }
    }

    /// A row sets what can be NULL of a key to NULL before all else.
    fn set_free(&self, row: Id, columns: &[u16], plan: &mut Plan) {
        for column in columns.iter().filter(|column| self.table(row).column_def(**column).nullable) {
            let kind = self.original(row, *column).and_then(|value| value.kind()).unwrap_or(crate::types::Kind::I64);
            plan.vacated.add(row, *column, Value::Null(kind));
        }
    }

    /// Puts rows into waves, breaking cycles where that can be done.
    fn in_waves(&self, waiting: Waiting, plan: &mut Plan) -> Result<()> {
        let mut later: HashSet<(Id, KeyId)> = HashSet::new();
        let waves = waiting.waves(|cycle| self.cut(cycle, plan, &mut later))?;
        let numbered = waves.into_iter().enumerate();
        plan.steps.extend(numbered.map(|(wave, rows)| Step { rows, wave: Some(wave) }));
        Ok(())
    }

    /// Breaks one edge of a cycle: gives its number.
    fn cut(&self, cycle: &[(Id, Edge, Id)], plan: &mut Plan, later: &mut HashSet<(Id, KeyId)>) -> Result<usize> {
        // A key that its holder lets go of can be NULL before.
        let held = cycle.iter().position(|(row, edge, other)| match edge {
            Edge::Leaves(key) => self.any_nullable(*other, key.columns),
            Edge::Columns(key) => self.stage(*row) == Stage::Doomed && self.any_nullable(*other, key.columns),
            _ => false,
        });
        if let Some(n) = held
            && let (_, Edge::Leaves(key) | Edge::Columns(key), other) = &cycle[n]
        {
            self.set_free(*other, key.columns, plan);
            return Ok(n);
        }
        // A new row's key can be NULL at first.
        for (n, (row, edge, _)) in cycle.iter().enumerate() {
            match edge {
                Edge::Link(key) if self.any_nullable(*row, &self.links.keys[*key].columns) => {
                    if later.insert((*row, *key)) {
                        let columns = &self.links.keys[*key].columns;
                        if self.stage(*row) == Stage::Pending && key_values(self.object(*row).values(columns)).is_some()
                        {
                            // What it was linked to before may be gone by then.
                            plan.withheld.push((*row, columns.clone()));
                        } else {
                            plan.linked_later.push((*row, *key));
                        }
                    }
                    return Ok(n);
                }
                Edge::Columns(key) | Edge::Enters(key)
                    if self.stage(*row) == Stage::Pending && self.any_nullable(*row, key.columns) =>
                {
                    plan.withheld.push((*row, key.columns.to_vec()));
                    return Ok(n);
                }
                _ => {}
            }
        }
        // A unique value can be another one meanwhile, best of all NULL.
        for null in [true, false] {
            for (n, (_, edge, freer)) in cycle.iter().enumerate() {
                if let Edge::Unique(unique) = edge
                    && let Some((column, value)) = spare(unique, |column| self.original(*freer, column), null)
                {
                    plan.vacated.add(*freer, column, value);
                    return Ok(n);
                }
            }
        }
        let lets = |(row, edge, _): &(Id, Edge, Id)| match edge {
            // The database deletes the holder along with it.
            Edge::Columns(key) => self.stage(*row) == Stage::Doomed && key.on_delete == Action::Cascade,
            // Where the database checks keys at the end of a transaction only, the order is all the same; else it says no.
            Edge::Leaves(_) => self.stage(*row) == Stage::Persistent,
            // What a partial index leaves out is not known.
            Edge::Unique(unique) => unique.filter.is_some(),
            _ => false,
        };
        cycle.iter().position(lets).ok_or_else(|| self.circular(cycle))
    }

    fn any_nullable(&self, row: Id, columns: &[u16]) -> bool {
        let table = self.table(row);
        columns.iter().any(|column| table.column_def(*column).nullable)
    }

    fn names(&self, row: Id, columns: &[u16]) -> String {
        columns.iter().map(|column| self.column_name(row, *column)).collect::<Vec<_>>().join(", ")
    }

    fn circular(&self, cycle: &[(Id, Edge, Id)]) -> Error {
        let unique = cycle.iter().find_map(|(row, edge, other)| match edge {
            Edge::Unique(unique) => Some((row, unique, other)),
            _ => None,
        });
        if let Some((row, unique, other)) = unique {
            return Error::Session(format!(
                "{} takes the value of {} in {} ({}), and {} can't let go of it before: no column of it can be NULL or have \
                 another value meanwhile; change one of the two to a free value, flush, and then to the wanted one",
                self.describe(*row),
                self.describe(*other),
                unique.describe(),
                self.names(*row, unique.columns),
                self.describe(*other),
            ));
        }
        let link = |(row, edge, other): &(Id, Edge, Id)| {
            let arrow = |from: Id, to: Id, columns: &[u16]| {
                format!("{} → {} ({})", self.describe(from), self.describe(to), self.names(from, columns))
            };
            match edge {
                Edge::Columns(key) if self.stage(*row) == Stage::Doomed => arrow(*other, *row, key.columns),
                Edge::Leaves(key) => arrow(*other, *row, key.columns),
                Edge::Columns(key) | Edge::Enters(key) => arrow(*row, *other, key.columns),
                Edge::Link(key) => arrow(*row, *other, &self.links.keys[*key].columns),
                Edge::Unique(unique) => arrow(*row, *other, unique.columns),
            }
        };
        Error::CircularDependency { links: cycle.iter().map(link).collect::<Vec<_>>().join(", ") }
    }

    /// The key of the row in the database.
    pub(in crate::session) fn original_key(&self, id: Id) -> Option<Vec<Value>> {
        key_values(self.table(id).primary_key.iter().map(|column| self.original(id, *column)).collect())
    }
}

fn refers_to_itself(group: &[(&'static TableDef, Vec<Id>)], orders: impl Fn(Id, &ForeignKeyDef) -> bool) -> bool {
    let (table, rows) = &group[0];
    group.len() > 1 || table.foreign_keys.iter().any(|key| key.target() == *table && orders(rows[0], key))
}
