//! Loading relationships of objects in a session, of many at once.

use super::Session;
use super::arena::{Id, Identity, Stage};
use super::collections::{CollectionKind, Completeness};
use super::criteria::View;
use super::flush::Shape;
use crate::dialect;
use crate::engine::Running;
use crate::entity::{Key, Link, LoadPath, LoadStep, Path, Resolved};
use crate::error::{Error, Result};
use crate::model::{Mapped, RelatedQuery, key_values, padded, related_query};
use crate::query::Tree;
use crate::types::Value;
use std::collections::HashMap;

/// One key, or many.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a `Key<{M}>` or a list of them")]
pub trait Keys<M> {
    /// The keys.
    fn into_keys(self) -> Vec<Key<M>>;
}

impl<M> Keys<M> for Key<M> {
    fn into_keys(self) -> Vec<Key<M>> {
        vec![self]
    }
}

impl<M> Keys<M> for Vec<Key<M>> {
    fn into_keys(self) -> Vec<Key<M>> {
        self
    }
}

impl<M> Keys<M> for &Vec<Key<M>> {
    fn into_keys(self) -> Vec<Key<M>> {
        self.clone()
    }
}

impl<M> Keys<M> for &[Key<M>] {
    fn into_keys(self) -> Vec<Key<M>> {
        self.to_vec()
    }
}

impl<M, const N: usize> Keys<M> for [Key<M>; N] {
    fn into_keys(self) -> Vec<Key<M>> {
        self.to_vec()
    }
}

impl Session {
    /// Loads relationships of one or many objects: one SELECT for each relationship (and each 500 objects). What is loaded
    /// already is not loaded again.
    ///
    /// # Errors
    /// [`Error::StaleKey`], and the database's.
    pub fn load<M: Mapped>(&mut self, keys: impl Keys<M>, path: impl Path<M>) -> Running<'_, ()> {
        let owners: Result<Vec<Id>> = keys.into_keys().into_iter().map(|key| self.resolve(key)).collect();
        let paths = path.into_paths();
        Box::pin(async move {
            let owners = owners?;
            if owners.is_empty() {
                return Ok(());
            }
            let names: Vec<String> =
                paths.iter().filter_map(|path| path.steps.first()).map(|step| step.relationship.to_string()).collect();
            self.before_query(&format!("loading `{}`", names.join("`, `"))).await?;
            let view = self.view();
            self.load_paths(owners, paths, view).await
        })
    }

    /// Loads paths, as far as the view sees.
    pub(super) fn load_paths(&mut self, owners: Vec<Id>, paths: Vec<LoadPath>, view: View) -> Running<'_, ()> {
        Box::pin(async move {
            self.sync();
            for path in paths {
                let mut here = owners.clone();
                for step in &path.steps {
                    here.sort_unstable();
                    here.dedup();
                    here = self.load_step(&here, step, &view).await?;
                }
            }
            Ok(())
        })
    }

    /// Loads one relationship of these objects, and gives the objects that it leads to.
    async fn load_step(&mut self, owners: &[Id], step: &LoadStep, view: &View) -> Result<Vec<Id>> {
        let resolved = step.relationship.resolve()?;
        if let Some(wrong) = owners.iter().find(|owner| self.table(**owner) != resolved.source) {
            return Err(Error::Statement(format!(
                "`{}` can't be loaded for a `{}`",
                step.relationship,
                self.table(*wrong).title()
            )));
        }
        match &resolved.link {
            Link::Holds { .. } => self.load_targets(owners, step, resolved, view).await,
            _ => self.load_collections(owners, step, resolved, view).await,
        }
    }

    /// The objects that these hold the keys of: those that are not in the session are asked for.
    async fn load_targets(
        &mut self,
        owners: &[Id],
        step: &LoadStep,
        resolved: &Resolved,
        view: &View,
    ) -> Result<Vec<Id>> {
        let Link::Holds { local, remote } = &resolved.link else { return Ok(Vec::new()) };
        let store = self.store_for(resolved.target)?;
        self.key_for(resolved)?;
        let mut found = Vec::new();
        let mut wanted: Vec<Vec<Value>> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for owner in owners {
            match self.parent_of(resolved, *owner) {
                Ok(Some(target)) if !self.slot(target).stale => found.push(target),
                Ok(None) => {}
                _ => {
                    if let Some(values) = key_values(self.object(*owner).values(local))
                        && seen.insert(Identity::of(values.clone()))
                    {
                        wanted.push(values);
                    }
                }
            }
        }
        debug_assert_eq!(local.len(), remote.len());
        for keys in wanted.chunks(step.chunk_size) {
            let keys = &padded(keys, step.chunk_size);
            let related = related_query(resolved, step, keys);
            let rows = self.fetch_related(store, step, &related, keys, false, view).await?;
            found.extend(rows.into_iter().map(|(_, id)| id));
        }
        Ok(found)
    }

    /// The collections of these objects that are not whole yet.
    async fn load_collections(
        &mut self,
        owners: &[Id],
        step: &LoadStep,
        resolved: &Resolved,
        view: &View,
    ) -> Result<Vec<Id>> {
        let store = self.store_for(resolved.target)?;
        let collection = self.collection_for(resolved)?;
        let hidden = view.session_hides(resolved);
        let partial = step.filter.is_some() || view.query_hides(resolved);
        let mut missing: Vec<Id> = Vec::new();
        let mut found: Vec<Id> = Vec::new();
        for owner in owners {
            let here = if hidden { self.is_seen(collection, *owner) } else { self.is_complete(collection, *owner) };
            if here && !self.is_expired(collection, *owner) {
                found.extend(self.members(collection, *owner));
            } else {
                missing.push(*owner);
            }
        }
        let parent = related_query(resolved, step, &[]).parent;
        let mut by_key: HashMap<Identity, Vec<Id>> = HashMap::new();
        let mut keys: Vec<Vec<Value>> = Vec::new();
        for owner in &missing {
            // The row's own key, not one that was changed since.
            let values = parent.iter().map(|column| self.original(*owner, *column)).collect();
            if let Some(values) = key_values(values) {
                let owners = by_key.entry(Identity::of(values.clone())).or_default();
                if owners.is_empty() {
                    keys.push(values);
                }
                owners.push(*owner);
            }
        }
        // What is known of a stale member may not be so any more.
        let stale = |owner: Id| self.members(collection, owner).into_iter().any(|member| self.slot(member).stale);
        let anew = missing.iter().copied().filter(|owner| self.is_expired(collection, *owner) || stale(*owner));
        let anew: Vec<Id> = anew.collect();
        let mut members: HashMap<Id, Vec<Id>> = HashMap::new();
        for keys in keys.chunks(step.chunk_size) {
            let keys = &padded(keys, step.chunk_size);
            let related = related_query(resolved, step, keys);
            for (key, member) in self.fetch_related(store, step, &related, keys, !anew.is_empty(), view).await? {
                for owner in by_key.get(&key).into_iter().flatten() {
                    members.entry(*owner).or_default().push(member);
                }
            }
        }
        for owner in missing {
            let loaded = members.remove(&owner).unwrap_or_default();
            match collection {
                CollectionKind::Partners(pairs) => self.pairs_loaded(pairs, owner, &loaded, !partial && !hidden),
                CollectionKind::Children(key) => self.order_children(key, owner, &loaded),
            }
            found.extend(&loaded);
            let completeness = match (partial, hidden) {
                (true, _) => self.partial(loaded),
                (false, true) => self.visible(),
                (false, false) => Completeness::Whole,
            };
            self.complete(collection, owner, completeness);
        }
        if let (CollectionKind::Children(key), false, false) = (collection, partial, anew.is_empty()) {
            self.reconcile(key, &anew, &found.iter().copied().collect()).await?;
        }
        found.retain(|id| self.stage(*id) == Stage::Persistent || self.stage(*id) == Stage::Pending);
        Ok(found)
    }

    /// Runs a query for related rows: each row's object, with the key that it was found by.
    async fn fetch_related(
        &mut self,
        store: u32,
        step: &LoadStep,
        related: &RelatedQuery,
        keys: &[Vec<Value>],
        overwrite: bool,
        view: &View,
    ) -> Result<Vec<(Identity, Id)>> {
        let statement = if step.filter.is_none() && step.order_by.is_empty() && view.criteria.is_empty() {
            let relationship = step.relationship;
            let shape = Shape::Related(relationship.index, relationship.reversed, keys.len());
            let binds = keys.iter().flatten().cloned().collect();
            self.shaped(relationship.table, shape, &[], step.chunk_size, binds, |capabilities| {
                dialect::compile(Tree::Select(&related.tree), capabilities)
            })?
        } else {
            dialect::compile_with(Tree::Select(&related.tree), self.engine.capabilities(), &view.criteria)?.into()
        };
        let mut connection = self.take_connection(false).await?;
        let mut rows = Vec::new();
        let sample = &keys[0];
        let fetched = connection
            .fetch(statement, &mut |row| {
                let mut key = Vec::with_capacity(sample.len());
                for (like, position) in sample.iter().zip(&related.positions) {
                    let value = like.read_like(row, *position).map_err(|reason| Error::Decode {
                        column: format!("number {} of the result", position + 1),
                        reason,
                    })?;
                    key.push(value);
                }
                let id = self.absorb(store, row, 0, overwrite)?;
                rows.push((Identity::of(key), id));
                Ok(())
            })
            .await;
        self.put_back(connection, fetched)?;
        Ok(rows)
    }
}
