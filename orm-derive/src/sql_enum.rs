//! `#[derive(SqlEnum)]`: enums without fields.

use crate::attributes::{Allowed, Body, Item, Items};
use crate::errors::Errors;
use crate::model::generics;
use crate::names::{Case, plain};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Fields, LitStr, Variant};

const ALLOWED: Allowed = Allowed {
    what: "attribute of a SQL enum",
    names: &["text", "integer", "native", "rename_all"],
    refused: &[("rename", "is an attribute of a variant; for all of them write `rename_all = \"…\"`")],
};
const VARIANT: Allowed = Allowed { what: "attribute of a variant", names: &["rename"], refused: &[] };
const INTEGERS: [&str; 7] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32"];

/// How the values are stored.
enum Storage {
    Text,
    Native(LitStr),
    Integer(Ident),
}

pub(crate) fn derive(input: &DeriveInput, krate: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let output = expand(input, krate, &mut errors).unwrap_or_default();
    let errors = errors.into_tokens();
    quote!(#output #errors)
}

fn expand(input: &DeriveInput, krate: &TokenStream, errors: &mut Errors) -> Option<TokenStream> {
    let ident = &input.ident;
    let title = plain(ident);
    let Data::Enum(data) = &input.data else {
        errors.on(ident, format!("`{title}` is not an enum: for a struct with one field derive `SqlType`"));
        return None;
    };
    generics(&input.generics, &format!("`{title}` is generic, and a SQL enum is one type"), errors)?;
    if data.variants.is_empty() {
        errors.on(ident, format!("`{title}` has no variants, so no column could hold it"));
        return None;
    }
    let mut unit = true;
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.on(
                &variant.fields,
                format!("`{title}::{}` has fields: a SQL enum has none; for data use `Json<{title}>`", variant.ident),
            );
            unit = false;
        }
    }
    if !unit {
        return None;
    }
    let mut items = Items::of(&input.attrs, errors);
    let storage = storage(&mut items, errors);
    let case_at = items.take("rename_all", errors);
    let case = case_at.as_ref().and_then(|item| errors.ok(item.string().and_then(|text| Case::parse(&text))));
    items.finish(&ALLOWED, errors);
    let variants: Vec<&Variant> = data.variants.iter().collect();
    let names = names(&variants, case.unwrap_or(Case::Snake), &storage, errors);
    if let (Storage::Integer(_), Some(item)) = (&storage, case_at) {
        errors.at(item.span(), "`rename_all` has no use here: the values are integers");
    }
    let body = match &storage {
        Storage::Text => text(krate, &title, &variants, &names),
        Storage::Native(name) => native(krate, &title, name, &variants, &names),
        Storage::Integer(integer) => integers(krate, ident, integer, &variants),
    };
    Some(quote! {
        const _: () = {
            #[automatically_derived]
            impl #krate::types::SqlType for #ident {
                type Base = Self;
                type Null = #krate::types::NotNull;
                #body
            }
        };
    })
}

fn storage(items: &mut Items, errors: &mut Errors) -> Storage {
    let text = items.flag("text", errors).map(|item| (item.span(), Storage::Text));
    let native = items.take("native", errors).and_then(|item| {
        let name = match item.body {
            Body::Flag => Err(syn::Error::new(item.span(), "name the database's type: `native = \"mood\"`")),
            _ => item.string(),
        };
        Some((item.span(), Storage::Native(errors.ok(name)?)))
    });
    let integer = items.take("integer", errors).and_then(|item| Some((item.span(), errors.ok(integer(&item))?)));
    let mut all = [text, native, integer].into_iter().flatten();
    let first = all.next().map(|(_, storage)| storage);
    for (span, _) in all {
        errors.at(span, "an enum is stored in one way: `text`, `integer` or `native`");
    }
    first.unwrap_or(Storage::Text)
}

/// `integer` or `integer = "i16"`
fn integer(item: &Item) -> syn::Result<Storage> {
    if matches!(item.body, Body::Flag) {
        return Ok(Storage::Integer(Ident::new("i32", Span::call_site())));
    }
    let name = item.string()?;
    let value = name.value();
    if INTEGERS.contains(&value.as_str()) {
        return Ok(Storage::Integer(Ident::new(&value, name.span())));
    }
    Err(syn::Error::new(name.span(), format!("`integer` is one of {}", INTEGERS.join(", "))))
}

/// The values' names, no two of them alike.
fn names(variants: &[&Variant], case: Case, storage: &Storage, errors: &mut Errors) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for variant in variants {
        let mut items = Items::of(&variant.attrs, errors);
        let rename = items.take("rename", errors);
        items.finish(&VARIANT, errors);
        if let (Storage::Integer(_), Some(item)) = (storage, &rename) {
            errors.at(item.span(), "`rename` has no use here: the values are integers");
        }
        let given = rename.and_then(|item| errors.ok(item.string()));
        let span = given.as_ref().map_or(variant.ident.span(), LitStr::span);
        let name = given.map_or_else(|| case.apply(&plain(&variant.ident)), |given| given.value());
        if names.contains(&name) && !matches!(storage, Storage::Integer(_)) {
            errors.at(span, format!("two variants are stored as {name:?}: rename one with `#[orm(rename = \"…\")]`"));
        }
        names.push(name);
    }
    names
}

/// `Self::Happy => "happy"`, and back, with the error for a name that none has.
fn both_ways(krate: &TokenStream, title: &str, variants: &[&Variant], names: &[String]) -> (TokenStream, TokenStream) {
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let known = names.join(", ");
    let to = quote!(match self { #(Self::#idents => #names),* });
    let decode = quote! {
        fn decode(
            row: &dyn #krate::types::Row,
            index: usize,
        ) -> ::core::result::Result<::core::option::Option<Self>, #krate::types::DecodeError> {
            let ::core::option::Option::Some(text) = #krate::types::Row::text(row, index)? else {
                return ::core::result::Result::Ok(::core::option::Option::None);
            };
            match &*text {
                #(#names => ::core::result::Result::Ok(::core::option::Option::Some(Self::#idents)),)*
                other => ::core::result::Result::Err(#krate::__private::no_variant(&other, #title, #known)),
            }
        }
    };
    (to, decode)
}

fn text(krate: &TokenStream, title: &str, variants: &[&Variant], names: &[String]) -> TokenStream {
    let (to, decode) = both_ways(krate, title, variants, names);
    quote! {
        const KIND: #krate::types::Kind = #krate::types::Kind::Text;

        fn sql_type() -> #krate::types::Type {
            #krate::types::Type::Text { length: ::core::option::Option::None }
        }

        fn to_value(&self) -> #krate::types::Value {
            #krate::types::Value::Text(::std::string::String::from(#to))
        }

        #decode
    }
}

fn native(krate: &TokenStream, title: &str, name: &LitStr, variants: &[&Variant], names: &[String]) -> TokenStream {
    let (to, decode) = both_ways(krate, title, variants, names);
    quote! {
        const KIND: #krate::types::Kind = #krate::types::Kind::Enum(#name);

        fn sql_type() -> #krate::types::Type {
            #krate::types::Type::Enum {
                name: ::std::borrow::Cow::Borrowed(#name),
                values: ::std::vec![#(::std::borrow::Cow::Borrowed(#names)),*],
            }
        }

        fn to_value(&self) -> #krate::types::Value {
            #krate::types::Value::Enum { type_name: #name, value: ::std::string::String::from(#to) }
        }

        #decode
    }
}

fn integers(krate: &TokenStream, ident: &Ident, integer: &Ident, variants: &[&Variant]) -> TokenStream {
    let title = plain(ident);
    let idents: Vec<_> = variants.iter().map(|variant| &variant.ident).collect();
    let known = idents.iter().map(|ident| plain(ident)).collect::<Vec<_>>().join(", ");
    let checks = variants.iter().map(|variant| {
        let name = &variant.ident;
        let message = format!("the value of `{title}::{name}` does not fit `{integer}`: say `integer = \"i64\"`");
        let span = name.span();
        quote::quote_spanned! {span=>
            const _: () = ::core::assert!(#ident::#name as i128 == (#ident::#name as #integer) as i128, #message);
        }
    });
    quote! {
        const KIND: #krate::types::Kind = <#integer as #krate::types::SqlType>::KIND;

        fn sql_type() -> #krate::types::Type {
            <#integer as #krate::types::SqlType>::sql_type()
        }

        #[allow(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_lossless)]
        fn to_value(&self) -> #krate::types::Value {
            #(#checks)*
            #krate::types::SqlType::to_value(&match self { #(Self::#idents => Self::#idents as #integer),* })
        }

        #[allow(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_lossless)]
        fn decode(
            row: &dyn #krate::types::Row,
            index: usize,
        ) -> ::core::result::Result<::core::option::Option<Self>, #krate::types::DecodeError> {
            let ::core::option::Option::Some(number) = <#integer as #krate::types::SqlType>::decode(row, index)? else {
                return ::core::result::Result::Ok(::core::option::Option::None);
            };
            #(
                if number == Self::#idents as #integer {
                    return ::core::result::Result::Ok(::core::option::Option::Some(Self::#idents));
                }
            )*
            ::core::result::Result::Err(#krate::__private::no_variant(&number, #title, #known))
        }
    }
}
