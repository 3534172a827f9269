//! Connections that cannot be made, and what the errors say.

use super::{fresh_name, servers, with_database};
use crate::engine::Engine;
use crate::error::Error;
use std::time::{Duration, Instant};

async fn refusal(url: &str) -> Error {
    let started = Instant::now();
    let error = Engine::connect(url).await.expect_err(url);
    assert!(started.elapsed() < Duration::from_secs(5), "{url} took {:?}", started.elapsed());
    let text = error.to_string();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(!format!("{:?}", Engine::options(url)).contains("hunter2"));
    error
}

#[tokio::test]
async fn wrong_urls_name_the_allowed_forms() {
    for url in ["", "users.db", "oracle://u:hunter2@host/db", "sqlite:", "postgres:host"] {
        let error = refusal(url).await;
        assert!(matches!(error, Error::Url { .. }), "{error:?}");
        assert!(error.to_string().contains("postgres://USER:PASSWORD@HOST/DATABASE"), "{error}");
    }
    let mut wrong = Vec::new();
    if cfg!(feature = "sqlite") {
        wrong.extend(["sqlite:a.db?mode=sometimes", "sqlite:a.db?colour=red"]);
    }
    if cfg!(feature = "postgres") {
        wrong.extend(["postgres://u:hunter2@host:port/db", "postgres://u:hunter2@h/d?sslmode=perhaps"]);
    }
    if cfg!(feature = "mysql") {
        wrong.extend(["mysql://u:hunter2@host:99999999/db"]);
    }
    for url in wrong {
        let error = refusal(url).await;
        assert!(matches!(error, Error::Url { .. }), "{url}: {error:?}");
    }
    for (url, feature, on) in [
        ("sqlite::memory:", "sqlite", cfg!(feature = "sqlite")),
        ("postgres://h/d", "postgres", cfg!(feature = "postgres")),
        ("mysql://h/d", "mysql", cfg!(feature = "mysql")),
    ] {
        if !on {
            let error = refusal(url).await;
            assert!(error.to_string().contains(&format!("cargo feature `{feature}`")), "{error}");
        }
    }
}

#[tokio::test]
async fn unreachable_servers_are_an_error_at_once() {
    // Nobody listens on port 1.
    for (url, on) in [
        ("postgres://u:hunter2@127.0.0.1:1/db", cfg!(feature = "postgres")),
        ("mysql://u:hunter2@127.0.0.1:1/db", cfg!(feature = "mysql")),
        ("mariadb://u:hunter2@127.0.0.1:1/db", cfg!(feature = "mysql")),
    ] {
        if on {
            let error = refusal(url).await;
            assert!(matches!(error, Error::Connect { .. }), "{error:?}");
            assert!(error.to_string().contains("check that it runs"), "{error}");
        }
    }
}

#[tokio::test]
async fn refused_logins_say_what_to_check() {
    for server in servers() {
        let missing = with_database(&server, &fresh_name());
        let error = refusal(&missing).await;
        assert!(matches!(error, Error::LoginRefused { .. }), "{error:?}");
        assert!(error.to_string().contains("create the database first"), "{error}");
        let (scheme, rest) = server.split_once("://").unwrap();
        let (_, host) = rest.split_once('@').unwrap();
        let stranger = format!("{scheme}://nobody_at_all:hunter2@{host}");
        let error = refusal(&stranger).await;
        assert!(matches!(error, Error::LoginRefused { .. }), "{error:?}");
        assert!(error.to_string().contains("check the user"), "{error}");
    }
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_files_that_cannot_be_opened() {
    let directory = std::env::temp_dir().join(fresh_name());
    let path = |name: &str| directory.join(name).display().to_string();
    let error = refusal(&format!("sqlite:{}", path("a.db"))).await;
    assert!(
        matches!(&error, Error::Connect { reason, .. } if reason.contains("does not exist; create it first")),
        "{error}"
    );
    std::fs::create_dir(&directory).unwrap();
    let error = refusal(&format!("sqlite:{}", directory.display())).await;
    assert!(matches!(&error, Error::Connect { reason, .. } if reason.contains("is a directory")), "{error}");
    for mode in ["ro", "rw"] {
        let error = refusal(&format!("sqlite:{}?mode={mode}", path("a.db"))).await;
        assert!(matches!(&error, Error::Connect { reason, .. } if reason.contains("leave `mode` out")), "{error}");
    }
    std::fs::write(path("text.db"), "This is no database. ".repeat(500)).unwrap();
    let error = refusal(&format!("sqlite:{}", path("text.db"))).await;
    assert!(
        matches!(&error, Error::LoginRefused { reason, .. } if reason.contains("not a SQLite database")),
        "{error}"
    );

    let url = format!("sqlite:{}", path("new.db"));
    let engine = Engine::connect(&url).await.unwrap();
    engine.batch("CREATE TABLE t (id INTEGER)").await.unwrap();
    let mut mode = String::new();
    let mut read = |row: &dyn crate::types::Row| {
        mode = row.text(0).unwrap().unwrap().into_owned();
        Ok(())
    };
    engine.fetch("PRAGMA journal_mode", &mut read).await.unwrap();
    assert_eq!(mode, "wal");
    engine.close().await;
    let reader = Engine::connect(&format!("{url}?mode=ro")).await.unwrap();
    assert_eq!(super::number(&mut reader.acquire().await.unwrap(), "SELECT count(*) FROM t").await.unwrap(), 0);
    assert!(reader.run("INSERT INTO t VALUES (1)").await.is_err());
    reader.close().await;
    let error = Engine::options(&url).isolation(crate::engine::Isolation::ReadCommitted).connect().await.unwrap_err();
    assert!(matches!(&error, Error::Unsupported { feature, .. } if feature.contains("SERIALIZABLE")), "{error}");
    std::fs::remove_dir_all(&directory).unwrap();
}
