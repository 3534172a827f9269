//! SQL text with `:name` binds.

use super::{Writer, wrong};
use crate::error::Result;
use crate::query::TextStatement;
use crate::types::Dialect;

impl Writer {
    /// Copies the text, putting a bind where a `:name` stands outside of strings, quoted names and comments.
    pub(super) fn text(&mut self, statement: &TextStatement) -> Result<()> {
        let text = statement.sql.as_str();
        let bytes = text.as_bytes();
        let family = matches!(self.syntax.dialect, Dialect::MySql | Dialect::MariaDb);
        let mut numbers: Vec<Option<usize>> = vec![None; statement.binds.len()];
        let mut missing: Vec<&str> = Vec::new();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let next = bytes.get(at + 1).copied();
            let end = match (byte, next) {
                (b'\\', Some(b':')) => {
                    self.push(":");
                    at += 2;
                    continue;
                }
                (b':', Some(b':')) => at + 2,
                (b':', Some(c)) if c.is_ascii_alphabetic() || c == b'_' => {
                    let end = word_end(bytes, at + 1);
                    self.named(statement, &text[at + 1..end], &mut numbers, &mut missing)?;
                    at = end;
                    continue;
                }
                (b'\'', _) => quoted_end(bytes, at, family),
                (b'e' | b'E', Some(b'\'')) if self.syntax.dialect == Dialect::Postgres => {
                    quoted_end(bytes, at + 1, true)
                }
                (b'"', _) => quoted_end(bytes, at, family),
                (b'`', _) => quoted_end(bytes, at, false),
                (b'-', Some(b'-')) | (b'#', _) if is_comment(bytes, at, family) => {
                    bytes[at..].iter().position(|c| *c == b'\n').map_or(bytes.len(), |n| at + n)
                }
                (b'/', Some(b'*')) => comment_end(bytes, at, self.syntax.dialect == Dialect::Postgres),
                (b'$', _) if self.syntax.dialect == Dialect::Postgres => dollar_end(text, at),
                (b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.., _) => word_end(bytes, at),
                _ => at + 1,
            };
            self.push(&text[at..end]);
            at = end;
        }
        let names = |names: Vec<&str>| names.iter().map(|name| format!("`:{name}`")).collect::<Vec<_>>().join(", ");
        if !missing.is_empty() {
            missing.sort_unstable();
            missing.dedup();
            return Err(wrong(format!(
                "the text has {}, which no `.bind(…)` gives a value; a colon that is meant as it is is `\\:`",
                names(missing)
            )));
        }
        let unused: Vec<&str> = statement
            .binds
            .iter()
            .zip(&numbers)
            .filter(|((name, _), number)| {
                // The value that counts is the last of a name.
                number.is_none() && !statement.binds.iter().zip(&numbers).any(|((n, _), k)| n == name && k.is_some())
            })
            .map(|((name, _), _)| name.as_str())
            .collect();
        if unused.is_empty() {
            Ok(())
        } else {
            Err(wrong(format!("{} has a value, but the text does not have it", names(unused))))
        }
    }

    fn named<'t>(
        &mut self,
        statement: &'t TextStatement,
        name: &'t str,
        numbers: &mut [Option<usize>],
        missing: &mut Vec<&'t str>,
    ) -> Result<()> {
        let Some(n) = statement.binds.iter().rposition(|(known, _)| known == name) else {
            missing.push(name);
            return Ok(());
        };
        let value = statement.binds[n].1.as_ref().map_err(wrong)?;
        match numbers[n] {
            Some(number) if self.syntax.numbered_binds && !self.literals => {
                self.push("$");
                self.number(number);
            }
            _ => {
                self.bind(value)?;
                numbers[n] = Some(self.binds.len());
            }
        }
        Ok(())
    }
}

/// Whether a comment to the end of the line begins: `--`, which MySQL wants a space after, and its `#`.
fn is_comment(bytes: &[u8], at: usize, family: bool) -> bool {
    match bytes[at] {
        b'#' => family,
        _ => !family || bytes.get(at + 2).is_none_or(|c| c.is_ascii_whitespace()),
    }
}

/// Past a comment, inside of which PostgreSQL knows others.
fn comment_end(bytes: &[u8], start: usize, nested: bool) -> usize {
    let (mut at, mut depth) = (start + 2, 1);
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            (b'/', Some(b'*')) if nested => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    let inside = |c: &u8| c.is_ascii_alphanumeric() || *c == b'_' || *c >= 0x80;
    bytes[at..].iter().position(|c| !inside(c)).map_or(bytes.len(), |n| at + n)
}

/// Past a string or quoted name; a doubled quote is inside it.
fn quoted_end(bytes: &[u8], start: usize, escapes: bool) -> usize {
    let quote = bytes[start];
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == b'\\' && escapes {
            at += 1;
        } else if byte == quote {
            if bytes.get(at) != Some(&quote) {
                return at;
            }
            at += 1;
        }
    }
    bytes.len()
}

/// Past a dollar-quoted string, or the dollar.
fn dollar_end(text: &str, at: usize) -> usize {
    let tag_end = word_end(text.as_bytes(), at + 1);
    if text.as_bytes().get(tag_end) != Some(&b'$') {
        return at + 1;
    }
    let tag = &text[at..=tag_end];
    text[tag_end + 1..].find(tag).map_or(text.len(), |n| tag_end + 1 + n + tag.len())
}
