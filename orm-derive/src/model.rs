//! `#[derive(Model)]`.

mod checks;
mod columns;
mod constraints;
mod expand;
mod keys;
mod metadata;
mod relationships;
#[cfg(test)]
mod snapshot;

use crate::attributes::{Allowed, Items};
use crate::errors::Errors;
use crate::names::{Case, plain};
use columns::Column;
use constraints::{Check, ForeignKey, Index, PrimaryKey, Unique};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use relationships::Relationship;
use syn::{Attribute, Data, DeriveInput, Expr, Fields, Generics, LitStr, Meta, Path, Type, Visibility};

const ALLOWED: Allowed = Allowed {
    what: "attribute of a model",
    names: &[
        "table",
        "schema",
        "comment",
        "rename_all",
        "primary_key",
        "unique",
        "index",
        "check",
        "foreign_key",
        "hooks",
        "validate",
    ],
    refused: &[
        ("inherits", "is not supported yet: inheritance is not built; give the model a table of its own"),
        ("identity", "is not supported yet: inheritance is not built"),
        ("discriminator", "is not supported yet: inheritance is not built"),
        ("inheritance", "is not supported yet: inheritance is not built"),
        ("version", "is an attribute of a column: write it at the field"),
    ],
};

/// How a check of values is written.
const VALIDATE: &str = "validate = path::of::a_function";

/// A model as it is understood.
struct Model {
    krate: TokenStream,
    ident: Ident,
    vis: Visibility,
    table: String,
    schema: Option<LitStr>,
    comment: Option<LitStr>,
    columns: Vec<Column>,
    relationships: Vec<Relationship>,
    /// All fields, to build a value from.
    fields: Vec<(Ident, Part)>,
    primary_key: PrimaryKey,
    uniques: Vec<Unique>,
    indexes: Vec<Index>,
    checks: Vec<Check>,
    foreign_keys: Vec<ForeignKey>,
    /// Where it says that it has hooks.
    hooks: Option<Span>,
    /// The function that checks a whole object.
    validate: Option<Path>,
}

/// What a field is.
enum Part {
    /// The column with this index.
    Column(usize),
    Relationship,
    /// Not in the database.
    Skipped(Box<Type>),
}

impl Model {
    /// The name for messages.
    fn title(&self) -> String {
        plain(&self.ident)
    }
}

fn position(columns: &[Column], name: &Ident) -> Option<usize> {
    let name = plain(name);
    columns.iter().position(|column| plain(&column.ident) == name)
}

/// What the derive writes, or the errors, or both: a wrong attribute should not hide the model from the rest of the
/// program, which would add an error for every use.
pub(crate) fn derive(input: DeriveInput, krate: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let model = errors.ok(without_self(input)).and_then(|input| read(input, krate, &mut errors));
    let mut output = model.map(|model| expand::expand(&model)).unwrap_or_default();
    output.extend(errors.into_tokens());
    output
}

/// `Self` written out: types and expressions move to where there is none.
fn without_self(input: DeriveInput) -> syn::Result<DeriveInput> {
    fn replace(tokens: TokenStream, ident: &Ident, found: &mut bool) -> TokenStream {
        let replaced = tokens.into_iter().map(|token| match token {
            TokenTree::Ident(this) if this == "Self" => {
                *found = true;
                let mut ident = ident.clone();
                ident.set_span(this.span());
                TokenTree::Ident(ident)
            }
            TokenTree::Group(group) => {
                let mut replaced = Group::new(group.delimiter(), replace(group.stream(), ident, found));
                replaced.set_span(group.span());
                TokenTree::Group(replaced)
            }
            other => other,
        });
        replaced.collect()
    }
    let mut found = false;
    let tokens = replace(quote!(#input), &input.ident, &mut found);
    if found { syn::parse2(tokens) } else { Ok(input) }
}

fn read(input: DeriveInput, krate: TokenStream, errors: &mut Errors) -> Option<Model> {
    let fields = shape(&input, errors)?;
    let mut items = Items::of(&input.attrs, errors);
    let title = plain(&input.ident);
    let table = items.string("table", errors).map_or_else(|| Case::Snake.apply(&title), |name| name.value());
    let schema = items.string("schema", errors);
    let comment = items.string("comment", errors);
    let case = items.string("rename_all", errors).and_then(|case| errors.ok(Case::parse(&case)));

    let mut columns = Vec::new();
    let mut relationships = Vec::new();
    let mut parts = Vec::new();
    for field in fields {
        let Some(ident) = field.ident.clone() else { continue };
        let items = Items::of(&field.attrs, errors);
        let place = Place { model: &title, ident: &ident, vis: &field.vis, ty: &field.ty, attributes: &field.attrs };
        let part = if relationships::is_relationship(&field.ty) {
            match relationships::read(&place, items, errors) {
                Some(relationship) => {
                    relationships.push(relationship);
                    Part::Relationship
                }
                None => Part::Skipped(Box::new(field.ty.clone())),
            }
        } else if columns::refused(&place, errors) {
            Part::Skipped(Box::new(field.ty.clone()))
        } else if items.has("skip") {
            columns::skip(items, errors);
            Part::Skipped(Box::new(field.ty.clone()))
        } else {
            columns.push(columns::read(&place, items, case, errors));
            Part::Column(columns.len() - 1)
        };
        parts.push((ident, part));
    }

    let place = constraints::Place { model: &input.ident, columns: &columns };
    let primary_key = place.primary_key(&mut items, errors);
    let uniques = place.uniques(&mut items, errors);
    let indexes = place.indexes(&mut items, errors);
    let checks = place.checks(&mut items, errors);
    let foreign_keys = place.foreign_keys(&mut items, errors);
    let hooks = items.flag("hooks", errors).map(|item| item.span());
    let validate = items.take("validate", errors).and_then(|item| errors.ok(item.path(VALIDATE)));
    items.finish(&ALLOWED, errors);

    let mut model = Model {
        krate,
        ident: input.ident,
        vis: input.vis,
        table,
        schema,
        comment,
        columns,
        relationships,
        fields: parts,
        primary_key,
        uniques,
        indexes,
        checks,
        foreign_keys,
        hooks,
        validate,
    };
    checks::names(&model, errors);
    keys::match_keys(&mut model, errors);
    Some(model)
}

/// The named fields of a struct without generics; anything else is an error.
fn shape(input: &DeriveInput, errors: &mut Errors) -> Option<Vec<syn::Field>> {
    let name = plain(&input.ident);
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => {
            errors.on(
                data.enum_token,
                format!(
                    "`{name}` is an enum, and inheritance is not supported yet: a model is a struct with named fields; \
                     for an enum that a column holds, derive `SqlEnum`"
                ),
            );
            return None;
        }
        Data::Union(data) => {
            errors.on(data.union_token, format!("`{name}` is a union: a model is a struct with named fields"));
            return None;
        }
    };
    generics(&input.generics, &format!("`{name}` is generic, and a model has one table"), errors)?;
    match fields {
        Fields::Named(fields) if fields.named.is_empty() => {
            errors.on(&input.ident, format!("`{name}` has no fields, and a table needs at least its key"));
            None
        }
        Fields::Named(fields) => Some(fields.named.iter().cloned().collect()),
        Fields::Unnamed(fields) => {
            errors.on(
                fields,
                format!("`{name}` is a tuple struct: a model has named fields; for a column's type derive `SqlType`"),
            );
            None
        }
        Fields::Unit => {
            errors.on(&input.ident, format!("`{name}` is a unit struct: a model has named fields"));
            None
        }
    }
}

/// Refuses generics.
pub(crate) fn generics(generics: &Generics, why: &str, errors: &mut Errors) -> Option<()> {
    if generics.params.is_empty() && generics.where_clause.is_none() {
        return Some(());
    }
    let message = format!("{why}: write one struct for each, without parameters or `where`");
    if generics.params.is_empty() {
        errors.on(&generics.where_clause, message);
    } else {
        errors.on(generics, message);
    }
    None
}

/// A field that is being read.
struct Place<'a> {
    model: &'a str,
    ident: &'a Ident,
    vis: &'a Visibility,
    ty: &'a Type,
    attributes: &'a [Attribute],
}

impl Place<'_> {
    /// `User::name`
    fn path(&self) -> String {
        format!("{}::{}", self.model, plain(self.ident))
    }

    /// The field's documentation.
    fn docs(&self) -> Vec<Expr> {
        self.attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("doc"))
            .filter_map(|attribute| match &attribute.meta {
                Meta::NameValue(doc) => Some(doc.value.clone()),
                _ => None,
            })
            .collect()
    }

    /// The constant's name: the field's, or the one that is asked for.
    fn constant(&self, items: &mut Items, errors: &mut Errors) -> Ident {
        let Some(name) = items.string("constant", errors) else { return self.ident.clone() };
        match syn::parse_str::<Ident>(&name.value()) {
            Ok(mut ident) => {
                ident.set_span(name.span());
                ident
            }
            Err(_) => {
                errors.on(&name, "`constant` must be a Rust identifier, as in `constant = \"from_\"`");
                self.ident.clone()
            }
        }
    }
}
