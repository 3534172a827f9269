//! A first look, on SQLite in memory: `cargo run --example quickstart`.

// An example is there to print.
#![allow(clippy::print_stdout)]

use orm_core::Result;
use orm_core::prelude::*;

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "authors")]
struct Author {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 60)]
    name: String,
    born: Option<i32>,
    #[orm(cascade(all, delete_orphan), order_by = Book::published)]
    books: HasMany<Book>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "books")]
struct Book {
    #[orm(primary_key)]
    id: i64,
    title: String,
    published: i32,
    #[orm(references = Author::id)]
    author_id: i64,
    author: BelongsTo<Author>,
    #[orm(secondary = "book_genres")]
    genres: ManyToMany<Genre>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "genres")]
struct Genre {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 40)]
    name: String,
    books: ManyToMany<Book>,
}

fn book(title: &str, published: i32) -> Book {
    Book { title: title.into(), published, ..Default::default() }
}

#[tokio::main]
async fn main() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    metadata![Author, Book, Genre].create_all(&engine).await?;

    println!("1. Save a tree");
    // A session owns its objects; you hold keys, which are `Copy`.
    let mut session = engine.session();
    let le_guin = session.add(Author {
        name: "Ursula K. Le Guin".into(),
        born: Some(1929),
        books: vec![
            book("A Wizard of Earthsea", 1968),
            book("The Left Hand of Darkness", 1969),
            book("The Dispossessed", 1974),
        ]
        .into(),
        ..Default::default()
    });
    let lem = session.add(Author {
        name: "Stanislaw Lem".into(),
        born: Some(1921),
        books: vec![book("Solaris", 1961), book("The Lathe of Heaven", 1971)].into(),
        ..Default::default()
    });
    let fantasy = session.add(Genre { name: "fantasy".into(), ..Default::default() });
    let fiction = session.add(Genre { name: "science fiction".into(), ..Default::default() });
    for author in [le_guin, lem] {
        for book in session.keys(author, Author::books)? {
            let genre = if session[book].title.contains("Earthsea") { fantasy } else { fiction };
            session.push(book, Book::genres, genre);
        }
    }
    session.commit().await?; // one transaction, in the order that the foreign keys ask for
    println!(
        "   {} is author {}, {} is author {}",
        session[le_guin].name, session[le_guin].id, session[lem].name, session[lem].id
    );

    println!("\n2. Ask, without a session");
    let seventies: Vec<Book> =
        engine.all(select(Book).filter(Book::published.between(1970, 1979)).order_by(Book::published)).await?;
    for book in &seventies {
        println!("   {} {}", book.published, book.title);
    }
    // The row type follows from what is selected, FROM follows from the columns used.
    let shelves: Vec<(String, i64, Option<i32>)> = engine
        .all(
            select((Author::name, count(Book::id), min(Book::published)))
                .outer_join(Author::books)
                .group_by(Author::name)
                .order_by(count(Book::id).desc()),
        )
        .await?;
    for (author, books, first) in &shelves {
        let since = first.map_or("never".to_owned(), |year| year.to_string());
        println!("   {author}: {books} books, the first in {since}");
    }

    println!("\n3. Change what is loaded");
    // That one is hers: found by a condition on its author, moved, and the author's name put right.
    let lathe = session
        .one(select(Book).filter(Book::title.contains("Lathe") & Book::author.has(Author::name.endswith("Lem"))))
        .await?;
    session.set(lathe, Book::author, le_guin);
    session[lem].name = "Stanisław Lem".into();
    let cyberiad = session.push(lem, Author::books, book("The Cyberiad", 1965));
    session.push(cyberiad, Book::genres, fiction);
    session.commit().await?; // an UPDATE of the changed columns only
    for book in session.at(le_guin).many(Author::books)? {
        println!("   {} {}, by {}", book.published, book.title, book.one(Book::author)?.name);
    }

    println!("\n4. Load a whole tree in three queries");
    let authors: Vec<Author> = engine
        .all(select(Author).order_by(Author::born).options(selectinload(Author::books).selectinload(Book::genres)))
        .await?;
    for author in &authors {
        println!("   {} ({})", author.name, author.born.map_or("?".to_owned(), |year| year.to_string()));
        for book in author.books.get()? {
            let genres: Vec<&str> = book.genres.get()?.iter().map(|genre| genre.name.as_str()).collect();
            println!("      {} {} [{}]", book.published, book.title, genres.join(", "));
        }
    }
    // What was not loaded is an error that says how to load it, never hidden SQL.
    if let Err(error) = authors[0].books.get()?[0].author.get() {
        println!("   not loaded: {error}");
    }

    println!("\n5. Delete");
    session.delete(lem); // his books go with him, and their links to genres
    session.commit().await?;
    let left: Vec<String> = engine.all(select(Book::title).order_by(Book::title)).await?;
    println!("   left on the shelf: {}", left.join(", "));
    let genres: Vec<(String, i64)> = engine
        .all(
            select((Genre::name, count(Book::id))).outer_join(Genre::books).group_by(Genre::name).order_by(Genre::name),
        )
        .await?;
    for (genre, books) in &genres {
        println!("   {genre}: {books}");
    }
    Ok(())
}
