//! Types as revisions write them: abstract, so that one file serves all databases.

use orm_core::types::Type;

/// The names of types without arguments.
const NAMES: [(&str, Type); 22] = [
    ("boolean", Type::Boolean),
    ("tinyint", Type::TinyInt),
    ("smallint", Type::SmallInt),
    ("integer", Type::Integer),
    ("bigint", Type::BigInt),
    ("tinyint unsigned", Type::UnsignedTinyInt),
    ("smallint unsigned", Type::UnsignedSmallInt),
    ("integer unsigned", Type::UnsignedInteger),
    ("bigint unsigned", Type::UnsignedBigInt),
    ("real", Type::Real),
    ("double", Type::Double),
    ("text", Type::Text { length: None }),
    ("binary", Type::Binary { length: None }),
    ("date", Type::Date),
    ("time", Type::Time),
    ("datetime", Type::DateTime),
    ("timestamptz", Type::Timestamp),
    ("interval", Type::Interval),
    ("uuid", Type::Uuid),
    ("decimal", Type::Decimal { precision: None, scale: None }),
    ("json", Type::Json),
    ("timestamp", Type::DateTime),
];

/// `varchar(320)`; `None` for the types that are written as tables: enums and a database's own.
pub(crate) fn write(sql_type: &Type) -> Option<String> {
    if let Some((name, _)) = NAMES.iter().find(|(_, known)| known == sql_type) {
        return Some((*name).to_owned());
    }
    Some(match sql_type {
        Type::Text { length: Some(length) } => format!("varchar({length})"),
        Type::Binary { length: Some(length) } => format!("varbinary({length})"),
        Type::Decimal { precision: Some(precision), scale: None } => format!("decimal({precision})"),
        Type::Decimal { precision: Some(precision), scale: Some(scale) } => format!("decimal({precision}, {scale})"),
        _ => return None,
    })
}

/// Reads what [`write`] writes, in any case and spacing.
pub(crate) fn read(text: &str) -> Result<Type, String> {
    let lower = text.trim().to_lowercase();
    let name = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((_, known)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Ok(known.clone());
    }
    if let Some((name, rest)) = name.split_once('(')
        && let Some(arguments) = rest.strip_suffix(')')
    {
        let numbers: Option<Vec<u32>> = arguments.split(',').map(|number| number.trim().parse().ok()).collect();
        match (name.trim(), numbers.as_deref()) {
            ("varchar", Some([length])) => return Ok(Type::Text { length: Some(*length) }),
            ("varbinary", Some([length])) => return Ok(Type::Binary { length: Some(*length) }),
            ("decimal" | "numeric", Some([precision])) => {
                return Ok(Type::Decimal { precision: Some(*precision), scale: None });
            }
            ("decimal" | "numeric", Some([precision, scale])) => {
                return Ok(Type::Decimal { precision: Some(*precision), scale: Some(*scale) });
            }
            _ => {}
        }
    }
    let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    Err(format!(
        "there is no type {text:?}; there are {}, varchar(n), varbinary(n), decimal(p, s), {{ enum = \"name\", values = […] }}, \
         and {{ raw = \"…\" }} for a database's own",
        known.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::{NAMES, read, write};
    use orm_core::types::Type;

    #[test]
    fn every_type_reads_back_as_it_was_written() {
        let sized = [
            Type::Text { length: Some(40) },
            Type::Binary { length: Some(16) },
            Type::Decimal { precision: Some(10), scale: Some(2) },
            Type::Decimal { precision: Some(10), scale: None },
        ];
        for sql_type in NAMES.into_iter().map(|(_, sql_type)| sql_type).chain(sized) {
            assert_eq!(write(&sql_type).map(|text| read(&text)), Some(Ok(sql_type)));
        }
        assert_eq!(read(" DECIMAL( 10 ,2 ) "), Ok(Type::Decimal { precision: Some(10), scale: Some(2) }));
        assert_eq!(write(&Type::Raw("geometry".into())), None);
    }

    #[test]
    fn an_unknown_type_is_an_error_that_lists_the_known_ones() {
        for text in ["varchr(30)", "varchar", "varchar(a)", "geometry", ""] {
            let error = read(text).unwrap_err();
            assert!(
                error.contains(&format!("{text:?}")) && error.contains("bigint") && error.contains("raw"),
                "{error}"
            );
        }
    }
}
