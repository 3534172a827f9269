//! A deleted row and a new one with the same key are one row that changes.

use crate::error::Result;
use crate::session::Session;
use crate::session::arena::{Id, Identity, Stage};
use std::collections::HashMap;

impl Session {
    /// Gives new objects the rows of doomed ones that have their keys: they go from `new` to `known`, and out of `doomed`.
    pub(super) fn switch_rows(&mut self, new: &mut Vec<Id>, known: &mut Vec<Id>, doomed: &mut Vec<Id>) -> Result<()> {
        if new.is_empty() || doomed.is_empty() {
            return Ok(());
        }
        let key = |id: &Id| Some(((id.store, Identity::of(self.original_key(*id)?)), *id));
        let rows: HashMap<(u32, Identity), Id> = doomed.iter().filter_map(key).collect();
        let heir = |id: &Id| {
            let key = Identity::of(self.object(*id).primary_key()?);
            rows.get(&(id.store, key)).map(|row| (*id, *row))
        };
        let heirs: Vec<(Id, Id)> = new.iter().filter_map(heir).collect();
        for (heir, row) in &heirs {
            self.inherit_row(*heir, *row)?;
        }
        new.retain(|id| self.stage(*id) == Stage::Pending);
        doomed.retain(|id| self.stage(*id) == Stage::Doomed);
        known.extend(heirs.iter().map(|(heir, _)| *heir));
        Ok(())
    }

    fn inherit_row(&mut self, heir: Id, row: Id) -> Result<()> {
        self.keep(heir);
        self.keep(row);
        let table = self.table(row);
        let columns = (0..table.columns.len() as u16).map(|column| self.original(row, column)).collect();
        self.unidentify(row);
        self.slot_mut(row).stage = Stage::Deleted;
        for column in 0..table.columns.len() as u16 {
            // What the database filled in stays.
            if (self.object(heir).value(column).is_none() || table.version == Some(column))
                && let Some(value) = self.original(row, column)
            {
                self.set_column(heir, column, &value)?;
            }
        }
        self.set_original(heir, Some(columns));
        self.slot_mut(heir).stage = Stage::Persistent;
        self.identify(heir)?;
        self.reindex(heir);
        Ok(())
    }
}
