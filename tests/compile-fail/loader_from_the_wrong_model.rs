#[path = "models/models.rs"]
mod models;

use models::{Address, User};
use orm_core::prelude::*;

fn main() {
    let _ = select(User).options(selectinload(Address::user));
    let _ = selectinload(User::addresses).selectinload(User::addresses);
    let _ = select(User::name).options(selectinload(User::addresses));
    let _ = select(User).options(selectinload(User::name));
}
