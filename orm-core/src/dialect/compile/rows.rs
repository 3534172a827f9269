//! Many rows in one statement: PostgreSQL through arrays, SQLite through VALUES, MySQL and MariaDB through CASE.

use super::Writer;
use super::scope::Scope;
use crate::dialect::syntax::ManyRows;
use crate::entity::TableDef;
use crate::error::Result;
use crate::expr::{InSource, Node, Source};
use crate::query::{Item, Rows};
use crate::types::{Kind, Value};

/// The columns as arrays; `None` where the values of one are of different kinds.
fn arrays(rows: &[Vec<Value>], width: usize) -> Option<Vec<Value>> {
    (0..width).map(|n| Value::array(rows.iter().map(|row| row[n].clone()).collect())).collect()
}

/// What the rows are called: not like the table.
fn alias(table: &TableDef) -> &'static str {
    if table.name == "v" { "v_1" } else { "v" }
}

impl Writer {
    /// `INSERT INTO t (a, b) SELECT c1, c2 FROM UNNEST($1, $2) WITH ORDINALITY AS v (c1, c2, n) ORDER BY n`. The order is
    /// that in which generated keys are counted up.
    pub(super) fn insert_arrays(
        &mut self,
        table: &'static TableDef,
        columns: &[u16],
        rows: &mut Vec<Option<Value>>,
        returning: &[Item],
    ) -> Result<bool> {
        let width = columns.len();
        if self.syntax.many_rows != ManyRows::Arrays || width == 0 || rows.contains(&None) {
            return Ok(false);
        }
        let of_kind = |n: usize| {
            let mut kinds =
                rows.iter().skip(n).step_by(width).flatten().filter(|value| !value.is_null()).map(Value::kind);
            let first = kinds.next();
            first != Some(None) && kinds.all(|kind| Some(kind) == first)
        };
        if !(0..width).all(of_kind) {
            return Ok(false);
        }
        let mut by_column: Vec<Vec<Value>> = columns.iter().map(|_| Vec::with_capacity(rows.len() / width)).collect();
        for (n, value) in std::mem::take(rows).into_iter().flatten().enumerate() {
            by_column[n % width].push(value);
        }
        let arrays: Vec<Value> = by_column.into_iter().filter_map(Value::array).collect();
        self.insert_into(table, columns.iter().copied());
        self.push(" SELECT ");
        for (n, kind) in kinds(&arrays).into_iter().enumerate() {
            self.push(if n == 0 { "" } else { ", " });
            self.element(None, n, kind);
        }
        self.unnest(" FROM ", arrays);
        self.push(" WITH ORDINALITY AS v (");
        self.element_names(columns.len());
        self.push(", n) ORDER BY n");
        self.returning(returning, &Scope::of(Source::Table(table)))?;
        Ok(true)
    }

    /// `UPDATE t SET a = … WHERE key = …`, each row with its own values.
    pub(super) fn update_rows(&mut self, rows: Rows<'_>) -> Result<bool> {
        match self.syntax.many_rows {
            ManyRows::Arrays => {
                let Some(arrays) = arrays(rows.rows, rows.find.len() + rows.set.len()) else { return Ok(false) };
                let kinds = kinds(&arrays);
                let element = |writer: &mut Self, name: &str, n: usize| writer.element(Some(name), n, kinds[n]);
                self.update_from(&rows, element);
                self.unnest(" FROM ", arrays);
                self.named_elements(&rows, kinds.len());
                self.joined_by(&rows, element);
            }
            ManyRows::Values => {
                let column = |writer: &mut Self, name: &str, n: usize| {
                    writer.push(name);
                    writer.push(".column");
                    writer.number(n + 1);
                };
                self.update_from(&rows, column);
                let mut open = " FROM (VALUES (";
                for row in rows.rows {
                    for value in row {
                        self.push(open);
                        self.assigned(value.clone())?;
                        open = ", ";
                    }
                    open = "), (";
                }
                self.push(")) AS ");
                self.push(alias(rows.table));
                self.joined_by(&rows, column);
            }
            ManyRows::Case => self.update_cases(&rows)?,
        }
        Ok(true)
    }

    /// `UPDATE t SET a = v.…, b = v.…`
    fn update_from(&mut self, rows: &Rows<'_>, value: impl Fn(&mut Self, &str, usize)) {
        self.push("UPDATE ");
        self.table(rows.table);
        for (n, column) in rows.set.iter().enumerate() {
            self.push(if n == 0 { " SET " } else { ", " });
            self.name(rows.table.column_def(*column).name);
            self.push(" = ");
            value(self, alias(rows.table), rows.find.len() + n);
        }
    }

    /// ` WHERE t.id = v.…`. The table's column stands on the left: its collation is the one that counts.
    fn joined_by(&mut self, rows: &Rows<'_>, value: impl Fn(&mut Self, &str, usize)) {
        for (n, column) in rows.find.iter().enumerate() {
            self.push(if n == 0 { " WHERE " } else { " AND " });
            self.name(rows.table.name);
            self.push(".");
            self.name(rows.table.column_def(*column).name);
            self.push(" = ");
            value(self, alias(rows.table), n);
        }
    }

    /// `UPDATE t SET a = CASE id WHEN ? THEN ? … END WHERE id IN (…)`; where all rows get one value, it is written once.
    fn update_cases(&mut self, rows: &Rows<'_>) -> Result<()> {
        let source = Source::Table(rows.table);
        let scope = Scope::of(source.clone());
        let key = tuple(rows.find[..rows.key].iter().map(|column| source.column(*column)));
        self.push("UPDATE ");
        self.table(rows.table);
        for (n, column) in rows.set.iter().enumerate() {
            let at = rows.find.len() + n;
            self.push(if n == 0 { " SET " } else { ", " });
            self.name(rows.table.column_def(*column).name);
            self.push(" = ");
            if rows.rows.iter().all(|row| row[at] == rows.rows[0][at]) {
                self.assigned(rows.rows[0][at].clone())?;
                continue;
            }
            self.push("CASE ");
            if rows.key == 1 {
                self.expression(&key, &scope, 0)?;
                self.push(" ");
            }
            for row in rows.rows {
                self.push("WHEN ");
                let own = tuple(row[..rows.key].iter().cloned().map(Node::Bind));
                if rows.key > 1 {
                    self.expression(&key, &scope, 0)?;
                    self.push(" = ");
                }
                self.expression(&own, &scope, 0)?;
                self.push(" THEN ");
                self.assigned(row[at].clone())?;
                self.push(" ");
            }
            self.push("END");
        }
        self.found_in(rows, &scope)
    }

    /// `DELETE FROM t WHERE id = …`
    pub(super) fn delete_rows(&mut self, rows: Rows<'_>) -> Result<()> {
        self.push("DELETE FROM ");
        self.table(rows.table);
        let arrays = match self.syntax.many_rows {
            ManyRows::Arrays => arrays(rows.rows, rows.find.len()),
            ManyRows::Values | ManyRows::Case => None,
        };
        match (arrays, rows.find) {
            (Some(mut arrays), [column]) => {
                self.push(" WHERE ");
                self.name(rows.table.column_def(*column).name);
                self.push(" = ANY(");
                let kind = kinds(&arrays)[0];
                self.binds.append(&mut arrays);
                self.placeholder();
                if let Some(name) = self.enum_name(kind) {
                    self.push("::");
                    self.name(name);
                    self.push("[]");
                }
                self.push(")");
                Ok(())
            }
            (Some(arrays), _) => {
                let kinds = kinds(&arrays);
                self.unnest(" USING ", arrays);
                self.named_elements(&rows, kinds.len());
                self.joined_by(&rows, |writer, name, n| writer.element(Some(name), n, kinds[n]));
                Ok(())
            }
            (None, _) => self.found_in(&rows, &Scope::of(Source::Table(rows.table))),
        }
    }

    /// ` WHERE id IN (…)`, ` WHERE (a, b) IN (…)`
    fn found_in(&mut self, rows: &Rows<'_>, scope: &Scope<'_>) -> Result<()> {
        let width = rows.find.len();
        let source = Source::Table(rows.table);
        let list = rows.rows.iter().map(|row| tuple(row[..width].iter().cloned().map(Node::Bind))).collect();
        self.push(" WHERE ");
        let operand = tuple(rows.find.iter().map(|column| source.column(*column)));
        self.in_(&operand, &InSource::List(list), false, scope)
    }

    /// `UNNEST($1, $2)`
    fn unnest(&mut self, clause: &str, arrays: Vec<Value>) {
        self.push(clause);
        self.push("UNNEST(");
        for (n, array) in arrays.into_iter().enumerate() {
            self.push(if n == 0 { "" } else { ", " });
            self.binds.push(array);
            self.placeholder();
        }
        self.push(")");
    }

    /// `c1, c2`
    fn element_names(&mut self, count: usize) {
        for n in 0..count {
            self.push(if n == 0 { "c" } else { ", c" });
            self.number(n + 1);
        }
    }

    /// ` AS v (c1, c2)`
    fn named_elements(&mut self, rows: &Rows<'_>, count: usize) {
        self.push(" AS ");
        self.push(alias(rows.table));
        self.push(" (");
        self.element_names(count);
        self.push(")");
    }

    /// The enum type that a value's text has to be cast to.
    fn enum_name(&self, kind: Option<Kind>) -> Option<&'static str> {
        match kind {
            Some(Kind::Enum(name)) if self.syntax.enum_casts => Some(name),
            _ => None,
        }
    }

    /// An element of an array, as its column takes it.
    fn element(&mut self, name: Option<&str>, n: usize, kind: Option<Kind>) {
        let enum_name = self.enum_name(kind);
        self.push(if enum_name.is_some() { "CAST(" } else { "" });
        if let Some(name) = name {
            self.push(name);
            self.push(".");
        }
        self.push("c");
        self.number(n + 1);
        if let Some(name) = enum_name {
            self.push(" AS ");
            self.name(name);
            self.push(")");
        }
    }
}

fn kinds(arrays: &[Value]) -> Vec<Option<Kind>> {
    let kind = |value: &Value| match value {
        Value::Array(kind, _) => Some(*kind),
        _ => None,
    };
    arrays.iter().map(kind).collect()
}

fn tuple(nodes: impl Iterator<Item = Node>) -> Node {
    let mut nodes: Vec<Node> = nodes.collect();
    if nodes.len() == 1 { nodes.remove(0) } else { Node::Tuple(nodes) }
}
