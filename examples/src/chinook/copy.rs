//! The whole shop from one database to another.

use super::models::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist, PlaylistTrack, Track, metadata,
};
use orm_core::Result;
use orm_core::prelude::*;

/// Copies all rows, in one transaction, into empty tables, and advances the sequences past the keys.
///
/// # Errors
/// Those of either database; then nothing was copied.
pub async fn copy(from: &Engine, to: &Engine) -> Result<u64> {
    macro_rules! copy {
        ($transaction:ident: $($model:ident)*) => {{
            let mut rows = 0;
            $(rows += $transaction.execute(insert($model).rows(&from.all(select($model)).await?)).await?;)*
            rows
        }};
    }
    let rows = to
        .transaction(async |transaction| {
            // Tables in the order of their foreign keys; employees are numbered from the top down.
            Ok(copy!(transaction: Artist Album Employee Customer Genre MediaType Track Invoice InvoiceLine Playlist PlaylistTrack))
        })
        .await?;
    metadata().advance_sequences(to).await?;
    Ok(rows)
}
