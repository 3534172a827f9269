//! Adding objects and linking them.

use super::Session;
use super::arena::{Id, Stage};
use super::collections::CollectionKind;
use crate::entity::{Key, Link, Many, Maybe, Model, Rel, RelRef, Single, TableDef};
use crate::error::{Error, Result};
use crate::model::{Mapped, RelationState};
use std::any::Any;
use std::collections::HashSet;

/// What `push` takes: a new object, or the key of one in the session.
#[diagnostic::on_unimplemented(
    message = "expected a new `{M}` or a `Key<{M}>`, found `{Self}`",
    label = "this relationship leads to `{M}`"
)]
pub trait IntoObject<M> {
    /// The object's key, after adding a new one to the session.
    fn into_object(self, session: &mut Session) -> Key<M>;
}

impl<M: Mapped> IntoObject<M> for M {
    #[track_caller]
    fn into_object(self, session: &mut Session) -> Key<M> {
        session.add(self)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model> IntoObject<M> for Key<M> {
    fn into_object(self, _: &mut Session) -> Key<M> {
        self
    }
}

/// What `set` takes: a new object or a key, and `None` (or an `Option` of a key) where there may be no object.
#[diagnostic::on_unimplemented(
    message = "expected a `Key<{M}>` (or a new `{M}`), found `{Self}`",
    label = "this relationship leads to `{M}`"
)]
pub trait LinkTo<M, K> {
    /// The object's key, after adding a new one to the session.
    fn into_link(self, session: &mut Session) -> Option<Key<M>>;
}

impl<M: Mapped, K> LinkTo<M, K> for M {
    #[track_caller]
    fn into_link(self, session: &mut Session) -> Option<Key<M>> {
        Some(session.add(self))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, K> LinkTo<M, K> for Key<M> {
    fn into_link(self, _: &mut Session) -> Option<Key<M>> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model> LinkTo<M, Maybe> for Option<Key<M>> {
    fn into_link(self, _: &mut Session) -> Option<Key<M>> {
        self
    }
}

impl Session {
    /// Adds a new object, and the whole tree of new objects in its relationship fields. It is inserted by the next flush.
    ///
    /// A relationship field that was not set means "none"; a foreign-key column that was set by hand is then the link. A
    /// field that belongs to a session (of an object that was cloned out of one) is an error of the next flush: copy the
    /// object out with its relationships reset.
    pub fn add<M: Mapped>(&mut self, object: M) -> Key<M> {
        let id = self.add_erased(M::TABLE, &mut Some(object));
        match id {
            Ok(id) => self.key_of(id),
            // Only a table without a model has no store.
            Err(error) => unreachable!("{error}"),
        }
    }

    /// Adds many objects.
    pub fn add_all<M: Mapped>(&mut self, objects: impl IntoIterator<Item = M>) -> Vec<Key<M>> {
        objects.into_iter().map(|object| self.add(object)).collect()
    }

    fn add_erased(&mut self, table: &'static TableDef, object: &mut dyn Any) -> Result<Id> {
        let store = self.store_for(table)?;
        let id = self.insert_object(store, object);
        self.touch(id);
        for index in 0..table.relationships.len() as u16 {
            self.take_members(id, index);
        }
        self.reindex(id);
        Ok(id)
    }

    /// Takes the members out of a relationship field, adds them and links them.
    fn take_members(&mut self, owner: Id, index: u16) {
        let relationship = RelRef { table: self.table(owner), index, reversed: false };
        let field = self.object_mut(owner).relation_mut(index);
        let state = field.state();
        match state {
            RelationState::NotLoaded => return field.attach(relationship.full_name()),
            RelationState::Attached => {
                self.problems.push(format!(
                    "`{relationship}` of an added object belongs to a session; set it to `Default::default()`, or to new objects"
                ));
                return;
            }
            RelationState::Partial | RelationState::Loaded => {}
        }
        let target = field.target();
        // The field can't stay borrowed while its members are added: they are moved out first.
        let mut members: Vec<Id> = Vec::new();
        let store = match self.store_for(target) {
            Ok(store) => store,
            Err(error) => return self.problems.push(error.to_string()),
        };
        let mut taken = self.stores[store as usize].objects.empty_like();
        self.object_mut(owner).relation_mut(index).detach(relationship.full_name(), &mut |member| {
            let slot = taken.len();
            taken.insert(slot, member);
        });
        for slot in 0..taken.len() {
            let mut added = None;
            taken.take(slot, &mut |member| added = Some(self.add_erased(target, member)));
            match added {
                Some(Ok(id)) => members.push(id),
                Some(Err(error)) => self.problems.push(error.to_string()),
                None => {}
            }
        }
        for member in members {
            if let Err(error) = self.link_member(relationship, owner, member) {
                self.problems.push(error.to_string());
            }
        }
    }

    /// Links a member to its owner.
    pub(super) fn link_member(&mut self, relationship: RelRef, owner: Id, member: Id) -> Result<()> {
        let resolved = relationship.resolve()?;
        let gone = |id: &Id| matches!(self.stage(*id), Stage::Withdrawn | Stage::Deleted);
        if let Some(gone) = [owner, member].into_iter().find(gone) {
            return Err(Error::Session(format!(
                "{} has no row, since it was taken out of the session or deleted, so `{relationship}` can't link it; add it \
                 anew",
                self.describe(gone)
            )));
        }
        match &resolved.link {
            Link::Through(through) => {
                Self::writable(resolved, through)?;
                let pairs = self.pairs_for(resolved, through)?;
                self.touch(owner);
                self.pair(pairs, owner, member, true);
            }
            Link::Held { .. } => {
                let key = self.key_for(resolved)?;
                self.link(key, member, Some(owner));
            }
            Link::Holds { .. } => {
                let key = self.key_for(resolved)?;
                self.link(key, owner, Some(member));
            }
        }
        Ok(())
    }

    /// Adds an object to a collection: a new one, or one in the session, which leaves the collection it was in.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn push<M: Mapped, T: Mapped>(
        &mut self,
        owner: Key<M>,
        relationship: Rel<M, T, Many>,
        object: impl IntoObject<T>,
    ) -> Key<T> {
        let owner = self.expect(owner);
        let member = object.into_object(self);
        let id = self.expect(member);
        if let Err(error) = self.link_member(relationship.raw(), owner, id) {
            self.problems.push(error.to_string());
        }
        member
    }

    /// Makes these the members of a collection: keys, or new objects. What is left out is removed, as by [`Session::remove`];
    /// what was there keeps its place, and what is new follows in the order given. Gives the members' keys.
    ///
    /// The collection must be loaded, or its owner new; the next flush says so otherwise.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn replace<M: Mapped, T: Mapped>(
        &mut self,
        owner: Key<M>,
        relationship: Rel<M, T, Many>,
        members: impl IntoIterator<Item: IntoObject<T>>,
    ) -> Vec<Key<T>> {
        let owner = self.expect(owner);
        let members: Vec<Key<T>> = members.into_iter().map(|member| member.into_object(self)).collect();
        let ids: Vec<Id> = members.iter().map(|member| self.expect(*member)).collect();
        if let Err(error) = self.replace_erased(relationship.raw(), owner, &ids) {
            self.problems.push(error.to_string());
        }
        members
    }

    pub(super) fn replace_erased(&mut self, relationship: RelRef, owner: Id, members: &[Id]) -> Result<()> {
        let resolved = relationship.resolve()?;
        let collection = self.collection_for(resolved)?;
        self.sync();
        if !self.is_whole(collection, owner) {
            return Err(Self::unseen(relationship));
        }
        let wanted: HashSet<Id> = members.iter().copied().collect();
        let mut here: HashSet<Id> = HashSet::new();
        for member in self.members(collection, owner) {
            if wanted.contains(&member) {
                here.insert(member);
            } else {
                self.unlink_member(relationship, owner, member)?;
            }
        }
        for member in members {
            if here.insert(*member) {
                self.link_member(relationship, owner, *member)?;
            }
        }
        Ok(())
    }

    /// What can't be replaced because nobody knows what is there.
    fn unseen(relationship: RelRef) -> Error {
        Error::Session(format!(
            "`{relationship}` was not loaded, so what it leads to now can't be replaced; load it with \
             `session.load(key, {relationship})`"
        ))
    }

    /// Makes a to-one relationship lead to an object: a new one, one in the session, or none.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn set<M: Mapped, T: Mapped, K: Single>(
        &mut self,
        owner: Key<M>,
        relationship: Rel<M, T, K>,
        target: impl LinkTo<T, K>,
    ) {
        let owner = self.expect(owner);
        let target = target.into_link(self).map(|target| self.expect(target));
        if let Err(error) = self.set_erased(relationship.raw(), owner, target) {
            self.problems.push(error.to_string());
        }
    }

    pub(super) fn set_erased(&mut self, relationship: RelRef, owner: Id, target: Option<Id>) -> Result<()> {
        let resolved = relationship.resolve()?;
        let key = self.key_for(resolved)?;
        if let Link::Holds { .. } = resolved.link {
            let Some(target) = target else {
                let linked = self.place_of(key, owner).is_some();
                self.link(key, owner, None);
                if linked {
                    self.orphaned(resolved, owner);
                }
                return Ok(());
            };
            return self.link_member(relationship, owner, target);
        }
        // The other object holds the key: whoever was linked before is not any more.
        self.sync();
        if !self.is_whole(CollectionKind::Children(key), owner) {
            return Err(Self::unseen(relationship));
        }
        for member in self.children(key, owner) {
            if Some(member) != target {
                self.link(key, member, None);
                self.orphaned(resolved, member);
            }
        }
        match target {
            Some(target) => self.link_member(relationship, owner, target),
            None => Ok(()),
        }
    }
}
