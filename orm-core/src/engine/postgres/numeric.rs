//! PostgreSQL's binary form of `numeric`, of any length, from and to plain text.
//!
//! Four 16-bit numbers (how many groups, weight of the first, sign, digits after the point), then groups of four decimal
//! digits.

use crate::engine::values::invalid;
use crate::types::DecodeError;

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITE: u16 = 0xD000;
const MINUS_INFINITE: u16 = 0xF000;

/// The most digits that PostgreSQL takes before and after the point.
const WHOLE: usize = 131_072;
const FRACTION: usize = 16_383;

/// Appends the binary form of a decimal number in plain notation.
pub(super) fn encode(text: &str, out: &mut Vec<u8>) -> Result<(), &'static str> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (NEGATIVE, digits),
        None => (0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    if whole.len() > WHOLE || fraction.len() > FRACTION {
        return Err("its numbers end at 131072 digits before and 16383 after the point");
    }
    // Groups are aligned at the point.
    let lead = (4 - whole.len() % 4) % 4;
    let padded = std::iter::repeat_n(b'0', lead).chain(whole.bytes()).chain(fraction.bytes());
    let mut groups: Vec<u16> = Vec::with_capacity((lead + whole.len() + fraction.len()).div_ceil(4));
    for (n, digit) in padded.enumerate() {
        let digit = u16::from(digit - b'0');
        match groups.last_mut() {
            Some(group) if n % 4 != 0 => *group = *group * 10 + digit,
            _ => groups.push(digit),
        }
    }
    if let (Some(group), missing @ 1..) = (groups.last_mut(), (4 - fraction.len() % 4) % 4) {
        *group *= 10_u16.pow(missing as u32);
    }
    let mut weight = (whole.len() + lead) as i32 / 4 - 1;
    let zeros = groups.iter().take_while(|group| **group == 0).count();
    groups.drain(..zeros);
    weight -= zeros as i32;
    while groups.last() == Some(&0) {
        groups.pop();
    }
    let (sign, weight) = if groups.is_empty() { (0, 0) } else { (sign, weight) };
    // The limits above keep all three within 16 bits.
    out.extend_from_slice(&(groups.len() as u16).to_be_bytes());
    out.extend_from_slice(&(weight as i16).to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&(fraction.len() as u16).to_be_bytes());
    for group in groups {
        out.extend_from_slice(&group.to_be_bytes());
    }
    Ok(())
}

/// The number in plain notation, with as many digits after the point as the server says it has.
pub(super) fn decode(bytes: &[u8]) -> Result<String, DecodeError> {
    let mut shorts = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let mut next = || shorts.next().ok_or_else(|| invalid("the server sent half a number"));
    let (count, weight, sign, scale) = (next()?, next()? as i16, next()?, usize::from(next()?));
    let negative = match sign {
        0 => false,
        NEGATIVE => true,
        NAN => return Err(invalid("NaN is not a decimal number")),
        INFINITE | MINUS_INFINITE => return Err(invalid("infinity is not a decimal number")),
        other => return Err(invalid(format!("the server sent a number with the sign {other:#x}"))),
    };
    let groups: Vec<u16> = shorts.collect();
    if groups.len() != usize::from(count) || groups.iter().any(|group| *group > 9999) {
        return Err(invalid("the server sent a number that is cut off"));
    }
    let group = |place: i32| usize::try_from(place).ok().and_then(|n| groups.get(n)).copied().unwrap_or(0);
    let mut text = String::with_capacity(2 + 4 * groups.len() + scale);
    if negative {
        text.push('-');
    }
    let weight = i32::from(weight);
    text.push_str(&if weight >= 0 { group(0) } else { 0 }.to_string());
    for place in 1..=weight {
        text.push_str(&format!("{:04}", group(place)));
    }
    if scale > 0 {
        text.push('.');
        let end = text.len() + scale;
        let mut place = weight + 1;
        while text.len() < end {
            text.push_str(&format!("{:04}", group(place)));
            place += 1;
        }
        text.truncate(end);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shorts(values: &[i32]) -> Vec<u8> {
        values.iter().flat_map(|value| (*value as u16).to_be_bytes()).collect()
    }

    #[test]
    fn numbers_have_the_servers_form() {
        for (text, form) in [
            ("0", &[0, 0, 0, 0][..]),
            ("0.00", &[0, 0, 0, 2]),
            ("1", &[1, 0, 0, 0, 1]),
            ("-12.50", &[2, 0, 0x4000, 2, 12, 5000]),
            ("10000", &[1, 1, 0, 0, 1]),
            ("123456.789", &[3, 1, 0, 3, 12, 3456, 7890]),
            ("0.0001", &[1, -1, 0, 4, 1]),
            ("0.00001", &[1, -2, 0, 5, 1000]),
            ("0.00000000012", &[1, -3, 0, 11, 120]),
        ] {
            let mut bytes = Vec::new();
            encode(text, &mut bytes).unwrap();
            assert_eq!(bytes, shorts(form), "{text}");
        }
    }

    #[test]
    fn every_number_comes_back() {
        let mut numbers: Vec<String> =
            ["0", "0.0", "-0.5", "79228162514264337593543950335", "0.0000000000000000000000000001"]
                .map(str::to_owned)
                .to_vec();
        for whole in 0..10 {
            for fraction in 0..10 {
                for digit in ["1", "9", "05"] {
                    let whole = "1".repeat(whole);
                    let point = if fraction == 0 { "" } else { "." };
                    let fraction = digit.repeat(fraction);
                    numbers.push(format!("{}{point}{fraction}", if whole.is_empty() { "0" } else { &whole }));
                    numbers.push(format!("-10{whole}00{point}{fraction}"));
                }
            }
        }
        numbers.push(format!("{}.{}", "9".repeat(1000), "8".repeat(1000)));
        for number in numbers {
            let mut bytes = Vec::new();
            encode(&number, &mut bytes).unwrap();
            assert_eq!(decode(&bytes).unwrap(), number);
        }
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        for form in [
            &[0, 0, 0xC000, 0][..],
            &[0, 0, 0xD000, 0],
            &[2, 0, 0, 0, 1],
            &[0, 0],
            &[1, 0, 0, 0, 10_000],
            &[0, 0, 7, 0],
        ] {
            assert!(decode(&shorts(form)).is_err(), "{form:?}");
        }
        assert!(encode(&"9".repeat(131_073), &mut Vec::new()).is_err());
        assert!(encode(&format!("0.{}", "9".repeat(16_384)), &mut Vec::new()).is_err());
    }
}
