//! Floor 6: what the derive implements at run time: entities decoded from rows, relationship fields, owned trees, and the
//! typed verbs (`all`, `one`, `execute`…) of engines and connections.

mod belongs_to;
mod has_many;
mod has_one;
mod hooks;
mod insert;
mod load;
mod mapped;
mod mapper;
mod pages;
mod related;
mod relation;
mod selection;
mod statement;
mod verbs;

pub use belongs_to::{BelongsTo, Target};
pub use has_many::{HasMany, ManyToMany};
pub use has_one::HasOne;
pub use hooks::{Hook, Hooks, note_invalid, run_hook};
pub(crate) use insert::{insert_value, is_inserted};
pub use mapped::{ColumnError, Mapped, Object, field, no_relation};
pub use mapper::{Batch, Mapper, Objects};
pub(crate) use pages::Pages;
pub(crate) use related::{RelatedQuery, key_values, keys_in, padded, related_query};
pub use relation::{Relation, RelationField, RelationState};
pub use statement::{Execute, Prepared, Query};
pub(crate) use statement::{compile_dml, split_insert};
pub use verbs::Rows;
pub(crate) use verbs::run_all;
