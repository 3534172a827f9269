//! Fields that are columns.

use super::constraints::{Action, Actions, Given};
use super::{Place, VALIDATE};
use crate::attributes::{Allowed, Body, Item, Items};
use crate::errors::Errors;
use crate::names::{Case, plain};
use crate::rust_types::{Family, base, family, inside, last_name, nullable, without_auto};
use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Expr, LitStr, Path, Type, Visibility};

const ALLOWED: Allowed = Allowed {
    what: "attribute of a column",
    names: &[
        "primary_key",
        "unique",
        "index",
        "length",
        "precision",
        "scale",
        "column",
        "sql_type",
        "references",
        "on_delete",
        "on_update",
        "server_default",
        "default",
        "comment",
        "version",
        "auto_increment",
        "check",
        "skip",
        "constant",
        "validate",
    ],
    refused: &[
        ("embedded", "is not supported yet: write the columns as fields of the model"),
        ("prefix", "is not supported yet: it belongs to `embedded`; write the columns as fields of the model"),
        ("base", "is not supported yet: inheritance is not built"),
        ("foreign_key", "is an attribute of a relationship; a column says `references = Other::id`"),
        ("inverse", "is an attribute of a relationship, and this field is a column"),
        ("secondary", "is an attribute of a `ManyToMany`, and this field is a column"),
        ("cascade", "is an attribute of a relationship; a column says `on_delete = \"cascade\"`"),
        ("order_by", "is an attribute of a relationship, and this field is a column"),
        ("passive_deletes", "is an attribute of a relationship, and this field is a column"),
        ("nullable", "is not needed: make the field an `Option`"),
        ("type", "is written `sql_type = \"…\"`"),
        ("name", "is written `column = \"…\"`"),
        ("rename", "is written `column = \"…\"`"),
        ("none_as_null", "is not supported yet"),
    ],
};

/// A column as it is understood.
pub(super) struct Column {
    pub(super) ident: Ident,
    pub(super) vis: Visibility,
    pub(super) ty: Type,
    pub(super) docs: Vec<Expr>,
    pub(super) constant: Ident,
    /// Its SQL name, and where that comes from.
    pub(super) name: String,
    pub(super) name_span: Span,
    pub(super) primary_key: Option<Span>,
    pub(super) unique: Option<Given>,
    pub(super) index: Option<Given>,
    pub(super) length: Option<(u32, Span)>,
    pub(super) precision: Option<(u32, Span)>,
    pub(super) scale: Option<(u32, Span)>,
    pub(super) sql_type: Option<LitStr>,
    pub(super) references: Option<Reference>,
    pub(super) server_default: Option<LitStr>,
    pub(super) default: Option<Expr>,
    pub(super) comment: Option<LitStr>,
    pub(super) version: Option<Span>,
    pub(super) auto_increment: Option<(bool, Span)>,
    pub(super) check: Option<LitStr>,
    /// The function that checks a value.
    pub(super) validate: Option<Path>,
}

/// `references = User::id`, with what follows its changes.
pub(super) struct Reference {
    pub(super) path: Path,
    pub(super) actions: Actions,
}

/// Refuses a type that is known not to be built yet.
pub(super) fn refused(place: &Place<'_>, errors: &mut Errors) -> bool {
    let deferred = last_name(place.ty).is_some_and(|name| name == "Deferred");
    if deferred {
        let message = "columns are not supported yet; write the type without it";
        errors.on(place.ty, format!("`{}`: `Deferred` {message}", place.path()));
    }
    deferred
}

/// A field that is no column: nothing else may be said about it.
pub(super) fn skip(mut items: Items, errors: &mut Errors) {
    items.flag("skip", errors);
    if let Some(other) = items.first() {
        errors.at(other.span(), format!("`{}` says something about a column, but the field is skipped", other.name()));
    }
}

pub(super) fn read(place: &Place<'_>, mut items: Items, case: Option<Case>, errors: &mut Errors) -> Column {
    let field = place.path();
    let given_name = items.string("column", errors);
    let name = match (&given_name, case) {
        (Some(name), _) => name.value(),
        (None, Some(case)) => case.apply(&plain(place.ident)),
        (None, None) => plain(place.ident),
    };
    let references = items.take("references", errors);
    let path = references.as_ref().and_then(|item| errors.ok(reference(item)));
    let actions = Actions::take(&mut items, errors);
    let unset = |ty: &Type| nullable(ty) == Some(false);
    for (action, span) in actions.both() {
        if references.is_none() {
            errors.at(span, format!("`{field}` has no `references`, so nothing can happen to it"));
        } else if action == Action::SetNull && unset(place.ty) {
            errors.at(span, format!("`{field}` can't be set to NULL; make it an `Option`, or choose another action"));
        } else if action == Action::SetDefault && unset(place.ty) && !items.has("server_default") {
            errors.at(span, format!("`{field}` has no default to be set to: add `server_default = \"…\"`"));
        }
    }
    let spanned = |number: (u32, syn::LitInt)| (number.0, number.1.span());
    let column = Column {
        ident: place.ident.clone(),
        vis: place.vis.clone(),
        ty: place.ty.clone(),
        docs: place.docs(),
        constant: place.constant(&mut items, errors),
        name_span: given_name.map_or_else(|| place.ident.span(), |name| name.span()),
        name,
        primary_key: items.flag("primary_key", errors).map(|item| item.span()),
        unique: items.take("unique", errors).and_then(|item| errors.ok(Given::read(&item))),
        index: items.take("index", errors).and_then(|item| errors.ok(Given::read(&item))),
        length: items.number("length", errors).map(spanned),
        precision: items.number("precision", errors).map(spanned),
        scale: items.number("scale", errors).map(spanned),
        sql_type: items.string("sql_type", errors),
        references: path.map(|path| Reference { path, actions }),
        server_default: items.string("server_default", errors),
        default: items.take("default", errors).and_then(|item| errors.ok(item.expression("default = <value>"))),
        comment: items.string("comment", errors),
        version: items.flag("version", errors).map(|item| item.span()),
        auto_increment: items.boolean("auto_increment", errors),
        check: items.string("check", errors),
        validate: items.take("validate", errors).and_then(|item| errors.ok(item.path(VALIDATE))),
    };
    items.finish(&ALLOWED, errors);
    fits(&column, &field, errors);
    column
}

fn reference(item: &Item) -> syn::Result<Path> {
    let path = item.path("references = User::id")?;
    if path.segments.len() < 2 {
        return Err(syn::Error::new(
            item.value_span(),
            "`references` names a column of a model: `references = User::id`",
        ));
    }
    Ok(path)
}

/// What is said about the column must fit its type, where its name tells.
fn fits(column: &Column, field: &str, errors: &mut Errors) {
    let (ty, family) = (&column.ty, family(&column.ty));
    let shown = |ty: &Type| quote::quote!(#ty).to_string().replace(' ', "");
    if let Some((length, span)) = column.length {
        if length == 0 {
            errors.at(span, "a length of 0 leaves no room");
        } else if family.is_some_and(|family| !matches!(family, Family::Text | Family::Bytes)) {
            errors.at(span, format!("`{field}` is `{}`: only text and bytes have a `length`", shown(ty)));
        }
    }
    for (name, given) in [("precision", column.precision), ("scale", column.scale)] {
        if let Some((_, span)) = given
            && family.is_some_and(|family| family != Family::Decimal)
        {
            errors.at(span, format!("`{field}` is `{}`: only a `Decimal` has a `{name}`", shown(ty)));
        }
    }
    match (column.precision, column.scale) {
        (Some((0, span)), _) => errors.at(span, "a precision of 0 leaves no digit"),
        (Some((precision, _)), Some((scale, span))) if scale > precision => {
            errors.at(span, format!("{scale} digits after the point are more than the {precision} digits in all"));
        }
        (None, Some((_, span))) => errors.at(span, "`scale` needs a `precision`: the number of digits in all"),
        _ => {}
    }
    if let Some(sql_type) = &column.sql_type {
        let parts = [("length", column.length), ("precision", column.precision), ("scale", column.scale)];
        for (name, given) in parts {
            if given.is_some() {
                errors.on(sql_type, format!("`sql_type` is written as it is: put the {name} into it"));
            }
        }
    }
    if let Some(span) = column.version {
        let auto = inside(ty, "Auto").is_some();
        let counted = !auto && nullable(ty) == Some(false) && family == Some(Family::Integer);
        // What tells too few versions apart is none, and what the database may round.
        let vague = last_name(base(ty)).is_some_and(|name| ["bool", "f32", "f64", "Json"].iter().any(|no| name == no));
        let given = auto && nullable(without_auto(ty)) != Some(true) && !vague;
        if !(counted || given) {
            errors.at(
                span,
                format!(
                    "`{field}` is `{}`: a version column is a plain integer, such as `i32`, which the session counts, or \
                     an `Auto<…>`, which the database gives with every UPDATE",
                    shown(ty)
                ),
            );
        } else if column.primary_key.is_some() {
            errors.at(span, format!("`{field}` can't be both the version and a part of the key"));
        }
    }
    if let Some(span) = column.primary_key
        && nullable(without_auto(ty)) == Some(true)
    {
        errors.at(span, format!("`{field}` is an `Option`: a primary key is never NULL"));
    }
    if let Some(default) = &column.default
        && inside(ty, "Auto").is_none()
    {
        let message =
            format!("`{field}` always has a value: `default` is for a field that may be unset, `Auto<{}>`", shown(ty));
        errors.at(default.span(), message);
    }
    if let (Some(_), Some(default)) = (&column.server_default, &column.default) {
        errors.at(default.span(), format!("`{field}` has a `server_default` too: one of them must go"));
    }
}

impl Given {
    /// `unique` or `unique = "name"`.
    fn read(item: &Item) -> syn::Result<Given> {
        let name = match item.body {
            Body::Flag => None,
            _ => Some(item.string()?),
        };
        Ok(Given { name, span: item.span() })
    }
}
