//! The shapes of the tables in a revision's file.

use crate::type_text;
use orm_core::entity::Action;
use orm_core::schema::{Check, Column, ForeignKey, Index, PrimaryKey, Table, Unique};
use orm_core::types::Type;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileForm {
    pub(super) revision: String,
    pub(super) parents: Vec<String>,
    pub(super) message: String,
    pub(super) format: i64,
    pub(super) transaction: Option<bool>,
    #[serde(default)]
    pub(super) up: Vec<toml::Table>,
    pub(super) down: Option<Vec<toml::Table>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableForm {
    pub(super) columns: Vec<ColumnForm>,
    #[serde(default)]
    pub(super) primary_key: Vec<String>,
    pub(super) primary_key_name: Option<String>,
    #[serde(default)]
    pub(super) foreign_keys: Vec<ForeignKeyForm>,
    #[serde(default)]
    pub(super) uniques: Vec<UniqueForm>,
    #[serde(default)]
    pub(super) checks: Vec<CheckForm>,
    pub(super) comment: Option<String>,
}

impl TableForm {
    pub(super) fn table(self, name: String, schema: Option<String>) -> Result<Table, String> {
        let key = PrimaryKey { name: self.primary_key_name, columns: self.primary_key };
        Ok(Table {
            columns: self.columns.into_iter().map(|column| column.column(None)).collect::<Result<_, _>>()?,
            primary_key: Some(key).filter(|key| !key.columns.is_empty()),
            foreign_keys: self.foreign_keys.into_iter().map(ForeignKeyForm::key).collect::<Result<_, _>>()?,
            uniques: self.uniques.into_iter().map(UniqueForm::unique).collect(),
            checks: self.checks.into_iter().map(CheckForm::check).collect(),
            indexes: Vec::new(),
            comment: self.comment,
            name,
            schema,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnForm {
    /// Left out where the operation names the column.
    name: Option<String>,
    r#type: toml::Value,
    #[serde(default)]
    nullable: bool,
    default: Option<String>,
    identity: Option<String>,
    comment: Option<String>,
}

impl ColumnForm {
    pub(super) fn column(self, name: Option<String>) -> Result<Column, String> {
        let name = self.name.or(name).ok_or("a column needs a `name`")?;
        let in_column = |reason: String| format!("column {name}: {reason}");
        let auto_increment = match self.identity.as_deref() {
            None => false,
            Some("by default") => true,
            Some(other) => return Err(in_column(format!("`identity` is \"by default\" or left out, not {other:?}"))),
        };
        let sql_type = read_type(self.r#type).map_err(in_column)?;
        Ok(Column {
            name,
            sql_type,
            nullable: self.nullable,
            default: self.default,
            auto_increment,
            comment: self.comment,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnumForm {
    r#enum: String,
    values: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawForm {
    raw: String,
}

fn read_type(value: toml::Value) -> Result<Type, String> {
    match value {
        toml::Value::String(text) => type_text::read(&text),
        toml::Value::Table(table) if table.contains_key("enum") => {
            let form: EnumForm = toml::Value::Table(table).try_into().map_err(|error| one_line(&error))?;
            Ok(Type::Enum { name: form.r#enum.into(), values: form.values.into_iter().map(Into::into).collect() })
        }
        toml::Value::Table(table) if table.contains_key("raw") => {
            let form: RawForm = toml::Value::Table(table).try_into().map_err(|error| one_line(&error))?;
            Ok(Type::Raw(form.raw.into()))
        }
        _ => Err("`type` is a text, { enum = \"name\", values = […] } or { raw = \"…\" }".to_owned()),
    }
}

/// An error about a value that was read already: it has no place in the text any more.
pub(super) fn one_line(error: &toml::de::Error) -> String {
    error.message().to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForeignKeyForm {
    name: Option<String>,
    columns: Vec<String>,
    references: String,
    references_schema: Option<String>,
    referenced: Vec<String>,
    on_delete: Option<String>,
    on_update: Option<String>,
}

impl ForeignKeyForm {
    pub(super) fn key(self) -> Result<ForeignKey, String> {
        Ok(ForeignKey {
            on_delete: action(self.on_delete.as_deref())?,
            on_update: action(self.on_update.as_deref())?,
            name: self.name,
            columns: self.columns,
            target_schema: self.references_schema,
            target: self.references,
            target_columns: self.referenced,
        })
    }
}

pub(super) const ACTIONS: [(&str, Action); 5] = [
    ("no action", Action::NoAction),
    ("restrict", Action::Restrict),
    ("cascade", Action::Cascade),
    ("set null", Action::SetNull),
    ("set default", Action::SetDefault),
];

fn action(text: Option<&str>) -> Result<Action, String> {
    let Some(text) = text else { return Ok(Action::NoAction) };
    let found = ACTIONS.iter().find(|(name, _)| *name == text.to_lowercase().replace('_', " "));
    found.map(|(_, action)| *action).ok_or_else(|| {
        let names: Vec<&str> = ACTIONS.iter().map(|(name, _)| *name).collect();
        format!("there is no action {text:?}; there are {}", names.join(", "))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UniqueForm {
    name: Option<String>,
    columns: Vec<String>,
}

impl UniqueForm {
    pub(super) fn unique(self) -> Unique {
        Unique { name: self.name, columns: self.columns }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckForm {
    name: Option<String>,
    expression: String,
}

impl CheckForm {
    pub(super) fn check(self) -> Check {
        Check { name: self.name, expression: self.expression }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexForm {
    name: Option<String>,
    columns: Vec<String>,
    #[serde(default)]
    unique: bool,
    r#where: Option<String>,
}

impl IndexForm {
    pub(super) fn index(self, name: Option<String>) -> Result<Index, String> {
        let name = self.name.or(name).ok_or("an index needs a `name`")?;
        Ok(Index { name, columns: self.columns, unique: self.unique, filter: self.r#where })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SqlForm {
    pub(super) any: Option<String>,
    pub(super) sqlite: Option<String>,
    pub(super) postgres: Option<String>,
    pub(super) mysql: Option<String>,
    pub(super) mariadb: Option<String>,
}
