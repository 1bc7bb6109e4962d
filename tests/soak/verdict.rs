//! The conditions that must hold after a soak.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{Respondent, Stack};

use crate::plan::{PlannedRespondent, SoakPlan, TakeKind};
use crate::summary::Summary;

/// Time between two checks whether all work is done.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Number of renditions that are played.
const PLAYED_RENDITIONS: usize = 10;

/// Acts as an operator until every response is ready or failed and no message is pending: sends dead letters back and
/// runs `reconcile`.
pub fn until_idle(stack: &Stack, plan: &SoakPlan, summary: &Summary, end: Instant) {
    loop {
        let unfinished_items = unfinished_items(stack, plan);
        if unfinished_items.is_empty() && messages_in_progress(stack) == 0 {
            return;
        }
        assert!(
            Instant::now() < end,
            "{} responses are not finished: {:#?}",
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
        // The function may be killed during this run.
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

/// Returns the items that are not in their final state.
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

/// Checks that every file is ready, failed or rejected as expected, exactly once.
pub fn check(stack: &Stack, plan: &SoakPlan, summary: &Summary) {
    let responses = stack.count(
        Some("ProjectStep = :step"),
        &[(":step", &format!("{}-0", plan.project))],
    );
    assert_eq!(
        responses as usize,
        plan.respondents.len(),
        "each respondent must have one record"
    );
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
        "every file must be stored: {item:#}"
    );
    let newest = uploads.last().map(String::as_str).unwrap_or_default();
    assert_eq!(item["video"], newest, "the newest take must be current: {item:#}");
    assert_eq!(
        stack.count_contents(&stack.info.uploads_bucket, newest),
        1,
        "a repeated post must be a duplicate: {item:#}"
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
            assert_eq!(
                of_take.len(),
                2,
                "expected one rendition and one poster: {outputs:?}"
            );
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

/// Checks that the playback shown to an owner is that of the newest take.
fn play(stack: &Stack, planned: &PlannedRespondent, who: &Respondent<'_>) {
    let response = who.response();
    if planned.takes.last() == Some(&TakeKind::Clip) {
        let url = response["playback"]["url"]
            .as_str()
            .expect("a ready response has a playback URL");
        let video = stack.probe_bytes(&tests::http::get(url).expect(200).body).video;
        assert_eq!(
            video.map(|video| (video.width, video.height)),
            Some((320, 240)),
            "{response}"
        );
    }
}

/// Checks that every file without a video's extension is in the rejects queue, with the reason.
fn check_rejects(stack: &Stack, plan: &SoakPlan, summary: &Summary) {
    let mut reasons: BTreeMap<String, String> = BTreeMap::new();
    for reject in stack.take_rejects(&plan.project) {
        let name = plan
            .non_videos
            .iter()
            .find(|name| reject.record.contains(&format!("{name}.txt")));
        let name = name.unwrap_or_else(|| panic!("unexpected reject: {reject:?}"));
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
