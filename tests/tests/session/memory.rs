//! What an object costs beside its fields.

use allocation_counter::measure;
use tests::prelude::*;

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "owners")]
struct Owner {
    #[orm(primary_key)]
    id: i64,
    rank: i64,
    things: HasMany<Thing>,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "things")]
struct Thing {
    #[orm(primary_key)]
    id: i64,
    #[orm(references = Owner::id)]
    owner_id: i64,
    owner: BelongsTo<Owner>,
}

const THINGS: i64 = 100_000;

/// An engine with so many owners, and things that are spread over them.
async fn engine(owners: i64) -> Result<Engine> {
    let engine = Engine::connect("sqlite::memory:").await?;
    metadata![Owner, Thing].create_all(&engine).await?;
    let all: Vec<Owner> = (1..=owners).map(|id| Owner { id, rank: id, ..Owner::default() }).collect();
    engine.execute(insert(Owner).rows(&all)).await?;
    let thing = |id| Thing { id, owner_id: (id * 7) % owners + 1, ..Thing::default() };
    let all: Vec<Thing> = (1..=THINGS).map(thing).collect();
    engine.execute(insert(Thing).rows(&all)).await?;
    Ok(engine)
}

/// The bytes that a session without a transaction holds: what its end gives back.
fn held(session: Session) -> i64 {
    -measure(|| drop(session)).bytes_current
}

/// The bytes for each of `count` objects beyond those of their structs.
fn each(session: Session, structs: usize, count: i64) -> i64 {
    let over = held(session) - structs as i64;
    over / count
}

const CLEAN: i64 = 48;

#[test]
fn many_children_of_few_parents() -> Result<()> {
    tests::block_on(async {
        let engine = engine(1_000).await?;
        let mut session = engine.session();
        let owners = session.all(select(Owner)).await?;
        let things = session.all(select(Thing)).await?;
        session.load(&owners, Owner::things).await?;
        session.commit().await?;
        assert_eq!(session.keys(owners[7], Owner::things)?.len(), 100);
        assert!(things.iter().all(|thing| session.at(*thing).one(Thing::owner).is_ok()));
        let structs = things.len() * size_of::<Thing>() + owners.len() * size_of::<Owner>();
        let each = each(session, structs, THINGS);
        assert!((1..=CLEAN).contains(&each), "{each} bytes");
        Ok(())
    })
}

#[test]
fn a_parent_for_each_child() -> Result<()> {
    tests::block_on(async {
        let engine = engine(THINGS).await?;
        // The parents not loaded: all that is held is the children's.
        let mut session = engine.session();
        let things = session.all(select(Thing)).await?;
        session.load(things[0], Thing::owner).await?;
        session.commit().await?;
        assert_eq!(session.at(things[0]).one(Thing::owner)?.id, session[things[0]].owner_id);
        let alone = each(session, things.len() * size_of::<Thing>(), THINGS);
        assert!((1..=CLEAN).contains(&alone), "{alone} bytes");

        // Parents and children, linked both ways, and every collection known to be whole.
        let mut session = engine.session();
        let owners = session.all(select(Owner).options(selectinload(Owner::things))).await?;
        session.commit().await?;
        assert_eq!(session.keys(owners[7], Owner::things)?.len(), 1);
        let structs = (size_of::<Thing>() + size_of::<Owner>()) * THINGS as usize;
        let both = each(session, structs, 2 * THINGS);
        assert!((1..=CLEAN).contains(&both), "{both} bytes");
        Ok(())
    })
}

#[test]
fn after_a_flush_or_a_rollback_objects_are_as_small_as_before() -> Result<()> {
    tests::block_on(async {
        let engine = engine(2).await?;
        let mut sizes = Vec::new();
        for round in 0..3 {
            let mut session = engine.session();
            let things = session.all(select(Thing)).await?;
            session.load(&things, Thing::owner).await?;
            if round > 0 {
                for thing in things.iter().step_by(7) {
                    session[*thing].owner_id = round;
                }
                session.flush().await?;
            }
            if round == 1 {
                session.commit().await?;
            } else {
                session.rollback().await?;
            }
            sizes.push(each(session, things.len() * size_of::<Thing>(), THINGS));
        }
        assert!(sizes.iter().all(|size| (1..=CLEAN).contains(size)), "{sizes:?} bytes");
        Ok(())
    })
}
