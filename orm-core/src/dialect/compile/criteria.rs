//! Criteria: conditions on a model that are added wherever a statement reads its table.

use super::Writer;
use super::expression::level;
use super::scope::{Listed, Scope};
use crate::error::Result;
use crate::expr::Node;
use crate::query::{Criterion, SelectTree};

impl Writer {
    /// The criteria that hold inside a SELECT; gives those that hold around it, where they are others.
    pub(super) fn enter(&mut self, tree: &SelectTree) -> Option<Vec<Criterion>> {
        if tree.criteria.is_empty() && (!tree.without_criteria || self.criteria.is_empty()) {
            return None;
        }
        let around = self.criteria.clone();
        if tree.without_criteria {
            self.criteria.clear();
        }
        self.criteria.extend(tree.criteria.iter().cloned());
        Some(around)
    }

    pub(super) fn leave(&mut self, around: Option<Vec<Criterion>>) {
        if let Some(around) = around {
            self.criteria = around;
        }
    }

    /// The criteria of these sources.
    pub(super) fn criteria_of<'l>(&self, listed: impl IntoIterator<Item = &'l Listed>) -> Result<Vec<Node>> {
        let mut conditions = Vec::new();
        if self.criteria.is_empty() {
            return Ok(conditions);
        }
        for listed in listed {
            let Some(table) = listed.source.table() else { continue };
            for criterion in self.criteria.iter().filter(|criterion| criterion.table == table) {
                let condition = criterion.on(&listed.source)?;
                if condition != Node::Truth(true) {
                    conditions.push(condition);
                }
            }
        }
        Ok(conditions)
    }

    /// WHERE, with what criteria add to it.
    pub(super) fn filter(&mut self, filter: &[Node], criteria: &[Node], scope: &Scope<'_>) -> Result<()> {
        if criteria.is_empty() {
            return self.conditions(" WHERE ", filter, scope);
        }
        let own: Vec<&Node> = filter.iter().filter(|condition| **condition != Node::Truth(true)).collect();
        let least = if own.len() + criteria.len() > 1 { level::AND } else { 0 };
        for (n, condition) in own.iter().enumerate() {
            self.push(if n == 0 { " WHERE " } else { " AND " });
            self.expression(condition, scope, least)?;
        }
        self.push(if own.is_empty() { " WHERE " } else { " AND " });
        self.criteria(criteria, scope, least)
    }

    /// Criteria joined by AND. They do not hold inside themselves.
    pub(super) fn criteria(&mut self, criteria: &[Node], scope: &Scope<'_>, least: u8) -> Result<()> {
        let around = std::mem::take(&mut self.criteria);
        for (n, condition) in criteria.iter().enumerate() {
            if n > 0 {
                self.push(" AND ");
            }
            self.expression(condition, scope, least)?;
        }
        self.criteria = around;
        Ok(())
    }
}
