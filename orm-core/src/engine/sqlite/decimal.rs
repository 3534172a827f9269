//! The order of decimals that SQLite keeps as text.

use std::cmp::Ordering;

/// The collation under which the dialect orders decimal text.
pub(super) const COLLATION: &str = "orm_decimal";

struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

/// `None` for text that is no number in plain notation.
fn parts(text: &str) -> Option<Parts<'_>> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(fraction) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    // There is one zero, and it is not negative.
    Some(Parts { negative: negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction })
}

/// Compares two texts as numbers of any length; what is no number comes after all numbers, as text.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    match (parts(a), parts(b)) {
        (Some(a), Some(b)) => {
            let size = |x: &Parts<'_>, y: &Parts<'_>| {
                (x.whole.len().cmp(&y.whole.len()))
                    .then_with(|| x.whole.cmp(y.whole))
                    .then_with(|| x.fraction.cmp(y.fraction))
            };
            match (a.negative, b.negative) {
                (false, false) => size(&a, &b),
                (true, true) => size(&b, &a),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
            }
        }
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering;

    #[test]
    fn decimals_are_ordered_as_numbers() {
        let ascending =
            ["-100", "-12.5", "-12.49", "-0.001", "0", "0.001", "0.01", "9", "10", "10.5", "99999999999999999999"];
        for (n, a) in ascending.iter().enumerate() {
            for (m, b) in ascending.iter().enumerate() {
                assert_eq!(compare(a, b), n.cmp(&m), "{a} {b}");
            }
        }
    }

    #[test]
    fn zeros_that_say_nothing_count_for_nothing() {
        assert_eq!(compare("1.50", "01.5"), Ordering::Equal);
        assert_eq!(compare("-0.0", "0"), Ordering::Equal);
    }

    #[test]
    fn what_is_no_number_comes_last() {
        assert_eq!(compare("9", "abc"), Ordering::Less);
        assert_eq!(compare("abc", "abd"), Ordering::Less);
    }
}
