//! What MySQL and MariaDB have in common.

mod literals;
mod types;

use super::names::Keywords;
use super::syntax::{
    Backslash, Comments, Concat, Ddl, DeleteFrom, Distinct, Functions, ManyRows, Offset, Syntax, Upsert,
};
use crate::types::{Dialect, Value};

/// MySQL's syntax and, with its own few differences put in, MariaDB's.
pub(super) const fn syntax(
    dialect: Dialect,
    keywords: &'static Keywords,
    literal: fn(&mut String, &Value) -> crate::Result<()>,
    upsert: Upsert,
) -> Syntax {
    let mysql = matches!(dialect, Dialect::MySql);
    Syntax {
        dialect,
        keywords,
        quote: '`',
        numbered_binds: false,
        enum_casts: false,
        // MariaDB's JSON is text, which compares as it is.
        json_casts: mysql,
        decimal_casts: true,
        concat: Concat::Function,
        distinct: Distinct::Spaceship,
        int_division: " DIV ",
        untyped_numbers: false,
        decimal_texts: false,
        filter_clause: false,
        nulls_order: false,
        ilike: false,
        backslash: Backslash::Escapes,
        tuple_values: false,
        group_frames: false,
        // MySQL's error 1093.
        reads_target: !mysql,
        comma_is_join: false,
        from_nothing: " FROM DUAL",
        qualified_returning: false,
        limit_in_in: false,
        offset: Offset::After("18446744073709551615"),
        default_keyword: true,
        default_row: " () VALUES ()",
        upsert,
        update_from: false,
        many_rows: ManyRows::Case,
        delete_from: DeleteFrom::UsingBoth,
        literal,
        column_type: types::column,
        cast_type: types::cast,
        functions: Functions {
            char_length: "char_length",
            current_timestamp: "CURRENT_TIMESTAMP(6)",
            extract,
            current_date: "CURRENT_DATE",
            // AVG of integers keeps four digits only.
            average: Some(("DOUBLE", true)),
            integer_sum: Some("SIGNED"),
            unsigned_sum: Some("UNSIGNED"),
            exact_float: None,
            integer_round: None,
        },
        ddl: Ddl {
            auto_increment: " AUTO_INCREMENT",
            inline_key: false,
            named_keys: false,
            default_parentheses: true,
            timestamp_default: "CURRENT_TIMESTAMP(6)",
            comments: Comments::Inline,
            partial_indexes: false,
            index_of_table: true,
            schema_of_index: false,
            alter_constraints: true,
            drop_foreign_key: "DROP FOREIGN KEY",
            foreign_schemas: true,
            set_default: false,
            enum_types: false,
            table_options: " DEFAULT CHARSET=utf8mb4",
        },
    }
}

pub(super) use literals::push_literal;

fn extract(part: &str) -> Option<(&'static str, &'static str)> {
    let before = match part {
        "year" => "EXTRACT(YEAR FROM ",
        "month" => "EXTRACT(MONTH FROM ",
        "day" => "EXTRACT(DAY FROM ",
        "hour" => "EXTRACT(HOUR FROM ",
        "minute" => "EXTRACT(MINUTE FROM ",
        "second" => "EXTRACT(SECOND FROM ",
        _ => return None,
    };
    Some((before, ")"))
}
