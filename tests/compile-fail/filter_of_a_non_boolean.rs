#[path = "models/models.rs"]
mod models;

use models::User;
use orm_core::prelude::*;

fn main() {
    let _ = select(User).filter(User::name);
    let _ = select(User).filter(User::id + 1);
    let _ = select(User).filter("name = 'ed'");
    let _ = update(User).set(User::name, "ed").filter(User::addresses);
}
