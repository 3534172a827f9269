use super::from::{FromItem, JoinTarget};
use super::selection::{Decode, Selection};
use super::tree::{Join, JoinKind, On, SelectTree, Statement, Tree};
use crate::entity::{Loader, Model};
use crate::expr::{Condition, Expr, GroupBy, InList, InSource, Node, OrderBy, RowList};
use crate::types::SqlType;
use std::fmt;
use std::sync::Arc;

/// A SELECT whose rows are `R`; in a session they are `K`, where entities are keys.
pub struct Select<R, K = R> {
    pub(crate) tree: SelectTree,
    pub(crate) decoder: Arc<dyn Decode<R, K>>,
}

impl<R, K> Clone for Select<R, K> {
    fn clone(&self) -> Self {
        Select { tree: self.tree.clone(), decoder: self.decoder.clone() }
    }
}

impl<R, K> fmt::Debug for Select<R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree.fmt(f)
    }
}

impl<R, K> Statement for Select<R, K> {
    fn tree(&self) -> Tree<'_> {
        Tree::Select(&self.tree)
    }
}

/// SELECT: a model, a column, an expression, or a tuple of them.
///
/// FROM follows from the columns used, WHERE and the like included. FROM items that nothing connects are an error when the
/// statement is compiled, and so is a NOT NULL column of the nullable side of an outer join without `.optional()`.
pub fn select<S: Selection<Row = R, Keyed = K>, R, K>(selection: S) -> Select<R, K> {
    let mut tree = SelectTree::default();
    let decoder = Arc::new(selection.resolve(&mut tree.items));
    Select { tree, decoder }
}

impl<R, K> Select<R, K> {
    fn with(mut self, change: impl FnOnce(&mut SelectTree)) -> Self {
        change(&mut self.tree);
        self
    }

    /// The statement's tree.
    pub fn as_tree(&self) -> &SelectTree {
        &self.tree
    }

    /// What reads its rows.
    pub fn decoder(&self) -> &Arc<dyn Decode<R, K>> {
        &self.decoder
    }

    /// WHERE; several are joined by AND.
    #[must_use]
    pub fn filter<C: Condition>(self, condition: C) -> Self {
        self.with(|tree| tree.filter.push(condition.into_condition()))
    }

    /// HAVING; several are joined by AND.
    #[must_use]
    pub fn having<C: Condition>(self, condition: C) -> Self {
        self.with(|tree| tree.having.push(condition.into_condition()))
    }

    /// GROUP BY.
    #[must_use]
    pub fn group_by(self, keys: impl GroupBy) -> Self {
        self.with(|tree| keys.push_to(&mut tree.group_by))
    }

    /// ORDER BY; a second call adds further keys.
    #[must_use]
    pub fn order_by(self, keys: impl OrderBy) -> Self {
        self.with(|tree| keys.push_to(&mut tree.order_by))
    }

    /// DISTINCT.
    #[must_use]
    pub fn distinct(self) -> Self {
        self.with(|tree| tree.distinct = true)
    }

    /// LIMIT.
    #[must_use]
    pub fn limit(self, rows: u64) -> Self {
        self.with(|tree| tree.limit = Some(rows))
    }

    /// OFFSET.
    #[must_use]
    pub fn offset(self, rows: u64) -> Self {
        self.with(|tree| tree.offset = Some(rows))
    }

    fn joined(self, kind: JoinKind, target: impl JoinTarget) -> Self {
        let (target, on) = target.into_join();
        self.with(|tree| tree.joins.push(Join { kind, target, on }))
    }

    fn joined_on(self, kind: JoinKind, target: impl FromItem, condition: impl Condition) -> Self {
        let (target, on) = (Some(target.into_source()), On::Condition(condition.into_condition()));
        self.with(|tree| tree.joins.push(Join { kind, target, on }))
    }

    /// JOIN along a relationship, or to a model or alias along the only foreign key between it and what is in FROM.
    #[must_use]
    pub fn join(self, target: impl JoinTarget) -> Self {
        self.joined(JoinKind::Inner, target)
    }

    /// LEFT JOIN along a relationship, or to a model or alias along the only foreign key.
    #[must_use]
    pub fn outer_join(self, target: impl JoinTarget) -> Self {
        self.joined(JoinKind::Left, target)
    }

    /// JOIN … ON a condition.
    #[must_use]
    pub fn join_on<C: Condition>(self, target: impl FromItem, condition: C) -> Self {
        self.joined_on(JoinKind::Inner, target, condition)
    }

    /// LEFT JOIN … ON a condition.
    #[must_use]
    pub fn outer_join_on<C: Condition>(self, target: impl FromItem, condition: C) -> Self {
        self.joined_on(JoinKind::Left, target, condition)
    }

    /// CROSS JOIN: every row with every row.
    #[must_use]
    pub fn cross_join(self, target: impl FromItem) -> Self {
        let target = Some(target.into_source());
        self.with(|tree| tree.joins.push(Join { kind: JoinKind::Cross, target, on: On::Nothing }))
    }

    /// Puts this first in FROM.
    #[must_use]
    pub fn select_from(self, source: impl FromItem) -> Self {
        let source = source.into_source();
        self.with(|tree| tree.from.push(source))
    }

    /// The columns of `source` belong to the enclosing statement.
    #[must_use]
    pub fn correlate(self, source: impl FromItem) -> Self {
        let source = source.into_source();
        self.with(|tree| tree.correlate.push(source))
    }

    /// Loads relationships with the rows ([`selectinload`](crate::entity::selectinload)), or sees only some rows of a model
    /// ([`with_criteria`](super::with_criteria)).
    #[must_use]
    pub fn options<O: LoadOption<R>>(self, option: O) -> Self {
        self.with(|tree| option.add_to(tree))
    }

    /// Leaves out the criteria of the session that runs it ([`Session::set_criteria`](crate::session::Session::set_criteria)), and
    /// in a subquery those of the statement around it; its own hold.
    #[must_use]
    pub fn without_criteria(self) -> Self {
        self.with(|tree| tree.without_criteria = true)
    }

    /// In a session: rows that it holds already are overwritten where they have no unsaved change.
    #[must_use]
    pub fn refresh_existing(self) -> Self {
        self.with(|tree| tree.refresh_existing = true)
    }
}

impl<T: SqlType> Select<T, T> {
    /// The SELECT of one column as an expression: NULL where it gives no row.
    pub fn scalar_subquery(self) -> Expr<Option<T::Base>> {
        Expr::from_node(Node::Query(Arc::new(self.tree)))
    }
}

#[diagnostic::do_not_recommend]
impl<T: SqlType> InList<T::Base> for Select<T, T> {
    fn into_source(self) -> InSource {
        InSource::Query(Arc::new(self.tree))
    }
}

impl<R> RowList<R> for Select<R, R> {
    fn into_source(self) -> InSource {
        InSource::Query(Arc::new(self.tree))
    }
}

/// A row that holds an `M`: the model itself, an `Option` of it, or a tuple.
#[diagnostic::on_unimplemented(
    message = "this query selects `{Self}`, but the loader option starts at `{M}`",
    label = "start the option at `{Self}`"
)]
pub trait Holds<M> {}
impl<M: Model> Holds<M> for M {}
impl<M: Model> Holds<M> for Option<M> {}
macro_rules! holds {
    ($($($t:ident)+;)*) => { $(impl<M, $($t),+> Holds<M> for ($($t,)+) {})* };
}
holds! { A; A B; A B C; A B C D; A B C D E; A B C D E F; }

/// What [`Select::options`] takes for rows of `R`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an option of a query for `{R}`",
    label = "expected `selectinload(…)` of a relationship of a selected model"
)]
pub trait LoadOption<R> {
    /// Adds the option.
    fn add_to(self, tree: &mut SelectTree);
}

#[diagnostic::do_not_recommend]
impl<M, T, R: Holds<M>> LoadOption<R> for Loader<M, T>
where
    M: Model,
    T: Model,
{
    fn add_to(self, tree: &mut SelectTree) {
        tree.options.push(self.into_path());
    }
}
