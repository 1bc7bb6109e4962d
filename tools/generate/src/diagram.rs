//! The state diagram, found by trying every change on every reachable response with [`decide`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use model::lifecycle::{Change, Decision, Refusal, decide};
use model::transcode::JobState;
use model::upload::{Requester, Upload};
use model::{EngineError, Failure, FailureCode, Rendition, Response, ResponseKey, Status, TakeId, Timestamp};
use strum::VariantArray;

/// The state before, the change's name and the state after. `None` stands for a missing response.
type Transition = (Option<Status>, &'static str, Status);

/// Returns the diagram as Mermaid text. `example` may be the key of any response.
pub fn mermaid(example: &ResponseKey) -> String {
    let mut arrows: BTreeMap<(Option<Status>, Status), BTreeSet<&str>> = BTreeMap::new();
    for (from, by, to) in transitions(example) {
        arrows.entry((from, to)).or_default().insert(by);
    }
    // Mermaid allows no hyphen in a state's id.
    let id = |status: Status| status.as_str().replace('-', "_");
    let mut text = "stateDiagram-v2\n".to_owned();
    for status in Status::VARIANTS
        .iter()
        .copied()
        .filter(|status| status.as_str().contains('-'))
    {
        let _ = writeln!(text, "    state \"{}\" as {}", status.as_str(), id(status));
    }
    for ((from, to), by) in arrows.into_iter().filter(|((from, to), _)| *from != Some(*to)) {
        let from = from.map_or("[*]".to_owned(), id);
        let changes = by.into_iter().collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "    {from} --> {}: {changes}", id(to));
    }
    text
}

/// Returns every reachable transition, by a search of all responses that differ in [`decision_state`].
fn transitions(key: &ResponseKey) -> BTreeSet<Transition> {
    let (mut transitions, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![None]);
    while let Some(current) = open.pop() {
        for (by, change) in changes(current.as_ref()) {
            let Decision::Write(next) = decide(current.as_ref(), key, &change, at(9999)) else {
                continue;
            };
            transitions.insert((
                current.as_ref().map(|response: &Response| response.status),
                by,
                next.status,
            ));
            if seen.insert(decision_state(&next)) {
                open.push(Some(*next));
            }
        }
    }
    transitions
}

/// Returns what decisions depend on. It leaves out the revision, so that the search ends.
fn decision_state(response: &Response) -> String {
    let job = response
        .job
        .as_ref()
        .map(|job| (job.take, job.id.is_some(), job.lease_until, job.tries));
    let take = response.take.as_ref().map(|take| take.id);
    let pending = response.pending_upload.as_ref().map(|pending| pending.take);
    let finished = (response.renditions.len(), response.failure.is_some());
    format!("{:?} {take:?} {pending:?} {job:?} {finished:?}", response.status)
}

/// Returns every change that may follow, by its name in the diagram.
fn changes(current: Option<&Response>) -> Vec<(&'static str, Change)> {
    let attempt = current
        .and_then(|response| response.job.as_ref())
        .map_or(1, |job| job.attempt);
    let job_id = || "job".to_owned();
    let refuse = |refusal| Change::JobNotStarted { attempt, refusal };
    let mut changes = vec![
        (
            "claim job",
            Change::ClaimJob {
                lease_until: at(9999),
            },
        ),
        (
            "job created",
            Change::JobStarted {
                attempt,
                job_id: job_id(),
                due: at(9999),
            },
        ),
        ("throttled", refuse(Refusal::Throttled)),
        ("request refused", refuse(Refusal::Request(engine_error()))),
        (
            "configuration refused",
            refuse(Refusal::Configuration(engine_error())),
        ),
        (
            "job lost",
            Change::JobLost {
                attempt,
                job_id: job_id(),
            },
        ),
        (
            "unmanaged file found",
            Change::UnmanagedFileFound {
                key: "unmanaged".to_owned(),
            },
        ),
        ("retry job", Change::RetryJob),
        ("delete", Change::Delete),
        (
            "deletion progressed",
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
                "request upload",
                Change::RequestUpload {
                    take,
                    until: at(2),
                    requester: Requester::Authorized,
                },
            ),
            ("cancel upload", Change::CancelUpload { take }),
            ("expire upload", Change::ExpireUpload { take }),
            ("upload arrived", Change::UploadArrived(upload)),
            ("job progressing", report(JobState::Progressing)),
            ("job complete", report(JobState::Complete(rendition()))),
            ("job failed", report(JobState::Failed(failure()))),
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

fn engine_error() -> EngineError {
    EngineError::new(None, None)
}
