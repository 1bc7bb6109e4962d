//! A response and what it is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::object_key::upload_prefix;
use crate::{Failure, Invalid, ResponseKey, TakeId, Timestamp};

/// Where a response stands. These states are final for version 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// A form was handed out; nothing has arrived.
    AwaitingUpload,
    /// A video is in the bucket; no job has been started for it.
    Uploaded,
    /// A job is being started or is running.
    Transcoding,
    /// There is a rendition to watch.
    Ready,
    /// The video could not be transcoded; the failure says why.
    Failed,
    /// Nothing was uploaded in time.
    Expired,
    /// All of it is being removed.
    Deleting,
}

impl Status {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 7] = [
        Self::AwaitingUpload,
        Self::Uploaded,
        Self::Transcoding,
        Self::Ready,
        Self::Failed,
        Self::Expired,
        Self::Deleting,
    ];

    /// Its name, as it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingUpload => "awaiting-upload",
            Self::Uploaded => "uploaded",
            Self::Transcoding => "transcoding",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Deleting => "deleting",
        }
    }
}

impl FromStr for Status {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(Invalid {
                what: "status",
                rule: "is awaiting-upload, uploaded, transcoding, ready, failed, expired or deleting",
            })
    }
}

/// An answer on video by one respondent to one step of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Whose answer, and to what.
    pub key: ResponseKey,
    /// Where it stands.
    pub status: Status,
    /// The upload that was requested and has not arrived.
    pub pending_upload: Option<PendingUpload>,
    /// When the last of all requested uploads stops being accepted. Until then a file may arrive.
    pub last_upload_expiry: Option<Timestamp>,
    /// The object key of the last take that arrived. An item of the Chalice project has nothing else.
    pub video: Option<String>,
    /// The object keys of earlier files that were put by hand, outside the response's own folder: for its removal.
    pub unmanaged_keys: BTreeSet<String>,
    /// The last take that arrived.
    pub take: Option<Take>,
    /// The last job that was claimed, for this take or an earlier one.
    pub job: Option<Job>,
    /// What can be watched, by the name of its preset (`web`).
    pub renditions: BTreeMap<String, Rendition>,
    /// Why the last take is not ready.
    pub failure: Option<Failure>,
    /// How far its removal is, while it is being removed.
    pub deletion: Option<Deletion>,
    /// When it was first asked for or arrived; never changes. Absent in an item of the Chalice project.
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// How often it has been written; 0 for an item of the Chalice project.
    pub revision: u64,
}

/// An upload that was requested and has not arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct PendingUpload {
    /// The take that it is for.
    pub take: TakeId,
    /// When it stops being accepted.
    pub until: Timestamp,
}

/// A recording that has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Take {
    /// Which take.
    pub id: TakeId,
    /// The version of the object; absent in a bucket without versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Bytes.
    pub size: u64,
    /// The object's entity tag, without quotation marks. With the size it tells a copy of the object onto itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// When the store took it.
    pub uploaded_at: Timestamp,
}

/// A claim to transcode the take, and the job that came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Job {
    /// Counts the claims of this response from 1; no number is used twice.
    pub attempt: u32,
    /// The take that it was claimed for.
    pub take: TakeId,
    /// Until when nobody else may claim: a crash between claim and start is repaired after it.
    pub lease_until: Timestamp,
    /// The engine's name for the job, once it is known to have been started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How many jobs may have been created for the take since it arrived or an owner asked for a retry, this one
    /// included.
    #[serde(default)]
    pub tries: u32,
    /// The engine's refusals in a row for a reason of configuration: permissions, quotas, a missing queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
}

/// A job that the engine refuses to create until its configuration is put right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Parked {
    /// When it was first refused.
    pub since: Timestamp,
    /// How often it has been refused.
    pub refusals: u32,
    /// When it is tried again.
    pub until: Timestamp,
}

/// A transcoded video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Rendition {
    /// Its object key in the renditions bucket.
    pub key: String,
    /// The object key of a still of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster: Option<String>,
    /// Pixels; absent when the engine did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels; absent when the engine did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Milliseconds; absent when the engine did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// The stage's limit in seconds, where the rendition reaches it: what the source has after it is cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_at_seconds: Option<u32>,
}

impl Rendition {
    /// The rendition of a job that may make so many seconds: marked as cut where it reaches them.
    ///
    /// Elastic Transcoder tells durations in whole seconds, so half a second less counts as reached.
    pub fn limited_to(self, max_seconds: u32) -> Self {
        let limit = u64::from(max_seconds) * 1000;
        let reaches = self.duration.is_some_and(|duration| duration + 500 >= limit);
        Self {
            cut_at_seconds: reaches.then_some(max_seconds),
            ..self
        }
    }
}

/// A removal that has been asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Deletion {
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When somebody must look at it next.
    pub next_at: Timestamp,
    /// Whether a job may still be at work, and write.
    pub awaits_job: bool,
}

impl Response {
    /// A response of which nothing is known but whose it is.
    pub(crate) fn begin(key: ResponseKey, now: Timestamp) -> Self {
        Self {
            key,
            status: Status::AwaitingUpload,
            pending_upload: None,
            last_upload_expiry: None,
            video: None,
            unmanaged_keys: BTreeSet::new(),
            take: None,
            job: None,
            renditions: BTreeMap::new(),
            failure: None,
            deletion: None,
            created_at: Some(now),
            updated_at: Some(now),
            revision: 0,
        }
    }

    /// Records the key of a file that does not count, if it lies outside of the response's folder.
    pub(crate) fn record_unmanaged_key(&mut self, key: &str) {
        if !key.starts_with(&upload_prefix(&self.key)) && self.video.as_deref() != Some(key) {
            self.unmanaged_keys.insert(key.to_owned());
        }
    }
}
