use super::{DecodeError, Kind, NotNull, Numeric, Row, SqlType, Type, Value};

#[cfg(feature = "decimal")]
impl SqlType for rust_decimal::Decimal {
    type Base = Self;
    type Null = NotNull;
    const KIND: Kind = Kind::Decimal;

    fn sql_type() -> Type {
        Type::Decimal { precision: None, scale: None }
    }

    fn to_value(&self) -> Value {
        Value::Decimal(self.to_string())
    }

    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>, DecodeError> {
        let Some(text) = row.decimal(index)? else { return Ok(None) };
        // `from_str_exact` refuses a number that `from_str` would round; zeros at the end, which a column of a fixed scale
        // adds, count for nothing.
        let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        Self::from_str_exact(&text).or_else(|_| Self::from_str_exact(short)).map(Some).map_err(|error| {
            DecodeError::Invalid(format!(
                "{text} does not fit a `Decimal` ({error}); use `BigDecimal`, feature `bigdecimal`"
            ))
        })
    }
}

#[cfg(feature = "decimal")]
impl Numeric for rust_decimal::Decimal {}
#[cfg(feature = "decimal")]
impl Numeric for Option<rust_decimal::Decimal> {}

#[cfg(feature = "bigdecimal")]
impl SqlType for bigdecimal::BigDecimal {
    type Base = Self;
    type Null = NotNull;
    const KIND: Kind = Kind::Decimal;

    fn sql_type() -> Type {
        Type::Decimal { precision: None, scale: None }
    }

    fn to_value(&self) -> Value {
        Value::Decimal(self.to_plain_string())
    }

    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>, DecodeError> {
        let Some(text) = row.decimal(index)? else { return Ok(None) };
        text.parse().map(Some).map_err(|error| DecodeError::Invalid(format!("{text} is not a number: {error}")))
    }
}

#[cfg(feature = "bigdecimal")]
impl Numeric for bigdecimal::BigDecimal {}
#[cfg(feature = "bigdecimal")]
impl Numeric for Option<bigdecimal::BigDecimal> {}
