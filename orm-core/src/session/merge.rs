//! Merging: detached trees are copied onto the objects and rows that they are of.
//!
//! A tree is taken apart into nodes; each is found by its key, in the session or with one SELECT for each table and level of
//! the tree; and only when all that could speak against it is known are objects changed.

mod apply;
mod forest;

use super::Session;
use super::arena::{Id, Identity, Stage};
use super::tree::unload;
use crate::engine::{Engine, Running};
use crate::entity::{Key, Link, LoadPath, LoadStep, RelRef};
use crate::error::{Error, Result};
use crate::model::{Mapped, Mapper, Object};
use crate::types::Value;
use forest::{Forest, NodeId};
use std::collections::HashMap;

impl Session {
    /// Copies a detached tree onto the session: each object of it onto the object, or the row, that has its key, as an edit, so
    /// that the next flush writes what differs. What has no key, or no row, is added. Gives the key of the tree's root.
    ///
    /// Relationships that are not loaded in the tree, or loaded under a filter, are ignored, and so are those over a model's
    /// table. A loaded collection replaces the members: one that is left out is removed, as by [`Session::remove`]. Every
    /// plain column is written; an unset [`Auto`](crate::types::Auto) is left alone, and so is a foreign key that was not set
    /// in an object whose parent is in the tree.
    ///
    /// Flushes first. SQL: a SELECT for each table and level of the tree (and each 500 keys), of what the session does not
    /// hold, and one for each collection that is not loaded in the session.
    ///
    /// # Errors
    /// [`Error::MergeConflict`] when two copies of one row in the tree differ; [`Error::StaleData`] when the tree's version
    /// is not the row's: somebody else wrote it since the tree was read. Nothing was changed then. As [`Session::all`]
    /// otherwise.
    pub fn merge<M: Mapped>(&mut self, tree: M) -> Running<'_, Key<M>> {
        let forest = Forest::plant([tree]);
        Box::pin(async move {
            let merged = self.merge_forest(forest?).await?;
            merged.roots().next().map(|id| self.key_of(id)).ok_or_else(no_root)
        })
    }

    /// Merges many trees at once: as [`Session::merge`], with the SELECTs of one.
    ///
    /// # Errors
    /// As [`Session::merge`]; the trees are one to it.
    pub fn merge_all<M: Mapped>(&mut self, trees: impl IntoIterator<Item = M>) -> Running<'_, Vec<Key<M>>> {
        let forest = Forest::plant(trees);
        Box::pin(async move {
            let merged = self.merge_forest(forest?).await?;
            Ok(merged.roots().map(|id| self.key_of(id)).collect())
        })
    }

    async fn merge_forest(&mut self, mut forest: Forest) -> Result<Forest> {
        self.before_query("merge").await?;
        forest.unite()?;
        let mut pending = self.pending_by_key()?;
        for level in forest.levels() {
            self.find_nodes(&mut forest, &level, &mut pending).await?;
            self.load_members(&forest, &level).await?;
        }
        self.check_versions(&forest)?;
        self.apply(&mut forest)?;
        Ok(forest)
    }

    /// New objects that were added with their keys.
    fn pending_by_key(&self) -> Result<HashMap<(u32, Identity), Id>> {
        let key = |id: &Id| Some(((id.store, Identity::of(self.object(*id).primary_key()?)), *id));
        Ok(self.touched.iter().filter(|id| self.stage(**id) == Stage::Pending).filter_map(key).collect())
    }

    /// Finds the objects of these nodes, reading those that are not in the session.
    async fn find_nodes(
        &mut self,
        forest: &mut Forest,
        level: &[NodeId],
        pending: &mut HashMap<(u32, Identity), Id>,
    ) -> Result<()> {
        let mut wanted: Vec<(u32, Vec<(NodeId, Vec<Value>)>)> = Vec::new();
        for node in level {
            let store = self.store_for(forest.table(*node))?;
            let Some(key) = forest.object(*node).primary_key() else { continue };
            if let Some(id) = pending.get(&(store, Identity::of(key.clone()))) {
                forest.found(*node, *id);
                continue;
            }
            match wanted.iter_mut().find(|(other, _)| *other == store) {
                Some((_, keys)) => keys.push((*node, key)),
                None => wanted.push((store, vec![(*node, key)])),
            }
        }
        for (store, nodes) in wanted {
            let keys: Vec<Vec<Value>> = nodes.iter().map(|(_, key)| key.clone()).collect();
            let found = self.find_or_read(store, keys, false).await?;
            for ((node, _), id) in nodes.into_iter().zip(found) {
                if let Some(id) = id {
                    forest.found(node, id);
                }
            }
        }
        Ok(())
    }

    /// Loads the collections of found objects that the tree replaces.
    async fn load_members(&mut self, forest: &Forest, level: &[NodeId]) -> Result<()> {
        let mut owners: Vec<(RelRef, Vec<Id>)> = Vec::new();
        for node in level {
            let Some(id) = forest.id(*node) else { continue };
            for (relationship, _) in forest.branches(*node) {
                if matches!(relationship.resolve()?.link, Link::Holds { .. }) {
                    continue;
                }
                match owners.iter_mut().find(|(other, _)| other == relationship) {
                    Some((_, ids)) => ids.push(id),
                    None => owners.push((*relationship, vec![id])),
                }
            }
        }
        for (relationship, owners) in owners {
            let steps = vec![LoadStep::new(relationship)];
            self.load_paths(owners, vec![LoadPath { steps }], self.view()).await?;
        }
        Ok(())
    }

    /// # Errors
    /// [`Error::StaleData`] for a node whose version is not its row's.
    fn check_versions(&self, forest: &Forest) -> Result<()> {
        for node in forest.nodes() {
            let table = forest.table(node);
            let (Some(id), Some(version)) = (forest.id(node), table.version) else { continue };
            if self.stage(id) != Stage::Pending
                && let Some(theirs) = forest.object(node).value(version)
                && self.original(id, version).is_some_and(|ours| ours != theirs)
            {
                let keys = self.describe(id);
                return Err(Error::StaleData { table: table.name.to_owned(), keys, expected: 1, matched: 0 });
            }
        }
        Ok(())
    }

    /// Fills the relationships of a copy as they were in its tree, from the session.
    fn refill(&self, forest: &Forest, node: NodeId, copy: &mut dyn Object) -> Result<()> {
        for (relationship, members) in forest.shape(node) {
            let target = relationship.resolve()?.target;
            let Some(mapper) = Mapper::get(target) else { continue };
            let mut batch = mapper.batch();
            for member in members {
                let Some(id) = forest.id(*member) else { return Err(no_root()) };
                batch.copy(self.object(id));
            }
            for (member, object) in members.iter().zip(batch.objects()) {
                unload(object);
                self.refill(forest, *member, object)?;
            }
            let given: Vec<(usize, bool)> = (0..members.len()).map(|n| (n, true)).collect();
            batch.give(&given, copy.relation_mut(relationship.index), relationship.full_name(), false);
        }
        Ok(())
    }
}

impl Engine {
    /// Writes a detached tree, in a transaction of its own: [`Session::merge`] and `commit`. Gives the same tree back with
    /// its generated values: the relationships that were loaded in it are, the others are not.
    ///
    /// # Errors
    /// As [`Session::merge`] and [`Session::commit`]; nothing is written then.
    pub fn save<M: Mapped>(&self, tree: M) -> Running<'_, M> {
        let forest = Forest::plant([tree]);
        Box::pin(async move {
            let mut session = self.session();
            let forest = session.merge_forest(forest?).await?;
            session.commit().await?;
            let Some(root) = forest.roots().next() else { return Err(no_root()) };
            let mut copy = session.try_get(session.key_of::<M>(root))?.clone();
            unload(&mut copy);
            session.refill(&forest, Forest::FIRST, &mut copy)?;
            Ok(copy)
        })
    }
}

/// Every node that was merged has its object.
#[cold]
fn no_root() -> Error {
    Error::Session("an object of the merged tree is not in the session".to_owned())
}
