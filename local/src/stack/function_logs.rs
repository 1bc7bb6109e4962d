//! Copies the functions' logs from CloudWatch Logs to `logs/functions.log` while the stack runs: the emulator prints none.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, Utc};

use super::description::StackDescription;
use crate::aws::{AwsClient, LogEvent};
use crate::error::{Error, Result};
use crate::{journal, signal};

const INTERVAL: Duration = Duration::from_secs(1);
/// Milliseconds before the latest event that are read again: events may be stored out of order.
const OVERLAP: i64 = 5_000;
/// The time that the last copy may take.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// A thread that copies the logs until it is stopped.
#[derive(Debug)]
pub struct LogCopier {
    stop: Sender<()>,
    result: Receiver<Result<()>>,
}

impl LogCopier {
    /// Starts to copy events that are later than `since` (milliseconds since 1970) to the file at `path`.
    pub fn start(description: &StackDescription, path: PathBuf, since: i64) -> LogCopier {
        let client = description.client();
        let mut groups: Vec<LogGroup> = description
            .functions
            .iter()
            .map(|(function, name)| LogGroup::new(function, name, since))
            .collect();
        let (stop, stopped) = mpsc::channel();
        let (sender, result) = mpsc::channel();
        std::thread::spawn(move || {
            // A failed copy is made up for by the next one.
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let _ = copy(&client, &mut groups, &path);
            }
            let _ = sender.send(copy(&client, &mut groups, &path));
        });
        LogCopier { stop, result }
    }

    /// Copies what is left and stops. Returns an error if the log is incomplete. A second Ctrl-C ends the wait.
    pub fn stop(self) -> Result<()> {
        drop(self.stop);
        let end = Instant::now() + STOP_LIMIT;
        while Instant::now() < end && !signal::force_quit() {
            if let Ok(result) = self.result.recv_timeout(Duration::from_millis(50)) {
                return result;
            }
        }
        Err(Error::message("the emulator did not answer in time"))
    }
}

/// The log group of a function, and what was copied of it.
struct LogGroup {
    function: String,
    name: String,
    since: i64,
    copied: BTreeSet<(LogEvent, usize)>,
}

impl LogGroup {
    fn new(function: &str, name: &str, since: i64) -> LogGroup {
        LogGroup {
            function: function.to_owned(),
            name: format!("/aws/lambda/{name}"),
            since,
            copied: BTreeSet::new(),
        }
    }

    /// Returns the events that were not returned before, and forgets those before the overlap.
    fn new_events(&mut self, events: Vec<LogEvent>) -> Vec<LogEvent> {
        // A counter distinguishes equal lines of one stream and millisecond.
        let mut repeats: HashMap<LogEvent, usize> = HashMap::new();
        let mut new = Vec::new();
        for event in events {
            let repeat = repeats.entry(event.clone()).or_default();
            *repeat += 1;
            if self.copied.insert((event.clone(), *repeat)) {
                new.push(event);
            }
        }
        let latest = new.iter().map(|event| event.time).max().unwrap_or(self.since);
        self.since = self.since.max(latest - OVERLAP);
        self.copied.retain(|(event, _)| event.time >= self.since);
        new
    }
}

/// Appends the new events of all functions to the log, sorted by time.
fn copy(client: &AwsClient, groups: &mut [LogGroup], path: &Path) -> Result<()> {
    let mut lines = Vec::new();
    for group in groups {
        let events = client.log_events(&group.name, group.since)?;
        for event in group.new_events(events) {
            lines.push((event.time, line(&group.function, &event)));
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    lines.sort_by_key(|(time, _)| *time);
    let text: String = lines.into_iter().map(|(_, line)| line).collect();
    journal::open_log(path)?
        .write_all(text.as_bytes())
        .map_err(Error::file("write", path))
}

fn line(function: &str, event: &LogEvent) -> String {
    let time = DateTime::<Utc>::from_timestamp_millis(event.time).unwrap_or_default();
    let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
    format!("{time} {function} {}\n", event.message.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(time: i64, message: &str) -> LogEvent {
        LogEvent {
            time,
            stream: "one".to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn each_event_is_copied_once() {
        let mut group = LogGroup::new("api", "responses-api", 0);
        let first = vec![event(10_000, "a"), event(10_000, "a"), event(10_001, "b")];
        assert_eq!(group.new_events(first.clone()).len(), 3);
        assert_eq!(group.since, 5_001);
        let late = event(9_000, "late");
        let second = [vec![late.clone()], first, vec![event(20_000, "c")]].concat();
        assert_eq!(group.new_events(second), [late, event(20_000, "c")]);
        assert_eq!(group.copied.len(), 1, "earlier events are not read again");
    }

    #[test]
    fn line_names_time_and_function() {
        assert_eq!(
            line("api", &event(1_500, "text\n")),
            "1970-01-01T00:00:01.500Z api text\n"
        );
    }
}
