//! What a soak counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A number that several count.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Counts so many more.
    pub fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::SeqCst);
    }

    /// How many there are.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// A time, in milliseconds.
    pub fn set(&self, time: Duration) {
        self.0
            .store(time.as_millis().try_into().unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}

/// The figures of a soak.
#[derive(Debug, Default)]
pub struct Summary {
    /// Files that were uploaded.
    pub uploads: Counter,
    /// Respondents who recorded anew.
    pub second_takes: Counter,
    /// Requests for an upload that had to be made again.
    pub repeated_requests: Counter,
    /// Files that had to be posted again, some of them after they had arrived.
    pub repeated_posts: Counter,
    /// Milliseconds until the last file was uploaded.
    pub uploading: Counter,
    /// Messages, each counted when it comes first.
    pub messages: Counter,
    /// Of them, those that were delivered twice.
    pub duplicated: Counter,
    /// Of them, those that were held back.
    pub delayed: Counter,
    /// Messages that came back because their function failed.
    pub returned: Counter,
    /// Dead letters that were sent back.
    pub dead_letters: Counter,
    /// Calls of the functions.
    pub calls: Counter,
    /// Calls that were throttled.
    pub throttled: Counter,
    /// Calls that failed.
    pub failed_calls: Counter,
    /// Calls whose answer was lost.
    pub dropped_answers: Counter,
    /// Functions that were killed.
    pub functions_killed: Counter,
    /// How often the transcoder was killed.
    pub transcoder_killed: Counter,
    /// Responses that are ready in the end.
    pub ready: Counter,
    /// Responses that have failed, as they must.
    pub failed: Counter,
    /// Files that were rejected, as they must be.
    pub rejected: Counter,
    /// Jobs that were started for all of them.
    pub jobs: Counter,
}

impl Summary {
    /// Prints the figures.
    pub fn print(&self, took: Duration) {
        let row = |what: &str, count: &Counter| println!("  {:>8}  {what}", count.get());
        println!("soak: all is well after {:.0} s", took.as_secs_f64());
        row("files uploaded", &self.uploads);
        row("respondents recorded anew", &self.second_takes);
        row("ms until the last file was uploaded", &self.uploading);
        row("requests for an upload made again", &self.repeated_requests);
        row("files posted again", &self.repeated_posts);
        row("messages", &self.messages);
        row("of them delivered twice", &self.duplicated);
        row("of them delivered late", &self.delayed);
        row("messages came back", &self.returned);
        row("dead letters sent back", &self.dead_letters);
        row("calls of the functions", &self.calls);
        row("of them throttled", &self.throttled);
        row("of them failed", &self.failed_calls);
        row("of them done, their answer lost", &self.dropped_answers);
        row("functions killed", &self.functions_killed);
        row("times the transcoder was killed", &self.transcoder_killed);
        row("jobs started", &self.jobs);
        row("responses ready", &self.ready);
        row("responses failed, as they must", &self.failed);
        row("files rejected, as they must be", &self.rejected);
        println!("  lost: 0, twice: 0, an older take shown: 0");
    }
}
