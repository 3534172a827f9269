//! Models where programs put them: in functions and private modules, with raw identifiers, across crates, with orm-core
//! under another name. That they compile is most of the test.

#![deny(warnings, clippy::all, clippy::pedantic)]

use orm_core::dialect::{Dialect, Sql};
use orm_core::prelude::*;
use renamed::{Author, AuthorId};

/// A model of this crate that references one of another.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "books")]
struct Book {
    #[orm(primary_key)]
    id: i64,
    title: String,
    #[orm(references = renamed::Author::id)]
    author_id: AuthorId,
    author: BelongsTo<Author>,
}

fn sql(statement: &impl Sql) -> String {
    statement.sql(Dialect::Sqlite).expect("the statement compiles").text
}

#[test]
fn across_crates() {
    let query = select((Book::title, Author::name)).join(Book::author).filter(Author::id.eq(AuthorId(7)));
    assert_eq!(
        sql(&query),
        "SELECT books.title, authors.name FROM books JOIN authors ON books.author_id = authors.id WHERE authors.id = ?"
    );
    let tables = renamed::tables().schema().expect("the other crate's models fit together");
    let names: Vec<_> = tables.tables.iter().map(|table| table.name.as_str()).collect();
    for name in ["authors", "home", "topic", "author_topics"] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
    assert_eq!(sql(&renamed::topics()), "SELECT name FROM topic ORDER BY id");
    assert_eq!(renamed::Home::new(AuthorId(1), "Oslo").city(), "Oslo");
}

#[test]
fn in_functions() {
    #[derive(Model, Debug, Clone, Default)]
    struct Parent {
        #[orm(primary_key)]
        id: i64,
        children: HasMany<Child>,
    }

    #[derive(Model, Debug, Clone, Default)]
    struct Child {
        #[orm(primary_key)]
        id: i64,
        #[orm(references = Parent::id)]
        parent_id: i64,
        parent: BelongsTo<Parent>,
    }

    let query = select(Child::id).join(Child::parent).filter(Parent::id.eq(1));
    assert_eq!(
        sql(&query),
        "SELECT child.id FROM child JOIN parent ON child.parent_id = parent.id WHERE parent.id = ?"
    );
    assert!(!Child::default().parent.is_loaded());
    assert!(Parent::default().children.get().is_err());
}

/// The same names again, in another function.
#[test]
fn in_other_functions() {
    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "others")]
    struct Parent {
        #[orm(primary_key)]
        id: i64,
    }
    assert_eq!(sql(&select(Parent::id)), "SELECT id FROM others");
}

mod inner {
    use super::sql;
    use orm_core::prelude::*;

    mod deeper {
        use orm_core::prelude::*;

        #[derive(Model, Debug, Clone, Default)]
        pub(super) struct Hidden {
            #[orm(primary_key)]
            pub(super) id: i64,
            // Its constant is as private.
            name: String,
            #[orm(references = super::Seen::id)]
            pub(in super::super) seen_id: i64,
            seen: BelongsTo<super::Seen>,
        }

        pub(super) fn names() -> Select<String, String> {
            select(Hidden::name).join(Hidden::seen)
        }
    }

    #[derive(Model, Debug, Clone, Default)]
    pub(super) struct Seen {
        #[orm(primary_key)]
        id: i64,
        #[orm(foreign_key = seen_id)]
        hidden: HasMany<deeper::Hidden>,
    }

    #[test]
    fn in_private_modules() {
        use deeper::Hidden;
        assert_eq!(sql(&deeper::names()), "SELECT hidden.name FROM hidden JOIN seen ON hidden.seen_id = seen.id");
        assert_eq!(sql(&select(Hidden::id)), "SELECT id FROM hidden");
        assert_eq!(
            sql(&select(Seen::id).join(Seen::hidden)),
            "SELECT seen.id FROM seen JOIN hidden ON seen.id = hidden.seen_id"
        );
    }
}

#[test]
fn raw_identifiers() {
    #[derive(Model, Debug, Clone, Default)]
    struct r#Match {
        #[orm(primary_key)]
        id: i64,
        r#type: String,
        #[orm(references = r#Match::id)]
        r#ref_id: Option<i64>,
        r#ref: BelongsTo<Option<Match>>,
        #[orm(foreign_key = ref_id, inverse = r#Match::r#ref)]
        r#in: HasMany<r#Match>,
    }

    assert_eq!(
        sql(&select(Match::r#type).filter(Match::r#type.eq("x"))).replace('"', ""),
        "SELECT type FROM match WHERE type = ?"
    );
    assert_eq!(Match::r#type.raw().to_string(), "Match::type");
    assert_eq!(Match::r#ref.raw().to_string(), "Match::ref");
    assert!(Match::r#in.raw().resolve().is_ok());
}

/// Names that the derive's output uses, or that hide what it would use without a full path.
#[test]
fn unfortunate_names() {
    #[allow(dead_code)]
    struct Option;
    #[allow(dead_code)]
    struct Result;
    #[allow(dead_code)]
    type String = ();
    #[allow(dead_code)]
    const TABLE: i32 = 0;

    #[derive(Model, Debug, Clone, Default)]
    struct Vec {
        #[orm(primary_key)]
        id: i64,
        row: i32,
        at: i32,
        column: i32,
        index: i32,
        keys: i32,
        #[orm(references = Vec::id)]
        value: i64,
        #[orm(foreign_key = value)]
        target: BelongsTo<Vec>,
        #[orm(order_by = (Vec::keys, Vec::at.desc()), foreign_key = value)]
        relation: HasMany<Vec>,
    }

    assert_eq!(sql(&select((Vec::row, Vec::at)).limit(1)).replace('"', ""), "SELECT row, at FROM vec LIMIT ?");
    assert!(Vec::relation.raw().resolve().is_ok());
}
