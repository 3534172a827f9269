//! The program `orm-migrate`: what can be done with revisions without knowing any models.

fn main() -> std::process::ExitCode {
    orm_migrate::cli::main_without_models()
}
