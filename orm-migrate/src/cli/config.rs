use super::arguments::Arguments;
use crate::error::{Error, Result};
use crate::version_table::VersionTable;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is known from the arguments, the environment and the configuration.
pub(super) struct Config {
    pub(super) file: PathBuf,
    pub(super) folder: PathBuf,
    url: Option<String>,
    pub(super) versions: VersionTable,
    pub(super) patience: Duration,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    migrations: Option<PathBuf>,
    url: Option<String>,
    version_table: Option<String>,
}

impl Config {
    pub(super) fn read(arguments: &Arguments) -> Result<Self> {
        let file = arguments.config.clone();
        let form: Form = match std::fs::read_to_string(&file) {
            Ok(text) => toml::from_str(&text).map_err(|error| Error::Parse {
                file: file.display().to_string(),
                reason: error.to_string().trim_end().to_owned(),
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Form::default(),
            Err(error) => return Err(Error::File { path: file, reason: error.to_string() }),
        };
        // Paths in the file are as seen from the file.
        let beside = file.parent().unwrap_or(Path::new(""));
        let folder = arguments.dir.clone();
        let folder = folder.unwrap_or_else(|| beside.join(form.migrations.unwrap_or_else(|| "migrations".into())));
        let table = arguments.version_table.clone().or(form.version_table);
        let environment = std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty());
        Ok(Config {
            folder,
            url: arguments.url.clone().or(environment).or(form.url),
            versions: table.map_or_else(|| Ok(VersionTable::default()), |name| version_table(&name))?,
            patience: Duration::from_secs(arguments.lock_timeout),
            file,
        })
    }

    pub(super) fn url(&self) -> Result<&str> {
        self.url.as_deref().ok_or_else(|| {
            Error::Config(format!(
                "no database is named: give --url, set DATABASE_URL, or write `url` into {}",
                self.file.display()
            ))
        })
    }
}

fn version_table(text: &str) -> Result<VersionTable> {
    let (schema, name) = match text.split_once('.') {
        Some((schema, name)) => (Some(schema.to_owned()), name),
        None => (None, text),
    };
    if name.is_empty() || schema.as_deref() == Some("") || name.contains('.') {
        return Err(Error::Config(format!("the version table {text:?} is no `name` or `schema.name`")));
    }
    Ok(VersionTable { name: name.to_owned(), schema })
}
