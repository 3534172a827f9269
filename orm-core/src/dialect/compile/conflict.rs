//! ON CONFLICT and ON DUPLICATE KEY.

use super::scope::Scope;
use super::{Writer, wrong};
use crate::dialect::syntax::Upsert;
use crate::error::Result;
use crate::expr::{ColumnRef, Node, Source};
use crate::query::{Conflict, ConflictAction, InsertTree};

impl Writer {
    /// How this version writes it.
    pub(super) fn upsert(&self) -> Upsert {
        match self.syntax.upsert {
            Upsert::RowAlias if !self.capabilities.row_alias() => Upsert::ValuesFunction,
            upsert => upsert,
        }
    }

    pub(super) fn conflict(&mut self, tree: &InsertTree, conflict: &Conflict) -> Result<()> {
        let mut scope = Scope::of(Source::Table(tree.table));
        match self.upsert() {
            Upsert::OnConflict { needs_target } => self.on_conflict(tree, conflict, &mut scope, needs_target),
            Upsert::RowAlias | Upsert::ValuesFunction => self.on_duplicate_key(tree, conflict, &mut scope),
        }
    }

    fn on_conflict(
        &mut self,
        tree: &InsertTree,
        conflict: &Conflict,
        scope: &mut Scope<'_>,
        needs_target: bool,
    ) -> Result<()> {
        self.push(" ON CONFLICT");
        for (n, column) in conflict.columns.iter().enumerate() {
            self.push(if n == 0 { " (" } else { ", " });
            self.name(tree.table.column_def(*column).name);
        }
        if !conflict.columns.is_empty() {
            self.push(")");
        }
        if let Some(condition) = &conflict.index_where {
            if conflict.columns.is_empty() {
                return Err(wrong("`index_where` needs the index's columns: use `on_conflict(columns)`"));
            }
            self.push(" WHERE ");
            // The database compares it with the index's own condition, in which there are no binds.
            let literals = std::mem::replace(&mut self.literals, true);
            let written = self.expression(condition, scope, 0);
            self.literals = literals;
            written?;
        }
        let ConflictAction::Update { set, filter } = &conflict.action else {
            self.push(" DO NOTHING");
            return Ok(());
        };
        if needs_target && conflict.columns.is_empty() {
            return Err(self
                .unsupported("ON CONFLICT DO UPDATE without the columns of a unique key: use `on_conflict(columns)`"));
        }
        self.push(" DO UPDATE SET ");
        self.excluded = Some("excluded");
        scope.qualify = true;
        self.assignments(tree.table, set, scope)?;
        if let Some(filter) = filter {
            self.push(" WHERE ");
            self.expression(filter, scope, 0)?;
        }
        self.excluded = None;
        Ok(())
    }

    fn on_duplicate_key(&mut self, tree: &InsertTree, conflict: &Conflict, scope: &mut Scope<'_>) -> Result<()> {
        if conflict.index_where.is_some() {
            return Err(self.unsupported("partial indexes, so no `index_where`"));
        }
        scope.qualify = true;
        match &conflict.action {
            ConflictAction::Nothing => {
                // Not INSERT IGNORE, which swallows other errors too.
                let column =
                    conflict.columns.first().or_else(|| tree.table.primary_key.first()).copied().unwrap_or_default();
                self.push(" ON DUPLICATE KEY UPDATE ");
                self.name(tree.table.column_def(column).name);
                self.push(" = ");
                self.column_of(&scope.listed[0], column);
                Ok(())
            }
            ConflictAction::Update { filter: Some(_), .. } => {
                Err(self.unsupported("condition for the update of an existing row (`update_where`)"))
            }
            ConflictAction::Update { set, filter: None } => {
                let alias = if tree.table.name == "new" { "new_row" } else { "new" };
                if self.upsert() == Upsert::RowAlias {
                    self.push(" AS ");
                    self.push(alias);
                }
                self.push(" ON DUPLICATE KEY UPDATE ");
                self.excluded = Some(alias);
                self.assignments(tree.table, set, scope)?;
                self.excluded = None;
                Ok(())
            }
        }
    }

    /// A column of the row that was to be inserted.
    pub(super) fn excluded(&mut self, column: &ColumnRef) -> Result<()> {
        let (Some(row), Some(raw)) = (self.excluded, column.raw()) else {
            return Err(wrong(format!("`excluded` is known in `do_update` and `update_where` only: {column:?}")));
        };
        if self.upsert() == Upsert::ValuesFunction {
            self.push("VALUES(");
            self.name(raw.def().name);
            self.push(")");
        } else {
            self.push(row);
            self.push(".");
            self.name(raw.def().name);
        }
        Ok(())
    }

    /// `a = …, b = …`
    pub(super) fn assignments(
        &mut self,
        table: &'static crate::entity::TableDef,
        set: &[(u16, Node)],
        scope: &Scope<'_>,
    ) -> Result<()> {
        if set.is_empty() {
            return Err(wrong(format!("nothing is set in an update of {}: call `set`", table.title())));
        }
        for (n, (column, value)) in set.iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            self.name(table.column_def(*column).name);
            self.push(" = ");
            self.value(value, scope)?;
        }
        Ok(())
    }
}
