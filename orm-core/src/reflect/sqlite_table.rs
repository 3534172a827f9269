//! What SQLite tells only in the text of its CREATE TABLE and CREATE INDEX: constraint names and checks.

use super::tokens::{Token, closing, split, tokens};
use crate::schema::Check;

/// The constraints of a CREATE TABLE.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Declared {
    pub(super) primary_key: Option<String>,
    /// Name and columns.
    pub(super) uniques: Vec<(String, Vec<String>)>,
    /// Name and columns.
    pub(super) foreign_keys: Vec<(String, Vec<String>)>,
    pub(super) checks: Vec<Check>,
}

impl Declared {
    /// The name of the constraint over these columns.
    pub(super) fn name_of(named: &[(String, Vec<String>)], columns: &[String]) -> Option<String> {
        let same = |other: &[String]| {
            other.len() == columns.len() && other.iter().zip(columns).all(|(a, b)| a.eq_ignore_ascii_case(b))
        };
        named.iter().find(|(_, other)| same(other)).map(|(name, _)| name.clone())
    }
}

/// Reads a CREATE TABLE.
pub(super) fn declared(sql: &str) -> Declared {
    let all = tokens(sql, false);
    let mut found = Declared::default();
    let Some(open) = all.iter().position(|token| token.is_symbol("(")) else { return found };
    let close = closing(&all, open);
    for item in split(&all[open + 1..close.saturating_sub(1).max(open + 1)]) {
        let is_constraint = item.first().is_some_and(|first| {
            ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|keyword| first.is(keyword))
        });
        match item.first().and_then(Token::name) {
            Some(column) if !is_constraint => constraints(sql, &item[1..], Some(column), &mut found),
            _ => constraints(sql, item, None, &mut found),
        }
    }
    found
}

/// Reads the constraints of one column, or one constraint of the table.
fn constraints(sql: &str, item: &[Token], column: Option<&str>, found: &mut Declared) {
    let mut name: Option<String> = None;
    let mut at = 0;
    while at < item.len() {
        let token = &item[at];
        let listed = |from: usize| -> (Vec<String>, usize) {
            match item.iter().skip(from).position(|token| token.is_symbol("(")) {
                Some(open) => {
                    let close = closing(item, from + open);
                    let inside = &item[from + open + 1..close.saturating_sub(1).max(from + open + 1)];
                    let names = split(inside).into_iter().filter_map(|part| part.first()?.name().map(str::to_owned));
                    (names.collect(), close)
                }
                None => (Vec::new(), item.len()),
            }
        };
        if token.is("CONSTRAINT") {
            name = item.get(at + 1).and_then(Token::name).map(str::to_owned);
            at += 2;
        } else if token.is("PRIMARY") {
            found.primary_key = name.take();
            at = if column.is_some() { at + 2 } else { listed(at).1 };
        } else if token.is("UNIQUE") {
            let (columns, next) = match column {
                Some(column) => (vec![column.to_owned()], at + 1),
                None => listed(at),
            };
            found.uniques.extend(name.take().map(|name| (name, columns)));
            at = next;
        } else if token.is("CHECK") {
            let Some(open) = item.get(at + 1).filter(|token| token.is_symbol("(")) else { return };
            let close = closing(item, at + 1);
            let end = item.get(close - 1).map_or(sql.len(), |token| token.start);
            let expression = sql[open.end..end.max(open.end)].trim().to_owned();
            found.checks.push(Check { name: name.take(), expression });
            at = close;
        } else if token.is("FOREIGN") || (token.is("REFERENCES") && column.is_some()) {
            let columns = match column {
                Some(column) => vec![column.to_owned()],
                None => listed(at).0,
            };
            found.foreign_keys.extend(name.take().map(|name| (name, columns)));
            // A table's constraint ends here; after a column's reference comes `(column)`, which is skipped below.
            at = if column.is_some() { at + 2 } else { item.len() };
        } else if token.is_symbol("(") {
            at = closing(item, at);
        } else {
            // A name belongs to the constraint right after it, and NOT NULL, DEFAULT and their like may have one too.
            if token.is("NOT") || token.is("NULL") || token.is("DEFAULT") || token.is("COLLATE") {
                name = None;
            }
            at += 1;
        }
    }
}

/// The key parts of a CREATE INDEX that are expressions, and its condition. The first `(` after ON opens the list.
pub(super) fn index(sql: &str) -> (Vec<String>, Option<String>) {
    let all = tokens(sql, false);
    let on = all.iter().position(|token| token.is("ON")).unwrap_or(0);
    let Some(open) = all.iter().skip(on).position(|token| token.is_symbol("(")).map(|n| n + on) else {
        return (Vec::new(), None);
    };
    let close = closing(&all, open);
    let parts = split(&all[open + 1..close.saturating_sub(1).max(open + 1)]);
    let text = |part: &[Token]| {
        let ordered = part.last().is_some_and(|last| last.is("ASC") || last.is("DESC"));
        let part = if ordered { &part[..part.len() - 1] } else { part };
        match (part.first(), part.last()) {
            (Some(first), Some(last)) => sql[first.start..last.end].to_owned(),
            _ => String::new(),
        }
    };
    let filter = all.get(close).filter(|token| token.is("WHERE")).map(|token| sql[token.end..].trim().to_owned());
    (parts.into_iter().map(text).collect(), filter)
}

#[cfg(test)]
mod tests {
    use super::{declared, index};
    use crate::schema::Check;

    #[test]
    fn a_create_table_gives_its_names_and_checks() {
        let found = declared(
            "CREATE TABLE IF NOT EXISTS \"odd (name\" ( -- comment, with (\n\
             id INTEGER CONSTRAINT pk PRIMARY KEY AUTOINCREMENT,\n\
             [two words] TEXT DEFAULT 'a, (b' CONSTRAINT one UNIQUE CHECK (length([two words]) > 0 AND 1 IN (1, 2)),\n\
             price DECIMAL(10, 2) CONSTRAINT nn NOT NULL CHECK(price>0),\n\
             boss INT CONSTRAINT fk_boss REFERENCES people(id) ON DELETE CASCADE,\n\
             CONSTRAINT uq UNIQUE (id, \"two words\"),\n\
             CONSTRAINT fk FOREIGN KEY (price, boss) REFERENCES other (a, b),\n\
             CONSTRAINT ck CHECK (price < 100))",
        );
        let check = |name: Option<&str>, expression: &str| Check {
            name: name.map(str::to_owned),
            expression: expression.to_owned(),
        };
        assert_eq!(found.primary_key.as_deref(), Some("pk"));
        let strings = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            found.uniques,
            [("one".into(), strings(&["two words"])), ("uq".into(), strings(&["id", "two words"]))]
        );
        assert_eq!(
            found.foreign_keys,
            [("fk_boss".into(), strings(&["boss"])), ("fk".into(), strings(&["price", "boss"]))]
        );
        assert_eq!(
            found.checks,
            [
                check(None, "length([two words]) > 0 AND 1 IN (1, 2)"),
                check(None, "price>0"),
                check(Some("ck"), "price < 100")
            ]
        );
    }

    #[test]
    fn a_create_index_gives_its_parts_and_condition() {
        let (parts, filter) = index("CREATE UNIQUE INDEX i ON \"t\" (lower(a), \"b\" DESC) WHERE c IS NOT NULL");
        assert_eq!(parts, ["lower(a)", "\"b\""]);
        assert_eq!(filter.as_deref(), Some("c IS NOT NULL"));
        assert_eq!(index("CREATE INDEX i ON t(a)"), (vec!["a".to_owned()], None));
    }
}
