//! Entities as selections.

use super::mapped::Mapped;
use crate::entity::{Entity, Key, Model, OptionalEntity, Sink, TableDef};
use crate::error::{Error, Result};
use crate::expr::Source;
use crate::query::{Alias, Decode, Item, Selection};
use crate::types::Row;
use std::any::Any;
use std::marker::PhantomData;

/// Reads an entity.
pub struct EntityDecoder<M>(PhantomData<fn() -> M>);
/// Reads an entity that may be absent.
pub struct OptionalDecoder<M>(PhantomData<fn() -> M>);

impl<M: Mapped> Decode<M, Key<M>> for EntityDecoder<M> {
    fn row(&self, row: &dyn Row, at: &mut usize) -> Result<M> {
        let start = *at;
        *at += M::TABLE.columns.len();
        M::from_row(row, start).map_err(|error| error.of(M::TABLE))
    }

    fn keyed(&self, row: &dyn Row, at: &mut usize, sink: &mut dyn Sink) -> Result<Key<M>> {
        let start = *at;
        *at += M::TABLE.columns.len();
        sink.entity(M::TABLE, row, start).map(Key::from_raw)
    }

    fn entities(&self, row: &mut M, visit: &mut dyn FnMut(&'static TableDef, &mut dyn Any)) {
        visit(M::TABLE, row);
    }
}

/// An outer join found no row: the key is NULL.
fn absent(table: &'static TableDef, row: &dyn Row, at: usize) -> Result<bool> {
    let key = table.primary_key.first().copied().unwrap_or(0);
    row.is_null(at + usize::from(key)).map_err(|reason| Error::Decode {
        column: format!("`{}::{}`", table.title(), table.column_def(key).field),
        reason,
    })
}

impl<M: Mapped> Decode<Option<M>, Option<Key<M>>> for OptionalDecoder<M> {
    fn row(&self, row: &dyn Row, at: &mut usize) -> Result<Option<M>> {
        if absent(M::TABLE, row, *at)? {
            *at += M::TABLE.columns.len();
            return Ok(None);
        }
        EntityDecoder::<M>(PhantomData).row(row, at).map(Some)
    }

    fn keyed(&self, row: &dyn Row, at: &mut usize, sink: &mut dyn Sink) -> Result<Option<Key<M>>> {
        if absent(M::TABLE, row, *at)? {
            *at += M::TABLE.columns.len();
            return Ok(None);
        }
        EntityDecoder::<M>(PhantomData).keyed(row, at, sink).map(Some)
    }

    fn entities(&self, row: &mut Option<M>, visit: &mut dyn FnMut(&'static TableDef, &mut dyn Any)) {
        if let Some(entity) = row {
            visit(M::TABLE, entity);
        }
    }
}

impl<M: Mapped> Selection for Entity<M> {
    type Row = M;
    type Keyed = Key<M>;
    type Decoder = EntityDecoder<M>;
    fn resolve(self, items: &mut Vec<Item>) -> Self::Decoder {
        items.push(Item::Entity { source: Source::Table(M::TABLE), optional: false });
        EntityDecoder(PhantomData)
    }
}

impl<M: Mapped> Selection for OptionalEntity<M> {
    type Row = Option<M>;
    type Keyed = Option<Key<M>>;
    type Decoder = OptionalDecoder<M>;
    fn resolve(self, items: &mut Vec<Item>) -> Self::Decoder {
        items.push(Item::Entity { source: Source::Table(M::TABLE), optional: true });
        OptionalDecoder(PhantomData)
    }
}

impl<M: Mapped> Selection for &Alias<M> {
    type Row = M;
    type Keyed = Key<M>;
    type Decoder = EntityDecoder<M>;
    fn resolve(self, items: &mut Vec<Item>) -> Self::Decoder {
        items.push(Item::Entity { source: Source::Alias(self.def.clone()), optional: false });
        EntityDecoder(PhantomData)
    }
}

/// An alias on the nullable side of an outer join: [`Alias::optional`].
pub struct OptionalAlias<M>(Alias<M>);

impl<M: Model> Alias<M> {
    /// The alias on the nullable side of an outer join: `None` where there was no row.
    pub fn optional(&self) -> OptionalAlias<M> {
        OptionalAlias(self.clone())
    }
}

impl<M: Mapped> Selection for OptionalAlias<M> {
    type Row = Option<M>;
    type Keyed = Option<Key<M>>;
    type Decoder = OptionalDecoder<M>;
    fn resolve(self, items: &mut Vec<Item>) -> Self::Decoder {
        items.push(Item::Entity { source: Source::Alias(self.0.def.clone()), optional: true });
        OptionalDecoder(PhantomData)
    }
}
