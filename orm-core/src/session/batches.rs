//! Large results, a part at a time.

use super::Session;
use super::arena::Id;
use crate::dialect;
use crate::engine::Running;
use crate::entity::{Key, KeyTuple};
use crate::error::{Error, Result};
use crate::model::Mapped;
use crate::query::{Item, Select, SelectTree, Tree};
use crate::types::{DecodeError, Value};
use std::collections::HashSet;
use std::fmt;

/// A query whose rows are read in batches: [`Session::batches`].
pub struct Batches<M: Mapped> {
    tree: SelectTree,
    size: usize,
    /// The rows' keys, once they were read.
    keys: Option<Vec<M::PrimaryKey>>,
    /// How many of them were given.
    given: usize,
}

impl<M: Mapped> fmt::Debug for Batches<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.keys.as_ref().map(Vec::len);
        f.debug_struct("Batches").field("size", &self.size).field("given", &self.given).field("of", &of).finish()
    }
}

impl Session {
    /// Reads the objects of a query in batches of so many rows: `while let Some(keys) = cursor.next(&mut session).await? { … }`.
    /// Between two batches the session can be used for anything, `commit` and `rollback` included; let go of what is not
    /// needed any more with [`Session::expunge`] or [`Session::clear`].
    ///
    /// The first call of `next` reads the primary keys of all rows, and keeps them (8 bytes for an integer key); each call
    /// then reads the rows of the next ones that the session does not hold. So which rows there are, and their order, is
    /// decided at the beginning; their columns are read when their batch is; a row that is deleted in between is left out.
    ///
    /// The query selects one model and nothing else; for columns there is [`Connection::stream`](crate::Connection::stream).
    pub fn batches<M: Mapped>(&self, query: Select<M, Key<M>>, size: usize) -> Batches<M> {
        Batches { tree: query.tree, size: size.max(1), keys: None, given: 0 }
    }
}

impl<M: Mapped> Batches<M> {
    /// The keys of the next batch, in the query's order, with what the query's loader options name; `None` at the end. A call
    /// that failed or was cancelled can be repeated, after the session's `rollback` where it asks for that.
    ///
    /// SQL: at first `SELECT id FROM … WHERE … ORDER BY …`, then for each batch (and each 500 keys)
    /// `SELECT … FROM … WHERE id IN (…)`, and those of the loader options.
    ///
    /// # Errors
    /// As [`Session::all`].
    pub fn next<'a>(&'a mut self, session: &'a mut Session) -> Running<'a, Option<Vec<Key<M>>>> {
        Box::pin(async move {
            if self.keys.is_none() {
                self.keys = Some(self.read_keys(session).await?);
            }
            let keys = self.keys.as_deref().unwrap_or_default();
            while self.given < keys.len() {
                let end = keys.len().min(self.given + self.size);
                let values = keys[self.given..end].iter().map(KeyTuple::values).collect();
                let found = session.batch(M::TABLE, values, &self.tree).await?;
                self.given = end;
                if !found.is_empty() {
                    return Ok(Some(found.into_iter().map(|id| session.key_of(id)).collect()));
                }
            }
            Ok(None)
        })
    }

    /// The statement that gives the rows' primary keys.
    fn key_query(&self) -> Result<SelectTree> {
        let [Item::Entity { source, optional: false }] = self.tree.items.as_slice() else {
            return Err(Error::Statement("`batches` takes a query of one model".to_owned()));
        };
        let key = |column: &u16| Item::Expr { node: source.column(*column), nullable: false };
        let mut tree = SelectTree {
            items: M::TABLE.primary_key.iter().map(key).collect(),
            options: Vec::new(),
            ..self.tree.clone()
        };
        if tree.distinct {
            // PostgreSQL orders distinct rows only by what is selected: they are told apart here.
            (tree.distinct, tree.limit, tree.offset) = (false, None, None);
        }
        Ok(tree)
    }

    async fn read_keys(&self, session: &mut Session) -> Result<Vec<M::PrimaryKey>> {
        let statement = {
            let (query, capabilities) = (self.key_query()?, session.engine.capabilities());
            dialect::compile_with(Tree::Select(&query), capabilities, &session.view().criteria)?
        };
        session.before_query(&statement.text).await?;
        let mut connection = session.take_connection(false).await?;
        let mut keys = Vec::new();
        let result = connection
            .fetch(statement, &mut |row| {
                let failed =
                    |reason: DecodeError| Error::Decode { column: format!("the key of {}", M::TABLE.title()), reason };
                keys.push(<M::PrimaryKey as KeyTuple>::read(row, 0).map_err(failed)?);
                Ok(())
            })
            .await;
        session.put_back(connection, result)?;
        if self.tree.distinct {
            let mut seen: HashSet<super::arena::Identity> = HashSet::new();
            keys.retain(|key| seen.insert(super::arena::Identity::of(key.values())));
            keys.drain(..keys.len().min(self.tree.offset.unwrap_or(0) as usize));
            keys.truncate(self.tree.limit.map_or(usize::MAX, |limit| limit as usize));
        }
        Ok(keys)
    }
}

impl Session {
    /// The objects of these keys that have rows, with the relationships that the query's options name.
    async fn batch(
        &mut self,
        table: &'static crate::entity::TableDef,
        keys: Vec<Vec<Value>>,
        tree: &SelectTree,
    ) -> Result<Vec<Id>> {
        self.before_query("the next batch").await?;
        let store = self.store_for(table)?;
        let found: Vec<Id> =
            self.find_or_read(store, keys, tree.refresh_existing).await?.into_iter().flatten().collect();
        let found: Vec<Id> = found.into_iter().filter(|id| self.is_live(*id)).collect();
        if !tree.options.is_empty() {
            self.load_paths(found.clone(), tree.options.clone(), self.view_of(tree)).await?;
        }
        Ok(found)
    }
}
