use crate::session::Session;
use crate::session::arena::{Columns, Id, Stage};
use crate::session::links::{KeyId, Override};
use crate::session::pairs::Pair;
use std::collections::HashMap;

/// What a flush changes in memory, to be put back when it fails.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    touched: Vec<Id>,
    orphans: Vec<(Id, KeyId)>,
    objects: HashMap<Id, Before>,
    pairs: Vec<(usize, [u32; 2], Pair)>,
}

#[derive(Debug)]
struct Before {
    stage: Stage,
    columns: Columns,
    original: Option<Columns>,
    overrides: Vec<(KeyId, Override)>,
}

impl Journal {
    pub(super) fn begin(touched: &[Id], orphans: &[(Id, KeyId)]) -> Self {
        Journal { touched: touched.to_vec(), orphans: orphans.to_vec(), ..Journal::default() }
    }

    /// The first word about an object counts.
    pub(super) fn object(
        &mut self,
        id: Id,
        stage: Stage,
        columns: Columns,
        original: Option<Columns>,
        overrides: Vec<(KeyId, Override)>,
    ) {
        self.objects.entry(id).or_insert(Before { stage, columns, original, overrides });
    }

    pub(super) fn pair(&mut self, table: usize, ends: [u32; 2], pair: Pair) {
        self.pairs.push((table, ends, pair));
    }
}

impl Session {
    /// Puts memory back to what it was before the flush.
    pub(crate) fn undo_flush(&mut self, journal: Journal) {
        for (id, before) in journal.objects {
            let key = self.object(id).primary_key_values();
            self.unidentify(id, key);
            self.write_columns(id, &before.columns);
            let slot = self.slot_mut(id);
            slot.stage = before.stage;
            slot.original = before.original;
            if matches!(before.stage, Stage::Persistent | Stage::Doomed)
                && let Err(error) = self.identify(id)
            {
                self.problems.push(error.to_string());
            }
            self.restore_overrides(id, before.overrides);
        }
        for (table, ends, pair) in journal.pairs.into_iter().rev() {
            self.pairs.tables[table].pairs.insert(ends, pair);
        }
        for id in &self.touched {
            let store = &mut self.stores[id.store as usize];
            store.slot_mut(id.slot).touched = false;
        }
        for id in &journal.touched {
            self.slot_mut(*id).touched = true;
        }
        self.touched = journal.touched;
        self.orphans = journal.orphans;
    }
}
