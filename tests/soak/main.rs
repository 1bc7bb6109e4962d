//! A soak test: concurrent writers make many small uploads while events are duplicated, delayed and reordered, calls
//! are throttled and fail, and functions and the transcoder are killed. In the end no upload is lost or duplicated,
//! and no older take is shown.
//!
//! `make soak` makes a thousand uploads; `make test` runs a short one. `UPLOADS` and `SEED` override the defaults.

mod delivery;
mod faults;
mod plan;
mod summary;
mod verdict;
mod writers;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tests::Stack;
use tests::proxy::Proxy;

use delivery::Delivery;
use plan::SoakPlan;
use summary::Summary;

/// Default number of uploads: about a minute, short enough for `make test`.
const UPLOADS: usize = 60;

/// Time limit for the whole soak; uploading takes about a third of it.
const TIME_LIMIT: Duration = Duration::from_secs(14 * 60);

/// A job rate that a soak never reaches.
const UNLIMITED: u32 = 1_000_000;

/// Every function that calls a service.
const FUNCTIONS: [&str; 4] = ["api", "on_upload", "on_job", "reconcile"];

#[test]
fn no_upload_is_lost() {
    let stack = Stack::exclusive();
    let seed = number("SEED").unwrap_or(20_240_517);
    let uploads =
        number("UPLOADS").map_or(UPLOADS, |uploads| uploads.try_into().expect("UPLOADS fits usize"));
    println!(
        "soak: {uploads} uploads, SEED={seed} (timing differs between machines, the probabilities do not)"
    );
    let plan = SoakPlan::new(seed, uploads);
    let summary = Summary::default();
    let begin = Instant::now();
    {
        let _rate = stack.limit_jobs(UNLIMITED, UNLIMITED);
        let proxy = Proxy::start(&stack, faults::plan(seed, &summary));
        let _routed = FUNCTIONS.map(|function| stack.route_through(function, &proxy));
        let _paused = ["on_upload", "on_job"].map(|function| stack.pause(function));
        let delivery = Delivery::new(&stack, &summary, seed);
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            delivery.start(scope, &is_over);
            scope.spawn(|| faults::kill_transcoder(&stack, seed, &summary, &is_over));
            // Set also after a panic; otherwise the other threads would never end.
            let _end = OnDrop(|| is_over.store(true, Ordering::SeqCst));
            writers::upload(&stack, &plan, &summary);
            summary.uploading.set(begin.elapsed());
            verdict::until_idle(&stack, &plan, &summary, begin + TIME_LIMIT);
        });
        summary.functions_killed.add(proxy.killed_callers());
    }
    verdict::check(&stack, &plan, &summary);
    summary.print(begin.elapsed());
}

/// Reads a number from the environment; `None` if the variable is empty.
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable}={text} is not a number")),
    )
}

struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
