//! The links between objects, each once, on the side that holds the foreign key.
//!
//! A link is the object's foreign-key columns, looked up in the identity map when it is read, so that a target that is
//! loaded later joins by itself. Only what columns can't say is kept beside them: a link to an object that has no key yet,
//! and "none" for a column that is NOT NULL. A reverse index makes a collection cost its members.

use super::Session;
use super::arena::{Id, Identity, Stage};
use crate::entity::{Link, Resolved, TableDef};
use crate::error::{Error, Result};
use crate::model::key_values;
use crate::types::{Kind, Value};
use std::collections::HashMap;

/// A foreign key that relationships use, by number.
pub(super) type KeyId = usize;

/// All links of a session.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) keys: Vec<ForeignKeyLinks>,
}

/// The links over one foreign key.
#[derive(Debug)]
pub(super) struct ForeignKeyLinks {
    /// The store of the objects that hold the key.
    pub(super) child: u32,
    /// The key's columns.
    pub(super) columns: Vec<u16>,
    /// The store of the objects that it references.
    pub(super) parent: u32,
    /// The referenced columns.
    pub(super) parent_columns: Vec<u16>,
    /// What the columns can't say, by the child's slot.
    overrides: Vec<Option<Override>>,
    /// Where the child stands in the index, by its slot.
    places: Vec<Option<Place>>,
    members: HashMap<Place, Vec<u32>>,
}

/// A link that the columns can't say.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Override {
    /// None, though the columns can't be NULL.
    None,
    /// An object without a key yet; and the columns when the link was made, to see one written by hand since.
    Object(Id, Vec<Option<Value>>),
}

/// What a child's link leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Object(Id),
    Key(Identity),
}

fn slot_of<T>(side: &[Option<T>], slot: u32) -> Option<&T> {
    side.get(slot as usize)?.as_ref()
}

fn put<T>(side: &mut Vec<Option<T>>, slot: u32, value: Option<T>) {
    let slot = slot as usize;
    if slot >= side.len() {
        if value.is_none() {
            return;
        }
        side.resize_with(slot + 1, || None);
    }
    side[slot] = value;
}

impl ForeignKeyLinks {
    fn unplace(&mut self, slot: u32) {
        if let Some(place) = self.places.get_mut(slot as usize).and_then(Option::take)
            && let Some(members) = self.members.get_mut(&place)
        {
            members.retain(|member| *member != slot);
            if members.is_empty() {
                self.members.remove(&place);
            }
        }
    }

    fn place(&mut self, slot: u32, place: Option<Place>) {
        if slot_of(&self.places, slot) == place.as_ref() {
            return;
        }
        self.unplace(slot);
        if let Some(place) = &place {
            self.members.entry(place.clone()).or_default().push(slot);
        }
        put(&mut self.places, slot, place);
    }

    pub(super) fn override_of(&self, slot: u32) -> Option<&Override> {
        slot_of(&self.overrides, slot)
    }
}

impl Session {
    /// The number of the foreign key behind a relationship that is not many-to-many: made, and its children indexed, when
    /// it is first asked for.
    pub(super) fn key_for(&mut self, resolved: &Resolved) -> Result<KeyId> {
        let (child, columns, parent, parent_columns) = match &resolved.link {
            Link::Holds { local, remote } => (resolved.source, local, resolved.target, remote),
            Link::Held { local, remote } => (resolved.target, remote, resolved.source, local),
            Link::Through(_) => {
                return Err(Error::Session(format!("`{}` is many-to-many", resolved.relationship)));
            }
        };
        let (child, parent) = (self.store_for(child)?, self.store_for(parent)?);
        if let Some(known) = self.known_key(child, columns, parent) {
            return Ok(known);
        }
        self.links.keys.push(ForeignKeyLinks {
            child,
            columns: columns.clone(),
            parent,
            parent_columns: parent_columns.clone(),
            overrides: Vec::new(),
            places: Vec::new(),
            members: HashMap::new(),
        });
        let key = self.links.keys.len() - 1;
        for slot in 0..self.stores[child as usize].slots.len() as u32 {
            if self.stores[child as usize].slot(slot).stage != Stage::Free {
                self.reindex_key(key, Id { store: child, slot });
            }
        }
        Ok(key)
    }

    fn known_key(&self, child: u32, columns: &[u16], parent: u32) -> Option<KeyId> {
        self.links.keys.iter().position(|key| key.child == child && key.parent == parent && key.columns == columns)
    }

    /// The number of the foreign key, if anything was linked over it yet.
    pub(super) fn known_key_for(&self, resolved: &Resolved) -> Option<KeyId> {
        match &resolved.link {
            Link::Holds { local, .. } => {
                self.known_key(self.known_store(resolved.source)?, local, self.known_store(resolved.target)?)
            }
            Link::Held { remote, .. } => {
                self.known_key(self.known_store(resolved.target)?, remote, self.known_store(resolved.source)?)
            }
            Link::Through(_) => None,
        }
    }

    /// What the child's link over a key leads to now.
    pub(super) fn place_of(&self, key: KeyId, child: Id) -> Option<Place> {
        let links = &self.links.keys[key];
        match links.override_of(child.slot) {
            Some(Override::None) => None,
            Some(Override::Object(parent, _)) => Some(Place::Object(*parent)),
            None => {
                let values = key_values(self.object(child).values(&links.columns))?;
                Some(Place::Key(Identity::of(values)))
            }
        }
    }

    fn reindex_key(&mut self, key: KeyId, child: Id) {
        let place = self.place_of(key, child);
        self.links.keys[key].place(child.slot, place);
    }

    /// Brings the index up to date with an object's links.
    pub(super) fn reindex(&mut self, child: Id) {
        for key in 0..self.links.keys.len() {
            if self.links.keys[key].child == child.store {
                self.reindex_key(key, child);
            }
        }
    }

    /// Enters a new object's links.
    pub(super) fn index_new(&mut self, child: Id) {
        self.reindex(child);
    }

    /// Brings the index up to date with what the program wrote into foreign-key columns by hand.
    pub(super) fn sync(&mut self) {
        let mut unsynced = std::mem::take(&mut self.unsynced);
        unsynced.sort_unstable();
        unsynced.dedup();
        for id in unsynced {
            if self.stage(id) != Stage::Free {
                self.reindex(id);
            }
        }
    }

    /// Forgets an object's links, both ways.
    pub(super) fn forget_links(&mut self, id: Id) {
        for key in &mut self.links.keys {
            if key.child == id.store {
                key.unplace(id.slot);
                put(&mut key.overrides, id.slot, None);
            }
        }
        self.pairs.forget(id);
        self.collections.forget(id);
    }

    /// The parent that a child's link leads to: `Ok(None)` for none, an error for one that is not in the session.
    pub(super) fn parent_of(&self, resolved: &Resolved, child: Id) -> Result<Option<Id>> {
        let not_loaded = || Error::NotLoaded { relationship: resolved.relationship.to_string() };
        if let Some(key) = self.known_key_for(resolved)
            && let Some(place) = self.links.keys[key].override_of(child.slot)
        {
            return Ok(match place {
                Override::None => None,
                Override::Object(parent, _) => Some(*parent),
            });
        }
        let Link::Holds { local, remote } = &resolved.link else { return Err(not_loaded()) };
        let Some(values) = key_values(self.object(child).values(local)) else { return Ok(None) };
        let store = self.known_store(resolved.target).ok_or_else(not_loaded)?;
        self.find_by(store, remote, values).map(Some).ok_or_else(not_loaded)
    }

    /// The persistent object with these values in these columns.
    pub(super) fn find_by(&self, store: u32, columns: &[u16], values: Vec<Value>) -> Option<Id> {
        let table: &'static TableDef = self.stores[store as usize].table;
        if columns == table.primary_key {
            return self.find(store, &Identity::of(values));
        }
        let wanted: Vec<Option<Value>> = values.into_iter().map(Some).collect();
        (0..self.stores[store as usize].slots.len() as u32)
            .map(|slot| Id { store, slot })
            .find(|id| self.is_live(*id) && self.object(*id).values(columns) == wanted)
    }

    /// The live children that are linked to a parent over a key, in the collection's order.
    pub(super) fn children(&self, key: KeyId, parent: Id) -> Vec<Id> {
        let links = &self.links.keys[key];
        let at_key = key_values(self.object(parent).values(&links.parent_columns)).map(Identity::of).map(Place::Key);
        let at_object = Place::Object(parent);
        let mut found: Vec<Id> = Vec::new();
        let here = |place: &Option<Place>| *place == at_key && at_key.is_some() || *place == Some(at_object.clone());
        for place in at_key.iter().chain([&at_object]) {
            for slot in links.members.get(place).into_iter().flatten() {
                found.push(Id { store: links.child, slot: *slot });
            }
        }
        let unsynced: Vec<Id> = self.unsynced.iter().copied().filter(|id| id.store == links.child).collect();
        if !unsynced.is_empty() {
            found.retain(|id| !unsynced.contains(id) || here(&self.place_of(key, *id)));
            for id in unsynced {
                if self.stage(id) != Stage::Free && !found.contains(&id) && here(&self.place_of(key, id)) {
                    found.push(id);
                }
            }
        }
        found.retain(|id| self.is_live(*id));
        found
    }

    /// Puts a collection's members into the order in which a query brought them; others follow.
    pub(super) fn order_children(&mut self, key: KeyId, parent: Id, order: &[Id]) {
        let links = &mut self.links.keys[key];
        let Some(object) = self.stores[parent.store as usize].objects.get(parent.slot as usize) else { return };
        let Some(values) = key_values(object.values(&links.parent_columns)) else { return };
        if let Some(members) = links.members.get_mut(&Place::Key(Identity::of(values))) {
            let rank: HashMap<u32, usize> = order.iter().enumerate().map(|(n, id)| (id.slot, n)).collect();
            members.sort_by_key(|slot| rank.get(slot).copied().unwrap_or(usize::MAX));
        }
    }

    /// Links a child to a parent, or to none.
    ///
    /// The columns are written at once where the parent has its key; where it has none yet the link waits for it.
    pub(super) fn link(&mut self, key: KeyId, child: Id, parent: Option<Id>) {
        self.sync();
        self.touch(child);
        let columns = self.links.keys[key].columns.clone();
        let linked = match parent {
            None => {
                let table = self.table(child);
                let nullable = columns.iter().any(|column| table.column_def(*column).nullable);
                if nullable {
                    for column in columns.iter().filter(|column| table.column_def(**column).nullable) {
                        self.set_column(child, *column, &Value::Null(Kind::I64));
                    }
                    None
                } else {
                    Some(Override::None)
                }
            }
            Some(parent) => match self.key_of_parent(key, parent) {
                Some(values) => {
                    for (column, value) in columns.iter().zip(&values) {
                        self.set_column(child, *column, value);
                    }
                    None
                }
                None => Some(Override::Object(parent, self.object(child).values(&columns))),
            },
        };
        put(&mut self.links.keys[key].overrides, child.slot, linked);
        self.reindex(child);
    }

    /// The values that a child of this parent gets; `None` while the parent's key is not known.
    pub(super) fn key_of_parent(&self, key: KeyId, parent: Id) -> Option<Vec<Value>> {
        let columns = &self.links.keys[key].parent_columns;
        let table = self.table(parent);
        let auto = table.auto_key();
        let pending = self.stage(parent) == Stage::Pending;
        let values = key_values(self.object(parent).values(columns))?;
        let unset = |(column, value): (&u16, &Value)| pending && auto == Some(*column) && value.as_i64() == Some(0);
        if columns.iter().zip(&values).any(unset) { None } else { Some(values) }
    }

    /// Sets a column, noting what does not fit for the next flush.
    pub(super) fn set_column(&mut self, id: Id, column: u16, value: &Value) {
        if let Err(reason) = self.object_mut(id).set(column, value) {
            let table = self.table(id);
            let field = table.column_def(column).field;
            self.problems.push(format!("`{}::{field}` can't be {value}: {reason}", table.title()));
        }
    }

    /// Carries the links to objects that have their keys now into the columns. Called before a row is written.
    ///
    /// # Errors
    /// A key written by hand that is not the linked object's; a link that was taken away from a NOT NULL key.
    pub(super) fn carry_links(&mut self, child: Id) -> Result<()> {
        for key in 0..self.links.keys.len() {
            if self.links.keys[key].child != child.store {
                continue;
            }
            let links = &self.links.keys[key];
            let fields = || {
                let table = self.table(child);
                let fields: Vec<_> = links.columns.iter().map(|column| table.column_def(*column).field).collect();
                format!("`{}::{}`", table.title(), fields.join(", "))
            };
            match links.override_of(child.slot).cloned() {
                None => {}
                Some(Override::None) => {
                    return Err(Error::Session(format!(
                        "{} was taken out of its relationship, but {} is NOT NULL; give it another `{}`, delete it, or \
                         declare `cascade(all, delete_orphan)`",
                        self.describe(child),
                        fields(),
                        self.stores[links.parent as usize].table.title()
                    )));
                }
                Some(Override::Object(parent, before)) => {
                    let Some(values) = self.key_of_parent(key, parent) else { continue };
                    let now = self.object(child).values(&links.columns);
                    let same = now.iter().zip(&values).all(|(now, value)| now.as_ref() == Some(value));
                    if now != before && !same {
                        return Err(Error::Session(format!(
                            "{} was linked to {}, and {} was also set by hand to another key; change one of the two",
                            self.describe(child),
                            self.describe(parent),
                            fields()
                        )));
                    }
                    let columns = links.columns.clone();
                    for (column, value) in columns.iter().zip(&values) {
                        self.set_column(child, *column, value);
                    }
                    put(&mut self.links.keys[key].overrides, child.slot, None);
                    self.reindex(child);
                }
            }
        }
        Ok(())
    }

    /// The objects without a key yet that an object's row needs: with the key's number.
    pub(super) fn awaited(&self, child: Id) -> Vec<(KeyId, Id)> {
        let mut awaited = Vec::new();
        for (key, links) in self.links.keys.iter().enumerate() {
            if links.child == child.store
                && let Some(Override::Object(parent, _)) = links.override_of(child.slot)
            {
                awaited.push((key, *parent));
            }
        }
        awaited
    }

    /// An object's links that its columns can't say, to be put back when a flush fails.
    pub(super) fn overrides(&self, child: Id) -> Vec<(KeyId, Override)> {
        let of = |(key, links): (usize, &ForeignKeyLinks)| {
            if links.child != child.store {
                return None;
            }
            Some((key, links.override_of(child.slot)?.clone()))
        };
        self.links.keys.iter().enumerate().filter_map(of).collect()
    }

    /// Puts the links back that its columns can't say.
    pub(super) fn restore_overrides(&mut self, child: Id, overrides: Vec<(KeyId, Override)>) {
        for key in self.links.keys.iter_mut().filter(|key| key.child == child.store) {
            put(&mut key.overrides, child.slot, None);
        }
        for (key, linked) in overrides {
            put(&mut self.links.keys[key].overrides, child.slot, Some(linked));
        }
        self.reindex(child);
    }
}
