//! SQL text as tokens: enough to take a CREATE TABLE apart and to compare expressions, no more.

/// A token and where it stands in the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A keyword or a name without quotes, as it is written.
    Word(String),
    /// A quoted name, without its quotes.
    Quoted(String),
    /// A text literal, without its quotes.
    Text(String),
    /// A number.
    Number(String),
    /// An operator or a piece of punctuation.
    Symbol(String),
}

impl Token {
    /// Whether this is the keyword.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        matches!(&self.kind, TokenKind::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(&self.kind, TokenKind::Symbol(found) if found == symbol)
    }

    /// The name, if this can be one. SQLite takes a text literal for a name where only a name can stand.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.kind {
            TokenKind::Word(name) | TokenKind::Quoted(name) | TokenKind::Text(name) => Some(name),
            _ => None,
        }
    }
}

const LONG_SYMBOLS: [&str; 10] = ["->>", "::", "||", "<=", ">=", "<>", "!=", "==", "->", ":="];

/// The tokens of a text, comments left out. Nothing is refused: an open quote ends with the text.
///
/// `backslash` says whether a backslash escapes in text literals (MySQL, MariaDB).
pub(crate) fn tokens(sql: &str, backslash: bool) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            at += comment.find("*/").map_or(rest.len(), |end| end + 4);
            continue;
        }
        let (kind, len) = match first {
            '\'' => quoted(rest, '\'', backslash, TokenKind::Text),
            '"' => quoted(rest, '"', false, TokenKind::Quoted),
            '`' => quoted(rest, '`', false, TokenKind::Quoted),
            '[' if closes_as_name(rest) => quoted(rest, ']', false, TokenKind::Quoted),
            c if c.is_ascii_digit() => number(rest),
            c if is_word(c) => {
                let len = rest.find(|c: char| !is_word(c) && !c.is_ascii_digit()).unwrap_or(rest.len());
                (TokenKind::Word(rest[..len].to_owned()), len)
            }
            c => {
                let long = LONG_SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
                let len = long.map_or(c.len_utf8(), |symbol| symbol.len());
                (TokenKind::Symbol(rest[..len].to_owned()), len)
            }
        };
        found.push(Token { kind, start: at, end: at + len });
        at += len;
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$' || !c.is_ascii()
}

/// `[name]`, which SQLite takes from SQL Server, and not `ARRAY[1, 2]` or `a[1]`.
fn closes_as_name(rest: &str) -> bool {
    rest[1..].find(']').is_some_and(|end| rest[1..=end].starts_with(is_word))
}

fn quoted(rest: &str, close: char, backslash: bool, kind: fn(String) -> TokenKind) -> (TokenKind, usize) {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == close {
            match chars.peek() {
                Some((_, next)) if *next == close && close != ']' => {
                    text.push(close);
                    chars.next();
                }
                _ => return (kind(text), at + c.len_utf8()),
            }
        } else if c == '\\' && backslash {
            match chars.next() {
                Some((_, '0')) => text.push('\0'),
                Some((_, 'n')) => text.push('\n'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, 't')) => text.push('\t'),
                Some((_, other)) => text.push(other),
                None => {}
            }
        } else {
            text.push(c);
        }
    }
    (kind(text), rest.len())
}

fn number(rest: &str) -> (TokenKind, usize) {
    let mut len = 0;
    let mut previous = ' ';
    for c in rest.chars() {
        let exponent_sign = matches!(c, '+' | '-') && matches!(previous, 'e' | 'E') && !rest.starts_with("0x");
        if !(c.is_ascii_alphanumeric() || c == '.' || exponent_sign) {
            break;
        }
        previous = c;
        len += c.len_utf8();
    }
    (TokenKind::Number(rest[..len].to_owned()), len)
}

/// The position after the bracket that closes the one at `open`.
pub(super) fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth -= 1;
            if depth == 0 {
                return at + 1;
            }
        }
    }
    tokens.len()
}

/// The parts between the commas that stand in no bracket.
pub(super) fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, token) in tokens.iter().enumerate() {
        match &token.kind {
            TokenKind::Symbol(symbol) if symbol == "(" => depth += 1,
            TokenKind::Symbol(symbol) if symbol == ")" => depth -= 1,
            TokenKind::Symbol(symbol) if symbol == "," && depth == 0 => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < tokens.len() {
        parts.push(&tokens[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{Token, TokenKind, tokens};

    fn shown(sql: &str) -> String {
        let show = |token: Token| match token.kind {
            TokenKind::Word(t) => t,
            TokenKind::Quoted(t) => format!("<{t}>"),
            TokenKind::Text(t) => format!("'{t}'"),
            TokenKind::Number(t) => format!("#{t}"),
            TokenKind::Symbol(t) => t,
        };
        tokens(sql, false).into_iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_texts_numbers_and_comments_are_told_apart() {
        for (sql, expected) in [
            ("a>=1.5e-3", "a >= #1.5e-3"),
            ("\"a \"\"b\"", "<a \"b>"),
            ("[odd name] `x``y`", "<odd name> <x`y>"),
            ("'it''s' -- no\n /* nor this */ b", "'it's' b"),
            ("x::text||'é'", "x :: text || 'é'"),
            ("ARRAY[1, 2]", "ARRAY [ #1 , #2 ]"),
            ("größe = 'unclosed", "größe = 'unclosed'"),
        ] {
            assert_eq!(shown(sql), expected, "{sql}");
        }
    }
}
