use super::follow::Displaced;
use crate::session::Session;
use crate::session::arena::{Columns, Id, Stage};
use crate::session::assign::AllAssigned;
use crate::session::links::{KeyId, Override};
use crate::session::near::NearMap;
use crate::session::orders::Orders;
use crate::session::pairs::{Ends, Pairs};

/// What a flush changes in memory, to be put back when it fails.
#[derive(Debug)]
pub(crate) struct Journal {
    touched: Vec<Id>,
    orphans: Vec<(Id, KeyId)>,
    assigned: AllAssigned,
    objects: NearMap<Id, Before>,
    /// Where the flush's changes to pairs begin.
    pairs: usize,
    queues: Vec<Vec<Ends>>,
    /// Nothing is written, and what was read stays.
    plans: bool,
    pub(super) displaced: Displaced,
    /// The order of collections that members left.
    pub(in crate::session) orders: Orders,
}

#[derive(Debug)]
struct Before {
    stage: Stage,
    columns: Columns,
    original: Option<Columns>,
    links: Vec<(KeyId, Override)>,
}

impl Journal {
    pub(crate) fn begin(session: &Session) -> Self {
        Journal {
            touched: session.touched.clone(),
            orphans: session.orphans.clone(),
            assigned: session.assigned.clone(),
            objects: NearMap::with_capacity_and_hasher(session.touched.len(), Default::default()),
            pairs: session.pairs.mark(),
            queues: session.pairs.queues(),
            displaced: Displaced::new(),
            orders: Orders::new(),
            plans: false,
        }
    }

    /// For a plan, which is taken back in any case.
    pub(in crate::session) fn of_plan(session: &Session) -> Self {
        Journal { plans: true, ..Journal::begin(session) }
    }

    /// Whether nothing is to be written.
    pub(super) fn plans(&self) -> bool {
        self.plans
    }

    /// Cascades change no pairs, but load some: those stay when a plan is taken back.
    pub(super) fn cascades_done(&mut self, pairs: &Pairs) {
        if self.plans {
            self.pairs = pairs.mark();
        }
    }

    pub(super) fn has(&self, id: Id) -> bool {
        self.objects.contains_key(&id)
    }

    pub(super) fn object(
        &mut self,
        id: Id,
        stage: Stage,
        columns: Columns,
        original: Option<Columns>,
        links: Vec<(KeyId, Override)>,
    ) {
        self.objects.insert(id, Before { stage, columns, original, links });
    }
}

impl Session {
    /// Puts memory back to what it was before the flush.
    pub(crate) fn undo_flush(&mut self, mut journal: Journal) {
        // What a flush finds to be gone ends for good.
        journal.objects.retain(|id, _| self.stage(*id) != Stage::Free);
        journal.touched.retain(|id| self.stage(*id) != Stage::Free);
        journal.orphans.retain(|(id, _)| self.stage(*id) != Stage::Free);
        journal.assigned.retain(|id, _| self.stage(*id) != Stage::Free);
        for id in journal.objects.keys() {
            self.unidentify(*id);
        }
        let touched = std::mem::replace(&mut self.touched, journal.touched);
        for id in touched {
            self.slot_mut(id).touched = false;
        }
        for id in self.touched.clone() {
            self.slot_mut(id).touched = true;
        }
        for (id, before) in journal.objects {
            self.write_columns(id, &before.columns);
            self.slot_mut(id).stage = before.stage;
            self.set_original(id, before.original);
            if matches!(before.stage, Stage::Persistent | Stage::Doomed)
                && let Err(error) = self.identify(id)
            {
                self.problems.push(error.to_string());
            }
            self.restore_overrides(id, before.links);
        }
        self.put_orders_back(journal.orders);
        self.pairs.undo(journal.pairs);
        self.pairs.restore_queues(journal.queues);
        self.orphans = journal.orphans;
        self.assigned = journal.assigned;
    }
}
