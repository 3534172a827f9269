//! Objects by primary key: one that must be there, and many at once.

use super::Session;
use super::arena::{Id, Identity, Stage};
use crate::engine::Running;
use crate::entity::{IntoKey, Key, KeyTuple, TableDef};
use crate::error::{Error, Result};
use crate::model::Mapped;
use crate::types::Value;
use std::collections::HashSet;

impl Session {
    /// The object of a primary key, which must be there: [`Session::get`] otherwise.
    ///
    /// # Errors
    /// [`Error::NoRow`] naming the model and the key; as [`Session::all`].
    pub fn get_one<M: Mapped>(&mut self, key: impl IntoKey<M::PrimaryKey>) -> Running<'_, Key<M>> {
        let key = key.into_key();
        let values = key.values();
        let found = self.get::<M>(key);
        Box::pin(async move {
            found.await?.ok_or_else(|| {
                let key: Vec<String> = values.iter().map(ToString::to_string).collect();
                Error::NoRow { what: format!("`{}` {}", M::TABLE.title(), key.join(", ")) }
            })
        })
    }

    /// The objects of many primary keys, in their order; `None` for one that has no row, or was deleted in this session.
    /// From the identity map first, then with one SELECT for all others (and each 500 of them).
    ///
    /// # Errors
    /// As [`Session::all`].
    pub fn get_many<M: Mapped>(
        &mut self,
        keys: impl IntoIterator<Item: IntoKey<M::PrimaryKey>>,
    ) -> Running<'_, Vec<Option<Key<M>>>> {
        let keys: Vec<Vec<Value>> = keys.into_iter().map(|key| key.into_key().values()).collect();
        Box::pin(async move {
            let found = self.get_many_erased(M::TABLE, keys).await?;
            Ok(found.into_iter().map(|id| id.map(|id| self.key_of(id))).collect())
        })
    }

    async fn get_many_erased(&mut self, table: &'static TableDef, keys: Vec<Vec<Value>>) -> Result<Vec<Option<Id>>> {
        self.check()?;
        let store = self.store_for(table)?;
        let fresh =
            |key: &Vec<Value>| self.find(store, &Identity::of(key.clone())).is_some_and(|id| !self.slot(id).stale);
        if !keys.iter().all(fresh) {
            self.before_query("get_many").await?;
        }
        let conditions = self.conditions_on(table)?;
        let found = if conditions.is_empty() {
            self.find_or_read(store, keys, false).await?
        } else {
            // What the session holds is not hidden from it.
            let held = |key: &Vec<Value>| self.find(store, &Identity::of(key.clone())).is_some();
            let (held, wanted) = keys.iter().cloned().partition(held);
            self.find_or_read(store, held, false).await?;
            self.read_keys(store, &wanted, false, &self.view().criteria).await?;
            keys.into_iter().map(|key| self.find(store, &Identity::of(key))).collect()
        };
        Ok(found.into_iter().map(|id| id.filter(|id| self.stage(*id) == Stage::Persistent)).collect())
    }

    /// The objects of these keys, those marked for deletion included: from the identity map, or read from the database where
    /// they are not there, are stale, or all are to be read `anew`.
    pub(super) async fn find_or_read(
        &mut self,
        store: u32,
        keys: Vec<Vec<Value>>,
        anew: bool,
    ) -> Result<Vec<Option<Id>>> {
        let mut seen: HashSet<Identity> = HashSet::new();
        let mut wanted: Vec<Vec<Value>> = Vec::new();
        for key in &keys {
            let identity = Identity::of(key.clone());
            let fresh = self.find(store, &identity).is_some_and(|id| !self.slot(id).stale && !anew);
            if !fresh && seen.insert(identity) {
                wanted.push(key.clone());
            }
        }
        if !wanted.is_empty() {
            let found = self.read_keys(store, &wanted, anew, &[]).await?;
            for key in wanted {
                if let Some(id) = self.find(store, &Identity::of(key))
                    && !found.contains(&id)
                {
                    self.row_is_gone(id);
                }
            }
        }
        Ok(keys.into_iter().map(|key| self.find(store, &Identity::of(key))).collect())
    }
}
