//! What each step does, to the session and to the plain model.

use super::steps::{How, Step};
use super::world::{World, lost};
use super::{Lasting, Run, Seat};
use crate::session::models::*;
use std::collections::BTreeSet;
use tests::prelude::{Error, Key, Session, State};

/// One of these, chosen by a number.
fn choose<'a>(from: impl IntoIterator<Item = &'a String>, doomed: &BTreeSet<String>, n: usize) -> Option<String> {
    let left: Vec<&String> = from.into_iter().filter(|name| !doomed.contains(*name)).collect();
    if left.is_empty() { None } else { Some(left[n % left.len()].clone()) }
}

fn code(n: u8) -> String {
    format!("c{n}")
}

impl Run<'_> {
    pub(super) async fn step(&mut self, step: &Step) -> Result<(), Error> {
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
}
