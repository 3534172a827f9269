//! Floor 7: the session, a unit of work that owns its objects.
//!
//! A [`Session`] is an arena. It owns every object in it; you hold [`Key`](crate::entity::Key)s, which are `Copy`. Inside a session an object
//! holds its columns, and the session holds the links between objects, each link once, on the foreign-key side, so that
//! both sides of a relationship always agree. Changes are found by comparing columns, and written by [`Session::flush`] in
//! the order that the foreign keys ask for.
//!
//! What things cost: reading an object is two array look-ups and a look-up of its model's store; the first write to an
//! object copies its columns; a flush looks only at objects that were touched.

mod access;
mod arena;
mod collections;
mod flush;
mod graph;
mod links;
mod load;
mod pairs;
mod query;
mod transaction;
mod view;

pub use arena::State;
pub use graph::{IntoObject, LinkTo};
pub use load::Keys;
pub use query::NoAutoflush;
pub use view::At;

use crate::engine::{Connection, Engine};
use arena::{Id, Store};
use collections::Collections;
use flush::Journal;
use links::Links;
use pairs::Pairs;
use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

/// A unit of work: made by [`Engine::session`].
///
/// Dropping it without `commit` rolls its transaction back.
pub struct Session {
    engine: Engine,
    number: u32,
    connection: Option<Connection>,
    stores: Vec<Store>,
    store_of: HashMap<TypeId, u32>,
    links: Links,
    pairs: Pairs,
    collections: Collections,
    /// Mistakes in `add`, `push` and the like, which can't return an error: the next flush does.
    problems: Vec<String>,
    /// Objects that were changed, or whose links were, since the last flush.
    touched: Vec<Id>,
    /// Objects that the program may have changed since the links were last compared with their columns.
    unsynced: Vec<Id>,
    /// Objects that have a state to go back to when the transaction is rolled back.
    journaled: Vec<Id>,
    /// Objects that were read after the transaction's first write: a rollback makes them stale.
    read_since_write: Vec<Id>,
    /// Members that were taken out of a collection whose orphans are deleted.
    orphans: Vec<(Id, links::KeyId)>,
    /// Whether the open transaction has written anything.
    wrote: bool,
    autoflush: bool,
    /// What the flush under way has changed in memory.
    flushing: Option<Journal>,
    /// Why the transaction is gone, until `rollback`.
    failed: Option<String>,
    /// How many objects were added; their order is the order in which rows are written.
    added: u64,
}

impl Engine {
    /// A session: a unit of work on this engine. It takes a connection with its first SQL, not before.
    pub fn session(&self) -> Session {
        static SESSIONS: AtomicU32 = AtomicU32::new(1);
        Session {
            engine: self.clone(),
            number: SESSIONS.fetch_add(1, Ordering::Relaxed),
            connection: None,
            stores: Vec::new(),
            store_of: HashMap::default(),
            links: Links::default(),
            pairs: Pairs::default(),
            collections: Collections::default(),
            problems: Vec::new(),
            touched: Vec::new(),
            unsynced: Vec::new(),
            journaled: Vec::new(),
            read_since_write: Vec::new(),
            orphans: Vec::new(),
            wrote: false,
            autoflush: true,
            flushing: None,
            failed: None,
            added: 0,
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
        debug.field("failed", &self.failed).finish_non_exhaustive()
    }
}

const _: () = {
    const fn send_and_sync<T: Send + Sync>() {}
    send_and_sync::<Session>();
};
