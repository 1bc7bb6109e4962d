//! A response and its parts.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::object_key::upload_prefix;
use crate::{Failure, Invalid, ResponseKey, TakeId, Timestamp};

/// The status of a response. Version 1 adds no further status.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ResponseStatus")]
#[strum(serialize_all = "kebab-case")]
#[strum(parse_err_fn = invalid_status, parse_err_ty = Invalid)]
pub enum Status {
    /// An upload was requested, and no file has arrived.
    AwaitingUpload,
    /// A video is in the bucket, and no job is claimed for it.
    Uploaded,
    /// A job is claimed or running.
    Transcoding,
    /// A rendition can be watched.
    Ready,
    /// The video could not be transcoded, for the reason in the failure.
    Failed,
    /// No file arrived before the requested upload expired or was canceled.
    Expired,
    /// The response and its files are being deleted.
    Deleting,
}

impl Status {
    /// Returns the name in JSON, in the table and in queries.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

fn invalid_status(_: &str) -> Invalid {
    Invalid {
        what: "status",
        rule: "is awaiting-upload, uploaded, transcoding, ready, failed, expired or deleting",
    }
}

/// A response: one respondent's video answer to one step of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The project, the step and the respondent.
    pub key: ResponseKey,
    /// The status.
    pub status: Status,
    /// The upload that was requested and has not arrived.
    pub pending_upload: Option<PendingUpload>,
    /// The latest expiry of all requested uploads. Files may be sent until then.
    pub last_upload_expiry: Option<Timestamp>,
    /// The object key of the last take. An item of the Chalice project has only this.
    pub video: Option<String>,
    /// The object keys of earlier files put by hand outside the response's folder. A deletion removes them.
    pub unmanaged_keys: BTreeSet<String>,
    /// The last take.
    pub take: Option<Take>,
    /// The last job that was claimed, for this take or an earlier one.
    pub job: Option<Job>,
    /// The renditions of the last take, by the name of their preset (`web`).
    pub renditions: BTreeMap<String, Rendition>,
    /// The failure of the last take.
    pub failure: Option<Failure>,
    /// The progress of its deletion, in the status `deleting`.
    pub deletion: Option<Deletion>,
    /// When the response was created by a requested upload or a file; never changes. Absent in an item of the Chalice
    /// project.
    pub created_at: Option<Timestamp>,
    /// When the response was last written.
    pub updated_at: Option<Timestamp>,
    /// The number of writes; 0 for an item of the Chalice project.
    pub revision: u64,
}

/// An upload that was requested and has not arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct PendingUpload {
    /// The take of the upload.
    pub take: TakeId,
    /// When the upload expires.
    pub until: Timestamp,
}

/// A recording that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Take {
    /// The take's id.
    pub id: TakeId,
    /// The version id of the object; absent in a bucket without versioning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The size in bytes.
    pub size: u64,
    /// The object's entity tag, without quotation marks. With the size, it identifies a copy of the object onto itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// When the upload was complete.
    pub uploaded_at: Timestamp,
}

/// A claim of a job for a take, and the created job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Job {
    /// The number of the claim, from 1. A response never reuses a number.
    #[schemars(range(min = 1))]
    pub attempt: u32,
    /// The take that the job transcodes.
    pub take: TakeId,
    /// Until when no other function may claim the job. A crash before the job's creation is repaired after this time. For
    /// a created job, this is when its result is overdue.
    pub lease_until: Timestamp,
    /// The job's id at the engine, after its creation is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The number of jobs that may have been created for the take since its upload or the last requested retry,
    /// including this one.
    #[serde(default)]
    pub tries: u32,
    /// The consecutive refusals because of the engine's configuration: permissions, quotas, a missing queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
}

/// A job that the engine refuses to create until its configuration is fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Parked {
    /// When the engine first refused the job.
    pub since: Timestamp,
    /// The number of refusals.
    pub refusals: u32,
    /// When the next attempt is due.
    pub until: Timestamp,
}

/// A transcoded video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Rendition {
    /// The object key in the renditions bucket.
    pub key: String,
    /// The object key of the poster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster: Option<String>,
    /// The width in pixels; absent if the engine did not report it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// The height in pixels; absent if the engine did not report it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// The duration in milliseconds; absent if the engine did not report it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// The stage's limit in seconds, if the rendition reaches it: the rest of the source is cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_at_seconds: Option<u32>,
}

impl Rendition {
    /// Marks the rendition as cut if it reaches the limit of its job.
    ///
    /// Elastic Transcoder reports whole seconds, so a rendition within half a second of the limit reaches it.
    pub fn limited_to(self, max_seconds: u32) -> Self {
        let limit = u64::from(max_seconds) * 1000;
        let reaches = self.duration.is_some_and(|duration| duration + 500 >= limit);
        Self {
            cut_at_seconds: reaches.then_some(max_seconds),
            ..self
        }
    }
}

/// The progress of a requested deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Deletion {
    /// When the deletion was requested.
    pub requested_at: Timestamp,
    /// When to remove files again.
    pub next_at: Timestamp,
    /// Whether a job may still write a rendition.
    pub awaits_job: bool,
}

impl Response {
    /// Returns a new response without uploads.
    pub(crate) fn new(key: ResponseKey, now: Timestamp) -> Self {
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
