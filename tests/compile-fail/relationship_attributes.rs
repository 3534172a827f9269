use orm_core::prelude::*;

#[derive(Model, Debug, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(references = User::id)]
    boss_id: i64,
    #[orm(cascade(all, delete_orphan), passive_deletes, order_by = User::id)]
    boss: BelongsTo<User>,
    #[orm(cascade(delete_orphan))]
    one: HasMany<User>,
    #[orm(cascade(merge))]
    two: HasMany<User>,
    #[orm(passive_deletes = "some")]
    three: HasMany<User>,
    #[orm(foreign_key = User::boss_id)]
    four: HasMany<User>,
    #[orm(secondary = "links")]
    five: HasMany<User>,
    #[orm(from = "left_id")]
    six: ManyToMany<User>,
    #[orm(secondary = Link, from = "left_id")]
    seven: ManyToMany<User>,
    #[orm(secondary = "links", foreign_key = left_id, from = [1])]
    eight: ManyToMany<User>,
    #[orm(inverse = boss)]
    nine: HasMany<User>,
    ten: HasMany<Option<User>>,
    eleven: HasMany,
    #[orm(secondary = Link, cascade(all), passive_deletes)]
    thirteen: ManyToMany<User>,
    #[orm(secondary = "pairs", cascade(all, delete_orphan))]
    fourteen: ManyToMany<User>,
    #[orm(cascade(save_update = false))]
    fifteen: HasMany<User>,
    #[orm(foreign_key = boss_id, passive_updates = false, post_update)]
    sixteen: BelongsTo<User>,
    #[orm(passive_updates = true, single_parent)]
    seventeen: HasMany<User>,
    #[orm(secondary = "friends", passive_updates = false, post_update)]
    eighteen: ManyToMany<User>,
    #[orm(length = 3)]
    twelve: HasOne<User>,
}

fn main() {}
