//! The part of a merge that changes objects: all that is needed is in the session.

use super::forest::{Forest, NodeId, is_unset};
use crate::entity::{Link, RelKind, RelRef};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::session::arena::{Id, Stage};
use crate::session::collections::CollectionKind;
use crate::types::Value;
use std::collections::{HashMap, HashSet};

impl Session {
    pub(super) fn apply(&mut self, forest: &mut Forest) -> Result<()> {
        let nodes: Vec<NodeId> = forest.nodes().collect();
        let governed = governed(forest, &nodes)?;
        // Which columns held a key, before the objects go.
        let mut unlinked: HashSet<(NodeId, u16)> = HashSet::new();
        for node in &nodes {
            for (relationship, members) in forest.branches(*node) {
                if let (Link::Holds { local, .. }, true) = (&relationship.resolve()?.link, members.is_empty())
                    && forest.object(*node).values(local).iter().all(is_unset)
                {
                    unlinked.insert((*node, relationship.index));
                }
            }
        }
        for node in &nodes {
            match forest.id(*node) {
                Some(id) => self.copy_columns(forest, *node, id, governed.get(node))?,
                None => self.add_node(forest, *node)?,
            }
        }
        // First all new links, so that a member that moves within the tree is never without an owner.
        for node in &nodes {
            for (relationship, members) in forest.branches(*node).clone() {
                let members: Vec<Id> = members.iter().filter_map(|member| forest.id(*member)).collect();
                let Some(owner) = forest.id(*node) else { continue };
                self.link_new(relationship, owner, &members)?;
            }
        }
        for node in &nodes {
            for (relationship, members) in forest.branches(*node).clone() {
                let members: Vec<Id> = members.iter().filter_map(|member| forest.id(*member)).collect();
                let Some(owner) = forest.id(*node) else { continue };
                if !matches!(relationship.resolve()?.link, Link::Holds { .. }) {
                    self.replace_erased(relationship, owner, &members)?;
                } else if unlinked.contains(&(*node, relationship.index))
                    && self.leads_somewhere(relationship, owner)?
                {
                    self.set_erased(relationship, owner, None)?;
                }
            }
        }
        Ok(())
    }

    fn add_node(&mut self, forest: &mut Forest, node: NodeId) -> Result<()> {
        let store = self.store_for(forest.table(node))?;
        let mut added = None;
        forest.take(node, &mut |object| added = Some(self.insert_object(store, object)));
        if let Some(id) = added {
            self.attach_fields(id);
            self.touch(id);
            self.reindex(id);
            forest.found(node, id);
        }
        Ok(())
    }

    /// Writes the columns that differ.
    fn copy_columns(&mut self, forest: &Forest, node: NodeId, id: Id, governed: Option<&HashSet<u16>>) -> Result<()> {
        if self.stage(id) == Stage::Doomed {
            // The tree says that it stays.
            self.slot_mut(id).stage = Stage::Persistent;
        }
        let table = forest.table(node);
        let mut edits: Vec<(u16, Value)> = Vec::new();
        for column in 0..table.columns.len() as u16 {
            let value = forest.object(node).value(column);
            let by_link = governed.is_some_and(|columns| columns.contains(&column)) && is_unset(&value);
            if by_link || table.version == Some(column) || table.primary_key.contains(&column) {
                continue;
            }
            if let Some(value) = value
                && self.object(id).value(column).as_ref() != Some(&value)
            {
                edits.push((column, value));
            }
        }
        if edits.is_empty() {
            return Ok(());
        }
        self.touch(id);
        for (column, value) in edits {
            self.set_column(id, column, &value)?;
        }
        self.reindex(id);
        Ok(())
    }

    /// Links the members that are not linked yet.
    fn link_new(&mut self, relationship: RelRef, owner: Id, members: &[Id]) -> Result<()> {
        let resolved = relationship.resolve()?;
        if let Link::Holds { .. } = resolved.link {
            let Some(target) = members.first() else { return Ok(()) };
            if !matches!(self.parent_of(resolved, owner), Ok(Some(now)) if now == *target) {
                self.set_erased(relationship, owner, Some(*target))?;
            }
            return Ok(());
        }
        if relationship.def().kind == RelKind::HasOne && members.len() > 1 {
            return Err(Error::Session(format!(
                "`{relationship}` of {} leads to several objects",
                self.describe(owner)
            )));
        }
        let kind = self.collection_for(resolved)?;
        let here: HashSet<Id> = self.members(kind, owner).into_iter().collect();
        for member in members {
            if !here.contains(member) {
                self.link_member(relationship, owner, *member)?;
            }
        }
        Ok(())
    }

    /// Whether a to-one relationship over the object's own key leads to an object, here or not.
    fn leads_somewhere(&mut self, relationship: RelRef, owner: Id) -> Result<bool> {
        match self.collection_for(relationship.resolve()?)? {
            CollectionKind::Children(key) => Ok(self.place_of(key, owner).is_some()),
            CollectionKind::Partners(_) => Ok(false),
        }
    }
}

/// The foreign-key columns that links within the forest decide.
fn governed(forest: &Forest, nodes: &[NodeId]) -> Result<HashMap<NodeId, HashSet<u16>>> {
    let mut governed: HashMap<NodeId, HashSet<u16>> = HashMap::new();
    for node in nodes {
        for (relationship, members) in forest.branches(*node) {
            match &relationship.resolve()?.link {
                Link::Held { remote, .. } => {
                    for member in members {
                        governed.entry(*member).or_default().extend(remote);
                    }
                }
                Link::Holds { local, .. } => governed.entry(*node).or_default().extend(local),
                Link::Through(_) => {}
            }
        }
    }
    Ok(governed)
}
