//! INSERT, UPDATE, DELETE, upserts and text.

use tests::models::{Address, Employee, Order, User, seed};
use tests::prelude::*;

async fn names(db: &Db) -> Result<Vec<String>> {
    db.engine.all(select(User::name).order_by(User::id)).await
}

fn user(name: &str) -> User {
    User { name: name.into(), ..Default::default() }
}

matrix! {
    async fn one_row_is_inserted(db: Db) -> Result<()> {
        seed(&db).await?;
        let rows = db.engine.execute(insert(User).set(User::name, "new").set(User::fullname, None).set(User::version, 1)).await?;
        assert_eq!(rows, 1);
        let new = db.engine.one(select(User).filter(User::name.eq("new"))).await?;
        assert_eq!((new.id, new.fullname), (4, None));
        Ok(())
    }

    async fn many_rows_are_inserted(db: Db) -> Result<()> {
        seed(&db).await?;
        let users: Vec<User> = (0..2500).map(|n| user(&format!("user {n}"))).collect();
        assert_eq!(db.engine.execute(insert(User).rows(&users)).await?, 2500);
        assert_eq!(db.engine.scalar(select(count(User::id))).await?, 2503);
        assert_eq!(db.engine.execute(insert(User).rows(&[])).await?, 0);
        Ok(())
    }

    /// More binds than one statement takes are sent in several, in one transaction.
    async fn rows_beyond_the_limit_of_binds_are_split(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut rows: Vec<Employee> = (0..20_000).map(|n| Employee { name: format!("e{n}"), age: n, ..Default::default() }).collect();
        assert_eq!(db.engine.execute(insert(Employee).rows(&rows)).await?, 20_000);
        assert_eq!(db.engine.scalar(select(count(Employee::id))).await?, 20_004);
        // The last row is wrong: none is kept.
        rows[19_999].manager_id = Some(-1);
        assert!(db.engine.execute(insert(Employee).rows(&rows)).await.is_err());
        assert_eq!(db.engine.scalar(select(count(Employee::id))).await?, 20_004);
        Ok(())
    }

    async fn rows_come_from_a_select(db: Db) -> Result<()> {
        seed(&db).await?;
        let copied = insert(Employee).from_select((Employee::name, Employee::age), select((User::name, User::version.cast::<i32>())).filter(User::id.lt(3)));
        assert_eq!(db.engine.execute(copied).await?, 2);
        let ages = select((Employee::name, Employee::age)).filter(Employee::id.gt(4)).order_by(Employee::name);
        assert_eq!(db.engine.all(ages).await?, [("ed".to_owned(), 1), ("wendy".to_owned(), 1)]);
        Ok(())
    }

    #[requires(insert_returning)]
    async fn an_insert_returns_what_was_asked_for(db: Db) -> Result<()> {
        seed(&db).await?;
        let id = db.engine.scalar(insert(User).set(User::name, "a").set(User::version, 1).returning(User::id)).await?;
        assert_eq!(id, 4);
        let rows = db.engine.all(insert(User).rows(&[user("b"), user("c")]).returning((User::id, User::name))).await?;
        assert_eq!(rows, [(5, "b".to_owned()), (6, "c".to_owned())]);
        let whole: User = db.engine.one(insert(User).rows(&[user("d")]).returning(User)).await?;
        assert_eq!((whole.id, whole.version), (7, 1));
        Ok(())
    }

    #[on(mysql)]
    async fn returning_is_refused_where_there_is_none(db: Db) -> Result<()> {
        let refused = db.engine.all(insert(User).set(User::name, "x").returning(User::id)).await;
        assert!(matches!(&refused, Err(Error::Unsupported { .. })), "{refused:?}");
        Ok(())
    }

    async fn update_changes_what_it_names(db: Db) -> Result<()> {
        seed(&db).await?;
        let rows = db.engine.execute(update(User).set(User::fullname, User::name.concat(" (old)")).filter(User::id.lt(3))).await?;
        assert_eq!(rows, 2);
        let fullnames = db.engine.all(select(User::fullname).order_by(User::id)).await?;
        assert_eq!(fullnames, [Some("ed (old)".to_owned()), Some("wendy (old)".to_owned()), Some("Fred Flint".to_owned())]);
        // A row that had the value already counts as well.
        assert_eq!(db.engine.execute(update(User).set(User::fullname, None).filter(User::id.eq(1))).await?, 1);
        assert_eq!(db.engine.execute(update(User).set(User::fullname, None).filter(User::id.eq(1))).await?, 1);
        assert_eq!(db.engine.execute(update(User).set(User::fullname, None).filter(User::id.eq(99))).await?, 0);
        Ok(())
    }

    async fn update_reads_other_tables_in_subqueries(db: Db) -> Result<()> {
        seed(&db).await?;
        let spent = select(sum(Order::amount)).filter(Order::user_id.eq(User::id)).correlate(User).scalar_subquery();
        db.engine.execute(update(User).set(User::version, coalesce(spent, 0).cast::<i32>())).await?;
        assert_eq!(db.engine.all(select(User::version).order_by(User::id)).await?, [30, 30, 0]);
        db.engine.execute(update(Order).set(Order::paid, true).filter(Order::user.has(User::name.eq("ed")))).await?;
        assert_eq!(db.engine.all(select(Order::id).filter(Order::paid).order_by(Order::id)).await?, [1, 2, 3]);
        Ok(())
    }

    #[requires(update_returning)]
    async fn an_update_returns_the_new_values(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut rows = db.engine.all(update(Order).set(Order::amount, Order::amount * 2).filter(Order::paid).returning((Order::id, Order::amount))).await?;
        rows.sort_unstable();
        assert_eq!(rows, [(1, 20), (3, 60)]);
        Ok(())
    }

    async fn an_update_of_nothing_is_an_error(db: Db) -> Result<()> {
        let wrong = db.engine.execute(update(User)).await;
        assert!(matches!(&wrong, Err(Error::Statement(_))), "{wrong:?}");
        Ok(())
    }

    async fn delete_deletes_what_matches(db: Db) -> Result<()> {
        seed(&db).await?;
        assert_eq!(db.engine.execute(delete(Order).filter(Order::amount.gt(25))).await?, 2);
        assert_eq!(db.engine.execute(delete(Order).filter(Order::amount.gt(25))).await?, 0);
        let spammers = delete(Order).filter(Order::user.has(User::addresses.any(Address::email.like("%@spam.example"))));
        assert_eq!(db.engine.execute(spammers).await?, 2);
        assert_eq!(db.engine.execute(delete(User).filter(!User::addresses.any(true))).await?, 1);
        assert_eq!(names(&db).await?, ["ed", "wendy"]);
        // The database's own rule: the addresses go with their user.
        assert_eq!(db.engine.execute(delete(User).filter(User::name.eq("ed"))).await?, 1);
        assert_eq!(db.engine.scalar(select(count(Address::id))).await?, 1);
        Ok(())
    }

    #[requires(delete_returning)]
    async fn a_delete_returns_what_is_gone(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut gone = db.engine.all(delete(Address).filter(Address::user_id.eq(1)).returning(Address::email)).await?;
        gone.sort();
        assert_eq!(gone, ["ed@example.org", "ed@spam.example"]);
        Ok(())
    }

    async fn an_upsert_updates_the_row_that_is_there(db: Db) -> Result<()> {
        seed(&db).await?;
        let rows = [User { fullname: Some("New Ed".into()), ..user("ed") }, User { fullname: Some("Bo".into()), ..user("bo") }];
        db.engine
            .execute(insert(User).rows(&rows).on_conflict(User::name).do_update(|excluded| User::fullname.to(excluded.get(User::fullname))))
            .await?;
        assert_eq!(names(&db).await?, ["ed", "wendy", "fred", "bo"]);
        assert_eq!(db.engine.scalar(select(User::fullname).filter(User::name.eq("ed"))).await?.as_deref(), Some("New Ed"));
        // Several columns, one of them counted up from the old row.
        db.engine
            .execute(insert(User).rows(&rows[..1]).on_conflict(User::name).do_update(|new| {
                (User::version.to(User::version + 10), User::fullname.to(new.get(User::name).concat("!")))
            }))
            .await?;
        let ed = db.engine.one(select(User).filter(User::name.eq("ed"))).await?;
        assert_eq!((ed.id, ed.version, ed.fullname.as_deref()), (1, 11, Some("ed!")));
        Ok(())
    }

    async fn an_upsert_can_leave_the_row_alone(db: Db) -> Result<()> {
        seed(&db).await?;
        let rows = [User { fullname: Some("Other".into()), ..user("ed") }, user("bo")];
        db.engine.execute(insert(User).rows(&rows).on_conflict(User::name).do_nothing()).await?;
        db.engine.execute(insert(User).rows(&rows).on_any_conflict().do_nothing()).await?;
        assert_eq!(names(&db).await?, ["ed", "wendy", "fred", "bo"]);
        assert_eq!(db.engine.scalar(select(User::fullname).filter(User::name.eq("ed"))).await?.as_deref(), Some("Ed Jones"));
        Ok(())
    }

    #[on(sqlite, postgres)]
    async fn an_upsert_can_mean_a_partial_index(db: Db) -> Result<()> {
        db.create(metadata![Seat]).await?;
        let seat = |id, taken, guest: &str| Seat { id, row: 1, taken, guest: guest.into() };
        let seats = [seat(1, false, "nobody"), seat(2, false, "nobody"), seat(3, true, "ann")];
        db.engine.execute(insert(Seat).rows(&seats)).await?;
        let upsert = |guest: &str| {
            insert(Seat)
                .rows(&[seat(4, true, guest)])
                .on_conflict(Seat::row)
                .index_where(Seat::taken)
                .update_where(|new| new.get(Seat::guest).ne("nobody"))
                .do_update(|new| Seat::guest.to(new.get(Seat::guest)))
        };
        assert_eq!(db.engine.execute(upsert("bob")).await?, 1);
        assert_eq!(db.engine.execute(upsert("nobody")).await?, 0);
        let guests = db.engine.all(select((Seat::id, Seat::guest)).filter(Seat::taken)).await?;
        assert_eq!(guests, [(3, "bob".to_owned())]);
        Ok(())
    }

    #[on(mariadb, mysql)]
    async fn a_condition_of_an_upsert_is_refused_where_there_is_none(db: Db) -> Result<()> {
        let upsert = insert(User).rows(&[user("x")]).on_conflict(User::name).update_where(|new| new.get(User::id).gt(1));
        let refused = db.engine.execute(upsert.do_update(|new| User::fullname.to(new.get(User::fullname)))).await;
        assert!(matches!(&refused, Err(Error::Unsupported { .. })), "{refused:?}");
        Ok(())
    }

    async fn text_takes_named_binds(db: Db) -> Result<()> {
        seed(&db).await?;
        let rows = db.engine
            .all(text("SELECT id, name FROM users WHERE name = :name OR id = :id OR name = :name ORDER BY id")
                .bind("name", "ed").bind("id", 3_i64).columns::<(i64, String)>())
            .await?;
        assert_eq!(rows, [(1, "ed".to_owned()), (3, "fred".to_owned())]);
        assert_eq!(db.engine.execute(text("UPDATE users SET fullname = :it").bind("it", "it's: :id ?")).await?, 3);
        assert_eq!(db.engine.scalar(text("SELECT ':not a bind'").columns::<String>()).await?, ":not a bind");
        Ok(())
    }

    async fn a_bind_without_a_value_is_an_error(db: Db) -> Result<()> {
        let wrong = db.engine.all(text("SELECT :a, :b").bind("a", 1_i64).columns::<(i64, i64)>()).await;
        assert!(matches!(&wrong, Err(Error::Statement(message)) if message.contains('b')), "{wrong:?}");
        let wrong = db.engine.all(text("SELECT :a").bind("a", 1_i64).bind("c", 2_i64).columns::<i64>()).await;
        assert!(matches!(&wrong, Err(Error::Statement(message)) if message.contains('c')), "{wrong:?}");
        Ok(())
    }

    async fn a_transaction_commits_or_rolls_back(db: Db) -> Result<()> {
        seed(&db).await?;
        async fn rename(connection: &mut Connection, id: i64, to: &str) -> Result<u64> {
            connection.execute(update(User).set(User::name, to).filter(User::id.eq(id))).await
        }
        db.engine.transaction(async |tx| rename(tx, 1, "edward").await).await?;
        let failed: Result<()> = db.engine
            .transaction(async |tx| {
                rename(tx, 2, "gone").await?;
                Err(Error::custom("changed my mind"))
            })
            .await;
        assert_eq!(failed.unwrap_err().to_string(), "changed my mind");
        rename(&mut db.engine.acquire().await?, 3, "freddy").await?;
        let mut tx = db.engine.begin().await?;
        rename(&mut tx, 3, "nobody").await?;
        tx.rollback().await?;
        assert_eq!(names(&db).await?, ["edward", "wendy", "freddy"]);
        Ok(())
    }

    async fn a_nested_transaction_is_a_savepoint(db: Db) -> Result<()> {
        seed(&db).await?;
        let mut tx = db.engine.begin().await?;
        tx.execute(delete(Order).filter(Order::id.eq(1))).await?;
        let mut nested = tx.begin().await?;
        nested.execute(delete(Order)).await?;
        nested.rollback().await?;
        let mut nested = tx.begin().await?;
        nested.execute(delete(Order).filter(Order::id.eq(2))).await?;
        nested.commit().await?;
        tx.commit().await?;
        assert_eq!(db.engine.all(select(Order::id).order_by(Order::id)).await?, [3, 4]);
        Ok(())
    }
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "seats", index(name = "ux_seats_taken", columns(row), unique, where = "taken"))]
struct Seat {
    #[orm(primary_key)]
    id: i64,
    row: i32,
    taken: bool,
    guest: String,
}
