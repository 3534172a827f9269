//! Unique values that one row of a flush frees and another one takes.

use crate::entity::TableDef;
use crate::model::key_values;
use crate::schema::NamingConvention;
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::types::Value;
use std::collections::HashMap;

/// Columns whose values together are unique.
#[derive(Clone, Copy, Debug)]
pub(super) struct UniqueSet {
    pub(super) table: &'static TableDef,
    pub(super) columns: &'static [u16],
    kind: UniqueKind,
    name: Option<&'static str>,
    /// The condition of a partial index: rows that it leaves out have nothing unique.
    pub(super) filter: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
enum UniqueKind {
    Key,
    Constraint,
    Index,
}

/// The sets of columns that are unique, the key first.
pub(super) fn unique_sets(table: &'static TableDef) -> impl Iterator<Item = UniqueSet> {
    let set = move |columns, kind, name, filter| UniqueSet { table, columns, kind, name, filter };
    let uniques = table.uniques.iter().map(move |u| set(u.columns, UniqueKind::Constraint, u.name, None));
    let indexes = table.indexes.iter().filter(|index| index.unique);
    [set(table.primary_key, UniqueKind::Key, table.primary_key_name, None)]
        .into_iter()
        .chain(uniques)
        .chain(indexes.map(move |index| set(index.columns, UniqueKind::Index, index.name, index.filter)))
}

impl UniqueSet {
    /// Its name in the schema, for messages.
    pub(super) fn describe(&self) -> String {
        let naming = NamingConvention::default();
        let (what, template) = match self.kind {
            UniqueKind::Key => ("primary key", naming.primary_key),
            UniqueKind::Constraint => ("unique constraint", naming.unique),
            UniqueKind::Index => ("unique index", naming.index),
        };
        let columns: Vec<String> =
            self.columns.iter().map(|column| self.table.column_def(*column).name.to_owned()).collect();
        let name = self.name.map_or_else(|| naming.name(template, self.table.name, &columns, ""), str::to_owned);
        format!("the {what} `{name}`")
    }
}

/// The value as every collation has it at most: what differs only in case, or in spaces at its end, may be one value.
fn folded(values: Vec<Value>) -> Identity {
    let fold = |value| match value {
        Value::Text(text) => Value::Text(text.trim_end().to_lowercase()),
        other => other,
    };
    Identity::of(values.into_iter().map(fold).collect())
}

/// A row that takes a unique value, and the row that frees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    pub(super) taker: Id,
    pub(super) freer: Id,
    pub(super) unique: UniqueSet,
}

impl Session {
    /// The unique values that go from one row of a flush to another.
    pub(super) fn exchanged_values(&self, new: &[Id], known: &[Id], doomed: &[Id]) -> Vec<Exchange> {
        let mut freed: HashMap<(u32, usize, Identity), Id> = HashMap::new();
        for id in known.iter().chain(doomed) {
            for (n, unique) in unique_sets(self.table(*id)).enumerate() {
                if self.stage(*id) == Stage::Persistent && !self.differs(*id, unique.columns) {
                    continue;
                }
                let values = unique.columns.iter().map(|column| self.original(*id, *column)).collect();
                freed.extend(key_values(values).map(|values| ((id.store, n, folded(values)), *id)));
            }
        }
        let mut exchanges = Vec::new();
        if freed.is_empty() {
            return exchanges;
        }
        for id in new.iter().chain(known) {
            for (n, unique) in unique_sets(self.table(*id)).enumerate() {
                if self.stage(*id) == Stage::Persistent && !self.differs(*id, unique.columns) {
                    continue;
                }
                if let Some(values) = key_values(self.object(*id).values(unique.columns))
                    && let Some(freer) = freed.get(&(id.store, n, folded(values)))
                    && freer != id
                {
                    exchanges.push(Exchange { taker: *id, freer: *freer, unique });
                }
            }
        }
        exchanges
    }

    pub(super) fn differs(&self, id: Id, columns: &[u16]) -> bool {
        self.original_columns(id).is_some()
            && columns.iter().any(|column| self.object(id).value(*column) != self.original(id, *column))
    }
}
