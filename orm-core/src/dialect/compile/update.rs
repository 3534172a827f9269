use super::Writer;
use super::connect::check_connected;
use super::nested::{Seen, visit_columns};
use super::scope::{Listed, Scope, assign_names, owns};
use crate::entity::TableDef;
use crate::error::Result;
use crate::expr::{Node, Source};
use crate::query::UpdateTree;

/// The changed table and the other tables that its conditions and values speak of.
pub(super) fn changed<'n>(
    table: &'static TableDef,
    nodes: impl Iterator<Item = &'n Node>,
    filter: &[Node],
) -> Result<Scope<'static>> {
    let mut scope = Scope::of(Source::Table(table));
    for node in nodes {
        visit_columns(node, &mut |seen| match seen {
            Seen::Column(column) => {
                if !scope.listed.iter().any(|listed| owns(&listed.source, column)) {
                    scope.listed.push(Listed::new(column.source(), false));
                }
            }
            Seen::Correlated(source) => {
                if scope.position_of(source).is_none() {
                    scope.listed.push(Listed::new(source.clone(), false));
                }
            }
        });
    }
    if scope.listed.len() > 1 {
        assign_names(&mut scope.listed, None, false)?;
        scope.qualify = true;
        check_connected(&scope, &[], filter)?;
    }
    Ok(scope)
}

impl Writer {
    pub(super) fn update(&mut self, tree: &UpdateTree) -> Result<()> {
        let nodes = tree.set.iter().map(|(_, value)| value).chain(&tree.filter);
        let scope = changed(tree.table, nodes, &tree.filter)?;
        self.target = (!self.syntax.reads_target).then_some(tree.table);
        let several = scope.listed.len() > 1;
        self.push("UPDATE ");
        self.source(&scope.listed[0])?;
        if several && !self.syntax.update_from {
            self.others(&scope, ", ")?;
            self.push(" SET ");
            self.assignments_of(&scope, tree)?;
        } else {
            self.push(" SET ");
            self.assignments(tree.table, &tree.set, &scope)?;
            self.others(&scope, " FROM ")?;
        }
        let criteria = self.criteria_of(&scope.listed[1..])?;
        self.filter(&tree.filter, &criteria, &scope)?;
        if !tree.returning.is_empty() && !self.capabilities.update_returning() {
            return Err(self.unsupported("UPDATE … RETURNING"));
        }
        self.returning(&tree.returning, &scope)
    }

    /// The tables after the first.
    pub(super) fn others(&mut self, scope: &Scope<'_>, clause: &str) -> Result<()> {
        for (n, listed) in scope.listed[1..].iter().enumerate() {
            self.push(if n == 0 { clause } else { ", " });
            self.source(listed)?;
        }
        Ok(())
    }

    /// SET in an UPDATE of several tables: each column says whose it is.
    fn assignments_of(&mut self, scope: &Scope<'_>, tree: &UpdateTree) -> Result<()> {
        if tree.set.is_empty() {
            return self.assignments(tree.table, &tree.set, scope);
        }
        for (n, (column, value)) in tree.set.iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            self.column_of(&scope.listed[0], *column);
            self.push(" = ");
            self.value(value, scope)?;
        }
        Ok(())
    }
}
