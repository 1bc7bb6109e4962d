//! The state of the simulated system: record, buckets, engine and queued messages.

use std::collections::BTreeSet;

use super::{UPLOAD_WINDOW_SECONDS, response_key};
use crate::deletion::MAX_POST_SECONDS;
use crate::lifecycle::Change;
use crate::object_key::{Extension, UploadKey, is_of_attempt, rendition_name, rendition_prefix};
use crate::preset::WEB;
use crate::transcode::{JobMetadata, JobReport, JobRequest, JobState};
use crate::upload::{Requester, StoredObject, identify};
use crate::{Failure, FailureCode, Rendition, Response, Status, TakeId, Timestamp};

/// A presigned upload that a client received.
#[derive(Clone, Debug)]
pub struct PresignedUpload {
    pub take: TakeId,
    pub until: Timestamp,
    pub requester: Requester,
    /// The number of deletions requested before it was issued.
    pub deletions_before: u32,
}

impl PresignedUpload {
    pub fn object_key(&self) -> String {
        UploadKey::new(&response_key(), self.take, Extension::Mp4).to_string()
    }
}

/// A version of an object in the uploads bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectVersion {
    pub stored: StoredObject,
    /// Whether the file is a readable video.
    pub has_video: bool,
}

/// A file that was uploaded, even if it was removed later.
#[derive(Clone, Debug)]
pub struct StoredUpload {
    pub take: TakeId,
    pub requester: Requester,
    pub has_video: bool,
    /// The number of deletions requested before its presigned upload was issued, or before it was put by hand.
    pub deletions_before: u32,
    /// Whether its presigned upload had expired when it arrived. An upload that begins in time may end later.
    pub after_expiry: bool,
}

/// A job at the engine.
#[derive(Clone, Debug)]
pub struct SimulatedJob {
    pub id: String,
    pub request: JobRequest,
    /// Whether the source had a video when the engine read it; `None` if there was no source.
    source: Option<bool>,
    /// Its state; `None` when the engine does not know it any more.
    pub state: Option<JobState>,
    /// Whether the engine reports a failure besides the result.
    pub also_reports_failure: bool,
    /// Whether it has progressed too far to be canceled.
    pub cannot_cancel: bool,
}

/// A message in a queue, or an invocation that continues later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueuedMessage {
    /// S3 reports a created object.
    ObjectCreated { key: String, version: String },
    /// The engine reports the state of a job.
    JobReported(JobReport),
    /// An invocation that has claimed a job and calls the engine next.
    CreateJob(Box<Response>),
    /// An invocation that has created a job and records its id next.
    RecordJobStart { attempt: u32, job_id: String },
    /// An invocation that has read a job's state and records it next.
    Apply(Change),
}

impl QueuedMessage {
    /// Returns whether it is an invocation that continues, not a message in a queue.
    pub fn is_suspended_invocation(&self) -> bool {
        matches!(
            self,
            Self::CreateJob(_) | Self::RecordJobStart { .. } | Self::Apply(_)
        )
    }
}

/// The simulated system, with one response.
#[derive(Clone, Debug)]
pub struct SystemState {
    pub now: Timestamp,
    pub record: Option<Response>,
    pub uploads: Vec<ObjectVersion>,
    pub renditions: BTreeSet<String>,
    pub presigned_uploads: Vec<PresignedUpload>,
    pub jobs: Vec<SimulatedJob>,
    /// Messages to be delivered, in any order.
    pub queue: Vec<QueuedMessage>,
    /// All messages that S3 and the engine have sent.
    pub sent: Vec<QueuedMessage>,
    /// Messages that are never delivered.
    pub lost: Vec<QueuedMessage>,
    pub stored_uploads: Vec<StoredUpload>,
    /// The number of accepted requests for deletion.
    pub deletions: u32,
    /// The video that the record named at the last request for deletion.
    pub deleted_video: Option<String>,
    /// Whether it began with an item of the Chalice project.
    pub chalice_item: bool,
    /// The number of object versions; the next version id derives from it.
    versions: usize,
}

impl SystemState {
    /// Returns an empty system, or one with an item of the Chalice project and its video.
    pub fn new(now: Timestamp, chalice_item: bool) -> Self {
        let mut state = Self {
            now,
            record: None,
            uploads: Vec::new(),
            renditions: BTreeSet::new(),
            presigned_uploads: Vec::new(),
            jobs: Vec::new(),
            queue: Vec::new(),
            sent: Vec::new(),
            lost: Vec::new(),
            stored_uploads: Vec::new(),
            deletions: 0,
            deleted_video: None,
            chalice_item,
            versions: 0,
        };
        if chalice_item {
            let video = "demo/0/bdc9b4b08dfec1038783.mp4";
            state.record = Some(chalice_response(video));
            state.store_object(video.to_owned(), None, true);
        }
        state
    }

    /// Issues a presigned upload.
    pub fn issue_upload(&mut self, take: TakeId, requester: Requester) {
        self.presigned_uploads.push(PresignedUpload {
            take,
            until: self.now.plus_seconds(UPLOAD_WINDOW_SECONDS),
            requester,
            deletions_before: self.deletions,
        });
    }

    /// Sends a file with a presigned upload, if it can still arrive.
    pub fn upload(&mut self, presigned: usize, has_video: bool) {
        let presigned = self.presigned_uploads[presigned].clone();
        if self.may_arrive(&presigned) {
            self.store_upload(
                presigned.object_key(),
                presigned.requester,
                has_video,
                Some(&presigned),
            );
        }
    }

    /// Returns whether a file may still arrive: an upload that begins before the expiry may end later.
    pub fn may_arrive(&self, presigned: &PresignedUpload) -> bool {
        self.now < presigned.until.plus_seconds(MAX_POST_SECONDS)
    }

    /// Puts a file into the bucket without a presigned upload, named after the respondent's email.
    pub fn put_by_hand(&mut self, has_video: bool) {
        self.store_upload(
            "demo/0/ann@example.com.mp4".to_owned(),
            Requester::Authorized,
            has_video,
            None,
        );
    }

    fn store_upload(
        &mut self,
        key: String,
        requester: Requester,
        has_video: bool,
        presigned: Option<&PresignedUpload>,
    ) {
        let version = self.store_object(key.clone(), Some(requester), has_video);
        let stored = self.find_object(&key, Some(&version)).unwrap().stored.clone();
        let (_, upload) = identify(stored).unwrap();
        self.stored_uploads.push(StoredUpload {
            take: upload.take,
            requester,
            has_video,
            deletions_before: presigned.map_or(self.deletions, |presigned| presigned.deletions_before),
            after_expiry: presigned.is_some_and(|presigned| self.now >= presigned.until),
        });
        // Reconcile sees only the last version of an object and cannot repair the loss of an earlier version's event.
        self.redeliver_lost(
            |message| matches!(message, QueuedMessage::ObjectCreated { key: lost, .. } if *lost == key),
        );
        self.send(QueuedMessage::ObjectCreated { key, version });
    }

    fn store_object(&mut self, key: String, requester: Option<Requester>, has_video: bool) -> String {
        self.versions += 1;
        let version = format!("v{}", self.versions);
        let stored = StoredObject {
            key,
            version: Some(version.clone()),
            size: 1,
            etag: Some(version.clone()),
            last_modified: self.now,
            email: requester.map(|_| "ann@example.com".to_owned()),
            requested_by: requester.map(|requester| requester.as_str().to_owned()),
        };
        self.uploads.push(ObjectVersion { stored, has_video });
        version
    }

    /// Finds a version of an object, by default the last one.
    pub fn find_object(&self, key: &str, version: Option<&str>) -> Option<&ObjectVersion> {
        self.uploads.iter().rev().find(|object| {
            object.stored.key == key
                && version.is_none_or(|version| object.stored.version.as_deref() == Some(version))
        })
    }

    fn send(&mut self, message: QueuedMessage) {
        self.sent.push(message.clone());
        self.queue.push(message);
    }

    /// Drops a message, if reconcile can repair the loss.
    pub fn lose_message(&mut self, index: usize) {
        let message = self.queue[index].clone();
        let lost = match &message {
            QueuedMessage::ObjectCreated { key, .. } => self.is_recoverable(key),
            // The engine has sent two results. Reconcile does not query the job after a recorded failure.
            QueuedMessage::JobReported(report) => !self.job(&report.job_id).also_reports_failure,
            QueuedMessage::CreateJob(_) | QueuedMessage::RecordJobStart { .. } | QueuedMessage::Apply(_) => {
                true
            }
        };
        if lost {
            self.queue.remove(index);
            self.lost.push(message);
        }
    }

    /// Returns whether reconcile can find the object without its event.
    ///
    /// Reconcile looks once into the response's folder, when the pending upload expires. It misses files put by hand,
    /// files of a canceled upload and files that arrive after the expiry.
    fn is_recoverable(&self, key: &str) -> bool {
        let is_pending = self
            .record
            .as_ref()
            .is_some_and(|response| response.pending_upload.is_some());
        let in_time = |presigned: &PresignedUpload| {
            let versions = self.uploads.iter().filter(|object| object.stored.key == key);
            let uploads = self
                .stored_uploads
                .iter()
                .filter(|stored| stored.take == presigned.take);
            presigned.object_key() == key
                && versions.count() == 1
                && uploads.clone().all(|stored| !stored.after_expiry)
        };
        is_pending && self.presigned_uploads.iter().any(in_time)
    }

    /// Puts matching lost messages back into the queue: they are late, not lost.
    pub fn redeliver_lost(&mut self, is_late: impl Fn(&QueuedMessage) -> bool) {
        let (late, lost) = std::mem::take(&mut self.lost).into_iter().partition(is_late);
        self.lost = lost;
        self.queue.extend::<Vec<_>>(late);
    }

    pub fn job(&self, id: &str) -> &SimulatedJob {
        self.jobs.iter().find(|job| job.id == id).unwrap()
    }

    /// Creates a job at the engine, which reads the last version of the source.
    pub fn create_engine_job(&mut self, request: JobRequest) -> String {
        let is_duplicate = |job: &SimulatedJob| job.request.output_name == request.output_name;
        assert!(
            !self.jobs.iter().any(is_duplicate),
            "two jobs of one attempt: {request:?}"
        );
        let id = format!("job-{}", self.jobs.len() + 1);
        self.jobs.push(SimulatedJob {
            id: id.clone(),
            source: self
                .find_object(&request.input_key, None)
                .map(|source| source.has_video),
            request,
            state: Some(JobState::Progressing),
            also_reports_failure: false,
            cannot_cancel: false,
        });
        id
    }

    /// Reports that a running job progresses.
    pub fn progress_job(&mut self, index: usize) {
        if self.jobs[index].state == Some(JobState::Progressing) {
            self.jobs[index].cannot_cancel = true;
            self.report_job(index, JobState::Progressing);
        }
    }

    /// Ends a running job: it completes if its source has a video.
    pub fn end_job(&mut self, index: usize, also_reports_failure: bool) {
        if self.jobs[index].state != Some(JobState::Progressing) {
            return;
        }
        let job = &mut self.jobs[index];
        let state = if job.source == Some(true) {
            let key = format!("{}{}", job.request.output_prefix, job.request.output_file(&WEB));
            self.renditions.insert(key.clone());
            JobState::Complete(Rendition {
                key,
                poster: None,
                width: None,
                height: None,
                duration: None,
                cut_at_seconds: None,
            })
        } else {
            failure(FailureCode::Unreadable)
        };
        job.state = Some(state.clone());
        job.also_reports_failure = also_reports_failure;
        self.report_job(index, state);
        if also_reports_failure {
            self.report_job(index, failure(FailureCode::EngineError));
        }
    }

    /// Cancels a job if possible. Returns whether the job has ended.
    pub fn cancel_job(&mut self, id: &str) -> bool {
        let index = self.jobs.iter().position(|job| job.id == id).unwrap();
        if self.jobs[index].state != Some(JobState::Progressing) {
            return true;
        }
        if self.jobs[index].cannot_cancel {
            return false;
        }
        let state = JobState::Failed(Failure::canceled());
        self.jobs[index].state = Some(state.clone());
        self.report_job(index, state);
        true
    }

    fn report_job(&mut self, index: usize, state: JobState) {
        let job = &self.jobs[index];
        let (tag, input_key) = JobMetadata::from_metadata(&job.request.metadata).unwrap();
        let report = JobReport {
            frames_decoded: None,
            job_id: job.id.clone(),
            input_key,
            tag,
            state,
        };
        self.send(QueuedMessage::JobReported(report));
    }

    /// Removes the output of an attempt.
    pub fn remove_output(&mut self, tag: &JobMetadata) {
        let folder = rendition_prefix(&tag.project, tag.step, &tag.hash);
        let name = rendition_name(tag.take, tag.attempt);
        let of_attempt = |key: &String| {
            key.strip_prefix(&folder)
                .is_some_and(|file| is_of_attempt(file, &name))
        };
        self.renditions.retain(|key| !of_attempt(key));
    }
}

fn failure(code: FailureCode) -> JobState {
    JobState::Failed(code.into())
}

/// A response as an item of the Chalice project holds it.
fn chalice_response(video: &str) -> Response {
    Response {
        status: Status::Uploaded,
        video: Some(video.to_owned()),
        created_at: None,
        updated_at: None,
        ..Response::new(response_key(), Timestamp::default())
    }
}
