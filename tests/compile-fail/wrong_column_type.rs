#[path = "models/models.rs"]
mod models;

use models::{Address, User};
use orm_core::prelude::*;

fn main() {
    let _ = select(User).filter(User::id.eq(User::name));
    let _ = select(User).join_on(Address, Address::email.eq(User::id));
    let _ = select(User).filter(User::version.eq(User::id));
}
