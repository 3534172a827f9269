//! What `#[derive(Model)]` writes. The run time does the work; this is thin on purpose, since every model pays for it in
//! compile time.

use super::relationships::Kind;
use super::{Model, Part, checks, metadata};
use crate::names::{at, plain};
use crate::rust_types::base;
use metadata::{as_field, number, sql};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use std::collections::HashSet;
use syn::Expr;
use syn::spanned::Spanned;

pub(super) fn expand(model: &Model) -> TokenStream {
    let (krate, ident, vis) = (&model.krate, &model.ident, &model.vis);
    let constants = constants(model);
    let table = metadata::table(model);
    let primary_key = primary_key(model);
    let mapped = mapped(model);
    let checks = checks::compiled(model);
    quote! {
        #[automatically_derived]
        #[allow(non_upper_case_globals, dead_code, unreachable_pub)]
        impl #ident {
            #constants
        }

        #[doc(hidden)]
        #[allow(non_upper_case_globals, dead_code, unreachable_pub)]
        #vis const #ident: #krate::entity::Entity<#ident> = #krate::entity::Entity::new();

        const _: () = {
            static __ORM_TABLE: #krate::entity::TableDef = #table;

            #[automatically_derived]
            impl #krate::entity::Model for #ident {
                const TABLE: &'static #krate::entity::TableDef = &__ORM_TABLE;
                type PrimaryKey = #primary_key;
            }

            #mapped

            #krate::__private::register!(<#ident as #krate::entity::Model>::TABLE);

            #checks
        };
    }
}

fn constants(model: &Model) -> TokenStream {
    let (krate, ident) = (&model.krate, &model.ident);
    let table = quote!(<#ident as #krate::entity::Model>::TABLE);
    let mut output = TokenStream::new();
    // A second constant of one name has been reported; writing it would only add the compiler's own message.
    let mut written = HashSet::new();
    for (index, column) in model.columns.iter().enumerate() {
        if !written.insert(plain(&column.constant)) {
            continue;
        }
        let (vis, name, ty, index) = (&column.vis, &column.constant, &column.ty, number(index));
        let docs = docs(&format!("Column `{}.{}`.", model.table, column.name), &column.docs);
        let sql = sql(krate, ty);
        let krate = at(krate, ty.span());
        let (column, table) = (quote_spanned!(ty.span()=> #krate::expr::Column), at(&table, ty.span()));
        let new = quote_spanned!(ty.span()=> #column::new(#table, #index));
        let here = constant_span(name);
        output.extend(docs);
        output.extend(quote_spanned!(here=> #vis const #name: #column<#ident, #sql> = #new;));
    }
    for (index, field) in model.relationships.iter().enumerate() {
        if !written.insert(plain(&field.constant)) {
            continue;
        }
        let (vis, name, target, index) = (&field.vis, &field.constant, &field.target, number(index));
        let kind = match field.kind {
            Kind::HasMany | Kind::ManyToMany => quote!(Many),
            Kind::HasOne => quote!(Maybe),
            Kind::BelongsTo if field.optional => quote!(Maybe),
            Kind::BelongsTo => quote!(One),
        };
        let shown = quote!(#target).to_string().replace(' ', "");
        let docs = docs(&format!("Relationship to `{shown}`."), &field.docs);
        let here = constant_span(name);
        output.extend(docs);
        output.extend(quote_spanned! {here=>
            #vis const #name: #krate::entity::Rel<#ident, #target, #krate::entity::#kind> =
                #krate::entity::Rel::new(#table, #index);
        });
    }
    output
}

/// At the field, so that a method of the same name is reported there, but still as part of the derive.
fn constant_span(name: &Ident) -> Span {
    name.span().resolved_at(Span::call_site())
}

/// One line of our own, then the field's documentation.
fn docs(first: &str, rest: &[Expr]) -> TokenStream {
    let gap = (!rest.is_empty()).then(|| quote!(#[doc = ""]));
    quote!(#[doc = #first] #gap #(#[doc = #rest])*)
}

fn primary_key(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let types = model.primary_key.columns.iter().map(|index| {
        // An `Option` has been refused.
        let ty = base(&model.columns[*index].ty);
        sql(krate, ty)
    });
    match model.primary_key.columns.len() {
        // The missing key has been reported; this keeps the rest of the program free of errors about it.
        0 => quote!(i64),
        1 => quote!(#(#types)*),
        _ => quote!((#(#types),*)),
    }
}

fn mapped(model: &Model) -> TokenStream {
    let (krate, ident) = (&model.krate, &model.ident);
    let columns = || {
        model
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| (number(index), &column.ident, as_field(krate, &column.ty)))
    };
    let values = columns().map(|(index, field, as_field)| quote!(#index => #as_field::value(&self.#field)));
    let reads = columns().map(|(index, field, as_field)| quote!(#index => self.#field = #as_field::decode(row, at)?));
    let fields = model.fields.iter().map(|(field, part)| match part {
        Part::Column(index) => {
            let position = (*index > 0).then(|| {
                let offset = number(*index);
                quote!(+ #offset)
            });
            let (as_field, index) = (as_field(krate, &model.columns[*index].ty), number(*index));
            quote!(#field: #krate::model::field(#as_field::decode(row, at #position), #index)?)
        }
        Part::Relationship => {
            let name = format!("{}::{}", model.title(), plain(field));
            quote!(#field: #krate::model::RelationField::not_loaded(#name))
        }
        Part::Skipped(ty) => {
            let default = quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default());
            quote!(#field: #default)
        }
    });
    let relations = || {
        model.relationships.iter().enumerate().map(|(index, field)| {
            let ty = &field.ty;
            let as_relation = quote_spanned!(ty.span()=> <#ty as #krate::model::Relation>);
            (number(index), &field.ident, as_relation)
        })
    };
    let shared = relations().map(|(index, field, as_relation)| quote!(#index => #as_relation::shared(&self.#field)));
    let unique =
        relations().map(|(index, field, as_relation)| quote!(#index => #as_relation::unique(&mut self.#field)));
    let own = quote!(Self { #(#fields),* });
    let (built, hooks) = match model.hooks {
        None => (own, None),
        Some(span) => {
            let runs = quote_spanned!(span=> #krate::model::run_hook::<#ident>);
            let hooks = quote! {
                const HOOKS: bool = true;

                fn hook(&mut self, hook: #krate::model::Hook) -> #krate::Result<()> {
                    #runs(self, hook)
                }
            };
            (quote!({ let mut loaded = #own; #krate::model::Hooks::after_load(&mut loaded); loaded }), Some(hooks))
        }
    };
    let of_fields = model.columns.iter().filter_map(|column| {
        let (check, field, name) = (column.validate.as_ref()?, &column.ident, plain(&column.ident));
        let checked = quote_spanned!(check.span()=> #check(&self.#field));
        Some(quote!(#krate::model::note_invalid(found, ::core::option::Option::Some(#name), #checked);))
    });
    let of_all = model.validate.iter().map(|check| {
        let checked = quote_spanned!(check.span()=> #check(self));
        quote!(#krate::model::note_invalid(found, ::core::option::Option::None, #checked);)
    });
    let checks: Vec<TokenStream> = of_fields.chain(of_all).collect();
    let validates = (!checks.is_empty()).then(|| {
        quote! {
            const VALIDATES: bool = true;

            fn validate(&self, found: &mut ::std::vec::Vec<#krate::error::Invalid>) {
                #(#checks)*
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #krate::model::Mapped for #ident {
            fn from_row(
                row: &dyn #krate::types::Row,
                at: usize,
            ) -> ::core::result::Result<Self, #krate::model::ColumnError> {
                ::core::result::Result::Ok(#built)
            }

            fn value(&self, column: u16) -> ::core::option::Option<#krate::types::Value> {
                match column {
                    #(#values,)*
                    _ => ::core::option::Option::None,
                }
            }

            fn read(
                &mut self,
                column: u16,
                row: &dyn #krate::types::Row,
                at: usize,
            ) -> ::core::result::Result<(), #krate::types::DecodeError> {
                match column {
                    #(#reads,)*
                    _ => {}
                }
                ::core::result::Result::Ok(())
            }

            fn relation(&self, index: u16) -> &dyn #krate::model::Relation {
                match index {
                    #(#shared,)*
                    _ => #krate::model::no_relation(index),
                }
            }

            fn relation_mut(&mut self, index: u16) -> &mut dyn #krate::model::Relation {
                match index {
                    #(#unique,)*
                    _ => #krate::model::no_relation(index),
                }
            }

            #hooks
            #validates
        }
    }
}
