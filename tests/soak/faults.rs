//! The injected faults: in calls, functions and the transcoder.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tests::proxy::{FaultAction, ServiceCall};
use tests::{Stack, processes};

use crate::summary::Summary;

/// Throttled calls per thousand.
const THROTTLED_PER_MILLE: u16 = 50;
/// Calls per thousand that fail before they take effect.
const FAILED_PER_MILLE: u16 = 25;
/// Calls per thousand that take effect but whose answer is lost.
const DROPPED_PER_MILLE: u16 = 25;
/// Calls per thousand during which the function is killed.
const KILLED_PER_MILLE: u16 = 2;

/// Time until the transcoder is killed, in seconds.
const TRANSCODER_LIFETIME: std::ops::Range<u64> = 8..25;

/// Returns the plan that selects a fault for each call.
pub fn plan(seed: u64, summary: &Summary) -> impl FnMut(&ServiceCall) -> FaultAction + Send + 'static {
    let mut rng = Rng::with_seed(seed ^ 0xfa17);
    let [calls, throttled, failed, dropped] = [
        &summary.calls,
        &summary.throttled,
        &summary.failed_calls,
        &summary.dropped_answers,
    ]
    .map(Clone::clone);
    move |_| {
        calls.add(1);
        let chance = rng.u16(0..1000);
        let (action, count) = if chance < THROTTLED_PER_MILLE {
            (FaultAction::Throttle, &throttled)
        } else if chance < THROTTLED_PER_MILLE + FAILED_PER_MILLE {
            (FaultAction::Fail, &failed)
        } else if chance < THROTTLED_PER_MILLE + FAILED_PER_MILLE + DROPPED_PER_MILLE {
            (FaultAction::DropAnswer, &dropped)
        } else if chance < THROTTLED_PER_MILLE + FAILED_PER_MILLE + DROPPED_PER_MILLE + KILLED_PER_MILLE {
            // The proxy counts the killed callers.
            return FaultAction::KillCaller;
        } else {
            return FaultAction::Forward;
        };
        count.add(1);
        action
    }
}

/// Kills the transcoder repeatedly; the stack restarts it.
pub fn kill_transcoder(stack: &Stack, seed: u64, summary: &Summary, is_over: &AtomicBool) {
    let mut rng = Rng::with_seed(seed ^ 0x7a95);
    let port = stack.info.transcoder_url.rsplit(':').next().unwrap_or_default();
    let argument = format!("--port {port} ");
    let mut next = Instant::now() + Duration::from_secs(rng.u64(TRANSCODER_LIFETIME));
    while !is_over.load(Ordering::SeqCst) {
        if Instant::now() >= next {
            let is_it = |command: &str| command.contains("transcoder ") && command.contains(&argument);
            summary.transcoder_killed.add(processes::kill(is_it));
            next = Instant::now() + Duration::from_secs(rng.u64(TRANSCODER_LIFETIME));
        }
        thread::sleep(Duration::from_millis(200));
    }
}
