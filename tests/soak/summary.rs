//! The counters of a soak.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A number that several threads count.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds `more` to the counter.
    pub fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::SeqCst);
    }

    /// Returns the count.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Stores a duration in milliseconds.
    pub fn set(&self, time: Duration) {
        self.0
            .store(time.as_millis().try_into().unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}

/// The counters of a soak.
#[derive(Debug, Default)]
pub struct Summary {
    /// Uploaded files.
    pub uploads: Counter,
    /// Respondents who recorded a second take.
    pub second_takes: Counter,
    /// Upload requests that were repeated.
    pub repeated_requests: Counter,
    /// Posts that were repeated, some of them after the file had arrived.
    pub repeated_posts: Counter,
    /// Milliseconds until the last file was uploaded.
    pub uploading: Counter,
    /// Messages, each counted at its first delivery.
    pub messages: Counter,
    /// Messages that were delivered twice.
    pub duplicated: Counter,
    /// Messages that were delayed.
    pub delayed: Counter,
    /// Deliveries that were repeated because the function failed.
    pub returned: Counter,
    /// Dead letters that were sent back.
    pub dead_letters: Counter,
    /// Calls of the functions.
    pub calls: Counter,
    /// Throttled calls.
    pub throttled: Counter,
    /// Failed calls.
    pub failed_calls: Counter,
    /// Calls whose answer was lost.
    pub dropped_answers: Counter,
    /// Killed functions.
    pub functions_killed: Counter,
    /// Number of times the transcoder was killed.
    pub transcoder_killed: Counter,
    /// Responses that are ready in the end.
    pub ready: Counter,
    /// Responses that failed, as expected.
    pub failed: Counter,
    /// Files that were rejected, as expected.
    pub rejected: Counter,
    /// Jobs that were created.
    pub jobs: Counter,
}

impl Summary {
    /// Prints the counters.
    pub fn print(&self, took: Duration) {
        let row = |what: &str, count: &Counter| println!("  {:>8}  {what}", count.get());
        println!("soak: passed after {:.0} s", took.as_secs_f64());
        row("files uploaded", &self.uploads);
        row("respondents with a second take", &self.second_takes);
        row("ms until the last file was uploaded", &self.uploading);
        row("upload requests repeated", &self.repeated_requests);
        row("posts repeated", &self.repeated_posts);
        row("messages", &self.messages);
        row("of them delivered twice", &self.duplicated);
        row("of them delivered late", &self.delayed);
        row("messages redelivered after a failure", &self.returned);
        row("dead letters sent back", &self.dead_letters);
        row("calls of the functions", &self.calls);
        row("of them throttled", &self.throttled);
        row("of them failed", &self.failed_calls);
        row("of them done, answer dropped", &self.dropped_answers);
        row("functions killed", &self.functions_killed);
        row("times the transcoder was killed", &self.transcoder_killed);
        row("jobs started", &self.jobs);
        row("responses ready", &self.ready);
        row("responses failed, as expected", &self.failed);
        row("files rejected, as expected", &self.rejected);
        println!("  lost: 0, duplicated: 0, older takes shown: 0");
    }
}
