//! Who belongs where: children by what their link leads to.

use super::arena::{Id, Identity};
use std::collections::HashMap;

/// What a child's link leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Object(Id),
    Key(Identity),
}

/// Children, by slot, at their places, in the order in which they came. Each enters and leaves in constant time.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Where each child stands: its place, and its number there.
    places: Vec<Option<(Place, u32)>>,
    members: HashMap<Place, Members>,
}

/// The children at one place; one that left leaves a gap, so that the others stay where they are.
#[derive(Debug, Default)]
struct Members {
    slots: Vec<u32>,
    gaps: usize,
}

const GAP: u32 = u32::MAX;

impl Index {
    /// Where a child stands.
    #[cfg(test)]
    fn place(&self, slot: u32) -> Option<&Place> {
        self.places.get(slot as usize)?.as_ref().map(|(place, _)| place)
    }

    /// Moves a child to a place, or out; one that is there already stays in its order.
    pub(super) fn put(&mut self, slot: u32, place: Option<Place>) {
        let at = slot as usize;
        if self.places.get(at).and_then(Option::as_ref).map(|(place, _)| place) == place.as_ref() {
            return;
        }
        if let Some((old, number)) = self.places.get_mut(at).and_then(Option::take) {
            self.leave(&old, number);
        }
        let Some(place) = place else { return };
        if at >= self.places.len() {
            self.places.resize_with(at + 1, || None);
        }
        let members = self.members.entry(place.clone()).or_default();
        self.places[at] = Some((place, members.slots.len() as u32));
        members.slots.push(slot);
    }

    fn leave(&mut self, place: &Place, number: u32) {
        let Some(members) = self.members.get_mut(place) else { return };
        members.slots[number as usize] = GAP;
        members.gaps += 1;
        if members.gaps == members.slots.len() {
            self.members.remove(place);
        } else if members.gaps > 16 && members.gaps * 2 > members.slots.len() {
            members.slots.retain(|slot| *slot != GAP);
            members.gaps = 0;
            Self::renumber(&mut self.places, members);
        }
    }

    fn renumber(places: &mut [Option<(Place, u32)>], members: &Members) {
        for (number, slot) in (0..).zip(&members.slots) {
            if let Some(Some((_, old))) = places.get_mut(*slot as usize) {
                *old = number;
            }
        }
    }

    /// The children at a place, in order.
    pub(super) fn at(&self, place: &Place) -> impl Iterator<Item = u32> + '_ {
        self.members.get(place).into_iter().flat_map(|members| &members.slots).copied().filter(|slot| *slot != GAP)
    }

    /// Puts the children at a place into the order of their ranks; those without one follow.
    pub(super) fn sort(&mut self, place: &Place, rank: &HashMap<u32, usize>) {
        let Some(members) = self.members.get_mut(place) else { return };
        members.slots.retain(|slot| *slot != GAP);
        members.gaps = 0;
        members.slots.sort_by_key(|slot| rank.get(slot).copied().unwrap_or(usize::MAX));
        Self::renumber(&mut self.places, members);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(n: i64) -> Option<Place> {
        Some(Place::Key(Identity::Int(n)))
    }

    fn members(index: &Index, n: i64) -> Vec<u32> {
        at(n).map(|place| index.at(&place).collect()).unwrap_or_default()
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
        assert_eq!(members(&index, 1), (0..100).step_by(7).collect::<Vec<_>>());
        assert_eq!(members(&index, 2), (0..100).filter(|n| n % 2 == 0 && n % 7 != 0).collect::<Vec<_>>());
        index.put(14, at(1));
        assert_eq!(members(&index, 1)[..3], [0, 7, 14]);
        index.put(0, None);
        index.put(0, at(1));
        assert_eq!(members(&index, 1).last(), Some(&0));
        assert_eq!(index.place(3), None);
    }

    #[test]
    fn an_order_that_was_given_holds_while_children_come_and_go() {
        let mut index = Index::default();
        for slot in 0..5 {
            index.put(slot, at(1));
        }
        index.put(1, None);
        index.sort(&Place::Key(Identity::Int(1)), &HashMap::from([(4, 0), (3, 1), (0, 2)]));
        assert_eq!(members(&index, 1), [4, 3, 0, 2]);
        index.put(3, at(2));
        index.put(1, at(1));
        assert_eq!(members(&index, 1), [4, 0, 2, 1]);
        for slot in 0..5 {
            index.put(slot, None);
        }
        assert!(index.members.is_empty());
    }
}
