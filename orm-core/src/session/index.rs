//! Who belongs where: children by what their link leads to.

mod spots;

use super::arena::{Id, Identity};
use crate::model::Pages;
use hashbrown::{DefaultHashBuilder, HashTable};
use spots::{Spot, Spots};
use std::collections::HashMap;
use std::hash::BuildHasher;

/// What a child's link leads to: an object of the parents' store, or whoever has the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Object(Id),
    Key(Identity),
}

/// Children, by slot, at their places, in the order in which they came. Each enters and leaves in constant time.
///
/// The children at one place are a ring, linked both ways; the table knows the first of each.
#[derive(Debug, Default)]
pub(super) struct Index {
    children: Pages<Child>,
    spots: Spots,
    first: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

/// Where a child stands, and between whom.
#[derive(Debug)]
struct Child {
    spot: Spot,
    next: u32,
    previous: u32,
}

const _: () = assert!(size_of::<Child>() == 16);

impl Index {
    fn child(&mut self, slot: u32) -> &mut Child {
        &mut self.children[slot as usize]
    }

    fn spot(&self, slot: u32) -> Spot {
        self.children.get(slot as usize).map_or(Spot::NONE, |child| child.spot)
    }

    fn first_at(&self, spot: Spot) -> Option<u32> {
        self.first.find(self.hasher.hash_one(spot), |first| self.spot(*first) == spot).copied()
    }

    /// Moves a child to a place, or out; one that is there already stays in its order.
    pub(super) fn put(&mut self, slot: u32, place: Option<Place>) {
        let spot = place.map_or(Spot::NONE, |place| self.spots.of(place));
        let before = self.spot(slot);
        if before == spot {
            return;
        }
        if before != Spot::NONE {
            self.leave(slot, before);
        }
        if spot != Spot::NONE {
            self.enter(slot, spot);
        }
    }

    /// Where a child stands, with others, if it is to leave that place for another, or for none. `objects` is the parents' store.
    pub(super) fn left(&self, slot: u32, to: Option<&Place>, objects: u32) -> Option<Place> {
        let spot = self.spot(slot);
        let stays = to.map_or(Some(Spot::NONE), |place| self.spots.known(place)) == Some(spot);
        if stays || spot == Spot::NONE || self.children[slot as usize].next == slot {
            return None;
        }
        self.spots.place(spot, objects)
    }

    fn enter(&mut self, slot: u32, spot: Spot) {
        while self.children.len() <= slot as usize {
            self.children.push(Child { spot: Spot::NONE, next: 0, previous: 0 });
        }
        let Some(first) = self.first_at(spot) else {
            *self.child(slot) = Child { spot, next: slot, previous: slot };
            let Index { first, children, hasher, .. } = self;
            first.insert_unique(hasher.hash_one(spot), slot, |first| hasher.hash_one(children[*first as usize].spot));
            return;
        };
        let last = self.child(first).previous;
        *self.child(slot) = Child { spot, next: first, previous: last };
        self.child(last).next = slot;
        self.child(first).previous = slot;
    }

    fn leave(&mut self, slot: u32, spot: Spot) {
        let Child { next, previous, .. } = *self.child(slot);
        if let Ok(mut entry) = self.first.find_entry(self.hasher.hash_one(spot), |first| *first == slot) {
            if next == slot {
                entry.remove();
                self.spots.forget(spot);
            } else {
                *entry.get_mut() = next;
            }
        }
        self.child(previous).next = next;
        self.child(next).previous = previous;
        self.child(slot).spot = Spot::NONE;
    }

    /// The children at a place, in order.
    pub(super) fn at(&self, place: &Place) -> impl Iterator<Item = u32> + '_ {
        let first = self.spots.known(place).and_then(|spot| self.first_at(spot));
        let next = move |slot: &u32| {
            let next = self.children[*slot as usize].next;
            (Some(next) != first).then_some(next)
        };
        std::iter::successors(first, next)
    }

    /// Puts the children at a place into the order of their ranks; those without one follow.
    pub(super) fn sort(&mut self, place: &Place, rank: &HashMap<u32, usize>) {
        let mut members: Vec<u32> = self.at(place).collect();
        let (Some(old), Some(spot)) = (members.first().copied(), self.spots.known(place)) else { return };
        members.sort_by_key(|slot| rank.get(slot).copied().unwrap_or(usize::MAX));
        for (n, slot) in members.iter().enumerate() {
            let next = members[(n + 1) % members.len()];
            self.child(*slot).next = next;
            self.child(next).previous = *slot;
        }
        if let Some(first) = self.first.find_mut(self.hasher.hash_one(spot), |first| *first == old) {
            *first = members[0];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Value;

    fn at(n: i64) -> Option<Place> {
        Some(Place::Key(Identity::Int(n)))
    }

    fn named(name: &str) -> Option<Place> {
        Some(Place::Key(Identity::of(vec![Value::Text(name.to_owned())])))
    }

    fn members(index: &Index, place: Option<Place>) -> Vec<u32> {
        place.map(|place| index.at(&place).collect()).unwrap_or_default()
    }

    #[test]
    fn children_keep_their_order_when_others_leave() {
        let mut index = Index::default();
        for slot in 0..100 {
            index.put(slot, at(1));
        }
        for slot in (0..100).filter(|slot| slot % 7 != 0) {
            index.put(slot, if slot % 2 == 0 { at(2) } else { None });
        }
        assert_eq!(members(&index, at(1)), (0..100).step_by(7).collect::<Vec<_>>());
        assert_eq!(members(&index, at(2)), (0..100).filter(|n| n % 2 == 0 && n % 7 != 0).collect::<Vec<_>>());
        index.put(14, at(1));
        assert_eq!(members(&index, at(1))[..3], [0, 7, 14]);
        index.put(0, None);
        index.put(0, at(1));
        assert_eq!(members(&index, at(1)).last(), Some(&0));
        assert_eq!(index.spot(3), Spot::NONE);
    }

    #[test]
    fn an_order_that_was_given_holds_while_children_come_and_go() {
        let mut index = Index::default();
        for slot in 0..5 {
            index.put(slot, at(1));
        }
        index.put(1, None);
        index.sort(&Place::Key(Identity::Int(1)), &HashMap::from([(4, 0), (3, 1), (0, 2)]));
        assert_eq!(members(&index, at(1)), [4, 3, 0, 2]);
        index.put(3, at(2));
        index.put(1, at(1));
        assert_eq!(members(&index, at(1)), [4, 0, 2, 1]);
        for slot in 0..5 {
            index.put(slot, None);
        }
        assert!(index.first.is_empty());
    }

    #[test]
    fn places_of_all_kinds_are_told_apart() {
        let object = |slot| Some(Place::Object(Id { store: 0, slot }));
        let pair = |a, b| Some(Place::Key(Identity::of(vec![Value::I64(a), Value::I64(b)])));
        let far = [i64::MAX, i64::MIN, i64::MAX >> 2, i64::MIN >> 2, (i64::MAX >> 2) + 1, -1, 0, 1];
        let mut places: Vec<Option<Place>> = far.into_iter().map(at).collect();
        places.extend([object(0), object(1), object(u32::MAX), named("0"), named("1"), pair(0, 1), pair(1, 0)]);
        let mut index = Index::default();
        for round in 0..3 {
            for (n, place) in (0..).zip(&places) {
                index.put(n, place.clone());
                index.put(100 + n, place.clone());
            }
            for (n, place) in (0..).zip(&places) {
                let expected = if round == 1 { [100 + n, n] } else { [n, 100 + n] };
                assert_eq!(members(&index, place.clone()), expected, "{place:?}");
            }
            // The next round enters the same places in another order.
            let leave: Vec<u32> = (0..places.len() as u32).chain(100..100 + places.len() as u32).collect();
            if round == 0 {
                leave.iter().take(places.len()).for_each(|slot| index.put(*slot, None));
            } else {
                leave.iter().for_each(|slot| index.put(*slot, None));
                assert!(index.first.is_empty() && index.spots.is_empty());
            }
        }
        assert!(members(&index, named("never")).is_empty());
    }
}
