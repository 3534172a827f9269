use super::Engine;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// What higher floors keep with an engine: one value of each type.
#[derive(Default)]
pub(super) struct Shared(RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Engine {
    /// Keeps a value for all who use this engine; it replaces the one of its type.
    pub(crate) fn set_shared<T: Send + Sync + 'static>(&self, value: T) {
        let mut shared = self.0.shared.0.write().unwrap_or_else(PoisonError::into_inner);
        shared.insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// The value of this type.
    pub(crate) fn shared<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let shared = self.0.shared.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shared.get(&TypeId::of::<T>())?).downcast().ok()
    }
}
