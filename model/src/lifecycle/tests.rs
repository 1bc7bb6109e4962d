//! Tests of decisions.

use super::*;

mod deletion;
mod jobs;
mod properties;
mod uploads;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
        .unwrap()
        .plus_seconds(seconds)
}

fn key() -> ResponseKey {
    ResponseKey {
        project: "demo".parse().unwrap(),
        step: "0".parse().unwrap(),
        email: "ann@example.com".parse().unwrap(),
    }
}

fn take(number: i64) -> TakeId {
    TakeId::new(at(number), [0; 10])
}

fn upload(number: i64, version: &str) -> Change {
    upload_by(Requester::Authorized, number, version)
}

fn upload_by(requester: Requester, number: i64, version: &str) -> Change {
    Change::UploadArrived(Upload {
        take: take(number),
        requester,
        key: format!("demo/0/hash/{number}.mp4"),
        version: Some(version.into()),
        size: 1,
        etag: None,
        uploaded_at: at(number),
    })
}

fn request_upload(number: i64, requester: Requester) -> Change {
    Change::RequestUpload {
        take: take(number),
        until: at(number + 3600),
        requester,
    }
}

fn report(number: i64, attempt: u32, state: JobState) -> Change {
    Change::JobReported {
        take: take(number),
        attempt,
        job_id: format!("job-{attempt}"),
        state,
    }
}

fn complete(number: i64, attempt: u32) -> JobState {
    JobState::Complete(Rendition {
        key: format!("output/{number}-{attempt}.mp4"),
        poster: None,
        width: None,
        height: None,
        duration: None,
        cut_at_seconds: None,
    })
}

fn failed_job() -> JobState {
    JobState::Failed(FailureCode::Unreadable.into())
}

fn apply(current: Option<Response>, change: &Change, now: Timestamp) -> Option<Response> {
    match decide(current.as_ref(), &key(), change, now) {
        Decision::Write(next) => Some(*next),
        Decision::Ignore(_) => current,
    }
}

fn apply_all(changes: &[Change]) -> Option<Response> {
    changes
        .iter()
        .fold(None, |current, change| apply(current, change, at(0)))
}

fn ignore_reason(current: Option<&Response>, change: &Change) -> Option<Ignored> {
    ignore_reason_at(current, change, at(0))
}

fn ignore_reason_at(current: Option<&Response>, change: &Change, now: Timestamp) -> Option<Ignored> {
    match decide(current, &key(), change, now) {
        Decision::Write(_) => None,
        Decision::Ignore(ignored) => Some(ignored),
    }
}

fn start_job(number: i64) -> [Change; 3] {
    let start = Change::JobStarted {
        attempt: 1,
        job_id: "job-1".into(),
        due: at(7200),
    };
    [
        upload(number, "v"),
        Change::ClaimJob { lease_until: at(60) },
        start,
    ]
}

fn engine_error() -> EngineError {
    EngineError::new(Some("ForbiddenException"), Some("not authorized"))
}
