//! Which collections hold all there is.

use super::Session;
use super::arena::{Id, Stage};
use super::links::KeyId;
use super::pairs::PairSide;
use crate::entity::{Link, RelRef, Resolved};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::num::NonZeroU32;

/// A collection, whichever of its relationships it is seen through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum CollectionKind {
    Children(KeyId),
    Partners(PairSide),
}

/// How much of a collection is here.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Completeness {
    /// All members.
    Whole,
    /// All that the session's criteria let through, after they were changed so many times.
    Visible(u32),
    /// Those that a filter let through, with the versions of their slots.
    Partial(Vec<(Id, NonZeroU32)>),
    /// Not all of them: it was unloaded, whatever its owner is.
    Unloaded,
}

/// What is known of the collections of a session's objects.
#[derive(Debug, Default)]
pub(super) struct Collections {
    kinds: Vec<Loaded>,
}

/// The collections of one kind that were loaded.
#[derive(Debug)]
struct Loaded {
    kind: CollectionKind,
    /// The owners' store.
    store: u32,
    /// Those that are whole, and whose owners had never been expired: a bit for each slot.
    whole: Vec<u64>,
    /// The others, by the owner's slot.
    others: HashMap<u32, Known>,
}

/// What is known of one collection.
#[derive(Debug)]
struct Known {
    completeness: Completeness,
    /// How often its owner had been expired when it was loaded.
    expired: u32,
}

static WHOLE: Known = Known { completeness: Completeness::Whole, expired: 0 };

impl Loaded {
    fn forget(&mut self, slot: u32) {
        if let Some(bits) = self.whole.get_mut(slot as usize / 64) {
            *bits &= !(1 << (slot % 64));
        }
        self.others.remove(&slot);
    }

    fn set(&mut self, slot: u32, known: Known) {
        self.forget(slot);
        if known.completeness != Completeness::Whole || known.expired != 0 {
            self.others.insert(slot, known);
            return;
        }
        let word = slot as usize / 64;
        if word >= self.whole.len() {
            self.whole.resize(word + 1, 0);
        }
        self.whole[word] |= 1 << (slot % 64);
    }

    fn known(&self, slot: u32) -> Option<&Known> {
        match self.whole.get(slot as usize / 64) {
            Some(bits) if bits & 1 << (slot % 64) != 0 => Some(&WHOLE),
            _ => self.others.get(&slot),
        }
    }
}

impl Collections {
    fn set(&mut self, kind: CollectionKind, owner: Id, known: Known) {
        let loaded = match self.kinds.iter().position(|loaded| loaded.kind == kind) {
            Some(n) => &mut self.kinds[n],
            None => {
                self.kinds.push(Loaded { kind, store: owner.store, whole: Vec::new(), others: HashMap::new() });
                let last = self.kinds.len() - 1;
                &mut self.kinds[last]
            }
        };
        loaded.set(owner.slot, known);
    }

    fn known(&self, kind: CollectionKind, owner: Id) -> Option<&Known> {
        self.kinds.iter().find(|loaded| loaded.kind == kind)?.known(owner.slot)
    }

    fn get(&self, kind: CollectionKind, owner: Id) -> Option<&Completeness> {
        self.known(kind, owner).map(|known| &known.completeness)
    }

    /// Forgets all collections of an object.
    pub(super) fn forget(&mut self, owner: Id) {
        for loaded in self.kinds.iter_mut().filter(|loaded| loaded.store == owner.store) {
            loaded.forget(owner.slot);
        }
    }

    /// Forgets that a collection was loaded.
    fn forget_one(&mut self, kind: CollectionKind, owner: Id) {
        for loaded in self.kinds.iter_mut().filter(|loaded| loaded.kind == kind) {
            loaded.forget(owner.slot);
        }
    }
}

impl Session {
    /// Notes how much of a collection was loaded.
    pub(super) fn complete(&mut self, kind: CollectionKind, owner: Id, completeness: Completeness) {
        self.was_loaded(kind, owner);
        let expired = self.expired(owner);
        self.collections.set(kind, owner, Known { completeness, expired });
    }

    /// What a filtered load brought.
    pub(super) fn partial(&self, members: Vec<Id>) -> Completeness {
        Completeness::Partial(members.into_iter().map(|id| (id, self.slot(id).version)).collect())
    }

    /// A rollback forgets that a collection was loaded.
    pub(super) fn forget_load(&mut self, kind: CollectionKind, owner: Id) {
        if self.slot(owner).born {
            // A new object's collection is only loaded when it was unloaded before.
            self.forget_members(kind, owner);
        } else {
            self.collections.forget_one(kind, owner);
        }
    }

    /// The collection is not known as a whole any more.
    pub(super) fn forget_members(&mut self, kind: CollectionKind, owner: Id) {
        if self.is_whole(kind, owner) || self.collections.known(kind, owner).is_some() {
            let expired = self.expired(owner);
            self.collections.set(kind, owner, Known { completeness: Completeness::Unloaded, expired });
        }
    }

    /// Rows came, went or moved that the session does not hold: whole collections of this kind stay readable, and are loaded
    /// again when asked for.
    pub(super) fn doubt_collections(&mut self, kind: CollectionKind, owners: u32) {
        for slot in 0..self.stores[owners as usize].slots.len() as u32 {
            let owner = Id { store: owners, slot };
            if self.stage(owner) == Stage::Persistent && self.is_whole(kind, owner) {
                let before = self.expired(owner).wrapping_sub(1);
                let known = self.known_completeness(kind, owner);
                let completeness = known.cloned().unwrap_or(Completeness::Whole);
                self.collections.set(kind, owner, Known { completeness, expired: before });
            }
        }
    }

    /// Whether a collection was here, but it was unloaded, or its owner was expired since: who is in it may have changed.
    pub(super) fn is_expired(&self, kind: CollectionKind, owner: Id) -> bool {
        let now = self.expired(owner);
        match self.collections.known(kind, owner) {
            Some(known) => known.completeness == Completeness::Unloaded || known.expired != now,
            None => now != 0,
        }
    }

    /// The collection behind a relationship to many, or to one that holds the key.
    pub(super) fn collection_for(&mut self, resolved: &Resolved) -> Result<CollectionKind> {
        match &resolved.link {
            Link::Through(through) => self.pairs_for(resolved, through).map(CollectionKind::Partners),
            _ => self.key_for(resolved).map(CollectionKind::Children),
        }
    }

    pub(super) fn known_collection_for(&self, resolved: &Resolved) -> Option<CollectionKind> {
        match &resolved.link {
            Link::Through(through) => self.known_pairs_for(through).map(CollectionKind::Partners),
            _ => self.known_key_for(resolved).map(CollectionKind::Children),
        }
    }

    pub(super) fn members(&self, kind: CollectionKind, owner: Id) -> Vec<Id> {
        match kind {
            CollectionKind::Children(key) => self.children(key, owner),
            CollectionKind::Partners(pairs) => self.partners(pairs, owner),
        }
    }

    pub(super) fn known_completeness(&self, kind: CollectionKind, owner: Id) -> Option<&Completeness> {
        self.collections.get(kind, owner)
    }

    /// Whether all members are here, rows that the session's criteria hide included.
    pub(super) fn is_complete(&self, kind: CollectionKind, owner: Id) -> bool {
        self.is_whole(kind, owner) && !matches!(self.collections.get(kind, owner), Some(Completeness::Visible(_)))
    }

    /// Whether all members are here that the session sees: it was loaded whole, or its owner is new.
    pub(super) fn is_whole(&self, kind: CollectionKind, owner: Id) -> bool {
        match self.collections.get(kind, owner) {
            Some(Completeness::Whole | Completeness::Visible(_)) => true,
            Some(Completeness::Unloaded) => false,
            Some(Completeness::Partial(_)) | None => self.slot(owner).born,
        }
    }

    /// The members of a whole collection.
    ///
    /// # Errors
    /// [`Error::NotLoaded`], [`Error::Partial`].
    pub(super) fn read_collection(&self, relationship: RelRef, owner: Id) -> Result<Vec<Id>> {
        let resolved = relationship.resolve()?;
        match self.known_collection_for(resolved) {
            Some(kind) if self.is_whole(kind, owner) => Ok(self.members(kind, owner)),
            None if self.slot(owner).born => Ok(self.children_by_hand(resolved, owner)),
            Some(kind) if matches!(self.collections.get(kind, owner), Some(Completeness::Partial(_))) => {
                Err(Error::Partial { relationship: relationship.to_string() })
            }
            _ => Err(Error::NotLoaded { relationship: relationship.to_string() }),
        }
    }

    /// The members that are here of a collection that was loaded under a filter, or whole.
    ///
    /// # Errors
    /// [`Error::NotLoaded`].
    pub(super) fn read_partial(&self, relationship: RelRef, owner: Id) -> Result<Vec<Id>> {
        let kind = self.known_collection_for(relationship.resolve()?);
        match kind.and_then(|kind| self.collections.get(kind, owner)) {
            Some(Completeness::Partial(members)) if !self.slot(owner).born => {
                let here = |(id, version): &&(Id, NonZeroU32)| self.slot(*id).version == *version && self.is_live(*id);
                Ok(members.iter().filter(here).map(|(id, _)| *id).collect())
            }
            _ => self.read_collection(relationship, owner),
        }
    }

    /// The children of a new object over a key that nothing was linked over: those whose columns were set by hand.
    fn children_by_hand(&self, resolved: &Resolved, owner: Id) -> Vec<Id> {
        let Link::Held { local, remote } = &resolved.link else { return Vec::new() };
        let Some(store) = self.known_store(resolved.target) else { return Vec::new() };
        if self.stage(owner) == Stage::Pending && self.object(owner).primary_key().is_none() {
            return Vec::new();
        }
        let wanted = self.object(owner).values(local);
        (0..self.stores[store as usize].slots.len() as u32)
            .map(|slot| Id { store, slot })
            .filter(|id| self.is_live(*id) && self.object(*id).values(remote) == wanted)
            .collect()
    }
}
