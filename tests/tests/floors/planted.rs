//! Shows that the floors test catches what it says it does: small crates with one violation each.

use super::{Source, violations};

/// A crate in order: every floor, lib.rs with re-exports by name and by glob, a prelude, an exported macro.
const SOUND: [(&str, &str); 12] = [
    (
        "lib.rs",
        "extern crate self as orm_core;
         #[macro_use] pub mod types;
         pub mod error; pub mod expr; pub mod schema; pub mod entity; pub mod query; pub mod dialect; pub mod engine;
         pub mod reflect; pub mod model; pub mod session; pub mod prelude;
         #[doc(hidden)] pub mod __private { pub use crate::session::Session; }
         pub use error::{Error, Result};
         pub use engine::Engine;
         pub use session::Session;
         pub use model::*;
         pub use orm_derive::Model;",
    ),
    ("prelude.rs", "pub use crate::session::Session; pub use crate::types::*;"),
    ("types.rs", "pub struct Value; macro_rules! shared { () => { $crate::types::Value } }"),
    ("error.rs", "pub enum Error { Bad(crate::types::Value) } pub type Result<T> = std::result::Result<T, Error>;"),
    ("expr.rs", "use crate::{Error, types::{self, Value}}; pub struct Expr(Value, types::Value, Error, crate::entity::Key);"),
    ("schema.rs", "#[macro_export] macro_rules! metadata { () => { $crate::schema::Table } } pub struct Table;"),
    ("entity.rs", "pub struct Key; pub use self::key::Other; mod key { pub struct Other; pub use super::Key as Me; }"),
    (
        "query.rs",
        "//! Used by [`Session`](crate::session::Session).
         use crate::expr::Expr;
         pub(crate) struct Select(Expr);
         fn table() -> crate::schema::Table { let _ = shared!(); crate::metadata!() }
         #[cfg(test)] mod tests { use super::*; use super::super::expr::Expr as E; #[test] fn x() { vec![orm_core::Error::Bad]; } }",
    ),
    ("dialect.rs", "use crate::query::Select;"),
    ("engine.rs", "use sqlx::Row; pub use sqlx::Pool; pub struct Engine; mod pool { use super::super::dialect; use super::Engine; }"),
    ("model.rs", "pub struct Mapper; use crate::engine::Engine;"),
    ("session.rs", "use crate::{Engine, Mapper, metadata}; pub struct Session; pub fn session() {}"),
];

fn sources(changes: &[(&str, &str)]) -> Vec<Source> {
    let mut files: Vec<(&str, String)> = SOUND.iter().map(|(file, text)| (*file, (*text).to_owned())).collect();
    for (file, text) in changes {
        match files.iter_mut().find(|(name, _)| name == file) {
            Some((_, old)) => *old = format!("{old}\n{text}"),
            None => files.push((file, (*text).to_owned())),
        }
    }
    files.into_iter().map(|(file, text)| Source { file: file.into(), text }).collect()
}

/// Plants text at the end of a file (or a new file); the violations must be those, one piece of each given.
#[track_caller]
fn caught(changes: &[(&str, &str)], expected: &[&str]) {
    let found = violations(&sources(changes));
    assert_eq!(found.len(), expected.len(), "{changes:?} gave {found:#?}");
    for piece in expected {
        assert!(found.iter().any(|line| line.contains(piece)), "{piece:?} is not in {found:#?}");
    }
}

#[test]
fn a_sound_crate_passes() {
    caught(&[], &[]);
}

#[test]
fn a_plain_use_is_caught_with_its_place() {
    caught(
        &[("query.rs", "use crate::session::X;")],
        &["query.rs:6: `crate::session::X`: `query` (floor 2) uses `session` (floor 7)"],
    );
    caught(&[("query/select.rs", "\nuse crate::engine;")], &["query/select.rs:2: `crate::engine`"]);
    caught(&[("types.rs", "use crate::expr::Expr;")], &["`types` (floor 0) uses `expr` (floor 1)"]);
}

#[test]
fn super_is_followed() {
    caught(&[("query/select.rs", "use super::super::engine::Y;")], &["`query` (floor 2) uses `engine` (floor 4)"]);
    caught(&[("query.rs", "mod a { mod b { fn f(_: super::super::super::session::Z) {} } }")], &["uses `session`"]);
    caught(&[("query.rs", "fn f() { use super::session::Session; }")], &["uses `session`"]);
    caught(&[("query.rs", "#[cfg(test)] mod more { use super::super::session::Session; }")], &["uses `session`"]);
}

#[test]
fn a_reexport_under_another_name_is_followed() {
    caught(
        &[("types.rs", "pub use crate::engine::Engine as E;"), ("expr.rs", "use crate::types::E;")],
        &[
            "`crate::engine::Engine`: `types` (floor 0) uses `engine`",
            "`crate::types::E`: `expr` (floor 1) uses `engine`",
        ],
    );
    caught(
        &[
            ("types.rs", "pub(crate) use super::engine as power;"),
            ("expr.rs", "struct S(crate::types::power::Engine);"),
        ],
        &["`types` (floor 0) uses `engine`", "`expr` (floor 1) uses `engine`"],
    );
}

#[test]
fn a_group_is_taken_apart() {
    caught(
        &[("query.rs", "use crate::{expr::{self, Expr as F}, types::Value as V, session::{self, Session}};")],
        &["`crate::session`", "`crate::session::Session`"],
    );
}

#[test]
fn reexports_of_lib_rs_are_followed_to_their_module() {
    caught(&[("query.rs", "use crate::Session;")], &["`query` (floor 2) uses `session`"]);
    caught(&[("query.rs", "fn f(_: orm_core::Engine) {}")], &["`query` (floor 2) uses `engine`"]);
    caught(&[("query.rs", "fn f(_: &::orm_core::session::Session) {}")], &["uses `session`"]);
    caught(&[("query.rs", "use crate::Mapper;")], &["`query` (floor 2) uses `model`"]); // through a glob
    caught(&[("types.rs", "fn f() { crate::metadata!() }")], &["`types` (floor 0) uses `schema`"]);
}

#[test]
fn globs_are_caught() {
    caught(&[("query.rs", "use crate::session::*;")], &["`crate::session::*`"]);
    caught(&[("query.rs", "use crate::{session::{*}};")], &["`crate::session::*`"]);
    caught(&[("query.rs", "use crate::*;")], &["reaches lib.rs itself"]);
    caught(&[("query.rs", "use super::*;")], &["reaches lib.rs itself"]);
}

#[test]
fn the_root_under_another_name_is_caught() {
    caught(&[("query.rs", "use crate as all; fn f(_: all::session::Session) {}")], &["reaches lib.rs itself"]);
    caught(&[("query.rs", "use super::{self as all};")], &["reaches lib.rs itself"]);
    caught(&[("query.rs", "extern crate self as all;")], &["reaches lib.rs itself"]);
    caught(&[("lib.rs", "pub fn helper() {}"), ("query.rs", "fn f() { crate::helper() }")], &["reaches lib.rs itself"]);
    caught(&[("query.rs", "fn f() { crate::made_by_a_macro() }")], &["can't be followed"]);
}

#[test]
fn what_gathers_from_all_floors_is_closed_to_them() {
    caught(&[("session.rs", "use crate::prelude::Value;")], &["`prelude` gathers from all floors"]);
    caught(&[("query.rs", "use crate::prelude::*;")], &["`prelude` gathers from all floors"]);
    caught(
        &[("query.rs", "fn f(_: crate::__private::Session) {}")],
        &["`__private` gathers from all floors", "`query` (floor 2) uses `session`"],
    );
}

#[test]
fn macros_are_looked_into() {
    caught(&[("query.rs", "fn f() { vec![crate::session::session()]; }")], &["`crate::session::session`"]);
    caught(&[("query.rs", "macro_rules! m { () => { $crate::session::session() } }")], &["`crate::session::session`"]);
    caught(&[("query.rs", "macro_rules! m { () => { { (super::session::X) } } }")], &["`super::session::X`"]);
    caught(
        &[("query.rs", "macro_rules! m { () => { use crate::{expr, session::{Session, *}}; } }")],
        &["`crate::session::Session`", "`crate::session::*`"],
    );
    caught(&[("query.rs", "m! { mod inner { use super::*; use super::super::engine::Y; } }")], &["uses `engine`"]);
    caught(&[("query.rs", "macro_rules! m { ($name:ident) => { $crate::$name::X } }")], &["can't be followed"]);
    caught(
        &[("query.rs", "macro_rules! m { ($($name:ident)*) => { use crate::{$($name),*}; } }")],
        &["can't be followed", "reaches lib.rs itself"],
    );
    caught(
        &[
            ("lib.rs", "#[macro_use] mod session;"),
            ("session.rs", "macro_rules! high { () => {} }"),
            ("query.rs", "high!();"),
        ],
        &["`crate::session::high`"],
    );
}

#[test]
fn attributes_types_and_bounds_are_looked_into() {
    caught(&[("query.rs", "#[derive(crate::session::D)] struct S;")], &["`crate::session::D`"]);
    caught(&[("query.rs", "#[serde(with = \"crate::session::json\")] struct S;")], &["`crate::session::json`"]);
    caught(&[("query.rs", "fn f<T: Into<Vec<crate::session::Session>>>() {}")], &["`crate::session::Session`"]);
    caught(&[("query.rs", "impl crate::session::Tr for S {}")], &["`crate::session::Tr`"]);
    caught(&[("query.rs", "fn f() { <u8 as crate::session::Tr>::go() }")], &["`crate::session::Tr::go`"]);
    caught(&[("query.rs", "fn f(x: u8) { match x { crate::session::K => {} _ => {} } }")], &["`crate::session::K`"]);
}

#[test]
fn only_engine_names_sqlx() {
    caught(&[("session.rs", "use sqlx::Row;")], &["session.rs:2: `sqlx::Row`: only `engine` names sqlx"]);
    caught(&[("types.rs", "fn f(_: &::sqlx::PgRow) {}")], &["only `engine` names sqlx"]);
    caught(&[("types.rs", "m! { sqlx::query(x) }")], &["only `engine` names sqlx"]);
    caught(&[("lib.rs", "pub use sqlx;")], &["only `engine` names sqlx"]);
    caught(&[("session.rs", "use crate::engine::Pool;")], &["only `engine` names sqlx"]); // the driver's, lent on
}

#[test]
fn a_module_without_a_floor_is_caught() {
    caught(&[("lib.rs", "mod helpers;"), ("helpers.rs", "")], &["the module `helpers` stands on no floor"]);
    caught(&[("lib.rs", "mod inline {}")], &["the module `inline` stands on no floor"]);
    caught(&[("query.rs", "#[path = \"../session.rs\"] mod mine;")], &["can't be followed"]);
    caught(&[("query.rs", "fn {")], &["does not parse"]);
}
