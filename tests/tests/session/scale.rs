//! Many objects take time in proportion, not more.

use super::models::*;
use std::time::{Duration, Instant};
use tests::prelude::*;

/// How long a piece of work takes.
async fn takes(work: impl AsyncFnOnce() -> Result<()>) -> Result<Duration> {
    let start = Instant::now();
    work().await?;
    Ok(start.elapsed())
}

async fn engine() -> Result<Engine> {
    let engine = Engine::connect("sqlite::memory:").await?;
    metadata().create_all(&engine).await?;
    Ok(engine)
}

/// Runs the work with some objects and with ten times as many: quadratic work would take a hundred times as long.
fn is_linear(work: impl AsyncFn(usize) -> Result<Duration>) -> Result<()> {
    tests::block_on(async {
        work(100).await?;
        // A machine that is busy with something else may disturb one try, not all.
        let mut tries = Vec::new();
        for _ in 0..3 {
            let (few, many) = (work(1_000).await?, work(10_000).await?);
            if many < few * 30 + Duration::from_millis(200) {
                return Ok(());
            }
            tries.push((few, many));
        }
        panic!("1,000 and 10,000 objects took {tries:?}")
    })
}

#[test]
fn pushing_children() -> Result<()> {
    is_linear(async |n| {
        let engine = engine().await?;
        let mut session = engine.session();
        let ed = session.add(user("ed"));
        takes(async || {
            for m in 0..n {
                session.push(ed, User::addresses, address_of(&format!("{m}")));
            }
            session.commit().await?;
            assert_eq!(session.keys(ed, User::addresses)?.len(), n);
            Ok(())
        })
        .await
    })
}

#[test]
fn changing_objects() -> Result<()> {
    is_linear(async |n| {
        let engine = engine().await?;
        let mut session = engine.session();
        let keys = session.add_all((0..n).map(|m| user(&format!("{m}"))));
        session.commit().await?;
        takes(async || {
            for key in &keys {
                session[*key].fullname = Some("changed".into());
            }
            session.flush().await?;
            session.rollback().await?;
            for key in &keys {
                session[*key].name.push('!');
            }
            session.commit().await
        })
        .await
    })
}

#[test]
fn moving_children_by_link_and_by_hand() -> Result<()> {
    is_linear(async |n| {
        let engine = engine().await?;
        let mut session = engine.session();
        let (ed, sandy) = (session.add(user("ed")), session.add(user("sandy")));
        let keys: Vec<Key<Address>> = (0..n).map(|_| session.push(ed, User::addresses, address_of("a"))).collect();
        session.commit().await?;
        let (ed_id, mut members) = (session[ed].id, 0);
        takes(async || {
            for key in &keys {
                session.set(*key, Address::user, sandy);
            }
            assert_eq!(session.keys(sandy, User::addresses)?.len(), n);
            session.flush().await?;
            for key in &keys {
                session[*key].user_id = ed_id;
                members += session.at(*key).one(Address::user)?.name.len();
            }
            assert_eq!(session.keys(ed, User::addresses)?.len(), n);
            for key in &keys {
                session.remove(ed, User::addresses, *key);
            }
            session.commit().await
        })
        .await
    })
}

#[test]
fn linking_and_parting_pairs() -> Result<()> {
    is_linear(async |n| {
        let engine = engine().await?;
        let mut session = engine.session();
        let ed = session.add(user("ed"));
        takes(async || {
            let keywords: Vec<Key<Keyword>> = (0..n).map(|_| session.push(ed, User::keywords, keyword("k"))).collect();
            session.commit().await?;
            for keyword in &keywords {
                session.remove(ed, User::keywords, *keyword);
            }
            session.flush().await?;
            session.rollback().await?;
            assert_eq!(session.keys(ed, User::keywords)?.len(), n);
            for keyword in keywords {
                session.delete(keyword);
            }
            session.commit().await
        })
        .await
    })
}

#[test]
fn deleting_a_parent_with_its_children() -> Result<()> {
    is_linear(async |n| {
        let engine = engine().await?;
        let mut session = engine.session();
        let addresses: Vec<Address> = (0..n).map(|_| address_of("a")).collect();
        session.add(User { addresses: addresses.into(), ..user("ed") });
        session.commit().await?;
        let mut other = engine.session();
        takes(async || {
            let ed = other.get::<User>(1).await?.unwrap();
            other.delete(ed);
            other.flush().await?;
            other.rollback().await?;
            other.delete(ed);
            other.commit().await
        })
        .await
    })
}

#[test]
fn a_long_chain_within_one_table() -> Result<()> {
    is_linear(async |n| {
        // A statement for each link of the chain: fewer of them.
        let n = n / 10;
        let engine = engine().await?;
        let mut session = engine.session();
        takes(async || {
            let keys = session.add_all((0..n).map(|_| employee("e")));
            for pair in keys.windows(2) {
                session.set(pair[0], Employee::manager, pair[1]);
            }
            session.commit().await?;
            for key in keys {
                session.delete(key);
            }
            session.commit().await
        })
        .await
    })
}

#[test]
fn queries_in_a_session_with_many_links() -> Result<()> {
    is_linear(async |n| {
        let engine = engine().await?;
        let mut session = engine.session();
        let ed = session.add(user("ed"));
        for _ in 0..n {
            session.push(ed, User::keywords, keyword("k"));
        }
        session.commit().await?;
        takes(async || {
            for _ in 0..n / 10 {
                session.one(select(User).filter(User::id.eq(1))).await?;
            }
            Ok(())
        })
        .await
    })
}
