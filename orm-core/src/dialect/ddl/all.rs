use super::constraint::{add_foreign_key, drop_foreign_key};
use super::enums::{create_enum_type, drop_enum_type, enum_types};
use super::table::{create_table_with, drop_table};
use crate::dialect::Capabilities;
use crate::dialect::syntax::Syntax;
use crate::error::Result;
use crate::schema::{ForeignKey, Schema, Table};

/// The order in which the tables can be created, each with the foreign keys that have to wait until all tables are there
/// because they are part of a cycle.
///
/// A table comes after those that it references; otherwise the schema's order stays.
pub fn creation_order(schema: &Schema) -> Vec<(&Table, Vec<&ForeignKey>)> {
    let mut waiting: Vec<&Table> = schema.tables.iter().collect();
    let mut order: Vec<(&Table, Vec<&ForeignKey>)> = Vec::with_capacity(waiting.len());
    let references = |key: &ForeignKey, table: &Table| key.target == table.name && key.target_schema == table.schema;
    while !waiting.is_empty() {
        let needs = |table: &Table, others: &[&Table]| -> bool {
            let is_waited_for =
                |key: &ForeignKey| !references(key, table) && others.iter().any(|other| references(key, other));
            table.foreign_keys.iter().any(is_waited_for)
        };
        let next = waiting.iter().position(|table| !needs(table, &waiting));
        let table = waiting.remove(next.unwrap_or_else(|| in_cycle(&waiting)));
        let later = |key: &&ForeignKey| waiting.iter().any(|other| references(key, other));
        let deferred = table.foreign_keys.iter().filter(later).collect();
        order.push((table, deferred));
    }
    order
}

/// A table that is in a cycle itself, rather than only referencing one: following the references from anywhere ends there.
fn in_cycle(waiting: &[&Table]) -> usize {
    let next = |at: usize| {
        let references = |key: &ForeignKey, n: usize| {
            n != at && key.target == waiting[n].name && key.target_schema == waiting[n].schema
        };
        let keys = &waiting[at].foreign_keys;
        (0..waiting.len()).find(|n| keys.iter().any(|key| references(key, *n))).unwrap_or(at)
    };
    // After as many steps as there are tables the walk can only be going round.
    let start = (0..waiting.len()).fold(0, |at, _| next(at));
    // The first of the cycle in the schema's order.
    let (mut first, mut at) = (start, next(start));
    while at != start {
        first = first.min(at);
        at = next(at);
    }
    first
}

/// Everything that makes the schema: enum types, tables in dependency order with their comments and indexes, then the
/// foreign keys of cycles. Schemas themselves are not created.
///
/// # Errors
/// [`Error::Unsupported`](crate::Error::Unsupported) for what the database lacks.
pub fn create_all(schema: &Schema, capabilities: &Capabilities) -> Result<Vec<String>> {
    let alter = Syntax::of(capabilities.dialect).ddl.alter_constraints;
    let mut statements = Vec::new();
    for (name, values) in enum_types(schema, capabilities)? {
        statements.push(create_enum_type(name, values, capabilities)?);
    }
    let order = creation_order(schema);
    for (table, deferred) in &order {
        // SQLite doesn't look at references before rows are written.
        let wanted = |key: &ForeignKey| !alter || !deferred.iter().any(|other| std::ptr::eq(*other, key));
        statements.extend(create_table_with(table, capabilities, wanted)?);
    }
    for (table, deferred) in order.iter().filter(|_| alter) {
        for key in deferred {
            statements.push(add_foreign_key(table, key, capabilities)?);
        }
    }
    Ok(statements)
}

/// Everything that drops the schema's tables: the foreign keys of cycles, tables in the reverse order of creation, enum
/// types.
///
/// SQLite can't drop a foreign key: for tables in a cycle that have rows, turn foreign keys off first.
///
/// # Errors
/// [`Error::Statement`](crate::Error::Statement) for a foreign key in a cycle that has no name.
pub fn drop_all(schema: &Schema, capabilities: &Capabilities) -> Result<Vec<String>> {
    let alter = Syntax::of(capabilities.dialect).ddl.alter_constraints;
    let order = creation_order(schema);
    let mut statements = Vec::new();
    for (table, deferred) in order.iter().filter(|_| alter) {
        for key in deferred {
            statements.push(drop_foreign_key(table, key, capabilities)?);
        }
    }
    statements.extend(order.iter().rev().map(|(table, _)| drop_table(table, capabilities)));
    for (name, _) in enum_types(schema, capabilities)? {
        statements.push(drop_enum_type(name, capabilities)?);
    }
    Ok(statements)
}
