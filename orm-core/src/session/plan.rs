//! What a flush would write, without writing it.

use super::Session;
use super::arena::Stage;
use super::flush::{Group, Journal, Why, Write, vacated_alone};
use crate::engine::Running;
use crate::entity::TableDef;
use std::collections::HashMap;
use std::fmt;

/// What a flush would write, in order: [`Session::plan`]. Printed, it is a line for each statement:
///
/// ```text
/// 1. INSERT INTO users (name, fullname, version): 1 row
/// 2. INSERT INTO addresses (email, user_id): 100 rows, after users: addresses.user_id references it
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlushPlan {
    statements: Vec<PlannedStatement>,
}

/// One statement of a [`FlushPlan`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlannedStatement {
    /// What it does.
    pub kind: WriteKind,
    /// The table's name.
    pub table: &'static str,
    /// The columns that it sets; those that it finds rows by, where it deletes.
    pub columns: Vec<&'static str>,
    /// How many rows it is about; `None` for the link rows of deleted objects, which are not counted before.
    pub rows: Option<usize>,
    /// Why it stands where it does, where there is a reason.
    pub reason: Option<String>,
}

/// What a statement does to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WriteKind {
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

impl FlushPlan {
    /// The statements, in order.
    pub fn statements(&self) -> &[PlannedStatement] {
        &self.statements
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }
}

impl fmt::Display for FlushPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing to write");
        }
        for (n, statement) in self.statements.iter().enumerate() {
            write!(f, "{}{}. {statement}", if n == 0 { "" } else { "\n" }, n + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for PlannedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({}): ", self.kind, self.table, self.columns.join(", "))?;
        match self.rows {
            Some(1) => f.write_str("1 row")?,
            Some(rows) => write!(f, "{rows} rows")?,
            None => f.write_str("all rows that there are")?,
        }
        self.reason.as_ref().map_or(Ok(()), |reason| write!(f, ", {reason}"))
    }
}

impl fmt::Display for WriteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WriteKind::Insert => "INSERT INTO",
            WriteKind::Update => "UPDATE",
            WriteKind::Delete => "DELETE FROM",
        })
    }
}

/// A plan under way: memory goes back, whatever becomes of its future.
struct Planning<'s> {
    session: &'s mut Session,
    problems: usize,
}

impl Drop for Planning<'_> {
    fn drop(&mut self) {
        if let Some(journal) = self.session.flushing.take() {
            self.session.undo_flush(journal);
            self.session.problems.truncate(self.problems);
        }
    }
}

impl Session {
    /// What a flush would write now: the statements in order, with their tables, columns and numbers of rows, and why they
    /// are in that order. It is the plan that the flush itself carries out, made and not used.
    ///
    /// It runs the SELECTs of a flush (the children of deleted objects, which cascades must know; they stay loaded), begins
    /// no transaction for them on SQLite, and writes nothing. Memory is as it was before. What the database makes is read
    /// back by SELECTs that the plan does not list (MySQL); rows that ON DELETE CASCADE takes along while the flush runs
    /// are counted where the plan has them; rows of many megabytes go in more statements than the plan says.
    ///
    /// # Errors
    /// What a flush would refuse before it sends anything (a cycle that nothing breaks, links to objects that are gone),
    /// and the database's for the SELECTs.
    pub fn plan(&mut self) -> Running<'_, FlushPlan> {
        Box::pin(async move {
            self.check()?;
            self.sync();
            if !self.has_changes() {
                return Ok(FlushPlan::default());
            }
            self.flushing = Some(Journal::of_plan(self));
            let problems = self.problems.len();
            let planning = Planning { session: self, problems };
            let groups = planning.session.groups_to_write().await?;
            Ok(planning.session.planned(&groups))
        })
    }

    pub(super) fn planned(&self, groups: &[Group]) -> FlushPlan {
        let last_delete: HashMap<&str, usize> = groups
            .iter()
            .enumerate()
            .filter(|(_, group)| matches!(group.write, Write::Delete(_)))
            .map(|(n, group)| (group.table.name, n))
            .collect();
        let mut inserted: Vec<&'static TableDef> = Vec::new();
        let mut statements = Vec::new();
        for (n, group) in groups.iter().enumerate() {
            let reason = group.reason(&inserted, |table| last_delete.get(table.name).is_some_and(|last| *last > n));
            let (kind, columns, rows) = self.written(group);
            if columns.is_empty() && kind == WriteKind::Update {
                continue;
            }
            let names: Vec<&'static str> = columns.iter().map(|n| group.table.column_def(*n).name).collect();
            for rows in rows {
                statements.push(PlannedStatement {
                    kind,
                    table: group.table.name,
                    columns: names.clone(),
                    rows,
                    reason: reason.clone(),
                });
            }
            if let Write::Insert(_) = group.write
                && !inserted.contains(&group.table)
            {
                inserted.push(group.table);
            }
        }
        FlushPlan { statements }
    }

    /// What a group's statements do, with which columns, and how many rows each has.
    fn written(&self, group: &Group) -> (WriteKind, Vec<u16>, Vec<Option<usize>>) {
        let capabilities = self.engine.capabilities();
        let parts = |rows: usize, full: usize| {
            let part = |at: usize| Some(full.min(rows - at));
            (0..rows).step_by(full).map(part).collect::<Vec<_>>()
        };
        let table = group.table;
        let columns = &group.columns;
        let key = table.primary_key;
        let find: Vec<u16> = key.iter().copied().chain(table.version).collect();
        match &group.write {
            Write::Insert(rows) => {
                (WriteKind::Insert, columns.clone(), parts(rows.len(), self.rows_to_insert(table, columns)))
            }
            Write::Update(rows) => {
                // Changed keys go alone, and so do rows whose new version is read back.
                let alone = columns.iter().any(|column| key.contains(column)) || table.server_version().is_some();
                let full = if alone { 1 } else { capabilities.rows_at_once(columns.len(), find.len()) };
                (WriteKind::Update, columns.clone(), parts(rows.len(), full))
            }
            Write::Vacate(rows) => {
                let full = match vacated_alone(table, columns) {
                    true => 1,
                    false => capabilities.rows_at_once(columns.len(), key.len()),
                };
                (WriteKind::Update, columns.clone(), parts(rows.len(), full))
            }
            Write::Later(rows) => {
                let full = capabilities.rows_at_once(columns.len(), find.len());
                (WriteKind::Update, columns.clone(), parts(rows.len(), full))
            }
            Write::Delete(rows) => {
                let full = capabilities.rows_at_once(0, find.len());
                (WriteKind::Delete, find, parts(rows.len(), full))
            }
            Write::DeleteLinks { keys, of, .. } => {
                let mut parts = parts(keys.len(), capabilities.rows_at_once(0, columns.len()));
                if of.is_some() {
                    parts.iter_mut().for_each(|rows| *rows = None);
                }
                (WriteKind::Delete, columns.clone(), parts)
            }
            Write::InsertLinks { ends, .. } => {
                (WriteKind::Insert, columns.clone(), parts(ends.len(), capabilities.rows_at_once(columns.len(), 0)))
            }
        }
    }
}

impl Group {
    /// Why it stands where it does, given the tables that have new rows before it and those that lose some after it.
    fn reason(&self, inserted: &[&'static TableDef], deleted_later: impl Fn(&TableDef) -> bool) -> Option<String> {
        let names = |columns: &[u16]| {
            let names =
                columns.iter().map(|column| format!("{}.{}", self.table.name, self.table.column_def(*column).name));
            names.collect::<Vec<_>>().join(", ")
        };
        match self.why {
            Some(Why::Wave(n)) if self.table.foreign_keys.iter().any(|key| key.target() == self.table) => {
                return Some(format!("level {} of {}", n + 1, self.table.name));
            }
            Some(Why::Wave(n)) => return Some(format!("level {} of rows that reference each other", n + 1)),
            Some(Why::Frees(columns, taker)) => {
                let taker = if taker == Stage::Pending { "INSERT" } else { "UPDATE" };
                return Some(format!("frees the unique {} that a later {taker} takes", names(columns)));
            }
            Some(Why::Takes(columns)) => {
                return Some(format!("takes the unique {} that was freed before", names(columns)));
            }
            Some(Why::LetsGo) => return Some("lets go of rows that are deleted later".to_owned()),
            Some(Why::MakesRoom) => return Some("lets go of what a later row takes, or holds".to_owned()),
            Some(Why::LinksLater) => return Some("links rows that wait for each other".to_owned()),
            None => {}
        }
        let deletes = matches!(self.write, Write::Delete(_) | Write::DeleteLinks { .. });
        let mut tables: Vec<&'static str> = Vec::new();
        let mut keys: Vec<String> = Vec::new();
        for key in self.table.foreign_keys {
            let target = key.target();
            let counts = if deletes { deleted_later(target) } else { inserted.contains(&target) };
            // An UPDATE waits for what it links to.
            let set = !matches!(self.write, Write::Update(_)) || key.columns.iter().any(|c| self.columns.contains(c));
            if target != self.table && counts && set {
                if !tables.contains(&target.name) {
                    tables.push(target.name);
                }
                keys.push(names(key.columns));
            }
        }
        let (before, it) = (if deletes { "before" } else { "after" }, if tables.len() == 1 { "it" } else { "them" });
        let reference = if keys.len() == 1 { "references" } else { "reference" };
        let keys = keys.join(", ");
        (!tables.is_empty()).then(|| format!("{before} {}: {keys} {reference} {it}", tables.join(", ")))
    }
}
