use crate::report::{report, skip, was_skipped};
use crate::{Database, Db};
use orm_core::Result;
use orm_core::dialect::Capabilities;
use orm_core::testing::TestDatabase;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

/// What a database must be able to do for a test to run on it.
#[derive(Clone, Copy)]
pub struct Requirement {
    /// The capability's name.
    pub name: &'static str,
    /// Whether a server has it.
    pub met: fn(&Capabilities) -> bool,
}

/// How long a test may take: two minutes, or as many seconds as `ORM_TEST_LONGEST` says, for many random cases.
fn longest() -> Duration {
    let seconds = std::env::var("ORM_TEST_LONGEST").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(120))
}

/// Runs a future on a runtime of its own.
///
/// # Panics
/// When there can be no runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => panic!("no tokio runtime: {error}"),
    }
}

/// Runs a test of the matrix on one database.
///
/// # Panics
/// When the test fails, or its database can't be made or dropped.
pub fn run<F>(database: &str, test: &str, requirement: Option<Requirement>, body: impl FnOnce(Db) -> F)
where
    F: Future<Output = Result<()>>,
{
    let Some(database) = Database::ALL.into_iter().find(|candidate| candidate.name() == database) else {
        panic!("there is no database {database}");
    };
    // The report names the database beside the test.
    let test = test.strip_prefix("matrix::").unwrap_or(test);
    let test = test.strip_suffix(database.name()).and_then(|test| test.strip_suffix("::")).unwrap_or(test);
    let server = match database.server() {
        Ok(server) => server,
        Err(why) => return skip(database.name(), test, &why),
    };
    // The runtime outlives a panic of the body, so that the database can be dropped.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("no tokio runtime: {error}"),
    };
    let own = match runtime.block_on(TestDatabase::create(&server)) {
        Ok(made) => made,
        Err(error) => panic!("no database could be made on {server}: {error}"),
    };
    let name = own.name().map(str::to_owned);
    if let Some(name) = &name {
        report("created", database.name(), name);
    }
    // Tests may share a thread.
    was_skipped();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let db = Db::connect(database, own.url().to_owned()).await?;
            let outcome = match requirement {
                Some(Requirement { name, met }) if !met(db.engine.capabilities()) => {
                    skip(database.name(), test, &format!("it has no {name}"));
                    Ok(())
                }
                _ => match tokio::time::timeout(longest(), body(db.clone())).await {
                    Ok(outcome) => outcome,
                    Err(_) => panic!("the test took longer than {:?}", longest()),
                },
            };
            db.engine.close().await;
            outcome
        })
    }));
    if !was_skipped() {
        report("ran", database.name(), test);
    }
    if let Some(name) = name {
        match runtime.block_on(own.remove()) {
            Ok(()) => report("dropped", database.name(), &name),
            Err(error) if outcome.is_ok() => panic!("the database {name} could not be dropped: {error}"),
            Err(_) => {}
        }
    }
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{test} failed on {database}: {error}\n{error:#?}"),
        Err(panic) => resume_unwind(panic),
    }
}
