use super::select::Select;
use super::tree::{Item, SelectTree};
use crate::entity::{Link, Many, Model, Rel, RelRef, Single, TableDef};
use crate::error::Result;
use crate::expr::{AliasDef, BinaryOp, ColumnRef, Condition, Expr, Nested, Node, Source};
use std::any::Any;
use std::sync::Arc;

/// EXISTS (SELECT …).
pub fn exists<R, K>(query: Select<R, K>) -> Expr<bool> {
    Expr::from_node(Node::Exists { query: Arc::new(query.tree), negated: false })
}

/// The subquery of `any` and `has`: the related rows that meet a condition. Its keys are found when it is compiled.
#[derive(Clone, Debug)]
pub struct RelationshipExists {
    /// The relationship.
    pub relationship: RelRef,
    /// The condition on the related row.
    pub condition: Node,
}

impl Nested for RelationshipExists {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn equal(left: &Source, columns: &[u16], right: &Source, others: &[u16]) -> impl Iterator<Item = Node> {
    let pairs: Vec<Node> = columns
        .iter()
        .zip(others)
        .map(|(a, b)| Node::binary(BinaryOp::Eq, left.column(*a), right.column(*b)))
        .collect();
    pairs.into_iter()
}

impl RelationshipExists {
    /// `SELECT 1 FROM target WHERE target.key = source.key AND condition`, correlated with the source.
    ///
    /// # Errors
    /// When the relationship's keys can't be found.
    pub fn to_select(&self) -> Result<SelectTree> {
        let resolved = self.relationship.resolve()?;
        let source = Source::Table(resolved.source);
        let mut condition = match resolved.def().filter {
            Some(filter) => Node::and(vec![filter(), self.condition.clone()]),
            None => self.condition.clone(),
        };
        let target = if resolved.source == resolved.target {
            // A table related to itself: the condition speaks of the related row, which gets a name of its own.
            let alias = Arc::new(AliasDef { table: resolved.target, name: None });
            let table: &'static TableDef = resolved.target;
            condition.map_columns(&mut |column| {
                if let ColumnRef::Table(raw) = column
                    && raw.table == table
                {
                    *column = ColumnRef::Alias(alias.clone(), raw.index);
                }
            });
            Source::Alias(alias)
        } else {
            Source::Table(resolved.target)
        };
        let mut filter = Vec::new();
        let mut from = vec![target.clone()];
        match &resolved.link {
            Link::Holds { local, remote } | Link::Held { local, remote } => {
                filter.extend(equal(&target, remote, &source, local));
            }
            Link::Through(through) => {
                let between = Source::Table(through.table);
                filter.extend(equal(&between, &through.near, &source, &through.local));
                filter.extend(equal(&target, &through.remote, &between, &through.far));
                from.push(between);
            }
        }
        filter.push(condition);
        Ok(SelectTree {
            items: vec![Item::Expr { node: Node::Raw("1".into()), nullable: false }],
            from,
            filter,
            correlate: vec![source],
            ..SelectTree::default()
        })
    }
}

fn relationship_exists(relationship: RelRef, condition: Node) -> Expr<bool> {
    Expr::from_node(Node::Exists { query: Arc::new(RelationshipExists { relationship, condition }), negated: false })
}

impl<M: Model, T: Model> Rel<M, T, Many> {
    /// Whether a related object meets the condition: EXISTS (SELECT 1 FROM target WHERE …). `any(true)` asks whether there
    /// is one at all.
    pub fn any<C: Condition>(self, condition: C) -> Expr<bool> {
        relationship_exists(self.raw(), condition.into_condition())
    }
}

impl<M: Model, T: Model, K: Single> Rel<M, T, K> {
    /// Whether the related object is there and meets the condition: EXISTS (SELECT 1 FROM target WHERE …).
    pub fn has<C: Condition>(self, condition: C) -> Expr<bool> {
        relationship_exists(self.raw(), condition.into_condition())
    }
}
