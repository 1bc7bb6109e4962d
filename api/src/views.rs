//! The JSON views of responses and uploads.

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::{MAX_KEY_LENGTH, MAX_OBJECT_SIZE};
use model::failure::{MAX_CODE_CHARS, MAX_MESSAGE_CHARS};
use model::{Email, Failure, FailureCode, Project, Response, Status, Step, TakeId, Timestamp};

/// A response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Video response")]
pub struct VideoResponse {
    /// The project.
    pub project: Project,
    /// The step.
    pub step: Step,
    /// The respondent's email.
    #[schemars(with = "Email")]
    pub email: String,
    /// The status.
    pub status: Status,
    /// When the response was first requested or first arrived; absent for a response of the Chalice project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When the response last changed; absent for a response of the Chalice project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// The newest take that arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<StoredUploadView>,
    /// The rendition's URLs, if the response is ready; absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playback: Option<Playback>,
    /// Why the newest take has no rendition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureView>,
}

/// A take that has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "StoredUpload")]
pub struct StoredUploadView {
    /// Its object key in the uploads bucket.
    #[schemars(length(min = 1, max = MAX_KEY_LENGTH))]
    pub key: String,
    /// The take; absent for a response of the Chalice project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<TakeId>,
    /// The size in bytes; absent for a response of the Chalice project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = MAX_OBJECT_SIZE))]
    pub size: Option<u64>,
    /// When it arrived; absent for a response of the Chalice project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploaded_at: Option<Timestamp>,
}

/// Presigned URLs of a rendition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Playback {
    /// The URL of the video. It supports range requests.
    #[schemars(url)]
    pub url: String,
    /// The URL of a poster image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(url)]
    pub poster_url: Option<String>,
    /// When the URLs expire.
    pub expires_at: Timestamp,
    /// The width, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// The height, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// The duration, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// The stage's maximum duration in seconds, if the rendition reaches it: the rest of the source is cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_at_seconds: Option<u32>,
}

/// Why a take has no rendition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Failure")]
pub struct FailureView {
    /// A stable code.
    pub code: FailureCode,
    /// The meaning of the code, in English.
    pub message: String,
    /// The engine's own error, for clients with a scope only: it may name resources of the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineErrorView>,
}

/// The error of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "EngineError")]
pub struct EngineErrorView {
    /// The engine's code, such as `4000`, `1010` or `BadRequestException`; `unknown` if it has none.
    #[schemars(length(max = MAX_CODE_CHARS))]
    pub code: String,
    /// The engine's message.
    #[schemars(length(max = MAX_MESSAGE_CHARS))]
    pub message: String,
}

impl FailureView {
    fn for_owner(failure: &Failure) -> Self {
        let engine = failure.engine.as_ref().map(|said| EngineErrorView {
            code: said.code.clone(),
            message: said.message.clone(),
        });
        Self {
            engine,
            ..Self::for_respondent(failure)
        }
    }

    fn for_respondent(failure: &Failure) -> Self {
        Self {
            code: failure.code,
            message: failure.code.message().to_owned(),
            engine: None,
        }
    }
}

impl VideoResponse {
    /// The view of a response, with its playback URLs if there are any.
    pub fn new(response: &Response, playback: Option<Playback>) -> Self {
        let upload = response.video.as_ref().map(|key| StoredUploadView {
            key: key.clone(),
            take: response.take.as_ref().map(|take| take.id),
            size: response.take.as_ref().map(|take| take.size),
            uploaded_at: response.take.as_ref().map(|take| take.uploaded_at),
        });
        let failure = response.failure.as_ref().map(FailureView::for_owner);
        Self {
            project: response.key.project.clone(),
            step: response.key.step,
            email: Email::to_string(&response.key.email),
            status: response.status,
            created_at: response.created_at,
            updated_at: response.updated_at,
            upload,
            playback,
            failure,
        }
    }
}

/// The status of one upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UploadStatus {
    /// It has not arrived, or its arrival is not processed yet.
    AwaitingUpload,
    /// It has arrived.
    Uploaded,
    /// It is being transcoded.
    Transcoding,
    /// Its rendition can be played.
    Ready,
    /// It has no rendition: the failure says why.
    Failed,
    /// A newer take or an earlier response counts instead.
    Superseded,
    /// The response is being deleted.
    Deleting,
}

/// The state of an issued upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Upload state")]
pub struct UploadState {
    /// The take.
    pub take: TakeId,
    /// The status.
    pub status: UploadStatus,
    /// When the upload and its token expire.
    pub expires_at: Timestamp,
    /// Why it has no rendition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureView>,
}

impl UploadState {
    /// The state of a take, from the stored response.
    pub fn new(response: Option<&Response>, take: TakeId, expires_at: Timestamp) -> Self {
        let status = response.map_or(UploadStatus::AwaitingUpload, |response| {
            upload_status(response, take)
        });
        let failure = response.and_then(|response| response.failure.as_ref());
        let failure = failure.filter(|_| status == UploadStatus::Failed);
        Self {
            take,
            status,
            expires_at,
            failure: failure.map(FailureView::for_respondent),
        }
    }
}

fn upload_status(response: &Response, take: TakeId) -> UploadStatus {
    if response.status == Status::Deleting {
        return UploadStatus::Deleting;
    }
    match response.take.as_ref().map(|last| last.id.cmp(&take)) {
        Some(Ordering::Greater) => UploadStatus::Superseded,
        Some(Ordering::Equal) => match response.status {
            Status::Transcoding => UploadStatus::Transcoding,
            Status::Ready => UploadStatus::Ready,
            Status::Failed => UploadStatus::Failed,
            _ => UploadStatus::Uploaded,
        },
        Some(Ordering::Less) | None => UploadStatus::AwaitingUpload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::examples;

    #[test]
    fn views_of_responses() {
        for (name, example) in examples::responses() {
            insta::assert_json_snapshot!(format!("response_{name}"), VideoResponse::new(&example, None));
        }
    }

    #[test]
    fn upload_state_describes_its_own_take_only() {
        use UploadStatus::*;
        let until = Timestamp::from_millis(0).unwrap();
        let of = |response: &Response, seconds| {
            let asked_at = Timestamp::from_millis(1_700_000_000_000)
                .unwrap()
                .plus_seconds(seconds);
            UploadState::new(Some(response), TakeId::new(asked_at, [1; 10]), until)
        };
        let seen: Vec<_> = examples::responses()
            .iter()
            .map(|(name, response)| {
                (
                    *name,
                    of(response, 0).status,
                    of(response, -1).status,
                    of(response, 1).status,
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("awaiting_upload", AwaitingUpload, AwaitingUpload, AwaitingUpload),
                ("uploaded", Uploaded, Superseded, AwaitingUpload),
                ("claimed", Transcoding, Superseded, AwaitingUpload),
                ("transcoding", Transcoding, Superseded, AwaitingUpload),
                ("ready", Ready, Superseded, AwaitingUpload),
                ("failed", Failed, Superseded, AwaitingUpload),
                ("expired", AwaitingUpload, AwaitingUpload, AwaitingUpload),
                ("deleting", Deleting, Deleting, Deleting),
                ("parked", Uploaded, Superseded, AwaitingUpload),
            ]
        );
        let (_, failed) = &examples::responses()[5];
        assert!(of(failed, 0).failure.is_some() && of(failed, -1).failure.is_none());
    }
}
