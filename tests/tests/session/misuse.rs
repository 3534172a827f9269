//! Mistakes that the compiler can't see, each with what it is told. (What the compiler says of the others stands in
//! `tests/compile-fail/session_*.stderr`.)

use super::models::*;
use tests::prelude::*;

/// An owner and what belongs to it, to be serialised.
#[derive(Model, serde::Serialize, Debug, Clone, Default)]
#[orm(table = "owners")]
pub struct Owner {
    #[orm(primary_key)]
    pub id: i64,
    pub things: HasMany<Thing>,
}

#[derive(Model, serde::Serialize, Debug, Clone, Default)]
#[orm(table = "things")]
pub struct Thing {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(references = Owner::id)]
    pub owner_id: i64,
    pub owner: BelongsTo<Owner>,
}

/// `ed` and `sandy` with their addresses, in a session.
async fn both(db: &Db) -> Result<(Session, [Key<User>; 2])> {
    create(db).await?;
    ed_and_sandy(&db.engine).await?;
    let mut session = db.engine.session();
    let users = session.all(select(User).order_by(User::id).options(selectinload(User::addresses))).await?;
    let [ed, sandy] = users[..] else { panic!() };
    Ok((session, [ed, sandy]))
}

matrix! {
    async fn a_key_of_another_session(db: Db) -> Result<()> {
        let (mut session, [ed, _]) = both(&db).await?;
        let mut other = db.engine.session();
        let stranger = other.get::<User>(1).await?.unwrap();
        let wanted = "this `Key<User>` belongs to another session";
        assert_eq!(panics(|| session[stranger].id), wanted);
        assert_eq!(panics(|| session[stranger].name.clear()), wanted);
        assert_eq!(panics(|| session.edit(stranger, |user| user.name.clear())), wanted);
        assert_eq!(panics(|| session.delete(stranger)), wanted);
        assert_eq!(panics(|| session.push(stranger, User::addresses, address_of("new"))), wanted);
        assert_eq!(panics(|| session.push(ed, User::friends, stranger)), wanted);
        assert_eq!(panics(|| session.remove(ed, User::friends, stranger)), wanted);
        assert_eq!(panics(|| session.at(stranger).id), wanted);
        assert_eq!(said(session.try_get(stranger).map(drop)), wanted);
        assert_eq!(said(session.get_mut(stranger).map(drop)), wanted);
        assert_eq!(said(session.keys(stranger, User::addresses)), wanted);
        assert_eq!(said(session.load(stranger, User::addresses).await), wanted);
        assert_eq!(said(session.refresh(stranger).await), wanted);
        assert_eq!(said(session.tree(stranger, ())), wanted);
        assert_eq!(session.state(stranger), State::Detached);
        // Nothing came of it.
        let log = db.engine.record();
        session.commit().await?;
        log.assert_count(0);
        Ok(())
    }

    async fn a_key_of_what_was_deleted_and_committed(db: Db) -> Result<()> {
        let (mut session, [ed, sandy]) = both(&db).await?;
        let address = session.keys(sandy, User::addresses)?[0];
        session.delete(sandy);
        session.flush().await?;
        // Until the commit it may come back.
        assert_eq!((session.state(sandy), session[sandy].name.as_str()), (State::Deleted, "sandy"));
        session.commit().await?;
        let wanted = "this `Key<User>` names an object that is not in the session any more";
        assert_eq!(session.state(sandy), State::Detached);
        assert_eq!(panics(|| session[sandy].id), wanted);
        assert_eq!(panics(|| session.push(ed, User::friends, sandy)), wanted);
        assert_eq!(said(session.load(sandy, User::addresses).await), wanted);
        let addresses = "this `Key<Address>` names an object that is not in the session any more";
        assert_eq!(panics(|| session[address].id), addresses);
        Ok(())
    }

    async fn a_key_of_what_was_expunged_or_taken(db: Db) -> Result<()> {
        let (mut session, [ed, sandy]) = both(&db).await?;
        let wanted = "this `Key<User>` names an object that is not in the session any more";
        session.expunge(ed);
        let taken = session.take(sandy)?;
        assert_eq!(taken.name, "sandy");
        for key in [ed, sandy] {
            assert_eq!(session.state(key), State::Detached);
            assert_eq!(panics(|| session[key].id), wanted);
            assert_eq!(panics(|| session.delete(key)), wanted);
            assert_eq!(panics(|| session.expunge(key)), wanted);
            assert_eq!(said(session.take(key).map(drop)), wanted);
            assert_eq!(said(session.refresh(key).await), wanted);
        }
        assert_eq!(rows(&db.engine, "users").await?, 2);
        Ok(())
    }

    async fn a_key_does_not_name_what_took_its_place(db: Db) -> Result<()> {
        let (mut session, [_, sandy]) = both(&db).await?;
        session.delete(sandy);
        session.commit().await?;
        // The new object has the old one's slot.
        let new = session.add(user("new"));
        assert_eq!(session[new].name, "new");
        assert_eq!(said(session.try_get(sandy).map(drop)), "this `Key<User>` names an object that is not in the session any more");
        assert_ne!(sandy, new);
        Ok(())
    }

    async fn two_mutable_borrows_of_one_object(db: Db) -> Result<()> {
        let (mut session, [ed, sandy]) = both(&db).await?;
        assert_eq!(panics(|| session.pair_mut(ed, ed).0.id), "`pair_mut` was given one `User` twice");
        let (one, other) = session.pair_mut(ed, sandy);
        std::mem::swap(&mut one.fullname, &mut other.fullname);
        Ok(())
    }

    async fn a_link_to_what_is_gone(db: Db) -> Result<()> {
        let (mut session, [ed, sandy]) = both(&db).await?;
        let out = session.add(user("out"));
        session.delete(out);
        session.push(ed, User::friends, out);
        assert_eq!(
            said(session.flush().await),
            "a new `User` has no row, since it was taken out of the session or deleted, so `User::friends` can't link it; add it anew"
        );
        session.rollback().await?;
        session.delete(sandy);
        session.flush().await?;
        session.push(sandy, User::addresses, address_of("too late"));
        assert_eq!(
            said(session.flush().await),
            "`User` 2 has no row, since it was taken out of the session or deleted, so `User::addresses` can't link it; add it anew"
        );
        session.rollback().await
    }

    async fn a_link_and_a_column_that_disagree(db: Db) -> Result<()> {
        let (mut session, [ed, sandy]) = both(&db).await?;
        let address = session.keys(ed, User::addresses)?[0];
        session.set(address, Address::user, sandy);
        session[address].user_id = 7;
        assert_eq!(said(session.flush().await), "`Address` 1 was linked to `User` 2, whose key is 2, and `Address::user_id` was set by hand to 7; change one of the two");
        session.rollback().await?;
        assert_eq!((session[address].user_id, session.at(address).one(Address::user)?.key()), (1, ed));
        Ok(())
    }

    async fn a_member_without_the_owner_that_it_needs(db: Db) -> Result<()> {
        create(&db).await?;
        let mut session = db.engine.session();
        let full = session.add(Crate { bottles: vec![Bottle::default()].into(), ..Default::default() });
        session.commit().await?;
        let bottle = session.keys(full, Crate::bottles)?[0];
        session.remove(full, Crate::bottles, bottle);
        assert_eq!(said(session.at(bottle).one(Bottle::in_crate)), "`Bottle::in_crate` of `Bottle` 1 leads to no object");
        assert_eq!(said(session.flush().await), "`Bottle` 1 was taken out of its relationship, but `Bottle::crate_id` is NOT NULL; give it another `Crate`, delete it, or declare `cascade(all, delete_orphan)`");
        session.rollback().await?;
        assert_eq!(session.keys(full, Crate::bottles)?, [bottle]);
        // One that never had any.
        session.add(Bottle::default());
        assert_eq!(said(session.flush().await), "a new `Bottle` is linked to no `Crate`: `Bottle::crate_id` is 0, which is no key; link it with `push` or `set`, or set the column");
        session.rollback().await
    }

    async fn a_field_that_belongs_to_the_session(db: Db) -> Result<()> {
        let (mut session, [ed, _]) = both(&db).await?;
        let wanted = "`User::addresses` belongs to a session: read it with `session.at(key)`, change it with `push`, `set` or \
                      `replace`, copy it out with `session.tree(key, …)`";
        assert_eq!(said(session[ed].addresses.get().map(drop)), wanted);
        assert_eq!(panics(|| session[ed].addresses.iter().count()), wanted);
        assert_eq!(panics(|| session[ed].addresses[0].id), wanted);
        session[ed].addresses = vec![address_of("lost")].into();
        assert_eq!(said(session.flush().await), wanted);
        session.rollback().await?;
        assert_eq!(session.keys(ed, User::addresses)?.len(), 2);
        // A copy takes the mark along.
        let copy = User { id: 0, name: "copy".into(), ..session[ed].clone() };
        session.add(copy);
        let fields = ["addresses", "profile", "keywords", "friends", "liked"].map(|field| {
            format!("`User::{field}` of an added object belongs to a session; set it to `Default::default()`, or to new objects")
        });
        assert_eq!(said(session.flush().await), fields.join("\n"));
        session.rollback().await
    }

    async fn an_object_of_the_session_is_not_serialised(db: Db) -> Result<()> {
        metadata![Owner, Thing].create_all(&db.engine).await?;
        let mut session = db.engine.session();
        let owner = session.add(Owner { things: vec![Thing::default()].into(), ..Default::default() });
        session.commit().await?;
        let error = serde_json::to_string(&session[owner]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Owner::things` belongs to a session: read it with `session.at(key)`, change it with `push`, `set` or `replace`, \
             copy it out with `session.tree(key, …)`"
        );
        let text = serde_json::to_string(&session.tree(owner, Owner::things)?).map_err(Error::custom)?;
        assert_eq!(text, r#"{"id":1,"things":[{"id":1,"owner_id":1,"owner":null}]}"#);
        Ok(())
    }

    async fn what_was_not_loaded(db: Db) -> Result<()> {
        create(&db).await?;
        ed_and_sandy(&db.engine).await?;
        let mut session = db.engine.session();
        let ed = session.get::<User>(1).await?.unwrap();
        let wanted = "`User::addresses` was not loaded; load it with `.options(selectinload(User::addresses))` or \
                      `session.load(…, User::addresses)`";
        assert_eq!(said(session.keys(ed, User::addresses)), wanted);
        assert_eq!(said(session.at(ed).many(User::addresses).map(drop)), wanted);
        assert_eq!(said(session.tree(ed, User::addresses)), wanted);
        session.replace(ed, User::addresses, [address_of("only")]);
        assert_eq!(
            said(session.flush().await),
            "`User::addresses` was not loaded, so what it leads to now can't be replaced; load it with `session.load(key, User::addresses)`"
        );
        session.rollback().await?;
        let filtered = select(User).options(selectinload(User::addresses).filter(Address::email.eq("ed@one")));
        let ed = session.first(filtered.order_by(User::id)).await?.unwrap();
        assert_eq!(
            said(session.keys(ed, User::addresses)),
            "`User::addresses` was loaded under a filter; read it with `partial()`, or load it whole"
        );
        Ok(())
    }

    async fn a_commit_of_the_whole_inside_a_savepoint(db: Db) -> Result<()> {
        let (mut session, [ed, _]) = both(&db).await?;
        let mut outer = session.begin_nested().await?;
        outer[ed].fullname = Some("outer".into());
        let mut inner = outer.begin_nested().await?;
        inner[ed].fullname = Some("inner".into());
        assert_eq!(
            said(Session::commit(&mut inner).await),
            "`commit` inside the savepoint orm_session_2: end that first, with its own `commit` or `rollback`; where its handle \
             is lost (`mem::forget`), `session.reset()` rolls back everything"
        );
        // A handle that is forgotten leaves its savepoint open.
        std::mem::forget(inner);
        assert_eq!(
            said(outer.commit().await),
            "the savepoint orm_session_2 is still open inside orm_session_1: end it first"
        );
        session.rollback().await?;
        session.rollback().await?;
        Ok(())
    }

    async fn two_objects_of_one_row(db: Db) -> Result<()> {
        let (mut session, [ed, _]) = both(&db).await?;
        session.add(User { id: 1, ..user("another ed") });
        let error = session.flush().await.unwrap_err();
        assert!(matches!(&error, Error::UniqueViolation { .. } | Error::Session(_)), "{error:?}");
        session.rollback().await?;
        assert_eq!((session.get::<User>(1).await?, session[ed].name.as_str()), (Some(ed), "ed"));
        Ok(())
    }

    async fn a_key_that_is_taken_away(db: Db) -> Result<()> {
        let (mut session, [ed, _]) = both(&db).await?;
        session[ed].id = 0;
        let error = said(session.flush().await);
        assert!(error.contains("key") && error.contains("`User`"), "{error}");
        session.rollback().await?;
        assert_eq!(session[ed].id, 1);
        Ok(())
    }

    async fn an_object_out_of_the_session_is_asked_for(db: Db) -> Result<()> {
        let (mut session, [ed, sandy]) = both(&db).await?;
        session.commit().await?;
        db.engine.run("DELETE FROM addresses").await?;
        db.engine.run("DELETE FROM users WHERE id = 2").await?;
        assert_eq!(said(session.refresh(sandy).await), "no row found for `User` 2");
        session.rollback().await?;
        session[sandy].fullname = Some("nobody".into());
        assert_eq!(said(session.flush().await), "0 of 1 rows of users matched: `User` 2 was changed or deleted by somebody else; roll back, read the row again (`get`, or any query that returns it) and repeat the change");
        session.rollback().await?;
        assert_eq!(session.state(ed), State::Persistent);
        Ok(())
    }
}
