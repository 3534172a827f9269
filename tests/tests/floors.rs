//! The floors of orm-core: a module uses only what stands on its own floor or a lower one, and only `engine` names
//! sqlx.
//!
//! Every file is parsed and every path in it followed to the module that it comes from: `use` with groups, globs and
//! new names, paths in code, `super`, re-exports, and what stands inside macros. What the compiler infers (a method
//! on a value of a higher floor that came in from outside) has no path and is not seen; a lower floor can't get such a value
//! without naming its type somewhere.

mod paths;
mod planted;
mod resolve;

use std::path::{Path, PathBuf};

use paths::Written;
use resolve::{Target, Tree};

/// The modules of each floor, from the ground up.
const FLOORS: [&[&str]; 9] = [
    &["types", "error"],
    &["expr", "schema", "entity"],
    &["query"],
    &["dialect"],
    &["engine"],
    &["reflect"],
    &["model"],
    &["session"],
    &["testing"],
];

/// Modules that gather from all floors for the crate's users. They may use everything; no floor may use them.
const SHOP_WINDOWS: [&str; 2] = ["prelude", "__private"];

/// The floor that alone names the driver.
const NAMES_SQLX: &str = "engine";

/// One file: its path under `src`, and its text.
struct Source {
    file: PathBuf,
    text: String,
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

fn is_sqlx(name: &str) -> bool {
    name == "sqlx" || name.starts_with("sqlx_")
}

/// Every use of a higher floor in the crate, one line each: where, and what it says.
fn violations(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut files = Vec::new();
    for source in sources {
        match syn::parse_file(&source.text) {
            Ok(file) => files.push((resolve::module_of(&source.file), &source.file, file)),
            Err(error) => wrong.push(format!("{}: does not parse: {error}", source.file.display())),
        }
    }
    let tree = Tree::new(files.iter().map(|(module, _, file)| (module.clone(), file)));
    for name in tree.modules_of_the_root() {
        if floor(name).is_none() && !SHOP_WINDOWS.contains(&name) {
            wrong.push(format!("the module `{name}` stands on no floor: add it to FLOORS in tests/tests/floors.rs"));
        }
    }
    for (module, path, file) in &files {
        for written in paths::collect(module, file, &|name| tree.shared_macro(name)) {
            for reason in judge(&tree, &written) {
                wrong.push(format!("{}:{}: `{}`: {reason}", path.display(), written.line, written.text()));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    wrong
}

/// What is wrong with one path where it stands.
fn judge(tree: &Tree, written: &Written) -> Vec<String> {
    let here = written.module.first().map(String::as_str);
    let mut reasons = Vec::new();
    let (targets, named) = tree.resolve(&written.module, &written.segments);
    if targets.iter().any(|target| matches!(target, Target::Outside(name) if is_sqlx(name))) && here != Some(NAMES_SQLX)
    {
        reasons.push(format!("only `{NAMES_SQLX}` names sqlx"));
    }
    // lib.rs and what gathers from everywhere are above all floors.
    let Some(here) = here.filter(|here| !SHOP_WINDOWS.contains(here)) else { return reasons };
    let Some(own) = floor(here) else { return reasons };
    let mut reached: Vec<&str> = named.iter().map(String::as_str).collect();
    for target in &targets {
        match target {
            Target::Module(module) | Target::Item(module) => match module.first() {
                Some(top) => reached.push(top),
                None => {
                    reasons.push("reaches lib.rs itself, which stands above all floors: name the module".to_owned())
                }
            },
            Target::Unknown => {
                reasons.push("can't be followed to a module: write it so that this test can read it".to_owned());
            }
            Target::Outside(_) => {}
        }
    }
    reached.sort_unstable();
    reached.dedup();
    // Unit tests with models of their own are users of the crate: what the derive writes reaches everywhere.
    let unit_test = written.module.iter().any(|module| module == "tests");
    for module in reached {
        if SHOP_WINDOWS.contains(&module) {
            if unit_test {
                continue;
            }
            reasons.push(format!("`{module}` gathers from all floors, so no floor may use it"));
        } else if let Some(other) = floor(module).filter(|other| *other > own) {
            reasons.push(format!("`{here}` (floor {own}) uses `{module}` (floor {other})"));
        }
    }
    reasons
}

fn read(folder: &Path, root: &Path, sources: &mut Vec<Source>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, root, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path)?;
            sources.push(Source { file: path.strip_prefix(root).unwrap_or(&path).to_owned(), text });
        }
    }
    Ok(())
}

#[test]
fn no_floor_uses_a_higher_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../orm-core/src");
    let mut sources = Vec::new();
    read(&root, &root, &mut sources).expect("the sources of orm-core can be read");
    assert!(sources.len() > 10, "only {} files under {}", sources.len(), root.display());
    let wrong = violations(&sources);
    assert!(wrong.is_empty(), "{} uses of a higher floor in orm-core/src:\n{}", wrong.len(), wrong.join("\n"));
}
