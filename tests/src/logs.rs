//! The functions' logs, in CloudWatch Logs.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::wait::SOON;
use crate::{Stack, eventually};

/// Returns the current time in milliseconds since 1970, from which a test reads a log.
pub fn now() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

impl Stack {
    /// Waits until a function (`on_upload`, `on_job`) has logged a disposition for every record of a message, and
    /// returns them. A message that returned to the queue is delivered again with all its records.
    #[track_caller]
    pub fn dispositions(&self, function: &str, message_id: &str, since: i64, records: usize) -> Vec<Value> {
        eventually(
            SOON,
            &format!("{function} logs the dispositions of {records} records of {message_id}"),
            || {
                let mut rounds: BTreeMap<String, Vec<Value>> = BTreeMap::new();
                for line in self.log(function, since) {
                    let Ok(line) = serde_json::from_str::<Value>(&line) else {
                        continue;
                    };
                    if line["message_id"] == message_id && line["disposition"].is_string() {
                        rounds.entry(line["receives"].to_string()).or_default().push(line);
                    }
                }
                let ended = |dispositions: &Vec<Value>| {
                    dispositions.len() == records
                        && dispositions.iter().all(|end| end["disposition"] != "retry")
                };
                rounds.into_values().find(ended)
            },
        )
    }

    /// Returns the lines of a function's log (`api`, `on_upload`, `on_job`) since a time.
    #[track_caller]
    pub fn log(&self, function: &str, since: i64) -> Vec<String> {
        let group = format!("/aws/lambda/{}", self.info.functions[function]);
        let mut lines = Vec::new();
        let mut token = Value::Null;
        loop {
            let mut query = json!({"logGroupName": group, "startTime": since});
            if token.is_string() {
                query["nextToken"] = token.clone();
            }
            let headers = [
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", "Logs_20140328.FilterLogEvents"),
            ];
            let page = self
                .call("logs", "POST", "/", &headers, &query.to_string())
                .expect(200)
                .json();
            let events = page["events"].as_array().into_iter().flatten();
            lines.extend(events.filter_map(|event| event["message"].as_str().map(str::to_owned)));
            if !page["nextToken"].is_string() || page["nextToken"] == token {
                return lines;
            }
            token = page["nextToken"].clone();
        }
    }
}
