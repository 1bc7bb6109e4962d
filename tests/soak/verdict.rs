//! What must hold in the end.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{Respondent, Stack};

use crate::plan::{PlannedRespondent, SoakPlan, TakeKind};
use crate::summary::Summary;

/// How long a run waits until it looks again whether all is at rest.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// So many renditions are played.
const PLAYED_RENDITIONS: usize = 10;

/// Does what an operator does, until every response is ready or failed and nothing is under way: sends dead letters back,
/// has the schedule look.
pub fn until_idle(stack: &Stack, plan: &SoakPlan, summary: &Summary, end: Instant) {
    loop {
        let unfinished_items = unfinished_items(stack, plan);
        if unfinished_items.is_empty() && messages_in_progress(stack) == 0 {
            return;
        }
        assert!(
            Instant::now() < end,
            "{} responses are not at rest: {:#?}",
            unfinished_items.len(),
            unfinished_items.iter().take(5).collect::<Vec<_>>()
        );
        let info = &stack.info;
        for (dead_letters, queue) in [
            (&info.uploads_dead_letter_queue_url, &info.uploads_queue_url),
            (&info.jobs_dead_letter_queue_url, &info.jobs_queue_url),
        ] {
            let ours = |body: &str| body.contains(&plan.project);
            for message in stack.take_messages(dead_letters, ours) {
                summary.dead_letters.add(1);
                stack.send(queue, &message);
            }
        }
        // It may be killed, as everything here.
        stack.call_directly("reconcile", &serde_json::json!({}));
        thread::sleep(POLL_INTERVAL);
    }
}

fn messages_in_progress(stack: &Stack) -> usize {
    let info = &stack.info;
    [&info.uploads_queue_url, &info.jobs_queue_url]
        .map(|queue| stack.pending_messages(queue))
        .iter()
        .sum()
}

/// The items that are not as they will be.
fn unfinished_items(stack: &Stack, plan: &SoakPlan) -> Vec<Value> {
    let items = plan.respondents.iter().map(|planned| item(stack, plan, planned));
    let is_unfinished =
        |item: &Value| !["ready", "failed"].contains(&item["Status"].as_str().unwrap_or_default());
    items.filter(is_unfinished).collect()
}

fn item(stack: &Stack, plan: &SoakPlan, planned: &PlannedRespondent) -> Value {
    stack
        .item(&format!("{}-0", plan.project), &planned.email)
        .unwrap_or(Value::Null)
}

/// Every file is ready, failed or rejected, as it must be; once.
pub fn check(stack: &Stack, plan: &SoakPlan, summary: &Summary) {
    let responses = stack.count(
        Some("ProjectStep = :step"),
        &[(":step", &format!("{}-0", plan.project))],
    );
    assert_eq!(responses as usize, plan.respondents.len(), "one record each");
    let jobs = stack.jobs_by_input(&plan.project);
    for (number, planned) in plan.respondents.iter().enumerate() {
        let who = stack.respondent_with_email(&plan.project, &planned.email);
        check_respondent(stack, plan, planned, &who, summary);
        if number % (plan.respondents.len() / PLAYED_RENDITIONS).max(1) == 0 {
            play(stack, planned, &who);
        }
    }
    summary.jobs.add(jobs.values().sum());
    check_rejects(stack, plan, summary);
}

fn check_respondent(
    stack: &Stack,
    plan: &SoakPlan,
    planned: &PlannedRespondent,
    who: &Respondent<'_>,
    summary: &Summary,
) {
    let item = item(stack, plan, planned);
    let take = item["Take"]["Id"].as_str().unwrap_or_default();
    let uploads = stack.keys(&stack.info.uploads_bucket, &who.uploads_folder());
    assert_eq!(
        uploads.len(),
        planned.takes.len(),
        "every file is there: {item:#}"
    );
    let newest = uploads.last().map(String::as_str).unwrap_or_default();
    assert_eq!(item["video"], newest, "the newest take counts: {item:#}");
    assert_eq!(
        stack.count_contents(&stack.info.uploads_bucket, newest),
        1,
        "the same file sent again is a duplicate: {item:#}"
    );
    let outputs = stack.keys(&stack.info.renditions_bucket, &who.renditions_folder());
    let of_take: Vec<&String> = outputs.iter().filter(|key| key.contains(take)).collect();
    match planned.takes.last() {
        Some(TakeKind::Clip) => {
            assert_eq!(item["Status"], "ready", "{item:#}");
            let attempt = format!("{}{take}-{}", who.renditions_folder(), item["Job"]["Attempt"]);
            assert_eq!(
                item["Renditions"]["web"]["Key"],
                format!("{attempt}.mp4"),
                "{item:#}"
            );
            assert_eq!(of_take.len(), 2, "a rendition and its poster, once: {outputs:?}");
            assert!(
                of_take.iter().all(|key| key.starts_with(&attempt)),
                "{outputs:?}, {item:#}"
            );
            summary.ready.add(1);
        }
        _ => {
            assert_eq!(item["Status"], "failed", "{item:#}");
            assert_eq!(item["Failure"]["Code"], "unreadable", "{item:#}");
            assert!(of_take.is_empty(), "{outputs:?}");
            summary.failed.add(1);
        }
    }
}

/// What an owner is shown is the newest take.
fn play(stack: &Stack, planned: &PlannedRespondent, who: &Respondent<'_>) {
    let response = who.response();
    if planned.takes.last() == Some(&TakeKind::Clip) {
        let url = response["playback"]["url"].as_str().expect("an address");
        let video = stack.probe_bytes(&tests::http::get(url).expect(200).body).video;
        assert_eq!(
            video.map(|video| (video.width, video.height)),
            Some((320, 240)),
            "{response}"
        );
    }
}

/// What is no video by its name is in the queue of rejects, with the reason.
fn check_rejects(stack: &Stack, plan: &SoakPlan, summary: &Summary) {
    let mut reasons: BTreeMap<String, String> = BTreeMap::new();
    for reject in stack.take_rejects(&plan.project) {
        let name = plan
            .non_videos
            .iter()
            .find(|name| reject.record.contains(&format!("{name}.txt")));
        let name = name.unwrap_or_else(|| panic!("rejected, and should not be: {reject:?}"));
        reasons.insert(name.clone(), reject.reason);
    }
    for name in &plan.non_videos {
        let reason = reasons
            .get(name)
            .unwrap_or_else(|| panic!("{name} was not rejected"));
        assert!(reason.contains("ends in .mp4"), "{reason}");
        summary.rejected.add(1);
    }
}
