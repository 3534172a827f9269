//! `selectinload` for owned trees: one SELECT for the related rows of all parents, then each parent gets its own.

use super::mapped::Object;
use super::mapper::{Batch, Mapper};
use super::related::{key_values, padded, related_query};
use crate::dialect;
use crate::engine::{Connection, Running};
use crate::entity::{Link, LoadPath, LoadStep, TableDef};
use crate::error::{Error, Result};
use crate::query::{Criterion, Decode, Tree, hides};
use crate::types::Value;
use std::any::Any;
use std::collections::HashMap;

/// Loads the paths into the entities of decoded rows.
pub(super) async fn load_paths<R: Send + 'static, K: 'static>(
    connection: &mut Connection,
    rows: &mut [R],
    decoder: &dyn Decode<R, K>,
    paths: &[LoadPath],
    criteria: &[Criterion],
) -> Result<()> {
    for group in group_by_first_step(paths) {
        let first = &group[0].steps[0];
        let source = first.relationship.resolve()?.source;
        // The parents are visited twice, so that none is borrowed while the database is asked.
        let mut keys = Keys::new(first)?;
        let mut found = false;
        for row in rows.iter_mut() {
            decoder.entities(row, &mut |table, entity| {
                if table == source
                    && let Some(object) = as_object(table, entity)
                {
                    found = true;
                    keys.add(object);
                }
            });
        }
        if !found && !rows.is_empty() {
            return Err(Error::Statement(format!(
                "the query selects no `{}`, at which the loader option `{}` starts",
                source.title(),
                first.relationship
            )));
        }
        let mut children = keys.load(connection, &group, criteria).await?;
        for row in rows.iter_mut() {
            decoder.entities(row, &mut |table, entity| {
                if table == source
                    && let Some(object) = as_object(table, entity)
                {
                    children.give_to(object);
                }
            });
        }
    }
    Ok(())
}

fn as_object<'a>(table: &'static TableDef, entity: &'a mut dyn Any) -> Option<&'a mut dyn Object> {
    Mapper::get(table)?.object(entity)
}

/// Paths that begin with the same step are loaded together.
fn group_by_first_step(paths: &[LoadPath]) -> Vec<Vec<LoadPath>> {
    let mut groups: Vec<Vec<LoadPath>> = Vec::new();
    for path in paths.iter().filter(|path| !path.steps.is_empty()) {
        match groups.iter_mut().find(|group| group[0].steps[0] == path.steps[0]) {
            Some(group) => group.push(path.clone()),
            None => groups.push(vec![path.clone()]),
        }
    }
    groups
}

/// The keys of the parents of one step.
struct Keys<'s> {
    step: &'s LoadStep,
    parent: Vec<u16>,
    distinct: Vec<Vec<Value>>,
    uses: HashMap<Vec<Value>, usize>,
}

impl<'s> Keys<'s> {
    fn new(step: &'s LoadStep) -> Result<Self> {
        if step.relationship.reversed {
            return Err(Error::Statement(format!(
                "`{}` has no field to be loaded into; declare one, or load it in a session",
                step.relationship
            )));
        }
        let parent = related_query(step.relationship.resolve()?, step, &[]).parent;
        Ok(Keys { step, parent, distinct: Vec::new(), uses: HashMap::new() })
    }

    fn add(&mut self, parent: &dyn Object) {
        if let Some(key) = key_values(parent.values(&self.parent)) {
            match self.uses.get_mut(&key) {
                Some(uses) => *uses += 1,
                None => {
                    self.distinct.push(key.clone());
                    self.uses.insert(key, 1);
                }
            }
        }
    }

    /// Asks for the related rows, and for what the paths load into them.
    async fn load(
        self,
        connection: &mut Connection,
        paths: &[LoadPath],
        criteria: &[Criterion],
    ) -> Result<Children<'s>> {
        let resolved = self.step.relationship.resolve()?;
        let mapper = Mapper::get(resolved.target).ok_or_else(|| {
            Error::Statement(format!(
                "`{}` leads to {}, which is no model",
                self.step.relationship,
                resolved.target.title()
            ))
        })?;
        let mut batch = mapper.batch();
        let mut members: HashMap<Vec<Value>, Vec<usize>> = HashMap::new();
        for keys in self.distinct.chunks(self.step.chunk_size) {
            let related = related_query(resolved, self.step, &padded(keys, self.step.chunk_size));
            let compiled = dialect::compile_with(Tree::Select(&related.tree), connection.capabilities(), criteria)?;
            let width = resolved.target.columns.len();
            connection
                .fetch(compiled, &mut |row| {
                    batch.decode(row, 0)?;
                    let index = batch.len() - 1;
                    let mut key = Vec::with_capacity(related.positions.len());
                    for (n, position) in related.positions.iter().enumerate() {
                        key.push(if *position < width {
                            let mut value = None;
                            batch.visit(index, &mut |object| value = object.value(*position as u16));
                            value.unwrap_or_else(|| keys[0][n].clone())
                        } else {
                            keys[0][n].read_like(row, *position).map_err(|reason| Error::Decode {
                                column: format!("the key of `{}`", self.step.relationship),
                                reason,
                            })?
                        });
                    }
                    members.entry(key).or_default().push(index);
                    Ok(())
                })
                .await?;
        }
        let rest: Vec<LoadPath> = paths
            .iter()
            .filter(|path| path.steps.len() > 1)
            .map(|path| LoadPath { steps: path.steps[1..].to_vec() })
            .collect();
        if !rest.is_empty() && !batch.is_empty() {
            load_into(connection, &mut *batch, rest, criteria).await?;
        }
        // One object that is found is all there is.
        let hidden = !matches!(resolved.link, Link::Holds { .. }) && hides(criteria, resolved);
        let partial = self.step.filter.is_some() || hidden;
        let mut uses = vec![0usize; batch.len()];
        for (key, indexes) in &members {
            let parents = self.uses.get(key).copied().unwrap_or(0);
            indexes.iter().for_each(|index| uses[*index] += parents);
        }
        Ok(Children { step: self.step, parent: self.parent, batch, members, uses, partial })
    }
}

/// Loads further paths into the objects of a batch.
fn load_into<'a>(
    connection: &'a mut Connection,
    batch: &'a mut dyn Batch,
    paths: Vec<LoadPath>,
    criteria: &'a [Criterion],
) -> Running<'a, ()> {
    Box::pin(async move {
        for group in group_by_first_step(&paths) {
            let mut keys = Keys::new(&group[0].steps[0])?;
            batch.objects().into_iter().for_each(|object| keys.add(object));
            let mut children = keys.load(connection, &group, criteria).await?;
            batch.objects().into_iter().for_each(|object| children.give_to(object));
        }
        Ok(())
    })
}

/// The related rows of one step, ready to be handed to their parents.
struct Children<'s> {
    step: &'s LoadStep,
    parent: Vec<u16>,
    batch: Box<dyn Batch>,
    members: HashMap<Vec<Value>, Vec<usize>>,
    /// How many parents each row will still go to; the last one gets it without a copy.
    uses: Vec<usize>,
    partial: bool,
}

impl Children<'_> {
    fn give_to(&mut self, parent: &mut dyn Object) {
        let indexes = key_values(parent.values(&self.parent)).and_then(|key| self.members.get(&key));
        let mut given = Vec::new();
        for index in indexes.into_iter().flatten() {
            self.uses[*index] = self.uses[*index].saturating_sub(1);
            given.push((*index, self.uses[*index] == 0));
        }
        let relationship = self.step.relationship;
        let name = relationship.full_name();
        self.batch.give(&given, parent.relation_mut(relationship.index), name, self.partial);
    }
}
