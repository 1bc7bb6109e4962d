//! A response as the HTTP API shows it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Mail, Project, Response, Status, Step, TakeId, Timestamp};

/// A response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Response")]
pub struct Representation {
    /// The project that asks.
    pub project: Project,
    /// The question.
    pub step: Step,
    /// The respondent's mail.
    pub mail: String,
    /// Where it stands.
    pub status: Status,
    /// When it was first asked for or arrived; absent in an adopted item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it last changed; absent in an adopted item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// The last video that arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadRepresentation>,
    /// How to watch it, when it is ready and one response was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playback: Option<Playback>,
    /// Why it cannot be watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureRepresentation>,
}

/// A video that has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UploadRepresentation {
    /// Its object key in the uploads bucket.
    pub key: String,
    /// Which take; absent in an adopted item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<TakeId>,
    /// Bytes; absent in an adopted item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When it arrived; absent in an adopted item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploaded_at: Option<Timestamp>,
}

/// Signed addresses of a rendition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Playback {
    /// Where to GET the video; ranges are served.
    pub url: String,
    /// Where to GET a still of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster_url: Option<String>,
    /// When the addresses end.
    pub expires_at: Timestamp,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// Why a video could not be transcoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureRepresentation {
    /// The engine's code.
    pub code: String,
    /// The engine's message.
    pub message: String,
}

impl Representation {
    /// The response with its signed addresses, where there are any.
    pub fn new(response: &Response, playback: Option<Playback>) -> Self {
        let upload = response.video.as_ref().map(|key| UploadRepresentation {
            key: key.clone(),
            take: response.take.as_ref().map(|take| take.id),
            size: response.take.as_ref().map(|take| take.size),
            uploaded_at: response.take.as_ref().map(|take| take.uploaded_at),
        });
        let failure = response.failure.as_ref().map(|failure| FailureRepresentation {
            code: failure.code.clone(),
            message: failure.message.clone(),
        });
        Self {
            project: response.key.project.clone(),
            step: response.key.step,
            mail: Mail::to_string(&response.key.mail),
            status: response.status,
            created_at: response.created_at,
            updated_at: response.updated_at,
            upload,
            playback,
            failure,
        }
    }
}
