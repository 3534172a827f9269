//! Models of a crate that knows orm-core as `toolkit`, that documents everything, and that allows no warning at all.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms, clippy::all, clippy::pedantic)]

use toolkit::prelude::*;

/// Writes books.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "authors")]
pub struct Author {
    /// The key.
    #[orm(primary_key)]
    pub id: AuthorId,
    /// The name, as on the cover.
    #[orm(unique, length = 80)]
    pub name: String,
    /// What keeps them going.
    pub mood: Mood,
    /// How well they sell.
    pub rank: Option<Rank>,
    /// When they were entered.
    #[orm(server_default = "CURRENT_TIMESTAMP")]
    pub created_at: Auto<DateTime<Utc>>,
    /// Changes of the row.
    #[orm(version)]
    pub version: i32,
    /// Who taught them.
    #[orm(references = Self::id, on_delete = "set_null")]
    pub teacher_id: Option<AuthorId>,
    /// Who taught them.
    pub teacher: BelongsTo<Option<Self>>,
    /// Whom they taught.
    #[orm(order_by = Self::id)]
    pub pupils: HasMany<Self>,
    /// Where they live.
    pub home: HasOne<Home>,
    /// What they know.
    #[orm(secondary = "author_topics")]
    pub topics: ManyToMany<Topic>,
    /// A number that no row has.
    #[orm(skip)]
    pub score: f64,
}

/// The key of an [`Author`].
#[derive(SqlType, Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct AuthorId(pub i64);

/// What keeps an author going.
#[derive(SqlEnum, Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mood {
    /// Coffee.
    #[default]
    Coffee,
    /// Tea.
    GreenTea,
}

/// How well an author sells.
#[derive(SqlEnum, Debug, Clone, Copy, Default, PartialEq, Eq)]
#[orm(integer = "i16")]
pub enum Rank {
    /// Not at all.
    #[default]
    Low = -1,
    /// Well.
    High = 300,
}

/// Where an author lives.
#[derive(Model, Debug, Clone, Default, PartialEq)]
pub struct Home {
    /// The author, who has one home.
    #[orm(primary_key, references = Author::id)]
    pub author_id: AuthorId,
    // The constant steps aside for the method.
    #[orm(constant = "city_")]
    city: String,
    /// The author.
    pub author: BelongsTo<Author>,
}

impl Home {
    /// Somewhere.
    #[must_use]
    pub fn new(author_id: AuthorId, city: &str) -> Home {
        Home { author_id, city: city.to_owned(), ..Home::default() }
    }

    /// In which city.
    #[must_use]
    pub fn city(&self) -> &str {
        &self.city
    }
}

mod topics {
    use toolkit::prelude::*;

    /// What a book can be about.
    #[derive(Model, Debug, Clone, Default, PartialEq)]
    pub struct Topic {
        #[orm(primary_key)]
        pub(crate) id: i64,
        pub(super) name: String,
        pub(in crate::topics) authors: ManyToMany<crate::Author>,
    }
}

pub use topics::Topic;

/// The tables of this crate.
#[must_use]
pub fn tables() -> MetaData {
    metadata![Author, Home, Topic]
}

/// The names of the topics, in their order.
#[must_use]
pub fn topics() -> Select<String, String> {
    select(Topic::name).order_by(Topic::id)
}
