//! Adding, linking and deleting objects.

use super::Session;
use super::arena::{Id, Stage};
use super::collections::CollectionKind;
use crate::entity::{Key, Link, Many, Maybe, Model, Rel, RelKind, RelRef, Resolved, Single, TableDef};
use crate::error::{Error, Result};
use crate::model::{Mapped, RelationState};
use std::any::Any;

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

impl<M: Model, K> LinkTo<M, K> for Key<M> {
    fn into_link(self, _: &mut Session) -> Option<Key<M>> {
        Some(self)
    }
}

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
            if let Err(error) = self.link_member(relationship, owner, member, true) {
                self.problems.push(error.to_string());
            }
        }
    }

    /// Links a member to its owner; `fresh` when the member came in with a tree.
    fn link_member(&mut self, relationship: RelRef, owner: Id, member: Id, fresh: bool) -> Result<()> {
        let resolved = relationship.resolve()?;
        match &resolved.link {
            Link::Through(through) => {
                Self::writable(resolved, through)?;
                let pairs = self.pairs_for(resolved, through)?;
                self.touch(owner);
                self.pair(pairs, owner, member, true);
                Ok(())
            }
            Link::Held { remote, .. } => {
                let key = self.key_for(resolved)?;
                if fresh {
                    self.check_set_by_hand(resolved, member, remote, owner)?;
                }
                self.link(key, member, Some(owner));
                Ok(())
            }
            Link::Holds { local, .. } => {
                let key = self.key_for(resolved)?;
                if fresh {
                    self.check_set_by_hand(resolved, owner, local, member)?;
                }
                self.link(key, owner, Some(member));
                Ok(())
            }
        }
    }

    /// A child in a tree gets its parent's key; a different one that was set by hand is a contradiction.
    fn check_set_by_hand(&self, resolved: &Resolved, child: Id, columns: &[u16], parent: Id) -> Result<()> {
        let set = |value: &Option<crate::types::Value>| {
            value
                .as_ref()
                .is_some_and(|value| !value.is_null() && value.as_i64() != Some(0) && value.to_string() != "\"\"")
        };
        let by_hand = self.object(child).values(columns);
        if !by_hand.iter().any(set) {
            return Ok(());
        }
        let (Link::Holds { remote: key, .. } | Link::Held { local: key, .. }) = &resolved.link else { return Ok(()) };
        if self.object(parent).values(key) == by_hand {
            return Ok(());
        }
        let table = self.table(child);
        let fields: Vec<_> = columns.iter().map(|column| table.column_def(*column).field).collect();
        Err(Error::Session(format!(
            "`{}::{}` of an added object was set by hand to another key than that of the `{}` that it is linked to by `{}`",
            table.title(),
            fields.join(", "),
            self.table(parent).title(),
            resolved.relationship
        )))
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
        if let Err(error) = self.link_member(relationship.raw(), owner, id, false) {
            self.problems.push(error.to_string());
        }
        member
    }

    /// Takes an object out of a collection. With `delete_orphan` it is deleted, unless it is put into another one before the
    /// flush; without, its key is set to NULL.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn remove<M: Mapped, T: Mapped>(&mut self, owner: Key<M>, relationship: Rel<M, T, Many>, member: Key<T>) {
        let (owner, member) = (self.expect(owner), self.expect(member));
        if let Err(error) = self.unlink_member(relationship.raw(), owner, member) {
            self.problems.push(error.to_string());
        }
    }

    fn unlink_member(&mut self, relationship: RelRef, owner: Id, member: Id) -> Result<()> {
        let resolved = relationship.resolve()?;
        if let Link::Through(through) = &resolved.link {
            Self::writable(resolved, through)?;
            let pairs = self.pairs_for(resolved, through)?;
            self.touch(owner);
            self.pair(pairs, owner, member, false);
        } else {
            let key = self.key_for(resolved)?;
            self.sync();
            if self.children(key, owner).contains(&member) {
                self.link(key, member, None);
                self.orphaned(resolved, member);
            }
        }
        Ok(())
    }

    /// A member left a collection: if that makes it an orphan, a pending one leaves the session with its subtree, and a
    /// persistent one is looked at by the flush.
    fn orphaned(&mut self, resolved: &Resolved, member: Id) {
        if !Self::deletes_orphans(resolved) {
            return;
        }
        match self.stage(member) {
            Stage::Pending => self.withdraw_tree(member),
            _ => match self.key_for(resolved) {
                Ok(key) => self.orphans.push((member, key)),
                Err(error) => self.problems.push(error.to_string()),
            },
        }
    }

    /// Whether the relationship, or its other side, deletes what is taken out of it.
    pub(super) fn deletes_orphans(resolved: &Resolved) -> bool {
        resolved.def().cascade.delete_orphan && !resolved.relationship.reversed
            || resolved
                .inverse
                .is_some_and(|inverse| inverse.def().cascade.delete_orphan && inverse.def().kind != RelKind::BelongsTo)
    }

    fn withdraw_tree(&mut self, id: Id) {
        if self.stage(id) != Stage::Pending {
            return;
        }
        let children: Vec<Id> = self.owned_children(id);
        self.slot_mut(id).stage = Stage::Withdrawn;
        for child in children {
            self.withdraw_tree(child);
        }
    }

    /// The pending members of an object's collections that are deleted with it.
    fn owned_children(&self, id: Id) -> Vec<Id> {
        let table = self.table(id);
        let mut owned = Vec::new();
        for index in 0..table.relationships.len() as u16 {
            let relationship = RelRef { table, index, reversed: false };
            let Ok(resolved) = relationship.resolve() else { continue };
            if resolved.def().cascade.delete
                && let Some(key) = self.known_key_for(resolved)
                && matches!(resolved.link, Link::Held { .. })
            {
                owned.extend(self.children(key, id).into_iter().filter(|child| self.stage(*child) == Stage::Pending));
            }
        }
        owned
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

    fn set_erased(&mut self, relationship: RelRef, owner: Id, target: Option<Id>) -> Result<()> {
        let resolved = relationship.resolve()?;
        let key = self.key_for(resolved)?;
        if let Link::Holds { .. } = resolved.link {
            let before = self.parent_of(resolved, owner).ok().flatten();
            self.link(key, owner, target);
            if target.is_none() && before.is_some() {
                self.orphaned(resolved, owner);
            }
            return Ok(());
        }
        // The other object holds the key: whoever was linked before is not any more.
        self.sync();
        if !self.is_whole(CollectionKind::Children(key), owner) {
            return Err(Error::Session(format!(
                "`{relationship}` was not loaded, so what it leads to now can't be replaced; load it with \
                 `session.load(key, {relationship})`"
            )));
        }
        for member in self.children(key, owner) {
            if Some(member) != target {
                self.link(key, member, None);
                self.orphaned(resolved, member);
            }
        }
        if let Some(target) = target {
            self.link(key, target, Some(owner));
        }
        Ok(())
    }

    /// Marks an object for deletion: its row is deleted by the next flush, and with it, or before it, what its
    /// relationships' cascades name. One that was not inserted yet is only withdrawn.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn delete<M: Mapped>(&mut self, key: Key<M>) {
        let id = self.expect(key);
        self.doom(id);
    }

    pub(super) fn doom(&mut self, id: Id) {
        match self.stage(id) {
            Stage::Pending => self.withdraw_tree(id),
            Stage::Persistent => {
                self.touch(id);
                self.remember(id, None);
                self.slot_mut(id).stage = Stage::Doomed;
            }
            Stage::Doomed | Stage::Deleted | Stage::Withdrawn | Stage::Free => {}
        }
    }
}
