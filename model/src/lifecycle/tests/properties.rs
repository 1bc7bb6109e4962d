//! Property tests: decisions on any response and any change.

use std::collections::BTreeMap;

use proptest::prelude::*;
use strum::VariantArray;

use super::*;

fn any_job_state() -> impl Strategy<Value = JobState> {
    prop_oneof![
        Just(JobState::Progressing),
        (0..4i64, 0..3u32).prop_map(|(number, attempt)| complete(number, attempt)),
        Just(failed_job())
    ]
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
        status in prop::sample::select(Status::VARIANTS.to_vec()),
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
    fn every_response_has_a_due_time(response in any_response(), awaits_job: bool) {
        use crate::deletion::{DeletionProgress, deletion_progress};
        if let DeletionProgress::Incomplete { next } = deletion_progress(&response, awaits_job, at(0)) {
            prop_assert!(next >= at(0));
        }
        prop_assert!(response.status != Status::Expired || response.pending_upload.is_some() || response.due_at().is_none());
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
