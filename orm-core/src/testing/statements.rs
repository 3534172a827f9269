//! What a statement's text says: its kind, its tables, and whether it fits a pattern.

use crate::engine::Recorded;
use crate::reflect::tokens::{Token, TokenKind, tokens};

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatementKind {
    /// Reads rows.
    Select,
    /// Adds rows.
    Insert,
    /// Changes rows.
    Update,
    /// Deletes rows.
    Delete,
    /// Anything else: definitions, pragmas, settings.
    Other,
}

impl StatementKind {
    /// Its keyword.
    pub(super) fn name(self) -> &'static str {
        match self {
            StatementKind::Select => "SELECT",
            StatementKind::Insert => "INSERT",
            StatementKind::Update => "UPDATE",
            StatementKind::Delete => "DELETE",
            StatementKind::Other => "other statement",
        }
    }
}

impl Recorded {
    /// What the statement does; a WITH counts as what follows its queries.
    pub fn kind(&self) -> StatementKind {
        kind(&tokens(&self.sql, false))
    }

    /// The tables that it is about, without their schemas: of an INSERT, UPDATE or DELETE the one that it writes, of a SELECT those
    /// in its FROM clauses and joins.
    pub fn tables(&self) -> Vec<String> {
        let tokens = tokens(&self.sql, false);
        let mut found = named(&tokens);
        if matches!(kind(&tokens), StatementKind::Insert | StatementKind::Update | StatementKind::Delete) {
            found.truncate(1);
        }
        found
    }

    /// Whether it changes rows or definitions.
    pub(super) fn writes(&self) -> bool {
        let tokens = tokens(&self.sql, false);
        let first = ["select", "with", "values", "explain", "show", "pragma"];
        let reads = tokens.first().is_some_and(|token| token.is_symbol("(") || first.iter().any(|word| token.is(word)));
        // PostgreSQL writes inside WITH too.
        let inside = tokens.windows(2).any(|pair| pair[0].is_symbol("(") && verb(&pair[1]).is_some_and(is_write));
        !reads || inside || is_write(kind(&tokens))
    }

    /// Whether the text fits a pattern; see [`assert_statements`](crate::engine::Recorder::assert_statements).
    pub(super) fn fits(&self, pattern: &str) -> bool {
        fits(&words(&self.sql), &words(&pattern.replace("...", " … ")))
    }
}

fn verb(token: &Token) -> Option<StatementKind> {
    let verbs = [
        ("select", StatementKind::Select),
        ("values", StatementKind::Select),
        ("insert", StatementKind::Insert),
        ("update", StatementKind::Update),
        ("delete", StatementKind::Delete),
    ];
    verbs.iter().find(|(word, _)| token.is(word)).map(|(_, kind)| *kind)
}

fn is_write(kind: StatementKind) -> bool {
    matches!(kind, StatementKind::Insert | StatementKind::Update | StatementKind::Delete)
}

fn kind(tokens: &[Token]) -> StatementKind {
    let Some(first) = tokens.iter().find(|token| !token.is_symbol("(")) else { return StatementKind::Other };
    if !first.is("with") {
        return verb(first).unwrap_or(StatementKind::Other);
    }
    let mut depth = 0;
    for token in tokens {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth -= 1;
        } else if depth == 0
            && let Some(kind) = verb(token)
        {
            return kind;
        }
    }
    StatementKind::Other
}

/// The tables that FROM, JOIN, INTO and UPDATE name, each once.
fn named(tokens: &[Token]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let queries = with_names(tokens);
    let mut at = 0;
    while at < tokens.len() {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let after = |words: &[&str]| before.is_some_and(|before| words.iter().any(|word| before.is(word)));
        let token = &tokens[at];
        at += 1;
        let reads = token.is("join") || token.is("from") && !after(&["distinct"]);
        let writes = token.is("into") || token.is("update") && !after(&["for", "key", "on", "do"]);
        if !reads && !writes {
            continue;
        }
        loop {
            while tokens.get(at).is_some_and(|token| token.is("only") || token.is("lateral")) {
                at += 1;
            }
            let Some(mut name) = tokens.get(at).and_then(identifier) else { break };
            at += 1;
            while tokens.get(at).is_some_and(|token| token.is_symbol("."))
                && let Some(last) = tokens.get(at + 1).and_then(identifier)
            {
                name = last;
                at += 2;
            }
            let called = reads && tokens.get(at).is_some_and(|token| token.is_symbol("("));
            if !called && !queries.contains(&name) && !found.iter().any(|other| other == name) {
                found.push(name.to_owned());
            }
            // A list of tables, each with its alias.
            let mut comma = at;
            if tokens.get(comma).is_some_and(|token| token.is("as")) {
                comma += 1;
            }
            if tokens.get(comma).is_some_and(|token| identifier(token).is_some()) {
                comma += 1;
            }
            if !reads || !tokens.get(comma).is_some_and(|token| token.is_symbol(",")) {
                break;
            }
            at = comma + 1;
        }
    }
    found
}

/// The names of the queries of a WITH.
fn with_names(tokens: &[Token]) -> Vec<&str> {
    let opens = |at: usize| tokens.get(at).is_some_and(|token| token.is_symbol("("));
    if !tokens.first().is_some_and(|token| token.is("with")) {
        return Vec::new();
    }
    (1..tokens.len())
        .filter(|at| {
            let before = &tokens[at - 1];
            let first = before.is("with") || before.is("recursive") || before.is_symbol(",");
            let named = tokens.get(at + 1).is_some_and(|token| token.is("as"));
            first && (named || opens(at + 1))
        })
        .filter_map(|at| identifier(&tokens[at]))
        .collect()
}

fn identifier(token: &Token) -> Option<&str> {
    match &token.kind {
        TokenKind::Word(name) | TokenKind::Quoted(name) => Some(name),
        _ => None,
    }
}

/// The text as words that mean the same on every database: quotes of names left out, `$1` as `?`.
fn words(sql: &str) -> Vec<String> {
    let word = |token: Token| match token.kind {
        TokenKind::Word(word) if word.starts_with('$') && word[1..].bytes().all(|b| b.is_ascii_digit()) => "?".into(),
        TokenKind::Text(text) => format!("'{text}'"),
        TokenKind::Word(text) | TokenKind::Quoted(text) | TokenKind::Number(text) | TokenKind::Symbol(text) => text,
    };
    tokens(sql, false).into_iter().map(word).collect()
}

/// `…` stands for any words.
fn fits(text: &[String], pattern: &[String]) -> bool {
    let (mut at, mut next) = (0, 0);
    // Where the last `…` was, and how far it reaches.
    let mut any: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(next) {
            Some(word) if word == "…" => {
                any = Some((next, at));
                next += 1;
            }
            Some(word) if word.eq_ignore_ascii_case(&text[at]) => {
                at += 1;
                next += 1;
            }
            _ => match &mut any {
                Some((start, reach)) => {
                    *reach += 1;
                    (at, next) = (*reach, *start + 1);
                }
                None => return false,
            },
        }
    }
    pattern[next..].iter().all(|word| word == "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(sql: &str) -> Recorded {
        Recorded { sql: sql.to_owned(), binds: Vec::new(), rows: 0 }
    }

    #[test]
    fn kinds_and_tables() {
        use StatementKind::*;
        for (sql, kind, tables, writes) in [
            ("SELECT id FROM users", Select, &["users"][..], false),
            ("SELECT 1", Select, &[], false),
            ("INSERT INTO users (name) VALUES ($1) RETURNING id", Insert, &["users"], true),
            ("INSERT INTO users (name) SELECT name FROM old", Insert, &["users"], true),
            ("INSERT INTO t (a) VALUES (?) ON DUPLICATE KEY UPDATE a = 1", Insert, &["t"], true),
            ("INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO UPDATE SET a = 1", Insert, &["t"], true),
            ("UPDATE \"Odd\" SET a = u.a FROM UNNEST($1::int[]) AS u (a)", Update, &["Odd"], true),
            ("DELETE FROM `users` WHERE id IN (?, ?)", Delete, &["users"], true),
            (
                "SELECT a.x FROM users AS a JOIN s.addresses b ON a.id = b.u FOR UPDATE",
                Select,
                &["users", "addresses"],
                false,
            ),
            ("SELECT a.x FROM users a, addresses AS b, users WHERE 1", Select, &["users", "addresses"], false),
            ("SELECT x FROM (SELECT x FROM inner_one) AS q", Select, &["inner_one"], false),
            ("WITH q AS (SELECT 1), r (x) AS (SELECT x FROM t) SELECT x FROM q JOIN r ON 1", Select, &["t"], false),
            ("WITH q AS (DELETE FROM t RETURNING id) SELECT id FROM q", Select, &["t"], true),
            ("(SELECT id FROM a) UNION (SELECT id FROM b)", Select, &["a", "b"], false),
            ("SELECT a IS DISTINCT FROM b FROM c", Select, &["c"], false),
            ("CREATE TABLE t (id INT)", Other, &[], true),
            ("PRAGMA foreign_keys", Other, &[], false),
        ] {
            let recorded = recorded(sql);
            assert_eq!(
                (recorded.kind(), recorded.tables().as_slice(), recorded.writes()),
                (kind, &tables.iter().map(ToString::to_string).collect::<Vec<_>>()[..], writes),
                "{sql}"
            );
        }
    }

    #[test]
    fn patterns() {
        let sql = "INSERT INTO \"users\" (name, id) VALUES ($1, $2), ($3, $4) RETURNING id";
        for (pattern, fit) in [
            (sql, true),
            ("insert into users (name, id) values (?, ?), (?, ?) returning id", true),
            ("INSERT INTO users …", true),
            ("INSERT INTO users ...", true),
            ("INSERT INTO users (…) VALUES … RETURNING id", true),
            ("… RETURNING id …", true),
            ("INSERT … INTO users …", true),
            ("INSERT INTO users", false),
            ("INSERT INTO user …", false),
            ("INSERT INTO users … RETURNING name", false),
            ("", false),
            ("…", true),
        ] {
            assert_eq!(recorded(sql).fits(pattern), fit, "{pattern}");
        }
        assert!(recorded("SELECT 'a  b'").fits("SELECT 'a  b'"));
        assert!(!recorded("SELECT 'a  b'").fits("SELECT 'a b'"));
    }
}
