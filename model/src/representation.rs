//! A response as the HTTP API shows it.

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Email, Failure, FailureCode, Project, Response, Status, Step, TakeId, Timestamp};

/// A response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Response")]
pub struct Representation {
    /// The project that asks.
    pub project: Project,
    /// The question.
    pub step: Step,
    /// The respondent's email.
    pub email: String,
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
    /// The stage's limit in seconds, where the rendition reaches it: what the source has after it is cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_at_seconds: Option<u32>,
}

/// Why a video could not be transcoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureRepresentation {
    /// A stable code.
    pub code: FailureCode,
    /// What it means, in English.
    pub message: String,
    /// What the engine said, for an owner alone: it may name the stage's resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineErrorRepresentation>,
}

/// What an engine said about a failure, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EngineErrorRepresentation {
    /// Its code: `4000`, `1010`, `BadRequestException`; `unknown` if it told none.
    pub code: String,
    /// Its message.
    pub message: String,
}

impl FailureRepresentation {
    fn for_owner(failure: &Failure) -> Self {
        let engine = failure.engine.as_ref().map(|said| EngineErrorRepresentation {
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

impl Representation {
    /// The response with its signed addresses, where there are any.
    pub fn new(response: &Response, playback: Option<Playback>) -> Self {
        let upload = response.video.as_ref().map(|key| UploadRepresentation {
            key: key.clone(),
            take: response.take.as_ref().map(|take| take.id),
            size: response.take.as_ref().map(|take| take.size),
            uploaded_at: response.take.as_ref().map(|take| take.uploaded_at),
        });
        let failure = response.failure.as_ref().map(FailureRepresentation::for_owner);
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

/// Where one take stands, as its sender may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UploadStatus {
    /// It has not arrived, or its arrival is not known yet.
    AwaitingUpload,
    /// It has arrived.
    Uploaded,
    /// It is being transcoded.
    Transcoding,
    /// It can be watched.
    Ready,
    /// It cannot be watched: the failure says why.
    Failed,
    /// A newer take, or a response that stands already, counts instead.
    Superseded,
    /// The response is being removed.
    Deleting,
}

/// An upload that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Upload state")]
pub struct UploadState {
    /// Which take it is.
    pub take: TakeId,
    /// Where it stands.
    pub status: UploadStatus,
    /// When it ends, with its token.
    pub expires_at: Timestamp,
    /// Why it cannot be watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureRepresentation>,
}

impl UploadState {
    /// The state of a take, by what is stored of its response.
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
            failure: failure.map(FailureRepresentation::for_respondent),
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
    use crate::schema::examples;

    #[test]
    fn a_sender_sees_its_own_take_alone() {
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
            ]
        );
        let (_, failed) = &examples::responses()[5];
        assert!(of(failed, 0).failure.is_some() && of(failed, -1).failure.is_none());
    }
}
