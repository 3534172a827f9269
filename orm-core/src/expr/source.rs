use super::node::Node;
use crate::entity::{RawColumn, TableDef};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Something that a FROM clause lists.
///
/// Two sources are one when they are the same table, or the same alias or subquery *object*: two aliases of one table
/// stay apart even under one name.
#[derive(Clone)]
pub enum Source {
    /// A model's table.
    Table(&'static TableDef),
    /// A model's table under another name.
    Alias(Arc<AliasDef>),
    /// A subquery or CTE.
    Derived(Arc<Derived>),
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Source::Table(a), Source::Table(b)) => a == b,
            (Source::Alias(a), Source::Alias(b)) => Arc::ptr_eq(a, b),
            (Source::Derived(a), Source::Derived(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}
impl Eq for Source {}

impl Source {
    /// The model's table, unless it is a subquery.
    pub fn table(&self) -> Option<&'static TableDef> {
        match self {
            Source::Table(table) => Some(table),
            Source::Alias(alias) => Some(alias.table),
            Source::Derived(_) => None,
        }
    }

    /// A column of the table or alias, by index.
    pub fn column(&self, index: u16) -> Node {
        Node::Column(match self {
            Source::Table(table) => ColumnRef::Table(RawColumn { table, index }),
            Source::Alias(alias) => ColumnRef::Alias(alias.clone(), index),
            Source::Derived(derived) => ColumnRef::Derived(derived.clone(), Some(usize::from(index))),
        })
    }
}

/// For error messages: the model's or alias's name.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Table(table) => f.write_str(table.title()),
            Source::Alias(alias) => match &alias.name {
                Some(name) => write!(f, "{} AS {name}", alias.table.title()),
                None => write!(f, "alias of {}", alias.table.title()),
            },
            Source::Derived(derived) => f.write_str(&derived.name),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A table under another name.
#[derive(Debug)]
pub struct AliasDef {
    /// The table.
    pub table: &'static TableDef,
    /// The name; the compiler chooses one where there is none.
    pub name: Option<String>,
}

/// A subquery or CTE as a source of columns.
#[derive(Debug)]
pub struct Derived {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: DerivedKind,
    /// The statement.
    pub query: Arc<dyn Nested>,
    /// Its columns, in order.
    pub columns: Vec<DerivedColumn>,
}

/// How a derived source is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DerivedKind {
    /// `(SELECT …) AS name` in FROM.
    Subquery,
}

/// A column of a subquery.
#[derive(Clone, Debug, PartialEq)]
pub struct DerivedColumn {
    /// Its name in the subquery's result, unique there.
    pub name: String,
    /// The expression that it was selected from.
    pub node: Node,
}

/// A column of a source.
#[derive(Clone)]
pub enum ColumnRef {
    /// Of a model's table.
    Table(RawColumn),
    /// Of an alias, by index.
    Alias(Arc<AliasDef>, u16),
    /// Of a subquery, by position; `None` when the subquery does not select it, which is an error when compiled.
    Derived(Arc<Derived>, Option<usize>),
}

impl ColumnRef {
    /// The source that it belongs to.
    pub fn source(&self) -> Source {
        match self {
            ColumnRef::Table(column) => Source::Table(column.table),
            ColumnRef::Alias(alias, _) => Source::Alias(alias.clone()),
            ColumnRef::Derived(derived, _) => Source::Derived(derived.clone()),
        }
    }

    /// The model's column, if it is one.
    pub fn raw(&self) -> Option<RawColumn> {
        match self {
            ColumnRef::Table(column) => Some(*column),
            ColumnRef::Alias(alias, index) => Some(RawColumn { table: alias.table, index: *index }),
            ColumnRef::Derived(..) => None,
        }
    }
}

impl PartialEq for ColumnRef {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (ColumnRef::Table(a), ColumnRef::Table(b)) => a == b,
            (ColumnRef::Alias(a, i), ColumnRef::Alias(b, j)) => Arc::ptr_eq(a, b) && i == j,
            (ColumnRef::Derived(a, i), ColumnRef::Derived(b, j)) => Arc::ptr_eq(a, b) && i == j,
            _ => false,
        }
    }
}

impl fmt::Debug for ColumnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ColumnRef::Table(column) => column.fmt(f),
            ColumnRef::Alias(alias, index) => {
                let name = alias.name.as_deref().unwrap_or("alias");
                write!(f, "{name}.{}", alias.table.column_def(*index).field)
            }
            ColumnRef::Derived(derived, Some(n)) => write!(f, "{}.{}", derived.name, derived.columns[*n].name),
            ColumnRef::Derived(derived, None) => write!(f, "{}.?", derived.name),
        }
    }
}

/// A statement inside an expression. Expressions do not know statements; the dialects, which know both, look inside.
pub trait Nested: Any + fmt::Debug + Send + Sync {
    /// The statement.
    fn as_any(&self) -> &dyn Any;
}

/// One statement object is equal to itself only.
impl PartialEq for dyn Nested {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(self, other)
    }
}
