//! Conditions on a model that hold wherever its rows are loaded: soft delete, tenants.

use super::exists::RelationshipExists;
use super::select::LoadOption;
use super::tree::SelectTree;
use crate::entity::{Entity, Link, Model, Resolved, TableDef};
use crate::error::{Error, Result};
use crate::expr::{ColumnRef, Condition, InSource, Nested, Node, Source};
use std::fmt;
use std::marker::PhantomData;

/// A condition on the rows of a table, without its types. Its columns are those of the plain table; where an alias is read,
/// they become the alias's.
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    /// The table.
    pub table: &'static TableDef,
    /// The condition.
    pub condition: Node,
}

/// A condition on the rows of `M`, for a whole statement: [`with_criteria`].
pub struct Criteria<M> {
    criterion: Criterion,
    of: PhantomData<fn() -> M>,
}

impl<M> Clone for Criteria<M> {
    fn clone(&self) -> Self {
        Criteria { criterion: self.criterion.clone(), of: PhantomData }
    }
}

impl<M> fmt::Debug for Criteria<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.criterion.fmt(f)
    }
}

/// An option of a query: only rows of `M` that meet the condition are seen, wherever the statement reads them.
///
/// It is added to the WHERE of each SELECT that reads the model or an alias of it, subqueries, `any` and `has` included; on
/// the nullable side of an outer join to the ON, so that the other side's rows stay; and to the SELECTs of the query's loader
/// options, whose collections are then [partial](crate::error::Error::Partial). Several for one model are joined by AND.
///
/// # Errors
/// When the statement is compiled: a condition that speaks of another model, other than in a subquery; one with a correlated
/// subquery, where an alias of the model is read.
pub fn with_criteria<M: Model, C: Condition>(entity: Entity<M>, condition: C) -> Criteria<M> {
    let _ = entity;
    Criteria { criterion: Criterion { table: M::TABLE, condition: condition.into_condition() }, of: PhantomData }
}

#[diagnostic::do_not_recommend]
impl<M: Model, R> LoadOption<R> for Criteria<M> {
    fn add_to(self, tree: &mut SelectTree) {
        tree.criteria.push(self.criterion);
    }
}

impl Criterion {
    /// The condition on a source of the table.
    ///
    /// # Errors
    /// As [`with_criteria`].
    pub(crate) fn on(&self, source: &Source) -> Result<Node> {
        self.check(&self.condition, source)?;
        let mut condition = self.condition.clone();
        if let Source::Alias(alias) = source {
            condition.map_columns(&mut |column| {
                if let ColumnRef::Table(raw) = column {
                    *column = ColumnRef::Alias(alias.clone(), raw.index);
                }
            });
        }
        Ok(condition)
    }

    fn check(&self, node: &Node, source: &Source) -> Result<()> {
        match node {
            Node::Column(column) => self.check_source(&column.source()),
            Node::Query(query) | Node::Exists { query, .. } => self.check_nested(&**query, source),
            node => {
                if let Node::In { list: InSource::Query(query), .. } = node {
                    self.check_nested(&**query, source)?;
                }
                let mut result = Ok(());
                node.children(&mut |child| {
                    if result.is_ok() {
                        result = self.check(child, source);
                    }
                });
                result
            }
        }
    }

    fn check_source(&self, source: &Source) -> Result<()> {
        if *source == Source::Table(self.table) {
            return Ok(());
        }
        Err(Error::Statement(format!(
            "the criteria of {} speak of {source}: they may only speak of {0}, or of others in a subquery",
            self.table.title()
        )))
    }

    fn check_nested(&self, query: &dyn Nested, source: &Source) -> Result<()> {
        let outer = if let Some(exists) = query.as_any().downcast_ref::<RelationshipExists>() {
            vec![Source::Table(exists.relationship.resolve()?.source)]
        } else if let Some(tree) = query.as_any().downcast_ref::<SelectTree>() {
            tree.correlate.clone()
        } else {
            Vec::new()
        };
        for outer in &outer {
            self.check_source(outer)?;
        }
        match (outer.is_empty(), source) {
            (false, Source::Alias(_)) => Err(Error::Statement(format!(
                "the criteria of {0} have a correlated subquery, which can't be turned to {source}: write it with IN, or \
                 leave the criteria out with `without_criteria()`",
                self.table.title()
            ))),
            _ => Ok(()),
        }
    }
}

/// Whether criteria may keep members of a relationship out.
pub(crate) fn hides(criteria: &[Criterion], resolved: &Resolved) -> bool {
    let between = match &resolved.link {
        Link::Through(through) => Some(through.table),
        _ => None,
    };
    criteria.iter().any(|criterion| criterion.table == resolved.target || Some(criterion.table) == between)
}
