use crate::dialect::literals::push_hex;
use crate::dialect::mysql_family::push_literal;
use crate::error::Result;
use crate::types::{Dialect, Value};

pub(super) fn push(out: &mut String, value: &Value) -> Result<()> {
    if let Value::Uuid(bytes) = value {
        out.push_str("CAST('");
        push_hex(out, bytes);
        out.push_str("' AS UUID)");
        return Ok(());
    }
    push_literal(out, value, Dialect::MariaDb)
}
