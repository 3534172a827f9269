//! Wrong code and what the compiler says about it: each file of `tests/compile-fail` has its messages beside it.
//!
//! After a change, `TRYBUILD=overwrite cargo test -p tests compile_fail` writes them anew; read the difference.

use std::path::Path;

/// No message is longer: a person reads it at a glance.
const MOST_LINES: usize = 25;

#[test]
fn compile_fail() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("compile-fail/*.rs");
    // Runs the cases, and panics when a message has changed.
    drop(cases);
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("compile-fail");
    let mut problems = Vec::new();
    let mut seen = 0;
    for entry in std::fs::read_dir(directory).expect("the cases are there") {
        let path = entry.expect("a case").path();
        if path.extension().is_some_and(|extension| extension == "stderr") {
            let text = std::fs::read_to_string(&path).expect("its messages");
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            for message in messages(&text) {
                seen += 1;
                problems.extend(check(&message).map(|problem| format!("{name}: {problem}:\n{message}")));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    assert!(seen >= 100, "only {seen} messages were looked at");
}

/// The messages of a compiler's output: each from `error` up to the next.
fn messages(text: &str) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("error") {
            messages.push(String::new());
        }
        if let Some(message) = messages.last_mut() {
            message.push_str(line);
            message.push('\n');
        }
    }
    messages
}

/// What is wrong with a message.
fn check(message: &str) -> Option<String> {
    let lines = message.trim_end().lines().count();
    if lines > MOST_LINES {
        return Some(format!("{lines} lines"));
    }
    // The compiler shows the line, and what it underlines is a column, a field or the thing in its place.
    let names = message.lines().any(|line| line.contains("--> "))
        && message.lines().any(|line| line.trim_start().split(' ').next().is_some_and(|n| n.parse::<u32>().is_ok()));
    (!names).then(|| "it names no place".to_owned())
}

#[test]
fn long_and_vague_messages_are_found() {
    let vague = "error: no\n";
    let good = "error: no\n --> a.rs:1:1\n  |\n1 | id: i64,\n  | ^^\n";
    let long = format!("{good}{}", "  = note: more\n".repeat(MOST_LINES));
    assert_eq!(check(vague).as_deref(), Some("it names no place"));
    assert_eq!(check(good), None);
    assert_eq!(check(&long).as_deref(), Some("30 lines"));
    assert_eq!(messages(&format!("{vague}\n{good}")).len(), 2);
}
