//! When a response that is being removed can go for good.
//!
//! A form that was handed out cannot be called back, nor can a file that is on its way: the record stays, and
//! what arrives is removed, until nothing can arrive any more. Only then does the record go.

use crate::{Response, Timestamp};

/// How long a file may be on its way when its form ends, in seconds: S3 looks at a form's end when the post
/// begins, and five gigabytes take an hour at 12 Mbit/s.
pub const SLOWEST_POST: i64 = 3600;

/// What follows when all that was there has been removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterSweep {
    /// Nothing can come any more: the record goes too.
    Gone,
    /// Something may still come: it is to be swept again.
    Again {
        /// When.
        next: Timestamp,
    },
}

/// Decides what follows a sweep that began at `began`, when it was known whether a job may still write.
pub fn after_sweep(response: &Response, awaits_job: bool, began: Timestamp) -> AfterSweep {
    let asked_until = response.pending_upload.as_ref().map(|pending| pending.until);
    let last_upload_expiry = response.last_upload_expiry.max(asked_until);
    let last_post = last_upload_expiry.map(|until| until.plus_seconds(SLOWEST_POST));
    // A job whose result never comes does not hold a record for ever: by then it is overdue.
    let job = response.job.as_ref().filter(|_| awaits_job);
    let job_over = job.map(|job| job.lease_until).filter(|until| *until > began);
    match (last_post.filter(|last| *last > began), job_over) {
        (None, None) => AfterSweep::Gone,
        (Some(last), None) => AfterSweep::Again { next: last },
        // The next run asks the engine again.
        (_, Some(_)) => AfterSweep::Again { next: began },
    }
}
