//! What a test may say of the statements that were sent.

use super::StatementKind;
use crate::engine::{Recorded, Recorder};
use std::fmt::Write;

/// Assertions about what was sent since [`Engine::record`](crate::engine::Engine::record), or since
/// [`clear`](Recorder::clear), in the feature `testing`. BEGIN, COMMIT and the like are not counted. Where one does not hold it panics at the caller's line,
/// with all that was sent, its binds and its numbers of rows.
///
/// ```
/// # async fn example() -> orm_core::Result<()> {
/// use orm_core::prelude::*;
/// use orm_core::testing::{self, StatementKind};
///
/// #[derive(Model, Debug, Clone, Default)]
/// #[orm(table = "users")]
/// struct User {
///     #[orm(primary_key)]
///     id: i64,
///     #[orm(length = 40)]
///     name: String,
/// }
///
/// let engine = testing::engine(metadata![User]).await?;
/// let mut session = engine.session();
/// let ed = session.add(User { name: "ed".into(), ..Default::default() });
///
/// let log = engine.record();
/// session.commit().await?;
/// log.assert_statements(["INSERT INTO users (name) VALUES (?) …"]);
/// log.clear();
/// session[ed].name = "edward".into();
/// session[ed].name = "ed".into();
/// session.commit().await?;
/// log.assert_count(0);
/// let names: Vec<String> = engine.all(select(User::name)).await?;
/// log.assert_at_most(1);
/// log.assert_no_writes();
/// log.assert_count_of(StatementKind::Select, "users", 1);
/// log.assert_repeats_at_most(1);
/// # assert_eq!(names, ["ed"]);
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
impl Recorder {
    /// So many statements were sent.
    ///
    /// # Panics
    /// When there were more or fewer.
    #[track_caller]
    pub fn assert_count(&self, count: usize) {
        let sent = self.statements();
        assert!(sent.len() == count, "{} expected, {} sent:{}", number(count), were(sent.len()), list(&sent));
    }

    /// Not more statements were sent.
    ///
    /// # Panics
    /// When there were.
    #[track_caller]
    pub fn assert_at_most(&self, count: usize) {
        let sent = self.statements();
        assert!(sent.len() <= count, "at most {} expected, {} sent:{}", number(count), were(sent.len()), list(&sent));
    }

    /// So many statements of this kind were sent that write the table, or for a SELECT read it.
    ///
    /// # Panics
    /// When there were more or fewer.
    #[track_caller]
    pub fn assert_count_of(&self, kind: StatementKind, table: &str, count: usize) {
        let sent = self.statements();
        let about = |sent: &&Recorded| sent.kind() == kind && sent.tables().iter().any(|name| name == table);
        let found = sent.iter().filter(about).count();
        let what = match kind {
            StatementKind::Select => format!("SELECT from {table}"),
            kind => format!("{} of {table}", kind.name()),
        };
        assert!(found == count, "{count} {what} expected, {} sent:{}", were(found), list(&sent));
    }

    /// Exactly these statements were sent, in this order. In a pattern `…` (or `...`) stands for any words; space, case and the quotes of
    /// names do not count, and `?` is also PostgreSQL's `$1`.
    ///
    /// # Panics
    /// When one differs, is missing, or was not expected.
    #[track_caller]
    pub fn assert_statements<P: AsRef<str>>(&self, patterns: impl IntoIterator<Item = P>) {
        let sent = self.statements();
        let patterns: Vec<P> = patterns.into_iter().collect();
        for (n, pattern) in patterns.iter().enumerate() {
            let pattern = pattern.as_ref();
            let Some(statement) = sent.get(n) else {
                panic!("statement {} is missing:\n  expected: {pattern}\nsent:{}", n + 1, list(&sent));
            };
            assert!(
                statement.fits(pattern),
                "statement {} is another one:\n  expected: {pattern}\n  sent:     {}\nall that was sent:{}",
                n + 1,
                statement.sql,
                list(&sent)
            );
        }
        if let Some(more) = sent.get(patterns.len()) {
            panic!(
                "{} expected, then there was\n  {}\nall that was sent:{}",
                number(patterns.len()),
                more.sql,
                list(&sent)
            );
        }
    }

    /// Nothing was written: no row, no definition.
    ///
    /// # Panics
    /// When something was.
    #[track_caller]
    pub fn assert_no_writes(&self) {
        let sent = self.statements();
        let writes: Vec<Recorded> = sent.into_iter().filter(Recorded::writes).collect();
        assert!(writes.is_empty(), "nothing was to be written, {} sent:{}", were(writes.len()), list(&writes));
    }

    /// No SELECT was sent more than so many times with the same text. One query per object of a list, where one for all would
    /// do, is found like this whatever the length of the list.
    ///
    /// # Panics
    /// When one was; the message shows it with its binds.
    #[track_caller]
    pub fn assert_repeats_at_most(&self, times: usize) {
        let sent = self.statements();
        for (n, first) in sent.iter().enumerate() {
            if first.kind() != StatementKind::Select || sent[..n].iter().any(|other| other.sql == first.sql) {
                continue;
            }
            let same: Vec<Recorded> = sent[n..].iter().filter(|other| other.sql == first.sql).cloned().collect();
            assert!(
                same.len() <= times,
                "one SELECT was sent {} times, at most {times} expected; ask for all at once, with `selectinload` or \
                 `session.load(&keys, …)`:{}",
                same.len(),
                list(&same)
            );
        }
    }
}

fn number(count: usize) -> String {
    match count {
        1 => "1 statement".to_owned(),
        count => format!("{count} statements"),
    }
}

fn were(count: usize) -> String {
    match count {
        0 => "none was".to_owned(),
        1 => "1 was".to_owned(),
        count => format!("{count} were"),
    }
}

/// More would hide the beginning.
const SHOWN: usize = 50;
const BINDS: usize = 8;

/// The statements, a line each.
fn list(sent: &[Recorded]) -> String {
    let mut text = String::new();
    for (n, statement) in sent.iter().enumerate().take(SHOWN) {
        let _ = write!(text, "\n  {}. {}", n + 1, statement.sql);
        if !statement.binds.is_empty() {
            let mut binds: Vec<String> = statement.binds.iter().take(BINDS).map(ToString::to_string).collect();
            if statement.binds.len() > BINDS {
                binds.push(format!("… {} more", statement.binds.len() - BINDS));
            }
            let _ = write!(text, " [{}]", binds.join(", "));
        }
        let _ = write!(text, " ({} row{})", statement.rows, if statement.rows == 1 { "" } else { "s" });
    }
    if sent.len() > SHOWN {
        let _ = write!(text, "\n  … {} more", sent.len() - SHOWN);
    }
    text
}
