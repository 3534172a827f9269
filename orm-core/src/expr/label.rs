use super::node::Node;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// An expression under a name: [`Expression::label`](super::Expression::label).
pub struct Label<T> {
    def: Arc<LabelDef>,
    of: PhantomData<fn() -> T>,
}

/// A [`Label`] without its type.
#[derive(Debug, PartialEq)]
pub struct LabelDef {
    /// The name.
    pub name: String,
    /// The expression.
    pub node: Node,
}

impl<T> Label<T> {
    pub(crate) fn new(def: Arc<LabelDef>) -> Self {
        Label { def, of: PhantomData }
    }

    /// The label as a node.
    pub(crate) fn node(&self) -> Node {
        Node::Label(self.def.clone())
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.def.name
    }
}

impl<T> Clone for Label<T> {
    fn clone(&self) -> Self {
        Label { def: self.def.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for Label<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.def.fmt(f)
    }
}
