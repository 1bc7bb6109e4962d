//! The time limit, and the signals that end a run early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::{Result, SmokeError};

/// Exit code after a signal, as shells report it for Ctrl-C.
pub const INTERRUPTED: u8 = 130;
/// Maximum time between two checks for signals.
const TICK: Duration = Duration::from_millis(50);

/// A deadline that signals can bring forward; after it no work is started.
#[derive(Clone, Debug)]
pub struct Timer {
    end: Instant,
    interrupted: Arc<AtomicBool>,
}

impl Timer {
    /// Creates a timer that ends after `limit` or at the first signal. The second signal ends the process at once.
    pub fn until_signal(limit: Duration) -> std::io::Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            flag::register_conditional_shutdown(signal, INTERRUPTED.into(), Arc::clone(&interrupted))?;
            flag::register(signal, Arc::clone(&interrupted))?;
        }
        let end = Instant::now() + limit;
        Ok(Self { end, interrupted })
    }

    /// Creates a timer that ends after `limit` and ignores signals that were received before.
    pub fn of(limit: Duration) -> Self {
        Self {
            end: Instant::now() + limit,
            interrupted: Arc::default(),
        }
    }

    /// Returns whether a signal was received.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Returns the remaining time.
    ///
    /// # Errors
    /// `Interrupted` after a signal, `TimeLimit` when no time remains.
    pub fn left(&self) -> Result<Duration> {
        if self.is_interrupted() {
            return Err(SmokeError::Interrupted);
        }
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(SmokeError::TimeLimit);
        }
        Ok(left)
    }

    /// Calls `poll` every `interval` until it returns a value.
    pub fn poll<T>(&self, interval: Duration, mut poll: impl FnMut() -> Result<Option<T>>) -> Result<T> {
        loop {
            if let Some(value) = poll()? {
                return Ok(value);
            }
            self.wait(interval)?;
        }
    }

    fn wait(&self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        loop {
            let limit = self.left()?;
            let rest = end.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Ok(());
            }
            std::thread::sleep(rest.min(limit).min(TICK));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polling_ends_with_the_time_limit() {
        let timer = Timer::of(Duration::from_millis(20));
        let ended = timer.poll(Duration::from_millis(1), || Ok(None::<()>));
        assert!(matches!(ended, Err(SmokeError::TimeLimit)), "{ended:?}");
    }

    #[test]
    fn polling_ends_with_a_signal() {
        let timer = Timer::of(Duration::from_secs(60));
        let interrupt = || {
            timer.interrupted.store(true, Ordering::Relaxed);
            Ok(None::<()>)
        };
        let ended = timer.poll(Duration::from_secs(60), interrupt);
        assert!(matches!(ended, Err(SmokeError::Interrupted)), "{ended:?}");
    }
}
