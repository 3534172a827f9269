//! All revisions, as a graph.

use crate::error::{Error, Result};
use crate::revision::Revision;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The revisions of a project, each after its parents.
#[derive(Clone, Debug, Default)]
pub struct Revisions {
    ordered: Vec<Revision>,
    by_id: BTreeMap<String, usize>,
}

impl Revisions {
    /// Reads the `.toml` files of a folder.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Parse`], or those of [`Revisions::new`].
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let cannot = |path: &Path, error: &std::io::Error| Error::File {
            path: path.to_owned(),
            reason: match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such folder: `orm-migrate init` makes it".to_owned(),
                _ => error.to_string(),
            },
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| cannot(folder, &error))? {
            let path = entry.map_err(|error| cannot(folder, &error))?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
        files.sort();
        let mut revisions = Vec::new();
        for path in files {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| Error::File { path: path.clone(), reason: error.to_string() })?;
            revisions.push(Revision::from_toml(&text, path.display().to_string())?);
        }
        Revisions::new(revisions)
    }

    /// Puts revisions in order: each after its parents, otherwise by id.
    ///
    /// # Errors
    /// [`Error::DuplicateId`], [`Error::MissingParent`], [`Error::Cycle`].
    pub fn new(revisions: Vec<Revision>) -> Result<Self> {
        let mut waiting: BTreeMap<String, Revision> = BTreeMap::new();
        for revision in revisions {
            if let Some(other) = waiting.get(&revision.id) {
                let (first, second) = (other.file.clone(), revision.file);
                return Err(Error::DuplicateId { id: revision.id, first, second });
            }
            waiting.insert(revision.id.clone(), revision);
        }
        for revision in waiting.values() {
            if let Some(parent) = revision.parents.iter().find(|parent| !waiting.contains_key(*parent)) {
                return Err(Error::MissingParent { file: revision.file.clone(), parent: parent.clone() });
            }
        }
        let mut ordered: Vec<Revision> = Vec::with_capacity(waiting.len());
        let mut by_id = BTreeMap::new();
        while !waiting.is_empty() {
            let ready =
                waiting.values().find(|revision| revision.parents.iter().all(|parent| by_id.contains_key(parent)));
            let Some(id) = ready.map(|revision| revision.id.clone()) else {
                return Err(Error::Cycle { files: circle(&waiting) });
            };
            if let Some(revision) = waiting.remove(&id) {
                by_id.insert(id, ordered.len());
                ordered.push(revision);
            }
        }
        Ok(Revisions { ordered, by_id })
    }

    /// All, each after its parents.
    pub fn all(&self) -> &[Revision] {
        &self.ordered
    }

    /// The revision with exactly this id.
    pub fn get(&self, id: &str) -> Option<&Revision> {
        self.by_id.get(id).and_then(|at| self.ordered.get(*at))
    }

    /// The revision whose id begins like this.
    ///
    /// # Errors
    /// [`Error::NoSuchRevision`], [`Error::Ambiguous`] with the candidates.
    pub fn find(&self, beginning: &str) -> Result<&Revision> {
        if let Some(revision) = self.get(beginning) {
            return Ok(revision);
        }
        let fits = |revision: &&Revision| !beginning.is_empty() && revision.id.starts_with(beginning);
        let found: Vec<&Revision> = self.ordered.iter().filter(fits).collect();
        match found.as_slice() {
            [one] => Ok(one),
            [] => {
                let hint = match self.heads().as_slice() {
                    [] => "there are no revisions yet".to_owned(),
                    heads => format!("the newest is {}; `orm-migrate history` lists all", heads.join(", ")),
                };
                Err(Error::NoSuchRevision { given: beginning.to_owned(), hint })
            }
            several => {
                let candidates = several.iter().map(|revision| format!("{} ({})", revision.id, revision.message));
                Err(Error::Ambiguous { given: beginning.to_owned(), candidates: candidates.collect() })
            }
        }
    }

    /// The ids of those that are nobody's parent.
    pub fn heads(&self) -> Vec<String> {
        self.heads_among(&self.ordered.iter().map(|revision| revision.id.as_str()).collect())
    }

    /// The ids of those of these that are the parent of none of these.
    pub fn heads_among(&self, ids: &BTreeSet<&str>) -> Vec<String> {
        let inside = || self.ordered.iter().filter(|revision| ids.contains(revision.id.as_str()));
        let parents: BTreeSet<&String> = inside().flat_map(|revision| &revision.parents).collect();
        inside().map(|revision| revision.id.clone()).filter(|id| !parents.contains(id)).collect()
    }

    /// A revision's id and those of all that come before it.
    pub fn with_ancestors<'a>(&'a self, id: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(self.get(id).into_iter().flat_map(|revision| revision.parents.iter().map(String::as_str)));
            }
        }
        found
    }

    /// What to apply to get to a target: `head`, `heads`, an id or its beginning, or `+n`.
    ///
    /// # Errors
    /// [`Error::SeveralHeads`] for `head`, [`Error::TooFar`], or those of [`Revisions::find`].
    pub fn to_apply(&self, target: &str, applied: &BTreeSet<&str>) -> Result<Vec<&Revision>> {
        let pending = || self.ordered.iter().filter(|revision| !applied.contains(revision.id.as_str()));
        if let Some(steps) = target.strip_prefix('+') {
            let steps = number(target, steps)?;
            let available = pending().count();
            if steps > available {
                return Err(Error::TooFar { given: target.to_owned(), available, verb: "apply" });
            }
            return Ok(pending().take(steps).collect());
        }
        let wanted = match target {
            "heads" => return Ok(pending().collect()),
            "head" => match self.heads().as_slice() {
                [] => return Ok(Vec::new()),
                [_] => return Ok(pending().collect()),
                _ => return Err(Error::SeveralHeads { heads: self.heads() }),
            },
            id => self.with_ancestors(&self.find(id)?.id),
        };
        Ok(pending().filter(|revision| wanted.contains(revision.id.as_str())).collect())
    }

    /// What to undo to get back to a target, the newest first: `base`, an id or its beginning, or `-n`.
    ///
    /// # Errors
    /// [`Error::TooFar`], or those of [`Revisions::find`].
    pub fn to_undo(&self, target: &str, applied: &BTreeSet<&str>) -> Result<Vec<&Revision>> {
        let undoable = || self.ordered.iter().rev().filter(|revision| applied.contains(revision.id.as_str()));
        if let Some(steps) = target.strip_prefix('-') {
            let steps = number(target, steps)?;
            let available = undoable().count();
            if steps > available {
                return Err(Error::TooFar { given: target.to_owned(), available, verb: "undo" });
            }
            return Ok(undoable().take(steps).collect());
        }
        if target == "base" {
            return Ok(undoable().collect());
        }
        let stays = self.find(target)?;
        let follows = |revision: &&Revision| {
            revision.id != stays.id && self.with_ancestors(&revision.id).contains(stays.id.as_str())
        };
        Ok(undoable().filter(follows).collect())
    }
}

fn number(given: &str, digits: &str) -> Result<usize> {
    digits.parse().map_err(|_| Error::NoSuchRevision {
        given: given.to_owned(),
        hint: "a relative target is + or - and a number".to_owned(),
    })
}

/// The files of a circle among revisions of which each waits for another.
fn circle(waiting: &BTreeMap<String, Revision>) -> Vec<String> {
    let mut path: Vec<&str> = Vec::new();
    let mut at = waiting.keys().next().map(String::as_str);
    while let Some(id) = at {
        if let Some(start) = path.iter().position(|earlier| *earlier == id) {
            return path[start..].iter().filter_map(|id| waiting.get(*id)).map(|one| one.file.clone()).collect();
        }
        path.push(id);
        at = waiting
            .get(id)
            .and_then(|one| one.parents.iter().find(|parent| waiting.contains_key(*parent)).map(String::as_str));
    }
    Vec::new()
}
