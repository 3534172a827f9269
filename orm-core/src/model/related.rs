//! The SELECT that loads a relationship of many parents at once.

use crate::entity::{Link, LoadStep, RelKind, Resolved};
use crate::expr::{BinaryOp, InSource, Node, Source};
use crate::query::{Item, Join, JoinKind, On, SelectTree};
use crate::types::Value;

/// A query for related rows, and where its rows say whose they are.
pub(crate) struct RelatedQuery {
    /// The query: the target's columns first.
    pub(crate) tree: SelectTree,
    /// The parent's columns that the rows are matched with.
    pub(crate) parent: Vec<u16>,
    /// Where a row has the values of those columns: columns of the target, or positions after them.
    pub(crate) positions: Vec<usize>,
}

/// `SELECT target.* FROM target WHERE key IN (…)`; many-to-many joins the table between and adds its near columns.
pub(crate) fn related_query(resolved: &Resolved, step: &LoadStep, keys: &[Vec<Value>]) -> RelatedQuery {
    let target = Source::Table(resolved.target);
    let mut items = vec![Item::Entity { source: target.clone(), optional: false }];
    let mut joins = Vec::new();
    let width = resolved.target.columns.len();
    let (parent, key_source, key_columns, positions) = match &resolved.link {
        Link::Holds { local, remote } | Link::Held { local, remote } => {
            let positions = remote.iter().map(|index| usize::from(*index)).collect();
            (local.clone(), target.clone(), remote.clone(), positions)
        }
        Link::Through(through) => {
            let between = Source::Table(through.table);
            let pairs = through.far.iter().zip(&through.remote);
            let on =
                pairs.map(|(far, remote)| Node::binary(BinaryOp::Eq, between.column(*far), target.column(*remote)));
            let on = On::Condition(Node::and(on.collect()));
            joins.push(Join { kind: JoinKind::Inner, target: Some(between.clone()), on });
            items.extend(through.near.iter().map(|near| Item::Expr { node: between.column(*near), nullable: false }));
            let positions = (width..width + through.near.len()).collect();
            (through.local.clone(), between, through.near.clone(), positions)
        }
    };
    let mut filter = vec![keys_in(&key_source, &key_columns, keys)];
    filter.extend(step.filter.clone());
    let mut order_by = step.order_by.clone();
    if order_by.is_empty() && resolved.kind != RelKind::BelongsTo && !step.relationship.reversed {
        order_by = resolved.def().order_by.map(|order| order()).unwrap_or_default();
    }
    let tree = SelectTree { items, from: vec![target], joins, filter, order_by, ..SelectTree::default() };
    RelatedQuery { tree, parent, positions }
}

/// `key IN (…)`: the column alone, or a tuple where there are several.
pub(crate) fn keys_in(source: &Source, columns: &[u16], keys: &[Vec<Value>]) -> Node {
    let row = |mut nodes: Vec<Node>| if nodes.len() == 1 { nodes.remove(0) } else { Node::Tuple(nodes) };
    let list = keys.iter().map(|key| row(key.iter().cloned().map(Node::Bind).collect())).collect();
    Node::In {
        operand: Box::new(row(columns.iter().map(|column| source.column(*column)).collect())),
        list: InSource::List(list),
        negated: false,
    }
}

/// A list of keys, made as long as the next power of two (or a full chunk) by repeating the last one, so that few texts do
/// for lists of any length and the drivers' statement caches are hit.
pub(crate) fn padded<K: Clone>(keys: &[K], full: usize) -> Vec<K> {
    let mut padded = keys.to_vec();
    if let Some(last) = keys.last() {
        padded.resize(keys.len().next_power_of_two().min(full).max(keys.len()), last.clone());
    }
    padded
}

/// The key values; `None` when one is NULL or unset, so that nothing can be related.
pub(crate) fn key_values(values: Vec<Option<Value>>) -> Option<Vec<Value>> {
    values.into_iter().map(|value| value.filter(|value| !value.is_null())).collect()
}
