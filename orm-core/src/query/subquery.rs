use super::select::Select;
use super::selection::{Decode, Selection};
use super::tree::{Item, SelectTree};
use crate::expr::{Column, ColumnRef, Derived, DerivedColumn, DerivedKind, Expr, Expression, Label, Node, Source};
use crate::types::SqlType;
use std::fmt;
use std::sync::Arc;

/// A subquery in FROM, whose columns are reached by [`Subquery::get`].
pub struct Subquery<R = (), K = R> {
    pub(crate) derived: Arc<Derived>,
    decoder: Arc<dyn Decode<R, K>>,
}

impl<R, K> Clone for Subquery<R, K> {
    fn clone(&self) -> Self {
        Subquery { derived: self.derived.clone(), decoder: self.decoder.clone() }
    }
}

impl<R, K> fmt::Debug for Subquery<R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.derived.fmt(f)
    }
}

/// What a subquery's column is asked for by: what was selected in it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a column of a subquery",
    label = "expected a column, a label or an expression that the subquery selects"
)]
pub trait SubColumn {
    /// Its SQL type.
    type T: SqlType;
    /// What was selected.
    fn into_selected(self) -> Node;
}

impl<M, T: SqlType> SubColumn for Column<M, T> {
    type T = T;
    fn into_selected(self) -> Node {
        self.into_node()
    }
}

impl<T: SqlType> SubColumn for &Label<T> {
    type T = T;
    fn into_selected(self) -> Node {
        self.into_node()
    }
}

impl<T: SqlType> SubColumn for Expr<T> {
    type T = T;
    fn into_selected(self) -> Node {
        self.into_node()
    }
}

/// The columns that a SELECT gives, each under a name of its own.
pub(crate) fn derived_columns(tree: &SelectTree) -> Vec<DerivedColumn> {
    let mut columns: Vec<DerivedColumn> = Vec::new();
    let mut add = |node: Node| {
        let wanted = match &node {
            Node::Label(label) => label.name.clone(),
            Node::Column(ColumnRef::Derived(derived, Some(n))) => derived.columns[*n].name.clone(),
            Node::Column(column) => column.raw().map_or_else(String::new, |raw| raw.def().name.to_owned()),
            Node::Optional(inner) => match &**inner {
                Node::Column(column) => column.raw().map_or_else(String::new, |raw| raw.def().name.to_owned()),
                _ => String::new(),
            },
            _ => String::new(),
        };
        let wanted = if wanted.is_empty() { format!("column_{}", columns.len() + 1) } else { wanted };
        let mut name = wanted.clone();
        let mut n = 1;
        while columns.iter().any(|column| column.name == name) {
            name = format!("{wanted}_{n}");
            n += 1;
        }
        columns.push(DerivedColumn { name, node });
    };
    for item in &tree.items {
        match item {
            Item::Expr { node, .. } => add(node.clone()),
            Item::Entity { source, .. } => {
                let count = source.table().map_or(0, |table| table.columns.len());
                (0..count).for_each(|index| add(source.column(index as u16)));
            }
            Item::Derived(Source::Derived(derived)) => {
                (0..derived.columns.len()).for_each(|n| {
                    add(Node::Column(ColumnRef::Derived(derived.clone(), Some(n))));
                });
            }
            Item::Derived(_) => {}
        }
    }
    columns
}

impl<R, K> Select<R, K> {
    /// The SELECT as a source of columns: `(SELECT …) AS name`.
    pub fn subquery(self, name: &str) -> Subquery<R, K> {
        let columns = derived_columns(&self.tree);
        let derived =
            Derived { name: name.to_owned(), kind: DerivedKind::Subquery, query: Arc::new(self.tree), columns };
        Subquery { derived: Arc::new(derived), decoder: self.decoder }
    }
}

impl<R, K> Subquery<R, K> {
    /// The subquery's column that was selected from this column, label or expression. One that it does not select is an
    /// error when the statement is compiled.
    pub fn get<C: SubColumn>(&self, column: C) -> Expr<C::T> {
        let node = column.into_selected();
        let position = self.derived.columns.iter().position(|candidate| {
            candidate.node == node || matches!(&candidate.node, Node::Optional(inner) if **inner == node)
        });
        Expr::from_node(Node::Column(ColumnRef::Derived(self.derived.clone(), position)))
    }
}

impl<R: Send + 'static, K: Send + 'static> Selection for &Subquery<R, K> {
    type Row = R;
    type Keyed = K;
    type Decoder = Arc<dyn Decode<R, K>>;
    fn resolve(self, items: &mut Vec<Item>) -> Self::Decoder {
        items.push(Item::Derived(Source::Derived(self.derived.clone())));
        self.decoder.clone()
    }
}
