//! The program's own INSERT, UPDATE and DELETE: the objects in memory follow.
//!
//! Which of the session's objects a statement meets is found in one of three ways ([`hits`]): from what they hold in memory,
//! where that is certain; by RETURNING; or by a SELECT of their keys before it, which locks them. What changes in memory
//! ([`memory`]) is kept in a flush's journal until the statement is done, and so is undone when it fails or is dropped.

mod hits;
mod memory;
mod unheld;

use super::Session;
use super::arena::{Id, Stage};
use super::flush::Journal;
use crate::dialect::{Capabilities, Compiled};
use crate::entity::TableDef;
use crate::error::{Error, Result};
use crate::expr::{BinaryOp, Node, Source};
use crate::model::{compile_dml, run_all};
use crate::query::{Conflict, ConflictAction, Criterion, Dml, InsertTree, Item, Tree};
use crate::types::{Row, Type, Value};

/// What a session does about a statement besides running it.
pub(super) enum Followed {
    /// Nothing.
    No,
    /// Rows came into a table, and none of those that were there changed.
    Inserts(&'static TableDef),
    /// Rows change.
    Changes(Box<Change>),
}

/// A statement that changes rows.
pub(super) struct Change {
    dml: Dml,
    table: &'static TableDef,
    /// The columns that it sets.
    columns: Vec<u16>,
    /// It counts the version up.
    counts: bool,
    synchronize: bool,
    /// What its subqueries, and the tables beside its own, are seen through.
    criteria: Vec<Criterion>,
}

/// A change under way.
pub(super) struct Work {
    change: Change,
    /// The objects that have a row in the table.
    candidates: Vec<Id>,
    /// The key of one of them, which says how keys are read.
    sample: Vec<Value>,
    /// The program's own RETURNING brings whole rows.
    whole: bool,
    /// The statement has run, so that what goes wrong now leaves memory behind the database.
    ran: bool,
    /// The objects whose rows it met.
    hits: Vec<Id>,
    /// Those of them that somebody else changed before.
    outdated: Vec<Id>,
}

/// Reads a row of the program's own RETURNING.
pub(super) type ReadsOwn<'a> = &'a mut (dyn FnMut(&mut Session, &dyn Row, &mut usize) -> Result<Vec<Id>> + Send);

/// A change under way: dropped half-way it leaves memory as it was before.
struct UnderWay<'s>(&'s mut Session);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if self.0.flushing.is_some() {
            self.0.fail("a statement was cancelled half-way".to_owned());
        }
    }
}

impl UnderWay<'_> {
    fn end<T>(self, work: &Work, result: Result<T>) -> Result<T> {
        match &result {
            Ok(_) => self.0.flushing = None,
            // The rows are changed, and nobody knows by now what they are.
            Err(error) if work.ran => self.0.fail(error.to_string()),
            Err(_) => {
                if let Some(journal) = self.0.flushing.take() {
                    self.0.undo_flush(journal);
                }
            }
        }
        result
    }
}

impl Change {
    pub(super) fn compile(&self, capabilities: &Capabilities) -> Result<Vec<Compiled>> {
        compile_dml(&self.dml, capabilities, &self.criteria)
    }

    fn filter(&self) -> &[Node] {
        match &self.dml {
            Dml::Insert(_) => &[],
            Dml::Update(tree) => &tree.filter,
            Dml::Delete(tree) => &tree.filter,
        }
    }

    fn returning(&mut self) -> &mut Vec<Item> {
        match &mut self.dml {
            Dml::Insert(tree) => &mut tree.returning,
            Dml::Update(tree) => &mut tree.returning,
            Dml::Delete(tree) => &mut tree.returning,
        }
    }
}

fn columns_beside_key(table: &'static TableDef) -> Vec<u16> {
    (0..table.columns.len() as u16).filter(|column| !table.primary_key.contains(column)).collect()
}

/// `version = version + 1`, unless the statement sets the version itself, or the database gives it.
fn count_version(table: &'static TableDef, set: &mut Vec<(u16, Node)>) -> bool {
    let Some(version) = table.version.filter(|_| table.server_version().is_none()) else { return false };
    if set.is_empty() || set.iter().any(|(column, _)| *column == version) {
        return false;
    }
    let one = match (table.column_def(version).sql_type)() {
        Type::SmallInt => Value::I16(1),
        Type::Integer => Value::I32(1),
        _ => Value::I64(1),
    };
    let column = Source::Table(table).column(version);
    set.push((version, Node::binary(BinaryOp::Add, column, Node::Bind(one))));
    true
}

impl Session {
    /// What there is to do for a statement.
    ///
    /// # Errors
    /// What is wrong with the session's criteria.
    pub(super) fn followed(&self, tree: Tree<'_>, synchronize: bool, ignores_criteria: bool) -> Result<Followed> {
        let (table, mut dml) = match tree {
            Tree::Select(_) | Tree::Text(_) => return Ok(Followed::No),
            Tree::Update(tree) => (tree.table, Dml::Update(tree.clone())),
            Tree::Delete(tree) => (tree.table, Dml::Delete(tree.clone())),
            Tree::Insert(tree) => {
                let updates = matches!(tree.conflict, Some(Conflict { action: ConflictAction::Update { .. }, .. }));
                if !updates || (tree.table.version.is_none() && self.known_store(tree.table).is_none()) {
                    return Ok(Followed::Inserts(tree.table));
                }
                (tree.table, Dml::Insert(tree.clone()))
            }
        };
        let mut none = Vec::new();
        let set = match &mut dml {
            Dml::Update(tree) => &mut tree.set,
            Dml::Insert(InsertTree {
                conflict: Some(Conflict { action: ConflictAction::Update { set, .. }, .. }),
                ..
            }) => set,
            _ => &mut none,
        };
        let counts = count_version(table, set);
        let columns = set.iter().map(|(column, _)| *column).collect();
        let criteria = if ignores_criteria { Vec::new() } else { self.view().criteria };
        if !criteria.is_empty() {
            let conditions = self.conditions_on(table)?;
            match &mut dml {
                Dml::Update(tree) => tree.filter.extend(conditions),
                Dml::Delete(tree) => tree.filter.extend(conditions),
                Dml::Insert(_) => {}
            }
        }
        Ok(Followed::Changes(Box::new(Change { dml, table, columns, counts, synchronize, criteria })))
    }

    pub(super) async fn execute_followed(&mut self, followed: Followed, statements: Vec<Compiled>) -> Result<u64> {
        match followed {
            Followed::No => self.run(statements).await,
            Followed::Inserts(table) => {
                let rows = self.run(statements).await?;
                self.doubt_members(table, None);
                Ok(rows)
            }
            Followed::Changes(change) if !change.synchronize => self.run(statements).await,
            Followed::Changes(change) => self.execute_change(*change, statements).await,
        }
    }

    async fn run(&mut self, statements: Vec<Compiled>) -> Result<u64> {
        let mut connection = self.take_connection(true).await?;
        let result = run_all(&mut connection, statements).await;
        self.put_back(connection, result)
    }

    /// # Errors
    /// When keys of objects would change.
    pub(super) fn begin_change(&self, change: Change) -> Result<Work> {
        let mut candidates = Vec::new();
        if change.synchronize
            && let Some(store) = self.known_store(change.table)
        {
            let slots = 0..self.stores[store as usize].slots.len() as u32;
            let has_row = |id: &Id| matches!(self.stage(*id), Stage::Persistent | Stage::Doomed);
            candidates = slots.map(|slot| Id { store, slot }).filter(has_row).collect();
        }
        let sample = candidates.iter().find_map(|id| self.original_key(*id)).unwrap_or_default();
        let work =
            Work { change, candidates, sample, whole: false, ran: false, hits: Vec::new(), outdated: Vec::new() };
        self.check_keys(&work)?;
        Ok(work)
    }

    /// # Errors
    /// For a statement that sets the key of rows that may be objects of the session: nobody could say which object is which.
    fn check_keys(&self, work: &Work) -> Result<()> {
        let table = work.change.table;
        let Some(column) = table.primary_key.iter().find(|column| work.change.columns.contains(column)) else {
            return Ok(());
        };
        if work.candidates.is_empty() {
            return Ok(());
        }
        let title = table.title();
        Err(Error::Session(format!(
            "this statement sets `{title}::{}`, which is part of the key, and the session holds {} of `{title}`: it could not \
             tell any more which row each of them is; change the keys of the objects, or run it in a session that has not \
             loaded any",
            table.column_def(*column).field,
            if work.candidates.len() == 1 {
                "an object".to_owned()
            } else {
                format!("{} objects", work.candidates.len())
            },
        )))
    }

    async fn execute_change(&mut self, change: Change, statements: Vec<Compiled>) -> Result<u64> {
        let mut work = self.begin_change(change)?;
        // What is found out before the statement must hold until it runs.
        let connection = self.take_connection(true).await?;
        self.connection = Some(connection);
        self.flushing = Some(Journal::begin(self));
        let under_way = UnderWay(self);
        let result = under_way.0.change_rows(&mut work, statements).await;
        under_way.end(&work, result)
    }

    async fn change_rows(&mut self, work: &mut Work, statements: Vec<Compiled>) -> Result<u64> {
        let rows = if work.candidates.is_empty() {
            let rows = self.run(statements).await?;
            work.ran = true;
            rows
        } else if let Ok(hits) = self.hits_in_memory(work) {
            work.hits = hits;
            self.change_known(work, statements).await?
        } else if let Some(returning) = self.with_returning(work) {
            let rows = self.fetch_rows(returning, true, &mut |session, row| session.row_changed(work, row, 0)).await?;
            work.ran = true;
            rows
        } else {
            self.find_hits(work).await?;
            self.change_known(work, statements).await?
        };
        self.end_change(work, rows).await?;
        Ok(rows)
    }

    /// Runs a statement that returns rows of the program's own: `each` reads one, moves the position past it, and gives the
    /// objects in it.
    pub(super) async fn fetch_followed(
        &mut self,
        mut change: Change,
        mut statements: Vec<Compiled>,
        each: ReadsOwn<'_>,
    ) -> Result<()> {
        let whole = Item::Entity { source: Source::Table(change.table), optional: false };
        let whole = change.returning().contains(&whole);
        let mut work = self.begin_change(change)?;
        work.whole = whole;
        if !work.candidates.is_empty() {
            self.return_changes(&mut work.change);
            statements = work.change.compile(self.engine.capabilities())?;
        }
        let connection = self.take_connection(true).await?;
        self.connection = Some(connection);
        self.flushing = Some(Journal::begin(self));
        let under_way = UnderWay(self);
        let result = under_way.0.fetch_change_rows(&mut work, statements, each).await;
        under_way.end(&work, result)
    }

    async fn fetch_change_rows(
        &mut self,
        work: &mut Work,
        statements: Vec<Compiled>,
        each: ReadsOwn<'_>,
    ) -> Result<()> {
        let table = work.change.table;
        let deletes = matches!(work.change.dml, Dml::Delete(_));
        let mut deleted: Vec<Id> = Vec::new();
        let rows = self
            .fetch_rows(statements, true, &mut |session, row| {
                work.ran = true;
                let mut at = 0;
                let found = each(session, row, &mut at)?;
                if deletes {
                    deleted.extend(found.into_iter().filter(|id| session.table(*id) == table));
                }
                session.row_changed(work, row, at)
            })
            .await?;
        work.ran = true;
        // Objects that came only now, and are no more.
        self.rows_deleted(table, &deleted)?;
        self.end_change(work, rows).await
    }

    /// The statement with the key, and the columns that it sets, in its RETURNING; `None` where it can't have that.
    fn with_returning(&self, work: &mut Work) -> Option<Vec<Compiled>> {
        let capabilities = self.engine.capabilities();
        // MariaDB counts a row that an upsert changed as two, but returns one: its count is what others get without objects.
        if matches!(work.change.dml, Dml::Insert(_)) && !capabilities.update_returning() {
            return None;
        }
        let before = work.change.returning().len();
        self.return_changes(&mut work.change);
        let compiled = work.change.compile(capabilities).ok();
        if compiled.is_none() {
            work.change.returning().truncate(before);
        }
        compiled
    }

    /// Adds the key, and the columns that the statement sets, to what it returns.
    pub(super) fn return_changes(&self, change: &mut Change) {
        let source = Source::Table(change.table);
        let columns: Vec<u16> = change.table.primary_key.iter().chain(&change.columns).copied().collect();
        let items = columns.into_iter().map(|column| Item::Expr { node: source.column(column), nullable: true });
        change.returning().extend(items);
    }

    /// Runs a statement whose hits are known.
    async fn change_known(&mut self, work: &mut Work, statements: Vec<Compiled>) -> Result<u64> {
        let (values, mut unread) = match &work.change.dml {
            Dml::Update(tree) => self.new_values(work, &tree.set),
            // Which of its columns an upsert sets is known after it only.
            Dml::Insert(_) => (Vec::new(), work.change.columns.clone()),
            Dml::Delete(_) => (Vec::new(), Vec::new()),
        };
        let rows = self.run(statements).await?;
        work.ran = true;
        // Somebody else changed or deleted rows since they were read.
        let fewer = !matches!(work.change.dml, Dml::Insert(_)) && rows < work.hits.len() as u64;
        if fewer && matches!(work.change.dml, Dml::Delete(_)) {
            let left = self.reread(&work.hits, &[]).await?;
            work.hits.retain(|id| !left.contains(id));
        } else if fewer {
            unread = columns_beside_key(work.change.table);
        } else {
            for (id, values) in values {
                self.renew_values(id, &values)?;
            }
        }
        if !unread.is_empty() {
            self.reread(&work.hits, &unread).await?;
        }
        Ok(rows)
    }

    /// A row that the statement met, with its key from position `at` on, and the columns that were set.
    pub(super) fn row_changed(&mut self, work: &mut Work, row: &dyn Row, at: usize) -> Result<()> {
        work.ran = true;
        let Some(id) = self.object_of(work, row, at)? else { return Ok(()) };
        work.hits.push(id);
        if work.whole || work.change.columns.is_empty() {
            return Ok(());
        }
        let version = work.change.table.version.filter(|_| work.change.counts);
        let before = version.and_then(|version| self.original(id, version)?.as_i64());
        let first = at + work.sample.len();
        self.renew_row(id, &work.change.columns, row, first)?;
        let after = version.and_then(|version| self.original(id, version)?.as_i64());
        if before.zip(after).is_some_and(|(before, after)| after != before + 1) {
            work.outdated.push(id);
        }
        Ok(())
    }

    /// What follows from a statement that has run.
    pub(super) async fn end_change(&mut self, work: &mut Work, rows: u64) -> Result<()> {
        let table = work.change.table;
        let all_held = rows == work.hits.len() as u64;
        if matches!(work.change.dml, Dml::Delete(_)) {
            self.rows_deleted(table, &work.hits)?;
            // Of a table between two others.
            self.doubt_members(table, Some(&[]));
            if rows > 0 {
                self.follow_deletes(table, all_held).await?;
            }
            return Ok(());
        }
        if table.server_version().is_some() {
            work.outdated.clone_from(&work.hits);
        }
        if !work.outdated.is_empty() {
            // A fresh version over old columns would let them be written without a conflict.
            self.reread(&work.outdated, &columns_beside_key(table)).await?;
        }
        match &work.change.dml {
            Dml::Insert(_) => self.doubt_members(table, None),
            _ if all_held => {}
            _ => self.doubt_members(table, Some(&work.change.columns)),
        }
        if rows > 0 {
            self.follow_updates(table, &work.change.columns).await?;
        }
        Ok(())
    }
}
