//! What the dialects write differently means the same when it runs.

use orm_core::dialect::literal;
use orm_core::expr::DatePart;
use orm_core::types::{Kind, Value};
use tests::prelude::*;

/// Every name here needs quotes somewhere.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "Order", index(name = "Odd index", columns(group)))]
struct Order {
    #[orm(primary_key, column = "select")]
    id: i64,
    #[orm(unique, length = 40)]
    key: String,
    group: i32,
    #[orm(column = "Two words")]
    words: Option<String>,
    #[orm(precision = 10, scale = 2)]
    price: Decimal,
    rate: Option<Decimal>,
    ratio: f64,
    big: i64,
    flag: bool,
    #[orm(server_default = "7")]
    rank: Auto<i32>,
    lines: HasMany<Line>,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "lines")]
struct Line {
    #[orm(primary_key)]
    id: i64,
    #[orm(references = Order::id)]
    order_id: i64,
    text: String,
    order: BelongsTo<Order>,
}

fn money(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

/// | id | key | group | words | price | rate | ratio | big | flag |
/// |---|---|---|---|---|---|---|---|---|
/// | 1 | a | 1 | – | 9.50 | 0.125 | 7.5 | 2^62 | yes |
/// | 2 | b | 1 | `x\y` | 10.25 | – | -7.5 | 1 | no |
/// | 3 | c | 2 | `50%` | 100.00 | 1000 | 2.0 | 2 | yes |
async fn orders(db: &Db) -> Result<()> {
    db.create(metadata![Order, Line]).await?;
    let order = |id, key: &str, group, words: Option<&str>, cents, rate: Option<&str>, ratio, big, flag| Order {
        id,
        key: key.to_owned(),
        group,
        words: words.map(str::to_owned),
        price: money(cents),
        rate: rate.map(|rate| rate.parse().unwrap()),
        ratio,
        big,
        flag,
        ..Default::default()
    };
    let rows = [
        order(1, "a", 1, None, 950, Some("0.125"), 7.5, 1 << 62, true),
        order(2, "b", 1, Some(r"x\y"), 1025, None, -7.5, 1, false),
        order(3, "c", 2, Some("50%"), 10000, Some("1000"), 2.0, 2, true),
    ];
    db.engine.execute(insert(Order).rows(&rows)).await?;
    for (id, order_id, text) in [(1, 1, "one"), (2, 1, "two"), (3, 3, "three")] {
        db.engine.execute(insert(Line).set(Line::id, id).set(Line::order_id, order_id).set(Line::text, text)).await?;
    }
    Ok(())
}

async fn ids(db: &Db, condition: impl Condition) -> Result<Vec<i64>> {
    db.engine.all(select(Order::id).filter(condition).order_by(Order::id)).await
}

matrix! {
    async fn names_that_need_quotes(db: Db) -> Result<()> {
        orders(&db).await?;
        let o = alias(Order, "from");
        let label = count_all().label("Group By");
        let rows: Vec<(i32, i64)> = db
            .engine
            .all(select((o.get(Order::group), &label)).group_by(o.get(Order::group)).order_by((&label).desc()))
            .await?;
        assert_eq!(rows, [(1, 2), (2, 1)]);
        let sub = select((Order::id, Order::words)).subquery("table");
        let words: Vec<Option<String>> =
            db.engine.all(select(sub.get(Order::words)).order_by(sub.get(Order::id))).await?;
        assert_eq!(words, [None, Some(r"x\y".to_owned()), Some("50%".to_owned())]);
        db.engine.execute(update(Order).set(Order::words, "new").filter(Order::key.eq("a"))).await?;
        assert_eq!(ids(&db, Order::words.eq("new")).await?, [1]);
        db.engine.execute(delete(Line)).await?;
        db.engine.execute(delete(Order).filter(Order::group.eq(2))).await?;
        assert_eq!(ids(&db, true).await?, [1, 2]);
        Ok(())
    }

    async fn decimals_compare_and_sort_as_numbers(db: Db) -> Result<()> {
        orders(&db).await?;
        assert_eq!(ids(&db, Order::price.gt(money(950))).await?, [2, 3]);
        assert_eq!(ids(&db, Order::price.between(money(900), money(1025))).await?, [1, 2]);
        assert_eq!(ids(&db, Order::price.eq("10.250".parse::<Decimal>().unwrap())).await?, [2]);
        assert_eq!(ids(&db, Order::price.in_([money(10000), money(5)])).await?, [3]);
        assert_eq!(ids(&db, coalesce(Order::rate, money(100)).gt(money(50))).await?, [2, 3]);
        assert_eq!(ids(&db, (Order::price * money(200)).gt(money(1950))).await?, [2, 3]);
        assert_eq!(ids(&db, (Order::price + Order::price).eq(money(1900))).await?, [1]);
        assert_eq!(ids(&db, (Order::price - money(950)).in_([money(75), money(0)])).await?, [1, 2]);
        assert_eq!(ids(&db, (Order::price % money(900)).eq(money(50))).await?, [1]);
        let sorted: Vec<i64> = db.engine.all(select(Order::id).order_by(Order::price.desc())).await?;
        assert_eq!(sorted, [3, 2, 1]);
        let sorted: Vec<i64> = db.engine.all(select(Order::id).order_by(Order::rate.asc().nulls_last())).await?;
        assert_eq!(sorted, [1, 3, 2]);
        let (least, most, total): (Option<Decimal>, Option<Decimal>, Option<Decimal>) =
            db.engine.one(select((min(Order::price), max(Order::price), sum(Order::price)))).await?;
        assert_eq!((least, most, total), (Some(money(950)), Some(money(10000)), Some(money(11975))));
        let total = sum(Order::price).label("total");
        let groups: Vec<(i32, Option<Decimal>)> = db
            .engine
            .all(
                select((Order::group, &total))
                    .group_by(Order::group)
                    .having((&total).gt(money(1000)))
                    .order_by((&total).desc()),
            )
            .await?;
        assert_eq!(groups, [(2, Some(money(10000))), (1, Some(money(1975)))]);
        let tenfold: Vec<Decimal> = db.engine.all(select(Order::price * money(10)).order_by(Order::id)).await?;
        assert_eq!(tenfold, ["0.95", "1.025", "10"].map(|text| text.parse::<Decimal>().unwrap()));
        Ok(())
    }

    async fn numbers_mean_the_same(db: Db) -> Result<()> {
        orders(&db).await?;
        let one = |id: i64| move |query: Select<f64>| query.filter(Order::id.eq(id));
        assert_eq!(db.engine.scalar(one(1)(select(Order::ratio % 2.0))).await?, 1.5);
        assert_eq!(db.engine.scalar(one(2)(select(Order::ratio % 2.0))).await?, -1.5);
        assert_eq!(db.engine.scalar(one(3)(select(Order::ratio / 4.0))).await?, 0.5);
        assert_eq!(db.engine.scalar(one(1)(select(round(Order::ratio / 3.0 + 0.004, 2)))).await?, 2.5);
        let division: (i64, i64, i64) = db
            .engine
            .one(select((bind::<i64, _>(-7) / 2, bind::<i64, _>(-7) % 2, -(-bind::<i64, _>(-5)))))
            .await?;
        assert_eq!(division, (-3, -1, -5));
        let averages: (Option<f64>, Option<f64>, Option<i64>) =
            db.engine.one(select((avg(Order::group), avg(Order::price), sum(Order::big)))).await?;
        let (group, price, big) = averages;
        assert!((group.unwrap() - 4.0 / 3.0).abs() < 1e-12, "{group:?}");
        assert!((price.unwrap() - 119.75 / 3.0).abs() < 1e-6, "{price:?}");
        assert_eq!(big, Some((1 << 62) + 3));
        let rounded: i64 = db.engine.scalar(select(round(bind::<i64, _>(1234), 0))).await?;
        assert_eq!(rounded, 1234);
        Ok(())
    }

    async fn aggregates_over_some_rows(db: Db) -> Result<()> {
        orders(&db).await?;
        let some: (i64, Option<i32>, i64, Option<f64>) = db
            .engine
            .one(select((
                count_all().filter(Order::flag),
                sum(Order::group).filter(Order::group.gt(1)),
                count(Order::key).distinct().filter(!Order::flag),
                avg(Order::group).filter(Order::key.ne("a")),
            )))
            .await?;
        assert_eq!(some, (2, Some(2), 1, Some(1.5)));
        Ok(())
    }

    async fn windows_see_their_rows(db: Db) -> Result<()> {
        orders(&db).await?;
        let rows: Vec<(i64, Option<i32>, Option<i32>, Option<i32>, Option<i32>)> = db
            .engine
            .all(
                select((
                    row_number().over(window().partition_by(Order::group).order_by(Order::price.desc())),
                    lag(Order::group, 1).over(window().order_by(Order::id)),
                    lead(Order::group, 2).over(window().order_by(Order::id)),
                    sum(Order::group).over(window().order_by(Order::id).rows(-1..=0)),
                    sum(Order::group).over(window().order_by(Order::id).rows(..)),
                ))
                .order_by(Order::id),
            )
            .await?;
        assert_eq!(
            rows,
            [
                (2, None, Some(2), Some(1), Some(4)),
                (1, Some(1), None, Some(2), Some(4)),
                (1, Some(1), None, Some(3), Some(4)),
            ]
        );
        Ok(())
    }

    async fn patterns_are_the_same_pattern(db: Db) -> Result<()> {
        orders(&db).await?;
        // The backslash is a character like any other.
        assert_eq!(ids(&db, Order::words.like(r"x\%")).await?, [2]);
        assert_eq!(ids(&db, Order::words.like(r"x\_")).await?, [2]);
        assert_eq!(ids(&db, Order::words.like(r"_0\%")).await?, [0; 0]);
        assert_eq!(ids(&db, Order::words.like(r"_0\%").escape('\\')).await?, [3]);
        assert_eq!(ids(&db, Order::words.like("_0'%").escape('\'')).await?, [3]);
        assert_eq!(ids(&db, Order::words.contains(r"\")).await?, [2]);
        assert_eq!(ids(&db, Order::words.contains("%")).await?, [3]);
        assert_eq!(ids(&db, Order::words.contains("%").escape('\\')).await?, [3]);
        assert_eq!(ids(&db, Order::words.startswith("_")).await?, [0; 0]);
        assert_eq!(ids(&db, Order::words.endswith("%")).await?, [3]);
        assert_eq!(ids(&db, Order::words.ilike("X%")).await?, [2]);
        assert_eq!(ids(&db, Order::words.icontains("Y")).await?, [2]);
        assert_eq!(ids(&db, !Order::words.icontains("Y")).await?, [3]);
        // Patterns that are expressions.
        assert_eq!(ids(&db, Order::words.like(Order::words)).await?, [2, 3]);
        assert_eq!(ids(&db, Order::words.contains(Order::words)).await?, [2, 3]);
        assert_eq!(ids(&db, bind::<String, _>("100%").contains(Order::words)).await?, [0; 0]);
        assert_eq!(ids(&db, bind::<String, _>("at 50%").endswith(Order::words)).await?, [3]);
        Ok(())
    }

    async fn comparisons_of_rows_and_nulls(db: Db) -> Result<()> {
        orders(&db).await?;
        assert_eq!(ids(&db, tuple_((Order::group, Order::key)).in_([(1, "b"), (2, "c"), (2, "a")])).await?, [2, 3]);
        assert_eq!(ids(&db, tuple_((Order::group, Order::key)).gt((1, "a"))).await?, [2, 3]);
        let pairs = select((Order::group, Order::id)).filter(Order::flag);
        assert_eq!(ids(&db, tuple_((Order::group, Order::id)).in_(pairs)).await?, [1, 3]);
        assert_eq!(ids(&db, Order::words.is(Some("50%".into()))).await?, [3]);
        assert_eq!(ids(&db, Order::words.is_not(Some("50%".into()))).await?, [1, 2]);
        assert_eq!(ids(&db, !Order::words.is_distinct_from(Order::words)).await?, [1, 2, 3]);
        assert_eq!(ids(&db, Order::rate.is_distinct_from(Order::rate)).await?, [0; 0]);
        assert_eq!(ids(&db, (Order::group.gt(1)).eq(Order::flag)).await?, [2, 3]);
        assert_eq!(ids(&db, !Order::group.between(2, 5)).await?, [1, 2]);
        assert_eq!(ids(&db, Order::words.in_(Vec::<String>::new()).eq(false)).await?, [1, 2, 3]);
        assert_eq!(ids(&db, Order::words.not_in(Vec::<String>::new())).await?, [1, 2, 3]);
        Ok(())
    }

    async fn casts_give_their_type(db: Db) -> Result<()> {
        orders(&db).await?;
        let row: (String, i64, f64, bool, NaiveDate, Vec<u8>) = db
            .engine
            .one(
                select((
                    Order::group.cast::<String>(),
                    bind::<String, _>("42").cast::<i64>(),
                    Order::group.cast::<f64>() / 2.0,
                    Order::group.cast::<bool>(),
                    bind::<String, _>("2020-02-03").cast::<NaiveDate>(),
                    Order::key.cast::<Vec<u8>>(),
                ))
                .filter(Order::id.eq(1)),
            )
            .await?;
        assert_eq!(
            row,
            ("1".to_owned(), 42, 0.5, true, NaiveDate::from_ymd_opt(2020, 2, 3).unwrap(), b"a".to_vec())
        );
        let moment: NaiveDateTime =
            db.engine.scalar(select(bind::<String, _>("2020-02-03 04:05:06.500").cast::<NaiveDateTime>())).await?;
        assert_eq!(moment.to_string(), "2020-02-03 04:05:06.500");
        let big: (i64, i64) = db.engine.one(select((extract(DatePart::Second, current_timestamp()), Order::big)).limit(1)).await?;
        assert!((0..60).contains(&big.0), "{big:?}");
        let now: DateTime<Utc> = db.engine.scalar(select(current_timestamp())).await?;
        assert!((Utc::now() - now).num_seconds().abs() < 60, "{now}");
        Ok(())
    }

    async fn keys_by_label_and_by_position(db: Db) -> Result<()> {
        orders(&db).await?;
        // A label with the name of a column, and an expression with a bind.
        let key = upper(Order::key).label("key");
        let keys: Vec<(String, i64)> =
            db.engine.all(select((&key, count_all())).group_by(&key).order_by((&key).desc())).await?;
        assert_eq!(keys, [("C".to_owned(), 1), ("B".to_owned(), 1), ("A".to_owned(), 1)]);
        let half = || Order::id / 2;
        let halves: Vec<(i64, i64)> =
            db.engine.all(select((half(), count_all())).group_by(half()).order_by(half())).await?;
        assert_eq!(halves, [(0, 1), (1, 2)]);
        Ok(())
    }

    async fn subqueries_where_they_may_not_stand(db: Db) -> Result<()> {
        orders(&db).await?;
        assert_eq!(
            ids(&db, Order::id.in_(select(Line::order_id).order_by(Line::id.desc()).limit(1))).await?,
            [3]
        );
        // Of the table that is changed.
        db.engine
            .execute(update(Order).set(Order::group, 9).filter(Order::id.in_(select(Order::id).filter(Order::flag))))
            .await?;
        assert_eq!(ids(&db, Order::group.eq(9)).await?, [1, 3]);
        db.engine.execute(update(Order).set(Order::big, coalesce(select(max(Order::big)).scalar_subquery(), 0))).await?;
        assert_eq!(ids(&db, Order::big.eq(1 << 62)).await?, [1, 2, 3]);
        db.engine.execute(delete(Order).filter(Order::id.in_(select(Order::id).filter(!Order::flag)))).await?;
        assert_eq!(ids(&db, true).await?, [1, 3]);
        db.engine
            .execute(
                insert(Line)
                    .set(Line::id, coalesce(select(max(Line::id)).scalar_subquery(), 0) + 1)
                    .set(Line::order_id, 3)
                    .set(Line::text, "four"),
            )
            .await?;
        assert_eq!(db.engine.scalar(select(max(Line::id))).await?, Some(4));
        db.engine.execute(delete(Line).filter(Line::id.eq(4))).await?;
        let whole = select((Order::id, Line::id, Line::text)).join(Order::lines).subquery("s");
        let rows: Vec<(i64, i64)> = db
            .engine
            .all(select((whole.get(Order::id), whole.get(Line::id))).order_by(whole.get(Line::id)))
            .await?;
        assert_eq!(rows, [(1, 1), (1, 2), (3, 3)]);
        Ok(())
    }

    async fn changes_over_several_tables(db: Db) -> Result<()> {
        orders(&db).await?;
        db.engine
            .execute(
                update(Order).set(Order::words, Line::text).filter(Line::order_id.eq(Order::id) & Line::text.eq("two")),
            )
            .await?;
        assert_eq!(ids(&db, Order::words.eq("two")).await?, [1]);
        db.engine.execute(delete(Line).filter(Line::order_id.eq(Order::id) & Order::group.eq(1))).await?;
        assert_eq!(db.engine.scalar(select(count(Line::id))).await?, 1);
        db.engine.execute(delete(Line).filter(Line::order.has(Order::key.eq("c")))).await?;
        assert_eq!(db.engine.scalar(select(count(Line::id))).await?, 0);
        Ok(())
    }

    #[requires(update_returning)]
    async fn changes_over_several_tables_return(db: Db) -> Result<()> {
        orders(&db).await?;
        let changed: Vec<(i64, i32)> = db
            .engine
            .all(
                update(Order)
                    .set(Order::group, Order::group + 10)
                    .filter(Line::order_id.eq(Order::id) & Line::text.eq("three"))
                    .returning((Order::id, Order::group)),
            )
            .await?;
        assert_eq!(changed, [(3, 12)]);
        let gone: Vec<i64> = db
            .engine
            .all(delete(Line).filter(Line::order_id.eq(Order::id) & Order::group.eq(12)).returning(Line::id))
            .await?;
        assert_eq!(gone, [3]);
        Ok(())
    }

    async fn from_lists_and_joins_see_each_other(db: Db) -> Result<()> {
        orders(&db).await?;
        let other = alias(Order, "other");
        let rows: Vec<(i64, i64, String)> = db
            .engine
            .all(
                select((Order::id, other.get(Order::id), Line::text))
                    .join_on(Line, Line::order_id.eq(other.get(Order::id)))
                    .filter(Order::group.eq(other.get(Order::group)))
                    .order_by((Order::id, Line::id)),
            )
            .await?;
        let texts: Vec<(i64, i64, &str)> = rows.iter().map(|(a, b, text)| (*a, *b, text.as_str())).collect();
        assert_eq!(texts, [(1, 1, "one"), (1, 1, "two"), (2, 1, "one"), (2, 1, "two"), (3, 3, "three")]);
        assert_eq!(db.engine.scalar(select(count_all()).select_from(Order).cross_join(Line)).await?, 9);
        Ok(())
    }

    async fn upserts_from_a_select(db: Db) -> Result<()> {
        orders(&db).await?;
        let copied = || select((Order::id, Order::id, Order::key));
        db.engine
            .execute(
                insert(Line)
                    .from_select((Line::id, Line::order_id, Line::text), copied())
                    .on_conflict(Line::id)
                    .do_update(|new| Line::text.to(Line::text.concat("+").concat(new.get(Line::text)))),
            )
            .await?;
        let texts: Vec<String> = db.engine.all(select(Line::text).order_by(Line::id)).await?;
        assert_eq!(texts, ["one+a", "two+b", "three+c"]);
        db.engine
            .execute(
                insert(Line)
                    .from_select((Line::id, Line::order_id, Line::text), copied())
                    .on_conflict(Line::id)
                    .do_nothing(),
            )
            .await?;
        db.engine
            .execute(
                insert(Line).set(Line::id, 1).set(Line::order_id, 1).set(Line::text, "x").on_any_conflict().do_nothing(),
            )
            .await?;
        assert_eq!(db.engine.all(select(Line::text).order_by(Line::id)).await?, texts);
        Ok(())
    }

    #[on(sqlite, postgres)]
    async fn upserts_under_conditions(db: Db) -> Result<()> {
        orders(&db).await?;
        db.engine.execute(text("CREATE UNIQUE INDEX partial ON lines (text) WHERE order_id = 1")).await?;
        let upsert = |text: &str, order_id: i64| {
            insert(Line)
                .set(Line::id, 50)
                .set(Line::order_id, 1)
                .set(Line::text, text)
                .on_conflict(Line::text)
                .index_where(Line::order_id.eq(1))
                .update_where(move |_| Line::order_id.eq(order_id))
                .do_update(|new| Line::text.to(new.get(Line::text).concat("!")))
        };
        db.engine.execute(upsert("one", 2)).await?;
        assert_eq!(db.engine.scalar(select(Line::text).filter(Line::id.eq(1))).await?, "one");
        db.engine.execute(upsert("one", 1)).await?;
        assert_eq!(db.engine.scalar(select(Line::text).filter(Line::id.eq(1))).await?, "one!");
        Ok(())
    }

    async fn defaults_among_rows(db: Db) -> Result<()> {
        orders(&db).await?;
        let row = |id, key: &str, rank| Order { id, key: key.to_owned(), rank, ..Default::default() };
        db.engine
            .execute(insert(Order).rows(&[row(10, "x", Auto::Unset), row(11, "y", Auto::Set(3)), row(12, "z", Auto::Unset)]))
            .await?;
        let ranks: Vec<Auto<i32>> = db
            .engine
            .all(select(Order).filter(Order::key.in_(["x", "y", "z"])).order_by(Order::key))
            .await?
            .into_iter()
            .map(|order| order.rank)
            .collect();
        assert_eq!(ranks, [Auto::Set(7), Auto::Set(3), Auto::Set(7)]);
        Ok(())
    }

    /// A statement with its values written in gives what it gives with binds.
    async fn literals_are_the_values(db: Db) -> Result<()> {
        let day = NaiveDate::from_ymd_opt(2020, 2, 29).unwrap();
        let moment = day.and_hms_micro_opt(23, 59, 59, 1).unwrap();
        let values = [
            Value::Bool(true), Value::I64(i64::MIN), Value::I32(-5), Value::F64(0.1), Value::F64(1e300),
            Value::Text(r#"it's "\' \\ % _ ünïcode"#.into()), Value::Text(String::new()),
            Value::Bytes(vec![0, 1, 39, 92, 255]), Value::Date(day), Value::Time(moment.time()),
            Value::DateTime(moment), Value::Timestamp(moment.and_utc()), Value::Interval(TimeDelta::microseconds(-5)),
            Value::Decimal("-12345678901234567890.12345678".into()),
            Value::Uuid(*b"0123456789abcdef"),
        ];
        for value in values {
            // Its type is that of a bind of the same value.
            let text_ = format!("SELECT {}", literal(&value, db.dialect())?);
            let found = match &value {
                Value::Bool(v) => db.engine.scalar(text(&text_).columns::<bool>()).await? == *v,
                Value::I64(v) => db.engine.scalar(text(&text_).columns::<i64>()).await? == *v,
                Value::I32(v) => db.engine.scalar(text(&text_).columns::<i32>()).await? == *v,
                Value::F64(v) => db.engine.scalar(text(&text_).columns::<f64>()).await? == *v,
                Value::Text(v) => db.engine.scalar(text(&text_.replace(':', r"\:")).columns::<String>()).await? == *v,
                Value::Bytes(v) => db.engine.scalar(text(&text_).columns::<Vec<u8>>()).await? == *v,
                Value::Date(v) => db.engine.scalar(text(&text_).columns::<NaiveDate>()).await? == *v,
                Value::Time(v) => db.engine.scalar(text(&text_).columns::<NaiveTime>()).await? == *v,
                Value::DateTime(v) => db.engine.scalar(text(&text_).columns::<NaiveDateTime>()).await? == *v,
                Value::Timestamp(v) => db.engine.scalar(text(&text_).columns::<DateTime<Utc>>()).await? == *v,
                Value::Interval(v) => db.engine.scalar(text(&text_).columns::<TimeDelta>()).await? == *v,
                Value::Decimal(v) => db.engine.scalar(text(&text_).columns::<Decimal>()).await?.to_string() == *v,
                Value::Uuid(v) => db.engine.scalar(text(&text_).columns::<Uuid>()).await?.as_bytes() == v,
                other => panic!("{other:?}"),
            };
            assert!(found, "{value:?}: {text_}");
        }
        let null = format!("SELECT {}", literal(&Value::Null(Kind::Text), db.dialect())?);
        assert_eq!(db.engine.scalar(text(&null).columns::<Option<String>>()).await?, None);
        orders(&db).await?;
        let query = select(Order::id).filter(Order::words.like(r"x\%") & Order::price.gt(money(1))).limit(5);
        let printed = query.sql_with_literals(db.dialect())?;
        assert_eq!(db.engine.all(text(&printed).columns::<i64>()).await?, [2]);
        Ok(())
    }

    async fn text_is_left_alone(db: Db) -> Result<()> {
        let query = text(r#"SELECT :a, 'it''s :no' /* :no */, :b, :a -- :no"#).bind("a", "x").bind("b", 5_i64);
        let row: (String, String, i64, String) = db.engine.one(query.columns()).await?;
        assert_eq!(row, ("x".into(), "it's :no".into(), 5, "x".into()));
        Ok(())
    }
}
