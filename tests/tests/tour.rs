//! Every example of the tour (README.md) that is built, as written. The others stand in [`NOT_YET`], which only shrinks.

// Examples name what they make, and do not use it.
#![allow(unused_assignments, unused_variables, clippy::print_stdout)]

use orm_core::Result;
use orm_core::prelude::*;
use tests::matrix;

/// The examples and rows of the tour that are not built.
const NOT_YET: &[&str] = &[
    "Loading: `joinedload`, `contains_eager`, `raiseload`, `selectin_polymorphic`",
    "Loading: `limit_per_parent`, `recursive`, `depth`, `inner`",
    "Model: `Deferred<T>` columns, `defer`, `undefer`",
    "Model: a default loading strategy, `load = \"selectin\"` or `\"joined\"`",
    "Model: a relationship's own `filter`",
    "Model: columns in an embedded group (`embedded`)",
    "Model: joined inheritance (`discriminator`, `inherits`, `identity`, `base`)",
    "SQL: CTEs, recursive ones, and around DML",
    "SQL: UNION, INTERSECT and EXCEPT",
    "SQL: UPDATE … FROM and DELETE … USING (subqueries do)",
    "SQL: `any_`, `all_`, `lateral`, `values`, hints",
    "SQL: parts of JSON documents (`at`, `as_i64`, …)",
    "SQL: tables without a model (`Table::new`, `table.column`)",
];

/// The list is shorter with every release: lower this with it, and never raise it.
const NOT_YET_AT_MOST: usize = 13;

const README: &str = include_str!("../../README.md");

#[test]
fn the_list_of_what_is_missing_only_shrinks() {
    assert!(NOT_YET.len() <= NOT_YET_AT_MOST, "{} examples are missing now", NOT_YET.len());
    assert!(NOT_YET.is_sorted(), "keep the list in order");
    let section = README.split("## Not yet").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or_default();
    let listed: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("- ")).collect();
    assert_eq!(listed, NOT_YET, "README.md has another list");
}

/// Every line of the README's examples stands in this file, so that what is shown is what is compiled and run.
#[test]
fn the_readme_shows_what_is_compiled_here() {
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let here: std::collections::HashSet<String> = include_str!("tour.rs").lines().map(squeezed).collect();
    let tour = README.split("## The tour").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or_default();
    let mut in_example = false;
    let mut checked = 0;
    for line in tour.lines() {
        if line.starts_with("```") {
            in_example = line == "```rust";
        } else if in_example {
            assert!(here.contains(&squeezed(line)), "README.md shows what is not compiled: {line}");
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} lines of examples were found");
}

// --- Models ---------------------------------------------------------------------------------

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "users")]
pub struct User {
    #[orm(primary_key)] // integer key: the database assigns it while it is 0
    pub id: i64,
    #[orm(unique, length = 40)]
    pub name: String,
    pub fullname: Option<String>, // Option = nullable
    #[orm(server_default = "CURRENT_TIMESTAMP")]
    pub created_at: Auto<DateTime<Utc>>, // Auto = the database may supply it; read back after INSERT
    #[orm(version)] // optimistic locking
    pub version: i32,
    #[orm(cascade(all, delete_orphan), order_by = Address::id)]
    pub addresses: HasMany<Address>, // paired with Address::user
    #[orm(secondary = "user_keywords")]
    pub keywords: ManyToMany<Keyword>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "addresses", index(name = "ix_addr_email", columns(email)))]
pub struct Address {
    #[orm(primary_key)]
    pub id: i64,
    pub email: String,
    #[orm(references = User::id, on_delete = "cascade")]
    pub user_id: i64,
    pub user: BelongsTo<User>, // uses user_id
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "keywords")]
pub struct Keyword {
    #[orm(primary_key)]
    pub id: i64,
    pub word: String,
    pub users: ManyToMany<User>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "employees")]
pub struct Employee {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub age: i32,
    #[orm(references = Employee::id)]
    pub manager_id: Option<i64>,
    pub manager: BelongsTo<Option<Employee>>,
    pub reports: HasMany<Employee>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "orders")]
pub struct Order {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = User::id)]
    pub user_id: i64,
    pub amount: i64,
    pub discount: Option<i64>,
    pub paid: bool,
    pub r#type: String,
    pub user: BelongsTo<User>,
}

/// The table of further field types and attributes.
mod further {
    use orm_core::prelude::*;

    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "customers", schema = "shop", primary_key(name = "pk_customers", columns(id)))]
    pub struct Customer {
        #[orm(column = "customer_id")]
        pub id: i64,
        #[orm(precision = 10, scale = 2, default = Decimal::new(100, 2))]
        pub credit: Auto<Decimal>,
        pub seen: Auto<Option<DateTime<Utc>>>,
        pub mood: Mood,
        pub email: Email,
        pub settings: Json<Vec<String>>,
        #[orm(references = Place::id)]
        pub billing_id: i64,
        #[orm(references = Place::id, on_delete = "set_null", on_update = "cascade")]
        pub shipping_id: Option<i64>,
        #[orm(foreign_key = billing_id)]
        pub billing: BelongsTo<Place>,
        #[orm(foreign_key = shipping_id, inverse = Place::shipped_to)]
        pub shipping: BelongsTo<Option<Place>>,
        pub profile: HasOne<Profile>,
        #[orm(secondary = "friends", from = "left_id", to = "right_id")]
        pub friends: ManyToMany<Customer>,
        #[orm(secondary = Membership)]
        pub clubs: ManyToMany<Club>,
        #[orm(passive_deletes)]
        pub memberships: HasMany<Membership>,
        #[orm(skip)]
        pub cached: Option<String>,
    }

    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "places", schema = "shop", unique(columns(street, city)), check(name = "ck_street", "street <> ''"))]
    pub struct Place {
        #[orm(primary_key, auto_increment = false)]
        pub id: i64,
        #[orm(length = 80)]
        pub street: String,
        #[orm(length = 80)]
        pub city: String,
        #[orm(foreign_key = shipping_id)]
        pub shipped_to: HasMany<Customer>,
    }

    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "profiles", schema = "shop", comment = "what customers say about themselves")]
    pub struct Profile {
        #[orm(primary_key, references = Customer::id)]
        pub customer_id: i64,
        pub text: String,
        pub customer: BelongsTo<Customer>,
    }

    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "clubs", schema = "shop")]
    pub struct Club {
        #[orm(primary_key)]
        pub id: i64,
        pub name: String,
    }

    /// A composite key whose columns carry `references`.
    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "memberships", schema = "shop")]
    pub struct Membership {
        #[orm(primary_key, references = Customer::id, on_delete = "cascade")]
        pub customer_id: i64,
        #[orm(primary_key, references = Club::id)]
        pub club_id: i64,
        pub since: Option<NaiveDate>,
        pub customer: BelongsTo<Customer>,
        pub club: BelongsTo<Club>,
    }

    /// A foreign key of several columns.
    #[derive(Model, Debug, Clone, Default)]
    #[orm(
        table = "fees",
        schema = "shop",
        foreign_key(
            name = "fk_fees",
            columns(customer_id, club_id),
            references(Membership::customer_id, Membership::club_id)
        )
    )]
    pub struct Fee {
        #[orm(primary_key)]
        pub id: i64,
        pub customer_id: i64,
        pub club_id: i64,
        #[orm(foreign_key(customer_id, club_id))]
        pub membership: BelongsTo<Membership>,
    }

    #[derive(SqlEnum, Debug, Clone, Copy, Default, PartialEq)]
    pub enum Mood {
        #[default]
        Happy,
        Sad,
    }

    #[derive(SqlType, Debug, Clone, Default, PartialEq)]
    pub struct Email(pub String);

    #[test]
    fn its_metadata_is_sound() -> orm_core::Result<()> {
        let schema = metadata![Customer, Place, Profile, Club, Membership, Fee].schema()?;
        assert_eq!(Customer::default().cached, None);
        let names: Vec<&str> = schema.tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["customers", "places", "profiles", "clubs", "memberships", "fees", "friends"]);
        Ok(())
    }
}

// --- Engine, and reading without a session --------------------------------------------------

async fn engine_part(wanted: Option<&str>) -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?; // or postgres://… or mysql://…
    metadata![User, Address, Keyword].create_all(&engine).await?;

    let adults: Vec<User> = engine
        .all(select(User).filter(User::name.like("s%") & User::fullname.is_not(None)).order_by(User::name.asc()))
        .await?;

    // The row type follows from what is selected; FROM follows from the columns used.
    let totals: Vec<(String, i64)> = engine
        .all(
            select((User::name, count(Address::id)))
                .outer_join(User::addresses)
                .group_by(User::name)
                .having(count(Address::id).gt(1)),
        )
        .await?;

    let pairs: Vec<(User, Option<Address>)> =
        engine.all(select((User, Address.optional())).outer_join(User::addresses)).await?;

    let mut query = select(User); // a statement is a plain value
    if let Some(name) = wanted {
        query = query.filter(User::name.eq(name));
    }

    let tree: Vec<User> =
        engine.all(select(User).options(selectinload(User::addresses).selectinload(Address::user))).await?;
    for user in &tree {
        for address in user.addresses.get()? {
            println!("{}", address.email);
        }
    }
    Ok(())
}

#[test]
fn the_engine_part_runs() -> Result<()> {
    tests::block_on(engine_part(Some("ed")))
}

matrix! {
    async fn the_models_make_tables(db: Db) -> Result<()> {
        db.create(metadata![User, Address, Keyword, Employee, Order]).await
    }

    async fn the_verbs_exist_everywhere(db: Db) -> Result<()> {
        db.create(metadata![User, Address, Keyword]).await?;
        db.engine.execute(insert(User).rows(&[User { name: "ed".into(), ..Default::default() }])).await?;
        let query = select(User::name);
        macro_rules! verbs {
            ($on:expr) => {
                assert_eq!($on.all(&query).await?, ["ed"]);
                assert_eq!($on.one(&query).await?, "ed");
                assert_eq!($on.one_or_none(&query).await?.as_deref(), Some("ed"));
                assert_eq!($on.first(&query).await?.as_deref(), Some("ed"));
                assert_eq!($on.scalar(&query).await?, "ed");
                assert_eq!($on.execute(delete(User).filter(User::id.eq(99))).await?, 0);
            };
        }
        verbs!(db.engine);
        let mut connection = db.engine.acquire().await?;
        verbs!(connection);
        drop(connection);
        let mut transaction = db.engine.begin().await?;
        verbs!(transaction);
        drop(transaction.stream(&query));
        transaction.commit().await?;
        let mut session = db.engine.session();
        verbs!(session);
        Ok(())
    }

    // --- The session ------------------------------------------------------------------------

    async fn the_session_part_runs(db: Db) -> Result<()> {
        db.create(metadata![User, Address, Keyword]).await?;
        let engine = &db.engine;
        let named = |name: &str| User { name: name.into(), ..Default::default() };
        engine.execute(insert(User).rows(&[named("sandy"), named("patrick")])).await?;

        let mut session = engine.session();

        let ed = session.add(User {
            name: "ed".into(),
            addresses: vec![Address { email: "ed@example.org".into(), ..Default::default() }].into(),
            ..Default::default()
        });                                             // Key<User>; the whole tree went in
        session.commit().await?;                        // one transaction, ordered, batched
        println!("{} {}", session[ed].id, session[ed].name);

        let patrick = session.one(select(User).filter(User::name.eq("patrick"))).await?;
        let sandy: Key<User> = session
            .one(select(User).filter(User::name.eq("sandy")).options(selectinload(User::addresses)))
            .await?;
        session[sandy].fullname = Some("Sandy Cheeks".into());        // the first write keeps the original columns
        let new = session.push(sandy, User::addresses, Address { email: "s@example.org".into(), ..Default::default() });
        session.set(new, Address::user, ed);                          // moves it: gone from sandy's, in ed's
        session.delete(patrick);
        session.commit().await?;                        // UPDATE only changed columns; rows in dependency order

        for address in session.at(sandy).many(User::addresses)? {     // a view: reads fields, follows links
            println!("{} of {}", address.email, address.one(Address::user)?.name);
        }
        let keys: Vec<Key<Address>> = session.keys(sandy, User::addresses)?;
        assert!(keys.is_empty());
        let keys: Vec<Key<Address>> = session.keys(ed, User::addresses)?;
        assert_eq!(keys.len(), 2);

        // Both at once: entities come as keys, columns as values
        for (user, email) in session.all(select((User, Address::email)).join(User::addresses)).await? {
            println!("{} {email}", session[user].name);
            assert_eq!(user, ed);
        }

        session.assign(ed, User::name.to(lower(User::name)));   // an SQL expression: the next flush writes it, and reads it back
        let users = session.all(select(User)).await?;
        assert!(!session.is_modified(ed));
        session.get::<User>(7).await?;                  // identity map first, then SQL
        session.load(&users, User::addresses).await?;   // a relationship of many objects in one query
        session.edit(ed, |user| user.name.push('!'));   // and pair_mut(a, b) for two at once
        let (a, b) = session.pair_mut(ed, sandy);
        std::mem::swap(&mut a.fullname, &mut b.fullname);

        session.remove(ed, User::addresses, keys[0]);
        session.state(ed);                              // State::{Pending, Persistent, Deleted, Withdrawn, Detached}; never panics
        let all: Vec<Key<User>> = session.add_all([named("a"), named("b")]);    // Vec<Key<User>>
        session.no_autoflush().all(select(User)).await?;                        // a guard that derefs to the session
        session.set_criteria(Address, Address::email.ne(""));   // soft delete, tenants: holds for all loads; clear_criteria::<Address>()
        session.all(select(Address).without_criteria()).await?; // and one query: .options(with_criteria(Address, …))
        session.clear_criteria::<Address>();
        session.commit().await?;

        let read = engine.one(select(User).filter(User::name.eq("ed!")).options(selectinload(User::addresses))).await?;
        assert_eq!(read.fullname.as_deref(), Some("Sandy Cheeks"));
        assert_eq!(read.addresses.iter().map(|address| address.email.as_str()).collect::<Vec<_>>(), ["s@example.org"]);

        session.execute(update(User).set(User::fullname, "Ed").filter(User::id.eq(1))).await?; // objects that it meets follow
        session.expire(ed);                             // readable; the next query that brings its row overwrites it
        session.refresh(ed).await?;                     // and this reads it now
        let owned: User = session.tree(ed, User::addresses)?;   // a detached, owned copy along the named paths
        assert_eq!(owned.addresses.iter().map(|address| address.email.as_str()).collect::<Vec<_>>(), ["s@example.org"]);
        let of = |email: &str| Address { email: email.into(), ..Default::default() };
        let (a, b) = (of("a"), of("b"));
        session.replace(ed, User::addresses, [a, b]);   // keys or new values; what is left out is removed
        println!("{}", session.plan().await?);          // what a flush would write, and why in that order
        assert!(session.plan().await?.to_string().contains("INSERT INTO addresses (email, user_id): 2 rows"));
        session.commit().await?;
        assert_eq!(session.keys(ed, User::addresses)?.len(), 2);

        let new = session.push(ed, User::addresses, of("c"));
        session.rollback().await?;
        session.readd(new);                             // what a rollback withdrew is pending again, with its links
        session.commit().await?;
        session.unload(ed, User::addresses);            // not loaded again; `expire_all`, and `clear` for everything out
        assert!(session.keys(ed, User::addresses).is_err());
        session.load(ed, User::addresses).await?;
        assert_eq!(session.keys(ed, User::addresses)?.len(), 3);
        session.expunge(sandy);                         // out of the session, its row untouched: the key ends
        let owned: User = session.take(ed)?;            // the same, moved out
        assert_eq!((session.state(ed), session.state(sandy)), (State::Detached, State::Detached));

        session.commit().await?;
        let mut tree: User = engine.one(select(User).filter(User::name.eq("ed!")).options(selectinload(User::addresses))).await?;
        tree.fullname = Some("merged".into());
        let user = tree.clone();
        let merged: Key<User> = session.merge(tree).await?;     // a detached tree onto what has its keys: inserts or updates
        assert_eq!(session[merged].fullname.as_deref(), Some("merged"));
        session.rollback().await?;
        let saved: User = engine.save(user).await?;             // the same in a transaction of its own, given back whole
        assert_eq!((saved.fullname.as_deref(), saved.addresses.get()?.len()), (Some("merged"), 3));
        let found = session.get_many::<User>([1, 2]).await?;    // and get_one, which must be there
        let mut cursor = session.batches(select(User), 1000);   // a large result, a part at a time
        while let Some(keys) = cursor.next(&mut session).await? {
            session.expunge(&keys);                     // out of the session, the rows untouched
        }
        session.commit().await?;

        session.transaction(async |s| { s.add(named("x")); Ok(()) }).await?;    // commits, or rolls back on an error; `nested` for a part
        let mut nested = session.begin_nested().await?; // SAVEPOINT
        nested.add(User { name: "ed".into(), ..Default::default() });
        nested.rollback().await?;                       // memory goes back with the database
        session.commit().await?;

        let (primary, replica) = (db.engine.clone(), db.engine.clone());
        let engine = Engine::with_replicas(primary, [replica])?;       // for read-only sessions, in turn; all else is the primary's
        let options = SessionOptions::new().read_only().isolation(Isolation::Serializable);     // and `autoflush(false)`
        let mut report = engine.session_with(options);  // BEGIN … READ ONLY; a flush with changes is an error that names the object
        engine.reader().all(select(User)).await?;       // a replica's engine, for queries without a session
        assert_eq!(report.all(select(User)).await?.len(), engine.all(select(User)).await?.len());
        report.close().await?;

        let log = engine.record();                      // testing: until dropped; log.statements() gives SQL and row counts
        engine.all(select(User::id)).await?;
        assert_eq!(log.statements().len(), 1);
        log.assert_at_most(1);                          // feature `testing`, with testing::engine(metadata) per test and fixtures
        Ok(())
    }

    /// One function serves a pool, a connection, a transaction and a session.
    async fn one_function_serves_them_all(db: Db) -> Result<()> {
        db.create(metadata![User, Address, Keyword]).await?;
        functions(&db.engine).await
    }
}

async fn functions(engine: &Engine) -> Result<()> {
    async fn rename(c: &mut Connection, id: i64, to: &str) -> Result<u64> {
        c.execute(update(User).set(User::name, to).filter(User::id.eq(id))).await
    }
    rename(&mut engine.acquire().await?, 1, "a").await?;
    let mut tx = engine.begin().await?;
    rename(&mut tx, 1, "b").await?;
    tx.commit().await?;
    let mut session = engine.session();
    rename(session.connection().await?, 1, "c").await?;
    session.commit().await?;
    engine
        .transaction(async |tx| {
            rename(tx, 1, "d").await?;
            Ok(())
        })
        .await?;
    let borrowed = String::from("x");
    let n: u64 = engine
        .transaction(async |tx| {
            let n = rename(tx, 1, &borrowed).await?;
            tx.all(select(User)).await?;
            Ok(n)
        })
        .await?;
    Ok(())
}

// --- Statements beyond SELECT ---------------------------------------------------------------

/// What a statement prints for each database; the dialects' own tests say what.
macro_rules! print_all {
    ($($statement:ident),+) => {{
        $(for dialect in Dialect::ALL {
            match $statement.sql(dialect) {
                Ok(compiled) => assert!(!compiled.text.is_empty()),
                Err(error) => assert!(matches!(error, Error::Unsupported { .. }), "{dialect}: {error}"),
            }
        })+
    }};
}

#[test]
fn statements() -> Result<()> {
    let users = vec![User { name: "ed".into(), ..Default::default() }];

    let a = insert(User).set(User::name, "ed").returning(User::id);
    let b = insert(User).rows(&users); // many rows
    let c = insert(User)
        .rows(&users)
        .on_conflict(User::name)
        .do_update(|excluded| User::fullname.to(excluded.get(User::fullname)));
    let d = update(User).set(User::fullname, User::name.concat(" (old)")).filter(User::id.lt(10));
    let e = delete(User).filter(User::addresses.any(Address::email.like("%@spam.example")));
    print_all!(a, b, c, d, e);

    let m = alias(Employee, "m"); // columns of an alias or a subquery come by `get`
    let f = select((Employee::name, m.get(Employee::name).optional()))
        .outer_join_on(&m, m.get(Employee::id).eq(Employee::manager_id));

    let total = sum(Order::amount).label("total");
    let per_user = select((Order::user_id, &total)).group_by(Order::user_id).subquery("per_user");
    let g = select((User::name, per_user.get(&total))).join_on(&per_user, per_user.get(Order::user_id).eq(User::id));
    let typed: &Select<(String, Option<i64>)> = &g;
    print_all!(f, g);
    Ok(())
}

// --- The rest of SQL in the same style: one test for each row of the table --------------------

#[test]
fn correlation() {
    let a = select(User).filter(exists(select(Order::id).filter(Order::user_id.eq(User::id)).correlate(User)));
    let boss = alias(Employee, "boss");
    let b = select(boss.get(Employee::name))
        .filter(exists(select(Employee::id).filter(Employee::manager_id.eq(boss.get(Employee::id))).correlate(&boss)));
    let orders: orm_core::expr::Expr<Option<i64>> =
        select(count(Order::id)).filter(Order::user_id.eq(User::id)).correlate(User).scalar_subquery();
    let c = select((User::name, orders));
    let d = select(User).filter(User::id.in_(select(Order::user_id)));
    print_all!(a, b, c, d);
}

#[test]
fn case() {
    let a = select(case_().when(Order::amount.gt(10), "large").when(Order::paid, "paid").else_("small"));
    let b = select(case_().when(Order::paid, Order::amount).end());
    let c = select(case_of(Order::amount).when(1, "one").when(2, "two").else_("many"));
    print_all!(a, b, c);
}

#[test]
fn aggregates_and_windows() {
    let a = select((sum(Order::amount).filter(Order::paid), count(Order::amount).distinct()));
    let b = select(sum(Order::amount).over(window().partition_by(Order::user_id).order_by(Order::id).rows(-2..=0)));
    let c = select(row_number().over(window().order_by(Order::id.desc())));
    print_all!(a, b, c);
}

#[test]
fn locks() {
    let a = select(User).with_for_update();
    let b = select((User, Address::email)).join(User::addresses).with_lock(Lock::share().of(User));
    let c = b.sql(Dialect::Postgres).map(|compiled| compiled.text).unwrap_or_default();
    assert!(c.ends_with("FOR SHARE OF users"), "{c}");
    print_all!(a);
}

#[test]
fn order() {
    let total = sum(Order::amount).label("total");
    let a = select((Order::user_id, &total)).group_by(Order::user_id).order_by((&total, Order::user_id.desc()));
    let b = select(User).order_by(User::fullname.desc().nulls_last());
    print_all!(a, b);
}

#[test]
fn tuples() {
    let a = select(Order::id).filter(tuple_((Order::user_id, Order::amount)).in_([(1, 2)]));
    print_all!(a);
}

#[test]
fn upserts() {
    let users = vec![User { name: "ed".into(), ..Default::default() }];
    let a = insert(User)
        .rows(&users)
        .on_conflict(User::name)
        .index_where(User::fullname.is_not(None))
        .update_where(|new| new.get(User::name).ne(User::name))
        .do_update(|new| (User::fullname.to(new.get(User::fullname)), User::version.to(User::version + 1)));
    let b = insert(User).rows(&users).on_conflict(User::name).do_nothing();
    let c = insert(User).rows(&users).on_any_conflict().do_nothing();
    print_all!(a, b, c);
}

#[test]
fn dml_over_tables() {
    let a = insert(Keyword).from_select(Keyword::word, select(User::name));
    print_all!(a);
}

#[test]
fn patterns() {
    let a = select(User)
        .filter(User::name.like("a%") | User::name.ilike("A%") | User::name.contains("a") | User::name.icontains("a"));
    let b =
        select(User).filter(User::name.startswith("a") & User::name.endswith("b") & User::name.like("a#%").escape('#'));
    print_all!(a, b);
}

#[test]
fn conditions_in_lists() {
    let a = select(User).filter(and_([User::id.gt(1), User::id.lt(9)])).filter(or_((
        true,
        User::id.gt(1),
        User::fullname.eq(None),
    )));
    print_all!(a);
}

#[test]
fn other() {
    let a = select((bind("x"), Order::amount.cast::<String>(), func::<i64>("abs", Order::amount)));
    let b = select(aliased(User).get(User::name));
    let c = select(Address::email).select_from(User).join(User::addresses);
    let d = select((User::name, Keyword::word)).cross_join(Keyword);
    let e = select(extract(DatePart::Year, User::created_at));
    let f = select(Order::amount / 2); // integer `/` is integer division on every database
    print_all!(a, b, c, d, e, f);
}

#[test]
fn text_with_named_binds() -> Result<()> {
    let a = text("SELECT id, name FROM users WHERE name = :name").bind("name", "ed").columns::<(i64, String)>();
    let b = text("DELETE FROM users WHERE id = :id").bind("id", 1_i64);
    print_all!(a, b);
    assert_eq!(b.sql(Dialect::Postgres)?.text, "DELETE FROM users WHERE id = $1");
    Ok(())
}

#[test]
fn the_sql_of_a_statement() -> Result<()> {
    let statement = select(User::id).filter(User::name.eq("ed"));
    let Compiled { text, binds } = statement.sql(Dialect::Postgres)?;
    assert_eq!(text, "SELECT id FROM users WHERE name = $1");
    assert_eq!(binds, [Value::Text("ed".into())]);
    Ok(())
}

#[test]
fn operators() {
    let e = Employee::age + 1;
    let e = (Employee::age + 1) * 2 - Employee::age;
    let e = (Employee::age + 1).gt(Employee::age);
    let e = Order::paid & Order::amount.gt(3) | !Order::paid;
    let e = !(Order::paid & Order::discount.gt(3));
    let e: Expr<Option<bool>> = Order::amount.eq(Order::discount);
    let e: Expr<Option<bool>> = Order::discount.eq(Order::amount);
    let e: Expr<Option<i64>> = Order::amount + Order::discount;
    let e = Order::discount.eq(None);
    let e = Order::amount.eq(Some(4));
    let e = User::fullname.eq(None);
    let e = User::fullname.eq("x");
    let e = User::fullname.eq(String::new());
    let e = User::fullname.eq(User::name);
    let e = User::id.in_([1, 2, 3]);
    let e = User::name.in_(["a", "b"]);
    let e = User::name.in_(&["a".to_string()]);
    let q = select(User).filter(Order::paid).filter(Order::discount.gt(1));
    let e = Order::r#type.eq("sale");
    let q = update(Order)
        .set(Order::discount, None)
        .set(Order::amount, Order::amount + 1)
        .set(Order::discount, Some(1))
        .set(Order::discount, 4);
    let loader = selectinload(User::addresses)
        .selectinload(Address::user)
        .selectinload(User::keywords)
        .selectinload(Keyword::users);
    let q = select(User).options(loader);
    let q = select((User, count(Address::id))).options(selectinload(User::addresses));
    let rev = select(User).join(Order::user.reverse());
}

// --- Engine ---------------------------------------------------------------------------------

#[test]
fn options_of_an_engine() -> Result<()> {
    tests::block_on(async {
        let engine =
            Engine::options("sqlite::memory:").max_connections(8).isolation(Isolation::Serializable).connect().await?;
        let mut connection = engine.acquire().await?;
        connection.set_isolation(Isolation::Serializable).await?; // restored on return to the pool
        drop(connection);
        assert_eq!(engine.dialect(), Dialect::Sqlite);
        assert!(engine.reflect().await?.tables.is_empty());
        Ok(())
    })
}

// --- Every future can be spawned ------------------------------------------------------------

fn spawn<F: Future<Output = T> + Send + 'static, T: Send + 'static>(_: F) {}

#[allow(dead_code)]
fn everything_can_be_spawned(engine: Engine) {
    let e = engine.clone();
    spawn(async move { engine_part(Some("x")).await });
    spawn(async move { functions(&e).await });
    let e = engine.clone();
    spawn(async move { handler(e, 7).await });
    let e = engine.clone();
    spawn(async move {
        let name = String::new();
        e.transaction(async |tx| {
            tx.execute(update(User).set(User::name, &name)).await?;
            Ok(())
        })
        .await
    });
    let e = engine.clone();
    spawn(async move {
        e.transaction(async move |tx| {
            let v: Vec<User> = tx.all(select(User)).await?;
            Ok(v.len())
        })
        .await
    });
}

async fn elsewhere(_: &str) {}

/// Like a handler of a web service: holds the session, and views of it, across awaits of other things.
async fn handler(engine: Engine, id: i64) -> Result<String> {
    let mut session = engine.session();
    let Some(user) = session.get::<User>(id).await? else { return Ok(String::new()) };
    session.load(user, User::addresses).await?;
    for address in session.at(user).many(User::addresses)? {
        elsewhere(&address.email).await;
    }
    elsewhere(&session[user].name).await;
    session[user].version += 1;
    session.commit().await?;
    Ok(session[user].name.clone())
}
