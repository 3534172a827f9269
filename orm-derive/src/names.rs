//! Names: of the crate, in other cases, and the one that was meant.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::LitStr;
use syn::ext::IdentExt;

/// The path of orm-core as the user's Cargo.toml names it.
pub(crate) fn krate() -> TokenStream {
    match crate_name("orm-core") {
        Ok(FoundCrate::Name(name)) => {
            let name = Ident::new(&name, Span::call_site());
            quote!(::#name)
        }
        // Inside the crate itself `extern crate self as orm_core` makes this work. Where Cargo.toml does not say
        // (another build system), the crate's own name is the best guess.
        Ok(FoundCrate::Itself) | Err(_) => quote!(::orm_core),
    }
}

/// The same tokens at another place, so that the compiler's messages about them point there.
pub(crate) fn at(tokens: &TokenStream, span: Span) -> TokenStream {
    tokens
        .clone()
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}

/// An identifier as text, without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// How names of columns or enum values are made from Rust names.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    Snake,
    Camel,
    Pascal,
    ScreamingSnake,
    Kebab,
    Lower,
    Upper,
}

const CASES: [(&str, Case); 7] = [
    ("snake_case", Case::Snake),
    ("camelCase", Case::Camel),
    ("PascalCase", Case::Pascal),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
];

impl Case {
    pub(crate) fn parse(text: &LitStr) -> syn::Result<Case> {
        let value = text.value();
        CASES.iter().find(|(name, _)| *name == value).map(|(_, case)| *case).ok_or_else(|| {
            let names: Vec<_> = CASES.iter().map(|(name, _)| format!("{name:?}")).collect();
            syn::Error::new(text.span(), format!("unknown case; `rename_all` is one of {}", names.join(", ")))
        })
    }

    pub(crate) fn apply(self, name: &str) -> String {
        let words = words(name);
        let capital = |word: &String| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
        };
        match self {
            Case::Snake => words.join("_"),
            Case::Kebab => words.join("-"),
            Case::ScreamingSnake => words.join("_").to_uppercase(),
            Case::Lower => words.concat(),
            Case::Upper => words.concat().to_uppercase(),
            Case::Pascal => words.iter().map(capital).collect(),
            Case::Camel => words.iter().take(1).cloned().chain(words.iter().skip(1).map(capital)).collect(),
        }
    }
}

/// The words of a name in snake case or camel case, in lower case: `HTTPServer_v2` is http, server, v2.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (n, c) in chars.iter().enumerate() {
        let before = n.checked_sub(1).map(|n| chars[n]);
        let after = chars.get(n + 1);
        let starts = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase() || before.is_numeric() || after.is_some_and(|after| after.is_lowercase())
            });
        if *c == '_' || starts {
            words.push(String::new());
        }
        if *c != '_'
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The name that was probably meant: at most two letters away.
pub(crate) fn closest<'a>(name: &str, among: &[&'a str]) -> Option<&'a str> {
    among
        .iter()
        .map(|candidate| (distance(name, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        for (name, snake, camel) in [
            ("user_id", "user_id", "userId"),
            ("UserKeyword", "user_keyword", "userKeyword"),
            ("HTTPServer", "http_server", "httpServer"),
            ("v2", "v2", "v2"),
            ("_private", "private", "private"),
        ] {
            assert_eq!(Case::Snake.apply(name), snake, "{name}");
            assert_eq!(Case::Camel.apply(name), camel, "{name}");
        }
        assert_eq!(Case::ScreamingSnake.apply("UserKeyword"), "USER_KEYWORD");
        assert_eq!(Case::Pascal.apply("user_id"), "UserId");
        assert_eq!(Case::Kebab.apply("user_id"), "user-id");
        assert_eq!(Case::Lower.apply("user_id"), "userid");
        assert_eq!(Case::Upper.apply("user_id"), "USERID");
    }

    #[test]
    fn meant() {
        assert_eq!(closest("uniqe", &["unique", "index"]), Some("unique"));
        assert_eq!(closest("lenght", &["unique", "length"]), Some("length"));
        assert_eq!(closest("banana", &["unique", "index"]), None);
    }
}
