//! Models that many tests use, and rows for them.

use crate::Db;
use orm_core::Result;
use orm_core::prelude::*;
use orm_core::schema::MetaData;

/// A user, with every kind of relationship.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "users")]
pub struct User {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// A name that nobody else has.
    #[orm(unique, length = 40)]
    pub name: String,
    /// A name that may be missing.
    #[orm(length = 80)]
    pub fullname: Option<String>,
    /// Counts the updates.
    #[orm(version)]
    pub version: i32,
    /// Owned addresses.
    #[orm(cascade(all, delete_orphan), order_by = Address::id)]
    pub addresses: HasMany<Address>,
    /// The one profile.
    #[orm(cascade(all, delete_orphan))]
    pub profile: HasOne<Profile>,
    /// Keywords, shared with others.
    #[orm(secondary = "user_keywords", order_by = Keyword::id)]
    pub keywords: ManyToMany<Keyword>,
    /// Orders, which stay when the user goes.
    #[orm(order_by = Order::id)]
    pub orders: HasMany<Order>,
}

/// An address of a user.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "addresses", index(name = "ix_addr_email", columns(email)))]
pub struct Address {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The address.
    #[orm(length = 80)]
    pub email: String,
    /// The user's key.
    #[orm(references = User::id, on_delete = "cascade")]
    pub user_id: i64,
    /// The user.
    pub user: BelongsTo<User>,
}

/// What else there is to say about a user.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "profiles")]
pub struct Profile {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The text.
    pub text: String,
    /// The user's key.
    #[orm(references = User::id, unique)]
    pub user_id: i64,
    /// The user.
    pub user: BelongsTo<User>,
}

/// A word that users share.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "keywords")]
pub struct Keyword {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The word.
    #[orm(unique, length = 40)]
    pub word: String,
    /// Who has it.
    pub users: ManyToMany<User>,
}

/// Somebody in a hierarchy.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "employees")]
pub struct Employee {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The name.
    pub name: String,
    /// The age.
    pub age: i32,
    /// The key of the one above.
    #[orm(references = Employee::id)]
    pub manager_id: Option<i64>,
    /// The one above.
    pub manager: BelongsTo<Option<Employee>>,
    /// Those below.
    #[orm(order_by = Employee::id)]
    pub reports: HasMany<Employee>,
}

/// An order, of a user or of nobody.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "orders", check(name = "ck_orders_amount", "amount >= 0"))]
pub struct Order {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The user's key.
    #[orm(references = User::id)]
    pub user_id: Option<i64>,
    /// What it costs.
    pub amount: i64,
    /// What is taken off.
    pub discount: Option<i64>,
    /// Whether it was paid.
    pub paid: bool,
    /// A field with a raw name.
    #[orm(length = 20)]
    pub r#type: String,
    /// The user.
    pub user: BelongsTo<Option<User>>,
}

/// All of them.
pub fn metadata() -> MetaData {
    metadata![User, Address, Profile, Keyword, Employee, Order]
}

/// Makes the tables and puts these rows into them, past the session:
///
/// | users | addresses | orders (amount, discount, paid) |
/// |---|---|---|
/// | 1 ed, Ed Jones | 1 ed@example.org, 2 ed@spam.example | 1 (10, –, paid), 2 (20, 5, unpaid) |
/// | 2 wendy, no full name | 3 wendy@example.org | 3 (30, 30, paid) |
/// | 3 fred, Fred Flint | none | none |
/// | nobody | | 4 (40, –, unpaid) |
///
/// and the employees 1 ann (60) over 2 bob (40) and 3 cid (35), and 2 over 4 dan (20).
///
/// # Errors
/// The database's.
pub async fn seed(db: &Db) -> Result<()> {
    db.create(metadata()).await?;
    let user = |id, name: &str, fullname: Option<&str>| User {
        id,
        name: name.into(),
        fullname: fullname.map(str::to_owned),
        ..Default::default()
    };
    let address = |id, user_id, email: &str| Address { id, user_id, email: email.into(), ..Default::default() };
    let order = |id, user_id, amount, discount, paid| Order {
        id,
        user_id,
        amount,
        discount,
        paid,
        r#type: "sale".into(),
        ..Default::default()
    };
    let employee =
        |id, name: &str, age, manager_id| Employee { id, name: name.into(), age, manager_id, ..Default::default() };
    let engine = &db.engine;
    let users = [user(1, "ed", Some("Ed Jones")), user(2, "wendy", None), user(3, "fred", Some("Fred Flint"))];
    engine.execute(insert(User).rows(&users)).await?;
    let addresses =
        [address(1, 1, "ed@example.org"), address(2, 1, "ed@spam.example"), address(3, 2, "wendy@example.org")];
    engine.execute(insert(Address).rows(&addresses)).await?;
    let orders = [
        order(1, Some(1), 10, None, true),
        order(2, Some(1), 20, Some(5), false),
        order(3, Some(2), 30, Some(30), true),
        order(4, None, 40, None, false),
    ];
    engine.execute(insert(Order).rows(&orders)).await?;
    let employees = [
        employee(1, "ann", 60, None),
        employee(2, "bob", 40, Some(1)),
        employee(3, "cid", 35, Some(1)),
        employee(4, "dan", 20, Some(2)),
    ];
    engine.execute(insert(Employee).rows(&employees)).await?;
    metadata().advance_sequences(engine).await
}
