//! Finds the keys of relationships, once per model.

use super::relationship::{RelKind, RelRef, RelationshipDef, Secondary};
use super::table::{Action, ColumnDef, ForeignKeyDef, ReferencesDef, TableDef};
use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

/// A model's relationships with their keys found, each with its reverse where there is one; or all that is wrong.
pub(super) type ResolvedAll = Result<Vec<(Resolved, Option<Resolved>)>, Vec<String>>;

/// A model's resolved relationships, found when they are first asked for.
#[derive(Debug, Default)]
pub struct ResolvedOnce(OnceLock<ResolvedAll>);

impl ResolvedOnce {
    /// Not asked for yet. For the derive's output.
    #[doc(hidden)]
    pub const fn new() -> Self {
        ResolvedOnce(OnceLock::new())
    }

    pub(super) fn get(&self, table: &'static TableDef) -> &ResolvedAll {
        self.0.get_or_init(|| resolve_all(table))
    }
}

/// A relationship with its keys found.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The relationship.
    pub relationship: RelRef,
    /// Its kind, as walked.
    pub kind: RelKind,
    /// The table it starts from.
    pub source: &'static TableDef,
    /// The table it leads to.
    pub target: &'static TableDef,
    /// The columns that make the link.
    pub link: Link,
    /// The other side, where a model declares it.
    pub inverse: Option<RelRef>,
}

impl Resolved {
    /// Whether the relationship leads to any number of objects.
    pub fn is_many(&self) -> bool {
        matches!(self.kind, RelKind::HasMany | RelKind::ManyToMany)
    }

    /// The declaration.
    pub fn def(&self) -> &'static RelationshipDef {
        self.relationship.def()
    }
}

/// The columns that make a link; `local` are the source's, `remote` the target's, pairwise equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// The source holds the key.
    Holds {
        /// The key's columns in the source.
        local: Vec<u16>,
        /// The columns that they reference.
        remote: Vec<u16>,
    },
    /// The target holds the key.
    Held {
        /// The referenced columns of the source.
        local: Vec<u16>,
        /// The key's columns in the target.
        remote: Vec<u16>,
    },
    /// A table between holds both keys.
    Through(Through),
}

/// A table between two sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Through {
    /// The table.
    pub table: &'static TableDef,
    /// Whether it is a model's table, so that the relationship is read-only.
    pub read_only: bool,
    /// The referenced columns of the source.
    pub local: Vec<u16>,
    /// The table's columns that reference the source.
    pub near: Vec<u16>,
    /// The table's columns that reference the target.
    pub far: Vec<u16>,
    /// The referenced columns of the target.
    pub remote: Vec<u16>,
}

impl Link {
    fn reversed(&self) -> Link {
        match self {
            Link::Holds { local, remote } => Link::Held { local: remote.clone(), remote: local.clone() },
            Link::Held { local, remote } => Link::Holds { local: remote.clone(), remote: local.clone() },
            Link::Through(through) => Link::Through(Through {
                table: through.table,
                read_only: through.read_only,
                local: through.remote.clone(),
                near: through.far.clone(),
                far: through.near.clone(),
                remote: through.local.clone(),
            }),
        }
    }
}

fn resolve_all(table: &'static TableDef) -> ResolvedAll {
    let mut all = Vec::new();
    let mut problems = Vec::new();
    for index in 0..table.relationships.len() {
        let relationship = RelRef { table, index: index as u16, reversed: false };
        match resolve(relationship) {
            Ok(pair) => all.push(pair),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

fn resolve(relationship: RelRef) -> Result<(Resolved, Option<Resolved>), String> {
    let def = relationship.def();
    let target = (def.target)();
    let link = link(relationship)?;
    let inverse = inverse(relationship, target, &link)?;
    let source = relationship.table;
    let reverse = (def.kind == RelKind::BelongsTo).then(|| Resolved {
        relationship: RelRef { reversed: true, ..relationship },
        // A collection: whether the target's side is a single object is known where it is declared.
        kind: RelKind::HasMany,
        source: target,
        target: source,
        link: link.reversed(),
        inverse: Some(relationship),
    });
    Ok((Resolved { relationship, kind: def.kind, source, target, link, inverse }, reverse))
}

fn link(relationship: RelRef) -> Result<Link, String> {
    let def = relationship.def();
    let (source, target) = (relationship.table, (def.target)());
    match def.kind {
        RelKind::BelongsTo => {
            let (local, remote) = foreign_key(relationship, source, target, def.foreign_key)?;
            Ok(Link::Holds { local, remote })
        }
        RelKind::HasOne | RelKind::HasMany => {
            let named: Vec<&str> = match (def.foreign_key, def.inverse) {
                ([], Some(inverse)) => inverse().def().foreign_key.to_vec(),
                (names, _) => names.to_vec(),
            };
            if named.is_empty()
                && let Some(inverse) = def.inverse.map(|inverse| inverse())
                && inverse.def().kind == RelKind::BelongsTo
            {
                return link(inverse).map(|link| link.reversed());
            }
            let (remote, local) = foreign_key(relationship, target, source, &named)?;
            Ok(Link::Held { local, remote })
        }
        RelKind::ManyToMany => through(relationship, source, target).map(Link::Through),
    }
}

/// The columns of `holder` that reference `target`, and those that they reference.
fn foreign_key(
    relationship: RelRef,
    holder: &'static TableDef,
    target: &'static TableDef,
    named: &[&str],
) -> Result<(Vec<u16>, Vec<u16>), String> {
    let to_target: Vec<&ForeignKeyDef> = holder.foreign_keys.iter().filter(|key| key.target() == target).collect();
    if !named.is_empty() {
        let columns = named
            .iter()
            .map(|name| {
                holder.column(name).ok_or_else(|| {
                    format!(
                        "`{relationship}`: `foreign_key` names `{name}`, but `{}` has no such column",
                        holder.title()
                    )
                })
            })
            .collect::<Result<Vec<u16>, _>>()?;
        return match to_target.iter().find(|key| key.columns == columns) {
            Some(key) => Ok((columns, key.target_columns())),
            // A relationship over columns without a constraint leads to the target's key.
            None if columns.len() == target.primary_key.len() => Ok((columns, target.primary_key.to_vec())),
            None => Err(format!(
                "`{relationship}`: `foreign_key` names {} columns, but the key of `{}` has {}",
                columns.len(),
                target.title(),
                target.primary_key.len()
            )),
        };
    }
    let found = match to_target.as_slice() {
        [] => {
            return Err(format!(
                "`{relationship}` has no usable foreign key: no column of `{}` has `#[orm(references = {}::…)]`; \
                 add it, or name the columns with `#[orm(foreign_key = …)]`",
                holder.title(),
                target.title()
            ));
        }
        [key] => *key,
        several => {
            let by_name = format!("{}_id", relationship.def().name);
            let own = relationship.def().kind == RelKind::BelongsTo;
            let matching = several
                .iter()
                .find(|key| own && matches!(key.columns, [column] if holder.column_def(*column).field == by_name));
            match matching {
                Some(key) => key,
                None => {
                    let choices: Vec<String> = several
                        .iter()
                        .map(|key| {
                            let fields: Vec<_> = key.columns.iter().map(|c| holder.column_def(*c).field).collect();
                            format!("`foreign_key({})`", fields.join(", "))
                        })
                        .collect();
                    return Err(format!(
                        "`{relationship}` is ambiguous: several foreign keys of `{}` reference `{}`; add one of {}",
                        holder.title(),
                        target.title(),
                        choices.join(", ")
                    ));
                }
            }
        }
    };
    Ok((found.columns.to_vec(), found.target_columns()))
}

fn inverse(relationship: RelRef, target: &'static TableDef, link_here: &Link) -> Result<Option<RelRef>, String> {
    let mirrored = link_here.reversed();
    let fits = |other: RelRef| {
        other != relationship
            && (other.def().target)() == relationship.table
            && link(other).is_ok_and(|link| link == mirrored)
    };
    if let Some(declared) = relationship.def().inverse {
        let declared = declared();
        return if declared.table == target && fits(declared) {
            Ok(Some(declared))
        } else {
            Err(format!(
                "`{relationship}`: its `inverse`, `{declared}`, is not the same relationship from the other side"
            ))
        };
    }
    let candidates: Vec<RelRef> = (0..target.relationships.len())
        .map(|index| RelRef { table: target, index: index as u16, reversed: false })
        .filter(|other| other.def().filter.is_none() && fits(*other))
        .collect();
    Ok(match candidates.as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}

fn through(relationship: RelRef, source: &'static TableDef, target: &'static TableDef) -> Result<Through, String> {
    let def = relationship.def();
    let (near_names, far_names, name): (Vec<String>, Vec<String>, &'static str) = match &def.secondary {
        None => {
            // The other side says which table it is.
            let others: Vec<RelRef> = (0..target.relationships.len())
                .map(|index| RelRef { table: target, index: index as u16, reversed: false })
                .filter(|other| {
                    other.def().kind == RelKind::ManyToMany
                        && other.def().secondary.is_some()
                        && (other.def().target)() == source
                        && *other != relationship
                })
                .collect();
            return match others.as_slice() {
                [other] => match link(*other)?.reversed() {
                    Link::Through(through) => Ok(through),
                    _ => Err(format!("`{relationship}`: `{other}` is not many-to-many")),
                },
                [] => {
                    Err(format!("`{relationship}` needs `#[orm(secondary = \"…\")]`: the table between the two models"))
                }
                _ => Err(format!("`{relationship}` is ambiguous: name its table with `#[orm(secondary = \"…\")]`")),
            };
        }
        Some(Secondary::Model(table)) => {
            let table = table();
            let (near, local) = foreign_key(relationship, table, source, &[])?;
            let (far, remote) = foreign_key(relationship, table, target, &[])?;
            return Ok(Through { table, read_only: true, local, near, far, remote });
        }
        Some(Secondary::Named { table, from, to }) => {
            if source == target && (from.is_empty() || to.is_empty()) {
                return Err(format!(
                    "`{relationship}` joins `{}` with itself: name the columns with `from = \"…\", to = \"…\"`",
                    source.title()
                ));
            }
            (link_names(relationship, source, from)?, link_names(relationship, target, to)?, table)
        }
    };
    let sides = [(&near_names, source), (&far_names, target)];
    let table = link_table(relationship, name, source.schema, sides)?;
    let indexes = |names: &[String]| names.iter().filter_map(|name| table.column(name)).collect();
    Ok(Through {
        table,
        read_only: false,
        local: source.primary_key.to_vec(),
        near: indexes(&near_names),
        far: indexes(&far_names),
        remote: target.primary_key.to_vec(),
    })
}

/// The names of the columns that reference one side: as declared, or `<model>_<key column>`.
fn link_names(relationship: RelRef, side: &'static TableDef, named: &[&str]) -> Result<Vec<String>, String> {
    if named.is_empty() {
        let model = snake(side.title());
        return Ok(side.primary_key.iter().map(|key| format!("{model}_{}", side.column_def(*key).name)).collect());
    }
    if named.len() != side.primary_key.len() {
        return Err(format!(
            "`{relationship}` names {} columns for the key of `{}`, which has {}",
            named.len(),
            side.title(),
            side.primary_key.len()
        ));
    }
    Ok(named.iter().map(|name| (*name).to_owned()).collect())
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for (n, c) in name.trim_start_matches("r#").char_indices() {
        if c.is_uppercase() && n > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// The table between, made once for both sides. It lives as long as the program, as every table does.
fn link_table(
    relationship: RelRef,
    name: &'static str,
    schema: Option<&'static str>,
    sides: [(&Vec<String>, &'static TableDef); 2],
) -> Result<&'static TableDef, String> {
    type Registry = Mutex<HashMap<(Option<&'static str>, &'static str), Vec<&'static TableDef>>>;
    static TABLES: OnceLock<Registry> = OnceLock::new();
    let mut wanted: Vec<(String, &'static TableDef, u16)> = Vec::new();
    for (names, side) in sides {
        wanted.extend(names.iter().zip(side.primary_key).map(|(name, key)| (name.clone(), side, *key)));
    }
    wanted.sort_by(|a, b| a.0.cmp(&b.0));
    if let Some(twice) = wanted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(format!(
            "`{relationship}`: both sides of {name} have a column `{}`; name them with `from` and `to`",
            twice[0].0
        ));
    }
    let mut tables = TABLES.get_or_init(Registry::default).lock().unwrap_or_else(PoisonError::into_inner);
    let known = tables.entry((schema, name)).or_default();
    // Models of another database may have a table of this name too; two in one are found when its schema is made.
    let joins_both = |table: &&&'static TableDef| {
        sides.iter().all(|(_, side)| table.foreign_keys.iter().any(|key| key.target() == *side))
    };
    if let Some(table) = known.iter().find(joins_both) {
        return if table.columns.iter().map(|column| column.name).eq(wanted.iter().map(|column| column.0.as_str())) {
            Ok(table)
        } else {
            let columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
            Err(format!(
                "`{relationship}`: the table {name} is declared elsewhere with the columns {}",
                columns.join(", ")
            ))
        };
    }
    let columns: Vec<ColumnDef> = wanted
        .iter()
        .map(|(name, side, key)| {
            let name: &'static str = String::leak(name.clone());
            ColumnDef {
                name,
                field: name,
                sql_type: side.column_def(*key).sql_type,
                nullable: false,
                auto: false,
                auto_increment: false,
                server_default: None,
                default: None,
                comment: None,
            }
        })
        .collect();
    let index = |name: &String| columns.iter().position(|column| column.name == name).map_or(0, |n| n as u16);
    let foreign_keys: Vec<ForeignKeyDef> = sides
        .iter()
        .map(|(names, side)| ForeignKeyDef {
            name: None,
            columns: names.iter().map(index).collect::<Vec<_>>().leak(),
            references: ReferencesDef::Table(side, side.primary_key),
            on_delete: Action::Cascade,
            on_update: Action::Cascade,
        })
        .collect();
    let primary_key = (0..columns.len() as u16).collect::<Vec<_>>().leak();
    let table: &'static TableDef = Box::leak(Box::new(TableDef {
        name,
        schema,
        model: "",
        comment: None,
        columns: columns.leak(),
        primary_key,
        primary_key_name: None,
        foreign_keys: foreign_keys.leak(),
        uniques: &[],
        checks: &[],
        indexes: &[],
        relationships: &[],
        version: None,
        type_id: TypeId::of::<()>,
        mapper: || &(),
        resolved: ResolvedOnce::new(),
    }));
    known.push(table);
    Ok(table)
}
