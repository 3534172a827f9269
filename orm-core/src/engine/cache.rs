use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Which statement of fixed shape: of which table, and which of its statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatementKey {
    table: usize,
    shape: u64,
    columns: u128,
}

impl StatementKey {
    /// A key from the static that describes the table, known by its address, and a number that the caller gives to the
    /// statement's shape.
    pub fn new<T>(table: &'static T, shape: u64) -> Self {
        StatementKey { table: std::ptr::from_ref(table) as usize, shape, columns: 0 }
    }

    /// The same for a set of columns, one bit each.
    #[must_use]
    pub const fn columns(mut self, columns: u128) -> Self {
        self.columns = columns;
        self
    }
}

/// The texts that were compiled before.
#[derive(Default)]
pub(super) struct Texts(RwLock<HashMap<StatementKey, Arc<str>>>);

impl Texts {
    pub(super) fn get<E>(
        &self,
        key: StatementKey,
        compile: impl FnOnce() -> std::result::Result<String, E>,
    ) -> std::result::Result<Arc<str>, E> {
        if let Some(text) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(text));
        }
        let text: Arc<str> = compile()?.into();
        let mut texts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(texts.entry(key).or_insert(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_compiled_once() {
        static TABLE: u8 = 1;
        static OTHER: u8 = 2;
        let texts = Texts::default();
        let mut compiled = 0;
        for key in [StatementKey::new(&TABLE, 1), StatementKey::new(&TABLE, 1), StatementKey::new(&OTHER, 1)] {
            let text = texts
                .get(key, || {
                    compiled += 1;
                    Ok::<_, ()>("SELECT 1".to_owned())
                })
                .unwrap();
            assert_eq!(&*text, "SELECT 1");
        }
        assert_eq!(compiled, 2);
        assert_eq!(texts.get(StatementKey::new(&TABLE, 2), || Err("no")).unwrap_err(), "no");
    }
}
