//! Detached trees, taken apart.

use crate::entity::{Link, RelRef, TableDef};
use crate::error::{Error, Result};
use crate::model::{Mapped, Mapper, Object, Objects, RelationState};
use crate::session::arena::{Id, Identity};
use crate::types::Value;
use std::any::Any;
use std::collections::{HashMap, HashSet};

/// An object of a tree, by number.
pub(super) type NodeId = usize;

/// Relationships with their members.
pub(super) type Branches = Vec<(RelRef, Vec<NodeId>)>;

/// Trees in the order of their objects: an owner before its members.
pub(super) struct Forest {
    nodes: Vec<Node>,
    roots: Vec<NodeId>,
    /// The objects that were not moved on yet, by table.
    objects: Vec<(&'static TableDef, Box<dyn Objects>)>,
}

struct Node {
    /// Among the objects: which table's, which slot.
    place: (usize, usize),
    depth: usize,
    /// What was loaded in this copy.
    shape: Branches,
    /// The first copy of the same row, which may be this one.
    first: NodeId,
    /// What was loaded in any copy; at the first one.
    branches: Branches,
    /// The object in the session.
    id: Option<Id>,
}

impl Forest {
    /// The first tree's root.
    pub(super) const FIRST: NodeId = 0;

    pub(super) fn plant<M: Mapped>(trees: impl IntoIterator<Item = M>) -> Result<Self> {
        let mut forest = Forest { nodes: Vec::new(), roots: Vec::new(), objects: Vec::new() };
        for tree in trees {
            let root = forest.add(M::TABLE, &mut Some(tree), 0)?;
            forest.roots.push(root);
        }
        Ok(forest)
    }

    fn add(&mut self, table: &'static TableDef, object: &mut dyn Any, depth: usize) -> Result<NodeId> {
        let store = self.store(table)?;
        let objects = &mut self.objects[store].1;
        let slot = objects.len();
        objects.insert(slot, object);
        let node = self.nodes.len();
        let place = (store, slot);
        self.nodes.push(Node { place, depth, shape: Vec::new(), first: node, branches: Vec::new(), id: None });
        for index in 0..table.relationships.len() as u16 {
            let relationship = RelRef { table, index, reversed: false };
            if self.object(node).relation(index).state() != RelationState::Loaded {
                continue;
            }
            let resolved = relationship.resolve()?;
            if matches!(&resolved.link, Link::Through(through) if through.read_only) {
                continue;
            }
            let target = self.store(resolved.target)?;
            let mut taken = self.objects[target].1.empty_like();
            self.object_mut(node).relation_mut(index).detach(relationship.full_name(), &mut |member| {
                let slot = taken.len();
                taken.insert(slot, member);
            });
            let mut members = Vec::with_capacity(taken.len());
            for slot in 0..taken.len() {
                let mut added = None;
                taken.take(slot, &mut |member| added = Some(self.add(resolved.target, member, depth + 1)));
                members.extend(added.transpose()?);
            }
            if let Link::Held { local, remote } = &resolved.link {
                self.hand_down(node, local, &members, remote);
            }
            self.nodes[node].shape.push((relationship, members));
        }
        Ok(node)
    }

    /// Gives members the part of their primary key that is their owner's, where it was not set.
    fn hand_down(&mut self, owner: NodeId, local: &[u16], members: &[NodeId], remote: &[u16]) {
        let owner = self.object(owner);
        if owner.primary_key().is_none() {
            return;
        }
        let values: Vec<Option<Value>> = owner.values(local);
        for member in members {
            let object = self.object_mut(*member);
            for (column, value) in remote.iter().zip(&values) {
                if let Some(value) = value
                    && object.table().primary_key.contains(column)
                    && is_unset(&object.value(*column))
                {
                    // A value that does not fit is told when it is linked.
                    let _ = object.set(*column, value);
                }
            }
        }
    }

    fn store(&mut self, table: &'static TableDef) -> Result<usize> {
        if let Some(known) = self.objects.iter().position(|(other, _)| *other == table) {
            return Ok(known);
        }
        let mapper = Mapper::get(table)
            .ok_or_else(|| Error::Session(format!("{} has no model, so its rows can't be merged", table.name)))?;
        self.objects.push((table, mapper.objects()));
        Ok(self.objects.len() - 1)
    }

    /// Makes copies of one row one.
    ///
    /// # Errors
    /// [`Error::MergeConflict`] for two that differ.
    pub(super) fn unite(&mut self) -> Result<()> {
        let mut known: HashMap<(usize, Identity), NodeId> = HashMap::new();
        for node in 0..self.nodes.len() {
            let Some(key) = self.object(node).primary_key() else { continue };
            let first = *known.entry((self.nodes[node].place.0, Identity::of(key))).or_insert(node);
            if first != node {
                self.nodes[node].first = first;
                let depth = self.nodes[node].depth;
                self.nodes[first].depth = self.nodes[first].depth.min(depth);
                self.unite_columns(first, node)?;
            }
        }
        for node in 0..self.nodes.len() {
            let first = self.nodes[node].first;
            for (relationship, members) in self.nodes[node].shape.clone() {
                let members: Vec<NodeId> = members.into_iter().map(|member| self.nodes[member].first).collect();
                let other = self.nodes[first].branches.iter().find(|(other, _)| *other == relationship);
                match other {
                    None => self.nodes[first].branches.push((relationship, members)),
                    Some((_, others)) => {
                        let set = |of: &[NodeId]| of.iter().copied().collect::<HashSet<NodeId>>();
                        if set(others) != set(&members) {
                            return Err(self.conflict(first, relationship.to_string()));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn unite_columns(&mut self, first: NodeId, node: NodeId) -> Result<()> {
        let table = self.table(node);
        for (column, def) in (0..).zip(table.columns) {
            match (self.object(first).value(column), self.object(node).value(column)) {
                (Some(one), Some(other)) if one != other => {
                    return Err(self.conflict(first, format!("{}::{}", table.title(), def.field)));
                }
                (None, Some(value)) => {
                    let set = self.object_mut(first).set(column, &value);
                    let column = format!("`{}::{}`", table.title(), def.field);
                    set.map_err(|reason| Error::Decode { column, reason })?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn conflict(&self, node: NodeId, column: String) -> Error {
        let key = self.object(node).primary_key().unwrap_or_default();
        let key: Vec<String> = key.iter().map(ToString::to_string).collect();
        Error::MergeConflict { model: self.table(node).title(), key: key.join(", "), column }
    }

    /// The first copies, level by level.
    pub(super) fn levels(&self) -> Vec<Vec<NodeId>> {
        let mut levels: Vec<Vec<NodeId>> = Vec::new();
        for node in self.nodes() {
            let depth = self.nodes[node].depth;
            if levels.len() <= depth {
                levels.resize_with(depth + 1, Vec::new);
            }
            levels[depth].push(node);
        }
        levels
    }

    /// The first copies, owners before their members.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        (0..self.nodes.len()).filter(|node| self.nodes[*node].first == *node)
    }

    pub(super) fn table(&self, node: NodeId) -> &'static TableDef {
        self.objects[self.nodes[node].place.0].0
    }

    /// A node's object, as long as it was not moved on.
    pub(super) fn object(&self, node: NodeId) -> &dyn Object {
        let (store, slot) = self.nodes[node].place;
        match self.objects[store].1.get(slot) {
            Some(object) => object,
            None => unreachable!("the object of node {node} was moved on"),
        }
    }

    fn object_mut(&mut self, node: NodeId) -> &mut dyn Object {
        let (store, slot) = self.nodes[node].place;
        match self.objects[store].1.get_mut(slot) {
            Some(object) => object,
            None => unreachable!("the object of node {node} was moved on"),
        }
    }

    /// Moves a node's object on: a `&mut Option<M>`.
    pub(super) fn take(&mut self, node: NodeId, each: &mut dyn FnMut(&mut dyn Any)) {
        let (store, slot) = self.nodes[node].place;
        self.objects[store].1.take(slot, each);
    }

    /// What was loaded in this copy.
    pub(super) fn shape(&self, node: NodeId) -> &Branches {
        &self.nodes[node].shape
    }

    /// What was loaded in any copy of the row.
    pub(super) fn branches(&self, node: NodeId) -> &Branches {
        &self.nodes[self.nodes[node].first].branches
    }

    /// Notes a node's object in the session.
    pub(super) fn found(&mut self, node: NodeId, id: Id) {
        self.nodes[node].id = Some(id);
    }

    /// A node's object in the session.
    pub(super) fn id(&self, node: NodeId) -> Option<Id> {
        self.nodes[self.nodes[node].first].id
    }

    /// The objects of the trees' roots in the session.
    pub(super) fn roots(&self) -> impl Iterator<Item = Id> + '_ {
        self.roots.iter().filter_map(|root| self.id(*root))
    }
}

pub(super) use crate::session::links::is_unset;
