//! What is there outside the record: two buckets, the engine, and the messages that are under way.

use std::collections::{BTreeMap, BTreeSet};

use super::{FORM_LIFE, response_key};
use crate::deletion::SLOWEST_POST;
use crate::lifecycle::Change;
use crate::object_key::{Extension, UploadKey, is_of_attempt, rendition_name, rendition_prefix};
use crate::preset::WEB;
use crate::transcode::{JobMetadata, JobReport, JobRequest, JobState};
use crate::upload::{Requester, StoredObject, identify};
use crate::{Failure, FailureCode, Rendition, Response, Status, TakeId, Timestamp};

/// A form that was handed out.
#[derive(Clone, Debug)]
pub struct Form {
    pub take: TakeId,
    pub until: Timestamp,
    pub requester: Requester,
    /// How many removals had been asked for by then.
    pub life: u32,
}

impl Form {
    pub fn object_key(&self) -> String {
        UploadKey::new(&response_key(), self.take, Extension::Mp4).to_string()
    }
}

/// A version of an object in the uploads bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub stored: StoredObject,
    /// Whether there is a video in it.
    pub good: bool,
}

/// That something was uploaded, whatever became of it.
#[derive(Clone, Debug)]
pub struct Landed {
    pub take: TakeId,
    pub requester: Requester,
    pub good: bool,
    /// How many removals had been asked for when its form was handed out, or when it was put by hand.
    pub life: u32,
    /// Whether its form had ended: what was begun in time may land later.
    pub late: bool,
}

/// A job at the engine.
#[derive(Clone, Debug)]
pub struct EngineJob {
    pub id: String,
    pub request: JobRequest,
    /// What the engine read when it began.
    source: Option<bool>,
    /// How it stands; `None` when the engine knows it no more.
    pub state: Option<JobState>,
    /// Whether the engine also says that it failed, though it did not.
    pub contradicted: bool,
    /// Whether it is too far to be called off.
    pub far: bool,
}

/// What is under way to a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// S3: an object was created.
    Created { key: String, version: String },
    /// The engine: a job stands so.
    Reported(JobReport),
    /// An invocation that has claimed a job, and is about to call the engine.
    Call(Box<Response>),
    /// An invocation to which the engine has given a job's name, and that is about to store it.
    Store { attempt: u32, job_id: String },
    /// An invocation that has asked the engine how a job stands, and is about to write it down.
    Answer(Change),
}

impl Message {
    /// Whether it is an invocation going on, not something that is said.
    pub fn is_of_an_invocation(&self) -> bool {
        matches!(self, Self::Call(_) | Self::Store { .. } | Self::Answer(_))
    }
}

/// All there is, of one respondent's answer to one step.
#[derive(Clone, Debug)]
pub struct World {
    pub now: Timestamp,
    pub record: Option<Response>,
    pub uploads: Vec<Object>,
    pub renditions: BTreeSet<String>,
    pub forms: Vec<Form>,
    pub jobs: Vec<EngineJob>,
    /// What is under way, to be delivered in any order.
    pub queue: Vec<Message>,
    /// All that S3 and the engine have ever said.
    pub said: Vec<Message>,
    /// What of it was lost for good.
    pub lost: Vec<Message>,
    pub landed: Vec<Landed>,
    /// How many removals have been asked for and begun.
    pub removals: u32,
    /// What the record held when the last removal began.
    pub doomed: Option<String>,
    /// Whether it began with an item of the Chalice project.
    pub old_item: bool,
    /// How many objects have been made: their versions are called so.
    versions: usize,
}

impl World {
    /// A world with nothing in it, or with an item as the Chalice project has left it, and its video.
    pub fn new(now: Timestamp, old_item: bool) -> Self {
        let mut world = Self {
            now,
            record: None,
            uploads: Vec::new(),
            renditions: BTreeSet::new(),
            forms: Vec::new(),
            jobs: Vec::new(),
            queue: Vec::new(),
            said: Vec::new(),
            lost: Vec::new(),
            landed: Vec::new(),
            removals: 0,
            doomed: None,
            old_item,
            versions: 0,
        };
        if old_item {
            let video = "demo/0/bdc9b4b08dfec1038783.mp4";
            world.record = Some(chalice_response(video));
            world.store(video.to_owned(), None, true);
        }
        world
    }

    /// Hands a form out.
    pub fn hand_out(&mut self, take: TakeId, requester: Requester) {
        self.forms.push(Form {
            take,
            until: self.now.plus_seconds(FORM_LIFE),
            requester,
            life: self.removals,
        });
    }

    /// A respondent sends a file by a form, if it can still land.
    pub fn post(&mut self, form: usize, good: bool) {
        let form = self.forms[form].clone();
        if self.may_land(&form) {
            self.land(form.object_key(), form.requester, good, Some(&form));
        }
    }

    /// Whether a file may still come by a form: what is begun before its end takes its time.
    pub fn may_land(&self, form: &Form) -> bool {
        self.now < form.until.plus_seconds(SLOWEST_POST)
    }

    /// An owner puts a file into the bucket, under the name of the respondent.
    pub fn put(&mut self, good: bool) {
        self.land(
            "demo/0/ann@example.com.mp4".to_owned(),
            Requester::Authorized,
            good,
            None,
        );
    }

    fn land(&mut self, key: String, requester: Requester, good: bool, form: Option<&Form>) {
        let version = self.store(key.clone(), Some(requester), good);
        let stored = self.look(&key, Some(&version)).unwrap().stored.clone();
        let (_, upload) = identify(stored).unwrap();
        self.landed.push(Landed {
            take: upload.take,
            requester,
            good,
            life: form.map_or(self.removals, |form| form.life),
            late: form.is_some_and(|form| self.now >= form.until),
        });
        // A later version hides the earlier one from whoever looks into the bucket: nothing repairs the loss of
        // the earlier one's event, and any of the two may count. Not lost, then, but late.
        self.find_again(|message| matches!(message, Message::Created { key: lost, .. } if *lost == key));
        self.say(Message::Created { key, version });
    }

    fn store(&mut self, key: String, requester: Option<Requester>, good: bool) -> String {
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
        self.uploads.push(Object { stored, good });
        version
    }

    /// A version of an object; the last one if none is named.
    pub fn look(&self, key: &str, version: Option<&str>) -> Option<&Object> {
        self.uploads.iter().rev().find(|object| {
            object.stored.key == key
                && version.is_none_or(|version| object.stored.version.as_deref() == Some(version))
        })
    }

    fn say(&mut self, message: Message) {
        self.said.push(message.clone());
        self.queue.push(message);
    }

    /// Loses a message for good, if this is a loss that somebody can make good.
    pub fn lose(&mut self, index: usize) {
        let message = self.queue[index].clone();
        let lost = match &message {
            Message::Created { key, .. } => self.is_looked_for(key),
            // The engine says two things of it. If it is asked, it says what is true, but nobody asks of a
            // failure.
            Message::Reported(report) => !self.job(&report.job_id).contradicted,
            Message::Call(_) | Message::Store { .. } | Message::Answer(_) => true,
        };
        if lost {
            self.queue.remove(index);
            self.lost.push(message);
        }
    }

    /// Reconcile looks for what was asked for, once, when its form ends. A file that was put by hand, that came by
    /// a form which was given up, or that landed after its form's end is not looked for.
    fn is_looked_for(&self, key: &str) -> bool {
        let waits = self
            .record
            .as_ref()
            .is_some_and(|response| response.pending_upload.is_some());
        let in_time = |form: &Form| {
            let versions = self.uploads.iter().filter(|object| object.stored.key == key);
            let landed = self.landed.iter().filter(|landed| landed.take == form.take);
            form.object_key() == key && versions.count() == 1 && landed.clone().all(|landed| !landed.late)
        };
        waits && self.forms.iter().any(in_time)
    }

    /// What was thought to be lost is only late.
    pub fn find_again(&mut self, is_late: impl Fn(&Message) -> bool) {
        let (late, lost) = std::mem::take(&mut self.lost).into_iter().partition(is_late);
        self.lost = lost;
        self.queue.extend::<Vec<_>>(late);
    }

    pub fn job(&self, id: &str) -> &EngineJob {
        self.jobs.iter().find(|job| job.id == id).unwrap()
    }

    /// Starts a job at the engine, which reads the last version of the source.
    pub fn start_job(&mut self, request: JobRequest) -> String {
        let twice = |job: &EngineJob| job.request.output_name == request.output_name;
        assert!(
            !self.jobs.iter().any(twice),
            "two jobs of one attempt: {request:?}"
        );
        let id = format!("job-{}", self.jobs.len() + 1);
        self.jobs.push(EngineJob {
            id: id.clone(),
            source: self.look(&request.input_key, None).map(|source| source.good),
            request,
            state: Some(JobState::Progressing),
            contradicted: false,
            far: false,
        });
        id
    }

    /// A running job tells that it runs.
    pub fn progress_job(&mut self, index: usize) {
        if self.jobs[index].state == Some(JobState::Progressing) {
            self.jobs[index].far = true;
            self.report_job(index, JobState::Progressing);
        }
    }

    /// A running job ends, as its source has it.
    pub fn end_job(&mut self, index: usize, contradicted: bool) {
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
        job.contradicted = contradicted;
        self.report_job(index, state);
        if contradicted {
            self.report_job(index, failure(FailureCode::EngineError));
        }
    }

    /// Calls a job off, if it can be; whether it is over.
    pub fn cancel_job(&mut self, id: &str) -> bool {
        let index = self.jobs.iter().position(|job| job.id == id).unwrap();
        if self.jobs[index].state != Some(JobState::Progressing) {
            return true;
        }
        if self.jobs[index].far {
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
        self.say(Message::Reported(report));
    }

    /// Removes what an attempt has made.
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
        key: response_key(),
        status: Status::Uploaded,
        pending_upload: None,
        last_upload_expiry: None,
        video: Some(video.to_owned()),
        unmanaged_keys: BTreeSet::new(),
        take: None,
        job: None,
        renditions: BTreeMap::new(),
        failure: None,
        deletion: None,
        created_at: None,
        updated_at: None,
        revision: 0,
    }
}
