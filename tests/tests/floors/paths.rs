//! Every path that a file writes, wherever it stands.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::Visit;

use super::is_sqlx;

/// A path as it is written.
pub(super) struct Written {
    /// The module that it stands in, from the crate's root.
    pub(super) module: Vec<String>,
    /// Its names, `crate`, `self` and `super` included; a variable of a macro is `$`.
    pub(super) segments: Vec<String>,
    glob: bool,
    pub(super) line: usize,
}

impl Written {
    pub(super) fn text(&self) -> String {
        self.segments.join("::") + if self.glob { "::*" } else { "" }
    }
}

/// The paths of a file that can lead out of their module. `shared_macro` tells where a macro that needs no path to be called is
/// defined.
pub(super) fn collect(
    module: &[String],
    file: &syn::File,
    shared_macro: &dyn Fn(&str) -> Option<Vec<String>>,
) -> Vec<Written> {
    let mut collector = Collector { module: module.to_vec(), found: Vec::new(), shared_macro };
    collector.visit_file(file);
    collector.found
}

/// The leaves of a `use`: the path, the name it gets (`None` for a glob), the line.
pub(super) fn leaves(tree: &syn::UseTree) -> Vec<(Vec<String>, Option<String>, usize)> {
    fn walk(tree: &syn::UseTree, prefix: &[String], out: &mut Vec<(Vec<String>, Option<String>, usize)>) {
        let line = tree.span().start().line;
        // `{self}` names what stands before the braces.
        let with = |ident: &syn::Ident| {
            let mut path = prefix.to_vec();
            if prefix.is_empty() || ident != "self" {
                path.push(ident.unraw().to_string());
            }
            path
        };
        match tree {
            syn::UseTree::Path(path) => walk(&path.tree, &with(&path.ident), out),
            syn::UseTree::Name(name) => {
                let path = with(&name.ident);
                let known_as = path.last().cloned();
                out.push((path, known_as, line));
            }
            syn::UseTree::Rename(rename) => {
                out.push((with(&rename.ident), Some(rename.rename.unraw().to_string()), line));
            }
            syn::UseTree::Glob(_) => out.push((prefix.to_vec(), None, line)),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| walk(item, prefix, out)),
        }
    }
    let mut out = Vec::new();
    walk(tree, &[], &mut out);
    out
}

/// Whether a path that begins so says by itself where it leads. Other first names are the module's own or came in
/// by a `use`, which is looked at where it stands.
fn leads_out(head: &str) -> bool {
    matches!(head, "crate" | "self" | "super" | "orm_core") || is_sqlx(head)
}

struct Collector<'a> {
    module: Vec<String>,
    found: Vec<Written>,
    shared_macro: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

impl Collector<'_> {
    fn push(&mut self, segments: Vec<String>, glob: bool, line: usize) {
        self.found.push(Written { module: self.module.clone(), segments, glob, line });
    }

    /// A macro called by its bare name: as good as a path to the module that defines it.
    fn called(&mut self, name: &str, line: usize) {
        if let Some(mut path) = (self.shared_macro)(name).filter(|path| path.first() != self.module.first()) {
            path.insert(0, "crate".to_owned());
            path.push(name.to_owned());
            self.push(path, false, line);
        }
    }

    /// Paths among tokens that nobody has parsed: macro definitions, what macros are called with, attributes.
    fn tokens(&mut self, stream: TokenStream, strings: bool) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => {
                    let inside = match at.checked_sub(2).map(|before| (&tokens[before], &tokens[before + 1])) {
                        Some((TokenTree::Ident(word), TokenTree::Ident(name))) if word == "mod" => Some(name),
                        _ => None,
                    };
                    self.module.extend(inside.map(|name| name.unraw().to_string()));
                    self.tokens(group.stream(), strings);
                    self.module.truncate(self.module.len() - usize::from(inside.is_some()));
                    at += 1;
                }
                TokenTree::Ident(ident) => {
                    let head = ident.unraw().to_string();
                    let line = ident.span().start().line;
                    let after_use = at > 0 && matches!(&tokens[at - 1], TokenTree::Ident(word) if word == "use");
                    if is_punct(tokens.get(at + 1), '!') && !is_punct(tokens.get(at + 2), '=') {
                        self.called(&head, line);
                    }
                    at += 1;
                    if leads_out(&head) && (after_use || is_separator(&tokens, at)) {
                        at = self.path(&tokens, at, vec![head], line, strings);
                    }
                }
                TokenTree::Literal(literal) => {
                    // `with = "crate::…"`: attributes hold paths in strings.
                    if strings
                        && let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string())
                        && let Ok(path) = text.parse_with(syn::Path::parse_mod_style)
                    {
                        self.visit_path(&path);
                    }
                    at += 1;
                }
                TokenTree::Punct(_) => at += 1,
            }
        }
    }

    /// The rest of a path whose beginning is read, `at` being what follows; gives where it ends.
    fn path(
        &mut self,
        tokens: &[TokenTree],
        mut at: usize,
        mut segments: Vec<String>,
        line: usize,
        strings: bool,
    ) -> usize {
        while is_separator(tokens, at) {
            match tokens.get(at + 2) {
                Some(TokenTree::Ident(ident)) => {
                    segments.push(ident.unraw().to_string());
                    at += 3;
                }
                Some(TokenTree::Punct(punct)) if punct.as_char() == '$' => {
                    segments.push("$".to_owned());
                    at += 4;
                }
                Some(TokenTree::Punct(punct)) if punct.as_char() == '*' => {
                    self.push(segments, true, line);
                    return at + 3;
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    self.group(group.stream(), &segments, strings);
                    return at + 3;
                }
                _ => break,
            }
        }
        self.push(segments, false, line);
        at
    }

    /// `{a, b::c, self}` after a path, among tokens.
    fn group(&mut self, stream: TokenStream, prefix: &[String], strings: bool) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        for item in tokens.split(|token| is_punct(Some(token), ',')) {
            let Some(first) = item.first() else { continue };
            let line = first.span().start().line;
            let mut segments = prefix.to_vec();
            match first {
                TokenTree::Ident(ident) => {
                    if ident != "self" {
                        segments.push(ident.unraw().to_string());
                    }
                    self.path(item, 1, segments, line, strings);
                }
                TokenTree::Punct(punct) if punct.as_char() == '*' => self.push(segments, true, line),
                // A variable, or a repetition of them.
                _ => {
                    segments.push("$".to_owned());
                    self.push(segments, false, line);
                }
            }
        }
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        if item.attrs.iter().any(|attribute| attribute.path().is_ident("path")) {
            self.push(vec!["$".to_owned()], false, item.span().start().line); // the file is not where we look for it
        }
        if let Some((_, items)) = &item.content {
            self.module.push(item.ident.unraw().to_string());
            items.iter().for_each(|item| self.visit_item(item));
            self.module.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for (path, name, line) in leaves(&item.tree) {
            self.push(path, name.is_none(), line);
        }
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        let name = if item.ident == "self" { "crate".to_owned() } else { item.ident.unraw().to_string() };
        self.push(vec![name], false, item.span().start().line);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
        if segments.len() > 1 && leads_out(&segments[0]) {
            self.push(segments, false, path.span().start().line);
        }
        syn::visit::visit_path(self, path); // the types between its angle brackets
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let Some(name) = call.path.get_ident() {
            self.called(&name.unraw().to_string(), name.span().start().line);
        }
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone(), false);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        match &attribute.meta {
            syn::Meta::List(list) => self.tokens(list.tokens.clone(), true),
            syn::Meta::NameValue(pair) if !pair.path.is_ident("doc") => self.visit_expr(&pair.value),
            _ => {}
        }
    }

    // `pub(crate)` and `pub(in …)` name who may look in, not what is used.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}
