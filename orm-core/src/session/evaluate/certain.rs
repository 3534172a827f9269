//! What is certain of values, whatever the collation, the driver and the column's exact type.

use super::{Certain, Uncertain};
use crate::types::{Dialect, Type, Value};
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use std::cmp::Ordering;

/// Whether `a = b`.
pub(super) fn equal(a: &Value, b: &Value, dialect: Dialect) -> Certain<bool> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) | (Value::Enum { value: a, .. }, Value::Enum { value: b, .. }) => {
            same_text(a, b)
        }
        // SQLite's may be kept as texts.
        (Value::Uuid(a), Value::Uuid(b)) if dialect != Dialect::Sqlite => Ok(a == b),
        (Value::Bytes(a), Value::Bytes(b)) if dialect != Dialect::Sqlite => Ok(a == b),
        _ => order(a, b, dialect).map(Ordering::is_eq),
    }
}

/// How `a` and `b` are ordered.
pub(super) fn order(a: &Value, b: &Value, dialect: Dialect) -> Certain<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Ok(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) if dialect != Dialect::Sqlite && is_common(*a) && is_common(*b) => {
            Ok(a.cmp(b))
        }
        (Value::DateTime(a), Value::DateTime(b)) if dialect != Dialect::Sqlite => moments(*a, *b),
        (Value::Timestamp(a), Value::Timestamp(b)) if dialect != Dialect::Sqlite => {
            moments(a.naive_utc(), b.naive_utc())
        }
        _ => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Ok(a.cmp(&b)),
            _ => Err(Uncertain),
        },
    }
}

/// Two texts that are the same are equal under every collation. Two of which one has a letter or digit that the other has
/// not, in any case, are not equal under any; for the rest it depends.
fn same_text(a: &str, b: &str) -> Certain<bool> {
    if a == b {
        return Ok(true);
    }
    match (letters(a), letters(b)) {
        (Some(a), Some(b)) if a != b => Ok(false),
        _ => Err(Uncertain),
    }
}

/// The letters and digits of a text, as a set; `None` where it has others than ASCII's. Left out is what some collations do not
/// see (spaces, punctuation, zeros before a number), and as one count those that some take for one: I, J and Y, U, V and W.
fn letters(text: &str) -> Option<u64> {
    let mut set = 0_u64;
    for byte in text.bytes() {
        set |= match byte.to_ascii_lowercase() {
            b'i' | b'j' | b'y' => 1,
            b'u' | b'v' | b'w' => 2,
            letter @ b'a'..=b'z' => 4 << (letter - b'a'),
            digit @ b'1'..=b'9' => 1 << (digit - b'1' + 32),
            b' '..=b'~' => 0,
            _ => return None,
        };
    }
    Some(set)
}

fn is_common(date: NaiveDate) -> bool {
    (1..=9999).contains(&date.year())
}

/// To the microsecond, which is what databases keep.
fn moments(a: NaiveDateTime, b: NaiveDateTime) -> Certain<Ordering> {
    if is_kept_moment(a) && is_kept_moment(b) { Ok(a.cmp(&b)) } else { Err(Uncertain) }
}

fn is_kept_moment(moment: NaiveDateTime) -> bool {
    moment.nanosecond().is_multiple_of(1000) && is_common(moment.date())
}

/// Whether a column of this type keeps the value exactly as it is.
pub(super) fn is_kept(ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (Type::Raw(_), _) => false,
        (_, Value::Null(_)) => true,
        (Type::Boolean, Value::Bool(_)) => true,
        (Type::TinyInt, value) => is_within(value, i8::MIN.into(), i8::MAX.into()),
        (Type::SmallInt, value) => is_within(value, i16::MIN.into(), i16::MAX.into()),
        (Type::Integer, value) => is_within(value, i32::MIN.into(), i32::MAX.into()),
        (Type::BigInt, value) => is_within(value, i64::MIN, i64::MAX),
        (Type::UnsignedTinyInt, value) => is_within(value, 0, u8::MAX.into()),
        (Type::UnsignedSmallInt, value) => is_within(value, 0, u16::MAX.into()),
        (Type::UnsignedInteger, value) => is_within(value, 0, u32::MAX.into()),
        (Type::UnsignedBigInt, value) => is_within(value, 0, i64::MAX),
        // One that is too long is an error, or is cut.
        (Type::Text { length }, Value::Text(text)) => {
            length.is_none_or(|length| text.chars().count() <= length as usize)
        }
        (Type::Binary { length }, Value::Bytes(bytes)) => length.is_none_or(|length| bytes.len() <= length as usize),
        (Type::Enum { .. }, Value::Enum { .. }) | (Type::Uuid, Value::Uuid(_)) => true,
        (Type::Date, Value::Date(date)) => is_common(*date),
        (Type::DateTime, Value::DateTime(moment)) => is_kept_moment(*moment),
        (Type::Timestamp, Value::Timestamp(moment)) => is_kept_moment(moment.naive_utc()),
        _ => false,
    }
}

fn is_within(value: &Value, least: i64, most: i64) -> bool {
    value.as_i64().is_some_and(|number| (least..=most).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_apart_where_every_collation_does() {
        let same = |a: &str, b: &str| same_text(a, b).ok();
        assert_eq!(same("ed", "ed"), Some(true));
        assert_eq!(same("é", "é"), Some(true));
        assert_eq!(same("ed", "sandy"), Some(false));
        assert_eq!(same("user 1", "user 2"), Some(false));
        assert_eq!(same("z", "1"), Some(false));
        for (a, b) in [
            ("ed", "Ed"),
            ("ed", "ed "),
            ("ed", "e-d"),
            ("ed", "éd"),
            ("ed", "éé"),
            ("01", "1"),
            ("ij", "y"),
            ("vw", "wV"),
            ("ccs", "cscs"),
            ("a\u{1}", "a"),
            ("", " "),
            ("ab", "ba"),
        ] {
            assert_eq!((same(a, b), same(b, a)), (None, None), "{a:?} {b:?}");
        }
    }
}
