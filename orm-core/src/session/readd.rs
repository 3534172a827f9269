//! Bringing objects back that were withdrawn.

use super::Session;
use super::arena::{Id, Stage};
use crate::entity::{Key, Link, RelRef};
use crate::model::Mapped;

impl Session {
    /// Makes a withdrawn object pending again, with its links as they are and with the withdrawn objects that it is linked
    /// to: the next flush inserts them. So what a rollback withdrew is written after all, once what was wrong with it is
    /// changed.
    ///
    /// One that is marked for deletion stays after all, as long as that was not flushed; where the row is deleted already
    /// the next flush says so. Any other object is left as it is.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn readd<M: Mapped>(&mut self, key: Key<M>) {
        let id = self.expect(key);
        match self.stage(id) {
            Stage::Withdrawn => self.readd_tree(id),
            Stage::Doomed => self.slot_mut(id).stage = Stage::Persistent,
            Stage::Deleted => self.problems.push(format!(
                "{} can't be added again: its row was deleted in this transaction; roll back, or add a new object",
                self.describe(id)
            )),
            Stage::Pending | Stage::Persistent | Stage::Free => {}
        }
    }

    fn readd_tree(&mut self, id: Id) {
        self.sync();
        let mut rest = vec![id];
        while let Some(id) = rest.pop() {
            if self.stage(id) != Stage::Withdrawn {
                continue;
            }
            self.slot_mut(id).stage = Stage::Pending;
            self.set_original(id, None);
            self.touch(id);
            self.reindex(id);
            let table = self.table(id);
            for index in 0..table.relationships.len() as u16 {
                let Ok(resolved) = (RelRef { table, index, reversed: false }).resolve() else { continue };
                match &resolved.link {
                    Link::Holds { .. } => rest.extend(self.parent_of(resolved, id).ok().flatten()),
                    Link::Held { .. } => {
                        if let Some(key) = self.known_key_for(resolved) {
                            rest.extend(self.linked_children(key, id));
                        }
                    }
                    Link::Through(through) => {
                        if let Some(pairs) = self.known_pairs_for(through) {
                            rest.extend(self.pairs.enqueue_wanted(pairs, id));
                        }
                    }
                }
            }
        }
    }
}
