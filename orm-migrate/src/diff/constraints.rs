//! Keys, constraints, indexes and comments of one table.

use super::{Found, Pair};
use crate::operation::Change;
use orm_core::schema::{ForeignKey, Index, Unique};
use orm_core::types::Dialect;

pub(super) fn compare(pair: &Pair<'_>, found: &mut Found) {
    let key =
        |table: &orm_core::schema::Table| table.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default();
    let (live, wanted) = (key(pair.live_normal), key(pair.wanted_normal));
    if live != wanted {
        let (live, wanted) = (live.join(", "), wanted.join(", "));
        found.finding(pair, format!("the primary key is ({live}), wanted is ({wanted})"));
    }
    foreign_keys(pair, found);
    uniques(pair, found);
    checks(pair, found);
    indexes(pair, found);
    let words = |comment: &Option<String>| comment.as_ref().map_or("none".to_owned(), |text| format!("{text:?}"));
    let (live, wanted) = (&pair.live_normal.comment, &pair.wanted_normal.comment);
    if live != wanted {
        found.finding(pair, format!("the table has the comment {}, wanted is {}", words(live), words(wanted)));
    }
}

/// SQLite's constraints are part of CREATE TABLE.
fn fixed(pair: &Pair<'_>) -> bool {
    pair.capabilities.dialect == Dialect::Sqlite
}

/// Whether the columns are dropped, so that what was over them goes too.
fn dropped(pair: &Pair<'_>, columns: &[String]) -> bool {
    columns.iter().any(|column| pair.wanted.column(column).is_none())
}

fn foreign_keys(pair: &Pair<'_>, found: &mut Found) {
    let same = |a: &ForeignKey, b: &ForeignKey| {
        let shape = |key: &ForeignKey| ForeignKey { name: None, ..key.clone() };
        shape(a) == shape(b)
    };
    let words = |key: &ForeignKey| {
        format!("({}) to {} ({})", key.columns.join(", "), key.target, key.target_columns.join(", "))
    };
    for live in &pair.live_normal.foreign_keys {
        if pair.wanted_normal.foreign_keys.iter().any(|wanted| same(live, wanted)) {
            continue;
        }
        match &live.name {
            Some(name) if !fixed(pair) => found.before.push(
                Change::DropForeignKey { table: pair.name.clone(), name: name.clone(), from: Some(live.clone()) }
                    .into(),
            ),
            _ => found.finding(pair, format!("the foreign key {} is not wanted, or not like this", words(live))),
        }
    }
    for (wanted, normal) in pair.wanted.foreign_keys.iter().zip(&pair.wanted_normal.foreign_keys) {
        if pair.live_normal.foreign_keys.iter().any(|live| same(live, normal)) {
            continue;
        }
        if fixed(pair) {
            found.finding(
                pair,
                format!("the foreign key {} is missing: SQLite can add it only by copying the table", words(wanted)),
            );
        } else {
            found.after.push(Change::AddForeignKey { table: pair.name.clone(), key: wanted.clone() }.into());
        }
    }
}

fn uniques(pair: &Pair<'_>, found: &mut Found) {
    let has = |all: &[Unique], columns: &[String]| all.iter().any(|unique| unique.columns == columns);
    for live in &pair.live_normal.uniques {
        if has(&pair.wanted_normal.uniques, &live.columns) || odd(&live.columns) {
            continue;
        }
        // On PostgreSQL, MySQL and MariaDB it goes with its column.
        if dropped(pair, &live.columns) && pair.capabilities.dialect == Dialect::Postgres {
            continue;
        }
        let index = pair.live.indexes.iter().any(|index| Some(&index.name) == live.name.as_ref());
        match &live.name {
            Some(name) if !fixed(pair) || index => found.before.push(
                Change::DropUnique { table: pair.name.clone(), name: name.clone(), from: Some(live.clone()) }.into(),
            ),
            _ => found.finding(pair, format!("the unique constraint ({}) is not wanted", live.columns.join(", "))),
        }
    }
    for wanted in &pair.wanted_normal.uniques {
        if has(&pair.live_normal.uniques, &wanted.columns) {
            continue;
        }
        if wanted.name.is_some() || !fixed(pair) {
            found.after.push(Change::AddUnique { table: pair.name.clone(), unique: wanted.clone() }.into());
        } else {
            found.finding(pair, format!("the unique constraint ({}) is missing", wanted.columns.join(", ")));
        }
    }
}

fn checks(pair: &Pair<'_>, found: &mut Found) {
    let mut taken = vec![false; pair.live_normal.checks.len()];
    let mut missing = Vec::new();
    for (wanted, normal) in pair.wanted.checks.iter().zip(&pair.wanted_normal.checks) {
        let live = pair
            .live_normal
            .checks
            .iter()
            .enumerate()
            .find(|(n, live)| !taken[*n] && live.expression == normal.expression);
        match live {
            Some((n, _)) => taken[n] = true,
            None => missing.push(wanted),
        }
    }
    for (n, live) in pair.live_normal.checks.iter().enumerate().filter(|(n, _)| !taken[*n]) {
        let original = pair.live.checks.get(n).unwrap_or(live);
        match &live.name {
            Some(name) if !fixed(pair) => found.before.push(
                Change::DropCheck { table: pair.name.clone(), name: name.clone(), from: Some(original.clone()) }.into(),
            ),
            _ => found.expression(pair, format!("the check ({}) is not wanted", original.expression)),
        }
    }
    for wanted in missing {
        if fixed(pair) {
            let what =
                format!("the check ({}) is missing: SQLite can add it only by copying the table", wanted.expression);
            found.expression(pair, what);
        } else {
            found.after.push(Change::AddCheck { table: pair.name.clone(), check: wanted.clone() }.into());
        }
    }
}

/// Whether a part is an expression or the beginning of a text, which no model can say.
fn odd(columns: &[String]) -> bool {
    columns.iter().any(|column| column.contains('('))
}

fn indexes(pair: &Pair<'_>, found: &mut Found) {
    let mysql = matches!(pair.capabilities.dialect, Dialect::MySql | Dialect::MariaDb);
    // An index that a foreign key cannot do without is the key's affair.
    let needed = |index: &Index| {
        mysql && pair.wanted_normal.foreign_keys.iter().any(|key| index.columns.starts_with(&key.columns))
    };
    for live in &pair.live_normal.indexes {
        if pair.wanted_normal.indexes.contains(live) || odd(&live.columns) {
            continue;
        }
        let replaced = pair.wanted_normal.indexes.iter().any(|wanted| wanted.name == live.name);
        if needed(live) && !replaced {
            continue;
        }
        let original = pair.live.indexes.iter().find(|index| index.name == live.name);
        let change = Change::DropIndex {
            table: pair.name.clone(),
            name: live.name.clone(),
            from: original.or(Some(live)).cloned(),
        };
        found.before.push(change.into());
    }
    for wanted in &pair.wanted_normal.indexes {
        if pair.live_normal.indexes.contains(wanted) {
            continue;
        }
        let original = pair.wanted.indexes.iter().find(|index| index.name == wanted.name);
        let index = original.unwrap_or(wanted).clone();
        found.after.push(Change::CreateIndex { table: pair.name.clone(), index }.into());
    }
}
