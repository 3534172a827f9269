use super::expression::level;
use super::from::plan;
use super::nullable::check_nullable;
use super::scope::Scope;
use super::{Writer, wrong};
use crate::entity::TableDef;
use crate::error::Result;
use crate::expr::{ColumnRef, DerivedColumn, Node, Source};
use crate::query::{Item, SelectTree};
use crate::types::Value;

/// Where a SELECT stands.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// By itself, or as the rows of an INSERT.
    Statement,
    /// In FROM: its columns get these names.
    Derived(&'a [DerivedColumn]),
    /// In FROM, as the rows of an INSERT: its columns get the names of the table's.
    Rows(&'static TableDef, &'a [u16]),
    /// In an expression.
    Expression,
    /// On the right of IN.
    In,
}

impl<'a> Place<'a> {
    /// The name that the column must have.
    fn name(self, n: usize) -> Option<&'a str> {
        match self {
            Place::Derived(columns) => columns.get(n).map(|column| column.name.as_str()),
            Place::Rows(table, columns) => columns.get(n).map(|index| table.column_def(*index).name),
            Place::Statement | Place::Expression | Place::In => None,
        }
    }
}

impl Writer {
    pub(super) fn select(&mut self, tree: &SelectTree, parent: Option<&Scope<'_>>, place: Place<'_>) -> Result<()> {
        let around = self.enter(tree);
        let from = plan(tree, parent)?;
        let scope = &from.scope;
        if matches!(place, Place::Statement | Place::Derived(_) | Place::Rows(..)) {
            check_nullable(&tree.items, scope)?;
        }
        let wrapped = self.needs_wrapping(tree, scope, place)?;
        if wrapped {
            self.push("SELECT * FROM (");
        }
        self.push(if tree.distinct { "SELECT DISTINCT " } else { "SELECT " });
        self.items(&tree.items, scope, place)?;
        self.from(&from)?;
        let criteria = self.criteria_of(scope.listed.iter().filter(|listed| !listed.nullable))?;
        if scope.listed.is_empty() && !tree.filter.is_empty() {
            self.push(self.syntax.from_nothing);
        }
        self.filter(&tree.filter, &criteria, scope)?;
        self.group_by(&tree.group_by, scope, place)?;
        self.conditions(" HAVING ", &tree.having, scope)?;
        self.order_by(&tree.order_by, scope, place)?;
        self.limit(tree)?;
        if let Some(lock) = &tree.lock {
            self.lock(lock, scope)?;
        }
        if wrapped {
            self.push(") AS ");
            self.name(WRAPPED);
        }
        self.leave(around);
        Ok(())
    }

    /// MySQL and MariaDB take no LIMIT in the SELECT of an IN, and MySQL no subquery on the table that is changed: both
    /// work inside one more SELECT.
    fn needs_wrapping(&self, tree: &SelectTree, scope: &Scope<'_>, place: Place<'_>) -> Result<bool> {
        let limited =
            matches!(place, Place::In) && !self.syntax.limit_in_in && (tree.limit.is_some() || tree.offset.is_some());
        let reads_target = matches!(place, Place::In | Place::Expression)
            && self
                .target
                .is_some_and(|target| scope.listed.iter().any(|listed| listed.source.table() == Some(target)));
        if (limited || reads_target) && !tree.correlate.is_empty() {
            let feature = if limited {
                "LIMIT in a correlated subquery of IN; use EXISTS".to_owned()
            } else {
                let target = self.target.map_or("", TableDef::title);
                format!(
                    "correlated subqueries on {target} in an UPDATE or DELETE of {target}; find the keys with a SELECT first"
                )
            };
            return Err(self.unsupported(feature));
        }
        Ok(limited || reads_target)
    }

    pub(super) fn items(&mut self, items: &[Item], scope: &Scope<'_>, place: Place<'_>) -> Result<()> {
        let mut n = 0;
        for item in items {
            match item {
                Item::Expr { node, .. } => {
                    self.comma(n);
                    self.item(node, scope, place.name(n))?;
                    n += 1;
                }
                Item::Entity { source, .. } => {
                    let Some(table) = source.table() else {
                        return Err(wrong(format!("{source} is no model, so it can't be selected as one")));
                    };
                    let Some(at) = scope.position_of(source) else {
                        return Err(wrong(format!("{source} is selected, but the statement does not read it")));
                    };
                    for (index, column) in table.columns.iter().enumerate() {
                        self.comma(n);
                        if scope.qualify {
                            self.column_of(&scope.listed[at], index as u16);
                        } else {
                            self.name(column.name);
                        }
                        self.renamed(column.name, place.name(n));
                        n += 1;
                    }
                }
                Item::Derived(source) => {
                    let Source::Derived(derived) = source else {
                        return Err(wrong(format!("{source} is no subquery, so it can't be selected as one")));
                    };
                    for (index, column) in derived.columns.iter().enumerate() {
                        self.comma(n);
                        self.column(&ColumnRef::Derived(derived.clone(), Some(index)), scope)?;
                        self.renamed(&column.name, place.name(n));
                        n += 1;
                    }
                }
            }
        }
        if n == 0 {
            return Err(wrong("a SELECT of nothing"));
        }
        Ok(())
    }

    fn comma(&mut self, n: usize) {
        if n > 0 {
            self.push(", ");
        }
    }

    /// AS, where a column must have another name than its own.
    fn renamed(&mut self, own: &str, wanted: Option<&str>) {
        if let Some(wanted) = wanted
            && wanted != own
        {
            self.push(" AS ");
            self.name(wanted);
        }
    }

    /// One selected expression, with its label or the name that it must have.
    pub(super) fn item(&mut self, node: &Node, scope: &Scope<'_>, wanted: Option<&str>) -> Result<()> {
        match node {
            Node::Label(label) => {
                self.expression(&label.node, scope, 0)?;
                self.push(" AS ");
                self.name(wanted.unwrap_or(&label.name));
                Ok(())
            }
            Node::Optional(inner) => self.item(inner, scope, wanted),
            Node::Column(column) => {
                self.column(column, scope)?;
                let own = match column {
                    ColumnRef::Derived(derived, Some(n)) => derived.columns[*n].name.as_str(),
                    other => other.raw().map_or("", |raw| raw.def().name),
                };
                self.renamed(own, wanted);
                Ok(())
            }
            node => {
                self.expression(node, scope, 0)?;
                self.renamed("", wanted);
                Ok(())
            }
        }
    }

    /// Conditions joined by AND.
    pub(super) fn conditions(&mut self, clause: &str, conditions: &[Node], scope: &Scope<'_>) -> Result<()> {
        // `true` adds nothing to other conditions.
        let is_true = |condition: &Node| matches!(condition, Node::Truth(true));
        let others = conditions.iter().filter(|condition| !is_true(condition)).count();
        let least = if others > 1 { level::AND } else { 0 };
        let written = conditions.iter().filter(|condition| others == 0 || !is_true(condition));
        for (n, condition) in written.take(others.max(1)).enumerate() {
            self.push(if n == 0 { clause } else { " AND " });
            self.expression(condition, scope, least)?;
        }
        Ok(())
    }

    fn limit(&mut self, tree: &SelectTree) -> Result<()> {
        let rows = |rows: u64| {
            i64::try_from(rows)
                .map(Value::I64)
                .map_err(|_| wrong(format!("LIMIT or OFFSET of {rows} rows is too much")))
        };
        if let Some(limit) = tree.limit {
            self.push(" LIMIT ");
            self.assigned(rows(limit)?)?;
        }
        if let Some(offset) = tree.offset {
            if let (None, super::super::syntax::Offset::After(all)) = (tree.limit, self.syntax.offset) {
                self.push(" LIMIT ");
                self.push(all);
            }
            self.push(" OFFSET ");
            self.assigned(rows(offset)?)?;
        }
        Ok(())
    }
}

/// What a subquery is called that is wrapped in another.
const WRAPPED: &str = "wrapped";
