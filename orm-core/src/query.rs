//! Floor 2: statements as plain values: SELECT, INSERT, UPDATE, DELETE and text.
//!
//! Every builder takes and gives a statement by value; a clone is a statement of its own. Nothing here knows SQL text.

mod assign;
mod conflict;
mod criteria;
mod delete;
mod exists;
mod from;
mod insert;
mod lock;
mod select;
mod selection;
mod subquery;
mod text;
mod tree;
mod update;

pub use assign::{Assignments, ColumnsOf, FitsColumns};
pub use conflict::{Excluded, OnConflict};
pub(crate) use criteria::hides;
pub use criteria::{Criteria, Criterion, with_criteria};
pub use delete::{Delete, delete};
pub use exists::{RelationshipExists, exists};
pub use from::{Alias, FromItem, JoinTarget, alias, aliased};
pub use insert::{Insert, insert};
pub use lock::Lock;
pub(crate) use lock::{Strength, Wait};
pub use select::{Holds, LoadOption, Select, select};
pub use selection::{Decode, Named, Selection};
pub use subquery::{SubColumn, Subquery};
pub use text::{Columns, TextRows, TextStatement, text};
pub(crate) use tree::Rows;
pub use tree::{
    Conflict, ConflictAction, DeleteTree, InsertSource, InsertTree, Item, Join, JoinKind, On, SelectTree, Statement,
    Tree, UpdateTree,
};
pub(crate) use update::Dml;
pub use update::{Returning, Update, update};
