//! Where MariaDB's catalogue differs from MySQL's: checks know their table, JSON is text with a check, and a default is
//! kept as SQL.

use super::rows::{Of, Scope, query};
use super::tokens::tokens;
use crate::engine::Connection;
use crate::error::Result;
use crate::schema::Check;
use std::collections::BTreeSet;

/// COLUMN_DEFAULT is SQL here; a nullable column without a default says `NULL`.
pub(super) fn default(text: String) -> Option<String> {
    Some(text).filter(|text| text != "NULL")
}

/// Every check: table, name, expression, and whether it belongs to a column, whose name it then has.
async fn all_checks(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<(Check, bool)>>> {
    let sql = "SELECT k.TABLE_NAME, k.CONSTRAINT_NAME, k.CHECK_CLAUSE, k.`LEVEL` FROM information_schema.CHECK_CONSTRAINTS k \
               WHERE k.CONSTRAINT_SCHEMA = COALESCE(?, DATABASE()) AND (? IS NULL OR k.TABLE_NAME = ?) \
               ORDER BY BINARY k.TABLE_NAME, BINARY k.CONSTRAINT_NAME";
    let read = query(connection, sql, scope.binds(), |row| {
        let check = Check { name: Some(row.text(1)?), expression: row.text(2)? };
        Ok((row.text(0)?, (check, row.text(3)? == "Column")))
    });
    read.await
}

/// The column of `json_valid(column)`.
fn json_valid(expression: &str) -> Option<String> {
    match tokens(expression, true).as_slice() {
        [function, open, column, close] if function.is("json_valid") && open.is_symbol("(") && close.is_symbol(")") => {
            column.name().map(str::to_lowercase)
        }
        _ => None,
    }
}

/// The columns that were declared JSON: text with the check that comes with it. Table and lower-case column.
pub(super) async fn json_columns(connection: &mut Connection, scope: Scope<'_>) -> Result<BTreeSet<(String, String)>> {
    let checks = all_checks(connection, scope).await?.into_iter();
    let json = checks.filter(|(_, (_, of_column))| *of_column);
    Ok(json.filter_map(|(table, (check, _))| Some((table, json_valid(&check.expression)?))).collect())
}

pub(super) async fn checks(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Check>>> {
    let checks = all_checks(connection, scope).await?.into_iter();
    Ok(checks
        .filter(|(_, (check, of_column))| !(*of_column && json_valid(&check.expression).is_some()))
        .map(|(table, (check, of_column))| {
            let name = check.name.filter(|_| !of_column);
            (table, Check { name, ..check })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::{default, json_valid};

    #[test]
    fn json_is_recognised_by_its_check_alone() {
        assert_eq!(json_valid("json_valid(`Data`)").as_deref(), Some("data"));
        assert_eq!(json_valid("json_valid(`a`) or `b`"), None);
        assert_eq!(default("NULL".into()), None);
        assert_eq!(default("'NULL'".into()).as_deref(), Some("'NULL'"));
    }
}
