//! Tables made of models, and dropped again.

use crate::broad::{self, Egg, Hen};
use orm_core::reflect::normalise;
use orm_core::types::Type;
use tests::prelude::*;

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "parents")]
struct Parent {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "children")]
struct Child {
    #[orm(primary_key)]
    id: i64,
    #[orm(references = Parent::id, on_delete = "cascade")]
    parent_id: i64,
}

async fn names(engine: &Engine) -> Result<Vec<String>> {
    Ok(engine.reflect().await?.tables.into_iter().map(|table| table.name).collect())
}

async fn count(engine: &Engine, table: &str) -> Result<i64> {
    let mut count = 0;
    let mut each = |row: &dyn orm_core::types::Row| {
        count = row.i64(0).ok().flatten().unwrap_or(-1);
        Ok(())
    };
    engine.fetch(format!("SELECT count(*) FROM {table}").as_str(), &mut each).await?;
    Ok(count)
}

matrix! {
    async fn what_was_created_reads_back_as_the_models_say(db: Db) -> Result<()> {
        let metadata = broad::metadata(db.dialect());
        metadata.create_all(&db.engine).await?;
        let capabilities = db.engine.capabilities();
        let wanted = normalise(&metadata.schema()?, capabilities);
        let live = normalise(&db.engine.reflect().await?, capabilities);
        let mut found: Vec<&str> = live.tables.iter().map(|table| table.name.as_str()).collect();
        let mut expected: Vec<&str> = wanted.tables.iter().map(|table| table.name.as_str()).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
        for wanted in &wanted.tables {
            let Some(live) = live.table(&wanted.name) else { panic!("{}", wanted.name) };
            assert_eq!(live.columns.len(), wanted.columns.len());
            for (live, wanted) in live.columns.iter().zip(&wanted.columns) {
                match (&live.sql_type, &wanted.sql_type) {
                    (Type::Enum { values: a, .. }, Type::Enum { values: b, .. }) => assert_eq!(a, b),
                    (a, b) => assert_eq!(a, b, "{}", wanted.name),
                }
                let facts = |column: &orm_core::schema::Column| {
                    (column.name.clone(), column.nullable, column.auto_increment, column.comment.clone())
                };
                assert_eq!(facts(live), facts(wanted));
                assert_eq!(live.default.is_some(), wanted.default.is_some(), "{live:?} {wanted:?}");
            }
            assert_eq!(live.primary_key, wanted.primary_key);
            assert_eq!(live.comment, wanted.comment);
            assert_eq!(live.checks.len(), wanted.checks.len(), "{:?}", live.checks);
            let sorted = |table: &orm_core::schema::Table| {
                let mut uniques: Vec<_> = table.uniques.iter().map(|unique| unique.columns.clone()).collect();
                let mut keys: Vec<_> = table.foreign_keys.clone();
                let mut indexes: Vec<_> =
                    table.indexes.iter().map(|index| (index.name.clone(), index.columns.clone(), index.unique)).collect();
                uniques.sort();
                keys.sort_by(|a, b| a.name.cmp(&b.name));
                indexes.sort();
                (uniques, keys, indexes)
            };
            assert_eq!(sorted(live), sorted(wanted), "{}", wanted.name);
        }
        Ok(())
    }

    async fn creating_what_is_there_is_an_error_that_says_what_to_do(db: Db) -> Result<()> {
        metadata![Parent].create_all(&db.engine).await?;
        let error = metadata![Child, Parent].create_all(&db.engine).await.unwrap_err();
        assert!(matches!(&error, Error::TableExists { tables } if tables == &["parents"]), "{error}");
        assert_eq!(
            error.to_string(),
            "table parents is there already: create only what is missing with `create_missing`, drop it with `drop_all`, \
             or change it with a migration"
        );
        assert_eq!(names(&db.engine).await?, ["parents"]);
        Ok(())
    }

    async fn what_is_missing_is_created_and_the_rest_left_alone(db: Db) -> Result<()> {
        metadata![Parent].create_all(&db.engine).await?;
        db.engine.batch("INSERT INTO parents (id) VALUES (7)").await?;
        assert_eq!(metadata![Child, Parent].create_missing(&db.engine).await?, ["children"]);
        assert_eq!(metadata![Child, Parent].create_missing(&db.engine).await?, [""; 0]);
        assert_eq!(names(&db.engine).await?, ["children", "parents"]);
        assert_eq!(count(&db.engine, "parents").await?, 1);
        Ok(())
    }

    async fn all_is_dropped_whatever_is_there(db: Db) -> Result<()> {
        let metadata = broad::metadata(db.dialect());
        metadata.drop_all(&db.engine).await?;
        metadata.create_all(&db.engine).await?;
        db.engine.batch("CREATE TABLE bystander (id INTEGER)").await?;
        metadata![Hen, Egg].drop_all(&db.engine).await?;
        assert!(!names(&db.engine).await?.contains(&"eggs".to_owned()));
        metadata.drop_all(&db.engine).await?;
        assert_eq!(names(&db.engine).await?, ["bystander"]);
        // Enum types are gone too, else this would fail.
        metadata.create_all(&db.engine).await?;
        Ok(())
    }

    async fn a_cycle_with_rows_is_dropped(db: Db) -> Result<()> {
        metadata![Hen, Egg].create_all(&db.engine).await?;
        db.engine.batch(
            "INSERT INTO eggs (id) VALUES (1); INSERT INTO hens (id, egg_id) VALUES (1, 1); UPDATE eggs SET hen_id = 1",
        ).await?;
        metadata![Hen, Egg].drop_all(&db.engine).await?;
        assert_eq!(names(&db.engine).await?, [""; 0]);
        Ok(())
    }

    async fn a_table_that_others_reference_is_not_dropped_with_their_rows(db: Db) -> Result<()> {
        metadata![Parent, Child].create_all(&db.engine).await?;
        db.engine.batch("INSERT INTO parents (id) VALUES (1); INSERT INTO children (id, parent_id) VALUES (1, 1)").await?;
        let error = metadata![Parent].drop_all(&db.engine).await.unwrap_err().to_string();
        assert!(error.contains("parents") && (error.contains("children") || error.contains("foreign key")), "{error}");
        assert_eq!(names(&db.engine).await?, ["children", "parents"]);
        assert_eq!(count(&db.engine, "children").await?, 1);
        Ok(())
    }

    #[on(sqlite, postgres)]
    async fn a_creation_that_fails_leaves_nothing(db: Db) -> Result<()> {
        #[derive(Model, Debug, Clone, Default)]
        #[orm(table = "broken", check(name = "ck", "no_such_column > 0"))]
        struct Broken {
            #[orm(primary_key)]
            id: i64,
        }
        metadata![Parent, Broken].create_all(&db.engine).await.unwrap_err();
        assert_eq!(names(&db.engine).await?, [""; 0]);
        Ok(())
    }

    #[on(postgres)]
    async fn enum_types_are_used_again_and_kept_while_used(db: Db) -> Result<()> {
        use crate::broad::{EveryType, Mood};
        db.engine.batch("CREATE TYPE mood AS ENUM ('calm', 'it''s fine')").await?;
        metadata![EveryType].create_all(&db.engine).await?;
        db.engine.batch("CREATE TABLE other (m mood)").await?;
        metadata![EveryType].drop_all(&db.engine).await?;
        assert_eq!(names(&db.engine).await?, ["other"]);
        db.engine.batch("DROP TABLE other; DROP TYPE mood; CREATE TYPE mood AS ENUM ('calm')").await?;
        let error = metadata![EveryType].create_all(&db.engine).await.unwrap_err().to_string();
        assert!(error.contains("mood") && error.contains("it's fine"), "{error}");
        let _ = Mood::Calm;
        Ok(())
    }
}

#[test]
fn every_linked_model_is_registered_once() {
    let all = MetaData::registered().unwrap();
    for table in [<Parent as Model>::TABLE, <Hen as Model>::TABLE] {
        assert_eq!(all.models().iter().filter(|registered| **registered == table).count(), 1, "{table:?}");
    }
    assert!(all.models().is_sorted_by_key(|table| (table.schema, table.name)));
}
