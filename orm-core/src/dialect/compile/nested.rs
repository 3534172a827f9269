//! Statements inside expressions.

use super::scope::Scope;
use super::wrong;
use crate::entity::Link;
use crate::error::Result;
use crate::expr::{ColumnRef, InSource, Nested, Node, Source};
use crate::query::{RelationshipExists, SelectTree};
use std::borrow::Cow;

/// What is met in an expression.
pub(super) enum Seen<'a> {
    /// A column of the statement, or of one around it.
    Column(&'a ColumnRef),
    /// A source that a subquery says is not its own.
    Correlated(&'a Source),
}

/// Visits the columns of an expression, and what its subqueries take from outside.
pub(super) fn visit_columns(node: &Node, see: &mut dyn FnMut(Seen<'_>)) {
    match node {
        Node::Column(column) | Node::Excluded(column) => see(Seen::Column(column)),
        Node::Query(query) | Node::Exists { query, .. } => visit_nested(&**query, see),
        Node::In { operand, list: InSource::Query(query), .. } => {
            visit_columns(operand, see);
            visit_nested(&**query, see);
        }
        Node::Bind(_) => {}
        // The common ones without the detour over `children`.
        Node::Binary(_, sides) => {
            visit_columns(&sides.0, see);
            visit_columns(&sides.1, see);
        }
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().for_each(|node| visit_columns(node, see)),
        other => other.children(&mut |child| visit_columns(child, see)),
    }
}

fn visit_nested(query: &dyn Nested, see: &mut dyn FnMut(Seen<'_>)) {
    if let Some(tree) = query.as_any().downcast_ref::<SelectTree>() {
        tree.correlate.iter().for_each(|source| see(Seen::Correlated(source)));
    } else if let Some(exists) = query.as_any().downcast_ref::<RelationshipExists>()
        && let Ok(resolved) = exists.relationship.resolve()
    {
        see(Seen::Correlated(&Source::Table(resolved.source)));
    }
}

/// The SELECT of a subquery in FROM.
pub(super) fn plain_select(query: &dyn Nested) -> Result<&SelectTree> {
    query.as_any().downcast_ref().ok_or_else(|| wrong(format!("this can't stand in FROM: {query:?}")))
}

/// The SELECT of a subquery in an expression.
pub(super) fn select_of<'q>(query: &'q dyn Nested, scope: &Scope<'_>) -> Result<Cow<'q, SelectTree>> {
    let Some(exists) = query.as_any().downcast_ref::<RelationshipExists>() else {
        return plain_select(query).map(Cow::Borrowed);
    };
    let mut tree = exists.to_select()?;
    // The condition of `any` and `has` may speak of anything that the statement around reads.
    let own = tree.from.clone();
    let link = &exists.relationship.resolve()?.link;
    let between = match link {
        Link::Through(through) => Some(Source::Table(through.table)),
        _ => None,
    };
    visit_columns(&exists.condition, &mut |seen| {
        let source = match seen {
            Seen::Column(column) => column.source(),
            Seen::Correlated(source) => source.clone(),
        };
        if !own.contains(&source)
            && Some(&source) != between.as_ref()
            && !tree.correlate.contains(&source)
            && scope.lists(&source)
        {
            tree.correlate.push(source);
        }
    });
    Ok(Cow::Owned(tree))
}
