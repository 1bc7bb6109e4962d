//! What goes wrong: calls, functions, the transcoder.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tests::proxy::{Call, Fate};
use tests::{Stack, processes};

use crate::summary::Summary;

/// Of a thousand calls so many are throttled, ...
const THROTTLED: u16 = 50;
/// ... so many fail before they are done, ...
const FAILED: u16 = 25;
/// ... so many are done and their answer is lost, ...
const CUT: u16 = 25;
/// ... and so many times the function is killed while it waits.
const KILLED: u16 = 2;

/// The transcoder lives so many seconds.
const TRANSCODERS_LIFE: std::ops::Range<u64> = 8..25;

/// What becomes of each call.
pub fn plan(seed: u64, summary: &Summary) -> impl FnMut(&Call) -> Fate + Send + 'static {
    let mut rng = Rng::with_seed(seed ^ 0xfa17);
    let [calls, throttled, failed, cut] = [
        &summary.calls,
        &summary.throttled,
        &summary.failed_calls,
        &summary.cut,
    ]
    .map(Clone::clone);
    move |_| {
        calls.add(1);
        let chance = rng.u16(0..1000);
        let (fate, count) = if chance < THROTTLED {
            (Fate::Throttle, &throttled)
        } else if chance < THROTTLED + FAILED {
            (Fate::Fail, &failed)
        } else if chance < THROTTLED + FAILED + CUT {
            (Fate::Cut, &cut)
        } else if chance < THROTTLED + FAILED + CUT + KILLED {
            // The proxy counts those.
            return Fate::Kill;
        } else {
            return Fate::Pass;
        };
        count.add(1);
        fate
    }
}

/// Kills the transcoder again and again; the stack starts it anew.
pub fn kill_the_transcoder(stack: &Stack, seed: u64, summary: &Summary, is_over: &AtomicBool) {
    let mut rng = Rng::with_seed(seed ^ 0x7a95);
    let port = stack.facts.transcoder_url.rsplit(':').next().unwrap_or_default();
    let argument = format!("--port {port} ");
    let mut next = Instant::now() + Duration::from_secs(rng.u64(TRANSCODERS_LIFE));
    while !is_over.load(Ordering::SeqCst) {
        if Instant::now() >= next {
            let is_it = |command: &str| command.contains("transcoder ") && command.contains(&argument);
            summary.transcoder_killed.add(processes::kill(is_it));
            next = Instant::now() + Duration::from_secs(rng.u64(TRANSCODERS_LIFE));
        }
        thread::sleep(Duration::from_millis(200));
    }
}
