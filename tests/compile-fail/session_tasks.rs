#[path = "models/models.rs"]
mod models;

use models::User;
use orm_core::prelude::*;

async fn shared_between_two_tasks(engine: Engine) {
    let mut session = engine.session();
    let one = tokio::spawn(async move { session.add(User::default()) });
    let other = tokio::spawn(async move { session.commit().await });
    let _ = (one.await, other.await);
}

async fn borrowed_by_a_task(session: &mut Session) {
    tokio::spawn(async { session.commit().await });
}

fn main() {}
