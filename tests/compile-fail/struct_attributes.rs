use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
#[orm(
    table = 3,
    rename_all = "Title Case",
    primary_key(columns(a)),
    unique(columns(a, d)),
    unique(name = "uq"),
    index(columns(a, a), uniqe),
    index(name = "ix"),
    check(name = "positive"),
    check(a > 0),
    foreign_key(columns(a, b), references(Thing::a)),
    foreign_key(columns(a, b), references(Thing::a, Other::b)),
    foreign_key(columns(a, b)),
    foreign_key(columns(a, b), references(Thing::a, Thing::b), on_delete = "set_null")
)]
struct Thing {
    #[orm(primary_key)]
    a: i32,
    b: i32,
}

fn main() {}
