//! What follows when something happens to a response.
//!
//! `docs/lifecycle.md` draws it: it is made by trying out all that can happen.
//!
//! [`decide`] is total: every change has an answer in every state. What it ignores it names, so that the
//! shell knows what to clean up and what to answer.

pub mod diagram;

use crate::transcode::JobState;
use crate::upload::{Asker, Upload};
use crate::{
    Asked, Deletion, EngineError, Failure, FailureCode, Job, Parked, Rendition, Response, ResponseKey,
    Status, Take, TakeId, Timestamp,
};

/// Something that happened, or that somebody wants to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Somebody wants a form for a new take.
    Ask {
        /// The new take.
        take: TakeId,
        /// When its form ends.
        until: Timestamp,
        /// Who asks.
        asker: Asker,
    },
    /// Whoever was asked for a take gives it up before it has arrived.
    Withdraw {
        /// Which take.
        take: TakeId,
    },
    /// A form has ended, and nothing came of it.
    Expire {
        /// The take that it was for.
        take: TakeId,
    },
    /// A take has arrived.
    Upload(Upload),
    /// A file of theirs does not count, and lies where only its key leads to it.
    Find {
        /// The object's key.
        key: String,
    },
    /// Somebody wants to start a job for the last take.
    Claim {
        /// Until when nobody else may.
        lease_until: Timestamp,
    },
    /// The engine took the job of an attempt.
    Start {
        /// Which attempt.
        attempt: u32,
        /// The engine's name for the job.
        job_id: String,
        /// When a result is overdue.
        due: Timestamp,
    },
    /// The engine did not create the job of an attempt.
    Refuse {
        /// Which attempt.
        attempt: u32,
        /// Why.
        refusal: Refusal,
    },
    /// The engine does not know the job of an attempt any more.
    Lose {
        /// Which attempt.
        attempt: u32,
        /// The engine's name for the job.
        job_id: String,
    },
    /// An owner wants another attempt at a take that failed.
    Retry,
    /// An owner wants it removed, with all that belongs to it.
    Delete,
    /// All that was there of a response being removed is gone, but something may still come.
    Sweep {
        /// When to look again.
        next: Timestamp,
        /// Whether a job may still write.
        awaits_job: bool,
    },
    /// The engine tells how an attempt stands.
    Report {
        /// The take that it was for.
        take: TakeId,
        /// Which attempt.
        attempt: u32,
        /// The engine's name for the job.
        job_id: String,
        /// How it stands.
        state: JobState,
    },
}

/// Why an engine did not create a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too many jobs or requests at the moment: it is tried again at the next occasion.
    Throttled,
    /// This request is wrong: the same request would be refused again.
    Request(EngineError),
    /// Permissions, quotas or a missing resource: it is tried again at growing intervals, for a day.
    Configuration(EngineError),
}

/// How many jobs of one take are created without a person's request: the later ones replace jobs whose creation had
/// no answer, or that the engine lost.
pub const MOST_TRIES: u32 = 5;

/// How long a job is tried that the engine refuses for a reason of configuration, in seconds.
pub const PARKED_FOR: i64 = 24 * 3600;

/// The first and the longest interval between two such tries, in seconds; each is twice the one before.
const FIRST_INTERVAL: i64 = 60;
const LONGEST_INTERVAL: i64 = 3600;

/// What follows from a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The response becomes this.
    Write(Box<Response>),
    /// It stays as it is.
    Ignore(Ignored),
}

/// Why a response stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// It is known already.
    Known,
    /// Nobody needs it: there is no response, or it is past that.
    Moot,
    /// There is a finished response, and who asked may not replace it.
    Answered,
    /// Another version of a take that has arrived: the first one counts.
    SecondVersion,
    /// A newer take has arrived.
    Older,
    /// Of an attempt, or a take, that no longer counts.
    Superseded,
    /// Somebody else is starting the job.
    Leased {
        /// Until when.
        until: Timestamp,
    },
    /// There is nothing that has failed.
    NotFailed,
    /// The response is being removed.
    Deleting,
}

/// Decides what a response becomes. `current` is what is stored, `None` when nothing is; `key` is whose
/// the change is; `now` is the time to write.
pub fn decide(current: Option<&Response>, key: &ResponseKey, change: &Change, now: Timestamp) -> Decision {
    let is_sweep = matches!(change, Change::Sweep { .. });
    if current.is_some_and(|response| response.status == Status::Deleting) && !is_sweep {
        return Decision::Ignore(Ignored::Deleting);
    }
    let changed = match change {
        Change::Ask { take, until, asker } => ask(current, key, *take, *until, *asker, now),
        Change::Withdraw { take } => give_up(current, *take, None),
        Change::Expire { take } => give_up(current, *take, Some(now)),
        Change::Upload(upload) => arrive(current, key, upload, now),
        Change::Find { key } => find(current, key),
        Change::Claim { lease_until } => claim(current, *lease_until, now),
        Change::Start { attempt, job_id, due } => start(current, *attempt, job_id, *due),
        Change::Refuse { attempt, refusal } => refuse(current, *attempt, refusal, now),
        Change::Lose { attempt, job_id } => lose(current, *attempt, job_id),
        Change::Retry => retry(current),
        Change::Delete => delete(current, now),
        Change::Sweep { next, awaits_job } => sweep(current, *next, *awaits_job),
        Change::Report {
            take,
            attempt,
            job_id,
            state,
        } => report(current, *take, *attempt, job_id, state),
    };
    match changed {
        Ok(response) => Decision::Write(Box::new(Response {
            created_at: response.created_at.or(Some(now)),
            updated_at: Some(now),
            revision: next_revision(current),
            ..response
        })),
        Err(ignored) => Decision::Ignore(ignored),
    }
}

/// Takes an upload in and claims the job for it, in one write. An upload that is known is claimed too, if its
/// job was never started: so a repeated event repairs a crash.
pub fn receive(
    current: Option<&Response>,
    key: &ResponseKey,
    upload: &Upload,
    lease_until: Timestamp,
    now: Timestamp,
) -> Decision {
    let arrived = match (
        decide(current, key, &Change::Upload(upload.clone()), now),
        current,
    ) {
        (Decision::Write(arrived), _) => *arrived,
        (Decision::Ignore(Ignored::Known), Some(known)) => known.clone(),
        (ignored, _) => return ignored,
    };
    match decide(Some(&arrived), key, &Change::Claim { lease_until }, now) {
        Decision::Write(mut claimed) => {
            claimed.revision = next_revision(current);
            Decision::Write(claimed)
        }
        ignored => ignored,
    }
}

fn next_revision(current: Option<&Response>) -> u64 {
    current.map_or(0, |response| response.revision).saturating_add(1)
}

fn ask(
    current: Option<&Response>,
    key: &ResponseKey,
    take: TakeId,
    until: Timestamp,
    asker: Asker,
    now: Timestamp,
) -> Result<Response, Ignored> {
    if asker == Asker::Anyone && current.is_some_and(is_finished) {
        return Err(Ignored::Answered);
    }
    let mut response = current
        .cloned()
        .unwrap_or_else(|| Response::begin(key.clone(), now));
    if response.status == Status::Expired {
        response.status = Status::AwaitingUpload;
    }
    response.asked = Some(Asked { take, until });
    response.forms_until = response.forms_until.max(Some(until));
    Ok(response)
}

/// What was asked for is not waited for any more; of a response that has nothing else, nothing is left. With a
/// time, only if the form has ended by then.
fn give_up(
    current: Option<&Response>,
    take: TakeId,
    ended_by: Option<Timestamp>,
) -> Result<Response, Ignored> {
    let response = current.ok_or(Ignored::Moot)?;
    let waited_for =
        |asked: &&Asked| asked.take == take && ended_by.is_none_or(|ended_by| asked.until <= ended_by);
    response.asked.as_ref().filter(waited_for).ok_or(Ignored::Moot)?;
    let mut next = response.clone();
    next.asked = None;
    if next.status == Status::AwaitingUpload {
        next.status = Status::Expired;
    }
    Ok(next)
}

/// An item of the Chalice project says no more than that there may be a video: it counts as one.
fn is_finished(response: &Response) -> bool {
    response.status == Status::Ready || (response.take.is_none() && response.video.is_some())
}

fn arrive(
    current: Option<&Response>,
    key: &ResponseKey,
    upload: &Upload,
    now: Timestamp,
) -> Result<Response, Ignored> {
    if let Some(last) = current.and_then(|response| response.take.as_ref()) {
        let same_key = current.is_some_and(|response| response.video.as_ref() == Some(&upload.key));
        if same_key && is_copy(last, upload) {
            return Err(Ignored::Known);
        }
        if last.id == upload.take {
            let same = last.version == upload.version;
            return Err(if same {
                Ignored::Known
            } else {
                Ignored::SecondVersion
            });
        }
        if last.id > upload.take {
            return Err(Ignored::Older);
        }
    }
    if upload.asker == Asker::Anyone && current.is_some_and(is_finished) {
        return Err(Ignored::Answered);
    }
    let mut response = current
        .cloned()
        .unwrap_or_else(|| Response::begin(key.clone(), now));
    response.asked = response.asked.filter(|asked| asked.take > upload.take);
    response.status = Status::Uploaded;
    if let Some(replaced) = response.video.replace(upload.key.clone()) {
        response.remember(&replaced);
    }
    response.elsewhere.remove(&upload.key);
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

/// Whether an upload has the content of this take: copying an object onto itself, to change its metadata or
/// storage class, makes a version that is none of a person's making.
fn is_copy(take: &Take, upload: &Upload) -> bool {
    take.etag.is_some() && take.etag == upload.etag && take.size == upload.size
}

fn find(current: Option<&Response>, key: &str) -> Result<Response, Ignored> {
    let response = current.ok_or(Ignored::Moot)?;
    let mut next = response.clone();
    next.remember(key);
    if next == *response {
        return Err(Ignored::Known);
    }
    Ok(next)
}

fn claim(current: Option<&Response>, lease_until: Timestamp, now: Timestamp) -> Result<Response, Ignored> {
    let response = current.ok_or(Ignored::Moot)?;
    let take = response.take.as_ref().ok_or(Ignored::Moot)?;
    let last = response.job.as_ref().filter(|job| job.take == take.id);
    let parked = last.and_then(|job| job.parked.clone());
    match (response.status, &response.job) {
        (Status::Uploaded, _) if parked.as_ref().is_some_and(|parked| parked.until > now) => {
            return Err(Ignored::Known);
        }
        (Status::Uploaded, _) => {}
        (Status::Transcoding, Some(Job { id: Some(_), .. })) => return Err(Ignored::Known),
        (Status::Transcoding, Some(job)) if job.lease_until > now => {
            return Err(Ignored::Leased {
                until: job.lease_until,
            });
        }
        (Status::Transcoding, _) => {}
        _ => return Err(Ignored::Moot),
    }
    let tries = last.map_or(0, |job| job.tries);
    if tries >= MOST_TRIES {
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

fn start(
    current: Option<&Response>,
    attempt: u32,
    job_id: &str,
    due: Timestamp,
) -> Result<Response, Ignored> {
    let (response, job) = attempt_of(current, attempt)?;
    if response.status != Status::Transcoding || job.id.is_some() {
        return Err(Ignored::Known);
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

fn refuse(
    current: Option<&Response>,
    attempt: u32,
    refusal: &Refusal,
    now: Timestamp,
) -> Result<Response, Ignored> {
    let (response, job) = attempt_of(current, attempt)?;
    if response.status != Status::Transcoding || job.id.is_some() {
        return Err(Ignored::Known);
    }
    let parked = match refusal {
        Refusal::Request(said) => {
            return Ok(failed(
                response,
                Failure::new(FailureCode::JobRefused, said.clone()),
            ));
        }
        Refusal::Throttled => job.parked.clone(),
        Refusal::Configuration(said) => {
            let parked = park(job.parked.as_ref(), now);
            if parked.since.plus_seconds(PARKED_FOR) <= now {
                return Ok(failed(response, Failure::new(FailureCode::GaveUp, said.clone())));
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

fn park(before: Option<&Parked>, now: Timestamp) -> Parked {
    let refusals = before.map_or(0, |parked| parked.refusals);
    let interval = 2_i64
        .checked_pow(refusals)
        .map_or(LONGEST_INTERVAL, |factor| factor.saturating_mul(FIRST_INTERVAL));
    Parked {
        since: before.map_or(now, |parked| parked.since),
        refusals: refusals.saturating_add(1),
        until: now.plus_seconds(interval.min(LONGEST_INTERVAL)),
    }
}

fn lose(current: Option<&Response>, attempt: u32, job_id: &str) -> Result<Response, Ignored> {
    let (response, job) = attempt_of(current, attempt)?;
    if response.status != Status::Transcoding || job.id.as_deref() != Some(job_id) {
        return Err(Ignored::Known);
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

fn retry(current: Option<&Response>) -> Result<Response, Ignored> {
    let response = current.ok_or(Ignored::Moot)?;
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
        Status::Uploaded | Status::Transcoding if response.take.is_some() => Err(Ignored::Known),
        _ => Err(Ignored::NotFailed),
    }
}

fn delete(current: Option<&Response>, now: Timestamp) -> Result<Response, Ignored> {
    let response = current.ok_or(Ignored::Moot)?;
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

fn sweep(current: Option<&Response>, next: Timestamp, awaits_job: bool) -> Result<Response, Ignored> {
    let deleting = current.filter(|response| response.status == Status::Deleting);
    let response = deleting.ok_or(Ignored::Moot)?;
    let deletion = response.deletion.as_ref().ok_or(Ignored::Moot)?;
    let swept = Deletion {
        next_at: next,
        awaits_job,
        ..deletion.clone()
    };
    if swept == *deletion {
        return Err(Ignored::Known);
    }
    Ok(Response {
        deletion: Some(swept),
        ..response.clone()
    })
}

/// The response and its job, if that attempt is the one that counts.
fn attempt_of(current: Option<&Response>, attempt: u32) -> Result<(&Response, &Job), Ignored> {
    let response = current.ok_or(Ignored::Moot)?;
    let take = response.take.as_ref().map(|take| take.id);
    let job = response
        .job
        .as_ref()
        .filter(|job| job.attempt == attempt && Some(job.take) == take);
    Ok((response, job.ok_or(Ignored::Superseded)?))
}

fn report(
    current: Option<&Response>,
    take: TakeId,
    attempt: u32,
    job_id: &str,
    state: &JobState,
) -> Result<Response, Ignored> {
    let (response, job) = attempt_of(current, attempt)?;
    if job.take != take {
        return Err(Ignored::Superseded);
    }
    let mut next = response.clone();
    next.job = Some(Job {
        id: Some(job_id.to_owned()),
        ..job.clone()
    });
    match state {
        JobState::Progressing => progress(response, job, next),
        JobState::Complete(rendition) => complete(response, rendition, next),
        JobState::Failed(failure) => fail(response, failure, next),
    }
}

/// News of a job whose start was never stored: now it is.
fn progress(response: &Response, job: &Job, mut next: Response) -> Result<Response, Ignored> {
    if job.id.is_some() || !matches!(response.status, Status::Transcoding | Status::Uploaded) {
        return Err(Ignored::Known);
    }
    next.status = Status::Transcoding;
    Ok(next)
}

fn complete(response: &Response, rendition: &Rendition, mut next: Response) -> Result<Response, Ignored> {
    let name = crate::preset::WEB.name;
    if response.status == Status::Ready && response.renditions.get(name) == Some(rendition) {
        return Err(Ignored::Known);
    }
    next.status = Status::Ready;
    next.renditions.insert(name.to_owned(), rendition.clone());
    next.failure = None;
    Ok(next)
}

/// Within an attempt success beats failure, in whichever order they come; and an attempt that is to be tried
/// again does not fail a second time.
fn fail(response: &Response, failure: &Failure, next: Response) -> Result<Response, Ignored> {
    if response.status != Status::Transcoding {
        return Err(Ignored::Known);
    }
    Ok(failed(&next, failure.clone()))
}

#[cfg(test)]
mod histories;
#[cfg(test)]
mod tests;
