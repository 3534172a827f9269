//! Random cases: how many, from which seeds, and the least one that fails.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::fmt::Debug;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use tests::prelude::*;

/// Where the seeds of failures are kept: a line each, the test's name and the seed.
const KEPT: &str = "proptest-regressions/session.txt";

/// How many tries a failing case is given to become smaller.
const TRIES: usize = 400;

/// The seeds of a run: those that failed once, then the same ones each time, or with `ORM_RANDOM_CASES` that many others.
fn seeds(name: &str, usual: u64) -> Vec<u64> {
    let kept = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(KEPT)).unwrap_or_default();
    let of_this = |line: &str| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok();
    let mut seeds: Vec<u64> = kept.lines().filter_map(of_this).collect();
    match std::env::var("ORM_RANDOM_CASES").ok().and_then(|cases| cases.parse::<u64>().ok()) {
        Some(cases) => {
            let first = RandomState::new().hash_one(name) >> 8;
            seeds.extend(first..first + cases);
        }
        None => seeds.extend(0..usual),
    }
    seeds
}

fn keep(name: &str, seed: u64) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(KEPT);
    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
    // A checkout that can't be written to: the message names the seed too.
    if let Ok(mut file) = file {
        let _ = writeln!(file, "{name} {seed}");
    }
}

/// What is wrong with a case; a panic is a failure like any other.
async fn fails<T: Debug>(case: &T, run: &impl AsyncFn(&T) -> Result<(), String>) -> Option<String> {
    let mut future = std::pin::pin!(run(case));
    let caught =
        std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(outcome)) => Poll::Ready(Ok(outcome)),
            Err(panic) => Poll::Ready(Err(panic)),
        });
    match caught.await {
        Ok(outcome) => outcome.err(),
        Err(panic) => Some(match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
            (Some(text), _) => text.clone(),
            (_, Some(text)) => (*text).to_owned(),
            _ => "a panic".to_owned(),
        }),
    }
}

/// Runs random cases, `usual` of them on SQLite and a few on a server.
///
/// # Panics
/// With the least case that fails, and its seed, which is kept and tried first from then on.
pub async fn check<T: Debug + Clone>(
    name: &str,
    db: &Db,
    usual: u64,
    strategy: impl Strategy<Value = T>,
    run: impl AsyncFn(&T) -> Result<(), String>,
) {
    let usual = if db.database == Database::Sqlite { usual } else { (usual / 20).max(8) };
    for seed in seeds(name, usual) {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let mut tree = match strategy.new_tree(&mut runner) {
            Ok(tree) => tree,
            Err(reason) => panic!("{reason}"),
        };
        let Some(mut wrong) = fails(&tree.current(), &run).await else { continue };
        let mut least = tree.current();
        // Proptest's own walk to a smaller case.
        let mut tries = 0;
        let mut smaller = tree.simplify();
        while smaller && tries < TRIES {
            tries += 1;
            smaller = match fails(&tree.current(), &run).await {
                Some(still) => {
                    (wrong, least) = (still, tree.current());
                    tree.simplify()
                }
                None => tree.complicate(),
            };
        }
        keep(name, seed);
        panic!("{wrong}\nafter {least:#?}\nseed {seed} of {name}, now in {KEPT}");
    }
}
