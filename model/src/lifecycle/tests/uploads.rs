//! Tests of requested, stored, canceled and expired uploads.

use super::*;

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
