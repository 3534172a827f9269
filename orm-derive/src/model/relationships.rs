//! Fields that are relationships.

use super::Place;
use crate::attributes::{Allowed, Body, Item, Items};
use crate::errors::Errors;
use crate::rust_types::{argument, inside, last_name};
use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, LitStr, Path, Type, Visibility};

const LOAD: &str = "is not supported yet: ask for it in the query, with `.options(selectinload(…))`";
const ALLOWED: Allowed = Allowed {
    what: "attribute of a relationship",
    names: &[
        "foreign_key",
        "inverse",
        "secondary",
        "from",
        "to",
        "cascade",
        "passive_deletes",
        "passive_updates",
        "post_update",
        "single_parent",
        "order_by",
        "constraint",
        "constant",
    ],
    refused: &[
        ("load", LOAD),
        ("join_depth", LOAD),
        ("filter", "is not supported yet: filter where it is loaded, with `selectinload(…).filter(…)`"),
        ("references", "is an attribute of a column: write it at the field that holds the key"),
        ("on_delete", "is an attribute of a column: write it at the field that holds the key"),
        ("on_update", "is an attribute of a column: write it at the field that holds the key"),
        ("primary_key", "is an attribute of a column: write it at the field that holds the key"),
        ("unique", "is an attribute of a column: write it at the field that holds the key"),
        ("index", "is an attribute of a column: write it at the field that holds the key"),
        ("column", "is an attribute of a column: write it at the field that holds the key"),
        ("default", "is an attribute of a column, and this field is a relationship"),
        ("server_default", "is an attribute of a column, and this field is a relationship"),
        ("skip", "has no use here: a relationship is not a column"),
        ("embedded", "is not supported yet"),
    ],
};

const CASCADE: Allowed = Allowed {
    what: "cascade",
    names: &["all", "save_update", "delete", "delete_orphan", "expunge"],
    refused: &[
        ("merge", "is not needed: `session.merge` follows every relationship that is loaded"),
        ("refresh_expire", "is not supported yet"),
    ],
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    BelongsTo,
    HasOne,
    HasMany,
    ManyToMany,
}

const KINDS: [(&str, Kind); 4] = [
    ("BelongsTo", Kind::BelongsTo),
    ("HasOne", Kind::HasOne),
    ("HasMany", Kind::HasMany),
    ("ManyToMany", Kind::ManyToMany),
];

/// The table between the two sides.
pub(super) enum Secondary {
    Table { name: LitStr, from: Vec<LitStr>, to: Vec<LitStr> },
    Model(Path),
}

#[derive(Clone, Copy)]
pub(super) struct Cascade {
    pub(super) delete: bool,
    pub(super) delete_orphan: bool,
    pub(super) expunge: bool,
}

#[derive(Clone, Copy)]
pub(super) enum PassiveDeletes {
    No,
    Yes,
    All,
}

/// A relationship as it is understood.
pub(super) struct Relationship {
    pub(super) ident: Ident,
    pub(super) vis: Visibility,
    pub(super) ty: Type,
    pub(super) docs: Vec<Expr>,
    pub(super) constant: Ident,
    pub(super) kind: Kind,
    /// The model it leads to.
    pub(super) target: Type,
    /// Whether it is a `BelongsTo<Option<T>>`.
    pub(super) optional: bool,
    pub(super) foreign_key: Vec<Ident>,
    pub(super) inverse: Option<Path>,
    pub(super) secondary: Option<Secondary>,
    pub(super) order_by: Option<Expr>,
    pub(super) cascade: Cascade,
    pub(super) passive_deletes: PassiveDeletes,
    pub(super) passive_updates: bool,
    pub(super) post_update: bool,
    pub(super) single_parent: bool,
    /// `constraint = false`
    pub(super) unconstrained: Option<Span>,
    /// The columns of this model that hold its key, as far as is known. For a belongs-to.
    pub(super) key: Vec<usize>,
}

fn kind(ty: &Type) -> Option<Kind> {
    let name = last_name(ty)?;
    KINDS.iter().find(|(kind, _)| name == kind).map(|(_, kind)| *kind)
}

pub(super) fn is_relationship(ty: &Type) -> bool {
    kind(ty).is_some()
}

pub(super) fn read(place: &Place<'_>, mut items: Items, errors: &mut Errors) -> Option<Relationship> {
    let field = place.path();
    let kind = kind(place.ty).unwrap_or(Kind::BelongsTo);
    let target = target(place.ty, kind, &field, errors);
    let constant = place.constant(&mut items, errors);
    let foreign_key = foreign_key(&mut items, kind, &field, errors);
    let inverse = items.take("inverse", errors).and_then(|item| errors.ok(inverse(&item)));
    let secondary = secondary(&mut items, kind, &field, errors);
    let order_by = items.take("order_by", errors).and_then(|item| {
        if !matches!(kind, Kind::HasMany | Kind::ManyToMany) {
            errors.at(item.span(), format!("`{field}` leads to one object, so there is nothing to order"));
        }
        errors.ok(item.expression("order_by = Address::id"))
    });
    if let Some(Secondary::Model(_)) = &secondary {
        for name in ["cascade", "passive_deletes", "single_parent"] {
            for item in items.take_all(name) {
                errors.at(
                    item.span(),
                    format!("`{field}` is read-only, since a model is the table between: write `{name}` there"),
                );
            }
        }
    }
    let cascade = cascade(&mut items, kind, &field, errors);
    let passive_deletes = passive_deletes(&mut items, kind, &field, errors);
    let passive_updates = passive_updates(&mut items, kind, &field, errors);
    let post_update = items.flag("post_update", errors).map(|item| item.span());
    let single_parent = items.flag("single_parent", errors).map(|item| item.span());
    if let Some(span) = post_update
        && kind == Kind::ManyToMany
    {
        errors.at(span, format!("`{field}` is a `ManyToMany`: its table's rows are written after both sides anyway"));
    }
    if let Some(span) = single_parent
        && !matches!(kind, Kind::ManyToMany | Kind::BelongsTo)
    {
        errors.at(
            span,
            format!(
                "`{field}` is a `{kind:?}`: the members' own key leads to one parent only, so there is nothing to add"
            ),
        );
    }
    let unconstrained = items.boolean("constraint", errors).and_then(|(value, span)| {
        if value {
            errors.at(span, "the only thing to say is `constraint = false`");
        } else if kind != Kind::BelongsTo || foreign_key.is_empty() {
            errors.at(
                span,
                format!("`{field}`: `constraint = false` goes with a `BelongsTo` and the fields of its key, as in `foreign_key = user_id, constraint = false`"),
            );
        }
        (!value).then_some(span)
    });
    items.finish(&ALLOWED, errors);
    let (target, optional) = target?;
    if let Some(span) = post_update
        && kind == Kind::BelongsTo
        && !optional
    {
        errors.at(
            span,
            format!("`{field}` always leads to an object: `post_update` writes its key afterwards, so it must be a `BelongsTo<Option<…>>`"),
        );
    }
    Some(Relationship {
        ident: place.ident.clone(),
        vis: place.vis.clone(),
        ty: place.ty.clone(),
        docs: place.docs(),
        constant,
        kind,
        target,
        optional,
        foreign_key,
        inverse,
        secondary,
        order_by,
        cascade,
        passive_deletes,
        passive_updates,
        post_update: post_update.is_some(),
        single_parent: single_parent.is_some(),
        unconstrained,
        key: Vec::new(),
    })
}

fn target(ty: &Type, kind: Kind, field: &str, errors: &mut Errors) -> Option<(Type, bool)> {
    let Some(argument) = argument(ty) else {
        errors.on(ty, format!("`{field}`: name the model it leads to, as in `{kind:?}<User>`"));
        return None;
    };
    match inside(argument, "Option") {
        Some(target) if kind == Kind::BelongsTo => Some((target.clone(), true)),
        Some(target) => {
            let target_name = last_name(target).map(ToString::to_string).unwrap_or_default();
            errors.on(argument, format!("`{field}` needs no `Option`: write `{kind:?}<{target_name}>`"));
            None
        }
        None => Some((argument.clone(), false)),
    }
}

fn foreign_key(items: &mut Items, kind: Kind, field: &str, errors: &mut Errors) -> Vec<Ident> {
    let Some(item) = items.take("foreign_key", errors) else { return Vec::new() };
    if kind == Kind::ManyToMany {
        errors.at(
            item.span(),
            format!("`{field}` holds its keys in a table between: name it with `secondary = \"…\"`, its columns with `from` and `to`"),
        );
        return Vec::new();
    }
    let example = "foreign_key = user_id";
    let names = match item.body {
        Body::List(_) => item.idents("foreign_key(a, b)"),
        _ => item.path(example).and_then(|path| match path.get_ident() {
            Some(name) => Ok(vec![name.clone()]),
            None => {
                let last = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
                Err(syn::Error::new_spanned(path, format!("write the field alone: `foreign_key = {last}`")))
            }
        }),
    };
    errors.ok(names).unwrap_or_default()
}

fn inverse(item: &Item) -> syn::Result<Path> {
    let path = item.path("inverse = Address::user")?;
    if path.segments.len() < 2 {
        let message = "`inverse` names a relationship of the other model: `inverse = Address::user`";
        return Err(syn::Error::new(item.value_span(), message));
    }
    Ok(path)
}

fn secondary(items: &mut Items, kind: Kind, field: &str, errors: &mut Errors) -> Option<Secondary> {
    let from = items.take("from", errors);
    let to = items.take("to", errors);
    let Some(item) = items.take("secondary", errors) else {
        for stray in [&from, &to].into_iter().flatten() {
            errors.at(stray.span(), format!("`{}` names columns of a `secondary = \"…\"`", stray.name()));
        }
        return None;
    };
    if kind != Kind::ManyToMany {
        errors.at(item.span(), format!("`{field}` is a `{kind:?}`: only a `ManyToMany` has a table between"));
        return None;
    }
    let strings =
        |item: Option<Item>, errors: &mut Errors| item.and_then(|item| errors.ok(strings(&item))).unwrap_or_default();
    if let Ok(name) = item.string() {
        let (from, to) = (strings(from, errors), strings(to, errors));
        return Some(Secondary::Table { name, from, to });
    }
    let model = errors.ok(item.path("secondary = \"table\"` or `secondary = Model"))?;
    for stray in [&from, &to].into_iter().flatten() {
        let message = format!("`{}` is not needed: the foreign keys of the model tell", stray.name());
        errors.at(stray.span(), message);
    }
    Some(Secondary::Model(model))
}

/// `from = "a"` or `from = ["a", "b"]`
fn strings(item: &Item) -> syn::Result<Vec<LitStr>> {
    let wrong = |span| {
        syn::Error::new(span, format!("expected a column or a list of them: `{} = [\"a\", \"b\"]`", item.name()))
    };
    match &item.body {
        Body::Value(value) => match &**value {
            Expr::Array(list) => list
                .elems
                .iter()
                .map(|element| match element {
                    Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
                    other => Err(wrong(other.span())),
                })
                .collect(),
            _ => item.string().map(|text| vec![text]).map_err(|_| wrong(item.value_span())),
        },
        _ => Err(wrong(item.span())),
    }
}

fn cascade(items: &mut Items, kind: Kind, field: &str, errors: &mut Errors) -> Cascade {
    let mut cascade = Cascade { delete: false, delete_orphan: false, expunge: false };
    let Some(item) = items.take("cascade", errors) else { return cascade };
    let mut inner = Items::inside(item, "cascade(all, delete_orphan)", errors);
    let all = inner.flag("all", errors);
    if let Some(given) = inner.take("save_update", errors)
        && !matches!(given.body, Body::Flag)
    {
        let message = "`save_update` is always on; turning it off is not supported yet";
        errors.at(given.span(), message);
    }
    let delete = inner.flag("delete", errors);
    let orphan = inner.flag("delete_orphan", errors);
    let expunge = inner.flag("expunge", errors);
    inner.finish(&CASCADE, errors);
    if kind == Kind::BelongsTo {
        for given in [&all, &delete, &orphan].into_iter().flatten() {
            errors.at(
                given.span(),
                format!(
                    "`{field}` is a `BelongsTo`: deletions follow a `HasMany` or `HasOne`, from the row that is referenced"
                ),
            );
        }
    }
    cascade.delete = all.is_some() || delete.is_some();
    cascade.delete_orphan = orphan.is_some();
    cascade.expunge = all.is_some() || expunge.is_some();
    if let Some(orphan) = orphan {
        if kind == Kind::ManyToMany {
            errors.at(
                orphan.span(),
                format!("`{field}` is a `ManyToMany`: its members may have other owners, so that none is an orphan"),
            );
        } else if !cascade.delete {
            errors.at(orphan.span(), "`delete_orphan` needs `delete`: write `cascade(all, delete_orphan)`");
        }
    }
    cascade
}

fn passive_deletes(items: &mut Items, kind: Kind, field: &str, errors: &mut Errors) -> PassiveDeletes {
    let Some(item) = items.take("passive_deletes", errors) else { return PassiveDeletes::No };
    if kind == Kind::BelongsTo {
        let message = format!("`{field}` is a `BelongsTo`: only collections and `HasOne` have rows to leave alone");
        errors.at(item.span(), message);
    }
    match &item.body {
        Body::Flag => PassiveDeletes::Yes,
        _ => {
            if !item.string().is_ok_and(|text| text.value() == "all") {
                errors.at(item.value_span(), "write `passive_deletes`, or `passive_deletes = \"all\"`");
            }
            PassiveDeletes::All
        }
    }
}

fn passive_updates(items: &mut Items, kind: Kind, field: &str, errors: &mut Errors) -> bool {
    let Some((value, span)) = items.boolean("passive_updates", errors) else { return true };
    if value {
        errors.at(span, "the only thing to say is `passive_updates = false`");
    } else if kind == Kind::BelongsTo {
        errors.at(
            span,
            format!("`{field}` is a `BelongsTo`: say it at the `HasMany` or `HasOne` of the model whose key changes"),
        );
    } else if kind == Kind::ManyToMany {
        errors.at(span, format!("`{field}` is a `ManyToMany`: the keys of its table have ON UPDATE CASCADE"));
    }
    value
}
