use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
struct Home {
    #[orm(primary_key)]
    id: i64,
    city: String,
}

impl Home {
    fn city(&self) -> &str {
        &self.city
    }
}

fn main() {}
