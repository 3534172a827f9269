//! The databases' names for types, read back.

use super::tokens::{TokenKind, closing, tokens};
use crate::types::{Dialect, Type};
use std::borrow::Cow;

/// A type's name, its arguments, and the words after them: `character varying(40)`, `int(10) unsigned`.
struct Written {
    name: String,
    arguments: Vec<u32>,
    texts: Vec<Cow<'static, str>>,
}

fn written(text: &str) -> Written {
    let all = tokens(text, false);
    let (mut words, mut arguments, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(token) = all.get(at) {
        match &token.kind {
            TokenKind::Symbol(open) if open == "(" => {
                let close = closing(&all, at);
                for argument in &all[at + 1..close] {
                    match &argument.kind {
                        TokenKind::Number(number) => arguments.extend(number.parse::<u32>().ok()),
                        TokenKind::Text(text) => texts.push(text.clone().into()),
                        _ => {}
                    }
                }
                at = close;
            }
            TokenKind::Word(word) => {
                words.push(word.to_lowercase());
                at += 1;
            }
            TokenKind::Symbol(symbol) => {
                words.push(symbol.clone());
                at += 1;
            }
            _ => {
                words.push(text[token.start..token.end].to_owned());
                at += 1;
            }
        }
    }
    Written { name: words.join(" "), arguments, texts }
}

/// The type of this name; one that [`Type`] does not know is [`Type::Raw`].
pub(super) fn parse(dialect: Dialect, text: &str) -> Type {
    let found = written(text);
    let known = match dialect {
        Dialect::Sqlite => sqlite(&found),
        Dialect::Postgres => postgres(&found),
        Dialect::MySql | Dialect::MariaDb => mysql(dialect, &found),
    };
    known.unwrap_or_else(|| Type::Raw(text.to_owned().into()))
}

/// PostgreSQL, as `format_type` writes them and as people do.
fn postgres(written: &Written) -> Option<Type> {
    Some(match (written.name.as_str(), written.arguments.as_slice()) {
        ("boolean" | "bool", []) => Type::Boolean,
        ("smallint" | "int2", []) => Type::SmallInt,
        ("integer" | "int" | "int4", []) => Type::Integer,
        ("bigint" | "int8", []) => Type::BigInt,
        ("real" | "float4", []) => Type::Real,
        ("double precision" | "float8" | "float", []) => Type::Double,
        ("text" | "character varying" | "varchar", []) => Type::Text { length: None },
        ("character varying" | "varchar", [length]) => Type::Text { length: Some(*length) },
        ("bytea", []) => Type::Binary { length: None },
        ("date", []) => Type::Date,
        ("time" | "time without time zone", [] | [6]) => Type::Time,
        ("timestamp" | "timestamp without time zone", [] | [6]) => Type::DateTime,
        ("timestamptz" | "timestamp with time zone", [] | [6]) => Type::Timestamp,
        ("interval", [] | [6]) => Type::Interval,
        ("uuid", []) => Type::Uuid,
        ("numeric" | "decimal", arguments) => decimal(arguments)?,
        ("jsonb", []) => Type::Json,
        _ => return None,
    })
}

fn decimal(arguments: &[u32]) -> Option<Type> {
    match *arguments {
        [] => Some(Type::Decimal { precision: None, scale: None }),
        [precision] => Some(Type::Decimal { precision: Some(precision), scale: Some(0) }),
        [precision, scale] => Some(Type::Decimal { precision: Some(precision), scale: Some(scale) }),
        _ => None,
    }
}

/// MySQL and MariaDB. MariaDB still shows display widths, which mean nothing but for TINYINT(1), the boolean.
fn mysql(dialect: Dialect, written: &Written) -> Option<Type> {
    Some(match (written.name.as_str(), written.arguments.as_slice()) {
        ("tinyint", [1]) | ("boolean" | "bool", []) => Type::Boolean,
        ("tinyint", _) => Type::TinyInt,
        ("tinyint unsigned", _) => Type::UnsignedTinyInt,
        ("smallint", _) => Type::SmallInt,
        ("smallint unsigned", _) => Type::UnsignedSmallInt,
        ("int" | "integer", _) => Type::Integer,
        ("int unsigned" | "integer unsigned", _) => Type::UnsignedInteger,
        ("bigint", _) => Type::BigInt,
        ("bigint unsigned", _) => Type::UnsignedBigInt,
        ("float", []) => Type::Real,
        ("double" | "double precision", []) => Type::Double,
        ("varchar", [length]) => Type::Text { length: Some(*length) },
        ("longtext", []) => Type::Text { length: None },
        ("varbinary", [length]) => Type::Binary { length: Some(*length) },
        ("longblob", []) => Type::Binary { length: None },
        ("date", []) => Type::Date,
        ("time", [6]) => Type::Time,
        ("datetime", [6]) => Type::DateTime,
        ("timestamp", [6]) => Type::Timestamp,
        ("uuid", []) => Type::Uuid,
        ("binary", [16]) if dialect == Dialect::MySql => Type::Uuid,
        ("decimal" | "numeric", arguments) => decimal(arguments)?,
        ("json", []) => Type::Json,
        ("enum", []) => Type::Enum { name: "".into(), values: written.texts.clone() },
        _ => return None,
    })
}

/// SQLite keeps the text that it was given.
fn sqlite(written: &Written) -> Option<Type> {
    Some(match (written.name.as_str(), written.arguments.as_slice()) {
        ("boolean" | "bool", []) => Type::Boolean,
        ("tinyint", []) => Type::TinyInt,
        ("smallint" | "int2", []) => Type::SmallInt,
        ("integer" | "int", []) => Type::Integer,
        ("bigint" | "int8", []) => Type::BigInt,
        ("tinyint unsigned" | "unsigned tinyint", []) => Type::UnsignedTinyInt,
        ("smallint unsigned" | "unsigned smallint", []) => Type::UnsignedSmallInt,
        ("integer unsigned" | "int unsigned" | "unsigned integer" | "unsigned int", []) => Type::UnsignedInteger,
        ("bigint unsigned" | "unsigned bigint" | "unsigned big int", []) => Type::UnsignedBigInt,
        ("real" | "float", []) => Type::Real,
        ("double" | "double precision", []) => Type::Double,
        ("text" | "varchar" | "nvarchar", []) => Type::Text { length: None },
        ("varchar" | "nvarchar" | "character varying", [length]) => Type::Text { length: Some(*length) },
        ("blob", []) => Type::Binary { length: None },
        ("blob" | "varbinary", [length]) => Type::Binary { length: Some(*length) },
        ("date", []) => Type::Date,
        ("time", []) => Type::Time,
        ("datetime", []) => Type::DateTime,
        ("timestamp" | "timestamptz" | "timestamp with time zone", []) => Type::Timestamp,
        ("uuid", []) => Type::Uuid,
        ("numeric" | "decimal" | "decimal_text", arguments) => decimal(arguments)?,
        ("json" | "json_text", []) => Type::Json,
        _ => return None,
    })
}
