use super::{expressions, type_names};
use crate::dialect::{Capabilities, ddl, type_name};
use crate::entity::Action;
use crate::schema::{Column, Schema, Table, Unique};
use crate::types::{Dialect, Type};

/// A schema as this database would have it if it were made of these tables, so that what models say and what a live
/// database says can be compared part by part.
///
/// - Types are those that the database really has: an `i8` is SMALLINT on PostgreSQL, a `Uuid` is BINARY(16) on MySQL; a
///   text in a key has a greatest length on MySQL and MariaDB; every integer has 64 bits on SQLite.
/// - Defaults and conditions lose what says nothing: brackets around the whole, the case of words, casts of literals to
///   the column's type. What the server writes in its own words altogether,
///   [`Inspector::rewritten`](super::Inspector::rewritten) tells.
/// - RESTRICT is NO ACTION on MySQL and MariaDB, where both refuse at once.
/// - A unique index is a unique constraint on SQLite, MySQL and MariaDB, where both are one thing.
/// - SQLite keeps no comments, MySQL and MariaDB no name of a primary key.
pub fn normalise(schema: &Schema, capabilities: &Capabilities) -> Schema {
    Schema { tables: schema.tables.iter().map(|table| normal_table(table, capabilities)).collect() }
}

fn normal_table(table: &Table, capabilities: &Capabilities) -> Table {
    let dialect = capabilities.dialect;
    let mysql = matches!(dialect, Dialect::MySql | Dialect::MariaDb);
    let mut normal = table.clone();
    normal.columns = table.columns.iter().map(|column| normal_column(table, column, capabilities)).collect();
    if let Some(key) = &mut normal.primary_key {
        for column in &mut normal.columns {
            // SQLite alone takes NULL in a key that does not say NOT NULL.
            column.nullable &= !(dialect != Dialect::Sqlite && key.columns.contains(&column.name));
        }
        if mysql {
            key.name = None;
        }
    }
    normal.primary_key = normal.primary_key.filter(|key| !key.columns.is_empty());
    for key in &mut normal.foreign_keys {
        for action in [&mut key.on_delete, &mut key.on_update] {
            if mysql && *action == Action::Restrict {
                *action = Action::NoAction;
            }
        }
    }
    for check in &mut normal.checks {
        check.expression = expressions::expression(&check.expression, dialect);
    }
    for index in &mut normal.indexes {
        index.filter = index.filter.as_deref().map(|filter| expressions::expression(filter, dialect));
    }
    if dialect != Dialect::Postgres {
        let (uniques, indexes) =
            std::mem::take(&mut normal.indexes).into_iter().partition(|index| index.unique && index.filter.is_none());
        normal.indexes = indexes;
        let uniques: Vec<crate::schema::Index> = uniques;
        normal
            .uniques
            .extend(uniques.into_iter().map(|index| Unique { name: Some(index.name), columns: index.columns }));
    }
    normal.comment = normal.comment.filter(|comment| dialect != Dialect::Sqlite && !comment.is_empty());
    normal
}

fn normal_column(table: &Table, column: &Column, capabilities: &Capabilities) -> Column {
    let dialect = capabilities.dialect;
    let usage = ddl::usage(table, column);
    let native = matches!(column.sql_type, Type::Enum { .. }) && dialect == Dialect::Postgres;
    let sql_type = match type_name(&column.sql_type, usage, capabilities) {
        // PostgreSQL's name of an enum does not tell its values.
        Ok(_) | Err(_) if native => column.sql_type.clone(),
        Ok(name) => match type_names::parse(dialect, &name) {
            integer if dialect == Dialect::Sqlite && is_integer(&integer) => Type::BigInt,
            other => other,
        },
        // The database has no such type: no live column is of it.
        Err(_) => column.sql_type.clone(),
    };
    let default = column.default.as_deref().and_then(|default| expressions::default(default, &sql_type, dialect));
    let comment = column.comment.clone();
    Column {
        name: column.name.clone(),
        default,
        nullable: column.nullable && !usage.auto_increment,
        auto_increment: usage.auto_increment,
        comment: comment.filter(|comment| dialect != Dialect::Sqlite && !comment.is_empty()),
        sql_type,
    }
}

fn is_integer(sql_type: &Type) -> bool {
    matches!(
        sql_type,
        Type::TinyInt
            | Type::SmallInt
            | Type::Integer
            | Type::BigInt
            | Type::UnsignedTinyInt
            | Type::UnsignedSmallInt
            | Type::UnsignedInteger
    )
}

#[cfg(test)]
mod tests {
    use super::normalise;
    use crate::dialect::Capabilities;
    use crate::schema::{Column, Index, PrimaryKey, Schema, Table};
    use crate::types::{Dialect, Type};

    #[test]
    fn a_type_becomes_the_one_that_the_database_has() {
        let text = Type::Text { length: None };
        for (sql_type, dialect, expected) in [
            (Type::TinyInt, Dialect::Postgres, Type::SmallInt),
            (Type::TinyInt, Dialect::MariaDb, Type::TinyInt),
            (Type::Uuid, Dialect::MySql, Type::Uuid),
            (Type::Interval, Dialect::Sqlite, Type::BigInt),
            (Type::Integer, Dialect::Sqlite, Type::BigInt),
            (Type::Timestamp, Dialect::MySql, Type::DateTime),
            (Type::Json, Dialect::Sqlite, Type::Json),
            (text.clone(), Dialect::MySql, Type::Text { length: Some(255) }),
            (text.clone(), Dialect::Sqlite, text.clone()),
            (Type::Raw("INT4".into()), Dialect::Postgres, Type::Integer),
        ] {
            let column = Column {
                name: "a".into(),
                sql_type,
                nullable: true,
                default: None,
                auto_increment: false,
                comment: Some(String::new()),
            };
            let index = Index { name: "i".into(), columns: vec!["a".into()], unique: false, filter: None };
            let table = Table { name: "t".into(), columns: vec![column], indexes: vec![index], ..Table::default() };
            let normal = normalise(&Schema { tables: vec![table] }, &Capabilities::of(dialect));
            let column = &normal.tables[0].columns[0];
            assert_eq!(column.sql_type, expected, "{dialect}");
            assert_eq!(column.comment, None);
        }
    }

    #[test]
    fn a_key_is_not_null_but_on_sqlite_and_a_unique_index_a_constraint_but_on_postgres() {
        let column = Column {
            name: "a".into(),
            sql_type: Type::Integer,
            nullable: true,
            default: None,
            auto_increment: false,
            comment: None,
        };
        let table = Table {
            name: "t".into(),
            columns: vec![column],
            primary_key: Some(PrimaryKey { name: Some("pk".into()), columns: vec!["a".into()] }),
            indexes: vec![Index { name: "i".into(), columns: vec!["a".into()], unique: true, filter: None }],
            ..Table::default()
        };
        for dialect in Dialect::ALL {
            let normal = normalise(&Schema { tables: vec![table.clone()] }, &Capabilities::of(dialect));
            let table = &normal.tables[0];
            assert_eq!(table.columns[0].nullable, dialect == Dialect::Sqlite, "{dialect}");
            assert_eq!(table.uniques.is_empty(), dialect == Dialect::Postgres, "{dialect}");
            assert_eq!(table.indexes.is_empty(), dialect != Dialect::Postgres, "{dialect}");
        }
    }
}
