//! The static description of the table.

use super::Model;
use super::columns::Column;
use super::constraints::{Action, Actions, ForeignKey};
use super::relationships::{Cascade, Kind, PassiveDeletes, Relationship, Secondary};
use crate::names::{at, plain};
use crate::rust_types::base;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{LitStr, Type};

/// The value of the `TableDef`.
pub(super) fn table(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let entity = quote!(#krate::entity);
    let (name, title, ident) = (&model.table, model.title(), &model.ident);
    let schema = option(model.schema.as_ref());
    let comment = option(model.comment.as_ref());
    let columns = model.columns.iter().enumerate().map(|(index, column)| self::column(model, index, column));
    let primary_key = indexes(&model.primary_key.columns);
    let primary_key_name = option(model.primary_key.name.as_ref());
    let foreign_keys = model.foreign_keys.iter().map(|key| foreign_key(key, &entity));
    let uniques = model.uniques.iter().map(|unique| {
        let (name, columns) = (option(unique.name.as_ref()), indexes(&unique.columns));
        quote!(#entity::UniqueDef { name: #name, columns: &#columns })
    });
    let checks = model.checks.iter().map(|check| {
        let (name, expression) = (option(check.name.as_ref()), &check.expression);
        quote!(#entity::CheckDef { name: #name, expression: #expression })
    });
    let indexes_ = model.indexes.iter().map(|index| {
        let (name, filter) = (option(index.name.as_ref()), option(index.filter.as_ref()));
        let (columns, unique) = (indexes(&index.columns), index.unique);
        quote!(#entity::IndexDef { name: #name, columns: &#columns, unique: #unique, filter: #filter })
    });
    let relationships = model.relationships.iter().map(|field| relationship(model, field));
    let version = option(model.columns.iter().position(|column| column.version.is_some()).map(number));
    quote! {
        #entity::TableDef {
            name: #name,
            schema: #schema,
            model: #title,
            comment: #comment,
            columns: &[#(#columns),*],
            primary_key: &#primary_key,
            primary_key_name: #primary_key_name,
            foreign_keys: &[#(#foreign_keys),*],
            uniques: &[#(#uniques),*],
            checks: &[#(#checks),*],
            indexes: &[#(#indexes_),*],
            relationships: &[#(#relationships),*],
            version: #version,
            type_id: ::core::any::TypeId::of::<#ident>,
            mapper: || {
                static MAPPER: #krate::model::Mapper = #krate::model::Mapper::of::<#ident>();
                &MAPPER
            },
            resolved: #entity::ResolvedOnce::new(),
        }
    }
}

/// The type as a field, at its place: all that is wrong with it is then one message there.
pub(super) fn as_field(krate: &TokenStream, ty: &Type) -> TokenStream {
    let krate = at(krate, ty.span());
    quote_spanned!(ty.span()=> <#ty as #krate::types::Field>)
}

/// The SQL type of a field's column.
pub(super) fn sql(krate: &TokenStream, ty: &Type) -> TokenStream {
    let krate = at(krate, ty.span());
    quote_spanned!(ty.span()=> <#ty as #krate::types::Field>::Sql)
}

/// An index as a literal.
pub(super) fn number(index: usize) -> proc_macro2::Literal {
    // A struct with more than 65,535 fields does not compile: the literal is out of range then.
    proc_macro2::Literal::usize_unsuffixed(index)
}

fn indexes(columns: &[usize]) -> TokenStream {
    let columns = columns.iter().copied().map(number);
    quote!([#(#columns),*])
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn column(model: &Model, index: usize, column: &Column) -> TokenStream {
    let krate = &model.krate;
    let (ty, name, field) = (&column.ty, &column.name, plain(&column.ident));
    let as_field = as_field(krate, ty);
    let sql_type = sql_type(krate, column, &as_field);
    let server_default = option(column.server_default.as_ref());
    let comment = option(column.comment.as_ref());
    let default = option(column.default.as_ref().map(|value| {
        let (model, constant) = (&model.ident, &column.constant);
        let to = quote_spanned!(value.span()=> #model::#constant.to(#value));
        quote!(|| #to.into_parts().1)
    }));
    let candidate = model.primary_key.columns == [index]
        && column.auto_increment.is_none()
        && column.references.is_none()
        && column.server_default.is_none()
        && column.default.is_none()
        && !model.foreign_keys.iter().any(|key| key.columns.contains(&index));
    let auto_increment = if candidate { quote!(#as_field::NUMBERED) } else { quote!(false) };
    quote! {
        #krate::entity::ColumnDef {
            name: #name,
            field: #field,
            sql_type: #sql_type,
            nullable: #as_field::NULLABLE,
            auto: #as_field::AUTO,
            auto_increment: #auto_increment,
            server_default: #server_default,
            default: #default,
            comment: #comment,
        }
    }
}

/// The function that gives the column's type, with what the attributes say put in.
fn sql_type(krate: &TokenStream, column: &Column, as_field: &TokenStream) -> TokenStream {
    let own = quote!(#as_field::column_type);
    if let Some(raw) = &column.sql_type {
        return quote!(|| #krate::types::Type::Raw(::std::borrow::Cow::Borrowed(#raw)));
    }
    if let Some((length, _)) = column.length {
        return quote!(|| #krate::__private::with_length(#own(), #length));
    }
    if let Some((precision, _)) = column.precision {
        let scale = option(column.scale.map(|(scale, _)| scale));
        return quote!(|| #krate::__private::with_precision(#own(), #precision, #scale));
    }
    own
}

fn foreign_key(key: &ForeignKey, entity: &TokenStream) -> TokenStream {
    let (name, columns, references) = (option(key.name.as_ref()), indexes(&key.columns), &key.references);
    let Actions { on_delete, on_update } = key.actions;
    let action = |action: Option<(Action, Span)>| {
        let action = match action.map(|(action, _)| action) {
            None | Some(Action::NoAction) => quote!(NoAction),
            Some(Action::Restrict) => quote!(Restrict),
            Some(Action::Cascade) => quote!(Cascade),
            Some(Action::SetNull) => quote!(SetNull),
            Some(Action::SetDefault) => quote!(SetDefault),
        };
        quote!(#entity::Action::#action)
    };
    let (on_delete, on_update) = (action(on_delete), action(on_update));
    quote! {
        #entity::ForeignKeyDef {
            name: #name,
            columns: &#columns,
            references: #entity::ReferencesDef::Lazy(&[#(|| #references.raw()),*]),
            on_delete: #on_delete,
            on_update: #on_update,
        }
    }
}

fn relationship(model: &Model, field: &Relationship) -> TokenStream {
    let krate = &model.krate;
    let entity = quote!(#krate::entity);
    let (name, this, target) = (plain(&field.ident), &model.ident, &field.target);
    let full_name = format!("{}::{name}", model.title());
    let kind = match field.kind {
        Kind::BelongsTo => quote!(BelongsTo),
        Kind::HasOne => quote!(HasOne),
        Kind::HasMany => quote!(HasMany),
        Kind::ManyToMany => quote!(ManyToMany),
    };
    let foreign_key = field.foreign_key.iter().map(plain);
    let inverse = option(field.inverse.as_ref().map(|inverse| {
        quote! {{
            fn inverse() -> #entity::RelRef {
                fn raw<K>(relationship: #entity::Rel<#target, #this, K>) -> #entity::RelRef {
                    relationship.raw()
                }
                raw(#inverse)
            }
            inverse
        }}
    }));
    let strings = |names: &[LitStr]| quote!(&[#(#names),*]);
    let secondary = option(field.secondary.as_ref().map(|secondary| match secondary {
        Secondary::Table { name, from, to } => {
            let (from, to) = (strings(from), strings(to));
            quote!(#entity::Secondary::Named { table: #name, from: #from, to: #to })
        }
        Secondary::Model(model) => {
            let table = quote_spanned!(model.span()=> <#model as #entity::Model>::TABLE);
            quote!(#entity::Secondary::Model(|| #table))
        }
    }));
    let order_by = option(field.order_by.as_ref().map(|order| {
        // Out of sight of the user's expression.
        let keys = Ident::new("keys", Span::mixed_site());
        let push = quote_spanned!(order.span()=> #krate::expr::OrderBy::push_to(#order, &mut #keys));
        quote! {
            || {
                let mut #keys = ::std::vec::Vec::new();
                #push;
                #keys
            }
        }
    }));
    let Cascade { delete, delete_orphan, expunge } = field.cascade;
    let passive_deletes = match field.passive_deletes {
        PassiveDeletes::No => quote!(No),
        PassiveDeletes::Yes => quote!(Yes),
        PassiveDeletes::All => quote!(All),
    };
    let (passive_updates, post_update, single_parent) = (field.passive_updates, field.post_update, field.single_parent);
    let table = quote_spanned!(base(target).span()=> <#target as #entity::Model>::TABLE);
    quote! {
        #entity::RelationshipDef {
            name: #name,
            full_name: #full_name,
            kind: #entity::RelKind::#kind,
            target: || #table,
            foreign_key: &[#(#foreign_key),*],
            inverse: #inverse,
            secondary: #secondary,
            order_by: #order_by,
            cascade: #entity::Cascade {
                save_update: true,
                delete: #delete,
                delete_orphan: #delete_orphan,
                expunge: #expunge,
            },
            passive_deletes: #entity::PassiveDeletes::#passive_deletes,
            passive_updates: #passive_updates,
            post_update: #post_update,
            single_parent: #single_parent,
            load: ::core::option::Option::None,
            filter: ::core::option::Option::None,
        }
    }
}
