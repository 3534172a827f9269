use super::Writer;
use super::scope::{Listed, Scope};
use super::select::Place;
use crate::error::Result;
use crate::query::Item;

impl Writer {
    /// RETURNING.
    pub(super) fn returning(&mut self, items: &[Item], scope: &Scope<'_>) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        self.push(" RETURNING ");
        let mut listed: Vec<Listed> =
            scope.listed.iter().map(|other| Listed::new(other.source.clone(), false)).collect();
        for (copy, other) in listed.iter_mut().zip(&scope.listed) {
            copy.name.clone_from(&other.name);
        }
        if !self.syntax.qualified_returning {
            // It speaks of the changed table only.
            listed.truncate(1);
        }
        let qualify = scope.qualify && self.syntax.qualified_returning;
        self.items(items, &Scope { parent: None, listed, qualify, items }, Place::Statement)
    }
}
