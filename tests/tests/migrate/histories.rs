//! Graphs of revisions, and their files. No database.

use super::{failed, made};
use orm_migrate::{Revision, Revisions};
use std::collections::BTreeSet;

fn revision(id: &str, parents: &[&str]) -> Revision {
    let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
    Revision {
        id: id.to_owned(),
        file: format!("{id}.toml"),
        ..Revision::new(format!("message {id}"), parents, Vec::new())
    }
}

fn error(revisions: Vec<Revision>) -> String {
    failed(Revisions::new(revisions)).to_string()
}

#[test]
fn a_graph_that_cannot_be_is_refused_with_its_files() {
    assert_eq!(
        error(vec![revision("a", &[]), Revision { file: "b.toml".into(), ..revision("a", &[]) }]),
        "a.toml and b.toml are both revision a: give one of them another id, and its children that parent"
    );
    assert_eq!(
        error(vec![revision("a", &["z"])]),
        "a.toml names the parent z, but there is no such revision: restore its file, or correct `parents`"
    );
    assert_eq!(
        error(vec![
            revision("root", &[]),
            revision("a", &["c"]),
            revision("b", &["a"]),
            revision("c", &["b"]),
            revision("d", &["c"])
        ]),
        "these revisions are each other's parents, so none can be first: a.toml, c.toml, b.toml; correct `parents` in one of them"
    );
    assert!(error(vec![revision("self", &["self"])]).contains("self.toml"));
}

#[test]
fn revisions_come_after_their_parents_whatever_their_files_are_called() {
    let all = made(Revisions::new(vec![
        revision("a", &["m"]),
        revision("m", &["y", "x"]),
        revision("x", &["z"]),
        revision("y", &["z"]),
        revision("z", &[]),
    ]));
    let order: Vec<&str> = all.all().iter().map(|revision| revision.id.as_str()).collect();
    assert_eq!(order, ["z", "x", "y", "m", "a"]);
    assert_eq!(all.heads(), ["a"]);
    let ids = |found: orm_migrate::Result<Vec<&Revision>>| -> Vec<String> {
        made(found).iter().map(|one| one.id.clone()).collect()
    };
    let none = BTreeSet::new();
    assert_eq!(ids(all.to_apply("head", &none)), ["z", "x", "y", "m", "a"]);
    assert_eq!(ids(all.to_apply("y", &none)), ["z", "y"]);
    let some: BTreeSet<&str> = ["z", "y"].into();
    assert_eq!(ids(all.to_apply("head", &some)), ["x", "m", "a"]);
    assert_eq!(ids(all.to_apply("+1", &some)), ["x"]);
    assert_eq!(all.heads_among(&some), ["y"]);
    let every: BTreeSet<&str> = order.into_iter().collect();
    assert_eq!(ids(all.to_undo("x", &every)), ["a", "m"]);
    assert_eq!(ids(all.to_undo("-2", &every)), ["a", "m"]);
    assert_eq!(ids(all.to_undo("base", &every)), ["a", "m", "y", "x", "z"]);
}

#[test]
fn a_target_that_is_not_one_is_refused_with_what_there_is() {
    let all = made(Revisions::new(vec![revision("aa1", &[]), revision("aa2", &["aa1"]), revision("ab", &["aa1"])]));
    let none = BTreeSet::new();
    let refused = |target: &str| failed(all.to_apply(target, &none).map(|_| ())).to_string();
    assert_eq!(refused("aa"), "aa is the beginning of several revisions: aa1 (message aa1), aa2 (message aa2)");
    assert_eq!(refused("zz"), "there is no revision zz: the newest is aa2, ab; `orm-migrate history` lists all");
    assert_eq!(refused(""), "there is no revision : the newest is aa2, ab; `orm-migrate history` lists all");
    assert_eq!(refused("+x"), "there is no revision +x: a relative target is + or - and a number");
    assert_eq!(
        refused("head"),
        "there are several heads: aa2, ab; merge them with `orm-migrate merge -m …`, or name one, or say `heads`"
    );
    assert_eq!(made(all.to_apply("heads", &none)).len(), 3);
    assert_eq!(made(all.find("ab")).id, "ab");
}

const HEAD: &str = "revision = \"a1\"\nparents = []\nmessage = \"m\"\nformat = 1\n";

fn misread(text: &str) -> String {
    failed(Revision::from_toml(text, "dir/a1.toml")).to_string()
}

#[test]
fn a_file_that_does_not_read_says_where_and_what_is_allowed() {
    for (text, wanted) in [
        ("revision = ", "line 1"),
        ("revision = \"a\"\nparents = []\nmessage = \"m\"\n", "missing field `format`"),
        ("revision = \"a b\"\nparents = []\nmessage = \"m\"\nformat = 1", "is no id of a revision"),
        ("revision = \"a\"\nparents = []\nmessage = \"m\"\nformat = 2", "its format is 2"),
        (&format!("{HEAD}colour = 1"), "unknown field `colour`"),
        (&format!("{HEAD}[[up]]\ntable = \"t\""), "[[up]] number 1: it has no `op`; there are create_table, "),
        (&format!("{HEAD}[[up]]\nop = \"rename\""), "there is no operation \"rename\"; there are create_table, "),
        (&format!("{HEAD}[[up]]\nop = \"create_table\"\ncolumns = []"), "create_table: `table` is missing"),
        (&format!("{HEAD}[[up]]\nop = \"create_table\"\ntable = \"t\"\ncolums = []"), "unknown field `colums`"),
        (
            &format!(
                "{HEAD}[[up]]\nop = \"create_table\"\ntable = \"t\"\ncolumns = [{{ name = \"a\", type = \"varchr(9)\" }}]"
            ),
            "column a: there is no type \"varchr(9)\"; there are boolean, ",
        ),
        (
            &format!(
                "{HEAD}[[up]]\nop = \"create_table\"\ntable = \"t\"\ncolumns = [{{ name = \"a\", type = \"integer\", identity = \"always\" }}]"
            ),
            "column a: `identity` is \"by default\"",
        ),
        (
            &format!(
                "{HEAD}[[down]]\nop = \"create_index\"\ntable = \"t\"\nname = \"i\"\ncolumns = [\"a\"]\npostgres = {{ concurrently = true }}"
            ),
            "[[down]] number 1: create_index: unknown field `postgres`",
        ),
        (
            &format!("{HEAD}[[up]]\nop = \"drop_table\"\ntable = \"t\"\ncascade = true"),
            "drop_table: unknown field `cascade`",
        ),
        (&format!("{HEAD}[[up]]\nop = \"sql\""), "sql: it has no SQL"),
        (
            &format!("{HEAD}[[up]]\nop = \"sql\"\nany = \"x\"\nonly = [\"oracle\"]"),
            "there is no database \"oracle\"; there are sqlite, ",
        ),
        (&format!("{HEAD}[[up]]\nop = \"sql\"\nany = \"x\"\nonly = []"), "`only` is empty"),
    ] {
        let error = misread(text);
        assert!(error.starts_with("dir/a1.toml: ") && error.contains(wanted), "{wanted}: {error}");
    }
}

#[test]
fn the_documented_file_reads_and_its_layout_does_not_count() {
    let text = r#"
revision = "ae10a1f2c3d4"
parents  = ["9c41d0e7b2aa"]   # a comment
message  = "add users"
format   = 1

[[up]]
op = "create_table"
table = "users"
columns = [
  { name = "id",    type = "bigint", identity = "by default" },
  { name = "email", type = "varchar(320)", nullable = true },
  { name = "mood",  type = { enum = "mood", values = ["sad", "it's ok"] }, default = "'sad'" },
  { name = "place", type = { raw = "geometry" } },
]
primary_key = ["id"]
foreign_keys = [{ columns = ["email"], references = "mails", referenced = ["email"], on_delete = "set null" }]

[[up]]
op = "create_index"
table = "users"
name = "ix_users_email"
columns = ["email"]
unique = true
where = "email IS NOT NULL"
only = ["postgres", "sqlite"]
"#;
    let revision = made(Revision::from_toml(text, ""));
    assert_eq!(revision.up[0].to_string(), "create table users");
    assert_eq!(revision.up[1].to_string(), "create index ix_users_email on users (email) (only PostgreSQL, SQLite)");
    assert_eq!(revision.file_name("2026-11-22").display().to_string(), "2026_11_22_ae10a1_add_users.toml");
    let undo: Vec<String> = made(revision.undo()).iter().map(ToString::to_string).collect();
    assert_eq!(undo, ["drop index ix_users_email of users (only PostgreSQL, SQLite)", "drop table users"]);
    let again = made(Revision::from_toml(&revision.to_toml(), ""));
    assert_eq!(again, revision);
    let windows = text.replace('\n', "\r\n").replace("# a comment", "");
    assert_eq!(made(Revision::from_toml(&windows, "")).checksum(), revision.checksum());
    let changed = text.replace("320", "321");
    assert_ne!(made(Revision::from_toml(&changed, "")).checksum(), revision.checksum());
}

#[test]
fn what_cannot_be_undone_says_why() {
    let text = format!("{HEAD}[[up]]\nop = \"sql\"\nany = \"DELETE FROM t\"\n");
    let refused = |text: &str| failed(made(Revision::from_toml(text, "")).undo()).to_string();
    assert_eq!(refused(&text), "revision a1 (m) can't be undone: it has a `sql` operation; write its `[[down]]`");
    let text = format!("{HEAD}[[up]]\nop = \"drop_column\"\ntable = \"t\"\ncolumn = \"a\"\n");
    assert_eq!(
        refused(&text),
        "revision a1 (m) can't be undone: `drop column t.a` does not say what is dropped (`from`); write its `[[down]]`"
    );
    let with_from = format!("{text}[up.from]\ntype = \"integer\"\nnullable = true\n");
    assert_eq!(made(made(Revision::from_toml(&with_from, "")).undo())[0].to_string(), "add column t.a");
    // An empty list is an undo that does nothing.
    let none = HEAD.to_owned() + "down = []\n[[up]]\nop = \"sql\"\nany = \"DELETE FROM t\"\n";
    let none = made(Revision::from_toml(&none, ""));
    assert_eq!(made(none.undo()), []);
    assert_eq!(made(Revision::from_toml(&none.to_toml(), "")), none);
}

#[test]
fn ids_are_random_and_in_the_form_of_the_files() {
    let ids: BTreeSet<String> = (0..100).map(|_| Revision::new("m", Vec::new(), Vec::new()).id).collect();
    assert_eq!(ids.len(), 100);
    assert!(ids.iter().all(|id| id.len() == 12 && id.bytes().all(|c| c.is_ascii_hexdigit())), "{ids:?}");
}
