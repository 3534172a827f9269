//! Floor 1: models as plain data: the static half of [`Model`], typed handles to tables and relationships
//! ([`Entity`], [`Rel`], [`Key`]), and loader paths.
//!
//! The derive writes the statics. Anything that mentions another model's constants is a function, so that models in
//! different modules and crates may refer to each other freely.

mod key;
mod load;
mod model;
mod relationship;
mod resolve;
mod table;

pub use key::{IntoKey, Key, KeyTuple, RawKey, Sink};
pub use load::{LoadPath, LoadStep, Loader, Path, Strategy, selectinload};
pub use model::{Entity, Model, OptionalEntity};
pub use relationship::{
    Cascade, Many, Maybe, One, PassiveDeletes, Rel, RelKind, RelRef, RelationshipDef, Secondary, Single,
};
pub use resolve::{Link, Resolved, ResolvedOnce, Through};
pub use table::{
    Action, CheckDef, ColumnDef, ForeignKeyDef, IndexDef, RawColumn, Referenced, ReferencesDef, TableDef, UniqueDef,
    referenced,
};
