//! What must hold in the end.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{Respondent, Stack};

use crate::plan::{Kind, Person, Plan};
use crate::summary::Summary;

/// How long a run waits until it looks again whether all is at rest.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// So many renditions are played.
const PLAYED: usize = 10;

/// Does what an operator does, until every response is ready or failed and nothing is under way: sends dead letters back,
/// has the schedule look.
pub fn until_at_rest(stack: &Stack, plan: &Plan, summary: &Summary, end: Instant) {
    loop {
        let open = open(stack, plan);
        if open.is_empty() && under_way(stack) == 0 {
            return;
        }
        assert!(
            Instant::now() < end,
            "{} responses are not at rest: {:#?}",
            open.len(),
            open.iter().take(5).collect::<Vec<_>>()
        );
        let facts = &stack.facts;
        for (letters, queue) in [
            (&facts.uploads_dead_letter_queue_url, &facts.uploads_queue_url),
            (&facts.jobs_dead_letter_queue_url, &facts.jobs_queue_url),
        ] {
            let ours = |body: &str| body.contains(&plan.project);
            for letter in stack.take_messages(letters, ours) {
                summary.dead_letters.add(1);
                stack.send(queue, &letter);
            }
        }
        // It may be killed, as everything here.
        stack.call_directly("reconcile", &serde_json::json!({}));
        thread::sleep(LOOK_AGAIN);
    }
}

fn under_way(stack: &Stack) -> usize {
    let facts = &stack.facts;
    [&facts.uploads_queue_url, &facts.jobs_queue_url]
        .map(|queue| stack.messages(queue))
        .iter()
        .sum()
}

/// The items that are not as they will be.
fn open(stack: &Stack, plan: &Plan) -> Vec<Value> {
    let items = plan.people.iter().map(|person| item(stack, plan, person));
    let is_open = |item: &Value| !["ready", "failed"].contains(&item["Status"].as_str().unwrap_or_default());
    items.filter(is_open).collect()
}

fn item(stack: &Stack, plan: &Plan, person: &Person) -> Value {
    stack
        .item(&format!("{}-0", plan.project), &person.email)
        .unwrap_or(Value::Null)
}

/// Every file is ready, failed or rejected, as it must be; once.
pub fn check(stack: &Stack, plan: &Plan, summary: &Summary) {
    let responses = stack.count(
        Some("ProjectStep = :step"),
        &[(":step", &format!("{}-0", plan.project))],
    );
    assert_eq!(responses as usize, plan.people.len(), "one record each");
    let jobs = stack.jobs_by_input(&plan.project);
    for (number, person) in plan.people.iter().enumerate() {
        let who = stack.somebody(&plan.project, &person.email);
        check_person(stack, plan, person, &who, summary);
        if number % (plan.people.len() / PLAYED).max(1) == 0 {
            play(stack, person, &who);
        }
    }
    summary.jobs.add(jobs.values().sum());
    check_papers(stack, plan, summary);
}

fn check_person(stack: &Stack, plan: &Plan, person: &Person, who: &Respondent<'_>, summary: &Summary) {
    let item = item(stack, plan, person);
    let take = item["Take"]["Id"].as_str().unwrap_or_default();
    let uploads = stack.keys(&stack.facts.uploads_bucket, &who.uploads_folder());
    assert_eq!(uploads.len(), person.takes.len(), "every file is there: {item:#}");
    let newest = uploads.last().map(String::as_str).unwrap_or_default();
    assert_eq!(item["video"], newest, "the newest take counts: {item:#}");
    assert_eq!(
        stack.contents(&stack.facts.uploads_bucket, newest),
        1,
        "the same file sent again is a duplicate: {item:#}"
    );
    let made = stack.keys(&stack.facts.renditions_bucket, &who.renditions_folder());
    let of_take: Vec<&String> = made.iter().filter(|key| key.contains(take)).collect();
    match person.takes.last() {
        Some(Kind::Clip) => {
            assert_eq!(item["Status"], "ready", "{item:#}");
            let attempt = format!("{}{take}-{}", who.renditions_folder(), item["Job"]["Attempt"]);
            assert_eq!(
                item["Renditions"]["web"]["Key"],
                format!("{attempt}.mp4"),
                "{item:#}"
            );
            assert_eq!(of_take.len(), 2, "a rendition and its poster, once: {made:?}");
            assert!(
                of_take.iter().all(|key| key.starts_with(&attempt)),
                "{made:?}, {item:#}"
            );
            summary.ready.add(1);
        }
        _ => {
            assert_eq!(item["Status"], "failed", "{item:#}");
            assert_eq!(item["Failure"]["Code"], "unreadable", "{item:#}");
            assert!(of_take.is_empty(), "{made:?}");
            summary.failed.add(1);
        }
    }
}

/// What an owner is shown is the newest take.
fn play(stack: &Stack, person: &Person, who: &Respondent<'_>) {
    let response = who.response();
    if person.takes.last() == Some(&Kind::Clip) {
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
fn check_papers(stack: &Stack, plan: &Plan, summary: &Summary) {
    let mut reasons: BTreeMap<String, String> = BTreeMap::new();
    for reject in stack.take_rejects(&plan.project) {
        let paper = plan
            .papers
            .iter()
            .find(|paper| reject.record.contains(&format!("{paper}.txt")));
        let paper = paper.unwrap_or_else(|| panic!("rejected, and should not be: {reject:?}"));
        reasons.insert(paper.clone(), reject.reason);
    }
    for paper in &plan.papers {
        let reason = reasons
            .get(paper)
            .unwrap_or_else(|| panic!("{paper} was not rejected"));
        assert!(reason.contains("ends in .mp4"), "{reason}");
        summary.rejected.add(1);
    }
}
