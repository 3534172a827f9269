use super::mapped::{Mapped, Object};
use super::pages::Pages;
use super::relation::Relation;
use crate::entity::TableDef;
use crate::error::Result;
use crate::types::Row;
use std::any::Any;

/// A model's run-time half as a value: how floors that know no types make room for its objects.
#[derive(Debug)]
pub struct Mapper {
    batch: fn() -> Box<dyn Batch>,
    objects: fn() -> Box<dyn Objects>,
    object: fn(&mut dyn Any) -> Option<&mut dyn Object>,
    /// Whether it has hooks.
    pub(crate) hooks: bool,
    /// Whether it checks its values.
    pub(crate) validates: bool,
}

impl Mapper {
    /// The mapper of a model. For the derive's output.
    #[doc(hidden)]
    pub const fn of<M: Mapped>() -> Self {
        Mapper {
            batch: || Box::new(BatchOf::<M>(Vec::new())),
            objects: || Box::new(ObjectsOf::<M>(Pages::new())),
            object: |object| Some(object.downcast_mut::<M>()?),
            hooks: M::HOOKS,
            validates: M::VALIDATES,
        }
    }

    /// The table's mapper; `None` for a table without a model.
    pub fn get(table: &'static TableDef) -> Option<&'static Mapper> {
        (table.mapper)().downcast_ref()
    }

    /// An empty batch.
    pub fn batch(&self) -> Box<dyn Batch> {
        (self.batch)()
    }

    /// An empty store.
    pub fn objects(&self) -> Box<dyn Objects> {
        (self.objects)()
    }

    /// An `&mut M` without its type.
    pub fn object<'a>(&self, object: &'a mut dyn Any) -> Option<&'a mut dyn Object> {
        (self.object)(object)
    }
}

/// Objects that a query brought, on their way into relationship fields.
pub trait Batch: Send + Sync {
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Decodes one more, from position `at` of a row.
    ///
    /// # Errors
    /// When a column can't be read.
    fn decode(&mut self, row: &dyn Row, at: usize) -> Result<()>;
    /// Copies an object of the same model in.
    fn copy(&mut self, object: &dyn Object);
    /// Visits an object that was not given away yet.
    fn visit(&mut self, index: usize, visit: &mut dyn FnMut(&mut dyn Object));
    /// All objects that were not given away yet, in order.
    fn objects(&mut self) -> Vec<&mut dyn Object>;
    /// Fills a relationship with these objects; those marked as last used are moved, the others copied.
    fn give(&mut self, members: &[(usize, bool)], relation: &mut dyn Relation, name: &'static str, partial: bool);
}

struct BatchOf<M>(Vec<Option<M>>);

impl<M: Mapped> Batch for BatchOf<M> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn decode(&mut self, row: &dyn Row, at: usize) -> Result<()> {
        self.0.push(Some(M::from_row(row, at).map_err(|error| error.of(M::TABLE))?));
        Ok(())
    }

    fn copy(&mut self, object: &dyn Object) {
        if let Some(object) = (object as &dyn Any).downcast_ref::<M>() {
            self.0.push(Some(object.clone()));
        }
    }

    fn visit(&mut self, index: usize, visit: &mut dyn FnMut(&mut dyn Object)) {
        if let Some(object) = &mut self.0[index] {
            visit(object);
        }
    }

    fn objects(&mut self) -> Vec<&mut dyn Object> {
        self.0.iter_mut().flatten().map(|object| object as &mut dyn Object).collect()
    }

    fn give(&mut self, members: &[(usize, bool)], relation: &mut dyn Relation, name: &'static str, partial: bool) {
        let take = |(index, last): &(usize, bool)| if *last { self.0[*index].take() } else { self.0[*index].clone() };
        let mut members: Vec<M> = members.iter().filter_map(take).collect();
        relation.fill(name, &mut members, partial);
    }
}

/// The objects of one model in a session, by slot.
pub trait Objects: Any + Send + Sync {
    /// How many slots there are, empty ones included.
    fn len(&self) -> usize;
    /// Whether there is no slot.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Decodes a row into a slot, which may be the one after the last. The relationships are attached.
    ///
    /// # Errors
    /// When a column can't be read.
    fn decode(&mut self, slot: usize, row: &dyn Row, at: usize) -> Result<()>;
    /// Moves an object (a `&mut Option<M>`) into a slot, which may be the one after the last.
    fn insert(&mut self, slot: usize, object: &mut dyn Any);
    /// The object in a slot.
    fn get(&self, slot: usize) -> Option<&dyn Object>;
    /// The object in a slot.
    fn get_mut(&mut self, slot: usize) -> Option<&mut dyn Object>;
    /// Empties a slot.
    fn remove(&mut self, slot: usize);
    /// Takes an object out of a slot, handed over as a `&mut Option<M>`.
    fn take(&mut self, slot: usize, each: &mut dyn FnMut(&mut dyn Any));
    /// A store of the same model, without any object.
    fn empty_like(&self) -> Box<dyn Objects>;
    /// The slots as `&Pages<Option<M>>`.
    fn slots(&self) -> &dyn Any;
    /// The slots as `&mut Pages<Option<M>>`.
    fn slots_mut(&mut self) -> &mut dyn Any;
}

struct ObjectsOf<M>(Pages<Option<M>>);

impl<M: Mapped> ObjectsOf<M> {
    fn put(&mut self, slot: usize, object: Option<M>) {
        if slot == self.0.len() {
            self.0.push(object);
        } else {
            self.0[slot] = object;
        }
    }
}

impl<M: Mapped> Objects for ObjectsOf<M> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn decode(&mut self, slot: usize, row: &dyn Row, at: usize) -> Result<()> {
        let mut object = M::from_row(row, at).map_err(|error| error.of(M::TABLE))?;
        for (index, relationship) in (0..).zip(M::TABLE.relationships) {
            Mapped::relation_mut(&mut object, index).attach(relationship.full_name);
        }
        self.put(slot, Some(object));
        Ok(())
    }

    fn insert(&mut self, slot: usize, object: &mut dyn Any) {
        if let Some(object) = object.downcast_mut::<Option<M>>() {
            let object = object.take();
            self.put(slot, object);
        }
    }

    fn get(&self, slot: usize) -> Option<&dyn Object> {
        self.0.get(slot)?.as_ref().map(|object| object as &dyn Object)
    }

    fn get_mut(&mut self, slot: usize) -> Option<&mut dyn Object> {
        self.0.get_mut(slot)?.as_mut().map(|object| object as &mut dyn Object)
    }

    fn remove(&mut self, slot: usize) {
        if let Some(object) = self.0.get_mut(slot) {
            *object = None;
        }
    }

    fn take(&mut self, slot: usize, each: &mut dyn FnMut(&mut dyn Any)) {
        each(&mut self.0[slot].take());
    }

    fn empty_like(&self) -> Box<dyn Objects> {
        Box::new(ObjectsOf::<M>(Pages::new()))
    }

    fn slots(&self) -> &dyn Any {
        &self.0
    }

    fn slots_mut(&mut self) -> &mut dyn Any {
        &mut self.0
    }
}
