//! The command line, from the outside: what it prints, what it writes, and its exit codes.

use orm_core::prelude::*;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "users")]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40, unique)]
    name: String,
}

mod later {
    use orm_core::prelude::*;

    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "users")]
    pub(super) struct User {
        #[orm(primary_key)]
        id: i64,
        #[orm(length = 40, unique)]
        name: String,
        #[orm(index)]
        age: Option<i32>,
    }

    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "users")]
    pub(super) struct Strict {
        #[orm(primary_key)]
        id: i64,
        #[orm(length = 60, unique)]
        name: String,
    }

    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "users")]
    pub(super) struct Renamed {
        #[orm(primary_key)]
        id: i64,
        #[orm(length = 40, unique)]
        name: String,
        #[orm(index)]
        years: Option<i32>,
    }
}

/// A folder of its own for each test.
struct Project(PathBuf);

/// What a command gave.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Project {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("cli_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Project(folder)
    }

    fn started() -> Self {
        let project = Project::new();
        assert_eq!(project.program(&["init"]).code, 0);
        project
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.0.join("app.db").display())
    }

    /// The program that knows no models.
    fn program(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_orm-migrate"));
        let output = command.args(arguments).current_dir(&self.0).env_remove("DATABASE_URL").output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The same with the database.
    fn on_database(&self, arguments: &[&str]) -> Ran {
        let url = self.url();
        self.program(&[arguments, &["--url", &url]].concat())
    }

    /// A project's own program.
    fn with(&self, models: MetaData, arguments: &[&str]) -> Ran {
        let (url, config) = (self.url(), self.0.join("orm-migrate.toml"));
        let config = config.to_str().unwrap();
        let all = [&["migrate"], arguments, &["--url", &url, "--config", config]].concat();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = orm_migrate::cli::run(all.iter().map(OsString::from), Some(Ok(models)), &mut out, &mut err);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: code.into(), out: text(out), err: text(err) }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join("migrations").join(name), text).unwrap();
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.0.join("migrations")).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
        files.sort();
        files
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A revision of SQL.
fn revision(id: &str, parents: &str, sql: &str) -> String {
    format!(
        "revision = \"{id}\"\nparents = [{parents}]\nmessage = \"{id}\"\nformat = 1\n[[up]]\nop = \"sql\"\nany = \"{sql}\"\n"
    )
}

#[test]
fn the_whole_way_from_models_to_a_changed_database() {
    let project = Project::started();
    let ran = project.with(metadata![User], &["check"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (4, "error: the database differs from the models:\n  create table users\n")
    );

    let ran = project.with(metadata![User], &["revision", "--autogenerate", "-m", "Add users!"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("create table users\nwrote ") && ran.out.ends_with("_add_users.toml\n"), "{}", ran.out);
    let files = project.files();
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let id = text.split('"').nth(1).unwrap().to_owned();
    assert_eq!(
        text,
        format!(
            "revision = \"{id}\"\nparents = []\nmessage = \"Add users!\"\nformat = 1\n\n\
             [[up]]\nop = \"create_table\"\ntable = \"users\"\ncolumns = [\n  \
             {{ name = \"id\", type = \"bigint\", identity = \"by default\" }},\n  \
             {{ name = \"name\", type = \"varchar(40)\" }},\n]\n\
             primary_key = [\"id\"]\nprimary_key_name = \"pk_users\"\n\
             uniques = [\n  {{ name = \"uq_users_name\", columns = [\"name\"] }},\n]\n"
        )
    );

    // Not without applying the last one first.
    let ran = project.with(metadata![User], &["revision", "--autogenerate", "-m", "again"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert_eq!(ran.err, format!("error: 1 of the revisions is not applied: {id}; run `orm-migrate upgrade`\n"));

    let ran = project.on_database(&["current"]);
    assert_eq!((ran.code, ran.out), (0, format!("no revision is applied\nnot applied: {id}\n")));
    assert_eq!(project.on_database(&["current", "--check-heads"]).code, 3);
    assert_eq!(project.on_database(&["check"]).code, 3);
    let ran = project.on_database(&["upgrade", "--plan"]);
    assert!(ran.out.starts_with(&format!("-- apply {id} (Add users!)\nCREATE TABLE users (")), "{ran:?}");

    // The program without models does the rest.
    let ran = project.on_database(&["upgrade"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with(&format!("applied {id} (Add users!): 1 statement, ")), "{ran:?}");
    assert_eq!(project.on_database(&["upgrade"]).out, "nothing to apply\n");
    let ran = project.on_database(&["current"]);
    assert_eq!(ran.out, format!("{id} (head)  Add users!\n"));
    let ran = project.on_database(&["check"]);
    assert_eq!((ran.code, ran.out), (0, format!("the database is at the head, {id}\n")));
    assert!(ran.err.starts_with("the models were not compared, since this program does not know them"), "{}", ran.err);
    let ran = project.with(metadata![User], &["check"]);
    assert_eq!((ran.code, ran.out), (0, format!("the database is at the head, {id}, and as the 1 models say\n")));

    let ran = project.with(metadata![User], &["revision", "--autogenerate", "-m", "nothing"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "the database is as the models say: no revision was written\n"));
    assert_eq!(project.files().len(), 1);

    let ran = project.with(metadata![later::User], &["revision", "--autogenerate", "-m", "age"]);
    assert!(ran.out.starts_with("add column users.age\ncreate index ix_users_age on users (age)\nwrote "), "{ran:?}");
    assert_eq!(project.on_database(&["upgrade", "+1"]).code, 0);
    assert_eq!(project.with(metadata![later::User], &["check"]).code, 0);

    let ran = project.with(metadata![later::Renamed], &["revision", "--autogenerate", "-m", "years"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("users: age -> years") && ran.err.contains("--no-renames"), "{}", ran.err);
    let ran = project.with(metadata![later::Strict], &["revision", "--autogenerate", "-m", "strict"]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("users: column name has the type VARCHAR(40), wanted is VARCHAR(60)"), "{}", ran.err);
    assert!(ran.err.contains("orm-migrate revision --empty"), "{}", ran.err);
    assert_eq!(project.files().len(), 2);

    let ran = project.on_database(&["history"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(
        lines[0].contains(" (head)  age  [after ") && lines[1] == format!("{id}  Add users!  [first]"),
        "{lines:?}"
    );
    let ran = project.on_database(&["downgrade", "-1"]);
    assert!(ran.out.starts_with("undone ") && ran.out.contains("(age): 2 statements"), "{ran:?}");
    assert_eq!(project.with(metadata![User], &["check"]).code, 3);
    assert_eq!(project.on_database(&["downgrade", "base"]).code, 0);
    assert_eq!(project.on_database(&["downgrade", "base"]).out, "nothing to undo\n");
}

#[test]
fn init_makes_what_a_project_needs_and_overwrites_nothing() {
    let project = Project::new();
    std::fs::write(project.0.join("Cargo.toml"), "[package]\nname = \"my-app\"\n").unwrap();
    std::fs::create_dir(project.0.join("src")).unwrap();
    std::fs::write(project.0.join("src/lib.rs"), "").unwrap();
    let ran = project.program(&["init"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("made orm-migrate.toml and migrations\nmade src/bin/migrate.rs"), "{}", ran.out);
    let program = std::fs::read_to_string(project.0.join("src/bin/migrate.rs")).unwrap();
    assert!(program.contains("use my_app as _;") && program.contains("orm_migrate::cli::main("), "{program}");
    let ran = project.program(&["init"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.err, "error: migrations: the folder is there already and is not empty: nothing was made\n");
    // What it wrote reads.
    assert_eq!(project.program(&["history"]).code, 0);
}

#[test]
fn what_needs_models_says_so_where_there_are_none() {
    let project = Project::started();
    let ran = project.on_database(&["revision", "--autogenerate", "-m", "x"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("needs the models, which this program does not know"), "{}", ran.err);
    // A hand-written one needs neither models nor a database.
    let ran = project.program(&["revision", "--empty", "-m", "by hand"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(project.on_database(&["upgrade"]).code, 0);
    // This test program links models, but a program that links none is told so.
    let none = orm_core::Error::Mapping(vec!["no model is linked".to_owned()]);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let (url, config) = (project.url(), project.0.join("orm-migrate.toml"));
    let arguments = ["migrate", "check", "--url", &url, "--config", config.to_str().unwrap()].map(OsString::from);
    assert_eq!(orm_migrate::cli::run(arguments, Some(Err(none)), &mut out, &mut err), 1);
    assert!(String::from_utf8(err).unwrap().contains("no model is linked"));
}

#[test]
fn wrong_arguments_and_missing_pieces_are_told_apart() {
    let project = Project::new();
    assert_eq!(project.program(&["upgrad"]).code, 2);
    assert_eq!(project.program(&["revision"]).code, 2);
    let ran = project.program(&["--help"]);
    assert!(ran.code == 0 && ran.out.contains("upgrade") && ran.out.contains("DATABASE_URL"), "{ran:?}");
    let ran = project.program(&["history"]);
    assert_eq!(ran.err, "error: migrations: there is no such folder: `orm-migrate init` makes it\n");
    project.program(&["init"]);
    let ran = project.program(&["upgrade"]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.err,
        "error: no database is named: give --url, set DATABASE_URL, or write `url` into orm-migrate.toml\n"
    );
    for (url, wanted) in [
        ("nonsense", "nonsense"),
        ("oracle://x/y", "oracle"),
        ("postgres://nobody@127.0.0.1:1/none", "can't connect to"),
        ("mysql://nobody:secret@127.0.0.1:1/none", "can't connect to"),
        ("sqlite:/no/such/folder/app.db", "/no/such/folder/app.db"),
    ] {
        let ran = project.program(&["upgrade", "--url", url]);
        assert_eq!(ran.code, 1, "{url}");
        assert!(
            ran.err.starts_with("error: ") && ran.err.contains(wanted) && !ran.err.contains("secret"),
            "{}",
            ran.err
        );
    }
    std::fs::write(project.0.join("orm-migrate.toml"), "migration = \"x\"\n").unwrap();
    let ran = project.program(&["history"]);
    assert!(ran.err.contains("orm-migrate.toml: ") && ran.err.contains("unknown field `migration`"), "{}", ran.err);
    let ran = project.program(&["history", "--config", "none.toml", "--version-table", "a.b.c"]);
    assert!(ran.err.contains("the version table \"a.b.c\" is no `name` or `schema.name`"), "{}", ran.err);
}

#[test]
fn the_configuration_names_the_database_and_the_folder() {
    let project = Project::new();
    std::fs::create_dir(project.0.join("steps")).unwrap();
    let config = "migrations = \"steps\"\nurl = \"sqlite:app.db\"\nversion_table = \"versions\"\n";
    std::fs::write(project.0.join("orm-migrate.toml"), config).unwrap();
    std::fs::write(project.0.join("steps/a.toml"), revision("aaa", "", "CREATE TABLE t (id INTEGER)")).unwrap();
    assert_eq!(project.program(&["upgrade"]).code, 0);
    assert_eq!(project.program(&["current"]).out, "aaa (head)  aaa\n");
    // Another table of versions knows nothing of it.
    let ran = project.program(&["current", "--version-table", "other"]);
    assert_eq!(ran.out, "no revision is applied\nnot applied: aaa\n");
}

#[test]
fn files_that_are_wrong_are_found_before_any_connection() {
    let project = Project::started();
    let broken = |name: &str, text: &str, wanted: &str| {
        project.write(name, text);
        let ran = project.program(&["upgrade", "--url", "postgres://nobody@127.0.0.1:1/none"]);
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains(wanted), "{wanted}: {}", ran.err);
        std::fs::remove_file(project.0.join("migrations").join(name)).unwrap();
    };
    project.write("a.toml", &revision("aaa", "", "SELECT 1"));
    broken("b.toml", "revision = [", "migrations/b.toml: TOML parse error at line 1");
    broken("b.toml", &revision("aaa", "", "SELECT 1"), "migrations/a.toml and migrations/b.toml are both revision aaa");
    broken(
        "b.toml",
        &revision("bbb", "\"zzz\"", "SELECT 1"),
        "migrations/b.toml names the parent zzz, but there is no such",
    );
    broken(
        "b.toml",
        &revision("bbb", "\"bbb\"", "SELECT 1"),
        "each other's parents, so none can be first: migrations/b.toml",
    );
}

#[test]
fn several_heads_are_merged() {
    let project = Project::started();
    project.write("a.toml", &revision("aaa", "", "CREATE TABLE a (id INTEGER)"));
    assert!(project.program(&["merge", "-m", "x"]).err.contains("there is nothing to merge: the only head is aaa"));
    project.write("b.toml", &revision("bbb", "\"aaa\"", "CREATE TABLE b (id INTEGER)"));
    project.write("c.toml", &revision("ccc", "\"aaa\"", "CREATE TABLE c (id INTEGER)"));
    for command in [&["upgrade"][..], &["check"], &["revision", "-m", "x"]] {
        let ran = project.on_database(command);
        assert_eq!(ran.code, 7, "{command:?}");
        assert!(
            ran.err.contains("there are several heads: bbb, ccc; merge them with `orm-migrate merge"),
            "{}",
            ran.err
        );
    }
    assert_eq!(project.program(&["heads"]).out, "bbb  bbb\nccc  ccc\n");
    assert_eq!(project.on_database(&["upgrade", "bbb"]).code, 0);
    assert_eq!(project.program(&["merge", "-m", "join"]).code, 0);
    let ran = project.on_database(&["upgrade"]);
    assert!(ran.code == 0 && ran.out.contains("applied ccc") && ran.out.contains("(join): 0 statements"), "{ran:?}");
    assert_eq!(project.on_database(&["check"]).code, 0);
}

#[test]
fn a_failure_and_a_history_that_does_not_fit_say_what_to_do() {
    let project = Project::started();
    project.write("a.toml", &revision("aaa", "", "CREATE TABLE a (id INTEGER)"));
    project.write("b.toml", &revision("bbb", "\"aaa\"", "INSERT INTO nowhere VALUES (1)"));
    let ran = project.on_database(&["upgrade"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("revision bbb (bbb) failed at statement 1 of 1") && ran.err.contains("nowhere"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("it was rolled back"), "{}", ran.err);
    assert_eq!(project.on_database(&["current"]).out, "aaa  aaa\nnot applied: bbb\n");
    let ran = project.on_database(&["downgrade", "base"]);
    assert!(ran.err.contains("revision aaa (aaa) can't be undone: it has a `sql` operation"), "{}", ran.err);

    std::fs::remove_file(project.0.join("migrations/b.toml")).unwrap();
    std::fs::remove_file(project.0.join("migrations/a.toml")).unwrap();
    project.write("c.toml", &revision("ccc", "", "SELECT 1"));
    let ran = project.on_database(&["upgrade"]);
    assert_eq!(ran.code, 9);
    assert!(ran.err.contains("the database has aaa applied, but there is no such file"), "{}", ran.err);
    assert!(project.on_database(&["current"]).out.contains("applied, but there is no such file: aaa"));
    let ran = project.on_database(&["stamp", "head", "--purge"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "the database is at ccc now; nothing was run\n"));
    assert_eq!(project.on_database(&["check"]).code, 0);
    project.write("c.toml", &revision("ccc", "", "SELECT 2"));
    let ran = project.on_database(&["check"]);
    assert_eq!(ran.code, 9);
    assert!(ran.err.contains("migrations/c.toml changed after it was applied"), "{}", ran.err);
}

#[test]
fn unknown_tables_are_named_and_dropped_only_when_asked() {
    let project = Project::started();
    project.write("a.toml", &revision("aaa", "", "CREATE TABLE theirs (id INTEGER)"));
    project.on_database(&["upgrade"]);
    let ran = project.with(metadata![User], &["revision", "--autogenerate", "-m", "users"]);
    assert_eq!(ran.err, "left alone, since no model knows them (--drop-unknown drops them): theirs\n");
    assert!(!ran.out.contains("theirs"), "{}", ran.out);
    project.on_database(&["upgrade"]);
    let ran = project.with(metadata![User], &["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "left alone, since no model knows them: theirs\n"));
    let ran = project.with(metadata![User], &["revision", "--autogenerate", "--drop-unknown", "-m", "tidy"]);
    assert!(ran.out.starts_with("drop table theirs\nwrote "), "{ran:?}");
    assert_eq!(project.on_database(&["upgrade"]).code, 0);
    assert_eq!(project.on_database(&["downgrade", "-1"]).code, 0);
}
