//! Waiting for a condition, with a deadline.

use std::thread;
use std::time::{Duration, Instant};

/// How long something may take that is done in a moment: an event, a query, a start.
pub const SOON: Duration = Duration::from_secs(30);
/// How long a transcoding may take, with others on the same two cores.
pub const TRANSCODED: Duration = Duration::from_secs(120);

/// Asks again and again until there is an answer; panics with `what` when the deadline passes without one.
#[track_caller]
pub fn eventually<T>(limit: Duration, what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let mut found = None;
    let in_time = within(limit, || {
        found = answer();
        found.is_some()
    });
    match found {
        Some(answer) if in_time => answer,
        _ => panic!("{what}: not within {} s", limit.as_secs()),
    }
}

/// Whether a condition holds before the deadline passes.
pub fn within(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(Duration::from_millis(50));
    }
}
