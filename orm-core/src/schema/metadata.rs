use super::naming::NamingConvention;
use super::table::Schema;
use crate::entity::{Link, RelRef, TableDef};
use crate::error::{Error, Result};

/// The tables of a set of models: what `create_all` makes and a migration compares with.
///
/// Made by [`metadata!`](crate::metadata). The tables between many-to-many relationships come along by themselves.
#[derive(Clone, Debug)]
pub struct MetaData {
    tables: Vec<&'static TableDef>,
    naming: NamingConvention,
}

impl MetaData {
    /// The metadata of these models.
    pub fn new(tables: Vec<&'static TableDef>) -> Self {
        MetaData { tables, naming: NamingConvention::default() }
    }

    /// Names constraints and indexes by another convention.
    #[must_use]
    pub fn naming(mut self, naming: NamingConvention) -> Self {
        self.naming = naming;
        self
    }

    /// The models' tables.
    pub fn models(&self) -> &[&'static TableDef] {
        &self.tables
    }

    /// The schema: every model's table, and the tables between them.
    ///
    /// # Errors
    /// [`Error::Mapping`] with all that is wrong: a relationship without a usable key, a foreign key or relationship whose
    /// target is not listed, two models of one table.
    pub fn schema(&self) -> Result<Schema> {
        let mut problems = Vec::new();
        let mut tables: Vec<&'static TableDef> = Vec::new();
        for table in &self.tables {
            if tables.contains(table) {
                continue;
            }
            if let Some(other) = tables.iter().find(|other| other.name == table.name && other.schema == table.schema) {
                problems.push(format!("`{}` and `{}` are both the table {}", other.title(), table.title(), table.name));
            }
            tables.push(table);
        }
        let mut between: Vec<&'static TableDef> = Vec::new();
        for table in &tables {
            for key in table.foreign_keys {
                let target = key.target();
                if !tables.contains(&target) {
                    problems.push(format!(
                        "`{}` has a foreign key to `{}`, which is not in the list: add it to `metadata![…]`",
                        table.title(),
                        target.title()
                    ));
                }
            }
            for index in 0..table.relationships.len() {
                let relationship = RelRef { table, index: index as u16, reversed: false };
                match relationship.resolve() {
                    Ok(resolved) => {
                        if !tables.contains(&resolved.target) {
                            problems.push(format!(
                                "`{relationship}` leads to `{}`, which is not in the list: add it to `metadata![…]`",
                                resolved.target.title()
                            ));
                        }
                        if let Link::Through(through) = &resolved.link
                            && !tables.contains(&through.table)
                            && !between.contains(&through.table)
                        {
                            between.push(through.table);
                        }
                    }
                    Err(Error::Mapping(found)) => {
                        for problem in found {
                            if !problems.contains(&problem) {
                                problems.push(problem);
                            }
                        }
                    }
                    Err(other) => return Err(other),
                }
            }
        }
        for (n, table) in between.iter().enumerate() {
            let mut others = tables.iter().chain(&between[..n]);
            if let Some(other) = others.find(|other| other.name == table.name && other.schema == table.schema) {
                let what = |table: &TableDef| {
                    if table.model.is_empty() {
                        let ends: Vec<_> = table.foreign_keys.iter().map(|key| key.target().title()).collect();
                        format!("the table between `{}`", ends.join("` and `"))
                    } else {
                        format!("`{}`", table.model)
                    }
                };
                problems.push(format!("{} and {} are both the table {}", what(other), what(table), table.name));
            }
        }
        if !problems.is_empty() {
            return Err(Error::Mapping(problems));
        }
        tables.extend(between);
        Ok(Schema { tables: tables.into_iter().map(|table| super::from_models::table(table, &self.naming)).collect() })
    }
}

/// Lists models: `metadata![User, Address]`.
///
/// ```
/// use orm_core::prelude::*;
///
/// #[derive(Model, Debug, Clone, Default)]
/// #[orm(table = "users")]
/// struct User {
///     #[orm(primary_key)]
///     id: i64,
///     name: String,
/// }
///
/// assert_eq!(metadata![User].schema()?.tables[0].name, "users");
/// # Ok::<(), orm_core::Error>(())
/// ```
#[macro_export]
macro_rules! metadata {
    ($($model:ty),* $(,)?) => {
        $crate::schema::MetaData::new(::std::vec![$(<$model as $crate::entity::Model>::TABLE),*])
    };
}
