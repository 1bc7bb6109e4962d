//! Ctrl-C: counted by a thread, asked for wherever something waits. Nothing sleeps through it.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::error::{Error, Result};

/// How often the end was asked for.
static COUNT: Mutex<u32> = Mutex::new(0);
/// A group and a caller such as make may both pass on one request: what comes so soon after is the same one.
const SAME: Duration = Duration::from_millis(700);
static ARRIVED: Condvar = Condvar::new();

/// Starts to count SIGINT, SIGTERM and SIGHUP. SIGXFSZ is only caught, so that a write
/// beyond `ulimit -f` comes back as an error instead of the end of the process.
pub fn install() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGXFSZ])
        .map_err(|error| Error::said(format!("cannot listen for signals: {error}")))?;
    std::thread::spawn(move || {
        let mut last: Option<Instant> = None;
        for signal in signals.forever() {
            let now = Instant::now();
            let again = last.is_some_and(|last| now.duration_since(last) < SAME);
            if signal != SIGXFSZ && !again {
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

pub fn interrupted() -> bool {
    count() > 0
}

/// True from the second Ctrl-C on: whoever waits for a graceful end stops waiting.
pub fn impatient() -> bool {
    count() > 1
}

pub fn check() -> Result<()> {
    if interrupted() {
        Err(Error::Interrupted)
    } else {
        Ok(())
    }
}

/// Waits that long, or less when a signal comes.
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

/// Asks `condition` again and again until it answers, the deadline passes (`Ok(None)`) or Ctrl-C comes.
pub fn wait_for<T>(
    limit: Duration,
    every: Duration,
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
        pause(every)?;
    }
}
