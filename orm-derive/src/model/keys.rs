//! The columns of a belongs-to: found in the model's own foreign keys, as the run time does.

use super::constraints::no_column;
use super::relationships::{Kind, Relationship};
use super::{Model, position};
use crate::errors::Errors;
use crate::names::plain;
use crate::rust_types::{last_name, nullable};
use proc_macro2::Ident;

/// Finds the columns of each belongs-to, as the run time does, and refuses one that has none.
pub(super) fn match_keys(model: &mut Model, errors: &mut Errors) {
    for index in 0..model.relationships.len() {
        if model.relationships[index].kind == Kind::BelongsTo {
            let key = key(model, &model.relationships[index], errors);
            model.relationships[index].key = key;
            nullability(model, &model.relationships[index], errors);
        }
    }
}

fn key(model: &Model, relationship: &Relationship, errors: &mut Errors) -> Vec<usize> {
    let field = format!("{}::{}", model.title(), plain(&relationship.ident));
    let Some(target) = last_name(&relationship.target) else { return Vec::new() };
    let target_name = plain(target);
    let leads_there = |name: Option<&Ident>| name.is_some_and(|name| plain(name) == target_name);
    let fields = |columns: &[usize]| {
        columns.iter().map(|index| plain(&model.columns[*index].ident)).collect::<Vec<_>>().join(", ")
    };
    let candidates: Vec<_> = model.foreign_keys.iter().filter(|key| leads_there(key.target())).collect();
    if relationship.foreign_key.is_empty() {
        return match candidates.as_slice() {
            [] => {
                let wanted = format!("{}_id", plain(&relationship.ident));
                let holder = model.columns.iter().find(|column| plain(&column.ident) == wanted);
                let cure = match holder {
                    Some(_) => format!("add `#[orm(references = {target_name}::id)]` to `{wanted}`"),
                    None => format!("add a field with `#[orm(references = {target_name}::id)]`, such as `{wanted}`"),
                };
                errors.on(
                    &relationship.ident,
                    format!("`{field}` has no usable foreign key: no column references `{target_name}`; {cure}"),
                );
                Vec::new()
            }
            [only] => only.columns.clone(),
            several => {
                let by_name = format!("{}_id", plain(&relationship.ident));
                let found = several.iter().find(|key| fields(&key.columns) == by_name);
                if found.is_none() {
                    let choices: Vec<_> =
                        several.iter().map(|key| format!("`foreign_key({})`", fields(&key.columns))).collect();
                    errors.on(
                        &relationship.ident,
                        format!(
                            "`{field}` is ambiguous: several columns reference `{target_name}`; add one of {}",
                            choices.join(", ")
                        ),
                    );
                }
                found.map(|key| key.columns.clone()).unwrap_or_default()
            }
        };
    }
    let mut columns = Vec::new();
    for name in &relationship.foreign_key {
        match position(&model.columns, name) {
            Some(index) => columns.push(index),
            None => {
                errors.at(name.span(), no_column(&model.ident, &model.columns, name));
                return Vec::new();
            }
        }
    }
    let constrained = candidates.iter().any(|key| key.columns == columns);
    match relationship.unconstrained {
        Some(span) if constrained => {
            errors.at(
                span,
                format!("`{}` has a foreign key to `{target_name}`: take it away, or this", fields(&columns)),
            );
        }
        None if !constrained => {
            let name = &relationship.foreign_key[0];
            errors.at(
                name.span(),
                format!(
                    "`{}` does not reference `{target_name}`: add `references` there, or `constraint = false` here",
                    fields(&columns)
                ),
            );
        }
        _ => {}
    }
    columns
}

/// A nullable key needs an `Option`, and the other way round, where the types tell; the compiler checks the rest.
fn nullability(model: &Model, relationship: &Relationship, errors: &mut Errors) {
    let known: Vec<Option<bool>> = relationship.key.iter().map(|index| nullable(&model.columns[*index].ty)).collect();
    let null = known.contains(&Some(true));
    let certain = null || known.iter().all(|known| *known == Some(false));
    if !known.is_empty() && certain && null != relationship.optional {
        errors.on(&relationship.ty, mismatch(model, relationship));
    }
}

/// What to say when the field and its key disagree.
pub(super) fn mismatch(model: &Model, relationship: &Relationship) -> String {
    let target = last_name(&relationship.target).map(plain).unwrap_or_default();
    let key: Vec<_> = relationship.key.iter().map(|index| plain(&model.columns[*index].ident)).collect();
    let field = format!("{}::{}", model.title(), plain(&relationship.ident));
    let (is, wanted) = if relationship.optional {
        ("is never NULL", format!("BelongsTo<{target}>"))
    } else {
        ("may be NULL", format!("BelongsTo<Option<{target}>>"))
    };
    format!("`{field}`: its key `{}` {is}: write `{wanted}`", key.join(", "))
}
