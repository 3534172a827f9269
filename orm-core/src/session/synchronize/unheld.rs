//! What rows that the session does not hold do to objects that it holds.

use crate::entity::{Action, ForeignKeyDef, TableDef};
use crate::error::Result;
use crate::model::key_values;
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use crate::session::collections::CollectionKind;
use crate::session::pairs::PairSide;

/// Whether the database changes a row along with the one that it references.
fn follows(action: Action) -> bool {
    matches!(action, Action::Cascade | Action::SetNull | Action::SetDefault)
}

impl Session {
    /// Collections that rows of this table are members of, over foreign keys with one of these columns (or any), may lack
    /// members now, or have too many.
    pub(in crate::session) fn doubt_members(&mut self, table: &'static TableDef, columns: Option<&[u16]>) {
        for key in 0..self.links.keys.len() {
            let links = &self.links.keys[key];
            let concerned = columns.is_none_or(|columns| links.columns.iter().any(|column| columns.contains(column)));
            if concerned && self.stores[links.child as usize].table == table {
                self.doubt_collections(CollectionKind::Children(key), links.parent);
            }
        }
        for n in 0..self.pairs.tables.len() {
            if self.pairs.tables[n].table == table {
                for side in 0..2 {
                    let owners = self.pairs.tables[n].sides[side].store;
                    self.doubt_collections(CollectionKind::Partners(PairSide { table: n, side }), owners);
                }
            }
        }
    }

    /// Objects with a row whose foreign keys lead to this table, those for which `doubtful` says so, with the columns that may
    /// have changed.
    fn doubtful(
        &self,
        target: &'static TableDef,
        action: fn(&ForeignKeyDef) -> Action,
        doubtful: &dyn Fn(&Session, &ForeignKeyDef, Id) -> bool,
    ) -> Vec<(Vec<Id>, Vec<u16>)> {
        let mut found = Vec::new();
        for store in 0..self.stores.len() as u32 {
            let table = self.stores[store as usize].table;
            let keys = table.foreign_keys.iter().filter(|key| follows(action(key)) && key.target() == target);
            let keys: Vec<&ForeignKeyDef> = keys.collect();
            if keys.is_empty() {
                continue;
            }
            let ids = (0..self.stores[store as usize].slots.len() as u32).map(|slot| Id { store, slot });
            let has_row = |id: &Id| matches!(self.stage(*id), Stage::Persistent | Stage::Doomed);
            let ids: Vec<Id> =
                ids.filter(has_row).filter(|id| keys.iter().any(|key| doubtful(self, key, *id))).collect();
            let columns = keys.iter().flat_map(|key| key.columns).copied().collect();
            found.push((ids, columns));
        }
        found
    }

    /// After a DELETE: rows that the session does not hold took others with them, or left them without a link. `held` says that
    /// all deleted rows of this table were objects.
    pub(super) async fn follow_deletes(&mut self, table: &'static TableDef, held: bool) -> Result<()> {
        let mut rest = vec![(table, held)];
        let mut seen = vec![table];
        while let Some((target, held)) = rest.pop() {
            for store in 0..self.stores.len() {
                let child = self.stores[store].table;
                let cascades = |key: &ForeignKeyDef| key.on_delete == Action::Cascade && key.target() == target;
                if child.foreign_keys.iter().any(cascades) && !seen.contains(&child) {
                    seen.push(child);
                    rest.push((child, false));
                }
            }
            let doubtful = self.doubtful(target, |key| key.on_delete, &|session, key, id| {
                let values = key.columns.iter().map(|column| session.original(id, *column)).collect();
                let Some(values) = key_values(values) else { return false };
                if key.on_delete == Action::SetDefault || key.target_columns() != target.primary_key {
                    return true;
                }
                // Objects took theirs with them already.
                let parent = session.known_store(target).and_then(|store| session.find(store, &Identity::of(values)));
                !held && parent.is_none()
            });
            for (ids, columns) in doubtful {
                let found = self.reread(&ids, &columns).await?;
                let gone: Vec<Id> = ids.into_iter().filter(|id| !found.contains(id)).collect();
                if let Some(first) = gone.first() {
                    self.rows_deleted(self.table(*first), &gone)?;
                }
            }
        }
        Ok(())
    }

    /// After an UPDATE of referenced columns: the rows that ON UPDATE changed.
    pub(super) async fn follow_updates(&mut self, table: &'static TableDef, columns: &[u16]) -> Result<()> {
        let doubtful = self.doubtful(table, |key| key.on_update, &|session, key, id| {
            key.target_columns().iter().any(|column| columns.contains(column))
                && key.columns.iter().all(|column| session.original(id, *column).is_some_and(|value| !value.is_null()))
        });
        for (ids, columns) in doubtful {
            self.reread(&ids, &columns).await?;
        }
        Ok(())
    }
}
