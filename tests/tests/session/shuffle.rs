//! Keys and unique values that are taken, freed and exchanged at random, objects that leave the session and come back: the
//! session agrees with a plain model at every step, and so does the database after every flush.

use super::cases;
use super::models::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tests::matrix;
use tests::prelude::{
    Db, Error, Key, Model, Result, Session, State, count_all, delete, metadata, select, selectinload,
};

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

/// One step; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    AddTeam {
        players: u8,
    },
    SetTeam {
        player: usize,
        team: Option<usize>,
        how: How,
    },
    Replace {
        team: usize,
        players: Vec<usize>,
        new: u8,
    },
    DeleteTeam {
        team: usize,
    },
    DeletePlayer {
        player: usize,
    },
    /// Out of the session, and read again.
    Forget {
        player: usize,
    },
    /// One that a rollback withdrew.
    Readd {
        player: usize,
    },
    /// Also with the key of one that is being deleted.
    AddCountry {
        code: u8,
    },
    SetCountry {
        city: Option<usize>,
        country: Option<usize>,
    },
    DeleteCountry {
        country: usize,
    },
    AddUser,
    DeleteUser {
        user: usize,
    },
    NewProfile {
        user: usize,
    },
    MoveProfile {
        profile: usize,
        user: usize,
    },
    NoProfile {
        user: usize,
    },
    AddInvoice {
        number: u8,
        lines: u8,
    },
    MoveLine {
        line: usize,
        invoice: usize,
        push: bool,
    },
    AddLine {
        invoice: usize,
    },
    DeleteLine {
        line: usize,
    },
    DeleteInvoice {
        invoice: usize,
    },
    AddSeat {
        label: Option<u8>,
    },
    Label {
        seat: usize,
        label: Option<u8>,
    },
    Swap {
        one: usize,
        other: usize,
    },
    DeleteSeat {
        seat: usize,
    },
    Flush,
    Commit,
    Rollback,
    /// A new session on what was committed, with everything loaded.
    Anew,
    /// Steps in a savepoint, which is kept, rolled back or dropped.
    Nested {
        steps: Vec<Step>,
        end: End,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Push,
    Set,
    Remove,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Keep,
    Rollback,
    Drop,
}

fn step() -> impl Strategy<Value = Step> {
    use prop::option::{of, weighted};
    let n = || 0..1000_usize;
    let how = prop_oneof![Just(How::Push), Just(How::Set), Just(How::Remove)];
    let label = || weighted(0.8, 0..6_u8);
    prop_oneof![
        2 => (0..4_u8).prop_map(|players| Step::AddTeam { players }),
        3 => (n(), of(n()), how).prop_map(|(player, team, how)| Step::SetTeam { player, team, how }),
        2 => (n(), prop::collection::vec(n(), 0..4), 0..3_u8)
            .prop_map(|(team, players, new)| Step::Replace { team, players, new }),
        1 => n().prop_map(|team| Step::DeleteTeam { team }),
        1 => n().prop_map(|player| Step::DeletePlayer { player }),
        1 => n().prop_map(|player| Step::Forget { player }),
        2 => n().prop_map(|player| Step::Readd { player }),
        4 => (0..5_u8).prop_map(|code| Step::AddCountry { code }),
        3 => (of(n()), of(n())).prop_map(|(city, country)| Step::SetCountry { city, country }),
        2 => n().prop_map(|country| Step::DeleteCountry { country }),
        2 => Just(Step::AddUser),
        1 => n().prop_map(|user| Step::DeleteUser { user }),
        3 => n().prop_map(|user| Step::NewProfile { user }),
        4 => (n(), n()).prop_map(|(profile, user)| Step::MoveProfile { profile, user }),
        1 => n().prop_map(|user| Step::NoProfile { user }),
        3 => (0..4_u8, 0..3_u8).prop_map(|(number, lines)| Step::AddInvoice { number, lines }),
        2 => (n(), n(), any::<bool>()).prop_map(|(line, invoice, push)| Step::MoveLine { line, invoice, push }),
        1 => n().prop_map(|invoice| Step::AddLine { invoice }),
        1 => n().prop_map(|line| Step::DeleteLine { line }),
        2 => n().prop_map(|invoice| Step::DeleteInvoice { invoice }),
        2 => label().prop_map(|label| Step::AddSeat { label }),
        2 => (n(), label()).prop_map(|(seat, label)| Step::Label { seat, label }),
        4 => (n(), n()).prop_map(|(one, other)| Step::Swap { one, other }),
        1 => n().prop_map(|seat| Step::DeleteSeat { seat }),
        4 => Just(Step::Flush),
        2 => Just(Step::Commit),
        2 => Just(Step::Rollback),
        1 => Just(Step::Anew),
    ]
}

fn nested(inner: impl Strategy<Value = Step>) -> impl Strategy<Value = Step> {
    let end = prop_oneof![2 => Just(End::Keep), 1 => Just(End::Rollback), 1 => Just(End::Drop)];
    (prop::collection::vec(inner, 0..8), end).prop_map(|(steps, end)| Step::Nested { steps, end })
}

/// Steps with savepoints up to three levels deep.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let third = prop_oneof![8 => step(), 1 => nested(step())];
    let second = prop_oneof![8 => step(), 1 => nested(third)];
    prop::collection::vec(prop_oneof![20 => step(), 1 => nested(second)], 1..40)
}

/// What there should be. Everything has a name of its own, which is not its key.
#[derive(Clone, Debug, Default, PartialEq)]
struct World {
    teams: BTreeSet<String>,
    players: BTreeMap<String, Option<String>>,
    countries: BTreeMap<String, String>,
    cities: BTreeMap<String, Option<String>>,
    users: BTreeSet<String>,
    /// The user; none for one that was taken out, and goes with the flush.
    profiles: BTreeMap<String, Option<String>>,
    invoices: BTreeMap<String, i32>,
    lines: BTreeMap<String, String>,
    seats: BTreeMap<String, Option<i32>>,
    /// What the next flush deletes.
    doomed: BTreeSet<String>,
}

fn lost(doomed: &BTreeSet<String>, link: &mut Option<String>) {
    if link.as_ref().is_some_and(|name| doomed.contains(name)) {
        *link = None;
    }
}

impl World {
    /// What the next flush leaves.
    fn flush(&mut self) {
        let doomed = std::mem::take(&mut self.doomed);
        let lives = |name: &String| !doomed.contains(name);
        self.teams.retain(lives);
        self.players.retain(|name, _| lives(name));
        self.players.values_mut().for_each(|team| lost(&doomed, team));
        self.countries.retain(|name, _| lives(name));
        self.cities.values_mut().for_each(|country| lost(&doomed, country));
        self.users.retain(lives);
        self.profiles.retain(|name, user| lives(name) && user.as_ref().is_some_and(lives));
        self.invoices.retain(|name, _| lives(name));
        self.lines.retain(|name, invoice| lives(name) && lives(invoice));
        self.seats.retain(|name, _| lives(name));
    }

    fn lives(&self, name: &String) -> bool {
        !self.doomed.contains(name)
    }

    /// Whether the next flush can't be: two with one label, or profiles that change places, whose column can't be NULL.
    fn is_impossible(&self, stored: &World) -> bool {
        let mut labels: Vec<i32> =
            self.seats.iter().filter(|(name, _)| self.lives(name)).filter_map(|(_, label)| *label).collect();
        labels.sort_unstable();
        if labels.windows(2).any(|pair| pair[0] == pair[1]) {
            return true;
        }
        let moves = |profile: &String| -> Option<&String> {
            let to = self.profiles.get(profile)?.as_ref().filter(|user| self.lives(user))?;
            (stored.profiles.get(profile)?.as_ref() != Some(to)).then_some(to)
        };
        self.profiles.keys().any(|first| {
            let mut at = first;
            for _ in 0..=self.profiles.len() {
                let Some(to) = moves(at) else { return false };
                // Whoever is there, and must leave first.
                let Some((there, _)) = stored.profiles.iter().find(|(_, user)| user.as_ref() == Some(to)) else {
                    return false;
                };
                if there == first {
                    return true;
                }
                at = there;
            }
            false
        })
    }
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

/// One of these, chosen by a number.
fn choose<'a>(from: impl IntoIterator<Item = &'a String>, doomed: &BTreeSet<String>, n: usize) -> Option<String> {
    let left: Vec<&String> = from.into_iter().filter(|name| !doomed.contains(*name)).collect();
    if left.is_empty() { None } else { Some(left[n % left.len()].clone()) }
}

type Checked = Result<(), String>;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Checked {
    if found == wanted { Ok(()) } else { Err(format!("{what}: found {found:?}, wanted {wanted:?}")) }
}

fn text(error: Error) -> String {
    format!("{error}")
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn code(n: u8) -> String {
    format!("c{n}")
}

impl Run<'_> {
    fn name(&mut self, kind: &str) -> String {
        self.lasting.names += 1;
        format!("{kind}{}", self.lasting.names)
    }

    async fn step(&mut self, step: &Step) -> Result<(), Error> {
        let doomed = self.known.world.doomed.clone();
        let Run { session, known, lasting } = self;
        let world = &mut known.world;
        let mut fresh = |kind: &str| {
            lasting.names += 1;
            format!("{kind}{}", lasting.names)
        };
        match step {
            Step::AddTeam { players } => {
                let name = fresh("t");
                let players: Vec<String> = (0..*players).map(|_| fresh("p")).collect();
                let members = players.iter().map(|name| Player { name: name.clone(), ..Default::default() });
                let players_of = members.collect::<Vec<_>>().into();
                let key = session.add(Team { name: name.clone(), players: players_of, ..Default::default() });
                for player in session.keys(key, Team::players)? {
                    lasting.players.insert(session[player].name.clone(), player);
                }
                world.players.extend(players.into_iter().map(|player| (player, Some(name.clone()))));
                lasting.teams.insert(name.clone(), key);
                world.teams.insert(name);
            }
            Step::SetTeam { player, team, how } => {
                let Some(player) = choose(world.players.keys(), &doomed, *player) else { return Ok(()) };
                let team = team.and_then(|team| choose(&world.teams, &doomed, team));
                let key = lasting.players[&player];
                let old = world.players[&player].clone().filter(|team| world.lives(team));
                match (how, &team, old) {
                    (How::Push, Some(team), _) => {
                        session.push(lasting.teams[team], Team::players, key);
                        world.players.insert(player, Some(team.clone()));
                    }
                    (How::Remove, _, Some(old)) => {
                        session.remove(lasting.teams[&old], Team::players, key);
                        world.players.insert(player, None);
                    }
                    _ => {
                        session.set(key, Player::team, team.as_ref().map(|team| lasting.teams[team]));
                        world.players.insert(player, team);
                    }
                }
            }
            Step::Replace { team, players, new } => {
                let Some(team) = choose(&world.teams, &doomed, *team) else { return Ok(()) };
                let mut members: BTreeSet<String> = BTreeSet::new();
                members.extend(players.iter().filter_map(|player| choose(world.players.keys(), &doomed, *player)));
                let mut keys: Vec<Key<Player>> = members.iter().map(|name| lasting.players[name]).collect();
                for _ in 0..*new {
                    lasting.names += 1;
                    let name = format!("p{}", lasting.names);
                    let key = session.add(Player { name: name.clone(), ..Default::default() });
                    lasting.players.insert(name.clone(), key);
                    members.insert(name);
                    keys.push(key);
                }
                session.replace(lasting.teams[&team], Team::players, keys);
                for (name, of) in &mut world.players {
                    if of.as_ref() == Some(&team) && !members.contains(name) {
                        *of = None;
                    }
                }
                world.players.extend(members.into_iter().map(|member| (member, Some(team.clone()))));
            }
            Step::DeleteTeam { team } => {
                let Some(team) = choose(&world.teams, &doomed, *team) else { return Ok(()) };
                let key = lasting.teams[&team];
                let pending = session.state(key) == State::Pending;
                session.delete(key);
                if pending {
                    // At once: it has no row.
                    world.teams.remove(&team);
                    world.players.values_mut().for_each(|of| lost(&BTreeSet::from([team.clone()]), of));
                } else {
                    world.doomed.insert(team);
                }
            }
            Step::DeletePlayer { player } => {
                let Some(player) = choose(world.players.keys(), &doomed, *player) else { return Ok(()) };
                session.delete(lasting.players[&player]);
                world.players.remove(&player);
            }
            Step::Forget { player } => {
                let Some(player) = choose(&lasting.committed, &doomed, *player) else { return Ok(()) };
                self.flush().await?;
                let Run { session, known, lasting } = self;
                if !known.world.players.contains_key(&player) {
                    return Ok(());
                }
                let key = lasting.players[&player];
                lasting.forgot = true;
                let id = session[key].id;
                session.expunge(key);
                let key = session.get::<Player>(id).await?.ok_or_else(|| Error::custom("the row is gone"))?;
                lasting.players.insert(player, key);
                // The collections that it was in are not loaded any more.
                self.read_what_is_stale().await?;
            }
            Step::Readd { player } => {
                let gone: Vec<String> = (lasting.players.iter())
                    .filter(|(name, key)| {
                        !world.players.contains_key(*name) && session.state(**key) == State::Withdrawn
                    })
                    .map(|(name, _)| name.clone())
                    .collect();
                let Some(player) = choose(&gone, &doomed, *player) else { return Ok(()) };
                let key = lasting.players[&player];
                // Without whom it was linked to.
                session.set(key, Player::team, None);
                session.readd(key);
                world.players.insert(player, None);
            }
            Step::AddCountry { code: n } => {
                let code = code(*n);
                if world.countries.iter().any(|(name, other)| *other == code && world.lives(name)) {
                    return Ok(());
                }
                let name = fresh("n");
                let key = session.add(Country { code: code.clone(), name: name.clone(), ..Default::default() });
                known.countries.insert(name.clone(), key);
                world.countries.insert(name, code);
            }
            Step::SetCountry { city, country } => {
                let country = country.and_then(|country| choose(world.countries.keys(), &doomed, country));
                let city = match city.and_then(|city| choose(world.cities.keys(), &doomed, city)) {
                    Some(city) => city,
                    None => {
                        let name = fresh("y");
                        lasting
                            .cities
                            .insert(name.clone(), session.add(City { name: name.clone(), ..Default::default() }));
                        name
                    }
                };
                session.set(lasting.cities[&city], City::country, country.as_ref().map(|name| known.countries[name]));
                world.cities.insert(city, country);
            }
            Step::DeleteCountry { country } => {
                let Some(country) = choose(world.countries.keys(), &doomed, *country) else { return Ok(()) };
                let key = known.countries[&country];
                let pending = session.state(key) == State::Pending;
                session.delete(key);
                if pending {
                    world.countries.remove(&country);
                    world.cities.values_mut().for_each(|of| lost(&BTreeSet::from([country.clone()]), of));
                } else {
                    world.doomed.insert(country);
                }
            }
            Step::AddUser => {
                let name = fresh("u");
                lasting.users.insert(name.clone(), session.add(user(&name)));
                world.users.insert(name);
            }
            Step::DeleteUser { user } => {
                let Some(user) = choose(&world.users, &doomed, *user) else { return Ok(()) };
                // What becomes of a new user's members is another test's business.
                self.flush().await?;
                let Run { session, known, lasting } = self;
                if known.world.users.contains(&user) {
                    session.delete(lasting.users[&user]);
                    known.world.doomed.insert(user);
                }
            }
            Step::NewProfile { user } => {
                let Some(user) = choose(&world.users, &doomed, *user) else { return Ok(()) };
                let bio = fresh("b");
                Self::leave(session, world, lasting, &user, None);
                let key = session.add(Profile { bio: bio.clone(), ..Default::default() });
                session.set(lasting.users[&user], User::profile, key);
                lasting.profiles.insert(bio.clone(), key);
                world.profiles.insert(bio, Some(user));
            }
            Step::MoveProfile { profile, user } => {
                let Some(profile) = choose(world.profiles.keys(), &doomed, *profile) else { return Ok(()) };
                let Some(user) = choose(&world.users, &doomed, *user) else { return Ok(()) };
                Self::leave(session, world, lasting, &user, Some(&profile));
                session.set(lasting.users[&user], User::profile, lasting.profiles[&profile]);
                world.profiles.insert(profile, Some(user));
            }
            Step::NoProfile { user } => {
                let Some(user) = choose(&world.users, &doomed, *user) else { return Ok(()) };
                if let Some(profile) = Self::leave(session, world, lasting, &user, None) {
                    // There is no `None` for a relationship over the other's NOT NULL key but to delete what is there.
                    session.delete(lasting.profiles[&profile]);
                    world.profiles.remove(&profile);
                }
            }
            Step::AddInvoice { number, lines } => {
                let number = i32::from(*number);
                if world.invoices.iter().any(|(name, other)| *other == number && world.lives(name)) {
                    return Ok(());
                }
                let name = fresh("i");
                let items: Vec<String> = (0..*lines).map(|_| fresh("l")).collect();
                let members = items.iter().map(|item| Line { item: item.clone(), ..Default::default() });
                let lines = members.collect::<Vec<_>>().into();
                let key = session.add(Invoice { shop: 1, number, customer: name.clone(), lines, ..Default::default() });
                for line in session.keys(key, Invoice::lines)? {
                    lasting.lines.insert(session[line].item.clone(), line);
                }
                world.lines.extend(items.into_iter().map(|item| (item, name.clone())));
                known.invoices.insert(name.clone(), key);
                world.invoices.insert(name, number);
            }
            Step::MoveLine { line, invoice, push } => {
                let Some(line) = choose(world.lines.keys(), &doomed, *line) else { return Ok(()) };
                let Some(invoice) = choose(world.invoices.keys(), &doomed, *invoice) else { return Ok(()) };
                if *push {
                    session.push(known.invoices[&invoice], Invoice::lines, lasting.lines[&line]);
                } else {
                    session.set(lasting.lines[&line], Line::invoice, known.invoices[&invoice]);
                }
                world.lines.insert(line, invoice);
            }
            Step::AddLine { invoice } => {
                let Some(invoice) = choose(world.invoices.keys(), &doomed, *invoice) else { return Ok(()) };
                let item = fresh("l");
                let new = Line { item: item.clone(), ..Default::default() };
                lasting.lines.insert(item.clone(), session.push(known.invoices[&invoice], Invoice::lines, new));
                world.lines.insert(item, invoice);
            }
            Step::DeleteLine { line } => {
                let Some(line) = choose(world.lines.keys(), &doomed, *line) else { return Ok(()) };
                session.delete(lasting.lines[&line]);
                world.lines.remove(&line);
            }
            Step::DeleteInvoice { invoice } => {
                let Some(invoice) = choose(world.invoices.keys(), &doomed, *invoice) else { return Ok(()) };
                let has_new = |line: &String| session.state(lasting.lines[line]) == State::Pending;
                // Nothing is left of the new ones' trees.
                if session.state(known.invoices[&invoice]) == State::Pending
                    || world.lines.iter().any(|(line, of)| *of == invoice && has_new(line))
                {
                    self.flush().await?;
                }
                let Run { session, known, .. } = self;
                if known.world.invoices.contains_key(&invoice) {
                    session.delete(known.invoices[&invoice]);
                    known.world.doomed.insert(invoice);
                }
            }
            Step::AddSeat { label } => {
                let (name, label) = (fresh("s"), label.map(i32::from));
                let key = session.add(Seat { name: name.clone(), label, ..Default::default() });
                lasting.seats.insert(name.clone(), key);
                world.seats.insert(name, label);
            }
            Step::Label { seat, label } => {
                let Some(seat) = choose(world.seats.keys(), &doomed, *seat) else { return Ok(()) };
                let label = label.map(i32::from);
                session[lasting.seats[&seat]].label = label;
                world.seats.insert(seat, label);
            }
            Step::Swap { one, other } => {
                let Some(one) = choose(world.seats.keys(), &doomed, *one) else { return Ok(()) };
                let Some(other) = choose(world.seats.keys(), &doomed, *other) else { return Ok(()) };
                if one == other {
                    return Ok(());
                }
                let (a, b) = session.pair_mut(lasting.seats[&one], lasting.seats[&other]);
                std::mem::swap(&mut a.label, &mut b.label);
                let (a, b) = (world.seats[&one], world.seats[&other]);
                world.seats.extend([(one, b), (other, a)]);
            }
            Step::DeleteSeat { seat } => {
                let Some(seat) = choose(world.seats.keys(), &doomed, *seat) else { return Ok(()) };
                session.delete(lasting.seats[&seat]);
                world.seats.remove(&seat);
            }
            Step::Flush => self.flush().await?,
            // Inside a savepoint there is nothing to commit.
            Step::Commit | Step::Anew if self.lasting.depth > 0 => self.flush().await?,
            Step::Commit => self.commit().await?,
            Step::Rollback => self.rollback().await?,
            Step::Anew => {
                self.commit().await?;
                self.read_anew().await?;
            }
            Step::Nested { steps, end } => self.nested(steps, *end).await?,
        }
        Ok(())
    }

    /// The user's profile is no longer that; its name.
    fn leave(
        session: &Session,
        world: &mut World,
        lasting: &Lasting,
        user: &String,
        keep: Option<&String>,
    ) -> Option<String> {
        let there = |(bio, of): &(&String, &Option<String>)| of.as_ref() == Some(user) && Some(*bio) != keep;
        let bio = world.profiles.iter().find(there)?.0.clone();
        if session.state(lasting.profiles[&bio]) == State::Pending {
            world.profiles.remove(&bio);
        } else {
            world.profiles.insert(bio.clone(), None);
        }
        Some(bio)
    }

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
            (Err(error), true) if matches!(error, Error::UniqueViolation { .. } | Error::Session(_)) => {
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

    /// Memory, and where nothing waits for a flush the rows.
    async fn check(&mut self) -> Checked {
        self.check_memory()?;
        if self.known.world == self.lasting.stored {
            same("the database", &self.stored().await.map_err(text)?, &self.known.world)?;
        }
        Ok(())
    }

    /// The session's view of everything that is not on its way out, nor linked to what is.
    fn check_memory(&self) -> Checked {
        let (session, world, lasting) = (&*self.session, &self.known.world, &self.lasting);
        let lives = |name: &String| world.lives(name);
        for name in world.teams.iter().filter(|name| lives(name)) {
            let players = session.at(lasting.teams[name]).many(Team::players).map_err(text)?;
            let wanted = world.players.iter().filter(|(_, team)| team.as_ref() == Some(name));
            let wanted = wanted.map(|(player, _)| player.clone());
            same(&format!("players of {name}"), sorted(players.map(|player| player.name.clone())), sorted(wanted))?;
        }
        for (name, team) in world.players.iter().filter(|(_, team)| team.as_ref().is_none_or(lives)) {
            let found = session.at(lasting.players[name]).one(Player::team).map_err(text)?;
            same(&format!("team of {name}"), found.map(|team| team.name.clone()), team.clone())?;
        }
        for (name, code) in world.countries.iter().filter(|(name, _)| lives(name)) {
            let at = session.at(self.known.countries[name]);
            same("code", &at.code, code)?;
            if world.countries.iter().any(|(other, same)| other != name && same == code) {
                // Until the flush what is linked to the other one has this key too.
                continue;
            }
            let cities = at.many(Country::cities).map_err(text)?;
            let wanted = world.cities.iter().filter(|(_, country)| country.as_ref() == Some(name));
            let wanted = wanted.map(|(city, _)| city.clone());
            same(&format!("cities of {name}"), sorted(cities.map(|city| city.name.clone())), sorted(wanted))?;
        }
        for (name, country) in world.cities.iter().filter(|(_, country)| country.as_ref().is_none_or(lives)) {
            let found = session.at(lasting.cities[name]).one(City::country).map_err(text)?;
            same(&format!("country of {name}"), found.map(|country| country.name.clone()), country.clone())?;
        }
        for name in world.users.iter().filter(|name| lives(name)) {
            let found = session.at(lasting.users[name]).one(User::profile).map_err(text)?;
            let wanted = world.profiles.iter().find(|(_, user)| user.as_ref() == Some(name));
            let wanted = wanted.map(|(bio, _)| bio.clone());
            same(&format!("profile of {name}"), found.map(|profile| profile.bio.clone()), wanted)?;
        }
        for (bio, user) in &world.profiles {
            let Some(user) = user.as_ref().filter(|user| lives(user)) else { continue };
            let found = session.at(lasting.profiles[bio]).one(Profile::user).map_err(text)?;
            same(&format!("user of {bio}"), &found.name, user)?;
        }
        for (name, number) in world.invoices.iter().filter(|(name, _)| lives(name)) {
            let at = session.at(self.known.invoices[name]);
            same("number", at.number, *number)?;
            if world.invoices.iter().any(|(other, same)| other != name && same == number) {
                continue;
            }
            let lines = at.many(Invoice::lines).map_err(text)?;
            let wanted = world.lines.iter().filter(|(_, invoice)| *invoice == name).map(|(line, _)| line.clone());
            same(&format!("lines of {name}"), sorted(lines.map(|line| line.item.clone())), sorted(wanted))?;
        }
        for (item, invoice) in world.lines.iter().filter(|(_, invoice)| lives(invoice)) {
            let found = session.at(lasting.lines[item]).one(Line::invoice).map_err(text)?;
            same(&format!("invoice of {item}"), &found.customer, invoice)?;
        }
        for (name, label) in &world.seats {
            same(&format!("label of {name}"), session[lasting.seats[name]].label, *label)?;
        }
        Ok(())
    }

    /// What is in the database, read in the session's transaction, past its objects.
    async fn stored(&mut self) -> Result<World, Error> {
        let mut world = World::default();
        let mut session = self.session.no_autoflush();
        world.teams = session.all(select(Team::name)).await?.into_iter().collect();
        let players = select((Player::name, Team::name.optional())).outer_join(Player::team);
        world.players = session.all(players).await?.into_iter().collect();
        world.countries = session.all(select((Country::name, Country::code))).await?.into_iter().collect();
        world.cities = session
            .all(select((City::name, Country::name.optional())).outer_join(City::country))
            .await?
            .into_iter()
            .collect();
        world.users = session.all(select(User::name)).await?.into_iter().collect();
        let profiles = session.all(select((Profile::bio, User::name)).join(Profile::user)).await?;
        world.profiles = profiles.into_iter().map(|(bio, user)| (bio, Some(user))).collect();
        world.invoices = session.all(select((Invoice::customer, Invoice::number))).await?.into_iter().collect();
        world.lines =
            session.all(select((Line::item, Invoice::customer)).join(Line::invoice)).await?.into_iter().collect();
        world.seats = session.all(select((Seat::name, Seat::label))).await?.into_iter().collect();
        Ok(world)
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
