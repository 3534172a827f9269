//! Operators and functions mean the same on every database.

use tests::prelude::*;

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "things")]
struct Thing {
    #[orm(primary_key)]
    id: i64,
    a: i64,
    b: Option<i64>,
    name: String,
    note: Option<String>,
    flag: bool,
    ratio: f64,
    at: NaiveDateTime,
}

fn at(year: i32, month: u32) -> NaiveDateTime {
    NaiveDate::from_ymd_opt(year, month, 28).unwrap().and_hms_opt(13, 14, 15).unwrap()
}

/// | id | a | b | name | note | flag | ratio | at |
/// |---|---|---|---|---|---|---|---|
/// | 1 | 10 | 3 | apple | – | yes | 0.5 | 2020-02 |
/// | 2 | -7 | – | Banana | `50%` | no | 2.25 | 2020-11 |
/// | 3 | 10 | 10 | cherry_pie | `a/b` | yes | -1.75 | 2021-02 |
/// | 4 | 0 | -2 | cherryXpie | `it's` | no | 0 | 1999-12 |
async fn things(db: &Db) -> Result<()> {
    db.create(metadata![Thing]).await?;
    let thing = |id, a, b, name: &str, note: Option<&str>, flag, ratio, at| Thing {
        id,
        a,
        b,
        name: name.into(),
        note: note.map(str::to_owned),
        flag,
        ratio,
        at,
    };
    let rows = [
        thing(1, 10, Some(3), "apple", None, true, 0.5, at(2020, 2)),
        thing(2, -7, None, "Banana", Some("50%"), false, 2.25, at(2020, 11)),
        thing(3, 10, Some(10), "cherry_pie", Some("a/b"), true, -1.75, at(2021, 2)),
        thing(4, 0, Some(-2), "cherryXpie", Some("it's"), false, 0.0, at(1999, 12)),
    ];
    db.engine.execute(insert(Thing).rows(&rows)).await?;
    Ok(())
}

async fn ids(db: &Db, condition: impl Condition) -> Result<Vec<i64>> {
    db.engine.all(select(Thing::id).filter(condition).order_by(Thing::id)).await
}

matrix! {
    async fn comparisons_compare(db: Db) -> Result<()> {
        things(&db).await?;
        assert_eq!(ids(&db, Thing::a.eq(10)).await?, [1, 3]);
        assert_eq!(ids(&db, Thing::a.ne(10)).await?, [2, 4]);
        assert_eq!(ids(&db, Thing::a.gt(0)).await?, [1, 3]);
        assert_eq!(ids(&db, Thing::a.ge(0)).await?, [1, 3, 4]);
        assert_eq!(ids(&db, Thing::a.lt(0)).await?, [2]);
        assert_eq!(ids(&db, Thing::a.le(0)).await?, [2, 4]);
        assert_eq!(ids(&db, Thing::a.eq(Thing::b)).await?, [3]);
        assert_eq!(ids(&db, Thing::name.eq("apple")).await?, [1]);
        assert_eq!(ids(&db, Thing::note.eq("it's".to_owned())).await?, [4]);
        assert_eq!(ids(&db, Thing::at.ge(at(2020, 11))).await?, [2, 3]);
        assert_eq!(ids(&db, Thing::a.between(-7, 0)).await?, [2, 4]);
        assert_eq!(ids(&db, bind(5_i64).between(Thing::b, Thing::a)).await?, [1]);
        Ok(())
    }

    async fn null_is_asked_for_with_none(db: Db) -> Result<()> {
        things(&db).await?;
        assert_eq!(ids(&db, Thing::b.eq(None)).await?, [2]);
        assert_eq!(ids(&db, Thing::b.ne(None)).await?, [1, 3, 4]);
        assert_eq!(ids(&db, Thing::b.is(None)).await?, [2]);
        assert_eq!(ids(&db, Thing::b.is_not(None)).await?, [1, 3, 4]);
        let unknown: Option<i64> = None;
        assert_eq!(ids(&db, Thing::b.eq(unknown)).await?, [2]);
        // NULL is neither equal to a value nor different from it, except where it is a value like any other.
        assert_eq!(ids(&db, Thing::b.ne(3)).await?, [3, 4]);
        assert_eq!(ids(&db, !Thing::b.eq(3)).await?, [3, 4]);
        assert_eq!(ids(&db, Thing::b.is_not(Some(3))).await?, [2, 3, 4]);
        assert_eq!(ids(&db, Thing::b.is(Some(3))).await?, [1]);
        assert_eq!(ids(&db, Thing::b.is_distinct_from(Thing::a)).await?, [1, 2, 4]);
        assert_eq!(ids(&db, Thing::b.is_not_distinct_from(None)).await?, [2]);
        Ok(())
    }

    async fn conditions_combine(db: Db) -> Result<()> {
        things(&db).await?;
        assert_eq!(ids(&db, Thing::flag).await?, [1, 3]);
        assert_eq!(ids(&db, !Thing::flag).await?, [2, 4]);
        assert_eq!(ids(&db, Thing::flag & Thing::b.gt(5)).await?, [3]);
        assert_eq!(ids(&db, Thing::flag & Thing::b.gt(5) | Thing::a.eq(0)).await?, [3, 4]);
        assert_eq!(ids(&db, Thing::flag & (Thing::b.gt(5) | Thing::a.eq(10))).await?, [1, 3]);
        assert_eq!(ids(&db, !(Thing::flag | Thing::a.eq(0))).await?, [2]);
        assert_eq!(ids(&db, and_((true, Thing::a.eq(10), Thing::flag))).await?, [1, 3]);
        assert_eq!(ids(&db, or_([Thing::a.eq(0), Thing::a.lt(0)])).await?, [2, 4]);
        assert_eq!(ids(&db, true).await?, [1, 2, 3, 4]);
        assert_eq!(ids(&db, false).await?, [0_i64; 0]);
        assert_eq!(ids(&db, and_(Vec::<orm_core::expr::Expr<bool>>::new())).await?, [1, 2, 3, 4]);
        assert_eq!(ids(&db, or_(Vec::<orm_core::expr::Expr<bool>>::new())).await?, [0_i64; 0]);
        assert_eq!(ids(&db, Thing::flag.eq(false)).await?, [2, 4]);
        assert_eq!(ids(&db, Thing::a.eq(10).eq(Thing::flag)).await?, [1, 2, 3, 4]);
        Ok(())
    }

    async fn conditions_can_be_selected(db: Db) -> Result<()> {
        things(&db).await?;
        let rows = db.engine.all(select((Thing::a.gt(0), Thing::b.gt(0), Thing::flag)).order_by(Thing::id)).await?;
        assert_eq!(rows, [(true, Some(true), true), (false, None, false), (true, Some(true), true), (false, Some(false), false)]);
        Ok(())
    }

    async fn lists_match_also_when_they_are_empty(db: Db) -> Result<()> {
        things(&db).await?;
        assert_eq!(ids(&db, Thing::a.in_([10, 0])).await?, [1, 3, 4]);
        assert_eq!(ids(&db, Thing::a.not_in([10, 0])).await?, [2]);
        assert_eq!(ids(&db, Thing::name.in_(["apple", "nothing"])).await?, [1]);
        assert_eq!(ids(&db, Thing::b.in_(vec![3, 10])).await?, [1, 3]);
        assert_eq!(ids(&db, Thing::b.not_in([3])).await?, [3, 4]);
        assert_eq!(ids(&db, Thing::b.in_(Vec::<i64>::new())).await?, [0_i64; 0]);
        assert_eq!(ids(&db, Thing::b.not_in(Vec::<i64>::new())).await?, [1, 2, 3, 4]);
        assert_eq!(ids(&db, !Thing::b.in_([0_i64; 0])).await?, [1, 2, 3, 4]);
        assert_eq!(ids(&db, Thing::a.in_([Thing::b])).await?, [3]);
        assert_eq!(ids(&db, tuple_((Thing::a, Thing::b)).in_([(10, 3), (0, -2), (1, 1)])).await?, [1, 4]);
        assert_eq!(ids(&db, tuple_((Thing::a, Thing::b)).in_(Vec::<(i64, i64)>::new())).await?, [0_i64; 0]);
        Ok(())
    }

    async fn a_null_in_a_list_is_an_error(db: Db) -> Result<()> {
        things(&db).await?;
        let found = ids(&db, Thing::b.in_([Some(3), None])).await;
        assert!(matches!(&found, Err(Error::Statement(_))), "{found:?}");
        Ok(())
    }

    async fn arithmetic_calculates(db: Db) -> Result<()> {
        things(&db).await?;
        let one = |expr| db.engine.scalar(select(expr).filter(Thing::id.eq(1)));
        assert_eq!(one(Thing::a + 1).await?, 11);
        assert_eq!(one((Thing::a + 1) * 2 - Thing::a).await?, 12);
        assert_eq!(one(Thing::a - (Thing::a - 3)).await?, 3);
        assert_eq!(one(-(Thing::a + 1)).await?, -11);
        assert_eq!(one(Thing::a % 4).await?, 2);
        // Between integers, division gives an integer everywhere, towards zero.
        assert_eq!(one(Thing::a / 4).await?, 2);
        assert_eq!(one(-Thing::a / 4).await?, -2);
        assert_eq!(one(Thing::a / 4 * 4).await?, 8);
        assert_eq!(db.engine.scalar(select(Thing::ratio / 0.25).filter(Thing::id.eq(1))).await?, 2.0);
        assert_eq!(db.engine.all(select(Thing::a + Thing::b).order_by(Thing::id)).await?, [Some(13), None, Some(20), Some(-2)]);
        Ok(())
    }

    async fn patterns_match(db: Db) -> Result<()> {
        things(&db).await?;
        assert_eq!(ids(&db, Thing::name.like("%pie")).await?, [3, 4]);
        assert_eq!(ids(&db, Thing::name.like("cherry_pie")).await?, [3, 4]);
        assert_eq!(ids(&db, Thing::name.like("cherry#_pie").escape('#')).await?, [3]);
        assert_eq!(ids(&db, Thing::name.ilike("BAN%")).await?, [2]);
        assert_eq!(ids(&db, !Thing::name.like("%pie")).await?, [1, 2]);
        assert_eq!(ids(&db, Thing::name.contains("_")).await?, [3]);
        assert_eq!(ids(&db, Thing::note.contains("%")).await?, [2]);
        assert_eq!(ids(&db, Thing::note.contains("/")).await?, [3]);
        assert_eq!(ids(&db, Thing::note.contains("/").escape('^')).await?, [3]);
        assert_eq!(ids(&db, Thing::note.contains("'")).await?, [4]);
        assert_eq!(ids(&db, Thing::name.startswith("cherry_")).await?, [3]);
        assert_eq!(ids(&db, Thing::name.endswith("_pie")).await?, [3]);
        assert_eq!(ids(&db, Thing::name.icontains("ANAN")).await?, [2]);
        assert_eq!(ids(&db, Thing::name.istartswith("CHERRY_")).await?, [3]);
        assert_eq!(ids(&db, Thing::name.iendswith("XPIE")).await?, [4]);
        assert_eq!(ids(&db, bind("apple pie").contains(Thing::name)).await?, [1]);
        Ok(())
    }

    async fn texts_are_put_together(db: Db) -> Result<()> {
        things(&db).await?;
        let text = db.engine.scalar(select(Thing::name.concat(" x ").concat(Thing::note)).filter(Thing::id.eq(2))).await?;
        assert_eq!(text.as_deref(), Some("Banana x 50%"));
        let text = db.engine.scalar(select(Thing::name.concat(Thing::note)).filter(Thing::id.eq(1))).await?;
        assert_eq!(text, None);
        let row = db.engine.one(select((lower(Thing::name), upper(Thing::name), char_length(Thing::name), trim(bind("  é ")))).filter(Thing::id.eq(2))).await?;
        assert_eq!(row, ("banana".into(), "BANANA".into(), 6, "é".into()));
        assert_eq!(db.engine.scalar(select(char_length(bind("é€😀")))).await?, 3);
        Ok(())
    }

    async fn case_chooses(db: Db) -> Result<()> {
        things(&db).await?;
        let sign = case_().when(Thing::a.gt(0), "plus").when(Thing::a.lt(0), "minus").else_("zero");
        assert_eq!(db.engine.all(select(sign).order_by(Thing::id)).await?, ["plus", "minus", "plus", "zero"]);
        let name = case_of(Thing::a).when(10, "ten").when(0, "nothing").end();
        let names = db.engine.all(select(name).order_by(Thing::id)).await?;
        assert_eq!(names, [Some("ten".to_owned()), None, Some("ten".to_owned()), Some("nothing".to_owned())]);
        let maybe = case_().when(Thing::flag, Thing::b).else_(Thing::a);
        assert_eq!(db.engine.all(select(maybe).order_by(Thing::id)).await?, [Some(3), Some(-7), Some(10), Some(0)]);
        Ok(())
    }

    async fn casts_convert(db: Db) -> Result<()> {
        things(&db).await?;
        let row = db.engine.one(select((Thing::a.cast::<String>(), Thing::a.cast::<f64>(), bind("42").cast::<i64>(), Thing::b.cast::<i32>())).filter(Thing::id.eq(1))).await?;
        assert_eq!(row, ("10".to_owned(), 10.0, 42, Some(3)));
        assert_eq!(db.engine.scalar(select(Thing::a.cast::<Decimal>()).filter(Thing::id.eq(2))).await?, Decimal::from(-7));
        Ok(())
    }

    async fn functions_give_their_declared_types(db: Db) -> Result<()> {
        things(&db).await?;
        let row = db.engine.one(select((abs(Thing::a), coalesce(Thing::b, 99), nullif(Thing::a, -7), nullif(Thing::a, 1))).filter(Thing::id.eq(2))).await?;
        assert_eq!(row, (7, 99, None, Some(-7)));
        assert_eq!(db.engine.scalar(select(round(Thing::ratio, 1)).filter(Thing::id.eq(3))).await?, -1.8);
        let length = db.engine.scalar(select(func::<i64>("length", Thing::name)).filter(Thing::id.eq(1))).await?;
        assert_eq!(length, 5);
        let today = db.engine.scalar(select(current_date())).await?;
        assert!((today - Utc::now().date_naive()).num_days().abs() <= 1, "{today}");
        let now = db.engine.scalar(select(current_timestamp())).await?;
        assert!((now - Utc::now()).num_minutes().abs() < 5, "{now}");
        Ok(())
    }

    async fn parts_of_dates_are_integers(db: Db) -> Result<()> {
        things(&db).await?;
        let part = |part| db.engine.scalar(select(extract(part, Thing::at)).filter(Thing::id.eq(2)));
        assert_eq!(part(DatePart::Year).await?, 2020);
        assert_eq!(part(DatePart::Month).await?, 11);
        assert_eq!(part(DatePart::Day).await?, 28);
        assert_eq!(part(DatePart::Hour).await?, 13);
        assert_eq!(part(DatePart::Minute).await?, 14);
        assert_eq!(part(DatePart::Second).await?, 15);
        let by_year = select((extract(DatePart::Year, Thing::at), count(Thing::id)))
            .group_by(extract(DatePart::Year, Thing::at))
            .order_by(extract(DatePart::Year, Thing::at));
        assert_eq!(db.engine.all(by_year).await?, [(1999, 1), (2020, 2), (2021, 1)]);
        Ok(())
    }

    async fn aggregates_mean_the_same_everywhere(db: Db) -> Result<()> {
        things(&db).await?;
        let row = db.engine.one(select((count_all(), count(Thing::b), sum(Thing::a), avg(Thing::a), max(Thing::b), min(Thing::at)))).await?;
        assert_eq!(row, (4, 3, Some(13), Some(3.25), Some(10), Some(at(1999, 12))));
        let none = db.engine.one(select((count(Thing::id), sum(Thing::a), max(Thing::a))).filter(false)).await?;
        assert_eq!(none, (0, None, None));
        let row = db.engine.one(select((count_distinct(Thing::a), sum(Thing::a).distinct(), sum(Thing::a).filter(Thing::flag)))).await?;
        assert_eq!(row, (3, Some(3), Some(20)));
        assert_eq!(db.engine.scalar(select(count(Thing::id).filter(Thing::a.gt(100)))).await?, 0);
        Ok(())
    }

    async fn windows_number_and_sum_up(db: Db) -> Result<()> {
        things(&db).await?;
        let number = row_number().over(window().partition_by(Thing::a).order_by(Thing::id));
        let running = sum(Thing::a).over(window().order_by(Thing::id).rows(..=0));
        let rows = db.engine.all(select((Thing::id, number, running)).order_by(Thing::id)).await?;
        assert_eq!(rows, [(1, 1, Some(10)), (2, 1, Some(3)), (3, 2, Some(13)), (4, 1, Some(13))]);
        Ok(())
    }

    async fn nulls_go_where_they_are_told_to(db: Db) -> Result<()> {
        things(&db).await?;
        let order = |key| db.engine.all(select(Thing::id).order_by((key, Thing::id)));
        assert_eq!(order(Thing::b.asc().nulls_first()).await?, [2, 4, 1, 3]);
        assert_eq!(order(Thing::b.asc().nulls_last()).await?, [4, 1, 3, 2]);
        assert_eq!(order(Thing::b.desc().nulls_first()).await?, [2, 3, 1, 4]);
        assert_eq!(order(Thing::b.desc().nulls_last()).await?, [3, 1, 4, 2]);
        Ok(())
    }
}
