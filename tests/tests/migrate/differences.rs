//! What differs between models and a database.

// Clippy takes one column in two indexes for an attribute written twice.
#![allow(clippy::duplicated_attributes)]

use super::{lines, made, migrator, number, tables};
use crate::broad;
use orm_migrate::Revision;
use tests::prelude::*;

/// The same table in several versions.
mod before {
    use tests::prelude::*;

    #[derive(Model, Debug, Clone, Default)]
    #[orm(
        table = "items",
        index(name = "ix_kept", columns(price)),
        index(name = "ix_changed", columns(price, name)),
        index(name = "ix_gone", columns(old)),
        check(name = "ck_items_price", "price BETWEEN 1 AND 100")
    )]
    pub(crate) struct Item {
        #[orm(primary_key)]
        pub(crate) id: i64,
        #[orm(length = 30)]
        pub(crate) name: String,
        pub(crate) price: i32,
        pub(crate) old: Option<i32>,
    }

    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "strict", comment = "one")]
    pub(crate) struct Strict {
        #[orm(primary_key)]
        pub(crate) id: i64,
        #[orm(length = 30)]
        pub(crate) grows: String,
        pub(crate) loosens: i32,
        #[orm(server_default = "1")]
        pub(crate) given: i32,
        #[orm(comment = "a")]
        pub(crate) commented: Option<i32>,
        #[orm(check = "checked IN (1, 2)")]
        pub(crate) checked: i32,
    }
}

mod after {
    use tests::prelude::*;

    #[derive(Model, Debug, Clone, Default)]
    #[orm(
        table = "items",
        index(name = "ix_kept", columns(price)),
        index(name = "ix_changed", columns(name)),
        check(name = "ck_items_price", "price BETWEEN 1 AND 100")
    )]
    pub(crate) struct Item {
        #[orm(primary_key)]
        pub(crate) id: i64,
        #[orm(length = 30)]
        pub(crate) name: String,
        pub(crate) price: i32,
        #[orm(unique)]
        pub(crate) code: Option<Uuid>,
        #[orm(index, server_default = "'new'")]
        pub(crate) state: String,
        #[orm(server_default = "true")]
        pub(crate) active: bool,
        #[orm(secondary = "item_labels")]
        pub(crate) labels: ManyToMany<Label>,
    }

    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "labels")]
    pub(crate) struct Label {
        #[orm(primary_key)]
        pub(crate) id: i64,
        #[orm(references = Item::id)]
        pub(crate) first_item_id: Option<i64>,
        pub(crate) items: ManyToMany<Item>,
    }

    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "strict", comment = "two")]
    pub(crate) struct Strict {
        #[orm(primary_key)]
        pub(crate) id: i64,
        #[orm(length = 60)]
        pub(crate) grows: String,
        pub(crate) loosens: Option<i32>,
        #[orm(server_default = "2")]
        pub(crate) given: i32,
        #[orm(comment = "b")]
        pub(crate) commented: Option<i32>,
        #[orm(check = "checked IN (1, 2, 3)")]
        pub(crate) checked: i32,
    }
}

mod renamed {
    use tests::prelude::*;

    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "items", index(name = "ix_kept", columns(price)), index(name = "ix_changed", columns(price, name)))]
    #[orm(check(name = "ck_items_price", "price BETWEEN 1 AND 100"), index(name = "ix_gone", columns(fresh)))]
    pub(crate) struct Item {
        #[orm(primary_key)]
        pub(crate) id: i64,
        #[orm(length = 30)]
        pub(crate) name: String,
        pub(crate) price: i32,
        pub(crate) fresh: Option<i32>,
    }
}

mod keyed {
    use tests::prelude::*;

    #[derive(Model, Debug, Clone, Default)]
    #[orm(table = "strict", comment = "one")]
    pub(crate) struct Strict {
        #[orm(primary_key)]
        pub(crate) id: i64,
        #[orm(primary_key, length = 30)]
        pub(crate) grows: String,
        pub(crate) loosens: i32,
        #[orm(server_default = "1")]
        pub(crate) given: i32,
        #[orm(comment = "a")]
        pub(crate) commented: Option<i32>,
        #[orm(check = "checked IN (1, 2)")]
        pub(crate) checked: i32,
        pub(crate) needed: i32,
    }
}

matrix! {
    async fn what_was_created_differs_in_nothing(db: Db) -> Result<()> {
        let models = broad::metadata(db.dialect());
        models.create_all(&db.engine).await?;
        let diff = made(migrator(&db, &[]).compare(&models).await);
        assert_eq!(diff.lines(), [""; 0]);
        assert!(diff.is_empty() && diff.unknown.is_empty() && diff.renames.is_empty(), "{diff:?}");
        Ok(())
    }

    async fn the_chinook_tables_differ_in_nothing_after_their_creation(db: Db) -> Result<()> {
        let models = examples::chinook::models::metadata();
        models.create_all(&db.engine).await?;
        assert_eq!(made(migrator(&db, &[]).compare(&models).await).lines(), [""; 0]);
        Ok(())
    }

    async fn an_empty_database_lacks_everything_and_a_revision_makes_it(db: Db) -> Result<()> {
        let models = broad::metadata(db.dialect());
        let diff = made(migrator(&db, &[]).compare(&models).await);
        assert_eq!(diff.findings, []);
        let revision = Revision::new("all", Vec::new(), diff.operations);
        let text = revision.to_toml();
        let read = made(Revision::from_toml(&text, ""));
        assert_eq!(read, revision, "{text}");
        assert_eq!(read.checksum(), revision.checksum());
        let migrator = migrator(&db, &[read]);
        made(migrator.upgrade("head").await);
        assert_eq!(made(migrator.compare(&models).await).lines(), [""; 0]);
        assert_eq!(made(migrator.status().await).pending, [""; 0]);
        made(migrator.downgrade("base").await);
        assert_eq!(tables(&db.engine).await?, [""; 0]);
        made(migrator.upgrade("head").await);
        assert_eq!(made(migrator.compare(&models).await).lines(), [""; 0]);
        Ok(())
    }

    async fn changed_models_become_operations_and_rows_are_kept(db: Db) -> Result<()> {
        metadata![before::Item].create_all(&db.engine).await?;
        db.engine.batch("INSERT INTO items (name, price, old) VALUES ('a', 5, 1), ('b', 6, 2)").await?;
        let models = metadata![after::Item, after::Label];
        let diff = made(migrator(&db, &[]).compare(&models).await);
        assert_eq!(diff.findings, []);
        assert_eq!(diff.renames, []);
        let all = lines(&diff.operations);
        for wanted in [
            "create table labels",
            "create table item_labels",
            "add column items.code",
            "add column items.state",
            "add column items.active",
            "add unique constraint to items (code)",
            "create index ix_items_state on items (state)",
            "create index ix_changed on items (name)",
            "drop column items.old",
        ] {
            assert!(all.contains(&wanted.to_owned()), "{wanted}: {all:?}");
        }
        let before = |first: &str, second: &str| {
            let at = |line: &str| all.iter().position(|found| found == line);
            assert!(at(first) < at(second), "{all:?}");
        };
        before("create table labels", "create table item_labels");
        before("drop index ix_changed of items", "create index ix_changed on items (name)");
        let revision = Revision::new("next", Vec::new(), diff.operations);
        let migrator = migrator(&db, &[made(Revision::from_toml(&revision.to_toml(), ""))]);
        made(migrator.upgrade("head").await);
        assert_eq!(made(migrator.compare(&models).await).lines(), [""; 0]);
        assert_eq!(number(&db.engine, "SELECT count(*) FROM items WHERE state = 'new' AND code IS NULL").await?, 2);
        assert_eq!(number(&db.engine, "SELECT sum(price) FROM items").await?, 11);
        made(migrator.downgrade("base").await);
        assert_eq!(made(migrator.compare(&metadata![before::Item]).await).lines(), [""; 0]);
        assert_eq!(number(&db.engine, "SELECT count(*) FROM items WHERE old IS NULL").await?, 2);
        Ok(())
    }

    async fn what_has_no_operation_is_said_in_words(db: Db) -> Result<()> {
        metadata![before::Strict].create_all(&db.engine).await?;
        let diff = made(migrator(&db, &[]).compare(&metadata![after::Strict]).await);
        let found = diff.lines().join("\n");
        for wanted in ["column grows has the type", "column loosens is NOT NULL", "column given has the default 1, wanted is the default 2"] {
            assert!(found.contains(wanted), "{wanted}: {found}");
        }
        let sqlite = db.dialect() == Dialect::Sqlite;
        assert_eq!(found.contains("column commented has the comment \"a\", wanted is \"b\""), !sqlite, "{found}");
        assert_eq!(found.contains("the table has the comment \"one\", wanted is \"two\""), !sqlite, "{found}");
        // A check has operations where constraints can be altered.
        let check = if sqlite { "the check (checked IN (1, 2, 3)) is missing" } else { "add check ck_strict_1 to strict: checked IN (1, 2, 3)" };
        assert!(found.contains(check), "{found}");
        let expected = if sqlite { 5 } else { 7 };
        assert_eq!(diff.lines().len(), expected, "{found}");

        let diff = made(migrator(&db, &[]).compare(&metadata![keyed::Strict]).await);
        let found = diff.lines().join("\n");
        assert!(found.contains("the primary key is (id), wanted is (id, grows)"), "{found}");
        assert!(found.contains("column needed is new and NOT NULL, but has no default"), "{found}");
        assert!(!diff.is_empty());
        Ok(())
    }

    async fn a_changed_check_is_exchanged(db: Db) -> Result<()> {
        if db.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        metadata![before::Strict].create_all(&db.engine).await?;
        let mut diff = made(migrator(&db, &[]).compare(&metadata![after::Strict]).await);
        diff.operations.retain(|operation| operation.to_string().contains("check"));
        assert_eq!(diff.operations.len(), 2, "{diff:?}");
        let migrator = migrator(&db, &[Revision::new("check", Vec::new(), diff.operations)]);
        made(migrator.upgrade("head").await);
        let left = made(migrator.compare(&metadata![after::Strict]).await).lines().join("\n");
        assert!(!left.contains("check") && left.contains("grows"), "{left}");
        made(migrator.downgrade("-1").await);
        Ok(())
    }

    async fn a_renamed_column_is_asked_about(db: Db) -> Result<()> {
        metadata![before::Item].create_all(&db.engine).await?;
        let diff = made(migrator(&db, &[]).compare(&metadata![renamed::Item]).await);
        let renames: Vec<String> = diff.renames.iter().map(ToString::to_string).collect();
        assert_eq!(renames, ["items: old -> fresh"]);
        Ok(())
    }

    async fn tables_that_no_model_knows_are_left_alone_unless_said_otherwise(db: Db) -> Result<()> {
        db.engine.batch(
            "CREATE TABLE theirs (id INTEGER PRIMARY KEY); \
             CREATE TABLE theirs_too (id INTEGER PRIMARY KEY, other INTEGER, CONSTRAINT fk FOREIGN KEY (other) REFERENCES theirs (id)); \
             CREATE INDEX ix_other ON theirs_too (other, id)",
        ).await?;
        let migrator = migrator(&db, &[]);
        let mut diff = made(migrator.compare(&metadata![before::Strict]).await);
        assert_eq!(lines(&diff.operations), ["create table strict"]);
        let names: Vec<&str> = diff.unknown.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["theirs", "theirs_too"]);
        diff.drop_unknown();
        let all = lines(&diff.operations);
        assert_eq!(all[1..], ["drop index ix_other of theirs_too", "drop table theirs_too", "drop table theirs"]);
        let migrator = super::migrator(&db, &[Revision::new("drop", Vec::new(), diff.operations)]);
        made(migrator.upgrade("head").await);
        assert_eq!(tables(&db.engine).await?, ["strict"]);
        made(migrator.downgrade("base").await);
        assert_eq!(tables(&db.engine).await?, ["theirs", "theirs_too"]);
        Ok(())
    }

    #[on(postgres)]
    async fn what_a_restored_dump_says_in_other_words_is_the_same(db: Db) -> Result<()> {
        // As pg_dump writes the check of a varchar column: the second time the server says it differently.
        #[derive(Model, Debug, Clone, Default)]
        #[orm(table = "dumped", check(name = "ck", "kind IN ('a', 'b')"))]
        struct Dumped {
            #[orm(primary_key)]
            id: i64,
            #[orm(length = 10)]
            kind: String,
        }
        metadata![Dumped].create_all(&db.engine).await?;
        let text = db.engine.reflect().await?.tables[0].checks[0].expression.clone();
        db.engine.batch(format!("ALTER TABLE dumped DROP CONSTRAINT ck; ALTER TABLE dumped ADD CONSTRAINT ck CHECK ({text})")).await?;
        assert_ne!(db.engine.reflect().await?.tables[0].checks[0].expression, text);
        assert_eq!(made(migrator(&db, &[]).compare(&metadata![Dumped]).await).lines(), [""; 0]);
        assert_eq!(tables(&db.engine).await?, ["dumped"]);
        Ok(())
    }

    #[on(postgres)]
    async fn tables_of_other_schemas_are_compared_where_they_are(db: Db) -> Result<()> {
        #[derive(Model, Debug, Clone, Default)]
        #[orm(table = "entries", schema = "audit", index(name = "ix_at", columns(at)))]
        struct Entry {
            #[orm(primary_key)]
            id: i64,
            at: NaiveDate,
        }
        db.engine.batch("CREATE SCHEMA audit; CREATE TABLE entries (other INTEGER)").await?;
        let models = metadata![Entry];
        let diff = made(migrator(&db, &[]).compare(&models).await);
        let revision = Revision::new("audit", Vec::new(), diff.operations);
        let migrator = migrator(&db, &[made(Revision::from_toml(&revision.to_toml(), ""))]);
        made(migrator.upgrade("head").await);
        let diff = made(migrator.compare(&models).await);
        assert_eq!(diff.lines(), [""; 0]);
        assert_eq!(diff.unknown[0].name, "entries");
        made(migrator.downgrade("base").await);
        Ok(())
    }

    #[on(sqlite)]
    async fn a_table_of_somebody_elses_making_is_what_it_is_and_not_how_it_is_spelled(db: Db) -> Result<()> {
        #[derive(Model, Debug, Clone, Default)]
        #[orm(table = "Line", rename_all = "PascalCase", index(name = "IFK", columns(track_id)))]
        struct Line {
            #[orm(primary_key)]
            line_id: i64,
            #[orm(length = 160)]
            title: Option<String>,
            #[orm(precision = 10, scale = 2)]
            price: Decimal,
            #[orm(references = Line::line_id)]
            track_id: i64,
            bought: NaiveDateTime,
        }
        db.engine.batch(
            "CREATE TABLE [Line] ([LineId] INTEGER NOT NULL, [Title] NVARCHAR(160), [Price] NUMERIC(10,2) NOT NULL, \
             [TrackId] INTEGER NOT NULL, [Bought] DATETIME NOT NULL, CONSTRAINT [PK_Line] PRIMARY KEY ([LineId]), \
             FOREIGN KEY ([TrackId]) REFERENCES [Line] ([LineId]) ON DELETE NO ACTION ON UPDATE NO ACTION); \
             CREATE INDEX [IFK] ON [Line] ([TrackId])",
        ).await?;
        assert_eq!(made(migrator(&db, &[]).compare(&metadata![Line]).await).lines(), [""; 0]);
        Ok(())
    }
}
