//! What a rollback restores, level by level: the transaction, and each savepoint in it.

use super::Session;
use super::arena::{Columns, Id, Identity, Stage};
use super::collections::CollectionKind;
use super::links::{KeyId, Override};
use super::orders::Orders;
use std::collections::HashSet;

/// An object as it was when a level began.
#[derive(Debug)]
pub(super) struct Base {
    level: usize,
    stage: Stage,
    columns: Columns,
    links: Vec<(KeyId, Override)>,
    /// The same for the level below, or one further below.
    below: Option<Box<Base>>,
}

/// What happened since a level began.
#[derive(Debug, Default)]
pub(super) struct Level {
    /// Objects that have a [`Base`] of this level.
    journaled: Vec<Id>,
    /// Objects that were read after its first write, as the first of neighbours and how many: a rollback makes them stale.
    read: Vec<(Id, u32)>,
    /// Collections that were loaded after its first write.
    loaded: Vec<(CollectionKind, Id)>,
    /// Where its changes to pairs begin.
    pairs: usize,
    /// Whether it has written anything.
    pub(super) wrote: bool,
    /// The order of collections that members left.
    pub(super) orders: Orders,
    /// The keys of rows that it inserted and whose objects were taken out of the session.
    inserted: HashSet<(u32, Identity)>,
    /// Objects that such rows were read into again: a rollback withdraws them.
    reread: Vec<Id>,
    /// How many slots each store had when the transaction began, if one did.
    began: Option<Vec<usize>>,
}

impl Level {
    /// Whether it names no object.
    pub(super) fn is_empty(&self) -> bool {
        self.journaled.is_empty() && self.read.is_empty() && self.loaded.is_empty() && self.reread.is_empty()
    }

    /// Everything has left the session: there is nothing to restore.
    pub(super) fn clear(&mut self) {
        *self = Level { wrote: self.wrote, inserted: std::mem::take(&mut self.inserted), ..Level::default() };
    }
}

impl Session {
    fn level(&mut self) -> &mut Level {
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    /// Whether the open transaction has written anything.
    pub(super) fn wrote(&self) -> bool {
        self.levels.iter().any(|level| level.wrote)
    }

    /// Notes that a transaction begins.
    pub(super) fn begins(&mut self) {
        self.levels[0].began = Some(self.stores.iter().map(|store| store.slots.len()).collect());
    }

    /// Whether an object came with this transaction, read by it or inserted: then its columns are the database's, as far as the
    /// transaction is kept apart from others.
    pub(super) fn is_current(&self, id: Id) -> bool {
        let before = |began: &Vec<usize>| began.get(id.store as usize).copied().unwrap_or(0);
        let came = self.levels[0].began.as_ref().is_some_and(|began| id.slot as usize >= before(began));
        let mut bases = std::iter::successors(self.base(id), |base| base.below.as_deref());
        !self.slot(id).stale && (came || bases.any(|base| base.stage == Stage::Pending))
    }

    /// Notes that the transaction writes.
    pub(super) fn writes(&mut self) {
        self.level().wrote = true;
    }

    fn writing_level(&mut self) -> Option<&mut Level> {
        self.levels.iter_mut().rev().find(|level| level.wrote)
    }

    /// Notes that an object's columns came from the database.
    pub(super) fn was_read(&mut self, id: Id) {
        if let Some(level) = self.writing_level() {
            match level.read.last_mut() {
                Some((first, count)) if first.store == id.store && first.slot + *count == id.slot => *count += 1,
                _ => level.read.push((id, 1)),
            }
        }
    }

    /// Notes the row of an object that is about to leave the session, if the open transaction inserted it.
    pub(super) fn note_inserted(&mut self, id: Id) {
        if !matches!(self.stage(id), Stage::Persistent | Stage::Doomed | Stage::Deleted) {
            return;
        }
        let mut bases = std::iter::successors(self.base(id), |base| base.below.as_deref());
        let Some(level) = bases.find(|base| base.stage == Stage::Pending).map(|base| base.level) else { return };
        let key = self.stores[id.store as usize].row_key(id.slot);
        if let (Some(key), Some(level)) = (key, self.levels.get_mut(level)) {
            level.inserted.insert((id.store, key));
        }
    }

    /// Notes that a row came into the session: one that the open transaction inserted goes with its rollback.
    pub(super) fn came(&mut self, id: Id) {
        if self.levels.iter().all(|level| level.inserted.is_empty()) {
            return;
        }
        let Some(key) = self.stores[id.store as usize].row_key(id.slot) else { return };
        let row = (id.store, key);
        if let Some(level) = self.levels.iter_mut().rev().find(|level| level.inserted.contains(&row)) {
            level.reread.push(id);
        }
    }

    /// Notes that a collection was loaded.
    pub(super) fn was_loaded(&mut self, kind: CollectionKind, owner: Id) {
        if let Some(level) = self.writing_level() {
            level.loaded.push((kind, owner));
        }
    }

    /// Keeps what a rollback goes back to, once per level. `columns` are the object's.
    pub(super) fn remember(&mut self, id: Id, columns: &Columns) {
        let level = self.levels.len() - 1;
        if self.base(id).is_some_and(|base| base.level == level) {
            return;
        }
        let links = self.overrides(id);
        let (stage, columns) = (self.stage(id), Columns::clone(columns));
        self.stores[id.store as usize].change_extra(id.slot, |extra| {
            let below = extra.base.take();
            extra.base = Some(Box::new(Base { level, stage, columns, links, below }));
        });
        self.level().journaled.push(id);
    }

    /// An object's columns as they were when the transaction began, if it was changed since; `None` within for one that was
    /// new then.
    pub(super) fn committed_columns(&self, id: Id) -> Option<Option<&Columns>> {
        let mut base = self.base(id)?;
        while let Some(below) = &base.below {
            base = below;
        }
        Some((!matches!(base.stage, Stage::Pending | Stage::Withdrawn)).then_some(&base.columns))
    }

    /// A savepoint was set.
    pub(super) fn push_level(&mut self) {
        self.levels.push(Level { pairs: self.pairs.mark(), ..Level::default() });
    }

    /// The innermost savepoint was released: what happened since is the work of the level below.
    pub(super) fn merge_level(&mut self) {
        let Some(level) = self.levels.pop() else { return };
        let below = self.levels.len() - 1;
        for id in level.journaled {
            let Some(mut base) = self.put_base(id, None) else { continue };
            if base.level > below {
                match base.below.take() {
                    Some(older) if older.level == below => base = older,
                    older => {
                        base.below = older;
                        base.level = below;
                        self.levels[below].journaled.push(id);
                    }
                }
            }
            self.put_base(id, Some(base));
        }
        let into = &mut self.levels[below];
        into.read.extend(level.read);
        into.loaded.extend(level.loaded);
        into.inserted.extend(level.inserted);
        into.reread.extend(level.reread);
        for (place, order) in level.orders {
            into.orders.entry(place).or_insert(order);
        }
        into.wrote |= level.wrote;
    }

    /// The transaction was committed: what is loaded stays, what was deleted ends.
    pub(super) fn settle(&mut self) {
        let mut gone = Vec::new();
        for level in std::mem::replace(&mut self.levels, vec![Level::default()]) {
            for id in level.journaled {
                self.put_base(id, None);
                if self.stage(id) == Stage::Deleted {
                    gone.push(id);
                }
            }
        }
        self.pairs.settle(&gone);
        // One that was journaled on two levels is listed twice.
        gone.sort_unstable();
        gone.dedup();
        self.free_all(&gone);
        self.reuse_released();
    }

    /// Visits what rollbacks of the open levels make of an object.
    pub(super) fn former(&self, id: Id, visit: &mut dyn FnMut(&Columns, &[(KeyId, Override)])) {
        let mut base = self.base(id);
        while let Some(was) = base {
            visit(&was.columns, &was.links);
            base = was.below.as_deref();
        }
    }

    /// Puts memory back to what it was when a level began; the level begins anew.
    pub(super) fn restore(&mut self, to: usize) {
        self.problems.clear();
        self.orphans.clear();
        self.unsynced.clear();
        self.assigned.clear();
        let touched = std::mem::take(&mut self.touched);
        for id in &touched {
            // A field that was overwritten is the session's again.
            self.attach_fields(*id);
            let slot = self.slot_mut(*id);
            slot.touched = false;
            if slot.stage == Stage::Pending {
                slot.stage = Stage::Withdrawn;
            }
        }
        let mut unlinked = Vec::new();
        // A COMMIT that was cut off may have come through: what was written is read anew.
        let unsure = to == 0 && std::mem::take(&mut self.committing);
        while self.levels.len() > to {
            let Some(level) = self.levels.pop() else { break };
            for id in level.reread {
                self.withdraw_reread(id, self.levels.len());
            }
            for id in &level.journaled {
                self.restore_object(*id, self.levels.len());
            }
            if unsure {
                level.journaled.iter().for_each(|id| self.slot_mut(*id).stale = true);
            }
            self.put_orders_back(level.orders);
            unlinked.extend(self.pairs.undo(level.pairs));
            for (kind, owner) in level.loaded {
                if self.stage(owner) != Stage::Free {
                    self.forget_load(kind, owner);
                }
            }
            for (first, count) in level.read {
                for slot in first.slot..first.slot + count {
                    let id = Id { slot, ..first };
                    if self.stage(id) != Stage::Free {
                        self.slot_mut(id).stale = true;
                    }
                }
            }
        }
        for id in touched {
            self.set_original(id, None);
        }
        self.pairs.drop_queue();
        for (table, ends) in unlinked {
            // A withdrawn object keeps its links, for `readd`.
            let withdrawn = |side: usize| self.stage(self.pairs.tables[table].id(side, ends[side])) == Stage::Withdrawn;
            if withdrawn(0) || withdrawn(1) {
                self.pairs.want_again(table, ends);
            }
        }
        if to == 0 {
            self.pairs.settle(&[]);
            self.reuse_released();
        }
        self.push_level();
    }

    /// An object whose row is not there any more: it was read within the level that inserted it.
    fn withdraw_reread(&mut self, id: Id, level: usize) {
        self.restore_object(id, level);
        if matches!(self.stage(id), Stage::Persistent | Stage::Doomed) {
            self.unidentify(id);
            self.set_original(id, None);
            self.slot_mut(id).stage = Stage::Withdrawn;
        }
    }

    fn restore_object(&mut self, id: Id, level: usize) {
        if self.base(id).is_none_or(|base| base.level != level) {
            return;
        }
        let Some(base) = self.put_base(id, None) else { return };
        if matches!(self.stage(id), Stage::Persistent | Stage::Doomed) {
            self.unidentify(id);
        }
        self.write_columns(id, &base.columns);
        self.set_original(id, None);
        self.put_base(id, base.below);
        let slot = self.slot_mut(id);
        slot.stage = if base.stage == Stage::Pending { Stage::Withdrawn } else { base.stage };
        if slot.stage == Stage::Persistent
            && let Err(error) = self.identify(id)
        {
            self.problems.push(error.to_string());
        }
        self.restore_overrides(id, base.links);
    }
}
