//! Statement → SQL text and binds, for all databases: what differs between them is in their [`Syntax`].

mod cast;
mod comparison;
mod conflict;
mod connect;
mod criteria;
mod delete;
mod expression;
mod from;
mod function;
mod insert;
mod joins;
mod keys;
mod like;
mod lock;
mod nested;
mod nullable;
mod number;
mod returning;
mod rows;
mod scope;
mod select;
mod text;
mod update;

use super::names::push_name;
use super::syntax::Syntax;
use super::{Capabilities, Compiled};
use crate::entity::TableDef;
use crate::error::{Error, Result};
use crate::query::{Criterion, InsertTree, Item, Rows, Tree};
use crate::types::Value;

/// Compiles a statement.
///
/// # Errors
/// [`Error::Statement`] for a statement that can't mean anything, [`Error::Unsupported`] for what the database lacks,
/// [`Error::Mapping`] for a relationship whose keys can't be found.
pub fn compile(statement: Tree<'_>, capabilities: &Capabilities) -> Result<Compiled> {
    let mut writer = Writer::new(capabilities, false);
    writer.statement(statement)?;
    Ok(writer.finish())
}

/// Compiles a statement with criteria: conditions on models, wherever it reads them. The table that an UPDATE or DELETE changes
/// is the caller's business.
///
/// # Errors
/// As [`compile`], and what is wrong with the criteria.
pub(crate) fn compile_with(
    statement: Tree<'_>,
    capabilities: &Capabilities,
    criteria: &[Criterion],
) -> Result<Compiled> {
    let mut writer = Writer::new(capabilities, false);
    writer.criteria.extend_from_slice(criteria);
    writer.statement(statement)?;
    Ok(writer.finish())
}

/// Compiles an INSERT, moving the values of its rows into the binds.
///
/// # Errors
/// As [`compile`].
pub fn compile_insert(tree: InsertTree, capabilities: &Capabilities) -> Result<Compiled> {
    let mut writer = Writer::new(capabilities, false);
    writer.insert_owned(tree)?;
    Ok(writer.finish())
}

/// Compiles an INSERT of many rows into few binds, where the database has arrays and the values of each column can be one;
/// the values are then taken out.
///
/// # Errors
/// As [`compile`].
pub(crate) fn compile_insert_rows(
    table: &'static TableDef,
    columns: &[u16],
    rows: &mut Vec<Option<Value>>,
    returning: &[Item],
    capabilities: &Capabilities,
) -> Result<Option<Compiled>> {
    let mut writer = Writer::new(capabilities, false);
    let written = writer.insert_arrays(table, columns, rows, returning)?;
    Ok(written.then(|| writer.finish()))
}

/// Compiles an UPDATE that sets each row to its own values; `None` where they can't be sent together.
///
/// # Errors
/// As [`compile`].
pub(crate) fn compile_update_rows(rows: Rows<'_>, capabilities: &Capabilities) -> Result<Option<Compiled>> {
    let mut writer = Writer::new(capabilities, false);
    let written = writer.update_rows(rows)?;
    Ok(written.then(|| writer.finish()))
}

/// Compiles a DELETE of the rows that have these values.
///
/// # Errors
/// As [`compile`].
pub(crate) fn compile_delete_rows(rows: Rows<'_>, capabilities: &Capabilities) -> Result<Compiled> {
    let mut writer = Writer::new(capabilities, false);
    writer.delete_rows(rows)?;
    Ok(writer.finish())
}

/// The statement with its values written in as literals.
pub(super) fn compile_literally(statement: Tree<'_>, capabilities: &Capabilities) -> Result<String> {
    let mut writer = Writer::new(capabilities, true);
    writer.statement(statement)?;
    Ok(writer.sql)
}

/// The greatest scale of a decimal on MySQL.
const MOST_DECIMAL_PLACES: usize = 30;

/// The text and binds so far.
struct Writer {
    sql: String,
    binds: Vec<Value>,
    syntax: &'static Syntax,
    capabilities: Capabilities,
    /// Values are written as literals.
    literals: bool,
    /// The table that an UPDATE or DELETE changes, where subqueries can't read it.
    target: Option<&'static TableDef>,
    /// Inside ON CONFLICT … DO UPDATE: what the row that was to be inserted is called.
    excluded: Option<&'static str>,
    /// Inside arithmetic on decimals, which is rounded once, at its outside.
    in_arithmetic: bool,
    /// Conditions on models, wherever they are read.
    criteria: Vec<Criterion>,
}

impl Writer {
    fn new(capabilities: &Capabilities, literals: bool) -> Self {
        Writer {
            sql: String::with_capacity(384),
            binds: Vec::with_capacity(8),
            syntax: Syntax::of(capabilities.dialect),
            capabilities: *capabilities,
            literals,
            target: None,
            excluded: None,
            in_arithmetic: false,
            criteria: Vec::new(),
        }
    }

    fn finish(self) -> Compiled {
        Compiled { text: self.sql, binds: self.binds }
    }

    fn statement(&mut self, statement: Tree<'_>) -> Result<()> {
        match statement {
            Tree::Select(tree) => self.select(tree, None, select::Place::Statement),
            Tree::Insert(tree) => self.insert(tree),
            Tree::Update(tree) => self.update(tree),
            Tree::Delete(tree) => self.delete(tree),
            Tree::Text(text) => self.text(text),
        }
    }

    fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    fn name(&mut self, name: &str) {
        push_name(&mut self.sql, name, self.syntax);
    }

    /// A table with its schema.
    fn table(&mut self, table: &TableDef) {
        if let Some(schema) = table.schema {
            self.name(schema);
            self.push(".");
        }
        self.name(table.name);
    }

    fn number(&mut self, number: usize) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = number;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.sql.extend(digits[at..].iter().map(|digit| char::from(*digit)));
    }

    /// The place of the latest bind.
    fn placeholder(&mut self) {
        if self.syntax.numbered_binds {
            self.push("$");
            self.number(self.binds.len());
        } else {
            self.push("?");
        }
    }

    /// A value that a column is set to: the database knows its type.
    fn assigned(&mut self, value: Value) -> Result<()> {
        if self.literals {
            return (self.syntax.literal)(&mut self.sql, &value);
        }
        let enum_type = match &value {
            Value::Enum { type_name, .. } | Value::Null(crate::types::Kind::Enum(type_name))
                if self.syntax.enum_casts =>
            {
                Some(*type_name)
            }
            _ => None,
        };
        self.binds.push(value);
        match enum_type {
            None => self.placeholder(),
            Some(name) => {
                self.push("CAST(");
                self.placeholder();
                self.push(" AS ");
                self.name(name);
                self.push(")");
            }
        }
        Ok(())
    }

    /// A value in an expression.
    fn bind(&mut self, value: &Value) -> Result<()> {
        match value {
            _ if self.literals => {}
            Value::Json(_) if self.syntax.json_casts => {
                self.push("CAST(");
                self.assigned(value.clone())?;
                self.push(" AS JSON)");
                return Ok(());
            }
            Value::Decimal(text) if self.syntax.decimal_casts => {
                let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
                if scale <= MOST_DECIMAL_PLACES {
                    // The scale is the value's, so that results have no more digits than they need.
                    self.push("CAST(");
                    self.assigned(value.clone())?;
                    self.push(" AS DECIMAL(65, ");
                    self.number(scale);
                    self.push("))");
                    return Ok(());
                }
            }
            _ => {}
        }
        self.assigned(value.clone())
    }

    #[cold]
    fn unsupported(&self, feature: impl Into<String>) -> Error {
        self.syntax.unsupported(feature)
    }
}

#[cold]
fn wrong(message: impl Into<String>) -> Error {
    Error::Statement(message.into())
}
