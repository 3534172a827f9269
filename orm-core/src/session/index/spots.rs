//! Places in eight bytes.

use super::Place;
use crate::session::arena::{Id, Identity};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// A [`Place`] in eight bytes: an object's slot or an integer as they are, and the number of any other key. The lowest two
/// bits say which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Spot(u64);

const OBJECT: u64 = 1;
const INTEGER: u64 = 2;
const OTHER: u64 = 3;

impl Spot {
    /// No place.
    pub(super) const NONE: Spot = Spot(0);

    fn object(id: Id) -> Self {
        Spot(u64::from(id.slot) << 2 | OBJECT)
    }

    /// `None` for an integer that needs all its bits.
    fn integer(n: i64) -> Option<Self> {
        (n << 2 >> 2 == n).then_some(Spot((n << 2) as u64 | INTEGER))
    }

    fn other(number: u32) -> Self {
        Spot(u64::from(number) << 2 | OTHER)
    }
}

/// The keys that need a number, each for as long as somebody stands there.
#[derive(Debug, Default)]
pub(super) struct Spots {
    keys: Vec<Option<Identity>>,
    free: Vec<u32>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Spots {
    /// The spot of a place, if it needs no number or has one.
    pub(super) fn known(&self, place: &Place) -> Option<Spot> {
        let key = match place {
            Place::Object(id) => return Some(Spot::object(*id)),
            Place::Key(key) => key,
        };
        if let Identity::Int(n) = key
            && let Some(spot) = Spot::integer(*n)
        {
            return Some(spot);
        }
        let is_key = |number: &u32| self.keys[*number as usize].as_ref() == Some(key);
        self.numbers.find(self.hasher.hash_one(key), is_key).map(|number| Spot::other(*number))
    }

    /// The spot of a place, with a new number where it needs one.
    pub(super) fn of(&mut self, place: Place) -> Spot {
        if let Some(spot) = self.known(&place) {
            return spot;
        }
        let Place::Key(key) = place else { return Spot::NONE };
        let hash = self.hasher.hash_one(&key);
        let number = self.free.pop().unwrap_or_else(|| {
            self.keys.push(None);
            (self.keys.len() - 1) as u32
        });
        self.keys[number as usize] = Some(key);
        let Spots { keys, numbers, hasher, .. } = self;
        let hash_of = |number: &u32| keys[*number as usize].as_ref().map_or(0, |key| hasher.hash_one(key));
        numbers.insert_unique(hash, number, hash_of);
        Spot::other(number)
    }

    /// The place of a spot. `store` is that of objects.
    pub(super) fn place(&self, spot: Spot, store: u32) -> Option<Place> {
        match spot.0 & 3 {
            OBJECT => Some(Place::Object(Id { store, slot: (spot.0 >> 2) as u32 })),
            INTEGER => Some(Place::Key(Identity::Int(spot.0 as i64 >> 2))),
            OTHER => self.keys[(spot.0 >> 2) as usize].clone().map(Place::Key),
            _ => None,
        }
    }

    /// Nobody stands there any more.
    pub(super) fn forget(&mut self, spot: Spot) {
        if spot.0 & 3 != OTHER {
            return;
        }
        let number = (spot.0 >> 2) as u32;
        let Some(key) = self.keys[number as usize].take() else { return };
        if let Ok(entry) = self.numbers.find_entry(self.hasher.hash_one(&key), |other| *other == number) {
            entry.remove();
        }
        self.free.push(number);
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.keys.len() == self.free.len()
    }
}
