#[path = "models/models.rs"]
mod models;

use models::User;
use orm_core::prelude::*;

async fn two_mutable_borrows(session: &mut Session, ed: Key<User>, wendy: Key<User>) {
    let (one, other) = (&mut session[ed], &mut session[wendy]);
    std::mem::swap(&mut one.name, &mut other.name);
}

async fn a_reference_over_a_load(session: &mut Session, ed: Key<User>) -> orm_core::Result<()> {
    let user = &session[ed];
    session.load(ed, User::addresses).await?;
    println!("{}", user.name);
    Ok(())
}

async fn a_view_over_a_change(session: &mut Session, ed: Key<User>) {
    let view = session.at(ed);
    session[ed].name.clear();
    println!("{}", view.name);
}

async fn a_savepoint_after_its_commit(session: &mut Session) -> orm_core::Result<()> {
    let mut savepoint = session.begin_nested().await?;
    savepoint.commit().await?;
    savepoint.add(User::default());
    Ok(())
}

async fn a_session_beside_its_savepoint(session: &mut Session) -> orm_core::Result<()> {
    let savepoint = session.begin_nested().await?;
    session.add(User::default());
    savepoint.commit().await
}

async fn two_calls_at_once(session: &mut Session) {
    let (one, other) = (session.flush(), session.get::<User>(1));
    let _ = (one.await, other.await);
}

fn main() {}
