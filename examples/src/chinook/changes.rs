//! One unit of work on the shop, and what it left behind.

use super::models::{Album, Artist, Customer, Employee, Genre, MediaType, Playlist, PlaylistTrack, Track};
use orm_core::Result;
use orm_core::prelude::*;

/// The name of the new artist.
pub const ARTIST: &str = "Hiromi's Sonicwonder";
/// The title of the new album.
pub const ALBUM: &str = "Sonicwonderland";
/// The names and lengths of its tracks.
pub const TRACKS: [(&str, i64); 3] = [("Wanted", 465_000), ("Sonicwonderland", 390_000), ("Polaris", 487_000)];
/// The customer who gets another agent.
pub const CUSTOMER: &str = "luisg@embraer.com.br";
/// The new agent.
pub const AGENT: &str = "steve@chinookcorp.com";
/// The playlist that is deleted.
pub const PLAYLIST: &str = "Grunge";

/// Adds an album with its tracks for a new artist, moves a customer to another agent, deletes a playlist with its links:
/// one session, one transaction.
///
/// # Errors
/// The database's; then nothing has changed.
pub async fn change(engine: &Engine) -> Result<()> {
    let mut session = engine.session();

    let mpeg = session.one(select(MediaType).filter(MediaType::name.eq("MPEG audio file"))).await?;
    let jazz = session.one(select(Genre).filter(Genre::name.eq("Jazz"))).await?;
    let artist = session.add(Artist {
        name: Some(ARTIST.into()),
        albums: vec![Album {
            title: ALBUM.into(),
            tracks: TRACKS
                .iter()
                .map(|(name, milliseconds)| Track {
                    name: (*name).into(),
                    milliseconds: *milliseconds,
                    unit_price: Decimal::new(99, 2),
                    media_type_id: session[mpeg].media_type_id,
                    ..Default::default()
                })
                .collect::<Vec<_>>()
                .into(),
            ..Default::default()
        }]
        .into(),
        ..Default::default()
    });
    for album in session.keys(artist, Artist::albums)? {
        for track in session.keys(album, Album::tracks)? {
            session.set(track, Track::genre, jazz);
        }
    }

    let customer = session.one(select(Customer).filter(Customer::email.eq(CUSTOMER))).await?;
    let agent = session.one(select(Employee).filter(Employee::email.eq(AGENT))).await?;
    session.set(customer, Customer::support_rep, agent);

    let playlist = session.one(select(Playlist).filter(Playlist::name.eq(PLAYLIST))).await?;
    session.delete(playlist);

    session.commit().await
}

/// What is there, read anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The new album with its artist and tracks, and of each track the kind of music.
    pub album: Option<Album>,
    /// The customer with the agent.
    pub customer: Customer,
    /// How many playlists are called so.
    pub playlists: i64,
    /// How many links all playlists have.
    pub links: i64,
}

/// Reads what [`change`] changes.
///
/// # Errors
/// The database's.
pub async fn find(engine: &Engine) -> Result<Found> {
    Ok(Found {
        album: engine
            .one_or_none(
                select(Album)
                    .filter(Album::title.eq(ALBUM))
                    .options(selectinload(Album::artist))
                    .options(selectinload(Album::tracks).selectinload(Track::genre)),
            )
            .await?,
        customer: engine
            .one(select(Customer).filter(Customer::email.eq(CUSTOMER)).options(selectinload(Customer::support_rep)))
            .await?,
        playlists: engine.scalar(select(count(Playlist::playlist_id)).filter(Playlist::name.eq(PLAYLIST))).await?,
        links: engine.scalar(select(count(PlaylistTrack::track_id))).await?,
    })
}
