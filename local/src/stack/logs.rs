//! What the functions logged, from CloudWatch Logs: the emulator prints none of it.

use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};

use super::Description;
use crate::error::{Error, Result};
use crate::journal;
use crate::session::Session;

/// The lines of all functions from a moment (milliseconds since 1970) on, in the order of time.
pub fn lines(description: &Description, since: i64) -> Result<Vec<(i64, String)>> {
    let client = description.client();
    let mut all = Vec::new();
    for (function, group) in description.log_groups() {
        for line in client.log_lines(&group, since)? {
            let time = DateTime::<Utc>::from_timestamp_millis(line.time).unwrap_or_default();
            let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
            all.push((line.time, format!("{time} {function} {}", line.text.trim_end())));
        }
    }
    all.sort_by_key(|line| line.0);
    Ok(all)
}

/// Keeps them in `logs/functions.log`, where they are when the stack is not.
pub fn keep(session: &Session, description: &Description, since: i64) -> Result<usize> {
    let lines = lines(description, since)?;
    let path = session.paths.log("functions");
    let mut file = journal::open_log(&path)?;
    let text: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
    file.write_all(text.as_bytes())
        .map_err(Error::file("write", &path))?;
    Ok(lines.len())
}
