use crate::engine::Engine;
use crate::entity::{Key, LoadPath, LoadStep, Path, RelRef};
use crate::error::Result;
use crate::model::{Mapped, Mapper, Object, RelationState};
use crate::session::Session;
use std::any::Any;

/// Inserts owned trees in one transaction, and gives them back with the values that the database made: keys, versions,
/// defaults. What was set in a tree is there again, with its own values; other relationships are not loaded.
///
/// An array gives an array, so that every object has its name; a tuple takes several models.
///
/// SQL: the INSERTs of [`Session::flush`].
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug, Clone, Default)]
/// # #[orm(table = "users")]
/// # struct User {
/// #     #[orm(primary_key)]
/// #     id: i64,
/// #     name: String,
/// #     keywords: HasMany<Keyword>,
/// # }
/// # #[derive(Model, Debug, Clone, Default)]
/// # #[orm(table = "keywords")]
/// # struct Keyword {
/// #     #[orm(primary_key)]
/// #     id: i64,
/// #     word: String,
/// #     #[orm(references = User::id)]
/// #     user_id: Option<i64>,
/// #     user: BelongsTo<Option<User>>,
/// # }
/// # async fn example() -> orm_core::Result<()> {
/// # use orm_core::testing;
/// # let engine = testing::engine(metadata![User, Keyword]).await?;
/// let user = |name: &str| User { name: name.into(), ..Default::default() };
/// let word = |word: &str| Keyword { word: word.into(), ..Default::default() };
///
/// let [ed, wendy] = testing::fixtures(&engine, [user("ed"), user("wendy")]).await?;
/// let (fred, words) = testing::fixtures(
///     &engine,
///     (User { keywords: vec![word("sql")].into(), ..user("fred") }, vec![word("rust"), word("orm")]),
/// )
/// .await?;
/// assert_eq!((ed.id, wendy.id, fred.id), (1, 2, 3));
/// assert_eq!(fred.keywords[0].user_id, Some(3));
/// assert_eq!(words[1].word, "orm");
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
///
/// # Errors
/// Those of [`Session::commit`]; nothing was inserted then.
pub async fn fixtures<F: Fixtures>(engine: &Engine, trees: F) -> Result<F> {
    let mut session = engine.session();
    let added = trees.add_to(&mut session);
    session.commit().await?;
    F::copy_out(added, &session)
}

/// What [`fixtures`] takes: an owned tree, an array or `Vec` of them, or a tuple of those.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model, an array or `Vec` of models, or a tuple of those",
    label = "can't be inserted"
)]
pub trait Fixtures: Sized {
    /// The keys of what was added.
    type Added;
    /// Adds it all to a session.
    fn add_to(self, session: &mut Session) -> Self::Added;
    /// Copies it all out.
    ///
    /// # Errors
    /// Those of [`Session::tree`].
    fn copy_out(added: Self::Added, session: &Session) -> Result<Self>;
}

/// The key of a tree's root, and what was set in the tree.
#[doc(hidden)]
#[derive(Debug)]
pub struct AddedTree<M> {
    key: Key<M>,
    paths: Vec<LoadPath>,
}

impl<M: Mapped> Fixtures for M {
    type Added = AddedTree<M>;

    fn add_to(mut self, session: &mut Session) -> AddedTree<M> {
        let mut paths = Vec::new();
        shape(&mut self, &mut Vec::new(), &mut paths);
        AddedTree { key: session.add(self), paths }
    }

    fn copy_out(added: AddedTree<M>, session: &Session) -> Result<M> {
        session.tree(added.key, Paths(added.paths))
    }
}

impl<M: Mapped> Fixtures for Vec<M> {
    type Added = Vec<AddedTree<M>>;

    fn add_to(self, session: &mut Session) -> Vec<AddedTree<M>> {
        self.into_iter().map(|tree| tree.add_to(session)).collect()
    }

    fn copy_out(added: Vec<AddedTree<M>>, session: &Session) -> Result<Vec<M>> {
        added.into_iter().map(|added| M::copy_out(added, session)).collect()
    }
}

impl<M: Mapped, const N: usize> Fixtures for [M; N] {
    type Added = [AddedTree<M>; N];

    fn add_to(self, session: &mut Session) -> [AddedTree<M>; N] {
        self.map(|tree| tree.add_to(session))
    }

    fn copy_out(added: [AddedTree<M>; N], session: &Session) -> Result<[M; N]> {
        let trees = added.into_iter().map(|added| M::copy_out(added, session)).collect::<Result<Vec<M>>>()?;
        match trees.try_into() {
            Ok(trees) => Ok(trees),
            Err(_) => unreachable!("there is one tree for each key"),
        }
    }
}

macro_rules! tuples {
    ($($($f:ident $n:tt)+;)*) => { $(
        impl<$($f: Fixtures),+> Fixtures for ($($f,)+) {
            type Added = ($($f::Added,)+);

            fn add_to(self, session: &mut Session) -> Self::Added {
                ($(self.$n.add_to(session),)+)
            }

            fn copy_out(added: Self::Added, session: &Session) -> Result<Self> {
                Ok(($($f::copy_out(added.$n, session)?,)+))
            }
        }
    )* };
}
tuples! {
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
}

struct Paths(Vec<LoadPath>);

impl<M> Path<M> for Paths {
    fn into_paths(self) -> Vec<LoadPath> {
        self.0
    }
}

/// Collects the paths of relationships that are set in a tree.
fn shape(object: &mut dyn Object, path: &mut Vec<LoadStep>, found: &mut Vec<LoadPath>) {
    let table = object.table();
    for index in 0..table.relationships.len() as u16 {
        let field = object.relation_mut(index);
        if !matches!(field.state(), RelationState::Loaded | RelationState::Partial) {
            continue;
        }
        path.push(LoadStep::new(RelRef { table, index, reversed: false }));
        let steps = path.clone();
        if found.iter().all(|other| other.steps != steps) {
            found.push(LoadPath { steps });
        }
        if let Some(mapper) = Mapper::get(field.target()) {
            field.members(&mut |member: &mut dyn Any| {
                if let Some(member) = mapper.object(member) {
                    shape(member, path, found);
                }
            });
        }
        path.pop();
    }
}
