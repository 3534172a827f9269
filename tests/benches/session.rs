//! What a session costs, on SQLite in memory: its objects beside the same rows decoded, and its flush beside itself with
//! more or fewer objects. The two sides are interleaved; what counts is the ratio, or the difference.
//!
//! `cargo bench -p tests --bench session` runs all; `-- --check` fails when a median is over its target; another argument
//! chooses the lines whose name contains it.

#![allow(missing_docs, clippy::print_stdout)]

use orm_core::prelude::*;
use orm_core::{Error, Result};
use std::hint::black_box;
use std::time::{Duration, Instant};

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "bench_owners")]
struct Owner {
    #[orm(primary_key)]
    id: i64,
    rank: i64,
    things: HasMany<Thing>,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "bench_things")]
struct Thing {
    #[orm(primary_key)]
    id: i64,
    #[orm(references = Owner::id)]
    owner_id: i64,
    owner: BelongsTo<Owner>,
}

#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "bench_people")]
struct Person {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    #[orm(length = 40)]
    hair_color: Option<String>,
}

/// A key that needs an allocation.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "bench_words")]
struct Word {
    #[orm(primary_key, length = 40)]
    word: String,
    count: i64,
}

const MANY: usize = 100_000;

async fn engine() -> Result<Engine> {
    let engine = Engine::options("sqlite::memory:").max_connections(1).connect().await?;
    metadata![Owner, Thing, Person, Word].create_all(&engine).await?;
    Ok(engine)
}

fn people(count: usize) -> impl Iterator<Item = Person> {
    let color = |n: usize| n.is_multiple_of(2).then(|| format!("color {}", n % 10));
    (0..count).map(move |n| Person { name: format!("Person {n}"), hair_color: color(n), ..Person::default() })
}

/// Prints a line with the median of what was measured; gives whether it is within the target.
fn report(name: &str, mut measured: Vec<f64>, unit: &str, target: f64, notes: &str) -> bool {
    measured.sort_by(f64::total_cmp);
    let at = |part: f64| measured[((measured.len() - 1) as f64 * part).round() as usize];
    let good = at(0.5) <= target;
    println!(
        "{name:<44} {:>8.2} {unit:<3} (p10 {:.2}, p90 {:.2}{notes})  target {target} {unit}  {}",
        at(0.5),
        at(0.1),
        at(0.9),
        if good { "ok" } else { "OVER" }
    );
    good
}

fn median(mut measured: Vec<f64>) -> f64 {
    measured.sort_by(f64::total_cmp);
    measured[measured.len() / 2]
}

async fn takes<T>(work: impl AsyncFnOnce() -> Result<T>) -> Result<(Duration, T)> {
    let start = Instant::now();
    let result = work().await?;
    Ok((start.elapsed(), result))
}

/// The processor time of this thread so far, where the system tells it; else the time. What another thread or another
/// program does, and how often this one waits for it, is no part of it.
fn worked() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let on_cpu = stat.and_then(|stat| stat.split(' ').next()?.parse().ok());
    on_cpu.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

fn each(took: Duration, count: usize) -> f64 {
    took.as_secs_f64() * 1e9 / count as f64
}

/// Rows into a session, beside the same rows decoded.
async fn attach<M: Entities>(
    name: &str,
    engine: &Engine,
    prepare: impl AsyncFn(&mut Session) -> Result<()>,
) -> Result<bool> {
    let (mut decoding, mut over, mut clock) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..31 {
        let mut session = engine.session();
        prepare(&mut session).await?;
        let (mut plain, mut attached) = ((Duration::ZERO, Duration::ZERO), (Duration::ZERO, Duration::ZERO));
        for side in 0..2 {
            let start = worked();
            if (turn + side) % 2 == 0 {
                let (took, rows) = takes(async || M::plain(engine).await).await?;
                plain = (worked() - start, took);
                assert_eq!(rows.len(), MANY);
            } else {
                let (took, keys) = takes(async || M::attached(&mut session).await).await?;
                attached = (worked() - start, took);
                assert_eq!(keys.len(), MANY);
                session.commit().await?;
            }
        }
        decoding.push(each(plain.0, MANY));
        over.push(each(attached.0, MANY) - each(plain.0, MANY));
        clock.push(each(attached.1, MANY) / each(plain.1, MANY));
    }
    let notes = format!("; decoding {:.0} ns; by the clock {:.2} times that", median(decoding), median(clock));
    Ok(report(name, over, "ns", 200.0, &notes))
}

/// All rows of a model, by both ways.
trait Entities: Sized {
    async fn plain(engine: &Engine) -> Result<Vec<Self>>;
    async fn attached(session: &mut Session) -> Result<Vec<Key<Self>>>;
}

macro_rules! entities {
    ($($model:ident)+) => { $(
        impl Entities for $model {
            async fn plain(engine: &Engine) -> Result<Vec<Self>> {
                engine.all(select($model)).await
            }
            async fn attached(session: &mut Session) -> Result<Vec<Key<Self>>> {
                session.all(select($model)).await
            }
        }
    )+ };
}
entities!(Thing Person Word);

async fn attaching() -> Result<bool> {
    let engine = engine().await?;
    let owners: Vec<Owner> = (1..=1_000).map(|id| Owner { id, rank: id, ..Owner::default() }).collect();
    engine.execute(insert(Owner).rows(&owners)).await?;
    let thing = |n: usize| Thing { owner_id: n as i64 % 1_000 + 1, ..Thing::default() };
    let things: Vec<Thing> = (0..MANY).map(thing).collect();
    engine.execute(insert(Thing).rows(&things)).await?;
    let people: Vec<Person> = people(MANY).collect();
    engine.execute(insert(Person).rows(&people)).await?;
    let words: Vec<Word> = (0..MANY).map(|n| Word { word: format!("word {n}"), count: n as i64 }).collect();
    engine.execute(insert(Word).rows(&words)).await?;
    let nothing = async |_: &mut Session| Ok(());
    let mut good = attach::<Person>("attach 100,000 of three columns", &engine, nothing).await?;
    good &= attach::<Thing>("attach 100,000 with a link", &engine, nothing).await?;
    good &= attach::<Thing>("attach 100,000 with a link that is indexed", &engine, async |session| {
        let owners = session.all(select(Owner)).await?;
        session.load(owners[0], Owner::things).await
    })
    .await?;
    good &= attach::<Word>("attach 100,000 with a key of text", &engine, nothing).await?;
    Ok(good)
}

/// A flush of one changed object, among few loaded ones and among many.
async fn dirty_scan() -> Result<bool> {
    let engine = engine().await?;
    let all: Vec<Person> = people(MANY).collect();
    engine.execute(insert(Person).rows(&all)).await?;
    let mut few = engine.session();
    let few_keys = few.all(select(Person).filter(Person::id.le(100))).await?;
    few.commit().await?;
    let mut many = engine.session();
    let many_keys = many.all(select(Person)).await?;
    many.commit().await?;
    let (mut ratios, mut unchanged) = (Vec::new(), Vec::new());
    for turn in 0..100 {
        let mut took = [Duration::ZERO; 2];
        let mut nothing = [Duration::ZERO; 2];
        for side in 0..2 {
            let side = (turn + side) % 2;
            let (session, key) = if side == 0 { (&mut few, few_keys[turn]) } else { (&mut many, many_keys[turn]) };
            for n in 0..20 {
                session[key].name = format!("{turn} {side} {n}");
                took[side] += takes(async || session.flush().await).await?.0;
                session.rollback().await?;
            }
            nothing[side] = takes(async || {
                for _ in 0..1_000 {
                    session.flush().await?;
                }
                Ok(())
            })
            .await?
            .0;
        }
        ratios.push(took[1].as_secs_f64() / took[0].as_secs_f64());
        unchanged.push(nothing[1].as_secs_f64() / nothing[0].as_secs_f64());
    }
    let good = report("flush one of 100,000, over one of 100", ratios, "", 1.1, "");
    Ok(good & report("flush nothing of 100,000, over nothing of 100", unchanged, "", 1.1, ""))
}

/// New rows, few and many.
async fn inserting() -> Result<bool> {
    let run = async |count: usize| -> Result<[f64; 3]> {
        let engine = engine().await?;
        let mut session = engine.session();
        let start = Instant::now();
        let keys = session.add_all(people(count));
        let added = start.elapsed();
        let (flushed, ()) = takes(async || session.flush().await).await?;
        let (committed, ()) = takes(async || session.commit().await).await?;
        assert_eq!(session[keys[count - 1]].id, count as i64);
        Ok([added, flushed, committed].map(|took| each(took, count)))
    };
    let (mut ratios, mut few, mut many) = (Vec::new(), Vec::new(), Vec::new());
    run(10_000).await?;
    for _ in 0..3 {
        let mut here = Vec::new();
        for _ in 0..10 {
            here.push(run(10_000).await?[1]);
        }
        let there = run(1_000_000).await?;
        ratios.push(there[1] / median(here.clone()));
        few.push(median(here));
        many.push(there);
    }
    let at = |n: usize| median(many.iter().map(|took| took[n]).collect());
    let notes = format!("; {:.0} and {:.0} ns a row, {:.0} to add, {:.0} to commit", median(few), at(1), at(0), at(2));
    Ok(report("flush 1,000,000 new rows, over 10,000", ratios, "", 1.3, &notes))
}

async fn run(wanted: &[String]) -> Result<bool> {
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    let mut good = true;
    if is_wanted("attach") {
        good &= attaching().await?;
    }
    if is_wanted("flush one") {
        good &= dirty_scan().await?;
    }
    if is_wanted("flush new") {
        good &= inserting().await?;
    }
    black_box(good);
    Ok(good)
}

fn main() -> std::process::ExitCode {
    let mut check = false;
    let mut wanted = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            // `cargo test --benches` asks for a list of tests; there are none.
            "--list" => return std::process::ExitCode::SUCCESS,
            "--check" => check = true,
            other if other.starts_with('-') => {}
            other => wanted.push(other.to_owned()),
        }
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("no runtime: {error}"),
    };
    match runtime.block_on(run(&wanted)) {
        Ok(false) if check => std::process::ExitCode::FAILURE,
        Ok(_) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            println!("{}", Error::to_string(&error));
            std::process::ExitCode::FAILURE
        }
    }
}
