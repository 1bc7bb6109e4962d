//! The simulated functions. They take the steps of the functions on AWS: read, decide, write, call the engine. Each
//! write is checked against the previous record.

use std::collections::BTreeSet;

use super::state::{QueuedMessage, SystemState};
use super::{UPLOAD_WINDOW_SECONDS, response_key};
use crate::deletion::{DeletionProgress, deletion_progress};
use crate::lifecycle::{Change, Decision, Ignored, Refusal, decide, decide_all};
use crate::object_key::{rendition_prefix, upload_prefix};
use crate::transcode::{JobReport, JobRequest, JobState};
use crate::upload::{Requester, Upload, identify};
use crate::{Job, Response, Status, TakeId, Timestamp};

/// The duration of a claim, in seconds.
const LEASE_SECONDS: i64 = 60;

/// How long after its creation a job without a result is overdue, in seconds.
pub const JOB_TIMEOUT_SECONDS: i64 = 2 * 3600;

/// A fault of an invocation that creates a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The engine throttles the request.
    Throttled,
    CrashBeforeCall,
    CrashBeforeWrite,
    /// The invocation continues later, or never.
    DelayBeforeCall,
    /// The invocation continues later, or never.
    DelayBeforeWrite,
}

/// What happens to a message after its handler returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandlerResult {
    /// The queue removes it.
    Done,
    /// The queue delivers it again.
    Retry,
}

impl SystemState {
    /// Handles a message as its function does.
    pub fn handle(&mut self, message: &QueuedMessage, fault: Fault) -> HandlerResult {
        match message {
            QueuedMessage::ObjectCreated { key, version } => self.on_upload(key, Some(version), fault),
            QueuedMessage::JobReported(report) => self.on_job(report),
            QueuedMessage::CreateJob(claimed) => self.create_job(claimed, fault),
            QueuedMessage::RecordJobStart { attempt, job_id } => self.record_job_start(*attempt, job_id),
            QueuedMessage::Apply(change) => {
                let _ = self.apply(change);
                HandlerResult::Done
            }
        }
    }

    /// Reads, decides and writes in one step, as the table's conditional write allows.
    fn write_conditionally(
        &mut self,
        decide: impl FnOnce(Option<&Response>) -> Decision,
    ) -> Result<Response, Ignored> {
        match decide(self.record.as_ref()) {
            Decision::Ignore(why) => Err(why),
            Decision::Write(next) => {
                check_write(self.record.as_ref(), &next);
                self.record = Some((*next).clone());
                Ok(*next)
            }
        }
    }

    fn apply(&mut self, change: &Change) -> Result<Response, Ignored> {
        let now = self.now;
        self.write_conditionally(|current| decide(current, &response_key(), change, now))
    }

    // api

    /// Issues a presigned upload, unless the response may not be replaced or is being deleted.
    pub fn request_upload(&mut self, requester: Requester) {
        let take = TakeId::new(self.now, [0; 10]);
        let until = self.now.plus_seconds(UPLOAD_WINDOW_SECONDS);
        let before = self.record.clone();
        if let Ok(after) = self.apply(&Change::RequestUpload {
            take,
            until,
            requester,
        }) {
            check_upload_requested(before.as_ref(), &after);
            self.issue_upload(take, requester);
        }
    }

    /// Cancels an issued upload.
    pub fn cancel_upload(&mut self, presigned: usize) {
        let take = self.presigned_uploads[presigned].take;
        if self.apply(&Change::CancelUpload { take }).is_ok() {
            // Reconcile no longer looks for its file, so its event must not be lost.
            self.redeliver_lost(|message| matches!(message, QueuedMessage::ObjectCreated { .. }));
        }
    }

    pub fn retry_job(&mut self) {
        let _ = self.apply(&Change::RetryJob);
    }

    pub fn request_deletion(&mut self) {
        if let Ok(deleting) = self.apply(&Change::Delete) {
            self.deletions += 1;
            self.deleted_video = deleting.video;
        }
    }

    // on_upload

    fn on_upload(&mut self, key: &str, version: Option<&str>, fault: Fault) -> HandlerResult {
        let Some(object) = self.find_object(key, version) else {
            return HandlerResult::Done;
        };
        let Ok((owner, upload)) = identify(object.stored.clone()) else {
            return HandlerResult::Done;
        };
        assert_eq!(owner, response_key());
        let (now, before) = (self.now, self.record.clone());
        let lease_until = now.plus_seconds(LEASE_SECONDS);
        let changes = [
            Change::UploadArrived(upload.clone()),
            Change::ClaimJob { lease_until },
        ];
        match self.write_conditionally(|current| decide_all(current, &owner, &changes, now)) {
            Ok(claimed) => {
                self.check_recorded(before.as_ref(), &upload);
                self.create_job(&claimed, fault)
            }
            Err(Ignored::Leased { .. }) => HandlerResult::Retry,
            Err(Ignored::SecondVersion | Ignored::AlreadyAnswered | Ignored::Deleting) => {
                let of_upload =
                    |key: &str, version: &Option<String>| key == upload.key && *version == upload.version;
                self.uploads
                    .retain(|object| !of_upload(&object.stored.key, &object.stored.version));
                HandlerResult::Done
            }
            Err(Ignored::Older) => {
                let _ = self.apply(&Change::UnmanagedFileFound { key: upload.key });
                HandlerResult::Done
            }
            Err(_) => HandlerResult::Done,
        }
    }

    /// Asserts that the recorded upload was allowed to change the response.
    fn check_recorded(&self, before: Option<&Response>, upload: &Upload) {
        let finished = before.is_some_and(|before| {
            before.status == Status::Ready || (before.take.is_none() && before.video.is_some())
        });
        assert!(
            !(finished && upload.requester == Requester::Anonymous),
            "an anonymous upload has replaced a finished response"
        );
        let presigned = self
            .presigned_uploads
            .iter()
            .find(|presigned| presigned.take == upload.take);
        assert!(
            presigned.is_none_or(|presigned| presigned.deletions_before == self.deletions),
            "an upload from before a deletion is recorded"
        );
    }

    /// Creates the claimed job at the engine.
    fn create_job(&mut self, claimed: &Response, fault: Fault) -> HandlerResult {
        let request = JobRequest::of(claimed).unwrap();
        let attempt = claimed.job.as_ref().unwrap().attempt;
        match fault {
            Fault::CrashBeforeCall => return HandlerResult::Retry,
            Fault::DelayBeforeCall => {
                self.queue
                    .push(QueuedMessage::CreateJob(Box::new(claimed.clone())));
                return HandlerResult::Done;
            }
            Fault::Throttled => {
                let refusal = Refusal::Throttled;
                let _ = self.apply(&Change::JobNotStarted { attempt, refusal });
                return HandlerResult::Done;
            }
            Fault::None | Fault::CrashBeforeWrite | Fault::DelayBeforeWrite => {}
        }
        let job_id = self.create_engine_job(request);
        match fault {
            Fault::CrashBeforeWrite => HandlerResult::Retry,
            Fault::DelayBeforeWrite => {
                self.queue.push(QueuedMessage::RecordJobStart { attempt, job_id });
                HandlerResult::Done
            }
            _ => self.record_job_start(attempt, &job_id),
        }
    }

    fn record_job_start(&mut self, attempt: u32, job_id: &str) -> HandlerResult {
        let (job_id, due) = (job_id.to_owned(), self.now.plus_seconds(JOB_TIMEOUT_SECONDS));
        let _ = self.apply(&Change::JobStarted { attempt, job_id, due });
        HandlerResult::Done
    }

    // on_job

    fn on_job(&mut self, report: &JobReport) -> HandlerResult {
        let Some(source) = self.find_object(&report.input_key, report.tag.version.as_deref()) else {
            self.remove_output(&report.tag);
            return HandlerResult::Done;
        };
        let (owner, _) = identify(source.stored.clone()).unwrap();
        assert_eq!(report.tag.response_of(owner.email), Some(response_key()));
        let finished = report.state != JobState::Progressing;
        match self.apply(&report_of(report)) {
            Err(Ignored::Superseded | Ignored::Deleting | Ignored::NotApplicable) if finished => {
                self.remove_output(&report.tag);
            }
            _ => self.check_report_recorded(report),
        }
        HandlerResult::Done
    }

    /// Asserts that a report of the recorded attempt is recorded, whether or not its start was.
    fn check_report_recorded(&self, report: &JobReport) {
        let response = self.record.as_ref().unwrap();
        let take = response.take.as_ref().map(|take| take.id);
        let counts = |job: &&Job| job.attempt == report.tag.attempt && take == Some(report.tag.take);
        let is_deleting = response.status == Status::Deleting;
        let Some(job) = response.job.as_ref().filter(|job| !is_deleting && counts(job)) else {
            return;
        };
        assert!(
            job.id.is_some(),
            "the job's id is not recorded: {report:?} {response:?}"
        );
        if matches!(report.state, JobState::Complete(_)) {
            assert_eq!(response.status, Status::Ready);
        }
    }

    // reconcile

    /// Runs reconcile.
    pub fn reconcile(&mut self, fault: Fault) {
        let overdue = |response: &Response| response.due_at().is_some_and(|due| due <= self.now);
        let Some(response) = self.record.clone().filter(overdue) else {
            return;
        };
        if response.status == Status::Deleting {
            return self.continue_deletion(&response);
        }
        if let Some(pending) = response
            .pending_upload
            .as_ref()
            .filter(|pending| pending.until <= self.now)
        {
            return self.find_missed_uploads(pending.take, fault);
        }
        match &response.job {
            Some(Job {
                id: Some(id),
                attempt,
                ..
            }) if response.status == Status::Transcoding => {
                self.query_engine(id, *attempt, &response, fault);
            }
            _ => {
                let lease_until = self.now.plus_seconds(LEASE_SECONDS);
                if let Ok(claimed) = self.apply(&Change::ClaimJob { lease_until }) {
                    self.create_job(&claimed, fault);
                }
            }
        }
    }

    /// Records the newest take in the response's folder, and expires the pending upload.
    ///
    /// The event of any take may have been lost, and the record names only the last pending upload. So this handles
    /// all objects in the folder, newest take first.
    fn find_missed_uploads(&mut self, take: TakeId, fault: Fault) {
        let folder = upload_prefix(&response_key());
        let keys = self.uploads.iter().map(|object| object.stored.key.clone());
        let found: BTreeSet<String> = keys.filter(|key| key.starts_with(&folder)).collect();
        for key in found.iter().rev() {
            if self.on_upload(key, None, fault) == HandlerResult::Retry {
                return;
            }
            if self.record.as_ref().and_then(|response| response.video.as_ref()) == Some(key) {
                break;
            }
        }
        let _ = self.apply(&Change::ExpireUpload { take });
    }

    fn query_engine(&mut self, job_id: &str, attempt: u32, response: &Response, fault: Fault) {
        let take = response.take.as_ref().unwrap().id;
        let job_id = job_id.to_owned();
        let change = match self.job(&job_id).state.clone() {
            Some(JobState::Progressing) => return,
            Some(state) => Change::JobReported {
                take,
                attempt,
                job_id,
                state,
            },
            None => Change::JobLost { attempt, job_id },
        };
        match fault {
            Fault::DelayBeforeWrite => self.queue.push(QueuedMessage::Apply(change)),
            Fault::CrashBeforeWrite => {}
            _ => _ = self.apply(&change),
        }
    }

    fn continue_deletion(&mut self, response: &Response) {
        let awaited = response
            .deletion
            .as_ref()
            .is_some_and(|deletion| deletion.awaits_job);
        let awaits_job = match response.job.as_ref().filter(|_| awaited) {
            None => false,
            Some(Job { id: Some(id), .. }) => !self.cancel_job(id),
            Some(_) => true,
        };
        self.remove_objects(response);
        match deletion_progress(response, awaits_job, self.now) {
            DeletionProgress::Complete => {
                self.check_may_remove_record(response);
                self.record = None;
                // An invocation ends before its claim, and the record outlives the claim.
                self.queue.retain(|message| !message.is_suspended_invocation());
            }
            DeletionProgress::Incomplete { next } => {
                let _ = self.apply(&Change::DeletionProgressed { next, awaits_job });
            }
        }
    }

    /// Asserts that no file can arrive, and that the recorded job cannot write any more.
    fn check_may_remove_record(&self, response: &Response) {
        let mut presigned_uploads = self.presigned_uploads.iter();
        assert!(
            presigned_uploads.all(|presigned| !self.may_arrive(presigned)),
            "record removed while a file may arrive"
        );
        let recorded = response.job.as_ref().filter(|job| job.lease_until > self.now);
        let is_running = recorded.is_some_and(|job| {
            let mut running = self
                .jobs
                .iter()
                .filter(|known| known.state == Some(JobState::Progressing));
            running.any(|known| Some(&known.id) == job.id.as_ref())
        });
        assert!(!is_running, "record removed while a job is running");
    }

    fn remove_objects(&mut self, response: &Response) {
        let key = response_key();
        let uploads = upload_prefix(&key);
        let belongs = |key: &str| {
            key.starts_with(&uploads)
                || response.video.as_deref() == Some(key)
                || response.unmanaged_keys.contains(key)
        };
        self.uploads.retain(|object| !belongs(&object.stored.key));
        let renditions = rendition_prefix(&key.project, key.step, &key.email.hash());
        self.renditions.retain(|key| !key.starts_with(&renditions));
    }
}

fn report_of(report: &JobReport) -> Change {
    Change::JobReported {
        take: report.tag.take,
        attempt: report.tag.attempt,
        job_id: report.job_id.clone(),
        state: report.state.clone(),
    }
}

/// Asserts the invariants of every write.
fn check_write(before: Option<&Response>, after: &Response) {
    let take = |response: &Response| response.take.as_ref().map(|take| take.id);
    let attempt = |response: &Response| response.job.as_ref().map(|job| job.attempt);
    assert_eq!(after.revision, before.map_or(0, |before| before.revision) + 1);
    if after.status != Status::Deleting {
        assert_eq!(
            after.failure.is_some(),
            after.status == Status::Failed,
            "{after:?}"
        );
        assert_eq!(
            !after.renditions.is_empty(),
            after.status == Status::Ready,
            "{after:?}"
        );
    }
    let Some(before) = before else { return };
    assert!(
        take(after) >= take(before),
        "an older take has won: {before:?} {after:?}"
    );
    assert!(
        attempt(after) >= attempt(before),
        "an attempt's number is reused: {before:?} {after:?}"
    );
    assert!(before.created_at.is_none() || after.created_at == before.created_at);
    assert!(
        before.status != Status::Deleting || after.status == Status::Deleting,
        "a response in deletion has left that state"
    );
    let (Some(old), Some(new)) = (&before.take, &after.take) else {
        return;
    };
    if old.id == new.id {
        assert_eq!(old, new, "a take has changed");
        assert!(
            before.status != Status::Ready || matches!(after.status, Status::Ready | Status::Deleting),
            "a ready take is not ready any more: {before:?} {after:?}"
        );
    }
}

/// Asserts that a requested upload changes only the pending upload.
fn check_upload_requested(before: Option<&Response>, after: &Response) {
    let Some(before) = before else { return };
    let is_unanswered = matches!(before.status, Status::Expired | Status::AwaitingUpload);
    let status = if is_unanswered {
        Status::AwaitingUpload
    } else {
        before.status
    };
    let without_request = |response: &Response| Response {
        pending_upload: None,
        last_upload_expiry: None,
        status,
        revision: 0,
        updated_at: None,
        created_at: None::<Timestamp>,
        ..response.clone()
    };
    assert_eq!(after.status, status, "the request has changed the status");
    assert_eq!(
        without_request(after),
        without_request(before),
        "the request has changed the response"
    );
}
