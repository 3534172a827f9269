//! The tracing events of statements.

use crate::engine::Engine;
use crate::engine::Statement;
use crate::types::Value;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps the events of our target as text.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let name = field.name();
        self.0.push_str(&if name == "elapsed" { " elapsed".to_owned() } else { format!(" {name}={value:?}") });
    }
}

impl Subscriber for Events {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "orm_core::sql"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(format!("{}{}", event.metadata().level(), fields.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn statements_are_traced_and_binds_only_when_asked() {
    let events = Events::default();
    // With one subscriber alone, tracing asks that of the thread which reaches an event first: another test's, which has none.
    let _second = tracing::Dispatch::new(Events::default());
    let _guard = tracing::subscriber::set_default(events.clone());
    let insert = || Statement::new("INSERT INTO t VALUES (?)", vec![Value::Text("secret".into())]);
    for (log, hide) in [(false, false), (true, false), (true, true)] {
        let mut options = Engine::options("sqlite::memory:");
        if log {
            options = options.log_binds();
        }
        if hide {
            options = options.hide_binds();
        }
        let engine = options.connect().await.unwrap();
        engine.batch("CREATE TABLE t (v TEXT)").await.unwrap();
        events.0.lock().unwrap().clear();
        let mut tx = engine.begin().await.unwrap();
        tx.run(insert()).await.unwrap();
        let inner = tx.begin().await.unwrap();
        inner.commit().await.unwrap();
        tx.commit().await.unwrap();
        let shown = if log && !hide { " binds=[\"secret\"]" } else { "" };
        let seen = events.0.lock().unwrap().clone();
        assert_eq!(
            seen,
            [
                "DEBUG sql=\"BEGIN IMMEDIATE\"".to_owned(),
                format!("DEBUG sql=\"INSERT INTO t VALUES (?)\" rows=1 elapsed{shown}"),
                "DEBUG sql=\"SAVEPOINT \\\"orm_1\\\"\"".to_owned(),
                "DEBUG sql=\"RELEASE SAVEPOINT \\\"orm_1\\\"\"".to_owned(),
                "DEBUG sql=\"COMMIT\"".to_owned(),
            ]
        );
    }
}
