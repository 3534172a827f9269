use crate::diff::{Diff, Sides};
use crate::error::Result;
use crate::version_table::VersionTable;
use orm_core::Engine;
use orm_core::reflect::{Inspector, normalise};
use orm_core::schema::{MetaData, Schema, Table};
use orm_core::types::Dialect;
use std::collections::BTreeSet;

/// What has to change in a database so that it becomes what the models say.
///
/// Where expressions differ in their text only, the server is asked how it writes those of the models, in temporary tables.
/// The table of versions is no part of the comparison.
///
/// # Errors
/// The models', or the database's.
pub async fn compare(engine: &Engine, models: &MetaData, versions: &VersionTable) -> Result<Diff> {
    let wanted = models.schema()?;
    let mut connection = engine.acquire().await?;
    let mut schemas: BTreeSet<Option<String>> = wanted.tables.iter().map(|table| table.schema.clone()).collect();
    schemas.insert(None);
    let mut live = Schema::default();
    for schema in schemas {
        let found = match &schema {
            Some(name) => Inspector::new(&mut connection).schema(name).reflect().await?,
            None => Inspector::new(&mut connection).reflect().await?,
        };
        // A schema that is named may be the default one.
        for table in found.tables.into_iter().map(|table| Table { schema: schema.clone(), ..table }) {
            let wanted_so = wanted.tables.iter().any(|other| other.name == table.name && other.schema == table.schema);
            let is_known = live.tables.iter().any(|other: &Table| other.name == table.name);
            if wanted_so || !is_known {
                live.tables.push(table);
            }
        }
    }
    live.tables.retain(|table| !versions.is(table));
    let capabilities = *engine.capabilities();
    let mut sides = Sides {
        live_normal: normalise(&live, &capabilities),
        wanted_normal: normalise(&wanted, &capabilities),
        live,
        wanted,
    };
    let mut diff = sides.diff(&capabilities);
    if diff.differs_in_expressions() && capabilities.dialect != Dialect::Sqlite {
        // Tables that are new differ in nothing, and may use what is not there yet.
        let names = |schema: &Schema| -> BTreeSet<(Option<String>, String)> {
            schema.tables.iter().map(|table| (table.schema.clone(), table.name.clone())).collect()
        };
        let (here, there) = (names(&sides.live), names(&sides.wanted));
        let both = |table: &&Table| {
            let name = (table.schema.clone(), table.name.clone());
            here.contains(&name) && there.contains(&name)
        };
        let mut inspector = Inspector::new(&mut connection);
        let once = rewritten(&mut inspector, &sides.wanted, both).await?;
        sides.wanted_normal = normalise(&once, &capabilities);
        diff = sides.diff(&capabilities);
        if diff.differs_in_expressions() {
            // A dump and restore leaves other words for the same thing; both are the same from the second time on.
            let twice = rewritten(&mut inspector, &once, both).await?;
            sides.wanted_normal = normalise(&twice, &capabilities);
            let once = rewritten(&mut inspector, &sides.live, both).await?;
            let twice = rewritten(&mut inspector, &once, both).await?;
            sides.live_normal = normalise(&twice, &capabilities);
            diff = sides.diff(&capabilities);
        }
    }
    Ok(diff)
}

/// The schema with the expressions of some of its tables in the server's words.
async fn rewritten(inspector: &mut Inspector<'_>, schema: &Schema, which: impl Fn(&&Table) -> bool) -> Result<Schema> {
    let some = Schema { tables: schema.tables.iter().filter(&which).cloned().collect() };
    let mut answers = inspector.rewritten(&some).await?.tables.into_iter();
    let tables = schema.tables.iter().map(|table| match which(&table) {
        true => answers.next().unwrap_or_else(|| table.clone()),
        false => table.clone(),
    });
    Ok(Schema { tables: tables.collect() })
}
