use super::relationship::RelationshipDef;
use super::resolve::ResolvedOnce;
use crate::expr::{Column, Node};
use crate::types::{References, SqlType, Type, Value};
use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;

/// A model's table, as the derive writes it.
pub struct TableDef {
    /// The table's name in the database.
    pub name: &'static str,
    /// Its schema, unless it is the connection's default one.
    pub schema: Option<&'static str>,
    /// The model's Rust name; empty for a many-to-many table without a model.
    pub model: &'static str,
    /// The table's comment.
    pub comment: Option<&'static str>,
    /// The columns, in the order of the fields.
    pub columns: &'static [ColumnDef],
    /// The primary key's columns, by index.
    pub primary_key: &'static [u16],
    /// The primary key constraint's name.
    pub primary_key_name: Option<&'static str>,
    /// The foreign keys.
    pub foreign_keys: &'static [ForeignKeyDef],
    /// The unique constraints.
    pub uniques: &'static [UniqueDef],
    /// The checks.
    pub checks: &'static [CheckDef],
    /// The indexes.
    pub indexes: &'static [IndexDef],
    /// The relationships, in the order of the fields.
    pub relationships: &'static [RelationshipDef],
    /// The version column for optimistic locking, by index.
    pub version: Option<u16>,
    /// The model's type.
    pub type_id: fn() -> TypeId,
    /// The run-time half of the model; the floor that owns it knows its type.
    pub mapper: fn() -> &'static (dyn Any + Send + Sync),
    /// The relationships with their keys found, once they were asked for.
    pub resolved: ResolvedOnce,
}

impl TableDef {
    /// The name to show a person: the model's, or the table's where there is no model.
    pub fn title(&self) -> &'static str {
        if self.model.is_empty() { self.name } else { self.model }
    }

    /// The index of the column with this field name or, failing that, this SQL name.
    pub fn column(&self, name: &str) -> Option<u16> {
        let by = |get: fn(&ColumnDef) -> &'static str| self.columns.iter().position(|column| get(column) == name);
        by(|column| column.field).or_else(|| by(|column| column.name)).map(|index| index as u16)
    }

    /// The column's definition.
    pub fn column_def(&self, index: u16) -> &'static ColumnDef {
        &self.columns[usize::from(index)]
    }

    /// The version column where the database gives it, not the session.
    pub fn server_version(&self) -> Option<u16> {
        self.version.filter(|column| self.column_def(*column).auto)
    }

    /// Whether the primary key is one integer column that the database assigns while it is 0 (or unset).
    pub fn auto_key(&self) -> Option<u16> {
        match self.primary_key {
            [index] if self.column_def(*index).auto_increment => Some(*index),
            _ => None,
        }
    }
}

/// Two definitions are one table when they are the same static.
impl PartialEq for TableDef {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}
impl Eq for TableDef {}

impl fmt::Debug for TableDef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// A column of a model.
#[derive(Debug)]
pub struct ColumnDef {
    /// The column's name in the database.
    pub name: &'static str,
    /// The field's name.
    pub field: &'static str,
    /// Its type: the Rust type's own, with the attribute's length, precision or name put in.
    pub sql_type: fn() -> Type,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether the field is an [`Auto`](crate::types::Auto): left out of an INSERT while unset, and read back.
    pub auto: bool,
    /// Whether the database numbers it: a single integer key, unless `auto_increment = false`.
    pub auto_increment: bool,
    /// The default that the database fills in, as SQL.
    pub server_default: Option<&'static str>,
    /// The default that an INSERT of a defaulted field writes.
    pub default: Option<fn() -> Node>,
    /// The column's comment.
    pub comment: Option<&'static str>,
}

/// A column of a model, without its Rust type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawColumn {
    /// The table.
    pub table: &'static TableDef,
    /// The column's index.
    pub index: u16,
}

impl RawColumn {
    /// The column's definition.
    pub fn def(self) -> &'static ColumnDef {
        self.table.column_def(self.index)
    }
}

impl RawColumn {
    /// The value as this column takes it: a decimal with more digits after the point than the column keeps, which every
    /// database would round without a word, becomes a value that can't be sent and says so.
    pub fn fit(self, value: Value) -> Value {
        let Value::Decimal(text) = &value else { return value };
        let Some((_, fraction)) = text.split_once('.') else { return value };
        let digits = fraction.trim_end_matches('0').len();
        match (self.def().sql_type)() {
            Type::Decimal { scale: Some(scale), .. } if digits > scale as usize => Value::Invalid(format!(
                "{text} has {digits} digits after the point, and `{self}` keeps {scale}: round it first"
            )),
            _ => value,
        }
    }

    /// The operand as this column takes it: see [`RawColumn::fit`].
    pub(crate) fn fit_node(self, node: Node) -> Node {
        match node {
            Node::Bind(value) => Node::Bind(self.fit(value)),
            other => other,
        }
    }
}

/// `User::name`.
impl fmt::Display for RawColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.table.title(), self.def().field)
    }
}

impl fmt::Debug for RawColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What happens to a row when the row that it references is deleted, or its key changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Action {
    /// Refuse, at the end of the statement (the default).
    #[default]
    NoAction,
    /// Refuse at once.
    Restrict,
    /// Delete or change the row with it.
    Cascade,
    /// Set the reference to NULL.
    SetNull,
    /// Set the reference to its default.
    SetDefault,
}

/// A foreign key of a model.
#[derive(Debug)]
pub struct ForeignKeyDef {
    /// The constraint's name; by the naming convention where there is none.
    pub name: Option<&'static str>,
    /// The columns, by index.
    pub columns: &'static [u16],
    /// The columns that they reference, in the same order.
    pub references: ReferencesDef,
    /// What follows the deletion of the referenced row.
    pub on_delete: Action,
    /// What follows a change of the referenced key.
    pub on_update: Action,
}

/// The columns that a foreign key references: of one table, at least one.
#[derive(Debug)]
pub enum ReferencesDef {
    /// As the derive writes them: constants of another model, behind functions.
    Lazy(&'static [fn() -> RawColumn]),
    /// The columns of this table with these indexes.
    Table(&'static TableDef, &'static [u16]),
}

impl ForeignKeyDef {
    /// The table that is referenced.
    pub fn target(&self) -> &'static TableDef {
        match &self.references {
            ReferencesDef::Lazy(columns) => columns[0]().table,
            ReferencesDef::Table(table, _) => table,
        }
    }

    /// The referenced columns, by index.
    pub fn target_columns(&self) -> Vec<u16> {
        match &self.references {
            ReferencesDef::Lazy(columns) => columns.iter().map(|column| column().index).collect(),
            ReferencesDef::Table(_, columns) => columns.to_vec(),
        }
    }
}

/// A unique constraint of a model.
#[derive(Debug)]
pub struct UniqueDef {
    /// The constraint's name; by the naming convention where there is none.
    pub name: Option<&'static str>,
    /// The columns, by index.
    pub columns: &'static [u16],
}

/// A check of a model.
#[derive(Debug)]
pub struct CheckDef {
    /// The constraint's name.
    pub name: Option<&'static str>,
    /// The condition, as SQL.
    pub expression: &'static str,
}

/// An index of a model.
#[derive(Debug)]
pub struct IndexDef {
    /// The index's name; by the naming convention where there is none.
    pub name: Option<&'static str>,
    /// The columns, by index.
    pub columns: &'static [u16],
    /// Whether it is unique.
    pub unique: bool,
    /// The condition of a partial index, as SQL (PostgreSQL and SQLite).
    pub filter: Option<&'static str>,
}

/// A column that a foreign key references. Called by the derive's output, in two steps so that the compiler knows the
/// column's type when it compares, and names it.
#[doc(hidden)]
pub const fn referenced<M, T>(_: Column<M, T>) -> Referenced<T> {
    Referenced(PhantomData)
}

/// A column of type `T` that is referenced.
#[doc(hidden)]
#[derive(Debug)]
pub struct Referenced<T>(PhantomData<fn() -> T>);

impl<T: SqlType> Referenced<T> {
    /// Checks at compile time that a foreign key of type `S` fits.
    pub const fn by<S: SqlType<Base: References<T::Base>>>(self) {}
}
