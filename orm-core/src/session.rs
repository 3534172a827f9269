#![doc = include_str!("../docs/session.md")]

mod absorb;
mod access;
mod arena;
mod assign;
mod batches;
mod changes;
mod closures;
mod collections;
mod criteria;
mod delete;
mod evaluate;
mod flush;
mod freshness;
mod get;
mod graph;
mod hooks;
mod index;
mod inspect;
mod joined;
mod level;
mod links;
mod load;
mod merge;
mod near;
mod options;
mod orders;
mod pairs;
mod plan;
mod query;
mod readd;
mod release;
mod savepoint;
mod store;
mod synchronize;
mod transaction;
mod tree;
mod two_phase;
mod view;

pub use arena::State;
pub use batches::Batches;
pub use changes::{Change, Changes, MemberChanges};
pub use graph::{IntoObject, LinkTo};
pub use hooks::{Flushed, SessionHooks};
pub use inspect::AnyKey;
pub use joined::JoinedSession;
pub use load::Keys;
pub use options::SessionOptions;
pub use plan::{FlushPlan, PlannedStatement, WriteKind};
pub use query::NoAutoflush;
pub use savepoint::Savepoint;
pub use two_phase::commit_together;
pub use view::At;

use crate::engine::{Connection, Engine};
use arena::Id;
use assign::AllAssigned;
use collections::Collections;
use criteria::SessionCriteria;
use flush::Journal;
use hashbrown::DefaultHashBuilder;
use hooks::Hooked;
use joined::Home;
use level::Level;
use links::{KeyId, Links};
use options::Mode;
use pairs::Pairs;
use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use store::Store;
use transaction::Failed;

/// A unit of work: made by [`Engine::session`].
///
/// Dropping it without `commit` rolls its transaction back.
pub struct Session {
    engine: Engine,
    number: u32,
    /// Where the connection is from.
    home: Home,
    /// There while a transaction is open, and no call is under way.
    connection: Option<Connection>,
    /// Whether a transaction was begun.
    begun: bool,
    stores: Vec<Store>,
    store_of: HashMap<TypeId, u32, DefaultHashBuilder>,
    links: Links,
    pairs: Pairs,
    collections: Collections,
    /// Mistakes in `add`, `push` and the like, which can't return an error: the next flush does.
    problems: Vec<String>,
    /// Objects that were added or changed, or whose links were, since the last flush, in that order.
    touched: Vec<Id>,
    /// The one or two objects that the program was last given to change: their columns may not be what the links' index
    /// says.
    unsynced: Vec<Id>,
    /// Members that were taken out of a collection whose orphans are deleted.
    orphans: Vec<(Id, KeyId)>,
    /// SQL expressions that columns are to be set to.
    assigned: AllAssigned,
    /// Slots whose keys ended while a journal may still name them.
    released: Vec<Id>,
    /// What a rollback restores: the transaction's, and each open savepoint's.
    levels: Vec<Level>,
    autoflush: bool,
    /// What its transactions are like.
    mode: Mode,
    /// Inside the closure of `transaction`, which commits.
    enclosed: bool,
    /// COMMIT was sent, and its outcome is not known.
    committing: bool,
    /// What the flush under way has changed in memory.
    flushing: Option<Journal>,
    /// Why the transaction is gone, until `rollback`.
    failed: Option<Failed>,
    /// How far apart this connection's generated keys are, once it was asked.
    key_step: Option<i64>,
    hooked: Hooked,
    criteria: SessionCriteria,
}

impl Engine {
    /// A session: a unit of work on this engine. It takes a connection with its first SQL, not before.
    pub fn session(&self) -> Session {
        static SESSIONS: AtomicU32 = AtomicU32::new(1);
        Session {
            engine: self.clone(),
            number: SESSIONS.fetch_add(1, Ordering::Relaxed),
            home: Home::default(),
            connection: None,
            begun: false,
            stores: Vec::new(),
            store_of: HashMap::default(),
            links: Links::default(),
            pairs: Pairs::default(),
            collections: Collections::default(),
            problems: Vec::new(),
            touched: Vec::new(),
            unsynced: Vec::new(),
            orphans: Vec::new(),
            assigned: AllAssigned::new(),
            released: Vec::new(),
            levels: vec![Level::default()],
            autoflush: true,
            mode: Mode::default(),
            enclosed: false,
            committing: false,
            flushing: None,
            failed: None,
            key_step: None,
            hooked: Hooked::of(self),
            criteria: SessionCriteria::default(),
        }
    }
}

impl Session {
    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Session");
        debug.field("number", &self.number);
        for store in &self.stores {
            debug.field(store.table.title(), &store.len());
        }
        debug.field("failed", &self.failed.as_ref().map(|failed| &failed.cause)).finish_non_exhaustive()
    }
}

const _: () = {
    const fn send_and_sync<T: Send + Sync>() {}
    send_and_sync::<Session>();
};
