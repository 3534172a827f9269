//! How many statements a flush sends.

use super::models::*;
use tests::prelude::*;

matrix! {
    async fn children_go_in_one_insert(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let addresses: Vec<Address> = (0..100).map(|n| address_of(&format!("{n}"))).collect();
        session.add(User { addresses: addresses.into(), ..user("ed") });
        let log = db.engine.record();
        session.commit().await?;
        let inserts = sent(&log, "INSERT");
        assert_eq!(inserts.len(), 2, "{inserts:?}");
        assert_eq!(rows(&db.engine, "addresses").await?, 100);
        Ok(())
    }

    async fn rows_of_several_tables_do_not_split_each_other(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        for n in 0..20 {
            session.add(User {
                addresses: vec![address_of("a")].into(),
                keywords: vec![keyword("k")].into(),
                profile: Profile::default().into(),
                ..user(&format!("user {n}"))
            });
        }
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(sent(&log, "INSERT").len(), 5, "{:?}", sent(&log, "INSERT"));
        assert_eq!(rows(&db.engine, "user_keywords").await?, 20);
        Ok(())
    }

    async fn a_tree_within_one_table_takes_one_insert_for_each_depth(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let leaves = |n: usize| (0..10).map(|m| employee(&format!("{n} {m}"))).collect::<Vec<_>>();
        let middle: Vec<Employee> = (0..10).map(|n| Employee { reports: leaves(n).into(), ..employee("m") }).collect();
        session.add(Employee { reports: middle.into(), ..employee("top") });
        let log = db.engine.record();
        session.commit().await?;
        assert_eq!(sent(&log, "INSERT").len(), 3);
        assert_eq!(rows(&db.engine, "employees WHERE manager_id IS NOT NULL").await?, 110);
        Ok(())
    }

    async fn rows_are_deleted_together(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let keys = session.add_all((0..100).map(|n| keyword(&format!("{n}"))));
        session.commit().await?;
        let log = db.engine.record();
        for key in keys {
            session.delete(key);
        }
        session.commit().await?;
        assert_eq!(sent(&log, "DELETE FROM keywords").len(), 1, "{:?}", log.statements());
        assert_eq!(rows(&db.engine, "keywords").await?, 0);
        Ok(())
    }
}
