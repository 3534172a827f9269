//! The plain model that the session is compared with.

use std::collections::{BTreeMap, BTreeSet};

/// What there should be. Everything has a name of its own, which is not its key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct World {
    pub(super) teams: BTreeSet<String>,
    pub(super) players: BTreeMap<String, Option<String>>,
    pub(super) countries: BTreeMap<String, String>,
    pub(super) cities: BTreeMap<String, Option<String>>,
    pub(super) users: BTreeSet<String>,
    /// The user; none for one that was taken out, and goes with the flush.
    pub(super) profiles: BTreeMap<String, Option<String>>,
    pub(super) invoices: BTreeMap<String, i32>,
    pub(super) lines: BTreeMap<String, String>,
    pub(super) seats: BTreeMap<String, Option<i32>>,
    /// What the next flush deletes.
    pub(super) doomed: BTreeSet<String>,
}

pub(super) fn lost(doomed: &BTreeSet<String>, link: &mut Option<String>) {
    if link.as_ref().is_some_and(|name| doomed.contains(name)) {
        *link = None;
    }
}

impl World {
    /// What the next flush leaves.
    pub(super) fn flush(&mut self) {
        let doomed = std::mem::take(&mut self.doomed);
        let lives = |name: &String| !doomed.contains(name);
        self.teams.retain(lives);
        self.players.retain(|name, _| lives(name));
        self.players.values_mut().for_each(|team| lost(&doomed, team));
        self.countries.retain(|name, _| lives(name));
        self.cities.values_mut().for_each(|country| lost(&doomed, country));
        self.users.retain(lives);
        self.profiles.retain(|name, user| lives(name) && user.as_ref().is_some_and(lives));
        self.invoices.retain(|name, _| lives(name));
        self.lines.retain(|name, invoice| lives(name) && lives(invoice));
        self.seats.retain(|name, _| lives(name));
    }

    pub(super) fn lives(&self, name: &String) -> bool {
        !self.doomed.contains(name)
    }

    /// Whether the next flush can't be: two with one label, or profiles that change places, whose column can't be NULL.
    pub(super) fn is_impossible(&self, stored: &World) -> bool {
        let mut labels: Vec<i32> =
            self.seats.iter().filter(|(name, _)| self.lives(name)).filter_map(|(_, label)| *label).collect();
        labels.sort_unstable();
        if labels.windows(2).any(|pair| pair[0] == pair[1]) {
            return true;
        }
        let moves = |profile: &String| -> Option<&String> {
            let to = self.profiles.get(profile)?.as_ref().filter(|user| self.lives(user))?;
            (stored.profiles.get(profile)?.as_ref() != Some(to)).then_some(to)
        };
        self.profiles.keys().any(|first| {
            let mut at = first;
            for _ in 0..=self.profiles.len() {
                let Some(to) = moves(at) else { return false };
                // Whoever is there, and must leave first.
                let Some((there, _)) = stored.profiles.iter().find(|(_, user)| user.as_ref() == Some(to)) else {
                    return false;
                };
                if there == first {
                    return true;
                }
                at = there;
            }
            false
        })
    }
}
