//! Conditions on models that hold for all that a session loads.

use super::Session;
use super::arena::Id;
use super::collections::{CollectionKind, Completeness};
use crate::dialect;
use crate::dialect::Compiled;
use crate::entity::{Entity, Model, Resolved, TableDef};
use crate::error::Result;
use crate::expr::{Condition, Node, Source};
use crate::query::{Criterion, InsertSource, SelectTree, Tree, hides};

/// The criteria of a session.
#[derive(Debug, Default)]
pub(super) struct SessionCriteria {
    set: Vec<Criterion>,
    /// How often they were changed.
    changes: u32,
}

/// What hides rows from a load.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// The session's criteria, then the query's own.
    pub(super) criteria: Vec<Criterion>,
    /// How many of them are the session's.
    of_session: usize,
}

impl View {
    /// Whether the session's criteria may keep members of a relationship out.
    pub(super) fn session_hides(&self, resolved: &Resolved) -> bool {
        hides(&self.criteria[..self.of_session], resolved)
    }

    /// Whether the query's own may.
    pub(super) fn query_hides(&self, resolved: &Resolved) -> bool {
        hides(&self.criteria[self.of_session..], resolved)
    }
}

impl Session {
    /// From now on this session loads only rows of `M` that meet the condition: soft delete, tenants. A second call for `M`
    /// replaces the condition. Commit and rollback leave it alone.
    ///
    /// The condition is added wherever a statement of the session reads `M`: to the WHERE of queries, to joins (the ON, on the
    /// nullable side of an outer join, so that the other side's rows stay), aliases, subqueries, `any` and `has`; to what
    /// [`load`](Session::load) and loader options ask for; to [`get`](Session::get) where it asks the database; and to the
    /// UPDATE and DELETE of [`execute`](Session::execute). `without_criteria()` on a statement leaves it out. SQL text is sent
    /// as it is.
    ///
    /// It filters what is read from the database, not what the session holds: objects that are here stay where they are,
    /// also in collections, and are found by `get` and [`refresh`](Session::refresh). What was loaded before under other
    /// criteria is loaded again by the next `load`; what was loaded without any stays until it is [expired](Session::expire).
    ///
    /// A collection that was loaded under criteria is read as any other, and [`replace`](Session::replace),
    /// `delete_orphan` and [`merge`](Session::merge) act on the members that are seen: hidden rows stay. When its owner is
    /// deleted, or its key changes, all rows are loaded, so that none is left behind. A to-one relationship whose target is
    /// hidden reads as not loaded. A tree that was copied out of this session holds what was seen: merge it in a session with
    /// the same criteria.
    ///
    /// # Errors
    /// None here. The statements fail that read `M`, if the condition speaks of another model other than in a subquery, or
    /// has a correlated subquery and an alias of `M` is read.
    pub fn set_criteria<M: Model, C: Condition>(&mut self, entity: Entity<M>, condition: C) {
        let _ = entity;
        let criterion = Criterion { table: M::TABLE, condition: condition.into_condition() };
        self.change_criteria(M::TABLE, Some(criterion));
    }

    /// Takes back [`Session::set_criteria`] for this model. What it hid from collections is loaded by the next
    /// [`load`](Session::load) of them.
    pub fn clear_criteria<M: Model>(&mut self) {
        self.change_criteria(M::TABLE, None);
    }

    fn change_criteria(&mut self, table: &'static TableDef, criterion: Option<Criterion>) {
        self.criteria.changes += 1;
        self.criteria.set.retain(|known| known.table != table);
        self.criteria.set.extend(criterion);
    }

    /// The session's view of the database.
    pub(super) fn view(&self) -> View {
        View { criteria: self.criteria.set.clone(), of_session: self.criteria.set.len() }
    }

    /// What the loads of a query see.
    pub(super) fn view_of(&self, tree: &SelectTree) -> View {
        let mut view = if tree.without_criteria { View::default() } else { self.view() };
        view.criteria.extend(tree.criteria.iter().cloned());
        view
    }

    /// The statement under the session's criteria, where there are any that it could read by; the table of an UPDATE or
    /// DELETE has its own in the statement's filter.
    pub(super) fn compile_seen(
        &self,
        tree: Tree<'_>,
        limit: Option<u64>,
        ignores: bool,
    ) -> Result<Option<Vec<Compiled>>> {
        if self.criteria.set.is_empty() || ignores {
            return Ok(None);
        }
        let compile = |tree| dialect::compile_with(tree, self.engine.capabilities(), &self.criteria.set);
        let compiled = match tree {
            Tree::Select(tree) => {
                let mut tree = tree.clone();
                tree.limit = match (tree.limit, limit) {
                    (Some(own), Some(limit)) => Some(own.min(limit)),
                    (own, limit) => own.or(limit),
                };
                compile(Tree::Select(&tree))?
            }
            Tree::Insert(insert) if !matches!(insert.source, InsertSource::Rows(_)) => compile(tree)?,
            Tree::Insert(_) | Tree::Update(_) | Tree::Delete(_) | Tree::Text(_) => return Ok(None),
        };
        Ok(Some(vec![compiled]))
    }

    /// The session's criteria of a table, as conditions.
    pub(super) fn conditions_on(&self, table: &'static TableDef) -> Result<Vec<Node>> {
        let own = self.criteria.set.iter().filter(|criterion| criterion.table == table);
        own.map(|criterion| criterion.on(&Source::Table(table))).collect()
    }

    /// What a load of a collection made of it, under the session's criteria.
    pub(super) fn visible(&self) -> Completeness {
        Completeness::Visible(self.criteria.changes)
    }

    /// Whether a collection holds all that the session's criteria let through.
    pub(super) fn is_seen(&self, kind: CollectionKind, owner: Id) -> bool {
        self.is_complete(kind, owner) || self.known_completeness(kind, owner) == Some(&self.visible())
    }
}
