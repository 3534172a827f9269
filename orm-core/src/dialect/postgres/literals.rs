use crate::dialect::literals::{self, micros, push_hex, push_quoted, refused};
use crate::dialect::names::quote;
use crate::error::Result;
use crate::types::{Dialect, Value};
use chrono::{Datelike, NaiveDate, NaiveDateTime};

const HERE: Dialect = Dialect::Postgres;

pub(super) fn push(out: &mut String, value: &Value) -> Result<()> {
    match value {
        Value::F32(v) if v.is_finite() => literals::push(out, format_args!("{v:?}")),
        Value::F64(v) if v.is_finite() => literals::push(out, format_args!("{v:?}")),
        Value::F32(v) => odd_float(out, f64::from(*v)),
        Value::F64(v) => odd_float(out, *v),
        Value::Text(v) => text(out, value, v)?,
        Value::Bytes(v) => {
            out.push_str("decode('");
            push_hex(out, v);
            out.push_str("', 'hex')");
        }
        Value::Date(v) => {
            out.push_str("DATE '");
            day(out, *v, "");
            out.push('\'');
        }
        Value::Time(v) => literals::push(out, format_args!("TIME '{}'", v.format("%H:%M:%S%.6f"))),
        Value::DateTime(v) => {
            out.push_str("TIMESTAMP '");
            moment(out, *v, "");
        }
        Value::Timestamp(v) => {
            out.push_str("TIMESTAMPTZ '");
            moment(out, v.naive_utc(), "+00");
        }
        Value::Interval(_) => {
            literals::push(out, format_args!("INTERVAL '{} microseconds'", micros(value, HERE)?));
        }
        Value::Uuid(v) => {
            out.push_str("CAST('");
            push_hex(out, v);
            out.push_str("' AS UUID)");
        }
        Value::Json(v) => {
            out.push_str("CAST(");
            text(out, value, v)?;
            out.push_str(" AS JSONB)");
        }
        Value::Enum { type_name, value: v } => {
            out.push_str("CAST(");
            text(out, value, v)?;
            literals::push(out, format_args!(" AS {})", quote(type_name, HERE)));
        }
        _ => literals::common(out, value, HERE)?,
    }
    Ok(())
}

/// With a backslash as an escape string, which means the same whatever `standard_conforming_strings` is.
fn text(out: &mut String, value: &Value, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(refused(value, HERE, "its text can't hold U+0000"));
    }
    if text.contains('\\') {
        out.push('E');
        push_quoted(out, &text.replace('\\', "\\\\"));
    } else {
        push_quoted(out, text);
    }
    Ok(())
}

fn odd_float(out: &mut String, number: f64) {
    let name = if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    literals::push(out, format_args!("CAST('{name}' AS DOUBLE PRECISION)"));
}

/// The year 0 is 1 BC.
fn day(out: &mut String, date: NaiveDate, rest: &str) {
    let (year, era) = if date.year() > 0 { (date.year(), "") } else { (1 - date.year(), " BC") };
    literals::push(out, format_args!("{year:04}-{:02}-{:02}{rest}{era}", date.month(), date.day()));
}

fn moment(out: &mut String, moment: NaiveDateTime, zone: &str) {
    day(out, moment.date(), &format!(" {}{zone}", moment.format("%H:%M:%S%.6f")));
    out.push('\'');
}
