//! What changed in an object, and in a collection.

use super::Session;
use super::arena::{Columns, Id, Stage};
use super::collections::CollectionKind;
use crate::entity::{Key, Many, RawColumn, Rel};
use crate::error::Result;
use crate::expr::Column;
use crate::model::Mapped;
use crate::types::{SqlType, Value, ValueRow, column};
use std::collections::HashSet;
use std::fmt;

/// What changed in an object's columns: [`Session::changes`], [`Session::changes_since_commit`].
///
/// Its `Display` is a line per column: `User::name: "ed" → "eddie"`, `User::name: "ed" → an SQL expression`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    columns: Vec<Change>,
}

/// What changed in a column.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The model.
    pub model: &'static str,
    /// The field.
    pub field: &'static str,
    /// The column's name in the database.
    pub column: &'static str,
    /// What it was; `None` for a new object, and for a value that was not set.
    pub before: Option<Value>,
    /// What it is; `None` for a value that is not set, and for what an SQL expression will give.
    pub after: Option<Value>,
    /// Whether it gets an SQL expression with the next flush: [`Session::assign`].
    pub expression: bool,
    index: u16,
}

impl Changes {
    /// The columns that changed, in the order of the fields.
    pub fn columns(&self) -> &[Change] {
        &self.columns
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// A column's value before and now, if it changed. `None` within is a value that was not there or not set, or that the
    /// field's type can't hold.
    pub fn get<M: Mapped, T: SqlType>(&self, of: Column<M, T>) -> Option<(Option<T>, Option<T>)> {
        let RawColumn { table, index } = of.raw();
        let change = self.columns.iter().find(|change| change.index == index && change.model == table.title())?;
        let read = |value: &Option<Value>| column::<T>(&ValueRow(value.as_ref()?), 0).ok();
        Some((read(&change.before), read(&change.after)))
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "unset".to_owned(), Value::to_string);
        for (n, change) in self.columns.iter().enumerate() {
            let line = if n == 0 { "" } else { "\n" };
            write!(
                f,
                "{line}{}::{}: {} → {}",
                change.model,
                change.field,
                shown(&change.before),
                if change.expression { "an SQL expression".to_owned() } else { shown(&change.after) }
            )?;
        }
        Ok(())
    }
}

/// Which objects came into a collection and which left it since the last flush: [`Session::member_changes`].
#[derive(Clone, Debug, PartialEq)]
pub struct MemberChanges<T> {
    /// Those that came.
    pub added: Vec<Key<T>>,
    /// Those that left, deleted ones included.
    pub removed: Vec<Key<T>>,
}

impl Session {
    /// What changed in an object's columns since the last flush: what the next one writes. Of a new object: every column
    /// that is set. Links to objects without a key yet are not among them, since no column holds them.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn changes<M: Mapped>(&self, key: Key<M>) -> Changes {
        let id = self.expect(key);
        match self.stage(id) {
            Stage::Pending | Stage::Withdrawn => self.compared(id, None),
            _ => match self.original_columns(id) {
                Some(original) => self.compared(id, Some(original)),
                None => Changes::default(),
            },
        }
    }

    /// What changed in an object's columns since the transaction began: what the session's commit writes, or has flushed
    /// before. Of an object that was new then: every column that is set.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn changes_since_commit<M: Mapped>(&self, key: Key<M>) -> Changes {
        let id = self.expect(key);
        match (self.committed_columns(id), self.stage(id)) {
            (Some(columns), _) => self.compared(id, columns),
            (None, Stage::Pending | Stage::Withdrawn) => self.compared(id, None),
            (None, _) => Changes::default(),
        }
    }

    fn compared(&self, id: Id, before: Option<&Columns>) -> Changes {
        let table = self.table(id);
        let assigned: Vec<u16> = self.assigned_columns(id).collect();
        let change = |index: u16| {
            let before = before.and_then(|columns| columns[usize::from(index)].clone());
            let expression = assigned.contains(&index);
            let after = if expression { None } else { self.object(id).value(index) };
            if before == after && !expression {
                return None;
            }
            let def = table.column_def(index);
            Some(Change { model: table.title(), field: def.field, column: def.name, before, after, expression, index })
        };
        Changes { columns: (0..table.columns.len() as u16).filter_map(change).collect() }
    }

    /// Which objects came into a collection and which left it since the last flush, as far as they are in the session. It
    /// costs the collection's members and the objects that were touched.
    ///
    /// # Errors
    /// When the relationship can't be resolved.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn member_changes<M: Mapped, T: Mapped>(
        &self,
        owner: Key<M>,
        relationship: Rel<M, T, Many>,
    ) -> Result<MemberChanges<T>> {
        let owner = self.expect(owner);
        let Some(kind) = self.known_collection_for(relationship.raw().resolve()?) else {
            return Ok(MemberChanges { added: Vec::new(), removed: Vec::new() });
        };
        let (added, removed) = match kind {
            CollectionKind::Partners(side) => self.partner_changes(side, owner),
            CollectionKind::Children(key) => {
                let members: HashSet<Id> = self.children(key, owner).into_iter().collect();
                let was_in = |id: &Id| self.stage(*id) != Stage::Pending && self.was_child(key, owner, *id);
                let mut added: Vec<Id> = members.iter().copied().filter(|id| !was_in(id)).collect();
                added.sort_unstable();
                let touched = self.touched.iter().copied().filter(|id| self.table(*id) == T::TABLE);
                (added, touched.filter(|id| !members.contains(id) && was_in(id)).collect())
            }
        };
        let keys = |ids: Vec<Id>| ids.into_iter().map(|id| self.key_of(id)).collect();
        Ok(MemberChanges { added: keys(added), removed: keys(removed) })
    }
}
