//! What is noted about each statement: a `tracing` event, and an entry for whoever records.

use super::Engine;
use super::backend::{KEPT_BINDS, Statement};
use super::record::Recorded;
use crate::types::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

const TARGET: &str = "orm_core::sql";

/// A statement under way.
pub(super) struct Sent {
    text: Arc<str>,
    started: Option<Instant>,
    binds: Option<Vec<Value>>,
    recorded: bool,
}

impl Sent {
    /// Notes the beginning. Costs next to nothing when nobody listens.
    pub(super) fn start(engine: &Engine, statement: &Statement) -> Self {
        let traced = tracing::enabled!(target: TARGET, tracing::Level::DEBUG);
        let recorded = engine.recorders().any();
        let binds = (recorded || (traced && engine.settings().logs_binds())).then(|| statement.binds.clone());
        Sent { text: Arc::clone(&statement.text), started: traced.then(Instant::now), binds, recorded }
    }

    /// Notes the end.
    pub(super) fn end(self, engine: &Engine, rows: u64) {
        if let Some(started) = self.started {
            let elapsed = started.elapsed();
            match &self.binds {
                Some(binds) if engine.settings().logs_binds() => {
                    tracing::debug!(target: TARGET, sql = &*self.text, rows, ?elapsed, binds = %Binds(binds));
                }
                _ => tracing::debug!(target: TARGET, sql = &*self.text, rows, ?elapsed),
            }
        }
        if self.recorded {
            let binds = self.binds.unwrap_or_default();
            engine.recorders().add(&Recorded { sql: self.text.as_ref().to_owned(), binds, rows });
        }
    }
}

/// BEGIN, COMMIT and their like: traced, not recorded.
pub(super) fn command(sql: &str) {
    tracing::debug!(target: TARGET, sql);
}

struct Binds<'a>(&'a [Value]);

impl fmt::Display for Binds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (n, value) in self.0.iter().take(KEPT_BINDS).enumerate() {
            write!(f, "{}{value}", if n == 0 { "" } else { ", " })?;
        }
        f.write_str(if self.0.len() > KEPT_BINDS { ", …]" } else { "]" })
    }
}
