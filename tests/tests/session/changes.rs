//! What a session tells of what changed.

use super::models::*;
use orm_core::session::AnyKey;
use tests::prelude::*;

matrix! {
    async fn changes_since_the_flush_and_since_the_commit(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        assert!(session.changes(ed).is_empty());
        session[ed].fullname = Some("Ed".into());
        let changes = session.changes(ed);
        assert_eq!(changes.to_string(), "User::fullname: NULL → \"Ed\"");
        assert_eq!(changes.get(User::fullname), Some((Some(None), Some(Some("Ed".to_owned())))));
        assert_eq!(changes.get(User::name), None);
        assert_eq!((changes.columns()[0].model, changes.columns()[0].column), ("User", "fullname"));

        session.flush().await?;
        assert!(session.changes(ed).is_empty());
        session[ed].name = "eddie".into();
        assert_eq!(session.changes(ed).to_string(), "User::name: \"ed\" → \"eddie\"");
        let all = session.changes_since_commit(ed);
        assert_eq!(all.get(User::name), Some((Some("ed".to_owned()), Some("eddie".to_owned()))));
        assert_eq!(all.get(User::fullname).unwrap().0, Some(None));
        let mut nested = session.begin_nested().await?;
        nested[ed].name = "edward".into();
        nested.flush().await?;
        let nested_too = nested.changes_since_commit(ed).get(User::name).unwrap();
        assert_eq!(nested_too, (Some("ed".to_owned()), Some("edward".to_owned())));
        nested.rollback().await?;
        assert_eq!(session.changes_since_commit(ed).get(User::name).unwrap().1.as_deref(), Some("eddie"));
        session.commit().await?;
        assert!(session.changes_since_commit(ed).is_empty());

        let new = session.add(user("new"));
        assert_eq!(session.changes(new).get(User::name), Some((None, Some("new".to_owned()))));
        session.flush().await?;
        assert!(session.changes(new).is_empty());
        assert_eq!(session.changes_since_commit(new).get(User::name), Some((None, Some("new".to_owned()))));
        Ok(())
    }

    async fn what_is_new_dirty_and_deleted(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let users = session.all(select(User).order_by(User::id.asc())).await?;
        let (ed, sandy) = (users[0], users[1]);
        let new = session.add(keyword("word"));
        session[ed].name.push('!');
        session[sandy].name.push('!');
        session[sandy].name.pop();
        assert_eq!(session.new_objects().collect::<Vec<_>>(), [AnyKey::from(new)]);
        assert_eq!(session.dirty().filter_map(|key| key.of::<User>()).collect::<Vec<_>>(), [ed]);
        assert_eq!(session.dirty().filter_map(|key| key.of::<Keyword>()).count(), 0);
        session.delete(sandy);
        assert_eq!(session.deleted().collect::<Vec<_>>(), [sandy.into()]);
        assert_eq!(session.state_of(sandy.into()), State::Deleted);
        assert_eq!(session.primary_key(ed), Some(vec![Value::I64(1)]));
        assert_eq!(session.primary_key(new), None);
        assert_eq!(session.objects::<User>().collect::<Vec<_>>(), [ed, sandy]);
        session.commit().await?;
        assert_eq!((session.new_objects().count(), session.dirty().count(), session.deleted().count()), (0, 0, 0));
        assert_eq!(session.state_of(sandy.into()), State::Detached);
        assert_eq!(session.primary_key(sandy), None);
        let other = db.engine.session();
        assert_eq!(other.state_of(ed.into()), State::Detached);
        Ok(())
    }

    async fn who_came_into_a_collection_and_who_left(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let users = session.all(select(User).order_by(User::id.asc())).await?;
        let (ed, sandy) = (users[0], users[1]);
        session.load(&users, (User::addresses, User::keywords)).await?;
        let first = session.push(ed, User::addresses, address_of("first@one"));
        let word = session.push(ed, User::keywords, keyword("word"));
        session.flush().await?;
        let none = session.member_changes(ed, User::addresses)?;
        assert_eq!((none.added.len(), none.removed.len()), (0, 0));

        session.set(first, Address::user, sandy);
        let second = session.push(ed, User::addresses, address_of("second@one"));
        let changes = session.member_changes(ed, User::addresses)?;
        assert_eq!((changes.added, changes.removed), (vec![second], vec![first]));
        assert_eq!(session.member_changes(sandy, User::addresses)?.added, [first]);

        session.remove(ed, User::keywords, word);
        let other = session.push(ed, User::keywords, keyword("other"));
        let changes = session.member_changes(ed, User::keywords)?;
        assert_eq!((changes.added, changes.removed), (vec![other], vec![word]));
        session.commit().await?;
        let none = session.member_changes(ed, User::keywords)?;
        assert_eq!((none.added.len(), none.removed.len()), (0, 0));
        Ok(())
    }
}
