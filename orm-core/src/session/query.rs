//! Queries: entities come as keys, columns as values.

use super::Session;
use super::arena::{Id, Identity, Stage};
use super::flush::Shape;
use crate::dialect;
use crate::engine::{Connection, Running};
use crate::entity::{IntoKey, Key, KeyTuple, RawKey, Sink, TableDef};
use crate::error::{Error, Result};
use crate::expr::{BinaryOp, Node, Source};
use crate::model::{Execute, Mapped, Prepared, Query, run_all};
use crate::query::{Item, SelectTree, Tree};
use crate::types::{Row, Value};
use std::ops::{Deref, DerefMut};

/// Takes the entities of a query in.
struct Absorb<'s> {
    session: &'s mut Session,
    overwrite: bool,
    /// The objects that the rows hold, for the loader options.
    found: Option<Vec<Id>>,
}

impl Sink for Absorb<'_> {
    fn entity(&mut self, table: &'static TableDef, row: &dyn Row, at: usize) -> Result<RawKey> {
        let store = self.session.store_for(table)?;
        let id = self.session.absorb(store, row, at, self.overwrite)?;
        if let Some(found) = &mut self.found {
            found.push(id);
        }
        Ok(self.session.raw_key(id))
    }
}

fn first_line(prepared: &[crate::dialect::Compiled]) -> String {
    prepared.first().map(|compiled| compiled.text.clone()).unwrap_or_default()
}

impl Session {
    async fn fetch_keyed<R: 'static, K: Send + 'static>(&mut self, prepared: Prepared<R, K>) -> Result<Vec<K>> {
        self.before_query(&first_line(&prepared.statements)).await?;
        let mut connection = self.take_connection(prepared.writes).await?;
        let mut rows = Vec::new();
        let mut sink = Absorb {
            overwrite: prepared.refresh_existing,
            found: (!prepared.options.is_empty()).then(Vec::new),
            session: self,
        };
        let mut result = Ok(0);
        for statement in prepared.statements {
            result = connection
                .fetch(statement, &mut |row| {
                    rows.push(prepared.decoder.keyed(row, &mut 0, &mut sink)?);
                    Ok(())
                })
                .await;
            if result.is_err() {
                break;
            }
        }
        let found = sink.found.take();
        self.put_back(connection, result)?;
        if let Some(found) = found {
            for path in prepared.options {
                let Some(first) = path.steps.first() else { continue };
                let source = first.relationship.resolve()?.source;
                let owners: Vec<Id> = found.iter().copied().filter(|id| self.table(*id) == source).collect();
                if owners.is_empty() && !found.is_empty() {
                    return Err(Error::Statement(format!(
                        "the query selects no `{}`, at which the loader option `{}` starts",
                        source.title(),
                        first.relationship
                    )));
                }
                self.load_paths(owners, vec![path]).await?;
            }
        }
        Ok(rows)
    }

    /// All rows of a query: entities as keys, columns as values. Objects that the session holds keep their values.
    ///
    /// Flushes first when there is something to flush.
    ///
    /// # Errors
    /// [`Error::Autoflush`] when that flush fails; what is wrong with the statement; the database's.
    pub fn all<Q: Query>(&mut self, query: Q) -> Running<'_, Vec<Q::Keyed>> {
        let prepared = query.prepare(self.engine.capabilities(), None);
        Box::pin(async move { self.fetch_keyed(prepared?).await })
    }

    /// The only row of a query.
    ///
    /// # Errors
    /// [`Error::NoRow`] and [`Error::ManyRows`]; otherwise as [`Session::all`].
    pub fn one<Q: Query>(&mut self, query: Q) -> Running<'_, Q::Keyed> {
        let found = self.one_or_none(query);
        Box::pin(async move { found.await?.ok_or_else(|| Error::NoRow { what: "the query".to_owned() }) })
    }

    /// The only row of a query, or `None`.
    ///
    /// # Errors
    /// [`Error::ManyRows`]; otherwise as [`Session::all`].
    pub fn one_or_none<Q: Query>(&mut self, query: Q) -> Running<'_, Option<Q::Keyed>> {
        let prepared = query.prepare(self.engine.capabilities(), Some(2));
        Box::pin(async move {
            let prepared = prepared?;
            let what = first_line(&prepared.statements);
            let mut rows = self.fetch_keyed(prepared).await?;
            let last = rows.pop();
            if rows.is_empty() { Ok(last) } else { Err(Error::ManyRows { what }) }
        })
    }

    /// The first row of a query, or `None`. A SELECT is sent with LIMIT 1.
    ///
    /// # Errors
    /// As [`Session::all`].
    pub fn first<Q: Query>(&mut self, query: Q) -> Running<'_, Option<Q::Keyed>> {
        let prepared = query.prepare(self.engine.capabilities(), Some(1));
        Box::pin(async move { Ok(self.fetch_keyed(prepared?).await?.into_iter().next()) })
    }

    /// The only value of a query: [`Session::one`] by another name, for queries of one column.
    ///
    /// # Errors
    /// As [`Session::one`].
    pub fn scalar<Q: Query>(&mut self, query: Q) -> Running<'_, Q::Keyed> {
        self.one(query)
    }

    /// Runs an INSERT, UPDATE, DELETE or text in the session's transaction, after a flush. Objects in the session are not
    /// brought up to date with what it changes.
    ///
    /// # Errors
    /// As [`Session::all`].
    pub fn execute<S: Execute>(&mut self, statement: S) -> Running<'_, u64> {
        let statements = statement.statements(self.engine.capabilities());
        Box::pin(async move {
            let statements = statements?;
            self.before_query(&first_line(&statements)).await?;
            let mut connection = self.take_connection(true).await?;
            let result = run_all(&mut connection, statements).await;
            self.put_back(connection, result)
        })
    }

    /// The object of a primary key: from the identity map, else from the database; `None` when there is none, or when it
    /// was deleted in this session. The key of a stale object whose row is gone ends.
    ///
    /// # Errors
    /// As [`Session::all`].
    pub fn get<M: Mapped>(&mut self, key: impl IntoKey<M::PrimaryKey>) -> Running<'_, Option<Key<M>>> {
        let values = key.into_key().values();
        Box::pin(async move {
            let id = self.get_erased(M::TABLE, values).await?;
            Ok(id.map(|id| self.key_of(id)))
        })
    }

    async fn get_erased(&mut self, table: &'static TableDef, values: Vec<Value>) -> Result<Option<Id>> {
        self.check()?;
        let store = self.store_for(table)?;
        let known = self.find(store, &Identity::of(values.clone()));
        if let Some(id) = known
            && !self.slot(id).stale
        {
            return Ok((self.stage(id) == Stage::Persistent).then_some(id));
        }
        self.before_query("get").await?;
        let binds = values.clone();
        let statement = self.shaped(table, Shape::Get, &[], 1, binds, |capabilities| {
            let source = Source::Table(table);
            let equal =
                |(index, value): (&u16, Value)| Node::binary(BinaryOp::Eq, source.column(*index), Node::Bind(value));
            let tree = SelectTree {
                items: vec![Item::Entity { source: source.clone(), optional: false }],
                filter: table.primary_key.iter().zip(values).map(equal).collect(),
                ..SelectTree::default()
            };
            dialect::compile(Tree::Select(&tree), capabilities)
        })?;
        let mut connection = self.take_connection(false).await?;
        let mut found = None;
        let result = connection
            .fetch(statement.single(), &mut |row| {
                found = Some(self.absorb(store, row, 0, false)?);
                Ok(())
            })
            .await;
        self.put_back(connection, result)?;
        if let (Some(id), None) = (known, found) {
            self.row_is_gone(id);
        }
        Ok(found.filter(|id| self.stage(*id) == Stage::Persistent))
    }

    /// The session without its flush before queries, for as long as the guard is held.
    pub fn no_autoflush(&mut self) -> NoAutoflush<'_> {
        let before = std::mem::replace(&mut self.autoflush, false);
        NoAutoflush { session: self, before }
    }

    /// The session's connection, in its transaction, after a flush: for functions that take `&mut Connection`. Ending the
    /// transaction is the session's business.
    ///
    /// # Errors
    /// The flush's, and the database's.
    pub fn connection(&mut self) -> Running<'_, &mut Connection> {
        Box::pin(async move {
            self.before_query("the connection").await?;
            let connection = self.take_connection(true).await?;
            Ok(self.connection.insert(connection))
        })
    }
}

/// A session that does not flush before queries: [`Session::no_autoflush`]. It derefs to the session.
#[derive(Debug)]
pub struct NoAutoflush<'s> {
    session: &'s mut Session,
    before: bool,
}

impl Deref for NoAutoflush<'_> {
    type Target = Session;
    fn deref(&self) -> &Session {
        self.session
    }
}

impl DerefMut for NoAutoflush<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        self.session
    }
}

impl Drop for NoAutoflush<'_> {
    fn drop(&mut self) {
        self.session.autoflush = self.before;
    }
}
