//! The end of a deletion: when the record of a deleted response is removed.
//!
//! An issued upload cannot be revoked, and a running upload cannot be stopped. So the record stays, and arriving files are
//! removed, until no file can arrive any more. Then the record is removed.

use crate::{Response, Timestamp};

/// How long after its expiry an upload may end, in seconds. S3 checks the expiry when a POST begins, and five gigabytes take
/// an hour at 12 Mbit/s.
pub const MAX_POST_SECONDS: i64 = 3600;

/// The progress of a deletion after its present files were removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionProgress {
    /// No file can arrive any more: the record is to be removed.
    Complete,
    /// Files may still arrive: they are to be removed again.
    Incomplete {
        /// When to remove files again.
        next: Timestamp,
    },
}

/// Returns the progress of a deletion after its files were removed.
///
/// `awaits_job` tells whether a job may still write. `began` is a time before the caller determined this and removed the
/// files.
pub fn deletion_progress(response: &Response, awaits_job: bool, began: Timestamp) -> DeletionProgress {
    let pending_expiry = response.pending_upload.as_ref().map(|pending| pending.until);
    let last_upload_expiry = response.last_upload_expiry.max(pending_expiry);
    let last_post = last_upload_expiry.map(|until| until.plus_seconds(MAX_POST_SECONDS));
    // An overdue job does not count, so that a missing result does not delay the deletion forever.
    let job = response.job.as_ref().filter(|_| awaits_job);
    let job_deadline = job.map(|job| job.lease_until).filter(|until| *until > began);
    match (last_post.filter(|last| *last > began), job_deadline) {
        (None, None) => DeletionProgress::Complete,
        (Some(last), None) => DeletionProgress::Incomplete { next: last },
        // The next run of reconcile queries the engine again.
        (_, Some(_)) => DeletionProgress::Incomplete { next: began },
    }
}
