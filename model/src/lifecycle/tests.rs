//! Histories: whatever order things come in, the end is that of the true order.

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
        mail: "ann@example.com".parse().unwrap(),
    }
}

fn take(number: i64) -> TakeId {
    TakeId::new(at(number), [0; 10])
}

fn upload(number: i64, version: &str) -> Change {
    upload_by(Asker::Owner, number, version)
}

fn upload_by(asker: Asker, number: i64, version: &str) -> Change {
    Change::Upload(Upload {
        take: take(number),
        asker,
        key: format!("demo/0/hash/{number}.mp4"),
        version: Some(version.into()),
        size: 1,
        uploaded_at: at(number),
    })
}

fn ask(number: i64, asker: Asker) -> Change {
    Change::Ask {
        take: take(number),
        until: at(number + 3600),
        asker,
    }
}

fn report(number: i64, attempt: u32, state: JobState) -> Change {
    Change::Report {
        take: take(number),
        attempt,
        job_id: format!("job-{attempt}"),
        state,
    }
}

fn complete_state(number: i64, attempt: u32) -> JobState {
    JobState::Complete(Rendition {
        key: format!("output/{number}-{attempt}.mp4"),
        poster: None,
        width: None,
        height: None,
        duration: None,
    })
}

fn failed_state() -> JobState {
    JobState::Failed(Failure {
        code: "4000".into(),
        message: "no video".into(),
    })
}

fn apply(current: Option<Response>, change: &Change, now: Timestamp) -> Option<Response> {
    match decide(current.as_ref(), &key(), change, now) {
        Decision::Write(next) => Some(*next),
        Decision::Ignore(_) => current,
    }
}

fn history(changes: &[Change]) -> Option<Response> {
    changes
        .iter()
        .fold(None, |current, change| apply(current, change, at(0)))
}

fn ignored(current: Option<&Response>, change: &Change) -> Option<Ignored> {
    match decide(current, &key(), change, at(0)) {
        Decision::Write(_) => None,
        Decision::Ignore(ignored) => Some(ignored),
    }
}

fn transcoding(number: i64) -> [Change; 3] {
    let start = Change::Start {
        attempt: 1,
        job_id: "job-1".into(),
        due: at(7200),
    };
    [upload(number, "v"), Change::Claim { lease_until: at(60) }, start]
}

#[test]
fn a_happy_life() {
    let mut changes = vec![ask(1, Asker::Anyone)];
    changes.extend(transcoding(1));
    changes.push(report(1, 1, complete_state(1, 1)));
    let statuses: Vec<Status> = (1..=changes.len())
        .map(|n| history(&changes[..n]).unwrap().status)
        .collect();
    use Status::*;
    assert_eq!(
        statuses,
        [AwaitingUpload, Uploaded, Transcoding, Transcoding, Ready]
    );
    let end = history(&changes).unwrap();
    assert_eq!((end.revision, end.due_at()), (5, None));
    assert_eq!(end.asked, None);
}

#[test]
fn asking_again_harms_nothing() {
    let mut changes = transcoding(1).to_vec();
    changes.push(report(1, 1, complete_state(1, 1)));
    let ready = history(&changes).unwrap();
    let asked = apply(Some(ready.clone()), &ask(2, Asker::Owner), at(0)).unwrap();
    let (revision, asked_for) = (asked.revision, asked.asked.clone());
    assert_eq!(asked_for.unwrap().take, take(2));
    assert_eq!(
        Response {
            asked: None,
            forms_until: None,
            revision: ready.revision,
            ..asked
        },
        ready
    );
    assert_eq!(revision, ready.revision + 1);
}

#[test]
fn nobody_replaces_a_finished_response_without_a_token() {
    let mut changes = vec![ask(2, Asker::Anyone)];
    changes.extend(transcoding(1));
    changes.push(report(1, 1, complete_state(1, 1)));
    let ready = history(&changes).unwrap();
    assert_eq!(
        ignored(Some(&ready), &ask(3, Asker::Anyone)),
        Some(Ignored::Answered)
    );
    assert_eq!(
        ignored(Some(&ready), &upload_by(Asker::Anyone, 2, "v")),
        Some(Ignored::Answered)
    );
    assert_eq!(ignored(Some(&ready), &ask(3, Asker::Owner)), None);
    let old = Response {
        take: None,
        revision: 0,
        status: Status::Uploaded,
        ..ready
    };
    assert_eq!(
        ignored(Some(&old), &ask(3, Asker::Anyone)),
        Some(Ignored::Answered)
    );
}

#[test]
fn the_first_version_of_a_take_counts() {
    let uploaded = history(&[upload(1, "a")]).unwrap();
    assert_eq!(ignored(Some(&uploaded), &upload(1, "a")), Some(Ignored::Known));
    assert_eq!(
        ignored(Some(&uploaded), &upload(1, "b")),
        Some(Ignored::SecondVersion)
    );
    assert_eq!(ignored(Some(&uploaded), &upload(0, "a")), Some(Ignored::Older));
}

#[test]
fn a_claim_is_exclusive_until_its_lease_ends() {
    let claimed = history(&transcoding(1)[..2]).unwrap();
    let claim = Change::Claim { lease_until: at(120) };
    assert_eq!(
        ignored(Some(&claimed), &claim),
        Some(Ignored::Leased { until: at(60) })
    );
    let again = apply(Some(claimed), &claim, at(60)).unwrap();
    assert_eq!(again.job.as_ref().unwrap().attempt, 2);
    assert_eq!(
        ignored(Some(&again), &report(1, 1, complete_state(1, 1))),
        Some(Ignored::Superseded)
    );
}

#[test]
fn an_upload_is_taken_in_and_claimed_in_one_write_and_repaired_by_its_repetition() {
    let Change::Upload(arriving) = upload(1, "v") else {
        unreachable!()
    };
    let receive =
        |current: Option<&Response>, now| receive(current, &key(), &arriving, at(now + 60), at(now));
    let Decision::Write(claimed) = receive(None, 0) else {
        panic!("ignored")
    };
    assert_eq!((claimed.status, claimed.revision), (Status::Transcoding, 1));
    assert_eq!(
        receive(Some(&claimed), 59),
        Decision::Ignore(Ignored::Leased { until: at(60) })
    );
    let Decision::Write(again) = receive(Some(&claimed), 60) else {
        panic!("ignored")
    };
    assert_eq!(again.job.as_ref().map(|job| job.attempt), Some(2));
    let started = apply(
        Some(*again),
        &Change::Start {
            attempt: 2,
            job_id: "j".into(),
            due: at(7200),
        },
        at(60),
    );
    assert_eq!(receive(started.as_ref(), 9999), Decision::Ignore(Ignored::Known));
}

#[test]
fn an_item_of_the_chalice_project_is_dated_when_it_is_first_written() {
    let old = Response {
        created_at: None,
        revision: 0,
        take: None,
        ..history(&[upload(1, "v")]).unwrap()
    };
    assert_eq!(
        apply(Some(old), &upload(2, "v"), at(5)).unwrap().created_at,
        Some(at(5))
    );
}

#[test]
fn a_refused_job_gives_its_claim_back_but_never_its_number() {
    let claimed = history(&transcoding(1)[..2]).unwrap();
    let released = Change::Release {
        attempt: 1,
        job_id: None,
    };
    let released = apply(Some(claimed), &released, at(0)).unwrap();
    assert_eq!(released.status, Status::Uploaded);
    let again = apply(Some(released), &Change::Claim { lease_until: at(60) }, at(0)).unwrap();
    assert_eq!(again.job.unwrap().attempt, 2);
}

#[test]
fn a_job_that_the_engine_knows_no_more_is_started_anew() {
    let started = history(&transcoding(1)).unwrap();
    let release = |job_id: &str| Change::Release {
        attempt: 1,
        job_id: Some(job_id.into()),
    };
    assert_eq!(ignored(Some(&started), &release("another")), Some(Ignored::Known));
    let lost = apply(Some(started), &release("job-1"), at(0)).unwrap();
    assert_eq!(lost.status, Status::Uploaded);
    let again = apply(Some(lost), &Change::Claim { lease_until: at(60) }, at(0)).unwrap();
    assert_eq!(again.job.map(|job| (job.attempt, job.id)), Some((2, None)));
}

#[test]
fn a_result_counts_before_the_jobs_id_is_stored() {
    let mut changes = transcoding(1)[..2].to_vec();
    changes.push(report(1, 1, complete_state(1, 1)));
    let ready = history(&changes).unwrap();
    assert_eq!(ready.status, Status::Ready);
    assert_eq!(ready.job.as_ref().unwrap().id.as_deref(), Some("job-1"));
    assert_eq!(ignored(Some(&ready), &transcoding(1)[2]), Some(Ignored::Known));
}

#[test]
fn what_failed_is_tried_again_and_does_not_fail_by_an_old_report() {
    let mut changes = transcoding(1).to_vec();
    changes.push(report(1, 1, failed_state()));
    changes.push(Change::Retry);
    let again = history(&changes).unwrap();
    assert_eq!((again.status, &again.failure), (Status::Uploaded, &None));
    assert_eq!(again.due_at(), again.updated_at, "somebody must start it");
    assert_eq!(
        ignored(Some(&again), &report(1, 1, failed_state())),
        Some(Ignored::Known)
    );
    assert_eq!(ignored(Some(&again), &Change::Retry), Some(Ignored::Known));
    let claimed = apply(Some(again), &Change::Claim { lease_until: at(60) }, at(0)).unwrap();
    assert_eq!(claimed.job.unwrap().attempt, 2);
}

#[test]
fn only_what_failed_is_tried_again() {
    let mut ready = transcoding(1).to_vec();
    ready.push(report(1, 1, complete_state(1, 1)));
    for changes in [&ready[..], &[ask(1, Asker::Owner)]] {
        let current = history(changes);
        assert_eq!(
            ignored(current.as_ref(), &Change::Retry),
            Some(Ignored::NotFailed)
        );
    }
    assert_eq!(ignored(None, &Change::Retry), Some(Ignored::Moot));
}

#[test]
fn what_nobody_uploaded_expires_and_may_still_be_answered() {
    let asked = history(&[ask(1, Asker::Anyone)]).unwrap();
    let expire = Change::Expire { take: take(1) };
    assert_eq!(
        ignored(Some(&asked), &expire),
        Some(Ignored::Moot),
        "the form has not ended"
    );
    let expired = apply(Some(asked.clone()), &expire, at(3601)).unwrap();
    assert_eq!((expired.status, expired.due_at()), (Status::Expired, None));
    let withdrawn = apply(Some(asked), &Change::Withdraw { take: take(1) }, at(0)).unwrap();
    assert_eq!((withdrawn.status, &withdrawn.asked), (Status::Expired, &None));
    for change in [upload(1, "v"), ask(2, Asker::Anyone)] {
        assert_eq!(ignored(Some(&withdrawn), &change), None);
    }
}

#[test]
fn giving_up_an_upload_leaves_what_there_is() {
    let mut changes = transcoding(1).to_vec();
    changes.push(ask(2, Asker::Owner));
    let asked = history(&changes).unwrap();
    assert_eq!(
        ignored(Some(&asked), &Change::Withdraw { take: take(1) }),
        Some(Ignored::Moot)
    );
    let withdrawn = apply(Some(asked), &Change::Withdraw { take: take(2) }, at(0)).unwrap();
    assert_eq!((withdrawn.status, withdrawn.asked), (Status::Transcoding, None));
}

#[test]
fn the_end_of_every_form_is_kept_whatever_arrives() {
    let end = history(&[ask(5, Asker::Owner), ask(2, Asker::Owner), upload(5, "v")]).unwrap();
    assert_eq!((end.asked, end.forms_until), (None, Some(at(3605))));
}

#[test]
fn a_removal_waits_for_forms_and_jobs_and_then_goes() {
    use crate::deletion::{AfterSweep, SLOWEST_POST, after_sweep};
    let mut changes = vec![ask(1, Asker::Anyone)];
    changes.extend(transcoding(1));
    changes.push(Change::Delete);
    let deleting = history(&changes).unwrap();
    assert_eq!(deleting.due_at(), Some(at(0)), "at once");
    assert_eq!(
        deleting.deletion.as_ref().map(|deletion| deletion.awaits_job),
        Some(true)
    );
    assert_eq!(
        after_sweep(&deleting, true, at(0)),
        AfterSweep::Again { next: at(0) }
    );
    let last_post = at(3601 + SLOWEST_POST);
    assert_eq!(
        after_sweep(&deleting, false, at(60)),
        AfterSweep::Again { next: last_post }
    );
    assert_eq!(after_sweep(&deleting, false, last_post), AfterSweep::Gone);
    assert_eq!(
        after_sweep(&deleting, true, last_post),
        AfterSweep::Gone,
        "a result that never comes"
    );
    let sweep = Change::Sweep {
        next: last_post,
        awaits_job: false,
    };
    let swept = apply(Some(deleting), &sweep, at(60)).unwrap();
    assert_eq!(
        (swept.status, swept.due_at()),
        (Status::Deleting, Some(last_post))
    );
    let by_hand = history(&[upload(1, "v"), Change::Delete]).unwrap();
    assert_eq!(
        after_sweep(&by_hand, false, at(0)),
        AfterSweep::Gone,
        "nobody was given a form"
    );
}

fn any_change() -> impl Strategy<Value = Change> {
    let asker = prop_oneof![Just(Asker::Owner), Just(Asker::Anyone)];
    let state = prop_oneof![
        Just(JobState::Progressing),
        Just(complete_state(0, 0)),
        Just(failed_state())
    ];
    prop_oneof![
        (0..4i64, asker.clone()).prop_map(|(number, asker)| ask(number, asker)),
        (0..4i64, asker, "[ab]").prop_map(|(number, asker, version)| upload_by(asker, number, &version)),
        (-60..60i64).prop_map(|lease| Change::Claim {
            lease_until: at(lease)
        }),
        (0..3u32).prop_map(|attempt| Change::Start {
            attempt,
            job_id: "job".into(),
            due: at(60)
        }),
        (0..3u32, prop::option::of(Just("job".to_owned())))
            .prop_map(|(attempt, job_id)| Change::Release { attempt, job_id }),
        (0..4i64).prop_map(|number| Change::Withdraw { take: take(number) }),
        (0..4i64).prop_map(|number| Change::Expire { take: take(number) }),
        Just(Change::Retry),
        (0..3i64, any::<bool>()).prop_map(|(next, awaits_job)| Change::Sweep {
            next: at(next),
            awaits_job
        }),
        (0..4i64, 0..3u32, state).prop_map(|(number, attempt, state)| report(number, attempt, state)),
    ]
}

proptest! {
    /// Asking aside, which hands out a new take each time, what came once may come again. A claim is
    /// excepted too: an attempt that was given up is claimed anew.
    #[test]
    fn applying_anything_twice_changes_nothing(changes in prop::collection::vec(any_change(), 0..20)) {
        let mut current = None;
        for change in changes {
            current = apply(current, &change, at(0));
            if !matches!(change, Change::Ask { .. } | Change::Claim { .. }) {
                prop_assert_eq!(apply(current.clone(), &change, at(0)), current.clone());
            }
        }
    }

    #[test]
    fn a_take_never_gives_way_to_an_older_one_and_attempts_only_grow(
        changes in prop::collection::vec(any_change(), 0..30),
    ) {
        let mut current: Option<Response> = None;
        for change in changes {
            let next = apply(current.clone(), &change, at(0));
            let last_take = |response: &Option<Response>| response.as_ref().and_then(|r| r.take.as_ref().map(|t| t.id));
            let attempt = |response: &Option<Response>| response.as_ref().and_then(|r| r.job.as_ref().map(|j| j.attempt));
            prop_assert!(last_take(&next) >= last_take(&current));
            prop_assert!(attempt(&next) >= attempt(&current));
            if let (Some(before), Some(after)) = (&current, &next) {
                prop_assert_eq!(before.created_at, after.created_at, "a date never changes");
                prop_assert!(after.revision == before.revision + u64::from(before != after));
            }
            current = next;
        }
    }

    #[test]
    fn what_is_being_deleted_does_not_come_back(
        before in prop::collection::vec(any_change(), 1..10),
        after in prop::collection::vec(any_change(), 0..20),
    ) {
        let deleting = apply(history(&before), &Change::Delete, at(0));
        let end = after.iter().fold(deleting.clone(), |current, change| apply(current, change, at(9999)));
        if let (Some(deleting), Some(end)) = (deleting, end) {
            prop_assert_eq!(end.status, Status::Deleting);
            prop_assert_eq!((end.video, end.take, end.job), (deleting.video, deleting.take, deleting.job));
        }
    }

    /// Owners' uploads in any order and number end at the newest take, in its first version to come.
    #[test]
    fn uploads_in_any_order_end_at_the_newest(
        numbers in prop::collection::vec(0..5i64, 1..12),
    ) {
        let changes: Vec<Change> = numbers.iter().map(|number| upload(*number, "v")).collect();
        let end = history(&changes).unwrap();
        let newest = numbers.iter().max().copied().unwrap();
        prop_assert_eq!(end.take.unwrap().id, take(newest));
        prop_assert_eq!(end.status, Status::Uploaded);
    }

    /// Reports of one attempt in any order and number: a success among them wins.
    #[test]
    fn reports_in_any_order_end_alike(
        reports in Just(vec![JobState::Progressing, failed_state(), complete_state(1, 1), failed_state()]).prop_shuffle(),
    ) {
        let mut changes = transcoding(1).to_vec();
        changes.extend(reports.into_iter().map(|state| report(1, 1, state)));
        let end = history(&changes).unwrap();
        prop_assert_eq!(end.status, Status::Ready);
        prop_assert_eq!(end.failure, None);
        let expected: BTreeMap<_, _> = [("web".to_owned(), match complete_state(1, 1) {
            JobState::Complete(rendition) => rendition,
            _ => unreachable!(),
        })].into();
        prop_assert_eq!(end.renditions, expected);
    }
}
