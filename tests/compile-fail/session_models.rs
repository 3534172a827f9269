#[path = "models/models.rs"]
mod models;

use models::{Address, User};
use orm_core::prelude::*;

async fn wrong(session: &mut Session, ed: Key<User>, address: Key<Address>) {
    session.push(ed, User::addresses, User::default());
    session.push(ed, User::addresses, ed);
    session.push(address, User::addresses, Address::default());
    session.push(address, Address::user, ed);
    session.set(address, Address::user, None::<Key<User>>);
    session.set(address, Address::user, address);
    session.replace(ed, User::addresses, [ed]);
    session.remove(ed, User::addresses, ed);
    let _: &Address = &session[ed];
    let _ = session.load(ed, Address::user).await;
    let _ = session.at(ed).many(User::name);
    session.delete(User::default());
}

fn main() {}
