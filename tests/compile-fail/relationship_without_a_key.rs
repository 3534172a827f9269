use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
}

/// The column is there, but nothing says what it references.
#[derive(Model, Debug, Clone)]
struct Address {
    #[orm(primary_key)]
    id: i64,
    user_id: i64,
    user: BelongsTo<User>,
}

/// Nothing is there.
#[derive(Model, Debug, Clone)]
struct Profile {
    #[orm(primary_key)]
    id: i64,
    owner: BelongsTo<User>,
}

/// Two would do.
#[derive(Model, Debug, Clone)]
struct Order {
    #[orm(primary_key)]
    id: i64,
    #[orm(references = User::id)]
    payer_id: i64,
    #[orm(references = User::id)]
    receiver_id: i64,
    user: BelongsTo<User>,
}

/// The named field is not there, or does not reference the model.
#[derive(Model, Debug, Clone)]
struct Parcel {
    #[orm(primary_key)]
    id: i64,
    sender_id: i64,
    #[orm(foreign_key = sende_id)]
    sender: BelongsTo<User>,
    #[orm(foreign_key = sender_id)]
    other: BelongsTo<User>,
    #[orm(constraint = false)]
    third: BelongsTo<User>,
}

fn main() {}
