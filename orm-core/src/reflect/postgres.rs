//! PostgreSQL: pg_catalog, since information_schema shows only what the user owns and knows no indexes.

use super::rows::{Found, Of, Scope, comment, grouped, query};
use super::type_names;
use crate::engine::Connection;
use crate::entity::Action;
use crate::error::Result;
use crate::schema::{Check, Column, ForeignKey, Index, PrimaryKey, Unique};
use crate::types::{Dialect, Type, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// `c` are the tables that are asked for, `n` their schema. A partition belongs to its table, an extension's table to it.
const TABLES: &str = "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     AND n.nspname = COALESCE($1::text, current_schema()) AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
     AND ($2::text IS NULL OR c.relname = $2::text) AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e \
     WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')";

fn binds(scope: Scope<'_>) -> Vec<Value> {
    let mut binds = scope.binds();
    binds.truncate(2);
    binds
}

pub(super) async fn tables(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Option<String>>>> {
    let sql = format!(
        "SELECT c.relname::text, obj_description(c.oid, 'pg_class') FROM {TABLES} ORDER BY c.relname COLLATE \"C\""
    );
    query(connection, &sql, binds(scope), |row| Ok((row.text(0)?, comment(row.maybe(1)?)))).await
}

/// The values of the enum types of the columns, by the type's number.
async fn enums(connection: &mut Connection, scope: Scope<'_>) -> Result<BTreeMap<i64, Vec<Cow<'static, str>>>> {
    let sql = format!(
        "SELECT e.enumtypid::int8, e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid IN \
         (SELECT a.atttypid FROM {TABLES} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid) \
         ORDER BY e.enumtypid, e.enumsortorder"
    );
    let mut all: BTreeMap<i64, Vec<Cow<'static, str>>> = BTreeMap::new();
    for (number, label) in query(connection, &sql, binds(scope), |row| Ok((row.int(0)?, row.text(1)?))).await? {
        all.entry(number).or_default().push(label.into());
    }
    Ok(all)
}

pub(super) async fn columns(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Column>>> {
    let enums = enums(connection, scope).await?;
    // A serial column owns its sequence ('a'), an identity column has one inside ('i').
    let sql = format!(
        "SELECT c.relname::text, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, \
         CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END, \
         a.attidentity <> '' OR EXISTS (SELECT FROM pg_catalog.pg_depend o JOIN pg_catalog.pg_class s \
         ON s.oid = o.objid AND s.relkind = 'S' WHERE o.classid = 'pg_catalog.pg_class'::regclass \
         AND o.refclassid = 'pg_catalog.pg_class'::regclass AND o.refobjid = c.oid AND o.refobjsubid = a.attnum \
         AND o.deptype = 'a' AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'), \
         pg_catalog.col_description(c.oid, a.attnum), a.atttypid::int8, t.typname::text \
         FROM {TABLES} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
         ORDER BY c.relname COLLATE \"C\", a.attnum"
    );
    let read = query(connection, &sql, binds(scope), |row| {
        let auto_increment = row.bool(5)?;
        let sql_type = match enums.get(&row.int(7)?) {
            Some(values) => Type::Enum { name: row.text(8)?.into(), values: values.clone() },
            None => type_names::parse(Dialect::Postgres, &row.text(2)?),
        };
        let column = Column {
            name: row.text(1)?,
            sql_type,
            nullable: !row.bool(3)?,
            default: row.maybe(4)?.filter(|_| !auto_increment),
            auto_increment,
            comment: comment(row.maybe(6)?),
        };
        Ok((row.text(0)?, column))
    });
    read.await
}

/// One column of a constraint.
struct Part {
    table: String,
    name: String,
    column: String,
    target: Option<Target>,
}

struct Target {
    schema: Option<String>,
    table: String,
    column: String,
    on_delete: Action,
    on_update: Action,
}

/// The columns of the constraints of one kind.
async fn constraints(connection: &mut Connection, scope: Scope<'_>, kind: char) -> Result<Vec<Part>> {
    let sql = format!(
        "SELECT c.relname::text, k.conname::text, a.attname::text, NULLIF(tn.nspname, current_schema())::text, \
         tc.relname::text, ta.attname::text, k.confdeltype::text, k.confupdtype::text \
         FROM {TABLES} JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = '{kind}' \
         AND k.conparentid = 0 \
         CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY u(own, theirs, position) \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.own \
         LEFT JOIN pg_catalog.pg_class tc ON tc.oid = k.confrelid \
         LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace \
         LEFT JOIN pg_catalog.pg_attribute ta ON ta.attrelid = k.confrelid AND ta.attnum = u.theirs \
         ORDER BY c.relname COLLATE \"C\", k.conname COLLATE \"C\", u.position"
    );
    let read = |row: &Found<'_>| {
        let target = match (row.maybe(4)?, row.maybe(5)?) {
            (Some(table), Some(column)) => Some(Target {
                schema: row.maybe(3)?,
                table,
                column,
                on_delete: action(&row.text(6)?),
                on_update: action(&row.text(7)?),
            }),
            _ => None,
        };
        Ok(Part { table: row.text(0)?, name: row.text(1)?, column: row.text(2)?, target })
    };
    query(connection, &sql, binds(scope), read).await
}

fn action(letter: &str) -> Action {
    match letter {
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        "r" => Action::Restrict,
        _ => Action::NoAction,
    }
}

fn one_constraint(a: &Part, b: &Part) -> bool {
    a.table == b.table && a.name == b.name
}

pub(super) async fn primary_keys(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<PrimaryKey>>> {
    Ok(grouped(
        constraints(connection, scope, 'p').await?,
        one_constraint,
        |part| (part.table.clone(), PrimaryKey { name: Some(part.name.clone()), columns: Vec::new() }),
        |(_, key), part| key.columns.push(part.column),
    ))
}

pub(super) async fn uniques(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Unique>>> {
    Ok(grouped(
        constraints(connection, scope, 'u').await?,
        one_constraint,
        |part| (part.table.clone(), Unique { name: Some(part.name.clone()), columns: Vec::new() }),
        |(_, unique), part| unique.columns.push(part.column),
    ))
}

pub(super) async fn foreign_keys(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<ForeignKey>>> {
    Ok(grouped(
        constraints(connection, scope, 'f').await?,
        one_constraint,
        |part| {
            let target = part.target.as_ref();
            let key = ForeignKey {
                name: Some(part.name.clone()),
                columns: Vec::new(),
                target_schema: target.and_then(|target| target.schema.clone()),
                target: target.map(|target| target.table.clone()).unwrap_or_default(),
                target_columns: Vec::new(),
                on_delete: target.map(|target| target.on_delete).unwrap_or_default(),
                on_update: target.map(|target| target.on_update).unwrap_or_default(),
            };
            (part.table.clone(), key)
        },
        |(_, key), part| {
            key.columns.push(part.column);
            key.target_columns.extend(part.target.map(|target| target.column));
        },
    ))
}

pub(super) async fn checks(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Check>>> {
    let sql = format!(
        "SELECT c.relname::text, k.conname::text, pg_catalog.pg_get_expr(k.conbin, k.conrelid, true) \
         FROM {TABLES} JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'c' \
         ORDER BY c.relname COLLATE \"C\", k.conname COLLATE \"C\""
    );
    let read = query(connection, &sql, binds(scope), |row| {
        Ok((row.text(0)?, Check { name: Some(row.text(1)?), expression: row.text(2)? }))
    });
    read.await
}

pub(super) async fn indexes(connection: &mut Connection, scope: Scope<'_>) -> Result<Vec<Of<Index>>> {
    // INCLUDE columns stand after the key's; an index that a constraint owns is the constraint's affair.
    let sql = format!(
        "SELECT c.relname::text, i.relname::text, x.indisunique, \
         pg_catalog.pg_get_expr(x.indpred, x.indrelid, true), \
         COALESCE(a.attname::text, '(' || pg_catalog.pg_get_indexdef(i.oid, part::int, true) || ')') \
         FROM {TABLES} JOIN pg_catalog.pg_index x ON x.indrelid = c.oid AND NOT x.indisprimary \
         JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid \
         CROSS JOIN LATERAL generate_series(1, x.indnkeyatts) part \
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[part - 1] AND a.attnum > 0 \
         WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = x.indexrelid \
         AND k.contype IN ('p', 'u', 'x')) \
         ORDER BY c.relname COLLATE \"C\", i.relname COLLATE \"C\", part"
    );
    let rows = query(connection, &sql, binds(scope), |row| {
        let index = Index { name: row.text(1)?, columns: Vec::new(), unique: row.bool(2)?, filter: row.maybe(3)? };
        Ok((row.text(0)?, index, row.text(4)?))
    });
    Ok(grouped(
        rows.await?,
        |a, b| a.0 == b.0 && a.1.name == b.1.name,
        |(table, index, _)| (table.clone(), index.clone()),
        |(_, index), (_, _, column)| index.columns.push(column),
    ))
}
