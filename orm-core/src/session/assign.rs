//! SQL expressions as values of columns: until the next flush, which writes them and reads back what they gave.

use super::Session;
use super::arena::{Id, Stage};
use crate::entity::Key;
use crate::expr::Node;
use crate::model::Mapped;
use crate::query::Assignments;
use crate::types::Value;
use std::collections::HashMap;

/// An expression that a column is to be set to.
#[derive(Clone, Debug)]
pub(super) struct Assigned {
    column: u16,
    node: Node,
    /// The column when it was given the expression: where it differs now, the program has written it since, and that holds.
    was: Option<Value>,
}

/// The expressions of the objects that have some.
pub(super) type AllAssigned = HashMap<Id, Vec<Assigned>>;

impl Session {
    /// Gives a column an SQL expression as its value: `session.assign(ed, User::name.to(func("lower", User::name)))`, or a
    /// tuple of such. The next flush writes it, in a statement for this row alone, and reads back what it gave; until then
    /// the object has its old value, and [`Session::changes`] shows the column with an expression.
    ///
    /// SQL: `UPDATE users SET name = lower(name), version = ? WHERE id = ? AND version = ? RETURNING name`; where UPDATE has
    /// no RETURNING (MariaDB, MySQL), `SELECT id, name FROM users WHERE id IN (?)` follows. The expression is worked out by
    /// the database from what the row has then, so `Order::count.to(Order::count + 1)` loses no other session's count. Of a
    /// new object it stands in the VALUES of its INSERT, where it can't name columns of the table.
    ///
    /// Of several writes to a column the last holds: a plain value that is written to the field afterwards, unless it is the
    /// one that it had, or given by `assign` (`User::name.to("ed")`), replaces the expression. It is no value that `validate`
    /// could check. On MariaDB and MySQL an expression that names a column which another expression of the same flush sets
    /// may see its new value.
    ///
    /// A rollback forgets it, to a savepoint as well.
    ///
    /// # Errors
    /// The next flush's: for a primary key, a version, a column of a foreign key or of a relationship (the session goes by
    /// their values: `set`, `push`), and for an object that is deleted or withdrawn.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn assign<M: Mapped>(&mut self, key: Key<M>, assignments: impl Assignments<M>) {
        let id = self.expect(key);
        self.assign_all(id, assignments.into_assignments());
    }

    fn assign_all(&mut self, id: Id, assignments: Vec<(u16, Node)>) {
        self.borrow_mut(id);
        for (column, node) in assignments {
            self.forget_assigned(id, |assigned| assigned.column == column);
            if let Node::Bind(value) = &node {
                if let Err(error) = self.set_column(id, column, value) {
                    self.problems.push(error.to_string());
                }
            } else if let Some(reason) = self.not_assignable(id, column) {
                let name = self.column_name(id, column);
                self.problems.push(format!("{name} of {} can't get an SQL expression: {reason}", self.describe(id)));
            } else {
                let was = self.object(id).value(column);
                self.assigned.entry(id).or_default().push(Assigned { column, node, was });
            }
        }
    }

    /// Why a column can't get an expression, if it can't.
    fn not_assignable(&self, id: Id, column: u16) -> Option<&'static str> {
        let table = self.table(id);
        let linked = |store: u32, columns: &[u16]| store == id.store && columns.contains(&column);
        if table.primary_key.contains(&column) {
            Some("it is the primary key, which the session must know; write a value")
        } else if table.version == Some(column) {
            Some("it is the version, which the session counts")
        } else if table.foreign_keys.iter().any(|key| key.columns.contains(&column))
            || self.links.keys.iter().any(|key| linked(key.child, &key.columns))
        {
            Some(
                "it is a foreign key, and rows are written in the order of those; set the relationship, or write a value",
            )
        } else if self.links.keys.iter().any(|key| linked(key.parent, &key.parent_columns)) {
            Some("other rows refer to it, and follow its value; write a value")
        } else if !matches!(self.stage(id), Stage::Pending | Stage::Persistent) {
            Some("the object is deleted or withdrawn, and is not written; `readd` it first")
        } else {
            None
        }
    }

    /// The columns of an object that get an expression with the next flush.
    pub(super) fn assigned_columns(&self, id: Id) -> impl Iterator<Item = u16> + '_ {
        let holds = move |assigned: &&Assigned| self.object(id).value(assigned.column) == assigned.was;
        self.assigned.get(&id).into_iter().flatten().filter(holds).map(|assigned| assigned.column)
    }

    pub(super) fn has_assigned(&self, id: Id) -> bool {
        !self.assigned.is_empty() && self.assigned_columns(id).next().is_some()
    }

    /// Takes an object's expressions, for the statement that writes them: one that is written twice would count twice.
    pub(super) fn take_assigned(&mut self, id: Id) -> Vec<(u16, Node)> {
        if self.assigned.is_empty() {
            return Vec::new();
        }
        let mut taken = self.assigned.remove(&id).unwrap_or_default();
        taken.retain(|assigned| self.object(id).value(assigned.column) == assigned.was);
        taken.into_iter().map(|assigned| (assigned.column, assigned.node)).collect()
    }

    /// A column was read anew under an expression, which stays.
    pub(super) fn assigned_renewed(&mut self, id: Id, column: u16, before: &Option<Value>, fresh: &Option<Value>) {
        let assigned = self.assigned.get_mut(&id).into_iter().flatten();
        for assigned in assigned.filter(|assigned| assigned.column == column && assigned.was == *before) {
            assigned.was.clone_from(fresh);
        }
    }

    /// Forgets those of an object's expressions that are so.
    pub(super) fn forget_assigned(&mut self, id: Id, is: impl Fn(&Assigned) -> bool) {
        if let Some(assigned) = self.assigned.get_mut(&id) {
            assigned.retain(|assigned| !is(assigned));
            if assigned.is_empty() {
                self.assigned.remove(&id);
            }
        }
    }
}
