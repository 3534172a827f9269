//! Reading rows anew.

use super::Session;
use super::arena::{Id, Stage};
use super::links::KeyId;
use super::load::Keys;
use crate::dialect;
use crate::engine::Running;
use crate::entity::{Key, TableDef};
use crate::error::{Error, Result};
use crate::expr::Source;
use crate::model::{Mapped, keys_in, padded};
use crate::query::{Criterion, Item, SelectTree, Tree};
use crate::types::Value;
use std::collections::HashSet;

/// The most keys of one SELECT.
const CHUNK: usize = 500;

impl Session {
    /// Reads the rows of one or many objects again, after a flush. Their relationships are left as they are; see
    /// [`Session::expire`].
    ///
    /// SQL: `SELECT … FROM users WHERE id = ?`, `… WHERE id IN (…)` for each 500.
    ///
    /// # Errors
    /// [`Error::NoRow`] when a row is gone, after the others were read; [`Error::StaleKey`]; as [`Session::all`].
    pub fn refresh<M: Mapped>(&mut self, keys: impl Keys<M>) -> Running<'_, ()> {
        let keys = keys.into_keys();
        Box::pin(async move {
            let ids: Vec<Id> = keys.into_iter().map(|key| self.resolve(key)).collect::<Result<_>>()?;
            self.before_query("refresh").await?;
            let has_row = |id: &Id| matches!(self.stage(*id), Stage::Persistent | Stage::Doomed);
            let with_row: Vec<Id> = ids.iter().copied().filter(has_row).collect();
            let found = self.read_rows(&with_row).await?;
            match ids.into_iter().find(|id| !found.contains(id)) {
                None => Ok(()),
                Some(id) => Err(Error::NoRow { what: self.describe(id) }),
            }
        })
    }

    /// Marks an object and its relationships as stale: they stay readable, and the next query, `get` or `load` that brings
    /// the row, or the relationship, overwrites them. A column that was changed since the last flush keeps its change.
    ///
    /// # Panics
    /// For a key of another session, or of an object that is gone.
    #[track_caller]
    pub fn expire<M: Mapped>(&mut self, key: Key<M>) {
        let id = self.expect(key);
        self.make_stale(id);
    }

    /// Marks all objects that have rows, and their relationships, as stale; see [`Session::expire`].
    pub fn expire_all(&mut self) {
        for store in 0..self.stores.len() as u32 {
            for slot in 0..self.stores[store as usize].slots.len() as u32 {
                let id = Id { store, slot };
                if matches!(self.stage(id), Stage::Persistent | Stage::Doomed) {
                    self.make_stale(id);
                }
            }
        }
    }

    fn make_stale(&mut self, id: Id) {
        self.slot_mut(id).stale = true;
        self.expire_collections(id);
    }

    /// Reads the rows of these objects of one table over them; gives those that have one.
    async fn read_rows(&mut self, ids: &[Id]) -> Result<HashSet<Id>> {
        let Some(first) = ids.first() else { return Ok(HashSet::new()) };
        let keys: Vec<Vec<Value>> = ids.iter().filter_map(|id| self.original_key(*id)).collect();
        self.read_keys(first.store, &keys, true, &[]).await
    }

    /// Reads the rows of these keys that the criteria let through; gives their objects.
    pub(super) async fn read_keys(
        &mut self,
        store: u32,
        keys: &[Vec<Value>],
        overwrite: bool,
        criteria: &[Criterion],
    ) -> Result<HashSet<Id>> {
        let mut found = HashSet::new();
        let table: &'static TableDef = self.stores[store as usize].table;
        let source = Source::Table(table);
        for keys in keys.chunks(CHUNK) {
            let keys = padded(keys, CHUNK);
            let tree = SelectTree {
                items: vec![Item::Entity { source: source.clone(), optional: false }],
                filter: vec![keys_in(&source, table.primary_key, &keys)],
                ..SelectTree::default()
            };
            let statement = dialect::compile_with(Tree::Select(&tree), self.engine.capabilities(), criteria)?;
            let mut connection = self.take_connection(false).await?;
            let result = connection
                .fetch(statement, &mut |row| {
                    found.insert(self.absorb(store, row, 0, overwrite)?);
                    Ok(())
                })
                .await;
            self.put_back(connection, result)?;
        }
        Ok(found)
    }

    /// After a collection was loaded anew: children that it has in memory and not in the database were moved or deleted by
    /// somebody else; their rows tell.
    pub(super) async fn reconcile(&mut self, key: KeyId, owners: &[Id], loaded: &HashSet<Id>) -> Result<()> {
        let mut doubtful: Vec<Id> = Vec::new();
        for owner in owners {
            let unchanged = |id: &Id| {
                let columns = &self.links.keys[key].columns;
                let same = |column: &u16| self.object(*id).value(*column) == self.original(*id, *column);
                self.stage(*id) == Stage::Persistent && !loaded.contains(id) && columns.iter().all(same)
            };
            doubtful.extend(self.children(key, *owner).into_iter().filter(unchanged));
        }
        let found = self.read_rows(&doubtful).await?;
        for id in doubtful.into_iter().filter(|id| !found.contains(id)) {
            self.row_is_gone(id);
        }
        Ok(())
    }

    /// Somebody else deleted a row: its object ends, unless it has changes, which then can't be saved.
    pub(super) fn row_is_gone(&mut self, id: Id) {
        let unchanged = self.original_columns(id).is_none_or(|original| *original == self.columns(id));
        if self.stage(id) == Stage::Persistent && unchanged && !self.has_assigned(id) {
            self.free(id);
        }
    }
}
