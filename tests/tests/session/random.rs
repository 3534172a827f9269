//! A random graph of objects, changed at random: the session agrees with a plain model of it at every step, and so does
//! the database after every commit.

use super::cases;
use super::models::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tests::matrix;
use tests::prelude::{Db, Error, Key, Result, Session, State, delete, select, selectinload};

/// One step; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    AddUser {
        addresses: u8,
        keywords: u8,
    },
    AddEmployee {
        manager: Option<usize>,
        reports: u8,
    },
    AddKeyword,
    PushAddress {
        user: usize,
    },
    MoveAddress {
        address: usize,
        user: usize,
        how: How,
    },
    RemoveAddress {
        address: usize,
    },
    DeleteAddress {
        address: usize,
    },
    DeleteUser {
        user: usize,
    },
    Rename {
        user: usize,
        text: u8,
    },
    Link {
        user: usize,
        keyword: usize,
        from: bool,
    },
    Part {
        user: usize,
        keyword: usize,
        from: bool,
    },
    DeleteKeyword {
        keyword: usize,
    },
    SetManager {
        employee: usize,
        manager: Option<usize>,
        how: How,
    },
    DeleteEmployee {
        employee: usize,
    },
    Flush,
    Commit,
    Rollback,
    /// A new session on what was committed, with everything loaded.
    Anew,
    /// Steps in a savepoint, which is kept or rolled back.
    Nested {
        steps: Vec<Step>,
        keep: bool,
    },
}

#[derive(Clone, Copy, Debug)]
enum How {
    Push,
    Set,
    ByHand,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let nested =
        (prop::collection::vec(step(), 0..8), any::<bool>()).prop_map(|(steps, keep)| Step::Nested { steps, keep });
    let nested = (prop::collection::vec(prop_oneof![8 => step(), 1 => nested], 0..8), any::<bool>())
        .prop_map(|(steps, keep)| Step::Nested { steps, keep });
    prop::collection::vec(prop_oneof![20 => step(), 1 => nested], 1..40)
}

fn step() -> impl Strategy<Value = Step> {
    let n = || 0..1000_usize;
    let how = || prop_oneof![Just(How::Push), Just(How::Set), Just(How::ByHand)];
    prop_oneof![
        3 => (0..4_u8, 0..3_u8).prop_map(|(addresses, keywords)| Step::AddUser { addresses, keywords }),
        3 => (prop::option::of(n()), 0..3_u8).prop_map(|(manager, reports)| Step::AddEmployee { manager, reports }),
        1 => Just(Step::AddKeyword),
        3 => n().prop_map(|user| Step::PushAddress { user }),
        4 => (n(), n(), how()).prop_map(|(address, user, how)| Step::MoveAddress { address, user, how }),
        2 => n().prop_map(|address| Step::RemoveAddress { address }),
        1 => n().prop_map(|address| Step::DeleteAddress { address }),
        1 => n().prop_map(|user| Step::DeleteUser { user }),
        2 => (n(), any::<u8>()).prop_map(|(user, text)| Step::Rename { user, text }),
        4 => (n(), n(), any::<bool>()).prop_map(|(user, keyword, from)| Step::Link { user, keyword, from }),
        3 => (n(), n(), any::<bool>()).prop_map(|(user, keyword, from)| Step::Part { user, keyword, from }),
        1 => n().prop_map(|keyword| Step::DeleteKeyword { keyword }),
        4 => (n(), prop::option::weighted(0.8, n()), how())
            .prop_map(|(employee, manager, how)| Step::SetManager { employee, manager, how }),
        1 => n().prop_map(|employee| Step::DeleteEmployee { employee }),
        2 => Just(Step::Flush),
        2 => Just(Step::Commit),
        1 => Just(Step::Rollback),
        1 => Just(Step::Anew),
    ]
}

/// What there should be, by name.
#[derive(Clone, Debug, Default, PartialEq)]
struct World {
    users: BTreeMap<String, Option<String>>,
    /// The user; none for one that was taken out.
    addresses: BTreeMap<String, Option<String>>,
    keywords: BTreeSet<String>,
    pairs: BTreeSet<(String, String)>,
    employees: BTreeMap<String, Option<String>>,
    /// Users and employees that the next flush deletes.
    doomed: BTreeSet<String>,
}

impl World {
    /// What the next flush leaves.
    fn flush(&mut self) {
        let doomed = std::mem::take(&mut self.doomed);
        self.users.retain(|name, _| !doomed.contains(name));
        self.addresses.retain(|_, user| user.as_ref().is_some_and(|user| !doomed.contains(user)));
        self.pairs.retain(|(user, _)| !doomed.contains(user));
        self.employees.retain(|name, _| !doomed.contains(name));
        for manager in self.employees.values_mut() {
            if manager.as_ref().is_some_and(|manager| doomed.contains(manager)) {
                *manager = None;
            }
        }
    }
}

struct Run<'s> {
    session: &'s mut Session,
    known: Known,
}

/// What the run knows; it derefs to this.
#[derive(Default)]
struct Known {
    world: World,
    committed: World,
    users: BTreeMap<String, Key<User>>,
    addresses: BTreeMap<String, Key<Address>>,
    keywords: BTreeMap<String, Key<Keyword>>,
    employees: BTreeMap<String, Key<Employee>>,
    names: usize,
    /// How many savepoints are open.
    depth: usize,
}

impl std::ops::Deref for Run<'_> {
    type Target = Known;
    fn deref(&self) -> &Known {
        &self.known
    }
}

impl std::ops::DerefMut for Run<'_> {
    fn deref_mut(&mut self) -> &mut Known {
        &mut self.known
    }
}

/// One of these, chosen by a number; those that are doomed are left out.
fn choose<'a, T>(from: &'a BTreeMap<String, T>, doomed: &BTreeSet<String>, n: usize) -> Option<&'a String> {
    let left: Vec<&String> = from.keys().filter(|name| !doomed.contains(*name)).collect();
    if left.is_empty() { None } else { Some(left[n % left.len()]) }
}

type Checked = Result<(), String>;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Checked {
    if found == wanted { Ok(()) } else { Err(format!("{what}: found {found:?}, wanted {wanted:?}")) }
}

fn text(error: Error) -> String {
    format!("{error}")
}

impl Run<'_> {
    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    fn add_employee(&mut self, manager: Option<usize>, reports: u8) {
        let name = self.name("e");
        let manager = manager.and_then(|n| choose(&self.world.employees, &self.world.doomed, n).cloned());
        let mut members: Vec<Employee> = Vec::new();
        for _ in 0..reports {
            let report = self.name("e");
            members.push(employee(&report));
            self.world.employees.insert(report, Some(name.clone()));
        }
        let mut new = employee(&name);
        new.reports = members.into();
        let key = self.session.add(new);
        for report in self.session.keys(key, Employee::reports).unwrap_or_default() {
            self.known.employees.insert(self.session[report].name.clone(), report);
        }
        if let Some(manager) = &manager {
            self.session.set(key, Employee::manager, self.known.employees[manager]);
        }
        self.known.employees.insert(name.clone(), key);
        self.world.employees.insert(name, manager);
    }

    fn add_user(&mut self, addresses: u8, keywords: u8) {
        let name = self.name("u");
        let emails: Vec<String> = (0..addresses).map(|_| self.name("a")).collect();
        let words: Vec<String> = (0..keywords).map(|_| self.name("k")).collect();
        let key = self.session.add(User {
            addresses: emails.iter().map(|email| address_of(email)).collect::<Vec<_>>().into(),
            keywords: words.iter().map(|word| keyword(word)).collect::<Vec<_>>().into(),
            ..user(&name)
        });
        for address in self.session.keys(key, User::addresses).unwrap_or_default() {
            self.known.addresses.insert(self.session[address].email.clone(), address);
        }
        for word in self.session.keys(key, User::keywords).unwrap_or_default() {
            self.known.keywords.insert(self.session[word].word.clone(), word);
        }
        for email in emails {
            self.world.addresses.insert(email, Some(name.clone()));
        }
        for word in words {
            self.world.pairs.insert((name.clone(), word.clone()));
            self.world.keywords.insert(word);
        }
        self.known.users.insert(name.clone(), key);
        self.world.users.insert(name, None);
    }

    async fn step(&mut self, step: &Step) -> Result<(), Error> {
        let doomed = self.world.doomed.clone();
        let user_at = |world: &World, n: usize| choose(&world.users, &doomed, n).cloned();
        match *step {
            Step::AddUser { addresses, keywords } => self.add_user(addresses, keywords),
            Step::AddEmployee { manager, reports } => self.add_employee(manager, reports),
            Step::AddKeyword => {
                let word = self.name("k");
                self.known.keywords.insert(word.clone(), self.session.add(keyword(&word)));
                self.world.keywords.insert(word);
            }
            Step::PushAddress { user } => {
                if let Some(user) = user_at(&self.world, user) {
                    let email = self.name("a");
                    let key = self.session.push(self.known.users[&user], User::addresses, address_of(&email));
                    self.known.addresses.insert(email.clone(), key);
                    self.world.addresses.insert(email, Some(user));
                }
            }
            Step::MoveAddress { address, user, how } => {
                let address = choose(&self.world.addresses, &BTreeSet::new(), address).cloned();
                if let (Some(address), Some(user)) = (address, user_at(&self.world, user)) {
                    let (key, to) = (self.known.addresses[&address], self.known.users[&user]);
                    match how {
                        How::Push => {
                            self.session.push(to, User::addresses, key);
                        }
                        How::Set => self.session.set(key, Address::user, to),
                        How::ByHand => {
                            // By hand and by a link at once would be a contradiction: flush between.
                            self.flush().await?;
                            if !self.world.addresses.contains_key(&address) || !self.world.users.contains_key(&user) {
                                return Ok(());
                            }
                            self.session[key].user_id = self.session[to].id;
                            self.world.addresses.insert(address, Some(user));
                            self.check().map_err(Error::custom)?;
                            return self.flush().await;
                        }
                    }
                    self.world.addresses.insert(address, Some(user));
                }
            }
            Step::RemoveAddress { address } => {
                let owned: BTreeMap<String, String> = (self.world.addresses.iter())
                    .filter_map(|(address, user)| Some((address.clone(), user.clone()?)))
                    .filter(|(_, user)| !doomed.contains(user))
                    .collect();
                if let Some(address) = choose(&owned, &BTreeSet::new(), address).cloned() {
                    let key = self.known.addresses[&address];
                    let pending = self.session.state(key) == State::Pending;
                    self.session.remove(self.known.users[&owned[&address]], User::addresses, key);
                    if pending {
                        self.world.addresses.remove(&address);
                    } else {
                        self.world.addresses.insert(address, None);
                    }
                }
            }
            Step::DeleteAddress { address } => {
                if let Some(address) = choose(&self.world.addresses, &BTreeSet::new(), address).cloned() {
                    self.session.delete(self.known.addresses[&address]);
                    self.world.addresses.remove(&address);
                }
            }
            Step::DeleteUser { user } => {
                if let Some(user) = user_at(&self.world, user) {
                    // What becomes of a new user's members is another test's business.
                    self.flush().await?;
                    if let Some(key) = self.world.users.contains_key(&user).then(|| self.known.users[&user]) {
                        self.session.delete(key);
                        self.world.doomed.insert(user);
                    }
                }
            }
            Step::Rename { user, text } => {
                if let Some(user) = user_at(&self.world, user) {
                    let text = (text % 4 > 0).then(|| format!("text {}", text % 4));
                    self.session[self.known.users[&user]].fullname.clone_from(&text);
                    self.world.users.insert(user, text);
                }
            }
            Step::Link { user, keyword, from } | Step::Part { user, keyword, from } => {
                let keywords: BTreeMap<String, ()> = self.world.keywords.iter().map(|k| (k.clone(), ())).collect();
                let keyword = choose(&keywords, &BTreeSet::new(), keyword).cloned();
                if let (Some(user), Some(keyword)) = (user_at(&self.world, user), keyword) {
                    let (left, right) = (self.known.users[&user], self.known.keywords[&keyword]);
                    let links = matches!(step, Step::Link { .. });
                    match (links, from) {
                        (true, true) => {
                            self.session.push(left, User::keywords, right);
                        }
                        (true, false) => {
                            self.session.push(right, Keyword::users, left);
                        }
                        (false, true) => self.session.remove(left, User::keywords, right),
                        (false, false) => self.session.remove(right, Keyword::users, left),
                    }
                    if links {
                        self.world.pairs.insert((user, keyword));
                    } else {
                        self.world.pairs.remove(&(user, keyword));
                    }
                }
            }
            Step::DeleteKeyword { keyword } => {
                let keywords: BTreeMap<String, ()> = self.world.keywords.iter().map(|k| (k.clone(), ())).collect();
                if let Some(keyword) = choose(&keywords, &BTreeSet::new(), keyword) {
                    self.session.delete(self.known.keywords[keyword]);
                    self.world.keywords.remove(keyword);
                    self.world.pairs.retain(|(_, other)| other != keyword);
                }
            }
            Step::SetManager { employee, manager, how } => {
                let Some(employee) = choose(&self.world.employees, &doomed, employee).cloned() else { return Ok(()) };
                let manager = manager.and_then(|n| choose(&self.world.employees, &doomed, n).cloned());
                let key = self.known.employees[&employee];
                match (how, &manager) {
                    (How::Push, Some(manager)) => {
                        self.session.push(self.known.employees[manager], Employee::reports, key);
                    }
                    (How::ByHand, _) => {
                        self.flush().await?;
                        let id = manager.as_ref().map(|manager| self.session[self.known.employees[manager]].id);
                        self.session[key].manager_id = id;
                        self.world.employees.insert(employee, manager);
                        self.check().map_err(Error::custom)?;
                        return self.flush().await;
                    }
                    (_, manager) => {
                        self.session.set(
                            key,
                            Employee::manager,
                            manager.as_ref().map(|name| self.known.employees[name]),
                        );
                    }
                }
                self.world.employees.insert(employee, manager);
            }
            Step::DeleteEmployee { employee } => {
                if let Some(employee) = choose(&self.world.employees, &doomed, employee).cloned() {
                    let key = self.known.employees[&employee];
                    let pending = self.session.state(key) == State::Pending;
                    self.session.delete(key);
                    self.world.doomed.insert(employee.clone());
                    if pending {
                        // At once: it has no row.
                        let others: BTreeSet<String> = doomed.clone();
                        self.world.employees.remove(&employee);
                        for manager in self.world.employees.values_mut() {
                            if manager.as_ref() == Some(&employee) {
                                *manager = None;
                            }
                        }
                        self.world.doomed = others;
                    }
                }
            }
            Step::Flush => self.flush().await?,
            Step::Nested { ref steps, keep } => {
                let mut savepoint = self.session.begin_nested().await?;
                self.known.world.flush();
                let before = (self.known.committed.clone(), self.known.world.clone());
                let mut inner = Run { session: &mut savepoint, known: std::mem::take(&mut self.known) };
                inner.known.depth += 1;
                inner.known.committed = before.1.clone();
                for step in steps {
                    Box::pin(inner.step(step)).await?;
                    inner.check().map_err(|wrong| Error::custom(format!("{step:?}: {wrong}")))?;
                }
                self.known = inner.known;
                if keep {
                    savepoint.commit().await?;
                    self.known.world.flush();
                } else {
                    if before.1.users.len().is_multiple_of(2) {
                        savepoint.rollback().await?;
                    } else {
                        drop(savepoint);
                    }
                    self.known.world = before.1;
                }
                self.known.committed = before.0;
                self.known.depth -= 1;
            }
            // Inside a savepoint there is nothing to commit.
            Step::Commit | Step::Anew if self.depth > 0 => self.flush().await?,
            Step::Commit => self.commit().await?,
            Step::Rollback => {
                self.session.rollback().await?;
                self.world = self.committed.clone();
            }
            Step::Anew => {
                self.commit().await?;
                self.read_anew().await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error> {
        // What the flush is about to write is known before, and knowing it changes nothing.
        let plan = self.session.plan().await;
        self.check().map_err(Error::custom)?;
        let log = self.session.engine().record();
        self.session.flush().await?;
        super::plan::check_plan(&plan?, &log).map_err(Error::custom)?;
        self.world.flush();
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Error> {
        self.session.commit().await?;
        self.world.flush();
        self.committed = self.world.clone();
        Ok(())
    }

    async fn read_anew(&mut self) -> Result<(), Error> {
        *self.session = self.session.engine().session();
        let session = &mut *self.session;
        let users = session
            .all(
                select(User)
                    .options(selectinload(User::addresses).selectinload(Address::user))
                    .options(selectinload(User::keywords)),
            )
            .await?;
        let keywords = session.all(select(Keyword).options(selectinload(Keyword::users))).await?;
        let employees = session
            .all(select(Employee).options(selectinload(Employee::reports)).options(selectinload(Employee::manager)))
            .await?;
        let mut addresses = BTreeMap::new();
        for user in &users {
            for address in session.keys(*user, User::addresses)? {
                addresses.insert(session[address].email.clone(), address);
            }
        }
        self.known.users = users.into_iter().map(|key| (session[key].name.clone(), key)).collect();
        self.known.keywords = keywords.into_iter().map(|key| (session[key].word.clone(), key)).collect();
        self.known.employees = employees.into_iter().map(|key| (session[key].name.clone(), key)).collect();
        self.known.addresses = addresses;
        Ok(())
    }

    /// The session's view of everything that is not on its way out.
    fn check(&self) -> Checked {
        let (session, world) = (&*self.session, &self.known.world);
        let lives = |name: &String| !world.doomed.contains(name);
        for (name, fullname) in world.users.iter().filter(|(name, _)| lives(name)) {
            let at = session.at(self.known.users[name]);
            same(name, &at.fullname, fullname)?;
            let addresses = at.many(User::addresses).map_err(text)?;
            let mut found: Vec<String> = addresses.map(|address| address.email.clone()).collect();
            found.sort();
            let own = world.addresses.iter().filter(|(_, user)| user.as_ref() == Some(name));
            let mut wanted: Vec<String> = own.map(|(address, _)| address.clone()).collect();
            wanted.sort();
            same(&format!("addresses of {name}"), found, wanted)?;
            let keywords = at.many(User::keywords).map_err(text)?;
            let mut found: Vec<String> = keywords.map(|keyword| keyword.word.clone()).collect();
            found.sort();
            let wanted = world.pairs.iter().filter(|(user, _)| user == name).map(|(_, word)| word.clone());
            let mut wanted: Vec<String> = wanted.collect();
            wanted.sort();
            same(&format!("keywords of {name}"), found, wanted)?;
        }
        for (email, user) in &world.addresses {
            let Some(user) = user.as_ref().filter(|user| lives(user)) else { continue };
            let owner = session.at(self.known.addresses[email]).one(Address::user).map_err(text)?;
            same(&format!("user of {email}"), &owner.name, user)?;
        }
        for word in &world.keywords {
            let users = session.at(self.known.keywords[word]).many(Keyword::users).map_err(text)?;
            let mut found: Vec<String> = users.map(|user| user.name.clone()).collect();
            found.sort();
            let users = world.pairs.iter().filter(|(user, other)| other == word && lives(user));
            let mut wanted: Vec<String> = users.map(|(user, _)| user.clone()).collect();
            wanted.sort();
            same(&format!("users of {word}"), found, wanted)?;
        }
        for (name, manager) in world.employees.iter().filter(|(name, _)| lives(name)) {
            let at = session.at(self.known.employees[name]);
            if manager.as_ref().is_none_or(&lives) {
                let found = at.one(Employee::manager).map_err(text)?.map(|manager| manager.name.clone());
                same(&format!("manager of {name}"), found.as_ref(), manager.as_ref())?;
            }
            let reports = at.many(Employee::reports).map_err(text)?;
            let mut found: Vec<String> = reports.map(|report| report.name.clone()).collect();
            found.sort();
            let reports = world.employees.iter().filter(|(other, boss)| boss.as_ref() == Some(name) && lives(other));
            let mut wanted: Vec<String> = reports.map(|(other, _)| other.clone()).collect();
            wanted.sort();
            same(&format!("reports of {name}"), found, wanted)?;
        }
        Ok(())
    }

    /// What is in the database, read without a session.
    async fn stored(&self) -> Result<World, Error> {
        let engine = self.session.engine();
        let mut world = World::default();
        let query = select(User).options(selectinload(User::addresses)).options(selectinload(User::keywords));
        for user in engine.all(query).await? {
            for address in &user.addresses {
                world.addresses.insert(address.email.clone(), Some(user.name.clone()));
            }
            for keyword in user.keywords.get()? {
                world.pairs.insert((user.name.clone(), keyword.word.clone()));
            }
            world.users.insert(user.name, user.fullname);
        }
        world.keywords = engine.all(select(Keyword::word)).await?.into_iter().collect();
        for employee in engine.all(select(Employee).options(selectinload(Employee::manager))).await? {
            let manager = employee.manager.get()?.map(|manager| manager.name.clone());
            world.employees.insert(employee.name, manager);
        }
        Ok(world)
    }
}

async fn run(db: &Db, steps: &[Step]) -> Checked {
    clear(db).await.map_err(text)?;
    let mut session = db.engine.session();
    let mut run = Run { session: &mut session, known: Known::default() };
    for (n, step) in steps.iter().chain([&Step::Commit, &Step::Anew]).enumerate() {
        run.step(step).await.map_err(|error| format!("step {n}, {step:?}: {error}"))?;
        run.check().map_err(|wrong| format!("after step {n}, {step:?}: {wrong}"))?;
        if matches!(step, Step::Commit | Step::Anew) {
            let stored = run.stored().await.map_err(text)?;
            same(&format!("the database after step {n}"), &stored, &run.world)?;
        }
    }
    Ok(())
}

async fn clear(db: &Db) -> Result<()> {
    db.engine.execute(orm_core::prelude::text("DELETE FROM user_keywords")).await?;
    db.engine.execute(delete(Address)).await?;
    db.engine.execute(delete(Keyword)).await?;
    db.engine.execute(delete(User)).await?;
    db.engine.execute(orm_core::prelude::text("UPDATE employees SET manager_id = NULL")).await?;
    db.engine.execute(delete(Employee)).await?;
    Ok(())
}

matrix! {
    async fn a_graph_that_is_changed_at_random_stays_what_it_should_be(db: Db) -> Result<()> {
        create(&db).await?;
        cases::check("graph", &db, 250, steps(), async |steps: &Vec<Step>| run(&db, steps).await).await;
        Ok(())
    }
}
