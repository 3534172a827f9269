use super::Engine;
use crate::types::Value;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// A statement that an engine sent.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recorded {
    /// Its text.
    pub sql: String,
    /// Its binds.
    pub binds: Vec<Value>,
    /// How many rows it gave, or changed.
    pub rows: u64,
}

/// What an engine sent since [`Engine::record`], for tests. BEGIN, COMMIT, ROLLBACK, SAVEPOINT and the engine's own
/// pings are left out; a statement that failed is there with no rows. Recording ends when this is dropped.
pub struct Recorder {
    engine: Engine,
    log: Log,
}

type Log = Arc<Mutex<Vec<Recorded>>>;

impl Recorder {
    pub(super) fn start(engine: Engine) -> Self {
        let log = Log::default();
        let recorders = engine.recorders();
        write(&recorders.logs).push(Arc::clone(&log));
        recorders.count.fetch_add(1, Ordering::Release);
        Recorder { engine, log }
    }

    /// What was sent so far, in order.
    pub fn statements(&self) -> Vec<Recorded> {
        lock(&self.log).clone()
    }

    /// Forgets what was sent so far.
    pub fn clear(&self) {
        lock(&self.log).clear();
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let recorders = self.engine.recorders();
        write(&recorders.logs).retain(|log| !Arc::ptr_eq(log, &self.log));
        recorders.count.fetch_sub(1, Ordering::Release);
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recorder({} statements)", lock(&self.log).len())
    }
}

/// All recorders of an engine.
#[derive(Default)]
pub(super) struct Recorders {
    count: AtomicUsize,
    logs: RwLock<Vec<Log>>,
}

impl Recorders {
    /// Whether anybody listens: one load, for the usual case that nobody does.
    pub(super) fn any(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    pub(super) fn add(&self, entry: &Recorded) {
        for log in self.logs.read().unwrap_or_else(PoisonError::into_inner).iter() {
            lock(log).push(entry.clone());
        }
    }
}

fn lock(log: &Log) -> MutexGuard<'_, Vec<Recorded>> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
