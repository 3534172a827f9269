//! Memory and rows, compared with the plain model.

use super::world::World;
use super::{Checked, Run, Seat, same, text};
use crate::session::models::*;
use tests::prelude::{Error, select};

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

impl Run<'_> {
    /// Memory, and where nothing waits for a flush the rows.
    pub(super) async fn check(&mut self) -> Checked {
        self.check_memory()?;
        if self.known.world == self.lasting.stored {
            same("the database", &self.stored().await.map_err(text)?, &self.known.world)?;
        }
        Ok(())
    }

    /// The session's view of everything that is not on its way out, nor linked to what is.
    pub(super) fn check_memory(&self) -> Checked {
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
