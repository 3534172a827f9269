use super::scope::Scope;
use super::select::Place;
use super::{Writer, wrong};
use crate::dialect::syntax::Upsert;
use crate::entity::TableDef;
use crate::error::Result;
use crate::expr::Node;
use crate::query::{ConflictAction, InsertSource, InsertTree, SelectTree};
use crate::types::{Kind, Value};

impl Writer {
    pub(super) fn insert(&mut self, tree: &InsertTree) -> Result<()> {
        match &tree.source {
            InsertSource::Values(values) => self.insert_values(tree, values)?,
            InsertSource::Rows(values) => {
                let kept = self.kept_columns(tree, values)?;
                self.insert_rows(tree, &kept, values.iter().cloned())?;
            }
            InsertSource::Select(select) => self.insert_select(tree, select)?,
        }
        self.end_insert(tree)
    }

    /// The same, moving the rows' values.
    pub(super) fn insert_owned(&mut self, mut tree: InsertTree) -> Result<()> {
        let InsertSource::Rows(values) = &mut tree.source else { return self.insert(&tree) };
        let values = std::mem::take(values);
        let kept = self.kept_columns(&tree, &values)?;
        self.insert_rows(&tree, &kept, values.into_iter())?;
        self.end_insert(&tree)
    }

    fn end_insert(&mut self, tree: &InsertTree) -> Result<()> {
        if let Some(conflict) = &tree.conflict {
            self.conflict(tree, conflict)?;
        }
        if !tree.returning.is_empty() && !self.capabilities.insert_returning() {
            return Err(self.unsupported("INSERT … RETURNING"));
        }
        self.returning(&tree.returning, &Scope::of(crate::expr::Source::Table(tree.table)))
    }

    pub(super) fn insert_into(&mut self, table: &'static TableDef, columns: impl Iterator<Item = u16>) {
        self.push("INSERT INTO ");
        self.table(table);
        let mut any = false;
        for index in columns {
            self.push(if any { ", " } else { " (" });
            self.name(table.column_def(index).name);
            any = true;
        }
        if any {
            self.push(")");
        }
    }

    fn insert_values(&mut self, tree: &InsertTree, values: &[Node]) -> Result<()> {
        if values.len() != tree.columns.len() {
            return Err(width(tree, values.len()));
        }
        // Where DEFAULT is no value, a column that is left out gets it.
        let written = |writer: &Writer, value: &Node| writer.syntax.default_keyword || !matches!(value, Node::Default);
        let pairs = || tree.columns.iter().zip(values);
        let columns: Vec<u16> = pairs().filter(|(_, value)| written(self, value)).map(|(column, _)| *column).collect();
        self.insert_into(tree.table, columns.iter().copied());
        if columns.is_empty() {
            self.push(self.syntax.default_row);
            return Ok(());
        }
        self.target = (!self.syntax.reads_target).then_some(tree.table);
        let mut open = " VALUES (";
        for (_, value) in pairs() {
            if !written(self, value) {
                continue;
            }
            self.push(open);
            open = ", ";
            self.value(value, &Scope::EMPTY)?;
        }
        self.push(")");
        self.target = None;
        Ok(())
    }

    /// What a column is set to, in INSERT and UPDATE.
    pub(super) fn value(&mut self, value: &Node, scope: &Scope<'_>) -> Result<()> {
        match value {
            Node::Bind(value) => self.assigned(value.clone()),
            Node::Default if self.syntax.default_keyword => {
                self.push("DEFAULT");
                Ok(())
            }
            Node::Default => Err(self.unsupported("DEFAULT as a value of an UPDATE")),
            value => self.expression(value, scope, 0),
        }
    }

    /// Which of the rows' columns are written: all, except where DEFAULT is no value and a column has nothing else.
    fn kept_columns(&self, tree: &InsertTree, values: &[Option<Value>]) -> Result<Vec<bool>> {
        let width = tree.columns.len();
        if width == 0 || values.is_empty() || !values.len().is_multiple_of(width) {
            return Err(wrong(format!(
                "an INSERT into {} of {} values for {width} columns",
                tree.table.title(),
                values.len()
            )));
        }
        if self.syntax.default_keyword {
            return Ok(vec![true; width]);
        }
        let mut kept = vec![true; width];
        let rows = values.len() / width;
        for (n, kept) in kept.iter_mut().enumerate() {
            let column = tree.columns[n];
            let defaults = values.iter().skip(n).step_by(width).filter(|value| value.is_none()).count();
            if defaults == rows {
                *kept = false;
            } else if defaults > 0
                && tree.table.auto_key() != Some(column)
                && tree.table.column_def(column).server_default.is_none()
            {
                return Err(self.unsupported(format!(
                    "DEFAULT among values: some rows of an INSERT into {0} leave {0}::{1} to the database and others do \
                     not; insert them separately",
                    tree.table.title(),
                    tree.table.column_def(column).field
                )));
            }
        }
        if !kept.contains(&true) && rows > 1 {
            match tree.columns.iter().position(|column| tree.table.auto_key() == Some(*column)) {
                // NULL makes the database number the row.
                Some(key) => kept[key] = true,
                None => {
                    return Err(self.unsupported(format!(
                        "INSERT of several rows of defaults only (into {}); insert them separately",
                        tree.table.title()
                    )));
                }
            }
        }
        Ok(kept)
    }

    fn insert_rows(
        &mut self,
        tree: &InsertTree,
        kept: &[bool],
        values: impl ExactSizeIterator<Item = Option<Value>>,
    ) -> Result<()> {
        let columns = tree.columns.iter().zip(kept).filter(|(_, kept)| **kept).map(|(column, _)| *column);
        self.insert_into(tree.table, columns);
        if !kept.contains(&true) {
            self.push(self.syntax.default_row);
            return Ok(());
        }
        self.sql.reserve(values.len() * 4);
        self.binds.reserve(values.len());
        let width = kept.len();
        let mut open = " VALUES (";
        for (n, value) in values.enumerate() {
            let at = n % width;
            if at == 0 && n > 0 {
                self.push(")");
                open = ", (";
            }
            if !kept[at] {
                continue;
            }
            self.push(open);
            open = ", ";
            match value {
                Some(value) => self.assigned(value)?,
                None if self.syntax.default_keyword => self.push("DEFAULT"),
                None => self.default_of(tree, at)?,
            }
        }
        self.push(")");
        Ok(())
    }

    /// What DEFAULT would be, where it is no value: the column's default, or NULL for a key that is numbered then.
    fn default_of(&mut self, tree: &InsertTree, at: usize) -> Result<()> {
        match tree.table.column_def(tree.columns[at]).server_default {
            Some(default) => {
                self.push("(");
                self.push(default);
                self.push(")");
                Ok(())
            }
            None => self.assigned(Value::Null(Kind::I64)),
        }
    }

    fn insert_select(&mut self, tree: &InsertTree, select: &SelectTree) -> Result<()> {
        self.insert_into(tree.table, tree.columns.iter().copied());
        let updates =
            matches!(tree.conflict.as_ref().map(|conflict| &conflict.action), Some(ConflictAction::Update { .. }));
        match self.upsert() {
            // The rows have to be those of a table to have a name.
            Upsert::RowAlias if updates => {
                self.push(" SELECT * FROM (");
                self.select(select, None, Place::Rows(tree.table, &tree.columns))?;
                self.push(")");
                Ok(())
            }
            // ON after FROM would be read as a join's.
            Upsert::OnConflict { .. } if tree.conflict.is_some() && select.filter.is_empty() => {
                self.push(" ");
                let mut select = select.clone();
                select.filter.push(Node::Truth(true));
                self.select(&select, None, Place::Statement)
            }
            _ => {
                self.push(" ");
                self.select(select, None, Place::Statement)
            }
        }
    }
}

#[cold]
fn width(tree: &InsertTree, values: usize) -> crate::error::Error {
    wrong(format!("an INSERT into {} of {values} values for {} columns", tree.table.title(), tree.columns.len()))
}
