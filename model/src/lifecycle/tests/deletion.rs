//! Tests of deletions.

use super::*;

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
