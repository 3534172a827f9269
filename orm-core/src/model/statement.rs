//! What can be run: statements that return rows, and statements that do not.

use crate::dialect::{self, Capabilities, Compiled};
use crate::entity::LoadPath;
use crate::error::Result;
use crate::query::{
    Criterion, Decode, Delete, Dml, Insert, InsertSource, InsertTree, Returning, Select, Statement, TextRows,
    TextStatement, Tree, Update,
};
use crate::types::{Dialect, Value};
use std::sync::Arc;

/// A statement that returns rows: a SELECT, a `text(…).columns::<…>()`, or an INSERT, UPDATE or DELETE with `returning`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a statement that returns rows",
    label = "no rows",
    note = "start with `select(…)`, or add `.returning(…)` to an INSERT, UPDATE or DELETE"
)]
pub trait Query: Statement + Send {
    /// A row outside a session.
    type Row: Send + 'static;
    /// A row in a session: entities are keys.
    type Keyed: Send + 'static;

    /// The statement for a database, what reads its rows, and what is loaded with them.
    ///
    /// # Errors
    /// What is wrong with the statement, or what the database lacks.
    fn prepare(self, capabilities: &Capabilities, limit: Option<u64>) -> Result<Prepared<Self::Row, Self::Keyed>>;
}

/// A query that is ready to be sent.
pub struct Prepared<R, K> {
    /// The statements; more than one where the rows of an INSERT had to be split.
    pub statements: Vec<Compiled>,
    /// What reads the rows.
    pub decoder: Arc<dyn Decode<R, K>>,
    /// What is loaded with them.
    pub options: Vec<LoadPath>,
    /// Conditions on models, which hold for what is loaded with them too.
    pub criteria: Vec<Criterion>,
    /// Whether rows that a session holds already are overwritten.
    pub refresh_existing: bool,
    /// Whether it may change rows.
    pub writes: bool,
}

impl<R, K> std::fmt::Debug for Prepared<R, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.statements.fmt(f)
    }
}

/// An INSERT, UPDATE, DELETE or text that is run for its effect.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an INSERT, UPDATE or DELETE",
    label = "use `all`, `one`, `first` or `scalar` for a query"
)]
pub trait Execute: Statement + Send {
    /// The statements for a database; more than one where the rows of an INSERT had to be split.
    ///
    /// # Errors
    /// What is wrong with the statement, or what the database lacks.
    fn statements(self, capabilities: &Capabilities) -> Result<Vec<Compiled>>;
}

impl<R: Send + 'static, K: Send + 'static> Query for &Select<R, K> {
    type Row = R;
    type Keyed = K;
    fn prepare(self, capabilities: &Capabilities, limit: Option<u64>) -> Result<Prepared<R, K>> {
        let tree = self.as_tree();
        let compiled = match limit {
            Some(limit) if tree.limit.is_none_or(|own| own > limit) => {
                let mut limited = tree.clone();
                limited.limit = Some(limit);
                dialect::compile(Tree::Select(&limited), capabilities)?
            }
            _ => dialect::compile(Tree::Select(tree), capabilities)?,
        };
        Ok(Prepared {
            statements: vec![compiled],
            decoder: self.decoder().clone(),
            options: tree.options.clone(),
            criteria: tree.criteria.clone(),
            refresh_existing: tree.refresh_existing || tree.lock.is_some(),
            // On SQLite the lock is the transaction's.
            writes: tree.lock.is_some(),
        })
    }
}

impl<R: Send + 'static, K: Send + 'static> Query for Select<R, K> {
    type Row = R;
    type Keyed = K;
    fn prepare(self, capabilities: &Capabilities, limit: Option<u64>) -> Result<Prepared<R, K>> {
        (&self).prepare(capabilities, limit)
    }
}

fn plain<R, K>(statements: Vec<Compiled>, decoder: &Arc<dyn Decode<R, K>>, writes: bool) -> Prepared<R, K> {
    Prepared {
        statements,
        decoder: decoder.clone(),
        options: Vec::new(),
        criteria: Vec::new(),
        refresh_existing: false,
        writes,
    }
}

impl<R: Send + 'static, K: Send + 'static> Query for &Returning<R, K> {
    type Row = R;
    type Keyed = K;
    fn prepare(self, capabilities: &Capabilities, _: Option<u64>) -> Result<Prepared<R, K>> {
        Ok(plain(compile_dml(&self.dml, capabilities, &[])?, &self.decoder, true))
    }
}

impl<R: Send + 'static, K: Send + 'static> Query for Returning<R, K> {
    type Row = R;
    type Keyed = K;
    fn prepare(self, capabilities: &Capabilities, limit: Option<u64>) -> Result<Prepared<R, K>> {
        (&self).prepare(capabilities, limit)
    }
}

impl<R: Send + 'static, K: Send + 'static> Query for &TextRows<R, K> {
    type Row = R;
    type Keyed = K;
    fn prepare(self, capabilities: &Capabilities, _: Option<u64>) -> Result<Prepared<R, K>> {
        // Text may do anything; what begins with SELECT is taken to read.
        let reads = self.text.sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"));
        Ok(plain(vec![dialect::compile(self.tree(), capabilities)?], &self.decoder, !reads))
    }
}

impl<R: Send + 'static, K: Send + 'static> Query for TextRows<R, K> {
    type Row = R;
    type Keyed = K;
    fn prepare(self, capabilities: &Capabilities, limit: Option<u64>) -> Result<Prepared<R, K>> {
        (&self).prepare(capabilities, limit)
    }
}

/// The statements of a change; see [`split_insert`].
pub(crate) fn compile_dml(dml: &Dml, capabilities: &Capabilities, criteria: &[Criterion]) -> Result<Vec<Compiled>> {
    let tree = match dml {
        Dml::Insert(tree) if criteria.is_empty() || matches!(tree.source, InsertSource::Rows(_)) => {
            return split_insert(tree.clone(), capabilities);
        }
        Dml::Insert(tree) => Tree::Insert(tree),
        Dml::Update(tree) => Tree::Update(tree),
        Dml::Delete(tree) => Tree::Delete(tree),
    };
    Ok(vec![dialect::compile_with(tree, capabilities, criteria)?])
}

/// The rows of an INSERT in as many statements as the limit of binds asks for; on SQLite, which has no DEFAULT among
/// values, also one for each run of rows that leave the same columns to the database.
pub(crate) fn split_insert(mut tree: InsertTree, capabilities: &Capabilities) -> Result<Vec<Compiled>> {
    let width = tree.columns.len();
    let InsertSource::Rows(values) = &mut tree.source else {
        return Ok(vec![dialect::compile_insert(tree, capabilities)?]);
    };
    let most = capabilities.max_binds().checked_div(width).map_or(usize::MAX, |rows| rows.max(1));
    let by_default = capabilities.dialect == Dialect::Sqlite && values.contains(&None);
    if !by_default && values.len() <= most * width {
        let statement = if values.is_empty() { None } else { Some(dialect::compile_insert(tree, capabilities)?) };
        return Ok(statement.into_iter().collect());
    }
    let mut values = std::mem::take(values).into_iter();
    let mut statements = Vec::new();
    let mut part: Vec<Option<Value>> = Vec::new();
    let mut used: Vec<bool> = Vec::new();
    let mut finish = |part: &mut Vec<Option<Value>>, used: &[bool]| -> Result<()> {
        if part.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(part);
        let all_default = used.iter().all(|used| !used);
        let (columns, rows) = if used.contains(&false) && by_default && !all_default {
            let kept = |n: usize| used[n % width];
            let columns = tree.columns.iter().zip(used).filter(|(_, used)| **used).map(|(column, _)| *column).collect();
            (columns, rows.into_iter().enumerate().filter(|(n, _)| kept(*n)).map(|(_, value)| value).collect())
        } else {
            (tree.columns.clone(), rows)
        };
        let part = InsertTree { columns, source: InsertSource::Rows(rows), ..tree.clone() };
        statements.push(dialect::compile_insert(part, capabilities)?);
        Ok(())
    };
    loop {
        let row: Vec<Option<Value>> = values.by_ref().take(width).collect();
        if row.is_empty() {
            break;
        }
        let own: Vec<bool> = row.iter().map(|value| value.is_some() || !by_default).collect();
        if own != used || part.len() == most * width {
            finish(&mut part, &used)?;
            used = own;
        }
        part.extend(row);
    }
    finish(&mut part, &used)?;
    Ok(statements)
}

impl<M> Execute for Insert<M> {
    fn statements(self, capabilities: &Capabilities) -> Result<Vec<Compiled>> {
        split_insert(self.tree, capabilities)
    }
}

impl<M> Execute for &Insert<M> {
    fn statements(self, capabilities: &Capabilities) -> Result<Vec<Compiled>> {
        split_insert(self.tree.clone(), capabilities)
    }
}

macro_rules! execute {
    ($([$($generics:tt)*] $type:ty;)*) => { $(
        impl<$($generics)*> Execute for $type {
            fn statements(self, capabilities: &Capabilities) -> Result<Vec<Compiled>> {
                Ok(vec![dialect::compile(self.tree(), capabilities)?])
            }
        }
    )* };
}
execute! {
    [M] Update<M>;
    [M] &Update<M>;
    [M] Delete<M>;
    [M] &Delete<M>;
    [] TextStatement;
    [] &TextStatement;
}
