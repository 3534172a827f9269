//! The command line.
//!
//! A project's own program knows its models:
//!
//! ```no_run
//! // src/bin/migrate.rs; `orm-migrate init` writes it.
//! // use my_app as _; // the crate with the models: what nothing refers to is not linked
//! fn main() -> std::process::ExitCode {
//!     orm_migrate::cli::main(orm_core::schema::MetaData::registered())
//! }
//! ```
//!
//! The program `orm-migrate` knows none ([`main_without_models`]). It does everything that needs only the files and the
//! database, and says so where it can't.

mod arguments;
mod commands;
mod config;
mod init;

use crate::error::{Error, Result};
use arguments::Arguments;
use clap::Parser;
use clap::error::ErrorKind;
use orm_core::schema::MetaData;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// The models, or why they are not known; `None` for a program that knows none.
pub type Models = Option<orm_core::Result<MetaData>>;

/// The whole of a project's own program: reads the arguments, runs the command, and says what happened.
pub fn main(models: orm_core::Result<MetaData>) -> ExitCode {
    with_models(Some(models))
}

/// The whole of a program that knows no models.
pub fn main_without_models() -> ExitCode {
    with_models(None)
}

fn with_models(models: Models) -> ExitCode {
    let code = run(std::env::args_os(), models, &mut std::io::stdout().lock(), &mut std::io::stderr().lock());
    ExitCode::from(code)
}

/// Runs a command with these arguments, the program's name first, and gives the exit code: 0 when all is well, 2 for wrong
/// arguments, otherwise that of the [error](Error::exit_code).
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    models: Models,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // Nobody is left to tell when the output is closed.
            let _ = if help { write!(out, "{error}") } else { write!(err, "{error}") };
            return if help { 0 } else { 2 };
        }
    };
    let result = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Config(format!("can't start: {error}")))
        .and_then(|runtime| runtime.block_on(commands::run(arguments, models, out, err)));
    match result {
        Ok(()) => 0,
        Err(error) => {
            let _ = writeln!(err, "error: {error}");
            error.exit_code()
        }
    }
}

/// Writes a line for a person.
fn say(out: &mut dyn Write, line: impl std::fmt::Display) -> Result<()> {
    writeln!(out, "{line}").map_err(|error| Error::File { path: PathBuf::from("output"), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use orm_core::schema::MetaData;

    #[test]
    fn a_program_without_models_is_told_how_to_link_them() {
        // No model is linked into these tests.
        let error = MetaData::registered().map(|models| models.models().len()).unwrap_err().to_string();
        assert!(error.contains("no model is linked into this program: add `use my_app as _;`"), "{error}");
    }
}
