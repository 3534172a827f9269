//! Two hundred tests beside each other, each with Chinook's eleven tables in a database of its own in memory.

use examples::chinook::models::*;
use examples::chinook::reports;
use orm_core::testing;
use tests::block_on;
use tests::prelude::*;

/// A shop whose size and keys are this test's own; a row of another one would show in every number.
async fn shop(number: i64) -> Result<()> {
    let engine = testing::engine(metadata()).await?;
    let tracks = 3 + number % 7;
    let price = Decimal::new(99 + number, 2);
    let (media, genre) = testing::fixtures(
        &engine,
        (
            MediaType { name: Some("MPEG audio file".into()), ..Default::default() },
            Genre { name: Some(format!("genre {number}")), ..Default::default() },
        ),
    )
    .await?;
    let track = |n: i64| Track {
        name: format!("track {n} of {number}"),
        media_type_id: media.media_type_id,
        genre_id: Some(genre.genre_id),
        milliseconds: 1000 * (n + 1),
        unit_price: price,
        ..Default::default()
    };
    let artist = Artist {
        artist_id: 1000 + number,
        name: Some(format!("artist {number}")),
        albums: vec![Album {
            title: format!("album {number}"),
            tracks: (0..tracks).map(track).collect::<Vec<_>>().into(),
            ..Default::default()
        }]
        .into(),
    };
    let agent = Employee { first_name: "Jane".into(), last_name: format!("Number {number}"), ..Default::default() };
    let head = Employee {
        first_name: "Andrew".into(),
        last_name: "Adams".into(),
        reports: vec![agent].into(),
        ..Default::default()
    };
    let (artist, head) = testing::fixtures(&engine, (artist, head)).await?;
    let tracks_of_it = artist.albums[0].tracks.get()?;
    let line = |track: &Track| InvoiceLine {
        track_id: track.track_id,
        unit_price: track.unit_price,
        quantity: 2,
        ..Default::default()
    };
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).and_then(|day| day.and_hms_opt(0, 0, 0)).unwrap_or_default();
    let invoice = Invoice {
        invoice_date: day,
        billing_country: Some("Norway".into()),
        total: price * Decimal::from(2 * tracks),
        lines: tracks_of_it.iter().map(line).collect::<Vec<_>>().into(),
        ..Default::default()
    };
    let customer = Customer {
        first_name: "Bjørn".into(),
        last_name: "Hansen".into(),
        email: format!("{number}@example.org"),
        support_rep_id: Some(head.reports[0].employee_id),
        invoices: vec![invoice].into(),
        ..Default::default()
    };
    let playlist = Playlist { name: Some("all".into()), ..Default::default() };
    let (customer, playlist) = testing::fixtures(&engine, (customer, playlist)).await?;

    // A unit of work: the playlist gets all tracks, one goes, the customer is renamed.
    let log = engine.record();
    let mut session = engine.session();
    let keys = session.all(select(Track).order_by(Track::track_id)).await?;
    for key in &keys {
        let (playlist_id, track_id) = (playlist.playlist_id, session[*key].track_id);
        session.add(PlaylistTrack { playlist_id, track_id, ..Default::default() });
    }
    let hansen = session.one(select(Customer)).await?;
    session[hansen].company = Some(format!("company {number}"));
    session.commit().await?;
    log.assert_repeats_at_most(1);
    let link = session.one(select(PlaylistTrack).filter(PlaylistTrack::track_id.eq(session[keys[0]].track_id))).await?;
    session.delete(link);
    session.commit().await?;

    assert_eq!(session.scalar(select(count_all()).select_from(PlaylistTrack)).await?, tracks - 1);
    let longest = reports::longest_playlist(&engine).await?;
    assert_eq!(longest.milliseconds, (1..=tracks).sum::<i64>() * 1000 - 1000);
    let revenue = reports::artists_by_revenue(&engine, 10).await?;
    let [only] = &revenue[..] else { panic!("{revenue:?}") };
    assert_eq!((only.artist.as_str(), only.sold), (format!("artist {number}").as_str(), 2 * tracks));
    assert_eq!(only.revenue, price * Decimal::from(2 * tracks));
    let found = engine.one(select(Customer).options(selectinload(Customer::support_rep))).await?;
    assert_eq!((found.customer_id, found.company), (customer.customer_id, Some(format!("company {number}"))));
    assert_eq!(
        found.support_rep.get()?.map(|agent| agent.last_name.as_str()),
        Some(format!("Number {number}").as_str())
    );
    assert_eq!(engine.all(select(Artist::artist_id)).await?, [1000 + number]);
    engine.remove().await
}

/// Ten tests in a module.
macro_rules! tens {
    ($($module:ident = $ten:literal),*) => { $(
        mod $module {
            tens!(@one $ten; n0 0, n1 1, n2 2, n3 3, n4 4, n5 5, n6 6, n7 7, n8 8, n9 9);
        }
    )* };
    (@one $ten:literal; $($name:ident $one:literal),*) => { $(
        #[test]
        fn $name() -> orm_core::Result<()> {
            super::block_on(super::shop($ten + $one))
        }
    )* };
}

tens!(
    shops_00 = 0,
    shops_01 = 10,
    shops_02 = 20,
    shops_03 = 30,
    shops_04 = 40,
    shops_05 = 50,
    shops_06 = 60,
    shops_07 = 70,
    shops_08 = 80,
    shops_09 = 90,
    shops_10 = 100,
    shops_11 = 110,
    shops_12 = 120,
    shops_13 = 130,
    shops_14 = 140,
    shops_15 = 150,
    shops_16 = 160,
    shops_17 = 170,
    shops_18 = 180,
    shops_19 = 190
);

/// The same on one runtime, whose threads they share.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_shops_of_one_program() {
    let shops: Vec<_> = (200..250).map(|number| tokio::spawn(shop(number))).collect();
    for shop in shops {
        match shop.await {
            Ok(ended) => ended.unwrap_or_else(|error| panic!("{error}")),
            Err(error) => panic!("{error}"),
        }
    }
}
