//! Counts Ctrl-C and other requests to end. All waiting goes through this module, so that a request is seen at once.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::error::{Error, Result};

/// The number of requests to end.
static COUNT: Mutex<u32> = Mutex::new(0);
static ARRIVED: Condvar = Condvar::new();
/// The terminal and a caller such as make may both send a signal for one Ctrl-C: signals this close count once.
const SAME_REQUEST: Duration = Duration::from_millis(700);

/// Starts to count SIGINT, SIGTERM and SIGHUP.
///
/// Catches SIGXFSZ too, so that a write beyond `ulimit -f` returns an error and does not kill the process.
pub(crate) fn install() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGXFSZ])
        .map_err(|error| Error::message(format!("cannot listen for signals: {error}")))?;
    std::thread::spawn(move || {
        let mut last: Option<Instant> = None;
        for signal in signals.forever() {
            let now = Instant::now();
            let is_same = last.is_some_and(|last| now.duration_since(last) < SAME_REQUEST);
            if signal != SIGXFSZ && !is_same {
                last = Some(now);
                *COUNT.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                ARRIVED.notify_all();
            }
        }
    });
    Ok(())
}

fn count() -> u32 {
    *COUNT.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn interrupted() -> bool {
    count() > 0
}

/// Returns whether a second request arrived: graceful shutdowns stop waiting.
pub(crate) fn force_quit() -> bool {
    count() > 1
}

/// Returns `Error::Interrupted` after a request to end.
pub fn check() -> Result<()> {
    if interrupted() {
        Err(Error::Interrupted)
    } else {
        Ok(())
    }
}

/// Waits for a time. Returns `Error::Interrupted` as soon as a request to end arrives.
pub fn pause(time: Duration) -> Result<()> {
    let end = Instant::now() + time;
    let mut count = COUNT.lock().unwrap_or_else(PoisonError::into_inner);
    while *count == 0 {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        count = ARRIVED
            .wait_timeout(count, left)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
    }
    Err(Error::Interrupted)
}

/// Polls `condition` until it returns a value. Returns `Ok(None)` after `limit`, `Error::Interrupted` after a request to end.
pub(crate) fn wait_for<T>(
    limit: Duration,
    interval: Duration,
    mut condition: impl FnMut() -> Result<Option<T>>,
) -> Result<Option<T>> {
    let end = Instant::now() + limit;
    loop {
        check()?;
        if let Some(found) = condition()? {
            return Ok(Some(found));
        }
        if Instant::now() >= end {
            return Ok(None);
        }
        pause(interval)?;
    }
}
