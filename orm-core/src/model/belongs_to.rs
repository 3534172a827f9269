use super::mapped::Mapped;
use super::relation::{Relation, RelationField, RelationState, State};
use crate::entity::{Model, TableDef};
use crate::error::Result;
use std::any::Any;

/// The object that this one's key references, as a model's field: `BelongsTo<User>` for a NOT NULL key,
/// `BelongsTo<Option<User>>` for one that may be NULL.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct BelongsTo<T>(State<Box<T>>);

/// What a [`BelongsTo`] leads to: a model, or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "expected a model, or an `Option` of one for a key that may be NULL",
    note = "add `#[derive(Model)]` to it"
)]
pub trait Target: Sized + Send + Sync + 'static {
    /// The model.
    type Model: Model;
    /// What reading it gives.
    type Ref<'a>;
    /// A reference.
    fn get(&self) -> Self::Ref<'_>;
    /// From what was found; `None` when there must be one and is none.
    fn from_model(found: Option<Self::Model>) -> Option<Self>;
    /// The model, if there is one.
    fn into_model(self) -> Option<Self::Model>;
    /// The model, if there is one.
    fn model_mut(&mut self) -> Option<&mut Self::Model>;
}

impl<M: Model> Target for M {
    type Model = M;
    type Ref<'a> = &'a M;
    fn get(&self) -> &M {
        self
    }
    fn from_model(found: Option<M>) -> Option<M> {
        found
    }
    fn into_model(self) -> Option<M> {
        Some(self)
    }
    fn model_mut(&mut self) -> Option<&mut M> {
        Some(self)
    }
}

impl<M: Model> Target for Option<M> {
    type Model = M;
    type Ref<'a> = Option<&'a M>;
    fn get(&self) -> Option<&M> {
        self.as_ref()
    }
    fn from_model(found: Option<M>) -> Option<Option<M>> {
        Some(found)
    }
    fn into_model(self) -> Option<M> {
        self
    }
    fn model_mut(&mut self) -> Option<&mut M> {
        self.as_mut()
    }
}

impl<T> Default for BelongsTo<T> {
    fn default() -> Self {
        BelongsTo(State::default())
    }
}

impl<T> From<T> for BelongsTo<T> {
    fn from(target: T) -> Self {
        BelongsTo(State::Loaded(Box::new(target)))
    }
}

impl<M: Model> From<M> for BelongsTo<Option<M>> {
    fn from(target: M) -> Self {
        BelongsTo(State::Loaded(Box::new(Some(target))))
    }
}

impl<T: Target> BelongsTo<T> {
    /// The related object: `&T`, or `Option<&T>` where the key may be NULL.
    ///
    /// # Errors
    /// [`Error::NotLoaded`](crate::Error::NotLoaded), or [`Error::Attached`](crate::Error::Attached) for a field of an
    /// object in a session.
    pub fn get(&self) -> Result<T::Ref<'_>> {
        self.0.partial().map(|target| (**target).get())
    }

    /// Whether it was loaded.
    pub fn is_loaded(&self) -> bool {
        self.0.kind() == RelationState::Loaded
    }
}

impl<T> RelationField for BelongsTo<T> {
    fn not_loaded(name: &'static str) -> Self {
        BelongsTo(State::NotLoaded(name))
    }
}

impl<T: Target> Relation for BelongsTo<T>
where
    T::Model: Mapped,
{
    fn target(&self) -> &'static TableDef {
        T::Model::TABLE
    }

    fn state(&self) -> RelationState {
        self.0.kind()
    }

    fn detach(&mut self, name: &'static str, each: &mut dyn FnMut(&mut dyn Any)) {
        if let State::Partial(_, target) | State::Loaded(target) = std::mem::replace(&mut self.0, State::Attached(name))
            && let Some(model) = target.into_model()
        {
            each(&mut Some(model));
        }
    }

    fn attach(&mut self, name: &'static str) {
        self.0 = State::Attached(name);
    }

    fn unload(&mut self, name: &'static str) {
        self.0 = State::NotLoaded(name);
    }

    fn fill(&mut self, name: &'static str, members: &mut dyn Any, partial: bool) {
        if let Some(members) = members.downcast_mut::<Vec<T::Model>>()
            && let Some(target) = T::from_model(members.drain(..).next())
        {
            self.0.put(name, Box::new(target), partial);
        }
    }

    fn members(&mut self, each: &mut dyn FnMut(&mut dyn Any)) {
        if let Some(model) = self.0.value_mut().and_then(|target| target.model_mut()) {
            each(model);
        }
    }
}
