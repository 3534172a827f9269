//! The order of collections that members leave, for when they come back.
//!
//! An index links a collection's members in a ring, and one that enters is the last. So the whole order is kept when the first
//! member leaves, once for each level and flush, and given back when what happened since is undone.

use super::Session;
use super::arena::Id;
use super::index::Place;
use super::links::KeyId;
use std::collections::HashMap;

/// Members, by slot, in their order, by where they stood before one left.
pub(super) type Orders = HashMap<(KeyId, Place), Vec<u32>>;

impl Session {
    /// Keeps the order of the place that a child is about to leave.
    pub(super) fn keep_order(&mut self, key: KeyId, child: Id, to: Option<&Place>) {
        let links = &self.links.keys[key];
        let Some(place) = links.place_left(child.slot, to) else { return };
        let members = || links.children_at(&place).collect();
        if let Some(journal) = &mut self.flushing {
            journal.orders.entry((key, place.clone())).or_insert_with(members);
        }
        // A rollback withdraws the children of an object without a row, and that itself.
        if let (Place::Key(_), Some(level)) = (&place, self.levels.last_mut()) {
            level.orders.entry((key, place.clone())).or_insert_with(members);
        }
    }

    /// Members that are back stand where they stood; those that had not been there follow.
    pub(super) fn put_orders_back(&mut self, orders: Orders) {
        for ((key, place), members) in orders {
            self.links.keys[key].sort(&place, &members);
        }
    }

    /// A query brought members in another order, which is theirs from now on.
    pub(super) fn order_renewed(&mut self, key: KeyId, place: &Place, now: &[u32]) {
        let place = (key, place.clone());
        let journal = self.flushing.as_mut().and_then(|journal| journal.orders.get_mut(&place));
        let levels = self.levels.iter_mut().filter_map(|level| level.orders.get_mut(&place));
        for order in journal.into_iter().chain(levels) {
            let known: std::collections::HashSet<u32> = now.iter().copied().collect();
            let others = std::mem::take(order).into_iter().filter(|slot| !known.contains(slot));
            *order = now.iter().copied().chain(others).collect();
        }
    }
}
