//! Polling for a condition with a time limit.

use std::thread;
use std::time::{Duration, Instant};

/// Time limit of a quick effect: an event, a query, a start.
pub const SOON: Duration = Duration::from_secs(30);
/// Time limit of a transcoding, which shares two cores with others.
pub const TRANSCODED: Duration = Duration::from_secs(120);

/// Polls until there is a value and returns it; panics with `what` after the time limit.
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

/// Returns whether a condition becomes true within the time limit.
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
