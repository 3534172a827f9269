#[path = "models/models.rs"]
mod models;

use models::{Address, User};
use orm_core::prelude::*;

fn main() {
    let _ = update(User).set(Address::email, "ed@example.org");
    let _ = insert(Address).set(User::name, "ed");
    let _ = insert(User).rows(&[Address::default()]);
}
