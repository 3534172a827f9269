use super::{Journal, by_table};
use crate::entity::{Link, LoadPath, LoadStep, PassiveDeletes, RelRef};
use crate::error::Result;
use crate::session::Session;
use crate::session::arena::{Id, Stage};
use crate::session::collections::CollectionKind;
use crate::session::criteria::View;
use std::collections::HashSet;

impl Session {
    /// Deletes orphans, and what deleted objects take with them; what they leave behind is unlinked.
    pub(super) async fn run_cascades(&mut self) -> Result<()> {
        for (orphan, key) in std::mem::take(&mut self.orphans) {
            // One that was put into another collection meanwhile is no orphan.
            if self.stage(orphan) == Stage::Persistent && self.place_of(key, orphan).is_none() {
                self.keep(orphan);
                self.doom(orphan);
            }
        }
        let mut done: HashSet<Id> = HashSet::new();
        loop {
            let touched = self.touched.iter().copied();
            let fresh: Vec<Id> = touched.filter(|id| self.stage(*id) == Stage::Doomed && !done.contains(id)).collect();
            if fresh.is_empty() {
                return Ok(());
            }
            done.extend(&fresh);
            for (table, owners) in by_table(self, &fresh) {
                for index in 0..table.relationships.len() as u16 {
                    self.cascade_along(RelRef { table, index, reversed: false }, &owners).await?;
                }
            }
        }
    }

    /// Loads the collections of these owners that are not known whole, hidden members included.
    pub(super) async fn load_completely(
        &mut self,
        relationship: RelRef,
        collection: CollectionKind,
        owners: &[Id],
    ) -> Result<()> {
        let missing: Vec<Id> = owners.iter().copied().filter(|id| !self.is_complete(collection, *id)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        if !self.flushing.as_ref().is_some_and(Journal::plans) {
            // Nobody may add a child between the reading and the writing, where a transaction keeps them out.
            let connection = self.take_connection(true).await?;
            self.connection = Some(connection);
        }
        let steps = vec![LoadStep::new(relationship)];
        self.load_paths(missing, vec![LoadPath { steps }], View::default()).await
    }

    async fn cascade_along(&mut self, relationship: RelRef, owners: &[Id]) -> Result<()> {
        let resolved = relationship.resolve()?;
        let def = relationship.def();
        match &resolved.link {
            Link::Holds { .. } => return Ok(()),
            // Link rows are deleted with their ends; the partners stay unless the cascade names them.
            Link::Through(_) if !def.cascade.delete => return Ok(()),
            Link::Held { .. } | Link::Through(_) => {}
        }
        if def.passive_deletes == PassiveDeletes::All {
            return Ok(());
        }
        let collection = self.collection_for(resolved)?;
        if def.passive_deletes == PassiveDeletes::No {
            self.load_completely(relationship, collection, owners).await?;
        }
        for owner in owners {
            for member in self.members(collection, *owner) {
                self.keep(member);
                if def.cascade.delete {
                    self.doom(member);
                } else if let CollectionKind::Children(key) = collection {
                    self.link(key, member, None);
                }
            }
        }
        Ok(())
    }
}
