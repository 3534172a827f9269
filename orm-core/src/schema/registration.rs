use super::metadata::MetaData;
use crate::entity::TableDef;
use crate::error::{Error, Result};

/// A model that the derive entered into the program's list of models. For the derive's output.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Registration(pub &'static TableDef);

inventory::collect!(Registration);

impl MetaData {
    /// The metadata of every model that is linked into this program, by table name. Migrations use it; queries need no
    /// registration.
    ///
    /// # Errors
    /// [`Error::Mapping`] when there is no model at all: the linker leaves out a crate that nothing refers to.
    pub fn registered() -> Result<MetaData> {
        let mut tables: Vec<&'static TableDef> = Vec::new();
        for registration in inventory::iter::<Registration> {
            if !tables.contains(&registration.0) {
                tables.push(registration.0);
            }
        }
        if tables.is_empty() {
            return Err(Error::Mapping(vec![
                "no model is linked into this program: add `use my_app as _;` (the crate that holds the models), since \
                 a crate that nothing refers to is left out"
                    .to_owned(),
            ]));
        }
        // The linker's order is not the same on every build.
        tables.sort_by_key(|table| (table.schema, table.name, table.model));
        Ok(MetaData::new(tables))
    }
}
