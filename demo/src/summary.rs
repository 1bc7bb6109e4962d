//! What a person sees at the end.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::Duration;

use indicatif::HumanBytes;
use serde_json::{Map, Value};

use crate::send::Outcome;
use local::journal::seconds;
use local::session::Session;
use local::stack::Description;

/// Prints it to stdout, and to the log.
pub fn print(session: &Session, stack: &Description, outcome: &Outcome) {
    let stages = session.journal.stages();
    let text = compose(session, stack, outcome, &stages);
    session.journal.note(&text);
    let text = if io::stdout().is_terminal() {
        highlight(&text)
    } else {
        text
    };
    // A reader who went away is no reason to fail.
    let _ = io::stdout().write_all(text.as_bytes());
}

fn compose(
    session: &Session,
    stack: &Description,
    outcome: &Outcome,
    stages: &[(String, Duration)],
) -> String {
    let source = &outcome.source;
    let short = |path| session.paths.short(path).to_string();
    let mut rows = vec![
        ("response", format!("project demo, step 0, {}", outcome.mail)),
        ("source", format!("{}  {}", short(&source.path), source.probe)),
        (
            "uploaded to",
            format!("s3://{}/{}", stack.uploads_bucket, outcome.key),
        ),
        (
            "rendition",
            format!("{}  {}", short(&outcome.rendition), outcome.rendition_probe),
        ),
    ];
    rows.extend(
        stored(&outcome.item).map(|key| ("stored at", format!("s3://{}/{key}", stack.renditions_bucket))),
    );
    rows.extend(outcome.poster.as_deref().map(|path| ("poster", short(path))));
    rows.extend([
        (
            "record",
            format!("table {}, key demo-0 / {}", stack.table, outcome.mail),
        ),
        ("bytes", bytes(source.size, outcome.rendition_size)),
        ("logs", format!("{}/", short(&session.paths.logs()))),
    ]);

    let mut text = String::from("\nThe video went through the whole pipeline.\n\n");
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:<12} {value}");
    }
    text.push_str("\nThe stored item\n\n");
    for (name, value) in plain_item(&outcome.item) {
        let _ = writeln!(text, "  {name:<12} {value}");
    }
    text.push_str("\nSeconds per stage\n\n");
    let most = stages
        .iter()
        .map(|(_, took)| took.as_secs_f64())
        .fold(0.1, f64::max);
    for (name, took) in stages {
        let bar = "█".repeat((took.as_secs_f64() / most * 30.0).round() as usize);
        let _ = writeln!(text, "  {name:<15} {:>8}  {bar}", seconds(*took));
    }
    let all = stages.iter().map(|(_, took)| *took).sum();
    let _ = writeln!(text, "  {:<15} {:>8}\n", "all", seconds(all));
    text
}

fn bytes(before: u64, after: u64) -> String {
    let ratio = before as f64 / after.max(1) as f64;
    let (shown_before, shown_after) = (HumanBytes(before), HumanBytes(after));
    format!("{before} before ({shown_before}), {after} after ({shown_after}): {ratio:.1} to 1")
}

/// The key of the rendition in the item, wherever it stands in it.
fn stored(item: &Value) -> Option<String> {
    match item {
        Value::String(text) if text.starts_with("output/") && text.ends_with(".mp4") => Some(text.clone()),
        Value::Array(values) => values.iter().find_map(stored),
        Value::Object(values) => values.values().find_map(stored),
        _ => None,
    }
}

/// DynamoDB's `{"S": "x"}` as plain JSON, one attribute a line.
fn plain_item(item: &Value) -> Vec<(String, String)> {
    let show = |value: &Value| match plain(value) {
        Value::String(text) => text,
        value => value.to_string(),
    };
    item.as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), show(value)))
        .collect()
}

fn plain(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|one| one.iter().next()) else {
        return value.clone();
    };
    match (kind.as_str(), inner) {
        ("M", Value::Object(map)) => {
            let fields: Map<_, _> = map
                .iter()
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect();
            Value::Object(fields)
        }
        ("L", Value::Array(list)) => list.iter().map(plain).collect(),
        ("N", Value::String(number)) => serde_json::from_str(number).unwrap_or_else(|_| inner.clone()),
        _ => inner.clone(),
    }
}

/// Bold for headlines, green for the first.
fn highlight(text: &str) -> String {
    let mut first = true;
    let mut out = String::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with(' ') {
            let _ = writeln!(out, "{line}");
        } else {
            let colour = if std::mem::take(&mut first) {
                "\u{1b}[1;32m"
            } else {
                "\u{1b}[1m"
            };
            let _ = writeln!(out, "{colour}{line}\u{1b}[0m");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_item_is_shown_as_plain_values() {
        let item = json!({
            "Step": {"N": "0"},
            "Status": {"S": "ready"},
            "Renditions": {"M": {"web": {"M": {"key": {"S": "output/web/demo/0/h/t-1.mp4"}, "width": {"N": "1280"}}}}}
        });
        let lines = plain_item(&item);
        assert_eq!(lines[1], ("Status".to_owned(), "ready".to_owned()));
        assert_eq!(lines[2], ("Step".to_owned(), "0".to_owned()));
        assert!(lines[0].1.contains(r#""width":1280"#), "{}", lines[0].1);
        assert_eq!(stored(&item).as_deref(), Some("output/web/demo/0/h/t-1.mp4"));
    }

    #[test]
    fn the_ratio_is_before_to_after() {
        assert_eq!(
            bytes(3000, 1000),
            "3000 before (2.93 KiB), 1000 after (1000 B): 3.0 to 1"
        );
    }
}
