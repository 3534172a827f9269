//! Taking objects out: of a collection, and of the database.

use super::Session;
use super::arena::{Id, Stage};
use super::links::KeyId;
use super::load::Keys;
use crate::entity::{Key, Link, Many, Rel, RelKind, RelRef, Resolved};
use crate::error::Result;
use crate::model::Mapped;

impl Session {
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

    pub(super) fn unlink_member(&mut self, relationship: RelRef, owner: Id, member: Id) -> Result<()> {
        let resolved = relationship.resolve()?;
        if let Link::Through(through) = &resolved.link {
            Self::writable(resolved, through)?;
            let pairs = self.pairs_for(resolved, through)?;
            self.touch(owner);
            self.pair(pairs, owner, member, false);
        } else {
            let key = self.key_for(resolved)?;
            self.sync();
            if self.is_child(key, owner, member) {
                self.link(key, member, None);
                self.orphaned(resolved, member);
            }
        }
        Ok(())
    }

    /// A member left a collection: if that makes it an orphan, a pending one leaves the session with its subtree, and a
    /// persistent one is looked at by the flush.
    pub(super) fn orphaned(&mut self, resolved: &Resolved, member: Id) {
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

    /// Takes a pending object out, with those that are deleted with it; what else was linked to it is not any more.
    fn withdraw_tree(&mut self, id: Id) {
        let mut rest = vec![id];
        while let Some(id) = rest.pop() {
            if self.stage(id) != Stage::Pending {
                continue;
            }
            if self.flushing.is_some() {
                self.keep(id);
            }
            let table = self.table(id);
            let mut unlinked: Vec<(&Resolved, KeyId, Id)> = Vec::new();
            for index in 0..table.relationships.len() as u16 {
                let Ok(resolved) = (RelRef { table, index, reversed: false }).resolve() else { continue };
                let (Link::Held { .. }, Some(key)) = (&resolved.link, self.known_key_for(resolved)) else { continue };
                for child in self.children(key, id) {
                    if resolved.def().cascade.delete && self.stage(child) == Stage::Pending {
                        rest.push(child);
                    } else {
                        unlinked.push((resolved, key, child));
                    }
                }
            }
            for (resolved, key, child) in unlinked {
                if self.flushing.is_some() {
                    self.keep(child);
                }
                self.link(key, child, None);
                self.orphaned(resolved, child);
            }
            self.assigned.remove(&id);
            self.slot_mut(id).stage = Stage::Withdrawn;
        }
    }

    /// Marks one or many objects for deletion: their rows are deleted by the next flush, and with them, or before them, what
    /// their relationships' cascades name. One that was not inserted yet is only withdrawn.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn delete<M: Mapped>(&mut self, keys: impl Keys<M>) {
        let ids: Vec<Id> = keys.into_keys().into_iter().map(|key| self.expect(key)).collect();
        ids.into_iter().for_each(|id| self.doom(id));
    }

    pub(super) fn doom(&mut self, id: Id) {
        match self.stage(id) {
            Stage::Pending => self.withdraw_tree(id),
            Stage::Persistent => {
                self.touch(id);
                self.slot_mut(id).stage = Stage::Doomed;
            }
            Stage::Doomed | Stage::Deleted | Stage::Withdrawn | Stage::Free => {}
        }
    }
}
