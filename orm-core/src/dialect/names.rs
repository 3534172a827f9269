//! Identifiers, quoted where a database needs it.

use super::syntax::Syntax;
use crate::types::Dialect;
use std::borrow::Cow;

/// The reserved words of a database, in order.
#[derive(Debug)]
pub(super) struct Keywords {
    words: &'static [&'static str],
    /// Where the words of each initial letter begin: every name in a statement is looked up, so this must be cheap.
    starts: [u16; 27],
}

impl Keywords {
    pub(super) const fn new(words: &'static [&'static str]) -> Self {
        let mut starts = [0; 27];
        let (mut letter, mut n) = (0, 0);
        while letter < 26 {
            starts[letter] = n as u16;
            while n < words.len() && words[n].as_bytes()[0] == b'a' + letter as u8 {
                n += 1;
            }
            letter += 1;
        }
        assert!(n == words.len(), "the words must be lower case and in order");
        starts[26] = n as u16;
        Keywords { words, starts }
    }

    fn contains(&self, word: &str) -> bool {
        let Some(letter) = word.as_bytes().first().map(|c| usize::from(c.wrapping_sub(b'a'))) else { return false };
        if letter >= 26 {
            return false;
        }
        let range = usize::from(self.starts[letter])..usize::from(self.starts[letter + 1]);
        self.words[range].contains(&word)
    }
}

/// Whether the name can be written without quotes: lower case, no odd characters, no reserved word.
fn is_plain(name: &str, keywords: &Keywords) -> bool {
    let bytes = name.as_bytes();
    matches!(bytes.first(), Some(b'a'..=b'z' | b'_'))
        && bytes.iter().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && !keywords.contains(name)
}

/// Appends a name, quoted where needed.
pub(super) fn push_name(out: &mut String, name: &str, syntax: &Syntax) {
    if is_plain(name, syntax.keywords) {
        out.push_str(name);
        return;
    }
    out.push(syntax.quote);
    for c in name.chars() {
        if c == syntax.quote {
            out.push(c);
        }
        out.push(c);
    }
    out.push(syntax.quote);
}

/// A name as it is written in a statement: in quotes when it is a reserved word, has upper-case letters or odd characters.
pub fn quote(name: &str, dialect: Dialect) -> Cow<'_, str> {
    let syntax = Syntax::of(dialect);
    if is_plain(name, syntax.keywords) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 2);
    push_name(&mut out, name, syntax);
    Cow::Owned(out)
}
