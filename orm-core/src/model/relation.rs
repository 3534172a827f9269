use crate::entity::TableDef;
use crate::error::{Error, Result};
use std::any::Any;

/// What a relationship's field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationState {
    /// Nothing: it was not loaded, or not set in a new object.
    NotLoaded,
    /// Nothing: the session holds the links.
    Attached,
    /// Some members: it was loaded under a filter.
    Partial,
    /// All members.
    Loaded,
}

/// A relationship's field without its type.
pub trait Relation: Any + Send + Sync {
    /// The target's table.
    fn target(&self) -> &'static TableDef;
    /// What it holds.
    fn state(&self) -> RelationState;
    /// Takes the members out, each handed over as a `&mut Option<T>`; the field is then attached.
    fn detach(&mut self, name: &'static str, each: &mut dyn FnMut(&mut dyn Any));
    /// Marks it as the session's.
    fn attach(&mut self, name: &'static str);
    /// Marks it as not loaded.
    fn unload(&mut self, name: &'static str);
    /// Puts members in, taken from a `&mut Vec<T>`.
    fn fill(&mut self, name: &'static str, members: &mut dyn Any, partial: bool);
    /// Visits the members, each as a `&mut T`.
    fn members(&mut self, each: &mut dyn FnMut(&mut dyn Any));

    /// The field without its type. For the derive's output.
    #[doc(hidden)]
    fn shared(&self) -> &dyn Relation
    where
        Self: Sized,
    {
        self
    }

    /// The field without its type. For the derive's output.
    #[doc(hidden)]
    fn unique(&mut self) -> &mut dyn Relation
    where
        Self: Sized,
    {
        self
    }
}

/// How the derive makes a relationship's field that was not loaded.
pub trait RelationField: Sized {
    /// The field of the relationship of this name (`User::addresses`), not loaded.
    fn not_loaded(name: &'static str) -> Self;
}

/// What the fields have in common: a state with a name for errors, and members of type `V`.
#[derive(Clone, Debug)]
pub(super) enum State<V> {
    NotLoaded(&'static str),
    Attached(&'static str),
    Partial(&'static str, V),
    Loaded(V),
}

impl<V> Default for State<V> {
    fn default() -> Self {
        State::NotLoaded("")
    }
}

/// Where a relationship came from is not part of its value.
impl<V: PartialEq> PartialEq for State<V> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (State::NotLoaded(_), State::NotLoaded(_)) | (State::Attached(_), State::Attached(_)) => true,
            (State::Partial(_, a), State::Partial(_, b)) | (State::Loaded(a), State::Loaded(b)) => a == b,
            _ => false,
        }
    }
}

impl<V> State<V> {
    pub(super) fn kind(&self) -> RelationState {
        match self {
            State::NotLoaded(_) => RelationState::NotLoaded,
            State::Attached(_) => RelationState::Attached,
            State::Partial(..) => RelationState::Partial,
            State::Loaded(_) => RelationState::Loaded,
        }
    }

    pub(super) fn loaded(&self) -> Result<&V> {
        let named =
            |name: &&'static str| if name.is_empty() { "the relationship".to_owned() } else { (*name).to_owned() };
        match self {
            State::Loaded(value) => Ok(value),
            State::NotLoaded(name) => Err(Error::NotLoaded { relationship: named(name) }),
            State::Partial(name, _) => Err(Error::Partial { relationship: named(name) }),
            State::Attached(name) => Err(Error::Attached { relationship: named(name) }),
        }
    }

    pub(super) fn partial(&self) -> Result<&V> {
        match self {
            State::Partial(_, value) => Ok(value),
            other => other.loaded(),
        }
    }

    pub(super) fn value_mut(&mut self) -> Option<&mut V> {
        match self {
            State::Partial(_, value) | State::Loaded(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn put(&mut self, name: &'static str, value: V, partial: bool) {
        *self = if partial { State::Partial(name, value) } else { State::Loaded(value) };
    }
}

/// Serialises as null while there is nothing loaded, and reads back from null or absence; a field of an object in a session
/// is an error that says how to copy the object out.
#[cfg(feature = "json")]
mod with_serde {
    use super::State;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::Error};

    impl<V: Serialize> Serialize for State<V> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                State::NotLoaded(_) => serializer.serialize_none(),
                State::Partial(_, value) | State::Loaded(value) => value.serialize(serializer),
                State::Attached(_) => Err(S::Error::custom(match self.loaded() {
                    Err(error) => error.to_string(),
                    Ok(_) => String::new(),
                })),
            }
        }
    }

    impl<'de, V: Deserialize<'de>> Deserialize<'de> for State<V> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Ok(Option::deserialize(deserializer)?.map_or_else(State::default, State::Loaded))
        }
    }
}
