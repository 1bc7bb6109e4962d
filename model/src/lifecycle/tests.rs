//! Tests of single decisions, and property tests of all of them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

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

#[test]
fn requested_upload_becomes_ready() {
    let mut changes = vec![request_upload(1, Requester::Anonymous)];
    changes.extend(start_job(1));
    changes.push(report(1, 1, complete(1, 1)));
    let statuses: Vec<Status> = (1..=changes.len())
        .map(|n| apply_all(&changes[..n]).unwrap().status)
        .collect();
    use Status::*;
    assert_eq!(
        statuses,
        [AwaitingUpload, Uploaded, Transcoding, Transcoding, Ready]
    );
    let end = apply_all(&changes).unwrap();
    assert_eq!((end.revision, end.due_at()), (5, None));
    assert_eq!(end.pending_upload, None);
}

#[test]
fn requested_upload_changes_only_the_pending_upload() {
    let mut changes = start_job(1).to_vec();
    changes.push(report(1, 1, complete(1, 1)));
    let ready = apply_all(&changes).unwrap();
    let requested = apply(
        Some(ready.clone()),
        &request_upload(2, Requester::Authorized),
        at(0),
    )
    .unwrap();
    let (revision, pending) = (requested.revision, requested.pending_upload.clone());
    assert_eq!(pending.unwrap().take, take(2));
    assert_eq!(
        Response {
            pending_upload: None,
            last_upload_expiry: None,
            revision: ready.revision,
            ..requested
        },
        ready
    );
    assert_eq!(revision, ready.revision + 1);
}

#[test]
fn anonymous_requester_never_replaces_a_finished_response() {
    let mut changes = vec![request_upload(2, Requester::Anonymous)];
    changes.extend(start_job(1));
    changes.push(report(1, 1, complete(1, 1)));
    let ready = apply_all(&changes).unwrap();
    assert_eq!(
        ignore_reason(Some(&ready), &request_upload(3, Requester::Anonymous)),
        Some(Ignored::AlreadyAnswered)
    );
    assert_eq!(
        ignore_reason(Some(&ready), &upload_by(Requester::Anonymous, 2, "v")),
        Some(Ignored::AlreadyAnswered)
    );
    assert_eq!(
        ignore_reason(Some(&ready), &request_upload(3, Requester::Authorized)),
        None
    );
    let old = Response {
        take: None,
        revision: 0,
        status: Status::Uploaded,
        ..ready
    };
    assert_eq!(
        ignore_reason(Some(&old), &request_upload(3, Requester::Anonymous)),
        Some(Ignored::AlreadyAnswered)
    );
}

#[test]
fn first_version_of_a_take_wins() {
    let uploaded = apply_all(&[upload(1, "a")]).unwrap();
    assert_eq!(
        ignore_reason(Some(&uploaded), &upload(1, "a")),
        Some(Ignored::Duplicate)
    );
    assert_eq!(
        ignore_reason(Some(&uploaded), &upload(1, "b")),
        Some(Ignored::SecondVersion)
    );
    assert_eq!(
        ignore_reason(Some(&uploaded), &upload(0, "a")),
        Some(Ignored::Older)
    );
}

#[test]
fn claim_is_exclusive_until_its_lease_ends() {
    let claimed = apply_all(&start_job(1)[..2]).unwrap();
    let claim = Change::ClaimJob { lease_until: at(120) };
    assert_eq!(
        ignore_reason(Some(&claimed), &claim),
        Some(Ignored::Leased { until: at(60) })
    );
    let again = apply(Some(claimed), &claim, at(60)).unwrap();
    assert_eq!(again.job.as_ref().unwrap().attempt, 2);
    assert_eq!(
        ignore_reason(Some(&again), &report(1, 1, complete(1, 1))),
        Some(Ignored::Superseded)
    );
}

#[test]
fn upload_is_recorded_and_claimed_in_one_write() {
    let Change::UploadArrived(arriving) = upload(1, "v") else {
        unreachable!()
    };
    let claimed_at =
        |current: Option<&Response>, now| record_and_claim(current, &key(), &arriving, at(now + 60), at(now));
    let Decision::Write(claimed) = claimed_at(None, 0) else {
        panic!("ignored")
    };
    assert_eq!((claimed.status, claimed.revision), (Status::Transcoding, 1));
    assert_eq!(
        claimed_at(Some(&claimed), 59),
        Decision::Ignore(Ignored::Leased { until: at(60) })
    );
    let Decision::Write(again) = claimed_at(Some(&claimed), 60) else {
        panic!("ignored")
    };
    assert_eq!(again.job.as_ref().map(|job| job.attempt), Some(2));
    let started = apply(
        Some(*again),
        &Change::JobStarted {
            attempt: 2,
            job_id: "j".into(),
            due: at(7200),
        },
        at(60),
    );
    assert_eq!(
        claimed_at(started.as_ref(), 9999),
        Decision::Ignore(Ignored::Duplicate)
    );
}

#[test]
fn chalice_item_gets_its_creation_time_at_the_first_write() {
    let old = Response {
        created_at: None,
        revision: 0,
        take: None,
        ..apply_all(&[upload(1, "v")]).unwrap()
    };
    assert_eq!(
        apply(Some(old), &upload(2, "v"), at(5)).unwrap().created_at,
        Some(at(5))
    );
}

#[test]
fn chalice_item_needs_no_job() {
    let old = Response {
        created_at: None,
        updated_at: None,
        revision: 0,
        take: None,
        ..apply_all(&[upload(1, "v")]).unwrap()
    };
    assert_eq!(old.due_at(), None);
    let requested = apply(Some(old), &request_upload(2, Requester::Authorized), at(0)).unwrap();
    assert_eq!(requested.due_at(), Some(at(3602)), "when the upload expires");
    let expired = apply(Some(requested), &Change::ExpireUpload { take: take(2) }, at(3602)).unwrap();
    assert_eq!((expired.status, expired.due_at()), (Status::Uploaded, None));
}

#[test]
fn copy_of_an_object_onto_itself_is_a_duplicate() {
    let with_etag = |number: i64, version: &str, etag: Option<&str>, size: u64| {
        let Change::UploadArrived(upload) = upload(number, version) else {
            unreachable!()
        };
        Change::UploadArrived(Upload {
            etag: etag.map(str::to_owned),
            size,
            ..upload
        })
    };
    let current = apply(None, &with_etag(1, "v1", Some("e"), 1), at(0));
    let of = |change: Change| ignore_reason(current.as_ref(), &change);
    assert_eq!(of(with_etag(1, "v2", Some("e"), 1)), Some(Ignored::Duplicate));
    assert_eq!(of(with_etag(1, "v2", Some("f"), 1)), Some(Ignored::SecondVersion));
    assert_eq!(of(with_etag(1, "v2", Some("e"), 2)), Some(Ignored::SecondVersion));
    assert_eq!(of(with_etag(1, "v2", None, 1)), Some(Ignored::SecondVersion));
    // Each version of a file put by hand has its own take.
    let Change::UploadArrived(copy) = with_etag(1, "v2", Some("e"), 1) else {
        unreachable!()
    };
    let copy = |key: &str| {
        Change::UploadArrived(Upload {
            take: take(2),
            key: key.to_owned(),
            ..copy.clone()
        })
    };
    assert_eq!(of(copy("demo/0/hash/1.mp4")), Some(Ignored::Duplicate));
    assert_eq!(
        of(copy("demo/0/hash/2.mp4")),
        None,
        "the same content under another key is a new take"
    );
    let unknown = apply(None, &with_etag(1, "v1", None, 1), at(0));
    let second = with_etag(1, "v2", None, 1);
    assert_eq!(
        ignore_reason(unknown.as_ref(), &second),
        Some(Ignored::SecondVersion)
    );
}

fn record_refusal(current: &Response, refusal: Refusal, now: Timestamp) -> Response {
    let attempt = current.job.as_ref().unwrap().attempt;
    apply(
        Some(current.clone()),
        &Change::JobNotStarted { attempt, refusal },
        now,
    )
    .unwrap()
}

fn claim_job_at(current: &Response, seconds: i64) -> Response {
    let lease_until = at(seconds + 60);
    apply(
        Some(current.clone()),
        &Change::ClaimJob { lease_until },
        at(seconds),
    )
    .unwrap()
}

fn engine_error() -> EngineError {
    EngineError::new(Some("ForbiddenException"), Some("not authorized"))
}

#[test]
fn throttled_job_is_due_at_once_with_a_new_attempt() {
    let mut response = apply_all(&start_job(1)[..2]).unwrap();
    // Throttled attempts do not count towards the maximum.
    for attempt in 1..20 {
        assert_eq!(response.job.as_ref().unwrap().attempt, attempt);
        let parked = record_refusal(&response, Refusal::Throttled, at(0));
        assert_eq!((parked.status, parked.due_at()), (Status::Uploaded, Some(at(0))));
        response = claim_job_at(&parked, 0);
        assert_eq!(response.status, Status::Transcoding);
    }
}

#[test]
fn refused_request_fails_with_the_engine_error() {
    let claimed = apply_all(&start_job(1)[..2]).unwrap();
    let refused = record_refusal(&claimed, Refusal::Request(engine_error()), at(0));
    assert_eq!(refused.status, Status::Failed);
    assert_eq!(
        refused.failure,
        Some(Failure::new(FailureCode::JobRefused, engine_error()))
    );
    assert_eq!(refused.due_at(), None);
}

#[test]
fn refused_configuration_is_retried_at_growing_intervals_for_a_day() {
    let mut response = apply_all(&start_job(1)[..2]).unwrap();
    let (mut now, mut intervals) = (0, Vec::new());
    while response.status != Status::Failed {
        response = record_refusal(&response, Refusal::Configuration(engine_error()), at(now));
        let Some(due) = response.due_at() else { break };
        let until = due.as_seconds() - at(0).as_seconds();
        // A repeated event does not claim the job earlier.
        let early = Change::ClaimJob {
            lease_until: at(until + 60),
        };
        assert_eq!(
            ignore_reason_at(Some(&response), &early, at(until - 1)),
            Some(Ignored::Duplicate)
        );
        intervals.push(until - now);
        now = until;
        response = claim_job_at(&response, now);
    }
    assert_eq!(intervals[..7], [60, 120, 240, 480, 960, 1920, 3600]);
    assert!(
        (MAX_PARKED_SECONDS..MAX_PARKED_SECONDS + 3600).contains(&now),
        "{now} s"
    );
    assert_eq!(
        response.failure,
        Some(Failure::new(FailureCode::GaveUp, engine_error()))
    );
    // A requested retry resets the intervals.
    let retried = claim_job_at(&apply(Some(response), &Change::RetryJob, at(now)).unwrap(), now);
    let parked = record_refusal(&retried, Refusal::Configuration(engine_error()), at(now));
    assert_eq!(parked.due_at(), Some(at(now + 60)));
}

#[test]
fn created_job_clears_earlier_refusals() {
    let claimed = apply_all(&start_job(1)[..2]).unwrap();
    let parked = record_refusal(&claimed, Refusal::Configuration(engine_error()), at(0));
    let again = claim_job_at(&parked, 60);
    let start = Change::JobStarted {
        attempt: 2,
        job_id: "job-2".into(),
        due: at(120),
    };
    let started = apply(Some(again), &start, at(61)).unwrap();
    assert_eq!(started.job.unwrap().parked, None);
}

#[test]
fn lost_or_unanswered_job_is_created_five_times_at_most() {
    let mut response = apply_all(&start_job(1)[..2]).unwrap();
    for attempt in 1..=MAX_AUTOMATIC_ATTEMPTS {
        assert_eq!(
            (response.status, response.job.as_ref().unwrap().attempt),
            (Status::Transcoding, attempt)
        );
        if attempt % 2 == 0 {
            let start = Change::JobStarted {
                attempt,
                job_id: "job".into(),
                due: at(0),
            };
            let job_lost = Change::JobLost {
                attempt,
                job_id: "job".into(),
            };
            response = apply(Some(response), &start, at(0)).unwrap();
            response = apply(Some(response), &job_lost, at(0)).unwrap();
        }
        response = claim_job_at(&response, i64::from(attempt) * 100);
    }
    assert_eq!(response.failure, Some(FailureCode::GaveUp.into()));
    assert_eq!(crate::transcode::JobRequest::of(&response), None, "no sixth job");
    // A result of the last job still counts, and a requested retry resets the count.
    let retried = apply(Some(response.clone()), &Change::RetryJob, at(0)).unwrap();
    assert_eq!(claim_job_at(&retried, 0).status, Status::Transcoding);
    let late = apply(
        Some(response),
        &report(1, MAX_AUTOMATIC_ATTEMPTS, complete(1, MAX_AUTOMATIC_ATTEMPTS)),
        at(0),
    )
    .unwrap();
    assert_eq!((late.status, late.failure), (Status::Ready, None));
}

#[test]
fn lost_job_is_created_again() {
    let started = apply_all(&start_job(1)).unwrap();
    let job_lost = |job_id: &str| Change::JobLost {
        attempt: 1,
        job_id: job_id.into(),
    };
    assert_eq!(
        ignore_reason(Some(&started), &job_lost("another")),
        Some(Ignored::Duplicate)
    );
    let lost = apply(Some(started), &job_lost("job-1"), at(0)).unwrap();
    assert_eq!(lost.status, Status::Uploaded);
    let again = apply(Some(lost), &Change::ClaimJob { lease_until: at(60) }, at(0)).unwrap();
    assert_eq!(again.job.map(|job| (job.attempt, job.id)), Some((2, None)));
}

#[test]
fn result_counts_before_the_job_id_is_recorded() {
    let mut changes = start_job(1)[..2].to_vec();
    changes.push(report(1, 1, complete(1, 1)));
    let ready = apply_all(&changes).unwrap();
    assert_eq!(ready.status, Status::Ready);
    assert_eq!(ready.job.as_ref().unwrap().id.as_deref(), Some("job-1"));
    assert_eq!(
        ignore_reason(Some(&ready), &start_job(1)[2]),
        Some(Ignored::Duplicate)
    );
}

#[test]
fn progress_report_records_the_job_id() {
    let claimed = apply_all(&start_job(1)[..2]).unwrap();
    let running = apply(Some(claimed), &report(1, 1, JobState::Progressing), at(0)).unwrap();
    assert_eq!(running.job.as_ref().unwrap().id.as_deref(), Some("job-1"));
    let claim = Change::ClaimJob { lease_until: at(120) };
    assert_eq!(
        decide(Some(&running), &key(), &claim, at(60)),
        Decision::Ignore(Ignored::Duplicate)
    );
}

#[test]
fn old_failure_report_does_not_fail_a_retry() {
    let mut changes = start_job(1).to_vec();
    changes.push(report(1, 1, failed_job()));
    changes.push(Change::RetryJob);
    let again = apply_all(&changes).unwrap();
    assert_eq!((again.status, &again.failure), (Status::Uploaded, &None));
    assert_eq!(again.due_at(), again.updated_at, "a job must be created");
    assert_eq!(
        ignore_reason(Some(&again), &report(1, 1, failed_job())),
        Some(Ignored::Duplicate)
    );
    assert_eq!(
        ignore_reason(Some(&again), &Change::RetryJob),
        Some(Ignored::Duplicate)
    );
    let claimed = apply(Some(again), &Change::ClaimJob { lease_until: at(60) }, at(0)).unwrap();
    assert_eq!(claimed.job.unwrap().attempt, 2);
}

#[test]
fn only_failed_take_is_retried() {
    let mut ready = start_job(1).to_vec();
    ready.push(report(1, 1, complete(1, 1)));
    for changes in [&ready[..], &[request_upload(1, Requester::Authorized)]] {
        let current = apply_all(changes);
        assert_eq!(
            ignore_reason(current.as_ref(), &Change::RetryJob),
            Some(Ignored::NotFailed)
        );
    }
    assert_eq!(
        ignore_reason(None, &Change::RetryJob),
        Some(Ignored::NotApplicable)
    );
}

#[test]
fn unanswered_response_expires_and_accepts_later_uploads() {
    let requested = apply_all(&[request_upload(1, Requester::Anonymous)]).unwrap();
    let expire = Change::ExpireUpload { take: take(1) };
    assert_eq!(
        ignore_reason(Some(&requested), &expire),
        Some(Ignored::NotApplicable),
        "the upload has not expired"
    );
    let expired = apply(Some(requested.clone()), &expire, at(3601)).unwrap();
    assert_eq!((expired.status, expired.due_at()), (Status::Expired, None));
    let canceled = apply(Some(requested), &Change::CancelUpload { take: take(1) }, at(0)).unwrap();
    assert_eq!(
        (canceled.status, &canceled.pending_upload),
        (Status::Expired, &None)
    );
    for change in [upload(1, "v"), request_upload(2, Requester::Anonymous)] {
        assert_eq!(ignore_reason(Some(&canceled), &change), None);
    }
}

#[test]
fn canceled_upload_keeps_the_current_take() {
    let mut changes = start_job(1).to_vec();
    changes.push(request_upload(2, Requester::Authorized));
    let requested = apply_all(&changes).unwrap();
    assert_eq!(
        ignore_reason(Some(&requested), &Change::CancelUpload { take: take(1) }),
        Some(Ignored::NotApplicable)
    );
    let canceled = apply(Some(requested), &Change::CancelUpload { take: take(2) }, at(0)).unwrap();
    assert_eq!(
        (canceled.status, canceled.pending_upload),
        (Status::Transcoding, None)
    );
}

#[test]
fn last_upload_expiry_is_kept_when_uploads_arrive() {
    let end = apply_all(&[
        request_upload(5, Requester::Authorized),
        request_upload(2, Requester::Authorized),
        upload(5, "v"),
    ])
    .unwrap();
    assert_eq!(
        (end.pending_upload, end.last_upload_expiry),
        (None, Some(at(3605)))
    );
}

#[test]
fn deletion_waits_for_pending_uploads_and_jobs() {
    use crate::deletion::{DeletionProgress, MAX_POST_SECONDS, deletion_progress};
    let mut changes = vec![request_upload(1, Requester::Anonymous)];
    changes.extend(start_job(1));
    changes.push(Change::Delete);
    let deleting = apply_all(&changes).unwrap();
    assert_eq!(deleting.due_at(), Some(at(0)), "at once");
    assert_eq!(
        deleting.deletion.as_ref().map(|deletion| deletion.awaits_job),
        Some(true)
    );
    assert_eq!(
        deletion_progress(&deleting, true, at(0)),
        DeletionProgress::Incomplete { next: at(0) }
    );
    let last_post = at(3601 + MAX_POST_SECONDS);
    assert_eq!(
        deletion_progress(&deleting, false, at(60)),
        DeletionProgress::Incomplete { next: last_post }
    );
    assert_eq!(
        deletion_progress(&deleting, false, last_post),
        DeletionProgress::Complete
    );
    assert_eq!(
        deletion_progress(&deleting, true, last_post),
        DeletionProgress::Complete,
        "an overdue result does not delay the deletion"
    );
    let progress = Change::DeletionProgressed {
        next: last_post,
        awaits_job: false,
    };
    let progressed = apply(Some(deleting), &progress, at(60)).unwrap();
    assert_eq!(
        (progressed.status, progressed.due_at()),
        (Status::Deleting, Some(last_post))
    );
    let by_hand = apply_all(&[upload(1, "v"), Change::Delete]).unwrap();
    assert_eq!(
        deletion_progress(&by_hand, false, at(0)),
        DeletionProgress::Complete,
        "no upload was requested"
    );
}

fn any_job_state() -> impl Strategy<Value = JobState> {
    prop_oneof![
        Just(JobState::Progressing),
        (0..4i64, 0..3u32).prop_map(|(number, attempt)| complete(number, attempt)),
        Just(failed_job())
    ]
}

/// A deletion covers the response's folder and the recorded unmanaged keys.
#[test]
fn unmanaged_keys_are_recorded_until_their_file_counts() {
    let by_hand = |number: i64, key: &str| {
        let Change::UploadArrived(upload) = upload(number, "v") else {
            unreachable!()
        };
        Change::UploadArrived(Upload {
            key: key.into(),
            ..upload
        })
    };
    let own = format!("{}1.mp4", crate::object_key::upload_prefix(&key()));
    let unmanaged_keys = |changes: &[Change]| Vec::from_iter(apply_all(changes).unwrap().unmanaged_keys);
    let mut changes = vec![by_hand(1, "demo/0/a.mp4"), by_hand(2, &own)];
    assert_eq!(unmanaged_keys(&changes), ["demo/0/a.mp4"]);
    changes.push(Change::UnmanagedFileFound {
        key: "demo/0/b.mp4".into(),
    });
    changes.push(Change::UnmanagedFileFound { key: own.clone() });
    assert_eq!(unmanaged_keys(&changes), ["demo/0/a.mp4", "demo/0/b.mp4"]);
    changes.push(by_hand(3, "demo/0/a.mp4"));
    assert_eq!(
        unmanaged_keys(&changes),
        ["demo/0/b.mp4"],
        "the current video is not an unmanaged key"
    );
    assert_eq!(
        ignore_reason(None, &Change::UnmanagedFileFound { key: own }),
        Some(Ignored::NotApplicable),
        "an unmanaged file creates no response"
    );
}

fn any_change() -> impl Strategy<Value = Change> {
    let requester = prop_oneof![Just(Requester::Authorized), Just(Requester::Anonymous)];
    let job_id = || prop::sample::select(vec!["job-1", "job-2"]).prop_map(str::to_owned);
    prop_oneof![
        (0..4i64, requester.clone()).prop_map(|(number, requester)| request_upload(number, requester)),
        (0..4i64, requester, "[ab]")
            .prop_map(|(number, requester, version)| upload_by(requester, number, &version)),
        (-60..60i64).prop_map(|lease| Change::ClaimJob {
            lease_until: at(lease)
        }),
        (0..3u32, job_id()).prop_map(|(attempt, job_id)| Change::JobStarted {
            attempt,
            job_id,
            due: at(60)
        }),
        (0..3u32, any_refusal()).prop_map(|(attempt, refusal)| Change::JobNotStarted { attempt, refusal }),
        (0..3u32, job_id()).prop_map(|(attempt, job_id)| Change::JobLost { attempt, job_id }),
        (0..4i64).prop_map(|number| Change::CancelUpload { take: take(number) }),
        (0..4i64).prop_map(|number| Change::ExpireUpload { take: take(number) }),
        "demo/0/(1|2|hash/1).mp4".prop_map(|key| Change::UnmanagedFileFound { key }),
        Just(Change::RetryJob),
        Just(Change::Delete),
        (0..3i64, any::<bool>()).prop_map(|(next, awaits_job)| Change::DeletionProgressed {
            next: at(next),
            awaits_job
        }),
        (0..4i64, 0..3u32, any_job_state())
            .prop_map(|(number, attempt, state)| report(number, attempt, state)),
    ]
}

fn any_take() -> impl Strategy<Value = Take> {
    (0..4i64, prop::option::of("[ab]")).prop_map(|(number, version)| Take {
        id: take(number),
        version,
        size: 1,
        etag: None,
        uploaded_at: at(number),
    })
}

fn any_job() -> impl Strategy<Value = Job> {
    let attempt = prop_oneof![9 => 0..3u32, 1 => Just(u32::MAX)];
    let id = prop::option::of(Just("job-1".to_owned()));
    let tries = prop_oneof![9 => 0..7u32, 1 => Just(u32::MAX)];
    let parked = prop::option::of((0..99u32, -60..60i64)).prop_map(|parked| {
        parked.map(|(refusals, until)| Parked {
            since: at(-60),
            refusals,
            until: at(until),
        })
    });
    (attempt, 0..4i64, -60..60i64, id, tries, parked).prop_map(
        |(attempt, number, lease, id, tries, parked)| Job {
            attempt,
            take: take(number),
            lease_until: at(lease),
            id,
            tries,
            parked,
        },
    )
}

fn any_refusal() -> impl Strategy<Value = Refusal> {
    prop_oneof![
        Just(Refusal::Throttled),
        Just(Refusal::Request(engine_error())),
        Just(Refusal::Configuration(engine_error())),
    ]
}

prop_compose! {
    /// Any response that the table can hold, even if it is not reachable.
    fn any_response()(
        status in prop::sample::select(Status::ALL.to_vec()),
        requested in prop::option::of((0..4i64, -60..60i64)),
        last_upload_expiry in prop::option::of(-60..60i64),
        (video, take, job) in (any::<bool>(), prop::option::of(any_take()), prop::option::of(any_job())),
        (rendition, failed) in (prop::option::of((0..4i64, 0..3u32)), any::<bool>()),
        deletion in prop::option::of((-60..60i64, any::<bool>())),
        (created, updated) in (prop::option::of(-60..0i64), prop::option::of(-60..0i64)),
        unmanaged_keys in prop::sample::subsequence(vec!["demo/0/1.mp4", "demo/0/2.mp4"], 0..3),
        revision in prop_oneof![9 => 0..9u64, 1 => Just(u64::MAX)],
    ) -> Response {
        let rendition = rendition.map(|(number, attempt)| complete(number, attempt));
        let renditions = rendition.into_iter().filter_map(|state| match state {
            JobState::Complete(rendition) => Some(("web".to_owned(), rendition)),
            _ => None,
        });
        let failure = Failure::from(FailureCode::Unreadable);
        Response {
            key: key(),
            status,
            pending_upload: requested.map(|(number, until)| PendingUpload { take: self::take(number), until: at(until) }),
            last_upload_expiry: last_upload_expiry.map(at),
            video: (video || take.is_some()).then(|| "demo/0/hash/1.mp4".to_owned()),
            unmanaged_keys: unmanaged_keys.into_iter().map(str::to_owned).collect(),
            take,
            job,
            renditions: renditions.collect(),
            failure: failed.then_some(failure),
            deletion: deletion.map(|(next, awaits_job)| {
                Deletion { requested_at: at(-60), next_at: at(next), awaits_job }
            }),
            created_at: created.map(at),
            updated_at: updated.map(at),
            revision,
        }
    }
}

proptest! {
    /// Two exceptions: each request for an upload is written, and a claim whose lease has ended is renewed.
    #[test]
    fn every_change_is_idempotent(
        current in prop::option::of(any_response()),
        change in any_change(),
    ) {
        let once = apply(current, &change, at(0));
        let twice = apply(once.clone(), &change, at(0));
        match change {
            Change::RequestUpload { .. } => {
                let revision = once.as_ref().map_or(0, |response| response.revision);
                prop_assert_eq!(twice.map(|twice| Response { revision, ..twice }), once);
            }
            Change::ClaimJob { lease_until } if lease_until <= at(0) => {}
            _ => prop_assert_eq!(twice, once),
        }
    }

    #[test]
    fn every_response_has_a_due_time_and_an_item(response in any_response(), awaits_job: bool) {
        use crate::deletion::{DeletionProgress, deletion_progress};
        use crate::item::{from_attributes, to_attributes};
        if let DeletionProgress::Incomplete { next } = deletion_progress(&response, awaits_job, at(0)) {
            prop_assert!(next >= at(0));
        }
        prop_assert!(response.status != Status::Expired || response.pending_upload.is_some() || response.due_at().is_none());
        if response.revision > 0 {
            prop_assert_eq!(from_attributes(to_attributes(&response).unwrap()).unwrap(), response);
        }
    }

    #[test]
    fn older_take_never_wins_and_attempts_only_grow(
        current in any_response(),
        change in any_change(),
    ) {
        let next = apply(Some(current.clone()), &change, at(0)).unwrap();
        let last_take = |response: &Response| response.take.as_ref().map(|take| take.id);
        let attempt = |response: &Response| response.job.as_ref().map(|job| job.attempt);
        prop_assert!(last_take(&next) >= last_take(&current));
        prop_assert!(attempt(&next) >= attempt(&current));
        prop_assert!(current.created_at.is_none() || next.created_at == current.created_at, "the creation time never changes");
        let written = u64::from(next != current);
        prop_assert_eq!(next.revision, current.revision.saturating_add(written));
    }

    #[test]
    fn response_in_deletion_keeps_its_state(current in any_response(), change in any_change()) {
        let current = Response { status: Status::Deleting, ..current };
        let next = apply(Some(current.clone()), &change, at(9999)).unwrap();
        prop_assert_eq!(next.status, Status::Deleting);
        prop_assert_eq!((next.video, next.take, next.job), (current.video, current.take, current.job));
    }

    #[test]
    fn late_engine_answer_is_ignored(current in any_response(), last in any_take(), job in any_job()) {
        let job = Job { take: last.id, ..job };
        let (attempt, id) = (job.attempt, job.id.clone());
        let current = Some(Response { take: Some(last), job: Some(job), ..current });
        let start = Change::JobStarted { attempt, job_id: "job-1".into(), due: at(60) };
        let job_lost = Change::JobLost { attempt, job_id: id.unwrap_or_default() };
        let refusal = Change::JobNotStarted { attempt, refusal: Refusal::Request(engine_error()) };
        if current.as_ref().is_some_and(|response| response.status != Status::Transcoding) {
            for change in [start, job_lost, refusal] {
                prop_assert_eq!(&apply(current.clone(), &change, at(0)), &current);
            }
        }
    }

    #[test]
    fn report_of_another_attempt_is_ignored(
        current in any_response(),
        (last, job, is_of_last) in (any_take(), any_job(), any::<bool>()),
        (number, attempt, state) in (0..4i64, 0..3u32, any_job_state()),
    ) {
        let job = Job { take: if is_of_last { last.id } else { job.take }, ..job };
        let current = Response { take: Some(last.clone()), job: Some(job.clone()), ..current };
        let reports = [(take(number), attempt), (take(number), job.attempt), (job.take, job.attempt), (last.id, attempt)];
        let counts = |report: &(TakeId, u32)| *report == (last.id, job.attempt) && job.take == last.id;
        for (take, attempt) in reports.into_iter().filter(|report| !counts(report)) {
            let report = Change::JobReported { take, attempt, job_id: "job-2".into(), state: state.clone() };
            prop_assert_eq!(apply(Some(current.clone()), &report, at(0)), Some(current.clone()));
        }
    }

    #[test]
    fn success_wins_in_any_order_of_reports(
        reports in Just(vec![JobState::Progressing, failed_job(), complete(1, 1), failed_job()]).prop_shuffle(),
    ) {
        let mut changes = start_job(1).to_vec();
        changes.extend(reports.into_iter().map(|state| report(1, 1, state)));
        let end = apply_all(&changes).unwrap();
        prop_assert_eq!(end.status, Status::Ready);
        prop_assert_eq!(end.failure, None);
        let expected: BTreeMap<_, _> = [("web".to_owned(), match complete(1, 1) {
            JobState::Complete(rendition) => rendition,
            _ => unreachable!(),
        })].into();
        prop_assert_eq!(end.renditions, expected);
    }
}
