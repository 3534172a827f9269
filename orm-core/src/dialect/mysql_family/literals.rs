use crate::dialect::literals::{self, four_digits, push_moment, refused};
use crate::error::Result;
use crate::types::{Dialect, Value};
use chrono::NaiveDateTime;

/// A literal; what MySQL and MariaDB write differently (UUID, JSON) is theirs.
pub(in crate::dialect) fn push_literal(out: &mut String, value: &Value, dialect: Dialect) -> Result<()> {
    match value {
        Value::F32(v) => float(out, value, f64::from(*v), dialect)?,
        Value::F64(v) => float(out, value, *v, dialect)?,
        Value::Text(v) | Value::Json(v) | Value::Enum { value: v, .. } => text(out, v),
        Value::Date(v) => {
            literals::push(out, format_args!("DATE '{}'", four_digits(value, *v, dialect)?.format("%Y-%m-%d")));
        }
        Value::Time(v) => literals::push(out, format_args!("TIME '{}'", v.format("%H:%M:%S%.6f"))),
        Value::DateTime(v) => moment(out, value, *v, dialect)?,
        Value::Timestamp(v) => moment(out, value, v.naive_utc(), dialect)?,
        _ => literals::common(out, value, dialect)?,
    }
    Ok(())
}

/// The backslash escapes here.
fn text(out: &mut String, text: &str) {
    out.push('\'');
    for c in text.chars() {
        match c {
            '\'' => out.push_str("''"),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            c => out.push(c),
        }
    }
    out.push('\'');
}

/// With an exponent: without one it would be an exact number.
fn float(out: &mut String, value: &Value, number: f64, dialect: Dialect) -> Result<()> {
    if !number.is_finite() {
        return Err(refused(value, dialect, "it has no NaN and no infinities"));
    }
    literals::push(out, format_args!("{number:e}"));
    Ok(())
}

fn moment(out: &mut String, value: &Value, moment: NaiveDateTime, dialect: Dialect) -> Result<()> {
    four_digits(value, moment.date(), dialect)?;
    out.push_str("TIMESTAMP '");
    push_moment(out, moment);
    out.push('\'');
    Ok(())
}
