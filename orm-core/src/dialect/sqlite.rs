//! SQLite.

mod keywords;
mod literals;
mod types;

use super::syntax::{
    Backslash, Comments, Concat, Ddl, DeleteFrom, Distinct, Functions, ManyRows, Offset, Syntax, Upsert,
};
use crate::types::Dialect;

pub(super) static SYNTAX: Syntax = Syntax {
    dialect: Dialect::Sqlite,
    keywords: &keywords::KEYWORDS,
    quote: '"',
    numbered_binds: false,
    enum_casts: false,
    json_casts: false,
    decimal_casts: false,
    concat: Concat::Operator,
    distinct: Distinct::Is,
    int_division: " / ",
    untyped_numbers: true,
    decimal_texts: true,
    filter_clause: true,
    nulls_order: true,
    ilike: false,
    backslash: Backslash::Plain,
    tuple_values: true,
    group_frames: true,
    reads_target: true,
    comma_is_join: true,
    from_nothing: "",
    qualified_returning: false,
    limit_in_in: true,
    offset: Offset::After("-1"),
    default_keyword: false,
    default_row: " DEFAULT VALUES",
    upsert: Upsert::OnConflict { needs_target: false },
    update_from: true,
    many_rows: ManyRows::Values,
    delete_from: DeleteFrom::Exists,
    literal: literals::push,
    column_type: types::column,
    cast_type: types::cast,
    functions: Functions {
        char_length: "length",
        // As wide as the texts that binds become: they sort together.
        current_timestamp: "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')",
        extract,
        current_date: "CURRENT_DATE",
        average: None,
        integer_sum: None,
        unsigned_sum: None,
        exact_float: None,
        integer_round: Some("INTEGER"),
    },
    ddl: Ddl {
        auto_increment: "",
        inline_key: true,
        named_keys: true,
        default_parentheses: true,
        timestamp_default: "CURRENT_TIMESTAMP",
        comments: Comments::None,
        partial_indexes: true,
        index_of_table: false,
        schema_of_index: true,
        alter_constraints: false,
        drop_foreign_key: "",
        foreign_schemas: false,
        set_default: true,
        enum_types: false,
        table_options: "",
    },
};

fn extract(part: &str) -> Option<(&'static str, &'static str)> {
    let before = match part {
        "year" => "CAST(strftime('%Y', ",
        "month" => "CAST(strftime('%m', ",
        "day" => "CAST(strftime('%d', ",
        "hour" => "CAST(strftime('%H', ",
        "minute" => "CAST(strftime('%M', ",
        "second" => "CAST(strftime('%S', ",
        _ => return None,
    };
    Some((before, ") AS INTEGER)"))
}
