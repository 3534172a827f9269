use super::model::Model;
use super::resolve::Resolved;
use super::table::TableDef;
use crate::error::{Error, Result};
use crate::expr::{Node, Ordered};
use std::fmt;
use std::marker::PhantomData;

/// The relationship leads to any number of objects.
#[derive(Debug)]
pub enum Many {}
/// The relationship leads to exactly one object: its key is NOT NULL.
#[derive(Debug)]
pub enum One {}
/// The relationship leads to one object or none.
#[derive(Debug)]
pub enum Maybe {}

/// A relationship that leads to at most one object.
#[diagnostic::on_unimplemented(
    message = "this relationship leads to many objects",
    label = "expected a relationship to one object",
    note = "use `many`, `keys`, `push` or `remove` for it"
)]
pub trait Single: 'static {
    /// `V`, or `Option<V>` where there may be none.
    type Out<V>;
    /// Puts what was found into that shape; `None` when there must be one and is none.
    fn out<V>(found: Option<V>) -> Option<Self::Out<V>>;
}

impl Single for One {
    type Out<V> = V;
    fn out<V>(found: Option<V>) -> Option<V> {
        found
    }
}

impl Single for Maybe {
    type Out<V> = Option<V>;
    fn out<V>(found: Option<V>) -> Option<Option<V>> {
        Some(found)
    }
}

/// A relationship from model `M` to model `T`, as the constant beside its field: `User::addresses`.
pub struct Rel<M, T, K> {
    raw: RelRef,
    of: PhantomData<fn() -> (M, T, K)>,
}

impl<M, T, K> Clone for Rel<M, T, K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M, T, K> Copy for Rel<M, T, K> {}

impl<M, T, K> fmt::Debug for Rel<M, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.raw, f)
    }
}

impl<M, T, K> Rel<M, T, K> {
    /// The relationship at this index of the table. For the derive's output.
    #[doc(hidden)]
    pub const fn new(table: &'static TableDef, index: u16) -> Self {
        Rel { raw: RelRef { table, index, reversed: false }, of: PhantomData }
    }

    /// The relationship without its types.
    pub const fn raw(self) -> RelRef {
        self.raw
    }
}

impl<M: Model, T: Model, K: Single> Rel<M, T, K> {
    /// The same relationship from its other side, so that a model needs no field for it.
    pub const fn reverse(self) -> Rel<T, M, Many> {
        Rel { raw: RelRef { reversed: !self.raw.reversed, ..self.raw }, of: PhantomData }
    }
}

/// A relationship without its types.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RelRef {
    /// The table whose model declares it.
    pub table: &'static TableDef,
    /// Its index there.
    pub index: u16,
    /// Whether it is walked from its target.
    pub reversed: bool,
}

impl RelRef {
    /// The declaration.
    pub fn def(self) -> &'static RelationshipDef {
        &self.table.relationships[usize::from(self.index)]
    }

    /// Its full name, `User::addresses`.
    pub fn full_name(self) -> &'static str {
        self.def().full_name
    }

    /// The relationship with its keys found.
    ///
    /// # Errors
    /// [`Error::Mapping`] with all that is wrong with the model's relationships: no usable foreign key, several that
    /// would do, an inverse that does not fit. Found once per model and kept.
    pub fn resolve(self) -> Result<&'static Resolved> {
        match self.table.resolved.get(self.table) {
            Ok(all) => {
                let (forward, reverse) = &all[usize::from(self.index)];
                if self.reversed {
                    reverse.as_ref().ok_or_else(|| {
                        Error::Mapping(vec![format!(
                            "`{self}` can't be reversed: only a relationship that holds the key can"
                        )])
                    })
                } else {
                    Ok(forward)
                }
            }
            Err(problems) => Err(Error::Mapping(problems.clone())),
        }
    }
}

/// `User::addresses`.
impl fmt::Display for RelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reverse = if self.reversed { ".reverse()" } else { "" };
        write!(f, "{}::{}{reverse}", self.table.title(), self.def().name)
    }
}

impl fmt::Debug for RelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The four kinds of relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelKind {
    /// The model's own columns reference the target.
    BelongsTo,
    /// At most one row of the target references the model.
    HasOne,
    /// Rows of the target reference the model.
    HasMany,
    /// A table between references both.
    ManyToMany,
}

/// What a change of an object does to the objects that it is related to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cascade {
    /// An added object takes its related ones with it (always on unless switched off).
    pub save_update: bool,
    /// A deleted object takes its related ones with it.
    pub delete: bool,
    /// An object taken out of the relationship is deleted.
    pub delete_orphan: bool,
    /// An object taken out of the session takes its related ones with it.
    pub expunge: bool,
}

impl Cascade {
    /// What holds when nothing is declared: save-update only.
    pub const DEFAULT: Cascade = Cascade { save_update: true, delete: false, delete_orphan: false, expunge: false };
}

/// How far a deletion trusts the database with the children.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PassiveDeletes {
    /// Load unloaded children and delete or unlink them.
    #[default]
    No,
    /// Leave unloaded children to the database's own rule.
    Yes,
    /// Never touch children.
    All,
}

/// The table between the two sides of a many-to-many relationship.
#[derive(Debug)]
pub enum Secondary {
    /// A table without a model, made from the relationship.
    Named {
        /// Its name.
        table: &'static str,
        /// Its columns for this side's key; named after the model and key where empty.
        from: &'static [&'static str],
        /// Its columns for the other side's key.
        to: &'static [&'static str],
    },
    /// A model's table: the relationship is then read-only, and the association object is written.
    Model(fn() -> &'static TableDef),
}

/// A relationship, as the derive writes it.
#[derive(Debug)]
pub struct RelationshipDef {
    /// The field's name.
    pub name: &'static str,
    /// Its full name, `User::addresses`.
    pub full_name: &'static str,
    /// Its kind.
    pub kind: RelKind,
    /// The table that it leads to.
    pub target: fn() -> &'static TableDef,
    /// The fields that hold the key: the model's own for a belongs-to, the target's for the other kinds. Found by the
    /// foreign keys where empty.
    pub foreign_key: &'static [&'static str],
    /// The other side, where it is declared.
    pub inverse: Option<fn() -> RelRef>,
    /// The table between, for a many-to-many relationship.
    pub secondary: Option<Secondary>,
    /// The order of the collection.
    pub order_by: Option<fn() -> Vec<Ordered>>,
    /// What a change does to the related objects.
    pub cascade: Cascade,
    /// How far a deletion trusts the database.
    pub passive_deletes: PassiveDeletes,
    /// Whether the database changes the children's keys itself, where their parent's key changes.
    pub passive_updates: bool,
    /// Whether the key is written by an extra UPDATE, to break a cycle.
    pub post_update: bool,
    /// Whether an object may have one parent only over this relationship, many-to-many or many-to-one.
    pub single_parent: bool,
    /// Whether it is loaded with every query (`selectin`).
    pub load: Option<super::load::Strategy>,
    /// The condition of a read-only, filtered relationship.
    pub filter: Option<fn() -> Node>,
}
