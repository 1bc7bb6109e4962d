//! More jobs at once than the engine accepts: refused jobs are parked and do not fail.

use std::time::{Duration, Instant};

use tests::media::Sample;
use tests::{Stack, eventually, logs};

/// Number of respondents who upload at the same moment.
const MANY: u32 = 30;
/// Number of jobs that Elastic Transcoder accepts per second.
const PER_SECOND: u32 = 2;

#[test]
fn burst_waits_for_the_engine() {
    let stack = Stack::exclusive();
    let clip = stack.sample(Sample::Clip);
    let dead_letters = || {
        let info = &stack.info;
        stack.visible_messages(&info.uploads_dead_letter_queue_url)
            + stack.visible_messages(&info.jobs_dead_letter_queue_url)
    };
    let (before, since) = (dead_letters(), logs::now());
    let _rate = stack.limit_jobs(PER_SECOND, PER_SECOND);
    let begin = Instant::now();
    let all: Vec<_> = (0..MANY)
        .map(|_| {
            let who = stack.respondent_in_closed_project();
            let key = who.submit(&clip);
            (who, key)
        })
        .collect();
    eventually(Duration::from_secs(180), "all responses are ready", || {
        stack.reconcile();
        let is_ready = |who: &tests::Respondent<'_>| {
            let status = who.item().map(|item| item["Status"].clone());
            assert_ne!(status, Some("failed".into()), "{}", who.project);
            status == Some("ready".into())
        };
        all.iter().all(|(who, _)| is_ready(who)).then_some(())
    });
    let took = begin.elapsed();
    for (who, key) in &all {
        who.until_complete(&stack, key);
        assert_eq!(stack.job_states(key), ["Complete"], "each file must have one job");
    }
    let parked = stack
        .log("on_upload", since)
        .iter()
        .filter(|line| line.contains("parked"))
        .count();
    println!(
        "{MANY} jobs in {:.1} s, {parked} of them parked at first",
        took.as_secs_f64()
    );
    assert!(parked > 0, "the engine must refuse some jobs");
    assert!(
        took >= Duration::from_secs(u64::from((MANY - PER_SECOND) / PER_SECOND)),
        "the burst took less time than the engine's rate allows: {took:?}"
    );
    assert_eq!(dead_letters(), before);
}
