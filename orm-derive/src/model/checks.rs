//! What can be wrong between fields, and what only the compiler can check.

use super::Model;
use super::keys::mismatch;
use super::metadata::sql;
use super::relationships::Kind;
use crate::errors::Errors;
use crate::names::{at, plain};
use crate::rust_types::{Family, family, nullable};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use std::collections::HashMap;
use syn::spanned::Spanned;

/// Associated functions that a constant of the same name would hide: `User::default()` would no longer be the trait's.
const HIDES: [&str; 19] = [
    "default",
    "from",
    "into",
    "try_from",
    "try_into",
    "from_str",
    "from_iter",
    "clone",
    "eq",
    "ne",
    "cmp",
    "partial_cmp",
    "hash",
    "fmt",
    "drop",
    "to_string",
    "to_owned",
    "serialize",
    "deserialize",
];

/// Names that may not be used twice, or not at all.
pub(super) fn names(model: &Model, errors: &mut Errors) {
    let title = model.title();
    let mut sql: HashMap<String, String> = HashMap::new();
    for column in &model.columns {
        let field = plain(&column.ident);
        if column.name.is_empty() {
            errors.at(
                column.name_span,
                format!("`{title}::{field}` would be a column without a name: add `column = \"…\"`"),
            );
        }
        if let Some(first) = sql.insert(column.name.clone(), field.clone()) {
            errors.at(
                column.name_span,
                format!(
                    "`{field}` and `{first}` are both the column `{}`: rename one with `column = \"…\"`",
                    column.name
                ),
            );
        }
    }
    let constants = model.columns.iter().map(|column| (&column.ident, &column.constant));
    let constants = constants.chain(model.relationships.iter().map(|field| (&field.ident, &field.constant)));
    let mut taken: HashMap<String, String> = HashMap::new();
    for (ident, constant) in constants {
        let (field, name) = (plain(ident), plain(constant));
        if HIDES.contains(&name.as_str()) {
            errors.at(
                constant.span(),
                format!("the constant `{title}::{name}` would hide the function of that name: give it another one with `#[orm(constant = \"{name}_\")]`"),
            );
        }
        if let Some(first) = taken.insert(name.clone(), field.clone()) {
            errors.at(constant.span(), format!("`{field}` and `{first}` both have the constant `{title}::{name}`"));
        }
    }
    let versions: Vec<_> = model.columns.iter().filter_map(|column| column.version).collect();
    for span in versions.iter().skip(1) {
        errors.at(*span, format!("`{title}` has a version column already"));
    }
    let mut constraints: HashMap<String, ()> = HashMap::new();
    let uniques = model.uniques.iter().map(|unique| &unique.name);
    let checks = model.checks.iter().map(|check| &check.name);
    let keys = model.foreign_keys.iter().map(|key| &key.name);
    for name in uniques.chain(checks).chain(keys).chain([&model.primary_key.name]).flatten() {
        if constraints.insert(name.value(), ()).is_some() {
            errors.on(name, format!("`{title}` has two constraints called `{}`", name.value()));
        }
    }
    let mut indexes: HashMap<String, ()> = HashMap::new();
    for name in model.indexes.iter().filter_map(|index| index.name.as_ref()) {
        if indexes.insert(name.value(), ()).is_some() {
            errors.on(name, format!("`{title}` has two indexes called `{}`", name.value()));
        }
    }
}

/// Checks that need types: each is a constant that does not compile when it does not hold.
pub(super) fn compiled(model: &Model) -> TokenStream {
    let mut output = TokenStream::new();
    references(model, &mut output);
    types(model, &mut output);
    keys(model, &mut output);
    output
}

fn references(model: &Model, output: &mut TokenStream) {
    let krate = &model.krate;
    for key in &model.foreign_keys {
        for (index, path) in key.columns.iter().zip(&key.references) {
            let sql = sql(krate, &model.columns[*index].ty);
            let krate = at(krate, path.span());
            output.extend(quote_spanned! {path.span()=>
                const _: () = #krate::entity::referenced(#path).by::<#sql>();
            });
        }
    }
}

/// A length on text or bytes, digits on a decimal: where the type's name does not tell, its family on the wire does.
fn types(model: &Model, output: &mut TokenStream) {
    let krate = &model.krate;
    let title = model.title();
    for column in &model.columns {
        let ty = &column.ty;
        let field = plain(&column.ident);
        let known: Option<Family> = family(ty);
        let kinds = quote!(#krate::types::Kind);
        let sql = sql(krate, ty);
        let mut check = |span, pattern: TokenStream, message: String| {
            output.extend(quote_spanned! {span=>
                const _: () = ::core::assert!(
                    ::core::matches!(<#sql as #krate::types::SqlType>::KIND, #pattern),
                    #message
                );
            });
        };
        if let (Some((_, span)), None) = (column.length, known) {
            let message = format!("`{title}::{field}` can't have a `length`: only text and bytes have one");
            check(span, quote!(#kinds::Text | #kinds::Bytes), message);
        }
        if let (Some((_, span)), None) = (column.precision, known) {
            let message = format!("`{title}::{field}` can't have a `precision`: only a decimal has one");
            check(span, quote!(#kinds::Decimal), message);
        }
    }
}

fn keys(model: &Model, output: &mut TokenStream) {
    let krate = &model.krate;
    for relationship in model.relationships.iter().filter(|field| field.kind == Kind::BelongsTo) {
        let columns: Vec<_> = relationship.key.iter().map(|index| &model.columns[*index]).collect();
        if columns.iter().any(|column| nullable(&column.ty).is_none()) {
            let types = columns.iter().map(|column| &column.ty);
            let optional = relationship.optional;
            let message = mismatch(model, relationship);
            output.extend(quote_spanned! {relationship.ty.span()=>
                const _: () = ::core::assert!(#optional == (false #(|| <#types as #krate::types::Field>::NULLABLE)*), #message);
            });
        }
        // Without a constraint nothing else compares the types.
        if relationship.unconstrained.is_some()
            && let [column] = columns.as_slice()
        {
            let (sql, target) = (sql(krate, &column.ty), &relationship.target);
            output.extend(quote_spanned! {column.ident.span()=>
                const _: () = #krate::__private::check_key::<
                    #sql,
                    <#target as #krate::entity::Model>::PrimaryKey,
                >();
            });
        }
    }
}
