//! A job: its request, its status, its outcomes, and its undelivered notifications.

use std::collections::{BTreeMap, BTreeSet};

use media::Probe;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::notification::Notification;
use crate::failure::JobFailure;
use crate::id::now_millis;
use crate::progress::Progress;
use crate::task::Object;

/// The status of a job, or of one of its outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobStatus {
    Submitted,
    Progressing,
    Complete,
    Canceled,
    Error,
}

impl JobStatus {
    /// Returns whether the job has ended.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Canceled | Self::Error)
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TranscodeJob {
    pub id: String,
    pub arn: String,
    /// The name of the API that created the job.
    pub api: String,
    /// The client's request. Only the API's adapter reads it.
    pub request: Value,
    /// The pipeline or the queue.
    pub queue: String,
    pub input_key: String,
    /// The number of requested outputs.
    pub outputs: usize,
    /// Seconds from one notification of progress to the next; absent where the API has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress_interval: Option<u32>,
    #[serde(default)]
    pub user_metadata: BTreeMap<String, String>,
    pub status: JobStatus,
    pub timing: Timing,
    /// The input's properties, once it has been read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<MediaInfo>,
    /// The outcomes of the outputs, in their order; empty until the job has ended.
    #[serde(default)]
    pub outcomes: Vec<RunOutcome>,
}

/// When a job was submitted, started and finished, in milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Timing {
    pub submit_time_millis: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time_millis: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_time_millis: Option<u64>,
}

impl Timing {
    /// Returns the timing of a job that is submitted now.
    pub fn submitted() -> Self {
        Self {
            submit_time_millis: now_millis(),
            ..Self::default()
        }
    }
}

/// The properties of an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MediaInfo {
    pub probe: Probe,
    /// Bytes.
    pub file_size: u64,
}

/// The outcome of an output.
pub type RunOutcome = Result<OutputFile, JobFailure>;

/// A finished output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OutputFile {
    /// The video, or the last one of the thumbnails.
    pub object: Object,
    pub duration_millis: Option<u64>,
    /// Width and height in pixels; absent without a picture.
    pub size: Option<(u32, u32)>,
    pub frames_per_second: Option<f64>,
    /// Bytes.
    pub file_size: u64,
    /// A problem of the input or output that did not prevent the output.
    pub warning: Option<String>,
}

/// The stored record of a job, with the state that a restart after a crash needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JobRecord {
    pub job: TranscodeJob,
    /// Keys whose upload this job has started: an object there does not count as an existing output.
    #[serde(default)]
    pub uploading: BTreeSet<String>,
    /// Notifications that are not delivered yet, in order.
    #[serde(default)]
    pub outbox: Vec<Notification>,
    /// Whether a client has canceled the job while it ran. It is canceled once its run has stopped writing.
    #[serde(default)]
    pub cancel_requested: bool,
}

/// An event of a job.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'a> {
    /// It has started.
    Started,
    /// Its input has been read.
    InputRead,
    /// It has made progress.
    Progress(Progress),
    /// A problem of its input or an output that did not prevent the output.
    Warning(&'a str),
    /// It has ended, with its outcomes.
    Ended,
    /// It was canceled.
    Canceled,
}

impl TranscodeJob {
    /// Returns the first failure of its outputs.
    pub fn failure(&self) -> Option<&JobFailure> {
        self.outcomes.iter().find_map(|outcome| outcome.as_ref().err())
    }

    /// Returns the finished files, in the order of the outputs.
    pub fn files(&self) -> impl Iterator<Item = &OutputFile> {
        self.outcomes.iter().flatten()
    }

    /// Returns the warnings of its outputs.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.files().filter_map(|file| file.warning.as_deref())
    }

    /// Ends the job now.
    pub fn end(&mut self, status: JobStatus) {
        self.status = status;
        self.timing.finish_time_millis = Some(now_millis());
    }
}

impl From<TranscodeJob> for JobRecord {
    fn from(job: TranscodeJob) -> Self {
        Self {
            job,
            uploading: BTreeSet::new(),
            outbox: Vec::new(),
            cancel_requested: false,
        }
    }
}
