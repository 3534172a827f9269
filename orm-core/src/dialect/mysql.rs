//! MySQL: the family's syntax with its own reserved words, literals and upsert.

mod keywords;
mod literals;

use super::mysql_family;
use super::syntax::{Syntax, Upsert};
use crate::types::Dialect;

pub(super) static SYNTAX: Syntax =
    mysql_family::syntax(Dialect::MySql, &keywords::KEYWORDS, literals::push, Upsert::RowAlias);
