//! Sessions beside each other on SQLite.

use super::models::*;
use tests::prelude::*;

async fn take_turns(one: &Engine, other: &Engine) -> Result<()> {
    metadata().create_all(one).await?;
    ed_and_sandy(one).await?;
    let (mut first, mut second) = (one.session(), other.session());
    let ed = first.get::<User>(1).await?.unwrap();
    let sandy = second.get::<User>(2).await?.unwrap();
    assert_eq!(first.scalar(select(count_all()).select_from(Address)).await?, 3);
    first[ed].fullname = Some("of the first".into());
    first.commit().await?;
    second[sandy].fullname = Some("of the second".into());
    second.push(sandy, User::addresses, address_of("new"));
    second.commit().await?;
    assert_eq!(first.scalar(select(count_all()).select_from(Address)).await?, 4);
    first.add(user("third"));
    first.commit().await?;
    assert_eq!(second.scalar(select(count_all()).select_from(User)).await?, 3);
    Ok(())
}

#[test]
fn two_sessions_that_read_and_write_in_turn_work_in_memory() -> Result<()> {
    tests::block_on(async {
        let engine = Engine::connect("sqlite::memory:").await?;
        take_turns(&engine, &engine).await
    })
}

#[test]
fn and_on_a_file() -> Result<()> {
    let path = std::env::temp_dir().join(format!("orm-session-{}.sqlite", std::process::id()));
    let result = tests::block_on(async {
        let url = format!("sqlite://{}?mode=rwc", path.display());
        let (one, other) = (Engine::connect(&url).await?, Engine::connect(&url).await?);
        let result = take_turns(&one, &other).await;
        one.close().await;
        other.close().await;
        result
    });
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    result
}

#[test]
fn a_session_that_only_reads_keeps_no_connection() -> Result<()> {
    tests::block_on(async {
        let engine = Engine::options("sqlite::memory:").max_connections(1).connect().await?;
        metadata().create_all(&engine).await?;
        ed_and_sandy(&engine).await?;
        let (mut first, mut second) = (engine.session(), engine.session());
        assert_eq!(first.all(select(User)).await?.len(), 2);
        assert_eq!(second.all(select(User)).await?.len(), 2);
        let ed = first.get::<User>(1).await?.unwrap();
        first[ed].fullname = Some("x".into());
        first.commit().await?;
        let ed = second.get::<User>(1).await?.unwrap();
        second[ed].fullname = Some("y".into());
        assert!(second.commit().await.is_err());
        Ok(())
    })
}
