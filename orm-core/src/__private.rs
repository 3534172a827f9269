//! What the derive's output names. No part of the public interface.

pub use crate::__register as register;
pub use crate::types::derive::{check_key, no_variant, with_length, with_precision};
pub use inventory;

/// Enters a model into the program's list of models.
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($table:expr) => {
        $crate::__private::inventory::submit! { $crate::schema::Registration($table) }
    };
}
