//! What the shop wants to know. Every query is one body for all four databases.

use super::models::{Album, Artist, Customer, Employee, Invoice, InvoiceLine, Playlist, Track};
use orm_core::Result;
use orm_core::prelude::*;

/// What was sold of an artist.
#[derive(Debug, Clone, PartialEq)]
pub struct ArtistRevenue {
    /// The artist's name.
    pub artist: String,
    /// How many tracks were sold.
    pub sold: i64,
    /// What they brought.
    pub revenue: Decimal,
}

/// The artists who brought most, the greatest first.
///
/// # Errors
/// The database's.
pub async fn artists_by_revenue(engine: &Engine, limit: u64) -> Result<Vec<ArtistRevenue>> {
    let sold = sum(InvoiceLine::quantity).label("sold");
    let revenue = sum(InvoiceLine::unit_price * InvoiceLine::quantity.cast::<Decimal>()).label("revenue");
    let rows = engine
        .all(
            select((Artist::name, &sold, &revenue))
                .join(Artist::albums)
                .join(Album::tracks)
                .join(Track::invoice_lines)
                .group_by((Artist::artist_id, Artist::name))
                .order_by((revenue.desc(), Artist::name))
                .limit(limit),
        )
        .await?;
    Ok(rows
        .into_iter()
        .map(|(artist, sold, revenue)| ArtistRevenue {
            artist: artist.unwrap_or_default(),
            sold: sold.unwrap_or_default(),
            revenue: revenue.unwrap_or_default(),
        })
        .collect())
}

/// What a country bought in a year.
#[derive(Debug, Clone, PartialEq)]
pub struct CountryRevenue {
    /// The country.
    pub country: String,
    /// The year.
    pub year: i64,
    /// How many purchases there were.
    pub invoices: i64,
    /// What they brought.
    pub revenue: Decimal,
}

/// Revenue by country and year.
///
/// # Errors
/// The database's.
pub async fn revenue_by_country_and_year(engine: &Engine) -> Result<Vec<CountryRevenue>> {
    let year = extract(DatePart::Year, Invoice::invoice_date).label("year");
    let rows = engine
        .all(
            select((Invoice::billing_country, &year, count_all(), sum(Invoice::total)))
                .group_by((Invoice::billing_country, &year))
                .order_by((Invoice::billing_country, &year)),
        )
        .await?;
    Ok(rows
        .into_iter()
        .map(|(country, year, invoices, revenue)| CountryRevenue {
            country: country.unwrap_or_default(),
            year,
            invoices,
            revenue: revenue.unwrap_or_default(),
        })
        .collect())
}

/// A customer, the support agent and what the customer spent.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerTotal {
    /// The customer, without relationships.
    pub customer: Customer,
    /// The agent, if there is one.
    pub agent: Option<Employee>,
    /// The sum of all purchases.
    pub total: Decimal,
}

impl CustomerTotal {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.customer.first_name, self.customer.last_name)
    }

    /// The agent's first and last name.
    pub fn agent_name(&self) -> String {
        self.agent
            .as_ref()
            .map_or_else(|| "nobody".to_owned(), |agent| format!("{} {}", agent.first_name, agent.last_name))
    }
}

/// The customers with their support agents and what they spent, the greatest first.
///
/// # Errors
/// The database's.
pub async fn customers_with_agent_and_total(engine: &Engine) -> Result<Vec<CustomerTotal>> {
    let sum_of_invoices = sum(Invoice::total).label("total");
    let spent = select((Invoice::customer_id, &sum_of_invoices)).group_by(Invoice::customer_id).subquery("spent");
    let total = spent.get(&sum_of_invoices);
    let rows = engine
        .all(
            select((Customer, Employee.optional(), &total))
                .outer_join(Customer::support_rep)
                .outer_join_on(&spent, spent.get(Invoice::customer_id).eq(Customer::customer_id))
                .order_by((coalesce(&total, Decimal::ZERO).desc(), Customer::customer_id)),
        )
        .await?;
    Ok(rows
        .into_iter()
        .map(|(customer, agent, total)| CustomerTotal { customer, agent, total: total.unwrap_or_default() })
        .collect())
}

/// A playlist with its tracks, and how long it lasts.
#[derive(Debug, Clone, PartialEq)]
pub struct LongestPlaylist {
    /// The list, its tracks loaded, and of each track the album.
    pub playlist: Playlist,
    /// The sum of its tracks' lengths.
    pub milliseconds: i64,
}

/// The playlist that lasts longest, its tracks loaded by `selectinload`. Of several, the one with the smallest key.
///
/// # Errors
/// The database's; [`orm_core::Error::NoRow`] when there is none.
pub async fn longest_playlist(engine: &Engine) -> Result<LongestPlaylist> {
    let length = sum(Track::milliseconds).label("length");
    let (id, milliseconds) = engine
        .all(
            select((Playlist::playlist_id, &length))
                .join(Playlist::tracks)
                .group_by(Playlist::playlist_id)
                .order_by((length.desc(), Playlist::playlist_id))
                .limit(1),
        )
        .await?
        .into_iter()
        .next()
        .unwrap_or_default();
    let playlist = engine
        .one(
            select(Playlist)
                .filter(Playlist::playlist_id.eq(id))
                .options(selectinload(Playlist::tracks).selectinload(Track::album)),
        )
        .await?;
    Ok(LongestPlaylist { playlist, milliseconds: milliseconds.unwrap_or_default() })
}

/// An employee in the hierarchy.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// How many are above.
    pub depth: usize,
    /// First and last name.
    pub name: String,
    /// The position.
    pub title: String,
    /// How many customers the employee looks after.
    pub customers: usize,
}

/// The employees from the top down, each before those below.
///
/// # Errors
/// The database's.
pub async fn employee_hierarchy(engine: &Engine) -> Result<Vec<Position>> {
    // In a session every employee is there once, and the links between them are followed in memory.
    let mut session = engine.session();
    let employees = session
        .all(
            select(Employee)
                .order_by(Employee::employee_id)
                .options(selectinload(Employee::reports))
                .options(selectinload(Employee::customers)),
        )
        .await?;
    let mut open: Vec<(usize, Key<Employee>)> =
        employees.into_iter().rev().filter(|key| session[*key].reports_to.is_none()).map(|key| (0, key)).collect();
    let mut positions = Vec::new();
    while let Some((depth, key)) = open.pop() {
        let employee = session.at(key);
        positions.push(Position {
            depth,
            name: format!("{} {}", employee.first_name, employee.last_name),
            title: employee.title.clone().unwrap_or_default(),
            customers: employee.many(Employee::customers)?.count(),
        });
        open.extend(session.keys(key, Employee::reports)?.into_iter().rev().map(|below| (depth + 1, below)));
    }
    Ok(positions)
}
