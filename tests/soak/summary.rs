//! What a soak counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A number that several count.
#[derive(Clone, Debug, Default)]
pub struct Count(Arc<AtomicU64>);

impl Count {
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
    pub uploads: Count,
    /// Respondents who recorded anew.
    pub again: Count,
    /// Requests for an upload that had to be made again.
    pub asked_again: Count,
    /// Files that had to be posted again, some of them after they had arrived.
    pub posted_again: Count,
    /// Milliseconds until the last file was uploaded.
    pub uploading: Count,
    /// Messages, each counted when it comes first.
    pub messages: Count,
    /// Of them, those that were delivered twice.
    pub doubled: Count,
    /// Of them, those that were held back.
    pub delayed: Count,
    /// Messages that came back because their function failed.
    pub returned: Count,
    /// Dead letters that were sent back.
    pub dead_letters: Count,
    /// Calls of the functions.
    pub calls: Count,
    /// Calls that were throttled.
    pub throttled: Count,
    /// Calls that failed.
    pub failed_calls: Count,
    /// Calls whose answer was lost.
    pub cut: Count,
    /// Functions that were killed.
    pub functions_killed: Count,
    /// How often the transcoder was killed.
    pub transcoder_killed: Count,
    /// Responses that are ready in the end.
    pub ready: Count,
    /// Responses that have failed, as they must.
    pub failed: Count,
    /// Files that were rejected, as they must be.
    pub rejected: Count,
    /// Jobs that were started for all of them.
    pub jobs: Count,
}

impl Summary {
    /// Prints the figures.
    pub fn print(&self, took: Duration) {
        let row = |what: &str, count: &Count| println!("  {:>8}  {what}", count.get());
        println!("soak: all is well after {:.0} s", took.as_secs_f64());
        row("files uploaded", &self.uploads);
        row("respondents recorded anew", &self.again);
        row("ms until the last file was uploaded", &self.uploading);
        row("requests for an upload made again", &self.asked_again);
        row("files posted again", &self.posted_again);
        row("messages", &self.messages);
        row("of them delivered twice", &self.doubled);
        row("of them delivered late", &self.delayed);
        row("messages came back", &self.returned);
        row("dead letters sent back", &self.dead_letters);
        row("calls of the functions", &self.calls);
        row("of them throttled", &self.throttled);
        row("of them failed", &self.failed_calls);
        row("of them done, their answer lost", &self.cut);
        row("functions killed", &self.functions_killed);
        row("times the transcoder was killed", &self.transcoder_killed);
        row("jobs started", &self.jobs);
        row("responses ready", &self.ready);
        row("responses failed, as they must", &self.failed);
        row("files rejected, as they must be", &self.rejected);
        println!("  lost: 0, twice: 0, an older take shown: 0");
    }
}
