//! Keys that are NULL in a row's INSERT and written by an UPDATE afterwards: those of `post_update`, and of a cycle.

use super::groups::{Group, Why, Write};
use super::order::Plan;
use crate::error::Result;
use crate::session::Session;
use crate::session::arena::Id;
use crate::session::links::{KeyId, Override};
use crate::types::{Kind, Value};

/// What a new row's key is to be once the row that it leads to is there.
#[derive(Debug)]
pub(in crate::session) struct Withheld {
    row: Id,
    values: Vec<(u16, Option<Value>)>,
    links: Vec<(KeyId, Override)>,
}

impl Session {
    /// Sets keys of new objects to NULL, and gives the groups that write them in the end.
    pub(super) fn withhold(&mut self, plan: &Plan) -> Result<Vec<Group>> {
        let mut groups: Vec<Group> = Vec::new();
        for (row, columns) in &plan.withheld {
            let (row, withheld) = (*row, self.withhold_row(*row, columns)?);
            let table = self.table(row);
            let of = |group: &&mut Group| group.table == table && group.columns == *columns;
            match groups.iter_mut().find(of) {
                Some(Group { write: Write::Later(rows), .. }) => rows.push(withheld),
                _ => groups.push(Group {
                    write: Write::Later(vec![withheld]),
                    table,
                    columns: columns.clone(),
                    why: Some(Why::LinksLater),
                }),
            }
        }
        Ok(groups)
    }

    fn withhold_row(&mut self, row: Id, columns: &[u16]) -> Result<Withheld> {
        self.keep(row);
        let links = self.take_overrides(row, columns);
        let table = self.table(row);
        let mut values = Vec::new();
        for column in columns.iter().copied().filter(|column| table.column_def(*column).nullable) {
            values.push((column, self.object(row).value(column)));
            self.set_column(row, column, &Value::Null(Kind::I64))?;
        }
        Ok(Withheld { row, values, links })
    }

    /// Gives the keys back to the objects, whose rows do not have them yet, and writes them.
    pub(super) async fn write_withheld(&mut self, withheld: Vec<Withheld>) -> Result<()> {
        let mut rows = Vec::with_capacity(withheld.len());
        for Withheld { row, values, links } in withheld {
            if self.original_columns(row).is_none() {
                let columns = self.columns(row);
                self.set_original(row, Some(columns));
            }
            for (column, value) in values {
                if let Some(value) = value {
                    self.set_column(row, column, &value)?;
                }
            }
            self.put_overrides(row, links);
            rows.push(row);
        }
        self.update_rows(&rows).await
    }
}
