//! Which objects are in a session, and what is to become of them.

use super::Session;
use super::arena::{Id, Stage, State};
use crate::entity::{Key, RawKey, TableDef};
use crate::model::Mapped;
use crate::types::Value;
use std::fmt;
use std::hash::{Hash, Hasher};

/// The key of an object of any model: what the lists of a session give.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AnyKey {
    table: &'static TableDef,
    raw: RawKey,
}

impl AnyKey {
    /// The key with its model, if it is of that model.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug, Clone, Default)]
    /// # #[orm(table = "users")]
    /// # struct User { #[orm(primary_key)] id: i64, name: String }
    /// # fn example(session: &Session) {
    /// for user in session.new_objects().filter_map(|key| key.of::<User>()) {
    ///     println!("{}", session[user].name);
    /// }
    /// # }
    /// ```
    pub fn of<M: Mapped>(self) -> Option<Key<M>> {
        (self.table == M::TABLE).then(|| Key::from_raw(self.raw))
    }

    /// The model's name.
    pub fn model(self) -> &'static str {
        self.table.title()
    }

    /// The table.
    pub fn table(self) -> &'static TableDef {
        self.table
    }
}

impl Hash for AnyKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

impl fmt::Debug for AnyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key<{}>({}v{})", self.model(), self.raw.index, self.raw.version)
    }
}

impl<M: Mapped> From<Key<M>> for AnyKey {
    fn from(key: Key<M>) -> Self {
        AnyKey { table: M::TABLE, raw: key.raw() }
    }
}

impl Session {
    pub(super) fn any_key(&self, id: Id) -> AnyKey {
        AnyKey { table: self.table(id), raw: self.raw_key(id) }
    }

    /// The objects that the next flush inserts, in the order in which they were added.
    pub fn new_objects(&self) -> impl Iterator<Item = AnyKey> + '_ {
        self.touched_in(Stage::Pending).map(|id| self.any_key(id))
    }

    /// The objects with a row that have a change: those for which [`Session::is_modified`] holds. It compares the columns
    /// of those that were touched.
    pub fn dirty(&self) -> impl Iterator<Item = AnyKey> + '_ {
        self.touched_in(Stage::Persistent).filter(|id| self.differs_from_row(*id)).map(|id| self.any_key(id))
    }

    /// The objects that the next flush deletes; what cascades add to them is found by the flush.
    pub fn deleted(&self) -> impl Iterator<Item = AnyKey> + '_ {
        self.touched_in(Stage::Doomed).map(|id| self.any_key(id))
    }

    fn touched_in(&self, stage: Stage) -> impl Iterator<Item = Id> + '_ {
        self.touched.iter().copied().filter(move |id| self.stage(*id) == stage)
    }

    /// The keys of all objects of a model, whatever their state, in no particular order.
    pub fn objects<M: Mapped>(&self) -> impl Iterator<Item = Key<M>> + '_ {
        let store = self.known_store(M::TABLE);
        let slots = store.map_or(0, |store| self.stores[store as usize].slots.len() as u32);
        (0..slots)
            .map(move |slot| Id { store: store.unwrap_or_default(), slot })
            .filter(|id| self.stage(*id) != Stage::Free)
            .map(|id| self.key_of(id))
    }

    /// Where an object stands, by a key of any model.
    pub fn state_of(&self, key: AnyKey) -> State {
        self.resolve_any(key).map_or(State::Detached, |id| self.stage(id).into())
    }

    /// An object's primary key; `None` while it has none, and for a key that has ended.
    pub fn primary_key(&self, key: impl Into<AnyKey>) -> Option<Vec<Value>> {
        self.object(self.resolve_any(key.into())?).primary_key()
    }

    fn resolve_any(&self, key: AnyKey) -> Option<Id> {
        let id = Id { store: self.known_store(key.table)?, slot: key.raw.index };
        let fits = key.raw.session == self.number && (id.slot as usize) < self.stores[id.store as usize].slots.len();
        (fits && self.raw_key(id) == key.raw && self.stage(id) != Stage::Free).then_some(id)
    }
}
