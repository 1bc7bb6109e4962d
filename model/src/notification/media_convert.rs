//! MediaConvert's events, which it sends to EventBridge when a job's state changes. The field names are those of
//! "MediaConvert job state change events" in its user guide.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::field::{ErrorCode, JsonInteger, NonEmptyString};
use super::message::{self, MessageError};
use super::metadata::UserMetadata;
use crate::json::{self, ShapeError};
use crate::transcode::{JobMetadata, JobReport, JobState, MetadataError};
use crate::{Failure, Rendition};

/// The member by which an event is known.
pub(super) const TELLTALE: &str = "detail-type";

/// An event of MediaConvert about a job, from EventBridge.
///
/// An event is valid, but rejected, if its job is of another program or if it has no MPEG-4 file for a complete job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
#[schemars(title = "MediaConvert event")]
pub struct MediaConvertEvent {
    /// The event's type.
    #[serde(rename = "detail-type")]
    pub detail_type: MediaConvertDetailType,
    /// The job.
    pub detail: MediaConvertDetail,
}

/// The type of MediaConvert's events about jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MediaConvertDetailType {
    /// The status of a job has changed.
    #[serde(rename = "MediaConvert Job State Change")]
    JobStateChange,
}

/// The job of an event of MediaConvert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct MediaConvertDetail {
    /// The job's status: `COMPLETE`, `ERROR`, `CANCELED`, or a status of a job that is queued or running. MediaConvert may
    /// add statuses; they count as progress.
    pub status: String,
    /// The job's id.
    pub job_id: NonEmptyString,
    /// The job's metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_metadata: Option<UserMetadata>,
    /// The groups of outputs of a complete job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_group_details: Option<Vec<OutputGroupDetail>>,
    /// The number of decoded frames of the source, while the job runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames_decoded: Option<JsonInteger>,
    /// The code of the job's error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<ErrorCode>,
    /// A description of the job's error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// A group of outputs of a complete job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct OutputGroupDetail {
    /// The outputs of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_details: Option<Vec<OutputDetail>>,
}

/// An output of a complete job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct OutputDetail {
    /// The files of the output, as `s3://{bucket}/{key}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_file_paths: Option<Vec<String>>,
    /// The duration in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_in_ms: Option<JsonInteger>,
    /// The picture of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_details: Option<VideoDetails>,
}

/// The picture of an output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct VideoDetails {
    /// The width in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub width_in_px: Option<u32>,
    /// The height in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub height_in_px: Option<u32>,
}

/// Why a message is not a valid event of a job of this system.
#[derive(Debug, Error)]
pub enum JobStateEventError {
    /// The message cannot be read.
    #[error("the message is no event of MediaConvert")]
    Message(#[from] MessageError),
    /// The message has another shape.
    #[error("the event of MediaConvert is malformed")]
    Shape(#[source] ShapeError),
    /// The job is complete, but the event has no MPEG-4 file.
    #[error("the event of a completed job has no MPEG-4 file")]
    NoOutput,
    /// The job's metadata is not that of this system.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

/// Parses the body of a queue's message.
pub fn parse(body: &str) -> Result<JobReport, JobStateEventError> {
    report(message::parse(body, &[TELLTALE])?)
}

/// Reads a message without an envelope.
pub(super) fn report(message: Value) -> Result<JobReport, JobStateEventError> {
    let event: MediaConvertEvent = json::from_value(message).map_err(JobStateEventError::Shape)?;
    let detail = event.detail;
    let metadata = detail.user_metadata.clone().unwrap_or_default();
    let (tag, input_key) = JobMetadata::from_metadata(metadata.entries())?;
    let state = match detail.status.as_str() {
        "COMPLETE" => JobState::Complete(rendition(&detail)?),
        "ERROR" => JobState::Failed(failure(&detail)),
        "CANCELED" => JobState::Failed(Failure::canceled()),
        // Progress, input information, warnings, and statuses that MediaConvert may add.
        _ => JobState::Progressing,
    };
    Ok(JobReport {
        input_key,
        job_id: detail.job_id.into(),
        frames_decoded: detail.frames_decoded.map(JsonInteger::get),
        tag,
        state,
    })
}

fn rendition(detail: &MediaConvertDetail) -> Result<Rendition, JobStateEventError> {
    let groups = detail.output_group_details.iter().flatten();
    let outputs: Vec<&OutputDetail> = groups
        .flat_map(|group| group.output_details.iter().flatten())
        .collect();
    let ending_in = |output: &OutputDetail, ending: &str| {
        let key = |path: &String| Some(path.strip_prefix("s3://")?.split_once('/')?.1.to_owned());
        let paths = output.output_file_paths.iter().flatten();
        paths.filter_map(key).find(|key| key.ends_with(ending))
    };
    let video = outputs
        .iter()
        .find_map(|output| Some((*output, ending_in(output, ".mp4")?)));
    let (output, key) = video.ok_or(JobStateEventError::NoOutput)?;
    let pixels = output.video_details.as_ref();
    Ok(Rendition {
        key,
        poster: outputs.iter().find_map(|output| ending_in(output, ".jpg")),
        width: pixels.and_then(|pixels| pixels.width_in_px),
        height: pixels.and_then(|pixels| pixels.height_in_px),
        duration: output.duration_in_ms.map(JsonInteger::get),
        cut_at_seconds: None,
    })
}

fn failure(detail: &MediaConvertDetail) -> Failure {
    let code = detail.error_code.as_ref().map(ErrorCode::to_string);
    Failure::of_media_convert(code.as_deref(), detail.error_message.as_deref())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(status: &str, more: Value) -> String {
        let mut detail = json!({
            "timestamp": 1_700_000_000_123_u64, "accountId": "123456789012", "jobId": "1700000000000-abcdef",
            "queue": "arn:aws:mediaconvert:eu-west-1:123456789012:queues/responses", "status": status,
            "userMetadata": {
                "response": "demo/0/bdc9b4b08dfec1038783", "attempt": "1",
                "take": "019b76da-a800-7000-8000-000000000000", "version": "v1",
                "input-0": "ZGVtby8wL3R3byB3b3JkcyAm", "input-1": "IG1vcmUubXA0",
            },
        });
        detail
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({
            "version": "0", "id": "1234abcd", "source": "aws.mediaconvert", "account": "123456789012",
            "detail-type": "MediaConvert Job State Change", "detail": detail,
        })
        .to_string()
    }

    #[test]
    fn completed_job_has_its_video_and_poster_in_any_order() {
        let video = json!({
            "outputFilePaths": ["s3://renditions/output/web/demo/0/hash/take-1.mp4"],
            "durationInMs": 10_020, "videoDetails": {"widthInPx": 1280, "heightInPx": 720},
        });
        let poster =
            json!({"outputFilePaths": ["s3://renditions/output/web/demo/0/hash/take-1-poster.0000000.jpg"]});
        let group = |outputs: &[&Value]| json!({"type": "FILE_GROUP", "outputDetails": outputs});
        for groups in [
            vec![group(&[&video]), group(&[&poster])],
            vec![group(&[&poster, &video])],
        ] {
            let report = parse(&event("COMPLETE", json!({"outputGroupDetails": groups}))).unwrap();
            assert_eq!(report.input_key, "demo/0/two words & more.mp4");
            let expected = Rendition {
                key: "output/web/demo/0/hash/take-1.mp4".into(),
                poster: Some("output/web/demo/0/hash/take-1-poster.0000000.jpg".into()),
                width: Some(1280),
                height: Some(720),
                duration: Some(10_020),
                cut_at_seconds: None,
            };
            assert_eq!(report.state, JobState::Complete(expected));
        }
    }

    #[test]
    fn failed_job_has_a_failure() {
        let report = parse(&event(
            "ERROR",
            json!({"errorCode": 1404, "errorMessage": "no\nsuch object"}),
        ))
        .unwrap();
        let expected = Failure::of_media_convert(Some("1404"), Some("no such object"));
        assert_eq!(report.state, JobState::Failed(expected));
        assert!(matches!(
            parse(&event("CANCELED", json!({}))).unwrap().state,
            JobState::Failed(_)
        ));
    }

    #[test]
    fn other_statuses_are_progress() {
        for status in [
            "PROGRESSING",
            "STATUS_UPDATE",
            "INPUT_INFORMATION",
            "NEW_WARNING",
            "QUEUE_HOP",
            "SOMETHING_NEW",
        ] {
            assert_eq!(
                parse(&event(status, json!({}))).unwrap().state,
                JobState::Progressing,
                "{status}"
            );
        }
    }

    #[test]
    fn recording_is_too_long_by_its_decoded_frames() {
        for (frames, is_too_long) in [(json!(600), false), (json!(601), true), (json!(null), false)] {
            let report = parse(&event("STATUS_UPDATE", json!({"framesDecoded": frames}))).unwrap();
            assert_eq!(report.exceeds(10), is_too_long, "{frames}");
        }
    }

    #[test]
    fn event_of_another_program_is_rejected() {
        let error = |body: &str| parse(body).unwrap_err().to_string();
        assert!(error("{}").contains("is malformed"));
        assert!(error(&event("COMPLETE", json!({}))).contains("has no MPEG-4 file"));
        assert!(error(&event("COMPLETE", json!({"userMetadata": {}}))).contains("another program"));
        let other = event("COMPLETE", json!({})).replace("Job State Change", "Queue Hop");
        let Err(JobStateEventError::Shape(reason)) = parse(&other) else {
            panic!("another detail-type must be refused");
        };
        assert_eq!(
            reason.to_string(),
            "detail-type: expected \"MediaConvert Job State Change\""
        );
    }
}
