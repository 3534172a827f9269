//! The module tree of a crate, and where a path in it leads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::ext::IdentExt;

use super::paths::leaves;

type ModulePath = Vec<String>;

/// Where a path ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    Module(ModulePath),
    /// Something that is defined in this module.
    Item(ModulePath),
    /// A path into this other crate.
    Outside(String),
    /// Nothing that can be found by reading.
    Unknown,
}

enum Definition {
    Module,
    Item,
    /// A macro that the crate's root exports although it is defined in this module.
    ExportedMacro(ModulePath),
    Use(Vec<String>),
}

#[derive(Default)]
struct Module {
    /// Each name with what it stands for and whether other modules can see it; a name may be a type and a value at once.
    names: BTreeMap<String, Vec<(Definition, bool)>>,
    globs: Vec<(Vec<String>, bool)>,
}

pub(super) struct Tree {
    modules: BTreeMap<ModulePath, Module>,
    /// Macros that can be called by a bare name in other modules.
    macros: BTreeMap<String, ModulePath>,
}

/// The module that a file holds, by its place under `src`.
pub(super) fn module_of(file: &Path) -> ModulePath {
    let mut path: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|last| last == "mod") || path == ["lib"] {
        path.pop();
    }
    path
}

fn has(attributes: &[syn::Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

impl Tree {
    pub(super) fn new<'a>(files: impl Iterator<Item = (ModulePath, &'a syn::File)>) -> Self {
        let mut tree = Self { modules: BTreeMap::new(), macros: BTreeMap::new() };
        let mut defined = Vec::new();
        let mut lend_macros = BTreeSet::new();
        for (module, file) in files {
            tree.read(&module, &file.items, &mut defined, &mut lend_macros);
        }
        // `#[macro_use]` on a module of lib.rs gives its macros to everything below it in lib.rs.
        for (name, module, exported) in defined {
            if exported {
                tree.define(&[], &name, Definition::ExportedMacro(module.clone()), true);
            }
            if exported || module.first().is_some_and(|top| lend_macros.contains(top)) {
                tree.macros.insert(name, module);
            }
        }
        tree
    }

    fn define(&mut self, module: &[String], name: &str, definition: Definition, visible: bool) {
        let names = &mut self.modules.entry(module.to_vec()).or_default().names;
        names.entry(name.to_owned()).or_default().push((definition, visible));
    }

    fn read(
        &mut self,
        module: &[String],
        items: &[syn::Item],
        macros: &mut Vec<(String, ModulePath, bool)>,
        lend_macros: &mut BTreeSet<String>,
    ) {
        self.modules.entry(module.to_vec()).or_default();
        for item in items {
            let (name, visibility) = match item {
                syn::Item::Mod(item) => {
                    let name = item.ident.unraw().to_string();
                    self.define(module, &name, Definition::Module, !matches!(item.vis, syn::Visibility::Inherited));
                    if module.is_empty() && has(&item.attrs, "macro_use") {
                        lend_macros.insert(name.clone());
                    }
                    let path: Vec<String> = module.iter().cloned().chain([name]).collect();
                    self.modules.entry(path.clone()).or_default();
                    if let Some((_, items)) = &item.content {
                        self.read(&path, items, macros, lend_macros);
                    }
                    continue;
                }
                syn::Item::Use(item) => {
                    let visible = !matches!(item.vis, syn::Visibility::Inherited);
                    for (path, name, _) in leaves(&item.tree) {
                        match name {
                            Some(name) => self.define(module, &name, Definition::Use(path), visible),
                            None => self.modules.entry(module.to_vec()).or_default().globs.push((path, visible)),
                        }
                    }
                    continue;
                }
                syn::Item::ExternCrate(item) => {
                    let path = if item.ident == "self" { "crate".to_owned() } else { item.ident.to_string() };
                    let name = item.rename.as_ref().map_or(&item.ident, |(_, name)| name).unraw().to_string();
                    self.define(module, &name, Definition::Use(vec![path]), false);
                    continue;
                }
                syn::Item::Macro(item) => {
                    if let Some(name) = &item.ident {
                        macros.push((name.unraw().to_string(), module.to_vec(), has(&item.attrs, "macro_export")));
                    }
                    continue;
                }
                syn::Item::Const(item) => (&item.ident, &item.vis),
                syn::Item::Enum(item) => (&item.ident, &item.vis),
                syn::Item::Fn(item) => (&item.sig.ident, &item.vis),
                syn::Item::Static(item) => (&item.ident, &item.vis),
                syn::Item::Struct(item) => (&item.ident, &item.vis),
                syn::Item::Trait(item) => (&item.ident, &item.vis),
                syn::Item::TraitAlias(item) => (&item.ident, &item.vis),
                syn::Item::Type(item) => (&item.ident, &item.vis),
                syn::Item::Union(item) => (&item.ident, &item.vis),
                _ => continue,
            };
            let visible = !matches!(visibility, syn::Visibility::Inherited);
            self.define(module, &name.unraw().to_string(), Definition::Item, visible);
        }
    }

    pub(super) fn modules_of_the_root(&self) -> impl Iterator<Item = &str> {
        self.modules.keys().filter(|path| path.len() == 1).map(|path| path[0].as_str())
    }

    /// The module that defines a macro which can be called without a path.
    pub(super) fn shared_macro(&self, name: &str) -> Option<ModulePath> {
        self.macros.get(name).cloned()
    }

    /// What a path written in a module can mean, and the modules of the root that it goes through by name.
    pub(super) fn resolve(&self, from: &[String], path: &[String]) -> (Vec<Target>, BTreeSet<String>) {
        self.follow(from, path, &mut BTreeSet::new())
    }

    fn follow(
        &self,
        from: &[String],
        path: &[String],
        seen: &mut BTreeSet<(ModulePath, String)>,
    ) -> (Vec<Target>, BTreeSet<String>) {
        let mut named = BTreeSet::new();
        let Some((head, rest)) = path.split_first() else { return (vec![Target::Unknown], named) };
        let mut targets = match head.as_str() {
            "crate" | "orm_core" => vec![Target::Module(Vec::new())],
            "self" => vec![Target::Module(from.to_vec())],
            "super" => vec![above(from)],
            "$" => vec![Target::Unknown],
            name => {
                let known = self.look_up(from, name, false, seen);
                if known.is_empty() { vec![Target::Outside(name.to_owned())] } else { known }
            }
        };
        for segment in rest {
            let mut next = Vec::new();
            for target in targets {
                match target {
                    Target::Module(module) if segment == "super" => next.push(above(&module)),
                    Target::Module(module) if segment == "self" => next.push(Target::Module(module)),
                    Target::Module(module) => next.extend(self.step(&module, segment, seen)),
                    other => next.push(other),
                }
            }
            // As long as the path names modules itself, what it names counts, whatever it comes to in the end.
            if let [Target::Module(module)] = next.as_slice() {
                named.extend(module.first().cloned());
            }
            targets = next;
        }
        (targets, named)
    }

    fn step(&self, module: &[String], name: &str, seen: &mut BTreeSet<(ModulePath, String)>) -> Vec<Target> {
        if name == "$" {
            return vec![if module.is_empty() { Target::Unknown } else { Target::Item(module.to_vec()) }];
        }
        let found = self.look_up(module, name, false, seen);
        match found.is_empty() {
            false => found,
            // In a floor a macro may have made it; in lib.rs that would be a way around.
            true if module.is_empty() => vec![Target::Unknown],
            true => vec![Target::Item(module.to_vec())],
        }
    }

    /// What a name stands for in a module.
    fn look_up(
        &self,
        module: &[String],
        name: &str,
        from_outside: bool,
        seen: &mut BTreeSet<(ModulePath, String)>,
    ) -> Vec<Target> {
        let Some(known) = self.modules.get(module) else { return Vec::new() };
        if !seen.insert((module.to_vec(), name.to_owned())) {
            return Vec::new(); // going round in circles
        }
        let mut targets = Vec::new();
        for (definition, _) in
            known.names.get(name).into_iter().flatten().filter(|(_, visible)| *visible || !from_outside)
        {
            match definition {
                Definition::Module => {
                    targets.push(Target::Module(module.iter().cloned().chain([name.to_owned()]).collect()));
                }
                Definition::Item => targets.push(Target::Item(module.to_vec())),
                Definition::ExportedMacro(home) => targets.push(Target::Item(home.clone())),
                Definition::Use(path) => targets.extend(self.follow(module, path, seen).0),
            }
        }
        if targets.is_empty() {
            for (path, _) in known.globs.iter().filter(|(_, visible)| *visible || !from_outside) {
                for target in self.follow(module, path, &mut seen.clone()).0 {
                    if let Target::Module(inside) = target {
                        targets.extend(self.look_up(&inside, name, true, seen));
                    }
                }
            }
        }
        seen.remove(&(module.to_vec(), name.to_owned()));
        targets
    }
}

fn above(module: &[String]) -> Target {
    match module.split_last() {
        Some((_, parent)) => Target::Module(parent.to_vec()),
        None => Target::Unknown,
    }
}
