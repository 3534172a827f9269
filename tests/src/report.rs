use std::cell::Cell;
use std::fs::OpenOptions;
use std::io::Write;

thread_local! {
    static SKIPPED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a test on this thread said that it does not run, since this was asked last.
pub(crate) fn was_skipped() -> bool {
    SKIPPED.take()
}

/// Adds a line to the report that `ORM_TEST_REPORT` names, if any.
///
/// # Panics
/// When it can't be written: a count that lacks tests would be worse than none.
pub fn report(verb: &str, database: &str, what: &str) {
    let Some(path) = std::env::var_os("ORM_TEST_REPORT") else { return };
    let line = format!("{verb} {database} {what}\n");
    // One write to a file opened for appending: lines of several test binaries do not mix.
    let written =
        OpenOptions::new().append(true).create(true).open(&path).and_then(|mut file| file.write_all(line.as_bytes()));
    if let Err(error) = written {
        panic!("the report {path:?} can't be written: {error}");
    }
}

/// Says loudly that a test does not run, past cargo's capture of what tests print.
pub fn skip(database: &str, test: &str, why: &str) {
    SKIPPED.set(true);
    report("skipped", database, &format!("{test} ({why})"));
    // `eprintln!` is captured in a test that passes, and this one passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED on {database}: {test}: {why}");
}
