//! The state machine of a response.
//!
//! [`decide`] is total: every change has a decision in every state. An ignored change has a reason, which tells the
//! caller what to clean up and what to reply. `make schemas` draws the transitions in
//! `docs/lifecycle.md`.

use crate::transcode::JobState;
use crate::upload::{Requester, Upload};
use crate::{
    Deletion, EngineError, Failure, FailureCode, Job, Parked, PendingUpload, Rendition, Response,
    ResponseKey, Status, Take, TakeId, Timestamp,
};

/// An event or a request that may change a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A client requests an upload of a new take.
    RequestUpload {
        /// The new take.
        take: TakeId,
        /// When the upload expires.
        until: Timestamp,
        /// The client that requests it.
        requester: Requester,
    },
    /// A client cancels a pending upload.
    CancelUpload {
        /// The take of the pending upload.
        take: TakeId,
    },
    /// A pending upload has expired.
    ExpireUpload {
        /// The take of the pending upload.
        take: TakeId,
    },
    /// A file was stored in the uploads bucket.
    UploadArrived(Upload),
    /// The bucket holds a file of an older take, outside the response's folder.
    UnmanagedFileFound {
        /// The object's key.
        key: String,
    },
    /// A function claims the job for the last take, before it creates the job.
    ClaimJob {
        /// Until when no other function may claim it.
        lease_until: Timestamp,
    },
    /// The engine created the job of an attempt.
    JobStarted {
        /// The attempt's number.
        attempt: u32,
        /// The job's id at the engine.
        job_id: String,
        /// When the result is overdue.
        due: Timestamp,
    },
    /// The engine did not create the job of an attempt.
    JobNotStarted {
        /// The attempt's number.
        attempt: u32,
        /// The engine's reason.
        refusal: Refusal,
    },
    /// The engine no longer knows the job of an attempt.
    JobLost {
        /// The attempt's number.
        attempt: u32,
        /// The job's id at the engine.
        job_id: String,
    },
    /// An authorized client requests another attempt at a failed take.
    RetryJob,
    /// An authorized client requests the deletion of the response with its files.
    Delete,
    /// The files of a response in deletion were removed, but more may arrive.
    DeletionProgressed {
        /// When to remove files again.
        next: Timestamp,
        /// Whether a job may still write a rendition.
        awaits_job: bool,
    },
    /// The engine reports the state of an attempt.
    JobReported {
        /// The take that the job transcodes.
        take: TakeId,
        /// The attempt's number.
        attempt: u32,
        /// The job's id at the engine.
        job_id: String,
        /// The job's state.
        state: JobState,
    },
}

/// Why an engine did not create a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too many requests or queued jobs: the next event or `reconcile` run tries again.
    Throttled,
    /// This request is invalid: the engine would refuse it again.
    Request(EngineError),
    /// A missing permission or resource, or an exceeded quota: tried again at growing intervals, for a day.
    Configuration(EngineError),
}

/// The maximum number of jobs for one take without a requested retry. Later jobs replace jobs that the engine lost, or
/// whose creation had no answer.
pub const MAX_AUTOMATIC_ATTEMPTS: u32 = 5;

/// How long a job is tried that the engine refuses because of its configuration, in seconds.
pub const MAX_PARKED_SECONDS: i64 = 24 * 3600;

/// The first and the longest interval between two such attempts, in seconds. Each interval is twice the one before.
const MIN_RETRY_SECONDS: i64 = 60;
const MAX_RETRY_SECONDS: i64 = 3600;

/// The result of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The response changes: the caller writes this one.
    Write(Box<Response>),
    /// The response stays unchanged.
    Ignore(Ignored),
}

/// Why a change is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// The change has been applied already.
    Duplicate,
    /// The response is missing or past this state.
    NotApplicable,
    /// The response is finished, and an anonymous requester may not replace it.
    AlreadyAnswered,
    /// The upload is another version of a recorded take: the first version counts.
    SecondVersion,
    /// A newer take is recorded.
    Older,
    /// A newer attempt or take has replaced the attempt.
    Superseded,
    /// Another function has claimed the job.
    Leased {
        /// When the claim ends.
        until: Timestamp,
    },
    /// A retry was requested, but the response has not failed.
    NotFailed,
    /// The response is being deleted.
    Deleting,
}

/// Decides how a change affects a response.
///
/// `current` is the stored response, if there is one. `key` identifies the response that the change concerns. `now`
/// becomes the time of the write.
pub fn decide(current: Option<&Response>, key: &ResponseKey, change: &Change, now: Timestamp) -> Decision {
    decide_all(current, key, std::slice::from_ref(change), now)
}

/// Decides how several changes in sequence affect a response, in one write.
///
/// A duplicate is skipped, so that a repeated event can repair a crash between two changes. Any other ignored change
/// ignores all.
pub fn decide_all(
    current: Option<&Response>,
    key: &ResponseKey,
    changes: &[Change],
    now: Timestamp,
) -> Decision {
    let mut changed: Option<Response> = None;
    for change in changes {
        match apply(changed.as_ref().or(current), key, change, now) {
            Ok(response) => changed = Some(response),
            Err(Ignored::Duplicate) => {}
            Err(ignored) => return Decision::Ignore(ignored),
        }
    }
    match changed {
        Some(response) => Decision::Write(Box::new(Response {
            created_at: response.created_at.or(Some(now)),
            updated_at: Some(now),
            revision: current.map_or(0, |response| response.revision).saturating_add(1),
            ..response
        })),
        None => Decision::Ignore(Ignored::Duplicate),
    }
}

/// Applies a change, all but the bookkeeping of the write.
fn apply(
    current: Option<&Response>,
    key: &ResponseKey,
    change: &Change,
    now: Timestamp,
) -> Result<Response, Ignored> {
    let is_progress = matches!(change, Change::DeletionProgressed { .. });
    if current.is_some_and(|response| response.status == Status::Deleting) && !is_progress {
        return Err(Ignored::Deleting);
    }
    match change {
        Change::RequestUpload {
            take,
            until,
            requester,
        } => request_upload(current, key, *take, *until, *requester, now),
        Change::CancelUpload { take } => cancel_pending(current, *take, None),
        Change::ExpireUpload { take } => cancel_pending(current, *take, Some(now)),
        Change::UploadArrived(upload) => record_upload(current, key, upload, now),
        Change::UnmanagedFileFound { key } => record_unmanaged_file(current, key),
        Change::ClaimJob { lease_until } => claim_job(current, *lease_until, now),
        Change::JobStarted { attempt, job_id, due } => record_job_start(current, *attempt, job_id, *due),
        Change::JobNotStarted { attempt, refusal } => record_refusal(current, *attempt, refusal, now),
        Change::JobLost { attempt, job_id } => record_lost_job(current, *attempt, job_id),
        Change::RetryJob => retry_job(current),
        Change::Delete => begin_deletion(current, now),
        Change::DeletionProgressed { next, awaits_job } => progress_deletion(current, *next, *awaits_job),
        Change::JobReported {
            take,
            attempt,
            job_id,
            state,
        } => record_report(current, *take, *attempt, job_id, state),
    }
}

fn request_upload(
    current: Option<&Response>,
    key: &ResponseKey,
    take: TakeId,
    until: Timestamp,
    requester: Requester,
    now: Timestamp,
) -> Result<Response, Ignored> {
    if requester == Requester::Anonymous && current.is_some_and(is_finished) {
        return Err(Ignored::AlreadyAnswered);
    }
    let mut response = current
        .cloned()
        .unwrap_or_else(|| Response::new(key.clone(), now));
    if response.status == Status::Expired {
        response.status = Status::AwaitingUpload;
    }
    response.pending_upload = Some(PendingUpload { take, until });
    response.last_upload_expiry = response.last_upload_expiry.max(Some(until));
    Ok(response)
}

/// Cancels the pending upload; a response without any upload expires. `expired_by` limits this to an upload that has
/// expired by then.
fn cancel_pending(
    current: Option<&Response>,
    take: TakeId,
    expired_by: Option<Timestamp>,
) -> Result<Response, Ignored> {
    let response = current.ok_or(Ignored::NotApplicable)?;
    let matches = |pending: &&PendingUpload| {
        pending.take == take && expired_by.is_none_or(|expired_by| pending.until <= expired_by)
    };
    response
        .pending_upload
        .as_ref()
        .filter(matches)
        .ok_or(Ignored::NotApplicable)?;
    let mut next = response.clone();
    next.pending_upload = None;
    if next.status == Status::AwaitingUpload {
        next.status = Status::Expired;
    }
    Ok(next)
}

/// Returns whether the response is finished. An item of the Chalice project with a video key counts as finished: whether
/// the video exists is unknown.
fn is_finished(response: &Response) -> bool {
    response.status == Status::Ready || (response.take.is_none() && response.video.is_some())
}

fn record_upload(
    current: Option<&Response>,
    key: &ResponseKey,
    upload: &Upload,
    now: Timestamp,
) -> Result<Response, Ignored> {
    if let Some(recorded) = current.and_then(|response| response.take.as_ref()) {
        let same_key = current.is_some_and(|response| response.video.as_ref() == Some(&upload.key));
        if same_key && is_copy(recorded, upload) {
            return Err(Ignored::Duplicate);
        }
        if recorded.id == upload.take {
            let same_version = recorded.version == upload.version;
            return Err(if same_version {
                Ignored::Duplicate
            } else {
                Ignored::SecondVersion
            });
        }
        if recorded.id > upload.take {
            return Err(Ignored::Older);
        }
    }
    if upload.requester == Requester::Anonymous && current.is_some_and(is_finished) {
        return Err(Ignored::AlreadyAnswered);
    }
    let mut response = current
        .cloned()
        .unwrap_or_else(|| Response::new(key.clone(), now));
    response.pending_upload = response
        .pending_upload
        .filter(|pending| pending.take > upload.take);
    response.status = Status::Uploaded;
    if let Some(replaced) = response.video.replace(upload.key.clone()) {
        response.record_unmanaged_key(&replaced);
    }
    response.unmanaged_keys.remove(&upload.key);
    response.take = Some(Take {
        id: upload.take,
        version: upload.version.clone(),
        size: upload.size,
        etag: upload.etag.clone(),
        uploaded_at: upload.uploaded_at,
    });
    response.renditions.clear();
    response.failure = None;
    Ok(response)
}

/// Returns whether an upload has the content of the take. Copying an object onto itself, to change its metadata or
/// storage class, creates such a version.
fn is_copy(take: &Take, upload: &Upload) -> bool {
    take.etag.is_some() && take.etag == upload.etag && take.size == upload.size
}

fn record_unmanaged_file(current: Option<&Response>, key: &str) -> Result<Response, Ignored> {
    let response = current.ok_or(Ignored::NotApplicable)?;
    let mut next = response.clone();
    next.record_unmanaged_key(key);
    if next == *response {
        return Err(Ignored::Duplicate);
    }
    Ok(next)
}

fn claim_job(
    current: Option<&Response>,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Response, Ignored> {
    let response = current.ok_or(Ignored::NotApplicable)?;
    let take = response.take.as_ref().ok_or(Ignored::NotApplicable)?;
    let last = response.job.as_ref().filter(|job| job.take == take.id);
    let parked = last.and_then(|job| job.parked.clone());
    match (response.status, &response.job) {
        (Status::Uploaded, _) if parked.as_ref().is_some_and(|parked| parked.until > now) => {
            return Err(Ignored::Duplicate);
        }
        (Status::Uploaded, _) => {}
        (Status::Transcoding, Some(Job { id: Some(_), .. })) => return Err(Ignored::Duplicate),
        (Status::Transcoding, Some(job)) if job.lease_until > now => {
            return Err(Ignored::Leased {
                until: job.lease_until,
            });
        }
        (Status::Transcoding, _) => {}
        _ => return Err(Ignored::NotApplicable),
    }
    let tries = last.map_or(0, |job| job.tries);
    if tries >= MAX_AUTOMATIC_ATTEMPTS {
        return Ok(failed(response, FailureCode::GaveUp.into()));
    }
    let last_attempt = response.job.as_ref().map_or(0, |job| job.attempt);
    let job = Job {
        attempt: last_attempt.saturating_add(1),
        take: take.id,
        lease_until,
        id: None,
        tries: tries.saturating_add(1),
        parked,
    };
    Ok(Response {
        status: Status::Transcoding,
        job: Some(job),
        ..response.clone()
    })
}

fn record_job_start(
    current: Option<&Response>,
    attempt: u32,
    job_id: &str,
    due: Timestamp,
) -> Result<Response, Ignored> {
    let (response, job) = current_attempt(current, attempt)?;
    if response.status != Status::Transcoding || job.id.is_some() {
        return Err(Ignored::Duplicate);
    }
    let job = Job {
        id: Some(job_id.to_owned()),
        lease_until: due,
        parked: None,
        ..job.clone()
    };
    Ok(Response {
        job: Some(job),
        ..response.clone()
    })
}

fn record_refusal(
    current: Option<&Response>,
    attempt: u32,
    refusal: &Refusal,
    now: Timestamp,
) -> Result<Response, Ignored> {
    let (response, job) = current_attempt(current, attempt)?;
    if response.status != Status::Transcoding || job.id.is_some() {
        return Err(Ignored::Duplicate);
    }
    let parked = match refusal {
        Refusal::Request(error) => {
            return Ok(failed(
                response,
                Failure::new(FailureCode::JobRefused, error.clone()),
            ));
        }
        Refusal::Throttled => job.parked.clone(),
        Refusal::Configuration(error) => {
            let parked = park(job.parked.as_ref(), now);
            if parked.since.plus_seconds(MAX_PARKED_SECONDS) <= now {
                return Ok(failed(response, Failure::new(FailureCode::GaveUp, error.clone())));
            }
            Some(parked)
        }
    };
    let job = Job {
        tries: job.tries.saturating_sub(1),
        parked,
        ..job.clone()
    };
    Ok(Response {
        status: Status::Uploaded,
        job: Some(job),
        ..response.clone()
    })
}

/// Parks the job until the next attempt: 1, 2, 4 … minutes later, at most an hour.
fn park(before: Option<&Parked>, now: Timestamp) -> Parked {
    let refusals = before.map_or(0, |parked| parked.refusals);
    let interval = 2_i64.checked_pow(refusals).map_or(MAX_RETRY_SECONDS, |factor| {
        factor.saturating_mul(MIN_RETRY_SECONDS)
    });
    Parked {
        since: before.map_or(now, |parked| parked.since),
        refusals: refusals.saturating_add(1),
        until: now.plus_seconds(interval.min(MAX_RETRY_SECONDS)),
    }
}

fn record_lost_job(current: Option<&Response>, attempt: u32, job_id: &str) -> Result<Response, Ignored> {
    let (response, job) = current_attempt(current, attempt)?;
    if response.status != Status::Transcoding || job.id.as_deref() != Some(job_id) {
        return Err(Ignored::Duplicate);
    }
    Ok(Response {
        status: Status::Uploaded,
        ..response.clone()
    })
}

fn failed(response: &Response, failure: Failure) -> Response {
    Response {
        status: Status::Failed,
        failure: Some(failure),
        ..response.clone()
    }
}

fn retry_job(current: Option<&Response>) -> Result<Response, Ignored> {
    let response = current.ok_or(Ignored::NotApplicable)?;
    match response.status {
        Status::Failed => Ok(Response {
            status: Status::Uploaded,
            failure: None,
            job: response.job.clone().map(|job| Job {
                tries: 0,
                parked: None,
                ..job
            }),
            ..response.clone()
        }),
        Status::Uploaded | Status::Transcoding if response.take.is_some() => Err(Ignored::Duplicate),
        _ => Err(Ignored::NotFailed),
    }
}

fn begin_deletion(current: Option<&Response>, now: Timestamp) -> Result<Response, Ignored> {
    let response = current.ok_or(Ignored::NotApplicable)?;
    let deletion = Deletion {
        requested_at: now,
        next_at: now,
        awaits_job: response.status == Status::Transcoding,
    };
    Ok(Response {
        status: Status::Deleting,
        deletion: Some(deletion),
        ..response.clone()
    })
}

fn progress_deletion(
    current: Option<&Response>,
    next: Timestamp,
    awaits_job: bool,
) -> Result<Response, Ignored> {
    let deleting = current.filter(|response| response.status == Status::Deleting);
    let response = deleting.ok_or(Ignored::NotApplicable)?;
    let deletion = response.deletion.as_ref().ok_or(Ignored::NotApplicable)?;
    let progressed = Deletion {
        next_at: next,
        awaits_job,
        ..deletion.clone()
    };
    if progressed == *deletion {
        return Err(Ignored::Duplicate);
    }
    Ok(Response {
        deletion: Some(progressed),
        ..response.clone()
    })
}

/// Returns the response and its job, if the attempt is the last one at the last take.
fn current_attempt(current: Option<&Response>, attempt: u32) -> Result<(&Response, &Job), Ignored> {
    let response = current.ok_or(Ignored::NotApplicable)?;
    let take = response.take.as_ref().map(|take| take.id);
    let job = response
        .job
        .as_ref()
        .filter(|job| job.attempt == attempt && Some(job.take) == take);
    Ok((response, job.ok_or(Ignored::Superseded)?))
}

fn record_report(
    current: Option<&Response>,
    take: TakeId,
    attempt: u32,
    job_id: &str,
    state: &JobState,
) -> Result<Response, Ignored> {
    let (response, job) = current_attempt(current, attempt)?;
    if job.take != take {
        return Err(Ignored::Superseded);
    }
    let mut next = response.clone();
    next.job = Some(Job {
        id: Some(job_id.to_owned()),
        ..job.clone()
    });
    match state {
        JobState::Progressing => record_progress(response, job, next),
        JobState::Complete(rendition) => record_success(response, rendition, next),
        JobState::Failed(failure) => record_failure(response, failure, next),
    }
}

/// Records the id of a job whose start was never recorded.
fn record_progress(response: &Response, job: &Job, mut next: Response) -> Result<Response, Ignored> {
    if job.id.is_some() || !matches!(response.status, Status::Transcoding | Status::Uploaded) {
        return Err(Ignored::Duplicate);
    }
    next.status = Status::Transcoding;
    Ok(next)
}

fn record_success(
    response: &Response,
    rendition: &Rendition,
    mut next: Response,
) -> Result<Response, Ignored> {
    let name = crate::preset::WEB.name;
    if response.status == Status::Ready && response.renditions.get(name) == Some(rendition) {
        return Err(Ignored::Duplicate);
    }
    next.status = Status::Ready;
    next.renditions.insert(name.to_owned(), rendition.clone());
    next.failure = None;
    Ok(next)
}

/// Records a failure, unless the attempt has succeeded or a retry is requested: success beats failure in any order.
fn record_failure(response: &Response, failure: &Failure, next: Response) -> Result<Response, Ignored> {
    if response.status != Status::Transcoding {
        return Err(Ignored::Duplicate);
    }
    Ok(failed(&next, failure.clone()))
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
