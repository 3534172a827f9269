//! Making links, and carrying them into the foreign-key columns.

use super::{KeyId, Override};
use crate::entity::TableDef;
use crate::error::{Error, Result};
use crate::model::key_values;
use crate::session::Session;
use crate::session::arena::{Id, Stage};
use crate::types::{Kind, Value};

/// Whether a column of a new object was not set by hand.
pub(in crate::session) fn is_unset(value: &Option<Value>) -> bool {
    match value {
        None | Some(Value::Null(_)) => true,
        Some(Value::Text(text)) => text.is_empty(),
        Some(Value::Bytes(bytes)) => bytes.is_empty(),
        Some(Value::Uuid(bytes)) => *bytes == [0; 16],
        Some(Value::Decimal(text)) => text == "0",
        Some(value) => value.as_i64() == Some(0),
    }
}

impl Session {
    /// Links a child to a parent, or to none.
    ///
    /// The columns are written at once where the parent has its row; where it has none yet the link waits for it.
    pub(in crate::session) fn link(&mut self, key: KeyId, child: Id, parent: Option<Id>) {
        self.sync();
        self.touch(child);
        let columns = self.links.keys[key].columns.clone();
        let linked = match parent {
            None => self.unlink(child, &columns),
            Some(parent) => {
                let mut before = self.untouched_columns(key, child);
                let by_hand = before != self.object(child).values(&columns);
                if !by_hand && let Some(values) = self.row_key_for(key, parent) {
                    self.write_link(child, &columns, &values);
                    before = self.object(child).values(&columns);
                }
                Override { target: Some(parent), before }
            }
        };
        self.links.keys[key].put_override(child.slot, Some(linked));
        self.reindex(child);
    }

    /// Sets the columns to NULL that can be; what then says "none" beside them holds until one is written by hand.
    fn unlink(&mut self, child: Id, columns: &[u16]) -> Override {
        let table = self.table(child);
        let nullable: Vec<u16> = columns.iter().copied().filter(|column| table.column_def(*column).nullable).collect();
        let none = vec![Value::Null(Kind::I64); nullable.len()];
        self.write_link(child, &nullable, &none);
        Override { target: None, before: self.object(child).values(columns) }
    }

    /// A key's columns as they would be if the program had not written them by hand.
    fn untouched_columns(&self, key: KeyId, child: Id) -> Vec<Option<Value>> {
        let links = &self.links.keys[key];
        if let Some(linked) = links.override_of(child.slot) {
            return linked.before.clone();
        }
        match self.stage(child) {
            Stage::Pending => {
                let values = self.object(child).values(&links.columns);
                values.into_iter().map(|value| if is_unset(&value) { value } else { None }).collect()
            }
            _ => links.columns.iter().map(|column| self.original(child, *column)).collect(),
        }
    }

    /// Writes a link's columns; other links over the same columns are not contradicted by that.
    fn write_link(&mut self, child: Id, columns: &[u16], values: &[Value]) {
        for (column, value) in columns.iter().zip(values) {
            if let Err(error) = self.set_column(child, *column, value) {
                self.problems.push(error.to_string());
            }
            self.link_renewed(child, *column);
        }
    }

    /// A column has a value that the program did not write: what it said of links over the column is not contradicted by that.
    pub(in crate::session) fn link_renewed(&mut self, child: Id, column: u16) {
        let now = self.object(child).value(column);
        for links in self.links.keys.iter_mut().filter(|links| links.child == child.store) {
            if let Some(n) = links.columns.iter().position(|other| *other == column)
                && let Some(linked) = links.overrides.get_mut(&child.slot)
            {
                linked.before[n].clone_from(&now);
            }
        }
    }

    /// The values that the children of a parent with a row hold.
    fn row_key_for(&self, key: KeyId, parent: Id) -> Option<Vec<Value>> {
        match self.stage(parent) {
            Stage::Persistent => key_values(self.object(parent).values(&self.links.keys[key].parent_columns)),
            _ => None,
        }
    }

    /// The same when the child's row is about to be written: a row may hold its own key, where that is known.
    fn key_to_write(&self, key: KeyId, parent: Id, child: Id) -> Option<Vec<Value>> {
        if parent != child || self.stage(parent) != Stage::Pending {
            return self.row_key_for(key, parent);
        }
        let columns = &self.links.keys[key].parent_columns;
        let values = self.object(parent).values(columns);
        if self.is_unset_key(self.table(parent), columns, &values) { None } else { key_values(values) }
    }

    /// Carries the links to objects that have their rows into the columns. Called before a row is written.
    ///
    /// # Errors
    /// A key written by hand that is not the linked object's; two links that need different values in one column; a link
    /// that was taken away from a NOT NULL key.
    pub(in crate::session) fn carry_links(&mut self, child: Id) -> Result<()> {
        let mut carried: Vec<(u16, Value, Id)> = Vec::new();
        for key in 0..self.links.keys.len() {
            let links = &self.links.keys[key];
            if links.child != child.store {
                continue;
            }
            let Some(linked) = links.override_of(child.slot) else { continue };
            let now = self.object(child).values(&links.columns);
            let Some(parent) = linked.target else {
                let nullable = links.columns.iter().any(|column| self.table(child).column_def(*column).nullable);
                if now == linked.before && !nullable {
                    return Err(self.taken_out(key, child));
                }
                self.links.keys[key].put_override(child.slot, None);
                continue;
            };
            let Some(values) = self.key_to_write(key, parent, child) else {
                if matches!(self.stage(parent), Stage::Pending) {
                    continue;
                }
                return Err(self.linked_to_gone(child, parent));
            };
            let columns = links.columns.clone();
            for (n, (column, value)) in columns.iter().zip(&values).enumerate() {
                if let Some((_, _, other)) =
                    carried.iter().find(|(other, theirs, _)| other == column && theirs != value)
                {
                    return Err(Error::Session(format!(
                        "{} was linked to {} and to {}, which need different values in {}; change one of the two",
                        self.describe(child),
                        self.describe(*other),
                        self.describe(parent),
                        self.column_name(child, *column)
                    )));
                }
                if now[n] != linked.before[n] && now[n].as_ref() != Some(value) {
                    return Err(Error::Session(format!(
                        "{} was linked to {}, whose key is {value}, and {} was set by hand to {}; change one of the two",
                        self.describe(child),
                        self.describe(parent),
                        self.column_name(child, *column),
                        now[n].as_ref().map_or_else(|| "unset".to_owned(), Value::to_string)
                    )));
                }
            }
            carried.extend(columns.iter().copied().zip(values.iter().cloned()).map(|(c, v)| (c, v, parent)));
            self.write_link(child, &columns, &values);
            self.links.keys[key].put_override(child.slot, None);
        }
        self.reindex(child);
        Ok(())
    }

    fn taken_out(&self, key: KeyId, child: Id) -> Error {
        let links = &self.links.keys[key];
        let names: Vec<String> = links.columns.iter().map(|column| self.column_name(child, *column)).collect();
        Error::Session(format!(
            "{} was taken out of its relationship, but {} is NOT NULL; give it another `{}`, delete it, or declare \
             `cascade(all, delete_orphan)`",
            self.describe(child),
            names.join(", "),
            self.stores[links.parent as usize].table.title()
        ))
    }

    /// The error for a link to an object that has no row and gets none.
    pub(in crate::session) fn linked_to_gone(&self, child: Id, parent: Id) -> Error {
        Error::Session(format!(
            "{} is linked to {}, which was taken out of the session or deleted; link it to another object, or delete it \
             too",
            self.describe(child),
            self.describe(parent)
        ))
    }

    /// # Errors
    /// For a key that can't be a row's: 0, where the database counts from 1. Nobody linked the object.
    pub(in crate::session) fn check_linked(&self, child: Id, columns: &[u16]) -> Result<()> {
        let table = self.table(child);
        for key in table.foreign_keys {
            let ([column], target) = (key.columns, key.target()) else { continue };
            if !columns.contains(column) {
                continue;
            }
            let values = self.object(child).values(key.columns);
            if self.is_unset_key(target, &key.target_columns(), &values) {
                return Err(Error::Session(self.unlinked(child, *column, target)));
            }
        }
        Ok(())
    }

    fn unlinked(&self, child: Id, column: u16, target: &'static TableDef) -> String {
        format!(
            "{} is linked to no `{}`: {} is 0, which is no key; link it with `push` or `set`, or set the column",
            self.describe(child),
            target.title(),
            self.column_name(child, column)
        )
    }

    /// The objects without a row yet that an object's row needs: with the key's number.
    pub(in crate::session) fn awaited(&self, child: Id) -> Vec<(KeyId, Id)> {
        let mut awaited = Vec::new();
        for (key, links) in self.links.keys.iter().enumerate() {
            if links.child == child.store
                && let Some(Override { target: Some(parent), .. }) = links.override_of(child.slot)
                && self.key_to_write(key, *parent, child).is_none()
            {
                awaited.push((key, *parent));
            }
        }
        awaited
    }
}
