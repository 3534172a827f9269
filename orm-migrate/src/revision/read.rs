use super::Revision;
use super::forms::{
    CheckForm, ColumnForm, FileForm, ForeignKeyForm, IndexForm, SqlForm, TableForm, UniqueForm, one_line,
};
use crate::operation::{Change, Operation, Sql, TableName};
use orm_core::types::Dialect;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

pub(super) fn revision(text: &str) -> Result<Revision, String> {
    let form: FileForm = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    if form.format != 1 {
        return Err(format!(
            "its format is {}, and this version of orm-migrate knows format 1: use a newer one",
            form.format
        ));
    }
    let plain =
        |id: &str| !id.is_empty() && id.len() <= 64 && id.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    if let Some(id) = std::iter::once(&form.revision).chain(&form.parents).find(|id| !plain(id)) {
        return Err(format!("{id:?} is no id of a revision: it has at most 64 letters, digits and underscores"));
    }
    let operations = |list: &'static str, tables: Vec<Table>| -> Result<Vec<Operation>, String> {
        let numbered = tables.into_iter().enumerate();
        numbered.map(|(n, table)| operation(table).map_err(|e| format!("[[{list}]] number {}: {e}", n + 1))).collect()
    };
    Ok(Revision {
        id: form.revision,
        parents: form.parents,
        message: form.message,
        transaction: form.transaction.unwrap_or(true),
        up: operations("up", form.up)?,
        down: form.down.map(|down| operations("down", down)).transpose()?,
        file: String::new(),
    })
}

const OPERATIONS: [&str; 13] = [
    "create_table",
    "drop_table",
    "add_column",
    "drop_column",
    "create_index",
    "drop_index",
    "add_foreign_key",
    "drop_foreign_key",
    "add_unique",
    "drop_unique",
    "add_check",
    "drop_check",
    "sql",
];

fn operation(mut table: Table) -> Result<Operation, String> {
    let Some(name) = table.remove("op") else {
        return Err(format!("it has no `op`; there are {}", OPERATIONS.join(", ")));
    };
    let Value::String(name) = name else { return Err("its `op` is no text".to_owned()) };
    if !OPERATIONS.contains(&name.as_str()) {
        return Err(format!("there is no operation {name:?}; there are {}", OPERATIONS.join(", ")));
    }
    let in_operation = |reason: String| format!("{name}: {reason}");
    let only = match table.remove("only") {
        None => Vec::new(),
        Some(value) => only(value).map_err(in_operation)?,
    };
    Ok(Operation { change: change(&name, table).map_err(in_operation)?, only })
}

fn only(value: Value) -> Result<Vec<Dialect>, String> {
    let names: Vec<String> = value.try_into().map_err(|_| "`only` is a list of databases".to_owned())?;
    let known = [
        ("sqlite", Dialect::Sqlite),
        ("postgres", Dialect::Postgres),
        ("mysql", Dialect::MySql),
        ("mariadb", Dialect::MariaDb),
    ];
    let find = |name: &String| known.iter().find(|(known, _)| known == name).map(|(_, dialect)| *dialect);
    if names.is_empty() {
        return Err("`only` is empty, so it would never run: leave it out, or name databases".to_owned());
    }
    names
        .iter()
        .map(|name| {
            find(name)
                .ok_or_else(|| format!("there is no database {name:?}; there are sqlite, postgres, mysql, mariadb"))
        })
        .collect()
}

fn form<T: DeserializeOwned>(table: Table) -> Result<T, String> {
    Value::Table(table).try_into().map_err(|error| one_line(&error))
}

/// Takes a text out.
fn text(table: &mut Table, key: &str) -> Result<Option<String>, String> {
    match table.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{key}` is no text")),
    }
}

fn needed(table: &mut Table, key: &str) -> Result<String, String> {
    text(table, key)?.ok_or_else(|| format!("`{key}` is missing"))
}

/// Takes `from` out, and says that nothing else may be left.
fn from<T: DeserializeOwned>(mut table: Table) -> Result<Option<T>, String> {
    let from = match table.remove("from") {
        None => None,
        Some(Value::Table(inner)) => Some(form(inner).map_err(|reason| format!("from: {reason}"))?),
        Some(_) => return Err("`from` is no table".to_owned()),
    };
    match table.keys().next() {
        None => Ok(from),
        Some(key) => Err(format!("unknown field `{key}`")),
    }
}

fn change(name: &str, mut rest: Table) -> Result<Change, String> {
    if name == "sql" {
        let sql: SqlForm = form(rest)?;
        let (any, sqlite) = (sql.any, sql.sqlite);
        let sql = Sql { any, sqlite, postgres: sql.postgres, mysql: sql.mysql, mariadb: sql.mariadb };
        if sql == Sql::default() {
            return Err("it has no SQL: `any`, `sqlite`, `postgres`, `mysql` or `mariadb`".to_owned());
        }
        return Ok(Change::Sql(sql));
    }
    let table = TableName { name: needed(&mut rest, "table")?, schema: text(&mut rest, "schema")? };
    Ok(match name {
        "create_table" => Change::CreateTable(form::<TableForm>(rest)?.table(table.name, table.schema)?),
        "drop_table" => {
            let from: Option<TableForm> = from(rest)?;
            let from = from.map(|from| from.table(table.name.clone(), table.schema.clone())).transpose()?;
            Change::DropTable { table, from }
        }
        "add_column" => {
            let Some(Value::Table(column)) = rest.remove("column") else {
                return Err("`column` is missing: { name = \"…\", type = \"…\" }".to_owned());
            };
            from::<()>(rest)?;
            Change::AddColumn { table, column: form::<ColumnForm>(column)?.column(None)? }
        }
        "drop_column" => {
            let column = needed(&mut rest, "column")?;
            let from = from::<ColumnForm>(rest)?.map(|from| from.column(Some(column.clone()))).transpose()?;
            Change::DropColumn { table, column, from }
        }
        "create_index" => Change::CreateIndex { table, index: form::<IndexForm>(rest)?.index(None)? },
        "drop_index" => {
            let name = needed(&mut rest, "name")?;
            let from = from::<IndexForm>(rest)?.map(|from| from.index(Some(name.clone()))).transpose()?;
            Change::DropIndex { table, name, from }
        }
        "add_foreign_key" => Change::AddForeignKey { table, key: form::<ForeignKeyForm>(rest)?.key()? },
        "drop_foreign_key" => {
            let name = needed(&mut rest, "name")?;
            let from = from::<ForeignKeyForm>(rest)?.map(ForeignKeyForm::key).transpose()?;
            let from = from.map(|mut key| {
                key.name.get_or_insert_with(|| name.clone());
                key
            });
            Change::DropForeignKey { table, name, from }
        }
        "add_unique" => Change::AddUnique { table, unique: form::<UniqueForm>(rest)?.unique() },
        "drop_unique" => {
            let name = needed(&mut rest, "name")?;
            let from = from::<UniqueForm>(rest)?.map(|form| {
                let mut unique = form.unique();
                unique.name.get_or_insert_with(|| name.clone());
                unique
            });
            Change::DropUnique { table, name, from }
        }
        "add_check" => Change::AddCheck { table, check: form::<CheckForm>(rest)?.check() },
        _ => {
            let name = needed(&mut rest, "name")?;
            let from = from::<CheckForm>(rest)?.map(|form| {
                let mut check = form.check();
                check.name.get_or_insert_with(|| name.clone());
                check
            });
            Change::DropCheck { table, name, from }
        }
    })
}
