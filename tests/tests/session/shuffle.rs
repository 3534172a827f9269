//! Keys and unique values that are taken, freed and exchanged at random, objects that leave the session and come back: the
//! session agrees with a plain model at every step, and so does the database after every flush.

mod apply;
mod check;
mod steps;
mod world;

use self::steps::{End, Step, steps};
use self::world::World;
use super::cases;
use super::models::*;
use std::collections::{BTreeMap, BTreeSet};
use tests::matrix;
use tests::prelude::{Db, Error, Key, Model, Result, Session, count_all, delete, metadata, select, selectinload};

/// A label that no two have, and that may be missing.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "seats")]
pub struct Seat {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 20)]
    pub name: String,
    #[orm(unique)]
    pub label: Option<i32>,
}

/// The keys of what has a natural key come and go with the world; the others stay.
#[derive(Clone, Default)]
struct Known {
    world: World,
    countries: BTreeMap<String, Key<Country>>,
    invoices: BTreeMap<String, Key<Invoice>>,
}

#[derive(Default)]
struct Lasting {
    /// As of the last flush.
    stored: World,
    /// What a rollback goes back to.
    base: Known,
    teams: BTreeMap<String, Key<Team>>,
    players: BTreeMap<String, Key<Player>>,
    cities: BTreeMap<String, Key<City>>,
    users: BTreeMap<String, Key<User>>,
    profiles: BTreeMap<String, Key<Profile>>,
    lines: BTreeMap<String, Key<Line>>,
    seats: BTreeMap<String, Key<Seat>>,
    /// Players that no rollback takes away.
    committed: BTreeSet<String>,
    names: usize,
    depth: usize,
    /// Whether something was read anew in the transaction: what its rollback leaves of that is stale.
    forgot: bool,
}

struct Run<'s> {
    session: &'s mut Session,
    known: Known,
    lasting: Lasting,
}

type Checked = Result<(), String>;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Checked {
    if found == wanted { Ok(()) } else { Err(format!("{what}: found {found:?}, wanted {wanted:?}")) }
}

fn text(error: Error) -> String {
    format!("{error}")
}

impl Run<'_> {
    async fn nested(&mut self, steps: &[Step], end: End) -> Result<(), Error> {
        self.flush().await?;
        let mut savepoint = self.session.begin_nested().await?;
        let outer = std::mem::replace(&mut self.lasting.base, self.known.clone());
        let (known, lasting) = (std::mem::take(&mut self.known), std::mem::take(&mut self.lasting));
        let mut inner = Run { session: &mut savepoint, known, lasting };
        inner.lasting.depth += 1;
        for step in steps {
            Box::pin(inner.step(step)).await?;
            inner.check().await.map_err(|wrong| Error::custom(format!("{step:?}: {wrong}")))?;
        }
        if end == End::Keep {
            inner.flush().await?;
        }
        (self.known, self.lasting) = (inner.known, inner.lasting);
        match end {
            End::Keep => savepoint.commit().await?,
            End::Rollback => savepoint.rollback().await?,
            End::Drop => drop(savepoint),
        }
        if end != End::Keep {
            self.known = self.lasting.base.clone();
            self.lasting.stored = self.known.world.clone();
            self.read_what_is_stale().await?;
        }
        self.lasting.base = outer;
        self.lasting.depth -= 1;
        Ok(())
    }

    /// Flushes; what can't be is an error, and rolled back.
    async fn flush(&mut self) -> Result<(), Error> {
        let impossible = self.known.world.is_impossible(&self.lasting.stored);
        match (self.session.flush().await, impossible) {
            (Ok(()), false) => {
                self.known.world.flush();
                self.lasting.stored = self.known.world.clone();
                Ok(())
            }
            (Ok(()), true) => Err(Error::custom("the flush went through, with values that can't be")),
            (Err(Error::UniqueViolation { .. } | Error::Session(_)), true) => {
                self.check_memory().map_err(|wrong| Error::custom(format!("after a failed flush: {wrong}")))?;
                self.rollback().await
            }
            (Err(error), _) => Err(error),
        }
    }

    async fn commit(&mut self) -> Result<(), Error> {
        self.flush().await?;
        self.session.commit().await?;
        self.lasting.base = self.known.clone();
        self.lasting.forgot = false;
        self.lasting.committed = self.known.world.players.keys().cloned().collect();
        Ok(())
    }

    async fn rollback(&mut self) -> Result<(), Error> {
        self.session.rollback().await?;
        self.known = self.lasting.base.clone();
        self.lasting.stored = self.known.world.clone();
        self.read_what_is_stale().await
    }

    /// What was read inside what was rolled back is read again.
    async fn read_what_is_stale(&mut self) -> Result<(), Error> {
        if !self.lasting.forgot {
            return Ok(());
        }
        self.session.all(select(Player)).await?;
        let teams: Vec<Key<Team>> = self.known.world.teams.iter().map(|name| self.lasting.teams[name]).collect();
        self.session.load(teams, Team::players).await
    }

    async fn read_anew(&mut self) -> Result<(), Error> {
        *self.session = self.session.engine().session();
        let (session, known, lasting) = (&mut *self.session, &mut self.known, &mut self.lasting);
        macro_rules! read {
            ($into:expr, $model:ident.$name:ident $(, $relationship:ident)*) => {
                let query = select($model)$(.options(selectinload($model::$relationship)))*;
                let keys = session.all(query).await?;
                $into = keys.into_iter().map(|key| (session[key].$name.clone(), key)).collect();
            };
        }
        read!(lasting.teams, Team.name, players);
        read!(lasting.players, Player.name, team);
        read!(known.countries, Country.name, cities);
        read!(lasting.cities, City.name, country);
        read!(lasting.users, User.name, profile);
        read!(lasting.profiles, Profile.bio, user);
        read!(known.invoices, Invoice.customer, lines);
        read!(lasting.lines, Line.item, invoice);
        read!(lasting.seats, Seat.name);
        lasting.base = known.clone();
        Ok(())
    }
}

async fn run(db: &Db, steps: &[Step]) -> Checked {
    clear(db).await.map_err(text)?;
    let mut session = db.engine.session();
    let mut run = Run { session: &mut session, known: Known::default(), lasting: Lasting::default() };
    for (n, step) in steps.iter().chain([&Step::Commit, &Step::Anew]).enumerate() {
        run.step(step).await.map_err(|error| format!("step {n}, {step:?}: {error}"))?;
        run.check().await.map_err(|wrong| format!("after step {n}, {step:?}: {wrong}"))?;
    }
    let users = db.engine.scalar(select(count_all()).select_from(User)).await.map_err(text)?;
    same("committed users", users, run.known.world.users.len() as i64)
}

async fn clear(db: &Db) -> Result<()> {
    macro_rules! empty {
        ($($model:ident)*) => { $( db.engine.execute(delete($model)).await?; )* };
    }
    empty!(Player Team City Country Profile User Line Invoice Seat);
    Ok(())
}

matrix! {
    async fn keys_and_unique_values_that_change_hands_at_random(db: Db) -> Result<()> {
        create(&db).await?;
        metadata![Seat].create_all(&db.engine).await?;
        cases::check("shuffle", &db, 120, steps(), async |steps: &Vec<Step>| run(&db, steps).await).await;
        Ok(())
    }
}
