use super::table::TableDef;
use crate::error::Result;
use crate::types::{DecodeError, Plain, Row, SqlType, Value, column};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::num::NonZeroU32;

/// A handle to an object in a session: `Copy`, and unable to lie.
///
/// It carries its session's number and the version of its slot, so that a key used with another session, or of an object
/// that is gone, is told apart from every other.
pub struct Key<M> {
    raw: RawKey,
    of: PhantomData<fn() -> M>,
}

/// A [`Key`] without its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RawKey {
    /// The slot in the model's store.
    pub index: u32,
    /// The slot's version when the key was made.
    pub version: NonZeroU32,
    /// The session's number.
    pub session: u32,
}

impl<M> Key<M> {
    /// Puts the model back on a key that is known to be of it.
    #[doc(hidden)]
    pub const fn from_raw(raw: RawKey) -> Self {
        Key { raw, of: PhantomData }
    }

    /// The key without its model.
    #[doc(hidden)]
    pub const fn raw(self) -> RawKey {
        self.raw
    }
}

impl<M> Clone for Key<M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for Key<M> {}
impl<M> PartialEq for Key<M> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}
impl<M> Eq for Key<M> {}
impl<M> PartialOrd for Key<M> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<M> Ord for Key<M> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.raw.cmp(&other.raw)
    }
}
impl<M> Hash for Key<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}
impl<M> fmt::Debug for Key<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = std::any::type_name::<M>();
        write!(f, "Key<{}>({}v{})", model.rsplit("::").next().unwrap_or(model), self.raw.index, self.raw.version)
    }
}

/// A primary key's value: one SQL type, or a tuple of several.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a primary key",
    label = "expected a SQL type that is not an `Option`, or a tuple of such"
)]
pub trait KeyTuple: Send + Sync + 'static {
    /// The columns' values, in order.
    fn values(&self) -> Vec<Value>;

    /// Reads the columns from position `at` of a row on.
    ///
    /// # Errors
    /// When one of them does not fit.
    fn read(row: &dyn Row, at: usize) -> Result<Self, DecodeError>
    where
        Self: Sized;
}

impl<T: Plain> KeyTuple for T {
    fn read(row: &dyn Row, at: usize) -> Result<Self, DecodeError> {
        column(row, at)
    }

    fn values(&self) -> Vec<Value> {
        vec![SqlType::to_value(self)]
    }
}

macro_rules! key_tuples {
    ($($($t:ident $n:tt)+;)*) => { $(
        impl<$($t: Plain),+> KeyTuple for ($($t,)+) {
            fn read(row: &dyn Row, at: usize) -> Result<Self, DecodeError> {
                Ok(($(column::<$t>(row, at + $n)?,)+))
            }
            fn values(&self) -> Vec<Value> {
                vec![$(self.$n.to_value()),+]
            }
        }
    )* };
}
key_tuples! {
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
}

/// What stands for a primary key of type `K`: the key itself, or a `&str` for a `String`.
#[diagnostic::on_unimplemented(message = "the primary key is `{K}`, not `{Self}`", label = "expected `{K}`")]
pub trait IntoKey<K> {
    /// The key.
    fn into_key(self) -> K;
}

impl<K> IntoKey<K> for K {
    fn into_key(self) -> K {
        self
    }
}

impl IntoKey<String> for &str {
    fn into_key(self) -> String {
        self.to_owned()
    }
}

/// Where rows of entities go when a query gives keys instead of values: a session.
pub trait Sink {
    /// Takes in the entity whose columns start at `at`, and gives its key. A row that is known already is not decoded.
    ///
    /// # Errors
    /// When the row can't be decoded.
    fn entity(&mut self, table: &'static TableDef, row: &dyn Row, at: usize) -> Result<RawKey>;
}
