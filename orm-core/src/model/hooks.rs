//! What a model does and checks by itself: hooks around its rows, and validation.

use super::mapped::Mapped;
use crate::error::{Invalid, Result};
use std::fmt;

/// What a model does when its rows are written and read. A model that has it says so: `#[orm(hooks)]`.
///
/// The hooks before a write run in a session's flush, before anything is sent; `insert(User).rows(&users)` and other
/// statements run none. What `before_insert` and `before_update` change in the object is written with it. An error fails the
/// flush, and memory is as before it. `Error::custom` wraps an error of your own.
///
/// ```
/// use orm_core::Result;
/// use orm_core::prelude::*;
///
/// #[derive(Model, Debug, Clone, Default)]
/// #[orm(table = "articles", hooks)]
/// struct Article {
///     #[orm(primary_key)]
///     id: i64,
///     title: String,
///     slug: String,
/// }
///
/// impl Hooks for Article {
///     fn before_insert(&mut self) -> Result<()> {
///         self.slug = self.title.to_lowercase().replace(' ', "-");
///         Ok(())
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let engine = Engine::connect("sqlite::memory:").await?;
/// metadata![Article].create_all(&engine).await?;
/// let mut session = engine.session();
/// let article = session.add(Article { title: "Hello World".into(), ..Default::default() });
/// session.commit().await?;
/// assert_eq!(session[article].slug, "hello-world");
/// # Ok::<(), Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` says `#[orm(hooks)]` and has none",
    label = "write `impl Hooks for {Self}`, with the hooks that it needs"
)]
pub trait Hooks: Mapped {
    /// Before the object's row is inserted.
    ///
    /// # Errors
    /// Yours: nothing is written then.
    fn before_insert(&mut self) -> Result<()> {
        Ok(())
    }

    /// Before the object's row is updated: when a column, or a link, was changed.
    ///
    /// # Errors
    /// Yours: nothing is written then.
    fn before_update(&mut self) -> Result<()> {
        Ok(())
    }

    /// Before the object's row is deleted.
    ///
    /// # Errors
    /// Yours: nothing is written then.
    fn before_delete(&self) -> Result<()> {
        Ok(())
    }

    /// After a row became an object, in sessions and without one. What it changes is no modification.
    fn after_load(&mut self) {}
}

/// Which hook is meant, where no types are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Hook {
    /// [`Hooks::before_insert`]
    BeforeInsert,
    /// [`Hooks::before_update`]
    BeforeUpdate,
    /// [`Hooks::before_delete`]
    BeforeDelete,
    /// [`Hooks::after_load`]
    AfterLoad,
}

/// Calls a hook. For the derive's output.
///
/// # Errors
/// The hook's.
#[doc(hidden)]
pub fn run_hook<M: Hooks>(object: &mut M, hook: Hook) -> Result<()> {
    match hook {
        Hook::BeforeInsert => object.before_insert(),
        Hook::BeforeUpdate => object.before_update(),
        Hook::BeforeDelete => object.before_delete(),
        Hook::AfterLoad => {
            object.after_load();
            Ok(())
        }
    }
}

/// Notes what a field's check, or a whole object's (without a field), found. For the derive's output.
#[doc(hidden)]
pub fn note_invalid(found: &mut Vec<Invalid>, field: Option<&'static str>, checked: Result<(), impl fmt::Display>) {
    if let Err(why) = checked {
        found.push(Invalid { object: String::new(), field, message: why.to_string() });
    }
}
