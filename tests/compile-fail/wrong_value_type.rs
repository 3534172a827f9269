#[path = "models/models.rs"]
mod models;

use models::User;
use orm_core::prelude::*;

fn main() {
    let _ = select(User).filter(User::id.eq("seven"));
    let _ = select(User).filter(User::name.in_([1, 2]));
    let _ = select(User).filter(User::version.between(1, "two"));
    let _ = select(User).filter(User::id.like("7%"));
    let _ = update(User).set(User::name, 7);
    let _ = update(User).set(User::name, User::fullname);
    let _ = User::name.to(None);
}
