//! Relationships with `single_parent`: an object has one parent over them at most.

use crate::entity::{Link, RelRef};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::session::arena::{Id, Stage};
use crate::session::pairs::PairSide;

impl Session {
    /// # Errors
    /// For an object that two others lead to over a relationship with `single_parent`, as far as they are loaded.
    pub(super) fn check_single_parents(&self) -> Result<()> {
        for store in &self.stores {
            for (index, def) in (0..).zip(store.table.relationships) {
                if !def.single_parent {
                    continue;
                }
                let relationship = RelRef { table: store.table, index, reversed: false };
                let resolved = relationship.resolve()?;
                match &resolved.link {
                    Link::Through(through) => {
                        if let Some(pairs) = self.known_pairs_for(through) {
                            self.check_partners(relationship, pairs)?;
                        }
                    }
                    Link::Holds { .. } => self.check_holders(relationship)?,
                    Link::Held { .. } => {}
                }
            }
        }
        Ok(())
    }

    fn check_partners(&self, relationship: RelRef, pairs: PairSide) -> Result<()> {
        let table = &self.pairs.tables[pairs.table];
        let back = PairSide { side: 1 - pairs.side, ..pairs };
        for ends in table.queue.iter().filter(|ends| table.pairs.get(*ends).is_some_and(|pair| pair.wanted)) {
            let member = table.id(back.side, ends[back.side]);
            if self.is_live(member) {
                self.check_parents(relationship, member, &self.partners(back, member))?;
            }
        }
        Ok(())
    }

    fn check_holders(&self, relationship: RelRef) -> Result<()> {
        let resolved = relationship.resolve()?;
        let (Some(key), Some(store)) = (self.known_key_for(resolved), self.known_store(resolved.source)) else {
            return Ok(());
        };
        for id in self.touched.iter().filter(|id| id.store == store && self.is_live(**id)) {
            let columns = &self.links.keys[key].columns;
            let relinked = self.stage(*id) == Stage::Pending
                || self.links.keys[key].link_made(id.slot).is_some()
                || self.differs(*id, columns);
            if relinked && let Ok(Some(target)) = self.parent_of(resolved, *id) {
                self.check_parents(relationship, target, &self.children(key, target))?;
            }
        }
        Ok(())
    }

    fn check_parents(&self, relationship: RelRef, member: Id, parents: &[Id]) -> Result<()> {
        let [one, other, ..] = parents else { return Ok(()) };
        Err(Error::Session(format!(
            "{} has two parents over `{relationship}`, {} and {}, but it is declared `single_parent`; take it from one of them",
            self.describe(member),
            self.describe(*one),
            self.describe(*other)
        )))
    }
}
