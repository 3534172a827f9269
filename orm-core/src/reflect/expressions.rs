//! SQL expressions in a form in which two spellings of one thing are equal, as far as that can be seen in the text.

use super::tokens::{Token, TokenKind, closing, tokens};
use crate::types::{Dialect, Type};

fn backslash(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::MySql | Dialect::MariaDb)
}

/// The tokens without the brackets around the whole, and without MySQL's character sets before texts.
fn bare(sql: &str, dialect: Dialect) -> Vec<Token> {
    let mut all = tokens(sql, backslash(dialect));
    if backslash(dialect) {
        let mut n = 0;
        while n + 1 < all.len() {
            let introducer = matches!(&all[n].kind, TokenKind::Word(word) if word.starts_with('_'))
                && matches!(all[n + 1].kind, TokenKind::Text(_));
            if introducer {
                all.remove(n);
            }
            n += 1;
        }
    }
    while all.first().is_some_and(|first| first.is_symbol("(")) && closing(&all, 0) == all.len() && all.len() > 1 {
        all.remove(0);
        all.pop();
    }
    all
}

fn show(token: &Token) -> String {
    match &token.kind {
        TokenKind::Word(word) => word.to_lowercase(),
        TokenKind::Quoted(name) => {
            let plain = name.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_'));
            if plain { name.clone() } else { format!("\"{name}\"") }
        }
        TokenKind::Text(text) => format!("'{}'", text.replace('\'', "''")),
        TokenKind::Number(number) => self::number(number),
        TokenKind::Symbol(symbol) => symbol.clone(),
    }
}

/// The expression with its words in lower case, single spaces, and no brackets around the whole.
pub(super) fn expression(sql: &str, dialect: Dialect) -> String {
    bare(sql, dialect).iter().map(show).collect::<Vec<_>>().join(" ")
}

/// A number without the zeros that say nothing: `1.50` is `1.5`, `007` is `7`.
fn number(text: &str) -> String {
    let text = text.to_lowercase();
    if text.starts_with("0x") || text.contains('e') {
        return text;
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

fn is_number(sql_type: &Type) -> bool {
    matches!(
        sql_type,
        Type::TinyInt
            | Type::SmallInt
            | Type::Integer
            | Type::BigInt
            | Type::UnsignedTinyInt
            | Type::UnsignedSmallInt
            | Type::UnsignedInteger
            | Type::UnsignedBigInt
            | Type::Real
            | Type::Double
            | Type::Decimal { .. }
    )
}

/// The default of a column of this type; a default of NULL is none.
pub(super) fn default(sql: &str, sql_type: &Type, dialect: Dialect) -> Option<String> {
    let mut all = bare(sql, dialect);
    // PostgreSQL says of which type a literal is.
    if let Some(cast) = all.iter().position(|token| token.is_symbol("::"))
        && dialect == Dialect::Postgres
        && (cast == 1 || (cast == 2 && sign(&all[0]).is_some()))
        && all[cast + 1..].iter().all(|token| !token.is_symbol("||") && !token.is_symbol("+"))
    {
        all.truncate(cast);
    }
    let (minus, literal) = match all.as_slice() {
        [only] => (false, Some(&only.kind)),
        [first, second] if sign(first).is_some() => (sign(first) == Some("-"), Some(&second.kind)),
        _ => (false, None),
    };
    let signed = |text: &str| format!("{}{}", if minus { "-" } else { "" }, number(text));
    match literal {
        Some(TokenKind::Word(word)) if word.eq_ignore_ascii_case("null") => return None,
        Some(TokenKind::Word(word)) if *sql_type == Type::Boolean => {
            return Some(match word.to_lowercase().as_str() {
                "true" => "1".to_owned(),
                "false" => "0".to_owned(),
                other => other.to_owned(),
            });
        }
        Some(TokenKind::Number(text)) if matches!(sql_type, Type::Text { .. }) => return Some(format!("'{text}'")),
        Some(TokenKind::Number(text)) => return Some(signed(text)),
        Some(TokenKind::Text(text)) if is_number(sql_type) || *sql_type == Type::Boolean => {
            return Some(match text.trim().strip_prefix('-') {
                Some(rest) => format!("-{}", number(rest)),
                None => number(text.trim()),
            });
        }
        Some(TokenKind::Text(text)) if matches!(sql_type, Type::DateTime | Type::Timestamp | Type::Time) => {
            let text = match text.split_once('.') {
                Some((whole, fraction)) if fraction.bytes().all(|c| c == b'0') => whole,
                _ => text,
            };
            return Some(format!("'{text}'"));
        }
        _ => {}
    }
    let moment = matches!(sql_type, Type::DateTime | Type::Timestamp);
    if moment && backslash(dialect) && is_current_timestamp(&all) {
        return Some("current_timestamp".to_owned());
    }
    let shown = all.iter().map(show).collect::<Vec<_>>().join(" ");
    // How `now()` may be written for what every dialect writes as CURRENT_TIMESTAMP.
    Some(if moment && (shown == "now ( )" || shown == "current_timestamp ( )") {
        "current_timestamp".to_owned()
    } else {
        shown
    })
}

fn sign(token: &Token) -> Option<&'static str> {
    ["-", "+"].into_iter().find(|sign| token.is_symbol(sign))
}

/// `CURRENT_TIMESTAMP`, `current_timestamp(6)`, `now()`.
fn is_current_timestamp(all: &[Token]) -> bool {
    all.first().is_some_and(|first| first.is("current_timestamp") || first.is("now"))
        && (all.len() == 1 || closing(all, 1) == all.len())
}

#[cfg(test)]
mod tests {
    use super::{default, expression};
    use crate::types::{Dialect, Type};

    #[test]
    fn two_spellings_of_one_default_are_equal() {
        let text = Type::Text { length: None };
        let decimal = Type::Decimal { precision: Some(10), scale: Some(2) };
        for (dialect, sql_type, ours, live) in [
            (Dialect::Postgres, &text, "'it''s'", "'it''s'::text"),
            (Dialect::Postgres, &text, "'x'", "'x'::character varying(40)"),
            (Dialect::Postgres, &Type::Integer, "-1", "'-1'::integer"),
            (Dialect::Postgres, &Type::Integer, "-1", "(-1)"),
            (Dialect::Postgres, &Type::Boolean, "TRUE", "true"),
            (Dialect::Postgres, &Type::Timestamp, "now()", "CURRENT_TIMESTAMP"),
            (Dialect::MariaDb, &decimal, "1.5", "1.50"),
            (Dialect::MariaDb, &Type::Boolean, "true", "1"),
            (Dialect::MariaDb, &Type::Timestamp, "CURRENT_TIMESTAMP", "current_timestamp(6)"),
            (Dialect::MySql, &Type::Timestamp, "now()", "CURRENT_TIMESTAMP(6)"),
            (Dialect::MySql, &text, "'x'", "(_utf8mb4'x')"),
            (Dialect::MySql, &Type::DateTime, "'2020-01-02 03:04:05'", "'2020-01-02 03:04:05.000000'"),
            (Dialect::Sqlite, &Type::Integer, "007", "7"),
            (Dialect::Sqlite, &text, "(lower( 'A' ))", "LOWER('A')"),
        ] {
            assert_eq!(default(ours, sql_type, dialect), default(live, sql_type, dialect), "{ours} and {live}");
        }
        for (ours, live) in [("'a'", "'A'"), ("'1'", "'1.0'"), ("a || 'x'", "a || 'y'")] {
            assert_ne!(default(ours, &text, Dialect::Sqlite), default(live, &text, Dialect::Sqlite));
        }
        assert_eq!(default("NULL", &text, Dialect::Postgres), None);
        assert_eq!(default("NULL::character varying", &text, Dialect::Postgres), None);
    }

    #[test]
    fn an_expression_loses_only_what_says_nothing() {
        let same = |dialect, a, b| assert_eq!(expression(a, dialect), expression(b, dialect));
        same(Dialect::MySql, "price >= 0 AND kind IN ('a')", "((`price`  >= 0.00 and kind in (_utf8mb4'a')))");
        same(Dialect::Sqlite, "(a) > (b)", "( ( a ) > ( b ) )");
        assert_ne!(expression("a > 1", Dialect::Sqlite), expression("a > 2", Dialect::Sqlite));
        assert_ne!(expression("a = 'X'", Dialect::Sqlite), expression("a = 'x'", Dialect::Sqlite));
    }
}
