//! Reading objects together with their links.

use super::Session;
use super::arena::Id;
use crate::entity::{Key, Link, Many, Rel, Single};
use crate::error::{Error, Result};
use crate::model::Mapped;
use std::fmt;
use std::ops::Deref;

/// An object in its session: reads its fields, and follows its links. Made by [`Session::at`].
pub struct At<'a, M> {
    session: &'a Session,
    id: Id,
    key: Key<M>,
}

impl<M> Clone for At<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for At<'_, M> {}

impl<M: Mapped + fmt::Debug> fmt::Debug for At<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<M: Mapped> Deref for At<'_, M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.session[self.key]
    }
}

impl<'a, M: Mapped> At<'a, M> {
    /// The object's key.
    pub fn key(&self) -> Key<M> {
        self.key
    }

    /// The object, for as long as the session is borrowed.
    pub fn object(&self) -> &'a M {
        &self.session[self.key]
    }

    fn views<T: Mapped>(&self, members: Vec<Id>) -> std::vec::IntoIter<At<'a, T>> {
        let session = self.session;
        let view = |id| At { session, id, key: session.key_of(id) };
        members.into_iter().map(view).collect::<Vec<_>>().into_iter()
    }

    /// The members of a collection, in its order; new ones last.
    ///
    /// # Errors
    /// [`Error::NotLoaded`]; [`Error::Partial`] when it was loaded under a filter.
    pub fn many<T: Mapped>(&self, relationship: Rel<M, T, Many>) -> Result<std::vec::IntoIter<At<'a, T>>> {
        self.session.read_collection(relationship.raw(), self.id).map(|members| self.views(members))
    }

    /// The members that a filtered load brought, or all of them.
    ///
    /// # Errors
    /// [`Error::NotLoaded`].
    pub fn partial<T: Mapped>(&self, relationship: Rel<M, T, Many>) -> Result<std::vec::IntoIter<At<'a, T>>> {
        self.session.read_partial(relationship.raw(), self.id).map(|members| self.views(members))
    }

    /// The object that a to-one relationship leads to; an `Option` where there may be none.
    ///
    /// # Errors
    /// [`Error::NotLoaded`] when it is not in the session; [`Error::Session`] when it was taken away from a key that is NOT
    /// NULL, and no other was given yet.
    pub fn one<T: Mapped, K: Single>(&self, relationship: Rel<M, T, K>) -> Result<K::Out<At<'a, T>>> {
        let resolved = relationship.raw().resolve()?;
        let found = match &resolved.link {
            Link::Holds { .. } => self.session.parent_of(resolved, self.id)?,
            _ => self.session.read_collection(relationship.raw(), self.id)?.first().copied(),
        };
        let session = self.session;
        K::out(found.map(|id| At { session, id, key: session.key_of(id) })).ok_or_else(|| {
            Error::Session(format!("`{relationship:?}` of {} leads to no object", session.describe(self.id)))
        })
    }
}

impl Session {
    /// A view of an object: reads fields, follows links.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn at<M: Mapped>(&self, key: Key<M>) -> At<'_, M> {
        At { session: self, id: self.expect(key), key }
    }

    /// The keys of a collection's members, in its order; new ones last.
    ///
    /// # Errors
    /// [`Error::NotLoaded`], [`Error::Partial`], [`Error::StaleKey`].
    pub fn keys<M: Mapped, T: Mapped>(&self, owner: Key<M>, relationship: Rel<M, T, Many>) -> Result<Vec<Key<T>>> {
        let owner = self.resolve(owner)?;
        let members = self.read_collection(relationship.raw(), owner)?;
        Ok(members.into_iter().map(|id| self.key_of(id)).collect())
    }
}
