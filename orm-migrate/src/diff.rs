//! What has to change in a live schema so that it becomes the wanted one.

mod columns;
mod constraints;

use crate::operation::{Change, Operation, TableName};
use orm_core::dialect::{Capabilities, ddl};
use orm_core::reflect::normalise;
use orm_core::schema::{Schema, Table};
use std::fmt;

/// The differences of two schemas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// What carries the differences out, in order.
    pub operations: Vec<Operation>,
    /// Differences that no operation is written for.
    pub findings: Vec<Finding>,
    /// Columns that are gone while one of the same type is new in the same table: perhaps they were renamed.
    pub renames: Vec<Rename>,
    /// Live tables that are not wanted. They are not dropped unless [`Diff::drop_unknown`] says so: they may be
    /// another program's.
    pub unknown: Vec<Table>,
}

/// A difference that no operation is written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The table.
    pub table: TableName,
    /// What differs, and what to do.
    pub what: String,
    /// Whether what differs is the text of an expression, which the server may only have put into other words.
    pub(crate) expression: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.table, self.what)
    }
}

/// A column that may have been renamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The table.
    pub table: TableName,
    /// The column that is gone.
    pub from: String,
    /// The column that is new.
    pub to: String,
}

impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.table, self.from, self.to)
    }
}

impl Diff {
    /// Whether the two are the same, apart from unknown tables.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.findings.is_empty()
    }

    /// Drops the unknown tables too.
    pub fn drop_unknown(&mut self) {
        let mut unknown = Schema { tables: std::mem::take(&mut self.unknown) };
        for table in &mut unknown.tables {
            // They go with it; an undo brings the indexes back by operations of their own.
            let name = TableName::of(table);
            for index in std::mem::take(&mut table.indexes) {
                let change = Change::DropIndex { table: name.clone(), name: index.name.clone(), from: Some(index) };
                self.operations.push(change.into());
            }
        }
        let order = ddl::creation_order(&unknown);
        self.operations.extend(order.into_iter().rev().map(|(table, _)| {
            Operation::from(Change::DropTable { table: TableName::of(table), from: Some(table.clone()) })
        }));
    }

    /// One line for each difference.
    pub fn lines(&self) -> Vec<String> {
        let operations = self.operations.iter().map(Operation::to_string);
        operations.chain(self.findings.iter().map(Finding::to_string)).collect()
    }

    /// Whether asking the server how it writes expressions may make differences go away.
    pub(crate) fn differs_in_expressions(&self) -> bool {
        let check =
            |operation: &Operation| matches!(operation.change, Change::AddCheck { .. } | Change::DropCheck { .. });
        let index = |operation: &Operation| match &operation.change {
            Change::CreateIndex { index, .. } => index.filter.is_some(),
            _ => false,
        };
        self.findings.iter().any(|finding| finding.expression)
            || self.operations.iter().any(|operation| check(operation) || index(operation))
    }
}

/// What has to change in `live` so that it becomes `wanted`, in an order in which it can be done.
///
/// Both are brought into this database's form first ([`normalise`]). Names of constraints do not count, what they say
/// does; names of indexes do. Indexes on expressions and on parts of texts, which models can't say, are left alone. Expressions that
/// a server keeps in its own words are equal only when they are given in these: [`compare`](crate::compare) asks for them.
pub fn diff(live: &Schema, wanted: &Schema, capabilities: &Capabilities) -> Diff {
    let sides = Sides {
        live_normal: normalise(live, capabilities),
        wanted_normal: normalise(wanted, capabilities),
        live: live.clone(),
        wanted: wanted.clone(),
    };
    sides.diff(capabilities)
}

/// Both schemas as they are, and in the form in which they are compared; tables, columns and checks in the same order.
pub(crate) struct Sides {
    pub(crate) live: Schema,
    pub(crate) live_normal: Schema,
    pub(crate) wanted: Schema,
    pub(crate) wanted_normal: Schema,
}

/// One table of both sides.
struct Pair<'a> {
    name: TableName,
    live: &'a Table,
    live_normal: &'a Table,
    wanted: &'a Table,
    wanted_normal: &'a Table,
    capabilities: &'a Capabilities,
}

/// Operations by when they have to come.
#[derive(Default)]
struct Found {
    before: Vec<Operation>,
    columns: Vec<Operation>,
    after: Vec<Operation>,
    drops: Vec<Operation>,
    findings: Vec<Finding>,
    renames: Vec<Rename>,
}

impl Found {
    fn finding(&mut self, pair: &Pair<'_>, what: impl Into<String>) {
        self.findings.push(Finding { table: pair.name.clone(), what: what.into(), expression: false });
    }

    fn expression(&mut self, pair: &Pair<'_>, what: impl Into<String>) {
        self.findings.push(Finding { table: pair.name.clone(), what: what.into(), expression: true });
    }
}

impl Sides {
    pub(crate) fn diff(&self, capabilities: &Capabilities) -> Diff {
        let mut found = Found::default();
        let mut new = Schema::default();
        let position = |schema: &Schema, table: &Table| {
            schema.tables.iter().position(|other| other.name == table.name && other.schema == table.schema)
        };
        for (n, wanted) in self.wanted.tables.iter().enumerate() {
            match position(&self.live, wanted) {
                None => new.tables.push(wanted.clone()),
                Some(at) => {
                    let pair = Pair {
                        name: TableName::of(wanted),
                        live: &self.live.tables[at],
                        live_normal: &self.live_normal.tables[at],
                        wanted,
                        wanted_normal: &self.wanted_normal.tables[n],
                        capabilities,
                    };
                    columns::compare(&pair, &mut found);
                    constraints::compare(&pair, &mut found);
                }
            }
        }
        new.tables.sort_by(|a, b| (&a.schema, &a.name).cmp(&(&b.schema, &b.name)));
        let unknown = self.live.tables.iter().filter(|table| position(&self.wanted, table).is_none());
        let mut operations = found.before;
        operations.extend(create(&new));
        operations.extend(found.columns);
        operations.extend(found.after);
        operations.extend(found.drops);
        Diff { operations, findings: found.findings, renames: found.renames, unknown: unknown.cloned().collect() }
    }
}

/// Tables in dependency order, then their indexes.
fn create(new: &Schema) -> Vec<Operation> {
    let mut operations = Vec::new();
    let mut indexes = Vec::new();
    for (table, _) in ddl::creation_order(new) {
        let mut table = table.clone();
        for index in std::mem::take(&mut table.indexes) {
            indexes.push(Change::CreateIndex { table: TableName::of(&table), index }.into());
        }
        operations.push(Change::CreateTable(table).into());
    }
    operations.extend(indexes);
    operations
}
