//! Letting go of objects: their keys end, their rows stay.
//!
//! While a journal may still name an object that is gone (the open transaction's levels, pairs, or a flush under way), its
//! slot is kept out of use, so that no rollback ever acts on another object.

use super::Session;
use super::arena::{Id, Stage};
use super::collections::CollectionKind;
use super::index::Place;
use super::load::Keys;
use super::pairs::PairSide;
use super::tree::unload;
use crate::entity::{Key, Link, Rel, RelRef};
use crate::error::{Error, Result};
use crate::model::{Mapped, key_values};
use std::collections::HashSet;

impl Session {
    /// Moves an object out of the session, its relationships not loaded: its key ends, and nothing of it is written any
    /// more. What it is linked to stays; see [`Session::expunge`].
    ///
    /// # Errors
    /// [`Error::StaleKey`].
    pub fn take<M: Mapped>(&mut self, key: Key<M>) -> Result<M> {
        let id = self.resolve(key)?;
        self.part_with(&[id]);
        let mut taken: Option<M> = None;
        self.stores[id.store as usize].objects.take(id.slot as usize, &mut |object| {
            taken = object.downcast_mut::<Option<M>>().and_then(Option::take);
        });
        self.free_all(&[id]);
        let Some(mut taken) = taken else { unreachable!("slot {id:?} holds no `{}`", M::TABLE.title()) };
        unload(&mut taken);
        Ok(taken)
    }

    /// Takes one or many objects out of the session without touching their rows, and with them what their relationships
    /// with the cascade `expunge` (which `cascade(all)` includes) lead to in the session. Their keys end; changes of
    /// them and of their links that were not flushed are forgotten, and a deletion is not carried out. What was flushed stays
    /// part of the transaction.
    ///
    /// A collection that one of them was in is not loaded any more, since the session does not know all of it; a new object
    /// that stays has no link to a new one that goes.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn expunge<M: Mapped>(&mut self, keys: impl Keys<M>) {
        let ids: Vec<Id> = keys.into_keys().into_iter().map(|key| self.expect(key)).collect();
        let ids = self.with_expunged(ids);
        self.part_with(&ids);
        self.free_all(&ids);
    }

    /// Takes everything out of the session: all keys end, all changes that were not flushed are forgotten. What was flushed
    /// stays part of the transaction, and the memory is used again by what comes next.
    pub fn clear(&mut self) {
        for store in &mut self.stores {
            store.clear();
        }
        self.links.clear();
        self.pairs.clear();
        self.collections = Default::default();
        for level in &mut self.levels {
            level.clear();
        }
        self.problems.clear();
        self.touched.clear();
        self.unsynced.clear();
        self.assigned.clear();
        self.orphans.clear();
        self.released.clear();
    }

    /// Makes a collection, or a to-one relationship over the other object's key, not loaded again. Links that were made or
    /// taken away since the last flush are kept, and written by the next one; loading brings the others.
    ///
    /// A new object's collections stay: there is nothing to load. A relationship over the object's own key is loaded as long
    /// as its target is in the session, so naming one is an error of the next flush: `expire` or `expunge` the target.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn unload<M: Mapped, T: Mapped, K>(&mut self, key: Key<M>, relationship: Rel<M, T, K>) {
        let id = self.expect(key);
        if let Err(error) = self.unload_erased(id, relationship.raw()) {
            self.problems.push(error.to_string());
        }
    }

    fn unload_erased(&mut self, owner: Id, relationship: RelRef) -> Result<()> {
        let resolved = relationship.resolve()?;
        if let Link::Holds { .. } = resolved.link {
            return Err(Error::Session(format!(
                "`{relationship}` can't be unloaded: it follows the object's own key to what is in the session; `expire` or \
                 `expunge` the object that it leads to"
            )));
        }
        let kind = self.collection_for(resolved)?;
        if !matches!(self.stage(owner), Stage::Pending | Stage::Withdrawn) {
            self.forget_members(kind, owner);
        }
        Ok(())
    }

    /// These objects, and what the cascade `expunge` leads to from them.
    fn with_expunged(&self, ids: Vec<Id>) -> Vec<Id> {
        let mut seen: HashSet<Id> = HashSet::new();
        let mut all: Vec<Id> = Vec::new();
        let mut rest = ids;
        while let Some(id) = rest.pop() {
            if !seen.insert(id) {
                continue;
            }
            all.push(id);
            let table = self.table(id);
            for index in 0..table.relationships.len() as u16 {
                let relationship = RelRef { table, index, reversed: false };
                if !relationship.def().cascade.expunge {
                    continue;
                }
                let Ok(resolved) = relationship.resolve() else { continue };
                match &resolved.link {
                    Link::Holds { .. } => rest.extend(self.parent_of(resolved, id).ok().flatten()),
                    Link::Held { .. } => {
                        rest.extend(self.known_key_for(resolved).into_iter().flat_map(|key| self.children(key, id)));
                    }
                    Link::Through(through) => {
                        let known = self.known_pairs_for(through);
                        rest.extend(known.into_iter().flat_map(|pairs| self.partners(pairs, id)));
                    }
                }
            }
        }
        all
    }

    /// Takes objects out of everything that finds them by key or membership.
    fn part_with(&mut self, ids: &[Id]) {
        self.sync();
        self.unload_holders(ids);
        for id in ids {
            self.note_inserted(*id);
            if matches!(self.stage(*id), Stage::Persistent | Stage::Doomed) {
                self.unidentify(*id);
            }
        }
    }

    /// Whole collections that these objects are in, or go back into with a rollback, are not whole without them.
    fn unload_holders(&mut self, ids: &[Id]) {
        let here: HashSet<Id> = ids.iter().copied().collect();
        let has_row = |id: &&Id| matches!(self.stage(**id), Stage::Persistent | Stage::Doomed | Stage::Deleted);
        let with_row: Vec<Id> = ids.iter().filter(has_row).copied().collect();
        let mut holders: Vec<(CollectionKind, Id)> = Vec::new();
        for key in 0..self.links.keys.len() {
            let child = self.links.keys[key].child;
            let mut places: HashSet<Place> = HashSet::new();
            for id in with_row.iter().filter(|id| id.store == child) {
                places.extend(self.place_of(key, *id));
                places.extend(self.former_places(key, *id));
            }
            let owners = self.at_places(key, places);
            holders.extend(owners.into_iter().map(|owner| (CollectionKind::Children(key), owner)));
        }
        for table in 0..self.pairs.tables.len() {
            for side in 0..2 {
                for id in &with_row {
                    let there = PairSide { table, side: 1 - side };
                    let partners = self.pairs.ever(PairSide { table, side }, *id);
                    holders.extend(partners.into_iter().map(|partner| (CollectionKind::Partners(there), partner)));
                }
            }
        }
        for (kind, owner) in holders {
            if !here.contains(&owner) {
                self.forget_members(kind, owner);
            }
        }
    }

    /// Where a child's link over a key led, as far as a rollback or a flush goes back to it.
    fn former_places(&self, key: usize, child: Id) -> Vec<Place> {
        let columns = &self.links.keys[key].columns;
        let mut places = Vec::new();
        let original = columns.iter().map(|column| self.original(child, *column)).collect();
        places.extend(key_values(original).map(|values| Place::Key(super::arena::Identity::of(values))));
        self.former(child, &mut |was, links| {
            let values = columns.iter().map(|column| was[usize::from(*column)].clone()).collect();
            places.extend(key_values(values).map(|values| Place::Key(super::arena::Identity::of(values))));
            let targets = links.iter().filter(|(other, _)| *other == key).filter_map(|(_, link)| link.target());
            places.extend(targets.map(Place::Object));
        });
        places
    }

    /// The objects whose children stand at these places.
    fn at_places(&self, key: usize, places: HashSet<Place>) -> Vec<Id> {
        let links = &self.links.keys[key];
        let by_primary_key = links.parent_columns == self.stores[links.parent as usize].table.primary_key;
        let mut found = Vec::new();
        let mut left: HashSet<Place> = HashSet::new();
        for place in places {
            match &place {
                Place::Object(id) => found.push(*id),
                Place::Key(identity) => match self.find(links.parent, identity).filter(|_| by_primary_key) {
                    Some(id) => found.push(id),
                    None => drop(left.insert(place)),
                },
            }
        }
        if left.is_empty() {
            return found;
        }
        // By another key, or a primary key that is not in the identity map yet.
        let mut look = |id: Id| {
            if self.stage(id) != Stage::Free && self.key_place(key, id).is_some_and(|place| left.contains(&place)) {
                found.push(id);
            }
        };
        if by_primary_key {
            self.touched.iter().copied().filter(|id| id.store == links.parent).for_each(&mut look);
        } else {
            let slots = self.stores[links.parent as usize].slots.len() as u32;
            (0..slots).map(|slot| Id { store: links.parent, slot }).for_each(&mut look);
        }
        found
    }

    /// Ends an object's key and frees its slot.
    pub(super) fn free(&mut self, id: Id) {
        self.free_all(&[id]);
    }

    /// Ends the keys of objects and frees their slots.
    pub(super) fn free_all(&mut self, ids: &[Id]) {
        for id in ids {
            self.forget_links(*id);
            self.collections.forget(*id);
            self.assigned.remove(id);
        }
        self.pairs.forget(ids);
        let kept =
            self.flushing.is_some() || self.pairs.is_journaled() || !self.levels.iter().all(|level| level.is_empty());
        let mut touched = false;
        for id in ids {
            touched |= self.slot(*id).touched;
            let store = &mut self.stores[id.store as usize];
            store.end(id.slot);
            if kept {
                self.released.push(*id);
            } else {
                store.reuse(id.slot);
            }
        }
        let stores = &self.stores;
        let here = |id: &Id| stores[id.store as usize].slot(id.slot).stage != Stage::Free;
        if touched {
            self.touched.retain(here);
        }
        self.unsynced.retain(here);
        self.orphans.retain(|(id, _)| here(id));
    }

    /// Nothing names the objects any more that have ended since the transaction began.
    pub(super) fn reuse_released(&mut self) {
        for id in std::mem::take(&mut self.released) {
            self.stores[id.store as usize].reuse(id.slot);
        }
    }
}
