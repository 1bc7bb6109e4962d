//! A minimum interval between calls of several tasks.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// Grants turns to callers, at least an interval apart.
pub(super) struct Pace {
    interval: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    /// Returns a pace whose first turn is immediate.
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits for the caller's turn. Turns follow the order of the calls; a caller that stops waiting uses no turn.
    pub(super) async fn wait(&self) {
        let mut next = self.next.lock().await;
        sleep_until(*next).await;
        *next = Instant::now() + self.interval;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use tokio::time::timeout;

    #[tokio::test]
    async fn turns_are_an_interval_apart() {
        let interval = Duration::from_millis(20);
        let (pace, began) = (Pace::new(interval), Instant::now());
        join_all((0..4).map(|_| pace.wait())).await;
        assert!(began.elapsed() >= 3 * interval);
    }

    #[tokio::test]
    async fn canceled_wait_uses_no_turn() {
        let pace = Pace::new(Duration::from_secs(3600));
        pace.wait().await;
        let next = *pace.next.lock().await;
        assert!(timeout(Duration::from_millis(1), pace.wait()).await.is_err());
        assert_eq!(*pace.next.lock().await, next);
    }
}
