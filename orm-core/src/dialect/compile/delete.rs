use super::Writer;
use super::scope::Scope;
use super::update::changed;
use crate::dialect::syntax::DeleteFrom;
use crate::error::Result;
use crate::query::DeleteTree;

impl Writer {
    pub(super) fn delete(&mut self, tree: &DeleteTree) -> Result<()> {
        let scope = changed(tree.table, tree.filter.iter(), &tree.filter)?;
        self.target = (!self.syntax.reads_target).then_some(tree.table);
        let several = scope.listed.len() > 1;
        let criteria = self.criteria_of(&scope.listed[1..])?;
        self.push("DELETE FROM ");
        self.source(&scope.listed[0])?;
        match self.syntax.delete_from {
            DeleteFrom::Exists if several => {
                self.push(" WHERE EXISTS (SELECT 1");
                self.others(&scope, " FROM ")?;
                self.filter(&tree.filter, &criteria, &scope)?;
                self.push(")");
            }
            form => {
                if several {
                    self.push(" USING ");
                    if form == DeleteFrom::UsingBoth {
                        self.source(&scope.listed[0])?;
                        self.push(", ");
                    }
                    self.others(&scope, "")?;
                }
                self.filter(&tree.filter, &criteria, &scope)?;
            }
        }
        if tree.returning.is_empty() {
            return Ok(());
        }
        if !self.capabilities.delete_returning() {
            return Err(self.unsupported("DELETE … RETURNING"));
        }
        if several && self.syntax.delete_from == DeleteFrom::UsingBoth {
            return Err(self.unsupported("DELETE over several tables with RETURNING"));
        }
        if self.syntax.delete_from == DeleteFrom::Exists {
            return self.returning(&tree.returning, &Scope::of(scope.listed[0].source.clone()));
        }
        self.returning(&tree.returning, &scope)
    }
}
