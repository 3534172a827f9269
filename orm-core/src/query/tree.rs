//! The plain trees that the typed builders fill and the dialects compile.

use super::criteria::Criterion;
use super::lock::Lock;
use super::text::TextStatement;
use crate::entity::{LoadPath, RelRef, TableDef};
use crate::expr::{Nested, Node, Ordered, Source};
use crate::types::Value;
use std::any::Any;

/// One thing that a SELECT or RETURNING lists.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// An expression; `nullable` says whether its Rust type may be NULL.
    Expr {
        /// The expression.
        node: Node,
        /// Whether its type is an `Option`.
        nullable: bool,
    },
    /// All columns of a model, in the order of its fields.
    Entity {
        /// The table or alias.
        source: Source,
        /// Whether there may be no row.
        optional: bool,
    },
    /// All columns of a subquery, in its order.
    Derived(Source),
}

/// A SELECT.
#[derive(Clone, Debug, Default)]
pub struct SelectTree {
    /// What is selected.
    pub items: Vec<Item>,
    /// FROM items that were asked for; the others follow from the columns used.
    pub from: Vec<Source>,
    /// The joins, in order.
    pub joins: Vec<Join>,
    /// WHERE, joined by AND.
    pub filter: Vec<Node>,
    /// GROUP BY.
    pub group_by: Vec<Node>,
    /// HAVING, joined by AND.
    pub having: Vec<Node>,
    /// ORDER BY.
    pub order_by: Vec<Ordered>,
    /// DISTINCT.
    pub distinct: bool,
    /// LIMIT.
    pub limit: Option<u64>,
    /// OFFSET.
    pub offset: Option<u64>,
    /// Sources that belong to the enclosing statement.
    pub correlate: Vec<Source>,
    /// Relationships to load with the rows.
    pub options: Vec<LoadPath>,
    /// Whether rows that a session holds already are overwritten where they have no unsaved change.
    pub refresh_existing: bool,
    /// Conditions on models, wherever this SELECT reads them.
    pub criteria: Vec<Criterion>,
    /// Whether criteria of the session, or of the statement around, are left out.
    pub without_criteria: bool,
    /// FOR UPDATE and its like.
    pub lock: Option<Lock>,
}

impl Nested for SelectTree {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A join.
#[derive(Clone, Debug)]
pub struct Join {
    /// How.
    pub kind: JoinKind,
    /// What; `None` for a join along a relationship, which names its target itself.
    pub target: Option<Source>,
    /// On what.
    pub on: On,
}

/// The kinds of join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// JOIN
    Inner,
    /// LEFT JOIN
    Left,
    /// CROSS JOIN
    Cross,
}

/// The condition of a join.
#[derive(Clone, Debug)]
pub enum On {
    /// None: a cross join.
    Nothing,
    /// The only foreign key between the target and what is in FROM already.
    ForeignKey,
    /// A relationship's keys.
    Relationship(RelRef),
    /// A condition of the caller's.
    Condition(Node),
}

/// An INSERT.
#[derive(Clone, Debug)]
pub struct InsertTree {
    /// The table.
    pub table: &'static TableDef,
    /// The columns that get values, by index.
    pub columns: Vec<u16>,
    /// The values.
    pub source: InsertSource,
    /// ON CONFLICT, ON DUPLICATE KEY.
    pub conflict: Option<Conflict>,
    /// RETURNING.
    pub returning: Vec<Item>,
}

/// Where an INSERT's values come from.
#[derive(Clone, Debug)]
pub enum InsertSource {
    /// One row of expressions; none at all is DEFAULT VALUES.
    Values(Vec<Node>),
    /// Rows of values, one after the other, each as long as the list of columns; `None` is the column's DEFAULT.
    Rows(Vec<Option<Value>>),
    /// A SELECT.
    Select(Box<SelectTree>),
}

/// What an INSERT does when a unique value exists already.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// The columns of the unique key, by index; empty for any key.
    pub columns: Vec<u16>,
    /// The condition of a partial unique index.
    pub index_where: Option<Node>,
    /// What happens.
    pub action: ConflictAction,
}

/// What happens on a conflict.
#[derive(Clone, Debug)]
pub enum ConflictAction {
    /// The row is left out.
    Nothing,
    /// The existing row is updated.
    Update {
        /// The columns and their values.
        set: Vec<(u16, Node)>,
        /// The condition of the update.
        filter: Option<Node>,
    },
}

/// An UPDATE.
#[derive(Clone, Debug)]
pub struct UpdateTree {
    /// The table.
    pub table: &'static TableDef,
    /// The columns and their values, in the order of the calls.
    pub set: Vec<(u16, Node)>,
    /// WHERE, joined by AND.
    pub filter: Vec<Node>,
    /// RETURNING.
    pub returning: Vec<Item>,
}

/// A DELETE.
#[derive(Clone, Debug)]
pub struct DeleteTree {
    /// The table.
    pub table: &'static TableDef,
    /// WHERE, joined by AND.
    pub filter: Vec<Node>,
    /// RETURNING.
    pub returning: Vec<Item>,
}

/// Many rows of a table, in an UPDATE or DELETE of a flush.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
    /// The table.
    pub(crate) table: &'static TableDef,
    /// The columns that a row is found by. The first of them are the key.
    pub(crate) find: &'a [u16],
    /// How many of them are the key.
    pub(crate) key: usize,
    /// The columns that are set.
    pub(crate) set: &'a [u16],
    /// The rows: what each is found by, then what it is set to.
    pub(crate) rows: &'a [Vec<Value>],
}

/// Any statement's tree.
#[derive(Clone, Copy, Debug)]
pub enum Tree<'a> {
    /// A SELECT.
    Select(&'a SelectTree),
    /// An INSERT.
    Insert(&'a InsertTree),
    /// An UPDATE.
    Update(&'a UpdateTree),
    /// A DELETE.
    Delete(&'a DeleteTree),
    /// SQL text.
    Text(&'a TextStatement),
}

/// Any statement, typed or not.
pub trait Statement {
    /// The statement's tree.
    fn tree(&self) -> Tree<'_>;

    /// Whether a session that runs it brings its objects up to date: see [`Update::synchronize`](super::Update::synchronize).
    fn synchronizes(&self) -> bool {
        true
    }

    /// Whether the criteria of a session that runs it are left out: see [`Update::without_criteria`](super::Update::without_criteria).
    fn ignores_criteria(&self) -> bool {
        false
    }
}

impl<S: Statement + ?Sized> Statement for &S {
    fn tree(&self) -> Tree<'_> {
        (**self).tree()
    }

    fn synchronizes(&self) -> bool {
        (**self).synchronizes()
    }

    fn ignores_criteria(&self) -> bool {
        (**self).ignores_criteria()
    }
}
