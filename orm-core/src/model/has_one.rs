use super::mapped::Mapped;
use super::relation::{Relation, RelationField, RelationState, State};
use crate::entity::TableDef;
use crate::error::Result;
use std::any::Any;

/// The one object, or none, that references this one, as a model's field.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct HasOne<T>(State<Option<Box<T>>>);

impl<T> Default for HasOne<T> {
    fn default() -> Self {
        HasOne(State::default())
    }
}

impl<T> From<T> for HasOne<T> {
    fn from(member: T) -> Self {
        HasOne(State::Loaded(Some(Box::new(member))))
    }
}

impl<T> From<Option<T>> for HasOne<T> {
    fn from(member: Option<T>) -> Self {
        HasOne(State::Loaded(member.map(Box::new)))
    }
}

impl<T> HasOne<T> {
    /// The related object, if there is one.
    ///
    /// # Errors
    /// [`Error::NotLoaded`](crate::Error::NotLoaded), or [`Error::Attached`](crate::Error::Attached) for a field of an
    /// object in a session.
    pub fn get(&self) -> Result<Option<&T>> {
        self.0.partial().map(Option::as_deref)
    }

    /// Whether it was loaded.
    pub fn is_loaded(&self) -> bool {
        self.0.kind() == RelationState::Loaded
    }
}

impl<T> RelationField for HasOne<T> {
    fn not_loaded(name: &'static str) -> Self {
        HasOne(State::NotLoaded(name))
    }
}

impl<T: Mapped> Relation for HasOne<T> {
    fn target(&self) -> &'static TableDef {
        T::TABLE
    }

    fn state(&self) -> RelationState {
        self.0.kind()
    }

    fn detach(&mut self, name: &'static str, each: &mut dyn FnMut(&mut dyn Any)) {
        if let State::Partial(_, Some(member)) | State::Loaded(Some(member)) =
            std::mem::replace(&mut self.0, State::Attached(name))
        {
            each(&mut Some(*member));
        }
    }

    fn attach(&mut self, name: &'static str) {
        self.0 = State::Attached(name);
    }

    fn unload(&mut self, name: &'static str) {
        self.0 = State::NotLoaded(name);
    }

    fn fill(&mut self, name: &'static str, members: &mut dyn Any, partial: bool) {
        if let Some(members) = members.downcast_mut::<Vec<T>>() {
            self.0.put(name, members.drain(..).next().map(Box::new), partial);
        }
    }

    fn members(&mut self, each: &mut dyn FnMut(&mut dyn Any)) {
        if let Some(Some(member)) = self.0.value_mut() {
            each(&mut **member);
        }
    }
}
