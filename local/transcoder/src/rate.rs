//! The rate limit of CreateJob: a token bucket.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// A rate limit. Elastic Transcoder documents 2 calls a second and bursts of 100 for CreateJob.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Sustained calls a second.
    pub jobs_per_second: f64,
    /// Calls at once.
    pub burst: u32,
}

impl RateLimit {
    /// Returns what is wrong with the limit.
    pub fn problem(self) -> Option<&'static str> {
        if !self.jobs_per_second.is_finite() || self.jobs_per_second <= 0.0 {
            return Some("jobs_per_second must be a positive number");
        }
        (self.burst == 0).then_some("burst must be 1 or more")
    }
}

/// The remaining tokens at a time, which counts from a fixed moment.
#[derive(Debug, Clone, Copy, PartialEq)]
struct TokenBucket {
    tokens: f64,
    at: Duration,
}

impl TokenBucket {
    fn full(rate: RateLimit, at: Duration) -> Self {
        let tokens = f64::from(rate.burst);
        Self { tokens, at }
    }

    /// Returns the bucket after a call at a time, and whether the call is accepted. A rejected call takes no token.
    fn call(self, rate: RateLimit, now: Duration) -> (Self, bool) {
        let at = self.at.max(now);
        let refill = (at - self.at).as_secs_f64() * rate.jobs_per_second;
        let tokens = (self.tokens + refill).min(f64::from(rate.burst));
        // The sum of many small refills may miss a whole token by rounding.
        let granted = tokens > 1.0 - 1e-9;
        let tokens = if granted { (tokens - 1.0).max(0.0) } else { tokens };
        (Self { tokens, at }, granted)
    }
}

/// Limits the CreateJob calls of one service.
#[derive(Debug)]
pub struct Limiter {
    start: Instant,
    state: Mutex<(RateLimit, TokenBucket)>,
}

impl Limiter {
    /// Returns a limiter with a full bucket.
    pub fn new(rate: RateLimit) -> Self {
        Self {
            start: Instant::now(),
            state: Mutex::new((rate, TokenBucket::full(rate, Duration::ZERO))),
        }
    }

    /// Counts a call. Returns whether it is accepted.
    pub fn call(&self) -> bool {
        let now = self.start.elapsed();
        let mut state = self.state();
        let (rate, bucket) = *state;
        let (left, granted) = bucket.call(rate, now);
        *state = (rate, left);
        granted
    }

    /// Returns the current limit.
    pub fn rate(&self) -> RateLimit {
        self.state().0
    }

    /// Sets another limit, with a full bucket.
    pub fn set(&self, rate: RateLimit) {
        *self.state() = (rate, TokenBucket::full(rate, self.start.elapsed()));
    }

    fn state(&self) -> MutexGuard<'_, (RateLimit, TokenBucket)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a positive number from the command line.
pub fn positive(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if number.is_finite() && number > 0.0 {
        Ok(number)
    } else {
        Err("not a positive number".into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TWO: RateLimit = RateLimit {
        jobs_per_second: 2.0,
        burst: 3,
    };

    /// Returns which of the calls at these times, in milliseconds, are accepted.
    fn granted(rate: RateLimit, calls: &[u64]) -> Vec<bool> {
        let mut bucket = TokenBucket::full(rate, Duration::ZERO);
        let call = |at: &u64| {
            let (left, granted) = bucket.call(rate, Duration::from_millis(*at));
            bucket = left;
            granted
        };
        calls.iter().map(call).collect()
    }

    #[test]
    fn burst_is_followed_by_the_sustained_rate() {
        assert_eq!(granted(TWO, &[0, 0, 0, 0, 0]), [true, true, true, false, false]);
        let calls = [0, 0, 0, 499, 500, 501, 1000, 1000];
        assert_eq!(
            granted(TWO, &calls),
            [true, true, true, false, true, false, true, false],
            "half a second adds one call"
        );
        let rested = [0, 0, 0, 60_000, 60_000, 60_000, 60_000];
        assert_eq!(
            granted(TWO, &rested),
            [true, true, true, true, true, true, false],
            "a long pause refills no more than the burst"
        );
    }

    #[test]
    fn rejected_call_takes_no_token() {
        let calls = [0, 0, 0, 100, 200, 300, 400, 500];
        assert_eq!(granted(TWO, &calls).iter().filter(|granted| **granted).count(), 4);
        assert_eq!(granted(TWO, &[1000, 1000, 1000, 0]), [true, true, true, false]);
    }

    #[test]
    fn rate_must_be_positive() {
        assert_eq!(TWO.problem(), None);
        for jobs_per_second in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let rate = RateLimit {
                jobs_per_second,
                ..TWO
            };
            assert_eq!(rate.problem(), Some("jobs_per_second must be a positive number"));
        }
        assert_eq!(
            RateLimit { burst: 0, ..TWO }.problem(),
            Some("burst must be 1 or more")
        );
        assert_eq!(positive("0.5"), Ok(0.5));
        for text in ["0", "-2", "inf", "NaN", "two"] {
            assert!(positive(text).is_err(), "{text}");
        }
    }

    #[test]
    fn new_rate_begins_with_a_full_burst() {
        let limiter = Limiter::new(RateLimit {
            jobs_per_second: 1e-6,
            burst: 1,
        });
        assert!(limiter.call() && !limiter.call());
        let slow = RateLimit {
            jobs_per_second: 1e-6,
            burst: 2,
        };
        limiter.set(slow);
        assert_eq!(limiter.rate(), slow);
        assert_eq!(
            [limiter.call(), limiter.call(), limiter.call()],
            [true, true, false]
        );
    }

    proptest! {
        #[test]
        fn no_window_has_more_than_the_burst_and_the_rate(
            jobs_per_second in 0.01_f64..50.0,
            burst in 1_u32..20,
            gaps in prop::collection::vec(0_u64..2000, 1..200),
        ) {
            let rate = RateLimit { jobs_per_second, burst };
            let mut at = 0;
            let calls: Vec<u64> = gaps.iter().map(|gap| { at += gap; at }).collect();
            let granted = granted(rate, &calls);
            let taken: Vec<u64> = calls.iter().zip(&granted).filter(|(_, granted)| **granted).map(|(at, _)| *at).collect();
            for (first, from) in taken.iter().enumerate() {
                for (last, to) in taken.iter().enumerate().skip(first) {
                    let most = f64::from(burst) + (to - from) as f64 / 1000.0 * jobs_per_second;
                    prop_assert!((last - first + 1) as f64 <= most + 1e-6, "{first} to {last}");
                }
            }
            // A call is rejected only if the burst is used up.
            for (call, _) in calls.iter().zip(&granted).filter(|(_, granted)| !**granted) {
                let whole_burst_ago = *call as f64 - f64::from(burst) / jobs_per_second * 1000.0;
                let since = taken.iter().filter(|at| **at <= *call && **at as f64 >= whole_burst_ago).count();
                prop_assert!(since > 0, "rejected at {call} after a pause");
            }
        }
    }
}
