//! What a derive can tell from a field's type as it is written. A type alias hides it; then the compiler checks.

use proc_macro2::Ident;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// The last segment of a path.
fn last(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Paren(inner) => last(&inner.elem),
        Type::Group(inner) => last(&inner.elem),
        _ => None,
    }
}

/// The last name of a path: `HasMany` of `model::HasMany<User>`.
pub(crate) fn last_name(ty: &Type) -> Option<&Ident> {
    last(ty).map(|segment| &segment.ident)
}

/// The type between the angle brackets, where there is exactly one.
pub(crate) fn argument(ty: &Type) -> Option<&Type> {
    match &last(ty)?.arguments {
        PathArguments::AngleBracketed(arguments) if arguments.args.len() == 1 => match arguments.args.first() {
            Some(GenericArgument::Type(inner)) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

/// `T` of `Name<T>`.
pub(crate) fn inside<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    if last_name(ty)? == name { argument(ty) } else { None }
}

/// Without `Auto`.
pub(crate) fn without_auto(ty: &Type) -> &Type {
    inside(ty, "Auto").unwrap_or(ty)
}

/// Without `Auto` and `Option`.
pub(crate) fn base(ty: &Type) -> &Type {
    let ty = without_auto(ty);
    inside(ty, "Option").unwrap_or(ty)
}

/// The family of a SQL type, where it can be told from its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Integer,
    Text,
    Bytes,
    Decimal,
    Other,
}

pub(crate) fn family(ty: &Type) -> Option<Family> {
    let ty = base(ty);
    let name = last_name(ty)?.to_string();
    Some(match name.as_str() {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => Family::Integer,
        "String" => Family::Text,
        "Vec" if inside(ty, "Vec").and_then(last_name).is_some_and(|name| name == "u8") => Family::Bytes,
        "Decimal" | "BigDecimal" => Family::Decimal,
        "bool" | "f32" | "f64" | "NaiveDate" | "NaiveTime" | "NaiveDateTime" | "DateTime" | "TimeDelta" | "Uuid"
        | "Json" => Family::Other,
        _ => return None,
    })
}

/// Whether the column may be NULL; `None` when the type's name does not tell.
pub(crate) fn nullable(ty: &Type) -> Option<bool> {
    let ty = without_auto(ty);
    if last_name(ty)? == "Option" {
        return Some(true);
    }
    family(ty).map(|_| false)
}
