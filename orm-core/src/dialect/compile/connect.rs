//! FROM items that nothing connects give every row with every row, which is hardly ever meant.

use super::joins::{JoinOn, Joined};
use super::nested::{Seen, visit_columns};
use super::scope::Scope;
use super::wrong;
use crate::error::Result;
use crate::expr::Node;

/// Which sources are connected: each points at another of its group, at last at the group's first.
struct Groups(Vec<usize>);

impl Groups {
    fn first(&self, mut at: usize) -> usize {
        while self.0[at] != at {
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first(a), self.first(b));
        let (low, high) = (a.min(b), a.max(b));
        self.0[high] = low;
    }

    /// What a condition speaks of is connected by it.
    fn connect(&mut self, condition: &Node, scope: &Scope<'_>, mut with: Option<usize>) -> bool {
        if let Node::And(parts) = condition
            && with.is_none()
        {
            let mut any = false;
            for part in parts {
                any |= self.connect(part, scope, None);
            }
            return any;
        }
        let start = with;
        let mut others = false;
        visit_columns(condition, &mut |seen| {
            let position = match seen {
                Seen::Column(column) => scope.position(column),
                Seen::Correlated(source) => scope.position_of(source),
            };
            if let Some(position) = position {
                others |= Some(position) != start;
                match with {
                    Some(first) => self.join(first, position),
                    None => with = Some(position),
                }
            }
        });
        others
    }
}

/// Checks that joins and conditions connect everything that is listed.
pub(super) fn check_connected(scope: &Scope<'_>, joins: &[Joined<'_>], filter: &[Node]) -> Result<()> {
    let mut groups = Groups((0..scope.listed.len()).collect());
    for join in joins {
        match &join.on {
            JoinOn::Keys { other, .. } => groups.join(join.at, *other),
            JoinOn::Nothing => groups.join(join.at, 0),
            JoinOn::Condition(condition) => {
                if !groups.connect(condition, scope, Some(join.at)) {
                    groups.join(join.at, 0);
                }
            }
        }
    }
    for condition in filter {
        groups.connect(condition, scope, None);
    }
    match (1..scope.listed.len()).find(|n| groups.first(*n) != 0) {
        None => Ok(()),
        Some(n) => Err(wrong(format!(
            "nothing connects {} with {}: join them, add a condition on both, or ask for every combination with \
             `cross_join`",
            scope.listed[n].source, scope.listed[0].source
        ))),
    }
}
