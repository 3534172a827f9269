use crate::dialect::mysql_family::push_literal;
use crate::error::Result;
use crate::types::{Dialect, Value};

pub(super) fn push(out: &mut String, value: &Value) -> Result<()> {
    const HERE: Dialect = Dialect::MySql;
    if matches!(value, Value::Json(_)) {
        out.push_str("CAST(");
        push_literal(out, value, HERE)?;
        out.push_str(" AS JSON)");
        return Ok(());
    }
    push_literal(out, value, HERE)
}
