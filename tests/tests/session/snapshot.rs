//! Memory and database as text, to be compared whole.

use super::models::*;
use tests::prelude::*;

/// The objects of a session that a test knows.
#[derive(Default, Clone)]
pub struct Known {
    pub users: Vec<Key<User>>,
    pub addresses: Vec<Key<Address>>,
    pub profiles: Vec<Key<Profile>>,
    pub keywords: Vec<Key<Keyword>>,
    pub employees: Vec<Key<Employee>>,
    pub countries: Vec<Key<Country>>,
    pub cities: Vec<Key<City>>,
    pub invoices: Vec<Key<Invoice>>,
    pub lines: Vec<Key<Line>>,
}

/// The members of a collection, in order.
fn seen<T>(found: Result<Vec<Key<T>>>) -> String {
    found.map_or_else(|error| error.to_string(), |members| format!("{members:?}"))
}

macro_rules! objects {
    ($session:ident, $known:ident, $lines:ident; $($list:ident: $model:ident { $($many:ident),* ; $($one:ident),* })*) => { $(
        for (n, key) in $known.$list.iter().enumerate() {
            let state = $session.state(*key);
            let mut line = format!("{} {n} is {state:?}", stringify!($model));
            if state != State::Detached {
                line += &format!(", modified: {}, {:?}", $session.is_modified(*key), $session[*key]);
                $( line += &format!("; {}: {}", stringify!($many), seen($session.keys(*key, $model::$many))); )*
                $( line += &format!("; {}: {}", stringify!($one), match $session.at(*key).one($model::$one) {
                    Ok(found) => format!("{:?}", Some(found).map(|found| found.key())),
                    Err(error) => error.to_string(),
                }); )*
            }
            $lines.push(line);
        }
    )* };
}

/// Every known object: its state, its columns, where its relationships lead.
pub fn memory(session: &Session, known: &Known) -> Vec<String> {
    let mut lines = Vec::new();
    objects! { session, known, lines;
        users: User { addresses, keywords, friends; }
        addresses: Address { ; user }
        profiles: Profile { ; user }
        keywords: Keyword { users; }
        employees: Employee { reports; }
        countries: Country { cities; }
        cities: City { ; }
        invoices: Invoice { lines; }
        lines: Line { ; invoice }
    }
    // To-ones that may lead nowhere.
    for (n, key) in known.employees.iter().enumerate().filter(|(_, key)| session.state(**key) != State::Detached) {
        let manager = session.at(*key).one(Employee::manager).map(|found| found.map(|found| found.key()));
        lines.push(format!(
            "manager of {n}: {}",
            manager.map_or_else(|error| error.to_string(), |key| format!("{key:?}"))
        ));
    }
    for (n, key) in known.cities.iter().enumerate().filter(|(_, key)| session.state(**key) != State::Detached) {
        let country = session.at(*key).one(City::country).map(|found| found.map(|found| found.key()));
        lines.push(format!(
            "country of {n}: {}",
            country.map_or_else(|error| error.to_string(), |key| format!("{key:?}"))
        ));
    }
    for (n, key) in known.users.iter().enumerate().filter(|(_, key)| session.state(**key) != State::Detached) {
        let profile = session.at(*key).one(User::profile).map(|found| found.map(|found| found.key()));
        lines.push(format!(
            "profile of {n}: {}",
            profile.map_or_else(|error| error.to_string(), |key| format!("{key:?}"))
        ));
    }
    lines
}

/// Every row of the tables that [`Known`] has, read past the session.
pub async fn stored(engine: &Engine) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    macro_rules! rows {
        ($($model:ident by $key:expr;)*) => { $(
            for row in engine.all(select($model).order_by($key)).await? {
                lines.push(format!("{row:?}"));
            }
        )* };
    }
    rows! {
        User by User::id;
        Address by Address::id;
        Profile by Profile::id;
        Keyword by Keyword::id;
        Employee by Employee::id;
        Country by Country::code;
        City by City::id;
        Invoice by (Invoice::shop, Invoice::number);
        Line by Line::id;
    }
    for table in ["user_keywords", "friends"] {
        let columns = if table == "friends" { "left_id, right_id" } else { "user_id, keyword_id" };
        let query = format!("SELECT {columns} FROM {table} ORDER BY 1, 2");
        for pair in engine.all(text(&query).columns::<(i64, i64)>()).await? {
            lines.push(format!("{table} {pair:?}"));
        }
    }
    Ok(lines)
}

/// The same, or what differs.
#[track_caller]
pub fn same(what: &str, found: &[String], wanted: &[String]) {
    let mut differences = String::new();
    for n in 0..found.len().max(wanted.len()) {
        let (found, wanted) = (found.get(n), wanted.get(n));
        if found != wanted {
            differences += &format!("\n  found  {found:?}\n  wanted {wanted:?}");
        }
    }
    assert!(differences.is_empty(), "{what}:{differences}");
}
