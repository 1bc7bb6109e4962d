//! The states and what leads from one to another, found by trying [`decide`] on all that can be reached.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use model::lifecycle::{Change, Decision, Refusal, decide};
use model::transcode::JobState;
use model::upload::{Requester, Upload};
use model::{EngineError, Failure, FailureCode, Rendition, Response, ResponseKey, Status, TakeId, Timestamp};

/// From where, by what, to where; `None` is a response that is not there.
type Step = (Option<Status>, &'static str, Status);

/// The diagram, as Mermaid draws it; any response will do for an example.
pub fn mermaid(example: &ResponseKey) -> String {
    let mut arrows: BTreeMap<(Option<Status>, Status), BTreeSet<&str>> = BTreeMap::new();
    for (from, by, to) in steps(example) {
        arrows.entry((from, to)).or_default().insert(by);
    }
    // Mermaid takes no hyphen in a state's own name.
    let name = |status: Status| status.as_str().replace('-', "_");
    let mut text = "stateDiagram-v2\n".to_owned();
    for status in Status::ALL
        .into_iter()
        .filter(|status| status.as_str().contains('-'))
    {
        let _ = writeln!(text, "    state \"{}\" as {}", status.as_str(), name(status));
    }
    for ((from, to), by) in arrows.into_iter().filter(|((from, to), _)| *from != Some(*to)) {
        let from = from.map_or("[*]".to_owned(), name);
        let by = by.into_iter().collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "    {from} --> {}: {by}", name(to));
    }
    text
}

/// Every step that any history can take, to the depth at which nothing new is found.
fn steps(key: &ResponseKey) -> BTreeSet<Step> {
    let (mut steps, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![None]);
    while let Some(current) = open.pop() {
        for (by, change) in changes(current.as_ref()) {
            let Decision::Write(next) = decide(current.as_ref(), key, &change, at(9999)) else {
                continue;
            };
            steps.insert((
                current.as_ref().map(|response: &Response| response.status),
                by,
                next.status,
            ));
            if seen.insert(essence(&next)) {
                open.push(Some(*next));
            }
        }
    }
    steps
}

/// What tells one response from another as far as decisions go: not how often it was written.
fn essence(response: &Response) -> String {
    let job = response
        .job
        .as_ref()
        .map(|job| (job.take, job.id.is_some(), job.lease_until, job.tries));
    let take = response.take.as_ref().map(|take| take.id);
    let pending = response.pending_upload.as_ref().map(|pending| pending.take);
    let finished = (response.renditions.len(), response.failure.is_some());
    format!("{:?} {take:?} {pending:?} {job:?} {finished:?}", response.status)
}

/// Everything that can happen to a response, by name.
fn changes(current: Option<&Response>) -> Vec<(&'static str, Change)> {
    let attempt = current
        .and_then(|response| response.job.as_ref())
        .map_or(1, |job| job.attempt);
    let job_id = || "job".to_owned();
    let refuse = |refusal| Change::JobNotStarted { attempt, refusal };
    let mut changes = vec![
        (
            "claim",
            Change::ClaimJob {
                lease_until: at(9999),
            },
        ),
        (
            "start",
            Change::JobStarted {
                attempt,
                job_id: job_id(),
                due: at(9999),
            },
        ),
        ("throttled", refuse(Refusal::Throttled)),
        ("request refused", refuse(Refusal::Request(said()))),
        ("configuration refused", refuse(Refusal::Configuration(said()))),
        (
            "unknown to the engine",
            Change::JobLost {
                attempt,
                job_id: job_id(),
            },
        ),
        (
            "find",
            Change::UnmanagedFileFound {
                key: "elsewhere".to_owned(),
            },
        ),
        ("retry", Change::RetryJob),
        ("delete", Change::Delete),
        (
            "sweep",
            Change::DeletionProgressed {
                next: at(9999),
                awaits_job: false,
            },
        ),
    ];
    for take in [1, 2].map(|number| TakeId::new(at(number), [0; 10])) {
        let upload = Upload {
            take,
            requester: Requester::Authorized,
            key: String::new(),
            version: None,
            size: 1,
            etag: None,
            uploaded_at: at(1),
        };
        let report = |state| Change::JobReported {
            take,
            attempt,
            job_id: job_id(),
            state,
        };
        changes.extend([
            (
                "ask",
                Change::RequestUpload {
                    take,
                    until: at(2),
                    requester: Requester::Authorized,
                },
            ),
            ("give up", Change::CancelUpload { take }),
            ("expire", Change::ExpireUpload { take }),
            ("upload", Change::UploadArrived(upload)),
            ("progress", report(JobState::Progressing)),
            ("success", report(JobState::Complete(rendition()))),
            ("failure", report(JobState::Failed(failure()))),
        ]);
    }
    changes
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::default().plus_seconds(seconds)
}

fn rendition() -> Rendition {
    Rendition {
        key: String::new(),
        poster: None,
        width: None,
        height: None,
        duration: None,
        cut_at_seconds: None,
    }
}

fn failure() -> Failure {
    FailureCode::Unreadable.into()
}

fn said() -> EngineError {
    EngineError::new(None, None)
}
