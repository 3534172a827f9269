//! `#[derive(SqlType)]`: newtypes.

use crate::attributes::Items;
use crate::errors::Errors;
use crate::model::generics;
use crate::names::{at, plain};
use crate::rust_types::last_name;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields};

pub(crate) fn derive(input: &DeriveInput, krate: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let output = expand(input, krate, &mut errors).unwrap_or_default();
    let errors = errors.into_tokens();
    quote!(#output #errors)
}

fn expand(input: &DeriveInput, krate: &TokenStream, errors: &mut Errors) -> Option<TokenStream> {
    let ident = &input.ident;
    let title = plain(ident);
    let example = format!("`struct {title}(i64);`");
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        _ => {
            errors.on(
                ident,
                format!("`{title}` is not a struct: `SqlType` is for newtypes, such as {example}; for an enum derive `SqlEnum`"),
            );
            return None;
        }
    };
    generics(&input.generics, &format!("`{title}` is generic, and a SQL type is one type"), errors)?;
    let mut all = fields.iter();
    let (Some(field), None) = (all.next(), all.next()) else {
        let count = fields.len();
        errors.on(ident, format!("`{title}` has {count} fields: `SqlType` is for newtypes, such as {example}; for several use `Json<{title}>`"));
        return None;
    };
    let ty = &field.ty;
    if last_name(ty).is_some_and(|name| name == "Option") {
        errors.on(ty, format!("the nullable type is `Option<{title}>`: write the field without `Option`"));
        return None;
    }
    for attributes in [&input.attrs, &field.attrs] {
        let items = Items::of(attributes, errors);
        if let Some(item) = items.first() {
            errors.at(
                item.span(),
                format!("`SqlType` has no attributes; `{}` belongs at the column's field", item.name()),
            );
        }
    }
    let (read, build) = match (&field.ident, fields) {
        (Some(name), Fields::Named(_)) => (quote!(self.#name), quote!(|value| Self { #name: value })),
        _ => (quote!(self.0), quote!(Self)),
    };
    let here = at(krate, ty.span());
    let inner = quote_spanned!(ty.span()=> <#ty as #here::types::SqlType>);
    let kind = quote_spanned!(ty.span()=> #inner::KIND);
    let numbered = quote_spanned!(ty.span()=> #inner::NUMBERED);
    Some(quote! {
        const _: () = {
            #[automatically_derived]
            impl #krate::types::SqlType for #ident {
                type Base = Self;
                type Null = #krate::types::NotNull;
                const KIND: #krate::types::Kind = #kind;
                const NUMBERED: bool = #numbered;

                fn sql_type() -> #krate::types::Type {
                    #inner::sql_type()
                }

                fn to_value(&self) -> #krate::types::Value {
                    #inner::to_value(&#read)
                }

                fn decode(
                    row: &dyn #krate::types::Row,
                    index: usize,
                ) -> ::core::result::Result<::core::option::Option<Self>, #krate::types::DecodeError> {
                    ::core::result::Result::Ok(#inner::decode(row, index)?.map(#build))
                }
            }
        };
    })
}
