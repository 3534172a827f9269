//! The models of the session's tests.

use orm_core::engine::Recorder;
use tests::prelude::*;

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "users")]
pub struct User {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 40)]
    pub name: String,
    #[orm(length = 80)]
    pub fullname: Option<String>,
    #[orm(server_default = "CURRENT_TIMESTAMP")]
    pub created_at: Auto<DateTime<Utc>>,
    #[orm(version)]
    pub version: i32,
    #[orm(cascade(all, delete_orphan), order_by = Address::id)]
    pub addresses: HasMany<Address>,
    #[orm(cascade(all, delete_orphan))]
    pub profile: HasOne<Profile>,
    #[orm(secondary = "user_keywords")]
    pub keywords: ManyToMany<Keyword>,
    #[orm(secondary = "friends", from = "left_id", to = "right_id")]
    pub friends: ManyToMany<User>,
    #[orm(secondary = Like)]
    pub liked: ManyToMany<Keyword>,
}

/// A table between with columns of its own.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "likes")]
pub struct Like {
    #[orm(primary_key, references = User::id, on_delete = "cascade")]
    pub user_id: i64,
    #[orm(primary_key, references = Keyword::id, on_delete = "cascade")]
    pub keyword_id: i64,
    pub stars: i32,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "addresses")]
pub struct Address {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 80)]
    pub email: String,
    #[orm(references = User::id)]
    pub user_id: i64,
    pub user: BelongsTo<User>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "profiles")]
pub struct Profile {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 80)]
    pub bio: String,
    #[orm(references = User::id, unique)]
    pub user_id: i64,
    pub user: BelongsTo<User>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "keywords")]
pub struct Keyword {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 40)]
    pub word: String,
    #[orm(secondary = "user_keywords")]
    pub users: ManyToMany<User>,
}

/// A tree within one table.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "employees")]
pub struct Employee {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 40)]
    pub name: String,
    #[orm(references = Employee::id)]
    pub manager_id: Option<i64>,
    #[orm(inverse = Employee::reports)]
    pub manager: BelongsTo<Option<Employee>>,
    pub reports: HasMany<Employee>,
}

/// A key that the program makes.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "countries")]
pub struct Country {
    #[orm(primary_key, length = 3)]
    pub code: String,
    #[orm(length = 40)]
    pub name: String,
    pub cities: HasMany<City>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "cities")]
pub struct City {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 40)]
    pub name: String,
    #[orm(references = Country::code, length = 3)]
    pub country_code: Option<String>,
    pub country: BelongsTo<Option<Country>>,
}

/// A key of two columns.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "invoices")]
pub struct Invoice {
    #[orm(primary_key)]
    pub shop: i32,
    #[orm(primary_key)]
    pub number: i32,
    #[orm(length = 40)]
    pub customer: String,
    #[orm(cascade(all))]
    pub lines: HasMany<Line>,
    #[orm(secondary = "invoice_keywords", from = ["invoice_shop", "invoice_number"], to = "keyword_id", cascade(all))]
    pub keywords: ManyToMany<Keyword>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "invoice_lines", foreign_key(columns(shop, number), references(Invoice::shop, Invoice::number)))]
pub struct Line {
    #[orm(primary_key)]
    pub id: i64,
    pub shop: i32,
    pub number: i32,
    #[orm(length = 40)]
    pub item: String,
    pub invoice: BelongsTo<Invoice>,
}

/// Members that live on without their team.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "teams")]
pub struct Team {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 40)]
    pub name: String,
    pub players: HasMany<Player>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "players")]
pub struct Player {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 40)]
    pub name: String,
    #[orm(references = Team::id)]
    pub team_id: Option<i64>,
    pub team: BelongsTo<Option<Team>>,
}

/// Members that can't live without their crate, which does not delete them.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "crates")]
pub struct Crate {
    #[orm(primary_key)]
    pub id: i64,
    pub bottles: HasMany<Bottle>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "bottles")]
pub struct Bottle {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Crate::id)]
    pub crate_id: i64,
    #[orm(foreign_key = crate_id)]
    pub in_crate: BelongsTo<Crate>,
}

/// The database deletes the tracks.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "albums")]
pub struct Album {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(cascade(all), passive_deletes)]
    pub tracks: HasMany<Track>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "tracks")]
pub struct Track {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Album::id, on_delete = "cascade")]
    pub album_id: i64,
    pub album: BelongsTo<Album>,
}

/// Nobody touches the books when their shelf goes.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "shelves")]
pub struct Shelf {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(passive_deletes = "all")]
    pub books: HasMany<Book>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "books")]
pub struct Book {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Shelf::id, on_delete = "set_null")]
    pub shelf_id: Option<i64>,
    pub shelf: BelongsTo<Option<Shelf>>,
}

/// Foreign keys without a relationship.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "folders")]
pub struct Folder {
    #[orm(primary_key, auto_increment = false)]
    pub id: i64,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "files")]
pub struct File {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Folder::id, on_delete = "cascade")]
    pub folder_id: i64,
    #[orm(references = Folder::id, on_delete = "set_null")]
    pub shown_in: Option<i64>,
}

/// Two tables that reference each other.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "hens")]
pub struct Hen {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Egg::id)]
    pub hatched_from: Option<i64>,
    #[orm(foreign_key = hatched_from)]
    pub egg: BelongsTo<Option<Egg>>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "eggs")]
pub struct Egg {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Hen::id)]
    pub laid_by: i64,
    #[orm(foreign_key = laid_by)]
    pub hen: BelongsTo<Hen>,
}

/// A row that must reference another one of its table.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "partners")]
pub struct Partner {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Partner::id)]
    pub other_id: i64,
    pub other: BelongsTo<Partner>,
}

/// Values that the database makes, under a key that it does not.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "tickets")]
pub struct Ticket {
    #[orm(primary_key, length = 20)]
    pub code: String,
    #[orm(server_default = "7")]
    pub serial: Auto<i32>,
    #[orm(server_default = "CURRENT_TIMESTAMP")]
    pub made: Auto<DateTime<Utc>>,
    #[orm(default = 12)]
    pub price: Auto<i32>,
}

pub fn metadata() -> MetaData {
    metadata![
        User, Address, Profile, Keyword, Employee, Country, City, Invoice, Line, Team, Player, Crate, Bottle, Album,
        Track, Shelf, Book, Like, Folder, File, Hen, Egg, Partner, Ticket
    ]
}

pub async fn create(db: &Db) -> Result<()> {
    metadata().create_all(&db.engine).await
}

pub fn user(name: &str) -> User {
    User { name: name.into(), ..Default::default() }
}

pub fn address_of(email: &str) -> Address {
    Address { email: email.into(), ..Default::default() }
}

pub fn keyword(word: &str) -> Keyword {
    Keyword { word: word.into(), ..Default::default() }
}

pub fn employee(name: &str) -> Employee {
    Employee { name: name.into(), ..Default::default() }
}

/// `ed` with two addresses, and `sandy` with one, committed; their numbers are 1 and 2.
pub async fn ed_and_sandy(engine: &Engine) -> Result<()> {
    let mut session = engine.session();
    let of = |name: &str, emails: &[&str]| User {
        addresses: emails.iter().map(|email| address_of(email)).collect::<Vec<_>>().into(),
        ..user(name)
    };
    session.add(of("ed", &["ed@one", "ed@two"]));
    session.add(of("sandy", &["sandy@one"]));
    session.commit().await
}

/// The statements that begin with this word.
pub fn sent(log: &Recorder, word: &str) -> Vec<String> {
    log.statements().into_iter().map(|sent| sent.sql).filter(|sql| sql.starts_with(word)).collect()
}

/// A number out of the database, past the session.
pub async fn rows(engine: &Engine, from: &str) -> Result<i64> {
    engine.scalar(text(&format!("SELECT count(*) FROM {from}")).columns::<i64>()).await
}

/// The text of an error that there must be.
pub fn said<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("there is no error"),
        Err(error) => error.to_string(),
    }
}

/// The words of a panic that there must be.
pub fn panics<T>(f: impl FnOnce() -> T) -> String {
    let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)) else { panic!("there is no panic") };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(_) => panic!("the panic says nothing"),
    }
}
