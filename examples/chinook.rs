//! Reports on the Chinook database, and a unit of work on a copy of it:
//! `cargo run --example chinook -- Chinook_Sqlite.sqlite`.

// An example is there to print.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use examples::chinook::{changes, reports};
use orm_core::prelude::*;
use orm_core::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: cargo run --example chinook -- Chinook_Sqlite.sqlite");
        eprintln!("The file is in the releases of https://github.com/lerocha/chinook-database");
        return ExitCode::from(2);
    };
    match run(&file).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(file: &Path) -> Result<()> {
    // The file itself is only read.
    let original = Engine::connect(&format!("sqlite://{}?mode=ro", file.display())).await?;
    report(&original).await?;
    original.close().await;

    let copy = std::env::temp_dir().join(format!("chinook-{}.sqlite", std::process::id()));
    std::fs::copy(file, &copy).map_err(Error::custom)?;
    make_writable(&copy)?;
    let outcome = story(&copy).await;
    for suffix in ["", "-wal", "-shm"] {
        let mut name = copy.clone().into_os_string();
        name.push(suffix);
        let _ = std::fs::remove_file(name);
    }
    outcome
}

fn make_writable(file: &Path) -> Result<()> {
    let mut permissions = std::fs::metadata(file).map_err(Error::custom)?.permissions();
    #[allow(clippy::permissions_set_readonly_false)]
    permissions.set_readonly(false);
    std::fs::set_permissions(file, permissions).map_err(Error::custom)
}

async fn story(file: &Path) -> Result<()> {
    let engine = Engine::connect(&format!("sqlite://{}", file.display())).await?;
    println!("\nOn a copy, one session adds an album, moves a customer, deletes a playlist");
    tell("before", &changes::find(&engine).await?)?;
    changes::change(&engine).await?;
    tell("after", &changes::find(&engine).await?)?;
    engine.close().await;
    Ok(())
}

async fn report(engine: &Engine) -> Result<()> {
    println!("Artists by revenue");
    for (place, row) in reports::artists_by_revenue(engine, 10).await?.iter().enumerate() {
        println!("{:>4}. {:<28} {:>4} tracks {:>9.2}", place + 1, row.artist, row.sold, row.revenue);
    }

    println!("\nRevenue by country and year");
    let rows = reports::revenue_by_country_and_year(engine).await?;
    let mut years: Vec<i64> = rows.iter().map(|row| row.year).collect();
    years.sort_unstable();
    years.dedup();
    print!("      {:<16}", "");
    years.iter().for_each(|year| print!(" {year:>8}"));
    println!();
    for of_country in rows.chunk_by(|a, b| a.country == b.country) {
        print!("      {:<16}", of_country[0].country);
        for year in &years {
            match of_country.iter().find(|row| row.year == *year) {
                Some(row) => print!(" {:>8.2}", row.revenue),
                None => print!(" {:>8}", "-"),
            }
        }
        println!();
    }

    println!("\nCustomers, their support agents and what they spent");
    for row in reports::customers_with_agent_and_total(engine).await? {
        println!("      {:<24} {:<16} {:>8.2}", row.name(), row.agent_name(), row.total);
    }

    println!("\nThe longest playlist");
    let longest = reports::longest_playlist(engine).await?;
    let tracks = longest.playlist.tracks.get()?;
    let hours = longest.milliseconds / 3_600_000;
    println!("      {}: {} tracks, {hours} hours", longest.playlist.name.as_deref().unwrap_or("?"), tracks.len());
    for track in tracks.iter().take(5) {
        let album = track.album.get()?.map_or("no album", |album| album.title.as_str());
        println!("      {} (on {album})", track.name);
    }
    println!("      … and {} more", tracks.len().saturating_sub(5));

    println!("\nWho reports to whom");
    for row in reports::employee_hierarchy(engine).await? {
        let customers = if row.customers == 0 { String::new() } else { format!(", {} customers", row.customers) };
        println!("      {:indent$}{} ({}{customers})", "", row.name, row.title, indent = row.depth * 3);
    }
    Ok(())
}

fn tell(when: &str, found: &changes::Found) -> Result<()> {
    println!("   {when}:");
    match &found.album {
        None => println!("      no album {:?}", changes::ALBUM),
        Some(album) => {
            let artist = album.artist.get()?.name.as_deref().unwrap_or("?");
            println!("      album {}: {:?} by {artist}", album.album_id, album.title);
            for track in album.tracks.get()? {
                let genre = track.genre.get()?.and_then(|genre| genre.name.as_deref()).unwrap_or("?");
                println!("         track {}: {} ({genre}, {})", track.track_id, track.name, track.unit_price);
            }
        }
    }
    let customer = &found.customer;
    let agent = customer.support_rep.get()?.map_or("nobody", |agent| agent.first_name.as_str());
    println!("      {} {} is looked after by {agent}", customer.first_name, customer.last_name);
    println!(
        "      playlists called {:?}: {}; links of all playlists: {}",
        changes::PLAYLIST,
        found.playlists,
        found.links
    );
    Ok(())
}
