// What the examples of the chapter share: two models, a table between, and a database in memory.

use orm_core::prelude::*;

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "users")]
pub struct User {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 40)]
    pub name: String,
    pub fullname: Option<String>,
    #[orm(version)]
    pub version: i32,
    #[orm(cascade(all, delete_orphan), order_by = Address::id)]
    pub addresses: HasMany<Address>,
    #[orm(secondary = "user_keywords")]
    pub keywords: ManyToMany<Keyword>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "addresses")]
pub struct Address {
    #[orm(primary_key)]
    pub id: i64,
    pub email: String,
    #[orm(references = User::id)]
    pub user_id: i64,
    pub user: BelongsTo<User>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "keywords")]
pub struct Keyword {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 40)]
    pub word: String,
}

#[allow(dead_code)]
pub fn user(name: &str) -> User {
    User { name: name.into(), ..Default::default() }
}

#[allow(dead_code)]
pub fn address(email: &str) -> Address {
    Address { email: email.into(), ..Default::default() }
}

/// A database in memory with ed, who has two addresses, and sandy, who has none.
#[allow(dead_code)]
pub async fn shop() -> orm_core::Result<Engine> {
    let engine = Engine::connect("sqlite::memory:").await?;
    metadata![User, Address, Keyword].create_all(&engine).await?;
    let mut session = engine.session();
    session.add(User { addresses: vec![address("ed@example.org"), address("jones@example.org")].into(), ..user("ed") });
    session.add(user("sandy"));
    session.commit().await?;
    Ok(engine)
}

#[allow(dead_code)]
pub fn run(example: impl Future<Output = orm_core::Result<()>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    if let Err(error) = runtime.map_err(orm_core::Error::custom).and_then(|runtime| runtime.block_on(example)) {
        panic!("{error}");
    }
}
