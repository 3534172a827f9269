//! Reads `#[orm(…)]`: a list of flags, `name = value`, `name(list)` and bare values.

use crate::errors::Errors;
use crate::names::closest;
use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitBool, LitInt, LitStr, Meta, Path, Token, parenthesized, token};

/// One thing inside `#[orm(…)]`, or inside a list in there.
pub(crate) struct Item {
    /// Its name; none for a bare value such as the SQL in `check("a > b")`.
    pub(crate) name: Option<Ident>,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    /// `unique`
    Flag,
    /// `length = 40`, and bare values.
    Value(Box<Expr>),
    /// `columns(a, b)`
    List(Vec<Item>),
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Ident::peek_any) {
            if input.peek2(Token![=]) && !input.peek2(Token![==]) {
                let name = Ident::parse_any(input)?;
                input.parse::<Token![=]>()?;
                return Ok(Item { name: Some(name), body: Body::Value(input.parse()?) });
            }
            if input.peek2(token::Paren) {
                let name = Ident::parse_any(input)?;
                let list;
                parenthesized!(list in input);
                let items = Punctuated::<Item, Token![,]>::parse_terminated(&list)?;
                return Ok(Item { name: Some(name), body: Body::List(items.into_iter().collect()) });
            }
            let ahead = input.fork();
            let name = Ident::parse_any(&ahead)?;
            if ahead.is_empty() || ahead.peek(Token![,]) {
                Ident::parse_any(input)?;
                return Ok(Item { name: Some(name), body: Body::Flag });
            }
        }
        Ok(Item { name: None, body: Body::Value(input.parse()?) })
    }
}

impl Item {
    /// Where to point when something is wrong with it.
    pub(crate) fn span(&self) -> Span {
        match (&self.name, &self.body) {
            (Some(name), _) => name.span(),
            (None, Body::Value(value)) => value.span(),
            (None, _) => Span::call_site(),
        }
    }

    pub(crate) fn name(&self) -> String {
        self.name.as_ref().map(|name| name.unraw().to_string()).unwrap_or_default()
    }

    fn wrong<T>(&self, expected: &str) -> syn::Result<T> {
        Err(syn::Error::new(self.value_span(), format!("`{}` is written `{expected}`", self.name())))
    }

    /// Where its value is, or itself.
    pub(crate) fn value_span(&self) -> Span {
        match &self.body {
            Body::Value(value) => value.span(),
            _ => self.span(),
        }
    }

    fn literal(&self) -> Option<&Lit> {
        match &self.body {
            Body::Value(value) => match &**value {
                Expr::Lit(ExprLit { lit, .. }) => Some(lit),
                _ => None,
            },
            _ => None,
        }
    }

    /// `name`
    pub(crate) fn flag(&self) -> syn::Result<()> {
        match self.body {
            Body::Flag => Ok(()),
            _ => self.wrong(&self.name()),
        }
    }

    /// `name = "text"`, the text not empty.
    pub(crate) fn string(&self) -> syn::Result<LitStr> {
        match self.literal() {
            Some(Lit::Str(text)) if text.value().is_empty() => {
                Err(syn::Error::new(text.span(), format!("`{}` must not be empty", self.name())))
            }
            Some(Lit::Str(text)) => Ok(text.clone()),
            _ => self.wrong(&format!("{} = \"…\"", self.name())),
        }
    }

    /// `name = 40`
    pub(crate) fn number(&self) -> syn::Result<(u32, LitInt)> {
        match self.literal() {
            Some(Lit::Int(number)) => Ok((number.base10_parse()?, number.clone())),
            _ => self.wrong(&format!("{} = 10", self.name())),
        }
    }

    /// `name = true`
    pub(crate) fn boolean(&self) -> syn::Result<bool> {
        match self.literal() {
            Some(Lit::Bool(LitBool { value, .. })) => Ok(*value),
            _ => self.wrong(&format!("{} = false", self.name())),
        }
    }

    /// `name = <expression>`
    pub(crate) fn expression(&self, example: &str) -> syn::Result<Expr> {
        match &self.body {
            Body::Value(value) => Ok((**value).clone()),
            _ => self.wrong(example),
        }
    }

    /// `name = a::b`
    pub(crate) fn path(&self, example: &str) -> syn::Result<Path> {
        match &self.body {
            Body::Value(value) => match &**value {
                Expr::Path(path) if path.qself.is_none() => Ok(path.path.clone()),
                _ => self.wrong(example),
            },
            _ => self.wrong(example),
        }
    }

    /// `name(…)`
    pub(crate) fn list(&self, example: &str) -> syn::Result<&[Item]> {
        match &self.body {
            Body::List(items) if !items.is_empty() => Ok(items),
            _ => self.wrong(example),
        }
    }

    /// `name(a, b)`
    pub(crate) fn idents(&self, example: &str) -> syn::Result<Vec<Ident>> {
        self.list(example)?
            .iter()
            .map(|item| match (&item.name, &item.body) {
                (Some(name), Body::Flag) => Ok(name.clone()),
                _ => Err(syn::Error::new(item.span(), format!("expected the name of a field, as in `{example}`"))),
            })
            .collect()
    }

    /// `name(A::x, A::y)`
    pub(crate) fn paths(&self, example: &str) -> syn::Result<Vec<Path>> {
        let wrong = |item: &Item| Err(syn::Error::new(item.span(), format!("expected `{example}`")));
        self.list(example)?
            .iter()
            .map(|item| match (&item.name, &item.body) {
                (None, Body::Value(value)) => match &**value {
                    Expr::Path(path) if path.qself.is_none() => Ok(path.path.clone()),
                    _ => wrong(item),
                },
                _ => wrong(item),
            })
            .collect()
    }
}

/// What a place allows.
pub(crate) struct Allowed {
    /// What the place is, as in "attribute of a column".
    pub(crate) what: &'static str,
    pub(crate) names: &'static [&'static str],
    /// Names that have another place or are not built, each with what to say.
    pub(crate) refused: &'static [(&'static str, &'static str)],
}

/// The items of one place, handed out by name.
pub(crate) struct Items(Vec<Item>);

impl Items {
    /// The items of all `#[orm(…)]` in the list. What can't be parsed is an error and left out.
    pub(crate) fn of(attributes: &[Attribute], errors: &mut Errors) -> Items {
        let mut items = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("orm")) {
            match &attribute.meta {
                Meta::List(list) => {
                    let parsed = list.parse_args_with(Punctuated::<Item, Token![,]>::parse_terminated);
                    if let Some(parsed) = errors.ok(parsed) {
                        if parsed.is_empty() {
                            errors.on(attribute, "`#[orm()]` says nothing");
                        }
                        items.extend(parsed);
                    }
                }
                _ => errors.on(attribute, "expected a list: `#[orm(…)]`"),
            }
        }
        Items(items)
    }

    /// The items inside `name(…)`.
    pub(crate) fn inside(item: Item, example: &str, errors: &mut Errors) -> Items {
        if let Err(error) = item.list(example) {
            errors.add(error);
            return Items(Vec::new());
        }
        match item.body {
            Body::List(items) => Items(items),
            _ => Items(Vec::new()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|item| item.name() == name)
    }

    /// The first item, to point at.
    pub(crate) fn first(&self) -> Option<&Item> {
        self.0.first()
    }

    /// Takes all items of this name.
    pub(crate) fn take_all(&mut self, name: &str) -> Vec<Item> {
        let (taken, rest) = self.0.drain(..).partition(|item| item.name() == name);
        self.0 = rest;
        taken
    }

    /// Takes the one item of this name; a second is an error.
    pub(crate) fn take(&mut self, name: &str, errors: &mut Errors) -> Option<Item> {
        let mut taken = self.take_all(name).into_iter();
        let first = taken.next();
        for again in taken {
            errors.at(again.span(), format!("`{name}` is given twice"));
        }
        first
    }

    pub(crate) fn flag(&mut self, name: &str, errors: &mut Errors) -> Option<Item> {
        self.take(name, errors).filter(|item| errors.ok(item.flag()).is_some())
    }

    pub(crate) fn string(&mut self, name: &str, errors: &mut Errors) -> Option<LitStr> {
        self.take(name, errors).and_then(|item| errors.ok(item.string()))
    }

    pub(crate) fn number(&mut self, name: &str, errors: &mut Errors) -> Option<(u32, LitInt)> {
        self.take(name, errors).and_then(|item| errors.ok(item.number()))
    }

    pub(crate) fn boolean(&mut self, name: &str, errors: &mut Errors) -> Option<(bool, Span)> {
        self.take(name, errors).and_then(|item| Some((errors.ok(item.boolean())?, item.span())))
    }

    /// Takes the bare values.
    pub(crate) fn bare(&mut self) -> Vec<Item> {
        let (bare, rest) = self.0.drain(..).partition(|item| item.name.is_none());
        self.0 = rest;
        bare
    }

    /// Reports what was not taken.
    pub(crate) fn finish(self, allowed: &Allowed, errors: &mut Errors) {
        for item in self.0 {
            let name = item.name();
            if let Some((_, why)) = allowed.refused.iter().find(|(refused, _)| *refused == name) {
                errors.at(item.span(), format!("`{name}` {why}"));
                continue;
            }
            let what = allowed.what;
            let known = allowed.names.join(", ");
            let message = match (item.name.is_some(), closest(&name, allowed.names)) {
                (false, _) => format!("expected an {what}; allowed are {known}"),
                (true, Some(meant)) => {
                    format!("unknown {what} `{name}`: did you mean `{meant}`? Allowed are {known}")
                }
                (true, None) => format!("unknown {what} `{name}`; allowed are {known}"),
            };
            errors.at(item.span(), message);
        }
    }
}
