//! The dialects' rules, as tables of cases: an expression or statement, then what it becomes on each database.
//!
//! They stand outside of `src/dialect` because models are the shortest way to write them, and models are a higher floor.

#![cfg(feature = "derive")]

mod conditions;
mod correlation;
#[cfg(feature = "decimal")]
mod decimals;
mod definitions;
mod functions;
mod insert;
mod joins;
mod literals;
mod locks;
mod names;
mod nullable;
mod operators;
mod select;
mod text;
mod update_delete;

use orm_core::prelude::*;

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "users")]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 40)]
    name: String,
    fullname: Option<String>,
    age: i32,
    score: f64,
    active: bool,
    addresses: HasMany<Address>,
    #[orm(secondary = "user_keywords")]
    keywords: ManyToMany<Keyword>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "addresses")]
struct Address {
    #[orm(primary_key)]
    id: i64,
    email: String,
    #[orm(references = User::id)]
    user_id: i64,
    user: BelongsTo<User>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "keywords")]
struct Keyword {
    #[orm(primary_key)]
    id: i64,
    word: String,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "employees")]
struct Employee {
    #[orm(primary_key)]
    id: i64,
    name: String,
    #[orm(references = Employee::id)]
    manager_id: Option<i64>,
    manager: BelongsTo<Option<Employee>>,
}

/// Two keys to one table.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "transfers")]
struct Transfer {
    #[orm(primary_key)]
    id: i64,
    #[orm(references = User::id)]
    from_id: i64,
    #[orm(references = User::id)]
    to_id: i64,
}

/// Words that need quotes, in a schema of its own.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "Order", schema = "shop")]
struct Order {
    #[orm(primary_key)]
    id: i64,
    #[orm(column = "select")]
    choice: String,
    at: Option<DateTime<Utc>>,
    #[orm(server_default = "CURRENT_TIMESTAMP")]
    made: Auto<DateTime<Utc>>,
    day: Option<NaiveDate>,
}

/// What the statement becomes; an error as its message.
#[track_caller]
fn sql<S: Sql + ?Sized>(statement: &S, dialect: Dialect) -> String {
    match statement.sql(dialect) {
        Ok(compiled) => compiled.text,
        Err(error) => error.to_string(),
    }
}

/// A statement and its text on SQLite, PostgreSQL, MariaDB and MySQL; a shorter list ends in what is the same for the rest.
#[track_caller]
fn check<S: Sql + ?Sized>(statement: &S, expected: &[&str]) {
    let order = [Dialect::Sqlite, Dialect::Postgres, Dialect::MariaDb, Dialect::MySql];
    for (n, dialect) in order.into_iter().enumerate() {
        let wanted = expected[n.min(expected.len() - 1)];
        assert_eq!(sql(statement, dialect), wanted, "on {dialect}");
    }
}

/// A statement that is the same on all databases but for the placeholders.
#[track_caller]
fn same<S: Sql + ?Sized>(statement: &S, expected: &str) {
    let mut numbered = String::new();
    let mut n = 0;
    for c in expected.chars() {
        if c == '?' {
            n += 1;
            numbered.push_str(&format!("${n}"));
        } else {
            numbered.push(c);
        }
    }
    check(statement, &[expected, &numbered, expected]);
}
