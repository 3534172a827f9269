//! The words that SQLite can't read as a name, found by trying each of its keywords in every place.

use crate::dialect::names::Keywords;

#[rustfmt::skip]
pub(super) static KEYWORDS: Keywords = Keywords::new(&[
    "add", "all", "alter", "and", "as", "autoincrement", "between", "case", "cast", "check", "collate", "commit",
    "constraint", "create", "cross", "current_date", "current_time", "current_timestamp", "default", "deferrable",
    "delete", "distinct", "drop", "else", "escape", "except", "exists", "false", "filter", "foreign", "from", "full",
    "glob", "group", "having", "if", "in", "index", "inner", "insert", "intersect", "into", "is", "isnull", "join",
    "left", "like", "limit", "match", "natural", "not", "nothing", "notnull", "null", "on", "or", "order", "outer",
    "over", "primary", "raise", "references", "regexp", "returning", "right", "rowid", "select", "set", "table",
    "then", "to", "transaction", "true", "union", "unique", "update", "using", "values", "when", "where", "window",
    "with", "without",
]);
