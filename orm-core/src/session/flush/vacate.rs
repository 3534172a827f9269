//! Columns that a row lets go of before all else, so that others can be written: a key of a cycle is set to NULL, and a
//! unique value that two rows exchange is NULL meanwhile, or a value that nobody has.
//!
//! Such a value is random: text a token that begins with `~`, within the column's length; an integer a negative one (a high
//! one where the type has no sign); bytes and UUIDs random ones. Should somebody have it all the same, the constraint says so.

use super::groups::{Group, Why, Write};
use super::order::Plan;
use super::shape::for_rows;
use super::unique::{UniqueSet, unique_sets};
use super::update::row_condition;
use super::versions::returned_items;
use crate::dialect;
use crate::entity::{ColumnDef, TableDef};
use crate::error::Result;
use crate::expr::Node;
use crate::query::{Rows, Tree, UpdateTree};
use crate::session::Session;
use crate::session::arena::{Id, Stage};
use crate::types::{Kind, Type, Value};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// What rows let go of, in order.
#[derive(Debug, Default)]
pub(super) struct Vacated {
    rows: Vec<(Id, Vec<(u16, Value)>)>,
    numbers: HashMap<Id, usize>,
}

impl Vacated {
    /// A row lets go of a column, once.
    pub(super) fn add(&mut self, row: Id, column: u16, value: Value) {
        let n = *self.numbers.entry(row).or_insert_with(|| {
            self.rows.push((row, Vec::new()));
            self.rows.len() - 1
        });
        let columns = &mut self.rows[n].1;
        if !columns.iter().any(|(other, _)| *other == column) {
            columns.push((column, value));
        }
    }
}

/// A column of a unique set, and what it can be meanwhile: NULL, or a value that nobody has.
pub(super) fn spare(unique: &UniqueSet, now: impl Fn(u16) -> Option<Value>, null: bool) -> Option<(u16, Value)> {
    let table = unique.table;
    unique.columns.iter().find_map(|column| {
        let def = table.column_def(*column);
        let now = now(*column)?;
        let value = if null {
            if !def.nullable {
                return None;
            }
            Value::Null(now.kind().unwrap_or(Kind::I64))
        } else {
            if is_reference(table, *column) {
                return None;
            }
            free_value(def, &now)?
        };
        Some((*column, value))
    })
}

/// Whether the column holds another row's key: it can't be any value.
fn is_reference(table: &'static TableDef, column: u16) -> bool {
    table.foreign_keys.iter().any(|key| key.columns.contains(&column))
}

/// A random number of all bits.
fn random() -> u64 {
    RandomState::new().hash_one(0u8)
}

/// A value of the column's type that nobody has, as good as certainly.
fn free_value(column: &ColumnDef, now: &Value) -> Option<Value> {
    let number = |bits: u32| -1 - (random() >> (65 - bits)) as i64;
    Some(match ((column.sql_type)(), now) {
        (Type::Text { length }, Value::Text(_)) => Value::Text(token(length)?),
        (Type::TinyInt, _) => Value::I16(number(8) as i16),
        (Type::SmallInt, _) => Value::I16(number(16) as i16),
        (Type::Integer, _) => Value::I32(number(32) as i32),
        (Type::BigInt, _) => Value::I64(number(64)),
        (Type::UnsignedSmallInt, _) => Value::I32(i32::from(u16::MAX) - (random() >> 51) as i32),
        (Type::UnsignedInteger, _) => Value::I64(i64::from(u32::MAX) - (random() >> 34) as i64),
        (Type::UnsignedBigInt, _) => Value::U64(u64::MAX - (random() >> 2)),
        (Type::Uuid, Value::Uuid(_)) => {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&random().to_be_bytes());
            bytes[8..].copy_from_slice(&random().to_be_bytes());
            // A random one, by its version and variant.
            bytes[6] = bytes[6] & 0x0f | 0x40;
            bytes[8] = bytes[8] & 0x3f | 0x80;
            Value::Uuid(bytes)
        }
        (Type::Binary { length }, Value::Bytes(_)) => {
            let length = length.unwrap_or(16).min(16) as usize;
            let bytes = random().to_be_bytes().into_iter().chain(random().to_be_bytes());
            Value::Bytes(bytes.take(length).collect())
        }
        _ => return None,
    })
}

/// A token of text that fits.
fn token(length: Option<u32>) -> Option<String> {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let length = length.unwrap_or(20).min(20);
    if length == 0 {
        return None;
    }
    let mut text = String::from("~");
    let mut bits = (u128::from(random()) << 64) | u128::from(random());
    for _ in 1..length {
        text.push(char::from(DIGITS[(bits % 36) as usize]));
        bits /= 36;
    }
    Some(text)
}

impl Session {
    /// What rows let go of, in groups.
    pub(super) fn vacated(&self, plan: &Plan) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut at: HashMap<(u32, Vec<u16>), usize> = HashMap::new();
        for (id, values) in &plan.vacated.rows {
            let mut values = values.clone();
            values.sort_by_key(|(column, _)| *column);
            let (columns, values): (Vec<u16>, Vec<Value>) = values.into_iter().unzip();
            let n = *at.entry((id.store, columns.clone())).or_insert_with(|| {
                let doomed = self.stage(*id) == Stage::Doomed;
                let (table, why) = (self.table(*id), Some(if doomed { Why::LetsGo } else { Why::MakesRoom }));
                groups.push(Group { write: Write::Vacate(Vec::new()), table, columns, why });
                groups.len() - 1
            });
            if let Write::Vacate(rows) = &mut groups[n].write {
                rows.push((*id, values));
            }
        }
        groups
    }

    /// Writes what rows let go of. They are then what they were made; what the objects have is written in its turn.
    pub(super) async fn vacate_rows(
        &mut self,
        table: &'static TableDef,
        columns: &[u16],
        rows: Vec<(Id, Vec<Value>)>,
    ) -> Result<()> {
        let alone = vacated_alone(table, columns);
        let find = table.primary_key;
        let full = self.engine.capabilities().rows_at_once(columns.len(), find.len());
        for part in rows.chunks(full) {
            let mut values = Vec::with_capacity(part.len());
            for (id, own) in part {
                self.keep(*id);
                let (mut row, _) = self.row_key(*id)?;
                row.extend(own.iter().cloned());
                values.push(row);
            }
            let capabilities = self.engine.capabilities();
            let tree = Rows { table, find, key: find.len(), set: columns, rows: &values };
            let together = if alone { None } else { dialect::compile_update_rows(tree, capabilities)? };
            match together {
                Some(compiled) => {
                    let statement = for_rows(compiled, capabilities, values.len(), full);
                    self.send(statement).await?;
                    for (id, own) in part {
                        let set: Vec<(u16, Value)> = columns.iter().copied().zip(own.iter().cloned()).collect();
                        self.set_row(*id, &set);
                    }
                }
                None => {
                    for (id, own) in part {
                        let set: Vec<(u16, Value)> = columns.iter().copied().zip(own.iter().cloned()).collect();
                        self.vacate_row(*id, &set).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn vacate_row(&mut self, id: Id, values: &[(u16, Value)]) -> Result<()> {
        let table = self.table(id);
        let changed: Vec<u16> = values.iter().map(|(column, _)| *column).collect();
        let (key, version) = self.row_key(id)?;
        let set = values.iter().map(|(column, value)| (*column, Node::Bind(value.clone()))).collect();
        let filter = row_condition(table, &key, version.as_ref());
        let returned = self.returned_by_update(table, &[]);
        let tree = UpdateTree { table, set, filter, returning: returned_items(table, &returned) };
        let statement = dialect::compile(Tree::Update(&tree), self.engine.capabilities())?;
        let matched = self.send_update(statement.into(), id, &returned).await?;
        // Who deletes what is gone already has what it wants, unless there is a version to go by.
        if matched != 1 && (version.is_some() || self.stage(id) == Stage::Persistent) {
            return Err(self.stale(table, &[id], true, 1, matched));
        }
        if let Some(column) = self.version_returned(table)
            && let Some(version) = self.object(id).value(column)
        {
            self.set_row(id, &[(column, version)]);
        }
        let before = self.before_rekey(id, &changed);
        self.set_row(id, values);
        if let Some(before) = before {
            let followed = self.follow_update(id, &before, &changed)?;
            self.read_followed(&followed).await?;
        }
        self.version_after_update(id).await
    }
}

/// Whether rows that let go of these columns go one at a time: others may reference them, or a version is checked.
pub(in crate::session) fn vacated_alone(table: &'static TableDef, columns: &[u16]) -> bool {
    let shares = |unique: UniqueSet| unique.columns.iter().any(|column| columns.contains(column));
    table.version.is_some() || unique_sets(table).any(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_its_column_and_is_another_one_each_time() {
        assert_eq!(token(Some(0)), None);
        assert_eq!(token(Some(1)).as_deref(), Some("~"));
        assert_eq!(token(Some(3)).map(|text| text.len()), Some(3));
        assert_eq!(token(None).map(|text| text.len()), Some(20));
        assert_ne!(token(None), token(None));
    }

    #[test]
    fn a_free_number_is_negative_and_in_its_type() {
        let column = |sql_type| ColumnDef {
            name: "n",
            field: "n",
            sql_type,
            nullable: false,
            auto: false,
            auto_increment: false,
            server_default: None,
            default: None,
            comment: None,
        };
        for _ in 0..100 {
            let of = |sql_type| free_value(&column(sql_type), &Value::I64(1)).and_then(|value| value.as_i64());
            assert!(of(|| Type::TinyInt).is_some_and(|n| (-128..0).contains(&n)));
            assert!(of(|| Type::SmallInt).is_some_and(|n| (-32768..0).contains(&n)));
            assert!(of(|| Type::Integer).is_some_and(|n| (i64::from(i32::MIN)..0).contains(&n)));
            assert!(of(|| Type::BigInt).is_some_and(|n| n < 0));
            assert!(of(|| Type::UnsignedSmallInt).is_some_and(|n| (0..=65535).contains(&n)));
            assert!(of(|| Type::UnsignedInteger).is_some_and(|n| (0..=4_294_967_295).contains(&n)));
        }
        assert_eq!(free_value(&column(|| Type::Date), &Value::I64(1)), None);
    }
}
