//! What models and programs do around flushes and transactions, and what models check.

use super::failure::poll_and_drop;
use orm_core::session::SessionHooks;
use std::sync::{Arc, Mutex};
use tests::prelude::*;

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "articles", hooks, validate = in_order)]
struct Article {
    #[orm(primary_key)]
    id: i64,
    #[orm(validate = not_empty)]
    title: String,
    slug: String,
    first: i32,
    last: i32,
    #[orm(skip)]
    shown: String,
}

fn not_empty(text: &str) -> Result<(), &'static str> {
    if text.is_empty() { Err("must not be empty") } else { Ok(()) }
}

fn in_order(article: &Article) -> Result<(), String> {
    if article.first > article.last { Err(format!("{} comes after {}", article.first, article.last)) } else { Ok(()) }
}

impl Hooks for Article {
    fn before_insert(&mut self) -> Result<()> {
        if self.title == "forbidden" {
            return Err(Error::custom("no such title"));
        }
        self.slug = self.title.to_lowercase();
        Ok(())
    }

    fn before_update(&mut self) -> Result<()> {
        self.slug = format!("{}-again", self.title.to_lowercase());
        Ok(())
    }

    fn before_delete(&self) -> Result<()> {
        if self.title == "Kept" { Err(Error::custom("this one is kept")) } else { Ok(()) }
    }

    fn after_load(&mut self) {
        self.shown = format!("«{}»", self.title);
    }
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "audit")]
struct Audit {
    #[orm(primary_key)]
    id: i64,
    what: String,
}

fn article(title: &str) -> Article {
    Article { title: title.into(), ..Default::default() }
}

fn audit(what: &str) -> Audit {
    Audit { what: what.into(), ..Default::default() }
}

async fn create(db: &Db) -> Result<()> {
    db.create(metadata![Article, Audit]).await
}

/// What was called, in order.
type Log = Arc<Mutex<Vec<String>>>;

fn noted(log: &Log) -> Vec<String> {
    std::mem::take(&mut log.lock().unwrap())
}

matrix! {
    async fn a_models_hooks_run_around_its_rows(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let key = session.add(article("Hello"));
        session.commit().await?;
        assert_eq!((session[key].slug.as_str(), session[key].shown.as_str()), ("hello", ""));
        assert_eq!(db.engine.all(select(Article::slug)).await?, ["hello"]);

        let log = db.engine.record();
        session[key].title.push('!');
        session[key].title.pop();
        session.commit().await?;
        assert_eq!(log.statements(), [], "what is set back is not written, and its hook not called");
        session[key].title = "Bye".into();
        session.commit().await?;
        assert_eq!(session[key].slug, "bye-again");

        let mut other = db.engine.session();
        let read = other.get::<Article>(session[key].id).await?.unwrap();
        assert_eq!(other[read].shown, "«Bye»");
        assert!(!other.is_modified(read), "what `after_load` sets is no change");
        assert_eq!(db.engine.one(select(Article)).await?.shown, "«Bye»");
        session[key].title = "Kept".into();
        session.commit().await?;
        other.commit().await?;
        other.refresh(read).await?;
        assert_eq!(other[read].shown, "«Kept»");
        assert!(!other.is_modified(read));

        session.delete(key);
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.to_string(), "this one is kept");
        session.rollback().await?;
        assert_eq!(session.state(key), State::Persistent);
        Ok(())
    }

    async fn a_veto_leaves_memory_and_database_as_they_were(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let good = session.add(article("Good"));
        let bad = session.add(article("forbidden"));
        let log = db.engine.record();
        let error = session.flush().await.unwrap_err();
        assert_eq!(error.to_string(), "no such title");
        assert_eq!(log.statements(), []);
        assert_eq!(session[good].slug, "", "the hook that ran before is undone");
        assert!(matches!(session.flush().await, Err(Error::RolledBack { .. })));
        session.rollback().await?;
        assert_eq!((session.state(good), session.state(bad)), (State::Withdrawn, State::Withdrawn));
        Ok(())
    }

    async fn all_that_is_not_valid_is_told_at_once(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let first = session.add(article("First"));
        session.commit().await?;
        session[first].title.clear();
        session.add(Article { first: 2, last: 1, ..article("") });
        let log = db.engine.record();
        let error = session.commit().await.unwrap_err();
        assert_eq!(log.statements(), []);
        let id = session[first].id;
        assert_eq!(
            error.to_string(),
            format!(
                "`Article` {id} is not valid: `title` must not be empty\n\
                 a new `Article` is not valid: `title` must not be empty\n\
                 a new `Article` is not valid: 2 comes after 1"
            )
        );
        assert!(matches!(&error, Error::Validation(invalid) if invalid.len() == 3 && invalid[0].field == Some("title")));
        session.rollback().await?;
        // Rows are not checked when they are read, nor by statements.
        db.engine.execute(update(Article).set(Article::title, "")).await?;
        session.refresh(first).await?;
        session[first].last = 7;
        assert!(matches!(session.commit().await, Err(Error::Validation(_))));
        Ok(())
    }

    async fn a_session_tells_of_its_flushes_and_transactions(db: Db) -> Result<()> {
        create(&db).await?;
        let log = Log::default();
        let note = |what: &'static str| {
            let log = log.clone();
            move || log.lock().unwrap().push(what.to_owned())
        };
        let (commit, rollback, flushed) = (note("commit"), note("rollback"), log.clone());
        let hooks = SessionHooks::new()
            .before_flush(|session| {
                Box::pin(async move {
                    let articles: Vec<Key<Article>> = session.dirty().filter_map(|key| key.of()).collect();
                    for key in articles {
                        let written = session.scalar(select(count(Audit::id))).await?;
                        let what = format!("{written}: {}", session.changes(key));
                        session.add(audit(&what));
                    }
                    Ok(())
                })
            })
            .after_flush(move |_, written| {
                let counts = (written.inserted.len(), written.updated.len(), written.deleted.len());
                flushed.lock().unwrap().push(format!("flush {counts:?}"));
                Box::pin(async { Ok(()) })
            })
            .after_commit(move |_| {
                commit();
                Box::pin(async { Ok(()) })
            })
            .after_rollback(move |_| {
                rollback();
                Box::pin(async { Ok(()) })
            });
        db.engine.set_session_hooks(hooks);
        let mut session = db.engine.session();
        session.commit().await?;
        assert_eq!(noted(&log), [""; 0], "nothing happened");
        let key = session.add(article("One"));
        session.flush().await?;
        session.commit().await?;
        assert_eq!(noted(&log), ["flush (1, 0, 0)", "commit"]);
        session[key].title = "Two".into();
        session.commit().await?;
        assert_eq!(noted(&log), ["flush (1, 1, 0)", "commit"], "the audit's row is part of the flush");
        assert_eq!(
            db.engine.all(select(Audit::what)).await?,
            ["0: Article::title: \"One\" → \"Two\""],
            "the hook saw what was changed, before the model's own hook"
        );
        session.delete(key);
        session.flush().await?;
        session.rollback().await?;
        assert_eq!(noted(&log), ["flush (0, 0, 1)", "rollback"]);
        assert_eq!(session.state(key), State::Persistent);
        Ok(())
    }

    async fn what_a_hook_adds_after_a_flush_is_written_by_the_commit(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.add_hooks(SessionHooks::new().after_flush(|session, written| {
            Box::pin(async move {
                for key in written.inserted.into_iter().filter_map(|key| key.of::<Article>()) {
                    let what = session[key].id.to_string();
                    session.add(audit(&what));
                }
                Ok(())
            })
        }));
        let key = session.add(article("One"));
        session.commit().await?;
        assert_eq!(db.engine.all(select(Audit::what)).await?, [session[key].id.to_string()]);

        // One that never ends is found out.
        session.add_hooks(SessionHooks::new().after_flush(|session, _| {
            session.add(audit("again"));
            Box::pin(async { Ok(()) })
        }));
        session.add(article("Two"));
        let error = session.commit().await.unwrap_err();
        assert!(error.to_string().starts_with("after 100 flushes there is still something to write"), "{error}");
        assert!(matches!(session.commit().await, Err(Error::RolledBack { .. })));
        session.rollback().await?;
        assert_eq!(db.engine.scalar(select(count(Article::id))).await?, 1);
        Ok(())
    }

    async fn what_a_hook_adds_after_a_flush_is_written_before_a_savepoint(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.add_hooks(SessionHooks::new().after_flush(|session, written| {
            Box::pin(async move {
                for key in written.inserted.into_iter().filter_map(|key| key.of::<Article>()) {
                    session[key].last = 9;
                }
                Ok(())
            })
        }));
        let key = session.add(article("One"));
        let nested = session.begin_nested().await?;
        nested.rollback().await?;
        assert_eq!((session[key].last, session.is_modified(key)), (9, false));
        session.commit().await?;
        assert_eq!(db.engine.all(select(Article::last)).await?, [9]);
        Ok(())
    }

    async fn a_flush_that_is_cut_off_in_a_hook_after_it_is_not_committed(db: Db) -> Result<()> {
        create(&db).await?;
        let log = Log::default();
        let rolled_back = log.clone();
        let mut session = db.engine.session();
        session.add_hooks(
            SessionHooks::new()
                .after_flush(|_, _| {
                    Box::pin(async {
                        loop {
                            tokio::task::yield_now().await;
                        }
                    })
                })
                .after_rollback(move |_| {
                    rolled_back.lock().unwrap().push("rollback".to_owned());
                    Box::pin(async { Ok(()) })
                }),
        );
        let key = session.add(article("One"));
        let cut = tokio::time::timeout(std::time::Duration::from_millis(300), session.flush()).await;
        assert!(cut.is_err());
        assert!(matches!(session.commit().await, Err(Error::RolledBack { .. })));
        session.rollback().await?;
        assert_eq!(noted(&log), ["rollback"]);
        assert_eq!(session.state(key), State::Withdrawn);
        assert_eq!(db.engine.scalar(select(count(Article::id))).await?, 0);
        Ok(())
    }

    async fn what_a_hook_may_not_do_is_an_error(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.add_hooks(SessionHooks::new().before_flush(|session| Box::pin(async move { session.commit().await })));
        let key = session.add(article("One"));
        let error = session.flush().await.unwrap_err();
        assert!(error.to_string().starts_with("`commit` inside a `before_flush` hook"), "{error}");
        session.rollback().await?;
        assert_eq!(session.state(key), State::Withdrawn);

        let mut session = db.engine.session();
        session.add_hooks(SessionHooks::new().after_commit(|_| Box::pin(async { Err(Error::custom("the mail did not go")) })));
        let key = session.add(article("Two"));
        let error = session.commit().await.unwrap_err();
        assert_eq!(error.to_string(), "the transaction is committed, but its `after_commit` hook failed: the mail did not go");
        assert_eq!(session.state(key), State::Persistent);
        assert_eq!(db.engine.all(select(Article::title)).await?, ["Two"]);
        Ok(())
    }

    async fn a_hook_that_is_cut_off_leaves_a_session_that_can_go_on(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.add_hooks(SessionHooks::new().before_flush(|session| {
            Box::pin(async move {
                while session.new_objects().count() == 1 {
                    tokio::task::yield_now().await;
                }
                Ok(())
            })
        }));
        session.add(article("One"));
        assert!(poll_and_drop(session.flush(), 3).await.is_none());
        let two = session.add(article("Two"));
        session.commit().await?;
        assert_eq!(session.state(two), State::Persistent);
        assert_eq!(db.engine.scalar(select(count(Article::id))).await?, 2);
        Ok(())
    }
}
