//! Conditions and values that a session calculates in memory: never others than the database's. Random statements over random
//! rows are run, and the objects are compared with the rows.

use orm_core::expr::Expr;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tests::prelude::*;

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "things")]
struct Thing {
    #[orm(primary_key)]
    id: i64,
    small: i16,
    number: Option<i32>,
    big: i64,
    flag: bool,
    maybe: Option<bool>,
    #[orm(length = 20)]
    word: String,
    #[orm(length = 20)]
    text: Option<String>,
    day: Option<NaiveDate>,
    at: Option<NaiveDateTime>,
    moment: Option<DateTime<Utc>>,
    ratio: Option<f64>,
    #[orm(precision = 10, scale = 2)]
    price: Option<Decimal>,
    uuid: Option<Uuid>,
    bytes: Option<Vec<u8>>,
    /// Marks the rows that a statement met.
    met: i32,
}

const WORDS: [&str; 16] =
    ["", " ", "ed", "Ed", "ED", "ed ", "éd", "e-d", "1", "01", "sandy", "Sandi", "ß", "ss", "a\u{301}", "%"];

fn day(n: i64) -> NaiveDate {
    NaiveDate::default() + TimeDelta::days(n * 9000)
}

fn moment(n: i64) -> NaiveDateTime {
    day(n).and_hms_micro_opt(1, 2, 3, 450_000 + n as u32 % 7).unwrap_or_default()
}

fn price(n: i64) -> Decimal {
    Decimal::new(n * 50, 2)
}

/// A row of small numbers, many of them alike.
fn thing() -> impl Strategy<Value = Thing> {
    let n = || -2_i64..3;
    let some = || proptest::option::weighted(0.7, n());
    (
        (n(), some(), n(), any::<(bool, Option<bool>)>()),
        (0..WORDS.len(), proptest::option::weighted(0.7, 0..WORDS.len())),
        [some(), some(), some(), some(), some(), some(), some()],
    )
        .prop_map(|((small, number, big, (flag, maybe)), (word, text), rest)| Thing {
            id: 0,
            small: small as i16,
            number: number.map(|n| n as i32),
            big,
            flag,
            maybe,
            word: WORDS[word].to_owned(),
            text: text.map(|text| WORDS[text].to_owned()),
            day: rest[0].map(day),
            at: rest[1].map(moment),
            moment: rest[2].map(|n| moment(n).and_utc()),
            ratio: rest[3].map(|n| n as f64 / 2.0),
            price: rest[4].map(price),
            uuid: rest[5].map(|n| Uuid::from_u128((n + 7) as u128)),
            bytes: rest[6].map(|n| vec![n as u8; (n + 2) as usize]),
            met: 0,
        })
}

/// A condition, as numbers that a test can print.
#[derive(Clone, Debug)]
enum Cond {
    Compare { column: u8, op: u8, n: i64 },
    Columns { op: u8 },
    Arithmetic { op: u8, by: i64, n: i64 },
    Null { column: u8, negated: bool },
    In { column: u8, list: Vec<i64>, negated: bool },
    Rows { list: Vec<(i64, i64)>, negated: bool },
    Between { column: u8, low: i64, high: i64 },
    Flag { maybe: bool },
    Like { word: usize },
    Truth(bool),
    Not(Box<Cond>),
    And(Vec<Cond>),
    Or(Vec<Cond>),
}

fn cond() -> BoxedStrategy<Cond> {
    let n = || -2_i64..3;
    let leaf = proptest::prop_oneof![
        8 => (0_u8..14, 0_u8..8, n()).prop_map(|(column, op, n)| Cond::Compare { column, op, n }),
        1 => (0_u8..8).prop_map(|op| Cond::Columns { op }),
        2 => (0_u8..4, n(), n()).prop_map(|(op, by, n)| Cond::Arithmetic { op, by, n }),
        2 => (0_u8..6, any::<bool>()).prop_map(|(column, negated)| Cond::Null { column, negated }),
        2 => (0_u8..5, proptest::collection::vec(n(), 0..4), any::<bool>()).prop_map(|(column, list, negated)| Cond::In { column, list, negated }),
        1 => (proptest::collection::vec((n(), n()), 1..4), any::<bool>()).prop_map(|(list, negated)| Cond::Rows { list, negated }),
        1 => (0_u8..4, n(), n()).prop_map(|(column, low, high)| Cond::Between { column, low, high }),
        1 => any::<bool>().prop_map(|maybe| Cond::Flag { maybe }),
        1 => (0..WORDS.len()).prop_map(|word| Cond::Like { word }),
        1 => any::<bool>().prop_map(Cond::Truth),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        proptest::prop_oneof![
            inner.clone().prop_map(|cond| Cond::Not(Box::new(cond))),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Cond::And),
            proptest::collection::vec(inner, 0..4).prop_map(Cond::Or),
        ]
    })
    .boxed()
}

/// One of the eight comparisons.
macro_rules! compare {
    ($op:expr, $left:expr, $right:expr) => {
        match $op % 8 {
            0 => $left.eq($right).optional(),
            1 => $left.ne($right).optional(),
            2 => $left.lt($right).optional(),
            3 => $left.le($right).optional(),
            4 => $left.gt($right).optional(),
            5 => $left.ge($right).optional(),
            6 => $left.is_distinct_from($right).optional(),
            _ => $left.is_not_distinct_from($right).optional(),
        }
    };
}

fn word(n: i64) -> &'static str {
    WORDS[(n + 3) as usize]
}

fn condition(cond: &Cond) -> Expr<Option<bool>> {
    match cond {
        Cond::Compare { column, op, n } => match column {
            0 => compare!(op, Thing::small, *n as i16),
            1 => compare!(op, Thing::number, *n as i32),
            2 => compare!(op, Thing::big, *n),
            3 => compare!(op, Thing::id, *n + 5),
            4 => compare!(op, Thing::word, word(*n)),
            5 => compare!(op, Thing::text, word(n + 7)),
            6 => compare!(op, Thing::day, day(*n)),
            7 => compare!(op, Thing::at, moment(*n)),
            8 => compare!(op, Thing::moment, moment(*n).and_utc()),
            9 => compare!(op, Thing::ratio, *n as f64 / 2.0),
            10 => compare!(op, Thing::price, price(*n)),
            11 => compare!(op % 2 * 6, Thing::uuid, Uuid::from_u128((n + 7) as u128)),
            12 => compare!(op, Thing::bytes, vec![*n as u8; (n + 2) as usize]),
            _ => compare!(op, Thing::maybe, *n > 0),
        },
        Cond::Columns { op } => {
            compare!(op, Thing::number.cast::<i64>(), Thing::big)
                | compare!(op, Thing::word, Thing::text)
                | compare!(op, Thing::maybe, Thing::flag)
        }
        Cond::Arithmetic { op: 0, by, n } => compare!(2, Thing::big + *by, *n),
        Cond::Arithmetic { op: 1, by, n } => compare!(0, Thing::big - *by, *n),
        Cond::Arithmetic { op: 2, by, n } => compare!(4, -(Thing::number * *by as i32), *n as i32),
        Cond::Arithmetic { by, n, .. } => compare!(0, Thing::word.concat(word(*by)), word(*n)),
        Cond::Null { column, negated } => {
            let null = match column {
                0 => Thing::number.is(None),
                1 => Thing::text.is(None),
                2 => Thing::price.is(None),
                3 => Thing::bytes.is(None),
                4 => (Thing::number + 1).is(None),
                _ => Thing::ratio.is(None),
            };
            if *negated { (!null).optional() } else { null.optional() }
        }
        Cond::In { column, list, negated } => {
            let numbers = || list.iter().map(|n| *n as i32).collect::<Vec<_>>();
            let words = || list.iter().map(|n| word(*n).to_owned()).collect::<Vec<_>>();
            match (column, negated) {
                (0, false) => Thing::number.in_(numbers()).optional(),
                (0, true) => Thing::number.not_in(numbers()).optional(),
                (1, false) => Thing::big.in_(list.clone()).optional(),
                (1, true) => Thing::big.not_in(list.clone()).optional(),
                (2, false) => Thing::text.in_(words()).optional(),
                (2, true) => Thing::text.not_in(words()).optional(),
                (3, false) => Thing::day.in_(list.iter().map(|n| day(*n)).collect::<Vec<_>>()).optional(),
                (3, true) => Thing::day.not_in(list.iter().map(|n| day(*n)).collect::<Vec<_>>()).optional(),
                (_, false) => Thing::id.in_(list.clone()).optional(),
                (_, true) => Thing::id.not_in(list.clone()).optional(),
            }
        }
        Cond::Rows { list, negated } => {
            let rows: Vec<(i32, i64)> = list.iter().map(|(a, b)| (*a as i32, *b)).collect();
            let tuple = tuple_((Thing::number, Thing::big));
            if *negated { tuple.not_in(rows).optional() } else { tuple.in_(rows).optional() }
        }
        Cond::Between { column, low, high } => match column {
            0 => Thing::number.between(*low as i32, *high as i32).optional(),
            1 => Thing::big.between(*low, Thing::number.cast::<i64>()).optional(),
            2 => Thing::at.between(moment(*low), moment(*high)).optional(),
            _ => Thing::word.between(word(*low), word(*high)).optional(),
        },
        Cond::Flag { maybe: false } => and_([Thing::flag]),
        Cond::Flag { maybe: true } => and_([Thing::maybe]),
        Cond::Like { word } => Thing::word.startswith(WORDS[*word]).optional(),
        Cond::Truth(truth) => and_([*truth]),
        Cond::Not(cond) => !condition(cond),
        Cond::And(conds) => and_(conds.iter().map(condition).collect::<Vec<_>>()),
        Cond::Or(conds) => or_(conds.iter().map(condition).collect::<Vec<_>>()),
    }
}

/// What is done to the rows that are met.
#[derive(Clone, Copy, Debug)]
enum Act {
    Mark,
    Set,
    Calculate,
    Delete,
}

fn act() -> impl Strategy<Value = Act> {
    proptest::prop_oneof![3 => Just(Act::Mark), 2 => Just(Act::Set), 2 => Just(Act::Calculate), 2 => Just(Act::Delete)]
}

/// Runs one statement in a session that holds all rows, and compares. Gives whether the database was asked.
async fn try_one(db: &Db, cond: &Cond, act: Act) -> Result<bool> {
    let mut session = db.engine.session();
    // In a transaction on SQLite too.
    let keys = session.all(select(Thing).order_by(Thing::id).with_for_update()).await?;
    let before: Vec<Thing> = keys.iter().map(|key| session[*key].clone()).collect();
    let log = db.engine.record();
    let change = update(Thing).set(Thing::met, 1);
    let change = match act {
        Act::Mark | Act::Delete => change,
        Act::Set => {
            change.set(Thing::text, "new").set(Thing::day, day(1)).set(Thing::maybe, None).set(Thing::at, moment(1))
        }
        Act::Calculate => change
            .set(Thing::big, Thing::big * 3 + Thing::small.cast::<i64>())
            .set(Thing::number, Thing::number - 1)
            .set(Thing::text, Thing::word.concat(Thing::text))
            .set(Thing::met, Thing::met + 1)
            .set(Thing::maybe, Thing::flag),
    };
    let met = match act {
        Act::Delete => session.execute(delete(Thing).filter(condition(cond))).await?,
        _ => session.execute(change.filter(condition(cond))).await?,
    };
    let sent = log.statements();
    drop(log);
    let asked = sent.iter().any(|sent| sent.sql.contains("RETURNING") || sent.sql.starts_with("SELECT"));
    let rows: Vec<Thing> = db_rows(&mut session).await?;
    let held: Vec<Thing> =
        keys.iter().filter(|key| session.state(**key) == State::Persistent).map(|key| session[*key].clone()).collect();
    assert_eq!(held, rows, "{cond:?} {act:?} on {before:#?}, by {sent:?}");
    let marked = match act {
        Act::Delete => keys.len() - rows.len(),
        _ => rows.iter().filter(|thing| thing.met == 1).count(),
    };
    assert_eq!(met as usize, marked);
    assert!(keys.iter().all(|key| session.state(*key) == State::Deleted || !session.is_modified(*key)));
    session.rollback().await?;
    let after: Vec<Thing> = keys.iter().map(|key| session[*key].clone()).collect();
    assert_eq!(after, before, "{cond:?} {act:?} after the rollback");
    Ok(asked)
}

/// The columns of all rows, past the objects.
async fn db_rows(session: &mut Session) -> Result<Vec<Thing>> {
    session.connection().await?.all(select(Thing).order_by(Thing::id)).await
}

fn random<S: Strategy>(strategy: S, runner: &mut TestRunner) -> S::Value {
    match strategy.new_tree(runner) {
        Ok(tree) => tree.current(),
        Err(reason) => panic!("{reason}"),
    }
}

/// Who knows whether rows meet a condition.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Knows {
    /// Memory, on every database.
    Memory,
    /// Memory, but on SQLite, which may keep such values in several ways.
    Servers,
    /// The database alone.
    Database,
}

fn table() -> Vec<(Cond, Knows)> {
    use Cond::{And, Arithmetic, Between, Columns, Compare, Flag, In, Like, Not, Null, Or, Rows, Truth};
    use Knows::{Database, Memory, Servers};
    let compare = |column, op, n| Compare { column, op, n };
    let like = || Like { word: 2 };
    let mut table = vec![
        // Letters that no row has are in no row, in any collation; a row's own text is itself.
        (compare(4, 0, 0), Memory),
        (compare(4, 0, -2), Memory),
        (compare(4, 0, 1), Database),
        (compare(4, 2, 0), Database),
        (compare(5, 6, -2), Memory),
        (compare(6, 4, 0), Servers),
        (compare(7, 0, 1), Servers),
        (compare(8, 3, 1), Servers),
        (compare(9, 0, 1), Database),
        (compare(10, 0, 1), Database),
        (compare(11, 0, 1), Servers),
        (compare(12, 0, 1), Servers),
        (compare(12, 2, 1), Database),
        (compare(13, 1, 1), Memory),
        (Columns { op: 0 }, Database),
        (Arithmetic { op: 0, by: 1, n: 2 }, Memory),
        (Arithmetic { op: 2, by: -1, n: 0 }, Memory),
        (Null { column: 2, negated: true }, Memory),
        (Null { column: 5, negated: false }, Memory),
        (Null { column: 4, negated: false }, Memory),
        (In { column: 0, list: vec![], negated: true }, Memory),
        (In { column: 0, list: vec![1, 2], negated: true }, Memory),
        (In { column: 3, list: vec![1], negated: false }, Servers),
        (Rows { list: vec![(1, 1), (2, -1)], negated: true }, Memory),
        (Between { column: 1, low: -1, high: 1 }, Database),
        (Between { column: 0, low: -1, high: 1 }, Memory),
        (Flag { maybe: true }, Memory),
        (like(), Database),
        // What decides alone decides, whatever the rest is.
        (And(vec![like(), Truth(false)]), Memory),
        (Or(vec![like(), Truth(true)]), Memory),
        (Or(vec![like(), Truth(false)]), Database),
        (Not(Box::new(Flag { maybe: true })), Memory),
        (And(vec![compare(3, 5, -9), Not(Box::new(And(vec![like(), compare(3, 2, -9)])))]), Memory),
    ];
    for op in 0..8 {
        table.extend((0..4).map(|column| (compare(column, op, 1), Memory)));
    }
    table
}

matrix! {
    async fn what_memory_knows_and_what_it_does_not(db: Db) -> Result<()> {
        db.create(metadata![Thing]).await?;
        let thing = |id: i64, number: Option<i32>, maybe, word: &str| Thing {
            id,
            small: id as i16 - 2,
            number,
            big: id - 1,
            maybe,
            word: word.into(),
            text: number.map(|_| word.into()),
            day: number.map(|n| day(n.into())),
            at: number.map(|n| moment(n.into())),
            moment: number.map(|n| moment(n.into()).and_utc()),
            ratio: number.map(|n| f64::from(n) / 2.0),
            price: number.map(|n| price(n.into())),
            uuid: number.map(|n| Uuid::from_u128((n + 7) as u128)),
            bytes: number.map(|n| vec![n as u8; 3]),
            ..Default::default()
        };
        let rows = [
            thing(1, Some(1), Some(true), "Ed"),
            thing(2, Some(-1), Some(false), "sandy"),
            thing(3, None, None, "sandy"),
            thing(4, Some(2), None, "Ed"),
        ];
        db.engine.execute(insert(Thing).rows(&rows)).await?;
        for (cond, knows) in table() {
            let asks = match knows {
                Knows::Memory => false,
                Knows::Servers => db.database == Database::Sqlite,
                Knows::Database => true,
            };
            for act in [Act::Mark, Act::Set, Act::Delete] {
                assert_eq!(try_one(&db, &cond, act).await?, asks, "{cond:?} {act:?}");
            }
        }
        Ok(())
    }

    async fn memory_never_disagrees_with_the_database(db: Db) -> Result<()> {
        db.create(metadata![Thing]).await?;
        let (sets, statements) = match db.database {
            Database::Sqlite => (60, 25),
            _ => (12, 20),
        };
        let cases: Option<usize> = std::env::var("ORM_RANDOM_CASES").ok().and_then(|cases| cases.parse().ok());
        let mut runner = match cases {
            Some(_) => TestRunner::new(Config::default()),
            None => TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32])),
        };
        let (mut evaluated, mut asked) = (0, 0);
        for _ in 0..cases.map_or(sets, |cases| cases.div_ceil(statements)) {
            let rows = random(proptest::collection::vec(thing(), 0..12), &mut runner);
            db.engine.execute(delete(Thing)).await?;
            let numbered: Vec<Thing> = (1..).zip(rows).map(|(id, thing)| Thing { id, ..thing }).collect();
            db.engine.execute(insert(Thing).rows(&numbered)).await?;
            for _ in 0..statements {
                let (cond, act) = random((cond(), act()), &mut runner);
                match try_one(&db, &cond, act).await? {
                    true => asked += 1,
                    false => evaluated += 1,
                }
            }
        }
        // Both ways are taken often.
        assert!(evaluated * 5 > asked && asked * 5 > evaluated, "{evaluated} in memory, {asked} by the database");
        Ok(())
    }
}
