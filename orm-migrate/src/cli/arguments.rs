use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Migrations for orm-core: revisions of a schema, written from models and applied to databases.
#[derive(Parser)]
#[command(name = "orm-migrate", version, arg_required_else_help = true)]
pub(super) struct Arguments {
    /// The database; else DATABASE_URL, else `url` in the configuration.
    #[arg(long, global = true)]
    pub(super) url: Option<String>,
    /// The configuration.
    #[arg(long, global = true, default_value = "orm-migrate.toml")]
    pub(super) config: PathBuf,
    /// The folder with the revisions; else `migrations` in the configuration, else `migrations`.
    #[arg(long, global = true)]
    pub(super) dir: Option<PathBuf>,
    /// The table in which the database remembers its revisions, as `name` or `schema.name`.
    #[arg(long, global = true)]
    pub(super) version_table: Option<String>,
    /// How many seconds to wait for another migration.
    #[arg(long, global = true, default_value_t = 60)]
    pub(super) lock_timeout: u64,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make the configuration, the folder, and a program with your models.
    Init,
    /// Write a new revision.
    Revision {
        /// What it does, for people.
        #[arg(short, long)]
        message: String,
        /// Write into it what the models have and the database has not, and the other way round.
        #[arg(long, conflicts_with = "empty")]
        autogenerate: bool,
        /// Write one that does nothing, to be filled in by hand.
        #[arg(long)]
        empty: bool,
        /// Drop tables that no model knows.
        #[arg(long, requires = "autogenerate")]
        drop_unknown: bool,
        /// A new column and one that is gone, of one type, are not a renamed one.
        #[arg(long, requires = "autogenerate")]
        no_renames: bool,
    },
    /// Write a revision that joins the heads.
    Merge {
        /// What it does, for people.
        #[arg(short, long)]
        message: String,
    },
    /// Apply revisions.
    Upgrade {
        /// `head`, `heads`, an id or its beginning, or +n.
        #[arg(default_value = "head")]
        target: String,
        /// Show the statements, and run nothing.
        #[arg(long)]
        plan: bool,
    },
    /// Undo revisions.
    Downgrade {
        /// What stays: `base` for nothing, an id or its beginning; or -n.
        #[arg(allow_hyphen_values = true)]
        target: String,
        /// Show the statements, and run nothing.
        #[arg(long)]
        plan: bool,
    },
    /// Show which revisions the database has.
    Current {
        /// Fail unless it has all.
        #[arg(long)]
        check_heads: bool,
    },
    /// Fail unless the database has all revisions and is as the models say.
    Check,
    /// List the revisions.
    History,
    /// List the revisions that none follows.
    Heads,
    /// Make the database remember revisions without running them.
    Stamp {
        /// `head`, `heads`, `base` for nothing, or an id or its beginning.
        target: String,
        /// Forget revisions that no file is.
        #[arg(long)]
        purge: bool,
    },
}
