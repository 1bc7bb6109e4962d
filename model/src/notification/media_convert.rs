//! MediaConvert's events, which it sends to EventBridge when a job's state changes. The field names are those of
//! "MediaConvert job state change events" in its user guide.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use super::error_code::ErrorCode;
use crate::transcode::{JobMetadata, JobReport, JobState, MetadataError};
use crate::{Failure, Rendition};

#[derive(Debug, Deserialize)]
struct JobStateEvent {
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: JobStateDetail,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JobStateDetail {
    status: String,
    job_id: String,
    #[serde(default)]
    user_metadata: BTreeMap<String, String>,
    #[serde(default)]
    output_group_details: Vec<OutputGroupDetail>,
    frames_decoded: Option<u64>,
    error_code: Option<ErrorCode>,
    error_message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutputGroupDetail {
    #[serde(default)]
    output_details: Vec<OutputDetail>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutputDetail {
    #[serde(default)]
    output_file_paths: Vec<String>,
    duration_in_ms: Option<u64>,
    video_details: Option<VideoDetails>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VideoDetails {
    width_in_px: Option<u32>,
    height_in_px: Option<u32>,
}

/// Why a message is not a valid event of a job of this system.
#[derive(Debug, Error)]
pub enum JobStateEventError {
    /// The message has another shape.
    #[error("the message is no event of EventBridge")]
    Shape(#[source] serde_json::Error),
    /// The event has another detail type.
    #[error("the event {0:?} is no MediaConvert Job State Change")]
    DetailType(String),
    /// The job is complete, but the event has no MPEG-4 file.
    #[error("the event of a completed job has no MPEG-4 file")]
    NoOutput,
    /// The job's metadata is not that of this system.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

/// Parses the body of a queue's message.
pub fn parse(body: &str) -> Result<JobReport, JobStateEventError> {
    let event: JobStateEvent = serde_json::from_str(body).map_err(JobStateEventError::Shape)?;
    if event.detail_type != "MediaConvert Job State Change" {
        return Err(JobStateEventError::DetailType(event.detail_type));
    }
    let detail = event.detail;
    let (tag, input_key) = JobMetadata::from_metadata(&detail.user_metadata)?;
    let state = match detail.status.as_str() {
        "COMPLETE" => JobState::Complete(rendition(&detail)?),
        "ERROR" => JobState::Failed(failure(&detail)),
        "CANCELED" => JobState::Failed(Failure::canceled()),
        // Progress, input information, warnings, and statuses that MediaConvert may add.
        _ => JobState::Progressing,
    };
    Ok(JobReport {
        input_key,
        job_id: detail.job_id,
        frames_decoded: detail.frames_decoded,
        tag,
        state,
    })
}

fn rendition(detail: &JobStateDetail) -> Result<Rendition, JobStateEventError> {
    let outputs = || {
        detail
            .output_group_details
            .iter()
            .flat_map(|group| &group.output_details)
    };
    let ending_in = |output: &OutputDetail, ending: &str| {
        let key = |path: &String| Some(path.strip_prefix("s3://")?.split_once('/')?.1.to_owned());
        output
            .output_file_paths
            .iter()
            .filter_map(key)
            .find(|key| key.ends_with(ending))
    };
    let video = outputs().find_map(|output| Some((output, ending_in(output, ".mp4")?)));
    let (output, key) = video.ok_or(JobStateEventError::NoOutput)?;
    let pixels = output.video_details.as_ref();
    Ok(Rendition {
        key,
        poster: outputs().find_map(|output| ending_in(output, ".jpg")),
        width: pixels.and_then(|pixels| pixels.width_in_px),
        height: pixels.and_then(|pixels| pixels.height_in_px),
        duration: output.duration_in_ms,
        cut_at_seconds: None,
    })
}

fn failure(detail: &JobStateDetail) -> Failure {
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
        assert!(error("{}").contains("no event of EventBridge"));
        assert!(error(&event("COMPLETE", json!({}))).contains("has no MPEG-4 file"));
        assert!(error(&event("COMPLETE", json!({"userMetadata": {}}))).contains("another program"));
        let other = event("COMPLETE", json!({})).replace("Job State Change", "Queue Hop");
        assert!(error(&other).contains("no MediaConvert Job State Change"));
    }
}
