//! Finds the keys that joins join on.

use super::nested::{Seen, visit_columns};
use super::scope::{Listed, owns};
use super::wrong;
use crate::entity::{ForeignKeyDef, Link, RelRef, TableDef};
use crate::error::Result;
use crate::expr::{Node, Source};
use crate::query::{JoinKind, On, SelectTree};

/// A join with its keys found.
pub(super) struct Joined<'t> {
    pub kind: JoinKind,
    /// The joined source's place among those listed.
    pub at: usize,
    pub on: JoinOn<'t>,
}

pub(super) enum JoinOn<'t> {
    /// A cross join.
    Nothing,
    /// The caller's condition.
    Condition(&'t Node),
    /// Columns that must be equal.
    Keys {
        /// The place of the source that is there already.
        other: usize,
        /// The joined source's columns.
        own: Vec<u16>,
        /// The other's.
        others: Vec<u16>,
        /// The condition of a filtered relationship.
        filter: Option<Node>,
    },
}

/// Resolves the joins in order, adding what they bring in to what is listed.
pub(super) fn resolve_joins<'t>(tree: &'t SelectTree, listed: &mut Vec<Listed>) -> Result<Vec<Joined<'t>>> {
    let mut joins = Vec::with_capacity(tree.joins.len());
    for (n, join) in tree.joins.iter().enumerate() {
        let nullable = join.kind == JoinKind::Left;
        match (&join.target, &join.on) {
            (_, On::Relationship(relationship)) => {
                along(*relationship, join.kind, listed, &mut joins)?;
                continue;
            }
            (Some(target), on) => {
                let on = match on {
                    On::Condition(condition) => {
                        check_order(condition, target, tree, n)?;
                        JoinOn::Condition(condition)
                    }
                    On::ForeignKey => only_foreign_key(target, listed)?,
                    On::Nothing | On::Relationship(_) => JoinOn::Nothing,
                };
                joins.push(Joined { kind: join.kind, at: listed.len(), on });
                listed.push(Listed::new(target.clone(), nullable));
            }
            (None, _) => return Err(wrong("a join without a target")),
        }
    }
    Ok(joins)
}

/// Joins along a relationship: one join, or two over a table between.
fn along<'t>(
    relationship: RelRef,
    kind: JoinKind,
    listed: &mut Vec<Listed>,
    joins: &mut Vec<Joined<'t>>,
) -> Result<()> {
    let resolved = relationship.resolve()?;
    let start = Source::Table(resolved.source);
    let Some(other) = listed.iter().position(|listed| listed.source == start) else {
        return Err(wrong(format!(
            "the join along `{relationship}` starts at {start}, which is joined later: put that join first"
        )));
    };
    let filter = resolved.def().filter.map(|filter| filter());
    let nullable = kind == JoinKind::Left;
    let mut add = |table: &'static TableDef, on: JoinOn<'t>| {
        joins.push(Joined { kind, at: listed.len(), on });
        listed.push(Listed::new(Source::Table(table), nullable));
        listed.len() - 1
    };
    match &resolved.link {
        Link::Holds { local, remote } | Link::Held { local, remote } => {
            add(resolved.target, JoinOn::Keys { other, own: remote.clone(), others: local.clone(), filter });
        }
        Link::Through(through) => {
            let (own, others) = (through.near.clone(), through.local.clone());
            let between = add(through.table, JoinOn::Keys { other, own, others, filter: None });
            let (own, others) = (through.remote.clone(), through.far.clone());
            add(resolved.target, JoinOn::Keys { other: between, own, others, filter });
        }
    }
    Ok(())
}

/// A join's condition sees what is joined before it.
fn check_order(condition: &Node, target: &Source, tree: &SelectTree, n: usize) -> Result<()> {
    let mut found = None;
    visit_columns(condition, &mut |seen| {
        let Seen::Column(column) = seen else { return };
        let later = tree.joins[n + 1..].iter().find_map(|join| match (&join.target, &join.on) {
            (Some(later), _) => owns(later, column).then(|| later.clone()),
            (None, On::Relationship(relationship)) => {
                let later = Source::Table(relationship.resolve().ok()?.target);
                owns(&later, column).then_some(later)
            }
            _ => None,
        });
        if later.is_some() {
            found = later;
        }
    });
    match found {
        None => Ok(()),
        Some(later) => Err(wrong(format!(
            "the condition of the join to {target} speaks of {later}, which is joined later: put that join first"
        ))),
    }
}

/// The only foreign key between a source and what is listed already, in either direction.
fn only_foreign_key<'t>(target: &Source, listed: &[Listed]) -> Result<JoinOn<'t>> {
    let Some(table) = target.table() else {
        return Err(wrong(format!("{target} has no foreign keys: join it with `join_on` and a condition")));
    };
    let mut found: Vec<(JoinOn<'t>, String)> = Vec::new();
    for (other, there) in listed.iter().enumerate() {
        let Some(their_table) = there.source.table() else { continue };
        let describe = |key: &ForeignKeyDef, from: &Source, table: &TableDef| {
            let columns: Vec<&str> = key.columns.iter().map(|column| table.column_def(*column).field).collect();
            format!("{}::{}", from, columns.join(", "))
        };
        for key in table.foreign_keys.iter().filter(|key| key.target() == their_table) {
            let on = JoinOn::Keys { other, own: key.columns.to_vec(), others: key.target_columns(), filter: None };
            found.push((on, describe(key, target, table)));
        }
        for key in their_table.foreign_keys.iter().filter(|key| key.target() == table) {
            let on = JoinOn::Keys { other, own: key.target_columns(), others: key.columns.to_vec(), filter: None };
            found.push((on, describe(key, &there.source, their_table)));
        }
    }
    if let [_] = found.as_slice()
        && let Some((on, _)) = found.pop()
    {
        return Ok(on);
    }
    let names: Vec<String> = listed.iter().map(|listed| listed.source.to_string()).collect();
    Err(wrong(if listed.is_empty() {
        format!(
            "there is nothing to join {target} to: name it with `select_from`; to join a table with itself, give the \
             second one a name with `alias`"
        )
    } else if found.is_empty() {
        format!(
            "no foreign key leads between {target} and {}: join it with `join_on` and a condition",
            names.join(", ")
        )
    } else {
        let choices: Vec<String> = found.into_iter().map(|(_, name)| format!("`{name}`")).collect();
        format!(
            "several foreign keys lead between {target} and what is joined already ({}): join along a relationship, or \
             with `join_on` and a condition",
            choices.join(", ")
        )
    }))
}
