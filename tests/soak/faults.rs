//! What goes wrong: calls, functions, the transcoder.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tests::proxy::{FaultAction, ServiceCall};
use tests::{Stack, processes};

use crate::summary::Summary;

/// Of a thousand calls so many are throttled, ...
const THROTTLED_PER_MILLE: u16 = 50;
/// ... so many fail before they are done, ...
const FAILED_PER_MILLE: u16 = 25;
/// ... so many are done and their answer is lost, ...
const DROPPED_PER_MILLE: u16 = 25;
/// ... and so many times the function is killed while it waits.
const KILLED_PER_MILLE: u16 = 2;

/// The transcoder lives so many seconds.
const TRANSCODER_LIFETIME: std::ops::Range<u64> = 8..25;

/// What becomes of each call.
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
            // The proxy counts those.
            return FaultAction::KillCaller;
        } else {
            return FaultAction::Forward;
        };
        count.add(1);
        action
    }
}

/// Kills the transcoder again and again; the stack starts it anew.
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
