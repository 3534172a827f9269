//! The foreign keys between the rows of a flush.

use super::waves::Edge;
use crate::entity::{Action, ForeignKeyDef, Link, RelKind, RelRef};
use crate::error::Result;
use crate::model::key_values;
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::session::links::KeyId;
use crate::types::Value;
use std::collections::{HashMap, HashSet};

/// A foreign key of a table, with the number of what it references.
#[derive(Clone, Copy, Debug)]
struct KeyTo {
    def: &'static ForeignKeyDef,
    target: usize,
    /// Written by an UPDATE afterwards: it orders nothing.
    post_update: bool,
}

/// The foreign keys of some tables.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// By the store of those that hold them.
    of: HashMap<u32, Vec<KeyTo>>,
    /// Stores and columns that are referenced.
    targets: Vec<(u32, Vec<u16>)>,
    targets_of: HashMap<u32, Vec<usize>>,
    post_updates: PostUpdates,
}

/// Rows by what others hold of them: their number in the order of the flush.
type ByValues = HashMap<(usize, Identity), usize>;

/// Foreign keys of relationships with `post_update`, by the store of those that hold them.
pub(super) type PostUpdates = HashSet<(u32, Vec<u16>)>;

/// The rows of a flush by what they are to those that reference them.
#[derive(Debug, Default)]
pub(super) struct Referenced {
    pub(super) numbers: HashMap<Id, usize>,
    new: ByValues,
    doomed: ByValues,
    /// Rows whose key changes, by the old one and by the new one.
    from: ByValues,
    to: ByValues,
    rekeyed: HashSet<usize>,
}

impl Referenced {
    /// Whether a key changes.
    pub(super) fn has_rekeyed(&self) -> bool {
        !self.rekeyed.is_empty()
    }
}

impl Session {
    /// The foreign keys that are written by an UPDATE afterwards.
    pub(super) fn post_updates(&self) -> Result<PostUpdates> {
        let mut found = PostUpdates::new();
        for store in &self.stores {
            for (index, def) in (0..).zip(store.table.relationships) {
                if !def.post_update || def.kind == RelKind::ManyToMany {
                    continue;
                }
                let resolved = RelRef { table: store.table, index, reversed: false }.resolve()?;
                let (holder, columns) = match &resolved.link {
                    Link::Holds { local, .. } => (resolved.source, local),
                    Link::Held { remote, .. } => (resolved.target, remote),
                    Link::Through(_) => continue,
                };
                // Before the other row is there the key has to be NULL.
                let nullable = columns.iter().any(|column| holder.column_def(*column).nullable);
                if let (true, Some(store)) = (nullable, self.known_store(holder)) {
                    found.insert((store, columns.clone()));
                }
            }
        }
        Ok(found)
    }

    /// The foreign keys of these rows' tables.
    pub(super) fn keys_of(&self, rows: &[Id], post_updates: &PostUpdates) -> Keys {
        let mut keys = Keys { post_updates: post_updates.clone(), ..Keys::default() };
        for id in rows {
            if keys.of.contains_key(&id.store) {
                continue;
            }
            let mut own = Vec::new();
            for def in self.table(*id).foreign_keys {
                let Some(store) = self.known_store(def.target()) else { continue };
                let target = (store, def.target_columns());
                let number = keys.targets.iter().position(|known| *known == target).unwrap_or_else(|| {
                    keys.targets.push(target);
                    keys.targets_of.entry(store).or_default().push(keys.targets.len() - 1);
                    keys.targets.len() - 1
                });
                let post_update = post_updates.contains(&(id.store, def.columns.to_vec()));
                own.push(KeyTo { def, target: number, post_update });
            }
            keys.of.insert(id.store, own);
        }
        keys
    }

    /// Finds rows by what others reference them by.
    pub(super) fn referenced(&self, rows: &[Id], keys: &Keys) -> Referenced {
        let mut found = Referenced { numbers: rows.iter().copied().zip(0..).collect(), ..Referenced::default() };
        for (n, id) in rows.iter().enumerate() {
            for target in keys.targets_of.get(&id.store).into_iter().flatten() {
                let columns = &keys.targets[*target].1;
                let entry = |values: Vec<Option<Value>>| Some((*target, Identity::of(key_values(values)?)));
                match self.stage(*id) {
                    Stage::Pending => {
                        // A key that the database makes is known by links only.
                        let unset = self.is_unset_key(self.table(*id), columns, &self.object(*id).values(columns));
                        let entry = if unset { None } else { entry(self.object(*id).values(columns)) };
                        found.new.extend(entry.map(|entry| (entry, n)));
                    }
                    Stage::Persistent if self.differs(*id, columns) => {
                        found.rekeyed.insert(n);
                        found.from.extend(entry(self.row_values(*id, columns)).map(|entry| (entry, n)));
                        found.to.extend(entry(self.object(*id).values(columns)).map(|entry| (entry, n)));
                    }
                    Stage::Doomed => {
                        found.doomed.extend(entry(self.row_values(*id, columns)).map(|entry| (entry, n)));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// The rows that a new or changed row needs: new ones, over links that wait for a key and over keys set by hand, and those
    /// that will have the key that it holds.
    pub(super) fn needs(&self, row: Id, keys: &Keys, rows: &Referenced) -> Vec<(Edge, usize)> {
        let mut needs: Vec<(Edge, usize)> = Vec::new();
        for (key, parent) in self.awaited(row) {
            if !self.is_post_update(key, keys) {
                needs.extend(rows.numbers.get(&parent).map(|n| (Edge::Link(key), *n)));
            }
        }
        for key in keys.of.get(&row.store).into_iter().flatten().filter(|key| !key.post_update) {
            let Some(values) = key_values(self.object(row).values(key.def.columns)) else { continue };
            let entry = (key.target, Identity::of(values));
            for (others, edge) in [(&rows.new, Edge::Columns(key.def)), (&rows.to, Edge::Enters(key.def))] {
                if let Some(parent) = others.get(&entry)
                    && rows.numbers.get(&row) != Some(parent)
                    && !needs.iter().any(|(_, other)| other == parent)
                {
                    needs.push((edge, *parent));
                }
            }
            // A link that was made before the key was changed.
            if rows.has_rekeyed()
                && let Some(Some(parent)) = self.link_over(row, key.def, keys.targets[key.target].0)
                && let Some(parent) = rows.numbers.get(&parent)
                && rows.numbers.get(&row) != Some(parent)
                && !needs.iter().any(|(_, other)| other == parent)
                && rows.rekeyed.contains(parent)
            {
                needs.push((Edge::Enters(key.def), *parent));
            }
        }
        needs
    }

    /// The rows that have to wait for a row, because it holds their keys in the database and will let go of them: doomed ones,
    /// and ones that get another key where the database does not change it along.
    pub(super) fn waited_by(&self, row: Id, keys: &Keys, rows: &Referenced, mut each: impl FnMut(usize, Edge)) {
        let doomed = self.stage(row) == Stage::Doomed;
        for key in keys.of.get(&row.store).into_iter().flatten() {
            let Some(values) = key_values(self.row_values(row, key.def.columns)) else { continue };
            let entry = (key.target, Identity::of(values));
            let own = rows.numbers.get(&row);
            let leaves = || {
                let linked = self.link_over(row, key.def, keys.targets[key.target].0);
                doomed || linked.is_some() || self.differs(row, key.def.columns)
            };
            if let Some(parent) = rows.doomed.get(&entry)
                && own != Some(parent)
                && !(doomed && key.post_update)
                && leaves()
            {
                each(*parent, if doomed { Edge::Columns(key.def) } else { Edge::Leaves(key.def) });
            }
            if matches!(key.def.on_update, Action::NoAction | Action::Restrict)
                && let Some(parent) = rows.from.get(&entry)
                && own != Some(parent)
                && leaves()
            {
                each(*parent, Edge::Leaves(key.def));
            }
        }
    }

    /// The columns of new rows whose key is written afterwards, since it leads to another new row.
    pub(super) fn written_later(&self, new: &[Id], keys: &Keys, rows: &Referenced) -> Vec<(Id, Vec<u16>)> {
        let mut later: Vec<(Id, Vec<u16>)> = Vec::new();
        if keys.post_updates.is_empty() {
            return later;
        }
        for row in new {
            let own = later.len();
            for (key, _) in self.awaited(*row).into_iter().filter(|(key, _)| self.is_post_update(*key, keys)) {
                later.push((*row, self.links.keys[key].columns.clone()));
            }
            for key in keys.of.get(&row.store).into_iter().flatten().filter(|key| key.post_update) {
                if let Some(values) = key_values(self.object(*row).values(key.def.columns))
                    && rows.new.contains_key(&(key.target, Identity::of(values)))
                    && !later[own..].iter().any(|(_, columns)| columns == key.def.columns)
                {
                    later.push((*row, key.def.columns.to_vec()));
                }
            }
        }
        later
    }

    /// The keys of doomed rows that lead to doomed rows and are set to NULL before.
    pub(super) fn let_go_before(&self, doomed: &[Id], keys: &Keys, rows: &Referenced) -> Vec<(Id, Vec<u16>)> {
        let mut before: Vec<(Id, Vec<u16>)> = Vec::new();
        for row in doomed {
            for key in keys.of.get(&row.store).into_iter().flatten().filter(|key| key.post_update) {
                if let Some(values) = key_values(self.row_values(*row, key.def.columns))
                    && rows.doomed.contains_key(&(key.target, Identity::of(values)))
                {
                    before.push((*row, key.def.columns.to_vec()));
                }
            }
        }
        before
    }

    fn is_post_update(&self, key: KeyId, keys: &Keys) -> bool {
        let links = &self.links.keys[key];
        !keys.post_updates.is_empty() && keys.post_updates.contains(&(links.child, links.columns.clone()))
    }

    /// What a link that the program made since the last flush leads to.
    fn link_over(&self, row: Id, key: &'static ForeignKeyDef, parent: u32) -> Option<Option<Id>> {
        let number = self.known_key(row.store, key.columns, parent)?;
        self.links.keys[number].link_made(row.slot)
    }
}
