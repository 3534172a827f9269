//! Queries: entities come as keys, columns as values.

use super::Session;
use super::arena::{Id, Identity, Stage};
use super::criteria::View;
use super::flush::Shape;
use super::synchronize::{Change, Followed};
use crate::dialect::{self, Capabilities, Compiled};
use crate::engine::{Connection, Running, Statement};
use crate::entity::{IntoKey, Key, KeyTuple, LoadPath, RawKey, Sink, TableDef};
use crate::error::{Error, Result};
use crate::expr::{BinaryOp, Node, Source};
use crate::model::{Execute, Mapped, Prepared, Query};
use crate::query::{Decode, Item, SelectTree, Tree};
use crate::types::{Row, Value};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// What reads the rows of a query.
type Decoder<Q> = Arc<dyn Decode<<Q as Query>::Row, <Q as Query>::Keyed>>;

/// Takes the entities of a query in.
struct Absorb<'s> {
    session: &'s mut Session,
    overwrite: bool,
    /// The objects that the rows hold, where anybody asks.
    found: Option<&'s mut Vec<Id>>,
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

fn first_line(prepared: &[Compiled]) -> String {
    prepared.first().map(|compiled| compiled.text.clone()).unwrap_or_default()
}

/// Reads a row from a position on, which it moves.
type Decodes<'a> = &'a mut (dyn FnMut(&dyn Row, &mut usize, &mut dyn Sink) -> Result<()> + Send);

/// Reads a row.
type Each<'a> = &'a mut (dyn FnMut(&mut Session, &dyn Row) -> Result<()> + Send);

/// A query without its types.
struct Asked {
    statements: Vec<Compiled>,
    options: Vec<LoadPath>,
    /// What the loads of the options see.
    view: View,
    refresh_existing: bool,
    writes: bool,
    followed: Followed,
}

impl Session {
    /// Makes a query ready to be sent, and to be followed where it changes rows.
    fn ask<Q: Query>(&self, query: Q, limit: Option<u64>) -> Result<(Asked, Decoder<Q>)> {
        let followed = self.followed(query.tree(), query.synchronizes(), query.ignores_criteria())?;
        let seen = self.compile_seen(query.tree(), limit, query.ignores_criteria())?;
        let view = match query.tree() {
            Tree::Select(tree) if !tree.options.is_empty() => self.view_of(tree),
            _ => View::default(),
        };
        let Prepared { statements, decoder, options, criteria: _, refresh_existing, writes } =
            query.prepare(self.engine.capabilities(), limit)?;
        let statements = match &followed {
            Followed::Changes(change) => change.compile(self.engine.capabilities())?,
            Followed::No | Followed::Inserts(_) => seen.unwrap_or(statements),
        };
        Ok((Asked { statements, options, view, refresh_existing, writes, followed }, decoder))
    }

    async fn fetch_keyed<R: 'static, K: Send + 'static>(
        &mut self,
        asked: Asked,
        decoder: Arc<dyn Decode<R, K>>,
    ) -> Result<Vec<K>> {
        let mut rows = Vec::new();
        self.fetch_asked(asked, &mut |row, at, sink| {
            rows.push(decoder.keyed(row, at, sink)?);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    async fn fetch_asked(&mut self, asked: Asked, decodes: Decodes<'_>) -> Result<()> {
        if asked.writes {
            self.refuse_statement(&asked.statements)?;
        }
        self.before_query(&first_line(&asked.statements)).await?;
        let inserts = match asked.followed {
            Followed::Changes(change) => return self.fetch_change(*change, asked.statements, decodes).await,
            Followed::Inserts(table) => Some(table),
            Followed::No => None,
        };
        let mut found = (!asked.options.is_empty()).then(Vec::new);
        let overwrite = asked.refresh_existing || inserts.is_some();
        self.fetch_rows(asked.statements, asked.writes, &mut |session, row| {
            decodes(row, &mut 0, &mut Absorb { session, overwrite, found: found.as_mut() })
        })
        .await?;
        if let Some(table) = inserts {
            self.doubt_members(table, None);
        }
        let found = found.unwrap_or_default();
        for path in asked.options {
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
            self.load_paths(owners, vec![path], asked.view.clone()).await?;
        }
        Ok(())
    }

    /// An INSERT, UPDATE or DELETE that returns rows.
    async fn fetch_change(&mut self, change: Change, statements: Vec<Compiled>, decodes: Decodes<'_>) -> Result<()> {
        let mut found = Vec::new();
        self.fetch_followed(change, statements, &mut |session, row, at| {
            decodes(row, at, &mut Absorb { session, overwrite: true, found: Some(&mut found) })?;
            Ok(std::mem::take(&mut found))
        })
        .await
    }

    /// Runs statements, and gives the number of their rows.
    pub(super) async fn fetch_rows(&mut self, statements: Vec<Compiled>, writes: bool, each: Each<'_>) -> Result<u64> {
        let mut connection = self.take_connection(writes).await?;
        let mut rows = 0;
        let mut result = Ok(0);
        for statement in statements {
            result = connection.fetch(statement, &mut |row| each(self, row)).await;
            match &result {
                Ok(count) => rows += count,
                Err(_) => break,
            }
        }
        self.put_back(connection, result.map(|_| rows))
    }

    /// All rows of a query: entities as keys, columns as values. Objects that the session holds keep their values, unless the
    /// query locks its rows or asks for [`refresh_existing`](crate::query::Select::refresh_existing): then they have the rows' values, and a column with a change
    /// that is not flushed keeps it.
    ///
    /// The rows of an INSERT, UPDATE or DELETE with `returning` are what the statement made of them, and the objects follow, as
    /// by [`Session::execute`].
    ///
    /// Flushes first when there is something to flush.
    ///
    /// # Errors
    /// [`Error::Autoflush`] when that flush fails; what is wrong with the statement; the database's.
    pub fn all<Q: Query>(&mut self, query: Q) -> Running<'_, Vec<Q::Keyed>> {
        let prepared = self.ask(query, None);
        Box::pin(async move {
            let (asked, decoder) = prepared?;
            self.fetch_keyed(asked, decoder).await
        })
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
        let prepared = self.ask(query, Some(2));
        Box::pin(async move {
            let (asked, decoder) = prepared?;
            let what = first_line(&asked.statements);
            let mut rows = self.fetch_keyed(asked, decoder).await?;
            let last = rows.pop();
            if rows.is_empty() { Ok(last) } else { Err(Error::ManyRows { what }) }
        })
    }

    /// The first row of a query, or `None`. A SELECT is sent with LIMIT 1.
    ///
    /// # Errors
    /// As [`Session::all`].
    pub fn first<Q: Query>(&mut self, query: Q) -> Running<'_, Option<Q::Keyed>> {
        let prepared = self.ask(query, Some(1));
        Box::pin(async move {
            let (asked, decoder) = prepared?;
            Ok(self.fetch_keyed(asked, decoder).await?.into_iter().next())
        })
    }

    /// The only value of a query: [`Session::one`] by another name, for queries of one column.
    ///
    /// # Errors
    /// As [`Session::one`].
    pub fn scalar<Q: Query>(&mut self, query: Q) -> Running<'_, Q::Keyed> {
        self.one(query)
    }

    /// Runs an INSERT, UPDATE, DELETE or text in the session's transaction, after a flush, and gives the number of rows that it
    /// met.
    ///
    /// The session's objects follow. An UPDATE sets its columns in the objects whose rows it met; a column with a change that is
    /// not flushed keeps it. It counts the version of a model up that has one, so that others who hold the rows notice.
    /// After a DELETE the objects are [`State::Deleted`](super::State::Deleted), and loaded objects that ON DELETE reaches are deleted or unlinked with them;
    /// relationships' own cascades are not run. After an upsert the objects have the rows' new values. Collections that may lack rows now
    /// are loaded again by the next `load`. A rollback takes all of it back.
    ///
    /// Which objects are met is found from what they hold, where the condition compares only keys, or the objects came with this
    /// transaction, and the comparison is the same on every server (not where it depends on a collation, say). Else the
    /// statement returns the keys of its rows (PostgreSQL, SQLite, a DELETE on MariaDB), or it is preceded by a SELECT of the
    /// keys, among those of the objects. Columns that are set to what only the database can calculate are read after it,
    /// by one SELECT for each 500 objects. With [`synchronize(false)`](crate::query::Update::synchronize) none of this is done, and objects keep
    /// their values.
    ///
    /// What text changes can't be known: [`Session::expire`] what it may have met.
    ///
    /// # Errors
    /// As [`Session::all`]. When an UPDATE sets the key of a model of which the session holds objects, before anything is
    /// sent.
    pub fn execute<S: Execute>(&mut self, statement: S) -> Running<'_, u64> {
        let asked = self.ask_to_execute(statement);
        Box::pin(async move {
            let (followed, statements) = asked?;
            self.refuse_statement(&statements)?;
            self.before_query(&first_line(&statements)).await?;
            self.execute_followed(followed, statements).await
        })
    }

    fn ask_to_execute<S: Execute>(&self, statement: S) -> Result<(Followed, Vec<Compiled>)> {
        let ignores_criteria = statement.ignores_criteria();
        let followed = self.followed(statement.tree(), statement.synchronizes(), ignores_criteria)?;
        let capabilities = self.engine.capabilities();
        let statements = match &followed {
            Followed::Changes(change) => change.compile(capabilities)?,
            Followed::No | Followed::Inserts(_) => match self.compile_seen(statement.tree(), None, ignores_criteria)? {
                Some(statements) => statements,
                None => statement.statements(capabilities)?,
            },
        };
        Ok((followed, statements))
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
        // What the session holds, stale or not, is not hidden from it.
        let conditions = if known.is_none() { self.conditions_on(table)? } else { Vec::new() };
        let limited = !conditions.is_empty();
        let compile = |capabilities: &Capabilities| {
            let source = Source::Table(table);
            let equal =
                |(index, value): (&u16, Value)| Node::binary(BinaryOp::Eq, source.column(*index), Node::Bind(value));
            let tree = SelectTree {
                items: vec![Item::Entity { source: source.clone(), optional: false }],
                filter: table.primary_key.iter().zip(values).map(equal).chain(conditions).collect(),
                ..SelectTree::default()
            };
            dialect::compile(Tree::Select(&tree), capabilities)
        };
        let statement: Statement = if limited {
            compile(self.engine.capabilities())?.into()
        } else {
            self.shaped(table, Shape::Get, &[], 1, binds, compile)?
        };
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
    /// The flush's, and the database's; [`Error::Unsupported`] in a read-only session on SQLite.
    pub fn connection(&mut self) -> Running<'_, &mut Connection> {
        Box::pin(async move {
            self.has_connection()?;
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
