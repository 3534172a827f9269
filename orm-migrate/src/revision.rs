//! One revision: a TOML file.

mod forms;
mod read;
mod write;

use crate::error::{Error, Result};
use crate::operation::{Change, Operation};
use sha2::{Digest, Sha256};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;

/// A step of a schema's history: what it changes, and after which others it comes.
///
/// ```toml
/// revision = "ae10a1f2c3d4"
/// parents  = ["9c41d0e7b2aa"]
/// message  = "add users"
/// format   = 1
///
/// [[up]]
/// op = "create_table"
/// table = "users"
/// columns = [
///   { name = "id", type = "bigint", identity = "by default" },
///   { name = "email", type = "varchar(320)", nullable = true },
/// ]
/// primary_key = ["id"]
///
/// [[up]]
/// op = "create_index"
/// table = "users"
/// name = "ix_users_email"
/// columns = ["email"]
/// only = ["postgres", "sqlite"]
/// ```
///
/// | operation | its keys |
/// |---|---|
/// | `create_table` | `table`, `schema`, `columns`, `primary_key`, `primary_key_name`, `foreign_keys`, `uniques`, `checks`, `comment` |
/// | `drop_table` | `table`, `schema`, `from` (as in `create_table`) |
/// | `add_column` | `table`, `schema`, `column` |
/// | `drop_column` | `table`, `schema`, `column` (its name), `from` (the column) |
/// | `create_index` | `table`, `schema`, `name`, `columns`, `unique`, `where` |
/// | `drop_index` | `table`, `schema`, `name`, `from` (`columns`, `unique`, `where`) |
/// | `add_foreign_key`, `add_unique`, `add_check` | `table`, `schema`, and what such an entry of `create_table` has |
/// | `drop_foreign_key`, `drop_unique`, `drop_check` | `table`, `schema`, `name`, `from` |
/// | `sql` | `any`, `sqlite`, `postgres`, `mysql` (MariaDB too, unless it has its own), `mariadb` |
///
/// Every operation takes `only`, the databases that it is for. `[[down]]` may be left out when `up` has no `sql` and every
/// drop says what is dropped. `transaction = false` at the top runs the statements outside a transaction where there would
/// be one.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Twelve random hexadecimal digits.
    pub id: String,
    /// The revisions that it follows; none for the first, several for a merge.
    pub parents: Vec<String>,
    /// What it does, for people.
    pub message: String,
    /// Whether it runs in a transaction where definitions can.
    pub transaction: bool,
    /// What it does.
    pub up: Vec<Operation>,
    /// What undoes it; derived from `up` when it is not given.
    pub down: Option<Vec<Operation>>,
    /// The file that it was read from, to show.
    pub file: String,
}

impl Revision {
    /// A new one.
    pub fn new(message: impl Into<String>, parents: Vec<String>, up: Vec<Operation>) -> Self {
        let (message, id) = (message.into(), random_id());
        Revision { file: String::new(), id, parents, message, transaction: true, up, down: None }
    }

    /// Reads one; `file` is its name for messages.
    ///
    /// # Errors
    /// [`Error::Parse`] that says where.
    pub fn from_toml(text: &str, file: impl Into<String>) -> Result<Self> {
        let file = file.into();
        read::revision(text)
            .map(|revision| Revision { file: file.clone(), ..revision })
            .map_err(|reason| Error::Parse { file, reason })
    }

    /// The text of its file.
    pub fn to_toml(&self) -> String {
        write::revision(self)
    }

    /// The name of its file: `2026_11_22_ae10a1_add_users.toml`. Only the id inside counts.
    pub fn file_name(&self, day: &str) -> PathBuf {
        let mut words = String::new();
        for c in self.message.chars() {
            if c.is_alphanumeric() {
                words.extend(c.to_lowercase());
            } else if !words.ends_with('_') && !words.is_empty() {
                words.push('_');
            }
        }
        let words: String = words.chars().take(40).collect();
        let short = self.id.get(..6).unwrap_or(&self.id);
        PathBuf::from(format!("{}_{short}_{}.toml", day.replace('-', "_"), words.trim_end_matches('_')))
    }

    /// What undoes it.
    ///
    /// # Errors
    /// [`Error::Irreversible`] when that is neither written nor follows from what it does.
    pub fn undo(&self) -> Result<Vec<Operation>> {
        if let Some(down) = &self.down {
            return Ok(down.clone());
        }
        self.up.iter().rev().map(Operation::inverse).collect::<Result<_, _>>().map_err(|reason| Error::Irreversible {
            id: self.id.clone(),
            message: self.message.clone(),
            reason,
        })
    }

    /// A hash of what it does: spaces, comments, its message, its parents and the way back do not count. So a `[[down]]` may
    /// be written when it is needed, long after the revision was applied.
    pub fn checksum(&self) -> String {
        let bare =
            Revision { id: String::new(), parents: Vec::new(), message: String::new(), down: None, ..self.clone() };
        hash(bare.to_toml().as_bytes())
    }

    /// Whether it changes nothing, as a merge does.
    pub fn is_empty(&self) -> bool {
        self.up.is_empty()
    }

    /// Whether one of its operations is SQL.
    pub fn has_sql(&self) -> bool {
        self.up.iter().any(|operation| matches!(operation.change, Change::Sql(_)))
    }
}

/// SHA-256, in hexadecimal digits.
pub(crate) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random_id() -> String {
    // The standard library seeds this from the system's randomness, and steps the seed with each call.
    let random = RandomState::new().build_hasher().finish();
    format!("{:012x}", random & 0xffff_ffff_ffff)
}
