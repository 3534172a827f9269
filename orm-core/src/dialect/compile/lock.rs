use super::scope::Scope;
use super::{Writer, wrong};
use crate::error::Result;
use crate::query::{Lock, Strength, Wait};
use crate::types::Dialect;

impl Writer {
    /// FOR UPDATE and its like.
    pub(super) fn lock(&mut self, lock: &Lock, scope: &Scope<'_>) -> Result<()> {
        let dialect = self.syntax.dialect;
        let wait = match lock.wait {
            Wait::Yes => "",
            Wait::Fail => " NOWAIT",
            Wait::Skip => " SKIP LOCKED",
        };
        if dialect == Dialect::Sqlite {
            // Its transactions lock the whole database.
            return match lock.wait {
                Wait::Yes => Ok(()),
                _ => Err(self.unsupported(format!("lock on rows, so no{wait}"))),
            };
        }
        self.push(match (lock.strength, dialect) {
            (Strength::Update, _) => " FOR UPDATE",
            (Strength::Share, Dialect::MariaDb) => " LOCK IN SHARE MODE",
            (Strength::Share, _) => " FOR SHARE",
        });
        for (n, source) in lock.of.iter().enumerate() {
            if dialect == Dialect::MariaDb {
                return Err(self.unsupported("lock on the rows of some of the tables (`Lock::of`)"));
            }
            let Some(at) = scope.position_of(source) else {
                return Err(wrong(format!(
                    "the rows of {source} are to be locked, but the statement does not read it"
                )));
            };
            self.push(if n == 0 { " OF " } else { ", " });
            let name = scope.listed[at].name.clone();
            self.name(&name);
        }
        self.push(wait);
        Ok(())
    }
}
