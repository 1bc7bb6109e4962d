//! Tests of claims, refusals, reports and retries of jobs.

use super::*;

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
    let claimed_at = |current: Option<&Response>, now| {
        let lease_until = at(now + 60);
        let changes = [upload(1, "v"), Change::ClaimJob { lease_until }];
        decide_all(current, &key(), &changes, at(now))
    };
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
