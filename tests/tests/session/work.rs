//! A graph in the database, and edits of every kind on it: what the tests of failures interrupt.

use super::models::*;
use super::snapshot::{Known, memory, same, stored};
use tests::prelude::*;

/// Constraints of every kind, in a table made by hand: the model allows what the table does not.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "odds")]
pub struct Odd {
    #[orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub needed: Option<i32>,
    pub amount: i32,
    pub short: String,
    pub tiny: i32,
}

impl Odd {
    /// One that the table takes.
    pub fn good(id: i64) -> Self {
        Odd { id, needed: Some(1), amount: 1, short: "a".into(), tiny: 1 }
    }
}

/// Referenced by a table of which the session knows nothing.
#[derive(Model, Debug, Clone, Default)]
#[orm(table = "holders")]
pub struct Holder {
    #[orm(primary_key, auto_increment = false)]
    pub id: i64,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "helds")]
pub struct Held {
    #[orm(primary_key, auto_increment = false)]
    pub id: i64,
    #[orm(references = Holder::id)]
    pub holder_id: i64,
}

fn own_metadata() -> MetaData {
    let mut tables = metadata().models().to_vec();
    tables.extend(metadata![Holder, Held].models());
    MetaData::new(tables)
}

/// Makes the tables, and the rows that [`Work::open`] finds.
pub async fn start(db: &Db) -> Result<()> {
    let engine = &db.engine;
    own_metadata().create_all(engine).await?;
    // SQLite holds to no length and no range unless a check says so.
    let (short, tiny) = match db.database {
        Database::Sqlite => (" CHECK (length(short) <= 5)", " CHECK (tiny BETWEEN -32768 AND 32767)"),
        _ => ("", ""),
    };
    engine
        .batch(format!(
            "CREATE TABLE odds (id BIGINT NOT NULL PRIMARY KEY, needed INTEGER NOT NULL, \
             amount INTEGER NOT NULL, short VARCHAR(5) NOT NULL{short}, tiny SMALLINT NOT NULL{tiny}, \
             CONSTRAINT ck_odds_amount CHECK (amount >= 0))"
        ))
        .await?;
    fill(engine).await
}

/// Makes the tables' rows anew.
pub async fn restart(db: &Db) -> Result<()> {
    own_metadata().drop_all(&db.engine).await?;
    db.engine.batch("DROP TABLE odds").await?;
    start(db).await
}

async fn fill(engine: &Engine) -> Result<()> {
    ed_and_sandy(engine).await?;
    let mut session = engine.session();
    session.add(Odd::good(1));
    session.add(Holder { id: 1 });
    session.add(Held { id: 1, holder_id: 1 });
    let ed = session.get::<User>(1).await?.unwrap();
    session.load(ed, User::profile).await?;
    session.push(ed, User::keywords, keyword("word"));
    session.set(ed, User::profile, Profile { bio: "old".into(), ..Default::default() });
    let reports = vec![employee("ann"), employee("bob")].into();
    session.add(Employee { reports, ..employee("boss") });
    session.add(Country { code: "se".into(), name: "Sweden".into(), ..Default::default() });
    let oslo = City { name: "Oslo".into(), ..Default::default() };
    session.add(Country { code: "no".into(), name: "Norway".into(), cities: vec![oslo].into() });
    let line = |item: &str| Line { item: item.into(), ..Default::default() };
    session.add(Invoice {
        shop: 1,
        number: 1,
        customer: "old".into(),
        lines: vec![line("one"), line("two")].into(),
        ..Default::default()
    });
    session.commit().await
}

/// A session on the rows of [`start`], all of them loaded.
pub struct Work {
    pub session: Session,
    pub known: Known,
    /// What [`edit`](Work::edit) and the test itself added.
    pub new: Known,
    pub odd: Key<Odd>,
    pub holder: Key<Holder>,
    before: Vec<String>,
    rows: Vec<String>,
}

impl Work {
    pub async fn open(engine: &Engine) -> Result<Work> {
        let rows = stored(engine).await?;
        let mut session = engine.session();
        let mut known = Known::default();
        let users = select(User).options(selectinload(User::addresses)).options(selectinload(User::keywords));
        let users = users.options(selectinload(User::friends)).options(selectinload(User::profile));
        known.users = session.all(users.order_by(User::id)).await?;
        known.addresses = session.all(select(Address).order_by(Address::id)).await?;
        known.profiles = session.all(select(Profile)).await?;
        known.keywords = session.all(select(Keyword).options(selectinload(Keyword::users))).await?;
        let employees = select(Employee).options(selectinload(Employee::reports)).order_by(Employee::id);
        known.employees = session.all(employees).await?;
        let countries = select(Country).options(selectinload(Country::cities)).order_by(Country::code);
        known.countries = session.all(countries).await?;
        known.cities = session.all(select(City)).await?;
        known.invoices = session.all(select(Invoice).options(selectinload(Invoice::lines))).await?;
        known.lines = session.all(select(Line).order_by(Line::id)).await?;
        let odd = session.one(select(Odd)).await?;
        let holder = session.one(select(Holder)).await?;
        // Nothing is open now.
        session.commit().await?;
        let before = memory(&session, &known);
        Ok(Work { session, known, new: Known::default(), odd, holder, before, rows })
    }

    /// New, changed, moved, removed, deleted and replaced objects, pairs, and a tree within one table.
    pub fn edit(&mut self) {
        let Work { session, known, new, .. } = self;
        let [ed, sandy] = known.users[..] else { panic!() };
        let [moved, removed, deleted] = known.addresses[..] else { panic!() };
        session[ed].fullname = Some("changed".into());
        session.set(moved, Address::user, sandy);
        session.remove(ed, User::addresses, removed);
        session.delete(deleted);
        session.remove(ed, User::keywords, known.keywords[0]);
        session.push(sandy, User::keywords, known.keywords[0]);
        session.push(ed, User::friends, sandy);
        session.set(ed, User::profile, Profile { bio: "new".into(), ..Default::default() });
        let user = session.add(User {
            addresses: vec![address_of("new")].into(),
            keywords: vec![keyword("new")].into(),
            profile: Some(Profile { bio: "hers".into(), ..Default::default() }).into(),
            ..user("new")
        });
        new.users.push(user);
        new.addresses.extend(session.keys(user, User::addresses).unwrap());
        new.keywords.extend(session.keys(user, User::keywords).unwrap());

        let [boss, ann, bob] = known.employees[..] else { panic!() };
        session.set(bob, Employee::manager, ann);
        let below = session.push(bob, Employee::reports, employee("below"));
        let above = session.add(employee("above"));
        session.set(boss, Employee::manager, above);
        new.employees.extend([below, above]);

        // One key, deleted and added, and a city that is no country's any more.
        session.delete(known.countries[1]);
        let again = Country { code: "se".into(), name: "Sverige".into(), ..Default::default() };
        new.countries.push(session.add(again));
        session.set(known.cities[0], City::country, None);

        let invoice = known.invoices[0];
        session[invoice].customer = "changed".into();
        session.delete(known.lines[0]);
        let line = |item: &str| Line { item: item.into(), ..Default::default() };
        new.lines.push(session.push(invoice, Invoice::lines, line("three")));
        let other = session.add(Invoice {
            shop: 1,
            number: 2,
            customer: "new".into(),
            lines: vec![line("one")].into(),
            ..Default::default()
        });
        new.invoices.push(other);
        new.lines.extend(session.keys(other, Invoice::lines).unwrap());
    }

    /// More of it, after a flush of the first.
    pub fn edit_further(&mut self) {
        let Work { session, known, new, .. } = self;
        session[known.users[0]].fullname = Some("further".into());
        session[new.users[0]].fullname = Some("further".into());
        session.set(new.addresses[0], Address::user, known.users[1]);
        session.remove(known.users[1], User::keywords, known.keywords[0]);
        session.delete(new.employees[0]);
        session.set(known.employees[0], Employee::manager, None);
        session.delete(new.lines[0]);
        new.users.push(session.push(known.users[1], User::friends, user("friend")));
        session[new.countries[0]].name = "further".into();
    }

    /// All that is in memory.
    pub fn memory(&self) -> Vec<String> {
        let mut all = memory(&self.session, &self.known);
        all.extend(memory(&self.session, &self.new));
        all
    }

    /// Memory is as it was when the work began, and what was added is out.
    #[track_caller]
    pub fn is_before(&self) {
        same("memory after the rollback", &memory(&self.session, &self.known), &self.before);
        let Known { users, addresses, keywords, employees, countries, invoices, lines, .. } = &self.new;
        let session = &self.session;
        let mut states: Vec<State> = users.iter().map(|key| session.state(*key)).collect();
        states.extend(addresses.iter().map(|key| session.state(*key)));
        states.extend(keywords.iter().map(|key| session.state(*key)));
        states.extend(employees.iter().map(|key| session.state(*key)));
        states.extend(countries.iter().map(|key| session.state(*key)));
        states.extend(invoices.iter().map(|key| session.state(*key)));
        states.extend(lines.iter().map(|key| session.state(*key)));
        assert!(states.iter().all(|state| *state == State::Withdrawn), "{states:?}");
    }

    /// The database is as it was when the work began.
    pub async fn is_stored(&self, engine: &Engine) -> Result<()> {
        same("the database after the rollback", &stored(engine).await?, &self.rows);
        Ok(())
    }

    /// The same work goes through now, and can be taken back.
    pub async fn works_again(&mut self) -> Result<()> {
        let log = self.session.engine().record();
        self.session.commit().await?;
        assert!(log.statements().is_empty(), "{:?}", log.statements());
        self.new = Known::default();
        self.edit();
        self.session.flush().await?;
        let [new, ed] = [self.new.users[0], self.known.users[0]];
        assert_eq!((self.session.state(new), self.session[ed].version), (State::Persistent, 2));
        assert_eq!(self.session.scalar(select(count_all()).select_from(Line)).await?, 3);
        self.edit_further();
        self.session.flush().await?;
        self.session.rollback().await?;
        self.is_before();
        Ok(())
    }
}
