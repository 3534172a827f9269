#[path = "models/models.rs"]
mod models;

use models::User;
use orm_core::prelude::*;

struct Plain {
    id: i64,
}

fn main() {
    let _ = select(Plain);
    let _ = select("name");
    let _ = select((User::name, User::addresses));
}
