//! The plan of a flush: groups of rows that go together.

use super::by_table;
use super::later::Withheld;
use super::order::Plan;
use super::unique::unique_sets;
use crate::entity::TableDef;
use crate::error::Result;
use crate::session::Session;
use crate::session::arena::{Id, Stage};
use crate::session::links::KeyId;
use crate::session::pairs::Ends;
use crate::types::Value;
use std::collections::HashMap;

/// Rows of one table that go together: in one statement, where they are not too many for one.
#[derive(Debug)]
pub(in crate::session) struct Group {
    pub(in crate::session) write: Write,
    pub(in crate::session) table: &'static TableDef,
    /// The columns that are set; of link rows, those that they are found by or made of.
    pub(in crate::session) columns: Vec<u16>,
    /// Why it stands where it does, unless its table's foreign keys say that.
    pub(in crate::session) why: Option<Why>,
}

/// What becomes of a group's rows.
#[derive(Debug)]
pub(in crate::session) enum Write {
    Insert(Vec<Id>),
    Update(Vec<Id>),
    Delete(Vec<Id>),
    /// Columns of rows are set to NULL, or to a value that nobody has, before all else.
    Vacate(Vec<(Id, Vec<Value>)>),
    /// Keys of new rows that were NULL in their INSERT.
    Later(Vec<Withheld>),
    /// Link rows with these values are deleted; so many of them must be there.
    DeleteLinks {
        keys: Vec<Vec<Value>>,
        certain: u64,
        /// Those of doomed rows of this table, however many they are.
        of: Option<&'static TableDef>,
    },
    /// Link rows of these pairs are inserted.
    InsertLinks {
        pairs: usize,
        ends: Vec<Ends>,
    },
}

/// Why a group stands where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::session) enum Why {
    /// Among rows that need each other it is the wave of this number, from 0.
    Wave(usize),
    /// It frees the unique value of these columns, which an object at this stage takes later.
    Frees(&'static [u16], Stage),
    /// It takes the unique value of these columns that was freed before.
    Takes(&'static [u16]),
    /// Rows that are deleted let go of each other.
    LetsGo,
    /// Rows let go of a value that others take before they get their own, or of a key that changes.
    MakesRoom,
    /// The rows that it links wait for each other.
    LinksLater,
}

/// Rows by the columns that they set: neighbours only, so that the database counts keys up in the order of the rows. Some
/// are alone.
fn neighbours(rows: Vec<Id>, columns: impl Fn(Id) -> Vec<u16>, alone: impl Fn(Id) -> bool) -> Vec<(Vec<u16>, Vec<Id>)> {
    let mut groups: Vec<(Vec<u16>, Vec<Id>)> = Vec::new();
    let mut closed = false;
    for id in rows {
        let (set, alone) = (columns(id), alone(id));
        match groups.last_mut() {
            Some((columns, rows)) if !closed && !alone && *columns == set => rows.push(id),
            _ => groups.push((set, vec![id])),
        }
        closed = alone;
    }
    groups
}

/// Rows by the columns that they set, both in the order in which they first come. Some are alone.
fn by_columns(rows: Vec<Id>, columns: impl Fn(Id) -> Vec<u16>, alone: impl Fn(Id) -> bool) -> Vec<(Vec<u16>, Vec<Id>)> {
    let mut groups: Vec<(Vec<u16>, Vec<Id>)> = Vec::new();
    let mut at: HashMap<Vec<u16>, usize> = HashMap::new();
    let mut last = None;
    for id in rows {
        let set = columns(id);
        if alone(id) {
            groups.push((set, vec![id]));
            continue;
        }
        // Neighbours mostly set the same.
        if last.is_none_or(|last: usize| groups[last].0 != set) {
            let at = *at.entry(set.clone()).or_insert(groups.len());
            if at == groups.len() {
                groups.push((set, Vec::new()));
            }
            last = Some(at);
        }
        if let Some(last) = last {
            groups[last].1.push(id);
        }
    }
    groups
}

impl Session {
    /// The plan's rows, in its order. The rows of a step need nothing of each other, so that those which set the same
    /// columns can go together; rows whose keys the database counts up keep the order in which they were added.
    pub(super) fn group_rows(&self, plan: &Plan, groups: &mut Vec<Group>) {
        let mut unique: HashMap<Id, Why> = HashMap::new();
        for exchange in &plan.exchanges {
            let columns = exchange.unique.columns;
            unique.entry(exchange.taker).or_insert(Why::Takes(columns));
            unique.insert(exchange.freer, Why::Frees(columns, self.stage(exchange.taker)));
        }
        let mut later: HashMap<Id, Vec<KeyId>> = HashMap::new();
        let mut linked_later: Vec<Id> = Vec::new();
        for (id, key) in &plan.linked_later {
            later.entry(*id).or_insert_with(|| {
                linked_later.push(*id);
                Vec::new()
            });
            later.entry(*id).or_default().push(*key);
        }
        // Each has an expression of its own.
        let alone = |id: Id| self.has_assigned(id);
        for step in &plan.steps {
            let staged = |stage| step.rows.iter().copied().filter(|id| self.stage(*id) == stage).collect::<Vec<Id>>();
            let why = |rows: &[Id]| {
                let exchanged = || rows.iter().find_map(|id| unique.get(id)).copied();
                if unique.is_empty() { None } else { exchanged() }.or(step.wave.map(Why::Wave))
            };
            for (table, rows) in by_table(self, &staged(Stage::Pending)) {
                let columns = |id| self.columns_to_insert(table, id);
                let together = match table.auto_key() {
                    Some(_) => neighbours(rows, columns, alone),
                    None => by_columns(rows, columns, alone),
                };
                for (columns, rows) in together {
                    groups.push(Group { why: why(&rows), write: Write::Insert(rows), table, columns });
                }
            }
            let first = groups.len();
            for (table, rows) in by_table(self, &staged(Stage::Persistent)) {
                for (columns, rows) in by_columns(rows, |id| self.columns_in_step(id, &later), alone) {
                    groups.push(Group { why: why(&rows), write: Write::Update(rows), table, columns });
                }
            }
            // What others reference is changed first: the database may change the keys of rows that come after.
            groups[first..].sort_by_key(|group| {
                !unique_sets(group.table).any(|unique| unique.columns.iter().any(|n| group.columns.contains(n)))
            });
            for (table, rows) in by_table(self, &staged(Stage::Doomed)) {
                groups.push(Group { why: why(&rows), write: Write::Delete(rows), table, columns: Vec::new() });
            }
        }
        for (table, rows) in by_table(self, &linked_later) {
            let linked = |id: Id| self.with_version(table, self.link_columns(later.get(&id).into_iter().flatten()));
            for (columns, rows) in by_columns(rows, linked, |_| false) {
                groups.push(Group { write: Write::Update(rows), table, columns, why: Some(Why::LinksLater) });
            }
        }
    }

    /// The columns that a row's UPDATE sets in its step: those that differ, and those of links to rows that get their keys
    /// before, but not of links that are made later.
    fn columns_in_step(&self, id: Id, later: &HashMap<Id, Vec<KeyId>>) -> Vec<u16> {
        let mut columns = self.columns_to_update(id);
        let cut = later.get(&id);
        let awaited = self.awaited(id).into_iter().map(|(key, _)| key);
        let awaited: Vec<KeyId> = awaited.filter(|key| cut.is_none_or(|cut| !cut.contains(key))).collect();
        columns.extend(self.link_columns(awaited.iter()));
        columns.sort_unstable();
        columns.dedup();
        self.with_version(self.table(id), columns)
    }

    fn link_columns<'k>(&self, keys: impl Iterator<Item = &'k KeyId>) -> Vec<u16> {
        let mut columns: Vec<u16> = keys.flat_map(|key| self.links.keys[*key].columns.iter().copied()).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The version goes along with whatever is set.
    fn with_version(&self, table: &'static TableDef, mut columns: Vec<u16>) -> Vec<u16> {
        if !columns.is_empty() {
            columns.extend(table.version.filter(|_| table.server_version().is_none()));
        }
        columns
    }

    /// Writes a group.
    pub(super) async fn write_group(&mut self, group: Group) -> Result<()> {
        match group.write {
            Write::Insert(rows) => self.insert_rows(&rows).await,
            Write::Update(rows) => self.update_rows(&rows).await,
            Write::Delete(rows) => self.delete_rows(&rows).await,
            Write::Vacate(rows) => self.vacate_rows(group.table, &group.columns, rows).await,
            Write::Later(rows) => self.write_withheld(rows).await,
            Write::DeleteLinks { keys, certain, .. } => {
                self.delete_links(group.table, &group.columns, keys, certain).await
            }
            Write::InsertLinks { pairs, ends } => self.insert_links(pairs, &ends).await,
        }
    }
}
