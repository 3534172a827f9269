//! One model for each table.

use orm_core::prelude::*;
use orm_core::schema::MetaData;

/// The metadata of all eleven.
pub fn metadata() -> MetaData {
    metadata![Artist, Album, Employee, Customer, Genre, MediaType, Track, Invoice, InvoiceLine, Playlist, PlaylistTrack]
}

/// Who made the music.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "Artist", rename_all = "PascalCase")]
pub struct Artist {
    /// The key.
    #[orm(primary_key)]
    pub artist_id: i64,
    /// The name; the table allows that there is none.
    #[orm(length = 120)]
    pub name: Option<String>,
    /// The artist's albums.
    #[orm(order_by = Album::album_id)]
    pub albums: HasMany<Album>,
}

/// An album.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "Album", rename_all = "PascalCase", index(name = "IFK_AlbumArtistId", columns(artist_id)))]
pub struct Album {
    /// The key.
    #[orm(primary_key)]
    pub album_id: i64,
    /// The title.
    #[orm(length = 160)]
    pub title: String,
    /// The artist's key.
    #[orm(references = Artist::artist_id)]
    pub artist_id: i64,
    /// Who made it.
    pub artist: BelongsTo<Artist>,
    /// What is on it.
    #[orm(order_by = Track::track_id)]
    pub tracks: HasMany<Track>,
}

/// Somebody who works for the shop.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "Employee", rename_all = "PascalCase", index(name = "IFK_EmployeeReportsTo", columns(reports_to)))]
pub struct Employee {
    /// The key.
    #[orm(primary_key)]
    pub employee_id: i64,
    /// The last name.
    #[orm(length = 20)]
    pub last_name: String,
    /// The first name.
    #[orm(length = 20)]
    pub first_name: String,
    /// The position.
    #[orm(length = 30)]
    pub title: Option<String>,
    /// The key of the one above; the head of the shop has none.
    #[orm(references = Employee::employee_id)]
    pub reports_to: Option<i64>,
    /// The date of birth.
    pub birth_date: Option<NaiveDateTime>,
    /// The first day.
    pub hire_date: Option<NaiveDateTime>,
    /// Street and number.
    #[orm(length = 70)]
    pub address: Option<String>,
    /// The city.
    #[orm(length = 40)]
    pub city: Option<String>,
    /// The state.
    #[orm(length = 40)]
    pub state: Option<String>,
    /// The country.
    #[orm(length = 40)]
    pub country: Option<String>,
    /// The postal code.
    #[orm(length = 10)]
    pub postal_code: Option<String>,
    /// The telephone number.
    #[orm(length = 24)]
    pub phone: Option<String>,
    /// The fax number.
    #[orm(length = 24)]
    pub fax: Option<String>,
    /// The address for e-mail.
    #[orm(length = 60)]
    pub email: Option<String>,
    /// The one above.
    pub manager: BelongsTo<Option<Employee>>,
    /// Those below.
    #[orm(order_by = Employee::employee_id)]
    pub reports: HasMany<Employee>,
    /// The customers whom this employee looks after.
    #[orm(order_by = Customer::customer_id)]
    pub customers: HasMany<Customer>,
}

/// Somebody who buys.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "Customer", rename_all = "PascalCase", index(name = "IFK_CustomerSupportRepId", columns(support_rep_id)))]
pub struct Customer {
    /// The key.
    #[orm(primary_key)]
    pub customer_id: i64,
    /// The first name.
    #[orm(length = 40)]
    pub first_name: String,
    /// The last name.
    #[orm(length = 20)]
    pub last_name: String,
    /// The company.
    #[orm(length = 80)]
    pub company: Option<String>,
    /// Street and number.
    #[orm(length = 70)]
    pub address: Option<String>,
    /// The city.
    #[orm(length = 40)]
    pub city: Option<String>,
    /// The state.
    #[orm(length = 40)]
    pub state: Option<String>,
    /// The country.
    #[orm(length = 40)]
    pub country: Option<String>,
    /// The postal code.
    #[orm(length = 10)]
    pub postal_code: Option<String>,
    /// The telephone number.
    #[orm(length = 24)]
    pub phone: Option<String>,
    /// The fax number.
    #[orm(length = 24)]
    pub fax: Option<String>,
    /// The address for e-mail.
    #[orm(length = 60)]
    pub email: String,
    /// The key of the support agent.
    #[orm(references = Employee::employee_id)]
    pub support_rep_id: Option<i64>,
    /// The support agent.
    pub support_rep: BelongsTo<Option<Employee>>,
    /// What was bought.
    #[orm(order_by = Invoice::invoice_id)]
    pub invoices: HasMany<Invoice>,
}

/// A kind of music.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "Genre", rename_all = "PascalCase")]
pub struct Genre {
    /// The key.
    #[orm(primary_key)]
    pub genre_id: i64,
    /// The name.
    #[orm(length = 120)]
    pub name: Option<String>,
}

/// A kind of file.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "MediaType", rename_all = "PascalCase")]
pub struct MediaType {
    /// The key.
    #[orm(primary_key)]
    pub media_type_id: i64,
    /// The name.
    #[orm(length = 120)]
    pub name: Option<String>,
}

/// A piece of music, or an episode.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(
    table = "Track",
    rename_all = "PascalCase",
    index(name = "IFK_TrackAlbumId", columns(album_id)),
    index(name = "IFK_TrackGenreId", columns(genre_id)),
    index(name = "IFK_TrackMediaTypeId", columns(media_type_id))
)]
pub struct Track {
    /// The key.
    #[orm(primary_key)]
    pub track_id: i64,
    /// The name.
    #[orm(length = 200)]
    pub name: String,
    /// The album's key.
    #[orm(references = Album::album_id)]
    pub album_id: Option<i64>,
    /// The key of the kind of file.
    #[orm(references = MediaType::media_type_id)]
    pub media_type_id: i64,
    /// The key of the kind of music.
    #[orm(references = Genre::genre_id)]
    pub genre_id: Option<i64>,
    /// Who wrote it.
    #[orm(length = 220)]
    pub composer: Option<String>,
    /// How long it lasts.
    pub milliseconds: i64,
    /// The file's size.
    pub bytes: Option<i64>,
    /// What it costs.
    #[orm(precision = 10, scale = 2)]
    pub unit_price: Decimal,
    /// The album that it is on.
    pub album: BelongsTo<Option<Album>>,
    /// The kind of file.
    pub media_type: BelongsTo<MediaType>,
    /// The kind of music.
    pub genre: BelongsTo<Option<Genre>>,
    /// Where it was sold.
    #[orm(order_by = InvoiceLine::invoice_line_id)]
    pub invoice_lines: HasMany<InvoiceLine>,
    /// The playlists that it is on, by their association objects.
    #[orm(cascade(all, delete_orphan))]
    pub links: HasMany<PlaylistTrack>,
    /// The playlists that it is on.
    #[orm(secondary = PlaylistTrack)]
    pub playlists: ManyToMany<Playlist>,
}

/// One purchase.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "Invoice", rename_all = "PascalCase", index(name = "IFK_InvoiceCustomerId", columns(customer_id)))]
pub struct Invoice {
    /// The key.
    #[orm(primary_key)]
    pub invoice_id: i64,
    /// The customer's key.
    #[orm(references = Customer::customer_id)]
    pub customer_id: i64,
    /// When it was.
    pub invoice_date: NaiveDateTime,
    /// Street and number.
    #[orm(length = 70)]
    pub billing_address: Option<String>,
    /// The city.
    #[orm(length = 40)]
    pub billing_city: Option<String>,
    /// The state.
    #[orm(length = 40)]
    pub billing_state: Option<String>,
    /// The country.
    #[orm(length = 40)]
    pub billing_country: Option<String>,
    /// The postal code.
    #[orm(length = 10)]
    pub billing_postal_code: Option<String>,
    /// The sum of its lines.
    #[orm(precision = 10, scale = 2)]
    pub total: Decimal,
    /// Who bought.
    pub customer: BelongsTo<Customer>,
    /// What was bought.
    #[orm(order_by = InvoiceLine::invoice_line_id)]
    pub lines: HasMany<InvoiceLine>,
}

/// One track of a purchase.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(
    table = "InvoiceLine",
    rename_all = "PascalCase",
    index(name = "IFK_InvoiceLineInvoiceId", columns(invoice_id)),
    index(name = "IFK_InvoiceLineTrackId", columns(track_id))
)]
pub struct InvoiceLine {
    /// The key.
    #[orm(primary_key)]
    pub invoice_line_id: i64,
    /// The purchase's key.
    #[orm(references = Invoice::invoice_id)]
    pub invoice_id: i64,
    /// The track's key.
    #[orm(references = Track::track_id)]
    pub track_id: i64,
    /// The price of one.
    #[orm(precision = 10, scale = 2)]
    pub unit_price: Decimal,
    /// How many.
    pub quantity: i64,
    /// The purchase.
    pub invoice: BelongsTo<Invoice>,
    /// The track.
    pub track: BelongsTo<Track>,
}

/// A list of tracks.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(table = "Playlist", rename_all = "PascalCase")]
pub struct Playlist {
    /// The key.
    #[orm(primary_key)]
    pub playlist_id: i64,
    /// The name.
    #[orm(length = 120)]
    pub name: Option<String>,
    /// What is on it, by the association objects, which go with it.
    #[orm(cascade(all, delete_orphan))]
    pub links: HasMany<PlaylistTrack>,
    /// What is on it.
    #[orm(secondary = PlaylistTrack, order_by = Track::track_id)]
    pub tracks: ManyToMany<Track>,
}

/// That a track is on a list.
#[derive(Model, Debug, Clone, Default, PartialEq)]
#[orm(
    table = "PlaylistTrack",
    rename_all = "PascalCase",
    index(name = "IFK_PlaylistTrackPlaylistId", columns(playlist_id)),
    index(name = "IFK_PlaylistTrackTrackId", columns(track_id))
)]
pub struct PlaylistTrack {
    /// The list's key.
    #[orm(primary_key, references = Playlist::playlist_id)]
    pub playlist_id: i64,
    /// The track's key.
    #[orm(primary_key, references = Track::track_id)]
    pub track_id: i64,
    /// The list.
    pub playlist: BelongsTo<Playlist>,
    /// The track.
    pub track: BelongsTo<Track>,
}
