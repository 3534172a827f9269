//! The pool. It is ours and not sqlx's because a connection must go back without a ping and without a task, must be
//! closed when it was left in the middle of something, and a server that cannot be reached must be an error at once.

use super::backend::{Backend, Connector};
use super::isolation::Isolation;
use super::options::EngineOptions;
use crate::error::{Error, Result};
use crate::types::Dialect;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// How many connections an engine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatus {
    /// Connections that nobody uses.
    pub idle: usize,
    /// Connections that are in use, or are being rolled back or closed.
    pub in_use: usize,
    /// The greatest number of connections.
    pub max: usize,
}

pub(super) struct Pool {
    connector: Box<dyn Connector>,
    dialect: Dialect,
    isolation: Option<Isolation>,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
    closed: AtomicBool,
    /// Rollbacks and farewells under way.
    background: AtomicUsize,
    quiet: Notify,
    max: u32,
    min: u32,
    acquire_timeout: Duration,
    idle_timeout: Option<Duration>,
    max_lifetime: Option<Duration>,
    pre_ping: Option<Duration>,
}

struct Idle {
    backend: Box<dyn Backend>,
    created: Instant,
    since: Instant,
    restore: Option<Isolation>,
}

/// A connection that somebody uses.
pub(super) struct Lease {
    pub(super) backend: Box<dyn Backend>,
    created: Instant,
    /// The isolation level to go back to.
    pub(super) restore: Option<Isolation>,
    permit: OwnedSemaphorePermit,
}

/// A dead network must not hold a connection's place for ever.
const FAREWELL: Duration = Duration::from_secs(10);

impl Pool {
    pub(super) fn new(options: &EngineOptions, connector: Box<dyn Connector>, dialect: Dialect) -> Self {
        Pool {
            connector,
            dialect,
            isolation: options.isolation,
            permits: Arc::new(Semaphore::new(options.max_connections as usize)),
            idle: Mutex::default(),
            closed: AtomicBool::new(false),
            background: AtomicUsize::new(0),
            quiet: Notify::new(),
            max: options.max_connections,
            min: options.min_connections.min(options.max_connections),
            acquire_timeout: options.acquire_timeout,
            idle_timeout: options.idle_timeout,
            max_lifetime: options.max_lifetime,
            pre_ping: options.pre_ping,
        }
    }

    pub(super) fn status(&self) -> PoolStatus {
        let idle = self.lock().len();
        let max = self.max as usize;
        PoolStatus { idle, in_use: max.saturating_sub(self.permits.available_permits()), max }
    }

    /// Makes an unused connection ready for the first caller.
    pub(super) async fn adopt(&self, mut backend: Box<dyn Backend>) -> Result<()> {
        self.prepare(&mut backend).await?;
        let now = Instant::now();
        self.lock().push(Idle { backend, created: now, since: now, restore: None });
        Ok(())
    }

    /// A connection: an idle one, or a new one.
    pub(super) async fn checkout(self: &Arc<Self>) -> Result<Lease> {
        let permit = self.permit().await?;
        while let Some(mut idle) = self.pop() {
            if self.expired(&idle) {
                self.background(idle.backend.close());
                continue;
            }
            if let Some(level) = idle.restore {
                if set_isolation(&mut idle.backend, self.dialect, level).await.is_err() {
                    continue;
                }
            } else if self.pre_ping.is_some_and(|limit| idle.since.elapsed() > limit) {
                let ping = tokio::time::timeout(Duration::from_secs(5), idle.backend.ping());
                if !matches!(ping.await, Ok(Ok(()))) {
                    tracing::debug!(target: "orm_core::pool", "a connection of the pool was dead and is replaced");
                    continue;
                }
            }
            return Ok(Lease { backend: idle.backend, created: idle.created, restore: None, permit });
        }
        let backend = self.connect().await?;
        Ok(Lease { backend, created: Instant::now(), restore: None, permit })
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit> {
        match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => Ok(permit),
            Err(TryAcquireError::Closed) => Err(Error::Closed),
            Err(TryAcquireError::NoPermits) => {
                let wait = Arc::clone(&self.permits).acquire_owned();
                match tokio::time::timeout(self.acquire_timeout, wait).await {
                    Ok(Ok(permit)) => Ok(permit),
                    Ok(Err(_)) => Err(Error::Closed),
                    Err(_) => Err(Error::PoolTimedOut { waited: self.acquire_timeout, size: self.max }),
                }
            }
        }
    }

    async fn connect(&self) -> Result<Box<dyn Backend>> {
        let mut backend = self.connector.connect().await?;
        self.prepare(&mut backend).await?;
        Ok(backend)
    }

    async fn prepare(&self, backend: &mut Box<dyn Backend>) -> Result<()> {
        match self.isolation {
            Some(level) => set_isolation(backend, self.dialect, level).await,
            None => Ok(()),
        }
    }

    /// Takes a connection back that is in the state in which it was handed out, but for its isolation level.
    pub(super) fn put(self: &Arc<Self>, lease: Lease) {
        let Lease { backend, created, restore, permit } = lease;
        if self.closed.load(Ordering::Acquire) {
            self.background(async move {
                backend.close().await;
                drop(permit);
            });
            return;
        }
        self.lock().push(Idle { backend, created, since: Instant::now(), restore });
        drop(permit);
    }

    /// Does something with a connection that its user dropped: now as far as it goes without waiting, the rest in a
    /// task. Where there is no runtime the work is dropped, which closes the connection it holds.
    pub(super) fn background(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        self.background.fetch_add(1, Ordering::AcqRel);
        let ended = Ended(Arc::clone(self));
        let mut work: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            work.await;
            drop(ended);
        });
        if work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            runtime.spawn(async move {
                // On a time-out the work is dropped, and the connection in it closed without a word.
                let _ = tokio::time::timeout(FAREWELL, work).await;
            });
        }
    }

    /// Closes idle connections now, the others when they come back; waits for rollbacks under way.
    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.permits.close();
        let idle = std::mem::take(&mut *self.lock());
        for connection in idle {
            connection.backend.close().await;
        }
        loop {
            let quiet = self.quiet.notified();
            if self.background.load(Ordering::Acquire) == 0 {
                return;
            }
            quiet.await;
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// How often the pool looks after its idle connections; `None` when there is nothing to look after.
    pub(super) fn rounds(&self) -> Option<Duration> {
        let limits = [self.idle_timeout, self.max_lifetime, (self.min > 0).then_some(Duration::from_secs(60))];
        let shortest = limits.into_iter().flatten().min()?;
        Some(shortest.clamp(Duration::from_secs(1), Duration::from_secs(60)))
    }

    /// Closes what was idle for too long and keeps the least number of connections open.
    pub(super) async fn look_after(&self) -> Result<()> {
        let expired: Vec<Idle> = {
            let mut idle = self.lock();
            let mut expired = Vec::new();
            let mut n = 0;
            while n < idle.len() {
                let keep = idle.len() <= self.min as usize && !self.outlived(&idle[n]);
                if !keep && self.expired(&idle[n]) {
                    expired.push(idle.remove(n));
                } else {
                    n += 1;
                }
            }
            expired
        };
        for connection in expired {
            connection.backend.close().await;
        }
        self.fill().await
    }

    /// Opens connections up to the least number.
    pub(super) async fn fill(&self) -> Result<()> {
        loop {
            let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else { return Ok(()) };
            let status = self.status();
            // The permit in hand counts as in use.
            if status.idle + status.in_use > self.min as usize {
                return Ok(());
            }
            let backend = self.connector.connect().await?;
            self.adopt(backend).await?;
            drop(permit);
        }
    }

    fn expired(&self, idle: &Idle) -> bool {
        self.idle_timeout.is_some_and(|limit| idle.since.elapsed() > limit) || self.outlived(idle)
    }

    fn outlived(&self, idle: &Idle) -> bool {
        self.max_lifetime.is_some_and(|limit| idle.created.elapsed() > limit)
    }

    /// The connection that was used last: its caches are warm, and the others may grow old and go.
    fn pop(&self) -> Option<Idle> {
        self.lock().pop()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one piece of background work as done, however it ended.
struct Ended(Arc<Pool>);

impl Drop for Ended {
    fn drop(&mut self) {
        if self.0.background.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.quiet.notify_waiters();
        }
    }
}

async fn set_isolation(backend: &mut Box<dyn Backend>, dialect: Dialect, level: Isolation) -> Result<()> {
    if let Some(sql) = level.set(dialect)? {
        let sql: Arc<str> = sql.into();
        backend.batch(Arc::clone(&sql)).await.map_err(|problem| problem.into_error(&sql, Vec::new()))?;
    }
    Ok(())
}
