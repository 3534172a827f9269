use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
#[orm(discriminator = kind)]
struct Animal {
    #[orm(primary_key)]
    id: i64,
    kind: String,
}

#[derive(Model, Debug, Clone)]
#[orm(inherits = Animal, identity = "dog")]
struct Dog {
    #[orm(base)]
    base: i64,
    #[orm(primary_key)]
    id: i64,
    #[orm(embedded, prefix = "home_")]
    home: String,
    picture: orm_core::types::Deferred<Vec<u8>>,
    #[orm(references = Animal::id)]
    friend_id: i64,
    friend: BelongsTo<Animal>,
    #[orm(load = "selectin")]
    puppies: HasMany<Dog>,
    #[orm(filter = Dog::id.gt(3))]
    others: HasMany<Dog>,
    #[orm(secondary = "dog_keywords", cascade(refresh_expire))]
    keywords: ManyToMany<Animal>,
}

fn main() {}
