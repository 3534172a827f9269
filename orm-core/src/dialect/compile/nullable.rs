//! A NOT NULL column of the nullable side of an outer join may be NULL after all.

use super::scope::Scope;
use super::wrong;
use crate::error::Result;
use crate::expr::{BinaryOp, ColumnRef, Node};
use crate::query::Item;

/// Checks that what is selected as NOT NULL can't be NULL because of an outer join.
pub(super) fn check_nullable(items: &[Item], scope: &Scope<'_>) -> Result<()> {
    if !scope.listed.iter().any(|listed| listed.nullable) {
        return Ok(());
    }
    for item in items {
        match item {
            Item::Expr { node, nullable: false } => {
                if let Some(column) = may_be_null(node, scope) {
                    return Err(reads_nullable(column, matches!(node, Node::Column(_))));
                }
            }
            Item::Entity { source, optional: false } | Item::Derived(source)
                if scope.position_of(source).is_some_and(|n| scope.listed[n].nullable) =>
            {
                return Err(wrong(format!(
                    "{source} is on the nullable side of an outer join, so there may be no row of it: select \
                     `{}.optional()`",
                    source.table().map_or_else(|| source.to_string(), |table| table.title().to_owned())
                )));
            }
            Item::Expr { .. } | Item::Entity { .. } | Item::Derived(_) => {}
        }
    }
    Ok(())
}

#[cold]
fn reads_nullable(column: &ColumnRef, alone: bool) -> crate::error::Error {
    wrong(if alone {
        format!(
            "`{column:?}` is on the nullable side of an outer join, so it may be NULL: select `{column:?}.optional()`"
        )
    } else {
        format!(
            "`{column:?}` is on the nullable side of an outer join, so this expression may be NULL: add `.optional()` to \
             it, or give NULL a value with `coalesce`"
        )
    })
}

/// The column of a nullable side that can make the expression NULL.
fn may_be_null<'n>(node: &'n Node, scope: &Scope<'_>) -> Option<&'n ColumnRef> {
    match node {
        Node::Column(column) => {
            let position = scope.position(column)?;
            scope.listed[position].nullable.then_some(column)
        }
        Node::Optional(_)
        | Node::IsNull { .. }
        | Node::Exists { .. }
        | Node::Query(_)
        | Node::Binary(BinaryOp::IsDistinctFrom | BinaryOp::IsNotDistinctFrom, _) => None,
        Node::Case { arms, otherwise, .. } => {
            arms.iter().map(|(_, then)| then).chain(otherwise.as_deref()).find_map(|node| may_be_null(node, scope))
        }
        Node::Function(function) => match &*function.name {
            "count" => None,
            // NULL only when all are.
            "coalesce" => {
                let mut first = None;
                for arg in &function.args {
                    let column = may_be_null(arg, scope)?;
                    first = first.or(Some(column));
                }
                first
            }
            _ => function.args.iter().find_map(|arg| may_be_null(arg, scope)),
        },
        other => {
            let mut found = None;
            other.children(&mut |child| {
                if found.is_none() {
                    found = may_be_null(child, scope);
                }
            });
            found
        }
    }
}
