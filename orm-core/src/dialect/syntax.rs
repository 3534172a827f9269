//! What differs between the databases, as data: each database's folder fills in one [`Syntax`].

use super::names::Keywords;
use super::types::TypeUse;
use super::{Capabilities, mariadb, mysql, postgres, sqlite};
use crate::error::{Error, Result};
use crate::types::{Dialect, Type, Value};
use std::borrow::Cow;

/// How two texts are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Concat {
    /// `a || b`
    Operator,
    /// `concat(a, b)`
    Function,
}

/// How two values are compared where NULL is a value like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distinct {
    /// `a IS DISTINCT FROM b`
    Standard,
    /// `a IS NOT b`
    Is,
    /// `NOT (a <=> b)`
    Spaceship,
}

/// How an INSERT that meets an existing row is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upsert {
    /// ON CONFLICT (…) DO …, `excluded.column`.
    OnConflict {
        /// Whether DO UPDATE needs the columns of the unique key.
        needs_target: bool,
    },
    /// AS new ON DUPLICATE KEY UPDATE, `new.column`.
    RowAlias,
    /// ON DUPLICATE KEY UPDATE, `VALUES(column)`.
    ValuesFunction,
}

/// How a DELETE speaks of other tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeleteFrom {
    /// DELETE FROM t USING u
    Using,
    /// DELETE FROM t USING t, u
    UsingBoth,
    /// DELETE FROM t WHERE EXISTS (SELECT 1 FROM u …)
    Exists,
}

/// How one statement changes many rows, each in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ManyRows {
    /// FROM UNNEST($1, $2, …): an array for each column, so that one text does for any number of rows.
    Arrays,
    /// FROM (VALUES (…), (…)).
    Values,
    /// CASE key WHEN … THEN … END for each column: values of a derived table would have lost their columns' types and
    /// collations.
    Case,
}

/// What the backslash is in a LIKE that names no escape character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backslash {
    /// A character like any other.
    Plain,
    /// The escape character, unless ESCAPE is empty.
    EscapesUnlessEmpty,
    /// The escape character, come what may.
    Escapes,
}

/// Where a dialect ends a statement's LIMIT and OFFSET.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offset {
    /// OFFSET may stand alone.
    Alone,
    /// OFFSET needs a LIMIT: this one when there is none.
    After(&'static str),
}

/// A database's ways.
pub(super) struct Syntax {
    pub dialect: Dialect,
    pub keywords: &'static Keywords,
    /// What identifiers are quoted with.
    pub quote: char,
    /// `$1` instead of `?`.
    pub numbered_binds: bool,
    /// A bound value of an enum type needs a CAST.
    pub enum_casts: bool,
    /// A bound JSON document needs a CAST where it is compared.
    pub json_casts: bool,
    /// A bound decimal travels as text, and needs a CAST where it is calculated or compared with.
    pub decimal_casts: bool,
    pub concat: Concat,
    pub distinct: Distinct,
    /// The operator of integer division.
    pub int_division: &'static str,
    /// `/` and `%` of REAL columns that hold integers would be those of integers.
    pub untyped_numbers: bool,
    /// Decimals are texts, which need a collation to be compared as numbers.
    pub decimal_texts: bool,
    /// FILTER (WHERE …) after an aggregate.
    pub filter_clause: bool,
    /// NULLS FIRST and NULLS LAST.
    pub nulls_order: bool,
    pub ilike: bool,
    pub backslash: Backslash,
    /// A row value's IN takes VALUES instead of a list.
    pub tuple_values: bool,
    /// GROUPS as a window's frame.
    pub group_frames: bool,
    /// A statement may read the table that it changes in a subquery.
    pub reads_target: bool,
    /// In FROM a comma binds like JOIN.
    pub comma_is_join: bool,
    /// What a SELECT with a condition but without a table reads.
    pub from_nothing: &'static str,
    /// RETURNING's columns may carry the table's name.
    pub qualified_returning: bool,
    /// The SELECT of an IN may have a LIMIT.
    pub limit_in_in: bool,
    pub offset: Offset,
    /// DEFAULT among the values of an INSERT.
    pub default_keyword: bool,
    /// What an INSERT without values says.
    pub default_row: &'static str,
    pub upsert: Upsert,
    /// UPDATE … FROM; else UPDATE t, u.
    pub update_from: bool,
    pub many_rows: ManyRows,
    pub delete_from: DeleteFrom,
    /// Appends a value as a literal.
    pub literal: fn(&mut String, &Value) -> Result<()>,
    /// A column's type.
    pub column_type: fn(&Type, TypeUse, &Capabilities) -> Result<Cow<'static, str>>,
    /// A CAST's target.
    pub cast_type: fn(&Type, &Capabilities) -> Result<Cow<'static, str>>,
    pub functions: Functions,
    pub ddl: Ddl,
}

/// Functions that the databases call differently.
#[derive(Clone, Copy, Debug)]
pub(super) struct Functions {
    pub char_length: &'static str,
    pub current_timestamp: &'static str,
    pub current_date: &'static str,
    /// What stands before and after the date of which a part is taken, as an integer.
    pub extract: fn(&str) -> Option<(&'static str, &'static str)>,
    /// The type that `avg` is cast to, and whether its argument is cast rather than its result (which has lost digits).
    pub average: Option<(&'static str, bool)>,
    /// The type that a `sum` of integers is cast to.
    pub integer_sum: Option<&'static str>,
    /// The type that a `sum` of unsigned 64-bit integers is cast to.
    pub unsigned_sum: Option<&'static str>,
    /// The types that a float is cast to and back, to be rounded or divided with a remainder.
    pub exact_float: Option<(&'static str, &'static str)>,
    /// The type that `round` of an integer is cast to.
    pub integer_round: Option<&'static str>,
}

/// What differs in definitions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ddl {
    /// What a numbered column says.
    pub auto_increment: &'static str,
    /// A numbered key is declared at its column.
    pub inline_key: bool,
    /// Primary keys may have names.
    pub named_keys: bool,
    /// Defaults that are no literals need parentheses.
    pub default_parentheses: bool,
    /// The precision that CURRENT_TIMESTAMP has as a column's default.
    pub timestamp_default: &'static str,
    pub comments: Comments,
    /// CREATE INDEX … WHERE.
    pub partial_indexes: bool,
    /// DROP INDEX … ON t.
    pub index_of_table: bool,
    /// An index's schema stands before its own name in CREATE INDEX, and its table has none.
    pub schema_of_index: bool,
    /// Constraints can be added to and dropped from a table.
    pub alter_constraints: bool,
    /// How a foreign key is dropped.
    pub drop_foreign_key: &'static str,
    /// Whether a referenced table may be in another schema.
    pub foreign_schemas: bool,
    /// ON DELETE SET DEFAULT.
    pub set_default: bool,
    /// Enums are types of their own.
    pub enum_types: bool,
    /// What follows the closing parenthesis of CREATE TABLE.
    pub table_options: &'static str,
}

/// Where comments go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comments {
    /// Nowhere.
    None,
    /// COMMENT ON.
    Statement,
    /// COMMENT '…' in the definition.
    Inline,
}

impl Syntax {
    pub(super) fn of(dialect: Dialect) -> &'static Syntax {
        match dialect {
            Dialect::Sqlite => &sqlite::SYNTAX,
            Dialect::Postgres => &postgres::SYNTAX,
            Dialect::MySql => &mysql::SYNTAX,
            Dialect::MariaDb => &mariadb::SYNTAX,
        }
    }

    #[cold]
    pub(super) fn unsupported(&self, feature: impl Into<String>) -> Error {
        Error::Unsupported { feature: feature.into(), dialect: self.dialect }
    }
}
