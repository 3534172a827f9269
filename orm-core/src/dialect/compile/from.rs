//! FROM follows from the columns used: finds what a SELECT reads, and writes it.

use super::connect::check_connected;
use super::expression::level;
use super::joins::{JoinOn, Joined, resolve_joins};
use super::nested::{Seen, visit_columns};
use super::scope::{Listed, Scope, assign_names, owns};
use super::select::Place;
use super::{Writer, wrong};
use crate::error::Result;
use crate::expr::{ColumnRef, Node, Source};
use crate::query::{Item, JoinKind, On, SelectTree};

/// What a SELECT reads.
pub(super) struct From<'s, 't> {
    pub scope: Scope<'s>,
    /// How many of the listed sources stand alone; the others are joined to them.
    pub bases: usize,
    pub joins: Vec<Joined<'t>>,
}

/// The sources that are found by looking through a SELECT.
struct Finder<'a> {
    tree: &'a SelectTree,
    parent: Option<&'a Scope<'a>>,
    /// What joins bring in.
    targets: Vec<Source>,
    /// What the relationships start from that are joined along.
    starts: Vec<Source>,
    bases: Vec<Source>,
    /// Whether a column of a statement around is used.
    correlated: bool,
}

impl Finder<'_> {
    fn column(&mut self, column: &ColumnRef) {
        let here = |sources: &[Source]| sources.iter().any(|source| owns(source, column));
        if here(&self.bases) || here(&self.targets) {
            return;
        }
        if here(&self.tree.correlate) {
            self.correlated = true;
        } else {
            self.bases.push(column.source());
        }
    }

    fn source(&mut self, source: &Source) {
        if !self.bases.contains(source) && !self.targets.contains(source) && !self.tree.correlate.contains(source) {
            self.bases.push(source.clone());
        }
    }

    fn node(&mut self, node: &Node) {
        visit_columns(node, &mut |seen| match seen {
            Seen::Column(column) => self.column(column),
            // A subquery's outer columns are of this statement, unless they are of one around it.
            Seen::Correlated(source) => {
                if self.tree.correlate.contains(source) || self.parent.is_some_and(|parent| parent.lists(source)) {
                    self.correlated = true;
                } else {
                    self.source(source);
                }
            }
        });
    }

    fn find(&mut self) -> Result<()> {
        let tree = self.tree;
        for source in &tree.correlate {
            if !self.parent.is_some_and(|parent| parent.lists(source)) {
                return Err(wrong(format!("`.correlate({source})`: no statement around this one reads {source}")));
            }
        }
        for join in &tree.joins {
            match (&join.target, &join.on) {
                (Some(target), _) => self.target(target.clone())?,
                (None, On::Relationship(relationship)) => {
                    let resolved = relationship.resolve()?;
                    if let crate::entity::Link::Through(through) = &resolved.link {
                        self.target(Source::Table(through.table))?;
                    }
                    if resolved.source == resolved.target {
                        return Err(wrong(format!(
                            "`{relationship}` leads from {0} to itself: join `alias({0}, \"…\")` with a condition instead",
                            resolved.target.title()
                        )));
                    }
                    self.starts.push(Source::Table(resolved.source));
                    self.target(Source::Table(resolved.target))?;
                }
                (None, _) => return Err(wrong("a join without a target")),
            }
        }
        for source in &tree.from {
            if self.bases.contains(source) || self.targets.contains(source) {
                return Err(twice(source));
            }
            self.bases.push(source.clone());
        }
        for item in &tree.items {
            match item {
                Item::Expr { node, .. } => self.node(node),
                Item::Entity { source, .. } | Item::Derived(source) => self.source(source),
            }
        }
        tree.filter.iter().chain(&tree.group_by).chain(&tree.having).for_each(|node| self.node(node));
        tree.order_by.iter().for_each(|key| self.node(&key.node));
        for join in &tree.joins {
            match &join.on {
                On::Condition(condition) => self.node(condition),
                On::Relationship(relationship) => {
                    let resolved = relationship.resolve()?;
                    self.source(&Source::Table(resolved.source));
                    if let Some(filter) = resolved.def().filter {
                        self.node(&filter());
                    }
                }
                On::ForeignKey | On::Nothing => {}
            }
        }
        self.check_correlation()
    }

    fn target(&mut self, target: Source) -> Result<()> {
        if self.targets.contains(&target) || self.starts.contains(&target) {
            return Err(twice(&target));
        }
        self.targets.push(target);
        Ok(())
    }

    /// A forgotten correlation would be silently wrong.
    fn check_correlation(&self) -> Result<()> {
        let Some(parent) = self.parent else { return Ok(()) };
        if self.bases.len() + self.targets.len() < 2 {
            return Ok(());
        }
        match self.bases[self.tree.from.len()..].iter().find(|source| parent.lists(source)) {
            None => Ok(()),
            Some(source) => Err(wrong(format!(
                "a subquery reads {source}, which the statement around it reads too: add `.correlate({source})` to the \
                 subquery if it means the outer row, use an `alias` or `.select_from({source})` if it means rows of its own"
            ))),
        }
    }
}

fn twice(source: &Source) -> crate::error::Error {
    wrong(format!("{source} is in FROM twice: give the second one a name with `alias`"))
}

/// Finds out what a SELECT reads.
pub(super) fn plan<'s, 't>(tree: &'t SelectTree, parent: Option<&'s Scope<'s>>) -> Result<From<'s, 't>>
where
    't: 's,
{
    let mut finder = Finder {
        tree,
        parent,
        targets: Vec::new(),
        starts: Vec::new(),
        bases: Vec::with_capacity(4),
        correlated: false,
    };
    finder.find()?;
    let (correlated, bases) = (finder.correlated, finder.bases.len());
    let mut listed: Vec<Listed> = finder.bases.into_iter().map(|source| Listed::new(source, false)).collect();
    let joins = resolve_joins(tree, &mut listed)?;
    assign_names(&mut listed, parent, correlated)?;
    let qualify = listed.len() > 1 || correlated || label_hides_column(&tree.items, &listed);
    let scope = Scope { parent, listed, qualify, items: &tree.items };
    if bases > 1 {
        check_connected(&scope, &joins, &tree.filter)?;
    }
    Ok(From { scope, bases, joins })
}

/// Whether a label has the name of a column: a bare name would then mean either.
fn label_hides_column(items: &[Item], listed: &[Listed]) -> bool {
    items.iter().any(|item| match item {
        Item::Expr { node: Node::Label(label), .. } => is_column(&label.name, listed),
        _ => false,
    })
}

/// Whether one of the sources has a column of this name.
pub(super) fn is_column(name: &str, listed: &[Listed]) -> bool {
    listed.iter().any(|listed| match &listed.source {
        Source::Derived(derived) => derived.columns.iter().any(|column| column.name == name),
        source => source.table().is_some_and(|table| table.columns.iter().any(|column| column.name == name)),
    })
}

impl Writer {
    /// FROM with its joins.
    pub(super) fn from(&mut self, from: &From<'_, '_>) -> Result<()> {
        let scope = &from.scope;
        for (n, listed) in scope.listed[..from.bases].iter().enumerate() {
            self.push(match n {
                0 => " FROM ",
                // A comma binds less than JOIN, whose condition could then not see what is before it.
                _ if !from.joins.is_empty() && !self.syntax.comma_is_join => " CROSS JOIN ",
                _ => ", ",
            });
            self.source(listed)?;
        }
        for join in &from.joins {
            let listed = &scope.listed[join.at];
            self.push(match join.kind {
                JoinKind::Inner => " JOIN ",
                JoinKind::Left => " LEFT JOIN ",
                JoinKind::Cross => " CROSS JOIN ",
            });
            self.source(listed)?;
            // A condition in WHERE would take the rows of the other side away.
            let criteria = self.criteria_of(listed.nullable.then_some(listed))?;
            match &join.on {
                JoinOn::Nothing => {}
                JoinOn::Condition(condition) => {
                    self.push(" ON ");
                    self.expression(condition, scope, if criteria.is_empty() { 0 } else { level::AND })?;
                }
                JoinOn::Keys { other, own, others, filter } => {
                    for (n, (own, others)) in own.iter().zip(others).enumerate() {
                        self.push(if n == 0 { " ON " } else { " AND " });
                        self.column_of(&scope.listed[*other], *others);
                        self.push(" = ");
                        self.column_of(listed, *own);
                    }
                    if let Some(filter) = filter {
                        self.push(" AND ");
                        self.expression(filter, scope, level::AND)?;
                    }
                }
            }
            if !criteria.is_empty() {
                self.push(" AND ");
                self.criteria(&criteria, scope, level::AND)?;
            }
        }
        Ok(())
    }

    /// A table, alias or subquery as FROM lists it.
    pub(super) fn source(&mut self, listed: &Listed) -> Result<()> {
        let named = match &listed.source {
            Source::Table(table) => {
                self.table(table);
                listed.name != table.name
            }
            Source::Alias(alias) => {
                self.table(alias.table);
                true
            }
            Source::Derived(derived) => {
                self.push("(");
                let query = super::nested::plain_select(&*derived.query)?;
                self.select(query, None, Place::Derived(&derived.columns))?;
                self.push(")");
                true
            }
        };
        if named {
            self.push(" AS ");
            self.name(&listed.name);
        }
        Ok(())
    }
}
