//! Which objects a statement meets, and what it sets in them.

use super::Work;
use crate::dialect;
use crate::error::Result;
use crate::expr::{Node, Source};
use crate::model::{keys_in, padded};
use crate::query::{Criterion, Dml, Item, Lock, SelectTree, Tree};
use crate::session::Session;
use crate::session::arena::{Id, Identity};
use crate::session::evaluate::{Certain, Evaluator, Uncertain, reads};
use crate::types::{Dialect, Row, Value};
use crate::{entity::TableDef, error::Error};

/// The most keys of one SELECT.
pub(super) const CHUNK: usize = 500;

/// `key IN (…)`.
pub(super) fn among(table: &'static TableDef, keys: &[Vec<Value>]) -> Node {
    keys_in(&Source::Table(table), table.primary_key, &padded(keys, CHUNK))
}

/// A primary key from position `at` of a row on.
pub(super) fn read_key(table: &'static TableDef, sample: &[Value], row: &dyn Row, at: usize) -> Result<Identity> {
    let mut values = Vec::with_capacity(sample.len());
    for (n, like) in sample.iter().enumerate() {
        values.push(like.read_like(row, at + n).map_err(|reason| Error::Decode {
            column: format!("`{}::{}`", table.title(), table.column_def(table.primary_key[n]).field),
            reason,
        })?);
    }
    Ok(Identity::of(values))
}

/// The values of columns that a statement sets, by object.
type NewValues = Vec<(Id, Vec<(u16, Value)>)>;

impl Session {
    /// The object of a row's key.
    pub(super) fn object_of(&self, work: &Work, row: &dyn Row, at: usize) -> Result<Option<Id>> {
        let Some(first) = work.candidates.first() else { return Ok(None) };
        Ok(self.find(first.store, &read_key(work.change.table, &work.sample, row, at)?))
    }

    /// The objects that the statement meets, from what is in memory. An object's key is always what it was; its other columns are
    /// only known when it came with this transaction.
    pub(super) fn hits_in_memory(&self, work: &Work) -> Certain<Vec<Id>> {
        if matches!(work.change.dml, Dml::Insert(_)) {
            return Err(Uncertain);
        }
        let (table, dialect) = (work.change.table, self.engine.dialect());
        let mut hits = Vec::new();
        for id in &work.candidates {
            let current = self.is_current(*id);
            let column = |column: u16| {
                if current || table.primary_key.contains(&column) { self.original(*id, column) } else { None }
            };
            if (Evaluator { table, dialect, column: &column }).passes(work.change.filter())? {
                hits.push(*id);
            }
        }
        Ok(hits)
    }

    /// The objects that the statement will meet, from the database, which locks them until the statement runs.
    ///
    /// SQL: `SELECT id FROM users WHERE … AND id IN (…) FOR UPDATE`, for each 500 objects.
    pub(super) async fn find_hits(&mut self, work: &mut Work) -> Result<()> {
        if matches!(work.change.dml, Dml::Insert(_)) {
            work.hits.clone_from(&work.candidates);
            return Ok(());
        }
        let table = work.change.table;
        let source = Source::Table(table);
        let keys: Vec<Vec<Value>> = work.candidates.iter().filter_map(|id| self.original_key(*id)).collect();
        let mut seen = std::collections::HashSet::new();
        for keys in keys.chunks(CHUNK) {
            let key = |column: &u16| Item::Expr { node: source.column(*column), nullable: true };
            let tree = SelectTree {
                items: table.primary_key.iter().map(key).collect(),
                from: vec![source.clone()],
                filter: work.change.filter().iter().cloned().chain([among(table, keys)]).collect(),
                lock: Some(Lock::update()),
                ..SelectTree::default()
            };
            // Its own table's are in the filter already.
            let criteria: Vec<Criterion> =
                work.change.criteria.iter().filter(|criterion| criterion.table != table).cloned().collect();
            let statement = dialect::compile_with(Tree::Select(&tree), self.engine.capabilities(), &criteria)?;
            let mut found = Vec::new();
            self.fetch_rows(vec![statement], true, &mut |session, row| {
                found.extend(session.object_of(work, row, 0)?.filter(|id| seen.insert(*id)));
                Ok(())
            })
            .await?;
            work.hits.extend(found);
        }
        Ok(())
    }

    /// What an UPDATE sets in these objects, as far as that is known before, and the columns that have to be read after it.
    pub(super) fn new_values(&self, work: &Work, set: &[(u16, Node)]) -> (NewValues, Vec<u16>) {
        let (table, dialect) = (work.change.table, self.engine.dialect());
        let in_order = matches!(dialect, Dialect::MySql | Dialect::MariaDb);
        let mut unread: Vec<u16> = Vec::new();
        for (n, (column, node)) in set.iter().enumerate() {
            // There an assignment sees those before it.
            let before: Vec<u16> = set[..n].iter().map(|(column, _)| *column).collect();
            if in_order && reads(node, table, &before) {
                unread.push(*column);
            }
        }
        let mut values = Vec::with_capacity(work.hits.len());
        for id in &work.hits {
            let current = self.is_current(*id);
            // A version that somebody else has counted up meanwhile shall not be known: the next flush then says so.
            let known = |column: &u16| current || table.primary_key.contains(column) || table.version == Some(*column);
            let column = |column: u16| if known(&column) { self.original(*id, column) } else { None };
            let row = Evaluator { table, dialect, column: &column };
            let mut of_row = Vec::with_capacity(set.len());
            for (column, node) in set {
                if unread.contains(column) {
                    continue;
                }
                match row.assigned(*column, node) {
                    Ok(value) => of_row.push((*column, value)),
                    Err(Uncertain) => unread.push(*column),
                }
            }
            values.push((*id, of_row));
        }
        (values, unread)
    }
}
