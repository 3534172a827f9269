//! Unique values that one row of a flush frees and another one takes.

use crate::entity::TableDef;
use crate::model::key_values;
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::types::Value;
use std::collections::HashMap;

/// The sets of columns that are unique, the key first.
fn unique_sets(table: &'static TableDef) -> impl Iterator<Item = &'static [u16]> {
    let indexes = table.indexes.iter().filter(|index| index.unique).map(|index| index.columns);
    [table.primary_key].into_iter().chain(table.uniques.iter().map(|unique| unique.columns)).chain(indexes)
}

/// The value as every collation has it at most: what differs only in case may be one value.
fn folded(values: Vec<Value>) -> Identity {
    let fold = |value| match value {
        Value::Text(text) => Value::Text(text.to_lowercase()),
        other => other,
    };
    Identity::of(values.into_iter().map(fold).collect())
}

impl Session {
    /// Rows that take a unique value, the rows that free it, and its columns.
    pub(super) fn exchanged_values(&self, new: &[Id], known: &[Id], doomed: &[Id]) -> Vec<(Id, Id, &'static [u16])> {
        let mut freed: HashMap<(u32, usize, Identity), Id> = HashMap::new();
        for id in known.iter().chain(doomed) {
            for (n, columns) in unique_sets(self.table(*id)).enumerate() {
                if self.stage(*id) == Stage::Persistent && !self.differs(*id, columns) {
                    continue;
                }
                let values = columns.iter().map(|column| self.original(*id, *column)).collect();
                freed.extend(key_values(values).map(|values| ((id.store, n, folded(values)), *id)));
            }
        }
        let mut exchanges = Vec::new();
        if freed.is_empty() {
            return exchanges;
        }
        for id in new.iter().chain(known) {
            for (n, columns) in unique_sets(self.table(*id)).enumerate() {
                if self.stage(*id) == Stage::Persistent && !self.differs(*id, columns) {
                    continue;
                }
                if let Some(values) = key_values(self.object(*id).values(columns))
                    && let Some(freer) = freed.get(&(id.store, n, folded(values)))
                    && freer != id
                {
                    exchanges.push((*id, *freer, columns));
                }
            }
        }
        exchanges
    }

    fn differs(&self, id: Id, columns: &[u16]) -> bool {
        columns.iter().any(|column| self.object(id).value(*column) != self.original(id, *column))
    }
}
