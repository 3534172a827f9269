use crate::dialect::Capabilities;
use crate::dialect::names::push_name;
use crate::dialect::syntax::Syntax;
use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::types::{Type, Value};
use std::borrow::Cow;

/// The enum types that the tables use, each once: to be created before the tables, on databases where they are types of
/// their own (PostgreSQL); elsewhere none.
///
/// # Errors
/// [`Error::Mapping`] when two columns use one name for different values.
pub fn enum_types<'a>(
    schema: &'a Schema,
    capabilities: &Capabilities,
) -> Result<Vec<(&'a str, &'a [Cow<'static, str>])>> {
    let mut found: Vec<(&str, &[Cow<'static, str>])> = Vec::new();
    if !Syntax::of(capabilities.dialect).ddl.enum_types {
        return Ok(found);
    }
    for table in &schema.tables {
        for column in &table.columns {
            let Type::Enum { name, values } = &column.sql_type else { continue };
            match found.iter().find(|(known, _)| known == name) {
                None => found.push((name, values)),
                Some((_, known)) if known == values => {}
                Some((_, known)) => {
                    return Err(Error::Mapping(vec![format!(
                        "the enum type {name} has the values {} in {}.{} and {} elsewhere",
                        values.join(", "),
                        table.name,
                        column.name,
                        known.join(", ")
                    )]));
                }
            }
        }
    }
    Ok(found)
}

/// CREATE TYPE … AS ENUM.
///
/// # Errors
/// [`Error::Unsupported`] where enums are no types of their own.
pub fn create_enum_type(name: &str, values: &[Cow<'static, str>], capabilities: &Capabilities) -> Result<String> {
    let syntax = native(name, capabilities)?;
    let mut out = String::from("CREATE TYPE ");
    push_name(&mut out, name, syntax);
    out.push_str(" AS ENUM (");
    for (n, value) in values.iter().enumerate() {
        out.push_str(if n == 0 { "" } else { ", " });
        (syntax.literal)(&mut out, &Value::Text(value.clone().into_owned()))?;
    }
    out.push(')');
    Ok(out)
}

/// DROP TYPE.
///
/// # Errors
/// [`Error::Unsupported`] where enums are no types of their own.
pub fn drop_enum_type(name: &str, capabilities: &Capabilities) -> Result<String> {
    let syntax = native(name, capabilities)?;
    let mut out = String::from("DROP TYPE ");
    push_name(&mut out, name, syntax);
    Ok(out)
}

fn native(name: &str, capabilities: &Capabilities) -> Result<&'static Syntax> {
    let syntax = Syntax::of(capabilities.dialect);
    if syntax.ddl.enum_types {
        Ok(syntax)
    } else {
        Err(syntax.unsupported(format!("enum types of their own ({name})")))
    }
}
