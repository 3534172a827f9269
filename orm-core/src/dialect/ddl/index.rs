use super::{push_columns, push_qualified};
use crate::dialect::Capabilities;
use crate::dialect::names::push_name;
use crate::dialect::syntax::Syntax;
use crate::error::Result;
use crate::schema::{Index, Table};

/// CREATE INDEX.
///
/// # Errors
/// [`Error::Unsupported`](crate::Error::Unsupported) for a partial index on MySQL and MariaDB.
pub fn create_index(table: &Table, index: &Index, capabilities: &Capabilities) -> Result<String> {
    let syntax = Syntax::of(capabilities.dialect);
    let mut out = String::from(if index.unique { "CREATE UNIQUE INDEX " } else { "CREATE INDEX " });
    let schema = table.schema.as_deref();
    push_qualified(&mut out, schema.filter(|_| syntax.ddl.schema_of_index), &index.name, syntax);
    out.push_str(" ON ");
    push_qualified(&mut out, schema.filter(|_| !syntax.ddl.schema_of_index), &table.name, syntax);
    out.push(' ');
    push_columns(&mut out, &index.columns, syntax);
    if let Some(filter) = &index.filter {
        if !syntax.ddl.partial_indexes {
            return Err(syntax
                .unsupported(format!("partial indexes: {} on {} has the condition {filter}", index.name, table.name)));
        }
        out.push_str(" WHERE ");
        out.push_str(filter);
    }
    Ok(out)
}

/// DROP INDEX.
pub fn drop_index(table: &Table, name: &str, capabilities: &Capabilities) -> String {
    let syntax = Syntax::of(capabilities.dialect);
    let mut out = String::from("DROP INDEX ");
    let schema = table.schema.as_deref();
    if syntax.ddl.index_of_table {
        push_name(&mut out, name, syntax);
        out.push_str(" ON ");
        push_qualified(&mut out, schema, &table.name, syntax);
    } else {
        push_qualified(&mut out, schema, name, syntax);
    }
    out
}
