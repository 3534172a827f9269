//! What binding and decoding have in common on all databases: what is refused before anything is sent, and dates as text.

use crate::error::{Error, Result};
use crate::types::{DecodeError, Dialect, Value, parse_datetime};
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use std::borrow::Cow;

/// Decoding's result; `None` is NULL.
pub(super) type Decoded<T> = std::result::Result<Option<T>, DecodeError>;

/// The error for a value that cannot be sent.
pub(super) fn refused(value: &Value, dialect: Dialect, reason: impl Into<String>) -> Error {
    let mut shown = value.to_string();
    if let Some((end, _)) = shown.char_indices().nth(60) {
        shown.truncate(end);
        shown.push('…');
    }
    Error::Bind { value: shown, dialect, reason: reason.into() }
}

/// Refuses what no database keeps: digits below the microsecond, leap seconds, values that could not be serialised,
/// decimals that are no numbers.
pub(super) fn check(value: &Value, dialect: Dialect) -> Result<()> {
    let reason = match value {
        Value::Time(v) => sub_microsecond(v.nanosecond()),
        Value::DateTime(v) => sub_microsecond(v.nanosecond()),
        Value::Timestamp(v) => sub_microsecond(v.nanosecond()),
        Value::Interval(v) => interval_micros(*v).err(),
        Value::Decimal(v) if canonical_decimal(v).is_none() => {
            Some("it is not a decimal number in plain notation, such as -12.50")
        }
        Value::Array(_, values) => return values.iter().try_for_each(|value| check(value, dialect)),
        Value::Invalid(why) => return Err(refused(value, dialect, why.clone())),
        _ => None,
    };
    reason.map_or(Ok(()), |reason| Err(refused(value, dialect, reason)))
}

fn sub_microsecond(nanos: u32) -> Option<&'static str> {
    if nanos >= 1_000_000_000 {
        Some("databases have no leap seconds")
    } else if !nanos.is_multiple_of(1000) {
        Some(
            "databases keep microseconds and the digits below would be lost; truncate it, e.g. with `SubsecRound::trunc_subsecs(6)`",
        )
    } else {
        None
    }
}

/// A span of time in microseconds.
pub(super) fn interval_micros(span: TimeDelta) -> std::result::Result<i64, &'static str> {
    if span.subsec_nanos() % 1000 != 0 {
        return Err("databases keep microseconds and the digits below would be lost");
    }
    span.num_microseconds().ok_or("it is longer than 64-bit microseconds can tell (292,000 years)")
}

/// A decimal number without a plus sign, leading zeros, or zeros at the end that say nothing; `None` if it is no number in
/// plain notation.
pub(super) fn canonical_decimal(text: &str) -> Option<Cow<'_, str>> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let (short, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if short.is_empty() { "0" } else { short };
    let negative = negative && !(short.is_empty() && fraction.is_empty());
    let len = usize::from(negative) + whole.len() + if fraction.is_empty() { 0 } else { 1 + fraction.len() };
    if len == text.len() && !text.starts_with(['+', '.']) {
        return Some(Cow::Borrowed(text));
    }
    let (sign, point) = (if negative { "-" } else { "" }, if fraction.is_empty() { "" } else { "." });
    Some(Cow::Owned(format!("{sign}{whole}{point}{fraction}")))
}

/// An integer from an exact number in plain notation, if it has no fraction.
pub(super) fn decimal_to_int<T: std::str::FromStr>(text: &str) -> std::result::Result<T, DecodeError> {
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole,
        Some(_) => return Err(invalid(format!("{text} is not an integer"))),
        None => text,
    };
    whole.parse().map_err(|_| invalid(format!("{text} is out of the range of a 64-bit integer")))
}

/// A float as the shortest plain text that reads back as the same float.
pub(super) fn float_to_decimal(
    number: impl Into<f64> + std::fmt::Display + Copy,
) -> std::result::Result<String, DecodeError> {
    if number.into().is_finite() {
        Ok(number.to_string())
    } else {
        Err(invalid(format!("{number} is not a decimal number")))
    }
}

/// An integer from a float that is one.
pub(super) fn float_to_int(number: f64) -> std::result::Result<i64, DecodeError> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if number.fract() == 0.0 && (-END..END).contains(&number) {
        Ok(number as i64)
    } else {
        Err(invalid(format!("{number} is not a 64-bit integer")))
    }
}

/// A boolean from an integer, where the database has no booleans.
pub(super) fn int_to_bool(number: i64) -> std::result::Result<bool, DecodeError> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(invalid(format!("{other} is neither 0 nor 1, so not a boolean"))),
    }
}

pub(super) fn invalid(reason: impl Into<String>) -> DecodeError {
    DecodeError::Invalid(reason.into())
}

/// The 16 bytes of a UUID in text, with or without hyphens.
pub(super) fn parse_uuid(text: &str) -> std::result::Result<[u8; 16], DecodeError> {
    let bad = || invalid(format!("{text:?} is not a UUID"));
    let mut bytes = [0; 16];
    let mut digits = text.bytes().filter(|b| *b != b'-').map(|b| (b as char).to_digit(16));
    for byte in &mut bytes {
        let (Some(Some(high)), Some(Some(low))) = (digits.next(), digits.next()) else { return Err(bad()) };
        *byte = (high << 4 | low) as u8;
    }
    if digits.next().is_some() { Err(bad()) } else { Ok(bytes) }
}

/// The dates that SQLite's, MySQL's and MariaDB's four-digit years can hold.
pub(super) fn four_digit_year(date: NaiveDate) -> bool {
    (0..=9999).contains(&date.year())
}

/// `2020-01-02`; the year must have four digits.
pub(super) fn date_text(date: NaiveDate) -> String {
    let mut text = String::with_capacity(26);
    push_date(&mut text, date);
    text
}

/// `03:04:05.000006`.
pub(super) fn time_text(time: NaiveTime) -> String {
    let mut text = String::with_capacity(15);
    push_time(&mut text, time);
    text
}

/// `2020-01-02 03:04:05.000006`: always all digits, so that the order of the texts is the order in time.
pub(super) fn datetime_text(moment: NaiveDateTime) -> String {
    let mut text = date_text(moment.date());
    text.push(' ');
    push_time(&mut text, moment.time());
    text
}

fn push_date(text: &mut String, date: NaiveDate) {
    push_digits(text, date.year().unsigned_abs(), 4);
    text.push('-');
    push_digits(text, date.month(), 2);
    text.push('-');
    push_digits(text, date.day(), 2);
}

fn push_time(text: &mut String, time: NaiveTime) {
    push_digits(text, time.hour(), 2);
    text.push(':');
    push_digits(text, time.minute(), 2);
    text.push(':');
    push_digits(text, time.second(), 2);
    text.push('.');
    push_digits(text, time.nanosecond() / 1000, 6);
}

fn push_digits(text: &mut String, number: u32, width: u32) {
    for n in (0..width).rev() {
        text.push(char::from(b'0' + (number / 10_u32.pow(n) % 10) as u8));
    }
}

/// Reads [`date_text`].
pub(super) fn parse_date(text: &str) -> std::result::Result<NaiveDate, DecodeError> {
    let bytes = text.as_bytes();
    let date = || {
        let [_, _, _, _, b'-', _, _, b'-', _, _] = bytes else { return None };
        let (year, month, day) = (digits(&bytes[..4])?, digits(&bytes[5..7])?, digits(&bytes[8..])?);
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
    };
    date().ok_or_else(|| invalid(format!("{text:?} is not a date")))
}

/// Reads [`time_text`], with fewer digits too.
pub(super) fn parse_time(text: &str) -> std::result::Result<NaiveTime, DecodeError> {
    let bytes = text.as_bytes();
    let time = || {
        let [h1, h2, b':', m1, m2, rest @ ..] = bytes else { return None };
        let (hour, minute) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
        let (second, nanos) = match rest {
            [] => (0, 0),
            [b':', s1, s2] => (digits(&[*s1, *s2])?, 0),
            [b':', s1, s2, b'.', fraction @ ..] if (1..=9).contains(&fraction.len()) => {
                (digits(&[*s1, *s2])?, digits(fraction)? * 10_u32.pow(9 - fraction.len() as u32))
            }
            _ => return None,
        };
        NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)
    };
    time().ok_or_else(|| invalid(format!("{text:?} is not a time of day")))
}

/// Reads [`datetime_text`] fast, and the other forms of [`parse_datetime`].
pub(super) fn parse_moment(text: &str) -> std::result::Result<NaiveDateTime, DecodeError> {
    if let (Some(date), Some(b' ' | b'T'), Some(time)) = (text.get(..10), text.as_bytes().get(10), text.get(11..))
        && let (Ok(date), Ok(time)) = (parse_date(date), parse_time(time))
    {
        return Ok(date.and_time(time));
    }
    parse_datetime(text)
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |number, byte| {
        byte.is_ascii_digit().then(|| number.checked_mul(10)?.checked_add(u32::from(byte - b'0')))?
    })
}

/// A version such as `15.18 (Debian)` or `10.11.6-MariaDB`.
pub(super) fn parse_version(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    (part(), part(), part())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};

    #[test]
    fn decimals_have_one_text() {
        for (text, canonical) in [
            ("12.50", "12.5"),
            ("-0.00", "0"),
            ("0", "0"),
            ("+7", "7"),
            ("007.10", "7.1"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-00", "0"),
            ("-1.25", "-1.25"),
            ("79228162514264337593543950335", "79228162514264337593543950335"),
            ("100", "100"),
        ] {
            assert_eq!(canonical_decimal(text).unwrap(), canonical, "{text}");
        }
        for text in ["", ".", "-", "1e5", "NaN", "1.2.3", "1 ", "٣"] {
            assert_eq!(canonical_decimal(text), None, "{text}");
        }
    }

    #[test]
    fn integers_from_exact_numbers() {
        assert_eq!(decimal_to_int::<i64>("-5.000").unwrap(), -5);
        assert_eq!(decimal_to_int::<u64>("18446744073709551615").unwrap(), u64::MAX);
        assert!(decimal_to_int::<i64>("1.5").unwrap_err().to_string().contains("not an integer"));
        assert!(decimal_to_int::<i64>("9223372036854775808").unwrap_err().to_string().contains("out of the range"));
        assert_eq!(float_to_int(-3.0).unwrap(), -3);
        assert!(float_to_int(9.3e18).is_err());
        assert!(float_to_int(0.5).is_err());
    }

    #[test]
    fn text_order_is_time_order() {
        let moments: Vec<NaiveDateTime> =
            ["0000-01-01 00:00:00", "0999-12-31 23:59:59.999999", "2020-01-02 03:04:05", "2020-01-02 03:04:05.000001"]
                .iter()
                .map(|text| parse_moment(text).unwrap())
                .collect();
        let texts: Vec<String> = moments.iter().map(|moment| datetime_text(*moment)).collect();
        assert!(texts.is_sorted());
        assert_eq!(texts[3], "2020-01-02 03:04:05.000001");
        for (moment, text) in moments.iter().zip(&texts) {
            assert_eq!(parse_moment(text).unwrap(), *moment);
        }
    }

    #[test]
    fn dates_and_times_of_others_are_read() {
        let noon: NaiveDateTime = "2020-01-02T12:00:00".parse().unwrap();
        for text in ["2020-01-02 12:00:00", "2020-01-02T12:00", "2020-01-02 12:00:00.0", "2020-01-02T14:00:00+02:00"] {
            assert_eq!(parse_moment(text).unwrap(), noon, "{text}");
        }
        for text in ["", "2020", "2020-13-01", "2020-01-02x12:00", "1577966400", "2020-01-02 25:00:00"] {
            assert!(parse_moment(text).is_err(), "{text}");
        }
        assert_eq!(parse_time("03:04").unwrap(), NaiveTime::from_hms_opt(3, 4, 0).unwrap());
        assert!(parse_time("24:00:00").is_err());
        assert!(parse_date("20-01-02").is_err());
    }

    #[test]
    fn what_would_lose_digits_is_refused() {
        let nano = NaiveTime::from_hms_nano_opt(1, 2, 3, 1).unwrap();
        let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_000_000_000).unwrap();
        let moment = DateTime::<Utc>::from_timestamp(0, 999).unwrap();
        for value in [
            Value::Time(nano),
            Value::Time(leap),
            Value::Timestamp(moment),
            Value::DateTime(moment.naive_utc()),
            Value::Interval(TimeDelta::nanoseconds(1)),
            Value::Interval(TimeDelta::MAX),
            Value::Decimal("1e5".into()),
            Value::Invalid("no".into()),
        ] {
            let error = check(&value, Dialect::Sqlite).unwrap_err();
            assert!(matches!(error, Error::Bind { .. }), "{value}: {error}");
        }
        assert!(check(&Value::Interval(TimeDelta::microseconds(i64::MIN + 1)), Dialect::Sqlite).is_ok());
    }

    #[test]
    fn uuids_are_read_from_text() {
        let bytes = parse_uuid("00112233-4455-6677-8899-aabbccddeeff").unwrap();
        assert_eq!(bytes[..3], [0, 0x11, 0x22]);
        assert_eq!(parse_uuid("00112233445566778899AABBCCDDEEFF").unwrap(), bytes);
        for text in ["", "0011", "00112233-4455-6677-8899-aabbccddeeffff", "g0112233-4455-6677-8899-aabbccddeeff"] {
            assert!(parse_uuid(text).is_err());
        }
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(parse_version("15.18 (Debian 15.18-1)"), (15, 18, 0));
        assert_eq!(parse_version("10.11.6-MariaDB-0+deb12u1"), (10, 11, 6));
        assert_eq!(parse_version("9.7.4"), (9, 7, 4));
    }
}
