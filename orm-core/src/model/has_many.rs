use super::mapped::Mapped;
use super::relation::{Relation, RelationField, RelationState, State};
use crate::entity::TableDef;
use crate::error::Result;
use std::any::Any;

/// A collection of related objects, as a model's field.
///
/// It holds values only in owned trees: new objects, and results read without a session. Reading one that was not loaded
/// never runs SQL; it is an error that says how to load it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct HasMany<T>(State<Vec<T>>);

/// A collection on the other side of a table between two models.
pub type ManyToMany<T> = HasMany<T>;

impl<T> Default for HasMany<T> {
    fn default() -> Self {
        HasMany(State::default())
    }
}

impl<T> From<Vec<T>> for HasMany<T> {
    fn from(members: Vec<T>) -> Self {
        HasMany(State::Loaded(members))
    }
}

impl<T> FromIterator<T> for HasMany<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        HasMany(State::Loaded(members.into_iter().collect()))
    }
}

impl<T> HasMany<T> {
    /// The members.
    ///
    /// # Errors
    /// [`Error::NotLoaded`](crate::Error::NotLoaded), [`Error::Partial`](crate::Error::Partial) when it was loaded under a
    /// filter, [`Error::Attached`](crate::Error::Attached) for a field of an object in a session.
    pub fn get(&self) -> Result<&[T]> {
        self.0.loaded().map(Vec::as_slice)
    }

    /// The members that a filtered load brought, or all of them.
    ///
    /// # Errors
    /// As [`HasMany::get`], but for a filter.
    pub fn partial(&self) -> Result<&[T]> {
        self.0.partial().map(Vec::as_slice)
    }

    /// The members, to be changed in place.
    ///
    /// # Errors
    /// As [`HasMany::get`].
    pub fn get_mut(&mut self) -> Result<&mut Vec<T>> {
        self.0.loaded()?;
        match self.0.value_mut() {
            Some(members) => Ok(members),
            None => unreachable!("a loaded collection has members"),
        }
    }

    /// The members, one by one.
    ///
    /// # Panics
    /// When it was not loaded, with the caller's line and the error of [`HasMany::get`].
    #[track_caller]
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        match self.get() {
            Ok(members) => members.iter(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Whether all members are here.
    pub fn is_loaded(&self) -> bool {
        self.0.kind() == RelationState::Loaded
    }

    /// Adds a member to a new object's collection. One that was not loaded is taken to be empty.
    pub fn push(&mut self, member: T) {
        match self.0.value_mut() {
            Some(members) => members.push(member),
            None => self.0 = State::Loaded(vec![member]),
        }
    }
}

impl<'a, T> IntoIterator for &'a HasMany<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    #[track_caller]
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> std::ops::Index<usize> for HasMany<T> {
    type Output = T;
    #[track_caller]
    fn index(&self, index: usize) -> &T {
        match self.get() {
            Ok(members) => &members[index],
            Err(error) => panic!("{error}"),
        }
    }
}

impl<T> RelationField for HasMany<T> {
    fn not_loaded(name: &'static str) -> Self {
        HasMany(State::NotLoaded(name))
    }
}

impl<T: Mapped> Relation for HasMany<T> {
    fn target(&self) -> &'static TableDef {
        T::TABLE
    }

    fn state(&self) -> RelationState {
        self.0.kind()
    }

    fn detach(&mut self, name: &'static str, each: &mut dyn FnMut(&mut dyn Any)) {
        if let State::Partial(_, members) | State::Loaded(members) =
            std::mem::replace(&mut self.0, State::Attached(name))
        {
            for member in members {
                each(&mut Some(member));
            }
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
            self.0.put(name, std::mem::take(members), partial);
        }
    }

    fn members(&mut self, each: &mut dyn FnMut(&mut dyn Any)) {
        self.0.value_mut().into_iter().flatten().for_each(|member| each(member));
    }
}
