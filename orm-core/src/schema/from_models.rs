//! The models' static tables as owned data.

use super::naming::NamingConvention;
use super::table::{Check, Column, ForeignKey, Index, PrimaryKey, Table, Unique};
use crate::entity::{ForeignKeyDef, TableDef};

fn names(table: &TableDef, columns: &[u16]) -> Vec<String> {
    columns.iter().map(|index| table.column_def(*index).name.to_owned()).collect()
}

pub(super) fn table(def: &'static TableDef, naming: &NamingConvention) -> Table {
    let name = |given: Option<&str>, template: &str, columns: &[String], target: &str| {
        Some(given.map_or_else(|| naming.name(template, def.name, columns, target), str::to_owned))
    };
    let columns = def.columns.iter().map(|column| Column {
        name: column.name.to_owned(),
        sql_type: (column.sql_type)(),
        nullable: column.nullable,
        default: column.server_default.map(str::to_owned),
        auto_increment: column.auto_increment,
        comment: column.comment.map(str::to_owned),
    });
    let key = names(def, def.primary_key);
    let foreign_key = |key: &ForeignKeyDef| {
        let columns = names(def, key.columns);
        let target = key.target();
        ForeignKey {
            name: name(key.name, naming.foreign_key, &columns, target.name),
            columns,
            target_schema: target.schema.map(str::to_owned),
            target: target.name.to_owned(),
            target_columns: names(target, &key.target_columns()),
            on_delete: key.on_delete,
            on_update: key.on_update,
        }
    };
    Table {
        name: def.name.to_owned(),
        schema: def.schema.map(str::to_owned),
        columns: columns.collect(),
        primary_key: Some(PrimaryKey { name: name(def.primary_key_name, naming.primary_key, &key, ""), columns: key }),
        foreign_keys: def.foreign_keys.iter().map(foreign_key).collect(),
        uniques: def
            .uniques
            .iter()
            .map(|unique| {
                let columns = names(def, unique.columns);
                Unique { name: name(unique.name, naming.unique, &columns, ""), columns }
            })
            .collect(),
        checks: def
            .checks
            .iter()
            .enumerate()
            .map(|(n, check)| Check {
                name: name(check.name, naming.check, &[(n + 1).to_string()], ""),
                expression: check.expression.to_owned(),
            })
            .collect(),
        indexes: def
            .indexes
            .iter()
            .map(|index| {
                let columns = names(def, index.columns);
                let name = index.name.map_or_else(|| naming.name(naming.index, def.name, &columns, ""), str::to_owned);
                Index { name, columns, unique: index.unique, filter: index.filter.map(str::to_owned) }
            })
            .collect(),
        comment: def.comment.map(str::to_owned),
    }
}
