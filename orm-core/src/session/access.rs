//! Reading and changing objects through their keys.

use super::Session;
use super::arena::{Columns, Id, Stage, State};
use crate::entity::Key;
use crate::error::{Error, Result};
use crate::model::{Mapped, Pages};
use std::any::TypeId;
use std::ops::{Index, IndexMut};

const ELSEWHERE: &str = "belongs to another session";
const GONE: &str = "names an object that is not in the session any more";

impl Session {
    /// The object of a key, checked.
    pub(super) fn resolve<M: Mapped>(&self, key: Key<M>) -> Result<Id> {
        let raw = key.raw();
        let stale = |reason| Error::StaleKey { model: M::TABLE.title(), reason };
        if raw.session != self.number {
            return Err(stale(ELSEWHERE));
        }
        let store = self.typed_store(TypeId::of::<M>()).ok_or_else(|| stale(GONE))?;
        match self.stores[store as usize].slots.get(raw.index as usize) {
            Some(slot) if slot.version == raw.version && slot.stage != Stage::Free => Ok(Id { store, slot: raw.index }),
            _ => Err(stale(GONE)),
        }
    }

    /// The object of a key that must be good.
    #[track_caller]
    pub(super) fn expect<M: Mapped>(&self, key: Key<M>) -> Id {
        match self.resolve(key) {
            Ok(id) => id,
            Err(error) => panic!("{error}"),
        }
    }

    fn typed<M: Mapped>(&self, id: Id) -> &M {
        let slots = self.stores[id.store as usize].objects.slots().downcast_ref::<Pages<Option<M>>>();
        match slots.and_then(|slots| slots[id.slot as usize].as_ref()) {
            Some(object) => object,
            None => unreachable!("slot {id:?} holds no `{}`", M::TABLE.title()),
        }
    }

    fn typed_mut<M: Mapped>(&mut self, id: Id) -> &mut M {
        let slots = self.stores[id.store as usize].objects.slots_mut().downcast_mut::<Pages<Option<M>>>();
        match slots.and_then(|slots| slots[id.slot as usize].as_mut()) {
            Some(object) => object,
            None => unreachable!("slot {id:?} holds no `{}`", M::TABLE.title()),
        }
    }

    /// Notes that the program may change the object's columns.
    pub(super) fn borrow_mut(&mut self, id: Id) {
        if self.unsynced != [id] {
            self.sync();
            self.unsynced.push(id);
        }
        self.touch(id);
    }

    /// Keeps the object's columns before its first change, and remembers it for the flush.
    pub(super) fn touch(&mut self, id: Id) {
        if self.stage(id) != Stage::Pending && self.original_columns(id).is_none() {
            let columns = self.columns(id);
            self.remember(id, &columns);
            self.set_original(id, Some(columns));
        }
        if !self.slot(id).touched {
            self.slot_mut(id).touched = true;
            self.touched.push(id);
        }
    }

    /// The object.
    ///
    /// # Errors
    /// [`Error::StaleKey`] for a key of another session, or of an object that is gone.
    pub fn try_get<M: Mapped>(&self, key: Key<M>) -> Result<&M> {
        self.resolve(key).map(|id| self.typed(id))
    }

    /// The object, to be changed; the first write keeps the original columns.
    ///
    /// # Errors
    /// [`Error::StaleKey`] for a key of another session, or of an object that is gone.
    pub fn get_mut<M: Mapped>(&mut self, key: Key<M>) -> Result<&mut M> {
        let id = self.resolve(key)?;
        self.borrow_mut(id);
        Ok(self.typed_mut(id))
    }

    /// Changes an object in a closure.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn edit<M: Mapped, O>(&mut self, key: Key<M>, change: impl FnOnce(&mut M) -> O) -> O {
        change(&mut self[key])
    }

    /// Two objects at once, to move something from one to the other.
    ///
    /// # Panics
    /// For a key of another session or of an object that is gone, and when both keys name one object.
    #[track_caller]
    pub fn pair_mut<A: Mapped, B: Mapped>(&mut self, a: Key<A>, b: Key<B>) -> (&mut A, &mut B) {
        let (first, second) = (self.expect(a), self.expect(b));
        assert!(first != second, "`pair_mut` was given one `{}` twice", A::TABLE.title());
        self.sync();
        self.unsynced.extend([first, second]);
        self.touch(first);
        self.touch(second);
        if first.store == second.store {
            let slots = self.stores[first.store as usize].objects.slots_mut().downcast_mut::<Pages<Option<A>>>();
            let pair = slots.and_then(|slots| slots.get_pair_mut(first.slot as usize, second.slot as usize));
            // One store holds one model: A and B are the same type.
            if let Some([Some(one), Some(other)]) = pair
                && let Some(other) = (other as &mut dyn std::any::Any).downcast_mut::<B>()
            {
                return (one, other);
            }
        } else if let Ok([one, other]) = self.stores.get_disjoint_mut([first.store as usize, second.store as usize]) {
            let one = one.objects.slots_mut().downcast_mut::<Pages<Option<A>>>();
            let other = other.objects.slots_mut().downcast_mut::<Pages<Option<B>>>();
            if let (Some(one), Some(other)) = (one, other)
                && let (Some(one), Some(other)) =
                    (one[first.slot as usize].as_mut(), other[second.slot as usize].as_mut())
            {
                return (one, other);
            }
        }
        unreachable!("the slots {first:?} and {second:?} are filled")
    }

    /// Where an object stands. Never panics: a key that has ended is [`State::Detached`].
    pub fn state<M: Mapped>(&self, key: Key<M>) -> State {
        self.resolve(key).map_or(State::Detached, |id| self.stage(id).into())
    }

    /// Whether the object has a change that is not flushed: a column that differs or has an SQL expression, a link to a new
    /// object; or whether it is new or deleted itself.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn is_modified<M: Mapped>(&self, key: Key<M>) -> bool {
        let id = self.expect(key);
        match self.stage(id) {
            Stage::Pending | Stage::Doomed => true,
            Stage::Persistent => self.differs_from_row(id),
            _ => false,
        }
    }

    /// Whether an object with a row has a change that is not flushed.
    pub(super) fn differs_from_row(&self, id: Id) -> bool {
        let differs = |original: &Columns| *original != self.columns(id);
        self.original_columns(id).is_some_and(differs) || !self.awaited(id).is_empty() || self.has_assigned(id)
    }

    pub(super) fn key_of<M: Mapped>(&self, id: Id) -> Key<M> {
        Key::from_raw(self.raw_key(id))
    }
}

impl<M: Mapped> Index<Key<M>> for Session {
    type Output = M;

    #[track_caller]
    fn index(&self, key: Key<M>) -> &M {
        self.typed(self.expect(key))
    }
}

/// The first write keeps the original columns, so that a flush writes what changed.
impl<M: Mapped> IndexMut<Key<M>> for Session {
    #[track_caller]
    fn index_mut(&mut self, key: Key<M>) -> &mut M {
        let id = self.expect(key);
        self.borrow_mut(id);
        self.typed_mut(id)
    }
}
