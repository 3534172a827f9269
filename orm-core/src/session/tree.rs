//! Copying objects out of a session, as owned trees.

use super::Session;
use super::arena::Id;
use crate::entity::{Key, Link, LoadPath, LoadStep, Path, RelRef};
use crate::error::{Error, Result};
use crate::model::{Mapped, Mapper, Object};
use std::collections::HashMap;

impl Session {
    /// An owned copy of an object, with copies of what the named paths lead to; every other relationship of it is not
    /// loaded. Runs no SQL.
    ///
    /// # Errors
    /// [`Error::StaleKey`]; [`Error::NotLoaded`] for a named relationship that is not here; [`Error::Statement`] for a path
    /// with a filter or an order, or over a relationship that has no field.
    pub fn tree<M: Mapped>(&self, key: Key<M>, paths: impl Path<M>) -> Result<M> {
        let id = self.resolve(key)?;
        let mut copy = self.try_get(key)?.clone();
        unload(&mut copy);
        self.fill(&[id], &mut [&mut copy], &paths.into_paths())?;
        Ok(copy)
    }

    /// Fills the relationships of copies with copies.
    fn fill(&self, ids: &[Id], copies: &mut [&mut dyn Object], paths: &[LoadPath]) -> Result<()> {
        let mut steps: Vec<(&LoadStep, Vec<LoadPath>)> = Vec::new();
        for path in paths {
            let Some((first, rest)) = path.steps.split_first() else { continue };
            let rest = (!rest.is_empty()).then(|| LoadPath { steps: rest.to_vec() });
            match steps.iter_mut().find(|(step, _)| step.relationship == first.relationship) {
                Some((_, paths)) => paths.extend(rest),
                None => steps.push((first, rest.into_iter().collect())),
            }
        }
        for (step, rest) in steps {
            let relationship = step.relationship;
            if step.filter.is_some() || !step.order_by.is_empty() {
                return Err(Error::Statement(format!(
                    "`tree` copies `{relationship}` as the session has it: name it without a filter or an order"
                )));
            }
            if relationship.reversed {
                return Err(Error::Statement(format!("`{relationship}` has no field to be copied into; declare one")));
            }
            self.fill_step(relationship, ids, copies, &rest)?;
        }
        Ok(())
    }

    fn fill_step(
        &self,
        relationship: RelRef,
        ids: &[Id],
        copies: &mut [&mut dyn Object],
        rest: &[LoadPath],
    ) -> Result<()> {
        let resolved = relationship.resolve()?;
        let mapper = Mapper::get(resolved.target).ok_or_else(|| {
            Error::Statement(format!("`{relationship}` leads to {}, which is no model", resolved.target.title()))
        })?;
        // Each member once, and how many copies of it are needed.
        let mut members: Vec<(Vec<usize>, bool)> = Vec::with_capacity(ids.len());
        let mut numbers: HashMap<Id, usize> = HashMap::new();
        let mut order: Vec<Id> = Vec::new();
        let mut uses: Vec<usize> = Vec::new();
        for id in ids {
            let (found, partial) = self.related(relationship, *id)?;
            let found: Vec<usize> = found
                .into_iter()
                .map(|member| {
                    let next = order.len();
                    let number = *numbers.entry(member).or_insert(next);
                    if number == next {
                        order.push(member);
                        uses.push(0);
                    }
                    uses[number] += 1;
                    number
                })
                .collect();
            members.push((found, partial));
        }
        let mut batch = mapper.batch();
        for member in &order {
            batch.copy(self.object(*member));
        }
        let mut objects = batch.objects();
        objects.iter_mut().for_each(|object| unload(*object));
        self.fill(&order, &mut objects, rest)?;
        for ((found, partial), copy) in members.into_iter().zip(copies) {
            let mut given: Vec<(usize, bool)> = Vec::with_capacity(found.len());
            for number in found {
                uses[number] -= 1;
                given.push((number, uses[number] == 0));
            }
            batch.give(&given, copy.relation_mut(relationship.index), relationship.full_name(), partial);
        }
        Ok(())
    }

    /// What a relationship of an object leads to, and whether that may not be all.
    fn related(&self, relationship: RelRef, id: Id) -> Result<(Vec<Id>, bool)> {
        let resolved = relationship.resolve()?;
        if let Link::Holds { .. } = resolved.link {
            return Ok((self.parent_of(resolved, id)?.into_iter().collect(), false));
        }
        match self.read_collection(relationship, id) {
            Err(Error::Partial { .. }) => Ok((self.read_partial(relationship, id)?, true)),
            members => Ok((members?, false)),
        }
    }
}

/// Marks all relationships of a copy as not loaded.
pub(super) fn unload(copy: &mut dyn Object) {
    let table = copy.table();
    for index in 0..table.relationships.len() as u16 {
        let name = RelRef { table, index, reversed: false }.full_name();
        copy.relation_mut(index).unload(name);
    }
}
