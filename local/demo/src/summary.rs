//! The summary at the end of a run.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::Duration;

use indicatif::HumanBytes;
use local::journal::seconds;
use local::session::StackSession;
use local::stack::StackDescription;
use serde_json::{Map, Value};

use crate::send::DemoResult;

/// Prints the summary to standard output and to the log.
pub fn print(session: &StackSession, stack: &StackDescription, result: &DemoResult) {
    let phases = session.journal.phase_times();
    let text = compose(session, stack, result, &phases);
    session.journal.log(&text);
    let text = if io::stdout().is_terminal() {
        highlight(&text)
    } else {
        text
    };
    // A closed output does not make the run fail.
    let _ = io::stdout().write_all(text.as_bytes());
}

fn compose(
    session: &StackSession,
    stack: &StackDescription,
    result: &DemoResult,
    phases: &[(String, Duration)],
) -> String {
    let source = &result.source;
    let short = |path| session.paths.short(path).to_string();
    let mut rows = vec![
        ("response", format!("project demo, step 0, {}", result.email)),
        ("source", format!("{}  {}", short(&source.path), source.probe)),
        (
            "uploaded to",
            format!("s3://{}/{}", stack.uploads_bucket, result.key),
        ),
        (
            "rendition",
            format!("{}  {}", short(&result.rendition), result.rendition_probe),
        ),
    ];
    rows.extend(
        rendition_key(&result.item)
            .map(|key| ("stored at", format!("s3://{}/{key}", stack.renditions_bucket))),
    );
    rows.extend(result.poster.as_deref().map(|path| ("poster", short(path))));
    rows.extend([
        (
            "record",
            format!("table {}, key demo-0 / {}", stack.table, result.email),
        ),
        ("bytes", sizes(source.size, result.rendition_size)),
        ("logs", format!("{}/", short(&session.paths.logs()))),
    ]);

    let mut text = String::from("\nThe video went through the whole pipeline.\n\n");
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:<12} {value}");
    }
    text.push_str("\nThe stored item\n\n");
    for (name, value) in plain_item(&result.item) {
        let _ = writeln!(text, "  {name:<12} {value}");
    }
    text.push_str("\nSeconds per phase\n\n");
    let longest = phases
        .iter()
        .map(|(_, elapsed)| elapsed.as_secs_f64())
        .fold(0.1, f64::max);
    for (name, elapsed) in phases {
        let bar = "█".repeat((elapsed.as_secs_f64() / longest * 30.0).round() as usize);
        let _ = writeln!(text, "  {name:<15} {:>8}  {bar}", seconds(*elapsed));
    }
    let total = phases.iter().map(|(_, elapsed)| *elapsed).sum();
    let _ = writeln!(text, "  {:<15} {:>8}\n", "total", seconds(total));
    text
}

fn sizes(before: u64, after: u64) -> String {
    let ratio = before as f64 / after.max(1) as f64;
    let (shown_before, shown_after) = (HumanBytes(before), HumanBytes(after));
    format!("{before} before ({shown_before}), {after} after ({shown_after}): {ratio:.1} to 1")
}

/// Returns the key of the rendition, from anywhere in the item.
fn rendition_key(item: &Value) -> Option<String> {
    match item {
        Value::String(text) if text.starts_with("output/") && text.ends_with(".mp4") => Some(text.clone()),
        Value::Array(values) => values.iter().find_map(rendition_key),
        Value::Object(values) => values.values().find_map(rendition_key),
        _ => None,
    }
}

/// Returns the item's attributes by name, with their values as plain text or JSON.
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

/// Converts a value from DynamoDB's notation, such as `{"S": "x"}`, to plain JSON.
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

/// Makes headlines bold, and the first one green.
fn highlight(text: &str) -> String {
    let mut first = true;
    let mut out = String::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with(' ') {
            let _ = writeln!(out, "{line}");
        } else {
            let color = if std::mem::take(&mut first) {
                "\u{1b}[1;32m"
            } else {
                "\u{1b}[1m"
            };
            let _ = writeln!(out, "{color}{line}\u{1b}[0m");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn item_is_shown_as_plain_values() {
        let item = json!({
            "Step": {"N": "0"},
            "Status": {"S": "ready"},
            "Renditions": {"M": {"web": {"M": {"key": {"S": "output/web/demo/0/h/t-1.mp4"}, "width": {"N": "1280"}}}}}
        });
        let lines = plain_item(&item);
        assert_eq!(lines[1], ("Status".to_owned(), "ready".to_owned()));
        assert_eq!(lines[2], ("Step".to_owned(), "0".to_owned()));
        assert!(lines[0].1.contains(r#""width":1280"#), "{}", lines[0].1);
        assert_eq!(
            rendition_key(&item).as_deref(),
            Some("output/web/demo/0/h/t-1.mp4")
        );
    }

    #[test]
    fn ratio_compares_source_to_rendition() {
        assert_eq!(
            sizes(3000, 1000),
            "3000 before (2.93 KiB), 1000 after (1000 B): 3.0 to 1"
        );
    }
}
