use std::path::PathBuf;

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong with revisions, told apart by what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database's, or the models'.
    #[error("{0}")]
    Orm(#[source] Box<orm_core::Error>),
    /// A file or folder can't be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What happened, and what to do.
        reason: String,
    },
    /// A revision or the configuration does not read.
    #[error("{file}: {reason}")]
    Parse {
        /// The file.
        file: String,
        /// Where and what.
        reason: String,
    },
    /// Two files have one id.
    #[error("{first} and {second} are both revision {id}: give one of them another id, and its children that parent")]
    DuplicateId {
        /// The id.
        id: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// A parent that no file is.
    #[error("{file} names the parent {parent}, but there is no such revision: restore its file, or correct `parents`")]
    MissingParent {
        /// The file.
        file: String,
        /// The parent's id.
        parent: String,
    },
    /// Revisions that follow each other in a circle.
    #[error("these revisions are each other's parents, so none can be first: {}; correct `parents` in one of them", files.join(", "))]
    Cycle {
        /// Their files.
        files: Vec<String>,
    },
    /// A revision was named that is not there.
    #[error("there is no revision {given}: {hint}")]
    NoSuchRevision {
        /// As it was given.
        given: String,
        /// What there is.
        hint: String,
    },
    /// The beginning of an id fits several.
    #[error("{given} is the beginning of several revisions: {}", candidates.join(", "))]
    Ambiguous {
        /// As it was given.
        given: String,
        /// What it may mean.
        candidates: Vec<String>,
    },
    /// A relative target that is too far.
    #[error("{given} goes too far: {available} revisions are there to {verb}; nothing was done")]
    TooFar {
        /// As it was given.
        given: String,
        /// How many there are.
        available: usize,
        /// `apply` or `undo`.
        verb: &'static str,
    },
    /// `head` was named, and there are several.
    #[error("there are several heads: {}; merge them with `orm-migrate merge -m …`, or name one, or say `heads`", heads.join(", "))]
    SeveralHeads {
        /// Their ids.
        heads: Vec<String>,
    },
    /// The database has revisions that no file is.
    #[error(
        "the database has {} applied, but there is no such file: restore it from version control, or, if it is gone for good, \
         `orm-migrate stamp --purge TARGET` makes the database forget it",
        ids.join(", ")
    )]
    UnknownApplied {
        /// The ids.
        ids: Vec<String>,
    },
    /// The file of an applied revision was changed.
    #[error(
        "{} changed after it was applied: restore the file and put the change in a new revision; if the database is as the file \
         says, and this is the last revision applied, `orm-migrate stamp {id}` accepts it",
        file
    )]
    Changed {
        /// The id.
        id: String,
        /// The file.
        file: String,
    },
    /// A revision stopped half-way, and its statements are no longer those that were applied.
    #[error(
        "revision {id} was applied up to statement {done} of {total}, and its first {done} statements are not the same any more: \
         restore them, or repair the database by hand and say `orm-migrate stamp {id}`"
    )]
    HalfChanged {
        /// The id.
        id: String,
        /// How many statements ran.
        done: usize,
        /// How many there were.
        total: usize,
    },
    /// A revision stopped half-way in the other direction.
    #[error("revision {id} was {state} up to statement {done} of {total}: {cure}")]
    HalfOther {
        /// The id.
        id: String,
        /// `applied` or `undone`.
        state: &'static str,
        /// How many statements ran.
        done: usize,
        /// How many there are.
        total: usize,
        /// What to do.
        cure: String,
    },
    /// Somebody else holds the lock.
    #[error(
        "another migration is running ({holder}): waited {waited:?} for it; try again when it is done, or raise `--lock-timeout`"
    )]
    Locked {
        /// How long.
        waited: std::time::Duration,
        /// Who, as far as the database tells.
        holder: String,
    },
    /// A statement of a revision failed.
    #[error("revision {id} ({message}) failed at statement {statement} of {total}: {source}\n{state}")]
    Failed {
        /// The revision.
        id: String,
        /// Its message.
        message: String,
        /// Which statement, from 1.
        statement: usize,
        /// Of how many.
        total: usize,
        /// What the database looks like now, and what to do.
        state: String,
        /// The database's error.
        #[source]
        source: Box<orm_core::Error>,
    },
    /// A revision can't be undone.
    #[error("revision {id} ({message}) can't be undone: {reason}; write its `[[down]]`")]
    Irreversible {
        /// The revision.
        id: String,
        /// Its message.
        message: String,
        /// Why.
        reason: String,
    },
    /// Revisions that are not applied.
    #[error("{} of the revisions {} not applied: {}; run `orm-migrate upgrade`", ids.len(), if ids.len() == 1 { "is" } else { "are" }, ids.join(", "))]
    Pending {
        /// Their ids.
        ids: Vec<String>,
    },
    /// The database is not as the models say.
    #[error("the database differs from the models:\n  {}", differences.join("\n  "))]
    Differs {
        /// What differs.
        differences: Vec<String>,
    },
    /// A difference that no revision is written for.
    #[error("no revision is written for this by itself:\n  {}\nwrite it by hand: `orm-migrate revision --empty -m …`", findings.join("\n  "))]
    ByHand {
        /// What differs.
        findings: Vec<String>,
    },
    /// A column that may have been renamed.
    #[error(
        "{} may be a renamed column, which would lose its data as a new one:\n  {}\nif it was renamed, write \
         `ALTER TABLE … RENAME COLUMN` in a `sql` operation (`orm-migrate revision --empty -m …`); if not, add `--no-renames`",
        if pairs.len() == 1 { "this" } else { "each of these" }, pairs.join("\n  ")
    )]
    Renamed {
        /// `table: old -> new`.
        pairs: Vec<String>,
    },
    /// The models are not known to this program.
    #[error(
        "{what} needs the models, which this program does not know: run it with your project's own program (`orm-migrate init` \
         writes src/bin/migrate.rs), which ends in `orm_migrate::cli::main(MetaData::registered())`"
    )]
    NoModels {
        /// The command.
        what: &'static str,
    },
    /// The configuration is wrong, or something is missing from it.
    #[error("{0}")]
    Config(String),
}

impl Error {
    /// The exit code of the command line: 1 in general, 3 for revisions that are not applied, 4 for a database that differs
    /// from the models, 7 for several heads, 8 for a lock that was not free, 9 for files that are missing or changed.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Pending { .. } => 3,
            Error::Differs { .. } | Error::ByHand { .. } => 4,
            Error::SeveralHeads { .. } => 7,
            Error::Locked { .. } => 8,
            Error::UnknownApplied { .. } | Error::Changed { .. } | Error::HalfChanged { .. } => 9,
            _ => 1,
        }
    }
}

impl From<orm_core::Error> for Error {
    fn from(error: orm_core::Error) -> Self {
        Error::Orm(Box::new(error))
    }
}
