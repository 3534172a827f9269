use crate::entity::Action;
use crate::types::Type;

/// The tables of a database or of a set of models.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The tables; those of models in the order in which they were given, those of a database by name.
    pub tables: Vec<Table>,
}

impl Schema {
    /// The table of this name, of the default schema or of any.
    pub fn table(&self, name: &str) -> Option<&Table> {
        let named = || self.tables.iter().filter(|table| table.name == name);
        named().find(|table| table.schema.is_none()).or_else(|| named().next())
    }
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its schema, unless it is the connection's default one.
    pub schema: Option<String>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its primary key.
    pub primary_key: Option<PrimaryKey>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Its unique constraints.
    pub uniques: Vec<Unique>,
    /// Its checks.
    pub checks: Vec<Check>,
    /// Its indexes, without those that constraints bring.
    pub indexes: Vec<Index>,
    /// Its comment.
    pub comment: Option<String>,
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub sql_type: Type,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Its default, as SQL.
    pub default: Option<String>,
    /// Whether the database numbers it.
    pub auto_increment: bool,
    /// Its comment.
    pub comment: Option<String>,
}

/// A primary key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrimaryKey {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<String>,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKey {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// The schema of the referenced table, unless it is the default one.
    pub target_schema: Option<String>,
    /// The referenced table.
    pub target: String,
    /// The referenced columns, in order.
    pub target_columns: Vec<String>,
    /// What follows the deletion of the referenced row.
    pub on_delete: Action,
    /// What follows a change of the referenced key.
    pub on_update: Action,
}

/// A unique constraint.
#[derive(Clone, Debug, PartialEq)]
pub struct Unique {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<String>,
}

/// A check.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its condition, as SQL.
    pub expression: String,
}

/// An index.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// Whether it is unique.
    pub unique: bool,
    /// The condition of a partial index, as SQL.
    pub filter: Option<String>,
}
