//! Keys, unique constraints, indexes, checks and foreign keys, from the fields and from the struct.

use super::columns::Column;
use super::position;
use crate::attributes::{Allowed, Item, Items};
use crate::errors::Errors;
use crate::names::{closest, plain};
use crate::rust_types::nullable;
use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{LitStr, Path};

/// `unique` or `index` of a field, with the name that is given.
pub(super) struct Given {
    pub(super) name: Option<LitStr>,
    pub(super) span: Span,
}

/// The columns are indexes into the model's, here and below.
pub(super) struct PrimaryKey {
    pub(super) name: Option<LitStr>,
    pub(super) columns: Vec<usize>,
}

pub(super) struct Unique {
    pub(super) name: Option<LitStr>,
    pub(super) columns: Vec<usize>,
}

pub(super) struct Index {
    pub(super) name: Option<LitStr>,
    pub(super) columns: Vec<usize>,
    pub(super) unique: bool,
    pub(super) filter: Option<LitStr>,
}

pub(super) struct Check {
    pub(super) name: Option<LitStr>,
    pub(super) expression: LitStr,
}

pub(super) struct ForeignKey {
    pub(super) name: Option<LitStr>,
    pub(super) columns: Vec<usize>,
    /// As many paths of columns, all of one model.
    pub(super) references: Vec<Path>,
    pub(super) actions: Actions,
}

impl ForeignKey {
    /// The last name of the model that is referenced: `User` of `models::User::id`.
    pub(super) fn target(&self) -> Option<&Ident> {
        let path = self.references.first()?;
        path.segments.iter().rev().nth(1).map(|segment| &segment.ident)
    }
}

/// What happens to a row when the row that it references goes or changes.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(clippy::enum_variant_names)] // SQL's own words
pub(super) enum Action {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

const ACTIONS: [(&str, Action); 5] = [
    ("cascade", Action::Cascade),
    ("restrict", Action::Restrict),
    ("set_null", Action::SetNull),
    ("set_default", Action::SetDefault),
    ("no_action", Action::NoAction),
];

/// `on_delete` and `on_update`.
#[derive(Clone, Copy)]
pub(super) struct Actions {
    pub(super) on_delete: Option<(Action, Span)>,
    pub(super) on_update: Option<(Action, Span)>,
}

impl Actions {
    pub(super) fn take(items: &mut Items, errors: &mut Errors) -> Actions {
        let mut action = |name| {
            let text = items.string(name, errors)?;
            let value = text.value();
            let found = ACTIONS.iter().find(|(name, _)| *name == value).map(|(_, action)| (*action, text.span()));
            if found.is_none() {
                let names: Vec<_> = ACTIONS.iter().map(|(name, _)| format!("{name:?}")).collect();
                errors.on(&text, format!("unknown action; `{name}` is one of {}", names.join(", ")));
            }
            found
        };
        Actions { on_delete: action("on_delete"), on_update: action("on_update") }
    }

    pub(super) fn both(&self) -> impl Iterator<Item = (Action, Span)> {
        [self.on_delete, self.on_update].into_iter().flatten()
    }
}

const PRIMARY_KEY: Allowed = Allowed { what: "part of a primary key", names: &["name", "columns"], refused: &[] };
const UNIQUE: Allowed = Allowed { what: "part of a unique constraint", names: &["name", "columns"], refused: &[] };
const INDEX: Allowed =
    Allowed { what: "part of an index", names: &["name", "columns", "unique", "where"], refused: &[] };
const CHECK: Allowed = Allowed { what: "part of a check", names: &["name"], refused: &[] };
const FOREIGN_KEY: Allowed = Allowed {
    what: "part of a foreign key",
    names: &["name", "columns", "references", "on_delete", "on_update"],
    refused: &[],
};

/// The struct whose attributes are being read.
pub(super) struct Place<'a> {
    pub(super) model: &'a Ident,
    pub(super) columns: &'a [Column],
}

impl Place<'_> {
    fn resolve(&self, names: &[Ident], errors: &mut Errors) -> Vec<usize> {
        let mut found = Vec::new();
        for name in names {
            match position(self.columns, name) {
                Some(index) if found.contains(&index) => {
                    errors.at(name.span(), format!("`{}` is named twice", plain(name)));
                }
                Some(index) => found.push(index),
                None => errors.at(name.span(), no_column(self.model, self.columns, name)),
            }
        }
        found
    }

    /// `columns(a, b)`
    fn columns(&self, items: &mut Items, owner: &Item, errors: &mut Errors) -> Vec<usize> {
        let Some(item) = items.take("columns", errors) else {
            errors.at(owner.span(), format!("`{}` needs its columns: `columns(a, b)`", owner.name()));
            return Vec::new();
        };
        match errors.ok(item.idents("columns(a, b)")) {
            Some(names) => self.resolve(&names, errors),
            None => Vec::new(),
        }
    }

    pub(super) fn primary_key(&self, items: &mut Items, errors: &mut Errors) -> PrimaryKey {
        let fields: Vec<usize> = marked(self.columns, |column| column.primary_key.is_some());
        let mut key = PrimaryKey { name: None, columns: fields };
        if let Some(item) = items.take("primary_key", errors) {
            let span = item.span();
            let example = "primary_key(name = \"…\", columns(a, b))";
            let mut inner = Items::inside(item, example, errors);
            key.name = inner.string("name", errors);
            if let Some(columns) = inner.take("columns", errors) {
                if let Some(field) = key.columns.first() {
                    let field = plain(&self.columns[*field].ident);
                    errors.at(
                        span,
                        format!("the key is declared twice: `{field}` says `primary_key` and so does the struct"),
                    );
                }
                if let Some(names) = errors.ok(columns.idents("columns(a, b)")) {
                    key.columns = self.resolve(&names, errors);
                }
            }
            inner.finish(&PRIMARY_KEY, errors);
            if key.columns.is_empty() {
                return key;
            }
        } else if key.columns.is_empty() {
            let model = plain(self.model);
            errors.on(
                self.model,
                format!(
                    "`{model}` has no primary key: mark a field with `#[orm(primary_key)]`, several for a composite key"
                ),
            );
        }
        if key.columns.len() > 5 {
            errors.on(self.model, "a primary key has at most five columns");
        }
        for index in &key.columns {
            let column = &self.columns[*index];
            if column.primary_key.is_none() && nullable(&column.ty) == Some(true) {
                errors.on(&column.ty, format!("`{}` is in the primary key, which is never NULL", plain(&column.ident)));
            }
        }
        for column in self.columns {
            if let Some((_, span)) = column.auto_increment
                && key.columns.len() == 1
                && position(self.columns, &column.ident) != key.columns.first().copied()
            {
                errors.at(span, "`auto_increment` is about the primary key, and this column is not");
            } else if let Some((wanted, span)) = column.auto_increment
                && (wanted || key.columns.len() != 1)
            {
                errors.at(
                    span,
                    "a single integer key is numbered by the database; the only thing to say is `auto_increment = false`",
                );
            }
        }
        key
    }

    pub(super) fn uniques(&self, items: &mut Items, errors: &mut Errors) -> Vec<Unique> {
        let mut uniques = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            if let Some(given) = &column.unique {
                uniques.push(Unique { name: given.name.clone(), columns: vec![index] });
            }
        }
        for item in items.take_all("unique") {
            let example = "unique(name = \"…\", columns(a, b))";
            let (name, columns) = self.named(item, example, &UNIQUE, errors);
            uniques.push(Unique { name, columns });
        }
        uniques
    }

    fn named(&self, item: Item, example: &str, allowed: &Allowed, errors: &mut Errors) -> (Option<LitStr>, Vec<usize>) {
        let owner = Item { name: item.name.clone(), body: crate::attributes::Body::Flag };
        let mut inner = Items::inside(item, example, errors);
        if inner.is_empty() {
            return (None, Vec::new());
        }
        let name = inner.string("name", errors);
        let columns = self.columns(&mut inner, &owner, errors);
        inner.finish(allowed, errors);
        (name, columns)
    }

    pub(super) fn indexes(&self, items: &mut Items, errors: &mut Errors) -> Vec<Index> {
        let mut indexes = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            if let Some(given) = &column.index {
                if column.unique.is_some() {
                    errors.at(given.span, "a unique column has an index already");
                }
                indexes.push(Index { name: given.name.clone(), columns: vec![index], unique: false, filter: None });
            }
        }
        for item in items.take_all("index") {
            let owner = Item { name: item.name.clone(), body: crate::attributes::Body::Flag };
            let mut inner = Items::inside(item, "index(name = \"…\", columns(a, b))", errors);
            if inner.is_empty() {
                continue;
            }
            indexes.push(Index {
                name: inner.string("name", errors),
                unique: inner.flag("unique", errors).is_some(),
                filter: inner.string("where", errors),
                columns: self.columns(&mut inner, &owner, errors),
            });
            inner.finish(&INDEX, errors);
        }
        indexes
    }

    pub(super) fn checks(&self, items: &mut Items, errors: &mut Errors) -> Vec<Check> {
        let fields = self.columns.iter().filter_map(|column| column.check.clone());
        let mut checks: Vec<Check> = fields.map(|expression| Check { name: None, expression }).collect();
        for item in items.take_all("check") {
            let span = item.span();
            let mut inner = Items::inside(item, "check(name = \"…\", \"price > 0\")", errors);
            if inner.is_empty() {
                continue;
            }
            let name = inner.string("name", errors);
            let mut bare = inner.bare().into_iter();
            match bare.next().map(|sql| sql.string()) {
                Some(Ok(expression)) => checks.push(Check { name, expression }),
                Some(Err(error)) => errors.at(error.span(), "a check is SQL in quotes: `check(\"price > 0\")`"),
                None => errors.at(span, "`check` needs its SQL: `check(name = \"…\", \"price > 0\")`"),
            }
            if let Some(second) = bare.next() {
                errors.at(second.span(), "a check has one condition; write a second `check(…)`");
            }
            inner.finish(&CHECK, errors);
        }
        checks
    }

    pub(super) fn foreign_keys(&self, items: &mut Items, errors: &mut Errors) -> Vec<ForeignKey> {
        let mut keys = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            if let Some(reference) = &column.references {
                keys.push(ForeignKey {
                    name: None,
                    columns: vec![index],
                    references: vec![reference.path.clone()],
                    actions: reference.actions,
                });
            }
        }
        for item in items.take_all("foreign_key") {
            if let Some(key) = self.foreign_key(item, errors) {
                keys.push(key);
            }
        }
        keys
    }

    fn foreign_key(&self, item: Item, errors: &mut Errors) -> Option<ForeignKey> {
        let span = item.span();
        let owner = Item { name: item.name.clone(), body: crate::attributes::Body::Flag };
        let example = "foreign_key(columns(a, b), references(Other::x, Other::y))";
        let mut inner = Items::inside(item, example, errors);
        if inner.is_empty() {
            return None;
        }
        let name = inner.string("name", errors);
        let columns = self.columns(&mut inner, &owner, errors);
        let referenced = inner.take("references", errors);
        let actions = Actions::take(&mut inner, errors);
        inner.finish(&FOREIGN_KEY, errors);
        for (action, span) in actions.both() {
            let fixed = |index: &&usize| nullable(&self.columns[**index].ty) == Some(false);
            if action == Action::SetNull
                && let Some(index) = columns.iter().find(fixed)
            {
                let field = plain(&self.columns[*index].ident);
                errors
                    .at(span, format!("`{field}` can't be set to NULL; make it an `Option`, or choose another action"));
            }
        }
        let Some(referenced) = referenced else {
            errors.at(span, format!("`foreign_key` needs what it references: `{example}`"));
            return None;
        };
        let paths = errors.ok(referenced.paths("references(Other::x, Other::y)"))?;
        if columns.is_empty() {
            return None;
        }
        if paths.len() != columns.len() {
            let message = format!("{} columns can't reference {}", columns.len(), paths.len());
            errors.at(referenced.span(), message);
            return None;
        }
        let model = |path: &Path| {
            let count = path.segments.len().saturating_sub(1);
            path.segments.iter().take(count).map(|segment| segment.to_token_stream().to_string()).collect::<Vec<_>>()
        };
        let first = paths.first().map(model)?;
        for path in &paths {
            if path.segments.len() < 2 {
                errors.on(path, "expected a column of a model: `Other::x`");
                return None;
            }
            if model(path) != first {
                errors.on(path, "a foreign key references one model");
                return None;
            }
        }
        Some(ForeignKey { name, columns, references: paths, actions })
    }
}

fn marked(columns: &[Column], is: impl Fn(&Column) -> bool) -> Vec<usize> {
    (0..columns.len()).filter(|index| is(&columns[*index])).collect()
}

pub(super) fn no_column(model: &Ident, columns: &[Column], name: &Ident) -> String {
    let names: Vec<String> = columns.iter().map(|column| plain(&column.ident)).collect();
    let among: Vec<&str> = names.iter().map(String::as_str).collect();
    let (model, name) = (plain(model), plain(name));
    match closest(&name, &among) {
        Some(meant) => format!("`{model}` has no column `{name}`: did you mean `{meant}`?"),
        None => format!("`{model}` has no column `{name}`; it has {}", among.join(", ")),
    }
}
