//! Soft delete: conditions on a model that hold wherever its rows are loaded.

use super::models::{rows, said};
use tests::prelude::*;

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "authors")]
struct Author {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    #[orm(cascade(all, delete_orphan), order_by = Post::id)]
    posts: HasMany<Post>,
    #[orm(secondary = "author_labels", order_by = Label::id)]
    labels: ManyToMany<Label>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "posts")]
struct Post {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    title: String,
    deleted: bool,
    #[orm(references = Author::id)]
    author_id: i64,
    author: BelongsTo<Author>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "labels")]
struct Label {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    word: String,
    deleted: bool,
    #[orm(secondary = "author_labels")]
    authors: ManyToMany<Author>,
}

fn post(title: &str, deleted: bool) -> Post {
    Post { title: title.into(), deleted, ..Default::default() }
}

fn label(word: &str, deleted: bool) -> Label {
    Label { word: word.into(), deleted, ..Default::default() }
}

/// Two authors: `ed` with posts 1 and 2, of which 2 is deleted, and labels 1 and 2, likewise; `sandy` with the deleted post 3.
async fn create(db: &Db) -> Result<()> {
    db.create(metadata![Author, Post, Label]).await?;
    let mut session = db.engine.session();
    session.add(Author {
        name: "ed".into(),
        posts: vec![post("one", false), post("two", true)].into(),
        labels: vec![label("a", false), label("b", true)].into(),
        ..Default::default()
    });
    session.flush().await?;
    session.add(Author { name: "sandy".into(), posts: vec![post("three", true)].into(), ..Default::default() });
    session.commit().await
}

/// A session that does not see what is deleted.
fn soft(db: &Db) -> Session {
    let mut session = db.engine.session();
    session.set_criteria(Post, Post::deleted.eq(false));
    session.set_criteria(Label, Label::deleted.eq(false));
    session
}

fn titles(session: &Session, author: Key<Author>) -> Result<Vec<String>> {
    Ok(session.at(author).many(Author::posts)?.map(|post| post.title.clone()).collect())
}

matrix! {
    async fn queries_of_a_session_see_what_its_criteria_let_through(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = soft(&db);
        assert_eq!(session.all(select(Post::title)).await?, ["one"]);
        assert_eq!(session.all(select(Post)).await?.len(), 1);
        assert_eq!(session.one(select(Post)).await.map(|key| session[key].id)?, 1);
        assert_eq!(session.first(select(Post::id).filter(Post::id.gt(1))).await?, None);
        // The caller's OR is not torn apart.
        let either = select(Post::id).filter(Post::id.eq(1) | Post::id.eq(2)).order_by(Post::id.asc());
        assert_eq!(session.all(&either).await?, [1]);
        assert_eq!(session.all(either.without_criteria()).await?, [1, 2]);

        // An engine has none, and they can be taken back or replaced.
        assert_eq!(db.engine.all(select(Post)).await?.len(), 3);
        session.set_criteria(Post, Post::deleted.eq(true) | Post::id.eq(1));
        assert_eq!(session.all(select(Post::id).filter(Post::id.le(2)).order_by(Post::id.asc())).await?, [1, 2]);
        session.clear_criteria::<Post>();
        assert_eq!(session.all(select(Post)).await?.len(), 3);
        session.rollback().await?;
        assert_eq!(session.all(select(Label::id)).await?, [1]);
        Ok(())
    }

    async fn joins_aliases_and_subqueries_are_reached(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = soft(&db);
        let inner = select((Author::name, Post::title)).join(Author::posts);
        assert_eq!(session.all(inner).await?, [("ed".to_owned(), "one".to_owned())]);

        // The left row stays.
        let outer = select((Author::name, Post::title.optional())).outer_join(Author::posts).order_by(Author::id.asc());
        let expected = [("ed".to_owned(), Some("one".to_owned())), ("sandy".to_owned(), None)];
        assert_eq!(session.all(outer).await?, expected);
        let on = Post::author_id.eq(Author::id) & (Post::id.gt(0) | Post::id.lt(0));
        let outer = select((Author::name, Post::title.optional())).outer_join_on(Post, on).order_by(Author::id.asc());
        assert_eq!(session.all(outer).await?, expected);
        let many = select((Author::name, Label::word)).join(Author::labels);
        assert_eq!(session.all(many).await?, [("ed".to_owned(), "a".to_owned())]);

        let p = alias(Post, "p");
        let aliased = select((Author::name, p.get(Post::title))).join_on(&p, p.get(Post::author_id).eq(Author::id));
        assert_eq!(session.all(aliased).await?, [("ed".to_owned(), "one".to_owned())]);

        let named = |query: Select<String>| query.order_by(Author::id.asc());
        let any = named(select(Author::name).filter(Author::posts.any(true)));
        assert_eq!(session.all(&any).await?, ["ed"]);
        assert_eq!(session.all(any.without_criteria()).await?, ["ed", "sandy"]);
        let inside = named(select(Author::name).filter(Author::id.in_(select(Post::author_id))));
        assert_eq!(session.all(inside).await?, ["ed"]);
        let unfiltered = select(Post::author_id).without_criteria();
        assert_eq!(session.all(named(select(Author::name).filter(Author::id.in_(unfiltered)))).await?, ["ed", "sandy"]);
        let correlated =
            select(count_all()).select_from(Post).correlate(Author).filter(Post::author_id.eq(Author::id)).scalar_subquery();
        let counts = select((Author::name, correlated)).order_by(Author::id.asc());
        assert_eq!(session.all(counts).await?, [("ed".to_owned(), Some(1)), ("sandy".to_owned(), Some(0))]);
        let derived = select(Post::title).subquery("d");
        assert_eq!(session.all(select(derived.get(Post::title))).await?, ["one"]);
        Ok(())
    }

    async fn criteria_of_a_query_reach_all_of_it(db: Db) -> Result<()> {
        create(&db).await?;
        let seen = || with_criteria(Post, Post::deleted.eq(false));
        assert_eq!(db.engine.all(select(Post::title).options(seen())).await?, ["one"]);
        let any = select(Author::name).filter(Author::posts.any(true)).options(seen());
        assert_eq!(db.engine.all(any).await?, ["ed"]);
        let twice = select(Post::id).options(seen()).options(with_criteria(Post, Post::id.gt(1)));
        assert!(db.engine.all(twice).await?.is_empty());

        // Owned trees: what is loaded with them is partial, so that nobody takes it for all.
        let query = || select(Author).order_by(Author::id.asc()).options(selectinload(Author::posts)).options(seen());
        let authors = db.engine.all(query()).await?;
        let partial: Vec<&str> = authors[0].posts.partial()?.iter().map(|post| post.title.as_str()).collect();
        assert_eq!(partial, ["one"]);
        assert!(matches!(authors[0].posts.get(), Err(Error::Partial { .. })));
        let posts = select(Post).options(selectinload(Post::author)).options(with_criteria(Author, Author::name.eq("ed")));
        let posts = db.engine.all(posts.order_by(Post::id.asc())).await?;
        assert_eq!(posts[0].author.get()?.name, "ed");
        assert!(posts[2].author.get().is_err());

        // The same in a session, with the session's own on top.
        let mut session = db.engine.session();
        let authors = session.all(query()).await?;
        assert_eq!(session.at(authors[0]).partial(Author::posts)?.count(), 1);
        assert!(matches!(session.keys(authors[0], Author::posts), Err(Error::Partial { .. })));
        session.set_criteria(Author, Author::name.ne("ed"));
        assert_eq!(session.all(query()).await?.len(), 1);
        assert_eq!(session.all(query().without_criteria()).await?.len(), 2);
        Ok(())
    }

    async fn relationships_are_loaded_as_the_session_sees_them(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = soft(&db);
        let authors = session.all(select(Author).order_by(Author::id.asc()).options(selectinload(Author::posts))).await?;
        assert_eq!((titles(&session, authors[0])?, titles(&session, authors[1])?), (vec!["one".to_owned()], vec![]));
        session.load(&authors, Author::labels).await?;
        assert_eq!(session.keys(authors[0], Author::labels)?.len(), 1);
        let log = db.engine.record();
        session.load(&authors, (Author::posts, Author::labels)).await?;
        assert!(log.statements().is_empty(), "it was loaded: {:?}", log.statements());

        // Statements that are kept for each model know nothing of criteria, whichever came first.
        let mut open = db.engine.session();
        let ed = open.get::<Author>(1).await?.unwrap();
        open.load(ed, (Author::posts, Author::labels)).await?;
        assert_eq!(titles(&open, ed)?, ["one", "two"]);
        let mut session = soft(&db);
        let ed = session.get::<Author>(1).await?.unwrap();
        session.load(ed, Author::posts).await?;
        assert_eq!(titles(&session, ed)?, ["one"]);

        // Other criteria: loaded again.
        session.clear_criteria::<Post>();
        session.load(ed, Author::posts).await?;
        assert_eq!(titles(&session, ed)?, ["one", "two"]);

        // A target that is hidden is not loaded.
        let mut session = db.engine.session();
        session.set_criteria(Author, Author::name.eq("ed"));
        let posts = session.all(select(Post).order_by(Post::id.asc()).options(selectinload(Post::author))).await?;
        assert_eq!(session.at(posts[0]).one(Post::author)?.name, "ed");
        assert!(matches!(session.at(posts[2]).one(Post::author), Err(Error::NotLoaded { .. })));
        Ok(())
    }

    async fn get_asks_as_the_session_sees(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = soft(&db);
        let mut open = db.engine.session();
        for _ in 0..2 {
            // The kept statement is not mixed up with the other, in either order.
            assert!(session.get::<Post>(2).await?.is_none());
            assert!(open.get::<Post>(2).await?.is_some());
            open.clear();
        }
        let found = session.get_many::<Post>([1, 2, 3]).await?;
        assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false]);

        // What the session holds is not hidden from it, not even when it is read again.
        let two = session.one(select(Post).filter(Post::id.eq(2)).without_criteria()).await?;
        assert_eq!(session.get::<Post>(2).await?, Some(two));
        assert_eq!(session.get_many::<Post>([3, 2]).await?, [None, Some(two)]);
        session.refresh(two).await?;
        session.expire(two);
        assert_eq!(session.get::<Post>(2).await?, Some(two));
        session.expire(two);
        assert_eq!(session.get_many::<Post>([2]).await?, [Some(two)]);

        let mut session = soft(&db);
        let mut cursor = session.batches(select(Post), 2);
        let first = cursor.next(&mut session).await?.unwrap();
        assert_eq!(first.len(), 1);
        assert!(cursor.next(&mut session).await?.is_none());
        Ok(())
    }

    async fn updates_and_deletes_meet_what_the_session_sees(db: Db) -> Result<()> {
        create(&db).await?;
        // With and without objects that have to follow.
        for held in [false, true] {
            let mut session = soft(&db);
            let all = if held { session.all(select(Post).order_by(Post::id.asc()).without_criteria()).await? } else { vec![] };
            assert_eq!(session.execute(update(Post).set(Post::title, "new")).await?, 1);
            let titles: Vec<String> = all.iter().map(|key| session[*key].title.clone()).collect();
            assert!(!held || titles == ["new", "two", "three"], "{titles:?}");
            let named = update(Post).set(Post::title, lower(Post::title)).filter(Post::title.like("%"));
            assert_eq!(session.execute(named).await?, 1);
            let of_authors = delete(Author).filter(Author::id.eq(2)).filter(Author::posts.any(true));
            assert_eq!(session.execute(of_authors).await?, 0);
            assert_eq!(session.execute(delete(Post)).await?, 1);
            let states: Vec<State> = all.iter().map(|key| session.state(*key)).collect();
            assert!(!held || states == [State::Deleted, State::Persistent, State::Persistent], "{states:?}");
            assert_eq!(session.execute(update(Post).set(Post::deleted, false).without_criteria()).await?, 2);
            assert_eq!(session.all(select(Post::id).order_by(Post::id.asc())).await?, [2, 3]);
            session.rollback().await?;
        }
        let mut session = soft(&db);
        let copy = insert(Label).from_select((Label::word, Label::deleted), select((Post::title, Post::deleted)));
        assert_eq!(session.execute(copy).await?, 1);
        Ok(())
    }

    async fn hidden_rows_go_with_their_owner(db: Db) -> Result<()> {
        create(&db).await?;
        for loaded in [false, true] {
            let mut session = soft(&db);
            let ed = session.get::<Author>(1).await?.unwrap();
            if loaded {
                session.load(ed, (Author::posts, Author::labels)).await?;
                assert_eq!(titles(&session, ed)?, ["one"]);
            }
            session.delete(ed);
            session.flush().await?;
            assert_eq!(session.all(select(Post::id).without_criteria()).await?, [3]);
            assert_eq!(session.scalar(text("SELECT count(*) FROM author_labels").columns::<i64>()).await?, 0);
            session.rollback().await?;
        }
        assert_eq!(rows(&db.engine, "posts").await?, 3);
        Ok(())
    }

    async fn a_collection_is_replaced_as_far_as_it_is_seen(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = soft(&db);
        let ed = session.get::<Author>(1).await?.unwrap();
        session.load(ed, (Author::posts, Author::labels)).await?;
        session.replace(ed, Author::posts, [post("four", false)]);
        session.replace(ed, Author::labels, [label("c", false)]);
        session.commit().await?;
        assert_eq!(titles(&session, ed)?, ["four"]);
        assert_eq!(db.engine.all(select(Post::title).order_by(Post::id.asc())).await?, ["two", "three", "four"]);
        let words = select(Label::word).filter(Label::authors.any(true)).order_by(Label::id.asc());
        assert_eq!(db.engine.all(words).await?, ["b", "c"]);

        // A partner that was hidden can be taken out all the same.
        let hidden = session.one(select(Label).filter(Label::word.eq("b")).without_criteria()).await?;
        session.remove(ed, Author::labels, hidden);
        session.commit().await?;
        assert_eq!(rows(&db.engine, "author_labels").await?, 1);
        Ok(())
    }

    async fn a_condition_may_have_subqueries_of_its_own(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        session.set_criteria(Author, Author::posts.any(Post::deleted.eq(false)));
        session.set_criteria(Post, Post::author_id.in_(select(Author::id).filter(Author::name.eq("ed"))));
        assert_eq!(session.all(select(Author::name)).await?, ["ed"]);
        assert_eq!(session.all(select(Post::id).order_by(Post::id.asc())).await?, [1, 2]);
        assert!(session.get::<Author>(2).await?.is_none());
        let a = alias(Author, "a");
        let error = said(session.all(select(a.get(Author::name))).await);
        assert_eq!(
            error,
            "the statement is wrong: the criteria of Author have a correlated subquery, which can't be turned to Author AS a: \
             write it with IN, or leave the criteria out with `without_criteria()`"
        );

        let error = said(db.engine.all(select(Post).options(with_criteria(Post, Author::name.eq("ed")))).await);
        assert_eq!(
            error,
            "the statement is wrong: the criteria of Post speak of Author: they may only speak of Post, or of others in a subquery"
        );
        let mut session = db.engine.session();
        session.set_criteria(Post, Author::name.eq("ed"));
        for error in [
            said(session.execute(delete(Post)).await),
            said(session.get::<Post>(1).await),
            said(session.get_many::<Post>([1]).await),
        ] {
            assert!(error.contains("the criteria of Post speak of Author"), "{error}");
        }
        assert_eq!(rows(&db.engine, "posts").await?, 3);
        Ok(())
    }
}
