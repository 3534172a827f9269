use super::config::Config;
use super::say;
use crate::error::{Error, Result};
use std::io::Write;
use std::path::{Path, PathBuf};

const CONFIG: &str = "# Read by orm-migrate. Paths are as seen from this file.
migrations = \"migrations\"
# The database, unless --url or DATABASE_URL names it.
# url = \"sqlite:app.db\"
# The table in which a database remembers its revisions.
# version_table = \"orm_revisions\"
";

/// Makes the configuration, the folder, and the program with the project's models. Needs no database.
pub(super) fn run(config: &Config, out: &mut dyn Write) -> Result<()> {
    let folder = &config.folder;
    let full = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(Error::File { path: folder.clone(), reason: error.to_string() }),
    };
    if full {
        let reason = "the folder is there already and is not empty: nothing was made".to_owned();
        return Err(Error::File { path: folder.clone(), reason });
    }
    if config.file.exists() {
        let reason = "the file is there already: nothing was made".to_owned();
        return Err(Error::File { path: config.file.clone(), reason });
    }
    std::fs::create_dir_all(folder).map_err(|error| cannot(folder, &error))?;
    // An empty folder is not kept by version control.
    write(&folder.join(".gitkeep"), "")?;
    write(&config.file, CONFIG)?;
    say(out, format_args!("made {} and {}", config.file.display(), folder.display()))?;
    program(&config.file, out)
}

fn program(config: &Path, out: &mut dyn Write) -> Result<()> {
    let root = config.parent().unwrap_or(Path::new(""));
    let Ok(manifest) = std::fs::read_to_string(root.join("Cargo.toml")) else { return Ok(()) };
    let package = toml::from_str::<toml::Table>(&manifest)
        .ok()
        .and_then(|manifest| Some(manifest.get("package")?.get("name")?.as_str()?.replace('-', "_")));
    let path = root.join("src/bin/migrate.rs");
    let Some(package) = package.filter(|_| !path.exists()) else { return Ok(()) };
    let library = root.join("src/lib.rs").exists();
    let line = match library {
        true => format!("use {package} as _; // links the models: what nothing refers to is left out"),
        false => "// use my_app as _; // the crate with the models: what nothing refers to is left out".to_owned(),
    };
    let text = format!(
        "//! The migrations of this project: `cargo run --bin migrate -- --help`.\n\n{line}\n\n\
         fn main() -> std::process::ExitCode {{\n    \
         orm_migrate::cli::main(orm_core::schema::MetaData::registered())\n}}\n"
    );
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| cannot(folder, &error))?;
    }
    write(&path, &text)?;
    say(out, format_args!("made {}: `cargo run --bin migrate -- revision --autogenerate -m …`", path.display()))?;
    if !library {
        say(out, "this package has no library, so put your models into one and name it there")?;
    }
    Ok(())
}

fn cannot(path: &Path, error: &std::io::Error) -> Error {
    Error::File { path: PathBuf::from(path), reason: error.to_string() }
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| cannot(path, &error))
}
