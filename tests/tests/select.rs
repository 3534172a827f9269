//! SELECT: joins, groups, subqueries, and what is wrong before anything is sent.

use tests::models::{Address, Employee, Keyword, Order, User, seed};
use tests::prelude::*;

fn statement_error<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Err(Error::Statement(message)) => message,
        other => panic!("expected a wrong statement, not {other:?}"),
    }
}

matrix! {
    async fn from_follows_from_the_columns(db: Db) -> Result<()> {
        seed(&db).await?;
        let names: Vec<String> = db.engine.all(select(User::name).order_by(User::id)).await?;
        assert_eq!(names, ["ed", "wendy", "fred"]);
        let user: User = db.engine.one(select(User).filter(User::id.eq(2))).await?;
        assert_eq!((user.name.as_str(), user.fullname, user.version), ("wendy", None, 1));
        Ok(())
    }

    async fn the_verbs_count_their_rows(db: Db) -> Result<()> {
        seed(&db).await?;
        let by_id = |id: i64| select(User::name).filter(User::id.eq(id));
        assert_eq!(db.engine.one(by_id(1)).await?, "ed");
        assert!(matches!(db.engine.one(by_id(9)).await, Err(Error::NoRow { .. })));
        assert!(matches!(db.engine.one(select(User)).await, Err(Error::ManyRows { .. })));
        assert_eq!(db.engine.one_or_none(by_id(9)).await?, None);
        assert!(matches!(db.engine.one_or_none(select(User)).await, Err(Error::ManyRows { .. })));
        assert_eq!(db.engine.first(select(User::name).order_by(User::id)).await?.as_deref(), Some("ed"));
        assert_eq!(db.engine.first(by_id(9)).await?, None);
        assert_eq!(db.engine.scalar(select(count(User::id))).await?, 3);
        // A statement is a plain value: used twice, and made longer on the way.
        let mut query = select(User::name).order_by(User::id);
        assert_eq!(db.engine.all(&query).await?.len(), 3);
        query = query.filter(User::fullname.is_not(None));
        assert_eq!(db.engine.all(&query).await?, ["ed", "fred"]);
        Ok(())
    }

    async fn a_join_follows_a_relationship(db: Db) -> Result<()> {
        seed(&db).await?;
        let rows = select((User::name, Address::email)).join(User::addresses).order_by(Address::id);
        assert_eq!(db.engine.all(rows).await?, [
            ("ed".to_owned(), "ed@example.org".to_owned()),
            ("ed".to_owned(), "ed@spam.example".to_owned()),
            ("wendy".to_owned(), "wendy@example.org".to_owned()),
        ]);
        let back = select(User::name).join(Address::user.reverse()).filter(Address::email.like("wendy%"));
        assert_eq!(db.engine.all(back).await?, ["wendy"]);
        let up = select((Address::email, User::name)).join(Address::user).filter(User::name.eq("wendy"));
        assert_eq!(db.engine.all(up).await?, [("wendy@example.org".to_owned(), "wendy".to_owned())]);
        Ok(())
    }

    async fn a_join_follows_the_only_foreign_key(db: Db) -> Result<()> {
        seed(&db).await?;
        let rows = select((User::name, Address::id)).select_from(User).join(Address).order_by(Address::id);
        assert_eq!(db.engine.all(rows).await?.len(), 3);
        Ok(())
    }

    async fn an_outer_join_keeps_what_has_no_partner(db: Db) -> Result<()> {
        seed(&db).await?;
        let rows: Vec<(String, Option<String>)> = db.engine
            .all(select((User::name, Address::email.optional())).outer_join(User::addresses).order_by((User::id, Address::id)))
            .await?;
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[3], ("fred".to_owned(), None));
        let pairs: Vec<(User, Option<Address>)> = db.engine
            .all(select((User, Address.optional())).outer_join(User::addresses).order_by((User::id, Address::id)))
            .await?;
        let pairs: Vec<_> = pairs.iter().map(|(user, address)| (user.id, address.as_ref().map(|address| address.id))).collect();
        assert_eq!(pairs, [(1, Some(1)), (1, Some(2)), (2, Some(3)), (3, None)]);
        Ok(())
    }

    async fn a_column_that_an_outer_join_makes_nullable_must_say_so(db: Db) -> Result<()> {
        // No table is there: this is found before anything is sent, whatever the data.
        let message = statement_error(db.engine.all(select((User::name, Address::email)).outer_join(User::addresses)).await);
        assert!(message.contains("Address") && message.contains("optional"), "{message}");
        let message = statement_error(db.engine.all(select((User, Address)).outer_join(User::addresses)).await);
        assert!(message.contains("Address") && message.contains("optional"), "{message}");
        Ok(())
    }

    async fn what_nothing_connects_is_an_error(db: Db) -> Result<()> {
        let message = statement_error(db.engine.all(select((User::name, Keyword::word))).await);
        assert!(message.contains("User") && message.contains("Keyword") && message.contains("cross_join"), "{message}");
        Ok(())
    }

    async fn a_cross_join_pairs_everything(db: Db) -> Result<()> {
        seed(&db).await?;
        let pairs = select((User::id, Employee::id)).cross_join(Employee);
        assert_eq!(db.engine.all(pairs).await?.len(), 12);
        Ok(())
    }

    async fn groups_are_counted_and_filtered(db: Db) -> Result<()> {
        seed(&db).await?;
        let totals: Vec<(String, i64)> = db.engine
            .all(select((User::name, count(Address::id)))
                .outer_join(User::addresses)
                .group_by(User::name)
                .order_by((count(Address::id).desc(), User::name)))
            .await?;
        assert_eq!(totals, [("ed".to_owned(), 2), ("wendy".to_owned(), 1), ("fred".to_owned(), 0)]);
        let several: Vec<String> = db.engine
            .all(select(User::name).outer_join(User::addresses).group_by(User::name).having(count(Address::id).gt(1)))
            .await?;
        assert_eq!(several, ["ed"]);
        let whole: Vec<(User, i64)> = db.engine
            .all(select((User, count(Address::id))).outer_join(User::addresses).group_by(User::id).order_by(User::id))
            .await?;
        assert_eq!(whole.iter().map(|(user, count)| (user.name.as_str(), *count)).collect::<Vec<_>>(), [("ed", 2), ("wendy", 1), ("fred", 0)]);
        Ok(())
    }

    async fn distinct_limit_and_offset(db: Db) -> Result<()> {
        seed(&db).await?;
        let paid = select(Order::paid).distinct().order_by(Order::paid);
        assert_eq!(db.engine.all(paid).await?, [false, true]);
        let ids = |query: Select<i64>| db.engine.all(query.order_by(Order::id));
        assert_eq!(ids(select(Order::id).limit(2)).await?, [1, 2]);
        assert_eq!(ids(select(Order::id).limit(2).offset(1)).await?, [2, 3]);
        assert_eq!(ids(select(Order::id).offset(3)).await?, [4]);
        assert_eq!(ids(select(Order::id).limit(0)).await?, [0_i64; 0]);
        Ok(())
    }

    async fn a_label_is_ordered_and_grouped_by(db: Db) -> Result<()> {
        seed(&db).await?;
        let net = (Order::amount - coalesce(Order::discount, 0)).label("net");
        let rows = db.engine.all(select((Order::id, &net)).order_by((net.desc(), Order::id))).await?;
        assert_eq!(rows, [(4, 40), (2, 15), (1, 10), (3, 0)]);
        let large = Order::amount.gt(15).label("large");
        let rows = db.engine.all(select((&large, count(Order::id))).group_by(&large).order_by(&large)).await?;
        assert_eq!(rows, [(false, 1), (true, 3)]);
        Ok(())
    }

    async fn an_alias_joins_a_table_with_itself(db: Db) -> Result<()> {
        seed(&db).await?;
        let m = alias(Employee, "m");
        let rows = select((Employee::name, m.get(Employee::name).optional()))
            .outer_join_on(&m, m.get(Employee::id).eq(Employee::manager_id))
            .order_by(Employee::id);
        let rows: Vec<(String, Option<String>)> = db.engine.all(rows).await?;
        let rows: Vec<_> = rows.iter().map(|(name, manager)| (name.as_str(), manager.as_deref())).collect();
        assert_eq!(rows, [("ann", None), ("bob", Some("ann")), ("cid", Some("ann")), ("dan", Some("bob"))]);
        let (a, b) = (aliased(Employee), aliased(Employee));
        let same_boss = select((a.get(Employee::name), b.get(Employee::name)))
            .join_on(&b, a.get(Employee::manager_id).eq(b.get(Employee::manager_id)) & a.get(Employee::id).lt(b.get(Employee::id)));
        assert_eq!(db.engine.all(same_boss).await?, [("bob".to_owned(), "cid".to_owned())]);
        Ok(())
    }

    async fn a_subquery_is_joined_like_a_table(db: Db) -> Result<()> {
        seed(&db).await?;
        let total = sum(Order::amount).label("total");
        let per_user = select((Order::user_id, &total)).group_by(Order::user_id).subquery("per_user");
        let rows: Vec<(String, Option<i64>)> = db.engine
            .all(select((User::name, per_user.get(&total)))
                .join_on(&per_user, per_user.get(Order::user_id).eq(User::id))
                .order_by(User::id))
            .await?;
        assert_eq!(rows, [("ed".to_owned(), Some(30)), ("wendy".to_owned(), Some(30))]);
        let all = db.engine.all(select(&per_user).order_by(per_user.get(&total).desc())).await?;
        assert_eq!(all[0], (None, Some(40)));
        Ok(())
    }

    async fn a_subquery_stands_in_a_list(db: Db) -> Result<()> {
        seed(&db).await?;
        let buyers = select(User::name).filter(User::id.in_(select(Order::user_id).filter(Order::amount.gt(15)))).order_by(User::id);
        assert_eq!(db.engine.all(buyers).await?, ["ed", "wendy"]);
        let others = select(User::name).filter(User::id.not_in(select(Address::user_id)));
        assert_eq!(db.engine.all(others).await?, ["fred"]);
        Ok(())
    }

    async fn exists_is_correlated_where_it_is_told_to(db: Db) -> Result<()> {
        seed(&db).await?;
        let buyers = select(User::name)
            .filter(exists(select(Order::id).filter(Order::user_id.eq(User::id) & Order::paid).correlate(User)))
            .order_by(User::id);
        assert_eq!(db.engine.all(buyers).await?, ["ed", "wendy"]);
        let none = select(User::name).filter(!exists(select(Order::id).filter(Order::user_id.eq(User::id)).correlate(User)));
        assert_eq!(db.engine.all(none).await?, ["fred"]);
        Ok(())
    }

    /// It would be a cross join inside the subquery, and silently wrong.
    async fn a_forgotten_correlation_is_an_error(db: Db) -> Result<()> {
        let query = select(User::name).filter(exists(select(Order::id).filter(Order::user_id.eq(User::id))));
        let message = statement_error(db.engine.all(query).await);
        assert!(message.contains("correlate"), "{message}");
        Ok(())
    }

    async fn a_scalar_subquery_is_a_value(db: Db) -> Result<()> {
        seed(&db).await?;
        let orders = select(count(Order::id)).filter(Order::user_id.eq(User::id)).correlate(User).scalar_subquery();
        let rows = db.engine.all(select((User::name, orders)).order_by(User::id)).await?;
        assert_eq!(rows, [("ed".to_owned(), Some(2)), ("wendy".to_owned(), Some(1)), ("fred".to_owned(), Some(0))]);
        let dearest = select(Order::id).filter(Order::amount.eq(select(max(Order::amount)).scalar_subquery()));
        // The inner one is the same table, and on its own.
        assert_eq!(db.engine.all(dearest).await?, [4]);
        Ok(())
    }

    async fn relationships_are_asked_with_any_and_has(db: Db) -> Result<()> {
        seed(&db).await?;
        let spammers = select(User::name).filter(User::addresses.any(Address::email.like("%@spam.example")));
        assert_eq!(db.engine.all(spammers).await?, ["ed"]);
        let alone = select(User::name).filter(!User::addresses.any(true));
        assert_eq!(db.engine.all(alone).await?, ["fred"]);
        let of_ed = select(Address::id).filter(Address::user.has(User::name.eq("ed"))).order_by(Address::id);
        assert_eq!(db.engine.all(of_ed).await?, [1, 2]);
        // A table related to itself.
        let above_young = select(Employee::name).filter(Employee::reports.any(Employee::age.lt(30)));
        assert_eq!(db.engine.all(above_young).await?, ["bob"]);
        let below_old = select(Employee::name).filter(Employee::manager.has(Employee::age.gt(50))).order_by(Employee::id);
        assert_eq!(db.engine.all(below_old).await?, ["bob", "cid"]);
        assert_eq!(db.engine.scalar(select(count(User::id)).filter(User::keywords.any(Keyword::word.eq("x")))).await?, 0);
        Ok(())
    }

    async fn rows_stream(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut rows = db.engine.stream(select(User::name).order_by(User::id));
        let mut names = Vec::new();
        while let Some(name) = std::future::poll_fn(|context| rows.as_mut().poll_next(context)).await {
            names.push(name?);
        }
        assert_eq!(names, ["ed", "wendy", "fred"]);
        Ok(())
    }

    async fn selectinload_brings_the_tree(db: Db) -> Result<()> {
        seed(&db).await?;
        let users: Vec<User> = db.engine
            .all(select(User).order_by(User::id).options(selectinload(User::addresses).selectinload(Address::user)).options(selectinload(User::orders)))
            .await?;
        let emails = |user: &User| Ok::<_, Error>(user.addresses.get()?.iter().map(|address| address.email.clone()).collect::<Vec<_>>());
        assert_eq!(emails(&users[0])?, ["ed@example.org", "ed@spam.example"]);
        assert_eq!(emails(&users[1])?, ["wendy@example.org"]);
        assert_eq!(emails(&users[2])?, [""; 0]);
        assert_eq!(users[0].addresses.get()?[1].user.get()?.name, "ed");
        assert_eq!(users[0].orders.get()?.len(), 2);
        let employees = db.engine.all(select(Employee).order_by(Employee::id).options(selectinload(Employee::manager)).options(selectinload(Employee::reports).selectinload(Employee::reports))).await?;
        assert_eq!(employees[0].manager.get()?.map(|manager| manager.id), None);
        assert_eq!(employees[3].manager.get()?.map(|manager| manager.name.as_str()), Some("bob"));
        assert_eq!(employees[0].reports.get()?[0].reports.get()?[0].name, "dan");
        Ok(())
    }

    async fn a_filtered_collection_is_partial(db: Db) -> Result<()> {
        seed(&db).await?;
        let user = db.engine
            .one(select(User).filter(User::id.eq(1)).options(selectinload(User::addresses).filter(Address::email.contains("spam"))))
            .await?;
        assert!(matches!(user.addresses.get(), Err(Error::Partial { .. })));
        assert_eq!(user.addresses.partial()?.len(), 1);
        Ok(())
    }

    async fn what_was_not_loaded_names_the_way_to_load_it(db: Db) -> Result<()> {
        seed(&db).await?;
        let user = db.engine.one(select(User).filter(User::id.eq(1))).await?;
        match user.addresses.get() {
            Err(error @ Error::NotLoaded { .. }) => {
                let message = error.to_string();
                assert!(message.contains("User::addresses") && message.contains("selectinload"), "{message}");
            }
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    async fn many_parents_are_loaded_in_chunks(db: Db) -> Result<()> {
        seed(&db).await?;
        let users: Vec<User> = (10..1210).map(|id| User { id, name: format!("u{id}"), ..Default::default() }).collect();
        db.engine.execute(insert(User).rows(&users)).await?;
        let addresses: Vec<Address> = (10..1210).map(|id| Address { id, user_id: id, email: format!("{id}@x"), ..Default::default() }).collect();
        db.engine.execute(insert(Address).rows(&addresses)).await?;
        let record = db.engine.record();
        let read = db.engine.all(select(User).filter(User::id.ge(10)).options(selectinload(User::addresses).chunk_size(400))).await?;
        assert_eq!(read.len(), 1200);
        for user in &read {
            assert_eq!(user.addresses.get()?.iter().map(|address| address.user_id).collect::<Vec<_>>(), [user.id]);
        }
        assert_eq!(record.statements().len(), 4, "{:?}", record.statements().len());
        Ok(())
    }

    /// What was not loaded is null in JSON, and comes back from null or absence as not loaded.
    async fn an_owned_tree_is_ready_for_serde(db: Db) -> Result<()> {
        db.create(metadata![Author, Book]).await?;
        let mut session = db.engine.session();
        let books = vec![Book { title: "Solaris".into(), ..Default::default() }];
        session.add(Author { name: "Lem".into(), books: books.into(), ..Default::default() });
        session.commit().await?;
        let author = db.engine.one(select(Author).options(selectinload(Author::books))).await?;
        let json = serde_json::to_value(&author).map_err(Error::custom)?;
        let book = serde_json::json!({"id": 1, "title": "Solaris", "author_id": 1, "author": null});
        assert_eq!(json, serde_json::json!({"id": 1, "name": "Lem", "books": [book]}));
        let back: Author = serde_json::from_value(json).map_err(Error::custom)?;
        assert_eq!(back.books.get()?[0].title, "Solaris");
        assert!(matches!(back.books.get()?[0].author.get(), Err(Error::NotLoaded { .. })));
        let short: Author = serde_json::from_str(r#"{"id": 2, "name": "x"}"#).map_err(Error::custom)?;
        assert!(matches!(short.books.get(), Err(Error::NotLoaded { .. })));
        Ok(())
    }
}

#[derive(Model, serde::Serialize, serde::Deserialize, Debug, Clone, Default, PartialEq)]
#[orm(table = "authors")]
struct Author {
    #[orm(primary_key)]
    id: i64,
    name: String,
    #[serde(default)]
    books: HasMany<Book>,
}

#[derive(Model, serde::Serialize, serde::Deserialize, Debug, Clone, Default, PartialEq)]
#[orm(table = "books")]
struct Book {
    #[orm(primary_key)]
    id: i64,
    title: String,
    #[orm(references = Author::id)]
    author_id: i64,
    #[serde(default)]
    author: BelongsTo<Author>,
}
