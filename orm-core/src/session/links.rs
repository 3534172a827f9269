//! The links between objects, each once, on the side that holds the foreign key.
//!
//! A link is the object's foreign-key columns, looked up in the identity map when it is read, so that a target that is
//! loaded later joins by itself. What `push`, `set` and `remove` said is kept beside them until the next flush: the columns
//! can't name an object without a key, and a column that was written by hand as well is a contradiction to be told. An
//! index the other way round makes a collection cost its members.

mod lookup;
mod write;

pub(super) use write::is_unset;

use super::Session;
use super::arena::{Id, Identity, Stage};
use super::index::{Index, Place};
use super::near::NearMap;
use crate::entity::{Link, Resolved, TableDef};
use crate::error::{Error, Result};
use crate::model::key_values;
use crate::types::Value;
use lookup::Lookup;
use std::collections::HashMap;

/// A foreign key that relationships use, by number.
pub(super) type KeyId = usize;

/// All links of a session.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) keys: Vec<ForeignKeyLinks>,
    /// For each store: how its objects are found by what others reference.
    lookups: Vec<Vec<Lookup>>,
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
    /// What was said since the last flush, by the child's slot.
    overrides: NearMap<u32, Override>,
    index: Index,
}

/// A link that the program made since the last flush.
#[derive(Clone, Debug)]
pub(super) struct Override {
    /// What it leads to; `None` for nothing, whether or not the columns can be NULL.
    target: Option<Id>,
    /// The key's columns as they are without a change by hand.
    before: Vec<Option<Value>>,
}

impl Links {
    /// Forgets all links.
    pub(super) fn clear(&mut self) {
        self.keys.iter_mut().for_each(ForeignKeyLinks::clear);
    }
}

impl Override {
    /// The object that it leads to.
    pub(super) fn target(&self) -> Option<Id> {
        self.target
    }
}

/// What a link is.
enum Linked {
    /// What the columns say.
    Columns,
    Nothing,
    Object(Id),
}

impl ForeignKeyLinks {
    /// Forgets everything but what the key is.
    fn clear(&mut self) {
        self.overrides.clear();
        self.index = Index::default();
    }

    fn override_of(&self, slot: u32) -> Option<&Override> {
        self.overrides.get(&slot)
    }

    /// What a link that the program made since the last flush leads to.
    pub(super) fn link_made(&self, slot: u32) -> Option<Option<Id>> {
        self.override_of(slot).map(|linked| linked.target)
    }

    /// The children at a place, by slot.
    pub(super) fn children_at(&self, place: &Place) -> impl Iterator<Item = u32> + '_ {
        self.index.at(place)
    }

    /// The place that a child is to leave for another, or for none, if others stand there too.
    pub(super) fn place_left(&self, slot: u32, to: Option<&Place>) -> Option<Place> {
        self.index.left(slot, to, self.parent)
    }

    /// Puts the children at a place into this order; others follow.
    pub(super) fn sort(&mut self, place: &Place, order: &[u32]) {
        let rank: HashMap<u32, usize> = order.iter().enumerate().map(|(n, slot)| (*slot, n)).collect();
        self.index.sort(place, &rank);
    }

    fn put_override(&mut self, slot: u32, value: Option<Override>) {
        match value {
            Some(value) => drop(self.overrides.insert(slot, value)),
            None if self.overrides.remove(&slot).is_some() && self.overrides.is_empty() => {
                self.overrides = NearMap::default();
            }
            None => {}
        }
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
        Ok(self.key_between(child, columns, parent, parent_columns))
    }

    /// The number of the foreign key of these columns.
    pub(super) fn key_between(&mut self, child: u32, columns: &[u16], parent: u32, parent_columns: &[u16]) -> KeyId {
        if let Some(known) = self.known_key(child, columns, parent) {
            return known;
        }
        self.links.keys.push(ForeignKeyLinks {
            child,
            columns: columns.to_vec(),
            parent,
            parent_columns: parent_columns.to_vec(),
            overrides: NearMap::default(),
            index: Index::default(),
        });
        let key = self.links.keys.len() - 1;
        for slot in 0..self.stores[child as usize].slots.len() as u32 {
            if self.stores[child as usize].slot(slot).stage != Stage::Free {
                self.reindex_key(key, Id { store: child, slot });
            }
        }
        key
    }

    pub(super) fn known_key(&self, child: u32, columns: &[u16], parent: u32) -> Option<KeyId> {
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

    fn linked(&self, key: KeyId, child: Id) -> Linked {
        let links = &self.links.keys[key];
        match links.override_of(child.slot) {
            Some(Override { target: Some(parent), .. }) => Linked::Object(*parent),
            // A key that was written by hand after the link was taken away is the link.
            Some(Override { target: None, before }) if self.object(child).values(&links.columns) == *before => {
                Linked::Nothing
            }
            _ => Linked::Columns,
        }
    }

    /// What the child's link over a key leads to now.
    pub(super) fn place_of(&self, key: KeyId, child: Id) -> Option<Place> {
        match self.linked(key, child) {
            Linked::Nothing => None,
            Linked::Object(parent) => Some(Place::Object(parent)),
            Linked::Columns => {
                let object = self.object(child);
                Identity::read(&self.links.keys[key].columns, |column| object.value(column)).map(Place::Key)
            }
        }
    }

    fn reindex_key(&mut self, key: KeyId, child: Id) {
        let place = self.place_of(key, child);
        self.keep_order(key, child, place.as_ref());
        self.links.keys[key].index.put(child.slot, place);
    }

    /// Brings the index up to date with an object's links, and with what others find it by.
    pub(super) fn reindex(&mut self, child: Id) {
        self.enter_lookups(child);
        for key in 0..self.links.keys.len() {
            if self.links.keys[key].child == child.store {
                self.reindex_key(key, child);
            }
        }
    }

    /// Brings the index up to date with what the program wrote into foreign-key columns by hand.
    pub(super) fn sync(&mut self) {
        for id in std::mem::take(&mut self.unsynced) {
            if self.stage(id) != Stage::Free {
                self.reindex(id);
            }
        }
    }

    /// Forgets an object's links, both ways.
    pub(super) fn forget_links(&mut self, id: Id) {
        self.leave_lookups(id);
        for key in 0..self.links.keys.len() {
            let links = &mut self.links.keys[key];
            if links.child == id.store {
                links.index.put(id.slot, None);
                links.put_override(id.slot, None);
            }
            if links.parent == id.store {
                let child = links.child;
                let linked: Vec<u32> = links.index.at(&Place::Object(id)).collect();
                for slot in linked {
                    self.links.keys[key].put_override(slot, None);
                    self.reindex_key(key, Id { store: child, slot });
                }
            }
        }
    }

    /// The parent that a child's link leads to: `Ok(None)` for none, an error for one that is not in the session.
    pub(super) fn parent_of(&self, resolved: &Resolved, child: Id) -> Result<Option<Id>> {
        let not_loaded = || Error::NotLoaded { relationship: resolved.relationship.to_string() };
        if let Some(key) = self.known_key_for(resolved) {
            match self.linked(key, child) {
                Linked::Nothing => return Ok(None),
                Linked::Object(parent) => return Ok(Some(parent)),
                Linked::Columns => {}
            }
        }
        let Link::Holds { local, remote } = &resolved.link else { return Err(not_loaded()) };
        let values = self.object(child).values(local);
        if self.stage(child) == Stage::Pending && self.is_unset_key(resolved.target, remote, &values) {
            return Ok(None);
        }
        let Some(values) = key_values(values) else { return Ok(None) };
        let store = self.known_store(resolved.target).ok_or_else(not_loaded)?;
        self.find_by(store, remote, values).map(Some).ok_or_else(not_loaded)
    }

    /// Whether these values can't be a row's: 0 for a key that the database counts from 1.
    pub(super) fn is_unset_key(&self, table: &'static TableDef, columns: &[u16], values: &[Option<Value>]) -> bool {
        match (columns, values, table.auto_key()) {
            ([column], [Some(value)], Some(auto)) => {
                *column == auto
                    && value.as_i64() == Some(0)
                    && self.known_store(table).is_none_or(|store| self.find(store, &Identity::Int(0)).is_none())
            }
            _ => false,
        }
    }

    /// Where the children stand whose columns hold the parent's key; `None` while it has none.
    pub(super) fn key_place(&self, key: KeyId, parent: Id) -> Option<Place> {
        let columns = &self.links.keys[key].parent_columns;
        let values = self.row_values(parent, columns);
        if matches!(self.stage(parent), Stage::Pending | Stage::Withdrawn)
            && self.is_unset_key(self.table(parent), columns, &values)
        {
            return None;
        }
        key_values(values).map(Identity::of).map(Place::Key)
    }

    /// Whether a child's link over a key leads to this parent.
    pub(super) fn is_child(&self, key: KeyId, parent: Id, child: Id) -> bool {
        match self.place_of(key, child) {
            Some(Place::Object(other)) => other == parent,
            Some(place) => self.key_place(key, parent) == Some(place),
            None => false,
        }
    }

    /// Whether a child's row, as the database has it, is linked to this parent's.
    pub(super) fn was_child(&self, key: KeyId, parent: Id, child: Id) -> bool {
        let links = &self.links.keys[key];
        let of = |id: Id, columns: &[u16]| key_values(columns.iter().map(|c| self.original(id, *c)).collect());
        let held = of(child, &links.columns);
        held.is_some() && held == of(parent, &links.parent_columns)
    }

    /// The live children that are linked to a parent over a key, in the collection's order.
    pub(super) fn children(&self, key: KeyId, parent: Id) -> Vec<Id> {
        let mut found = self.linked_children(key, parent);
        found.retain(|id| self.is_live(*id));
        found
    }

    /// The same, those included that are deleted or withdrawn.
    pub(super) fn linked_children(&self, key: KeyId, parent: Id) -> Vec<Id> {
        let links = &self.links.keys[key];
        let at_key = self.key_place(key, parent);
        let mut found: Vec<Id> = Vec::new();
        for place in at_key.iter().chain([&Place::Object(parent)]) {
            found.extend(links.index.at(place).map(|slot| Id { store: links.child, slot }));
        }
        for id in self.unsynced.iter().filter(|id| id.store == links.child && self.stage(**id) != Stage::Free) {
            match (found.iter().position(|other| other == id), self.is_child(key, parent, *id)) {
                (Some(n), false) => {
                    found.remove(n);
                }
                (None, true) => found.push(*id),
                _ => {}
            }
        }
        found
    }

    /// Puts a collection's members into the order in which a query brought them; others follow.
    pub(super) fn order_children(&mut self, key: KeyId, parent: Id, order: &[Id]) {
        let Some(place) = self.key_place(key, parent) else { return };
        let order: Vec<u32> = order.iter().map(|id| id.slot).collect();
        self.links.keys[key].sort(&place, &order);
        self.order_renewed(key, &place, &order);
    }

    /// What was said of an object's links since the last flush, to be put back when a flush fails.
    pub(super) fn overrides(&self, child: Id) -> Vec<(KeyId, Override)> {
        let of = |(key, links): (usize, &ForeignKeyLinks)| {
            if links.child != child.store {
                return None;
            }
            Some((key, links.override_of(child.slot)?.clone()))
        };
        self.links.keys.iter().enumerate().filter_map(of).collect()
    }

    /// Takes out what was said of an object's links over these columns.
    pub(super) fn take_overrides(&mut self, child: Id, columns: &[u16]) -> Vec<(KeyId, Override)> {
        let mut taken = Vec::new();
        for (key, links) in self.links.keys.iter_mut().enumerate() {
            if links.child == child.store && links.columns == columns {
                let linked = links.override_of(child.slot).cloned();
                links.put_override(child.slot, None);
                taken.extend(linked.map(|linked| (key, linked)));
            }
        }
        taken
    }

    /// Puts back what [`Session::take_overrides`] took.
    pub(super) fn put_overrides(&mut self, child: Id, overrides: Vec<(KeyId, Override)>) {
        for (key, linked) in overrides {
            self.links.keys[key].put_override(child.slot, Some(linked));
        }
        self.reindex(child);
    }

    /// Puts back what was said of an object's links.
    pub(super) fn restore_overrides(&mut self, child: Id, overrides: Vec<(KeyId, Override)>) {
        for key in self.links.keys.iter_mut().filter(|key| key.child == child.store) {
            key.put_override(child.slot, None);
        }
        for (key, linked) in overrides {
            // A link to an object that left the session meanwhile is gone with it.
            if linked.target.is_some_and(|target| self.stage(target) == Stage::Free) {
                continue;
            }
            self.links.keys[key].put_override(child.slot, Some(linked));
        }
        self.reindex(child);
    }
}
