//! What the columns of a statement can belong to, and what it is called there.

use super::{Writer, wrong};
use crate::error::Result;
use crate::expr::{ColumnRef, Source};
use crate::query::Item;
use std::borrow::Cow;

/// The FROM of a statement, inside those of the statements around it.
pub(super) struct Scope<'s> {
    pub parent: Option<&'s Scope<'s>>,
    pub listed: Vec<Listed>,
    /// Whether columns are written with their table's name.
    pub qualify: bool,
    /// What a SELECT selects, whose labels its GROUP BY and ORDER BY may use.
    pub items: &'s [Item],
}

/// One table, alias or subquery of a FROM.
pub(super) struct Listed {
    pub source: Source,
    /// What it is called in this statement.
    pub name: Cow<'static, str>,
    /// Whether it is on the nullable side of an outer join.
    pub nullable: bool,
}

impl Listed {
    pub(super) fn new(source: Source, nullable: bool) -> Self {
        let name = match &source {
            Source::Table(table) => Cow::Borrowed(table.name),
            Source::Alias(alias) => Cow::Owned(alias.name.clone().unwrap_or_default()),
            Source::Derived(derived) => Cow::Owned(derived.name.clone()),
        };
        Listed { source, name, nullable }
    }
}

/// Whether the column is one of the source's.
pub(super) fn owns(source: &Source, column: &ColumnRef) -> bool {
    match (source, column) {
        (Source::Table(table), ColumnRef::Table(column)) => *table == column.table,
        (Source::Alias(alias), ColumnRef::Alias(of, _)) => std::sync::Arc::ptr_eq(alias, of),
        (Source::Derived(derived), ColumnRef::Derived(of, _)) => std::sync::Arc::ptr_eq(derived, of),
        _ => false,
    }
}

impl<'s> Scope<'s> {
    /// A scope of nothing: the values of an INSERT.
    pub(super) const EMPTY: Scope<'static> = Scope { parent: None, listed: Vec::new(), qualify: false, items: &[] };

    /// A statement over one table.
    pub(super) fn of(source: Source) -> Self {
        Scope { parent: None, listed: vec![Listed::new(source, false)], qualify: false, items: &[] }
    }

    pub(super) fn position(&self, column: &ColumnRef) -> Option<usize> {
        self.listed.iter().position(|listed| owns(&listed.source, column))
    }

    pub(super) fn position_of(&self, source: &Source) -> Option<usize> {
        self.listed.iter().position(|listed| listed.source == *source)
    }

    /// Whether this statement or one around it lists the source.
    pub(super) fn lists(&self, source: &Source) -> bool {
        self.position_of(source).is_some() || self.parent.is_some_and(|parent| parent.lists(source))
    }

    /// Whether this statement or one around it calls something by this name.
    pub(super) fn uses_name(&self, name: &str) -> bool {
        self.listed.iter().any(|listed| listed.name == name) || self.parent.is_some_and(|parent| parent.uses_name(name))
    }
}

/// Names what has no name of its own, and sees that no two share one.
pub(super) fn assign_names(listed: &mut [Listed], parent: Option<&Scope<'_>>, correlated: bool) -> Result<()> {
    for at in 0..listed.len() {
        let (before, rest) = listed.split_at_mut(at);
        let Some((this, after)) = rest.split_first_mut() else { break };
        let clash = before.iter().find(|other| other.name == this.name).map(|other| &other.source).or_else(|| {
            // A name that the statement around uses for something else would hide it.
            let mut around = parent.filter(|_| correlated);
            while let Some(scope) = around {
                if let Some(other) = scope.listed.iter().find(|other| other.name == this.name) {
                    return (other.source != this.source).then_some(&other.source);
                }
                around = scope.parent;
            }
            None
        });
        let unnamed = matches!(&this.source, Source::Alias(alias) if alias.name.is_none());
        let of_table = matches!(&this.source, Source::Table(_));
        match clash {
            // Two tables of different schemas.
            Some(Source::Table(_)) if of_table => {}
            Some(other) if !unnamed => {
                return Err(wrong(format!(
                    "{} and {other} are both called `{}` in one statement: give one of them another name",
                    this.source, this.name
                )));
            }
            None if !unnamed => continue,
            _ => {}
        }
        let base = this.source.table().map_or("", |table| table.name);
        let mut n = 1;
        this.name = loop {
            let name = format!("{base}_{n}");
            let taken = before.iter().chain(&*after).any(|other| other.name == name)
                || parent.is_some_and(|parent| parent.uses_name(&name));
            if !taken {
                break Cow::Owned(name);
            }
            n += 1;
        };
    }
    Ok(())
}

impl Writer {
    /// A column, by its table's name where that is needed.
    pub(super) fn column(&mut self, column: &ColumnRef, scope: &Scope<'_>) -> Result<()> {
        let (mut at, mut qualify) = (scope, scope.qualify);
        let listed = loop {
            if let Some(n) = at.position(column) {
                break &at.listed[n];
            }
            // A column of the statement around must not be taken for one of this.
            qualify = true;
            at = at.parent.ok_or_else(|| not_listed(column))?;
        };
        if qualify {
            push_qualifier(self, &listed.name);
        }
        match column {
            ColumnRef::Table(raw) => self.name(raw.def().name),
            ColumnRef::Alias(alias, index) => self.name(alias.table.column_def(*index).name),
            ColumnRef::Derived(derived, Some(n)) => self.name(&derived.columns[*n].name),
            ColumnRef::Derived(derived, None) => {
                let known: Vec<&str> = derived.columns.iter().map(|column| column.name.as_str()).collect();
                return Err(wrong(format!(
                    "the subquery `{}` does not select a column that it is asked for; it selects {}",
                    derived.name,
                    known.join(", ")
                )));
            }
        }
        Ok(())
    }

    /// A column of a listed source, by its index in the table.
    pub(super) fn column_of(&mut self, listed: &Listed, index: u16) {
        push_qualifier(self, &listed.name);
        if let Some(table) = listed.source.table() {
            self.name(table.column_def(index).name);
        }
    }
}

fn push_qualifier(writer: &mut Writer, name: &str) {
    writer.name(name);
    writer.push(".");
}

#[cold]
fn not_listed(column: &ColumnRef) -> crate::error::Error {
    wrong(format!("`{column:?}` is of {}, which this statement does not read", column.source()))
}
