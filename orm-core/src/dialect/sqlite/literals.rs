use crate::dialect::literals::{self, four_digits, push_bytes, push_moment, push_quoted, refused};
use crate::error::Result;
use crate::types::{Dialect, Value};

/// A value as SQLite keeps it: see the engine's binds, which it must equal.
pub(super) fn push(out: &mut String, value: &Value) -> Result<()> {
    const HERE: Dialect = Dialect::Sqlite;
    match value {
        // Not TRUE: `x IS TRUE` asks whether x is any number but 0.
        Value::Bool(v) => out.push(if *v { '1' } else { '0' }),
        Value::F32(v) => float(out, value, f64::from(*v))?,
        Value::F64(v) => float(out, value, *v)?,
        // A literal would end at U+0000.
        Value::Text(v) if v.contains('\0') => {
            out.push_str("CAST(");
            push_bytes(out, v.as_bytes());
            out.push_str(" AS TEXT)");
        }
        Value::Decimal(v) => push_quoted(out, &canonical(literals::decimal(value, v, HERE)?)),
        Value::Date(v) => {
            literals::push(out, format_args!("'{}'", four_digits(value, *v, HERE)?.format("%Y-%m-%d")));
        }
        Value::Time(v) => literals::push(out, format_args!("'{}'", v.format("%H:%M:%S%.6f"))),
        Value::DateTime(v) => moment(out, value, *v)?,
        Value::Timestamp(v) => moment(out, value, v.naive_utc())?,
        _ => literals::common(out, value, HERE)?,
    }
    Ok(())
}

fn moment(out: &mut String, value: &Value, moment: chrono::NaiveDateTime) -> Result<()> {
    four_digits(value, moment.date(), Dialect::Sqlite)?;
    out.push('\'');
    push_moment(out, moment);
    out.push('\'');
    Ok(())
}

fn float(out: &mut String, value: &Value, number: f64) -> Result<()> {
    if number.is_nan() {
        return Err(refused(value, Dialect::Sqlite, "it would become NULL"));
    }
    if number.is_infinite() {
        out.push_str(if number > 0.0 { "9e999" } else { "-9e999" });
    } else {
        literals::push(out, format_args!("{number:?}"));
    }
    Ok(())
}

/// Without zeros that say nothing: equal decimals are equal texts.
fn canonical(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let sign = if whole.is_empty() && fraction.is_empty() { "" } else { sign };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", if whole.is_empty() { "0" } else { whole })
}
