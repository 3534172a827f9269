//! A real database, on all four: made by `create_all`, its rows copied by the library, every number of the reports checked
//! against SQL written by hand.

use examples::chinook::models::{Album, Artist, Customer, Employee, Playlist, PlaylistTrack, Track, metadata};
use examples::chinook::{changes, copy, reports};
use orm_migrate::{Migrator, Revisions};
use std::path::PathBuf;
use tests::prelude::*;
use tests::skip;

/// The file of `CHINOOK`, else the one beside the project.
fn file() -> std::result::Result<PathBuf, String> {
    if let Some(file) = std::env::var_os("CHINOOK") {
        let file = PathBuf::from(file);
        return if file.exists() {
            Ok(file)
        } else {
            Err(format!("CHINOOK names {}, which is not there", file.display()))
        };
    }
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/chinook/Chinook_Sqlite.sqlite");
    if beside.exists() {
        Ok(beside)
    } else {
        Err(format!("{} is not there; set CHINOOK to the file", beside.display()))
    }
}

/// The shop, copied into the test's own database; `None`, said loudly, where there is no file.
async fn shop(db: &Db, test: &str) -> Result<Option<Engine>> {
    let file = match file() {
        Ok(file) => file,
        Err(why) => {
            skip(db.database.name(), test, &why);
            return Ok(None);
        }
    };
    let original = Engine::connect(&format!("sqlite://{}?mode=ro", file.display())).await?;
    db.create(metadata()).await?;
    let rows = copy::copy(&original, &db.engine).await?;
    assert_eq!(rows, 15_607);
    Ok(Some(original))
}

/// A name in double quotes as each database wants it.
fn sql(db: &Db, sql: &str) -> String {
    match db.dialect() {
        Dialect::MySql | Dialect::MariaDb => sql.replace('"', "`"),
        _ => sql.to_owned(),
    }
}

fn year(db: &Db, column: &str) -> String {
    match db.dialect() {
        Dialect::Sqlite => format!("CAST(substr({column}, 1, 4) AS INTEGER)"),
        Dialect::Postgres => format!("CAST(date_part('year', {column}) AS BIGINT)"),
        _ => format!("YEAR({column})"),
    }
}

/// SQLite has no exact numbers: sums of its floats are rounded by hand.
fn money(db: &Db, sum: &str) -> String {
    match db.dialect() {
        Dialect::Sqlite => format!("printf('%.2f', {sum})"),
        _ => format!("CAST({sum} AS DECIMAL(20, 2))"),
    }
}

matrix! {
    async fn every_row_is_copied_as_it_is(db: Db) -> Result<()> {
        let Some(original) = shop(&db, "chinook::every_row_is_copied_as_it_is").await? else { return Ok(()) };
        macro_rules! same {
            ($($model:ident by $key:expr;)*) => { $(
                let theirs = original.all(select($model).order_by($key)).await?;
                let ours = db.engine.all(select($model).order_by($key)).await?;
                assert!(theirs == ours, "the rows of {} differ", stringify!($model));
            )* };
        }
        use examples::chinook::models::*;
        same! {
            Artist by Artist::artist_id;
            Album by Album::album_id;
            Employee by Employee::employee_id;
            Customer by Customer::customer_id;
            Genre by Genre::genre_id;
            MediaType by MediaType::media_type_id;
            Track by Track::track_id;
            Invoice by Invoice::invoice_id;
            InvoiceLine by InvoiceLine::invoice_line_id;
            Playlist by Playlist::playlist_id;
            PlaylistTrack by (PlaylistTrack::playlist_id, PlaylistTrack::track_id);
        }
        Ok(())
    }

    async fn keys_go_on_after_the_copied_ones(db: Db) -> Result<()> {
        let Some(_) = shop(&db, "chinook::keys_go_on_after_the_copied_ones").await? else { return Ok(()) };
        let mut session = db.engine.session();
        let artist = session.add(Artist { name: Some("New".into()), ..Default::default() });
        let employee = session.add(Employee { first_name: "N".into(), last_name: "M".into(), ..Default::default() });
        session.commit().await?;
        assert_eq!((session[artist].artist_id, session[employee].employee_id), (276, 9));
        Ok(())
    }

    async fn the_tables_are_what_the_models_say(db: Db) -> Result<()> {
        db.create(metadata()).await?;
        let found = Migrator::new(db.engine.clone(), Revisions::default()).compare(&metadata()).await.map_err(Error::custom)?;
        assert!(found.is_empty(), "{:#?}", found.lines());
        Ok(())
    }

    async fn artists_by_revenue_are_right(db: Db) -> Result<()> {
        let Some(original) = shop(&db, "chinook::artists_by_revenue_are_right").await? else { return Ok(()) };
        let query = format!(
            r#"SELECT a."Name", SUM(l."Quantity"), {} FROM "InvoiceLine" l
               JOIN "Track" t ON t."TrackId" = l."TrackId" JOIN "Album" b ON b."AlbumId" = t."AlbumId"
               JOIN "Artist" a ON a."ArtistId" = b."ArtistId" GROUP BY a."ArtistId", a."Name"
               ORDER BY SUM(l."UnitPrice" * l."Quantity") DESC, a."Name" LIMIT 10"#,
            money(&db, r#"SUM(l."UnitPrice" * l."Quantity")"#)
        );
        let by_hand = db.engine.all(text(&sql(&db, &query)).columns::<(String, i64, Decimal)>()).await?;
        let found = reports::artists_by_revenue(&db.engine, 10).await?;
        let found: Vec<_> = found.into_iter().map(|row| (row.artist, row.sold, row.revenue)).collect();
        assert_eq!(found.len(), 10);
        assert_eq!(found, by_hand);
        assert_eq!(found[0], ("Iron Maiden".to_owned(), 140, Decimal::new(13860, 2)));
        // The original file, where money is floats, gives the same.
        let original: Vec<_> = reports::artists_by_revenue(&original, 10).await?.into_iter().map(|row| (row.artist, row.sold, row.revenue)).collect();
        assert_eq!(original, by_hand);
        Ok(())
    }

    async fn revenue_by_country_and_year_is_right(db: Db) -> Result<()> {
        let Some(original) = shop(&db, "chinook::revenue_by_country_and_year_is_right").await? else { return Ok(()) };
        let year = year(&db, r#""InvoiceDate""#);
        let query = format!(
            r#"SELECT "BillingCountry", {year}, COUNT(*), {} FROM "Invoice" GROUP BY "BillingCountry", {year} ORDER BY 1, 2"#,
            money(&db, r#"SUM("Total")"#)
        );
        let by_hand = db.engine.all(text(&sql(&db, &query)).columns::<(String, i64, i64, Decimal)>()).await?;
        let rows = |rows: Vec<reports::CountryRevenue>| {
            rows.into_iter().map(|row| (row.country, row.year, row.invoices, row.revenue)).collect::<Vec<_>>()
        };
        let found = rows(reports::revenue_by_country_and_year(&db.engine).await?);
        assert_eq!(found, by_hand);
        assert_eq!(found.iter().map(|row| row.2).sum::<i64>(), 412);
        assert_eq!(found.iter().map(|row| row.3).sum::<Decimal>(), Decimal::new(232_860, 2));
        assert_eq!(rows(reports::revenue_by_country_and_year(&original).await?).len(), found.len());
        Ok(())
    }

    async fn customers_with_agent_and_total_are_right(db: Db) -> Result<()> {
        let Some(original) = shop(&db, "chinook::customers_with_agent_and_total_are_right").await? else { return Ok(()) };
        let query = format!(
            r#"SELECT c."CustomerId", c."FirstName", c."LastName", e."FirstName", e."LastName", {} FROM "Customer" c
               LEFT JOIN "Employee" e ON e."EmployeeId" = c."SupportRepId" LEFT JOIN "Invoice" i ON i."CustomerId" = c."CustomerId"
               GROUP BY c."CustomerId", c."FirstName", c."LastName", e."FirstName", e."LastName"
               ORDER BY SUM(i."Total") DESC, c."CustomerId""#,
            money(&db, r#"SUM(i."Total")"#)
        );
        let by_hand = db.engine.all(text(&sql(&db, &query)).columns::<(i64, String, String, String, String, Decimal)>()).await?;
        let rows = |rows: Vec<reports::CustomerTotal>| {
            rows.into_iter()
                .map(|row| {
                    let agent = row.agent.unwrap_or_default();
                    (row.customer.customer_id, row.customer.first_name, row.customer.last_name, agent.first_name, agent.last_name, row.total)
                })
                .collect::<Vec<_>>()
        };
        let found = rows(reports::customers_with_agent_and_total(&db.engine).await?);
        assert_eq!(found.len(), 59);
        assert_eq!(found, by_hand);
        assert_eq!(rows(reports::customers_with_agent_and_total(&original).await?), by_hand);
        Ok(())
    }

    async fn the_longest_playlist_is_right(db: Db) -> Result<()> {
        let Some(_) = shop(&db, "chinook::the_longest_playlist_is_right").await? else { return Ok(()) };
        let query = r#"SELECT p."PlaylistId", SUM(t."Milliseconds"), COUNT(*) FROM "PlaylistTrack" p
                       JOIN "Track" t ON t."TrackId" = p."TrackId" GROUP BY p."PlaylistId" ORDER BY 2 DESC, 1 LIMIT 1"#;
        let (id, milliseconds, tracks) = db.engine.one(text(&sql(&db, query)).columns::<(i64, i64, i64)>()).await?;
        let found = reports::longest_playlist(&db.engine).await?;
        assert_eq!((found.playlist.playlist_id, found.milliseconds), (id, milliseconds));
        let loaded = found.playlist.tracks.get()?;
        assert_eq!(loaded.len() as i64, tracks);
        assert_eq!(loaded.iter().map(|track| track.milliseconds).sum::<i64>(), milliseconds);
        assert!(loaded.is_sorted_by_key(|track| track.track_id));
        for track in loaded {
            assert_eq!(track.album.get()?.map(|album| album.album_id), track.album_id);
        }
        Ok(())
    }

    async fn the_hierarchy_is_right(db: Db) -> Result<()> {
        let Some(_) = shop(&db, "chinook::the_hierarchy_is_right").await? else { return Ok(()) };
        let found = reports::employee_hierarchy(&db.engine).await?;
        let names: Vec<_> = found.iter().map(|row| (row.depth, row.name.as_str(), row.customers)).collect();
        assert_eq!(names, [
            (0, "Andrew Adams", 0),
            (1, "Nancy Edwards", 0),
            (2, "Jane Peacock", 21),
            (2, "Margaret Park", 20),
            (2, "Steve Johnson", 18),
            (1, "Michael Mitchell", 0),
            (2, "Robert King", 0),
            (2, "Laura Callahan", 0),
        ]);
        let query = r#"SELECT "SupportRepId", COUNT(*) FROM "Customer" GROUP BY "SupportRepId" ORDER BY 1"#;
        let by_hand = db.engine.all(text(&sql(&db, query)).columns::<(i64, i64)>()).await?;
        assert_eq!(by_hand, [(3, 21), (4, 20), (5, 18)]);
        Ok(())
    }

    async fn one_session_changes_the_shop(db: Db) -> Result<()> {
        let Some(_) = shop(&db, "chinook::one_session_changes_the_shop").await? else { return Ok(()) };
        let before = changes::find(&db.engine).await?;
        assert_eq!((before.album.is_none(), before.playlists, before.links), (true, 1, 8715));
        assert_eq!(before.customer.support_rep.get()?.map(|agent| agent.employee_id), Some(3));
        changes::change(&db.engine).await?;
        let after = changes::find(&db.engine).await?;
        let album = after.album.unwrap_or_default();
        assert_eq!((album.album_id, album.artist_id), (348, 276));
        assert_eq!(album.artist.get()?.name.as_deref(), Some(changes::ARTIST));
        let tracks: Vec<_> = album.tracks.get()?.iter().map(|track| (track.track_id, track.name.as_str(), track.milliseconds)).collect();
        let wanted: Vec<_> = changes::TRACKS.iter().zip(3504..).map(|((name, length), id)| (id, *name, *length)).collect();
        assert_eq!(tracks, wanted);
        for track in album.tracks.get()? {
            assert_eq!(track.genre.get()?.and_then(|genre| genre.name.as_deref()), Some("Jazz"));
            assert_eq!((track.media_type_id, track.unit_price), (1, Decimal::new(99, 2)));
        }
        assert_eq!(after.customer.support_rep.get()?.map(|agent| agent.email.as_deref()), Some(Some(changes::AGENT)));
        assert_eq!((after.playlists, after.links), (0, 8715 - 15));
        // By hand, and nothing else has changed.
        for (table, rows) in [("Artist", 276), ("Album", 348), ("Track", 3506), ("Playlist", 17), ("PlaylistTrack", 8700), ("Customer", 59), ("Employee", 8), ("Invoice", 412)] {
            let query = sql(&db, &format!(r#"SELECT COUNT(*) FROM "{table}""#));
            assert_eq!(db.engine.scalar(text(&query).columns::<i64>()).await?, rows, "{table}");
        }
        let moved = sql(&db, r#"SELECT "CustomerId" FROM "Customer" WHERE "SupportRepId" = 5 ORDER BY 1"#);
        let moved = db.engine.all(text(&moved).columns::<i64>()).await?;
        assert_eq!((moved.len(), moved[0]), (19, 1));
        Ok(())
    }

    async fn relationships_are_asked_across_many_tables(db: Db) -> Result<()> {
        let Some(_) = shop(&db, "chinook::relationships_are_asked_across_many_tables").await? else { return Ok(()) };
        let by_relationships = select(count(Artist::artist_id))
            .filter(Artist::albums.any(Album::tracks.any(Track::playlists.any(Playlist::name.eq("Grunge")))));
        let by_hand = r#"SELECT COUNT(DISTINCT b."ArtistId") FROM "Playlist" p JOIN "PlaylistTrack" l ON l."PlaylistId" = p."PlaylistId"
                         JOIN "Track" t ON t."TrackId" = l."TrackId" JOIN "Album" b ON b."AlbumId" = t."AlbumId" WHERE p."Name" = 'Grunge'"#;
        let wanted = db.engine.scalar(text(&sql(&db, by_hand)).columns::<i64>()).await?;
        assert!(wanted > 1);
        assert_eq!(db.engine.scalar(by_relationships).await?, wanted);
        let links = select(count(PlaylistTrack::track_id)).filter(PlaylistTrack::playlist.has(Playlist::name.eq("Grunge")));
        assert_eq!(db.engine.scalar(links).await?, 15);
        let helped = select(count(Customer::customer_id)).filter(Customer::support_rep.has(Employee::manager.has(Employee::last_name.eq("Edwards"))));
        assert_eq!(db.engine.scalar(helped).await?, 59);
        Ok(())
    }
}
